"""What a line of `ip route` or `ip rule` changes (ip-route(8), ip-rule(8))."""

from dataclasses import replace

from lvsdoctor.fixes.changes.ip_line import Line, NotFollowed
from lvsdoctor.model.change import AddPolicyRule, Change, Nothing, PutRoute, RemovePolicyRule, RemoveRoute
from lvsdoctor.model.route import FAILING_TYPES, Route
from lvsdoctor.parse.ip_command import table_name
from lvsdoctor.parse.ip_rule import OTHER, make_rule
from lvsdoctor.parse.route_line import ROUTE_TYPES, RouteLine
from lvsdoctor.parse.words import EVERYWHERE, read_ip, read_network, read_number, split_options, word_set

# A route of one of these types goes to table local unless told otherwise (iproute2 ip/iproute.c: iproute_modify()).
_OF_TABLE_LOCAL = word_set("local broadcast anycast nat")


def _route_line(line: Line) -> tuple[RouteLine, list[str]]:
    words = [word for word in line.words if word != "to"]
    first = words.index("nexthop") if "nexthop" in words else len(words)
    said = (
        RouteLine.of(words[:first], line.seen)
        if words[:first] and len(words[:first]) > (words[0] in ROUTE_TYPES)
        else None
    )
    if said is None or said.strange or "" in said.options.values() or said.broken:
        raise NotFollowed("the route cannot be read")
    hops = " ".join(words[first:]).split("nexthop ")[1:]
    if not all(said.take_hop(hop.split()) for hop in hops):
        raise NotFollowed("the route cannot be read")
    return said, words


def put_route(line: Line, *, replaces: bool) -> tuple[Change, ...]:
    said, _ = _route_line(line)
    route = said.route(line.family)
    if route is None:
        raise NotFollowed("the route cannot be read")
    table = table_name(said.options.get("table", "local" if said.type in _OF_TABLE_LOCAL else "main"))
    scope = said.options.get("scope", _scope(said, route.dst.version))
    return (PutRoute(line.command, replace(route, table=table, scope=scope), replaces),)


def _scope(said: RouteLine, family: int) -> str:
    """What ip(8) sets where the line does not say it (iproute2 ip/iproute.c: iproute_modify())."""
    if family == 6 or said.type in FAILING_TYPES or said.type == "throw":
        return "global"
    if said.type in ("local", "nat"):
        return "host"
    beside = said.type in ("broadcast", "multicast", "anycast")
    return "link" if beside or not any(hop.gateway for hop in said.hops) else "global"


def remove_route(line: Line) -> tuple[Change, ...]:
    said, words = _route_line(line)
    typed = words[0] in ROUTE_TYPES
    dst = EVERYWHERE[said.family(line.family)] if said.dst == "default" else read_network(said.dst)
    metric = read_number(said.options.get("metric", "0"))
    if dst is None or metric is None:
        raise NotFollowed("the route cannot be read")
    route = Route(
        dst=dst,
        seen=line.seen,
        type=said.type if typed else "",
        table=table_name(said.options.get("table", "local" if typed and said.type in _OF_TABLE_LOCAL else "main")),
        nexthops=tuple(said.hops),
        protocol=said.options.get("proto", ""),
        scope=said.options.get("scope", ""),
        src=read_ip(said.options.get("src", "")),
        metric=metric,
    )
    return (RemoveRoute(line.command, route),)


def flush_routes(line: Line) -> tuple[Change, ...]:
    if line.words != ("cache",):
        raise NotFollowed("of ip route flush only the cache is followed here")
    return (Nothing(line.command),)


_RULE_OPTIONS = word_set(
    "from to tos dsfield fwmark iif oif lookup table suppress_prefixlength goto proto realms priority pref preference"
).union(OTHER)


def _priority(options: dict[str, str]) -> int:
    said = [read_number(options.pop(name)) for name in ("priority", "pref", "preference") if name in options]
    if len(said) != 1 or said[0] is None:
        raise NotFollowed("it does not name one rule by its priority")
    return said[0]


def add_rule(line: Line) -> tuple[Change, ...]:
    options, bare = split_options(line.words, _RULE_OPTIONS)
    rule = make_rule(_priority(options), line.seen, options, bare)
    if rule is None:
        raise NotFollowed("the rule cannot be read")
    prefix = rule.src or rule.dst
    family = line.family or (prefix.version if prefix is not None else 4)
    return (AddPolicyRule(line.command, replace(rule, family=family)),)


def remove_rule(line: Line) -> tuple[Change, ...]:
    options, bare = split_options(line.words, _RULE_OPTIONS)
    priority = _priority(options)
    if options or bare:
        raise NotFollowed("it does not name one rule by its priority")
    return (RemovePolicyRule(line.command, priority, line.family or 4),)
