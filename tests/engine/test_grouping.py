"""Findings that explain the same step are one group: the first speaks, and names the others."""

from lvsdoctor.engine.grouping import grouped
from lvsdoctor.model.examination import Diagnosis
from lvsdoctor.model.finding import Finding, Fix, Severity
from lvsdoctor.model.walk import Decision, Step

VIP = Step("lb1", Decision.ARP_REPLY, "VIP 192.0.2.10 on eth0")


def diagnosis(code: str, explains: Step | None, vip: str = "192.0.2.10") -> Diagnosis:
    finding = Finding("", about={"vip": vip}, evidence=(), fix=Fix())
    return Diagnosis(finding, code.lower(), code, "lb1", Severity.ERROR, explains=explains)


def also(*diagnoses: Diagnosis) -> list[tuple[str, ...]]:
    return [d.also for d in grouped(diagnoses)]


def test_the_first_about_a_step_names_the_others_once() -> None:
    three = diagnosis("X001", VIP), diagnosis("X002", VIP), diagnosis("X002", VIP, "192.0.2.11")
    assert also(*three) == [("X002",), (), ()]


def test_another_subject_host_or_decision_is_another_step() -> None:
    others = (
        Step("lb1", Decision.ARP_REPLY, "VIP 192.0.2.10 on eth1"),
        Step("lb2", Decision.ARP_REPLY, VIP.subject),
        Step("lb1", Decision.IPVS, VIP.subject),
    )
    assert also(diagnosis("X001", VIP), *(diagnosis("X002", step) for step in others)) == [(), (), (), ()]


def test_a_finding_about_no_step_and_one_of_the_same_rule_are_in_no_group() -> None:
    assert also(diagnosis("X001", None), diagnosis("X002", None)) == [(), ()]
    assert also(diagnosis("X001", VIP), diagnosis("X001", VIP, "192.0.2.11")) == [(), ()]
