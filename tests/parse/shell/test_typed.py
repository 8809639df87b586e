"""Commands that somebody typed into a paste: whose host they change, and which of them did nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lvsdoctor.model.arptables import ArpTables
from lvsdoctor.model.coverage import Origin
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.paste.stream import pieces
from lvsdoctor.parse.reader import Dump

ARTICLES = Path(__file__).parents[4] / "shared" / "articles"


def typed(text: str, fact: str = "addresses") -> dict[str, list[str]]:
    """The rows of a fact that were typed, by host."""
    return {
        piece.host: [str(row) for row in piece.dump.facts[f"configured-{fact}"]]
        for piece in pieces(text, "paste.txt")
        if piece.dump.origin is Origin.TYPED and f"configured-{fact}" in piece.dump.facts
    }


def settings(text: str) -> dict[str, str | None]:
    return {
        line.key: line.raw
        for piece in pieces(text, "paste.txt")
        if piece.dump.origin is Origin.TYPED
        for file in piece.dump.facts.get("configured-sysctl", ())
        for line in file.lines
    }


def stray(text: str) -> list[str]:
    return [seen.text for piece in pieces(text, "paste.txt") for seen in piece.dump.unread]


@pytest.mark.parametrize(
    ("prompt", "host"),
    [("root@rs1:~# ", "rs1"), ("[root@rs1 ~]# ", "rs1"), ("# ", ""), ("$ sudo ", ""), ("rs1:~ # ", "rs1"), ("", "")],
)
def test_a_command_at_a_prompt_is_of_the_host_of_the_prompt(prompt: str, host: str) -> None:
    assert typed(f"{prompt}ifconfig lo:0 192.0.2.10 netmask 255.255.255.0 up\n") == {host: ["192.0.2.10/24"]}


def test_the_commands_of_two_hosts_are_two_runs() -> None:
    text = """\
root@rs1:~# ip addr add 192.0.2.10/32 dev lo
root@rs2:~# ip addr add 192.0.2.10/24 dev lo
root@rs1:~# ip addr del 192.0.2.10/32 dev lo
root@rs1:~# ip addr add 192.0.2.11/32 dev lo
"""
    assert typed(text) == {"rs1": ["192.0.2.11/32"], "rs2": ["192.0.2.10/24"]}


@pytest.mark.parametrize(
    "error",
    ["RTNETLINK answers: File exists", "RTNETLINK answers: Operation not permitted", "Cannot find device \"lo\"",
     "-bash: ip: command not found", 'Error: any valid prefix is expected rather than "x".'],
)  # fmt: skip
def test_a_command_that_failed_did_nothing(error: str) -> None:
    assert typed(f"root@rs1:~# ip addr add 192.0.2.10/32 dev lo\n{error}\nroot@rs1:~# uptime\n") == {}


def test_output_that_is_no_error_does_not_undo_a_command() -> None:
    assert settings("root@rs1:~# echo 1 | tee /proc/sys/net/ipv4/conf/all/arp_ignore\n1\n") == {
        "net.ipv4.conf.all.arp_ignore": "1"
    }


def test_commands_without_a_prompt_are_read_and_prose_is_not() -> None:
    text = """\
To disable ARP for the VIP run the following.

echo 1 > /proc/sys/net/ipv4/conf/eth0/arp_ignore
echo 2 > /proc/sys/net/ipv4/conf/eth0/arp_announce

Never run `ifconfig lo:0 192.0.2.10 netmask 255.255.255.0 up`, they say.
"""
    assert settings(text) == {"net.ipv4.conf.eth0.arp_ignore": "1", "net.ipv4.conf.eth0.arp_announce": "2"}
    assert typed(text) == {}
    assert [line.split()[0] for line in stray(text)] == ["To", "Never"]


def test_a_command_behind_a_hash_among_bare_commands_is_a_comment() -> None:
    text = "VIP=192.0.2.10\nip addr add $VIP/32 dev lo\n# ip addr add 192.0.2.11/32 dev lo\n"
    assert typed(text) == {"": ["192.0.2.10/32"]}


def test_a_whole_script_in_a_paste_runs_as_its_start() -> None:
    text = """\
This is the script of the real servers:
```
#!/bin/bash
VIP=192.0.2.10
case "$1" in
start)
    # ifconfig lo:9 192.0.2.99 up
    ifconfig lo:0 $VIP netmask 255.255.255.255 up
    ;;
stop)
    ifconfig lo:0 down
    ;;
esac
```
root@lb1:~# ipvsadm -A -t 192.0.2.10:80 -s rr
"""
    assert typed(text) == {"": ["192.0.2.10/32"]}
    assert typed(text, "ipvs") == {"lb1": ["tcp 192.0.2.10:80"]}
    assert stray(text) == ["This is the script of the real servers:"]


def test_a_loop_in_a_paste_runs_for_each_of_its_words() -> None:
    text = (
        "root@rs1:~# uptime\nVIPS='192.0.2.10 192.0.2.11'\nfor vip in $VIPS; do\n  ip addr add $vip/32 dev lo\ndone\n"
    )
    assert typed(text) == {"rs1": ["192.0.2.10/32", "192.0.2.11/32"]}


def test_an_address_above_commands_says_whose_they_are() -> None:
    text = "//192.0.2.21:\n# ip addr add 192.0.2.10/32 dev lo\n\n# ip addr add 192.0.2.11/32 dev lo\n"
    assert typed(text) == {"192.0.2.21": ["192.0.2.10/32"], "": ["192.0.2.11/32"]}


def test_a_command_in_another_host_is_that_hosts() -> None:
    assert typed("root@lb1:~# ssh root@rs1 ip addr add 192.0.2.10/32 dev lo\n") == {"rs1": ["192.0.2.10/32"]}


def test_a_dump_beside_typed_commands_stays_as_it_is() -> None:
    text = """\
root@rs1:~# ip addr add 192.0.2.10/32 dev lo
root@rs1:~# ip -br link
root@rs1:~# ipvsadm -Sn
root@rs1:~# sysctl net.ipv4.ip_forward
net.ipv4.ip_forward = 0
"""
    facts = [(piece.dump.origin, *piece.dump.facts) for piece in pieces(text, "paste.txt") if piece.dump.facts]
    assert (Origin.RUNTIME, "ipvs") in facts
    assert (Origin.RUNTIME, "sysctl") in facts
    assert typed(text) == {"rs1": ["192.0.2.10/32"]}


def test_a_text_without_such_commands_has_nothing_typed() -> None:
    text = "root@rs1:~# ip addr show\nroot@rs1:~# ipvsadm -Ln\nroot@rs1:~# echo hello\nhello\n"
    assert all(piece.dump.origin is Origin.RUNTIME for piece in pieces(text, "paste.txt"))


@pytest.mark.skipif(not ARTICLES.is_dir(), reason="the five articles are not beside the checkout")
def test_every_command_of_the_articles_is_read_or_named() -> None:
    lacking = []
    for file in sorted(ARTICLES.glob("*.txt")):
        text = file.read_text(encoding="utf-8")
        found = list(pieces(text, file.name))
        lines = {row.line for piece in found for row in _lines(piece.dump)}
        for number, line in enumerate(text.splitlines(), 1):
            words = line.strip().lstrip("#$ ").split()
            if words[:1] and words[0] in ("ifconfig", "ip", "ipvsadm", "arptables", "sysctl") and len(words) > 2:
                lacking += [f"{file.name}:{number}"] if number not in lines and "-" not in words[1][:1] else []
            elif words[:1] == ["echo"] and "/proc/sys" in line and number not in lines:
                lacking.append(f"{file.name}:{number}")
    # Of an address that was added and taken away again no row is left.
    assert lacking == [f"004_dffdf4b781c96ee4.txt:{number}" for number in (151, 159)]


def _lines(dump: Dump) -> Iterator[Seen]:
    for rows in dump.facts.values():
        for row in rows:
            if hasattr(row, "lines"):
                yield from (line.seen for line in row.lines)
            else:
                yield from _seen(row)
    yield from dump.unread


def _seen(row: Any) -> list[Seen]:
    if isinstance(row, ArpTables):
        return [rule.seen for rule in row.rules]
    return [row.seen, *(server.seen for server in getattr(row, "destinations", ()))]
