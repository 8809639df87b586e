"""Whatever a script or a paste holds: no reader raises, and none takes long."""

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.paste.stream import pieces
from lvsdoctor.parse.shell.lines import pipelines_of
from lvsdoctor.parse.shell.script import dump_of
from lvsdoctor.parse.shell.words import Scope, fields

CORPUS = Path(__file__).parents[4] / "shared" / "corpus"
PARTS = (
    "ifconfig lo:0 192.0.2.10 netmask 255.255.255.255 up down add del ip addr link route rule set dev via table -6"
    " -host -net gw default ipvsadm -A -a -E -e -D -d -C -R -t -u -f -r -g -m -w 192.0.2.10:80 [2001:db8::10]:80"
    ' sysctl -w -p net.ipv4.conf.all.arp_ignore=1 echo 1 > >> < | & && || ; ( ) { } [ ] [[ ]] $ $1 "$@" ${VIP} ${A[@]}'
    " `x` /proc/sys/net/ipv4/conf/all/arp_ignore /etc/sysctl.conf << EOF <<'EOF' <<- if then elif else fi case esac in"
    " start) ;; for do done while function f() VIP= A=(1 2) ' \" \\ # ! * ? {1..3} {a,b} arptables iptables -I -F -P -N"
    " $(x) -X INPUT -j DROP tee cat printf %s exit return break shift local export unset read sudo sh -c root@rs1:~#"
).split()
SCRIPTS = st.lists(st.sampled_from([*PARTS, "\n", "\n", "\t"]), max_size=60).map(" ".join)


@given(SCRIPTS)
@settings(max_examples=100, deadline=None)
def test_no_script_makes_the_reader_raise(text: str) -> None:
    dump_of(text, "rs1/lvs.sh")
    list(pieces(text, "paste.txt"))


@given(st.text(max_size=200))
@settings(max_examples=100, deadline=None)
def test_no_text_makes_the_reader_raise(text: str) -> None:
    dump_of(f"#!/bin/sh\nip addr add {text}\n{text}\n", "rs1/lvs.sh")
    pipelines_of(text, Seen("x", 1, text), Scope())
    fields(text, Scope())


def test_a_character_that_the_grammar_does_not_expect_ends_nothing() -> None:
    """tree-sitter-bash 0.25.1: such a text ended the process (hypothesis)."""
    for text in ("t\u00b82\x08{\U000771a8\U000ee563\u00c2k:\U000d6963", "{\U000771a8,", "\0", "echo \ud800"):
        dump_of(f"#!/bin/sh\nip addr add {text}\n{text}\n", "rs1/lvs.sh")


def test_what_is_not_ascii_stays_in_the_words() -> None:
    made = dump_of("echo 启动\nip addr add 192.0.2.10/32 dev 接口\n", "rs1/lvs.sh")
    assert made is not None
    assert [row.link for row in made.facts["configured-addresses"]] == ["接口"]


@pytest.mark.parametrize(
    "text",
    [
        "ip addr add 192.0.2.10/32 dev lo\n" + "(" * 20_000,
        "ip addr add 192.0.2.10/32 dev lo\n" + "if x; then\n" * 5_000,
        "ip addr add 192.0.2.10/32 dev lo\n" + "a && " * 5_000 + "b",
        "f() { f; f; ip addr add 192.0.2.10/32 dev lo; }\nf\n",
        "A=x\n" + "A=$A$A\n" * 100 + "ip addr add $A dev lo\n",
        "for a in {1..1000}; do for b in {1..1000}; do ip addr add 192.0.2.$b/32 dev lo; done; done\n",
        "".join(f"f{n}() {{ f{n + 1}; f{n + 1}; }}\n" for n in range(40)) + "f40() { ip addr flush dev lo; }\nf0\n",
        "".join(f"ip addr add 10.{n // 250}.{n % 250}.1/32 dev lo\n" for n in range(5_000)),
        "".join(f"ip route add 10.{n // 250}.{n % 250}.0/24 via 192.0.2.1\n" for n in range(5_000)),
        "ip addr add " + "$" * 50_000,
        "ip addr add " + '"' * 50_001,
        "ip addr add " + "${" * 20_000,
        "ip addr add " + "`" * 20_001,
        "cat <<EOF\n" * 3_000,
        "echo '" * 20_000,
    ],
    ids=range(15),
)
def test_no_script_takes_long(text: str) -> None:
    start = time.process_time()
    dump_of(text, "rs1/lvs.sh")
    list(pieces(text, "paste.txt"))
    assert time.process_time() - start < 20


def test_what_is_too_much_is_named_and_what_came_before_it_stays() -> None:
    made = dump_of("ip addr add 192.0.2.10/32 dev lo\n" + "for a in {1..1000}; do echo $a; done\n" * 200, "rs1/lvs.sh")
    assert made is not None
    assert [str(row) for row in made.facts["configured-addresses"]] == ["192.0.2.10/32"]
    assert made.unread


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of real dumps is not beside the checkout")
def test_the_scripts_of_the_corpus_are_read_or_their_lines_are_named() -> None:
    scripts = sorted(CORPUS.rglob("*.sh"))
    made = {path.name: dump_of(path.read_text(encoding="utf-8"), path.name) for path in scripts}
    silent = {name for name, dump in made.items() if dump is not None and not (dump.facts or dump.unread)}
    assert silent == {"commands.sh", "ds1.firewall-cmd.sh"}
