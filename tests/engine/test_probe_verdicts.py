"""What the wire says of a finding: it confirms, contradicts, or cannot tell - and never more than it showed."""

from collections.abc import Mapping, Sequence
from ipaddress import ip_address

import pytest

from lvsdoctor.engine.probe_verdicts import confirmed
from lvsdoctor.model.examination import Confirmation, Diagnosis, Examination
from lvsdoctor.model.finding import Certainty, Finding, Fix, Predicts, Severity, cite
from lvsdoctor.model.node import Node
from lvsdoctor.model.probe import Probe, Reply
from lvsdoctor.model.seen import Seen
from lvsdoctor.probe.session import ProbeRun, same_host
from lvsdoctor.probe.targets import Unasked
from tests.probe.hosts import DIRECTOR, REAL_SERVERS, TABLE, VIP, nodes

LB1, RS1, RS2, STRANGER, ROUTER = (f"02:00:00:00:00:{last}" for last in ("02", "21", "22", "99", "01"))
RIP1, RIP2 = "192.0.2.21", "192.0.2.22"
CLUSTER = {"lb1": DIRECTOR, **REAL_SERVERS}
(CLIENT,) = nodes(client="eth0 02:00:00:00:00:64 192.0.2.100/24")
# The director has the VIP and answers, rs1 is silent, and both real servers are there.
AS_IT_SHOULD_BE: dict[str, Sequence[str]] = {VIP: (LB1,), RIP1: (RS1,), RIP2: (RS2,)}


def probed(
    answers: Mapping[str, Sequence[str]], *, link: str = "eth0", count: int = 3, sender: str = "192.0.2.100"
) -> tuple[Probe, ...]:
    """Each address and the MACs that answered for it."""
    return tuple(
        Probe(
            ip_address(target), link, Seen(f"probe {link} who-has {target}", None, f"who-has {target}: 3 requests"),
            tuple(Reply(mac, _frame(target, mac), 0.001, count) for mac in macs),
            (ip_address(sender),), 3,
        )
        for target, macs in answers.items()
    )  # fmt: skip


def _frame(target: str, mac: str) -> Seen:
    return Seen(f"probe eth0 who-has {target}", None, f"{target} is-at {mac} after 1.0 ms")


def diagnosis(
    node: str = "rs2",
    predicts: Predicts | None = Predicts.ANSWERS,
    severity: Severity = Severity.ERROR,
    evidence: Sequence[Seen] = (),
    **about: str,
) -> Diagnosis:
    finding = Finding(
        "{node} does what is found",
        about={"vip": VIP, "link": "eth0"} | about,
        evidence=[cite(seen) for seen in evidence],
        fix=Fix(),
        predicts=predicts,
    )
    return Diagnosis(finding, "a-rule", "X001", node, severity)


def verdict(
    given: Diagnosis,
    answers: Mapping[str, Sequence[str]],
    scanned: Sequence[Node] | None = None,
    *,
    prober: Node = CLIENT,
    count: int = 3,
    unasked: Sequence[Unasked] = (),
) -> Confirmation:
    scanned = nodes(**CLUSTER, table=TABLE) if scanned is None else scanned
    asked = ProbeRun(prober, probed(answers, count=count), tuple(unasked))
    (held,) = confirmed(Examination((), (given,), ()), scanned, asked).diagnoses
    assert held.confirmation is not None
    return held.confirmation


def verdict_of(given: Confirmation) -> tuple[str, str]:
    return given.verdict.value, given.says


# -- it answers -------------------------------------------------------------------------------------------------------


def test_a_host_that_was_heard_answering_does_answer_and_the_frame_is_quoted() -> None:
    said = verdict(diagnosis(), AS_IT_SHOULD_BE | {VIP: (LB1, RS2)})
    assert verdict_of(said) == ("confirmed", f"rs2 ({RS2}) answered for {VIP}")
    assert said.seen == _frame(VIP, RS2)


def test_a_host_that_answers_for_its_rip_alone_contradicts_and_the_request_is_quoted() -> None:
    said = verdict(diagnosis(), AS_IT_SHOULD_BE)
    assert verdict_of(said) == ("contradicted", f"rs2 ({RS2}) answered for its own {RIP2} and did not answer for {VIP}")
    assert said.seen is not None
    assert said.seen.text == f"who-has {VIP}: 3 requests"
    assert "a filter that the dumps of rs2 do not show" in said.suggests


def test_a_host_that_answers_for_nothing_may_be_down() -> None:
    said = verdict(diagnosis(), {VIP: (LB1,), RIP1: (RS1,), RIP2: ()})
    assert verdict_of(said) == (
        "not-probed",
        f"rs2 did not answer for its own {RIP2} either: it is down, filtered, or not on this segment",
    )


def test_where_nobody_answers_anything_silence_proves_nothing() -> None:
    said = verdict(diagnosis(), {VIP: (), RIP1: (), RIP2: ()})
    assert verdict_of(said) == ("not-probed", "no host answered any request on eth0: the probe proves nothing")


def test_a_host_that_was_asked_for_nothing_of_its_own_cannot_contradict_by_silence() -> None:
    said = verdict(diagnosis(), {VIP: (LB1,), RIP1: (RS1,)})
    assert verdict_of(said) == (
        "not-probed", "rs2 was asked for no address of its own on eth0, so that its silence tells nothing"
    )  # fmt: skip


def test_where_frames_were_lost_silence_is_no_contradiction() -> None:
    said = verdict(diagnosis(), AS_IT_SHOULD_BE, count=2)
    assert said.verdict == "not-probed"
    assert "rs2 answered only 2 of 3 requests for its own 192.0.2.22" in said.says


def test_an_answer_counts_even_where_frames_were_lost() -> None:
    assert verdict(diagnosis(), AS_IT_SHOULD_BE | {VIP: (RS2,)}, count=1).verdict == "confirmed"


def test_a_host_never_hears_itself() -> None:
    scanned = nodes(**CLUSTER, table=TABLE)
    said = verdict(diagnosis("lb1"), AS_IT_SHOULD_BE | {VIP: ()}, scanned, prober=scanned[0])
    assert verdict_of(said) == (
        "not-probed", "lb1 itself sent the requests, and no host receives its own answer: probe from another host"
    )  # fmt: skip


def test_a_snapshot_of_the_host_that_asks_is_that_host() -> None:
    (prober,) = nodes(now=DIRECTOR)
    assert verdict(diagnosis("lb1"), AS_IT_SHOULD_BE | {VIP: ()}, prober=prober).verdict == "not-probed"


def test_silence_on_one_segment_says_nothing_of_another() -> None:
    two = CLUSTER | {"rs2": f"{REAL_SERVERS['rs2']}\neth1 02:00:00:00:01:22 198.51.100.22/24"}
    said = verdict(diagnosis(link="eth1"), AS_IT_SHOULD_BE, nodes(**two, table=TABLE))
    assert verdict_of(said) == (
        "not-probed", f"eth1 of rs2 is on another network than eth0, where {VIP} was asked for"
    )  # fmt: skip


def test_a_vlan_that_shares_its_parents_mac_is_not_confirmed_by_the_parent() -> None:
    both = CLUSTER | {"rs2": f"{REAL_SERVERS['rs2']}\neth0.7 {RS2} 198.51.100.22/24"}
    answers = AS_IT_SHOULD_BE | {VIP: (RS2,)}
    scanned = nodes(**both, table=TABLE)
    assert verdict(diagnosis(link="eth0.7"), answers, scanned).verdict == "not-probed"
    assert verdict(diagnosis(), answers, scanned).verdict == "confirmed"


def test_a_link_without_an_address_is_told_by_its_mac() -> None:
    bare = CLUSTER | {"rs2": f"{REAL_SERVERS['rs2']}\neth1 02:00:00:00:01:22"}
    said = verdict(
        diagnosis(link="eth1"), AS_IT_SHOULD_BE | {VIP: ("02:00:00:00:01:22",)}, nodes(**bare_links(bare), table=TABLE)
    )
    assert verdict_of(said) == ("confirmed", f"rs2 (02:00:00:00:01:22) answered for {VIP}")


def bare_links(hosts: dict[str, str]) -> dict[str, str]:
    """With an empty list of addresses where a line has none."""
    return {
        name: "\n".join(line if len(line.split()) > 2 else f"{line} ," for line in lines.splitlines())
        for name, lines in hosts.items()
    }


def test_a_mac_that_two_nodes_have_tells_neither() -> None:
    twins = CLUSTER | {"rs1": REAL_SERVERS["rs1"].replace(RS1, RS2)}
    said = verdict(diagnosis(), AS_IT_SHOULD_BE | {VIP: (RS2,)}, nodes(**twins, table=TABLE))
    assert verdict_of(said) == ("not-probed", f"{RS2} is the MAC of rs2 and of rs1, which the wire cannot tell apart")


def test_a_rip_at_another_mac_than_in_the_dumps_leaves_it_open() -> None:
    said = verdict(diagnosis(), AS_IT_SHOULD_BE | {RIP2: (STRANGER,)})
    assert verdict_of(said) == (
        "not-probed", f"{STRANGER} answers for {RIP2}, while the dumps of rs2 say that it has {RS2} on eth0"
    )  # fmt: skip


def test_silence_to_somebody_whom_the_host_does_not_answer_anyway_is_no_contradiction() -> None:
    """At arp_ignore=2 only a sender of the address's own subnet gets an answer."""
    strict = "net.ipv4.conf.all.arp_ignore = 2\nnet.ipv4.conf.eth0.arp_ignore = 2\n"
    holding = nodes(rs2=f"eth0 {RS2} 192.0.2.22/24,{VIP}/24", sysctl=strict)
    for sender, expected in (("198.51.100.9", "not-probed"), ("192.0.2.100", "contradicted")):
        asked = ProbeRun(CLIENT, probed(AS_IT_SHOULD_BE, sender=sender))
        (held,) = confirmed(Examination((), (diagnosis(),), ()), holding, asked).diagnoses
        assert held.confirmation is not None
        assert held.confirmation.verdict == expected, held.confirmation.says
        assert ("does not answer who asked (198.51.100.9)" in held.confirmation.says) == (expected == "not-probed")


# -- without MACs in the dumps ----------------------------------------------------------------------------------------

NO_MACS = {name: lines.replace(RS2, "00:00:00:00:00:00") for name, lines in CLUSTER.items()}


@pytest.mark.parametrize(("answering", "expected"), [((LB1, RS2), "confirmed"), ((LB1,), "contradicted")])
def test_a_host_without_a_known_mac_is_known_by_its_rip(answering: Sequence[str], expected: str) -> None:
    said = verdict(diagnosis(), AS_IT_SHOULD_BE | {VIP: answering}, nodes(**NO_MACS, table=TABLE))
    assert said.verdict == expected


def test_a_router_that_answers_for_its_neighbours_is_not_taken_for_one_of_them() -> None:
    proxied: Mapping[str, Sequence[str]] = {VIP: (ROUTER,), RIP1: (ROUTER,), RIP2: (ROUTER,)}
    said = verdict(diagnosis(), proxied, nodes(**NO_MACS, table=TABLE))
    assert verdict_of(said) == (
        "not-probed",
        f"{ROUTER} answers for {RIP2} and for {RIP1} as well: the wire does not show which host it is",
    )


def test_a_rip_with_two_macs_names_nobody() -> None:
    said = verdict(diagnosis(), AS_IT_SHOULD_BE | {RIP2: (RS2, STRANGER)}, nodes(**NO_MACS, table=TABLE))
    assert verdict_of(said) == ("not-probed", f"several MACs answer for rs2's own {RIP2}: {RS2}, {STRANGER}")


# -- it keeps silent --------------------------------------------------------------------------------------------------


def test_a_silent_host_is_confirmed_only_if_it_is_there() -> None:
    silent = diagnosis("lb1", Predicts.SILENT)
    there = {VIP: (), "192.0.2.2": (LB1,), RIP1: (RS1,)}
    assert verdict_of(verdict(silent, there)) == (
        "confirmed", f"lb1 ({LB1}) answered for its own 192.0.2.2 and did not answer for {VIP}"
    )  # fmt: skip
    assert verdict(silent, there | {"192.0.2.2": ()}).verdict == "not-probed"


def test_a_silent_host_that_answers_contradicts() -> None:
    said = verdict(diagnosis("lb1", Predicts.SILENT), AS_IT_SHOULD_BE)
    assert verdict_of(said) == ("contradicted", f"lb1 ({LB1}) answered for {VIP}")
    assert said.seen == _frame(VIP, LB1)


def test_that_nobody_answers_is_contradicted_by_a_host_that_the_scan_does_not_know() -> None:
    said = verdict(diagnosis("lb1", Predicts.UNANSWERED), AS_IT_SHOULD_BE | {VIP: (STRANGER,)})
    assert verdict_of(said) == ("contradicted", f"{STRANGER}, which no node of this scan has, answered for {VIP}")
    assert "a director that this scan does not know" in said.suggests


def test_that_no_director_answers_is_not_contradicted_by_a_real_server() -> None:
    said = verdict(diagnosis("lb1", Predicts.UNANSWERED), AS_IT_SHOULD_BE | {VIP: (RS2,)})
    assert verdict_of(said) == ("confirmed", f"real servers alone answered for {VIP}")


def test_that_nobody_answers_is_confirmed_by_silence_beside_hosts_that_speak() -> None:
    unanswered = diagnosis("lb1", Predicts.UNANSWERED)
    assert verdict(unanswered, AS_IT_SHOULD_BE | {VIP: ()}).verdict == "confirmed"
    assert verdict(unanswered, {VIP: (), RIP1: (), RIP2: ()}).verdict == "not-probed"


def test_who_has_the_vip_itself_cannot_say_that_nobody_answers() -> None:
    (prober,) = nodes(now=DIRECTOR)
    said = verdict(diagnosis("lb1", Predicts.UNANSWERED), AS_IT_SHOULD_BE | {VIP: ()}, prober=prober)
    assert verdict_of(said) == (
        "not-probed", f"the host that sent the requests has {VIP} itself, and no host receives its own answer"
    )  # fmt: skip


# -- what no answer shows ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("predicts", "why"),
    [
        (Predicts.SENDER, f"listening would tell: lvsdoctor probe --listen 60 {VIP}"),
        (Predicts.REFUSES, f"a probe by its director would tell: lvsdoctor probe --accepts {VIP}"),
        (None, "no probe shows it"),
    ],
)
def test_what_an_arp_answer_does_not_show_is_not_probed(predicts: Predicts | None, why: str) -> None:
    assert verdict_of(verdict(diagnosis(predicts=predicts), AS_IT_SHOULD_BE | {VIP: (RS2,)})) == ("not-probed", why)


def test_a_rule_that_names_no_address_is_not_probed() -> None:
    assert verdict_of(verdict(diagnosis(vip="the web"), AS_IT_SHOULD_BE)) == ("not-probed", "no probe shows it")


def test_a_vip_that_could_not_be_asked_for_says_why() -> None:
    unasked = Unasked(ip_address(VIP), "192.0.2.10 is in no subnet of this host")
    said = verdict(diagnosis(), {RIP1: (RS1,)}, unasked=[unasked])
    assert verdict_of(said) == ("not-probed", "192.0.2.10 is in no subnet of this host")


def test_where_nothing_could_be_asked_at_all_each_finding_says_why() -> None:
    asked = ProbeRun(why="probing needs {CAP_NET_RAW}")
    (held,) = confirmed(Examination((), (diagnosis(),), ()), nodes(**CLUSTER), asked).diagnoses
    assert held.confirmation is not None
    assert verdict_of(held.confirmation) == ("not-probed", "probing needs {CAP_NET_RAW}")


def test_a_finding_made_from_the_probes_themselves_is_confirmed_by_them() -> None:
    frame = _frame(VIP, RS2)
    said = verdict(diagnosis("lb1", None, evidence=[frame]), AS_IT_SHOULD_BE | {VIP: (RS2,)})
    assert (said.verdict, said.seen) == ("confirmed", frame)


def test_a_finding_of_another_arping_is_not_confirmed_by_this_probe() -> None:
    frame = Seen("lb1/arping.txt", 2, f"Unicast reply from {VIP} [{RS2}] 0.5ms")
    assert verdict(diagnosis("lb1", None, evidence=[frame]), AS_IT_SHOULD_BE).verdict == "not-probed"


# -- the whole examination --------------------------------------------------------------------------------------------


def test_only_what_is_confirmed_is_certain_and_what_is_contradicted_keeps_its_severity_and_comes_first() -> None:
    given = (
        diagnosis("lb1", None),
        diagnosis("rs1", severity=Severity.ERROR),
        diagnosis("rs2", severity=Severity.WARNING),
    )
    answers = AS_IT_SHOULD_BE | {VIP: (RS1,)}
    asked = ProbeRun(CLIENT, probed(answers))
    held = confirmed(Examination((), given, ()), nodes(**CLUSTER, table=TABLE), asked).diagnoses
    assert [(d.node, d.severity.value, d.certainty) for d in held] == [
        ("rs2", "warning", Certainty.PROVED),
        ("lb1", "error", Certainty.PROVED),
        ("rs1", "error", Certainty.CONFIRMED),
    ]


def test_a_host_is_recognised_by_the_mac_of_the_link_that_asks_and_not_by_a_vip() -> None:
    vip = [ip_address(VIP)]
    (now,) = nodes(now=DIRECTOR)
    lb1, rs1, _ = nodes(**CLUSTER)
    assert same_host(now, lb1, ["eth0"], vip)
    assert not same_host(now, rs1, ["eth0"], vip)
    (without,) = nodes(lb1="eth0 00:00:00:00:00:00 192.0.2.2/24")
    (carrier,) = nodes(lb2=f"eth0 00:00:00:00:00:00 192.0.2.3/24,{VIP}/32")
    assert same_host(now, without, ["eth0"], vip)
    assert not same_host(now, carrier, ["eth0"], vip)


def test_a_virtual_routers_mac_recognises_nobody() -> None:
    vmac = "00:00:5e:00:01:33"
    (now,) = nodes(now=f"vrrp.51 {vmac} 192.0.2.2/24")
    (other,) = nodes(lb2=f"vrrp.51 {vmac} 192.0.2.3/24")
    assert not same_host(now, other, ["vrrp.51"], [ip_address(VIP)])
