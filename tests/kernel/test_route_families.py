"""`ip route` says nothing of IPv6, and `ip -6 route` nothing of IPv4."""

from ipaddress import ip_address

import pytest

from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.kernel.route_families import shows_routes
from lvsdoctor.kernel.routing import route_lookup
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.node import Node
from lvsdoctor.parse.paste.stream import pieces

_ADDRESSES = """\
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536
    inet 127.0.0.1/8 scope host lo
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500
    inet 192.0.2.2/24 scope global eth0
    inet6 2001:db8::2/64 scope global
"""
_IPV6_ALONE = _ADDRESSES.replace("    inet 192.0.2.2/24 scope global eth0\n", "")
_FOUR = "default via 192.0.2.1 dev eth0\n192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.2\n"
_SIX = "2001:db8::/64 dev eth0 proto kernel metric 256 pref medium\ndefault via 2001:db8::1 dev eth0 metric 1024\n"
_FAR = ip_address("2001:db8:9::1")


def node_of(addresses: str, routes: str) -> Node:
    dumps = (("ip-addr.txt", addresses), ("ip-route.txt", routes))
    (node,) = nodes_of(NodeDump(piece, "lb1", "lb1") for where, text in dumps for piece in pieces(text, where))
    return node


def test_where_only_ipv4_routes_were_shown_no_ipv6_destination_is_out_of_reach() -> None:
    node = node_of(_ADDRESSES, _FOUR)
    assert not shows_routes(node, 6)
    with pytest.raises(NotCollected) as absent:
        route_lookup(node, _FAR)
    assert absent.value.command == "ip -6 route show table all"


def test_the_subnet_of_an_address_is_a_neighbour_all_the_same() -> None:
    assert route_lookup(node_of(_ADDRESSES, _FOUR), ip_address("2001:db8::21")).onlink


def test_a_host_with_ipv6_alone_has_shown_its_routes_with_ip_6_route() -> None:
    node = node_of(_IPV6_ALONE, _SIX)
    assert shows_routes(node, 6)
    assert route_lookup(node, _FAR).gateways == (ip_address("2001:db8::1"),)


def test_a_host_with_ipv4_has_not() -> None:
    node = node_of(_ADDRESSES, _SIX)
    assert (shows_routes(node, 4), shows_routes(node, 6)) == (False, True)
    with pytest.raises(NotCollected) as absent:
        route_lookup(node, ip_address("198.51.100.7"))
    assert absent.value.command == "ip route show table all"
