"""A VIP that comes up before the settings that keep it quiet: in between the host answers for it, and asks with it.

The neighbour caches that learn it then keep it after the settings are made (net/ipv4/arp.c: arp_process()).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from lvsdoctor.analysis.drift.boot_settings import Concern, configured, good_everywhere, hiding
from lvsdoctor.model.address import Address
from lvsdoctor.model.node import Node
from lvsdoctor.model.sysctl_d import ConfiguredFile, ConfiguredLine, ConfiguredSysctl

_BEFORE_THE_NETWORK = "if-pre-up.d/"


@dataclass(frozen=True, slots=True)
class EarlyVip:
    """`lines` are the first that a script sets of each setting, after the VIP is up. `by_network`: the address is the
    network's, which comes before the script."""

    address: Address
    lines: tuple[ConfiguredLine, ...]
    by_network: bool = False


def early_vips(node: Node) -> Iterator[EarlyVip]:
    """At most one for each VIP that the node hides. What a file of sysctl.d sets is there before any script.

    Reads configured-order and configured-sysctl; configured-addresses, links where collected.
    """
    order: Sequence[Address | ConfiguredLine] = node.seen_rows("configured-order")
    table = configured(node)
    wanted = [concern for concern in hiding() if good_everywhere(node, table, concern)]
    vips = {vip.ip for vip in node.hidden_vips if vip.ip.version == 4}
    early: dict[object, EarlyVip] = {}
    for _, rows in groupby(order, key=lambda row: row.seen.where):
        script = tuple(rows)
        for place, row in enumerate(script):
            if isinstance(row, Address) and row.ip in vips:
                before, after = _lines(script[:place]), _lines(script[place + 1 :])
                if late := _late(node, table, wanted, before, after):
                    early.setdefault(row.ip, EarlyVip(row, late))
    in_scripts = {row.seen for row in order}
    lines = _lines(order)
    if not any(_BEFORE_THE_NETWORK in line.seen.where for line in lines):
        addresses: Sequence[Address] = (
            node.seen_rows("configured-addresses") if node.has("configured-addresses") else ()
        )
        for address in addresses:
            if address.ip in vips and address.seen not in in_scripts and (
                late := _late(node, table, wanted, (), lines)
            ):  # fmt: skip
                early.setdefault(address.ip, EarlyVip(address, late, by_network=True))
    yield from early.values()


def _lines(rows: Sequence[Address | ConfiguredLine]) -> tuple[ConfiguredLine, ...]:
    return tuple(row for row in rows if isinstance(row, ConfiguredLine))


def _late(
    node: Node,
    table: ConfiguredSysctl,
    wanted: Sequence[Concern],
    before: tuple[ConfiguredLine, ...],
    after: tuple[ConfiguredLine, ...],
) -> tuple[ConfiguredLine, ...]:
    """The first line of each setting that is not good with the lines `before`, among those that come `after`."""
    files = [*table.given, ConfiguredFile("", before, after_boot=True)]
    then = ConfiguredSysctl(files, table.scopes)
    missing = [concern for concern in wanted if not good_everywhere(node, then, concern)]
    first = (next((line for line in after if _sets(line, concern)), None) for concern in missing)
    return tuple(line for line in first if line is not None)


def _sets(line: ConfiguredLine, concern: Concern) -> bool:
    setting = line.setting(line.key)
    good = setting is not None and setting.is_number and setting.value in concern.good
    return good and line.key.rpartition(".")[2] == concern.name
