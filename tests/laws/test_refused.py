"""Law 2 for a stream of `lvsdoctor collect`: a command that was missing or refused tells no more than one that did not
run at all."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lvsdoctor.collect.merging import merged
from lvsdoctor.collect.untold import drop_untold
from lvsdoctor.model.coverage import Coverage, Partial
from lvsdoctor.model.examination import Examination
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.paste.snapshot import REFUSED, facts_of
from tests.laws.worlds import World, any_world, errors, law, rests_on_machinery_alone, subjects, verdicts

COMMANDS = (
    "ip link", "ip addr", "ip route", "ip rule", "ip neigh", "sysctl -a", "ipvsadm -Sn", "nft list ruleset",
    "arptables-save", "ss -lntup",
)  # fmt: skip


def refused(command: str) -> Mapping[str, Any]:
    return facts_of(tuple(command.split()))


@st.composite
def refusals(draw: st.DrawFn) -> tuple[World, str, str]:
    world = draw(any_world())
    node = draw(st.sampled_from(world.nodes()))
    choices = [command for command in COMMANDS if refused(command).keys() & node.evidence.keys()]
    return world, node.name, draw(st.sampled_from(choices or list(COMMANDS)))


def examined(world: World, host: str, command: str) -> tuple[Examination, Examination, Examination]:
    partial = Partial(REFUSED, Seen("lb1.snap", 7, "==> rc 1 refused <=="), {"command": command})
    empty = {fact: merged(fact, [rows]) for fact, rows in refused(command).items()}
    absent, without = [], []
    for node in world.nodes():
        mine = node.name == host
        evidence = {fact: rows for fact, rows in node.evidence.items() if not mine or fact not in empty}
        absent.append(replace(node, evidence=evidence))
        if mine:
            coverage = {**node.coverage, **{fact: Coverage(partial=partial) for fact in empty}}
            evidence |= empty
            assert f"`{command}` was refused: it needs root" in " ".join(drop_untold(evidence, coverage))
            node = replace(node, evidence=evidence, coverage=coverage)
        without.append(node)
    return world.examined(world.nodes()), world.examined(absent), world.examined(without)


@law
@given(refusals())
def test_a_refused_command_accuses_and_clears_nobody(refusal: tuple[World, str, str]) -> None:
    world, host, command = refusal
    before, absent, after = examined(world, host, command)
    assert [outcome.traceback for outcome in after.outcomes if outcome.traceback] == []
    known = subjects(errors(absent))
    new = [error for error in errors(after) if not (subjects([error]) & known or rests_on_machinery_alone(error))]
    assert [(error.code, error.node, error.message) for error in new] == []
    # A rule may be quiet for a reason that stands in what the other commands told: as it was, or without this one.
    was, less = verdicts(before), verdicts(absent)
    quiet = [rule for rule, verdict in verdicts(after).items() if verdict == "quiet" and less.get(rule) != "quiet"]
    assert [rule for rule in quiet if was.get(rule) in ("fires", "not-checked")] == []
