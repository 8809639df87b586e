"""What a host would be if its files decided: for a rule that takes a configured fact where the runtime one is lacking.

The files say what is to be, not what is. So what a rule finds in them is a warning at most and names what it assumes,
and a rule that finds nothing has not been checked.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from lvsdoctor.kernel.answer import assume
from lvsdoctor.model.coverage import Coverage, Origin, coverage_of
from lvsdoctor.model.facts import COLLECTED_BY, CONFIGURED
from lvsdoctor.model.finding import Citation, Finding
from lvsdoctor.model.node import Node
from lvsdoctor.model.sysctl_at_boot import SysctlAtBoot
from lvsdoctor.reporting.service_outcomes import CONDITIONS

# A runtime fact and a configured one: what its rows make of the other's. More are added where they can be read.
# Of addresses collect/planned.py has done that: a rule that names them says that what the network's files of the hosts
# in question give these are all that they have (networks_of_files).
AS_CONFIGURED: Mapping[tuple[str, str], Callable[[Any], Any]] = {
    ("sysctl", "configured-sysctl"): SysctlAtBoot,
    ("addresses", "configured-addresses"): tuple,
}


def as_configured(node: Node, lacking: Iterable[str], instead: Mapping[str, str]) -> Node | None:
    """The node with its configured facts for those that it lacks; None where it lacks more than these."""
    lacking = tuple(lacking)
    if not all(instead.get(fact) in node.evidence for fact in lacking):
        return None
    return node.derived(("as configured", lacking), lambda whole: _replaced(whole, lacking, instead))


def _replaced(node: Node, lacking: Iterable[str], instead: Mapping[str, str]) -> Node:
    pairs = [(fact, instead[fact]) for fact in lacking]
    made = {fact: AS_CONFIGURED[fact, other](node.evidence[other]) for fact, other in pairs}
    covered = {fact: Coverage(Origin.CONFIGURED, node.partial(other)) for fact, other in pairs}
    return replace(node, evidence={**node.evidence, **made}, coverage={**node.coverage, **covered}, _view=None)


def stood_in(node: Node, facts: Iterable[str]) -> frozenset[str]:
    """Those of the facts of a running host that files or typed commands stand in for (collect/planned.py)."""
    if node.planned or not node.coverage:
        return frozenset()
    there = (fact for fact in facts if fact in CONFIGURED and fact in node.evidence)
    return frozenset(fact for fact in there if coverage_of(fact, node.coverage).origin in _FORETOLD)


def only_runs(facts: Iterable[str]) -> bool:
    """Is one of these facts none that files could tell (neighbours, sockets)? Who lists a host a director tells."""
    return any(fact not in CONFIGURED and fact not in CONFIGURED.values() and fact != "memberships" for fact in facts)


def without(node: Node, facts: frozenset[str]) -> Node:
    """The running host without facts that only files or typed commands tell of: they exonerate nobody."""
    if not facts:
        return node
    return replace(node, evidence={fact: rows for fact, rows in node.evidence.items() if fact not in facts})


def planned(finding: Finding, origin: Origin) -> Finding:
    """A finding on a host of which files alone tell (or typed commands): it says what will be, and has no command for
    what runs, for nothing runs yet: what is to be changed is the line that it quotes."""
    return finding.foretold(_FORETOLD[origin])


_FORETOLD = {origin: f"{condition}: {{sentence}}" for origin, condition in CONDITIONS.items()}


def if_files_decide(fact: str) -> Citation:
    """What a finding assumes that rests on configured rows for a fact."""
    return assume(fact, "what runs is what the files set", settle=COLLECTED_BY[fact])
