"""What becomes of a rule on a node: it fires, is quiet, is not checked, does not apply, or crashes - never silence."""

from collections.abc import Iterator
from ipaddress import ip_address

import pytest

from lvsdoctor.engine.rule import Rule
from lvsdoctor.engine.runner import examine
from lvsdoctor.model.examination import Verdict
from lvsdoctor.model.finding import Predicts, Severity
from lvsdoctor.model.ipvs import Destination, VirtualService
from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.standing import Membership, Role, RoleEvidence, Standing
from lvsdoctor.model.sysctl import Setting
from lvsdoctor.rulekit import Finding, Fix, cite, rule

KEY = "net.ipv4.ip_forward"
SETTINGS = {KEY: Setting(KEY, "1", Seen("sysctl", 7, f"{KEY} = 1"))}


def node(**evidence: object) -> Node:
    return Node("rs1", "here", evidence, standing=Standing(roles=(RoleEvidence(Role.REAL_SERVER, "says the test"),)))


def a_finding(node: Node, message: str = "{node} forwards", **about: object) -> Finding:
    return Finding(message, about=about, evidence=[cite(node.sysctl(KEY), "set")], fix=Fix())


def always(name: str, code: str, *cures: str, **how: object) -> Rule:
    def check(node: Node) -> Iterator[Finding]:
        set_here = [cite(node.sysctl(KEY), "set")]
        yield Finding("{node} {does}", about={"vip": "192.0.2.10"}, evidence=set_here, fix=Fix(cures), does="forwards")

    check.__name__ = name.replace("-", "_")
    return rule(name=name, code=code, severity=Severity.ERROR, needs={"sysctl"}, **how)(check)  # type: ignore[arg-type]


def outcome_of(given: Rule, node: Node) -> Verdict:
    return examine([node], [given]).outcomes[0].verdict


def test_a_finding_carries_rule_node_and_severity() -> None:
    (diagnosis,) = examine([node(sysctl=SETTINGS)], [always("forwards", "X001")]).diagnoses
    assert (diagnosis.rule, diagnosis.code, diagnosis.node, diagnosis.severity) == ("forwards", "X001", "rs1", "error")
    assert diagnosis.message == "rs1 forwards"
    assert str(diagnosis.evidence[0].seen) == "sysctl:7"


def test_what_clients_suffer_is_filled_as_the_sentence_is() -> None:
    def check(node: Node) -> Iterator[Finding]:
        yield Finding(
            "{node} drops",
            about={"vip": "192.0.2.10"},
            evidence=[],
            fix=Fix(),
            clients="Clients of {vip} wait {s} s.",
            s=3,
        )

    check.__name__ = "drops"
    given = rule(name="drops", code="X001", severity=Severity.ERROR, needs={"sysctl"})(check)
    (diagnosis,) = examine([node(sysctl=SETTINGS)], [given]).diagnoses
    assert diagnosis.clients == "Clients of 192.0.2.10 wait 3 s."
    (without,) = examine([node(sysctl=SETTINGS)], [always("forwards", "X001")]).diagnoses
    assert without.clients == ""


def test_a_hole_in_what_clients_suffer_is_the_rule_s_crash() -> None:
    def check(node: Node) -> Iterator[Finding]:
        yield Finding("{node} drops", about={}, evidence=[], fix=Fix(), clients="Clients of {vip} wait.")

    check.__name__ = "drops"
    given = rule(name="drops", code="X001", severity=Severity.ERROR, needs={"sysctl"})(check)
    assert outcome_of(given, node(sysctl=SETTINGS)) is Verdict.CRASHED


def test_a_missing_need_is_named_with_the_command_that_collects_it() -> None:
    (outcome,) = examine([node()], [always("forwards", "X001")]).outcomes
    assert (outcome.verdict, [(m.fact, m.command) for m in outcome.missing]) == (
        Verdict.NOT_CHECKED,
        [("sysctl", "sysctl -a")],
    )


def test_a_rule_for_another_role_does_not_apply() -> None:
    assert outcome_of(always("forwards", "X001", role="director"), node(sysctl=SETTINGS)) is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("vips", "verdict"),
    [(["2001:db8::10"], Verdict.NOT_APPLICABLE), (["2001:db8::10", "192.0.2.10"], Verdict.FIRES), ([], Verdict.FIRES)],
)
def test_a_rule_about_ipv4_alone_does_not_apply_where_all_vips_are_of_ipv6(vips: list[str], verdict: Verdict) -> None:
    services = [
        VirtualService("tcp", vip := ip_address(text), 80, Seen("ipvs", 1, text), family=vip.version) for text in vips
    ]
    given = always("forwards", "X001", only_ipv4=True)
    assert outcome_of(given, node(sysctl=SETTINGS, ipvs=tuple(services))) is verdict


def test_where_the_role_is_unknown_a_role_s_rule_is_not_checked() -> None:
    unknown = Node("n", "here", {"sysctl": SETTINGS}, standing=Standing(undecided=frozenset({"addresses"})))
    assert outcome_of(always("forwards", "X001", role="director"), unknown) is Verdict.NOT_CHECKED


def test_a_rule_that_raises_is_reported_with_its_traceback_and_the_others_go_on() -> None:
    @rule(name="broken", code="X002", severity=Severity.ERROR, needs={"sysctl"})
    def broken(node: Node) -> Iterator[Finding]:
        raise ZeroDivisionError("oops")
        yield

    examination = examine([node(sysctl=SETTINGS)], [broken, always("forwards", "X001")])
    assert [(o.rule, o.verdict.value) for o in examination.outcomes] == [("broken", "crashed"), ("forwards", "fires")]
    assert "ZeroDivisionError: oops" in examination.outcomes[0].traceback


def test_a_hole_in_a_message_is_the_rule_s_crash() -> None:
    @rule(name="holey", code="X003", severity=Severity.ERROR, needs={"sysctl"})
    def holey(node: Node) -> Iterator[Finding]:
        yield a_finding(node, "{node} says {nothing}")

    assert outcome_of(holey, node(sysctl=SETTINGS)) is Verdict.CRASHED


def test_reading_an_undeclared_fact_is_the_rule_s_crash() -> None:
    @rule(name="curious", code="X004", severity=Severity.ERROR, needs={"sysctl"})
    def curious(node: Node) -> Iterator[Finding]:
        yield a_finding(node, count=len(node.addresses))

    examination = examine([node(sysctl=SETTINGS, addresses=())], [curious])
    assert "Undeclared" in examination.outcomes[0].traceback


def test_what_was_found_before_a_fact_was_missing_is_kept() -> None:
    @rule(name="half", code="X005", severity=Severity.ERROR, needs={"sysctl"}, helps={"routes"})
    def half(node: Node) -> Iterator[Finding]:
        yield a_finding(node)
        yield a_finding(node, count=len(node.routes))

    examination = examine([node(sysctl=SETTINGS)], [half])
    assert (len(examination.diagnoses), examination.outcomes[0].verdict) == (1, Verdict.FIRES)
    assert [missing.fact for missing in examination.outcomes[0].missing] == ["routes"]


def test_the_rule_that_names_a_cause_speaks_for_the_general_one() -> None:
    rules = [always("general", "X006", "cure", general=True), always("specific", "X007", "cure")]
    examination = examine([node(sysctl=SETTINGS)], rules)
    assert [(d.rule, d.clears) for d in examination.diagnoses] == [("specific", ("X006",))]
    assert [d.rule for d in examination.listed_under] == ["general"]
    general = examination.outcomes[0]
    assert (general.verdict, general.explained_by) == (Verdict.QUIET, ("specific",))


def test_who_is_listed_under_one_that_is_listed_itself_is_listed_under_the_one_that_speaks() -> None:
    rules = [
        always("general", "X006", "cure", general=True),
        always("middle", "X009", "cure"),
        always("specific", "X007", "cure"),
    ]
    examination = examine([node(sysctl=SETTINGS)], rules)
    assert [(d.rule, d.clears) for d in examination.diagnoses] == [("specific", ("X006", "X009"))]
    explained = {outcome.rule: outcome.explained_by for outcome in examination.outcomes}
    assert explained == {"general": ("specific",), "middle": ("specific",), "specific": ()}


def test_a_finding_about_a_vip_is_listed_with_those_about_its_services() -> None:
    @rule(name="of-service", code="X010", severity=Severity.ERROR, needs={"sysctl"}, general=True)
    def of_service(node: Node) -> Iterator[Finding]:
        for service in ("tcp 192.0.2.10:80", "tcp 192.0.2.11:80"):
            yield Finding("{node} drops requests", about={"service": service}, evidence=[], fix=Fix(("cure",)))

    examination = examine([node(sysctl=SETTINGS)], [of_service, always("specific", "X008", "cure")])
    speaking = {d.about.get("service") for d in examination.diagnoses}
    assert speaking == {None, "tcp 192.0.2.11:80"}


def test_the_general_rule_speaks_where_the_specific_one_was_not_chosen() -> None:
    chosen = [always("general", "X006", "cure", general=True)]
    assert [d.rule for d in examine([node(sysctl=SETTINGS)], chosen).diagnoses] == ["general"]


def test_the_fingerprint_outlives_a_moved_line_and_a_reworded_message() -> None:
    moved = {KEY: Setting(KEY, "1", Seen("other-file", 99, f"{KEY}=1"))}
    one, two = (examine([node(sysctl=s)], [always("forwards", "X001")]).diagnoses[0] for s in (SETTINGS, moved))
    assert one.fingerprint == two.fingerprint


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ({"needs": {"sysctls"}}, "no such fact: sysctls"),
        ({"needs": {"sysctl"}, "helps": {"sysctl"}}, "under both needs and helps"),
        ({"needs": {"sysctl"}, "role": "boss"}, "no such role: boss"),
    ],
)
def test_a_rule_that_declares_nonsense_is_refused(how: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        rule(name="x", code="X009", severity=Severity.NOTE, **how)  # type: ignore[arg-type]


def test_what_others_cause_is_listed_after_its_cause_even_on_another_node() -> None:
    def check(node: Node) -> Iterator[Finding]:
        if node.name == "rs2":
            yield a_finding(node)

    check.__name__ = "forwards"
    cause = rule(name="forwards", code="X001", severity=Severity.ERROR, needs={"sysctl"})(check)
    nodes = [node(sysctl=SETTINGS), Node("rs2", "here", {"sysctl": SETTINGS}, standing=node().standing)]
    found = examine(nodes, [always("cached", "X002", consequence=True), cause]).diagnoses
    assert [(diagnosis.rule, diagnosis.node) for diagnosis in found] == [
        ("forwards", "rs2"),
        ("cached", "rs1"),
        ("cached", "rs2"),
    ]


def test_a_cause_is_listed_before_what_it_causes_even_on_another_node() -> None:
    nodes = [node(sysctl=SETTINGS), Node("rs2", "here", {"sysctl": SETTINGS}, standing=node().standing)]
    found = examine(nodes, [always("symptom", "X002"), always("odd-row", "X001", cause=True)]).diagnoses
    assert [diagnosis.rule for diagnosis in found] == ["odd-row", "odd-row", "symptom", "symptom"]


def test_what_runs_is_listed_before_what_files_alone_tell() -> None:
    """Of a host that runs; where files are all that there is, nothing else is to be listed."""

    def check(node: Node) -> Iterator[Finding]:
        yield Finding("{node} forwards", about={}, evidence=[], fix=Fix())

    check.__name__ = "left_out"
    of_files = rule(name="left-out", code="X001", severity=Severity.ERROR, needs={"health-checks"}, cause=True)(check)
    runs = always("drifted", "X002", cause=True)
    both = node(sysctl=SETTINGS, **{"health-checks": ()})
    assert [diagnosis.rule for diagnosis in examine([both], [of_files, runs]).diagnoses] == ["drifted", "left-out"]


def test_the_worst_findings_of_all_nodes_come_first() -> None:
    def check(node: Node) -> Iterator[Finding]:
        worse = Severity.ERROR if node.name == "rs2" else Severity.WARNING
        yield Finding("{node} forwards", about={}, evidence=[], fix=Fix(), severity=worse)

    check.__name__ = "forwards"
    made = rule(name="forwards", code="X001", severity=Severity.NOTE, needs={"sysctl"})(check)
    nodes = [node(sysctl=SETTINGS), Node("rs2", "here", {"sysctl": SETTINGS})]
    assert [diagnosis.node for diagnosis in examine(nodes, [made]).diagnoses] == ["rs2", "rs1"]


def test_what_harms_only_clients_is_a_warning_while_the_real_server_gets_none() -> None:
    given = always("drops", "X001", harmless_at_weight_0=True)
    for weight, persistent, expected in ((1, 0, Severity.ERROR), (0, 0, Severity.WARNING), (0, 300, Severity.ERROR)):
        listed = Destination(ip_address("192.0.2.21"), 80, Seen("lb1/ipvsadm", 3, "-a"), weight=weight)
        service = VirtualService(
            "tcp", ip_address("192.0.2.10"), 80, Seen("lb1/ipvsadm", 2, "-A"), persistent=persistent
        )
        there = Standing(node().standing.roles, memberships=(Membership(service, listed, Node("lb1")),))
        (found,) = examine([Node("rs1", "here", {"sysctl": SETTINGS}, standing=there)], [given]).diagnoses
        assert found.severity is expected
        eased = expected is Severity.WARNING
        assert found.message.endswith(" (weight 0)") is eased
        assert ("lb1/ipvsadm:3" in [str(line.seen) for line in found.evidence]) is eased


def test_a_vip_as_arp_sender_is_a_warning_while_the_real_server_has_no_client_to_answer() -> None:
    def check(node: Node) -> Iterator[Finding]:
        yield Finding("{node} asks", about={}, evidence=[], fix=Fix(), predicts=Predicts.SENDER)

    check.__name__ = "asks"
    given = rule(name="asks", code="X001", severity=Severity.ERROR, needs={"sysctl"})(check)
    listed = Destination(ip_address("192.0.2.21"), 80, Seen("lb1/ipvsadm", 3, "-a"), weight=0)
    service = VirtualService("tcp", ip_address("192.0.2.10"), 80, Seen("lb1/ipvsadm", 2, "-A"))
    there = Standing(node().standing.roles, memberships=(Membership(service, listed, Node("lb1")),))
    (found,) = examine([Node("rs1", "here", {"sysctl": SETTINGS}, standing=there)], [given]).diagnoses
    assert (found.severity, found.finding.predicts) == (Severity.WARNING, Predicts.SENDER)
