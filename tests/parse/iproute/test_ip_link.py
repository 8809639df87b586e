"""`ip link`: what a link is, whose port it is, and what stands below it."""

from lvsdoctor.parse.iproute.ip_addr import IpAddr
from tests.parse.driving_ip import drive

DETAILED = """\
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN mode DEFAULT group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00 promiscuity 0 minmtu 0 maxmtu 0 numtxqueues 1 numrxqueues 1
2: eth0@if12: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue master br0 state UP mode DEFAULT group default
    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff link-netnsid 0 promiscuity 1 minmtu 68 maxmtu 65535
    veth
    bridge_slave state forwarding priority 32 cost 2 hairpin off numtxqueues 1 numrxqueues 1
3: br0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP mode DEFAULT group default qlen 1000
    link/ether 02:00:00:00:00:03 brd ff:ff:ff:ff:ff:ff promiscuity 0 minmtu 68 maxmtu 65535
    bridge forward_delay 1500 vlan_filtering 0 nf_call_arptables 1 numtxqueues 1 numrxqueues 1
4: tunl0@NONE: <NOARP,UP,LOWER_UP> mtu 1480 qdisc noqueue state UNKNOWN mode DEFAULT group default qlen 1000
    link/ipip 0.0.0.0 brd 0.0.0.0 promiscuity 0 minmtu 0 maxmtu 0
    ipip any remote any local any ttl inherit nopmtudisc numtxqueues 1 numrxqueues 1
5: tun5@eth0: <POINTOPOINT,NOARP,UP,LOWER_UP> mtu 1480 qdisc noqueue state UNKNOWN mode DEFAULT group default
    link/ipip 192.0.2.10 peer 192.0.2.21 promiscuity 0
    ipip remote 192.0.2.21 local 192.0.2.10 dev eth0 ttl 64 pmtudisc encap fou encap-sport auto encap-dport 5555
6: bond0.57@bond0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP mode DEFAULT group default
    link/ether 02:00:00:00:00:06 brd ff:ff:ff:ff:ff:ff promiscuity 0
    vlan protocol 802.1Q id 57 <REORDER_HDR> addrgenmode eui64 numtxqueues 1
7: eth1: <BROADCAST,MULTICAST,SLAVE,UP,LOWER_UP> mtu 1500 qdisc mq master bond0 state UP mode DEFAULT group default
    link/ether 02:00:00:00:00:07 brd ff:ff:ff:ff:ff:ff promiscuity 0
    bond_slave state ACTIVE mii_status UP numtxqueues 1
    RX:  bytes  packets errors dropped  missed   mcast
    6539676111 45171801      0  505436       0       0
    altname enx020000000007
"""


def test_links_come_alone_even_when_nothing_told_the_command() -> None:
    found = drive(IpAddr, DETAILED)
    assert found.facts == {"links"}
    assert found.refused == ()
    assert found.unread == []
    assert [link.seen.line for link in found["links"]] == [1, 3, 7, 10, 13, 16, 19]


def test_the_kind_is_the_first_word_of_the_details() -> None:
    kinds = {link.name: link.kind for link in drive(IpAddr, DETAILED)["links"]}
    assert kinds == {
        "lo": "",
        "eth0": "veth",
        "br0": "bridge",
        "tunl0": "ipip",
        "tun5": "ipip",
        "bond0.57": "vlan",
        "eth1": "",
    }


def test_without_details_no_kind_is_known() -> None:
    plain = "\n".join(line for line in DETAILED.splitlines() if not line.startswith(" "))
    assert {link.kind for link in drive(IpAddr, plain)["links"]} == {None}


def test_details_that_show_nothing_still_tell_that_there_is_no_kind() -> None:
    text = "2: eth0: <UP> mtu 1500 qdisc mq state UP mode DEFAULT\n    link/ether 02:00:00:00:00:01\n"
    assert drive(IpAddr, text).row("links").kind is None
    assert drive(IpAddr, text, command="ip -d link").row("links").kind == ""


def test_a_port_says_whose_it_is() -> None:
    links = {link.name: link for link in drive(IpAddr, DETAILED)["links"]}
    assert (links["eth0"].master, links["eth0"].kind_of_port) == ("br0", "bridge")
    assert (links["eth1"].master, links["eth1"].kind_of_port) == ("bond0", "bond")
    assert links["br0"].kind_of_port is None


def test_the_parent_stands_behind_the_last_at() -> None:
    parents = {link.name: link.parent for link in drive(IpAddr, DETAILED)["links"]}
    assert parents["eth0"] == "if12"
    assert parents["tunl0"] is None
    assert parents["bond0.57"] == "bond0"
    odd = drive(IpAddr, "7: foo-veth0@eth0@veth0: <UP,M-DOWN> mtu 1500 qdisc noop state DOWN\n").row("links")
    assert (odd.name, odd.parent) == ("foo-veth0@eth0", "veth0")


def test_what_stands_under_a_name_that_no_link_has_is_unread_and_nobody_elses() -> None:
    text = """\
2: eth0: <UP> mtu 1500 qdisc mq state UP
    inet 192.0.2.2/24 scope global eth0
7: foo:veth0@eth1: <UP> mtu 1500 qdisc noop state UP
    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff
    inet 192.0.2.3/24 scope global foo:veth0
8: eth2: <UP> mtu 1500 qdisc mq state UP
    inet 192.0.2.4/24 scope global eth2
"""
    driven = drive(IpAddr, text)
    assert [link.name for link in driven["links"]] == ["eth0", "eth2"]
    assert [(str(held.ip), held.link) for held in driven["addresses"]] == [("192.0.2.2", "eth0"), ("192.0.2.4", "eth2")]
    assert [seen.line for seen in driven.dump.unread] == [3, 5]


def test_a_tunnel_tells_its_ends_and_encapsulation() -> None:
    links = {link.name: link for link in drive(IpAddr, DETAILED)["links"]}
    assert links["tunl0"].detail == {"remote": "any", "local": "any"}
    assert links["tun5"].detail == {
        "remote": "192.0.2.21",
        "local": "192.0.2.10",
        "dev": "eth0",
        "ttl": "64",
        "encap": "fou",
        "encap-sport": "auto",
        "encap-dport": "5555",
    }
    assert (links["tunl0"].type, links["tunl0"].mac) == ("ipip", "")


def test_a_tunnels_ends_are_known_without_details() -> None:
    text = "4: tunl1: <NOARP> mtu 1480 qdisc noop state DOWN\n    link/ipip 192.0.2.10 peer 192.0.2.21\n"
    assert drive(IpAddr, text).row("links").detail == {"local": "192.0.2.10", "remote": "192.0.2.21"}


# As iproute2 6.1 prints them.
OVER_IPV6 = """\
38: ip6tnl1@NONE: <POINTOPOINT,NOARP> mtu 1452 qdisc noop state DOWN mode DEFAULT group default qlen 1000
    link/tunnel6 2001:db8::21 peer 2001:db8::2 permaddr 2e4d:de6c:6671:: promiscuity 0 minmtu 68 maxmtu 65407
    ip6tnl any remote 2001:db8::2 local 2001:db8::21 hoplimit {} encaplimit 4 tclass 0x00 numtxqueues 1
"""
EXTERNAL = """\
34: ipip4@NONE: <NOARP> mtu 1480 qdisc noop state DOWN mode DEFAULT group default qlen 1000
    link/ipip 0.0.0.0 brd 0.0.0.0 promiscuity 0 minmtu 0 maxmtu 0
    ipip external any remote any local any ttl inherit pmtudisc numtxqueues 1
"""


def test_a_tunnel_over_ipv6_calls_its_ttl_a_hoplimit() -> None:
    ends = {"remote": "2001:db8::2", "local": "2001:db8::21"}
    assert drive(IpAddr, OVER_IPV6.format(64)).row("links").detail == {**ends, "ttl": "64"}
    assert drive(IpAddr, OVER_IPV6.format("inherit")).row("links").detail == ends


def test_an_external_tunnel_has_no_ends() -> None:
    assert drive(IpAddr, EXTERNAL).row("links").detail == {"external": "on"}


def test_vlan_and_bridge_details_are_kept() -> None:
    links = {link.name: link for link in drive(IpAddr, DETAILED)["links"]}
    assert links["bond0.57"].detail == {"protocol": "802.1Q", "id": "57"}
    assert links["br0"].detail == {"vlan_filtering": "0", "nf_call_arptables": "1"}


def test_kinds_are_known_where_old_iproute2_says_no_promiscuity() -> None:
    text = "3: eth0.11@eth0: <UP> mtu 1500 qdisc noqueue state UP\n    link/ether 02:00:00:00:00:03\n    vlan id 11\n"
    link = drive(IpAddr, text).row("links")
    assert (link.kind, link.detail) == ("vlan", {"id": "11"})


def test_one_line_links_read_like_the_others() -> None:
    blocks: list[str] = []
    for line in DETAILED.splitlines():
        if line.startswith(" "):
            blocks[-1] += "\\" + line
        else:
            blocks.append(line)
    plain, one_line = drive(IpAddr, DETAILED)["links"], drive(IpAddr, "\n".join(blocks))["links"]
    assert [(link.name, link.kind, link.kind_of_port, link.detail, link.type) for link in one_line] == [
        (link.name, link.kind, link.kind_of_port, link.detail, link.type) for link in plain
    ]
    assert one_line[1].seen.line == 2


def test_an_unknown_line_under_a_link_is_refused() -> None:
    text = "2: eth0: <UP> mtu 1500 qdisc mq state UP\n    link/ether 02:00:00:00:00:01\n    some words of a note\n"
    assert [seen.line for seen in drive(IpAddr, text).refused] == [3]
