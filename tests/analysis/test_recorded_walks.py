"""A recording held against walks: a frame that is there proves something, one that is not there nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from ipaddress import ip_address

import pytest

from lvsdoctor.analysis.recorded_walks import MOST_CLIENTS, recorded_clients, recorded_walks
from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.model.ipvs import Forwarding
from lvsdoctor.model.node import Node
from lvsdoctor.model.recorded_walk import Agreement, RecordedWalk
from lvsdoctor.model.walk import Decided, Decision, Walk
from lvsdoctor.parse.paste.stream import pieces
from lvsdoctor.parse.tcpdump import read_tcpdump
from tests.cli.trace_walks import BEYOND, SEGMENT, step, walk

MACS = {"lb1": "02:00:00:00:04:00", "rs1": "02:00:00:00:05:00", "rs2": "02:00:00:00:06:00"}
CLIENT = "02:00:00:00:02:00"
IPVS = (
    "-A -t 192.0.2.10:80 -s rr\n-a -t 192.0.2.10:80 -r 192.0.2.11:80 -g -w 1\n-a -t 192.0.2.10:80 -r 192.0.2.12:80 -g\n"
)


def nodes(*, without: Iterable[str] = ()) -> tuple[Node, ...]:
    """lb1, rs1 and rs2, with their links."""
    dumps = []
    for name, mac in MACS.items():
        text = f"3: eth0: <BROADCAST,UP,LOWER_UP> mtu 1500 state UP\n    link/ether {mac} brd ff:ff:ff:ff:ff:ff\n"
        texts = {"ip-link.txt": text} if name not in without else {"sysctl.txt": "net.ipv4.ip_forward = 1\n"}
        if name == "lb1":
            texts["ipvsadm-Sn.txt"] = IPVS
        dumps += [
            NodeDump(piece, name, name) for where, body in texts.items() for piece in pieces(body, f"{name}/{where}")
        ]
    return with_standing(nodes_of(dumps))


def arp(mac: str) -> str:
    return f"{mac} > {CLIENT}, ethertype ARP (0x0806), length 42: Reply 192.0.2.10 is-at {mac}, length 28"


def tcp(
    origin: str, to: str, flags: str, *, client: str = "192.0.2.100.40000", reply: bool = False, seq: int = 1
) -> str:
    """A segment between client and VIP, from one host's MAC to another's."""
    macs = MACS | {"client": CLIENT, "router": "02:00:00:00:01:00"}
    ends = f"192.0.2.10.80 > {client}" if reply else f"{client} > 192.0.2.10.80"
    head = f"{macs[origin]} > {macs[to]}, ethertype IPv4 (0x0800), length 74: {ends}"
    return f"{head}: Flags [{flags}], seq {seq}, win 1, length 0"


def against(walks: Sequence[Walk], *lines: str, apart: float = 0.001, scan: Sequence[Node] = ()) -> list[RecordedWalk]:
    text = "".join(f"12:00:{1 + number * apart:09.6f} {line}\n" for number, line in enumerate(lines))
    return recorded_walks(scan or nodes(), walks, read_tcpdump(text, "case.txt"))


def only(walks: Sequence[Walk], *lines: str, apart: float = 0.001) -> RecordedWalk:
    (row,) = against(walks, *lines, apart=apart)
    return row


BOTH = [walk(SEGMENT, "rs1", "dies"), walk(SEGMENT, "rs2")]
SYN, TO_RS1, TO_RS2 = tcp("client", "lb1", "S"), tcp("lb1", "rs1", "S"), tcp("lb1", "rs2", "S")
SYN_ACK = tcp("rs2", "client", "S.", reply=True)
ACK = tcp("client", "lb1", ".")


# -- who answers ------------------------------------------------------------------------------------------------------


def test_the_predicted_host_that_answers_agrees() -> None:
    row = only(BOTH, arp(MACS["lb1"]))
    assert (row.agreement, row.why) == (Agreement.AGREES, "lb1 answers for 192.0.2.10")
    assert row.because[0].seen.line == 1


def test_another_host_that_answers_parts_from_the_prediction() -> None:
    rows = against(BOTH, arp(MACS["lb1"]), arp(MACS["rs2"]))
    assert [(row.agreement, row.why) for row in rows] == [
        (Agreement.PARTS, "rs2 answers for 192.0.2.10; predicted: lb1"),
        (Agreement.AGREES, "lb1 answers for 192.0.2.10"),
    ]
    assert rows[0].step is not None
    assert (rows[0].step.node, rows[0].step.decision) == ("rs2", Decision.ARP_REPLY)


def test_a_stranger_s_mac_parts_where_all_interfaces_are_known_and_is_open_elsewhere() -> None:
    strange = arp("02:00:00:00:99:00")
    assert only(BOTH, strange).agreement is Agreement.PARTS
    (row,) = against(BOTH, strange, scan=nodes(without=["lb1"]))
    assert row.agreement is Agreement.OPEN
    assert only(BOTH, arp("00:00:5e:00:01:33")).agreement is Agreement.OPEN  # VRRP's MAC may be the director's


def test_a_host_that_uses_the_vip_as_sender_is_held_against_its_step() -> None:
    request = f"{MACS['rs1']} > ff:ff:ff:ff:ff:ff, ethertype ARP (0x0806), length 42: "
    request += "Request who-has 192.0.2.1 tell 192.0.2.10, length 28"
    assert only([walk(SEGMENT, "rs1", "harms")], request).agreement is Agreement.AGREES
    assert only([walk(SEGMENT, "rs1")], request).agreement is Agreement.OPEN
    quiet = walk(SEGMENT, "rs1")
    sure = step("rs1", Decision.ARP_SENDER, Decided.YES, "{node} uses its own address")
    row = only([replace(quiet, steps=(*quiet.steps, sure))], request)
    assert (row.agreement, row.step and row.step.node) == (Agreement.PARTS, "rs1")


# -- connections ------------------------------------------------------------------------------------------------------


def test_an_acknowledged_reply_is_served_as_predicted() -> None:
    row = only(BOTH, SYN, TO_RS2, SYN_ACK, ACK)
    assert (row.agreement, row.why) == (Agreement.AGREES, "the client acknowledges the reply: served, as predicted")
    assert (row.real_server, row.connections, row.client) == ("rs2", 1, "192.0.2.100")


def test_an_acknowledged_reply_of_a_real_server_that_loses_it_parts_at_the_step_where_it_would_die() -> None:
    row = only(BOTH, SYN, TO_RS1, ACK)
    assert row.agreement is Agreement.PARTS
    assert row.step is not None
    assert (row.step.node, row.step.decision) == ("rs1", Decision.REPLY_ROUTE)
    assert row.because[0].seen.line == 3


def test_a_syn_that_is_sent_again_agrees_with_a_walk_that_dies() -> None:
    row = only(BOTH, SYN, TO_RS1, SYN, TO_RS1, apart=1)
    assert row.agreement is Agreement.AGREES
    assert row.why.startswith("the client sends its SYN again, so no reply arrives, as predicted: rs1 treats")
    assert row.because[0].seen.line == 3


def test_a_syn_that_is_sent_again_parts_from_a_walk_that_is_served_past_what_is_recorded() -> None:
    row = only(BOTH, SYN, TO_RS2, SYN, TO_RS2, apart=1)
    assert (row.agreement, row.step and (row.step.node, row.step.decision)) == (
        Agreement.PARTS,
        ("rs2", Decision.LOCAL_DELIVERY),
    )


def test_the_copy_that_a_director_sends_on_is_not_sent_again() -> None:
    plain = "IP 192.0.2.100.40000 > 192.0.2.10.80: Flags [S], seq 1, win 1, length 0"
    row = only([walk(SEGMENT, "rs2")], plain, plain)
    assert (row.agreement, row.why) == (Agreement.OPEN, "the recording does not show how the connection ends")


def test_what_the_recording_does_not_show_accuses_nobody() -> None:
    assert only([walk(SEGMENT, "rs2")], SYN).agreement is Agreement.OPEN
    assert only([walk(SEGMENT, "rs1", "dies")], SYN).agreement is Agreement.OPEN
    assert against(BOTH) == []


def test_without_times_nothing_is_sent_again() -> None:
    line = "IP 192.0.2.100.40000 > 192.0.2.10.80: Flags [S], seq 1, win 1, length 0\n"
    (row,) = recorded_walks(nodes(), [walk(SEGMENT, "rs2")], read_tcpdump(line * 3, "x"))
    assert row.agreement is Agreement.OPEN


def test_a_refused_connection_parts_at_the_listener_unless_that_was_predicted() -> None:
    reset = tcp("rs2", "client", "R.", reply=True)
    listening = step("rs2", Decision.LISTENER, Decided.YES, "{node} listens on 0.0.0.0:80")
    served = walk(SEGMENT, "rs2")
    row = only([replace(served, steps=(*served.steps[:3], listening, *served.steps[3:]))], SYN, TO_RS2, reset)
    assert (row.agreement, row.step and row.step.decision) == (Agreement.PARTS, Decision.LISTENER)
    silent = replace(listening, decided=Decided.NO, reason="{node} listens on no such port")
    row = only([replace(served, steps=(*served.steps[:3], silent))], SYN, TO_RS2, reset)
    assert (row.agreement, row.step and row.step.decision) == (Agreement.AGREES, Decision.LISTENER)


def test_an_icmp_error_is_a_loss() -> None:
    error = "IP 192.0.2.12 > 192.0.2.100: ICMP host 192.0.2.10 unreachable - admin prohibited, length 68"
    row = only([walk(SEGMENT, "rs2")], SYN, TO_RS2, error)
    assert (row.agreement, row.because[0].seen.line) == (Agreement.PARTS, 3)
    assert row.why == "an ICMP error says that the destination is unreachable; predicted: served"


def test_an_icmp_error_is_the_connection_s_whose_packet_it_quotes() -> None:
    walks = [walk(SEGMENT, "rs2")]
    second = tcp("client", "lb1", "S", client="192.0.2.100.40001")
    error = "IP 192.0.2.12 > 192.0.2.100: ICMP host 192.0.2.10 unreachable, length 68"
    assert {row.agreement for row in against(walks, SYN, second, error)} == {Agreement.OPEN}
    quoted = f"{error}\n\tIP (tos 0x0, ttl 64)\n    192.0.2.100.40001 > 192.0.2.10.80: Flags [S], seq 1"
    rows = against(walks, SYN, second, quoted)
    assert [row.agreement for row in rows if row.connections] == [Agreement.PARTS, Agreement.OPEN]


def test_an_icmp_error_for_a_connection_of_many_is_told_as_open() -> None:
    second = tcp("client", "lb1", "S", client="192.0.2.100.40001")
    error = "IP 192.0.2.12 > 192.0.2.100: ICMP host 192.0.2.10 unreachable, length 68"
    rows = against([walk(SEGMENT, "rs2")], SYN, second, error)
    assert "an ICMP error says that 192.0.2.10 is unreachable; the recording does not show for which connection" in {
        row.why for row in rows
    }


def test_what_the_walk_does_not_know_the_recording_may_show() -> None:
    row = only([walk(SEGMENT, "rs2", "unknown")], SYN, TO_RS2, SYN_ACK, ACK)
    assert (row.agreement, row.why) == (
        Agreement.OPEN,
        "the client acknowledges the reply: served, which the evidence does not show",
    )
    row = only([walk(SEGMENT, "rs2", "unknown")], SYN, TO_RS2, SYN, TO_RS2, apart=1)
    assert row.agreement is Agreement.OPEN


def test_a_request_to_another_host_than_predicted_parts_at_the_arp_answer() -> None:
    row = only(BOTH, tcp("client", "rs2", "S"))
    assert (row.agreement, row.step and row.step.decision) == (Agreement.PARTS, Decision.ARP_REPLY)
    assert row.why == "the request goes to the MAC of rs2; predicted: lb1"


def test_a_request_that_is_sent_on_parts_from_a_walk_that_dies_at_the_director() -> None:
    lost = walk(SEGMENT, "rs2")
    dropped = step("lb1", Decision.INPUT_FILTER, Decided.NO, "{node} drops it")
    row = only([replace(lost, steps=(lost.steps[0], dropped))], SYN, TO_RS2)
    assert (row.agreement, row.step and row.step.decision) == (Agreement.PARTS, Decision.INPUT_FILTER)
    assert row.why == "the request is sent on to rs2; predicted: lb1 drops it"


def test_a_request_that_is_sent_on_to_a_real_server_without_a_walk_parts() -> None:
    row = only([walk(SEGMENT, "rs1"), walk(BEYOND, "rs2")], SYN, TO_RS2)
    assert (row.agreement, row.why) == (Agreement.PARTS, "the request is sent on to rs2, which no walk uses")


@pytest.mark.parametrize("to", ["client", "lb1"])
def test_a_reply_with_the_real_server_s_address_is_a_loss_unless_it_goes_to_the_director(to: str) -> None:
    behind = replace(walk(SEGMENT, "rs2"), forwarding=Forwarding.NAT)
    macs = MACS | {"client": CLIENT}
    text = f"{MACS['rs2']} > {macs[to]}, ethertype IPv4 (0x0800), length 74: 192.0.2.12.80 > 192.0.2.100.40000: "
    rows = against([behind], SYN, f"{text}Flags [S.], seq 1, ack 2, win 1, length 0")
    expected = Agreement.PARTS if to == "client" else Agreement.OPEN
    assert [row.agreement for row in rows] == [expected]


def test_alike_connections_are_a_row_with_their_number() -> None:
    lines = []
    for port in (40000, 40001, 40002):
        client = f"192.0.2.100.{port}"
        lines += [tcp("client", "lb1", "S", client=client), tcp("lb1", "rs2", "S", client=client)]
        lines += [tcp("client", "lb1", ".", client=client)]
    row = only(BOTH, *lines)
    assert (row.connections, row.agreement) == (3, Agreement.AGREES)


def test_a_client_without_a_walk_is_told() -> None:
    row = only(BOTH, tcp("router", "lb1", "S", client="198.51.100.7.5000"))
    assert (row.agreement, row.why) == (Agreement.OPEN, "of this client no walk is predicted")


def test_a_redirect_is_told() -> None:
    line = "IP 192.0.2.2 > 192.0.2.100: ICMP redirect 192.0.2.10 to host 192.0.2.12, length 68"
    assert only(BOTH, line).why == "192.0.2.2 sends an ICMP redirect: clients are to use 192.0.2.12 for the VIP"


def test_the_clients_of_a_recording_are_those_that_ask_for_the_service() -> None:
    lines = [tcp("client", "lb1", "S", client=f"192.0.2.{n}.4000") for n in range(100, 150)]
    lines.append("IP 192.0.2.99.4000 > 192.0.2.10.443: Flags [S], seq 1, win 1, length 0")
    recording = read_tcpdump("".join(f"12:00:01.1 {line}\n" for line in lines), "x")
    clients = recorded_clients(BOTH, recording)
    assert len(clients) == MOST_CLIENTS
    assert clients[0] == ip_address("192.0.2.100")
    assert ip_address("192.0.2.99") not in clients


def test_a_redirect_to_a_masqueraded_real_server_is_held_against_the_step() -> None:
    line = "IP 192.0.2.2 > 192.0.2.11: ICMP redirect 192.0.2.100 to host 192.0.2.100, length 68"
    for decided, agreement in (
        (Decided.NO, Agreement.AGREES),
        (Decided.YES, Agreement.PARTS),
        (Decided.UNKNOWN, Agreement.OPEN),
    ):
        told = step("192.0.2.2", Decision.REDIRECT, decided, "{node} sends a redirect")
        masqueraded = replace(walk(SEGMENT), forwarding=Forwarding.NAT)
        row = only([replace(masqueraded, steps=(*masqueraded.steps, told))], line)
        assert (row.agreement, row.real_server) == (agreement, "rs1")
