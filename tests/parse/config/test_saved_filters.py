import pytest

from lvsdoctor.model.packet_filter import Effect, FilterRule, Hook
from lvsdoctor.parse.config import config_dump
from tests.parse.config.driving import read, unread

SAVED = (
    "# saved by hand\n*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n"
    "-A INPUT -d 192.0.2.10/32 -p tcp -m tcp --dport 80 -j DROP\nCOMMIT\n"
)
NFT = (
    "#!/usr/sbin/nft -f\n\nflush ruleset\n\ntable inet filter {\n\tchain input {\n"
    "\t\ttype filter hook input priority 0;\n"
    "\t\tpolicy drop;\n\t\ttcp dport 80 accept # the service\n\t}\n}\n"
)


@pytest.mark.parametrize(
    "where", ["rs1/etc/iptables/rules.v4", "rs1/etc/sysconfig/iptables", "rules.v4", "etc/iptables/iptables.rules"]
)
def test_saved_rules_are_configured_by_their_name(where: str) -> None:
    dump = read(SAVED, where)
    (table,) = dump.facts["configured-iptables"]
    assert [(rule.seen.line, str(rule.actions[0].effect.value)) for rule in table.chains[0].rules] == [(6, "drop")]
    assert not dump.unread
    assert dump.partial is None


def test_rules_of_ipv6_are_a_fact_of_their_own() -> None:
    text = SAVED.replace("192.0.2.10/32", "2001:db8::1/128")
    for where in ("etc/iptables/rules.v6", "etc/sysconfig/ip6tables"):
        assert set(read(text, where).facts) == {"configured-ip6tables"}


@pytest.mark.parametrize("where", ["rs1/iptables-save.txt", "rs1/iptables.txt", "rs1/nft_list_ruleset.txt"])
def test_a_dump_of_what_runs_is_none(where: str) -> None:
    assert config_dump(SAVED, where) is None


def test_a_line_that_is_not_understood_makes_the_chains_partial() -> None:
    dump = read(SAVED.replace("COMMIT", "-A INPUT {{ rule }}\niptables -A INPUT -j ACCEPT\nCOMMIT"), "rules.v4")
    assert 8 in unread(dump)
    assert dump.partial is not None
    assert dump.facts["configured-iptables"][0].chains[0].partial is not None


def test_a_file_of_nft_has_its_policy_on_a_line_of_its_own_and_comments() -> None:
    dump = read(NFT, "rs1/etc/nftables.conf")
    (table,) = dump.facts["configured-iptables"]
    (chain,) = table.chains
    assert (chain.hook, chain.policy, chain.partial) == (Hook.INPUT, "drop", None)
    assert chain.seen.text.strip().startswith("policy drop")
    assert [rule.seen.line for rule in chain.rules] == [9]
    assert dump.facts["configured-ip6tables"] == (table,)
    assert not dump.unread


@pytest.mark.parametrize(
    "line", ['include "/etc/nftables.d/*.nft"', "define VIP = $OTHER", "add rule inet filter input drop"]
)
def test_what_a_file_of_nft_has_beside_its_tables_makes_it_partial(line: str) -> None:
    dump = read(f"{NFT}{line}\n" if line.startswith("add rule") else f"{line}\n{NFT}", "etc/nftables.conf")
    assert dump.partial is not None
    assert [seen.text for seen in dump.unread] == [line]


def test_a_variable_in_a_rule_makes_its_chain_partial() -> None:
    dump = read(NFT.replace("tcp dport 80", "tcp dport $PORT"), "etc/nftables.conf")
    assert dump.facts["configured-iptables"][0].chains[0].partial is not None


def test_a_file_of_comments_alone_says_nothing() -> None:
    dump = read('# include "/etc/nftables/inet-filter.nft"\n', "etc/sysconfig/nftables.conf")
    assert (dump.facts, dump.unread, dump.unread_kinds) == ({}, (), ())


@pytest.mark.parametrize("where", ["etc/arptables.conf", "etc/sysconfig/arptables"])
def test_saved_rules_of_arptables(where: str) -> None:
    dump = read("*filter\n:INPUT ACCEPT\n:OUTPUT ACCEPT\n-A INPUT -j DROP -d 192.0.2.10\nCOMMIT\n", where)
    (tables,) = dump.facts["configured-arptables"]
    assert [(rule.target, rule.seen.line) for rule in tables.rules] == [("DROP", 4)]


def test_a_copy_configures_nothing() -> None:
    assert not read(SAVED, "etc/iptables/rules.v4.bak").facts


DNAT = """define public = 198.51.100.7
define vip = 192.0.2.10   # of the service
define servers = {
    192.0.2.21,
    192.0.2.22
}
define clients = { $servers, 192.0.2.0/28 }

table ip nat {
    define port = 80
    set trusted {
        type ipv4_addr; flags interval
        elements = { $clients }
    }
    chain prerouting {
        type nat hook prerouting priority dstnat;
        ip saddr $servers return
        ip daddr $public tcp dport $port dnat to $vip
    }
}
"""


def _rules(text: str) -> dict[int | None, FilterRule]:
    dump = config_dump(text, "lb1/etc/nftables.conf")
    assert dump is not None
    (table,) = dump.facts["configured-iptables"]
    assert table.chains[0].partial is None
    assert not dump.unread
    return {rule.seen.line: rule for rule in table.rules}


def test_a_definition_of_nft_is_read_and_its_line_is_known() -> None:
    rule = _rules(DNAT)[18]
    assert str(rule.actions[0].addresses) == "192.0.2.10"
    assert [seen.line for seen in rule.defined] == [1, 10, 2]
    assert rule.seen.text.strip() == "ip daddr $public tcp dport $port dnat to $vip"


def test_a_definition_may_be_a_set_of_several_lines_and_hold_others() -> None:
    rule = _rules(DNAT)[17]
    assert {str(value) for item in rule.conditions for value in item.values} == {"192.0.2.21", "192.0.2.22"}
    assert [seen.line for seen in rule.defined] == [3]
    rule = _rules(DNAT.replace("ip saddr $servers", "ip saddr { $clients, 192.0.2.99 }"))[17]
    assert {str(value) for item in rule.conditions for value in item.values} >= {"192.0.2.22", "192.0.2.99"}
    assert [seen.line for seen in rule.defined] == [7, 3]


def test_a_definition_ends_with_the_table_it_stands_in() -> None:
    text = f"{DNAT}table ip other {{\n chain c {{\n  tcp dport $port accept\n }}\n}}\n"
    dump = config_dump(text, "etc/nftables.conf")
    assert dump is not None
    tables = dump.facts["configured-iptables"]
    assert [table.chains[0].partial is not None for table in tables] == [False, True]


def test_a_word_in_quotes_is_no_definition() -> None:
    rule = _rules(DNAT.replace("dnat to $vip", 'log prefix "$vip" dnat to $vip'))[18]
    assert "$vip" in next(action.text for action in rule.actions if action.effect is Effect.LOG)


def test_definitions_that_double_each_other_end() -> None:
    doubling = "".join(f"define a{number + 1} = {{ $a{number}, $a{number} }}\n" for number in range(40))
    dump = read(f"define a0 = {{ 192.0.2.1 }}\n{doubling}{NFT}", "etc/nftables.conf")
    assert dump.partial is not None
    assert dump.unread


@pytest.mark.parametrize("where", ["director.nftables.conf", "rs1.rules.v4", "lb1.iptables.rules"])
def test_the_host_may_stand_before_the_name_of_the_file(where: str) -> None:
    dump = config_dump(NFT if "nft" in where else SAVED, where)
    assert dump is not None
    assert "configured-iptables" in dump.facts
