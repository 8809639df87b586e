"""Which decision on a packet's way a finding explains: what is decided, at which host, about what."""

from collections.abc import Mapping
from ipaddress import ip_address

from lvsdoctor.engine.rule import Rule
from lvsdoctor.model.finding import Finding, Predicts
from lvsdoctor.model.node import Node
from lvsdoctor.model.walk import Decision, Step

# What the wire can show of a finding is a decision, too.
_PREDICTED = {
    Predicts.ANSWERS: Decision.ARP_REPLY,
    Predicts.SILENT: Decision.ARP_REPLY,
    Predicts.UNANSWERED: Decision.ARP_REPLY,
    Predicts.SENDER: Decision.ARP_SENDER,
    Predicts.REFUSES: Decision.LOCAL_DELIVERY,
}


def explained(rule: Rule, finding: Finding, node: Node) -> Step | None:
    """The step that a finding on `node` explains: the finding's own decision, or else that of its rule.

    None for a finding about nothing that is decided (a manifest, which is of no host).
    """
    predicted = None if finding.predicts is None else _PREDICTED[finding.predicts]
    decision = finding.explains or predicted or rule.explains
    subject = _subject(finding.about)
    if decision is None or not subject:
        return None
    return Step(_host(finding.decided_at, node), decision, subject)


def _host(named: str, node: Node) -> str:
    """The name of the host that decides: of an address that one node of the scan has, that node's."""
    try:
        ip = ip_address(named)
    except ValueError:
        return named or node.name
    nodes = (node, *node.peers_holding(ip)) if _holds(node, named) else tuple(node.peers_holding(ip))
    return nodes[0].name if len(nodes) == 1 else named


def _holds(node: Node, ip: str) -> bool:
    return any(str(row.ip) == ip for row in node.evidence.get("addresses", ()))


def _subject(about: Mapping[str, str]) -> str:
    """What is decided about, as far as the finding tells: "VIP 192.0.2.10 on eth0", "tcp 192.0.2.10:80"."""
    service, rip = about.get("service") or about.get("socket", ""), about.get("rip") or about.get("real", "")
    vip, link = about.get("vip", ""), about.get("link", "")
    if service:
        return f"{service} at {rip}" if rip else service
    what = f"VIP {vip}" if vip else rip or about.get("ip", "") or about.get("prefix", "")
    return f"{what} on {link}" if what and link else what or link
