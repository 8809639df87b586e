"""Nodes x rules -> Examination."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from lvsdoctor import __version__
from lvsdoctor.analysis.broken_paths import may_show_clients
from lvsdoctor.analysis.directors import ip_versions, serves_none
from lvsdoctor.analysis.networks_of_files import networks_of_files
from lvsdoctor.analysis.no_ipvs import without_ipvs
from lvsdoctor.analysis.usable_servers import drained
from lvsdoctor.engine.as_configured import as_configured, if_files_decide, only_runs, planned, stood_in, without
from lvsdoctor.engine.easing import warning_at_weight_0
from lvsdoctor.engine.explaining import explained
from lvsdoctor.engine.laid_bare import naming_hidden
from lvsdoctor.engine.not_checked import excluding, lacked, missing_of, undecided, without_ipv4
from lvsdoctor.engine.rule import Rule
from lvsdoctor.engine.unread_machinery import unread_machinery
from lvsdoctor.kernel.answer import assume, assume_no_more
from lvsdoctor.kernel.route_families import of_ipv6_alone
from lvsdoctor.model.contradiction import Contradiction
from lvsdoctor.model.coverage import RUNTIME, Origin, coverage_of
from lvsdoctor.model.examination import AppliedRule, Diagnosis, Examination, Examined, Missing, Outcome, Remark, Verdict
from lvsdoctor.model.examination import ExaminedRole as ShownRole
from lvsdoctor.model.facts import COLLECTED_BY, CONFIGURED, ON_REQUEST, NotApplicable, NotCollected
from lvsdoctor.model.finding import Citation, Finding, Predicts, Severity, StandIn, cite
from lvsdoctor.model.node import Node
from lvsdoctor.model.standing import Role
from lvsdoctor.model.view import View
from lvsdoctor.model.work import Apply, in_turn

if TYPE_CHECKING:
    from lvsdoctor.engine.grouping import CauseGroup


def examine(
    nodes: Sequence[Node], rules: Iterable[Rule], apply: Apply = in_turn, others: Sequence[Rule] = ()
) -> Examination:
    """Every rule on every node; the worst findings first, and causes before what follows from them.

    A rule that raises is reported as crashed, and the others go on. `others` are rules that nobody asked for: what they
    explain is not reported as unexplained.
    """
    by_name = {rule.name: rule for rule in rules}
    at_last = [rule for rule in by_name.values() if rule.unless_explained]
    diagnoses: list[Diagnosis] = []
    outcomes: list[Outcome] = []
    listed_under: list[Diagnosis] = []
    views: dict[frozenset[str], View] = {}

    def judged(node: Node, rules: Iterable[Rule]) -> tuple[list[Diagnosis], list[Outcome]]:
        found: list[Diagnosis] = []
        became: list[Outcome] = []
        for rule in rules:
            facts = rule.needs | rule.helps
            view = views.get(facts) or views.setdefault(facts, View(facts))
            diagnosed, outcome = _try_in(view, rule, node)
            found += diagnosed
            became.append(outcome)
        return found, became

    def at_first(node: Node) -> "tuple[list[Diagnosis], list[Outcome], list[CauseGroup]]":
        found, became = judged(node, (rule for rule in by_name.values() if not rule.unless_explained))
        return found, became, _groups(found, by_name)

    # Packets are followed meanwhile (Apply), and what no rule explains is asked for when they have been.
    for node, (found, became, groups) in zip(nodes, list(apply(at_first, nodes, "nodes examined")), strict=True):
        more, ended = judged(node, at_last)
        groups = _groups([*found, *more], by_name) if more else groups
        diagnoses += [group.leader for group in groups]
        listed_under += [diagnosis for group in groups for diagnosis in group.cleared]
        outcomes += _spoken_for([*became, *ended], groups)
    if any(by_name[diagnosis.rule].unless_explained for diagnosis in diagnoses):
        from lvsdoctor.engine.last_resort import unexplained  # few scans have such findings

        every = {rule.name: rule for rule in others} | by_name
        diagnoses, outcomes = unexplained(diagnoses, outcomes, every, nodes, examine(nodes, others))
    diagnoses = naming_hidden(diagnoses, nodes)
    of_name = {node.name: node for node in nodes}
    diagnoses.sort(key=lambda d: (d.severity.rank, *_place(by_name[d.rule], of_name[d.node]), d.certainty != "proved"))
    if diagnoses:
        from lvsdoctor.engine.grouping import grouped

        diagnoses = grouped(diagnoses)
    applied = tuple(AppliedRule(rule.name, rule.code, rule.severity, rule.role, rule.page) for rule in by_name.values())
    remarks = tuple(_contradictory(node.name, known) for node in nodes for known in node.contradictions)
    return Examination(
        tuple(map(_examined, nodes)), tuple(diagnoses), tuple(outcomes), __version__, applied, remarks,
        listed_under=tuple(listed_under),
    )  # fmt: skip


def _groups(diagnoses: Sequence[Diagnosis], rules: Mapping[str, Rule]) -> "list[CauseGroup]":
    if not diagnoses:
        return []
    from lvsdoctor.engine.grouping import groups_of  # where nothing is found no change has to be known

    return groups_of(diagnoses, rules)


def _spoken_for(outcomes: Sequence[Outcome], groups: "Sequence[CauseGroup]") -> Iterable[Outcome]:
    if not groups:
        return outcomes
    from lvsdoctor.engine.grouping import spoken_for

    return spoken_for(outcomes, groups)


def _place(rule: Rule, node: Node) -> tuple[bool, bool, bool]:
    """Among the findings as severe: what causes others first, what others cause last.

    Then what runs, which clients meet today, before what files leave to a default or to luck, where both were seen.
    """
    return rule.consequence, not rule.cause, node.planned is None and rule.needs <= _OF_FILES


# Facts that only files show; where files are all that was seen, no rule has others.
_OF_FILES = frozenset({"vrrp", "health-checks", "kube", *(fact for fact in COLLECTED_BY if "configured-" in fact)})


def _contradictory(node: str, contradiction: Contradiction) -> Remark:
    return Remark(_CONTRADICTORY, {"node": node, "says": contradiction.says})


_CONTRADICTORY = "the evidence of {node} contradicts itself, so no rule is checked on {node}. {says}"


def try_rule(rule: Rule, node: Node, reads: set[str] | None = None) -> tuple[list[Diagnosis], Outcome]:
    """One rule on one node; the facts it read are noted in `reads`."""
    return _try_in(View(rule.needs | rule.helps, reads), rule, node)


def _try_in(seen_by: View, rule: Rule, node: Node) -> tuple[list[Diagnosis], Outcome]:
    """Where only files tell the addresses of the hosts in question, and others might add some: once more, as if these
    were all. What the rule then finds is a warning that names this; else it has not been checked."""
    found, outcome = _judge(seen_by, rule, node)
    settled = outcome.verdict is Verdict.NOT_CHECKED and "addresses" in rule.instead and networks_of_files(node)
    if not settled or any(lacking.fact not in ("addresses", "routes") for lacking in outcome.missing):
        return found, outcome
    as_whole = View(seen_by.allowed, seen_by.reads, guarded=False)
    others, ended = _judge(as_whole, rule, node, ("addresses",))
    return (others, ended) if others else (found, outcome)


def _judge(seen_by: View, rule: Rule, node: Node, settled: tuple[str, ...] = ()) -> tuple[list[Diagnosis], Outcome]:
    sufficient = not rule.suffice.isdisjoint(node.evidence)
    if not sufficient and rule.role is not None and not node.is_a(rule.role):
        if node.standing.undecided:
            return [], Outcome(rule.name, node.name, Verdict.NOT_CHECKED, undecided(node))
        return [], Outcome(rule.name, node.name, Verdict.NOT_APPLICABLE)
    if not sufficient and rule.only_ipv4 and ip_versions(node) == {6}:
        return [], Outcome(rule.name, node.name, Verdict.NOT_APPLICABLE)
    if (rule.only_ipv6 and serves_none(node, "IPv6")) or (rule.only_marks and serves_none(node, "mark")):
        return [], Outcome(rule.name, node.name, Verdict.NOT_APPLICABLE)
    if rule.unless_explained and not may_show_clients(node):
        return [], Outcome(rule.name, node.name, Verdict.NOT_APPLICABLE)
    node = without(node, stood_in(node, rule.helps))
    view = seen_by.of(node)
    seen_by.assumed.clear()
    of_plan = (*settled, *sorted(stood_in(node, rule.needs)))
    lacking = () if sufficient else view.missing(rule.needs)
    if not sufficient and rule.only_ipv4 and "routes" in rule.needs and of_ipv6_alone(node):
        return [], Outcome(rule.name, node.name, Verdict.NOT_CHECKED, without_ipv4(node))
    if lacking:
        if ON_REQUEST.intersection(lacking) or (node.planned and only_runs(lacking)):
            return [], Outcome(rule.name, node.name, Verdict.NOT_APPLICABLE)
        of_files = None if node.contradictions else as_configured(node, lacking, rule.instead)
        if of_files is not None:
            view, of_plan = seen_by.of(of_files), (*lacking, *of_plan)
        elif not node.contradictions:
            return [], Outcome(rule.name, node.name, Verdict.NOT_CHECKED, missing_of(lacking, node))
    if node.contradictions:
        return [], Outcome(rule.name, node.name, Verdict.NOT_CHECKED, tuple(excluding(node)))
    found: list[Diagnosis] = []
    verdict, traceback = Verdict.QUIET, ""
    foretold = not rule.needs.isdisjoint(CONFIGURED)  # a rule of configured facts alone says itself what will be
    missing: tuple[Missing, ...] = ()
    try:
        for finding in rule.check(view):
            # What others cause is said where nothing that they show explains it: a default explains nothing.
            assumed = [*(_stood_in(finding, seen_by) if rule.consequence else ()), *map(if_files_decide, of_plan)]
            finding = finding.amended(*assumed) if assumed else finding
            finding = planned(finding, node.planned) if foretold and node.planned else finding
            severity, step = finding.severity or rule.severity, explained(rule, finding, node)
            diagnosis = Diagnosis(finding, rule.name, rule.code, node.name, severity, explains=step)
            # A real server speaks in the VIP's name in its replies, and without clients it has none.
            serving = rule.harmless_at_weight_0 or finding.predicts is Predicts.SENDER
            if serving and diagnosis.severity is Severity.ERROR:
                diagnosis = _eased(diagnosis, node)
            # A template with a hole in it is the rule's crash, not the report's.
            _ = diagnosis.message, diagnosis.clients
            if hidden := unread_machinery(diagnosis, node):
                verdict, missing = Verdict.NOT_CHECKED, (*missing, hidden)
            else:
                found.append(_as_set(rule, _of_assumptions(diagnosis, node, rule.needs)))
    except NotApplicable:
        verdict = Verdict.NOT_APPLICABLE
    except NotCollected as absent:
        verdict, missing = Verdict.NOT_CHECKED, (*missing, lacked(absent))
        if sufficient and absent.fact in ON_REQUEST & rule.needs and absent.fact not in node.evidence:
            verdict, missing = Verdict.NOT_APPLICABLE, ()
    except Exception:
        from traceback import format_exc  # only crashes pay for it

        verdict, traceback = Verdict.CRASHED, format_exc()
    if found and verdict is not Verdict.CRASHED:
        verdict = Verdict.FIRES
    elif of_plan and verdict is Verdict.QUIET:
        missing = tuple(replace(fact, stood_in=True) for fact in missing_of(of_plan, node))
        verdict = Verdict.NOT_CHECKED
    elif verdict is Verdict.QUIET and seen_by.assumed:
        # A default that stands in for what was not seen clears nobody.
        verdict = Verdict.NOT_CHECKED
        missing = tuple(replace(lacked(value), stood_in=True) for value in seen_by.assumed.values())
    elif verdict is Verdict.QUIET and rule.role == Role.REAL_SERVER and node.standing.nameless:
        # For which VIP its files prepare it is not known, so it is not known to be right.
        verdict, missing = Verdict.NOT_CHECKED, missing_of(("addresses",), node)
    elif verdict is Verdict.QUIET and rule.role == Role.REAL_SERVER and node.standing.unsettled:
        # What another director may send here was not looked at, so it is not known to be right.
        verdict, names = Verdict.NOT_CHECKED, sorted(node.standing.unsettled)
        missing = tuple(Missing("addresses", name, COLLECTED_BY["addresses"]) for name in names)
    elif verdict is Verdict.QUIET and rule.role == Role.REAL_SERVER and node.standing.unmarked:
        # To which addresses packets with the mark go was not seen, so its VIPs are not known.
        verdict, names = Verdict.NOT_CHECKED, sorted(node.standing.unmarked)
        missing = tuple(Missing("iptables", name, COLLECTED_BY["iptables"]) for name in names)
    return found, Outcome(rule.name, node.name, verdict, tuple(dict.fromkeys(missing)), traceback=traceback)


def _stood_in(finding: Finding, view: View) -> list[Citation]:
    """The defaults that the rule took for settings that were not seen, but for those that the finding names itself."""
    named = {item.settle for item in finding.evidence}
    uncited = (value for value in view.assumed.values() if value.command not in named)
    return [
        assume_no_more(value)
        if value.partial is not None and value.partial.nearly
        else assume(value.fact, f"the default of {value.wanted}", settle=value.command)
        for value in uncited
    ]


def _of_assumptions(diagnosis: Diagnosis, node: Node, needs: Iterable[str]) -> Diagnosis:
    """A warning at most, where a value or what another host would show is assumed, or where commands were typed of
    which nobody knows whether they ran. Machinery that the scan shows no sign of may be taken for absent."""
    cited = {item.of for item in diagnosis.evidence}
    hosts = [node, *(peer for peer in node.standing.peers if peer.name in cited)] if cited - {"", node.name} else [node]
    weak = node.planned is Origin.TYPED or any(
        item.assumed and item.stand_in is not StandIn.MACHINERY for item in diagnosis.evidence
    )
    weak = weak or any(host.coverage.get(fact, RUNTIME).origin is Origin.TYPED for host in hosts for fact in needs)
    return replace(diagnosis, severity=Severity.WARNING) if weak and diagnosis.severity is Severity.ERROR else diagnosis


def _as_set(rule: Rule, diagnosis: Diagnosis) -> Diagnosis:
    """With the severity that an operator has set, which is shown with the line that sets it."""
    severity = rule.severity_set
    if severity is None or severity is diagnosis.severity:
        return diagnosis
    return replace(diagnosis, severity=severity, severity_before=diagnosis.severity, severity_by=rule.set_by)


def _eased(diagnosis: Diagnosis, node: Node) -> Diagnosis:
    """A warning, if no director sends the node new clients. Those that persistence keeps there still come."""
    vip = diagnosis.about.get("vip")
    serving = [m for m in node.standing.memberships or () if m.director is not node]
    serving = [m for m in serving if vip is None or m.service.vip is None or str(m.service.vip) == vip]
    if not serving or not all(drained(m.service, m.destination) for m in serving):
        return diagnosis
    weight = cite(serving[0].destination, "weight 0: the director sends no new clients")
    return warning_at_weight_0(diagnosis, weight, message=f"{diagnosis.finding.message} (weight 0)")


def _examined(node: Node) -> Examined:
    roles = tuple(ShownRole(found.role.value, found.why, found.seen) for found in node.standing.roles)
    services = node.evidence.get("ipvs", ())
    vips = [str(vip.ip) for vip in node.vips] + [str(service.vip) for service in services if service.vip]
    return Examined(
        node.name, node.source, roles, tuple(dict.fromkeys(vips)), node.unread, node.notes, node.files, node.comments,
        {fact: coverage_of(fact, node.coverage) for fact in sorted(node.evidence)}, node.unread_kinds,
        without_ipvs(node), node.contradictions,
    )  # fmt: skip
