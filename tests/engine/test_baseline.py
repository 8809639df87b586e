"""A baseline: what was known before does not count, what is new or worse does, what is fixed can go."""

import json
from dataclasses import replace

import pytest

from lvsdoctor.engine.baseline import (
    BadBaseline,
    Baseline,
    against_baseline,
    as_text,
    baseline_of,
    pruned,
    read_baseline,
)
from lvsdoctor.model.examination import Diagnosis, Examination, Examined, Outcome, Verdict
from lvsdoctor.model.finding import Citation, Finding, Fix, Severity
from lvsdoctor.model.seen import Seen

ACCEPTED = {"reason": "a lab", "by": "lvsdoctor.toml:12"}


def leak(node: str = "rs1", vip: str = "192.0.2.10", severity: Severity = Severity.WARNING, line: int = 4) -> Diagnosis:
    evidence = [Citation(Seen(f"{node}/sysctl.conf", line, "net.ipv4.conf.lo.arp_ignore = 1"))]
    finding = Finding("{node} leaks {vip}", about={"vip": vip}, evidence=evidence, fix=Fix())
    return Diagnosis(finding, "leaks", "ARP001", node, severity)


def scan(*diagnoses: Diagnosis, verdict: Verdict = Verdict.QUIET) -> Examination:
    """A scan of rs1 and rs2 with one rule, leaks; where it does not fire its outcome is `verdict`."""
    fired = {diagnosis.node for diagnosis in diagnoses}
    outcomes = tuple(Outcome("leaks", node, Verdict.FIRES if node in fired else verdict) for node in ("rs1", "rs2"))
    return Examination((Examined("rs1", "rs1"), Examined("rs2", "rs2")), diagnoses, outcomes)


def known(*diagnoses: Diagnosis) -> Baseline:
    return baseline_of(scan(*diagnoses), "b.json")


def counting(examination: Examination) -> list[str]:
    return [diagnosis.message for diagnosis in examination.diagnoses if diagnosis.accepted is None]


def test_only_what_is_new_counts_and_what_is_known_says_so() -> None:
    after = against_baseline(scan(leak(), leak(vip="192.0.2.11")), known(leak()))
    assert counting(after) == ["rs1 leaks 192.0.2.11"]
    assert after.diagnoses[0].accepted == {"reason": "known since the baseline", "by": "b.json"}
    assert after.remarks == ()


def test_a_finding_is_known_wherever_its_lines_have_moved() -> None:
    assert counting(against_baseline(scan(leak(line=99)), known(leak(line=4)))) == []


def test_the_same_on_another_node_is_new() -> None:
    assert counting(against_baseline(scan(leak("rs2")), known(leak("rs1")))) == ["rs2 leaks 192.0.2.10"]


def test_a_known_finding_that_has_become_worse_counts_and_says_that_it_was_known() -> None:
    after = against_baseline(scan(leak(severity=Severity.ERROR)), known(leak(severity=Severity.WARNING)))
    assert counting(after) == ["rs1 leaks 192.0.2.10"]
    assert [remark.says for remark in after.remarks] == [
        "leaks on rs1 counts again: it was known to b.json as warning and is error now"
    ]


def test_a_known_finding_that_has_become_milder_stays_known() -> None:
    assert counting(against_baseline(scan(leak(severity=Severity.NOTE)), known(leak()))) == []


def test_what_is_accepted_keeps_its_own_reason_and_stays_out_of_a_new_baseline() -> None:
    settled = replace(leak(), accepted=ACCEPTED)
    assert against_baseline(scan(settled), known(leak())).diagnoses[0].accepted == ACCEPTED
    assert known(settled).known == {}


def test_what_has_lapsed_and_is_known_does_not_count_again() -> None:
    (diagnosis,) = against_baseline(scan(replace(leak(), lapsed=ACCEPTED)), known(leak())).diagnoses
    assert (diagnosis.accepted is not None, diagnosis.lapsed) == (True, None)


def test_what_is_fixed_is_reported_and_can_be_pruned() -> None:
    before, now = known(leak("rs1"), leak("rs2")), scan(leak("rs2"))
    assert [remark.says for remark in against_baseline(now, before).remarks] == [
        "leaks on rs1 is fixed and can leave b.json (--baseline b.json --write-baseline b.json): rs1 leaks 192.0.2.10"
    ]
    assert pruned(before, now, "b.json").known == known(leak("rs2")).known


def test_pruning_adds_nothing_new() -> None:
    assert pruned(known(leak("rs1")), scan(leak("rs1"), leak("rs2")), "b.json").known == known(leak("rs1")).known


@pytest.mark.parametrize("verdict", [Verdict.NOT_CHECKED, Verdict.CRASHED, Verdict.NOT_APPLICABLE])
def test_what_was_not_looked_for_is_not_fixed(verdict: Verdict) -> None:
    before, now = known(leak("rs1")), scan(leak("rs2"), verdict=verdict)
    assert against_baseline(now, before).remarks == ()
    assert pruned(before, now, "b.json").known == before.known


def test_a_node_that_is_not_in_this_scan_keeps_its_findings() -> None:
    before = known(leak("rs7"))
    assert pruned(before, scan(leak("rs1")), "b.json").known == before.known


def test_the_file_is_the_same_in_whatever_order_the_findings_come_and_reads_back() -> None:
    some = [leak("rs2"), leak("rs1"), leak("rs1", vip="192.0.2.9")]
    text = as_text(known(*some))
    assert text == as_text(known(*reversed(some)))
    assert read_baseline(text, "b.json") == known(*some)
    assert [found["node"] for found in json.loads(text)["findings"]] == ["rs1", "rs1", "rs2"]


def test_text_out_of_the_evidence_stays_escaped_in_the_file() -> None:
    assert as_text(known(leak("rs1\x1b[2J\u202e"))).isascii()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        "null",
        "[" * 100_000,
        '{"schema": "lvsdoctor-baseline/1"}',
        '{"schema": "lvsdoctor-baseline/1", "findings": [7]}',
        '{"schema": "lvsdoctor-baseline/1", "findings": [{"fingerprint": "x"}]}',
        as_text(known(leak())).replace('"warning"', '"loud"'),
        as_text(known(leak())).replace('"warning"', "3"),
    ],
)
def test_a_file_that_is_no_baseline_is_one_sentence(text: str) -> None:
    with pytest.raises(BadBaseline, match=r"^b.json: is not a baseline as --write-baseline writes it$"):
        read_baseline(text, "b.json")


def test_a_baseline_of_another_kind_is_not_guessed_at() -> None:
    with pytest.raises(BadBaseline, match="is not written as lvsdoctor-baseline/1"):
        read_baseline('{"schema": "lvsdoctor-baseline/2", "findings": []}', "b.json")
