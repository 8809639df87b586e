"""Fixes of routes, of the reverse path filter, and of who is seen as the client."""

from ipaddress import ip_network

from lvsdoctor.fixes.commands.addresses import add_address
from lvsdoctor.fixes.commands.settings import ADDRESS_HOMES, set_sysctls
from lvsdoctor.fixes.commands.spelling import route_words, spell
from lvsdoctor.model.address import IP, Network
from lvsdoctor.model.finding import Fix
from lvsdoctor.model.route import NextHop, PolicyRule, Route
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.sysctl import conf_key
from lvsdoctor.parse.words import EVERYWHERE
from lvsdoctor.sanitize import command, word

_SEEN = Seen("fix", None, "")


def check_loosely(link: str, *, vip: IP | None) -> Fix:
    """Let requests in on one link although the replies leave by another: rp_filter=2 there, which beats conf/all.

    The loose check refuses everything on a link without any IPv4 address (net/ipv4/fib_frontend.c:
    __fib_validate_source(): last_resort), so such a link is given the `vip`.
    """
    address = add_address(f"{vip}/32", link) if vip is not None else Fix()
    return address + set_sysctls({conf_key(link, "rp_filter"): 2})


def replace_route(dst: str, gateway: IP, table: str = "main") -> Fix:
    """Send what goes to `dst` (or to "default") through a gateway."""
    from lvsdoctor.model.change import PutRoute

    to = EVERYWHERE[gateway.version] if dst == "default" else ip_network(dst)
    route = Route(to, _SEEN, table=table, nexthops=(NextHop(None, gateway),), scope="")
    kept = f"# in the network configuration of the host ({ADDRESS_HOMES}), in place of what it says now: "
    return Fix(now=(spell(PutRoute(route, replaces=True)),), persist=(kept + command(*route_words(route)),))


def route_to_subnet(subnet: Network, link: str) -> Fix:
    """The route that an address on `link` should have brought with it."""
    from lvsdoctor.model.change import PutRoute

    kept = f"# in the network configuration of the host ({ADDRESS_HOMES}): no noprefixroute on {word(link)}"
    route = Route(subnet, _SEEN, nexthops=(NextHop(link),), scope="")
    return Fix(now=(spell(PutRoute(route, replaces=True)),), persist=(kept,))


def delete_route(route: Route) -> Fix:
    """Take away one route that fails (unreachable, blackhole, prohibit)."""
    from lvsdoctor.model.change import RemoveRoute

    named = Route(route.dst, route.seen, route.type, route.table, scope="", metric=route.metric)
    kept = f"# in the network configuration of the host ({ADDRESS_HOMES}): no {word(route.type)} route to {route.dst}"
    return Fix(now=(spell(RemoveRoute(named)),), persist=(kept,))


def delete_rule(rule: PolicyRule) -> Fix:
    """Take away one policy rule, told by its priority."""
    from lvsdoctor.model.change import RemovePolicyRule

    kept = f"# in the network configuration of the host: no policy rule {rule.priority} ({word(rule.action)})"
    return Fix(now=(spell(RemovePolicyRule(rule.priority, rule.family)),), persist=(kept,))


def hide_clients(clients: str, rip: IP) -> Fix:
    """On a NAT director: real servers see its own address instead of these clients', so their replies come back to it.

    The nat table sees no packet of IPVS before vs.conntrack=1 (net/netfilter/ipvs/ip_vs_xmit.c: ip_vs_notrack()), and
    the key exists only while ip_vs is loaded.
    """
    program = "iptables" if rip.version == 4 else "ip6tables"
    masquerade = command(program, "-t", "nat", "-A", "POSTROUTING", "-s", clients, "-d", rip, "-j", "MASQUERADE")
    tracked = set_sysctls({"net.ipv4.vs.conntrack": 1})
    return Fix(
        now=(*tracked.now, masquerade),
        persist=(
            "echo ip_vs >> /etc/modules-load.d/lvs.conf",
            *tracked.persist,
            "# save the iptables rule the way this host saves them (iptables-save, netfilter-persistent, firewalld)",
        ),
        warning="The real servers then see the director's address in place of these clients'; and with conntrack=1 "
        "a firewall on the director judges packets of IPVS by their connection.",
    )
