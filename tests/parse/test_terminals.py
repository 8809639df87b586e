"""Pagers, the prompts of Windows, a session's record, AsciiDoc and diff(1): whose the lines are, and which are none."""

import pytest

from lvsdoctor.parse.paste.stream import Piece, pieces

TABLE = (
    "IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port Scheduler Flags\n"
    "  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\nTCP  192.0.2.10:80 rr\n"
)
REAL = "  -> 192.0.2.2{}:80                Route   1      0          0\n"
BRIEF = "lo               UNKNOWN        127.0.0.1/8 192.0.2.10/32 \neth0             UP             192.0.2.21/24 \n"
SAVED = "-A -t 192.0.2.10:80 -s rr\n-a -t 192.0.2.10:80 -r 192.0.2.21:80 -g -w 1\n"


def read(text: str) -> list[Piece]:
    return [piece for piece in pieces(text, "paste.txt") if piece.dump.facts]


def by_host(text: str) -> dict[str, list[str]]:
    return {piece.host: list(piece.dump.facts) for piece in read(text)}


@pytest.mark.parametrize(
    "prompt",
    [
        "--More--\r        \r",
        "--More--(42%)\r\x1b[K",
        "\x1b[7m--More--\x1b[27m\r\x1b[K",
        "\x1b[7m(END)\x1b[27m\x1b[K\r",
    ],
)
def test_a_row_behind_the_prompt_of_a_pager_is_that_row(prompt: str) -> None:
    (piece,) = read(TABLE + prompt + REAL.format(1) + REAL.format(2))
    (service,) = piece.dump.facts["ipvs"]
    assert [str(real.ip) for real in service.destinations] == ["192.0.2.21", "192.0.2.22"]
    assert piece.dump.partial is None


@pytest.mark.parametrize("prompt", ["PS C:\\> ", "PS C:\\Users\\anna> ", "C:\\Users\\anna>", "D:\\tools dir>"])
def test_ssh_behind_a_prompt_of_windows_tells_the_host(prompt: str) -> None:
    text = f"{prompt}ssh root@rs1 ip -br addr\n{BRIEF}{prompt}ssh.exe root@lb1 ipvsadm -Sn\n{SAVED}"
    assert by_host(text) == {"rs1": ["addresses"], "lb1": ["ipvs"]}


@pytest.mark.parametrize("rule", ["----", "....", "--------"])
def test_the_title_of_a_block_of_asciidoc_is_a_heading(rule: str) -> None:
    text = f".rs1\n{rule}\n{BRIEF}{rule}\n\n.lb1\n{rule}\n{SAVED}{rule}\n"
    assert by_host(text) == {"rs1": ["addresses"], "lb1": ["ipvs"]}


def test_the_clock_before_each_line_of_a_session_is_not_of_the_lines() -> None:
    lines = f"root@rs1:~# ip -br addr\n{BRIEF}root@lb1:~# ipvsadm -Sn\n{SAVED}".splitlines()
    text = "".join(f"[2026-01-05 12:00:{number:02}] {line}\n" for number, line in enumerate(lines))
    assert by_host(text) == {"rs1": ["addresses"], "lb1": ["ipvs"]}


@pytest.mark.parametrize(
    "head",
    ["Every 2.0s: ipvsadm -Ln", "Alle 2,0s: ipvsadm -Ln", "Toutes les 2,0s: ipvsadm -Ln", "Cada 2,0s: ipvsadm -Ln"],
)
def test_watch_names_the_host_in_any_language(head: str) -> None:
    assert by_host(f"{head}          lb1: Mon Jan  5 12:00:00 2026\n\n{TABLE}{REAL.format(1)}") == {"lb1": ["ipvs"]}


def test_of_a_difference_neither_side_is_what_a_host_shows() -> None:
    difference = (
        "--- a/sysctl.conf\n+++ b/sysctl.conf\n@@ -1,2 +1,2 @@\n-net.ipv4.conf.all.arp_ignore = 0\n"
        "+net.ipv4.conf.all.arp_ignore = 1\n net.ipv4.conf.all.arp_announce = 2\n"
    )
    found = list(pieces(difference, "paste.txt"))
    assert not any(piece.dump.facts for piece in found)
    assert [kind.kind for piece in found for kind in piece.dump.unread_kinds] == ["difference"]
    assert by_host(f"{difference}root@rs1:~# ip -br addr\n{BRIEF}") == {"rs1": ["addresses"]}


@pytest.mark.parametrize(
    "stamp",
    [
        "Mar 12 09:14:{:02d} ",
        "2026-03-12T09:14:{:02d}.123456Z ",
        "2026-03-12 09:14:{:02d} ",
        "09:14:{:02d} ",
        "[09:14:{:02d}] ",
        "[09:14:{:02d}] <anna> ",
        "09:14:{:02d} <@anna> ",
    ],
)
def test_what_ts_or_a_chat_puts_before_each_line_is_not_of_the_lines(stamp: str) -> None:
    lines = f"[root@rs1 ~]# ip -br addr\n{BRIEF}[root@lb1 ~]# ipvsadm -Ln\n{TABLE}".splitlines()
    text = "".join(f"{stamp.format(number)}{line}\n" for number, line in enumerate(lines))
    assert by_host(text) == {"rs1": ["addresses"], "lb1": ["ipvs"]}


def test_a_log_keeps_its_times() -> None:
    text = "Mar 12 09:14:55 lb1 Keepalived_vrrp[812]: (VI_1) Entering MASTER STATE\n"
    assert [piece.dump.facts["log"][0].seen.text for piece in read(text * 2)] == [text.strip()]


def test_a_frame_with_numbers_is_not_of_the_lines() -> None:
    lines = f"[root@rs1 ~]# ip -br addr\n{BRIEF}".splitlines()
    rule = "─" * 7
    head = f"{rule}┬{rule}\n       │ File: paste.txt\n{rule}┼{rule}\n"
    text = head + "".join(f"{number:4}   │ {line}\n" for number, line in enumerate(lines, 1)) + f"{rule}┴{rule}\n"
    assert by_host(text) == {"rs1": ["addresses"]}


@pytest.mark.parametrize(
    "header", ["From: Anna <anna@example.net>", "Message-ID: <abc@mail1>", "Cc: Ben <ben@web1.example.net>,"]
)
def test_an_address_of_a_mail_is_no_prompt(header: str) -> None:
    text = f"{header}\n\nHello,\n\n[root@rs1 ~]# ip -br addr\n{BRIEF}"
    assert {piece.host for piece in pieces(text, "paste.txt") if piece.host} == {"rs1"}


ROUTES = (
    "broadcast 192.0.2.255 dev eth0 table local proto kernel scope link src 192.0.2.21\n"
    "broadcast 127.255.255.255 dev lo table local proto kernel scope link src 127.0.0.1\n"
)
LINKS = (
    "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000\n"
    "    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n    inet 127.0.0.1/8 scope host lo\n"
    "2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP group default qlen 1000\n"
    "    link/ether 02:00:00:00:00:21 brd ff:ff:ff:ff:ff:ff\n    inet 192.0.2.21/24 scope global eth0\n"
)


@pytest.mark.parametrize("columns", [70, 76, 80, 81])
def test_what_a_terminal_broke_at_its_last_column_is_one_line(columns: int) -> None:
    text = f"[root@rs1 ~]# ip addr\n{LINKS}[root@rs1 ~]# ip route show table local\n{ROUTES}"
    starts = ((line, range(0, len(line), columns)) for line in text.splitlines())
    broken = "".join(f"{line[start : start + columns]}\n" for line, places in starts for start in places)
    for whole, found in zip(read(text), read(broken), strict=True):
        assert not found.dump.unread
        assert {fact: len(rows) for fact, rows in found.dump.facts.items()} == {
            fact: len(rows) for fact, rows in whole.dump.facts.items()
        }


def test_rows_of_one_length_are_not_one_line() -> None:
    rows = "".join(
        f"local 192.0.2.1{n} dev eth0 table local proto kernel scope host src 192.0.2.1{n}\n" for n in range(5)
    )
    (piece,) = read(f"[root@rs1 ~]# ip route show table local\n{rows}")
    assert len(piece.dump.facts["local-routes"]) == 5
