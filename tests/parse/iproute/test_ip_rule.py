"""`ip rule`: what a rule matches and where it sends the lookup."""

from ipaddress import ip_network

import pytest

from lvsdoctor.parse.iproute.ip_rule import IpRule
from lvsdoctor.parse.paste.stream import pieces
from tests.parse.driving_ip import drive

RULES = """\
0:\tfrom all lookup local
10:\tfrom 192.0.2.0/24 fwmark 0x1/0xff lookup 100
11:\tnot from 192.0.2.7 iif eth0 oif nope [detached] lookup 100
12:\tfrom all to 198.51.100.1 blackhole
13:\tfrom all lookup main suppress_prefixlength 0
14:\tfrom all goto 32766
16:\tfrom all nop
17:\tfrom all tos 0x10 prohibit
18:\tfrom all uidrange 0-99 ipproto tcp sport 100-200 dport 80 unreachable
19:\tfrom all fwmark 0x7 lookup 100 proto static
1000:\tfrom all lookup [l3mdev-table]
32766:\tfrom all lookup main
32767:\tfrom all lookup default
"""


def test_every_rule_is_read() -> None:
    found = drive(IpRule, RULES)
    assert [(rule.priority, rule.seen.line) for rule in found["policy-rules"]][-2:] == [(32766, 12), (32767, 13)]
    assert (found.refused, found.unread) == ((), [])


def test_actions_and_their_tables() -> None:
    rules = {rule.priority: rule for rule in drive(IpRule, RULES)["policy-rules"]}
    assert (rules[0].action, rules[0].table) == ("lookup", "local")
    assert (rules[14].action, rules[14].target) == ("goto", 32766)
    assert [rules[p].action for p in (12, 16, 17, 18)] == ["blackhole", "nop", "prohibit", "unreachable"]
    assert (rules[1000].action, rules[1000].l3mdev, rules[1000].table) == ("lookup", True, "")


def test_selectors() -> None:
    rules = {rule.priority: rule for rule in drive(IpRule, RULES)["policy-rules"]}
    assert (rules[0].src, rules[0].dst, rules[0].fwmark) == (None, None, None)
    assert (rules[10].src, rules[10].fwmark, rules[10].fwmask) == (ip_network("192.0.2.0/24"), 1, 0xFF)
    assert (rules[11].negated, rules[11].src) == (True, ip_network("192.0.2.7/32"))
    assert (rules[11].iif, rules[11].oif) == ("eth0", "nope")
    assert rules[12].dst == ip_network("198.51.100.1/32")
    assert rules[13].suppress_prefixlength == 0
    assert (rules[17].tos, rules[19].fwmask) == (16, 0xFFFFFFFF)
    assert rules[18].other == ("uidrange 0-99", "ipproto tcp", "sport 100-200", "dport 80")


def test_host_bits_do_not_matter_in_a_rule() -> None:
    text = "3232240897:\tfrom 192.168.21.1/24 lookup 3232240897\n"
    rule = drive(IpRule, text).row("policy-rules")
    assert (str(rule.src), rule.table) == ("192.168.21.0/24", "3232240897")


def test_the_family_is_the_commands_or_that_of_an_address() -> None:
    text = "0:\tfrom all lookup local\n100:\tfrom 2001:db8::/32 lookup 200\n"
    assert {rule.family for rule in drive(IpRule, text)["policy-rules"]} == {6}
    assert {rule.family for rule in drive(IpRule, RULES)["policy-rules"]} == {4}
    assert drive(IpRule, "0:\tfrom all lookup local\n", command="ip -6 rule").row("policy-rules").family == 6


def test_rules_without_an_address_are_those_of_the_family_that_has_no_table_default() -> None:
    two, third = "0:\tfrom all lookup local\n32766:\tfrom all lookup main\n", "32767:\tfrom all lookup default\n"
    assert {rule.family for rule in drive(IpRule, two)["policy-rules"]} == {6}
    assert {rule.family for rule in drive(IpRule, two + third)["policy-rules"]} == {4}
    marked = two.replace("32766", "100:\tfrom all fwmark 0x1 lookup 100\n32766", 1)
    assert {rule.family for rule in drive(IpRule, marked)["policy-rules"]} == {6}
    assert {rule.family for rule in drive(IpRule, two, command="ip -4 rule")["policy-rules"]} == {4}
    assert {rule.family for rule in drive(IpRule, two, command="ip rule | grep -v default")["policy-rules"]} == {4}


def test_the_other_familys_rules_are_another_dump() -> None:
    found = drive(IpRule, RULES + "0:\tfrom all lookup local\n")
    assert [seen.line for seen in found.refused] == [14]


@pytest.mark.parametrize(
    "words", ["from x.x.x.0/24 lookup 100", "from all wibble 5 lookup main", "from all", "from all fwmark lookup main"]
)
def test_a_rule_with_a_selector_that_is_not_understood_is_unread(words: str) -> None:
    found = drive(IpRule, f"0:\tfrom all lookup local\n5:\t{words}\n")
    assert found.unread == [f"5:\t{words}"]
    assert found.row("policy-rules").priority == 0


@pytest.mark.parametrize(
    "line",
    [
        "vrf-blue            10",
        "1: from all of us, a greeting",
        "254\tmain",
        "2: eth0    inet 192.0.2.5/24 scope global eth0",
        "net.ipv4.ip_forward = 1",
        "5: lookup main",
    ],
)
def test_it_does_not_start_at(line: str) -> None:
    assert not IpRule.starts(line)


def test_a_rule_that_is_not_understood_below_the_last_leaves_the_rules_partial() -> None:
    text = "0:\tfrom all lookup local\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n"
    first, *_ = (piece.dump for piece in pieces(f"{text}100:\tfrom 192.0.2.x lookup 100\n", "x"))
    assert first.partial is not None
    assert first.partial.seen is not None
    assert first.partial.seen.line == 4


def test_rules_begin_later_where_somebody_moved_the_rule_of_table_local() -> None:
    moved = "1000:\tfrom all lookup local\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n"
    (whole,) = (piece.dump for piece in pieces(moved, "x"))
    assert whole.partial is None
    without = "32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n"
    (cut,) = (piece.dump for piece in pieces(without, "x"))
    assert cut.partial is not None
