"""Is an address this host's own, as one asks of a real server's address before sending to it?"""

from lvsdoctor.kernel.routing import Lookup, is_local
from lvsdoctor.model.address import IP
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.node import Node


def own_address(node: Node, ip: IP) -> Lookup | None:
    """is_local(), and None where files that plan a host do not give it `ip`: that it has an address more, which no file
    names and a real server has too, is not supposed. Reads addresses, links, local-routes, policy-rules, routes."""
    try:
        return is_local(node, ip)
    except NotCollected:
        if node.planned and node.has("addresses"):
            return None
        raise
