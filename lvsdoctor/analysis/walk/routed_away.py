"""Does the router of clients far away send their requests for a VIP where the director is not?"""

from lvsdoctor.analysis.walk.attempt import ServicePlace
from lvsdoctor.analysis.walk.decider import Decider
from lvsdoctor.kernel.answer import Answer, no
from lvsdoctor.kernel.routing import Lookup, route_lookup
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.node import Node
from lvsdoctor.model.route import FAILING_TYPES
from lvsdoctor.model.walk import ClientClass, ClientPlace, Decision, StepVerdict

_UNRESOLVED = ("FAILED", "INCOMPLETE")


def routed_away(decider: Decider, at: ServicePlace, client: ClientClass) -> StepVerdict | None:
    """What a scanned router does with requests that it does not send by the link beside the director: the next host on
    another link may not be there. None where it sends them as usual, or by a gateway."""
    router = _router_of(at, client)
    if router is None:
        return None
    try:
        lookup = route_lookup(router, at.vip, src=client.address)
        beside = {row.link for row in router.holding(client.router)} if client.router is not None else set()
    except NotCollected:
        return None
    fails = lookup.type in FAILING_TYPES and lookup.route is not None
    if not fails and (lookup.type != "unicast" or lookup.gateways or not beside.isdisjoint(lookup.links)):
        return None
    subject = f"to {at.vip}"
    return decider.step(router, Decision.ROUTE, subject, client.address, lambda: _lost(router, at, lookup))


def _router_of(at: ServicePlace, client: ClientClass) -> Node | None:
    if client.place is not ClientPlace.BEYOND_ROUTER or client.router is None or not at.directors:
        return None
    cluster = {id(node.evidence) for node in (*at.directors, *at.real_servers.values())}
    routers = (peer for peer in at.directors[0].peers_holding(client.router) if id(peer.evidence) not in cluster)
    return next((peer for peer in routers if peer.has("routes") and peer.has("addresses")), None)


def _lost(router: Node, at: ServicePlace, lookup: Lookup) -> Answer | None:
    if lookup.type != "unicast":
        return no("the route to {vip} is of type {type}", *lookup.because, vip=at.vip, type=lookup.type)
    if (entry := _unresolved(router, at, lookup)) is None:
        return None
    text = "{host} sends requests for {vip} to {link}, where no host answers"
    return no(text, *lookup.because, entry, host=router.name, vip=at.vip, link=lookup.links[0])


def _unresolved(router: Node, at: ServicePlace, lookup: Lookup) -> Citation | None:
    rows = router.seen_rows("neighbours") if router.has("neighbours") else ()
    for row in rows:
        if row.ip == at.vip and row.link in lookup.links and not row.mac and row.state in _UNRESOLVED:
            return cite(row, "no host answers {host}", host=router.name)
    return None
