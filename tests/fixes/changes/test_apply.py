"""What needs no kernel to show: IPVS tables, modules, and what was not collected."""

import pytest

from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.fixes.changes.kinds import applied, changes_of, describe, impact, undo
from lvsdoctor.model.ipvs import Forwarding
from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.sysctl import Setting
from lvsdoctor.parse.paste.stream import pieces
from tests.fixes.changes.a_host import after

TABLE = """-A -t 192.0.2.10:80 -s rr
-a -t 192.0.2.10:80 -r 192.0.2.21:80 -g -w 5 -x 9
-a -t 192.0.2.10:80 -r 192.0.2.22:80 -m -w 1
"""
LINKS = """1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP
    link/ether 02:00:00:00:00:02 brd ff:ff:ff:ff:ff:ff
    inet 192.0.2.2/24 brd 192.0.2.255 scope global eth0
"""
SETTINGS = "net.ipv4.conf.all.rp_filter = 0\nnet.ipv4.conf.default.rp_filter = 2\nnet.ipv4.conf.eth0.rp_filter = 0\n"
ROUTES = "default via 192.0.2.1 dev eth0\n192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.2\n"


def host(**dumps: str) -> Node:
    (node,) = nodes_of(NodeDump(piece, "lb1", "lb1") for name, text in dumps.items() for piece in pieces(text, name))
    return node


def foretold(line: str, node: Node) -> tuple[str, str, tuple[str, ...]]:
    (change,) = changes_of(line, node)
    return describe(change, node), impact(change, node), undo(change, node)


def test_an_edited_real_server_is_the_new_one_and_undone_with_its_old_options() -> None:
    node, line = host(ipvs=TABLE), "ipvsadm -e -t 192.0.2.10:80 -r 192.0.2.21:80 -i -w 1"
    real = after(node, line).services[0].destinations[0]
    assert (real.forwarding, real.weight, real.upper_threshold) == (Forwarding.TUN, 1, 0)
    says_so, cutting, back = foretold(line, node)
    assert says_so == (
        "tcp 192.0.2.10:80, real server 192.0.2.21:80: forwarding from direct routing to tunnelling, "
        "weight from 5 to 1, the upper threshold from 9 to 0"
    )
    assert cutting == "New connections go to 192.0.2.21 by tunnelling at once; where it does not take them, they hang"
    assert back == ("ipvsadm -e -t 192.0.2.10:80 -r 192.0.2.21:80 -g -w 5 -x 9",)


def test_a_real_server_that_is_not_there_cannot_be_edited_nor_one_that_is_there_added() -> None:
    node = host(ipvs=TABLE)
    assert after(node, "ipvsadm -e -t 192.0.2.10:80 -r 192.0.2.29:80 -g").services == node.services
    assert after(node, "ipvsadm -a -t 192.0.2.10:80 -r 192.0.2.21:80 -m").services == node.services


def test_a_deleted_real_server_comes_back_with_its_options() -> None:
    node = host(ipvs=TABLE)
    _, cutting, back = foretold("ipvsadm -d -t 192.0.2.10:80 -r 192.0.2.22:80", node)
    assert "192.0.2.22 are cut" in cutting
    assert back == ("ipvsadm -a -t 192.0.2.10:80 -r 192.0.2.22:80 -m -w 1",)


@pytest.mark.parametrize(("value", "taken"), [("1", False), ("0", True)])
def test_where_ipv6_is_off_the_kernel_refuses_an_address(value: str, taken: bool) -> None:
    """RTNETLINK answers: Permission denied (IPv6 is disabled on this device)."""
    off = Setting("net.ipv6.conf.lo.disable_ipv6", value, Seen("sysctl", 1, ""))
    node = Node("rs1", "", {"addresses": (), "sysctl": {off.key: off}})
    (change,) = changes_of("ip addr add 2001:db8::10/128 dev lo", node)
    assert bool(applied(node, change).evidence["addresses"]) is taken


def test_what_was_not_collected_stays_so() -> None:
    node = host(ipvs=TABLE)
    lines = (
        "sysctl -w net.ipv4.ip_forward=1", "ip addr add 192.0.2.10/32 dev lo", "ip link set eth0 up",
        "ip route replace default via 192.0.2.1", "ip rule del priority 100", "ip neigh del 192.0.2.9 dev eth0",
        "modprobe ipip",
    )  # fmt: skip
    assert after(node, *lines).evidence == node.evidence


def test_a_link_that_comes_with_its_module_is_down_and_starts_with_confs_default() -> None:
    node = after(host(links=LINKS, sysctl=SETTINGS), "modprobe ipip")
    tunnel = node.link("tunl0")
    assert tunnel is not None
    assert (tunnel.up, tunnel.kind, tunnel.type) == (False, "ipip", "ipip")
    assert node.sysctl("net.ipv4.conf.tunl0.rp_filter").raw == "2"


def test_the_module_brings_nothing_where_it_is_loaded() -> None:
    loaded = LINKS + "3: ipip1@NONE: <POINTOPOINT,NOARP,UP,LOWER_UP> mtu 1480 qdisc noqueue state UNKNOWN\n"
    loaded += "    link/ipip 192.0.2.2 peer 192.0.2.9\n"
    assert after(host(links=loaded), "modprobe ipip").link("tunl0") is None


def test_new_rows_say_that_they_come_from_the_fix() -> None:
    node = after(host(links=LINKS), "ip addr add 192.0.2.10/32 dev lo")
    (held,) = [address for address in node.addresses if address.link == "lo"]
    assert (held.seen.where, held.seen.line, held.seen.text) == ("fix", None, "ip addr add 192.0.2.10/32 dev lo")


def test_a_setting_that_nobody_collected_becomes_known_but_its_old_value_does_not() -> None:
    node, line = host(sysctl=SETTINGS), "sysctl -w net.ipv4.conf.all.arp_ignore=1"
    assert not after(node, line).sysctl("net.ipv4.conf.all.arp_ignore").assumed
    says_so, _, back = foretold(line, node)
    assert says_so == "net.ipv4.conf.all.arp_ignore to 1; what it was is not in the evidence"
    assert [one[:2] for one in back] == ["# "]


def test_what_the_kernel_changes_along_is_told_and_undone() -> None:
    along = "net.ipv4.conf.all.accept_redirects = {}\nnet.ipv4.conf.eth0.forwarding = {}\n"
    said, _, back = foretold(
        "sysctl -w net.ipv4.ip_forward=1", host(sysctl="net.ipv4.ip_forward = 0\n" + along.format(1, 0))
    )
    assert said == (
        "net.ipv4.ip_forward from 0 to 1; the kernel changes with it: "
        "net.ipv4.conf.all.accept_redirects from 1 to 0, net.ipv4.conf.eth0.forwarding from 0 to 1"
    )
    assert back == ("sysctl -w net.ipv4.ip_forward=0",)
    # What has its new value already is lost when the setting goes back.
    _, _, back = foretold(
        "sysctl -w net.ipv4.ip_forward=1", host(sysctl="net.ipv4.ip_forward = 0\n" + along.format(0, 1))
    )
    others = "net.ipv4.conf.all.accept_redirects=0 net.ipv4.conf.eth0.forwarding=1"
    assert back == ("sysctl -w net.ipv4.ip_forward=0", f"sysctl -w {others}")


def test_the_only_address_of_a_link_says_which_routes_go_with_it_and_brings_them_back() -> None:
    node = host(links=LINKS, routes=ROUTES)
    says_so, cutting, back = foretold("ip addr del 192.0.2.2/24 dev eth0", node)
    assert says_so == "eth0 loses the address 192.0.2.2/24"
    assert cutting == (
        "It is the only IPv4 address of eth0, and every route over eth0 goes with it; "
        "no route is left to default, 192.0.2.0/24"
    )
    assert back == ("ip addr add 192.0.2.2/24 brd 192.0.2.255 dev eth0", "ip route add default via 192.0.2.1 dev eth0")


def test_a_replaced_default_route_tells_both_ways() -> None:
    says_so, cutting, back = foretold("ip route replace default via 192.0.2.9", host(links=LINKS, routes=ROUTES))
    assert says_so == "the route to default from via 192.0.2.1 dev eth0 to via 192.0.2.9 dev eth0"
    assert cutting.startswith("Packets to default take the new route at once")
    assert back == ("ip route replace default via 192.0.2.1 dev eth0",)


def test_names_from_dumps_are_quoted_in_what_is_to_be_run() -> None:
    node = host(links=LINKS.replace("eth0", "e;reboot"))
    _, _, back = foretold("ip addr del 192.0.2.2/24 dev 'e;reboot'", node)
    assert back == ("ip addr add 192.0.2.2/24 brd 192.0.2.255 dev 'e;reboot'",)
