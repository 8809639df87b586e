"""uname -a, hostname, hostnamectl."""

import pytest

from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.identity import Hostnamectl, Uname, hostname_in
from lvsdoctor.parse.paste.stream import pieces
from lvsdoctor.parse.readers import readers_for
from tests.parse.driving_ipvs import drive, of_corpus, read

UNAME = "Linux rs1 5.10.0-8-amd64 #1 SMP Debian 5.10.46-5 (2021-09-23) x86_64 GNU/Linux"


def test_uname_tells_the_host_and_the_kernel() -> None:
    dump = read(Uname, UNAME)
    assert (dump.host, dump.facts) == ("rs1", {"kernel": ("5.10.0-8-amd64",)})


def test_uname_is_one_line() -> None:
    account = drive(Uname, f"{UNAME}\nsomething else\n{UNAME.replace('rs1', 'rs2')}\n")
    assert [dump.host for dump in account.dumps] == ["rs1", "rs2"]
    assert [seen.text for seen in account.refused] == ["something else"]


@pytest.mark.parametrize(
    "line",
    [
        "Linux",
        "Linux is fine",
        "Linux rs1",
        "Linux rs1 5.10.0-8-amd64",
        "Linux version 5.10.0-8-amd64 (gcc version 10) #1 SMP",
        "FreeBSD rs1 12.1-RELEASE #0",
        "Linux -x 5.10 #1",
        "Linux " + "a" * 1_000_000,
    ],
)
def test_other_lines_are_not_of_uname(line: str) -> None:
    assert not Uname.starts(line)
    assert not Uname().feed(Seen("dump", 1, line))


@pytest.mark.parametrize("name", ["rs1", "lb-01.example.com", "  rs1  ", "3com"])
def test_one_line_with_one_name_is_a_host_name(name: str) -> None:
    assert hostname_in(["", name, "  "]) == name.strip()


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [""],
        ["rs1", "rs2"],
        ["two words"],
        ["-rs1"],
        ["rs1-"],
        ["a..b"],
        ["a.b."],
        ["192.0.2.1"],
        ["2001:db8::1"],
        ["rs_1"],
        ["rs1:"],
        ["r\u00e9s1"],
        ["a" * 64],
        ["a." * 200 + "a"],
    ],
)
def test_other_lines_are_no_host_name(lines: list[str]) -> None:
    assert hostname_in(lines) == ""


def test_a_word_alone_never_starts_a_dump_but_names_the_host_after_its_command() -> None:
    assert list(readers_for("rs1")) == []
    assert [piece.host for piece in pieces("# hostname\nrs1\n", "paste")] == ["rs1"]
    assert [piece.dump.unread[0].text for piece in pieces("# hostname\nrs1\nrs2\n", "paste")] == ["rs1"]


@of_corpus("sosreport-tree/*/sos_commands/kernel/uname_-a")
def test_the_corpus_tells_its_hosts(text: str) -> None:
    dump = read(Uname, text)
    assert dump.host == text.split()[1]
    assert dump.facts["kernel"] == (text.split()[2],)


def test_hostnamectl_tells_the_host_and_the_kernel() -> None:
    text = " Static hostname: rs1\n       Icon name: computer-vm\n          Kernel: Linux 6.1.0-18\n"
    dump = read(Hostnamectl, text)
    assert (dump.host, dump.facts) == ("rs1", {"kernel": ("6.1.0-18",)})


def test_each_hostnamectl_begins_another_host() -> None:
    one = "# hostnamectl\n Static hostname: {}\n       Icon name: computer-vm\n# ip -br addr\nlo UNKNOWN 127.0.0.1/8\n"
    found = [piece.host for piece in pieces(one.format("rs1") + one.format("lb1"), "paste") if piece.dump.facts]
    assert found == ["rs1", "lb1"]
