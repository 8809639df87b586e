"""Rows as the commands that make them: what `ip` and `ipvsadm` are told so that the row is there again."""

from collections.abc import Mapping

from lvsdoctor.model.address import IP, Address
from lvsdoctor.model.ipvs import Destination, Forwarding, VirtualService
from lvsdoctor.model.neighbour import Neighbour
from lvsdoctor.model.route import FAILING_TYPES, NextHop, PolicyRule, Route
from lvsdoctor.sanitize import command

_METHODS: Mapping[Forwarding | None, str] = {Forwarding.DR: "-g", Forwarding.TUN: "-i", Forwarding.NAT: "-m"}
_SERVICE_OPTIONS = {"tcp": "-t", "udp": "-u", "sctp": "--sctp-service"}
# What nobody writes: the kernel sets these flags itself.
_SETTABLE = frozenset({"noprefixroute", "home", "mngtmpaddr", "autojoin"})


def add_address(address: Address, *, metric: int = 0) -> str:
    """`ip addr add` with all that makes the address what it was."""
    words: list[object] = ["ip", "addr", "add", address if address.peer is None else address.ip]
    words += ["peer", address.peer] if address.peer is not None else []
    words += ["brd", address.broadcast] if address.broadcast is not None else []
    words += ["dev", address.link]
    usual = "host" if address.ip.is_loopback else "global"
    words += ["scope", address.scope] if address.ip.version == 4 and address.scope != usual else []
    words += ["label", address.label] if address.label not in ("", address.link) else []
    words += ["metric", metric] if metric else []
    return command(*words, *sorted(address.flags & _SETTABLE))


def remove_address(address: Address) -> str:
    named = [address] if address.peer is None else [address.ip, "peer", address.peer]
    return command("ip", "addr", "del", *named, "dev", address.link)


def route_words(route: Route) -> str:
    """The route as `ip route` takes it, as `ip route show` shows it."""
    words: list[object] = [route.type] if route.type not in ("", "unicast") else []
    words += [route.dst if route.dst.prefixlen else "default"]
    if len(route.nexthops) == 1:
        words += _hop(route.nexthops[0])
    words += ["table", route.table] if route.table != "main" else []
    words += ["proto", route.protocol] if route.protocol not in ("", "boot") else []
    words += ["scope", route.scope] if route.dst.version == 4 and route.scope != _usual_scope(route) else []
    words += ["src", route.src] if route.src is not None else []
    words += ["metric", route.metric] if route.metric else []
    words += ["tos", route.tos] if route.tos else []
    for hop in route.nexthops if len(route.nexthops) > 1 else ():
        words += ["nexthop", *_hop(hop), "weight", hop.weight]
    return command(*words)


def ip_route(verb: str, route: Route) -> str:
    """`ip route add` and the like; `default` and a type say no family, so IPv6 is said."""
    return f"ip {'-6 ' if route.dst.version == 6 else ''}route {verb} {route_words(route)}"


def _usual_scope(route: Route) -> str:
    if route.type in FAILING_TYPES or route.type == "throw":
        return "global"
    if route.type in ("local", "nat"):
        return "host"
    return "global" if route.gateways and route.type == "unicast" else "link"


def _hop(hop: NextHop) -> list[object]:
    via = ["via", hop.gateway] if hop.gateway is not None else []
    link = ["dev", hop.link] if hop.link else []
    return [*via, *link, *(["onlink"] if "onlink" in hop.flags else [])]


def way(route: Route) -> str:
    """Where the route leads, in the words of `ip route`: `via 192.0.2.1 dev eth0`, `unreachable`."""
    hops = [command(*_hop(hop)) for hop in route.nexthops]
    return " and ".join(hops) if route.type == "unicast" and hops else " ".join([route.type, *hops])


def add_rule(rule: PolicyRule) -> str:
    words: list[object] = ["not"] if rule.negated else []
    words += ["from", rule.src if rule.src is not None else "all"]
    words += ["to", rule.dst] if rule.dst is not None else []
    words += ["tos", hex(rule.tos)] if rule.tos else []
    mask = "" if rule.fwmask == 0xFFFFFFFF else f"/{rule.fwmask:#x}"
    words += ["fwmark", f"{rule.fwmark:#x}{mask}"] if rule.fwmark is not None else []
    words += ["iif", rule.iif] if rule.iif else []
    words += ["oif", rule.oif] if rule.oif else []
    words += [part for other in rule.other for part in other.split()]
    words += ["l3mdev"] if rule.l3mdev else ["goto", rule.target] if rule.action == "goto" else []
    if not rule.l3mdev and rule.action != "goto":
        words += ["lookup", rule.table] if rule.action == "lookup" else [rule.action]
    limit = rule.suppress_prefixlength
    words += ["suppress_prefixlength", limit] if limit is not None else []
    return command("ip", *(["-6"] if rule.family == 6 else []), "rule", "add", "priority", rule.priority, *words)


def remove_rule(rule: PolicyRule) -> str:
    return command("ip", *(["-6"] if rule.family == 6 else []), "rule", "del", "priority", rule.priority)


def put_neighbour(entry: Neighbour) -> str:
    if "proxy" in entry.flags:
        return command("ip", "neigh", "add", "proxy", entry.ip, "dev", entry.link)
    return command(
        "ip", "neigh", "replace", entry.ip, "lladdr", entry.mac, "dev", entry.link, "nud", entry.state.lower()
    )


def real_server(verb: str, service: VirtualService, real: Destination) -> str | None:
    """`ipvsadm -a`, `-e` or `-d` with all options of the real server; None where the evidence does not tell them."""
    if service.fwmark is not None:
        words = ["-f", str(service.fwmark), *(["-6"] if service.family == 6 else [])]
    elif service.vip is None or service.protocol not in _SERVICE_OPTIONS:
        return None
    else:
        words = [_SERVICE_OPTIONS[service.protocol], _endpoint(service.vip, service.port)]
    if real.ip is None:
        return None
    words += ["-r", _endpoint(real.ip, real.port)]
    if verb == "-d":
        return command("ipvsadm", verb, *words)
    method = _METHODS.get(real.forwarding)
    if method is None or real.weight is None:
        return None
    words += [method, "-w", str(real.weight)]
    words += ["-x", str(real.upper_threshold)] if real.upper_threshold else []
    words += ["-y", str(real.lower_threshold)] if real.lower_threshold else []
    if real.forwarding is Forwarding.TUN and real.tunnel_type != "ipip":
        words += ["--tun-type", real.tunnel_type]
        words += ["--tun-port", str(real.tunnel_port)] if real.tunnel_port else []
    return command("ipvsadm", verb, *words)


def _endpoint(ip: IP, port: int | None) -> str:
    return f"[{ip}]:{port}" if ip.version == 6 else f"{ip}:{port}"
