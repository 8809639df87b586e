"""On which segment a VIP matters, whom a real server asks for there, and whether the VIP leaks."""

from ipaddress import IPv4Address

import pytest

from lvsdoctor.analysis.l2_segments import asked_for, leak, leak_at_any_level, vip_on_segment
from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.model.node import Node
from lvsdoctor.parse.paste.stream import pieces
from tests.kernel.hosts import CLIENT, GATEWAY, REAL_SERVER, RIP, VIP, host, link_of, quoted

CONNECTED = "192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.21"
BY_ROUTER = f"{CONNECTED}\ndefault via 192.0.2.254 dev eth0"
FOREIGN = IPv4Address("203.0.113.200")  # a VIP of another network than the real server's


def cluster(director_link: str, *, more: str = "", routers_route: str = "") -> Node:
    """A real server 192.0.2.21 whose director holds 203.0.113.200/32 on a link with this address. `more` is a line for
    eth0 of both, `routers_route` a route of its gateway, which is in the scan if there is one."""
    dumps = {
        ("lb1", "lb1/ip-addr.txt"): f"2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP\n"
        "    link/ether 02:00:00:00:00:10 brd ff:ff:ff:ff:ff:ff\n"
        f"    inet {director_link} scope global eth0\n    inet 203.0.113.200/32 scope global eth0{more}",
        ("lb1", "lb1/ipvsadm.txt"): "-A -t 203.0.113.200:80 -s rr\n-a -t 203.0.113.200:80 -r 192.0.2.21:80 -g -w 1",
        ("rs1", "rs1/ip-addr.txt"): "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 state UNKNOWN\n"
        "    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n    inet 203.0.113.200/32 scope global lo\n"
        "2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP\n"
        "    link/ether 02:00:00:00:00:21 brd ff:ff:ff:ff:ff:ff\n    inet 192.0.2.21/24 scope global eth0"
        f"{more}",
        ("rs1", "rs1/ip-route.txt"): f"# ip route show table all\n{BY_ROUTER}",
    }
    if routers_route:
        dumps["gw", "gw/ip-addr.txt"] = (
            "2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP\n"
            "    link/ether 02:00:00:00:00:fe brd ff:ff:ff:ff:ff:ff\n    inet 192.0.2.254/24 scope global eth0"
        )
        dumps["gw", "gw/ip-route.txt"] = (
            f"# ip route show table all\n192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.254\n{routers_route}"
        )
    found = [NodeDump(piece, name, name) for (name, where), text in dumps.items() for piece in pieces(text, where)]
    return next(node for node in with_standing(nodes_of(found)) if node.name == "rs1")


def test_a_subnet_that_holds_the_vip_is_its_segment() -> None:
    node = host()
    found = vip_on_segment(node, VIP, link_of(node))
    assert found is not None
    assert quoted([found]) == "inet 192.0.2.21/24 scope global eth0 (the subnet of eth0 holds 192.0.2.200)"


@pytest.mark.parametrize(
    ("on", "vip"),
    [
        pytest.param(REAL_SERVER, FOREIGN, id="a VIP of another network"),
        pytest.param(("eth0 192.0.2.200/32", "eth1 198.51.100.21/24"), VIP, id="the VIP's own /32 is no subnet"),
        pytest.param(("eth0 192.0.2.21/25",), VIP, id="the other half of the network"),
    ],
)
def test_elsewhere_nobody_asks_for_the_vip(on: tuple[str, ...], vip: IPv4Address) -> None:
    node = host(on)
    assert vip_on_segment(node, vip, link_of(node)) is None


def test_where_the_director_has_the_vip_beside_an_address_of_the_segment_it_is_asked_for() -> None:
    node = cluster("192.0.2.10/24")
    found = vip_on_segment(node, FOREIGN, link_of(node))
    assert found is not None
    assert found.says == "the director has 203.0.113.200 on the segment of eth0"
    assert str(found.seen) == "lb1/ip-addr.txt:4"


def test_where_the_director_is_on_another_segment_it_is_not() -> None:
    node = cluster("198.51.100.10/24")
    assert vip_on_segment(node, FOREIGN, link_of(node)) is None


@pytest.mark.parametrize(
    ("routers_route", "asked"),
    [
        pytest.param("203.0.113.200 via 192.0.2.10 dev eth0", False, id="a route through the director"),
        pytest.param("203.0.113.0/24 dev eth0 scope link", True, id="the VIP's subnet is on the router's link"),
        pytest.param("default via 192.0.2.10 dev eth0", True, id="a default route tells nothing"),
    ],
)
def test_a_vip_that_the_router_routes_through_the_director_is_not_asked_for(routers_route: str, asked: bool) -> None:
    node = cluster("192.0.2.10/24", routers_route=routers_route)
    assert (vip_on_segment(node, FOREIGN, link_of(node)) is not None) is asked


def test_link_local_addresses_tell_of_no_segment() -> None:
    node = cluster("198.51.100.10/24", more="\n    inet6 fe80::1/64 scope link")
    assert vip_on_segment(node, FOREIGN, link_of(node)) is None


@pytest.mark.parametrize(
    ("on", "vip", "routes", "neighbours", "asked"),
    [
        pytest.param(REAL_SERVER, VIP, BY_ROUTER, None, [GATEWAY, CLIENT], id="the gateway, then the clients"),
        pytest.param(REAL_SERVER, FOREIGN, BY_ROUTER, None, [GATEWAY], id="no client is beside a VIP from elsewhere"),
        pytest.param(REAL_SERVER, VIP, CONNECTED, None, [CLIENT], id="no gateway"),
        pytest.param(REAL_SERVER, VIP, None, None, [CLIENT], id="routes were not collected"),
        pytest.param(REAL_SERVER, VIP, f"{CONNECTED}\ndefault via 198.51.100.1 dev eth1", None, [CLIENT],
                     id="a gateway on another link"),
        pytest.param(REAL_SERVER, FOREIGN, BY_ROUTER, "192.0.2.254 dev eth0 lladdr 02:00:00:00:00:fe PERMANENT", [],
                     id="a permanent neighbour is never asked for"),
        pytest.param(REAL_SERVER, FOREIGN, BY_ROUTER, "192.0.2.254 dev eth0 lladdr 02:00:00:00:00:fe REACHABLE",
                     [GATEWAY], id="a cached one will be, some day"),
        pytest.param(("lo 192.0.2.200/32", "eth0 192.0.2.1/24"), VIP, CONNECTED, None, [IPv4Address("192.0.2.2")],
                     id="it does not ask for itself"),
    ],
)  # fmt: skip
def test_a_node_asks_for_these(
    on: tuple[str, ...], vip: IPv4Address, routes: str | None, neighbours: str | None, asked: list[IPv4Address]
) -> None:
    node = host(on, routes=routes, neighbours=neighbours)
    assert asked_for(node, link_of(node), vip) == asked


@pytest.mark.parametrize(
    ("on", "level", "routes", "to", "at_any_level"),
    [
        pytest.param(REAL_SERVER, 0, BY_ROUTER, GATEWAY, None, id="level 0 leaks to the gateway"),
        pytest.param(REAL_SERVER, 0, CONNECTED, CLIENT, None, id="level 0 leaks to the clients beside it"),
        pytest.param(REAL_SERVER, 1, BY_ROUTER, GATEWAY, None, id="level 1 leaks in the VIP's own subnet"),
        pytest.param(REAL_SERVER, 2, BY_ROUTER, None, None, id="level 2 does not"),
        pytest.param(("eth0 192.0.2.200/24", "eth0 192.0.2.21/24 scope global secondary"), 2, BY_ROUTER, GATEWAY,
                     GATEWAY, id="level 2 leaks a primary VIP"),
        pytest.param(("eth0 192.0.2.21/24", "eth0 192.0.2.200/24 scope global secondary"), 2, BY_ROUTER, None, None,
                     id="level 2 does not leak a secondary one"),
    ],
)  # fmt: skip
def test_the_vip_leaks_or_not(
    on: tuple[str, ...], level: int, routes: str, to: IPv4Address | None, at_any_level: IPv4Address | None
) -> None:
    node = host(on, {"all.arp_announce": level}, routes=routes)
    found, always = leak(node, VIP, link_of(node)), leak_at_any_level(node, VIP, link_of(node))
    assert (found and found[0]) == to
    assert (always and always[0]) == at_any_level


def test_a_leak_tells_why() -> None:
    node = host(sysctl={"all.arp_announce": 0, "eth0.arp_announce": 1}, routes=BY_ROUTER)
    found = leak(node, VIP, link_of(node))
    assert found is not None
    _, sender = found
    assert sender.reason == "the packet's own source, of the target's subnet"
    assert (
        "inet 192.0.2.21/24 scope global eth0 (holds 192.0.2.254 and 192.0.2.200 both, so level 1 keeps the source)"
        in (quoted(sender.because))
    )


def test_arptables_stops_a_leak() -> None:
    rules = ":OUTPUT ACCEPT\n-A OUTPUT -j mangle -s 192.0.2.200 --mangle-ip-s 192.0.2.21"
    node = host(sysctl={"all.arp_announce": 0}, routes=BY_ROUTER, arptables=rules)
    assert leak(node, VIP, link_of(node)) is None
    assert RIP in {address.ip for address in node.addresses}
