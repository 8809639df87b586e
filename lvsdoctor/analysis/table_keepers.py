"""Which program keeps a director's table: it checks the real servers, and fills the table at boot."""

from dataclasses import dataclass

from lvsdoctor.analysis.units import failed_keeper, keeper_runs
from lvsdoctor.model.facts import NotApplicable
from lvsdoctor.model.ipvs import VirtualService
from lvsdoctor.model.machine import Program, Unit
from lvsdoctor.model.node import Node
from lvsdoctor.parse.processes import KEEPERS


@dataclass(frozen=True, slots=True)
class UnkeptTable:
    """The first service of a table that no known program keeps. `failed` is the systemd service that kept it, `process`
    the first process of the host, whose list was seen whole; at least one of them is there."""

    service: VirtualService
    failed: Unit | None
    process: Program | None


def unkept_service(node: Node) -> UnkeptTable | None:
    """The table that no known program keeps. Reads ipvs, programs and units.

    Raises NotApplicable on a host without services or whose processes nobody listed, NotCollected where a list is not
    whole.
    """
    services = [service for service in node.seen_rows("ipvs") if service.destinations]
    if not services:
        raise NotApplicable
    running = tuple(node.seen_rows("programs")) if node.has("programs") else ()
    if keeper_runs(node) or any(row.name in KEEPERS for row in running):
        return None
    failed = failed_keeper(node)
    if failed is None and not node.has("programs"):
        raise NotApplicable  # nobody misses a list that he did not bring (facts.ON_REQUEST)
    absent = node.unseen("programs")
    if failed is None and absent is not None:
        raise absent
    first = running[0] if running and absent is None else None
    return UnkeptTable(services[0], failed, first) if failed is not None or first is not None else None
