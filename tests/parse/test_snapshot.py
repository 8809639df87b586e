"""The stream of `lvsdoctor collect`: whose it is, what is whole in it, and what a command that told nothing means."""

import pytest

from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.model.coverage import Origin
from lvsdoctor.model.node import Node
from lvsdoctor.parse.paste.stream import pieces

LINK = """1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN mode DEFAULT group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP mode DEFAULT group default qlen 1000
    link/ether 02:00:00:00:00:{number:02x} brd ff:ff:ff:ff:ff:ff
"""
RULES = "0:\tfrom all lookup local\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n"


def block(command: str, output: str = "", ending: str = "0 ok") -> str:
    return f"==> $ {command} <==\n{output}" + (f"==> rc {ending} <==\n" if ending else "")


def stream(*blocks: str, host: str = "lb1", netns: str = "-") -> str:
    return f"==> lvsdoctor 1 {host} {netns} <==\n" + "".join(blocks)


def read(text: str) -> tuple[Node, ...]:
    return nodes_of(NodeDump(piece, "stdin", "standard input") for piece in pieces(text, "stdin"))


def why(node: Node, fact: str) -> str:
    partial = node.coverage[fact].partial
    assert partial is not None
    return partial.says


def test_a_stream_is_of_the_host_in_its_heading() -> None:
    one = stream(block("ip -d link show", LINK.format(number=1)))
    other = stream(block("ip -d link show", LINK.format(number=2)), host="rs1", netns="red")
    assert [node.name for node in read(one + other)] == ["lb1", "rs1/red"]


def test_what_an_output_looks_like_leads_to_no_other_host() -> None:
    """A file may hold prompts, headings, and what would be the end of its own output."""
    text = "net.ipv4.ip_forward = 1\n[root@rs9 ~]# ip addr\n=== rs8 ===\n ==> lvsdoctor 1 rs7 - <==\n ==> rc 0 ok <==\n"
    (node,) = read(stream(block("sysctl -a", text), block("ip rule show", RULES)))
    assert node.name == "lb1"
    assert [row.priority for row in node.evidence["policy-rules"]] == [0, 32766, 32767]
    assert "==> rc 0 ok <==" in [seen.text for seen in node.unread]


def test_rows_are_quoted_with_the_line_of_the_stream() -> None:
    (node,) = read(stream(block("ip rule show", RULES)))
    assert [(row.seen.where, row.seen.line) for row in node.evidence["policy-rules"]] == [
        ("stdin", 3), ("stdin", 4), ("stdin", 5)]  # fmt: skip


def test_an_empty_answer_is_whole() -> None:
    (node,) = read(stream(block("ipvsadm -Sn"), block("ip neigh show"), block("iptables-save")))
    assert {fact: tuple(node.evidence[fact]) for fact in ("ipvs", "neighbours", "iptables")} == {
        "ipvs": (), "neighbours": (), "iptables": ()}  # fmt: skip
    assert not node.coverage


@pytest.mark.parametrize(
    ("ending", "output", "reason"),
    [
        ("127 missing", "", "`ipvsadm -Sn` is not installed on this host"),
        (
            "1 refused",
            "Can't initialize ipvs: Permission denied (you must be root)\n",
            "`ipvsadm -Sn` was refused: it needs root",
        ),
        ("143 timeout", "", "`ipvsadm -Sn` did not end in time"),
        ("2 ok", "ipvsadm: unexpected argument\n", "`ipvsadm -Sn` ended with exit code 2"),
        ("", "", "the end of the output is missing"),
    ],
)
def test_a_command_that_told_nothing_proves_nothing_absent(ending: str, output: str, reason: str) -> None:
    (node,) = read(stream(block("ip rule show", RULES), block("ipvsadm -Sn", output, ending)))
    assert "ipvs" not in node.evidence
    assert why(node, "ipvs") == reason


def test_the_last_command_of_a_stream_that_was_cut_is_partial() -> None:
    (node,) = read(stream(block("ip rule show", RULES), block("ip -d link show", LINK.format(number=1), "")))
    assert [link.name for link in node.evidence["links"]] == ["lo", "eth0"]
    assert why(node, "links") == "the end of the output is missing"
    assert "policy-rules" not in node.coverage


def test_a_file_is_what_the_host_gets_at_boot() -> None:
    text = "net.ipv4.conf.lo.arp_ignore = 1\n"
    (node,) = read(stream(block("cat /etc/sysctl.d/90-lvs.conf", text), block("cat /etc/sysctl.d/91-none.conf")))
    assert node.coverage.get("configured-sysctl", None) is None
    assert "sysctl" not in node.evidence or node.coverage["sysctl"].origin is Origin.CONFIGURED
    files = node.evidence["configured-sysctl"].files
    assert {file.path: len(file.lines) for file in files} == {
        "/etc/sysctl.d/90-lvs.conf": 1, "/etc/sysctl.d/91-none.conf": 0}  # fmt: skip


def test_a_file_that_is_not_there_is_nothing_to_complain_of() -> None:
    (node,) = read(stream(block("ip rule show", RULES), block("cat /proc/net/tcp6", "", "1 missing")))
    assert "sockets" not in node.evidence
    assert not node.unread


def test_a_stream_of_a_later_version_is_kept_as_a_line_that_nobody_understands() -> None:
    (node,) = read("==> lvsdoctor 2 lb1 - <==\n" + block("ip rule show", RULES))
    assert "policy-rules" not in node.evidence
    assert [seen.text for seen in node.unread] == ["==> lvsdoctor 2 lb1 - <=="]


def test_the_release_of_the_kernel_is_that_of_a_host_without_a_name() -> None:
    (node,) = read(stream(block("uname -a", "Linux (none) 6.1.176 #1 Sat Jul 4 15:38:16 UTC 2026 x86_64 GNU/Linux\n")))
    assert (node.kernel, node.unread) == ("6.1.176", ())


def test_what_the_kernel_logged_is_of_the_host_of_the_stream() -> None:
    line = "IPVS: rr: TCP 192.0.2.10:80 - no destination available"
    for command, begin in (("dmesg", "[  102.338012] "), ("journalctl -k", "Nov 12 10:00:00 other kernel: ")):
        (node,) = read(stream(block("ip -d link show", LINK.format(number=1)), block(command, f"{begin}{line}\n")))
        (row,) = node.rows("log")
        assert (node.name, row.message) == ("lb1", line)
        assert not node.unread


def test_a_log_that_is_gathered_from_others_is_theirs() -> None:
    line = "kernel: IPVS: rr: TCP 192.0.2.10:80 - no destination available"
    text = "".join(f"Nov 12 10:00:00 {host} {line}\n" for host in ("lb1", "lb2"))
    nodes = read(stream(block("ip -d link show", LINK.format(number=1)), block("cat /var/log/messages", text)))
    assert {node.name: len(node.rows("log")) for node in nodes} == {"lb1": 1, "lb2": 1}
