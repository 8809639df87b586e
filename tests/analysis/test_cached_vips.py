"""Which neighbour entries of a VIP a host uses, and how a host whose lo is down gets the VIP of IPv6."""

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.engine.runner import examine
from lvsdoctor.fixes.plan import plan
from tests.laws.worlds import nodes_in, rules

ROUTER = """1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet6 ::1/128 scope host noprefixroute
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default qlen 1000
    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff
    inet6 2001:db8::1/64 scope global
3: eth2: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default qlen 1000
    link/ether 02:00:00:00:02:01 brd ff:ff:ff:ff:ff:ff
    inet6 2001:db8:1::1/64 scope global
"""
ROUTES = """2001:db8::/64 dev eth0 proto kernel metric 256 pref medium
2001:db8:1::/64 dev eth2 proto kernel metric 256 pref medium
local 2001:db8::1 dev eth0 table local proto kernel metric 0 pref medium
local 2001:db8:1::1 dev eth2 table local proto kernel metric 0 pref medium
"""
TABLE = "-A -t [2001:db8::10]:80 -s rr\n-a -t [2001:db8::10]:80 -r [2001:db8:1::21]:80 -i -w 1\n"
DIRECTOR = """1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet6 ::1/128 scope host noprefixroute
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default qlen 1000
    link/ether 02:00:00:00:00:02 brd ff:ff:ff:ff:ff:ff
    inet6 2001:db8::10/128 scope global deprecated nodad
    inet6 2001:db8::2/64 scope global
"""
REAL_SERVER = """1: lo: <LOOPBACK{up}> mtu 65536 qdisc noqueue state {state} group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default qlen 1000
    link/ether 02:00:00:00:00:21 brd ff:ff:ff:ff:ff:ff
    inet6 2001:db8:1::21/64 scope global
"""


def dumps(link: str, lo: bool = True) -> list[tuple[str, str, str]]:
    up, state = (",UP,LOWER_UP", "UNKNOWN") if lo else ("", "DOWN")
    return [
        ("router", "router/ip-addr", ROUTER),
        ("router", "router/ip -6 route show table all", ROUTES),
        ("router", "router/ip-rule", "0:\tfrom all lookup local\n32766:\tfrom all lookup main\n"),
        ("router", "router/ip-neigh", f"2001:db8::10 dev {link} lladdr 02:00:00:00:00:21 STALE\n"),
        ("router", "router/ipvsadm", "# ipvsadm -Sn\n"),
        ("lb1", "lb1/ipvsadm", TABLE),
        ("lb1", "lb1/ip-addr", DIRECTOR),
        ("rs1", "rs1/ip-addr", REAL_SERVER.format(up=up, state=state)),
        ("rs1", "rs1/ipvsadm", "# ipvsadm -Sn\n"),
    ]


def cached(link: str) -> list[str]:
    found = examine(with_standing(nodes_in(dumps(link))), rules()).diagnoses
    return [diagnosis.node for diagnosis in found if diagnosis.code == "CL001"]


def test_an_entry_of_the_interface_that_leads_to_the_vip_is_used() -> None:
    assert cached("eth0") == ["router"]


def test_an_entry_of_another_interface_is_not_used() -> None:
    """A real server that has the VIP on its interface leaves one there when it asks for its router."""
    assert cached("eth2") == []


def steps(lo: bool) -> list[str]:
    made = plan(with_standing(nodes_in(dumps("eth2", lo))), rules())
    assert "DR001" in [cleared.diagnosis.code for cleared in made.cleared]
    return [step.command for step in made.of("rs1") if not step.only_a_remark]


def test_where_lo_is_down_it_is_set_up_before_it_gets_the_vip() -> None:
    assert steps(lo=False)[-2:] == ["ip link set lo up", "ip addr add 2001:db8::10/128 dev lo"]
    assert "ip link set lo up" not in steps(lo=True)
