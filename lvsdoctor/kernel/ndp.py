"""Would this node answer an IPv6 neighbour solicitation?

net/ipv6/ndisc.c: ndisc_recv_ns() looks for the target among the addresses of the link that was asked (ipv6_get_ifaddr()
with its device): what is kept on lo is not found, and no setting like arp_ignore is needed.
"""

from lvsdoctor.kernel.answer import Answer, no, yes
from lvsdoctor.model.address import IP
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import cite
from lvsdoctor.model.link import Link
from lvsdoctor.model.node import Node
from lvsdoctor.model.sysctl import conf_key


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
    if held[0].flagless:
        raise node.unseen("addresses") or NotCollected("addresses", node.name)
    if not held[0].usable:
        return no("{link} has this address, but its duplicate check has not passed", cite(held[0]), link=link)
    return yes("configured on {link}", cite(held[0]), link=link)


def ndp_proxied(node: Node, target: IP, *, arrived_on: Link) -> Answer:
    """Would this node answer a solicitation for `target` because of a proxy entry? It answers late, and its answer
    replaces no other (ndisc_recv_ns(), pndisc_is_router()).

    Reads neighbours, links, and sysctl where there is such an entry.
    """
    link = arrived_on.name
    entries = [entry for entry in node.proxy_entries if (entry.ip, entry.link) == (target, link)]
    if target.version != 6 or not entries or not arrived_on.up or node.enslaved(arrived_on):
        return no("no proxy entry on {link}", link=link)
    forwarding = node.sysctl(conf_key(link, "forwarding", 6))
    if not forwarding.value:
        return no("{link} does not forward", cite(forwarding), link=link)
    settings = [node.sysctl(conf_key(scope, "proxy_ndp", 6)) for scope in (link, "all")]
    because = [cite(setting, "effective value on {link} = all or {link}", link=link) for setting in settings]
    if not any(setting.value for setting in settings):
        return no("proxy_ndp is off", *because)
    return yes("proxy entry on {link}", cite(entries[0], "an entry for the VIP"), *because, cite(forwarding), link=link)
