"""`ip route` and `ip rule`: the routes and policy rules that these commands make, replace and delete."""

from dataclasses import replace

from lvsdoctor.model.address import IP
from lvsdoctor.model.route import PolicyRule, Route
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.iproute.ip_command import table_name
from lvsdoctor.parse.iproute.ip_rule import RULE_OPTIONS, make_rule
from lvsdoctor.parse.iproute.route_line import RouteLine
from lvsdoctor.parse.shell.ip_call import IpCall
from lvsdoctor.parse.shell.state import HostState
from lvsdoctor.parse.words import read_network, read_number, split_options

# -- routes -----------------------------------------------------------------------------------------------------------

_LONG = {
    "preference": "metric", "priority": "metric", "protocol": "proto", "dsfield": "tos", "vrf": "table",
    "source": "src", "t": "table",
}  # fmt: skip


def change_route(state: HostState, call: IpCall, seen: Seen) -> bool:
    words = [_LONG.get(word, word) for word in call.words]
    if words[:1] == ["to"]:
        del words[0]
    if call.verb == "flush":
        return _flush_routes(state, words)
    words = ["default" if word in ("0/0", "0.0.0.0/0", "any") else word for word in words]
    line = RouteLine.of(_short_prefix(words), seen) if words else None
    if line is None or line.strange:
        return _multipath(state, call, words, seen)
    route = _completed(line, call, state)
    if route is None:
        return False
    if call.verb == "delete":
        _delete_route(state, route, line)
        return True
    state.spend(len(state.routes))
    same = [known for known in state.routes if _key(known) == _key(route)]
    if call.verb in ("replace", "change"):
        state.routes = [known for known in state.routes if known not in same]
    elif same and call.verb == "add":  # "RTNETLINK answers: File exists"
        return True
    state.routes.append(route)
    return True


def _short_prefix(words: list[str]) -> list[str]:
    """`10/8` is `10.0.0.0/8` to iproute2 (lib/utils.c: get_addr_ipv4())."""
    first = words[0] if words else ""
    text, slash, length = first.partition("/")
    if slash and ":" not in text and text.count(".") < 3 and text.replace(".", "").isdigit():
        return [f"{text}{'.0' * (3 - text.count('.'))}/{length}", *words[1:]]
    return words


def _completed(line: RouteLine, call: IpCall, state: HostState) -> Route | None:
    """The row as the kernel then has it (iproute2 ip/iproute.c: iproute_modify())."""
    if call.verb == "delete" and not line.hops and not line.broken:
        route = replace(line, type="blackhole").route(call.family)
    else:
        route = line.route(call.family)
    if route is None:
        return None
    hops = tuple(replace(hop, link=hop.link and hop.link.partition(":")[0]) for hop in route.nexthops)
    local = line.type in ("local", "broadcast", "anycast", "nat")
    scope = route.scope
    if "scope" not in line.options and route.dst.version == 4:
        scope = "host" if line.type in ("local", "nat") else "link" if local or not route.gateways else "global"
        scope = "global" if not hops else scope
    table = route.table or ("local" if local else "main")
    metric = 1024 if route.dst.version == 6 and "metric" not in line.options else route.metric
    return replace(route, nexthops=hops, scope=scope, table=table, metric=metric)


def _multipath(state: HostState, call: IpCall, words: list[str], seen: Seen) -> bool:
    """`ip route add default nexthop via A dev X nexthop via B dev Y`."""
    if "nexthop" not in words or call.verb == "delete":
        return False
    parts: list[list[str]] = [[]]
    for word in words:
        if word == "nexthop":
            parts.append([])
        else:
            parts[-1].append(word)
    line = RouteLine.of(_short_prefix(parts[0]), seen) if parts[0] else None
    if line is None or line.strange or not all(line.take_hop(part) for part in parts[1:]):
        return False
    route = _completed(line, call, state)
    if route is not None:
        if call.verb in ("replace", "change"):
            state.routes = [known for known in state.routes if _key(known) != _key(route)]
        state.routes.append(route)
    return route is not None


def _key(route: Route) -> tuple[object, ...]:
    return route.dst, route.table, route.metric, route.tos


def _delete_route(state: HostState, route: Route, line: RouteLine) -> None:
    """net/ipv4/fib_trie.c: fib_table_delete(): the first that has all that is asked for."""
    state.spend(len(state.routes))
    for number, known in enumerate(state.routes):
        same = known.dst == route.dst and known.table == route.table
        fits = all(_fits(hop.link, hop.gateway, known) for hop in line.hops)
        if same and fits and ("metric" not in line.options or known.metric == route.metric):
            del state.routes[number]
            return


def _fits(link: str | None, gateway: IP | None, route: Route) -> bool:
    return any(
        (link is None or hop.link == link.partition(":")[0]) and (gateway is None or hop.gateway == gateway)
        for hop in route.nexthops
    )


def _flush_routes(state: HostState, words: list[str]) -> bool:
    options, bare = split_options(words, ("table", "dev", "proto", "scope"))
    state.spend(len(state.routes))
    if bare or not options or not options.keys() <= {"table", "dev"}:
        return False
    table, link = table_name(options.get("table", "main")), options.get("dev")
    state.routes = [
        known for known in state.routes if known.table != table or (link is not None and link not in known.links)
    ]
    return True


# -- policy rules -----------------------------------------------------------------------------------------------------

_MAIN_RULE = 32766
_RULE_LONG = {
    "dev": "iif", "order": "pref", "priority": "pref", "preference": "pref", "prio": "pref", "t": "table",
    "sup_pl": "suppress_prefixlength",
}  # fmt: skip


def change_rule(state: HostState, call: IpCall, seen: Seen) -> bool:
    if call.verb == "flush":
        state.rules = [rule for rule in state.rules if rule.family != (call.family or 4)]
        return True
    words = [_RULE_LONG.get(word, word) for word in call.words]
    options, bare = split_options(words, {*RULE_OPTIONS, "pref"})
    number = read_number(options["pref"], most=2**32 - 1) if "pref" in options else None
    if call.verb == "delete" and number is not None and len(options) == 1 and not bare:
        first = next((rule for rule in state.rules if rule.priority == number), None)
        state.rules = [rule for rule in state.rules if rule is not first]
        return True
    rule = None if "pref" in options and number is None else _new_rule(state, call, options, bare, seen)
    if rule is None:
        return False
    state.spend(len(state.rules))
    same = [known for known in state.rules if _selects(known) == _selects(rule)]
    if number is not None:
        same = [known for known in same if known.priority == number]
    if call.verb == "delete":
        state.rules = [known for known in state.rules if known not in same[:1]]
    elif number is None or not same:  # net/core/fib_rules.c: rule_exists()
        state.rules.append(rule)
    return True


def _new_rule(
    state: HostState, call: IpCall, options: dict[str, str], bare: list[str], seen: Seen
) -> PolicyRule | None:
    networks = [net for key in ("from", "to") if (net := read_network(options.get(key, ""))) is not None]
    family = call.family or next((net.version for net in networks), 4)
    number = read_number(options["pref"]) if "pref" in options else _next(state, family)
    words = {key: value for key, value in options.items() if key != "pref"}
    if not words.keys() & {"lookup", "table", "goto"} and not {"blackhole", "prohibit", "unreachable"} & {*bare}:
        words["table"] = "main"
    rule = None if number is None else make_rule(number, seen, words, bare)
    return None if rule is None else replace(rule, family=family)


def _next(state: HostState, family: int) -> int:
    """net/core/fib_rules.c: fib_default_rule_pref(): one before the first rule behind that of table local."""
    return min([rule.priority for rule in state.rules if rule.family == family and rule.priority] + [_MAIN_RULE]) - 1


def _selects(rule: PolicyRule) -> PolicyRule:
    return replace(rule, priority=0, seen=_NOWHERE)


_NOWHERE = Seen("", None, "")
