"""Who is a director, who a real server, which VIPs it carries - and which line told."""

from ipaddress import ip_address

import pytest

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.model.node import Node
from lvsdoctor.parse.paste.stream import pieces

LO = "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN\n    inet 127.0.0.1/8 scope host lo\n"
ETH0 = "2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP\n    link/ether 02:00:00:00:00:21\n"
TUNL0 = "3: tunl0@NONE: <NOARP,UP,LOWER_UP> mtu 1480 qdisc noqueue state UNKNOWN\n    link/ipip 0.0.0.0 brd 0.0.0.0\n"
DUMMY0 = "3: dummy0: <BROADCAST,NOARP,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP\n    link/ether 02:00:00:00:0d:00\n"
KUBE = DUMMY0.replace("dummy0", "kube-ipvs0")


def inet(address: str, link: str, scope: str = "global") -> str:
    return f"    inet {address} scope {scope} {link}\n"


def table(forwarding: str = "-g", rip: str = "192.0.2.21", vip: str = "192.0.2.10") -> str:
    return f"-A -t {vip}:80 -s rr\n-a -t {vip}:80 -r {rip}:80 {forwarding} -w 1\n"


def nodes(role: str = "auto", vips: tuple[str, ...] = (), **texts: str) -> dict[str, Node]:
    found = [NodeDump(piece, name, name) for name, text in texts.items() for piece in pieces(text, name)]
    standing = with_standing(nodes_of(found), role=role, vips=[ip_address(vip) for vip in vips])
    return {node.name: node for node in standing}


RS = LO + ETH0 + inet("192.0.2.21/24", "eth0")
RS_WITH_VIP = LO + inet("192.0.2.10/32", "lo") + ETH0 + inet("192.0.2.21/24", "eth0")
LB = LO + ETH0 + inet("192.0.2.2/24", "eth0") + inet("192.0.2.10/32", "eth0")


def roles(node: Node) -> list[str]:
    return [found.role.value for found in node.standing.roles]


def vips(node: Node) -> list[str]:
    return [str(vip.ip) for vip in node.vips]


def test_the_directors_table_tells_who_its_real_servers_are_and_what_they_must_carry() -> None:
    rs1 = nodes(lb1=LB + table(), rs1=RS)["rs1"]
    assert (roles(rs1), vips(rs1)) == (["real-server"], ["192.0.2.10"])
    assert rs1.standing.roles[0].why == "lb1 lists 192.0.2.21 as a real server of tcp 192.0.2.10:80"
    seen = rs1.standing.roles[0].seen
    assert seen is not None
    assert seen.text == "-a -t 192.0.2.10:80 -r 192.0.2.21:80 -g -w 1"


def test_a_node_with_virtual_services_is_a_director_and_no_real_server_of_its_own_vip() -> None:
    lb1 = nodes(lb1=LB + table(), rs1=RS)["lb1"]
    assert (roles(lb1), vips(lb1)) == (["director"], [])


def test_under_nat_a_real_server_has_no_vip_to_carry() -> None:
    rs1 = nodes(lb1=LB + table("-m"), rs1=RS)["rs1"]
    assert (roles(rs1), vips(rs1)) == (["real-server"], [])
    assert len(rs1.memberships) == 1


def test_a_host_that_nobody_lists_has_no_role_in_the_cluster() -> None:
    client = nodes(lb1=LB + table(), client=LO + ETH0 + inet("192.0.2.99/24", "eth0"))["client"]
    assert roles(client) == []


def test_two_directors_that_list_each_other_are_both_both() -> None:
    one = LO + ETH0 + inet("192.0.2.2/24", "eth0") + table(rip="192.0.2.3")
    two = LO + ETH0 + inet("192.0.2.3/24", "eth0") + table(rip="192.0.2.2", vip="192.0.2.11")
    both = nodes(lb1=one, lb2=two)
    assert [(roles(node), vips(node)) for node in both.values()] == [
        (["director", "real-server"], ["192.0.2.11"]),
        (["director", "real-server"], ["192.0.2.10"]),
    ]


PAIR = "-A -t 192.0.2.10:80 -s rr\n" + "".join(f"-a -t 192.0.2.10:80 -r 192.0.2.{n}:80 -g -w 1\n" for n in (2, 3))
STANDBY = LO + ETH0 + inet("192.0.2.3/24", "eth0") + PAIR


def test_the_standby_that_an_active_director_lists_is_a_real_server_of_its_own_vip() -> None:
    pair = nodes(lb1=LB + PAIR, lb2=STANDBY)
    assert {name: vips(node) for name, node in pair.items()} == {"lb1": [], "lb2": ["192.0.2.10"]}


def test_of_two_directors_that_both_keep_the_vip_off_the_wire_neither_is_the_active_one() -> None:
    on_lo = inet("192.0.2.10/32", "lo")
    pair = nodes(lb1=LO + on_lo + ETH0 + inet("192.0.2.2/24", "eth0") + PAIR, lb2=LO + on_lo + STANDBY[len(LO) :])
    assert {name: vips(node) for name, node in pair.items()} == {"lb1": [], "lb2": []}


def test_a_vip_in_no_subnet_is_sent_on_by_a_director_that_has_it_anywhere() -> None:
    pair = nodes(lb1=LO + inet("192.0.2.10/32", "lo") + ETH0 + inet("198.51.100.2/24", "eth0")
                 + PAIR.replace("192.0.2.3", "198.51.100.3"),
                 lb2=LO + ETH0 + inet("198.51.100.3/24", "eth0") + PAIR)  # fmt: skip
    assert vips(pair["lb2"]) == ["192.0.2.10"]


def test_whose_addresses_would_tell_the_active_director_is_said() -> None:
    pair = nodes(lb1=PAIR, lb2=STANDBY)
    assert vips(pair["lb2"]) == []
    assert set(pair["lb2"].standing.unsettled) == {"lb1"}


def test_localnode_alone_makes_no_real_server_of_the_director() -> None:
    assert roles(nodes(lb1=LB + table(rip="192.0.2.2"))["lb1"]) == ["director"]


def test_alone_an_address_on_lo_tells_a_real_server() -> None:
    rs1 = nodes(rs1=RS_WITH_VIP)["rs1"]
    assert (roles(rs1), vips(rs1)) == (["real-server"], ["192.0.2.10"])
    assert rs1.standing.roles[0].why == "carries 192.0.2.10 on lo, where a real server keeps its VIP"


def test_beside_a_director_only_its_vips_tell_a_real_server_that_nobody_lists() -> None:
    """A router has an address of its own on lo, or on a dummy link, and is no real server for that."""
    router = LO + inet("10.77.0.1/32", "lo") + ETH0 + inet("192.0.2.1/24", "eth0")
    quiesced = LO + inet("192.0.2.10/32", "lo") + ETH0 + inet("192.0.2.29/24", "eth0")
    found = nodes(lb=LB + table(), router=router, rs9=quiesced)
    assert (roles(found["router"]), roles(found["rs9"])) == ([], ["real-server"])
    assert roles(nodes(lb=LB + "-A -f 1 -s rr\n", router=router)["router"]) == ["real-server"]


def test_without_any_director_nobody_knows_who_lists_the_node() -> None:
    assert not nodes(rs1=RS_WITH_VIP)["rs1"].has("memberships")


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        (DUMMY0 + inet("192.0.2.10/32", "dummy0"), ["real-server"]),
        (TUNL0 + inet("192.0.2.10/32", "tunl0"), ["real-server"]),
        (TUNL0 + inet("10.244.1.0/32", "tunl0"), []),
        (KUBE + inet("10.96.0.1/32", "kube-ipvs0"), []),
        ("", []),
    ],
    ids=[
        "a dummy link",
        "a tunnel, VIP of the wire's subnet",
        "a container network's tunnel",
        "kube-proxy",
        "nothing",
    ],
)
def test_where_an_address_tells_a_real_server(link: str, expected: list[str]) -> None:
    assert roles(nodes(rs1=RS + link)["rs1"]) == expected


def test_nothing_collected_is_not_no_role() -> None:
    assert nodes(rs1="net.ipv4.ip_forward = 0\n")["rs1"].standing.undecided == {"addresses", "ipvs"}


def test_the_user_s_vip_counts_instead_of_what_is_on_lo() -> None:
    rs1 = nodes(rs1=RS_WITH_VIP, vips=("198.51.100.10",))["rs1"]
    assert (roles(rs1), vips(rs1)) == (["real-server"], ["198.51.100.10"])
    assert rs1.standing.roles[0].why == "--vip 198.51.100.10 and no virtual service"


def test_the_user_s_role_counts() -> None:
    assert roles(nodes(role="none", rs1=RS_WITH_VIP)["rs1"]) == []
    forced = nodes(role="real-server", rs1=RS_WITH_VIP)["rs1"]
    assert (roles(forced), vips(forced)) == (["real-server"], ["192.0.2.10"])


def test_an_ipv6_vip_counts_like_any() -> None:
    text = LO + ETH0 + "    inet6 2001:db8::21/64 scope global\n"
    rs1 = nodes(
        lb1=LB + "-A -t [2001:db8::10]:80 -s rr\n-a -t [2001:db8::10]:80 -r [2001:db8::21]:80 -g -w 1\n", rs1=text
    )["rs1"]
    assert vips(rs1) == ["2001:db8::10"]


MARKED = "-A -f 1 -s rr\n-a -f 1 -r 192.0.2.21:80 -g -w 1\n"


def mangle(*rules: str) -> str:
    chains = "".join(f":{name} ACCEPT [0:0]\n" for name in ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"))
    heading = "# Generated by iptables-save v1.8.9 on Sun Nov 29 10:24:21 2026\n"
    return f"{heading}*mangle\n{chains}" + "".join(f"-A {rule}\n" for rule in rules) + "COMMIT\n"


@pytest.mark.parametrize("chain", ["PREROUTING", "INPUT"])
def test_the_vips_of_a_mark_are_what_the_rules_of_its_director_give_the_mark(chain: str) -> None:
    rule = f"{chain} -d 192.0.2.10/32 -p tcp -m tcp --dport 80 -j MARK --set-xmark 0x1/0xffffffff"
    other = f"{chain} -d 192.0.2.11/32 -p tcp -m tcp --dport 80 -j MARK --set-xmark 0x2/0xffffffff"
    rs1 = nodes(lb1=LB + MARKED + mangle(rule, other), rs1=RS)["rs1"]
    assert (roles(rs1), vips(rs1)) == (["real-server"], ["192.0.2.10"])
    assert rs1.vips[0].seen.text == f"-A {rule}"


@pytest.mark.parametrize(
    "rule",
    [
        "PREROUTING -d 192.0.2.0/24 -j MARK --set-xmark 0x1/0xffffffff",
        "PREROUTING -p tcp -m tcp --dport 80 -j MARK --set-xmark 0x1/0xffffffff",
        "PREROUTING -m set --match-set vips dst -j MARK --set-xmark 0x1/0xffffffff",
        "PREROUTING -d 192.0.2.10/32 -j MARK --set-xmark 0x2/0xffffffff",
    ],
)
def test_a_mark_that_names_no_address_tells_no_vip(rule: str) -> None:
    assert vips(nodes(lb1=LB + MARKED + mangle(rule), rs1=RS)["rs1"]) == []


FILTER = "-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n-A INPUT -m state --state NEW -j REJECT\n"


def of_file(name: str, text: str) -> Node:
    (node,) = with_standing(nodes_of([NodeDump(piece, "x", "x") for piece in pieces(text, name)]))
    return node


@pytest.mark.parametrize("name", ["director.iptables-S.txt", "x/lvs-director1.iptables.txt", "old_director.iptables"])
def test_a_host_that_shows_its_filter_alone_is_what_its_file_is_called(name: str) -> None:
    node = of_file(name, FILTER)
    assert [found.why for found in node.standing.roles] == [f"so says the name of {name}"]


@pytest.mark.parametrize("name", ["directory.iptables.txt", "iptables.txt", "directors/iptables.txt"])
def test_other_names_tell_no_role(name: str) -> None:
    assert not roles(of_file(name, FILTER))


def test_a_file_called_after_a_director_makes_none_of_a_host_that_shows_its_addresses() -> None:
    assert not roles(of_file("director.txt", RS))
    assert roles(of_file("director.txt", RS_WITH_VIP)) == ["real-server"]
