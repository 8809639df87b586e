"""The packet's way through a cluster: who can reach a service, through which real server, and where it dies.

A walk strings together what the kernel decides on each host (kernel/) and what follows for the cluster (analysis/):
the functions that the rules ask, with the address of the walk's own client.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

from lvsdoctor.analysis.usable_servers import drained, overloaded
from lvsdoctor.analysis.walk.answering import answering
from lvsdoctor.analysis.walk.arrivals import arrival_links
from lvsdoctor.analysis.walk.attempt import Attempt, ServicePlace, shares
from lvsdoctor.analysis.walk.checking import checking_client, health_check
from lvsdoctor.analysis.walk.clients import Crowd, client_classes, crowd
from lvsdoctor.analysis.walk.decider import Decider, unknown
from lvsdoctor.analysis.walk.director import is_own, taken_by_mark
from lvsdoctor.analysis.walk.legs import by_director, without_director
from lvsdoctor.analysis.walk.oncoming import requests_arrive
from lvsdoctor.analysis.walk.responder import PossibleResponder
from lvsdoctor.analysis.walk.services import service_addresses
from lvsdoctor.model.address import IP
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.ipvs import Destination, VirtualService
from lvsdoctor.model.node import Node
from lvsdoctor.model.view import Peers
from lvsdoctor.model.walk import ClientClass, Decided, Decision, Step, StepVerdict, Walk
from lvsdoctor.model.work import Beside


def walks(nodes: Sequence[Node], *, clients: Sequence[IP] = ()) -> tuple[Walk, ...]:
    """All walks of a scan, by service as listed, client class, answering host and real server.

    `clients` are addresses that the user named. What was not collected makes a step unknown; nothing is raised.
    """
    return _worked_out(nodes, clients)[0]


def walks_of_scan(node: Node) -> tuple[Walk, ...]:
    """walks() of the scan that a node is of; a rule's node has read what they rest on."""
    return node.derived_of_scan(_WALKS, _worked_out)


_WALKS = "walks"


def walks_beside(nodes: Sequence[Node]) -> tuple[Beside, ...]:
    """The walks of a scan for another process to work out: then walks_of_scan() knows them."""
    peers = nodes[0].standing.peers if nodes else ()
    if not isinstance(peers, Peers):
        return ()
    return (Beside(partial(peers.nodes.derived, _WALKS, _worked_out), partial(peers.nodes.keep, _WALKS)),)


def _worked_out(nodes: Sequence[Node], clients: Sequence[IP] = ()) -> tuple[tuple[Walk, ...], frozenset[str]]:
    """The walks, and the facts that they rest on."""
    decider = Decider()
    shown = decider.nodes(nodes)
    known = crowd(shown)
    made = tuple(walk for at in service_addresses(shown) for walk in _of_service(decider, at, known, clients))
    return made, decider.reads


def _of_service(decider: Decider, at: ServicePlace, known: Crowd, clients: Sequence[IP]) -> Iterator[Walk]:
    key = ("classes", at.vip, *map(id, at.directors), *map(id, at.real_servers.values()))
    taking = at.directors[0]
    for client in decider.once(key, lambda: client_classes(at, known, clients)):
        try:
            rows = list(answering(decider, at, client))
            taking = next((row.node for row in rows[:1] if row.node in at.directors), taking)
            some = [walk for row in rows for walk in _of_answer(decider, at, client, row)]
        except NotCollected as lacking:
            some = [_not_known(at, client, taking, lacking)]
        yield from some
    with suppress(NotCollected):  # whether the director reaches its real servers is told by no other walk
        yield from list(_checks(decider, at, taking))


def _not_known(at: ServicePlace, client: ClientClass, director: Node, lacking: NotCollected) -> Walk:
    """Of these clients not even the beginning is known: what would tell who answers was not collected."""
    step = unknown(Step(director.name, Decision.ARP_REPLY, f"VIP {at.vip}"), lacking)
    return _walk(at, client, director.name, None, "", None, 0.0, (step,))


def _of_answer(decider: Decider, at: ServicePlace, client: ClientClass, row: PossibleResponder) -> Iterator[Walk]:
    attempt = Attempt(client, at, row.link, () if row.link is not None else arrival_links(row.node, at, client))
    name = row.node.name if row.verdict.decided is not Decided.NO else ""
    service = at.listed_by(row.node)
    if service is None:
        rip = next((ip for ip, node in at.real_servers.items() if node is row.node), None)
        steps = (row.verdict, *(without_director(decider, row.node, attempt) if row.followed else ()))
        yield _walk(at, client, name, rip, row.node.name, None, 1.0, steps)
        return
    other = taken_by_mark(decider, row.node, attempt)
    if service.fwmark is None and other is not None:
        return  # the walks of that service are these clients'
    some = list(_shares(service))
    for real, share in some:
        if name and row.followed:
            steps = tuple(_to_and_from(decider, row, service, real, share, attempt))
        else:
            steps = (row.verdict,)
        yield _of_real_server(at, client, name, row.node, real, share, steps)
    if not some or (not any(share for _, share in some) and not _whole(row.node)):
        further = by_director(decider, row.node, service, None, 0.0, attempt) if name and row.followed else ()
        steps = (row.verdict, *further)
        yield _walk(at, client, name, None, "", None, 0.0, steps)


def _to_and_from(
    decider: Decider, row: PossibleResponder, service: VirtualService, real: Destination, share: float, attempt: Attempt
) -> Iterator[StepVerdict]:
    yield row.verdict
    stopped = list(requests_arrive(decider, row.node, attempt)) if row.verdict.decided is Decided.YES else []
    yield from stopped or by_director(decider, row.node, service, real, share, attempt)


def _whole(director: Node) -> bool:
    """Was each row of its IPVS table read? One that was not may be a usable real server."""
    try:
        tuple(director.services if director.has("ipvs") else ())
    except NotCollected:
        return False
    return True


def _shares(service: VirtualService) -> Iterator[tuple[Destination, float]]:
    usable = [real for real in service.destinations if real.weight != 0 and not overloaded(real)]
    return shares(service, usable)


def _checks(decider: Decider, at: ServicePlace, director: Node) -> Iterator[Walk]:
    service = at.listed_by(director)
    for real, share in _shares(service) if service is not None else ():
        client = None if is_own(director, real) else checking_client(decider, director, at, real)
        if client is not None:
            steps = tuple(health_check(decider, director, at, real, client))
            yield _of_real_server(at, client, director.name, director, real, share, steps)


def _of_real_server(
    at: ServicePlace, client: ClientClass, name: str, director: Node, real: Destination, share: float,
    steps: tuple[StepVerdict, ...],
) -> Walk:  # fmt: skip
    node = director if is_own(director, real) else at.real_servers.get(real.ip) if real.ip is not None else None
    walk = _walk(at, client, name, real.ip, node.name if node is not None else "", real.forwarding, share, steps)
    return replace(walk, drained=real.weight == 0 and _is_drained(at, real), standby=_stands_by(at, real))


def _stands_by(at: ServicePlace, real: Destination) -> bool:
    """Do all directors that list it send all to a real server of larger weight (net/netfilter/ipvs/ip_vs_fo.c)?"""
    services = [service for node in at.directors if (service := at.listed_by(node)) is not None]
    if not any(service.scheduler == "fo" for service in services):
        return False
    rows = [(service, row) for service in services for row in service.destinations if row.ip == real.ip]
    return bool(rows) and all(
        service.scheduler == "fo"
        and row.weight
        and any((other.weight or 0) > row.weight and not overloaded(other) for other in service.destinations)
        for service, row in rows
    )


def _is_drained(at: ServicePlace, real: Destination) -> bool:
    """By all directors that list it: another may take over."""
    services = [service for node in at.directors if (service := at.listed_by(node)) is not None]
    rows = [(service, row) for service in services for row in service.destinations if row.ip == real.ip]
    return all(drained(service, row) for service, row in rows)


def _walk(  # type: ignore[no-untyped-def]
    at: ServicePlace, client: ClientClass, name: str, rip: IP | None, server: str, forwarding, share: float,
    steps: tuple[StepVerdict, ...],
) -> Walk:  # fmt: skip
    return Walk(
        client=client, service=at.name, vip=at.vip, port=at.port, protocol=at.protocol, answering=name, rip=rip,  # type: ignore[arg-type]
        real_server=server, forwarding=forwarding, share=share, steps=steps,
    )  # fmt: skip
