"""Lines of logs, as the programs that show them dress them."""

import json
import tracemalloc
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvsdoctor.collect.log_names import may_be_log
from lvsdoctor.collect.logs import log_pieces
from lvsdoctor.model.log import LogLine
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.log_lines import MOST, LogRows, is_log_line, log_line
from lvsdoctor.parse.log_patterns import PATTERNS
from lvsdoctor.parse.paste.stream import pieces

MARTIAN = "IPv4: martian source 192.0.2.99 from 192.0.2.10, on dev eth1"
PASSWD = "(VI_1) received an invalid passwd!"


def row_of(text: str) -> LogLine:
    row = log_line(Seen("log", 1, text))
    assert row is not None
    return row


@pytest.mark.parametrize(
    ("text", "host"),
    [
        (MARTIAN, ""),
        (f"[   12.345678] {MARTIAN}", ""),
        (f"<4>[   12.345678] {MARTIAN}", ""),
        (f"[Sat Jan 15 18:12:46 2022] {MARTIAN}", ""),
        (f"Jan 15 18:12:46 lb1 kernel: {MARTIAN}", "lb1"),
        (f"Jan 15 18:12:46 lb1 kernel: [   12.345678] {MARTIAN}", "lb1"),
        (f"Jan  5 18:12:46 lb1.example.net kernel: {MARTIAN}", "lb1.example.net"),
        (f"Jan 15 18:12:46.123456 lb1 kernel: {MARTIAN}", "lb1"),
        (f"Jan 15 18:12:46 kernel: {MARTIAN}", ""),
        (f"2022-01-15T18:12:46+0100 lb1 kernel: {MARTIAN}", "lb1"),
        (f"2022-01-15T18:12:46.123456+01:00 lb1 kernel: {MARTIAN}", "lb1"),
        (f"2022-01-15 18:12:46 lb1 kernel: {MARTIAN}", "lb1"),
        (f"<4>1 2022-01-15T18:12:46.003Z lb1 kernel - - - {MARTIAN}", "lb1"),
        (f'<4>1 2022-01-15T18:12:46+01:00 lb1 kernel 7 ID1 [x@1 a="b"][y@1] \ufeff{MARTIAN}', "lb1"),
        (json.dumps({"_HOSTNAME": "lb1", "SYSLOG_IDENTIFIER": "kernel", "PRIORITY": "4", "MESSAGE": MARTIAN}), "lb1"),
        (json.dumps({"_TRANSPORT": "kernel", "_HOSTNAME": "lb1", "MESSAGE": MARTIAN}), "lb1"),
        (f'\t"MESSAGE" : "{MARTIAN}",', ""),
        (f"    MESSAGE={MARTIAN}", ""),
        (f"1642266766.123456 lb1 kernel: {MARTIAN}", "lb1"),
        (f"[ 1234.567890 <    0.000123 >] lb1 kernel: {MARTIAN}", "lb1"),
        (f"Jan 15 18:12:46 lb1 kern.warn kernel: {MARTIAN}", "lb1"),
        (f"kern  :warn  : [   12.345678] {MARTIAN}", ""),
        (f"[Jan15 18:12] {MARTIAN}", ""),
        (f"[  +0.000012] {MARTIAN}", ""),
        (f"4,1042,12345678,-;{MARTIAN}", ""),
    ],
)
def test_a_line_of_the_kernel_is_known_however_it_is_shown(text: str, host: str) -> None:
    row = row_of(text)
    assert (row.event, row.program, row.message, row.host) == ("LOG010.martian-source", "kernel", MARTIAN, host)
    assert row.fields == {"destination": "192.0.2.99", "source": "192.0.2.10", "link": "eth1"}


@pytest.mark.parametrize(
    "text",
    [
        f"Sat Jan 15 18:12:46 2022: {PASSWD}",
        f"Keepalived_vrrp[812]: {PASSWD}",
        f"Jan 15 18:12:46 lb1 Keepalived_vrrp[812]: {PASSWD}",
        f"2022-01-15T18:12:46.123456789Z stdout F Sat Jan 15 18:12:46 2022: {PASSWD}",
        json.dumps(
            {"log": f"Sat Jan 15 18:12:46 2022: {PASSWD}\n", "stream": "stderr", "time": "2022-01-15T18:12:46Z"}
        ),
        json.dumps({"_PID": "812", "_HOSTNAME": "lb1", "SYSLOG_IDENTIFIER": "Keepalived_vrrp", "MESSAGE": PASSWD}),
        "Jan 15 18:12:46 lb1 Keepalived_vrrp: VRRP_Instance(VI_1) receive an invalid passwd!",
        "Jan 15 18:12:46 lb1 Keepalived_vrrp[812]: (VI_1) received an invalid passwd from 192.0.2.12",
    ],
)
def test_a_line_of_keepalived_names_its_instance(text: str) -> None:
    row = row_of(text)
    assert (row.event, row.program, row.fields["vi"]) == ("LOG001.auth-pass", "keepalived", "VI_1")


def test_a_line_of_kube_proxy_comes_behind_the_head_of_klog() -> None:
    row = row_of('E0102 12:00:00.000000       1 server_linux.go:120] "Can\'t use the IPVS proxier" err="no modules"')
    assert (row.event, row.program) == ("LOG014.no-proxier", "kube-proxy")


@pytest.mark.parametrize(
    "text",
    [
        "I see martian source in dmesg, and no idea why",
        "The log says IPVS: rr: TCP 192.0.2.10:80 - no destination available",
        "Jan 15 18:12:46 lb1 kernel: IPv4: martian source 999.0.2.99 from 192.0.2.10, on dev eth1",
        f"Jan 15 18:12:46 lb1 nginx[4]: {MARTIAN} ",
        "no scheduler set, setting default",
        "",
    ],
)
def test_what_only_speaks_of_a_log_is_no_line_of_one(text: str) -> None:
    assert log_line(Seen("log", 1, text)) is None


def test_every_pattern_has_its_word_and_says_what_a_fault_means() -> None:
    for row in PATTERNS:
        assert row.word
        assert bool(row.means and row.remedy) == bool(row.code and not row.harmless), row
        assert set(row.ended_by + row.excused_by) <= {other.event for other in PATTERNS if not other.code}


def test_what_repeats_itself_is_one_row_with_its_first_and_last_line() -> None:
    rows = LogRows()
    for number in range(1, 8):
        assert rows.add(Seen("dmesg", number, f"[   {number}.000000] {MARTIAN}"))
    ((_, (row,)),) = rows.by_host()
    assert (row.count, row.first.line, row.seen.line) == (7, 1, 7)


def test_a_flood_of_subjects_is_bounded() -> None:
    rows = LogRows()
    for number in range(MOST + 50):
        rows.add(
            Seen("dmesg", number, f"IPv4: martian source 192.0.2.1 from 10.0.{number // 256}.{number % 256}, on dev e")
        )
    ((_, found),) = rows.by_host()
    assert len(found) == MOST


def test_the_host_of_a_loose_line_is_that_of_the_dumps_beside_it() -> None:
    table = "-A -t 192.0.2.10:80 -s rr\n-a -t 192.0.2.10:80 -r 192.0.2.21:80 -g -w 1\n"
    line = f"Jan 15 18:12:46 lb1 kernel: {MARTIAN}\n"
    assert [piece.host for piece in pieces(line, "paste") if "log" in piece.dump.facts] == ["lb1"]
    assert [piece.host for piece in pieces(table + line, "paste") if "log" in piece.dump.facts] == [""]
    prompted = f"[root@lb2 ~]# dmesg | tail\n{line}"
    assert [piece.host for piece in pieces(prompted, "paste") if "log" in piece.dump.facts] == ["lb2"]


def test_a_log_of_two_hosts_is_two_hosts() -> None:
    text = f"Jan 15 18:12:46 lb1 kernel: {MARTIAN}\nJan 15 18:12:46 lb2 kernel: {MARTIAN}\n"
    assert [piece.host for piece in pieces(text, "paste") if "log" in piece.dump.facts] == ["lb1", "lb2"]


def test_a_log_between_the_rows_of_a_dump_leaves_it_whole() -> None:
    text = f"-A -t 192.0.2.10:80 -s rr\n[   12.345678] {MARTIAN}\n-a -t 192.0.2.10:80 -r 192.0.2.21:80 -g -w 1\n"
    facts = [piece.dump.facts for piece in pieces(text, "paste")]
    (services,) = [of["ipvs"] for of in facts if "ipvs" in of]
    assert len(services[0].destinations) == 1
    assert any("log" in of for of in facts)


@pytest.mark.parametrize("name", ["messages", "lb1/syslog", "dmesg", "kern.log", "keepalived.log.1", "journal.txt",
                                  "sos_commands/logs/journalctl_--no-pager"])  # fmt: skip
def test_these_are_names_of_logs(name: str) -> None:
    assert may_be_log(name)


@pytest.mark.parametrize("name", ["keepalived.conf", "sysctl.txt", "lb1/ip-addr", "etc/ldirectord.cf"])
def test_these_are_not(name: str) -> None:
    assert not may_be_log(name)


def test_a_large_log_costs_no_memory_for_lines_that_no_pattern_names() -> None:
    other = b"Jan 15 18:12:46 lb1 systemd[1]: Started Session 1 of user root.\n" * 200_000
    data = BytesIO(other + f"Jan 15 18:12:47 lb1 kernel: {MARTIAN}\n".encode() + other)
    tracemalloc.start()
    found = log_pieces(data, "messages")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found is not None
    (row,) = found[0].dump.facts["log"]
    assert (row.seen.line, row.message) == (200_001, MARTIAN)
    assert peak < 6_000_000 < len(other)  # two blocks of a MiB, and what is made of them


def test_a_file_that_is_no_log_is_left_to_the_other_readers() -> None:
    assert log_pieces(BytesIO(b"net.ipv4.ip_forward = 1\n" * 50), "messages") is None
    assert log_pieces(BytesIO(b"\0\1\2" * 50), "messages") is None
    assert log_pieces(BytesIO(b""), "messages") is None


def test_a_log_without_a_known_line_is_called_a_log() -> None:
    found = log_pieces(BytesIO(b"Jan 15 18:12:46 lb1 systemd[1]: Started Session 1.\n"), "messages")
    assert found is not None
    assert [kind.kind for kind in found[0].dump.unread_kinds] == ["log"]


@given(st.binary(max_size=300).map(lambda data: b"Jan 15 18:12:46 lb1 kernel: IPVS\n" * 9 + data))
def test_any_bytes_can_stand_in_a_log(data: bytes) -> None:
    log_pieces(BytesIO(data), "messages")


@given(st.text(max_size=200))
def test_any_line_may_be_asked(text: str) -> None:
    is_log_line(text)
    for row in PATTERNS[::7]:
        log_line(Seen("log", 1, f"{text}{row.word}{text}"))


@pytest.mark.parametrize(
    ("text", "event"),
    [
        ('time="2018-03-01T13:36:50Z" level=error msg="Could not get ipvs family information from the kernel. It is'
         ' possible that ipvs is not enabled in your kernel."', "LOG014.no-ipvs"),
        ('time="2018-03-01T13:36:50.123+01:00" level=warning msg="Running modprobe ip_vs failed with message: ``"',
         "LOG014.modprobe"),
        ("Mar  1 13:36:50 n1 dockerd[1504]: time=\"2018-03-01T13:36:50.661096423+02:00\" level=warning"
         " msg=\"Running modprobe ip_vs failed with message: `x`\"", "LOG014.modprobe"),
        ("E0331 13:11:06.676253       1 proxier.go:1950] Failed to list IPVS destinations, error: parseIP Error ip=[0]",
         "LOG014.parse-ip"),
        ("F0828 07:52:34.123456       1 server.go:361] unable to create proxier: can't set sysctl"
         " net/ipv4/vs/conn_reuse_mode: no such file", "LOG014.no-start"),
    ],
)  # fmt: skip
def test_containers_log_what_of_ipvs_they_lack(text: str, event: str) -> None:
    line = log_line(Seen("log", 1, text))
    assert line is not None
    assert line.event == event


def test_a_line_quoted_in_prose_names_its_host() -> None:
    line = log_line(
        Seen("log", 1, "`Mar  3 15:07:53 lb1 Keepalived_vrrp[2370]: (VI_1) advertisement interval mismatch`")
    )
    assert line is not None
    assert (line.host, line.event) == ("lb1", "LOG001.advert-int")


@pytest.mark.parametrize("command", ["dmesg -T | tail", "journalctl -k", "tail -20 /var/log/kern.log"])
def test_a_line_that_names_no_host_is_of_the_prompt_above_it(command: str) -> None:
    line = "[Mon Jan  5 12:00:00 2026] IPv4: martian source 192.0.2.10 from 192.0.2.1, on dev eth0"
    of_logs = [piece.host for piece in pieces(f"[root@rs1 ~]# {command}\n{line}\n", "c.txt") if piece.dump.facts]
    assert of_logs == ["rs1"]
