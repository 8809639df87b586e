"""`ip addr`: every address with its link, its label and the line it stands on."""

from ipaddress import ip_address, ip_network

import pytest

from lvsdoctor.parse.iproute.ip_addr import IpAddr
from tests.parse.driving_ip import drive, without_seen

REAL_SERVER = """\
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
       valid_lft forever preferred_lft forever
    inet 192.0.2.10/32 brd 192.0.2.10 scope global lo:0
       valid_lft forever preferred_lft forever
    inet6 ::1/128 scope host
       valid_lft forever preferred_lft forever
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP group default qlen 1000
    link/ether 02:00:00:00:00:0A brd ff:ff:ff:ff:ff:ff
    inet 192.0.2.21/24 brd 192.0.2.255 scope global dynamic noprefixroute eth0
       valid_lft 1799sec preferred_lft 1799sec
    inet 192.0.2.22/24 scope global secondary eth0:5
       valid_lft forever preferred_lft forever
    inet6 fe80::1/64 scope link tentative noprefixroute dadfailed
       valid_lft forever preferred_lft forever
"""


def test_every_address_knows_its_line() -> None:
    found = drive(IpAddr, REAL_SERVER)
    assert [(str(row), row.link, row.seen.line) for row in found["addresses"]] == [
        ("127.0.0.1/8", "lo", 3),
        ("192.0.2.10/32", "lo", 5),
        ("::1/128", "lo", 7),
        ("192.0.2.21/24", "eth0", 11),
        ("192.0.2.22/24", "eth0", 13),
        ("fe80::1/64", "eth0", 15),
    ]
    assert found["addresses"][1].seen.text == "    inet 192.0.2.10/32 brd 192.0.2.10 scope global lo:0"
    assert found.refused == ()
    assert found.unread == []


def test_label_scope_and_broadcast_are_kept() -> None:
    vip = drive(IpAddr, REAL_SERVER)["addresses"][1]
    assert (vip.label, vip.scope, vip.broadcast) == ("lo:0", "global", ip_address("192.0.2.10"))


def test_words_between_scope_and_label_are_flags() -> None:
    rows = drive(IpAddr, REAL_SERVER)["addresses"]
    assert rows[3].flags == {"dynamic", "noprefixroute"}
    assert rows[4].secondary
    assert rows[5].flags == {"tentative", "noprefixroute", "dadfailed"}
    assert (rows[0].flags, rows[2].label) == (frozenset(), "")


def test_links_are_told_too() -> None:
    lo, eth0 = drive(IpAddr, REAL_SERVER)["links"]
    assert (lo.name, lo.index, lo.mtu, lo.state, lo.type, lo.seen.line) == ("lo", 1, 65536, "UNKNOWN", "loopback", 1)
    assert lo.loopback
    assert (eth0.mac, eth0.kind, eth0.master) == ("02:00:00:00:00:0a", None, None)
    assert eth0.flags == {"BROADCAST", "MULTICAST", "UP", "LOWER_UP"}


def test_a_label_may_be_another_links_name() -> None:
    text = "10: eth13: <UP> mtu 1500\n    inet 198.51.100.21/24 scope global eth3\n"
    row = drive(IpAddr, text).row("addresses")
    assert (row.link, row.label) == ("eth13", "eth3")


def test_the_prefix_of_a_point_to_point_address_is_its_peers() -> None:
    text = "8: tun0: <UP> mtu 1500\n    inet 198.51.100.1 peer 198.51.100.2/30 scope global tun0\n"
    row = drive(IpAddr, text).row("addresses")
    assert (row.prefixlen, row.peer) == (30, ip_network("198.51.100.0/30"))


def test_a_peer_without_length_is_a_host() -> None:
    text = "8: tun0: <UP> mtu 1500\n    inet 198.51.100.1 peer 198.51.100.2 scope global tun0\n"
    assert drive(IpAddr, text).row("addresses").peer == ip_network("198.51.100.2/32")


def test_one_line_addresses_give_no_links() -> None:
    text = (
        "1: lo    inet 192.0.2.10/32 scope global lo:0\\       valid_lft forever preferred_lft forever\n"
        "2: eth0    inet6 2001:db8::10/64 scope global nodad \\       valid_lft forever preferred_lft forever\n"
    )
    found = drive(IpAddr, text)
    assert found.facts == {"addresses"}
    assert [(str(row), row.link, row.label, row.seen.line) for row in found["addresses"]] == [
        ("192.0.2.10/32", "lo", "lo:0", 1),
        ("2001:db8::10/64", "eth0", "", 2),
    ]


def test_old_one_line_output_has_links_as_well() -> None:
    text = (
        "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 16436 qdisc noqueue state UNKNOWN \\    link/loopback 00:00:00:00:00:00\n"
        "1: lo    inet 127.0.0.1/8 scope host lo\n"
    )
    found = drive(IpAddr, text)
    assert found.row("links").type == "loopback"
    assert found.row("addresses").link == "lo"


def test_indentation_does_not_matter() -> None:
    indented = "".join(f"  {line}\n" for line in REAL_SERVER.splitlines())
    plain = drive(IpAddr, REAL_SERVER)
    assert without_seen(drive(IpAddr, indented)["addresses"]) == without_seen(plain["addresses"])
    assert without_seen(drive(IpAddr, indented)["links"]) == without_seen(plain["links"])


def test_statistics_change_nothing() -> None:
    counters = (
        "    RX: bytes  packets  errors  dropped overrun mcast\n    884        98       0       0       0       0\n"
    )
    text = REAL_SERVER.replace("2: eth0", counters + "2: eth0") + counters
    found = drive(IpAddr, text)
    assert found.refused == ()
    assert without_seen(found["addresses"]) == without_seen(drive(IpAddr, REAL_SERVER)["addresses"])


def test_grepped_lines_tell_their_link_by_the_label() -> None:
    text = "    inet 192.0.2.10/32 scope global lo:0\n    inet6 fe80::1/64 scope link\n"
    found = drive(IpAddr, text)
    assert found.row("addresses").link == "lo"
    assert found.unread == ["inet6 fe80::1/64 scope link"]
    assert found.facts == {"addresses"}


def test_a_masked_address_is_unread_and_the_rest_is_not() -> None:
    text = REAL_SERVER.replace("192.0.2.21/24 brd 192.0.2.255", "x.x.x.21/24 brd x.x.x.255")
    found = drive(IpAddr, text)
    assert found.unread == ["inet x.x.x.21/24 brd x.x.x.255 scope global dynamic noprefixroute eth0"]
    assert "192.0.2.22/24" in [str(row) for row in found["addresses"]]


@pytest.mark.parametrize(
    "line",
    ["inet 192.0.2.10/33 scope global lo", "inet 192.0.2.10/ scope global lo", "inet 2001:db8::1/64 scope global lo"],
)
def test_an_address_that_cannot_be_is_unread(line: str) -> None:
    found = drive(IpAddr, f"1: lo: <UP> mtu 1500\n    {line}\n")
    assert found.unread == [line]
    assert "addresses" not in found.facts


def test_a_line_cut_off_inside_the_address_is_not_taken() -> None:
    found = drive(IpAddr, "1: lo: <UP> mtu 1500\n    inet 192.0.2.1\n")
    assert [seen.line for seen in found.refused] == [2]


def test_the_same_link_again_is_a_second_dump() -> None:
    found = drive(IpAddr, REAL_SERVER + REAL_SERVER)
    assert found.refused[0].text.startswith("1: lo:")


def test_ip_addr_without_any_address_says_so_only_if_told() -> None:
    text = (
        "2: eth0: <BROADCAST> mtu 1500 qdisc noop state DOWN\n    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff\n"
    )
    assert drive(IpAddr, text).facts == {"links"}
    assert drive(IpAddr, text, command="ip link").facts == {"links"}
    for command in ("ip a", "/sbin/ip -4 addr show", "ip -d address list dev eth0"):
        assert drive(IpAddr, text, command=command)["addresses"] == ()


@pytest.mark.parametrize(
    "line",
    [
        "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN",
        "7: foo:veth0@eth0@veth0: <BROADCAST,MULTICAST,M-DOWN> mtu 1500 qdisc noop state DOWN",
        "  4: docker0: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1500",
        "2: eth0    inet 192.0.2.5/24 brd 192.0.2.255 scope global eth0\\       valid_lft forever",
        "    inet6 fe80::5054:ff:feff:30cf/64 scope link",
    ],
)
def test_it_starts_at(line: str) -> None:
    assert IpAddr.starts(line)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "net.ipv4.conf.lo.arp_ignore = 1",
        "0:\tfrom all lookup local",
        "2: ens3: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 master br0 state forwarding priority 32 cost 100",
        "eth0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500",
        "        inet 192.0.2.1  netmask 255.255.255.0  broadcast 192.0.2.255",
        "        inet6 fe80::1  prefixlen 64  scopeid 0x20<link>",
        "\tinet  224.0.0.1",
        "1:\tlo",
        "1: the first point: <see> below",
        "inet is a scope global thing",
        "TCP  192.0.2.10:80 rr",
        "73：kube-ipvs0：<BROADCAST,NOARP>  mtu 1500 qdisc noop state DOWN qlen 1000",
    ],
)
def test_it_does_not_start_at(line: str) -> None:
    assert not IpAddr.starts(line)


def test_other_dumps_below_are_refused() -> None:
    others = "net.ipv4.ip_forward = 1\nTCP  192.0.2.10:80 rr\n    bucket 1\n  -> 192.0.2.21:80 Route 1 0 0\n"
    found = drive(IpAddr, REAL_SERVER + others)
    assert [seen.line for seen in found.refused] == [17, 18, 19, 20]
