"""nftables: what `nft list ruleset` and `nft -j list ruleset` print, of nft 1.0.6 and older."""

import json
from ipaddress import ip_address, ip_network

import pytest

from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.model.arptables import ArpTables
from lvsdoctor.model.filter_hooks import base_chains
from lvsdoctor.model.node import Node
from lvsdoctor.model.packet_filter import (
    AddressRange,
    Condition,
    Effect,
    FilterRule,
    FilterTable,
    Hook,
    MarkChange,
    Masked,
    Match,
    Range,
    TcpFlags,
    single,
)
from lvsdoctor.parse.nft.nft import Nft
from lvsdoctor.parse.nft.nft_json import NftJson
from lvsdoctor.parse.paste.stream import pieces
from lvsdoctor.parse.reader import Dump
from tests.parse.driving_ipvs import of_corpus, read

TEXT = """\
table inet guard { # handle 1
	counter web { # handle 5
		packets 1 bytes 2
	}

	set blocked { # handle 6
		type ipv4_addr
		flags interval
		elements = { 192.0.2.0/25,
				198.51.100.1-198.51.100.9 }
	}

	set empty {
		type ipv4_addr
	}

	set seen {
		type ipv4_addr
		size 65535
		flags dynamic,timeout
		elements = { 192.0.2.77 timeout 1h expires 59m comment "a, } b" }
	}

	map verdicts {
		type inet_service : verdict
		elements = { 22 : accept, 80 : jump web }
	}

	chain web {
		ip saddr != 192.0.2.1 return # handle 17
		accept # handle 18
	}

	chain in { # handle 2
		type filter hook input priority filter + 10; policy drop;
		ct state established,related accept
		iifname "lo" accept
		ip saddr @blocked drop
		ip saddr @empty drop
		ip saddr @seen drop
		tcp dport vmap @verdicts
		ip daddr . tcp dport { 192.0.2.10 . 80, 192.0.2.11 . 443 } counter packets 5 bytes 300 accept
		tcp dport 22 limit rate 3/minute log prefix "a # handle 5 { " accept comment "ssh, drop"
		tcp flags syn / fin,syn,rst,ack drop
		meta skuid 1000 frobnicate 5 drop
	}

	chain nat {
		type nat hook prerouting priority dstnat; policy accept;
		tcp dport 80 dnat ip to 192.0.2.21:8080
		tcp dport 81 redirect to :8081
		meta mark set meta mark & 0xffffff00 | 0x1
	}
}
table ip z {
	flags dormant

	chain x {
		type filter hook output priority mangle - 3; policy drop;
	}
}
table ip6 six {
	chain in {
		type filter hook input priority raw; policy accept;
		ip6 daddr 2001:db8::10 drop
	}
}
table netdev n {
	chain i {
		type filter hook ingress device "eth0" priority filter; policy accept;
		drop
	}
}
"""


def tables(text: str, command: str = "nft list ruleset", fact: str = "iptables") -> tuple[FilterTable, ...]:
    return tuple(read(Nft, text, command).facts[fact])


def rules_of(*lines: str, family: str = "ip") -> list[FilterRule]:
    """The rules that these lines of a chain are."""
    body = "\n".join(lines)
    head = "type filter hook input priority 0; policy accept;"
    (table,) = tables(f"table {family} t {{\nchain c {{\n{head}\n{body}\n}}\n}}")
    return list(table.rules)


def statements(line: str, family: str = "ip") -> list[tuple[object, ...]]:
    """What the one rule of a line asks and does: without the words that say so."""
    (rule,) = rules_of(line, family=family)
    return [
        (item.match, *item.values, *(["not"] if item.negated else []))
        if isinstance(item, Condition)
        else (item.effect, *filter(None, (item.chain, item.addresses, item.ports, item.mark)))
        for item in rule.statements
    ]


def test_families_are_split_and_inet_belongs_to_both() -> None:
    dump = read(Nft, TEXT, "nft -a list ruleset")
    assert [table.name for table in dump.facts["iptables"]] == ["guard", "z", "n"]
    assert [table.name for table in dump.facts["ip6tables"]] == ["guard", "six", "n"]
    assert (dump.partial, dump.unread) == (None, ())
    assert {table.variant for table in dump.facts["iptables"]} == {"nf_tables"}


def test_chains_are_called_in_the_order_of_their_priority() -> None:
    shown = tables(TEXT, fact="ip6tables")
    assert [(chain.name, chain.priority) for _, chain in base_chains(shown, Hook.INPUT)] == [("in", -300), ("in", 10)]
    guard = shown[0].chain("in")
    assert guard is not None
    assert guard.policy == "drop"
    assert guard.seen.text.strip() == "type filter hook input priority filter + 10; policy drop;"


def test_nat_is_called_at_one_place_whatever_its_priority() -> None:
    text = "table ip t {{\nchain n {{\ntype nat hook prerouting priority {};\n}}\n{}}}"
    other = "chain f {\ntype filter hook prerouting priority -110;\n}\n"
    (table,) = tables(text.format("-199", other))
    assert [chain.name for _, chain in base_chains([table], Hook.PREROUTING)] == ["f", "n"]


def test_a_dormant_table_has_no_base_chain() -> None:
    dormant = tables(TEXT)[1]
    assert [(chain.hook, chain.policy, chain.unmodelled) for chain in dormant.chains] == [(None, "", "")]


def test_a_hook_that_the_model_lacks_is_named() -> None:
    (chain,) = tables(TEXT)[2].chains
    assert (chain.hook, chain.unmodelled) == (None, "ingress")
    kinds = {kind.kind: kind for kind in read(Nft, TEXT).unread_kinds}
    assert kinds["nftables-netdev"].hides == {"packets", "arp"}
    assert kinds["nftables-netdev"].name == "an nftables table of family netdev"


def test_rules_know_their_line_their_handle_and_their_comment() -> None:
    web = tables(TEXT)[0].chain("web")
    assert web is not None
    assert [(rule.handle, rule.seen.line) for rule in web.rules] == [(17, 30), (18, 31)]
    chain = tables(TEXT)[0].chain("in")
    assert chain is not None
    (limited,) = (rule for rule in chain.rules if rule.comment)
    assert (limited.comment, [action.effect for action in limited.actions]) == (
        "ssh, drop",
        [Effect.LOG, Effect.ACCEPT],
    )
    assert [item.text for item in limited.unknown] == ["limit rate 3/minute"]


def test_sets_are_looked_up() -> None:
    chain = tables(TEXT)[0].chain("in")
    assert chain is not None
    by_line = {rule.seen.text.strip(): rule for rule in chain.rules}
    blocked = by_line["ip saddr @blocked drop"].conditions[-1]
    assert blocked.values == (
        AddressRange(ip_address("192.0.2.0"), ip_address("192.0.2.127")),
        AddressRange(ip_address("198.51.100.1"), ip_address("198.51.100.9")),
    )
    assert by_line["ip saddr @empty drop"].conditions[-1] == Condition(Match.IN_SET, (), False, "ip saddr @empty")
    # What packets are put into is another set at every packet.
    assert by_line["ip saddr @seen drop"].conditions[-1].match is Match.UNKNOWN


def test_an_empty_set_is_empty_only_where_its_elements_would_be_shown() -> None:
    text = "table ip t {\nset s {\ntype ipv4_addr\n}\nchain c {\nip saddr @s drop\n}\n}"

    def match(command: str) -> Match:
        return tables(text, command)[0].rules[0].conditions[-1].match

    assert match("nft list ruleset") is Match.IN_SET
    assert match("nft -t list ruleset") is match("") is Match.UNKNOWN


def test_a_map_of_verdicts_and_a_set_of_pairs_are_a_rule_for_each_element() -> None:
    chain = tables(TEXT)[0].chain("in")
    assert chain is not None
    by_map = [rule for rule in chain.rules if "vmap" in rule.seen.text]
    assert [(rule.conditions[-1].values, rule.actions[0].effect, rule.actions[0].chain) for rule in by_map] == [
        ((Range(22, 22),), Effect.ACCEPT, ""),
        ((Range(80, 80),), Effect.JUMP, "web"),
    ]
    pairs = [rule for rule in chain.rules if " . tcp dport" in rule.seen.text]
    assert [rule.conditions[1].values for rule in pairs] == [(single("192.0.2.10"),), (single("192.0.2.11"),)]
    assert [rule.conditions[-1].values for rule in pairs] == [(Range(80, 80),), (Range(443, 443),)]


def test_what_stands_behind_a_map_of_verdicts_is_for_those_that_it_lets_go_on() -> None:
    line = "tcp dport vmap { 22 : continue, 80 : jump c } ip saddr 192.0.2.1 drop"
    (table,) = tables(f"table ip t {{\nchain c {{\n{line}\n}}\n}}")
    first, second = table.rules
    assert [item.match for item in first.conditions] == [Match.PROTOCOL, Match.DESTINATION_PORT, Match.SOURCE]
    assert [action.effect for action in first.actions] == [Effect.CONTINUE, Effect.DROP]
    assert [action.effect for action in second.actions] == [Effect.JUMP]


def test_a_prefix_that_nat_puts_in_place_is_not_understood() -> None:
    line = "dnat ip prefix to ip daddr map { 203.0.113.0/24 : 198.51.100.0/24 }"
    (table,) = tables(f"table ip t {{\nchain c {{\n{line}\n}}\n}}")
    assert [action.effect for action in table.rules[0].actions] == [Effect.UNKNOWN]


def test_a_file_with_comments_between_its_tables_is_no_listing() -> None:
    table = "table ip {} {{\nchain c {{\ndrop\n}}\n}}\n"
    text = "#!/usr/sbin/nft -f\n# first\n" + table.format("a") + "# second\n" + table.format("b")
    assert read(Nft, text).facts == {}


def test_what_follows_an_unknown_word_is_not_counted_on() -> None:
    assert statements("meta skuid 1000 frobnicate 5 drop") == [(Match.UNKNOWN,), (Effect.UNKNOWN,)]
    assert statements("frobnicate ip saddr 192.0.2.1 drop") == [(Effect.UNKNOWN,)]


ACCEPT = (Effect.ACCEPT,)
SYN = frozenset({"SYN"})


@pytest.mark.parametrize(
    ("line", "meaning"),
    [
        ("tcp dport 80 accept", [(Match.PROTOCOL, 6), (Match.DESTINATION_PORT, Range(80, 80)), ACCEPT]),
        ("udp sport > 1023 accept", [(Match.PROTOCOL, 17), (Match.SOURCE_PORT, Range(1024, 65535)), ACCEPT]),
        ("tcp dport != { 80, 90-99 } accept",
         [(Match.PROTOCOL, 6), (Match.DESTINATION_PORT, Range(80, 80), Range(90, 99), "not"), ACCEPT]),
        ("meta l4proto { tcp, udp } th dport 53 accept",
         [(Match.PROTOCOL, 6, 17), (Match.DESTINATION_PORT, Range(53, 53)), ACCEPT]),
        ("ip protocol vrrp accept", [(Match.PROTOCOL, 112), ACCEPT]),
        ('iifname "eth*" oif != "lo" accept', [(Match.IN_LINK, "eth*"), (Match.OUT_LINK, "lo", "not"), ACCEPT]),
        ("iif 12 accept", [(Match.UNKNOWN,), ACCEPT]),
        ("mark and 0x4000 == 0x4000 accept", [(Match.MARK, Masked(0x4000, 0x4000)), ACCEPT]),
        ("meta mark { 0x00000001, 0x00000003-0x00000005 } accept", [(Match.MARK, Masked(1), Range(3, 5)), ACCEPT]),
        ("ct state new,untracked accept", [(Match.CT_STATE, "NEW", "UNTRACKED"), ACCEPT]),
        ("ct state != invalid accept", [(Match.CT_STATE, "INVALID", "not"), ACCEPT]),
        ("ct status dnat accept", [(Match.CT_STATE, "DNAT"), ACCEPT]),
        ("ct original ip daddr 192.0.2.9 accept", [(Match.CT_ORIGINAL_DESTINATION, single("192.0.2.9")), ACCEPT]),
        # What nft 1.0.6 prints of 192.0.2.0/24 where a script left out `ip`: no address of a packet.
        ("ct original ip daddr != 0.192.0.2 accept", [(Match.UNKNOWN,), ACCEPT]),
        ("tcp flags syn accept", [(Match.PROTOCOL, 6), (Match.TCP_FLAGS, TcpFlags(SYN, SYN)), ACCEPT]),
        ("tcp flags ! syn accept", [(Match.PROTOCOL, 6), (Match.TCP_FLAGS, TcpFlags(SYN, SYN), "not"), ACCEPT]),
        ("fib daddr type local accept", [(Match.DESTINATION_TYPE, "LOCAL"), ACCEPT]),
        ("fib saddr . iif oif missing drop", [(Match.UNKNOWN,), (Effect.DROP,)]),
        ("meta pkttype broadcast drop", [(Match.PACKET_TYPE, "broadcast"), (Effect.DROP,)]),
        ("icmp type echo-request accept", [(Match.PROTOCOL, 1), (Match.ICMP_TYPE, "echo-request"), ACCEPT]),
        ("ip saddr 0.0.0.0/0 accept", [ACCEPT]),
        ("meta mark set mark or 0x4000", [(Effect.MARK, MarkChange(0x4000, 0x4000))]),
        ("meta mark set 0x00000007", [(Effect.MARK, MarkChange(0xFFFFFFFF, 7))]),
        ("meta mark set ct mark", [(Effect.RESTORE_MARK,)]),
        ("ip daddr set 192.0.2.9", [(Effect.UNKNOWN,)]),
        ("ip dscp set cs1", [(Effect.CONTINUE,)]),
        ("notrack", [(Effect.NOTRACK,)]),
        ("reject with icmpx type admin-prohibited", [(Effect.REJECT,)]),
        ("queue num 0 bypass", [(Effect.QUEUE,)]),
        ("goto web", [(Effect.GOTO, "web")]),
        ("snat to 192.0.2.1-192.0.2.4 persistent",
         [(Effect.SNAT, AddressRange(ip_address("192.0.2.1"), ip_address("192.0.2.4")))]),
        ("masquerade to :1024-2048 random", [(Effect.MASQUERADE, Range(1024, 2048))]),
        ("dnat to numgen inc mod 2 map { 0 : 192.0.2.21, 1 : 192.0.2.22 }",
         [(Effect.DNAT, AddressRange(ip_address("192.0.2.21"), ip_address("192.0.2.22")))]),
        ("ip protocol tcp tproxy to 127.0.0.1:50080 meta mark set 0x1 accept",
         [(Match.PROTOCOL, 6), (Effect.MARK, MarkChange(0xFFFFFFFF, 1)),
          (Effect.TPROXY, single("127.0.0.1"), Range(50080, 50080), MarkChange(0, 0))]),
        ("tproxy to :50080", [(Effect.UNKNOWN,)]),
        ('tcp dport 80  xt match recent counter packets 0 bytes 0 log',
         [(Match.PROTOCOL, 6), (Match.DESTINATION_PORT, Range(80, 80)), (Match.UNKNOWN,), (Effect.LOG,)]),
        ('xt match "comment" xt target "TCPMSS" accept', [ACCEPT]),
        ("counter packets 0 bytes 0 xt target MARK", [(Effect.UNKNOWN,)]),
        ("jump { accept; }", [(Effect.UNKNOWN,)]),
        ("tcp dport 80 # xt_recent", [(Match.PROTOCOL, 6), (Match.DESTINATION_PORT, Range(80, 80)), (Effect.UNKNOWN,)]),
    ],
)  # fmt: skip
def test_expressions_and_statements(line: str, meaning: list[tuple[object, ...]]) -> None:
    assert statements(line) == meaning


def test_in_a_table_of_both_families_the_family_is_asked_for() -> None:
    family, asked, *_ = statements("ip saddr != 192.0.2.0/24 drop", "inet")
    assert (family, asked[0], asked[-1]) == ((Match.FAMILY, 4), Match.SOURCE, "not")
    assert statements("dnat ip6 to 2001:db8::1", "inet")[0] == (Match.FAMILY, 6)


# -- JSON --------------------------------------------------------------------------------------------------------------


def of_json(*objects: object, command: str = "nft -j list ruleset") -> Dump:
    return read(NftJson, json.dumps({"nftables": [{"metainfo": {"version": "1.0.6"}}, *objects]}), command)


TABLE = {"table": {"family": "ip", "name": "t", "handle": 1}}
CHAIN = {"chain": {"family": "ip", "table": "t", "name": "c", "type": "filter", "hook": "input", "prio": 0,
                   "policy": "accept"}}  # fmt: skip


def rule(*expressions: object) -> dict[str, object]:
    return {"rule": {"family": "ip", "table": "t", "chain": "c", "handle": 7, "comment": "x", "expr": expressions}}


def test_json_says_what_the_text_says() -> None:
    port = {"payload": {"protocol": "tcp", "field": "dport"}}
    dump = of_json(
        TABLE, CHAIN,
        rule({"match": {"op": "==", "left": port, "right": {"set": [80, {"range": [90, 99]}]}}}, {"drop": None}),
        rule({"vmap": {"key": {"ct": {"key": "state"}}, "data": {"set": [["invalid", {"drop": None}]]}}}),
        rule({"mangle": {"key": {"meta": {"key": "mark"}}, "value": {"|": [{"meta": {"key": "mark"}}, 16]}}}),
        rule({"dnat": {"addr": "192.0.2.21", "port": 80}}),
        rule({"match": {"op": "==", "left": {"&": [{"payload": {"protocol": "tcp", "field": "flags"}}, ["fin", "syn"]]},
                        "right": "syn"}}, {"jump": {"target": "web"}}),
    )  # fmt: skip
    ours = [[type(item)(**{f: getattr(item, f) for f in item.__slots__ if f != "text"}) for item in row.statements]
            for row in dump.facts["iptables"][0].rules]  # fmt: skip
    lines = ("tcp dport { 80, 90-99 } drop", "ct state vmap { invalid : drop }", "meta mark set meta mark | 0x10",
             "dnat to 192.0.2.21:80", "tcp flags syn / fin,syn jump web")  # fmt: skip
    text = [[type(item)(**{f: getattr(item, f) for f in item.__slots__ if f != "text"}) for item in row.statements]
            for row in rules_of(*lines)]  # fmt: skip
    assert ours == text
    first = dump.facts["iptables"][0].rules[0]
    assert (first.handle, first.comment, first.seen.line) == (7, "x", 1)
    assert first.seen.text.startswith('{"rule":{"family":"ip","table":"t"')


def test_json_over_many_lines_is_the_same() -> None:
    text = json.dumps({"nftables": [TABLE, CHAIN, rule({"drop": None})]}, indent=1)
    (table,) = read(NftJson, text).facts["iptables"]
    assert [action.effect for action in table.rules[0].actions] == [Effect.DROP]


def test_json_that_is_cut_short_is_partial_from_there() -> None:
    text = json.dumps({"nftables": [TABLE, CHAIN, rule({"accept": None}), rule({"drop": None})]})
    dump = read(NftJson, text[:-40])
    assert dump.partial is not None
    assert dump.partial.says == "the end of the output is missing"
    (table,) = dump.facts["iptables"]
    assert (len(table.rules), table.partial) == (1, dump.partial)


@pytest.mark.parametrize(
    "objects",
    [
        [{"table": None}], [5], [{"rule": {"family": "ip"}}], [TABLE, TABLE], [TABLE, CHAIN, rule()],
        [TABLE, CHAIN, rule({"match": 5}), rule(None), rule({"dnat": {"addr": []}}), rule({"vmap": {"data": "@x"}})],
        [TABLE, {"set": {"family": "ip", "table": "t", "name": "s", "elem": {"a": [[[]]]}}}],
        [TABLE, CHAIN, rule({"match": {"op": [], "left": {"&": [{"&": 1}, 2]}, "right": {"set": {"range": 1}}}})],
    ],
)  # fmt: skip
def test_odd_json_breaks_nothing(objects: list[object]) -> None:
    for table in of_json(*objects).facts.get("iptables", ()):
        for row in table.rules:
            assert row.unknown or not row.statements


def test_flags_of_a_table_that_nft_misspells_are_not_understood() -> None:
    # nft 1.0.6 prints the table's name there: it may be dormant.
    dump = of_json({"table": {"family": "ip", "name": "t", "flags": "t"}}, CHAIN)
    assert dump.facts["iptables"][0].partial is not None


# -- what is not whole -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("at", range(1, len(TEXT.splitlines()) - 1))
def test_a_text_that_is_cut_off_is_partial(at: int) -> None:
    lines = TEXT.splitlines()[:at]
    dump = read(Nft, "\n".join(lines))
    complete = sum(line == "}" for line in lines)
    open_tables = sum(line.startswith("table") for line in lines) - complete
    assert (dump.partial is not None) is (open_tables > 0)


def test_a_table_alone_is_a_part_of_the_rule_set() -> None:
    text = "table ip t {\n}"
    assert read(Nft, text, "nft list ruleset").partial is None
    for command in ("nft list table ip t", "nft list ruleset ip", "nft -a list chain ip t c"):
        partial = read(Nft, text, command).partial
        assert partial is not None
        assert partial.says == f"`{command}` shows only a part"


@pytest.mark.parametrize(
    "text",
    [
        "#!/usr/sbin/nft -f\nflush ruleset\ntable ip t {\n}",
        "flush ruleset\ntable ip t {\n}",
        "table ip t {\n# a comment\nchain c {\n}\n}",
        "define lan = 192.0.2.0/24\ntable ip t {\nchain c {\nip saddr $lan drop\n}\n}",
    ],
)
def test_a_file_that_nft_reads_is_none_of_what_runs(text: str) -> None:
    assert read(Nft, text).facts == {}
    (dump,) = (piece.dump for piece in pieces(text, "lb1/rules.txt"))
    assert [kind.kind.removesuffix("-without-rules") for kind in dump.unread_kinds] == ["nftables"]


def test_a_command_without_output_shows_that_there_is_no_rule() -> None:
    (piece,) = pieces("root@lb1:~# nft list ruleset\nroot@lb1:~# date\n", "paste")
    assert piece.dump.facts == {"iptables": (), "ip6tables": ()}


def test_a_line_without_sense_makes_what_becomes_of_packets_unknown() -> None:
    (only,) = rules_of("@#%% \x07 }{")
    assert only.unknown
    # A brace that nothing closes swallows what follows: the end is missing.
    (table,) = tables("table ip t {\nchain c {\n@#% {\ndrop\n}\n}")
    assert table.partial is not None


def test_many_large_sets_are_not_multiplied_without_end() -> None:
    elements = ", ".join(f"{n} : accept" for n in range(2500))
    lines = [f"tcp dport vmap {{ {elements} }}"] * 12
    assert len(rules_of(*lines)) < 21_000


# -- arp ---------------------------------------------------------------------------------------------------------------

ARP = """\
table arp a {
	chain i {
		type filter hook input priority filter; policy drop;
		arp htype 1 arp hlen 6 arp plen 4 arp daddr ip 192.0.2.10 counter packets 0 bytes 0 drop
		arp operation request arp saddr ip { 192.0.2.1, 192.0.2.2 } accept
		arp operation vmap { request : drop, reply : accept }
		iifname "eth*" arp saddr ip != 192.0.2.0/24 accept
	}

	chain o {
		type filter hook output priority filter; policy accept;
		arp saddr ip 192.0.2.10 arp saddr ip set 192.0.2.21 accept
	}
}
"""


def test_the_family_arp_is_the_rows_of_arptables() -> None:
    (known,) = read(Nft, ARP).facts["arptables"]
    assert isinstance(known, ArpTables)
    assert known.policies == {"INPUT": "DROP", "OUTPUT": "ACCEPT"}
    first, second, third, request, reply, last = known.chain("INPUT")
    assert (first.dst, first.target, first.other) == (ip_network("192.0.2.10"), "DROP", ())
    assert [(row.src, row.operation) for row in (second, third)] == [
        (ip_network("192.0.2.1"), 1), (ip_network("192.0.2.2"), 1),
    ]  # fmt: skip
    assert [(row.operation, row.target) for row in (request, reply)] == [(1, "DROP"), (2, "ACCEPT")]
    assert (last.in_link, last.src, last.negated) == ("eth+", ip_network("192.0.2.0/24"), frozenset({"src"}))
    (mangle,) = known.chain("OUTPUT")
    assert (mangle.target, mangle.mangle_ip_s) == ("mangle", ip_address("192.0.2.21"))


def test_what_arptables_has_no_words_for_is_a_sign_and_no_table() -> None:
    for line in ("queue num 0", "arp daddr ip 192.0.2.1 frobnicate", "goto x"):
        dump = read(Nft, ARP.replace("arp operation vmap { request : drop, reply : accept }", line))
        assert "arptables" not in dump.facts
        assert any("arp" in kind.hides for kind in dump.unread_kinds)


# -- beside iptables-save ----------------------------------------------------------------------------------------------

SAVE = """\
# Generated by iptables-save v1.8.9 (nf_tables) on Sun Nov 29 10:24:21 2026
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -d 192.0.2.10/32 -m recent --name x --rcheck -j DROP
COMMIT
# Completed on Sun Nov 29 10:24:21 2026
"""
SAME = """\
table ip filter {
	chain INPUT {
		type filter hook input priority filter; policy accept;
		ip daddr 192.0.2.10 xt match "recent" counter packets 0 bytes 0 drop
	}
}
"""


def node(**texts: str) -> Node:
    dumps = [
        NodeDump(piece, "lb1", "lb1", name) for name, text in texts.items() for piece in pieces(text, f"lb1/{name}")
    ]
    (only,) = nodes_of(dumps)
    return only


def test_a_table_that_both_programs_show_counts_once_and_as_iptables_save_has_it() -> None:
    for texts in ({"iptables_save": SAVE, "nft": SAME}, {"nft": SAME, "iptables_save": SAVE}):
        (table,) = node(**texts).packet_filter("iptables")
        assert (table.form, len(table.rules)) == ("save", 1)


def test_a_table_of_legacy_and_one_of_nftables_are_two() -> None:
    legacy = node(iptables_save=SAVE.replace(" (nf_tables)", ""), nft=SAME)
    assert [table.variant for table in legacy.packet_filter("iptables")] == ["legacy", "nf_tables"]
    own = node(iptables_save=SAVE, nft=SAME.replace("chain INPUT", "chain input"))
    assert [table.form for table in own.packet_filter("iptables")] == ["save", "nft"]


def test_the_text_and_the_json_of_one_rule_set_do_not_contradict_each_other() -> None:
    chain = "chain c {\ntype filter hook input priority 0; policy accept;\ncounter packets 5 bytes 6 drop\n}"
    text = f"table ip t {{\n{chain}\n}}"
    spelled = json.dumps({"nftables": [TABLE, CHAIN, rule({"counter": {"packets": 9, "bytes": 9}}, {"drop": None})]})
    both = node(nft_txt=text, nft_json=spelled)
    assert (len(both.packet_filter("iptables")), both.contradictions) == (1, ())


# -- real ones ---------------------------------------------------------------------------------------------------------


@of_corpus("nft/*.txt")
def test_real_rule_sets_are_read_or_known_for_files(text: str) -> None:
    dumps = [piece.dump for piece in pieces(text, "lb1/ruleset.txt")]
    assert any(dump.facts for dump in dumps) or any(dump.unread_kinds for dump in dumps)


@of_corpus("nft/rhcos*.txt", "nft/*cni-plugins__assets*.txt", "nft-json/*.txt")
def test_real_listings_have_no_unknown_word(text: str) -> None:
    shown = [table for piece in pieces(text, "lb1/ruleset.txt") for table in piece.dump.facts["iptables"]]
    assert shown
    unknown = [item.text for table in shown for row in table.rules for item in row.unknown]
    assert [text for text in unknown if not text.startswith("limit")] == []


MANAGED = "# Warning: table ip6 filter is managed by iptables-nft, do not touch!"


@pytest.mark.parametrize("behind", ["table ip6 filter {\n\tchain INPUT {\n\t}\n}", '{"nftables": []}'])
def test_that_iptables_made_a_table_is_a_line_that_is_understood(behind: str) -> None:
    (node,) = nodes_of(
        [NodeDump(piece, "lb1", "lb1", "nft.txt") for piece in pieces(f"{MANAGED}\n{behind}\n", "lb1/nft.txt")]
    )
    assert [seen.text for seen in node.unread] == []
