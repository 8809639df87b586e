"""Law 3: answers that cannot be one host at one time are never merged."""

from hypothesis import given
from hypothesis import strategies as st

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.engine.contradictions import settled
from lvsdoctor.engine.runner import examine
from lvsdoctor.model.examination import Examination, Verdict
from tests.laws.worlds import World, any_world, law, nodes_in, rules

PER_LINK = "net.ipv4.conf."


def _settings(dump: tuple[str, str, str]) -> list[str]:
    return [line for line in dump[2].splitlines() if line.startswith(PER_LINK) and line[-1:] in "012"]


@st.composite
def contradicted(draw: st.DrawFn) -> tuple[World, str, list[tuple[str, str, str]]]:
    """A world, a host of it, and its dumps with another file of that host in which a setting has another value."""
    world = draw(any_world().filter(lambda world: not world.options and any(map(_asked, world.dumps))))
    host, where, text = draw(st.sampled_from([dump for dump in world.dumps if _asked(dump)]))
    line = draw(st.sampled_from(_settings((host, where, text))))
    other = draw(st.sampled_from([value for value in "012" if value != line[-1]]))
    return world, host, [*world.dumps, (host, f"{host}/sysctl-later", f"{line[:-1]}{other}\n")]


def _asked(dump: tuple[str, str, str]) -> bool:
    return dump[1].endswith("/sysctl") and bool(_settings(dump))


def _examined(dumps: list[tuple[str, str, str]]) -> Examination:
    return examine(settled(nodes_in(dumps), rules(), with_standing), rules())


def _conclusions(examination: Examination) -> set[tuple[str, str, str]]:
    return {(d.code, d.node, str(sorted(d.about.items()))) for d in examination.diagnoses}


@law
@given(contradicted())
def test_a_host_with_two_answers_is_not_judged_or_both_say_the_same(
    case: tuple[World, str, list[tuple[str, str, str]]],
) -> None:
    world, host, dumps = case
    before, after = _examined(list(world.dumps)), _examined(dumps)
    node = next(node for node in after.nodes if node.name == host)
    outcomes = {outcome.verdict for outcome in after.outcomes if outcome.node == host}
    if node.contradictions:
        assert outcomes <= {Verdict.NOT_CHECKED, Verdict.NOT_APPLICABLE}
        assert not after.of(host)
    else:
        assert _conclusions(after) == _conclusions(before)
        assert any("sysctl-later" in note for note in node.notes)
