"""What a director decides about a request: source validation, its packet filter, IPVS, and which real server."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from lvsdoctor.analysis.filters.filter_paths import filter_fact, locality, passed
from lvsdoctor.analysis.filters.requests_rewritten import taken_away
from lvsdoctor.analysis.marks import refuse_unseen_marks, unmarked
from lvsdoctor.analysis.usable_servers import hashes_to_unavailable, overloaded
from lvsdoctor.analysis.walk.attempt import Attempt
from lvsdoctor.analysis.walk.decider import Decider
from lvsdoctor.analysis.walk.filters import idle, of_connection
from lvsdoctor.analysis.walk.frames import request_at
from lvsdoctor.analysis.walk.subnets import marked_services, own_addresses
from lvsdoctor.kernel.answer import Answer, no, yes
from lvsdoctor.kernel.delivery import delivered
from lvsdoctor.kernel.ipvs_off import drop_rate, left_alone
from lvsdoctor.kernel.packet_filter import DELIVERED, FilterVerdict
from lvsdoctor.kernel.packet_matching import NEW, SYN
from lvsdoctor.kernel.routing import is_local
from lvsdoctor.kernel.rp_filter import source_ok
from lvsdoctor.model.address import IP
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import cite
from lvsdoctor.model.ipvs import Destination, Forwarding, VirtualService
from lvsdoctor.model.node import Node
from lvsdoctor.model.walk import HARMLESS, ClientPlace, Decided, Decision, StepVerdict

Deferred = Callable[[], StepVerdict | None]


def at_director(
    decider: Decider, director: Node, service: VirtualService, real: Destination, attempt: Attempt
) -> Iterator[StepVerdict]:
    """The steps before a real server is chosen, up to the first no."""
    # IPVS takes the director's own packets at LOCAL_OUT (ip_vs_core.c: ip_vs_ops4).
    own = attempt.client.place is ClientPlace.ON_DIRECTOR and is_address_of(director, attempt.src)
    yield from until_no(
        lambda: None if own else _source(decider, director, attempt),
        lambda: None if own else _input(decider, director, service, real, attempt),
        lambda: _ipvs(decider, director, service, attempt),
    )


def until_no(*steps: Deferred) -> Iterator[StepVerdict]:
    """Verdicts in their order; nothing is asked after a no."""
    for decide in steps:
        verdict = decide()
        if verdict is not None:
            yield verdict
            if verdict.decided is Decided.NO and verdict.step.decision not in HARMLESS:
                return


def _source(decider: Decider, director: Node, attempt: Attempt) -> StepVerdict | None:
    vip, src, link = attempt.at.vip, attempt.src, attempt.link
    if vip.version == 6:
        return None  # net/ipv6/ip6_input.c validates no source

    def decide() -> Answer | None:
        if link is not None:
            return source_ok(director, src, vip, arrived_on=link)
        answers = [source_ok(director, src, vip, arrived_on=other) for other in attempt.links]
        return answers[0] if len({bool(answer) for answer in answers}) == 1 else None

    return decider.step(director, Decision.SOURCE_VALIDATION, f"{src} on {link or '?'}", (vip,), decide)


def _input(
    decider: Decider, director: Node, service: VirtualService, real: Destination, attempt: Attempt
) -> StepVerdict:
    def decide() -> Answer | None:
        if real.ip is None or real.forwarding is None:
            return None
        return of_connection(director, service, real, attempt, lambda item: item.passage.hooks == DELIVERED)

    key = (attempt.src, attempt.link, real.forwarding, is_own(director, real))
    return decider.step(director, Decision.INPUT_FILTER, attempt.at.subject, key, decide)


def is_address_of(node: Node, ip: IP) -> bool:
    """Is it known for an address of the node?"""
    return ip in own_addresses(node)


def is_own(director: Node, real: Destination) -> bool:
    """Does the director keep this share of a service for itself (LocalNode)?"""
    if real.forwarding is Forwarding.LOCAL:
        return True
    try:
        return real.ip is not None and is_local(director, real.ip) is not None
    except NotCollected:
        return False


def first_packet(director: Node, attempt: Attempt) -> FilterVerdict:
    """What the director's filters make of the first packet of a connection before IPVS sees it: its mark, too."""
    tcp, version = attempt.at.protocol == "tcp", attempt.at.vip.version
    request = replace(request_at(director, attempt), states=NEW, tcp_flags=SYN if tcp else frozenset())
    if (free := idle(director, version)) is not None:
        return replace(free, packet=request)
    return passed(director, request, DELIVERED, locality(director, version))


def taken_by_mark(decider: Decider, director: Node, attempt: Attempt) -> VirtualService | None:
    """The service by a firewall mark that takes these requests, whatever other services there are
    (net/netfilter/ipvs/ip_vs_ctl.c: ip_vs_service_find())."""
    marked = decider.once(("marked", id(director)), lambda: marked_services(director))

    def work_out() -> VirtualService | None:
        try:
            mark = first_packet(director, attempt).packet.mark
        except NotCollected:
            return None
        return marked.get((mark, attempt.at.vip.version)) if mark else None

    key = ("by mark", id(director), attempt.at.subject, attempt.src, attempt.link)
    return decider.once(key, work_out) if marked else None


def _ipvs(decider: Decider, director: Node, service: VirtualService, attempt: Attempt) -> StepVerdict:
    vip, name = attempt.at.vip, attempt.at.name

    def decide() -> Answer | None:
        taken = delivered(director, vip, service.fwmark)
        if not taken:
            return taken
        if (idle_ipvs := left_alone(director)) is not None:
            return idle_ipvs
        verdict = first_packet(director, attempt)
        packet = verdict.packet
        if service.fwmark is not None and packet.mark != service.fwmark:
            return _not_marked(director, service, verdict)
        if verdict.lacking is not None:
            raise verdict.lacking
        request = replace(request_at(director, attempt), states=NEW)
        away = taken_away(director, service, request, verdict) if packet.changed else None
        if away is not None and packet.dst is not None and not is_address_of(director, packet.dst):
            return None  # it is sent to that host without IPVS, which may serve it
        if away is not None:
            return no("a rule sends requests to {target} before IPVS", *away.because, target=away.target)
        if (dropped := drop_rate(director)) is not None:
            rate, lines = dropped
            return no("IPVS drops every new connection", *lines) if rate == 1 else None
        row = cite(service, "{service} takes the request", service=name)
        return yes("{service} takes the request", row, *taken.because, service=name)

    return decider.step(director, Decision.IPVS, attempt.at.subject, (service.key, attempt.src, attempt.link), decide)


def _not_marked(director: Node, service: VirtualService, verdict: FilterVerdict) -> Answer | None:
    """The request does not have the mark of the service; None where a rule may give it the mark."""
    fact = filter_fact(verdict.packet.version)
    if not director.has(fact):
        raise NotCollected(fact, director.name)
    known = verdict.packet.mark is not None and verdict.lacking is None
    try:
        others = unmarked(director, service)
    except NotCollected:
        if not known:
            raise
        others = None  # others may get it: of this client's packets the rules tell
        refuse_unseen_marks(director, service.family)
    if others is None and not known:
        return None
    lines = [line for line in verdict.because if not line.assumed]
    lines += [cite(item.by.rule, "this rule gives other marks, or marks others") for item in (others or ())[:2]]
    return no("no rule gives the request mark {mark}", *lines, cite(service), mark=service.fwmark)


def chosen(decider: Decider, director: Node, service: VirtualService, real: Destination, share: float) -> StepVerdict:
    """May the scheduler choose this real server for a new connection?"""
    subject = f"{real.ip or real.shown}:{real.port}" if real.port else str(real.ip or real.shown)

    def decide() -> Answer | None:
        if real.weight is None:
            return None
        if real.weight == 0:
            return no("a real server of weight 0 gets no new connections", cite(real))
        if overloaded(real):
            return no("the real server has as many connections as its upper threshold allows", cite(real))
        if hashes_to_unavailable(service):
            return None  # which clients the hash assigns to the others depends on its table
        return yes("weight {weight}: {share} of new connections", cite(real), weight=real.weight, share=f"{share:.0%}")

    return decider.step(director, Decision.REAL_SERVER, subject, (service.key, real.seen), decide)


def no_real_server(decider: Decider, director: Node, service: VirtualService) -> StepVerdict:
    """A service of which no usable real server is listed: clients are refused (ip_vs_core.c: ip_vs_leave()).

    Not where a row of the table was not read: it may be a real server of any service.
    """

    def decide() -> Answer | None:
        tuple(director.services if director.has("ipvs") else ())
        return no("the service has no real server", cite(service))

    return decider.step(director, Decision.REAL_SERVER, str(service), "none", decide)
