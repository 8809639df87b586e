"""Routes that the kernel makes of every address: where a dump lacks one, lines of it were lost.

net/ipv4/fib_frontend.c: fib_add_ifaddr(). An address that is up has a local route of its own; a primary one has, unless
it was made with noprefixroute, a route to its prefix.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from lvsdoctor.model.address import Address
from lvsdoctor.model.coverage import RUNTIME, Coverage, Origin, Partial
from lvsdoctor.model.link import CONTAINER_LINKS, Link
from lvsdoctor.model.route import Route

LOST = "it lacks a route that the kernel makes of {address} on {link}"
OUTLIVED = "addresses and routes are not of one time: {address} on {link} has a route and is not among the addresses"
RENAMED = "interfaces and routes are not of one time: {link} has a route and is not among the interfaces"
STRANGE = "interfaces and neighbours are not of one time: {link} has a neighbour and is not among the interfaces"
TWICE = "interfaces are not of one time: {link} and {other} have one index"
# The names that programs for containers and machines give what they make and take away.
_COME_AND_GO = (*CONTAINER_LINKS, "veth", "cali", "lxc", "tap", "vnet", "br-")


def with_renamed_links(evidence: Mapping[str, Any], coverage: Mapping[str, Coverage]) -> dict[str, Coverage]:
    """How far interfaces, addresses and routes go where two interfaces have one index, or one of a route or a
    neighbour is not there.

    It was renamed, taken away or made between the dumps: neither tells what is not there. Those of containers come and
    go; a gateway, or a subnet of the host's own, tells of another.
    """
    facts = [fact for fact in ("links", "addresses", "routes", "local-routes", "neighbours") if fact in evidence]
    if "links" not in evidence or any(coverage.get(fact, RUNTIME) != RUNTIME for fact in facts):
        return dict(coverage)
    partial = _of_two_names(evidence["links"]) or _without_its_link(evidence)
    return {**coverage, **dict.fromkeys(facts, Coverage(partial=partial))} if partial else dict(coverage)


def _of_two_names(links: Iterable[Link]) -> Partial | None:
    by_index: dict[int, Link] = {}
    for link in links:
        if link.index is not None and (other := by_index.setdefault(link.index, link)) is not link:
            return Partial(TWICE, link.seen, {"link": other.name, "other": link.name})
    return None


def _without_its_link(evidence: Mapping[str, Any]) -> Partial | None:
    names = {link.name for link in evidence["links"]}
    for route in (*evidence.get("routes", ()), *evidence.get("local-routes", ())):
        own = route.protocol == "kernel" and route.dst.prefixlen < route.dst.max_prefixlen
        for hop in route.nexthops:
            if (own or hop.gateway) and hop.link and hop.link.partition(":")[0] not in names:
                return Partial(RENAMED, route.seen, {"link": hop.link})
    for row in evidence.get("neighbours", ()):
        if row.link and row.link not in names and not row.link.startswith(_COME_AND_GO):
            return Partial(STRANGE, row.seen, {"link": row.link})
    return None


def without_outlived(
    evidence: dict[str, Any], coverage: Mapping[str, Coverage]
) -> tuple[dict[str, Any], Mapping[str, Coverage]]:
    """The evidence without local routes of addresses that the host does not have, or no longer has.

    The kernel alone makes them, of an address, and takes them away with it (fib_del_ifaddr()): `proto kernel`. Which of
    the two dumps is the later one is not known, so neither tells what is not there.
    """
    facts = ("addresses", "local-routes")
    if any(fact not in evidence or coverage.get(fact, RUNTIME) != RUNTIME for fact in facts):
        return evidence, coverage
    own = {address.ip for address in evidence["addresses"] if address.ip.version == 4}
    if not own:  # `ip -6 addr`, whose command was not shown
        return evidence, coverage
    outlived = [route for route in evidence["local-routes"] if _of_an_address(route) and route.dst[0] not in own]
    if not outlived:
        return evidence, coverage
    first = outlived[0]
    link = next((hop.link for hop in first.nexthops if hop.link), "")
    partial = Partial(OUTLIVED, first.seen, {"address": str(first.dst[0]), "link": link})
    kept = tuple(route for route in evidence["local-routes"] if route not in outlived)
    return {**evidence, "local-routes": kept}, {**coverage, **{fact: Coverage(partial=partial) for fact in facts}}


def _of_an_address(route: Route) -> bool:
    host = route.dst.version == 4 and route.dst.prefixlen == 32 and not route.dst.is_loopback
    return host and route.type == "local" and route.protocol == "kernel"


def with_lost_routes(
    evidence: Mapping[str, Any], coverage: Mapping[str, Coverage], ended: Collection[str] = ()
) -> dict[str, Coverage]:
    """How far the routes go. A dump that lacks one of the kernel's own is not whole: it was cut, or is of another time.

    Somebody may have deleted the route by hand; nothing is concluded then from what is missing either. But where one
    run of the collector has noted that both commands ended well (`ended`: of which facts), that is what it is.
    """
    if {"addresses", "routes", "local-routes"} & evidence.keys() <= set(ended):
        return dict(coverage)
    tables = [fact for fact in ("routes", "local-routes") if fact in evidence]
    known = [coverage.get(fact, RUNTIME) for fact in ("addresses", "links", *tables)]
    if "addresses" not in evidence or any(each.origin is not Origin.RUNTIME or each.partial for each in known):
        return dict(coverage)
    lost = next(_lost(evidence["addresses"], evidence.get("links", ()), evidence, tables), None)
    if lost is None:
        return dict(coverage)
    partial = Partial(LOST, lost.seen, {"address": str(lost), "link": lost.link})
    return {**coverage, **{fact: Coverage(Origin.RUNTIME, partial) for fact in tables}}


def _lost(
    addresses: Iterable[Address], links: Iterable[Link], evidence: Mapping[str, Any], tables: list[str]
) -> Iterator[Address]:
    up = {link.name for link in links if "UP" in link.flags and not link.master}
    rows = [*evidence.get("routes", ()), *evidence.get("local-routes", ())]
    local = {route.dst for route in evidence.get("local-routes", ()) if route.type == "local"}
    prefixes = {route.dst for route in rows}
    shows_main = "routes" in tables and any(_is_ipv4(route) for route in rows)
    for address in addresses:
        if address.ip.version != 4 or address.link not in up or address.ip.is_loopback:
            continue
        own = any(address.ip in prefix for prefix in local)
        if not own and any(prefix.version == 4 for prefix in local):
            yield address
        made = not (address.secondary or address.host_only or "noprefixroute" in address.flags or not address.scope)
        if made and shows_main and address.scope != "host" and address.network not in prefixes:
            yield address


def _is_ipv4(route: Route) -> bool:
    return route.dst.version == 4
