"""Values of /proc/sys under the command, or the heading, that names their file."""

import pytest

from lvsdoctor.parse.paste.stream import pieces
from lvsdoctor.parse.proc_sys import paths_of

ALL, LO = "/proc/sys/net/ipv4/conf/all/arp_ignore", "/proc/sys/net/ipv4/conf/lo/arp_ignore"


def settings(text: str) -> dict[str, str]:
    rows = [row for piece in pieces(text, "stdin") for row in piece.dump.facts.get("sysctl", ())]
    return {row.key: row.raw for row in rows}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (f"[root@rs1 ~]# cat {ALL}\n1\n", {"all": "1"}),
        (f"[root@rs1 ~]# cat {LO} {ALL}\n1\n0\n", {"lo": "1", "all": "0"}),
        ("# cat /proc/sys/net/ipv4/conf/{lo,all}/arp_ignore\n2\n1\n", {"lo": "2", "all": "1"}),
        (f"[root@rs1 ~]# cat {LO} {ALL}\ncat: {LO}: No such file or directory\n0\n", {"all": "0"}),
        (f"[root@rs1 ~]# grep . /proc/sys/net/ipv4/conf/*/arp_ignore\n{ALL}:1\n{LO}:2\n", {"all": "1", "lo": "2"}),
        (f"[root@rs1 ~]# tail -n +1 {ALL} {LO}\n==> {ALL} <==\n1\n\n==> {LO} <==\n0\n", {"all": "1", "lo": "0"}),
        (f"[root@rs1 ~]# head -n 1 {ALL}\n1\n", {"all": "1"}),
    ],
)
def test_a_value_is_that_of_the_file_that_was_asked_for(text: str, values: dict[str, str]) -> None:
    assert settings(text) == {f"net.ipv4.conf.{link}.arp_ignore": value for link, value in values.items()}


@pytest.mark.parametrize(
    "text",
    [
        f"[root@rs1 ~]# cat {LO} {ALL}\n1\n",
        f"[root@rs1 ~]# cat {ALL}\n1\n0\n",
        "[root@rs1 ~]# cat /proc/sys/net/ipv4/conf/*/arp_ignore\n1\n",
        f"[root@rs1 ~]# cat {ALL} | head -n 1\n1\n",
        f"[root@rs1 ~]# cat {ALL}\nyes\n",
        f"[root@rs1 ~]# cat {ALL}\n...\n1\n",
        f"[root@rs1 ~]# cat {ALL} /etc/hostname\n1\n0\n",
    ],
)
def test_lines_that_do_not_match_the_files_are_no_values(text: str) -> None:
    assert settings(text) == {}


def test_the_row_quotes_the_line_of_the_value() -> None:
    (piece,) = pieces(f"[root@rs1 ~]# cat {ALL}\n1\n", "stdin")
    (row,) = piece.dump.facts["sysctl"]
    assert (row.seen.line, row.seen.text) == (2, "1")
    assert piece.host == "rs1"
    assert piece.dump.partial is not None


def test_the_values_of_one_command_are_bounded() -> None:
    assert paths_of(["cat", "/proc/sys/net/" + "{a,b,c,d,e,f,g,h,i,j}" * 9]) == []
    assert paths_of(["cat", *["/proc/sys/net/ipv4/ip_forward"] * 1000]) == []
