"""VIPs that a real server has now, against what its files configure for the next boot."""

from collections.abc import Iterator
from dataclasses import dataclass

from lvsdoctor.analysis.units import idle_at_boot
from lvsdoctor.model.address import Address
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.machine import Unit
from lvsdoctor.model.node import Node


@dataclass(frozen=True, slots=True)
class AddressDrift:
    """A VIP as it runs. `planned` is the row of a file that has it otherwise, None where no file that was seen has it;
    `other` is then a row that the files do have. `idle` is the service that alone brings it up, as `other`, and that
    systemd does not start at boot."""

    running: Address
    planned: Address | None
    other: Address
    idle: Unit | None = None


def address_drift(node: Node) -> Iterator[AddressDrift]:
    """At most one for each VIP that the node hides and has. Reads addresses, configured-addresses and units.

    Raises NotCollected at the end where the files were not read whole, and for a host of which files alone tell.
    """
    if node.planned:
        raise NotCollected("addresses", node.name)
    for vip in node.hidden_vips:
        held = [address for address in node.addresses if address.ip == vip.ip]
        rows = [row for row in node.seen_rows("configured-addresses") if row.ip == vip.ip]
        idle = {row: unit for row in rows if (unit := idle_at_boot(node, row.seen)) is not None}
        if held and rows and len(idle) == len(rows):
            yield AddressDrift(held[0], None, rows[0], idle[rows[0]])
            continue
        rows = [row for row in rows if row not in idle]
        if not held or any(_same(running, row) for running in held for row in rows):
            continue
        if rows:
            yield AddressDrift(held[0], rows[0], rows[0])
            continue
        others: list[Address] = []
        for row in node.rows("configured-addresses"):  # raises past the last where more may be there
            others.append(row)
        if others:
            on_link = [row for row in others if row.link == held[0].link]
            yield AddressDrift(held[0], None, next(iter(on_link or others)))


def _same(running: Address, planned: Address) -> bool:
    return (running.link, running.prefixlen) == (planned.link, planned.prefixlen)
