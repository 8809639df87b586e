"""Law 2, of lines: what is visibly damaged or left out of a dump accuses nobody and clears nobody."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from lvsdoctor.model.examination import Examination
from tests.laws.worlds import World, any_world, law, new_errors, nodes_in, verdicts

ELISIONS = ("...", "[...]", "<snip>", "--snip--", "[snipped]", "(12 lines omitted)", "…")


def _may_be_damaged(dump: tuple[str, str, str]) -> bool:
    """One line is all or nothing."""
    return dump[2].count("\n") > 1


@st.composite
def damaged(draw: st.DrawFn) -> tuple[World, str, World]:
    """A world, whose dump is damaged, and the world then."""
    world = draw(any_world().filter(lambda world: any(map(_may_be_damaged, world.dumps))))
    longer = [at for at, dump in enumerate(world.dumps) if _may_be_damaged(dump)]
    at = draw(st.sampled_from(longer))
    host, where, text = world.dumps[at]
    lines = text.splitlines()
    first = draw(st.integers(0, len(lines) - 1))
    last = draw(st.integers(first, min(first + 3, len(lines) - (2 if first == 0 else 1))))
    lines[first : last + 1] = [draw(st.sampled_from(ELISIONS))]
    dumps = (*world.dumps[:at], (host, where, "\n".join(lines) + "\n"), *world.dumps[at + 1 :])
    return world, host, replace(world, dumps=dumps)


def examined(world: World) -> Examination:
    return world.examined(nodes_in(world.dumps))


@law
@given(damaged())
def test_no_error_appears_where_lines_were_left_out(case: tuple[World, str, World]) -> None:
    world, _, left = case
    new = new_errors(examined(world), examined(left))
    assert [(error.code, error.node, error.message) for error in new] == []


@law
@given(damaged())
def test_nothing_becomes_quiet_where_lines_were_left_out(case: tuple[World, str, World]) -> None:
    world, host, left = case
    known, now = verdicts(examined(world)), verdicts(examined(left))
    cleared = [
        rule
        for (node, rule), verdict in now.items()
        if node == host and verdict == "quiet" and known.get((node, rule)) in ("fires", "not-checked")
    ]
    assert cleared == []
