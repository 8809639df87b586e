"""What neighbour caches of the scan tell of a VIP: whom a host sends its packets to, and that no host answers."""

from dataclasses import dataclass

from lvsdoctor.analysis.walk.attempt import ServicePlace
from lvsdoctor.analysis.walk.decider import Decider
from lvsdoctor.analysis.walk.subnets import links_by_name
from lvsdoctor.model.address import IP
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.link import Link
from lvsdoctor.model.neighbour import Neighbour
from lvsdoctor.model.node import Node


@dataclass(frozen=True, slots=True)
class Cached:
    """The neighbour entry of `host` for a VIP has the MAC of `link` of `node`."""

    host: Node
    entry: Neighbour
    node: Node
    link: Link


def cached(at: ServicePlace, asker: IP) -> Cached | None:
    """Whom the asking host has in its neighbour cache for the VIP, where the scan shows it. A permanent entry is never
    asked for again."""
    try:
        return _cached(at, asker)
    except NotCollected:
        return None


def _cached(at: ServicePlace, asker: IP) -> Cached | None:
    director = at.directors[0]
    for host in director.peers_holding(asker) if director.has("addresses") else ():
        rows = host.seen_rows("neighbours") if host.has("neighbours") else ()
        for entry in (row for row in rows if row.ip == at.vip and row.mac and not row.unresolved):
            for node in (*at.directors, *at.real_servers.values()):
                for link in links_by_name(node).values():
                    if link.mac == entry.mac:
                        return Cached(host, entry, node, link)
    return None


def unresolved(decider: Decider, director: Node, vip: IP) -> Citation | None:
    """The neighbour entry of a host that has asked for the VIP without an answer."""

    def work_out() -> dict[IP, Citation]:
        known: dict[IP, Citation] = {}
        answered: set[IP] = set()
        for host in (director, *director.peers_with("neighbours")):
            for row in host.seen_rows("neighbours") if host.has("neighbours") else ():
                if row.mac:
                    answered.add(row.ip)
                elif row.unresolved:
                    known.setdefault(row.ip, cite(row, "no host answers {host}", host=host.name))
        return {ip: line for ip, line in known.items() if ip not in answered}

    return decider.once("unresolved", work_out).get(vip)
