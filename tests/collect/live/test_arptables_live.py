"""The ARP rules that the kernel holds are those that arptables prints, whichever of the two made them."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from lvsdoctor.collect.errors import CannotSee
from lvsdoctor.collect.live import procfs
from lvsdoctor.collect.live.arptables_live import arptables
from lvsdoctor.collect.live.netns import inside
from lvsdoctor.model.arptables import ArpTables
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.iptables.arptables import Arptables
from tests.lab.everything import ARPTABLES

NOWHERE = Seen("", None, "")


def needs(tool: str) -> None:
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")


def printed(text: str, command: str) -> ArpTables:
    reader = Arptables()
    reader.set_command([command, "-nvL"])
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            assert reader.feed(Seen("text", number, line)), line
    dump = reader.dump()
    assert dump.unread == ()
    (tables,) = dump.facts["arptables"]
    return tables  # type: ignore[no-any-return]


@pytest.mark.parametrize("command", ["arptables-legacy", "arptables-nft"])
def test_rules_are_those_that_arptables_prints(new_namespace: Callable[[], Any], command: str) -> None:
    needs(command)
    namespace = new_namespace()
    for line in ARPTABLES.split("\n"):
        if line:
            namespace.run(command, *line.split())
    live = inside(namespace.name, arptables)
    text = printed(namespace.run(command, "-nvL"), command)
    by_chain = [replace(rule, seen=NOWHERE) for chain in text.policies for rule in live.chain(chain)]
    assert by_chain == [replace(rule, seen=NOWHERE) for chain in text.policies for rule in text.chain(chain)]
    assert live.policies == text.policies
    assert live.chain("INPUT")[0].seen.text == "-A INPUT -j DROP -d 192.0.2.10"


def test_without_rules_the_fact_is_there_and_nothing_was_made(new_namespace: Callable[[], Any]) -> None:
    namespace = new_namespace()
    live = inside(namespace.name, arptables)
    assert (live.policies, live.rules) == ({}, ())
    assert [seen.where for seen in live.seen] == ["/proc/net/arp_tables_names", "netlink NFT_MSG_GETCHAIN arp"]
    # The kernel makes a table for whoever asks for it; we did not.
    assert inside(namespace.name, lambda: procfs.read(f"{procfs.NET}/arp_tables_names")) in ("", None)


def test_chains_that_accept_everything_are_no_rules(new_namespace: Callable[[], Any]) -> None:
    needs("arptables-nft")
    namespace = new_namespace()
    namespace.run("arptables-nft", "-A", "INPUT", "-j", "DROP")
    namespace.run("arptables-nft", "-F")
    assert inside(namespace.name, arptables).rules == ()


def test_a_table_without_rules_has_its_chains(new_namespace: Callable[[], Any]) -> None:
    needs("arptables-legacy")
    namespace = new_namespace()
    text = printed(namespace.run("arptables-legacy", "-nvL"), "arptables-legacy")
    live = inside(namespace.name, arptables)
    assert (live.policies, live.rules) == (text.policies, ())
    assert live.policies["INPUT"] == "ACCEPT"


def test_rules_of_both_kinds_are_not_half_told(new_namespace: Callable[[], Any]) -> None:
    needs("arptables-nft")
    needs("arptables-legacy")
    namespace = new_namespace()
    for command in ("arptables-nft", "arptables-legacy"):
        namespace.run(command, "-A", "INPUT", "-d", "192.0.2.10", "-j", "DROP")
    with pytest.raises(CannotSee, match="arptables-save"):
        inside(namespace.name, arptables)


def nft(namespace: Any, *rules: str, hook: str = "input") -> ArpTables:
    namespace.run("nft", "add table arp guard")
    namespace.run("nft", f"add chain arp guard anyname {{ type filter hook {hook} priority 0; policy accept; }}")
    for rule in rules:
        namespace.run("nft", f"add rule arp guard anyname {rule}")
    return inside(namespace.name, arptables)


def test_nfts_own_rules_are_read_where_they_are_simple(new_namespace: Callable[[], Any]) -> None:
    needs("nft")
    live = nft(
        new_namespace(),
        "arp operation request arp daddr ip 192.0.2.10 drop",
        'iifname "eth0" arp saddr ip != 192.0.2.0/20 counter accept',
        "arp daddr ip { 192.0.2.11, 192.0.2.12 } drop",
    )
    first, second, third = live.chain("INPUT")
    assert (first.operation, first.dst, first.target, first.other) == (1, ip_network("192.0.2.10"), "DROP", ())
    assert (second.in_link, second.src, second.negated) == ("eth0", ip_network("192.0.0.0/20"), frozenset({"src"}))
    # A set is not read, so the rule must not seem to match everything.
    assert third.other == ("nft lookup",)


def test_nfts_own_way_to_mangle_is_a_mangle(new_namespace: Callable[[], Any]) -> None:
    needs("nft")
    live = nft(new_namespace(), "arp saddr ip 192.0.2.10 arp saddr ip set 192.0.2.21 accept", hook="output")
    (rule,) = live.chain("OUTPUT")
    assert (rule.target, rule.mangle_ip_s, rule.src) == ("mangle", ip_address("192.0.2.21"), ip_network("192.0.2.10"))
    assert rule.other == ()


def test_a_verdict_that_we_have_no_word_for_is_not_passed_over(new_namespace: Callable[[], Any]) -> None:
    needs("nft")
    with pytest.raises(CannotSee, match="arptables-save"):
        nft(new_namespace(), "arp operation vmap { request : drop, reply : accept }")


def test_a_dormant_table_filters_nothing(new_namespace: Callable[[], Any]) -> None:
    needs("nft")
    namespace = new_namespace()
    nft(namespace, "arp daddr ip 192.0.2.10 drop")
    namespace.run("nft", "add table arp guard { flags dormant; }")
    assert inside(namespace.name, arptables).rules == ()
