"""A director has an IPv6 VIP on another interface alone, or filters neighbour discovery: no host finds the VIP."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    Decision,
    Finding,
    Fix,
    Node,
    Predicts,
    Severity,
    Silence,
    add_vip6,
    answers_ndp,
    assume,
    directed_vips,
    is_local,
    kept_on_kube_link,
    ndp_unanswered,
    pass_ndp,
    refuse_unmarked,
    rule,
    serves_its_own,
    should_answer,
)

SILENT = "{node} does not answer neighbour solicitations for VIP {vip} on {link}"
FILTERED = "{node} does not answer neighbour solicitations for VIP {vip} on {link}, as its packet filter drops them"
UNREACHED = "No host on the segment of {link} finds VIP {vip}. Clients do not reach it."
STANDBY = "Clients reach VIP {vip} only while another director answers for it."
NOT_SCANNED = assume("ipvs", "no other director of the VIP", settle="ndisc6 VIP LINK  # on another host of the segment")
DAEMON = "If keepalived or another daemon moves the VIP between directors, change its interface there and not by hand."


@rule(
    name="director-never-answers-ndp",
    code="V6009",
    severity=Severity.ERROR,
    explains=Decision.ARP_REPLY,
    role="director",
    needs={"ipvs", "addresses", "links"},
    helps={"routes", "local-routes", "policy-rules", "neighbours", "sysctl", "memberships", "ip6tables"},
    only_ipv6=True,
)
def director_never_answers_ndp(node: Node) -> Iterator[Finding]:
    for vip in (vip for vip in directed_vips(node) if vip.version == 6):
        local = is_local(node, vip)
        # What announces the addresses of kube-proxy answers from user space.
        if local is None or kept_on_kube_link(node, vip) or not (silent := list(ndp_unanswered(node, vip))):
            continue
        others = list(node.peers_directing(vip))
        directors = (node, *others)
        if any(answers_ndp(director, vip) for director in directors) or should_answer(vip, directors) is not node:
            continue
        standby = not others and serves_its_own(node, vip, directors)
        for silence in silent:
            link, filtered = silence.link.name, silence.silence is Silence.FILTERED
            yield Finding(
                FILTERED if filtered else SILENT,
                clients=STANDBY if standby else UNREACHED,
                about={"vip": vip, "link": link},
                evidence=[*local.because, *silence.because, *([] if standby else [NOT_SCANNED])],
                fix=pass_ndp(node, vip, silence) if filtered else add_vip6(vip, link) + Fix(warning=DAEMON),
                severity=Severity.WARNING if standby else None,
                predicts=Predicts.SILENT if standby else Predicts.UNANSWERED,
            )
    refuse_unmarked(node, 6)
