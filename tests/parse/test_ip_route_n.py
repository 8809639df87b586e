"""`route -n` and `netstat -rn`: table main of IPv4, and nothing else."""

from ipaddress import ip_address, ip_network

from lvsdoctor.parse.nettools.route_n import RouteN
from tests.parse.driving_ip import drive

ROUTE_N = """\
Kernel IP routing table
Destination     Gateway         Genmask         Flags Metric Ref    Use Iface
0.0.0.0         192.0.2.1       0.0.0.0         UG    100    0        0 eth0
192.0.2.10      0.0.0.0         255.255.255.255 UH    0      0        0 lo
198.51.100.0    -               255.255.255.0   !     0      -        0 -
203.0.113.0     0.0.0.0         255.255.255.0   U     4      0        0 *
"""


def test_route_n_is_table_main() -> None:
    found = drive(RouteN, ROUTE_N)
    default, vip, rejected = found["routes"]
    assert (default.gateways, default.metric, default.scope) == ((ip_address("192.0.2.1"),), 100, "global")
    assert (str(vip.dst), vip.links, vip.scope, vip.seen.line) == ("192.0.2.10/32", ("lo",), "link", 4)
    assert (rejected.type, rejected.nexthops) == ("unreachable", ())
    assert found.facts == {"routes"}


def test_a_row_of_route_n_that_could_be_blackhole_or_throw_is_unread() -> None:
    assert drive(RouteN, ROUTE_N).unread == [
        "203.0.113.0     0.0.0.0         255.255.255.0   U     4      0        0 *"
    ]


def test_netstat_rn_knows_no_metric() -> None:
    text = (
        "Destination     Gateway         Genmask         Flags   MSS Window  irtt Iface\n"
        "default         192.0.2.1       0.0.0.0         UG        0 0          0 eth0\n"
        "198.51.100.0    gateway         255.255.255.0   UG        0 0          0 eth0\n"
    )
    found = drive(RouteN, text)
    assert (found.row("routes").dst, found.row("routes").metric) == (ip_network("0.0.0.0/0"), 0)
    assert len(found.unread) == 1


def test_the_ipv6_table_of_netstat_is_not_taken() -> None:
    assert not RouteN.starts("Kernel IPv6 routing table")
    assert not RouteN.starts("Destination                    Next Hop                   Flag Met Ref  Use If")
    rows = "2001:db8::/64                  ::                         U    256 3      0 eth0\n"
    assert len(drive(RouteN, ROUTE_N + rows).refused) == 1
