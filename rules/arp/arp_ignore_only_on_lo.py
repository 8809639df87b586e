"""arp_ignore or arp_announce is set on lo, where no ARP packet ever passes."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    Finding, Node, Severity, arp_reply, cite, conf_key, effective, hide_vips, leak, rule, vip_on_segment,
)  # fmt: skip


@rule(
    name="arp-ignore-only-on-lo",
    code="ARP002",
    severity=Severity.ERROR,
    role="real-server",
    needs={"sysctl", "addresses", "links"},
    helps={"routes", "local-routes", "policy-rules", "arptables", "memberships", "neighbours"},
    instead_of={"real-server-answers-arp", "vip-leaks-as-arp-sender"},
)
def arp_ignore_only_on_lo(node: Node) -> Iterator[Finding]:
    for deaf in (link for link in node.links if not link.arp):
        ignore, announce = (node.sysctl(conf_key(deaf.name, name)) for name in ("arp_ignore", "arp_announce"))
        for vip in node.vips:
            for link in node.links_hearing_arp:
                severity = None if vip_on_segment(node, vip.ip, link) else Severity.WARNING
                about = {"vip": vip.ip, "link": link.name}
                if ignore.value and not effective(node, "arp_ignore", link.name):
                    if reply := arp_reply(node, vip.ip, heard_on=link):
                        yield Finding(
                            "{node} answers ARP for VIP {vip} on {link}: arp_ignore={value} is set on {deaf}, "
                            "which hears no ARP",
                            about=about, deaf=deaf.name, value=ignore.value, severity=severity, fix=hide_vips(),
                            evidence=[cite(ignore, "set here, read by nobody"), *reply.because],
                        )  # fmt: skip
                        continue
                if announce.value and effective(node, "arp_announce", link.name).value < 2:
                    if leaking := leak(node, vip.ip, link):
                        hop, sender = leaking
                        yield Finding(
                            "{node} names VIP {vip} as the sender when it asks for {hop} on {link}: "
                            "arp_announce={value} is set on {deaf}, which sends no ARP",
                            about=about, deaf=deaf.name, value=announce.value, hop=hop, severity=severity, fix=hide_vips(),
                            evidence=[cite(announce, "set here, read by nobody"), *sender.because],
                        )  # fmt: skip
