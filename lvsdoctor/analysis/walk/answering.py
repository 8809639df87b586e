"""Which host gets the packets that clients send to a VIP: who answers ARP or NDP for it where they ask."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from lvsdoctor.analysis.arp.owners import hearing_too
from lvsdoctor.analysis.kube.addresses import KUBE_LINK
from lvsdoctor.analysis.l2_segments import routed_through
from lvsdoctor.analysis.named_segments import holders_apart, links_on, segment_named
from lvsdoctor.analysis.walk.arrivals import BESIDE, arrival_link, asked_on, segment_of
from lvsdoctor.analysis.walk.asking import finds, reply_on, reply_on_segment
from lvsdoctor.analysis.walk.attempt import ServicePlace
from lvsdoctor.analysis.walk.caches import Cached, cached, unresolved
from lvsdoctor.analysis.walk.decider import Decider
from lvsdoctor.analysis.walk.director import is_address_of
from lvsdoctor.analysis.walk.responder import PossibleResponder
from lvsdoctor.analysis.walk.routed_past import routed_past
from lvsdoctor.analysis.walk.subnets import links_by_name, segments_of, subnets
from lvsdoctor.kernel.answer import Answer, assume, no, yes
from lvsdoctor.kernel.arp import neighbours_of
from lvsdoctor.kernel.carrier import no_frame
from lvsdoctor.kernel.routing import captured_by_mark, is_local
from lvsdoctor.model.address import IP, Network
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import cite
from lvsdoctor.model.link import Link
from lvsdoctor.model.node import Node
from lvsdoctor.model.walk import ClientClass, ClientPlace, Decided, Decision, Step, StepVerdict


def answering(decider: Decider, at: ServicePlace, client: ClientClass) -> list[PossibleResponder]:
    """All hosts that may get the packets: of directors and real servers those that answer, or may. Where all of them
    are silent, the first director alone, with the no."""
    if (own := _own_host(decider, at, client)) is not None:
        return [own]
    rows = [_at_director(decider, at, client, director) for director in at.directors]
    taking = next((row.node for row in rows if row.verdict.decided is not Decided.NO), at.directors[0])
    asker = _asker(at, client, taking, segment_of(taking, at.vip))
    others = (node for node in at.real_servers.values() if node not in at.directors)
    rows += [row for node in others for row in _at_real_server(decider, at, client, node, asker)]
    # What a host that is none of this service's may do besides is no way of its connections.
    beside = [row for node in at.bystanders for row in _at_real_server(decider, at, client, node, asker)]
    rows += [row for row in beside if row.verdict.decided is Decided.YES]
    possible = [row for row in rows if row.verdict.decided is not Decided.NO]
    known = cached(at, asker) if asker is not None else None
    if known is not None:
        by_cache = _by_entry(decider, at, known)
        if known.entry.fixed:
            return [by_cache]
        if by_cache.node not in [row.node for row in possible if row.verdict.decided is Decided.YES]:
            possible = [*(row for row in possible if row.node is not by_cache.node), by_cache]
    if at.vip.version == 6 and len([row for row in possible if row.verdict.decided is Decided.YES]) > 1:
        possible = [_rival(row, possible) for row in possible]
    return [*(possible or rows[:1]), *routed_past(decider, at)]


def _rival(row: PossibleResponder, rows: Sequence[PossibleResponder]) -> PossibleResponder:
    """Of several answers to a neighbour solicitation the later replaces the earlier, in the midst of a connection too
    (net/ipv6/ndisc.c: ndisc_send_na() sets the override flag)."""
    other = next(other.node.name for other in rows if other.node is not row.node)
    text, fields = "{other} answers as well, and the later answer counts", {"other": other}
    verdict = replace(row.verdict, decided=Decided.UNKNOWN, reason=text, fields=fields)
    return replace(row, verdict=verdict)


def _own_host(decider: Decider, at: ServicePlace, client: ClientClass) -> PossibleResponder | None:
    """A client on a host that has the VIP itself asks nobody: the VIP is local there."""
    if client.place not in (ClientPlace.ON_DIRECTOR, ClientPlace.ON_REAL_SERVER):
        return None
    for node in (*at.directors, *at.real_servers.values()):
        if is_address_of(node, client.address):
            has_vip = partial(_has_vip, node, at.vip)
            verdict = decider.step(node, Decision.ARP_REPLY, f"VIP {at.vip}", "own", has_vip)
            return PossibleResponder(node, "lo", verdict) if verdict.decided is Decided.YES else None
    return None


def _by_entry(decider: Decider, at: ServicePlace, known: Cached) -> PossibleResponder:
    def decide() -> Answer:
        line = cite(known.entry, "the neighbour entry of {host}", host=known.host.name)
        return yes("the neighbour entry of {host} has its MAC", line, host=known.host.name)

    subject = f"VIP {at.vip} on {known.link.name}"
    verdict = decider.step(known.node, Decision.ARP_REPLY, subject, ("cached", known.entry.seen), decide)
    return PossibleResponder(known.node, known.link.name, verdict)


# -- a director -------------------------------------------------------------------------------------------------------


def _at_director(decider: Decider, at: ServicePlace, client: ClientClass, director: Node) -> PossibleResponder:
    segment = segment_of(director, at.vip)
    link = arrival_link(director, at, client)
    asker = _asker(at, client, director, segment)
    subject = f"VIP {at.vip}" + (f" on {segment or link}" if segment or link else "")
    in_prefix = client.place is ClientPlace.IN_PREFIX

    def decide() -> Answer | None:
        taken = _has_vip(director, at.vip)
        if not taken:
            return _nobody_here(decider, director, at, taken)
        known = director.link(segment) if segment is not None else None
        if known is None:
            asked_on(director, at.vip)  # what was not seen is not "in no subnet"
            if _without_arp(director, at.vip) and not routed_through(director, at.vip, director):
                return None  # whoever sends there has a permanent entry
            return _by_a_route(taken, at.vip, link)
        if asker is not None and (host := holders_apart(director, known.name, asker)) is not None:
            text = "the user names other segments for {host}, so {link} receives no request of {asker}"
            return no(text, host=host.name, link=known.name, asker=asker)
        answer = reply_on_segment(director, at.vip, known, asker)
        if not answer and in_prefix and no_frame(director, known):
            return None  # the director may be the gateway of these clients
        if answer and (unfound := _unfound_by(director, at.vip, asker)) is not None:
            return unfound
        if not answer and routed_through(director, at.vip, director):
            return yes("a router has a route to {vip} through {host}", *taken.because, vip=at.vip, host=director.name)
        if not answer and _by_another_path(director, at.vip):
            line = unresolved(decider, director, at.vip)
            return no(answer.reason, line, *answer.because, **answer.fields) if line is not None else None
        return answer

    key = (segment, link, asker, in_prefix)
    verdict = decider.step(director, Decision.ARP_REPLY, subject, key, decide)
    return PossibleResponder(
        director, link, verdict, verdict.decided is Decided.YES or _is_known_to_have(director, at.vip)
    )


def _without_arp(director: Node, vip: IP) -> bool:
    """Is the VIP in the subnet of a link that is up and answers no ARP request (NOARP)?"""
    links = links_by_name(director)
    beside = {row.link for row in subnets(director) if vip in row.network and row.ip != vip} & links.keys()
    return any(links[name].up and not links[name].arp for name in beside)


def _is_known_to_have(director: Node, vip: IP) -> bool:
    try:
        return bool(_has_vip(director, vip))
    except NotCollected:
        return False


def _nobody_here(decider: Decider, director: Node, at: ServicePlace, lacking: Answer) -> Answer:
    """The director does not have the VIP: it may stand by, for another that the scan does not have."""
    if len(at.directors) > 1:
        return lacking
    if (line := unresolved(decider, director, at.vip)) is not None:
        return Answer(False, lacking.reason, (line, *lacking.because), lacking.fields)
    text = f"no other director has {at.vip}"
    others = assume("addresses", text, settle="# scan the directors together", others=True)
    return Answer(False, lacking.reason, (*lacking.because, others), lacking.fields)


def _by_another_path(director: Node, vip: IP) -> bool:
    """May packets come though the director does not answer for the VIP: marked ones, by a router's route, or because a
    program announces what kube-proxy keeps?"""
    return is_local(director, vip) is None or any(row.link == KUBE_LINK for row in director.holding(vip))


def _asker(at: ServicePlace, client: ClientClass, director: Node, segment: str | None) -> IP | None:
    """Who asks for the VIP on its segment: the client, its router where that has an address there, or some other."""
    if segment is None:
        return None
    beside = client.address if client.place in BESIDE else client.router
    if beside is not None and any(row.link == segment and beside in row.network for row in subnets(director)):
        return beside
    try:
        link = director.link(segment)
        neighbours = neighbours_of(director, link, besides=at.vip) if link is not None and at.vip.version == 4 else ()
    except NotCollected:
        return None
    return next(iter(neighbours), None)


def _by_a_route(taken: Answer, vip: IP, link: str | None) -> Answer:
    """The VIP is in no subnet of a link: a router sends its packets by a route, to an address of the director."""
    where = link or "the director"
    return yes("{vip} is in no subnet of {link}, so packets come by a route", *taken.because, vip=vip, link=where)


def _unfound_by(director: Node, vip: IP, asker: IP | None) -> Answer | None:
    """Why whoever asks for an IPv6 VIP, if it was scanned, does not get the answer."""
    for host in director.peers_holding(asker) if asker is not None and vip.version == 6 else ():
        for row in host.holding(asker) if asker is not None else ():
            if row.link != "lo" and (lost := finds(host, vip, row.link, asker)) is not None:
                return lost
    return None


def _has_vip(director: Node, vip: IP) -> Answer:
    if not (director.has("addresses") or director.has("local-routes")):
        raise NotCollected("addresses", director.name)
    local = is_local(director, vip)
    if local is not None:
        return yes("{vip} is local here", *local.because, vip=vip)
    if (marked := captured_by_mark(director, vip)) is not None:
        return yes("marked packets to {vip} are local here", marked, vip=vip)
    return no("{host} has no address {vip}", host=director.name, vip=vip)


# -- a real server ----------------------------------------------------------------------------------------------------


def _at_real_server(
    decider: Decider, at: ServicePlace, client: ClientClass, node: Node, asker: IP | None
) -> Iterator[PossibleResponder]:
    """A real server on the segment where the VIP is asked for. Nobody asks where the VIP is in no subnet."""
    networks = _subnets_of_both(at, asker) if asker is not None else []
    if asker is None or not networks:
        return
    beside = _links_beside(node, asker, at, networks)
    for link in beside:
        subject = f"VIP {at.vip} on {link.name}"
        key = (link.name, asker)
        reply = partial(_reply_of_server, node, at.vip, link, asker)
        verdict = decider.step(node, Decision.ARP_REPLY, subject, key, reply)
        if verdict.decided is not Decided.NO:
            yield PossibleResponder(node, link.name, verdict, verdict.decided is Decided.YES)
            return
    for link in _links_anywhere(node):
        if link not in beside and _would_answer(node, at.vip, link, asker):
            step = Step(node.name, Decision.ARP_REPLY, f"VIP {at.vip} on {link.name}")
            fields = {"host": node.name, "vip": str(at.vip), "link": link.name}
            verdict = StepVerdict(step, Decided.UNKNOWN, _ON_ANY_SEGMENT, (cite(link),), fields)
            yield PossibleResponder(node, link.name, verdict, False)


_ON_ANY_SEGMENT = "{host} answers for {vip} on {link}, and no address tells of the segment of {link}"


def _links_anywhere(node: Node) -> list[Link]:
    """The links of IPv4 that may be on any segment, because no address tells of it."""
    if not (node.has("links") and node.has("addresses")):
        return []
    told = {row.link for row in subnets(node) if not row.ip.is_link_local} | set(node.segments)
    known = links_by_name(node)
    wires = (row for row in known.values() if row.kind not in _WITHOUT_WIRE and row.parent not in known)
    links = [row for row in wires if row.name not in told and row.arp and row.up and "NO-CARRIER" not in row.flags]
    return [row for row in links if not node.enslaved(row)]


_WITHOUT_WIRE = frozenset({"bridge", "dummy", "vlan", "vxlan"})


def _would_answer(node: Node, vip: IP, link: Link, asker: IP) -> bool:
    try:
        return vip.version == 4 and is_local(node, vip) is not None and bool(reply_on(node, vip, link, asker))
    except NotCollected:
        return False


def _reply_of_server(node: Node, vip: IP, link: Link, asker: IP) -> Answer | None:
    """Whoever does not have the VIP answers as a proxy alone; that is not presumed where its settings were not seen."""
    try:
        return reply_on(node, vip, link, asker)
    except NotCollected:
        if is_local(node, vip) is None:
            return no("{host} has no address {vip}", host=node.name, vip=vip)
        raise


def _subnets_of_both(at: ServicePlace, asker: IP) -> list[Network]:
    """The directors' subnets that tell that the asker takes the VIP for a neighbour."""
    rows = [row for director in at.directors for row in subnets(director)]
    return [row.network for row in rows if asker in row.network and at.vip in row.network]


def _beside(at: ServicePlace, asker: IP) -> set[Network]:
    """All subnets of the links by which the directors are on the asker's segment, but that of link-local addresses."""
    rows = [(id(node), row) for node in at.directors for row in subnets(node) if not row.ip.is_link_local]
    links = {(host, row.link) for host, row in rows if asker in row.network and row.ip != at.vip}
    return {row.network for host, row in rows if (host, row.link) in links and row.ip != at.vip}


def _links_beside(node: Node, asker: IP, at: ServicePlace, networks: Sequence[Network]) -> Sequence[Link]:
    """The links on the asker's segment, and those with a MAC of their own there: with its subnet, with a gateway in one
    of `networks`, or else with another subnet of the link by which a director is there."""
    vip = at.vip
    if not (node.has("links") and node.has("addresses")):
        return ()
    rows = subnets(node)
    others = {row.link for row in rows if row.ip != vip}
    # Beside another address of a link, the VIP's own mask tells of no subnet.
    names = {row.link for row in rows if asker in row.network and (row.ip != vip or row.link not in others)}
    for hop in (hop for route in (node.seen_rows("routes") if node.has("routes") else ()) for hop in route.nexthops):
        if hop.link not in others and hop.gateway and any(hop.gateway in network for network in networks):
            names.add(hop.link)
    names = names or {row.link for row in rows if row.ip != vip and row.network in _beside(at, asker)}
    if node.segments and (segments := segments_of(at.directors, asker, at.vip)):
        known = {name for name in names if not segment_named(node, name)}
        names = known.union(*(links_on(node, segment) for segment in segments))
    links = {link.name: link for name in sorted(names) for link in hearing_too(node, name)}
    return [link for link in links.values() if link.arp and link.up and not node.enslaved(link)]
