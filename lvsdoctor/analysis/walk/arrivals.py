"""On which link of a director a client's packets arrive, and where the VIP is asked for."""

from lvsdoctor.analysis.kube.addresses import KUBE_LINK
from lvsdoctor.analysis.walk.attempt import Attempt, ServicePlace
from lvsdoctor.analysis.walk.subnets import links_by_name, subnets
from lvsdoctor.kernel.carrier import links_down
from lvsdoctor.kernel.delivery import home_link
from lvsdoctor.kernel.routing import known_route
from lvsdoctor.model.address import IP
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.node import Node
from lvsdoctor.model.walk import ClientClass, ClientPlace

# Where the client itself asks for the VIP, if that is in its subnet.
BESIDE = (ClientPlace.ON_SEGMENT, ClientPlace.ON_REAL_SERVER, ClientPlace.ON_DIRECTOR)


def segment_of(director: Node, vip: IP) -> str | None:
    """The link of a director whose segment asks for the VIP; None where there is none, or where that is not known."""
    try:
        return asked_on(director, vip)
    except NotCollected:
        return None


def asked_on(director: Node, vip: IP) -> str | None:
    """The link with a subnet that holds the VIP; where all of them are down, the first. Raises NotCollected where one
    may not have been seen."""
    rows = [row for row in subnets(director) if vip in row.network]
    hearing = {link.name for link in director.links_hearing_arp} if rows else set()
    links = [row.link for row in rows if row.link in hearing]
    if rows and not links:
        links = [link.name for link, row in links_down(director) if vip in row.network]
    holding = {row.link for row in director.holding(vip)} if links else set()
    return next((link for link in links if link in holding), next(iter(links), None))


def arrival_link(director: Node, at: ServicePlace, client: ClientClass) -> str | None:
    """The link of a director by which this client's packets come. None where that is not known: where the VIP is asked
    for on one link, and the client or its router is beside another."""
    try:
        if not director.has("addresses"):
            return None
        segment = segment_of(director, at.vip)
        beside = _link_beside(director, client)
        if segment is not None:
            return segment if beside in (segment, None) else None
        return beside or _link_of_vip(director, at.vip) or home_link(director, at.vip)
    except NotCollected:
        return None


def arrival_links(director: Node, at: ServicePlace, client: ClientClass) -> tuple[str, ...]:
    """Where this client's packets may come: where the VIP is asked for, and where the client or its router is."""
    try:
        links = (segment_of(director, at.vip), _link_beside(director, client)) if director.has("addresses") else ()
    except NotCollected:
        return ()
    return tuple(dict.fromkeys(link for link in links if link is not None))


def comes_straight(director: Node, attempt: Attempt) -> bool:
    """Do this client's requests come by no router: is it, as the VIP is, in the subnet of that link?"""
    own = [row.network for row in subnets(director) if row.link == attempt.link]
    return attempt.client.place in BESIDE and any(attempt.src in net and attempt.at.vip in net for net in own)


def _link_beside(director: Node, client: ClientClass) -> str | None:
    """The link where a client or its router is, as the director's subnets and routes tell."""
    beside = client.address if client.place in BESIDE else client.router
    for row in subnets(director) if beside is not None else ():
        if beside in row.network and row.link != "lo" and not _without_hosts(director, row.link):
            return row.link
    towards = known_route(director, client.address) if director.has("routes") else None
    known = towards is not None and towards.type == "unicast" and len(set(towards.links)) == 1
    if towards is not None and known and not _without_hosts(director, towards.links[0]):
        return towards.links[0]
    return None


def _without_hosts(node: Node, name: str) -> bool:
    """Is it a link at which no other host is?"""
    link = links_by_name(node).get(name)
    return link is not None and (link.loopback or link.kind == "dummy")


def _link_of_vip(director: Node, vip: IP) -> str | None:
    links = {row.link for row in director.holding(vip)} - {"lo", KUBE_LINK}
    return next(iter(sorted(links)), None)
