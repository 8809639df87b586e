"""The index of a routing table answers what a look at every route would."""

from ipaddress import IPv4Address, IPv6Address, ip_network

from hypothesis import given, settings
from hypothesis import strategies as st

from lvsdoctor.kernel.route_table import RouteTable
from lvsdoctor.model.address import IP
from lvsdoctor.model.route import NextHop, Route
from lvsdoctor.model.seen import Seen

_SEEN = Seen("routes", 1, "a route")
_HOPS = st.builds(
    NextHop, link=st.sampled_from(["eth0", "eth1"]), flags=st.sampled_from([frozenset[str](), frozenset({"dead"})])
)


def _addresses(version: int) -> st.SearchStrategy[IP]:
    # Few bits that differ, so that prefixes hold each other.
    kind, first = (IPv4Address, 0xC0000200) if version == 4 else (IPv6Address, 0x20010DB8 << 96)
    return st.integers(0, 63).map(lambda low: kind(first + low))


def _routes(version: int) -> st.SearchStrategy[Route]:
    most = 32 if version == 4 else 128
    lengths = st.sampled_from([0, most - 6, most - 4, most - 2, most])
    prefixes = st.builds(lambda ip, length: ip_network((ip, length), strict=False), _addresses(version), lengths)
    return st.builds(
        Route,
        dst=prefixes,
        seen=st.just(_SEEN),
        table=st.sampled_from(["local", "main"]),
        nexthops=st.lists(_HOPS, max_size=2).map(tuple),
        metric=st.integers(0, 2),
        tos=st.sampled_from([0, 0, 0, 8]),
    )


def _by_search(routes: list[Route], dst: IP, oif: str | None) -> Route | None:
    fitting = [
        route
        for route in routes
        if dst in route.dst
        and not route.tos
        and (not route.nexthops or any("dead" not in h.flags and oif in (None, h.link) for h in route.nexthops))
    ]
    rank = [(-route.dst.prefixlen, route.table != "local", route.metric) for route in fitting]
    return fitting[rank.index(min(rank))] if fitting else None


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.data(), st.sampled_from([4, 6]), st.sampled_from([None, "eth0"]))
def test_the_longest_prefix_wins_then_table_local_then_the_lowest_metric_then_the_first(
    data: st.DataObject, version: int, oif: str | None
) -> None:
    routes = data.draw(st.lists(_routes(version), max_size=12))
    dst = data.draw(_addresses(version))
    assert RouteTable(routes).best(dst, oif) is _by_search(routes, dst, oif)
