"""A routing table, asked for the longest prefix (net/ipv4/fib_trie.c: fib_table_lookup())."""

from collections.abc import Iterable

from lvsdoctor.model.address import IP
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.route import NextHop, Route


class RouteTable:
    """The routes of one family, by the length of their prefixes and by the prefix. Those with a TOS are left out.

    `absent` is raised where these are not all of the table and another could win; `lacking` is what a route that was
    found may be taken for all the same.
    """

    __slots__ = ("_absent", "_bits", "_by_length", "lacking")

    def __init__(self, routes: Iterable[Route], absent: NotCollected | None = None) -> None:
        self._absent = absent
        nearly = absent is not None and absent.partial is not None and absent.partial.nearly
        self.lacking = absent if nearly else None
        lengths: dict[int, dict[int, list[Route]]] = {}
        self._bits = 32
        for route in routes:
            if not route.tos:
                self._bits, length = route.dst.max_prefixlen, route.dst.prefixlen
                prefix = int(route.dst.network_address) >> (self._bits - length)
                lengths.setdefault(length, {}).setdefault(prefix, []).append(route)
        self._by_length = sorted(lengths.items(), reverse=True)

    def best(self, dst: IP, oif: str | None = None, *, planned: bool = False) -> Route | None:
        """Longest prefix, then table local before main, then lowest metric; a route over a dead link is no route.

        `planned`: files make these routes, and a route that they make is taken for the one that counts.
        """
        best = self._best_seen(dst, oif)
        if planned and best is not None:
            return best
        if self._absent is not None and not (best and (self.lacking or is_own_host(best))):
            raise self._absent.anew(f"the route to {dst}")
        return best

    def _best_seen(self, dst: IP, oif: str | None) -> Route | None:
        number = int(dst)
        for length, routes in self._by_length:
            known = routes.get(number >> (self._bits - length))
            if known and (usable := [route for route in known if _usable(route, oif)]):
                return min(usable, key=lambda route: (route.table != "local", route.metric))
        return None


def is_own_host(route: Route) -> bool:
    """An address of this host's own: no route can be more specific."""
    return "local" in (route.table, route.type) and route.dst.prefixlen == route.dst.max_prefixlen


def _usable(route: Route, oif: str | None) -> bool:
    return not route.nexthops or any(_leads_out(hop, oif) for hop in route.nexthops)


def _leads_out(hop: NextHop, oif: str | None) -> bool:
    return "dead" not in hop.flags and (oif is None or hop.link == oif)
