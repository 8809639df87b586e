"""The routes of IPv6 as `route -6 -n` and `netstat -rn -A inet6` print them."""

from lvsdoctor.parse.nettools.route_6 import Route6
from lvsdoctor.parse.paste.stream import pieces
from tests.parse.driving_ip import drive

ROUTE = """\
Kernel IPv6 routing table
Destination                    Next Hop                   Flag Met Ref Use If
2001:db8::/64                  ::                         U    256 1     0 eth0
2001:db8:1::/48                2001:db8::1                UG   1024 1    0 eth0
[::]/0                         fe80::1                    UG   100 1     0 eth0
2001:db8:9::/48                ::                         !    1024 1    0 lo
::1/128                        ::                         Un   0   3     0 lo
2001:db8::21/128               ::                         Un   0   2     0 eth0
ff00::/8                       ::                         U    256 1     0 eth0
::/0                           ::                         !n   -1  1     0 lo
"""
NETSTAT = """\
Kernel IPv6 routing table
Destination                    Next Hop                   Flags Metric Ref    Use Iface
2001:db8::/64                  ::                         U     256    1        0 eth0
"""


def test_routes_of_table_main_are_read_and_what_is_local_is_left_out() -> None:
    driven = drive(Route6, ROUTE)
    rows = [(str(r.dst), r.type, r.links, [str(g) for g in r.gateways], r.metric) for r in driven["routes"]]
    assert rows == [
        ("2001:db8::/64", "unicast", ("eth0",), [], 256),
        ("2001:db8:1::/48", "unicast", ("eth0",), ["2001:db8::1"], 1024),
        ("::/0", "unicast", ("eth0",), ["fe80::1"], 100),
        ("2001:db8:9::/48", "unreachable", (), [], 1024),
    ]  # fmt: skip
    assert (driven.unread, driven.refused) == ([], ())


def test_netstat_prints_the_same_under_longer_names() -> None:
    text = f"[root@rs1 ~]# netstat -rn -A inet6\n{NETSTAT}"
    (piece,) = pieces(text, "stdin")
    assert [str(row.dst) for row in piece.dump.facts["routes"]] == ["2001:db8::/64"]


def test_a_row_that_is_cut_off_is_no_route() -> None:
    assert [seen.text.split()[0] for seen in drive(Route6, ROUTE[: ROUTE.index("2001:db8:1") + 20]).refused] == [
        "2001:db8:1::/48"
    ]
