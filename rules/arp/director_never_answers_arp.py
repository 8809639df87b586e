"""A director holds the VIP on an interface where arp_ignore hides it, so no host on the segment finds the VIP."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    Decision,
    Finding,
    Node,
    Predicts,
    Severity,
    Silence,
    answer_for,
    answers_arp_or_ndp,
    arp_unanswered,
    assume,
    directed_vips,
    effective,
    is_local,
    kept_on_kube_link,
    refuse_unmarked,
    rule,
    serves_its_own,
    should_answer,
)

HIDDEN = "{node} does not answer ARP requests for VIP {vip} on {link} (arp_ignore={level}, VIP on {held})"
FILTERED = "{node} does not answer ARP requests for VIP {vip} on {link}, as an arptables rule drops them"
WITHOUT_ARP = "{node} does not answer ARP requests for VIP {vip} on {link}, which has no ARP (NOARP)"
ALONE = "No scanned director answers. Clients and routers on {link} cannot reach {vip}."
LOCAL_NODE = "If no other director answers, clients and routers on {link} cannot reach {vip}."
NOT_SCANNED = assume("ipvs", "no other director of the VIP", settle="arping VIP  # on another host of the segment")


@rule(
    name="director-never-answers-arp",
    code="ARP018",
    severity=Severity.ERROR,
    explains=Decision.ARP_REPLY,
    general=True,
    role="director",
    needs={"ipvs", "sysctl | configured-sysctl", "addresses", "links"},
    helps={"routes", "local-routes", "policy-rules", "arptables", "memberships"},
    only_ipv4=True,
)
def director_never_answers_arp(node: Node) -> Iterator[Finding]:
    for vip in (vip for vip in directed_vips(node) if vip.version == 4):
        local = is_local(node, vip)
        others = list(node.peers_directing(vip))
        # MetalLB answers for what kube-proxy keeps, whatever the sysctls say: service-address-answered-by-no-node.
        if local is None or kept_on_kube_link(node, vip):
            continue
        directors = (node, *others)
        if (
            any(answers_arp_or_ndp(director, vip) for director in directors)
            or should_answer(vip, directors) is not node
        ):
            continue
        standby = not others and serves_its_own(node, vip, directors)
        for silence in arp_unanswered(node, vip):
            link = silence.link.name
            ignore = effective(node, "arp_ignore", link)
            ignored = silence.silence is Silence.IGNORED
            message = FILTERED if silence.silence is Silence.FILTERED else WITHOUT_ARP
            yield Finding(
                HIDDEN if ignored else message,
                clients=LOCAL_NODE if standby else ALONE,
                about={"vip": vip, "link": link},
                evidence=[*local.because, *silence.because, *([] if standby else [NOT_SCANNED])],
                fix=answer_for(node, vip, silence),
                severity=Severity.WARNING if standby else None,
                predicts=Predicts.SILENT if standby else Predicts.UNANSWERED,
                held=", ".join(local.links),
                level=ignore.value,
                decided_by=ignore.decided_by if ignored else silence.decided_by,
            )
    refuse_unmarked(node, 4)
