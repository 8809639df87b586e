"""Where a masqueraded real server and its director meet: the hops to the director, and the links of the replies."""

from collections.abc import Iterable

from lvsdoctor.kernel.routing import route_lookup
from lvsdoctor.model.address import IP
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import Citation
from lvsdoctor.model.link import EVERY_INTERFACE
from lvsdoctor.model.node import Node
from lvsdoctor.model.standing import Membership


def hops_to(listings: Iterable[Membership], rip: IP) -> set[IP]:
    """The addresses at which a real server can reach its directors. Where files alone tell, those that they give the
    director, if one of them is beside the real server and no VIP; else they leave out the one that would tell."""
    hops: set[IP] = set()
    for listing in listings:
        director, vips = listing.director, {vip for vip, _ in listing.service.vips}
        rows = director.seen_rows("addresses") if director.of_files("addresses") else director.addresses
        beside = any(rip in row.network and not row.host_only and row.ip not in vips for row in rows)
        if not beside and director.planned:
            raise NotCollected("addresses", director.name, partial=director.partial("addresses"))
        hops |= {row.ip for row in (rows if beside else director.addresses)}
    return hops


def reply_links(director: Node, rip: IP) -> tuple[tuple[str, ...], tuple[Citation, ...]]:
    """The interfaces on which a real server's replies arrive, and what tells so. Where files plan a director and name
    none of its networks, any: a setting of all of them decides. Reads what route_lookup() reads, and links."""
    try:
        way = route_lookup(director, rip)
    except NotCollected:
        if director.planned and director.has("links") and director.link(EVERY_INTERFACE) is not None:
            return (EVERY_INTERFACE,), ()
        raise
    return (way.links, way.because) if way.type == "unicast" else ((), ())
