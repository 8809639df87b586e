"""What earlier probes would no longer hear, once a host that answered them has changed."""

from collections.abc import Iterable
from dataclasses import replace

from lvsdoctor.fixes.changes.rows import with_rows
from lvsdoctor.kernel.arp import arp_reply
from lvsdoctor.kernel.routing import is_local
from lvsdoctor.model.address import IP
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.node import Node
from lvsdoctor.model.probe import Probe


def fallen_silent(node: Node, changed: Iterable[tuple[Node, Node]]) -> Node:
    """The node whose probes have lost the answers of hosts that answered before their change and would not after it;
    `changed` holds each as it was and as it is. An answer that the model did not expect stays: it cannot say why."""
    pairs = [(was, now) for was, now in changed if was.evidence is not now.evidence]
    if not pairs or not node.has("probes"):
        return node

    def silent(mac: str, target: IP) -> bool:
        return any(_answers(was, mac, target) and not _answers(now, mac, target) for was, now in pairs)

    def left(probe: Probe) -> Probe:
        return replace(probe, replies=tuple(r for r in probe.replies if not silent(r.mac, probe.target)))

    return with_rows(node, "probes", tuple(map(left, node.probes)))


def _answers(node: Node, mac: str, target: IP) -> bool:
    """Does, or may, the host answer for an address by that MAC? What was not collected leaves it open."""
    links = node.links_with_mac(mac)
    if not links or not node.has("addresses"):
        return False
    try:
        return any(arp_reply(node, target, arrived_on=link, proxied=node.proxy_entries) for link in links)
    except NotCollected:
        return is_local(node, target) is not None
