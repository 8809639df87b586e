"""What source a real server sees: the client's own, or one that a rule of the director gives it."""

from dataclasses import replace

from lvsdoctor.analysis.filters.director_filters import CONNTRACK, outer_source
from lvsdoctor.analysis.kube.addresses import KUBE_LINK
from lvsdoctor.analysis.nat.source_nat import sent_if_tracked
from lvsdoctor.analysis.nat.translation import no_source_nat
from lvsdoctor.analysis.walk.attempt import Attempt
from lvsdoctor.analysis.walk.decider import Decider, unknown
from lvsdoctor.model.address import IP
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import Citation
from lvsdoctor.model.ipvs import Destination, VirtualService
from lvsdoctor.model.node import Node
from lvsdoctor.model.walk import Decision, Step, StepVerdict
from lvsdoctor.sanitize import command


def source_seen(
    decider: Decider, director: Node, service: VirtualService, real: Destination, attempt: Attempt
) -> tuple[IP, StepVerdict | None]:
    """The source of the requests as they leave the director; with a verdict where it is not known."""
    key = ("source seen", id(director), service.key, real.ip, real.port, attempt.at.port, attempt.src, attempt.link)

    def work_out() -> tuple[IP, StepVerdict | None]:
        try:
            return _source(director, service, real, attempt), None
        except NotCollected as lacking:
            step = Step(director.name, Decision.OUTPUT_FILTER, f"source of requests to {real.ip}")
            return attempt.src, unknown(step, lacking)

    return decider.once(key, work_out)


def source_of_direct_routing(
    decider: Decider, director: Node, service: VirtualService, real: Destination, attempt: Attempt
) -> tuple[IP, StepVerdict | None]:
    """source_seen() of direct routing, whose packets the table nat sees with vs.conntrack=1 alone
    (net/netfilter/ipvs/ip_vs_xmit.c: ip_vs_send_or_cont())."""
    tracks = director.has("sysctl") and director.knows_sysctl(CONNTRACK) and director.sysctl(CONNTRACK).value
    if not tracks or attempt.at.vip.version != 4 or not director.has("iptables"):
        return attempt.src, None
    return source_seen(decider, director, service, real, attempt)


def source_rules(
    director: Node, service: VirtualService, real: Destination, attempt: Attempt
) -> tuple[Citation, ...]:  # fmt: skip
    """The rules of the director that give the requests another source, where that is known."""
    if attempt.at.vip.version != 4 or not director.has("iptables") or real.ip is None:
        return ()
    try:
        verdict, _ = sent_if_tracked(director, _row(service, attempt), real, attempt.src, link=attempt.link)
    except NotCollected:
        return ()
    return verdict.because if verdict.packet.src != attempt.src else ()


def _row(service: VirtualService, attempt: Attempt) -> VirtualService:
    return replace(service, vip=attempt.at.vip, port=attempt.at.port, protocol=attempt.at.protocol)


def _source(director: Node, service: VirtualService, real: Destination, attempt: Attempt) -> IP:
    """A rule of nat sees what IPVS sends if connection tracking does (ip_vs_xmit.c: ip_vs_nat_send_or_cont())."""
    src, at = attempt.src, attempt.at
    assert real.ip is not None
    known = director.has("sysctl") and director.knows_sysctl(CONNTRACK)
    if known and director.sysctl(CONNTRACK).value == 0:
        return src
    if at.vip.version == 4 and director.has("iptables"):
        verdict, untracked = sent_if_tracked(director, _row(service, attempt), real, src, link=attempt.link)
        if verdict.lacking is not None:
            raise verdict.lacking
        if untracked is not None or verdict.packet.src == src:
            return src
        if not known:
            raise NotCollected("sysctl", director.name, CONNTRACK, command("sysctl", CONNTRACK))
        return verdict.packet.src or outer_source(director, real.ip) or src
    if any(row.link == KUBE_LINK for row in director.seen_rows("addresses")):
        raise NotCollected("iptables" if at.vip.version == 4 else "ip6tables", director.name)
    hidden = no_source_nat(director, service, real, src, family=at.vip.version) is None
    return (outer_source(director, real.ip) if hidden else None) or src
