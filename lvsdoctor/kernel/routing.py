"""Which route a packet takes: policy rules, tables, longest prefix, metric.

net/core/fib_rules.c: fib_rules_lookup(); net/ipv4/fib_rules.c; net/ipv4/fib_trie.c: fib_table_lookup().
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from itertools import chain

from lvsdoctor.kernel.address_routes import connected_routes_of, local_routes_of
from lvsdoctor.kernel.answer import assume, assume_no_more
from lvsdoctor.kernel.policy_rules import MERGED, Flow, has_custom_rules, is_default, policy_rules, selects, suppressed
from lvsdoctor.kernel.route_families import routes_unseen, shows_routes
from lvsdoctor.kernel.route_table import RouteTable, is_own_host
from lvsdoctor.kernel.vrf import spellings, vrf_table, vrf_tables
from lvsdoctor.model.address import IP
from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.node import Node
from lvsdoctor.model.partial_rows import PartialRows
from lvsdoctor.model.route import FAILING_TYPES, PolicyRule, Route

FAR_AWAY = IPv4Address("8.8.8.8")  # kernel/far_away.py
# A packet of the node's own is looked up as if it had arrived on lo (net/ipv4/route.c: ip_route_output_key_hash_rcu()).
OWN = "lo"


@dataclass(frozen=True, slots=True)
class Lookup:
    """The answer of a route lookup: the route that won, or None where none did. `because` quotes it."""

    route: Route | None
    because: tuple[Citation, ...] = ()

    @property
    def type(self) -> str:
        """unicast, local, broadcast, ... and unreachable where there is no route, or one that says so."""
        if self.route is None or self.route.type in FAILING_TYPES:
            return "unreachable"
        return self.route.type

    @property
    def links(self) -> tuple[str, ...]:
        """None of a route that says unreachable; IPv6 shows such a route with the interface lo."""
        return self.route.links if self.route is not None and self.type != "unreachable" else ()

    @property
    def gateways(self) -> tuple[IP, ...]:
        return self.route.gateways if self.route is not None else ()

    @property
    def onlink(self) -> bool:
        """Is the destination a neighbour (no gateway in between)?"""
        return self.type == "unicast" and not self.gateways


def route_lookup(
    node: Node,
    dst: IP,
    *,
    src: IP | None = None,
    arrived_on: str = OWN,
    oif: str | None = None,
    within: str | None = None,
    mark: int = 0,
    flow: Flow | None = None,
) -> Lookup:
    """The route of a packet to `dst`, as `ip route get` would show it.

    `within` is the link whose VRF the packet belongs to, where it is not that of `arrived_on` or `oif`.
    `flow`: of what a program of the host sends, for the rules that ask for protocol and ports. Reads policy-rules
    (assumed to be the default three where not collected), local-routes and routes (what follows from the addresses,
    where not collected). Raises NotCollected("routes") where only routes that were not collected could tell, and
    ("policy-rules") where a rule asks for what is not known of the packet.
    """
    rules, assumed = policy_rules(node, dst.version)
    at = 0
    while at < len(rules):
        rule = rules[at]
        at += 1
        selected = selects(rule, dst, src, arrived_on, oif, mark, flow)
        if selected is None:
            text = "it is not known whether the policy rule `{rule}` takes the packet"
            why = Partial(text, rule.seen, {"rule": rule.seen.text.strip()})
            raise NotCollected("policy-rules", node.name, f"the route to {dst}", partial=why)
        if not selected:
            continue
        if rule.action == "goto":
            # A jump to a priority without a rule is none (fib_rules_lookup(): ctarget is NULL).
            at = next((i for i, later in enumerate(rules) if later.priority == rule.target and i >= at), at)
            continue
        if rule.action in FAILING_TYPES:
            return Lookup(None, (cite(rule, "this rule ends the lookup"), *assumed))
        table = vrf_table(node, within, arrived_on, oif) if rule.l3mdev else rule.table
        if rule.l3mdev and not node.has("links"):
            assumed += (assume("links", "no interface on the way belongs to a VRF"),)
        if rule.action != "lookup" or not table:
            continue
        asked = _table(node, table, dst.version)
        route = asked.best(dst, oif, planned=node.of_files("addresses"))
        if route is None:
            if table in ("main", MERGED) and not shows_routes(node, dst.version):
                raise routes_unseen(node, dst)
            continue
        if route.type == "throw" or suppressed(rule, route):
            continue
        # No route that nobody collected is more specific than that of a single host.
        sure = is_own_host(route)
        if table in ("main", MERGED) and not shows_routes(node, dst.version) and not sure:
            assumed += (assume("routes", "no route but those that the addresses make"),)
            node.assuming(routes_unseen(node, dst))
        if asked.lacking is not None and not sure:
            assumed += (assume_no_more(asked.lacking),)
        return Lookup(route, (*_citing(rule, route, dst), *assumed))
    return Lookup(None, assumed)


def known_route(
    node: Node,
    dst: IP,
    *,
    src: IP | None = None,
    arrived_on: str = OWN,
    oif: str | None = None,
    within: str | None = None,
    mark: int = 0,
) -> Lookup | None:
    """route_lookup(), or None where only routes that were not collected could tell."""
    try:
        return route_lookup(node, dst, src=src, arrived_on=arrived_on, oif=oif, within=within, mark=mark)
    except NotCollected:
        return None


def local_routes(node: Node) -> Sequence[Route]:
    """Table local: as collected, else what follows from the addresses.

    `ip route show table local` shows IPv4 alone: a family without a single row, not even 127/8 or ::1, was not shown.
    """
    return node.derived("table local", _local_routes)


def _local_routes(node: Node) -> Sequence[Route]:
    routes, absent = _seen_local_routes(node)
    return routes if absent is None else PartialRows(routes, absent)


def _seen_local_routes(node: Node) -> tuple[tuple[Route, ...], NotCollected | None]:
    """What was seen of table local, and what to raise for a rule if that is not all."""
    collected: tuple[Route, ...] = node.seen_rows("local-routes") if node.has("local-routes") else ()
    absent = node.unseen("local-routes") if collected else None
    shown = {route.dst.version for route in collected}
    if shown == {4, 6} or (collected and not node.has("addresses")):
        return collected, absent
    others = (address for address in node.seen_rows("addresses") if address.ip.version not in shown)
    made = (route for address in others for route in local_routes_of(address, node) if route.table == "local")
    return (*collected, *made), absent or node.unseen("addresses")


def is_local(node: Node, ip: IP) -> Lookup | None:
    """The route that makes `ip` this node's own, or None. Needs no address: AnyIP is a route of type local too. What
    is local in a VRF counts, whichever link it is asked for.

    net/ipv4/fib_frontend.c: inet_addr_type_table(). Reads addresses, links, local-routes, policy-rules, routes.
    """
    merged = ip.version == 4 and has_custom_rules(node) is None and not vrf_tables(node)
    route = _table(node, MERGED if merged else "local", ip.version).best(ip, planned=node.of_files("addresses"))
    if route is None or route.type != "local":
        tables = (_table(node, table, ip.version) for table in vrf_tables(node))
        in_vrf = (table.best(ip, planned=node.of_files("addresses")) for table in tables)
        route = next((found for found in in_vrf if found is not None and found.type == "local"), None)
    if route is None:
        if (node.planned or node.nearly("addresses")) and (absent := node.unseen("addresses")) is not None:
            raise absent
        return None
    return Lookup(route, (cite(route, "{ip} is local here", ip=ip),))


def captured_by_mark(node: Node, ip: IP, mark: int | None = None) -> Citation | None:
    """A policy rule on a mark (on any, without `mark`) that leads to a table where `ip` is local, as for TPROXY and
    directors without VIPs. Whether packets get it is the packet filter's business (analysis/marks.py)."""
    if not node.has("policy-rules"):
        return None
    for rule in node.policy_rules:
        matches = mark is None or (mark ^ (rule.fwmark or 0)) & rule.fwmask == 0
        if rule.fwmark and matches and rule.action == "lookup" and rule.family == ip.version:
            route = _table(node, rule.table, ip.version).best(ip)
            if route is not None and route.type == "local":
                return cite(rule, "marked packets find {ip} local in table {table}", ip=ip, table=rule.table)
    return None


def has_custom_local_routes(node: Node) -> Citation | None:
    """A route of type local, in any table, that no address made. Adding one sets a flag of the namespace for good.

    net/ipv4/fib_frontend.c: inet_rtm_newroute() sets fib_has_custom_local_routes; it is not visible otherwise.
    """
    return node.derived("custom local routes", _custom_local_route)


def _custom_local_route(node: Node) -> Citation | None:
    added = node.known_rows("routes") if node.has("routes") else ()
    for route in chain(node.local_routes if node.has("local-routes") else (), added):
        if route.type == "local" and route.dst.version == 4 and route.protocol not in ("kernel", ""):
            return cite(route, "added by hand")
    return None


# -- tables -----------------------------------------------------------------------------------------------------------


def _table(node: Node, table: str, family: int) -> RouteTable:
    return node.derived(("route table", table, family), lambda host: RouteTable(*_routes_of(host, table, family)))


def _routes_of(node: Node, table: str, family: int) -> tuple[Iterable[Route], NotCollected | None]:
    """The routes of a table that were seen, and what to raise for a rule if these are not all."""
    absent = None
    if table == MERGED:
        local, unseen_local = _routes_of(node, "local", family)
        main, unseen_main = _routes_of(node, "main", family)
        return chain(local, main), unseen_local or unseen_main
    if table == "local":
        rows, absent = _seen_local_routes(node)
    elif table in vrf_tables(node):
        return _routes_of_vrf(node, table, family)
    elif node.has("routes") and (table != "main" or shows_routes(node, family)):
        rows = tuple(route for route in node.seen_rows("routes") if route.table == table)
        absent = node.unseen("routes")
        if node.planned and table == "main":  # files leave the routes of their addresses unsaid
            rows += tuple(_made_by_addresses(node, table))
    elif table == "main" and node.has("addresses"):
        rows = tuple(_made_by_addresses(node, table))
        absent = node.unseen("addresses")
    else:
        rows = ()
    if absent is not None:
        node.nearly(absent.fact)  # then a route that is found counts
    return (route for route in rows if route.dst.version == family), absent


def _routes_of_vrf(node: Node, table: str, family: int) -> tuple[Iterable[Route], NotCollected | None]:
    """No VRF with a port in use has an empty table: without a row of its own it was not shown, and addresses tell."""
    shown = node.seen_rows("routes") if node.has("routes") else ()
    names = spellings(node, table)
    rows = [route for route in shown if route.table in names and route.dst.version == family]
    if rows:
        return rows, node.unseen("routes")
    made = [r for r in _made_by_addresses(node, table) if r.dst.version == family] if node.has("addresses") else []
    command = f"ip {'-6 ' if family == 6 else ''}route show table {table}"
    return made, NotCollected("routes", node.name, f"table {table}", command) if made and not node.planned else None


def _made_by_addresses(node: Node, table: str) -> Iterator[Route]:
    """Of table main or a VRF's what addresses bring to it. The table of a VRF has the routes of type local as well."""
    for address in node.seen_rows("addresses"):
        made = chain(connected_routes_of(address, node), local_routes_of(address, node))
        yield from (route for route in made if route.table == table)


def _citing(rule: PolicyRule, route: Route, dst: IP) -> Iterator[Citation]:
    if rule.table != MERGED and not is_default(rule):
        yield cite(rule, "this rule chooses table {table}", table=route.table)
    yield cite(route, "{dst} is local here" if route.type == "local" else "the route to {dst}", dst=dst)
