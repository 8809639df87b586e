"""What a real server decides about a request: does it unpack, accept and deliver it, and does a program take it?"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from lvsdoctor.analysis.filters.director_filters import outer_source
from lvsdoctor.analysis.filters.filter_paths import OUTER_PROTOCOLS, filter_fact, locality, passed, undecided
from lvsdoctor.analysis.filters.real_server_filters import comes_in, passed_by
from lvsdoctor.analysis.request_path import UNPACKED_BY, tunnel_for, tunnel_kind, tunnels_of
from lvsdoctor.analysis.walk.decider import Decider
from lvsdoctor.analysis.walk.director import until_no
from lvsdoctor.analysis.walk.filters import idle, of_verdict
from lvsdoctor.analysis.walk.frames import mac_from
from lvsdoctor.analysis.walk.subnets import hearing_arp, links_holding
from lvsdoctor.kernel.answer import Answer, no, yes
from lvsdoctor.kernel.delivery import delivered, passes_on
from lvsdoctor.kernel.ipv6_off import drops_ipv6
from lvsdoctor.kernel.packet_filter import DELIVERED, FilterOutcome, FilterVerdict
from lvsdoctor.kernel.packet_matching import CLIENT_PORT, NEW, SYN, TCP, Packet
from lvsdoctor.kernel.policy_rules import asks_for_marks
from lvsdoctor.kernel.routing import is_local
from lvsdoctor.kernel.rp_filter import marks_count, source_ok
from lvsdoctor.kernel.sockets import listener, replies_from
from lvsdoctor.kernel.source_address import outer_source as kernel_source
from lvsdoctor.model.address import IP
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import cite
from lvsdoctor.model.node import Node
from lvsdoctor.model.packet_filter import Hook
from lvsdoctor.model.standing import Membership
from lvsdoctor.model.walk import Decision, StepVerdict

_PROTOCOLS = {"tcp": TCP, "udp": 17, "sctp": 132}


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request as it comes to a host that serves it: from `src` to `dst` on `link`. `port` is 0 where the
    service has none, `mac` that of the frame, where it is known."""

    src: IP
    dst: IP
    port: int
    protocol: str
    link: str | None
    mac: str | None = None

    @property
    def packet(self) -> Packet:
        flags = SYN if self.protocol == "tcp" else frozenset[str]()
        number = _PROTOCOLS.get(self.protocol)
        request = Packet(self.src, self.dst, number, CLIENT_PORT, self.port or None, in_link=self.link, states=NEW)
        return replace(request, tcp_flags=flags, mac=self.mac)

    @property
    def subject(self) -> str:
        host = f"[{self.dst}]" if self.dst.version == 6 else str(self.dst)
        return f"{self.protocol} {host}:{self.port}" if self.port else f"{self.protocol} {host}"

    @property
    def key(self) -> object:
        return self.src, self.dst, self.port, self.protocol, self.link, self.mac


def at_real_server(decider: Decider, node: Node, arrival: Arrival) -> Iterator[StepVerdict]:
    """The steps until a program has the request, up to the first no."""
    yield from until_no(
        lambda: _delivery(decider, node, arrival),
        lambda: _source(decider, node, arrival),
        lambda: _input(decider, node, arrival),
        lambda: _listener(decider, node, arrival) if arrival.port else None,
    )


def at_local_node(decider: Decider, director: Node, arrival: Arrival) -> Iterator[StepVerdict]:
    """What IPVS masquerades to an address of the director itself goes on in LOCAL_IN, behind the filters, which have
    seen the request as it came (net/netfilter/ipvs/ip_vs_xmit.c: ip_vs_nat_send_or_cont())."""

    def decide() -> Answer | None:
        if not director.has("sockets"):
            raise NotCollected("sockets", director.name)
        return listener(director, arrival.protocol, arrival.dst, arrival.port, arrived_on=arrival.link)

    if arrival.port:
        yield decider.step(director, Decision.LISTENER, arrival.subject, ("local node", arrival.key), decide)


def home_of(node: Node, rip: IP) -> str | None:
    """The link to whose MAC the frames for a RIP go: its own, or the first that receives ARP requests."""
    own, hearing = links_holding(node, rip), hearing_arp(node)
    if not own or not hearing:
        return next(iter(own), None)
    return own[0] if own[0] in hearing else hearing[0]


def _filtered(node: Node, arrival: Arrival) -> FilterVerdict:
    if (free := idle(node, arrival.dst.version)) is not None:
        return replace(free, packet=arrival.packet)
    return passed(node, arrival.packet, DELIVERED, locality(node, arrival.dst.version))


def _delivery(decider: Decider, node: Node, arrival: Arrival) -> StepVerdict:
    def decide() -> Answer | None:
        taken = delivered(node, arrival.dst)
        if taken:
            away = _sent_away(node, arrival)
            return taken if away is None else away
        verdict = _filtered(node, arrival)
        if verdict.lacking is not None:
            raise verdict.lacking
        if verdict.outcome is FilterOutcome.REWRITTEN:
            return None
        if comes_in(verdict):
            return yes("a rule sends the packet to this host", *verdict.because)
        # No rule that was seen takes the packet in; one of a table that was not seen may.
        assumed = (line for line in verdict.because if line.assumed)
        return Answer(False, taken.reason, (*passed_by(node, arrival.dst), *taken.because, *assumed), taken.fields)

    return decider.step(node, Decision.LOCAL_DELIVERY, str(arrival.dst), arrival.key, decide)


def _sent_away(node: Node, arrival: Arrival) -> Answer | None:
    """Where a rule gives the request another destination, as one that publishes a container's port does, and this host
    does not pass it on."""
    try:
        verdict = _filtered(node, arrival)
        target = verdict.packet.dst
        if verdict.outcome is not FilterOutcome.REWRITTEN or verdict.lacking is not None or arrival.link is None:
            return None
        if target is None or is_local(node, target) is not None:
            return None
        further = passes_on(node, src=arrival.src, dst=target, arrived_on=arrival.link)
    except NotCollected:
        return None
    if further:
        return None
    text = "a rule sends the request to {target}, and {host} does not forward this request: {why}"
    lines = (*verdict.because, *further.because)
    return no(text, *lines, target=target, host=node.name, why=further.why)


def _source(decider: Decider, node: Node, arrival: Arrival) -> StepVerdict | None:
    if arrival.dst.version == 6 or arrival.src == arrival.dst:
        return None  # IPv6 validates no source, and a host's packet to itself is not received

    def decide() -> Answer | None:
        if arrival.link is None:
            return None
        mark = _mark(node, arrival) if marks_count(node, arrival.link) else 0
        return source_ok(node, arrival.src, arrival.dst, arrived_on=arrival.link, mark=mark)

    subject = f"{arrival.src} on {arrival.link or '?'}"
    return decider.step(node, Decision.SOURCE_VALIDATION, subject, arrival.key, decide)


def _mark(node: Node, arrival: Arrival) -> int:
    """The mark of a request behind PREROUTING, where a policy rule asks for marks."""
    version = arrival.dst.version
    if not asks_for_marks(node, version) or idle(node, version) is not None:
        return 0
    verdict = passed(node, arrival.packet, (Hook.PREROUTING,), locality(node, version))
    if verdict.lacking is not None:
        raise verdict.lacking
    if verdict.packet.mark is None:
        raise undecided(node, filter_fact(version), f"the mark of requests to {arrival.dst}")
    return verdict.packet.mark


def _input(decider: Decider, node: Node, arrival: Arrival) -> StepVerdict:
    def decide() -> Answer | None:
        return of_verdict(_filtered(node, arrival))

    return decider.step(node, Decision.INPUT_FILTER, arrival.subject, arrival.key, decide)


def _listener(decider: Decider, node: Node, arrival: Arrival) -> StepVerdict:
    def decide() -> Answer | None:
        if not node.has("sockets"):
            raise NotCollected("sockets", node.name)
        dst, port = arrival.dst, arrival.port
        verdict = _filtered(node, arrival)
        if verdict.lacking is not None:
            raise verdict.lacking
        if verdict.outcome is FilterOutcome.REWRITTEN or verdict.packet.tproxy is not None:
            return None
        if verdict.packet.changed:
            if verdict.packet.dst is None or verdict.packet.dport is None:
                return None
            dst, port = verdict.packet.dst, verdict.packet.dport
        taken = listener(node, arrival.protocol, dst, port, arrived_on=arrival.link)
        if taken and not verdict.packet.changed and is_local(node, dst) is None:
            return None  # delivered by its mark alone: a socket that is not transparent has no reply from there
        if taken and arrival.protocol == "udp" and not verdict.packet.changed:
            return replies_from(node, "udp", dst, port, client=arrival.src, arrived_on=arrival.link)
        return taken

    return decider.step(node, Decision.LISTENER, arrival.subject, arrival.key, decide)


# -- tunnels ----------------------------------------------------------------------------------------------------------


def unpacked(decider: Decider, node: Node, listing: Membership) -> tuple[str | None, list[StepVerdict]]:
    """The link on which a tunnelled request is received again, and how that is decided."""
    rip = listing.destination.ip
    assert rip is not None
    kind = listing.destination.tunnel_type

    def decide() -> Answer | None:
        if kind not in UNPACKED_BY:
            return None  # a socket unpacks it, and no dump lists that
        tunnel = tunnel_for(node, listing)
        own = _from_here(node, listing.director, rip) if tunnel is not None and rip.version == 6 else None
        if own is not None:
            return own
        if tunnel is not None and _inner(listing) == 6 and (off := drops_ipv6(node, tunnel.name)):
            return no(off.reason, *off.because, **off.fields)
        if tunnel is not None:
            return yes("{link} unpacks the request", cite(tunnel), link=tunnel.name)
        others = [cite(link, "does not unpack the request") for link in tunnels_of(node, tunnel_kind(listing))]
        return no("no interface of type {kind} that is up unpacks the request", *others, kind=tunnel_kind(listing))

    def passes() -> Answer | None:
        protocol = OUTER_PROTOCOLS.get(kind, (None, None))[_inner(listing) == 6]
        source = outer_source(listing.director, rip)
        outer = Packet(source, rip, protocol, in_link=home_of(node, rip), states=NEW)
        outer = outer.with_mac(mac_from(listing.director, rip))
        outer = replace(outer, dport=listing.destination.tunnel_port or None)
        if (free := idle(node, rip.version)) is not None:
            return of_verdict(free)
        return of_verdict(passed(node, outer, DELIVERED, locality(node, rip.version)))

    def accepted() -> Answer | None:
        source, link = outer_source(listing.director, rip), home_of(node, rip)
        return source_ok(node, source, rip, arrived_on=link) if source is not None and link is not None else None

    subject = f"{kind} to {rip}"
    key = (id(listing.director), kind)
    verdicts = list(
        until_no(
            lambda: (
                decider.step(node, Decision.SOURCE_VALIDATION, subject, key, accepted) if rip.version == 4 else None
            ),
            lambda: decider.step(node, Decision.INPUT_FILTER, subject, key, passes),
            lambda: decider.step(node, Decision.DECAPSULATION, subject, key, decide),
        )
    )
    try:
        tunnel = tunnel_for(node, listing)
    except NotCollected:
        tunnel = None
    return (tunnel.name if tunnel is not None else None), verdicts


def _from_here(node: Node, director: Node, rip: IP) -> Answer | None:
    """net/ipv6/ip6_tunnel.c: ip6_tnl_rcv_ctl() takes nothing whose sender is an address of the host itself."""
    sender = kernel_source(director, rip)
    if sender is None or sender.ip is None or not (held := is_local(node, sender.ip)):
        return None
    text = "the tunnel drops the request, which comes from {source}, an address of {host}"
    return no(text, *held.because, *sender.because, source=sender.ip, host=node.name)


def _inner(listing: Membership) -> int:
    return listing.service.family if listing.service.vip is None else listing.service.vip.version
