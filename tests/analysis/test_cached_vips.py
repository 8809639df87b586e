"""Which neighbour entries of a VIP a host uses, and how a host whose lo is down gets the VIP of IPv6."""

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.engine.runner import examine
from lvsdoctor.fixes.plan import plan
from tests.laws.worlds import nodes_in, rules

ROUTER = """1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default qlen 1000
    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff
    inet 192.0.2.1/24 scope global
3: eth2: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default qlen 1000
    link/ether 02:00:00:00:02:01 brd ff:ff:ff:ff:ff:ff
    inet 198.51.100.1/24 scope global
"""
ROUTES = """192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.1
198.51.100.0/24 dev eth2 proto kernel scope link src 198.51.100.1
"""
TABLE = "-A -t 192.0.2.10:80 -s rr\n-a -t 192.0.2.10:80 -r 198.51.100.21:80 -i -w 1\n"
DIRECTOR = """1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default qlen 1000
    link/ether 02:00:00:00:00:02 brd ff:ff:ff:ff:ff:ff
    inet 192.0.2.10/32 scope global
    inet 192.0.2.2/24 scope global
"""
REAL_SERVER = """1: lo: <LOOPBACK{up}> mtu 65536 qdisc noqueue state {state} group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default qlen 1000
    link/ether 02:00:00:00:00:21 brd ff:ff:ff:ff:ff:ff
    inet 198.51.100.21/24 scope global
    inet6 2001:db8:1::21/64 scope global
"""
TABLE6 = "-A -t [2001:db8::10]:80 -s rr\n-a -t [2001:db8::10]:80 -r [2001:db8:1::21]:80 -i -w 1\n"


def dumps(link: str, lo: bool = True) -> list[tuple[str, str, str]]:
    up, state = (",UP,LOWER_UP", "UNKNOWN") if lo else ("", "DOWN")
    return [
        ("router", "router/ip-addr", ROUTER),
        ("router", "router/ip-route", ROUTES),
        ("router", "router/ip-rule", "0:\tfrom all lookup local\n32766:\tfrom all lookup main\n"),
        ("router", "router/ip-neigh", f"192.0.2.10 dev {link} lladdr 02:00:00:00:00:21 STALE\n"),
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
    shown = [(host, where, text) for host, where, text in dumps("eth2", lo) if host != "router"]
    six = [(host, where, TABLE6 if where == "lb1/ipvsadm" else text) for host, where, text in shown]
    made = plan(with_standing(nodes_in(six)), rules())
    assert "DR001" in [cleared.diagnosis.code for cleared in made.cleared]
    return [step.command for step in made.of("rs1") if not step.only_a_remark]


def test_where_lo_is_down_it_is_set_up_before_it_gets_the_vip() -> None:
    assert steps(lo=False)[-2:] == ["ip link set lo up", "ip addr add 2001:db8::10/128 dev lo"]
    assert "ip link set lo up" not in steps(lo=True)
