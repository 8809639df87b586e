"""Would this node answer an IPv6 neighbour solicitation?

net/ipv6/ndisc.c: ndisc_recv_ns() looks for the target among the addresses of the link that was asked (ipv6_get_ifaddr()
with its device): what is kept on lo is not found, and no setting like arp_ignore is needed.
"""

from lvsdoctor.kernel.answer import Answer, no, yes
from lvsdoctor.model.address import IP
from lvsdoctor.model.finding import cite
from lvsdoctor.model.link import Link
from lvsdoctor.model.node import Node


def ndp_reply(node: Node, target: IP, *, arrived_on: Link) -> Answer:
    """Would this node answer "who has `target`" (RFC 4861, 7.2.3), heard on a link? Proxies aside.

    Reads addresses, links.
    """
    link = arrived_on.name
    if target.version != 6:
        return no("neighbour discovery is of IPv6 alone")
    if not arrived_on.arp or not arrived_on.up or node.enslaved(arrived_on):
        return no("{link} receives no neighbour solicitation", cite(arrived_on), link=link)
    held = [address for address in node.addresses_on(link) if address.ip == target]
    if not held:
        return no("not configured on {link}", link=link)
    if not held[0].usable:
        return no("{link} has it, but not as its own yet: its duplicate check has not passed", cite(held[0]), link=link)
    return yes("configured on {link}", cite(held[0]), link=link)
