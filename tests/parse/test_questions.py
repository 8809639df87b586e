"""What somebody asks between two pastes names the host of the answer, or ends that of the paste above."""

import pytest

from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.model.node import Node
from lvsdoctor.parse.paste.questions import question_in
from lvsdoctor.parse.paste.stream import pieces

TABLE = """[root@lb1 ~]# ipvsadm -Ln
IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
TCP  192.0.2.10:80 rr
  -> 192.0.2.21:80                Route   1      0          0
"""
SYSCTL = "net.ipv4.conf.all.arp_ignore = 0\nnet.ipv4.conf.lo.arp_ignore = 1\n"


def nodes(text: str) -> dict[str, Node]:
    made = nodes_of([NodeDump(piece, "stdin", "standard input") for piece in pieces(text, "stdin")])
    return {node.name: node for node in made}


@pytest.mark.parametrize(
    ("question", "host"),
    [
        ("sysctl on rs1?", "rs1"), ("and ip a on lb1?", "lb1"), ("what does rs2 say for ipvsadm -Ln?", "rs2"),
        ("can you show sysctl -a from rs2?", "rs2"), ("rs2: ip a?", "rs2"), ("ok, thanks. and rs2?", "rs2"),
        ("alice: sysctl on rs1?", "rs1"), ("[10:02] bob: and ip a on lb1?", "lb1"), ("<carol> rs2?", "rs2"),
        ("what's the output of ip route show table local on rs1?", "rs1"), ("sysctl -a on gandalf?", "gandalf"),
        ("and `ipvsadm -Ln` on the director?", "director"), ("can we see real server 2?", "real server 2"),
        ("ok now lb1 please", "lb1"), ("hm, weird. show me lb1", "lb1"), ("rs2 as well please", "rs2"),
        ("rs2 上的 sysctl 呢？", "rs2"), ("那 rs2 呢?", "rs2"),
    ],
)  # fmt: skip
def test_who_asks_for_output_names_the_host_of_the_answer(question: str, host: str) -> None:
    asked = question_in(question)
    assert asked is not None
    assert asked.host == host


@pytest.mark.parametrize(
    "question",
    ["why does rs1 answer ARP for the VIP?", "is rs1 ok?", "did you restart keepalived on lb1?", "ip a on rs1 or rs2?"],
)
def test_a_question_about_a_host_asks_for_no_output_of_it(question: str) -> None:
    asked = question_in(question)
    assert asked is not None
    assert asked.host == ""


@pytest.mark.parametrize(
    "line",
    [
        "ip a?", "can you post the output of ip a?", "does sysctl apply on boot?", "is the gateway ok?",
        "rs2 is the same", "please note that rs1 has no VIP", "now the VIP is on lb2", "do you use 192.0.2.10?",
        "? (192.0.2.1) at 02:00:00:00:00:01 [ether] on eth0", "net.ipv4.conf.all.arp_ignore = 1",
    ],
)  # fmt: skip
def test_other_lines_ask_no_host(line: str) -> None:
    assert question_in(line) is None


@pytest.mark.parametrize("question", ["sysctl on rs1?", "what does rs1 say for sysctl -a?", "bob: and rs1?"])
def test_the_answer_is_of_the_host_that_was_asked_not_of_the_one_above(question: str) -> None:
    made = nodes(f"{TABLE}\n{question}\n{SYSCTL}")
    assert set(made["lb1"].evidence) == {"ipvs"}
    assert set(made["rs1"].evidence) == {"sysctl"}


def test_after_a_question_about_another_host_the_next_lines_are_nobody_s() -> None:
    made = nodes(f"{TABLE}\ncan rs2 reach the gateway?\n{SYSCTL}")
    assert set(made["lb1"].evidence) == {"ipvs"}
    assert "rs2" not in made


def test_a_question_about_the_host_above_leaves_the_next_lines_to_it() -> None:
    made = nodes(f"{TABLE}\ndid you restart keepalived on lb1?\n{SYSCTL}")
    assert set(made["lb1"].evidence) == {"ipvs", "sysctl"}


def test_a_question_without_an_answer_collects_nothing() -> None:
    made = nodes(f"{TABLE}\nipvsadm -Sn on rs1?\nno access, sorry\n")
    assert list(made) == ["lb1"]
