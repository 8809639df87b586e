"""The laws, where files configure hosts: what is taken away, what hosts are called, what nobody can read."""

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lvsdoctor.collect.errors import CannotCollect
from lvsdoctor.model.examination import Examination
from tests.laws.golden import Tree, any_tree, golden_law, nodes_of_tree
from tests.laws.test_no_exception import ODD
from tests.laws.worlds import errors, rests_on_machinery_alone, subjects, verdicts

pytest.importorskip("yaml")
pytest.importorskip("tree_sitter_bash")

NAMES = ("web-02", "edge1a", "prod-lvs-7", "rs9", "lb7")


def examined(tree: Tree) -> Examination:
    return tree.world.examined(nodes_of_tree(tree))


def roles(examination: Examination, name: str) -> set[str]:
    return {role.name for node in examination.nodes if node.name == name for role in node.roles}


@st.composite
def without_a_file(draw: st.DrawFn) -> tuple[Tree, Tree]:
    tree = draw(any_tree().filter(lambda tree: len(tree.files) > 1))
    return tree, tree.without(draw(st.sampled_from([path for path, _ in tree.files])))


@golden_law
@given(without_a_file())
def test_no_error_appears_for_a_file_that_was_taken_away(pair: tuple[Tree, Tree]) -> None:
    before, after = map(examined, pair)
    known = subjects(errors(before))
    new = [error for error in errors(after) if not (subjects([error]) & known or rests_on_machinery_alone(error))]
    # Without its table a host that hides addresses is taken for a real server, as its files say.
    new = [error for error in new if roles(after, error.node) <= roles(before, error.node)]
    assert [(error.code, error.node, error.message) for error in new] == []


@golden_law
@given(without_a_file())
def test_no_rule_crashes_without_a_file(pair: tuple[Tree, Tree]) -> None:
    assert [outcome.traceback for outcome in examined(pair[1]).outcomes if outcome.traceback] == []


@st.composite
def other_names(draw: st.DrawFn) -> tuple[Tree, Tree, dict[str, str]]:
    """The hosts under other names, and perhaps in a directory of hosts. What is wrong with a pair is said of the first,
    so their order stays."""
    tree = draw(any_tree())
    some = draw(st.lists(st.sampled_from(NAMES), min_size=len(tree.hosts), max_size=len(tree.hosts), unique=True))
    names = dict(zip(sorted(tree.hosts), sorted(some), strict=True))
    below = draw(st.sampled_from(("", "hosts/"))) if len(tree.hosts) > 1 else ""
    return tree, tree.renamed(names, below), names


@golden_law
@given(other_names())
def test_the_name_of_a_directory_changes_no_finding(drawn: tuple[Tree, Tree, dict[str, str]]) -> None:
    tree, other, names = drawn
    before, after = examined(tree), examined(other)
    called = [{node.name for node in examination.nodes} for examination in (before, after)]
    if called != [set(tree.hosts), set(names.values())]:
        return  # a dump names its host (a prompt), or a manifest is of none
    known = {(names[node], rule): verdict for (node, rule), verdict in verdicts(before).items()}
    assert verdicts(after) == known


@st.composite
def damaged(draw: st.DrawFn) -> Tree:
    """Lines lost, doubled, cut, or with what belongs elsewhere."""
    tree = draw(any_tree())
    files = dict(tree.files)
    for _ in range(draw(st.integers(1, 4))):
        path = draw(st.sampled_from(sorted(files)))
        lines = files[path].split("\n")
        at = draw(st.integers(0, len(lines) - 1))
        cut = draw(st.integers(0, len(lines[at])))
        odd = draw(st.sampled_from(ODD))
        changed: tuple[list[str], ...] = ([], [lines[at]] * 2, [lines[at][:cut]], [odd], [f"{lines[at]} {odd}"])
        lines[at : at + 1] = draw(st.sampled_from(changed))
        files[path] = "\n".join(lines)
    return replace(tree, files=tuple(files.items()))


NO_VIP = "vrrp_instance VI_1 {\n    interface eth0\n    virtual_router_id 51\n    virtual_ipaddress {\n    }\n}\n"
NO_ADVERT = "*filter\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n"


@golden_law
@given(damaged())
@example(Tree("", (("lb1/etc/keepalived/keepalived.conf", NO_VIP), ("lb1/iptables-save.txt", NO_ADVERT))))
def test_no_damaged_file_makes_a_rule_fail(tree: Tree) -> None:
    try:
        examination = examined(tree)
    except CannotCollect:
        return  # nothing is left in it, which is a sentence
    assert [outcome.traceback for outcome in examination.outcomes if outcome.traceback] == []
