"""What a report expects to see is no answer of a host."""

import pytest

from lvsdoctor.parse.paste.expected import expected_lines
from lvsdoctor.parse.paste.stream import pieces

TABLE = """\
[root@lb1 ~]# ipvsadm -Ln
IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
TCP  192.0.2.10:80 rr
"""
REAL_SERVER = "  -> 192.0.2.21:80                Masq    1      0          0\n"


def real_servers(text: str) -> list[int]:
    rows = [row for piece in pieces(text, "ticket.md") for row in piece.dump.facts.get("ipvs", ())]
    return [len(row.destinations) for row in rows]


@pytest.mark.parametrize(
    ("heading", "actual"),
    [
        ("**Expected behavior**", "**What happens**"),
        ("### What you expected to happen:", "### What happened:"),
        ("## Expected Output", "## Actual Output"),
        ("**预期结果**", "**实际结果**"),
    ],
)
def test_a_table_below_such_a_heading_is_not_read(heading: str, actual: str) -> None:
    text = f"{heading}\n{TABLE}\n{actual}\n{TABLE}{REAL_SERVER}"
    assert real_servers(text) == [1]
    assert real_servers(f"{TABLE}{REAL_SERVER}\n{heading}\n{TABLE}") == [1]


def test_its_lines_are_counted_as_not_understood() -> None:
    text = f"**Expected behavior**\n{TABLE}"
    unread = [seen.text for piece in pieces(text, "ticket.md") for seen in piece.dump.unread]
    assert "TCP  192.0.2.10:80 rr" in unread


def test_without_a_sign_the_next_block_alone_is_expected() -> None:
    text = f"Expected output:\n```\n{TABLE}```\n{TABLE}{REAL_SERVER}"
    assert real_servers(text) == [1]


def test_a_prompt_of_root_ends_nothing() -> None:
    lines = ["### Expected Behavior", "", "# ipvsadm -Ln", "TCP  192.0.2.10:80 rr", "### Actual Behavior"]
    assert expected_lines(lines) == {2, 3, 4}


@pytest.mark.parametrize(
    "line", ["# expected by the kernel", "expected: 1", "I expected an answer of lb1", "# Expected"]
)
def test_comments_and_prose_are_no_such_heading(line: str) -> None:
    assert not expected_lines([line, "net.ipv4.ip_forward = 1"])
