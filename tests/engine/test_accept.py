"""What is accepted does not count and is not hidden; what has lapsed, and what nothing needs, is said."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType

import pytest

from lvsdoctor.engine.accept import Acceptance, accepted, commented
from lvsdoctor.model.examination import Diagnosis, Examination, Examined, Outcome, Verdict
from lvsdoctor.model.finding import Citation, Finding, Fix, Severity
from lvsdoctor.model.seen import Comment, Seen

TODAY = date(2026, 6, 15)
WRITTEN = Seen("lvsdoctor.toml", 12, "[[accept]]")
IGNORE = Seen("rs1/sysctl.conf", 4, "net.ipv4.conf.lo.arp_ignore = 1")
RULES = {"leaks": "leaks", "arp001": "leaks", "forwards": "forwards", "fwd001": "forwards"}


def leak(
    node: str = "rs1", rule: str = "leaks", seen: Seen = IGNORE, about: Mapping[str, str] = MappingProxyType({})
) -> Diagnosis:
    finding = Finding("{node} leaks", about=about, evidence=[Citation(seen)], fix=Fix())
    return Diagnosis(finding, rule, "ARP001", node, Severity.ERROR)


def scan(*diagnoses: Diagnosis, outcomes: tuple[Outcome, ...] | None = None, comment: str = "") -> Examination:
    """A scan of rs1, on which the rules leaks and forwards were checked; rs1's file says something to lvsdoctor."""
    fired = {(diagnosis.rule, diagnosis.node) for diagnosis in diagnoses}
    told = [
        Outcome(rule, "rs1", Verdict.FIRES if (rule, "rs1") in fired else Verdict.QUIET)
        for rule in ("leaks", "forwards")
    ]
    comments = (Comment(Seen("rs1/sysctl.conf", 3, comment), about=4),) if comment else ()
    nodes = (Examined("rs1", "golden/rs1", comments=comments),)
    return Examination(nodes, diagnoses, tuple(told) if outcomes is None else outcomes)


def acceptance(rule: str = "leaks", reason: str = "a lab", **how: object) -> Acceptance:
    given = Acceptance(rule, reason, WRITTEN, frozenset([rule]))
    return replace(given, **how)  # type: ignore[arg-type]


def remarks(examination: Examination) -> list[tuple[str, str]]:
    return [(remark.says, str(remark.seen)) for remark in examination.remarks]


def terms(examination: Examination) -> list[dict[str, str] | None]:
    return [None if d.accepted is None else dict(d.accepted) for d in examination.diagnoses]


def test_an_accepted_finding_is_still_there_with_the_reason_and_where_that_is_written() -> None:
    after = accepted(scan(leak(about={"vip": "192.0.2.10"})), [acceptance(until=date(2027, 1, 1))], TODAY)
    assert terms(after) == [{"reason": "a lab", "by": "lvsdoctor.toml:12", "until": "2027-01-01"}]
    assert (after.diagnoses[0].finding, after.remarks) == (leak(about={"vip": "192.0.2.10"}).finding, ())


@pytest.mark.parametrize(
    ("globs", "about", "covered"),
    [
        ({"node": "rs1"}, {}, True),
        ({"node": "rs*"}, {}, True),
        ({"node": "rs2"}, {}, False),
        ({"node": "RS1"}, {}, False),
        ({"vip": "192.0.2.*"}, {"vip": "192.0.2.10"}, True),
        ({"vip": "192.0.2.1"}, {"vip": "192.0.2.10"}, False),
        ({"vip": "2001:db8::*"}, {"vip": "2001:db8::10"}, True),
        ({"vip": "*"}, {"link": "eth0"}, True),
        ({"vip": "192.*"}, {"link": "eth0"}, False),
        ({"rules": frozenset(["forwards"])}, {}, False),
    ],
)
def test_rule_node_and_vip_must_all_match(globs: dict[str, object], about: dict[str, str], covered: bool) -> None:
    after = accepted(scan(leak("rs1", about=about)), [acceptance("leaks", "a lab", **globs)], TODAY)
    assert (after.diagnoses[0].accepted is not None) is covered


def test_an_acceptance_holds_to_the_end_of_its_last_day() -> None:
    assert terms(accepted(scan(leak()), [acceptance(until=TODAY)], TODAY)) != [None]


def test_an_expired_acceptance_is_back_with_a_word() -> None:
    ended = acceptance(until=date(2026, 6, 14))
    (diagnosis,) = accepted(scan(leak()), [ended], TODAY).diagnoses
    assert diagnosis.accepted is None
    assert diagnosis.lapsed == {"reason": "a lab", "by": "lvsdoctor.toml:12", "until": "2026-06-14"}


def test_of_several_lapsed_ones_the_last_to_end_is_told() -> None:
    ended = [acceptance(until=date(2026, month, 1)) for month in (1, 3, 2)]
    (diagnosis,) = accepted(scan(leak()), ended, TODAY).diagnoses
    assert diagnosis.lapsed is not None
    assert diagnosis.lapsed["until"] == "2026-03-01"


def test_a_valid_acceptance_outweighs_an_expired_one_and_neither_is_unused() -> None:
    after = accepted(scan(leak()), [acceptance(until=date(2026, 1, 1)), acceptance(reason="still so")], TODAY)
    assert terms(after) == [{"reason": "still so", "by": "lvsdoctor.toml:12"}]
    assert (after.diagnoses[0].lapsed, after.remarks) == (None, ())


def test_an_acceptance_that_covers_nothing_is_reported_with_its_line() -> None:
    after = accepted(scan(leak()), [acceptance("forwards")], TODAY)
    assert remarks(after) == [
        (
            "the acceptance of forwards covers nothing here: it was checked on rs1, and no finding is like that",
            "lvsdoctor.toml:12",
        )
    ]


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome("forwards", "rs1", Verdict.NOT_CHECKED),
        Outcome("forwards", "rs1", Verdict.CRASHED),
        Outcome("forwards", "rs1", Verdict.NOT_APPLICABLE),
        Outcome("forwards", "rs1", Verdict.QUIET, explained_by=("leaks",)),
        Outcome("forwards", "rs2", Verdict.QUIET),
        Outcome("leaks", "rs1", Verdict.QUIET),
    ],
    ids=["not checked", "crashed", "not applicable", "another speaks for it", "another node", "not run"],
)
def test_an_acceptance_that_the_scan_did_not_look_for_is_not_unused(outcome: Outcome) -> None:
    after = accepted(scan(outcomes=(outcome,)), [acceptance("forwards", node="rs1")], TODAY)
    assert after.remarks == ()


def test_one_for_many_nodes_is_not_unused_while_one_of_them_is_open() -> None:
    outcomes = (Outcome("leaks", "rs1", Verdict.QUIET), Outcome("leaks", "rs2", Verdict.NOT_CHECKED))
    assert accepted(scan(outcomes=outcomes), [acceptance()], TODAY).remarks == ()


def inline(text: str, *diagnoses: Diagnosis) -> Examination:
    examination = scan(*diagnoses, comment=text)
    acceptances, wrong = commented(examination, RULES)
    return accepted(replace(examination, remarks=tuple(wrong)), acceptances, TODAY)


@pytest.mark.parametrize(
    ("text", "accepted"),
    [
        ("# lvsdoctor: accept leaks the lab has no ARP", {"reason": "the lab has no ARP"}),
        ("; lvsdoctor:accept ARP001 the lab", {"reason": "the lab"}),
        ("  ! lvsdoctor: accept leaks until=2026-12-31 the lab", {"reason": "the lab", "until": "2026-12-31"}),
        ("# lvsdoctor: accept leaks the lab until=2026-12-31", {"reason": "the lab", "until": "2026-12-31"}),
    ],
)
def test_a_comment_accepts_what_quotes_the_line_below(text: str, accepted: dict[str, str]) -> None:
    after = inline(text, leak())
    assert terms(after) == [{"by": "rs1/sysctl.conf:3", **accepted}]
    assert after.remarks == ()


@pytest.mark.parametrize(
    "other",
    [
        leak(seen=replace(IGNORE, line=5)),
        leak(seen=replace(IGNORE, where="rs1/other.conf")),
        leak(node="rs2"),
        leak(rule="forwards"),
    ],
    ids=["another line", "another file", "another node", "another rule"],
)
def test_a_comment_accepts_nothing_else(other: Diagnosis) -> None:
    after = inline("# lvsdoctor: accept leaks fine here", other)
    assert terms(after) == [None]
    assert remarks(after) == [
        (
            "the acceptance of leaks covers nothing: no finding of it on rs1 quotes the line below",
            "rs1/sysctl.conf:3",
        )
    ]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("# lvsdoctor: accept leaks", "it gives no reason why leaks is fine here"),
        ("# lvsdoctor: accept leaks until=2026-12-31", "it gives no reason why leaks is fine here"),
        ("# lvsdoctor: accept leeks a vegetable", "lvsdoctor has no rule leeks; did you mean leaks?"),
        ("# lvsdoctor: accept * everything", "lvsdoctor has no rule *"),
        ("# lvsdoctor: accept", "lvsdoctor has no rule without a name"),
        ("# lvsdoctor: accept leaks until= a lab", "until= is no date such as 2030-12-31"),
        ("# lvsdoctor: accept leaks until=2026-12-31 a lab until=2027-12-31", "until=2026-12-31 2027-12-31 is no date"),
        ("# lvsdoctor: accept leaks until=soon a lab", "until=soon is no date such as 2030-12-31"),
        ("# lvsdoctor: ignore leaks a lab", "lvsdoctor does not know what ignore means in a comment"),
        ("# lvsdoctor:", "lvsdoctor does not know what nothing means in a comment"),
    ],
)
def test_a_comment_that_is_wrong_accepts_nothing_and_says_why(text: str, wrong: str) -> None:
    after = inline(text, leak())
    assert terms(after) == [None]
    ((said, place),) = remarks(after)
    assert (wrong in said, place) == (True, "rs1/sysctl.conf:3")


def test_a_node_s_name_is_no_glob_for_its_own_comments() -> None:
    named = replace(scan(comment="# lvsdoctor: accept leaks a lab").nodes[0], name="rs[12]")
    ((given,), _) = commented(Examination((named,), (), ()), RULES)
    assert (given.covers(leak("rs[12]")), given.covers(leak("rs1"))) == (True, False)


def test_a_stranger_s_endless_comments_end() -> None:
    text = "# lvsdoctor: accept " + "x" * 10_000
    comments = tuple(Comment(Seen("rs1/dump", number, text), number + 1) for number in range(1, 1004))
    given, wrong = commented(Examination((Examined("rs1", "rs1", comments=comments),), (), ()), RULES)
    assert (given, len(wrong)) == ([], 1001)
    assert wrong[-1].says == "3 more comments to lvsdoctor were not read"
    assert max(len(remark.says) for remark in wrong) < 500


def test_a_reason_that_fills_pages_is_shortened() -> None:
    after = inline(f"# lvsdoctor: accept leaks {'why ' * 10_000}", leak())
    ((reason, _),) = [tuple((d.accepted or {}).values()) for d in after.diagnoses]
    assert len(reason) <= 310
