"""Where an address is asked for and in whose name, and what is said where it cannot be."""

from ipaddress import ip_address

import pytest

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.model.node import Node
from lvsdoctor.parse.paste.stream import pieces
from lvsdoctor.probe.targets import NOBODY, ProbePlan, Question, plan, reasons, rips_known, vips_known
from lvsdoctor.probe.wire import CannotProbe

VIP = ip_address("192.0.2.10")
VIP6 = ip_address("2001:db8::10")
LO = "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN\n    link/loopback 00:00:00:00:00:00\n"
RULES = "# ip rule\n0: from all lookup local\n32766: from all lookup main\n32767: from all lookup default\n"


def link(
    name: str, *inside: str, flags: str = "BROADCAST,MULTICAST,UP,LOWER_UP", state: str = "UP", more: str = ""
) -> str:
    number = 2 + sum(map(ord, name)) % 90
    mac = f"    link/ether 02:00:00:00:00:{number:02x} brd ff:ff:ff:ff:ff:ff\n"
    held = "".join(f"    inet{'6' * (':' in text)} {text} {name if ':' not in text else ''}\n" for text in inside)
    return f"{number}: {name}: <{flags}> mtu 1500 qdisc mq {more}state {state}\n{mac}{held}"


def prober(*links: str, routes: str = "", table: str = "") -> Node:
    texts = ("# ip -d addr\n" + LO + "".join(links), RULES, f"# ip route show table all\n{routes}", table)
    found = [NodeDump(piece, "lb1", "lb1") for text in texts for piece in pieces(text, "dump")]
    (node,) = with_standing(nodes_of(found))
    assert not node.unread, node.unread
    return node


ETH0 = link("eth0", "192.0.2.2/24 scope global")


def questions(planned: ProbePlan) -> list[tuple[str, list[str]]]:
    assert not planned.unasked, planned.unasked
    return [(each.link, list(map(str, each.senders))) for each in planned.questions]


def why_not(planned: ProbePlan) -> str:
    assert not planned.questions, planned.questions
    (unasked,) = planned.unasked
    return unasked.why


def notes(planned: ProbePlan) -> str:
    (question,) = planned.questions
    return "; ".join(question.notes)


def test_asks_where_the_subnet_is_as_itself_and_as_nobody() -> None:
    node = prober(ETH0, link("eth1", "198.51.100.2/24 scope global"))
    assert questions(plan(node, [VIP])) == [("eth0", ["192.0.2.2", "0.0.0.0"])]


def test_asks_on_every_link_whose_subnet_it_is() -> None:
    node = prober(ETH0, link("eth1", "192.0.2.3/25 scope global"))
    assert questions(plan(node, [VIP])) == [("eth0", ["192.0.2.2", "0.0.0.0"]), ("eth1", ["192.0.2.3", "0.0.0.0"])]


@pytest.mark.parametrize("mask", ["32", "24"])
def test_never_asks_in_the_name_of_a_vip(mask: str) -> None:
    """arping does, where the VIP stands first: real servers take that for a martian and keep quiet."""
    held = link("eth0", f"192.0.2.10/{mask} scope global", "192.0.2.2/24 scope global")
    assert questions(plan(prober(held), [VIP])) == [("eth0", ["192.0.2.2", "0.0.0.0"])]


def test_never_asks_in_the_name_of_another_vip_that_is_known() -> None:
    held = link("eth0", "192.0.2.11/24 scope global", "192.0.2.2/24 scope global")
    planned = plan(prober(held), [VIP], vips=[ip_address("192.0.2.11")])
    assert questions(planned) == [("eth0", ["192.0.2.2", "0.0.0.0"])]


def test_a_link_with_nothing_but_vips_sends_address_probes_alone() -> None:
    planned = plan(prober(link("eth0", "192.0.2.10/24 scope global")), [VIP])
    assert questions(planned) == [("eth0", ["0.0.0.0"])]
    assert "eth0 has no IPv4 address but VIPs, so only address probes (sender 0.0.0.0) are sent" in notes(planned)


def test_a_link_without_ipv4_sends_address_probes_alone_and_says_so() -> None:
    planned = plan(prober(link("eth0")), [VIP], link="eth0")
    assert questions(planned) == [("eth0", ["0.0.0.0"])]
    assert "eth0 has no IPv4 address, so only address probes" in notes(planned)


def test_from_another_subnet_it_warns_that_hosts_may_keep_quiet() -> None:
    planned = plan(prober(link("eth1", "198.51.100.2/24 scope global")), [VIP], link="eth1")
    assert questions(planned) == [("eth1", ["198.51.100.2", "0.0.0.0"])]
    assert "198.51.100.2 is in another subnet" in notes(planned)


def test_its_own_address_is_asked_for_and_known_to_be_its_own() -> None:
    node = prober(link("eth0", "192.0.2.2/24 scope global", "192.0.2.10/32 scope global"))
    (question,) = plan(node, [VIP]).questions
    assert question.own


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (link("eth0", "192.0.2.2/24 scope global", flags="BROADCAST,MULTICAST", state="DOWN"), "eth0 is down"),
        (
            link("eth0", "192.0.2.2/24 scope global", flags="NO-CARRIER,BROADCAST,MULTICAST,UP", state="DOWN"),
            "eth0 is up, but has no carrier",
        ),
        (
            link("eth0", "192.0.2.2/24 scope global", flags="BROADCAST,NOARP,UP,LOWER_UP"),
            "eth0 uses no ARP (ether, NOARP)",
        ),
        (
            link("eth0", "192.0.2.2/24 scope global", more="master bond0 "),
            "eth0 is a port of bond0, where its ARP is: probe on bond0",
        ),
    ],
    ids=["down", "no carrier", "NOARP", "port of a bond"],
)
def test_a_link_that_cannot_be_asked_says_which_kind_of_trouble_it_is(made: str, says: str) -> None:
    assert says in why_not(plan(prober(made), [VIP], link="eth0"))


def test_loopback_is_refused_by_name() -> None:
    assert "lo is the loopback interface" in why_not(plan(prober(ETH0), [VIP], link="lo"))


def test_another_link_of_the_subnet_stands_in_for_one_that_is_down() -> None:
    down = link("eth1", "192.0.2.3/24 scope global", flags="BROADCAST,MULTICAST", state="DOWN")
    assert questions(plan(prober(ETH0, down), [VIP])) == [("eth0", ["192.0.2.2", "0.0.0.0"])]


def test_a_vip_behind_a_router_names_the_router() -> None:
    node = prober(
        ETH0, routes="default via 192.0.2.1 dev eth0\n192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.2\n"
    )
    said = why_not(plan(node, [ip_address("203.0.113.10")]))
    assert said == (
        "203.0.113.10 is in no subnet of this host but behind 192.0.2.1 on eth0: probe from a host beside it"
    )


def test_of_a_thousand_vips_in_no_subnet_three_are_named() -> None:
    far = [ip_address(f"203.0.113.{last}") for last in range(1, 101)]
    said = reasons(plan(prober(ETH0), far).unasked)
    assert said.startswith("203.0.113.1 is in no subnet of this host; 203.0.113.2 is in no subnet")
    assert said.endswith("; and 97 more like these")


def test_an_unknown_link_is_named_with_those_that_there_are() -> None:
    with pytest.raises(CannotProbe, match=r"unknown interface 'eht0' \(known: lo, eth0\)"):
        plan(prober(ETH0), [VIP], link="eht0")


def test_wireless_vlan_and_bond_links_are_told_apart() -> None:
    vlan = (
        link("eth0.7", "192.0.2.2/24 scope global")
        .replace("eth0.7:", "eth0.7@eth0:")
        .replace("    inet", "    vlan protocol 802.1Q id 7 <REORDER_HDR>\n    inet", 1)
    )
    bond = link("bond0", "192.0.2.2/24 scope global").replace(
        "    inet", "    bond mode active-backup active_slave eth0 miimon 100\n    inet", 1
    )
    wlan = plan(prober(link("wlan0", "192.0.2.2/24 scope global")), [VIP], wireless={"wlan0"})
    assert "wlan0 is wireless: an access point may answer for others" in notes(wlan)
    assert "eth0.7 is a VLAN on eth0: only hosts of that VLAN receive this" in notes(plan(prober(vlan), [VIP]))
    assert "bond0 is a bond: its active port sends and receives" in notes(plan(prober(bond), [VIP]))


def test_ipv6_is_asked_for_from_the_link_local_address() -> None:
    """And never from `::`: whoever answers that tells all nodes, and the probe itself would move the VIP."""
    six = link("eth0", "2001:db8::2/64 scope global", "fe80::2/64 scope link")
    assert questions(plan(prober(six), [VIP6])) == [("eth0", ["fe80::2"])]


def test_ipv6_is_not_asked_for_from_an_address_that_is_not_usable() -> None:
    six = link("eth0", "2001:db8::2/64 scope global tentative", "fe80::2/64 scope link dadfailed tentative")
    assert why_not(plan(prober(six), [VIP6])) == "eth0 has no usable IPv6 address to ask from"


def test_a_table_tells_the_vips_and_the_rips() -> None:
    node = prober(ETH0, table="-A -t 192.0.2.10:80 -s rr\n-a -t 192.0.2.10:80 -r 192.0.2.21:80 -g -w 1\n")
    assert vips_known([node]) == (VIP,)
    assert rips_known([node]) == (ip_address("192.0.2.21"),)


def test_nobody_is_the_address_probe_of_rfc_5227() -> None:
    assert str(NOBODY) == "0.0.0.0"
    assert isinstance(plan(prober(ETH0), [VIP]).questions[0], Question)
