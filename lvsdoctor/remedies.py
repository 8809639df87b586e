"""Fixes that many rules share: shell commands for now, and what makes them last."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from ipaddress import ip_network
from shlex import join, quote

from lvsdoctor.finding import Fix
from lvsdoctor.kernel.settings import effective
from lvsdoctor.model.address import IP, Address, Network
from lvsdoctor.model.ipvs import Destination, Forwarding, VirtualService
from lvsdoctor.model.link import Link
from lvsdoctor.model.node import Node
from lvsdoctor.model.route import NextHop, PolicyRule, Route
from lvsdoctor.model.sysctl import conf_key

SYSCTL_FILE = "/etc/sysctl.d/90-lvs.conf"
# The levels at which a link is silent about an address of another link, and the one to write: net/ipv4/arp.c:
# arp_ignore() answers for a host's own addresses of other links at 0 and 3 to 7, and at 8 not even for the link's own;
# arp_solicit() names such an address as its sender at any level but 2 (at 1 where a subnet holds both ends).
_HIDING = {"arp_ignore": ((1, 2), 1), "arp_announce": ((2,), 2)}
# ipvsadm(8); a fwmark service has no protocol.
_SERVICE_OPTIONS = {"tcp": "-t", "udp": "-u", "sctp": "--sctp-service", "": "-f"}
_METHODS: Mapping[Forwarding | None, str] = {Forwarding.DR: "-g", Forwarding.TUN: "-i", Forwarding.NAT: "-m"}
# Where an IPVS table comes from again after a reboot.
SAVE_TABLE = "# in keepalived.conf, ldirectord.cf or the saved rules (ipvsadm-save -n > /etc/ipvsadm.rules):"
_ADDRESS_HOMES = "netplan, systemd-networkd, NetworkManager, ifcfg or /etc/network/interfaces"


def command(*words: object) -> str:
    """One shell command. Names come from strangers' dumps, so every word is quoted where a shell would care."""
    return join(map(str, words))


def set_sysctls(settings: Mapping[str, int]) -> Fix:
    """Write settings now, and into a file that sorts after the distribution's own (sysctl.d(5))."""
    assignments = [f"{key}={value}" for key, value in settings.items()]
    lines = [quote(f"{key} = {value}") for key, value in settings.items()]
    return Fix(
        now=(command("sysctl", "-w", *assignments),),
        persist=(f"printf '%s\\n' {' '.join(lines)} >> {SYSCTL_FILE}",),
    )


def hide_vips(node: Node | None = None) -> Fix:
    """What a real server needs on every link: arp_ignore for its answers, arp_announce for its own requests.

    For a node, only what it lacks: a link's own value that is too large is lowered, for the larger of all and the link
    counts, and no fix is left where every link is silent already. Reads sysctl and links.
    """
    if node is None:
        return set_sysctls({conf_key("all", name): level for name, (_, level) in _HIDING.items()})
    wanted: dict[str, int] = {}
    for name, (enough, level) in _HIDING.items():
        loud = [link.name for link in node.links_hearing_arp if effective(node, name, link.name).value not in enough]
        too_large = [key for link in loud if node.sysctl(key := conf_key(link, name)).value > max(enough)]
        wanted |= dict.fromkeys([conf_key("all", name), *too_large] if loud else [], level)
    return set_sysctls(wanted) if wanted else Fix()


def announce_again(director_link: str, vip: IP) -> str:
    """The line that makes the segment learn the director's MAC again; it is run on the director."""
    return command("arping", "-U", "-I", director_link, "-c", 3, vip)


def stop_proxying(node: Node, link: str, ip: IP) -> Fix:
    """No proxy ARP on a link: the settings of all and the link (either is enough), and an entry for this address.

    Reads sysctl, and neighbours where collected.
    """
    entries = [n for n in node.neighbours if n.ip == ip and "proxy" in n.flags] if node.has("neighbours") else []
    lines = [command("ip", "neigh", "del", "proxy", ip, "dev", link) for entry in entries if entry.link == link]
    keys = [key for scope in ("all", link) if node.sysctl(key := conf_key(scope, "proxy_arp")).value]
    fix = Fix(now=tuple(lines), persist=("# no proxy entry in the network configuration or a script",) if lines else ())
    if not keys:
        return fix
    told = "It then answers for no other host on that link either: hosts there need a route or the right prefix."
    return fix + set_sysctls(dict.fromkeys(keys, 0)) + Fix(warning=told)


def announced_by(director: str, links: Iterable[str], vip: IP) -> Fix:
    """What is left to do on a director when another node's part is done, as comments: a fix is run on one node."""
    lines = [announce_again(link, vip) for link in links if link != "lo" and vip.version == 4]
    return Fix(now=tuple(f"# then on {legible_word(director)}, for all other caches: {line}" for line in lines))


def move_address(old: str, old_link: str, new: str, new_link: str) -> Fix:
    """Take an address (with its prefix length) off one link and put it on another, or back with another prefix."""
    return Fix(
        now=(command("ip", "addr", "del", old, "dev", old_link), command("ip", "addr", "add", new, "dev", new_link)),
        persist=(
            f"# in the host's network configuration ({_ADDRESS_HOMES}):",
            f"# {old} on {legible_word(old_link)} becomes {new} on {legible_word(new_link)}",
        ),
    )


def move_vip_to_lo(node: Node, held: Address) -> Fix:
    """Take a VIP off the link where it is `held` and keep it on lo, as a single host's address.

    Deleting a primary address deletes its secondaries unless promote_secondaries is set (net/ipv4/devinet.c:
    __inet_del_ifa()), and the real server's own address may be one of them. Reads addresses and sysctl.
    """
    beside = [other for other in node.addresses_on(held.link) if other.ip.version == 4 and other is not held]
    behind = not held.secondary and any(other.secondary and other.network == held.network for other in beside)
    fix = Fix()
    if behind and not effective(node, "promote_secondaries", held.link):
        fix += set_sysctls({conf_key(held.link, "promote_secondaries"): 1})
    fix += move_address(str(held), held.link, f"{held.ip}/{held.ip.max_prefixlen}", "lo")
    if any(other.link == "lo" for other in node.holding(held.ip)):
        fix = replace(fix, now=fix.now[:-1])  # it is on lo already
    if not beside:
        fix += Fix(warning="It is the only IPv4 address of its link: the routes over that link go with it.")
    return fix


def stop_answering(node: Node | None, ip: IP) -> Fix:
    """What a real server lacks that answers for a VIP on a wire, though it has to keep it: silence, and the VIP on lo.
    Without a node, what helps if it has it on lo; IPv6 knows no silence but that (net/ipv6/ndisc.c: ndisc_recv_ns()).

    Reads addresses, links and sysctl where collected.
    """
    settings = node if node is not None and node.has("sysctl") and node.has("links") else None
    fix = hide_vips(settings) if ip.version == 4 else Fix()
    if node is None or not (node.has("addresses") and node.has("links")):
        line = (
            f"# if `ip addr show to {ip}` there names another link than lo: the VIP has to move to lo, as a single host"
        )
        return fix + Fix(now=(line,), persist=(f"# in the host's network configuration: {ip} on lo",))
    wires = {link.name for link in node.links_hearing_arp}
    for held in (held for held in node.holding(ip) if held.link in wires):
        alone = f"{ip}/{ip.max_prefixlen}"
        knows = settings is not None and ip.version == 4
        fix += move_vip_to_lo(node, held) if knows else move_address(str(held), held.link, alone, "lo")
    stale = "# by its own dumps it does not answer: collect them again, and look for a program that answers for others"
    return fix if fix.now else Fix(now=(stale,))


def find_host(mac: str, ip: IP) -> Fix:
    """How to find a host of which only the MAC is known, as comments: it is somebody else's."""
    seek = f"# find the host that has {mac} (a switch's table of MACs; on Linux: bridge fdb show | grep {mac})"
    return Fix(now=(seek, f"# it gives up {ip}, or stops to answer for others (proxy ARP)"))


def add_address(new: str, link: str) -> Fix:
    """Put an address with its prefix length on a link."""
    return Fix(
        now=(command("ip", "addr", "add", new, "dev", link),),
        persist=(f"# in the host's network configuration ({_ADDRESS_HOMES}): {new} on {legible_word(link)}",),
    )


def give_up(node: Node, ip: IP, *, on: str | None = None) -> Fix:
    """Take an address off every link, or `on` one, or else away the route of type local that makes it the node's own.
    Secondaries of its subnet, which go with it (net/ipv4/devinet.c: __inet_del_ifa()), promote_secondaries keeps.

    Reads addresses, and sysctl and local-routes where collected.
    """
    where = f" on {legible_word(on)}" if on is not None else ""
    kept = (f"# in the host's network configuration ({_ADDRESS_HOMES}): no {ip}{where} any more",)
    fix = Fix()
    for held in (held for held in node.holding(ip) if on in (None, held.link)):
        link = held.link
        beside = [a for a in node.addresses_on(link) if a.ip.version == ip.version and a is not held]
        behind = not held.secondary and any(a.secondary and a.network == held.network for a in beside)
        if behind and ip.version == 4 and not (node.has("sysctl") and effective(node, "promote_secondaries", link)):
            fix += set_sysctls({conf_key(link, "promote_secondaries"): 1})
        fix += Fix(now=(command("ip", "addr", "del", held, "dev", link),), persist=kept)
        if not beside and not held.host_only:
            fix += Fix(warning="It is the only address of its link: the routes over that link go with it.")
    own = [] if fix.now or not node.has("local-routes") else [r for r in node.local_routes if r.dst == ip_network(ip)]
    for route in own:
        dev = ("dev", route.links[0]) if route.links else ()
        fix += Fix(now=(command("ip", "route", "del", "local", ip, *dev, "table", "local"),), persist=kept)
    return fix


def as_single_hosts(node: Node, held: Sequence[Address]) -> Fix:
    """Give addresses of one link and prefix the prefix length of a single host, each on its own link.

    Secondaries go first, for they would be deleted with their primary (net/ipv4/devinet.c: __inet_del_ifa()); those
    that stay are kept by promote_secondaries. Reads addresses, and sysctl where collected.
    """
    fix, link = Fix(), held[0].link
    staying = [a for a in node.addresses_on(link) if a.secondary and a.network == held[0].network and a not in held]
    if staying and not (node.has("sysctl") and effective(node, "promote_secondaries", link)):
        fix += set_sysctls({conf_key(link, "promote_secondaries"): 1})
    for address in sorted(held, key=lambda address: not address.secondary):
        fix += move_address(str(address), link, f"{address.ip}/{address.ip.max_prefixlen}", link)
    return fix


def free_from_vip(node: Node, link: str, vip: IP) -> Fix:
    """Let a director speak on `link` from an address of its own: its VIPs become single hosts there, behind the other
    addresses, and no route prefers this one as a source (which `ip addr del` would take along).

    Reads ipvs, addresses, and routes and sysctl where collected.
    """
    vips = {service.vip for service in node.services}
    held = [address for address in node.addresses_on(link) if address.ip == vip]
    wide = [a for a in node.addresses_on(link) if held and a.ip in vips and a.network == held[0].network]
    preferring = [r for r in node.routes if r.src == vip and r.protocol != "kernel"] if node.has("routes") else []
    fix = Fix()
    if all(address.ip in vips for address in node.addresses_on(link) if address.ip.version == 4):
        prefix = f"/{held[0].prefixlen}" if held and not held[0].host_only else ""
        on = legible_word(link)
        first = (f"# first give the director an address of its own on {on}: ip addr add DIP{prefix} dev {on}",)
        fix += Fix(now=first, persist=first, warning="Without an address of its own the director is cut off.")
        fix += set_sysctls({conf_key(link, "promote_secondaries"): 1})
    if held and not (held[0].host_only and preferring):
        fix += as_single_hosts(node, wide)
    for route in preferring:
        where = [word for hop in route.nexthops[:1] for word in _hop_words(hop)]
        where += ["metric", str(route.metric)] if route.metric else []
        where += ["table", route.table] if route.table != "main" else []
        line = command("ip", "route", "replace", route.dst if route.dst.prefixlen else "default", *where)
        kept = f"# in the host's network configuration ({_ADDRESS_HOMES}): routes without src {vip}"
        fix += Fix(now=(line,), persist=(kept,))
    return fix


def _hop_words(hop: NextHop) -> list[str]:
    return [*(["via", str(hop.gateway)] if hop.gateway else []), *(["dev", hop.link] if hop.link else [])]


def change_real_server(
    verb: str, service: VirtualService, real: Destination, *, how: str = "", port: int | None = None
) -> str:
    """One ipvsadm command about a real server; `how` is its forwarding method (-g, -i, -m) and `port` another port.

    -a and -e set what they are not told to 1 (the weight) and 0 (the thresholds), so they are told.
    """
    words = [_SERVICE_OPTIONS[service.protocol], _endpoint(service.vip, service.port)]
    if service.fwmark is not None:
        words = ["-f", str(service.fwmark), *(["-6"] if service.family == 6 else [])]
    words += ["-r", _endpoint(real.ip, real.port if port is None else port)]
    if how:
        words += [how, "-w", str(1 if real.weight is None else real.weight)]
        thresholds = (("-x", real.upper_threshold), ("-y", real.lower_threshold))
        words += [word for option, value in thresholds if value for word in (option, str(value))]
    return command("ipvsadm", verb, *words)


def edit_real_server(service: VirtualService, real: Destination) -> str:
    """The ipvsadm command that makes a real server what `real` says; a comment where the dump does not tell it all."""
    how = _METHODS.get(real.forwarding)
    if how is None or real.ip is None or (service.vip is None and service.fwmark is None):
        said = f"{service}, real server {real.ip or real.shown}, -w {real.weight}, with its method (-g, -i, -m)"
        return legible_word(f"# ipvsadm -e for {said}")
    line = change_real_server("-e", service, real, how=how)
    tunnel = ["--tun-type", real.tunnel_type] if how == "-i" and real.tunnel_type != "ipip" else []
    tunnel += ["--tun-port", str(real.tunnel_port)] if tunnel and real.tunnel_port else []
    return f"{line} {command(*tunnel)}" if tunnel else line


def _endpoint(ip: IP | None, port: int | None) -> str:
    return f"[{ip}]:{port}" if ip is not None and ip.version == 6 else f"{ip}:{port}"


def check_loosely(link: str, *, vip: IP | None) -> Fix:
    """Let requests in on one link although the replies leave by another: rp_filter=2 there, which beats conf/all.

    The loose check refuses everything on a link without any IPv4 address (net/ipv4/fib_frontend.c:
    __fib_validate_source(): last_resort), so such a link is given the `vip`.
    """
    address = add_address(f"{vip}/32", link) if vip is not None else Fix()
    return address + set_sysctls({conf_key(link, "rp_filter"): 2})


def replace_route(dst: str, gateway: IP, table: str = "main") -> Fix:
    """Send what goes to `dst` (or to "default") through a gateway."""
    where = ["table", table] if table != "main" else []
    shown = legible_word(" ".join([dst, "via", str(gateway), *where]))
    return Fix(
        now=(command("ip", "route", "replace", dst, "via", gateway, *where),),
        persist=(f"# in the host's network configuration ({_ADDRESS_HOMES}), in place of what it says now: {shown}",),
    )


def route_to_subnet(subnet: Network, link: str) -> Fix:
    """The route that an address on `link` should have brought with it."""
    kept = f"# in the host's network configuration ({_ADDRESS_HOMES}): no noprefixroute on {legible_word(link)}"
    return Fix(now=(command("ip", "route", "replace", subnet, "dev", link),), persist=(kept,))


def delete_route(route: Route) -> Fix:
    """Take away one route that fails (unreachable, blackhole, prohibit)."""
    words: list[object] = [route.type, route.dst]
    words += ["metric", route.metric] if route.metric else []
    words += ["table", route.table] if route.table != "main" else []
    kept = legible_word(
        f"# in the host's network configuration ({_ADDRESS_HOMES}): no {route.type} route to {route.dst}"
    )
    return Fix(now=(command("ip", "route", "del", *words),), persist=(kept,))


def delete_rule(rule: PolicyRule) -> Fix:
    """Take away one policy rule, told by its priority."""
    kept = legible_word(f"# in the host's network configuration: no policy rule {rule.priority} ({rule.action})")
    return Fix(now=(command("ip", "rule", "del", "priority", rule.priority),), persist=(kept,))


def bring_up(*links: Link) -> Fix:
    """Set links up that are down. One that is up and has no carrier needs somebody with hands."""
    fix = Fix()
    for link in links:
        name = legible_word(link.name)
        if link.up:
            fix += Fix(now=(f"# {name} has no carrier: see to its cable, its switch port, or the other end",))
            continue
        kept = f"# in the host's network configuration ({_ADDRESS_HOMES}): {name} comes up at boot"
        text = "Routes through gateways of that link are gone and do not come back by themselves."
        fix += Fix(now=(command("ip", "link", "set", link.name, "up"),), persist=(kept,), warning=text)
    return fix


def hide_clients(clients: str, rip: IP) -> Fix:
    """On a NAT director: real servers see its own address instead of these clients', so their replies come back to it.

    The nat table sees no packet of IPVS before vs.conntrack=1 (net/netfilter/ipvs/ip_vs_xmit.c: ip_vs_notrack()), and
    the key exists only while ip_vs is loaded.
    """
    masquerade = command("iptables", "-t", "nat", "-A", "POSTROUTING", "-s", clients, "-d", rip, "-j", "MASQUERADE")
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


def legible_word(word: object) -> str:
    """A word from a dump inside a shell comment: it must not end the comment's line."""
    return "".join(char if char.isprintable() else "?" for char in str(word))
