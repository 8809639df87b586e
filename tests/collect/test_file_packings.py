"""The same dumps, packed in another way, in another order or under other names: the same findings."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from types import MappingProxyType

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.collect.files import collect_paths
from lvsdoctor.engine.loader import load_rules
from lvsdoctor.engine.runner import examine
from tests.collect.file_packings import PACKINGS, Cluster, Packing, cluster
from tests.lab.stories import STORIES

RULES = load_rules()
# A dump in JSON has no line that a prompt could follow; these are packed as files.
CAPTURED = [story.home / story.name for story in STORIES if not list((story.home / story.name).rglob("*.json"))]


# What hosts are called. Not all of these look like a host's name beside that of a dump.
NAMES = ("lb1", "rs1", "rs2", "web-02", "alpha", "db", "ip-192-0-2-7", "prod-lvs-a", "edge1a", "Mail3", "node")


def judged(paths: Sequence[str], named: Mapping[str, str] = MappingProxyType({})) -> dict[str, object]:
    """What a scan comes to, but for where the lines stand. `named` gives the hosts other names than they have."""
    nodes = collect_paths(paths)
    examination = examine(with_standing(nodes), RULES)
    name = {node.name: named.get(node.name, node.name) for node in nodes}
    return {
        "findings": {
            (
                d.code,
                d.severity,
                d.certainty,
                name[d.node],
                tuple(sorted((key, str(value)) for key, value in d.about.items())),
            )
            for d in examination.diagnoses
        },
        "outcomes": {(outcome.rule, name[outcome.node], outcome.verdict) for outcome in examination.outcomes},
        "contradictions": [contradiction.says for node in nodes for contradiction in node.contradictions],
    }


@cache
def as_captured(story: Path) -> dict[str, object]:
    return judged([str(story)])


@cache
def dumps_of(story: Path) -> Cluster:
    return cluster(story)


@pytest.mark.parametrize("packing", PACKINGS, ids=lambda packing: packing.__name__)
@settings(derandomize=True, deadline=None, max_examples=8, phases=[Phase.generate])
@given(story=st.sampled_from(CAPTURED), names=st.permutations(NAMES), seed=st.integers(0, 2**32))
def test_a_cluster_gives_the_same_findings_in_any_packing(
    packing: Packing, story: Path, names: Sequence[str], seed: int
) -> None:
    def order(names: Sequence[str]) -> Sequence[str]:
        return Random(seed).sample(names, len(names))

    with TemporaryDirectory() as made:
        top = Path(made) / "dumps"
        top.mkdir()
        hosts = dumps_of(story)
        renamed = dict(zip(names, hosts, strict=False))
        paths = packing({name: hosts[host] for name, host in renamed.items()}, top, order)
        assert judged(paths, renamed) == as_captured(story)
