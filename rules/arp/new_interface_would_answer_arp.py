"""Each interface that is there has arp_ignore and arp_announce itself, and one that comes later has neither."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Citation, Finding, Node, Severity, cite, conf_key, hide_vips, rule

ANSWERS = "{node} answers ARP requests for VIP {vip} on any new interface, for only {links} {have} arp_ignore"
ASKS = "{node} uses VIP {vip} as sender of ARP requests on any new interface, for only {links} {have} arp_announce"
CLIENTS = "After such an interface is up, some send to {node} directly, not through the director."
_GOOD = {"arp_ignore": (1, 2), "arp_announce": (2,)}


@rule(
    name="new-interface-would-answer-arp",
    code="ARP014",
    severity=Severity.NOTE,
    role="real-server",
    needs={"sysctl", "links"},
    only_ipv4=True,
)
def new_interface_would_answer_arp(node: Node) -> Iterator[Finding]:
    vip = next((vip.ip for vip in node.hidden_vips if vip.ip.version == 4), None)
    links = [link.name for link in node.links_hearing_arp]
    if vip is None or not links:
        return
    lacking = {name: because for name in _GOOD if (because := _by_interfaces(node, name, links))}
    if lacking:
        yield Finding(
            ANSWERS if "arp_ignore" in lacking else ASKS,
            clients=CLIENTS,
            about={"settings": " ".join(lacking)},
            vip=vip,
            links=", ".join(links[:3]) + (f" and {len(links) - 3} more" if len(links) > 3 else ""),
            have="have" if len(links) > 1 else "has",
            evidence=[line for because in lacking.values() for line in because],
            fix=hide_vips(),
        )


def _by_interfaces(node: Node, name: str, links: list[str]) -> list[Citation]:
    """What shows that every interface has a good value of its own, and neither all nor default has one."""
    new = [node.sysctl(conf_key(scope, name)) for scope in ("default", "all")]
    own = [node.sysctl(conf_key(link, name)) for link in links]
    if any(setting.assumed or not setting.is_number for setting in (*new, *own)):
        return []
    if any(setting.value for setting in new) or any(setting.value not in _GOOD[name] for setting in own):
        return []
    return [
        cite(new[0], "a new interface copies this value"),
        cite(new[1], "counts for every interface"),
        *(cite(setting, "of this interface alone") for setting in own[:3]),
    ]
