"""Several dumps in one text: whose they are, what each is, and that no line is lost."""

from pathlib import Path

import pytest

from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.paste.echo import echo_in
from lvsdoctor.parse.paste.headings import is_rule
from lvsdoctor.parse.paste.stream import _WORDS_OF_CHANGES, CHANGES, Piece, pieces

CORPUS = Path(__file__).parents[2].parent / "shared/corpus"

TICKET = """\
Hi, here is what you asked for:

[root@lb1 ~]# ipvsadm -Ln
IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
TCP  192.0.2.10:80 rr
  -> 192.0.2.21:80                Route   1      0          0
[root@lb1 ~]# ssh rs1
[root@rs1 ~]# sysctl -a | grep arp_ignore
net.ipv4.conf.all.arp_ignore = 0
net.ipv4.conf.lo.arp_ignore = 1
[root@rs1 ~]# ip -o -4 addr
1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever
1: lo    inet 192.0.2.10/32 scope global lo\\       valid_lft forever preferred_lft forever
2: eth0    inet 192.0.2.21/24 brd 192.0.2.255 scope global eth0\\       valid_lft forever preferred_lft forever
"""


def facts(parts: list[Piece]) -> dict[tuple[str, str], int]:
    return {(piece.host, fact): len(rows) for piece in parts for fact, rows in piece.dump.facts.items()}


def unread(parts: list[Piece]) -> list[str]:
    return [seen.text for piece in parts for seen in piece.dump.unread]


def test_a_pasted_ticket_tells_whose_each_dump_is() -> None:
    found = list(pieces(TICKET, "ticket"))
    assert facts(found) == {("lb1", "ipvs"): 1, ("rs1", "sysctl"): 2, ("rs1", "addresses"): 3}


def test_chatter_between_dumps_is_counted_not_lost() -> None:
    assert unread(list(pieces(TICKET, "ticket"))) == ["Hi, here is what you asked for:"]


def test_every_row_keeps_the_line_of_the_paste_it_stood_on() -> None:
    settings = next(piece for piece in pieces(TICKET, "ticket") if "sysctl" in piece.dump.facts).dump.facts["sysctl"]
    assert [row.seen for row in settings][1] == Seen("ticket", 12, "net.ipv4.conf.lo.arp_ignore = 1")


def test_dumps_need_no_prompts_between_them() -> None:
    text = "net.ipv4.ip_forward = 0\n0:\tfrom all lookup local\ndefault via 192.0.2.1 dev eth0\n"
    text += "192.0.2.1 dev eth0 lladdr 02:00:00:00:00:01 REACHABLE\n-A -t 192.0.2.10:80 -s rr\n"
    assert {fact for _, fact in facts(list(pieces(text, "paste")))} == {
        "sysctl", "policy-rules", "routes", "neighbours", "ipvs",
    }  # fmt: skip


def test_a_command_that_printed_nothing_has_said_something() -> None:
    found = list(pieces("# ipvsadm -Sn\n# ip neigh\n# arptables-save\n# uname -r\n", "paste"))
    assert {fact for _, fact in facts(found)} == {"ipvs", "neighbours", "arptables"}


def test_silence_behind_a_pipe_says_nothing() -> None:
    assert facts(list(pieces("# ipvsadm -Sn | grep 192.0.2.10\n", "paste"))) == {}


def test_a_kernel_without_ip_vs_has_no_virtual_service() -> None:
    text = "# ipvsadm -Ln\nCan't initialize ipvs: Protocol not available\n"
    assert facts(list(pieces(text, "paste"))) == {("", "ipvs"): 0}


def test_comments_above_a_sysctl_file_are_read_as_comments() -> None:
    found = list(pieces("# LVS real server\n;\nnet.ipv4.conf.all.arp_ignore = 1\n", "90-lvs.conf"))
    assert (facts(found), unread(found)) == ({("", "configured-sysctl"): 1}, [])


def test_colours_of_ip_c_are_stripped() -> None:
    found = list(pieces("default via \x1b[35m192.0.2.1\x1b[0m dev \x1b[36meth0\x1b[0m\n", "paste"))
    assert facts(found) == {("", "routes"): 1}


def test_comments_above_nothing_are_counted() -> None:
    assert unread(list(pieces("# remember the milk\n", "notes"))) == ["# remember the milk"]


def test_lines_quoted_in_a_mail_are_read() -> None:
    found = list(pieces("> net.ipv4.ip_forward = 1\n", "mail"))
    assert facts(found) == {("", "sysctl"): 1}


@pytest.mark.parametrize(
    ("line", "host", "command"),
    [
        ("[root@rs1 ~]# ip addr", "rs1", ("ip", "addr")),
        ("root@rs1:~# ip -d link show", "rs1", ("ip", "-d", "link", "show")),
        ("admin@rs1.example.net:/etc$ sudo sysctl -a", "rs1.example.net", ("sysctl", "-a")),
        ("rs1:~ # ipvsadm -Ln", "rs1", ("ipvsadm", "-Ln")),
        ("$ ssh root@rs2 /sbin/ip rule", "rs2", ("ip", "rule")),
        ("# ip netns exec blue ip route show table all", "blue", ("ip", "route", "show", "table", "all")),
        ("# ip -n blue neigh", "blue", ("ip", "neigh")),
        ("=== ip route show table all ===", "", ("ip", "route", "show", "table", "all")),
        ("ipvsadm -Ln", "", ("ipvsadm", "-Ln")),
        ("192.0.2.35 | SUCCESS | rc=0 >>", "192.0.2.35", ()),
        ("Every 2.0s: ipvsadm -Ln --stats        lb1: Sat Nov 21 03:00:00 2026", "lb1", ("ipvsadm", "-Ln", "--stats")),
        ("[root@rs1 ~]#", "rs1", ()),
    ],
)
def test_an_echo_tells_host_and_command(line: str, host: str, command: tuple[str, ...]) -> None:
    echo = echo_in(line)
    assert echo is not None
    assert (echo.inside or echo.host, echo.command) == (host, command)


@pytest.mark.parametrize(
    "line",
    [
        "net.ipv4.ip_forward = 1",
        "# net.ipv4.conf.all.arp_ignore = 1",
        "TCP  192.0.2.10:80 rr",
        "    inet 192.0.2.10/32 scope global lo",
        "-A -t 192.0.2.10:80 -s rr",
        "ip addr add 192.0.2.10/32 dev lo",
        "*filter",
        ":INPUT ACCEPT",
        "# a comment about eth0",
        "fe80::/64 dev eth0 proto kernel metric 256",
    ],
)
def test_a_line_of_a_dump_or_of_a_script_is_no_echo(line: str) -> None:
    assert echo_in(line) is None


def test_no_text_makes_the_reading_of_it_fail() -> None:
    hostile = [
        "\x1b[31m",
        "1: " + "a" * 100_000,
        "[" * 5000,
        "TCP  [::1" + "]" * 3000,
        "\ufeff",
        "-A",
        "-> :",
        "9" * 5000,
    ]
    found = list(pieces("\n".join(hostile), "hostile"))
    # Colours, and a byte order mark, are nothing that a host printed.
    assert len(unread(found)) >= len(hostile) - 2


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of real dumps is not beside the checkout")
def test_no_line_of_a_foreign_file_is_lost_between_the_readers() -> None:
    """A file that no reader takes, and that has no face: every line is counted, but for echoes (each reader's own test
    accounts for those that it takes)."""
    lost = []
    for file in sorted(path for path in CORPUS.rglob("*") if path.is_file() and path.suffix != ".tsv"):
        text = file.read_bytes().decode("utf-8", errors="backslashreplace")
        found = list(pieces(text, file.name))
        dumps = [piece.dump for piece in found]
        if any(dump.facts or dump.unread_kinds or not dump.unread for dump in dumps) or len(dumps) != 1:
            continue
        counted = {seen.line for piece in found for seen in piece.dump.unread}
        lines = [
            n for n, line in enumerate(text.splitlines(), 1)
            if line.strip() and not echo_in(line) and not is_rule(line.strip())
        ]  # fmt: skip
        lost += [f"{file.name}:{n}" for n in lines if n not in counted and "```" not in text]
    assert lost == []


def test_an_answer_of_sysctl_a_is_what_runs_under_any_file_name() -> None:
    text = "kernel.ostype = Linux\nnet.ipv4.ip_forward = 1\n"
    assert facts(list(pieces(text, "rs1/sysctl.conf"))) == {("", "sysctl"): 2}


def test_what_ip_says_of_a_namespace_s_name_is_no_line_of_the_dump() -> None:
    text = (
        "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536\n    inet 127.0.0.1/8 scope host lo\n"
        "Error: Peer netns reference is invalid.\n"
        "3: eth0@if14: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500\n    inet 192.0.2.22/24 scope global eth0\n"
    )
    (piece,) = pieces(text, "ip-addr.txt")
    assert (piece.dump.partial, piece.dump.unread) == (None, ())
    assert [str(address.ip) for address in piece.dump.facts["addresses"]] == ["127.0.0.1", "192.0.2.22"]


def test_what_a_text_says_to_run_is_a_typed_command_and_what_it_supposes_is_none() -> None:
    text = "\u6267\u884c\u547d\u4ee4\uff1a`sudo ifconfig lo:0 192.0.2.10 netmask 255.255.255.255 up`\n\n"
    text += "If the command is: `ifconfig lo:0 192.0.2.11 netmask 255.255.255.0 up`, then no host answers.\n"
    rows = [row for piece in pieces(text, "paste.txt") for row in piece.dump.facts.get("configured-addresses", ())]
    assert [str(row.ip) for row in rows] == ["192.0.2.10"]


@pytest.mark.parametrize("row", ["  ***", "  * * *", "***", "  ~~~", "  --More--", "...skipping..."])
def test_signs_in_the_place_of_rows_leave_the_dump_partial(row: str) -> None:
    text = TICKET.replace("  -> 192.0.2.21:80                Route   1      0          0", row)
    table = next(piece.dump for piece in pieces(text, "ticket") if "ipvs" in piece.dump.facts)
    assert table.partial is not None
    assert table.partial.seen is not None
    assert table.partial.seen.text.strip() == row.strip()


def test_a_rule_below_a_dump_parts_it_from_what_follows() -> None:
    text = TICKET.replace("[root@lb1 ~]# ssh rs1", "\n---\n\n[root@lb1 ~]# ssh rs1")
    table = next(piece.dump for piece in pieces(text, "ticket") if "ipvs" in piece.dump.facts)
    assert table.partial is None


@pytest.mark.parametrize(
    "line",
    [
        "ifconfig lo:0 192.0.2.10 netmask 255.255.255.255",
        "route -n add -host 192.0.2.10 dev lo:0",
        "arptables -A INPUT -j DROP",
        "ip6tables -L",
        "ip -4 addr add 192.0.2.10/32 dev lo",
        "ip\taddr\tdel 192.0.2.10/32 dev lo",
        "ipvsadm -A -t 192.0.2.10:80",
        'sysctl -w "net.ipv4.conf.all.arp_ignore=1"',
        "echo 1 > /proc/sys/net/ipv4/ip_forward",
        "echo 1 | tee -a /proc/sys/net/ipv4/ip_forward",
    ],
)
def test_every_command_that_changes_a_host_has_one_of_the_words_looked_for_first(line: str) -> None:
    assert CHANGES.search(line)
    assert _WORDS_OF_CHANGES.search(line)
    assert not _WORDS_OF_CHANGES.search("net.ipv4.conf.all.accept_source_route = 0\nkernel.sysctl_writes_strict = 1\n")
