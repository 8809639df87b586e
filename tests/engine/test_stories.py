"""Whole clusters captured from a real IPVS kernel (tests/lab/stories.py): what was wrong is found, nothing else."""

import pytest

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.collect.files import collect_paths
from lvsdoctor.engine.loader import load_rules
from lvsdoctor.engine.runner import examine
from lvsdoctor.model.finding import Severity
from tests.lab.stories import HOME, STORIES, Story


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_a_scan_of_the_dumps_finds_what_was_changed(story: Story) -> None:
    examination = examine(with_standing(collect_paths([str(story.home / story.name)])), load_rules())
    errors = {(found.rule, found.node) for found in examination.diagnoses if found.severity is Severity.ERROR}
    assert errors == story.finds
    assert examination.unread == ()


def test_every_story_has_its_measurements_and_every_directory_its_story() -> None:
    told = {line[3:] for line in (HOME / "MEASURED.md").read_text().splitlines() if line.startswith("## ")}
    assert told == {story.name for story in STORIES}
    assert {path.name for path in HOME.iterdir() if path.is_dir()} == {s.name for s in STORIES if s.home == HOME}
