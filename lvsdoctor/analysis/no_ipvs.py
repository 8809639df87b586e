"""A host that has nothing to do with IPVS: where no rule finds anything, that is why."""

from lvsdoctor.model.address import Address
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.node import Node

_FOR_VIPS = ("dummy", "ipip")


def without_ipvs(node: Node) -> bool:
    """Was its IPVS table looked for in vain, and does neither a director nor an address tell of a virtual service?"""
    if node.standing.roles or node.standing.undecided:
        return False
    try:
        return not node.services and not any(_like_a_vip(node, address) for address in node.addresses)
    except NotCollected:  # or seen in part: what was not seen may be a VIP
        return False


def _like_a_vip(node: Node, address: Address) -> bool:
    """A single address with no subnet, or one on a link that carries no traffic of its own."""
    if address.ip.is_loopback or address.ip.is_link_local or address.peer is not None:
        return False
    link = node.link(address.link) if node.has("links") else None
    kind = (link.kind or link.type) if link else ""
    return address.host_only or address.link == "lo" or kind in _FOR_VIPS
