"""The lines of a service: each with its real servers, of which clients, and the findings that explain it."""

from dataclasses import replace

from lvsdoctor.model.examination import Diagnosis
from lvsdoctor.model.finding import Finding, Fix, Severity
from lvsdoctor.model.impact import ClientSees, Impact
from lvsdoctor.model.service_outcome import Lacking, ServiceOutcome
from lvsdoctor.model.walk import Decision, Step
from lvsdoctor.reporting.service_strip import ServiceLine, service_lines

SERVICE = "tcp 192.0.2.10:80"
OUTCOME = ServiceOutcome(
    SERVICE,
    ("rs1", "rs2", "rs3", "rs4"),
    direct=("rs2",),
    losing=("rs3",),
    unknown=("rs4",),
    serving=("rs1", "rs2"),
    lost_at=(Step("rs3", Decision.LISTENER, SERVICE),),
    lacking=(Lacking("ss -lntup", ("rs4",)),),
    clients=("clients on the VIP's segment",),
    evidenced=True,
)


def finding(about: dict[str, str]) -> Finding:
    return Finding("{node} is wrong", about=about, evidence=[], fix=Fix())


def diagnosis(node: str, sees: ClientSees | None = None, service: str = "TCP 192.0.2.10:80") -> Diagnosis:
    impact = None if sees is None else Impact((service,), ("clients",), 0.5, sees, evidenced=True)
    return Diagnosis(finding({}), "wrong", "BAD001", node, Severity.ERROR, impact=impact)


def lines(outcome: ServiceOutcome = OUTCOME, *diagnoses: Diagnosis) -> dict[str, ServiceLine]:
    return {line.kind: line for line in service_lines(outcome, diagnoses)}


def test_each_kind_has_a_line_the_worst_first() -> None:
    shown = lines()
    assert {kind: line.names for kind, line in shown.items()} == {
        "losing": ("rs3",),
        "direct": ("rs2",),
        "unknown": ("rs4",),
        "serving": ("rs1", "rs2"),
    }
    assert list(shown) == ["losing", "direct", "unknown", "serving"]
    assert [line.says for line in shown.values()] == [
        "loses connections", "receives client traffic directly", "is not known to serve", "serve",
    ]  # fmt: skip


def test_a_line_says_of_which_clients_and_what_would_tell() -> None:
    shown = lines()
    assert shown["losing"].note == "clients on the VIP's segment"
    assert lines(replace(OUTCOME, evidenced=False))["losing"].note == "clients on the VIP's segment (assumed)"
    assert shown["unknown"].note == "needed first: ss -lntup of rs4"


def test_each_real_server_has_one_place_in_the_bar() -> None:
    shown = lines()
    assert [(line.start, line.share) for line in shown.values()] == [(0, 25), (25, 25), (50, 25), (75, 25)]
    assert shown["serving"].note == "1 of them named above"


def test_a_finding_stands_with_what_its_clients_see() -> None:
    hang, past, later = diagnosis("rs3", ClientSees.HANG), diagnosis("rs2", ClientSees.BYPASSED), diagnosis(
        "rs1", ClientSees.LATER
    )  # fmt: skip
    shown = lines(OUTCOME, hang, past, later, diagnosis("rs1", ClientSees.HANG, "TCP 192.0.2.11:80"))
    assert shown["losing"].diagnoses == (hang,)
    assert shown["direct"].diagnoses == (past,)
    assert (shown["later"].names, shown["later"].diagnoses) == (("rs1",), (later,))


def test_an_accepted_finding_explains_nothing() -> None:
    assert (
        lines(OUTCOME, replace(diagnosis("rs3", ClientSees.HANG), accepted={"reason": "old"}))["losing"].diagnoses == ()
    )


def test_a_finding_without_impact_stands_where_its_step_ends_walks_or_where_it_names_the_service() -> None:
    step = replace(diagnosis("rs3"), explains=Step("rs3", Decision.LISTENER, "port 80"))
    elsewhere = replace(diagnosis("rs3"), explains=Step("rs3", Decision.ROUTE, "port 80"))
    naming = replace(diagnosis("lb1"), finding=finding({"service": SERVICE}))
    other = replace(step, finding=finding({"service": "tcp 192.0.2.10:443"}))
    assert lines(OUTCOME, step, elsewhere, naming, other)["losing"].diagnoses == (step, naming)


def test_a_service_without_real_servers_and_one_of_which_nothing_is_known_say_so() -> None:
    empty = lines(ServiceOutcome(SERVICE, without_server=True))
    assert [line.says for line in empty.values()] == ["no real server gets new connections"]
    mark = lines(ServiceOutcome("FWM 1", lacking=(Lacking("iptables-save", ("lb1",)),)))
    assert [(line.says, line.note) for line in mark.values()] == [
        ("what becomes of its connections is not known", "needed first: iptables-save of lb1")
    ]


def test_a_firewall_mark_is_known_by_its_number() -> None:
    outcome = replace(OUTCOME, service="FWM 1 (tcp 192.0.2.10:80)")
    refused = diagnosis("rs3", ClientSees.REFUSED, "FWM 1")
    assert lines(outcome, refused)["losing"].diagnoses == (refused,)


def test_a_finding_may_spell_a_firewall_mark_as_it_likes() -> None:
    outcome = replace(OUTCOME, service="FWM 1 IPv6 (tcp [2001:db8::10]:80)")
    naming = replace(diagnosis("lb1"), finding=finding({"service": "fwmark 1 IPv6"}))
    other = replace(diagnosis("lb1"), finding=finding({"service": "fwmark 1"}))
    assert lines(outcome, naming, other)["losing"].diagnoses == (naming,)
    assert lines(replace(outcome, service="FWM 1"), naming, other)["losing"].diagnoses == (other,)
