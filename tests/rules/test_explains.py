"""The decision that a rule's findings explain: each rule names it, or stands here with the reason why not."""

from collections.abc import Mapping

import pytest

from lvsdoctor.analysis.walk import walks
from lvsdoctor.engine.case_runner import nodes_in
from lvsdoctor.engine.explaining import explained
from lvsdoctor.engine.loader import load_rules
from lvsdoctor.engine.page_cases import Case, cases_of
from lvsdoctor.engine.rule import Rule
from lvsdoctor.engine.runner import try_rule
from lvsdoctor.model.finding import Finding, Fix, Predicts, Severity
from lvsdoctor.model.node import Node
from lvsdoctor.model.walk import Decided, Decision, Step
from lvsdoctor.reporting.rule_page import page_of

RULES = load_rules()
CASES = [(rule, case) for rule in RULES for case in cases_of(page_of(rule)) if case.expects == "fires"]

_PAST = "a log tells what happened; a walk follows what is set up now"
_EXISTING = "a walk is of a new connection; this is about those that exist, or come to an end"
_FILES = "what files say of the next boot; what runs decides now"
_DRIFT = "two things differ, and which of them is wrong is not known"
_ELECTION = "who becomes master, which is no packet's way to the VIP; two masters have a rule of their own"
# A family, or a rule by its name.
UNEXPLAINED: Mapping[str, str] = {
    "logs": _PAST,
    "connections": _EXISTING,
    "addresses-deleted-with-vip": _ELECTION,
    "weights-without-effect": "every connection is served; this is about how many a real server gets",
    "arptables-rules-not-saved": _FILES,
    "announcement-suppressed-by-bridge": "a walk is of the director that is active now; this is about the next one",
    "unicast-source-unusable": _ELECTION,
    "vrrp-advertisements-dropped": _ELECTION,
    "vrrp-parameters-differ": _ELECTION,
    "vrrp-priorities-equal": _ELECTION,
    "directors-settings-differ": _DRIFT,
    "directors-tables-differ": _DRIFT,
    "table-differs-from-files": _DRIFT,
    "runtime-differs-from-files": _DRIFT,
    "ipvs-setting-not-applied": _DRIFT,
    "setting-of-another-namespace": _DRIFT,
    "scheduler-module-missing": "the service is in no table, so that no walk begins there",
    "platform-may-drop-vip": "what the platform drops, no dump of the host shows",
    "large-receive-offload-on-director": "what a network card joins, no walk of one packet shows",
    "platform-may-drop-vmac": "what the platform drops, no dump of the host shows",
    "kube-proxy-settings-overridden": _DRIFT,
    "mixed-forwarding-methods": _DRIFT,
    "lvs-method-left-out": _DRIFT,
    "sysctl-key-splits-link-name": _FILES,
    "setting-undone-by-later-file": _FILES,
    "vip-not-in-network-files": _FILES,
    "table-not-filled-at-boot": _FILES,
    "vip-up-before-its-settings": _FILES,
    "ipvs-mode-is-deprecated": _FILES,
    "new-interface-would-answer-arp": "a walk is by the interfaces that are there; this is about one that comes later",
    "real-server-without-health-check": "without a check, the director asks nothing that could fail",
    "no-health-checker-runs": "without a check, the director asks nothing that could fail",
    "forwarding-not-needed": "no request and no reply takes that way",
    "host-ports-open-on-service-addresses": "the host's own services get these packets, as they should",
}


def _id(value: object) -> str:
    return value.name if isinstance(value, Rule) else value.title.replace(" ", "-") if isinstance(value, Case) else "?"


@pytest.mark.parametrize("rule", RULES, ids=_id)
def test_a_rule_explains_a_decision_or_it_is_known_why_not(rule: Rule) -> None:
    reasons = [UNEXPLAINED[name] for name in (rule.name, rule.family) if name in UNEXPLAINED]
    assert bool(reasons) is (rule.explains is None)


def test_every_reason_is_of_a_rule_or_a_family_that_there_is() -> None:
    assert set(UNEXPLAINED) <= {name for rule in RULES for name in (rule.name, rule.family)}


def diagnosed(rule: Rule, case: Case) -> list[tuple[Step | None, dict[str, str], Predicts | None, tuple[Node, ...]]]:
    nodes = nodes_in(case)
    diagnoses = [diagnosis for node in nodes for diagnosis in try_rule(rule, node)[0]]
    return [(d.explains, dict(d.about), d.finding.predicts, nodes) for d in diagnoses]


@pytest.mark.parametrize(("rule", "case"), CASES, ids=_id)
def test_a_finding_explains_a_step_of_a_host_about_something(rule: Rule, case: Case) -> None:
    """Of a host of the scan, or of one that only its address or its MAC tells."""
    for step, about, predicts, nodes in diagnosed(rule, case):
        if step is None:
            # A manifest of Kubernetes is of no host, nor is what kubectl shows of a cluster.
            assert (rule.explains is None and predicts is None) or not about.keys().isdisjoint(("announcer", "address"))
            continue
        known = {node.name for node in nodes}
        assert step.node in known or ":" in step.node or step.node in about.values() or step.node[0].isdigit()
        assert step.subject
        assert all(about[name] in step.subject for name in ("vip",) if name in about and "service" not in about)


@pytest.mark.parametrize(("rule", "case"), CASES, ids=_id)
def test_what_a_probe_can_show_and_what_is_explained_are_one_decision(rule: Rule, case: Case) -> None:
    for step, _, predicts, _ in diagnosed(rule, case):
        if predicts is not None:
            assert step is not None
            sent = {Predicts.SENDER: Decision.ARP_SENDER, Predicts.REFUSES: Decision.LOCAL_DELIVERY}
            assert step.decision is sent.get(predicts, Decision.ARP_REPLY)


def steps_of(name: str) -> set[tuple[str, str, str]]:
    steps = [step for rule, case in CASES if rule.name == name for step, *_ in diagnosed(rule, case)]
    return {(step.node, step.decision.value, step.subject) for step in steps if step is not None}


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("arp-ignore-only-on-lo", ("rs1", "arp-reply", "VIP 192.0.2.10 on eth0")),
        ("arp-ignore-only-on-lo", ("rs1", "arp-sender", "VIP 192.0.2.10 on eth0")),
        ("arp-ignore-level-misused", ("rs1", "neighbour", "eth0")),
        ("vip-missing-on-real-server", ("rs1", "local-delivery", "VIP 192.0.2.10")),
        ("director-filter-drops-requests", ("lb1", "input-filter", "tcp 192.0.2.10:80")),
        ("director-filter-drops-requests", ("lb1", "output-filter", "tcp 192.0.2.10:80")),
        ("director-filter-drops-replies", ("lb1", "forward-filter", "tcp 192.0.2.10:80")),
        ("real-server-filter-drops-requests", ("rs1", "output-filter", "tcp 192.0.2.10:80")),
        ("real-server-unreachable", ("lb1", "route", "198.51.100.21")),
        ("real-server-unreachable", ("lb1", "neighbour", "198.51.100.21")),
        ("nat-reply-bypasses-director", ("rs1", "return-path", "198.51.100.21")),
        ("strict-rp-filter-drops-requests", ("rs1", "source-validation", "VIP 192.0.2.10 on eth0")),
        ("director-sends-redirects", ("lb1", "redirect", "eth0")),
        ("real-server-accepts-redirects", ("rs1", "redirect", "eth0")),
        ("service-without-usable-real-server", ("lb1", "real-server", "tcp 192.0.2.10:80")),
    ],
)
def test_the_step_is_the_hosts_that_decides(name: str, step: tuple[str, str, str]) -> None:
    assert step in steps_of(name)


@pytest.mark.parametrize(
    ("name", "nodes"),
    [
        # What a director's table or a probe shows, another host decides.
        ("direct-routing-port-differs", {"192.0.2.21"}),
        ("vip-cached-at-real-server", {"rs1"}),
        ("vip-answered-by-another-host", {"rs2", "192.0.2.22"}),
        ("nat-client-in-real-servers-subnet", {"rs1"}),
        ("source-nat-without-conntrack", {"rs1"}),
        ("vip-is-directors-own-address", {"lb1", "rs1"}),
    ],
)
def test_a_decision_of_another_host_is_its_own(name: str, nodes: set[str]) -> None:
    assert nodes <= {node for node, _, _ in steps_of(name)}


def test_what_findings_explain_is_where_the_walks_die() -> None:
    """Of the errors of these rules, in all cases of their pages that show enough of a walk to die at all."""
    names = {
        "director-filter-drops-requests", "service-not-listening", "nat-reply-bypasses-director",
        "tunnel-device-missing",
        "strict-rp-filter-drops-requests", "requests-rewritten-before-ipvs", "real-server-filter-drops-requests",
        "no-route-back-to-clients", "service-without-usable-real-server", "source-nat-without-conntrack",
        "vip-missing-on-real-server", "director-is-real-servers-gateway", "local-node-not-listening",
    }  # fmt: skip
    for rule, case in CASES:
        nodes = nodes_in(case) if rule.name in names else ()
        died = [verdict.step for walk in walks(nodes) for verdict in walk.steps if verdict.decided is Decided.NO]
        errors = [d for node in nodes if died for d in try_rule(rule, node)[0] if d.severity is Severity.ERROR]
        for step in (diagnosis.explains for diagnosis in errors):
            assert step is not None
            assert (step.node, step.decision) in {(other.node, other.decision) for other in died}


def test_an_address_that_two_hosts_have_tells_no_host() -> None:
    rule = next(rule for rule in RULES if rule.name == "real-server-unreachable")
    case = next(case for each, case in CASES if each is rule and "two hosts" in case.title)
    (node,) = (node for node in nodes_in(case) if node.name == "lb1")
    finding = Finding("", about={"rip": "198.51.100.21"}, evidence=(), fix=Fix(), decided_at="198.51.100.21")
    assert explained(rule, finding, node) == Step("198.51.100.21", Decision.ROUTE, "198.51.100.21")
