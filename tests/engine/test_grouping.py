"""One root cause is one finding: which findings are listed under another, and which speak."""

from collections.abc import Sequence

from lvsdoctor.engine.grouping import grouped, groups_of
from lvsdoctor.engine.rule import Rule
from lvsdoctor.model.change import Command, SetSysctl
from lvsdoctor.model.examination import Diagnosis
from lvsdoctor.model.finding import Citation, Finding, Fix, Severity, cite
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.walk import Decision, Step

VIP = Step("lb1", Decision.ARP_REPLY, "VIP 192.0.2.10 on eth0")
DOWNSTREAM = Step("lb1", Decision.LISTENER, "VIP 192.0.2.10")
LINES = tuple(cite(Seen("lb1/sysctl", number, "x = 0")) for number in range(9))


def diagnosis(
    code: str,
    explains: Step | None = VIP,
    vip: str = "192.0.2.10",
    *,
    fix: Fix = Fix(("cure",)),  # noqa: B008
    severity: Severity = Severity.ERROR,
    evidence: Sequence[Citation] = (),
    before: Severity | None = None,
) -> Diagnosis:
    finding = Finding("", about={"vip": vip}, evidence=evidence, fix=fix)
    return Diagnosis(finding, code.lower(), code, "lb1", severity, explains=explains, severity_before=before)


def groups(*diagnoses: Diagnosis, general: Sequence[str] = ()) -> dict[str, list[str]]:
    """Who speaks, and who is listed there."""
    rules = {
        d.rule: Rule(d.rule, d.code, d.severity, None, frozenset(), frozenset(), check=iter, general=d.code in general)
        for d in diagnoses
    }
    made = groups_of(diagnoses, rules)
    assert {group.leader.clears for group in made} == {tuple(sorted({d.code for d in g.cleared})) for g in made}
    return {group.speaking.code: [cleared.code for cleared in group.cleared] for group in made}


def test_what_the_same_fix_clears_is_listed_under_the_first_of_a_packets_way() -> None:
    assert groups(diagnosis("X001", DOWNSTREAM), diagnosis("X002", VIP)) == {"X002": ["X001"]}


def test_a_general_finding_speaks_for_none_that_names_a_cause() -> None:
    more = Fix(("cure", "and more"))
    assert groups(diagnosis("X001"), diagnosis("X002"), general=["X001"]) == {"X002": ["X001"]}
    assert groups(diagnosis("X001", fix=more), diagnosis("X002"), general=["X001"]) == {"X001": [], "X002": []}


def test_the_fix_that_does_more_speaks_for_the_one_that_does_less() -> None:
    assert groups(diagnosis("X001"), diagnosis("X002", fix=Fix(("first", "cure")))) == {"X002": ["X001"]}


def test_what_quotes_more_speaks_where_nothing_else_tells() -> None:
    assert groups(diagnosis("X001", evidence=LINES[:1]), diagnosis("X002", evidence=LINES)) == {"X002": ["X001"]}


def test_another_cause_of_the_same_step_speaks_for_itself() -> None:
    """Its own fix is another one: without that the step fails still."""
    assert groups(diagnosis("X001"), diagnosis("X002", fix=Fix(("other",)))) == {"X001": [], "X002": []}
    part = diagnosis("X002", fix=Fix(("cure", "other"))), diagnosis("X003", fix=Fix(("cure", "another")))
    assert groups(*part) == {"X002": [], "X003": []}


def test_the_same_fix_of_another_subject_or_on_another_host_is_another_finding() -> None:
    assert groups(diagnosis("X001"), diagnosis("X002", vip="192.0.2.11")) == {"X001": [], "X002": []}
    elsewhere = Fix(("cure",), node="rs1")
    assert groups(diagnosis("X001"), diagnosis("X002", fix=elsewhere)) == {"X001": [], "X002": []}


def test_an_address_on_a_host_is_the_one_that_another_rule_calls_a_vip() -> None:
    about = {"ip": "192.0.2.10", "director": "lb2"}, {"ip": "192.0.2.11", "director": "lb2"}
    same, another = (Finding("", about=own, evidence=(), fix=Fix(("cure",))) for own in about)
    first, second = (
        Diagnosis(f, "x002", "X002", "lb1", Severity.WARNING, explains=DOWNSTREAM) for f in (same, another)
    )
    assert groups(diagnosis("X001"), first) == {"X001": ["X002"]}
    assert groups(diagnosis("X001"), second) == {"X001": [], "X002": []}


def test_what_a_hand_has_to_do_is_listed_under_the_same_step_alone() -> None:
    for fix in (Fix(("# look after it",)), Fix()):
        assert groups(diagnosis("X001", fix=fix), diagnosis("X002", fix=fix)) == {"X001": ["X002"]}
        apart = diagnosis("X001", DOWNSTREAM, fix=fix), diagnosis("X002", VIP, fix=fix)
        assert groups(*apart) == {"X001": [], "X002": []}
        assert groups(diagnosis("X001", None, fix=fix), diagnosis("X002", None, fix=fix)) == {"X001": [], "X002": []}


def test_nothing_is_listed_under_what_is_less_severe() -> None:
    warning = diagnosis("X001", severity=Severity.WARNING)
    assert groups(warning, diagnosis("X002"), general=["X002"]) == {"X001": [], "X002": []}
    assert groups(warning, diagnosis("X002")) == {"X002": ["X001"]}


def test_what_an_operator_plays_down_speaks_as_before() -> None:
    played_down = diagnosis("X001", severity=Severity.NOTE, before=Severity.ERROR)
    assert groups(played_down, diagnosis("X002"), general=["X002"]) == {"X001": ["X002"]}


def test_settings_count_and_not_how_many_a_line_sets() -> None:
    def sets(*names: str) -> Fix:
        return Fix((Command(f"sysctl -w {' '.join(names)}", [SetSysctl(name, "1") for name in names]),))

    assert groups(diagnosis("X001", fix=sets("a")), diagnosis("X002", fix=sets("b", "a"))) == {"X002": ["X001"]}
    assert groups(diagnosis("X001", fix=sets("a")), diagnosis("X002", fix=sets("b"))) == {"X001": [], "X002": []}


def test_of_files_what_lasts_is_compared() -> None:
    lasting = Fix(persist=("write it",))
    assert groups(diagnosis("X001", fix=lasting), diagnosis("X002", fix=lasting)) == {"X001": ["X002"]}
    assert groups(diagnosis("X001", fix=lasting), diagnosis("X002", fix=Fix(persist=("other",)))) == {
        "X001": [],
        "X002": [],
    }


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
