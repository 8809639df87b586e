"""ps(1) in its shapes: which programs run, and whether the list is whole."""

import pytest

from lvsdoctor.parse.paste.stream import pieces
from lvsdoctor.parse.processes import program_of
from lvsdoctor.parse.reader import Dump

UNIX = """UID          PID    PPID  C STIME TTY          TIME CMD
root           1       0  0 12:00 ?        00:00:01 /usr/lib/systemd/systemd --system
root           2       0  0 12:00 ?        00:00:00 [kthreadd]
root         812       1  0 12:00 ?        00:00:00 /usr/sbin/keepalived --dont-fork
"""
BSD = """USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND
root           1  0.0  0.1 169000 11000 ?        Ss   12:00   0:01 /sbin/init splash
root         812  0.0  0.1 169000 11000 ?        Ss   12:00   0:01 keepalived -D
root         813  0.0  0.1 169000 11000 ?        S    12:00   0:01  \\_ keepalived -D
"""
BUSYBOX = """  PID USER       VSZ STAT COMMAND
    1 root      1636 S    {systemd} /sbin/init
  300 root      1636 S    {keepalived} /usr/bin/qemu-arm /usr/sbin/keepalived
"""
NAMES = """    PID COMMAND
      1 systemd
    812 keepalived
"""
CUT = """USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND
root           1  0.0  0.1 169000 11000 ?        Ss   12:00   0:01 /sbin/init spl
root         812  0.0  0.1 169000 11000 ?        Ss   12:00   0:01 /usr/sbin/keep
"""


def dump_of(text: str) -> Dump:
    return next(piece.dump for piece in pieces(text, "ps.txt") if "programs" in piece.dump.facts)


@pytest.mark.parametrize("text", [UNIX, BSD, BUSYBOX, NAMES], ids=["ps -ef", "ps auxf", "busybox", "ps -e -o"])
def test_a_whole_list_tells_what_keeps_the_table(text: str) -> None:
    dump = dump_of(text)
    assert {row.name for row in dump.facts["programs"]} - {"systemd", "init"} == {"keepalived"}
    assert dump.partial is None


def test_a_list_that_the_terminal_cut_is_not_whole() -> None:
    assert dump_of(CUT).partial is not None


def test_the_processes_of_a_container_are_not_those_of_the_host() -> None:
    assert dump_of(NAMES.replace("systemd", "bird")).partial is not None


@pytest.mark.parametrize(
    ("command", "program"),
    [
        ("/usr/sbin/keepalived -D", "keepalived"),
        ("/usr/bin/perl -w /usr/sbin/ldirectord start", "ldirectord"),
        ("sshd: root@pts/0", "sshd"),
        ("", ""),
    ],
)
def test_a_command_line_names_its_program(command: str, program: str) -> None:
    assert program_of(command) == program


@pytest.mark.parametrize(
    "text",
    [
        "[root@lb1 ~]# ps -ef | grep keepalived\n"
        "root       812     1  0 12:00 ?        00:00:00 /usr/sbin/keepalived -D\n"
        "root       999   998  0 12:00 pts/0    00:00:00 grep --color=auto keepalived\n",
        "root       812  0.0  0.1 169000 11000 ?        Ss   Jan05   0:01 /usr/sbin/keepalived -D\n",
    ],
    ids=["ps -ef", "ps aux"],
)
def test_rows_without_a_head_tell_what_runs_and_not_what_does_not(text: str) -> None:
    dump = dump_of(text)
    assert [row.name for row in dump.facts["programs"]] == ["keepalived"]
    assert dump.partial is not None


def test_a_search_that_found_itself_alone_tells_of_no_program() -> None:
    text = "# ps -ef | grep keepalived\nroot       999   998  0 12:00 pts/0    00:00:00 grep keepalived\n"
    assert not [piece for piece in pieces(text, "ps.txt") if "programs" in piece.dump.facts]
