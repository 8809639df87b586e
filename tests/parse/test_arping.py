"""Who answered for an address, as `arping` prints it."""

import time

import pytest

from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.model.node import Node
from lvsdoctor.model.probe import Probe
from lvsdoctor.parse.arping import Arping
from lvsdoctor.parse.paste.stream import pieces
from tests.parse.driving_ip import drive

# iputils 20221126: arping -b -c 3 -w 2 -I eth0 -s 192.0.2.2 192.0.2.10
TWO_ANSWER = """\
ARPING 192.0.2.10 from 192.0.2.2 eth0
Unicast reply from 192.0.2.10 [02:00:00:00:00:04]  0.546ms
Unicast reply from 192.0.2.10 [02:00:00:00:00:03]  0.558ms
Unicast reply from 192.0.2.10 [02:00:00:00:00:04]  0.549ms
Sent 2 probes (2 broadcast(s))
Received 3 response(s)
"""
# iputils 20221126: arping -D -b -c 2 -w 2 -I eth0 192.0.2.99
NOBODY = """\
ARPING 192.0.2.99 from 0.0.0.0 eth0
Sent 2 probes (2 broadcast(s))
Received 0 response(s)
"""
# Habets 2.23: arping -c 2 -i eth0 192.0.2.10
HABETS = """\
ARPING 192.0.2.10
42 bytes from 02:00:00:00:00:04 (192.0.2.10): index=0 time=9.004 usec
42 bytes from 02:00:00:00:00:03 (192.0.2.10): index=1 time=30.025 usec
42 bytes from 02:00:00:00:00:04 (192.0.2.10): index=2 time=5.559 usec
42 bytes from 02:00:00:00:00:03 (192.0.2.10): index=3 time=31.768 usec

--- 192.0.2.10 statistics ---
2 packets transmitted, 4 packets received,   0% unanswered (2 extra)
rtt min/avg/max/std-dev = 0.006/0.019/0.032/0.012 ms
"""
# Habets 2.23: arping -c 2 -i eth0 192.0.2.99
HABETS_NOBODY = """\
ARPING 192.0.2.99
Timeout
Timeout

--- 192.0.2.99 statistics ---
2 packets transmitted, 0 packets received, 100% unanswered (0 extra)

"""


def asked(probe: Probe) -> tuple[str, str, list[str], int]:
    return str(probe.target), probe.link, [str(sender) for sender in probe.senders], probe.asked


def answers(probe: Probe) -> list[tuple[str, int, int | None]]:
    return [(reply.mac, reply.count, reply.seen.line) for reply in probe.replies]


def probes_of(*texts: str) -> tuple[Probe, ...]:
    return tuple(only_node(*texts).probes)


def only_node(*texts: str) -> Node:
    found = [NodeDump(piece, "lb1", "lb1") for n, text in enumerate(texts) for piece in pieces(text, f"lb1/{n}")]
    (node,) = nodes_of(found)
    return node


def test_a_reply_is_a_mac_with_its_first_line_and_how_often_it_answered() -> None:
    found = drive(Arping, TWO_ANSWER)
    probe = found.row("probes")
    assert asked(probe) == ("192.0.2.10", "eth0", ["192.0.2.2"], 2)
    assert answers(probe) == [("02:00:00:00:00:04", 2, 2), ("02:00:00:00:00:03", 1, 3)]
    assert [reply.delay for reply in probe.replies] == [0.000546, 0.000558]
    assert probe.seen.text == "ARPING 192.0.2.10 from 192.0.2.2 eth0"
    assert (found.refused, found.unread) == ((), [])


def test_nobody_is_an_answer_too() -> None:
    probe = drive(Arping, NOBODY).row("probes")
    assert asked(probe) == ("192.0.2.99", "eth0", ["0.0.0.0"], 2)
    assert probe.replies == ()


def test_habets_tells_neither_link_nor_sender() -> None:
    found = drive(Arping, HABETS)
    probe = found.row("probes")
    assert asked(probe) == ("192.0.2.10", "", [], 2)
    assert answers(probe) == [("02:00:00:00:00:04", 2, 2), ("02:00:00:00:00:03", 2, 3)]
    assert [round((reply.delay or 0) * 1e6, 3) for reply in probe.replies] == [9.004, 30.025]
    assert (found.refused, found.unread) == ((), [])
    assert asked(drive(Arping, HABETS_NOBODY).row("probes")) == ("192.0.2.99", "", [], 2)


@pytest.mark.parametrize(
    ("shown", "seconds"),
    [("4.5 msec", 0.0045), ("712 usec", 0.000712), ("1.002 sec", 1.002), ("30.025 usec", 3.0025e-5)],
)
def test_habets_delay_has_a_unit(shown: str, seconds: float) -> None:
    text = f"ARPING 192.0.2.10\n60 bytes from 02:00:00:00:00:04 (192.0.2.10): index=0 time={shown}\n"
    (reply,) = drive(Arping, text).row("probes").replies
    assert reply.delay == pytest.approx(seconds)


def test_the_echo_of_the_command_tells_habets_link_and_that_it_announces() -> None:
    (probe,) = probes_of(f"root@lb1:~# arping -c 2 -i eth1 192.0.2.10\n{HABETS}")
    assert probe.link == "eth1"
    assert asked(drive(Arping, HABETS_NOBODY, command="arping -U -i eth1 192.0.2.99").row("probes"))[1:3] == (
        "eth1",
        ["192.0.2.99"],
    )


@pytest.mark.parametrize(
    "line",
    [
        "Broadcast reply from 192.0.2.10 [02:00:00:00:00:04]  0.546ms",
        # Asked by -D, a host may answer to somebody else's address.
        "Unicast reply from 192.0.2.10 [02:00:00:00:00:04] for 192.0.2.7 [02:00:00:00:00:07] 0.546ms",
        "Broadcast reply from 192.0.2.10 [02:00:00:00:00:04] for [FF:FF:FF:FF:FF:FF] 0.546ms",
        "Unicast reply from 192.0.2.10 [02:00:00:00:00:04]  UNSOLICITED?",
        "Unicast reply from 192.0.2.10 [2:0:0:0:0:4] 0.546ms",
    ],
)
def test_every_form_of_a_reply_is_read(line: str) -> None:
    found = drive(Arping, f"ARPING 192.0.2.10 from 0.0.0.0 eth0\n{line}\n")
    assert answers(found.row("probes")) == [("02:00:00:00:00:04", 1, 2)]
    assert found.unread == []


def test_busybox_words_it_alike() -> None:
    text = """\
ARPING to 192.0.2.10 from 192.0.2.2 via eth0
Unicast reply from 192.0.2.10 [2:0:0:0:0:4] 0.419ms
Sent 1 probe(s) (0 broadcast(s))
Received 1 response(s) (0 request(s), 0 broadcast(s))
"""
    found = drive(Arping, text)
    assert asked(found.row("probes")) == ("192.0.2.10", "eth0", ["192.0.2.2"], 1)
    assert (found.refused, found.unread) == ((), [])


def test_a_run_that_was_stopped_by_hand_counts() -> None:
    text = NOBODY.replace("Sent", "^CSent")
    assert asked(drive(Arping, text).row("probes")) == ("192.0.2.99", "eth0", ["0.0.0.0"], 2)


def test_an_announcement_asks_in_the_name_of_its_own_target() -> None:
    text = "ARPING 192.0.2.2 from 192.0.2.2 eth0\nSent 2 probes (2 broadcast(s))\nReceived 0 response(s)\n"
    probe = drive(Arping, text).row("probes")
    assert probe.senders == (probe.target,)


def test_a_run_that_was_cut_off_does_not_say_that_nobody_answered() -> None:
    first = "ARPING 192.0.2.10 from 192.0.2.2 eth0"
    found = drive(Arping, first)
    dump = found.dump
    assert dump.facts == {"probes": ()}
    assert dump.partial is not None
    assert str(dump.partial.seen) == "dump:1"
    assert found.unread == [first]


@pytest.mark.parametrize(
    "line",
    [
        "Unicast reply from 192.0.2.10 [94:XX:28:XX:26:70]  0.546ms",
        "Unicast reply from 192.0.2.11 [02:00:00:00:00:04]  0.546ms",
        # Another host that asks in the name of the address has not answered.
        "Broadcast request from 192.0.2.10 [02:00:00:00:00:04]  0.546ms",
    ],
)
def test_what_is_no_answer_of_the_target_is_unread(line: str) -> None:
    found = drive(Arping, f"{TWO_ANSWER}{line}\n")
    assert found.unread == [line]
    assert len(found.row("probes").replies) == 2


def test_several_runs_in_one_file_are_several_probes() -> None:
    probes = probes_of(TWO_ANSWER + NOBODY + HABETS + HABETS_NOBODY)
    assert [asked(probe)[0] for probe in probes] == ["192.0.2.10", "192.0.2.99", "192.0.2.10", "192.0.2.99"]
    assert [probe.seen.line for probe in probes] == [1, 7, 10, 19]


def test_two_files_of_one_node_are_two_probes_of_it() -> None:
    address_probe = TWO_ANSWER.replace("from 192.0.2.2", "from 0.0.0.0")
    probes = probes_of(TWO_ANSWER, address_probe)
    assert [(asked(probe)[2], probe.seen.where) for probe in probes] == [
        (["192.0.2.2"], "lb1/0"),
        (["0.0.0.0"], "lb1/1"),
    ]


def test_a_paste_of_a_shell_is_read_to_its_end() -> None:
    node = only_node(f"root@lb1:~# arping -D -c 2 -I eth0 192.0.2.99\n{NOBODY}root@lb1:~# echo $?\n0\n")
    assert [asked(probe)[0] for probe in node.probes] == ["192.0.2.99"]
    assert [seen.text for seen in node.unread] == ["0"]


@pytest.mark.parametrize(
    "line",
    [
        "ARPING",
        "ARPING 02:00:00:00:00:03",
        "ARPING 192.0.2.256 from 192.0.2.2 eth0",
        "ARPING 192.0.2.10 from 192.0.2.2 eth0 again",
        "ARPING 192.0.2.10 was never run",
        "ARPING rs1.example.net",
        "we ran ARPING 192.0.2.10",
    ],
)
def test_it_does_not_start_at(line: str) -> None:
    assert not Arping.starts(line)


def test_many_runs_take_time_in_proportion() -> None:
    began = time.process_time()
    probes = probes_of((TWO_ANSWER + NOBODY) * 5_000)
    assert time.process_time() - began < 60
    assert [asked(probe)[0] for probe in probes[:3]] == ["192.0.2.10", "192.0.2.99", "192.0.2.10"]
