"""Law 2: what is taken away accuses nobody and clears nobody."""

from dataclasses import dataclass, replace

from hypothesis import given
from hypothesis import strategies as st

from lvsdoctor.model.examination import Examination
from lvsdoctor.model.node import Node
from tests.laws.worlds import World, any_world, law, new_errors, rules, verdicts

# Machinery may be taken for absent where nothing of it was seen, and so may what another host would show: a rule stays
# quiet then, though it fired. With these the law holds for errors alone.
_MAY_BE_ABSENT = frozenset({"policy-rules", "arptables", "local-routes", "neighbours", "iptables", "ip6tables"})
# Most real servers have no IPVS table. Where one is a director too, its table alone tells which VIPs are its own.
_OF_REAL_SERVERS = frozenset(rule.name for rule in rules() if rule.role == "real-server")


@dataclass(frozen=True)
class Taken:
    """What is no longer there: a whole host, a dump of it, or one of its settings."""

    host: str
    fact: str = ""
    key: str = ""

    def without(self, nodes: list[Node]) -> list[Node]:
        if not self.fact:
            return [node for node in nodes if node.name != self.host]
        return [self._less(node) if node.name == self.host else node for node in nodes]

    def shows_a_vrf(self, nodes: list[Node]) -> bool:
        """A VRF is machinery, as the policy rule that comes with it is; links alone show it."""
        mine = [link for node in nodes if node.name == self.host for link in node.evidence.get("links", ())]
        return self.fact == "links" and any(link.kind == "vrf" for link in mine)

    def _less(self, node: Node) -> Node:
        evidence = {fact: rows for fact, rows in node.evidence.items() if fact != self.fact}
        if self.key:
            evidence["sysctl"] = {key: row for key, row in node.evidence["sysctl"].items() if key != self.key}
        return replace(node, evidence=evidence)


@st.composite
def subtractions(draw: st.DrawFn) -> tuple[World, Taken]:
    world = draw(any_world())
    nodes = world.nodes()
    node = draw(st.sampled_from(nodes))
    choices = [Taken(node.name, fact) for fact in sorted(node.evidence)]
    choices += [Taken(node.name)] if len(nodes) > 1 else []
    choices += [Taken(node.name, "sysctl", key) for key in node.evidence.get("sysctl", ())][:200]
    return world, draw(st.sampled_from(choices))


def examined(subtraction: tuple[World, Taken]) -> tuple[Examination, Examination]:
    world, taken = subtraction
    nodes = world.nodes()
    return world.examined(nodes), world.examined(taken.without(nodes))


@law
@given(subtractions())
def test_no_error_appears_for_what_was_taken_away(subtraction: tuple[World, Taken]) -> None:
    before, after = examined(subtraction)
    assert [(error.code, error.node, error.message) for error in new_errors(before, after)] == []


@law
@given(subtractions())
def test_nothing_becomes_quiet_that_fired_or_was_not_checked(subtraction: tuple[World, Taken]) -> None:
    (world, taken), (before, after) = subtraction, examined(subtraction)
    if not taken.fact or taken.fact in _MAY_BE_ABSENT or taken.shows_a_vrf(world.nodes()):
        return
    known = verdicts(before)
    absent = _OF_REAL_SERVERS if taken.fact == "ipvs" else frozenset()
    cleared = [
        rule
        for (node, rule), verdict in verdicts(after).items()
        if node == taken.host and verdict == "quiet" and known.get((node, rule)) in ("fires", "not-checked")
        if rule not in absent
    ]
    assert cleared == []


@law
@given(subtractions())
def test_no_rule_crashes_without_what_it_reads(subtraction: tuple[World, Taken]) -> None:
    world, taken = subtraction
    after = world.examined(taken.without(world.nodes()))
    assert [outcome.traceback for outcome in after.outcomes if outcome.traceback] == []
