"""Which program keeps a director's table: it checks the real servers, and fills the table at boot."""

from lvsdoctor.model.facts import NotApplicable
from lvsdoctor.model.ipvs import VirtualService
from lvsdoctor.model.machine import Program
from lvsdoctor.model.node import Node
from lvsdoctor.parse.processes import KEEPERS


def unkept_service(node: Node) -> tuple[VirtualService, Program] | None:
    """The first service of a table that no known program keeps, and the first process of the host.

    Reads ipvs and programs. Raises NotApplicable on a host without services, NotCollected where a list is not whole.
    """
    services = [service for service in node.seen_rows("ipvs") if service.destinations]
    if not services:
        raise NotApplicable
    running = tuple(node.seen_rows("programs"))
    if any(row.name in KEEPERS for row in running):
        return None
    if (absent := node.unseen("programs")) is not None:
        raise absent
    return (services[0], running[0]) if running else None
