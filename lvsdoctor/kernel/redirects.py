"""ICMP redirects: would this node send one, would it believe one?

net/ipv4/route.c: __mkroute_input() decides to send, ip_rt_send_redirect() does; net/ipv4/ip_forward.c: ip_forward();
include/linux/inetdevice.h: IN_DEV_TX_REDIRECTS, IN_DEV_RX_REDIRECTS.
net/ipv6/ip6_output.c: ip6_forward() sends one, whatever the sysctls say; net/ipv6/route.c: rt6_do_redirect() takes it.
"""

from lvsdoctor.kernel.answer import Answer, no, yes
from lvsdoctor.kernel.effective_sysctl import effective, forwards
from lvsdoctor.kernel.routing import Lookup, route_lookup
from lvsdoctor.kernel.rp_filter import source_ok
from lvsdoctor.model.address import IP
from lvsdoctor.model.finding import cite
from lvsdoctor.model.link import Link
from lvsdoctor.model.node import Node
from lvsdoctor.model.sysctl import conf_key


def sends_redirect(node: Node, *, src: IP, dst: IP, arrived_on: Link) -> Answer:
    """Would forwarding a packet from `src` to `dst` tell `src` of a shorter way?

    Only what ip_forward() handles ever can: replies of NAT, or what passes a gateway; never the requests that IPVS
    itself sends on (they go from LOCAL_IN to LOCAL_OUT, net/netfilter/ipvs/ip_vs_core.c: ip_vs_ops4).
    Reads sysctl, addresses, links, routes, local-routes, policy-rules.
    """
    link = arrived_on.name
    forwarding = forwards(node, link)
    if not forwarding:
        return no("{link} does not forward", *forwarding.because, link=link)
    way = route_lookup(node, dst, src=src, arrived_on=link)
    if way.type != "unicast" or link not in way.links:
        return no("no route onward through the same interface", *way.because)
    accepted = source_ok(node, src, dst, arrived_on=link, oif=link)
    if not accepted:
        return no("the packet is dropped: {why}", *accepted.because, why=accepted.why)
    back = _route_to_sender(node, src, dst, link)
    if not back.onlink:
        return no("the sender is not a neighbour", *back.because)
    sending = effective(node, "send_redirects", link)
    if not sending:
        return no("send_redirects is off", *sending.because)
    gateway = next(iter(way.gateways), None)
    next_hop = gateway or dst
    shared_media = effective(node, "shared_media", link)
    # inet_addr_onlink() with no gateway asks only for a subnet of the sender.
    shared = any(src in a.network and (gateway is None or gateway in a.network) for a in node.addresses_on(link))
    if not shared_media and not shared:
        return no("shared_media is off and no subnet holds both", *shared_media.because)
    return yes("{src} is told to go to {next_hop} itself", *sending.because, *way.because, src=src, next_hop=next_hop)


def _route_to_sender(node: Node, src: IP, dst: IP, link: str) -> Lookup:
    """The route to the sender that __fib_validate_source() judges: where it leads elsewhere, one through `link`."""
    back = route_lookup(node, src, src=dst, arrived_on=link)
    if back.type == "unreachable" or link in back.links:
        return back
    through = route_lookup(node, src, src=dst, arrived_on=link, oif=link)
    has_address = any(address.ip.version == 4 for address in node.addresses_on(link))
    return through if has_address and through.route is not None else Lookup(None, back.because)


def believes_redirects(node: Node, link: Link) -> Answer:
    """Would this node follow an ICMP redirect from its gateway on a link?

    A forwarding link wants both all and its own accept_redirects, any other takes either (IN_DEV_RX_REDIRECTS).
    """
    accepting = effective(node, "accept_redirects", link.name)
    if accepting:
        return yes("{link} accepts redirects", *accepting.because, link=link.name)
    return no("{link} accepts no redirects", *accepting.because, link=link.name)


def sends_redirect6(node: Node, *, src: IP, dst: IP, arrived_on: Link) -> Answer:
    """sends_redirect() of IPv6, which no sysctl keeps back. A router is named by its link-local address alone
    (net/ipv6/ndisc.c: ndisc_send_redirect()), and only a neighbour is told.

    Reads sysctl, links, routes, local-routes, policy-rules.
    """
    link = arrived_on.name
    forwarding = forwards(node, link, 6)
    if not forwarding:
        return no("{link} does not forward", *forwarding.because, link=link)
    way = route_lookup(node, dst, src=src, arrived_on=link)
    if way.type != "unicast" or way.links != (link,):
        return no("no route onward through the same interface", *way.because)
    next_hop = next(iter(way.gateways), dst)
    if way.gateways and not next_hop.is_link_local:
        return no("{next_hop} is no link-local address, and so in no redirect", *way.because, next_hop=next_hop)
    back = route_lookup(node, src)
    if back.type != "unicast" or back.gateways or link not in back.links:
        return no("the sender is not a neighbour", *back.because)
    return yes("{src} is told to go to {next_hop} itself", *way.because, src=src, next_hop=next_hop)


def believes_redirects6(node: Node, link: Link) -> Answer:
    """believes_redirects() of IPv6: each link has its own value, and `all` counts nowhere. A link that forwards takes
    none. Reads sysctl."""
    lines = []
    for name, ignoring in (("accept_redirects", False), ("forwarding", True)):
        key = conf_key(link.name, name, 6)
        if name == "forwarding" and not node.knows_sysctl(key):
            continue  # a host forwards where somebody made it
        setting = node.sysctl(key)
        if bool(setting.value) is ignoring:
            return no("{link} accepts no redirects", cite(setting), link=link.name)
        lines.append(cite(setting))
    return yes("{link} accepts redirects", *lines, link=link.name)
