"""Packet filters of the running kernel: what the programs of the system show, and nothing is loaded to see it."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lvsdoctor.collect.errors import CannotSee
from lvsdoctor.collect.live import command, filters_live, procfs
from lvsdoctor.collect.live.command import output_of, program
from lvsdoctor.collect.live.filters_live import NO_COMMANDS, filters, ruleset
from lvsdoctor.collect.live.netns import inside
from lvsdoctor.collect.live.node import collect_live
from lvsdoctor.kernel.packet_filter import DELIVERED, FilterOutcome, filtered
from lvsdoctor.kernel.packet_matching import NEW, UDP, Packet
from lvsdoctor.model.node import Node
from lvsdoctor.model.packet_filter import Effect
from tests.kernel.test_packet_filter_against_this_kernel import ETH0, SOURCES

RULE = "udp dport 53 drop"


def needs(*tools: str) -> None:
    for tool in tools:
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")


def variant(name: str) -> str:
    needs(name)
    return "nft" if "nft" in os.path.basename(os.path.realpath(program(name) or "")) else "legacy"


@pytest.fixture
def bin_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only directory in which programs are looked for."""
    monkeypatch.setattr(command, "DIRECTORIES", (str(tmp_path),))
    return tmp_path


def script(directory: Path, name: str, text: str) -> str:
    path = directory / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def with_nft(namespace: Any, family: str = "inet") -> None:
    namespace.run("nft", f"add table {family} t")
    namespace.run("nft", f"add chain {family} t c {{ type filter hook input priority 0; policy accept; }}")
    namespace.run("nft", f"add rule {family} t c {RULE}")


# -- what the kernel has -----------------------------------------------------------------------------------------------


def test_a_host_without_filters_has_none(new_namespace: Callable[[], Any]) -> None:
    node = collect_live(new_namespace().name)
    assert (node.packet_filter("iptables"), node.packet_filter("ip6tables")) == ((), ())
    assert [note for note in node.notes if "filter" in note.lower()] == []


def test_rules_of_nft_are_there_for_both_families(new_namespace: Callable[[], Any]) -> None:
    needs("nft")
    namespace = new_namespace()
    with_nft(namespace)
    node = collect_live(namespace.name)
    for fact in ("iptables", "ip6tables"):
        (table,) = node.packet_filter(fact)
        assert [action.effect for action in table.rules[0].actions] == [Effect.DROP]
        assert table.rules[0].seen.where == "nft -j list ruleset"
        assert node.partial(fact) is None
    packet = Packet(SOURCES[0], ETH0, UDP, 1025, 53, "eth0", states=NEW)
    assert filtered(node, packet, DELIVERED).outcome is FilterOutcome.DROPPED
    assert [(kind.kind, kind.name) for kind in node.unread_kinds] == [("iptables", "an nftables rule set")]


def test_rules_of_iptables_are_there_in_its_own_words(new_namespace: Callable[[], Any]) -> None:
    kind = variant("iptables-save")
    needs(f"iptables-{kind}")
    namespace = new_namespace()
    namespace.run(f"iptables-{kind}", "-A", "INPUT", "-p", "udp", "-m", "string", "--string", "x", "--algo", "bm",
                  "-m", "udp", "--dport", "53", "-j", "DROP")  # fmt: skip
    node = collect_live(namespace.name)
    (table,) = [table for table in node.packet_filter("iptables") if table.rules]
    assert (table.form, table.rules[0].seen.where) == ("save", "iptables-save")
    assert table.rules[0].seen.text.startswith("-A INPUT")


def test_tables_of_the_other_implementation_are_not_passed_over(new_namespace: Callable[[], Any]) -> None:
    if variant("iptables-save") == "legacy":
        pytest.skip("iptables-save is that of iptables-legacy here")
    needs("iptables-legacy")
    namespace = new_namespace()
    namespace.run("iptables-legacy", "-A", "INPUT", "-j", "DROP")
    node = collect_live(namespace.name)
    assert not node.has("iptables")
    assert node.has("ip6tables")
    assert [note for note in node.notes if "iptables-legacy-save" in note]


def test_nothing_is_made_and_nothing_is_run_where_the_kernel_has_no_table(
    new_namespace: Callable[[], Any], bin_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("iptables-save", "ip6tables-save", "nft"):
        script(bin_dir, name, f"touch {bin_dir}/ran-{name}")
    monkeypatch.setattr(procfs, "in_kernel", lambda module: False)
    namespace = new_namespace()
    assert inside(namespace.name, ruleset) is None
    assert inside(namespace.name, lambda: filters("iptables", None)).tables == ()
    assert list(bin_dir.glob("ran-*")) == []
    assert inside(namespace.name, lambda: procfs.read(f"{procfs.NET}/ip_tables_names")) in ("", None)


def test_what_cannot_be_asked_without_loading_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(procfs, "in_kernel", lambda module: None)
    with pytest.raises(CannotSee, match="without loading it"):
        ruleset()


def test_without_commands_the_facts_are_not_collected(new_namespace: Callable[[], Any]) -> None:
    node = collect_live(new_namespace().name, commands=False)
    assert not node.has("iptables")
    assert NO_COMMANDS in node.notes
    assert NO_COMMANDS not in collect_live(new_namespace().name, filters=False).notes


# -- what the programs do ----------------------------------------------------------------------------------------------


@pytest.fixture
def with_nf_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(procfs, "in_kernel", lambda module: True)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("echo no rules for you >&2; exit 1", "nft -j list ruleset failed (no rules for you)."),
        ("exit 3", "nft -j list ruleset failed (exit code 3)."),
        ("exec sleep 60", "nft -j list ruleset took too long."),
        ("exec yes", "nft -j list ruleset printed too much."),
        ("echo hello", "The output of nft -j list ruleset was not understood: see nft -j list ruleset."),
    ],
)
def test_a_program_that_fails_leaves_the_facts_out_and_says_why(
    bin_dir: Path, with_nf_tables: None, monkeypatch: pytest.MonkeyPatch, text: str, why: str
) -> None:
    script(bin_dir, "nft", text)
    monkeypatch.setattr(filters_live, "output_of", lambda words: output_of(words, seconds=0.3, most=1 << 20))
    begun = time.monotonic()
    with pytest.raises(CannotSee) as raised:
        ruleset()
    assert str(raised.value) == why
    assert time.monotonic() - begun < 30


def test_one_familys_failure_is_not_the_others(
    new_namespace: Callable[[], Any], bin_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(bin_dir, "xtables-legacy-multi", "echo broken >&2; exit 1")
    (bin_dir / "iptables-save").symlink_to("xtables-legacy-multi")
    monkeypatch.setattr(procfs, "in_kernel", lambda module: False)
    read = procfs.read
    monkeypatch.setattr(procfs, "read", lambda path: "filter" if path.endswith("/ip_tables_names") else read(path))
    node: Node = collect_live(new_namespace().name)
    assert (node.has("iptables"), node.has("ip6tables")) == (False, True)
    assert "iptables-save failed (broken)." in node.notes


def test_a_program_has_no_environment_no_input_and_no_shell(
    bin_dir: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LEAKED", "yes")
    path = script(bin_dir, "nft", 'echo "${LEAKED:-empty} $1 $(cat) $(pwd)"')
    assert output_of((path, "$(reboot) ; x")) == "empty $(reboot) ; x  /\n"
    assert capfd.readouterr() == ("", "")


def test_a_program_is_looked_for_where_the_system_has_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    script(tmp_path, "nft-of-mine", "true")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert program("nft-of-mine") is None
    assert command.DIRECTORIES == ("/usr/sbin", "/sbin")


def test_nf_tables_without_nft_is_not_taken_for_empty(bin_dir: Path, with_nf_tables: None) -> None:
    nft = ruleset()
    assert nft is not None
    with pytest.raises(CannotSee, match="nft is not installed"):
        filters("iptables", nft)
    script(bin_dir, "xtables-nft-multi", "true")
    (bin_dir / "iptables-save").symlink_to("xtables-nft-multi")
    known = filters("iptables", nft)
    assert known.coverage is not None
    assert known.coverage.partial is not None
    assert "nft is not installed" in known.coverage.partial.says
