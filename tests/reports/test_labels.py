"""One label for one thing, in every format: first what clients suffer, then the evidence, the fixes, and the care."""

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from pathlib import Path
from types import ModuleType

import pytest

from lvsdoctor.model.examination import Examination, Examined
from lvsdoctor.model.finding import Severity

Written = Callable[..., str]
DETAILED = ("terminal", "html", "markdown", "junit", "sarif", "gitlab", "github", "json")
SUFFERED = "Some send to rs1 directly. The director does not see these connections"
# What these labels were called before, or are called elsewhere.
OTHERS = (
    "Mind:",
    "After a reboot",
    "Fix after a reboot",
    "Likely, not proved",
    "Fix now:",
    "Fix on ",
    "more: lvsdoctor",
)
LABELS = ("Clients:", "Evidence:", "Assumed:", "Fix now, on ", "Fix for good, on ", "Careful:", "Verify:", "More:")


def plain(text: str) -> str:
    """Without tags and emphasis, on one line."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", text.replace("**", "")))).replace(" :", ":")


@pytest.mark.parametrize("name", DETAILED)
def test_every_format_that_shows_a_finding_says_what_clients_suffer(
    name: str, report_as: Written, examinations: ModuleType
) -> None:
    assert SUFFERED in plain(report_as(name, examinations.single_leak()))


@pytest.mark.parametrize("name", DETAILED)
def test_no_format_has_a_label_of_its_own(name: str, report_as: Written, examinations: ModuleType) -> None:
    for examination in (examinations.single_leak(), examinations.cluster()):
        text = report_as(name, examination)
        assert [label for label in OTHERS if label in text] == []


@pytest.mark.parametrize("name", ["terminal", "markdown", "junit", "sarif", "github", "gitlab"])
def test_the_parts_of_a_finding_stand_in_one_order(name: str, report_as: Written, examinations: ModuleType) -> None:
    text = plain(report_as(name, Examination((examinations.RS1,), (examinations.leak(),), ())))
    text = text[text.index("Clients:") :]
    places = [text.index(label) for label in LABELS if label in text]
    assert places == sorted(places)


def test_findings_that_are_alike_say_once_what_clients_suffer(report_as: Written, examinations: ModuleType) -> None:
    both = (examinations.leak(), examinations.leak(link="eth1"))
    for name in ("terminal", "markdown"):
        assert plain(report_as(name, Examination((examinations.RS1,), both, ()))).count(SUFFERED) == 1


def test_the_reports_take_their_labels_from_one_place() -> None:
    for path in (Path(__file__).parents[2] / "reports").rglob("*.*"):
        if path.suffix in (".py", ".jinja"):
            text = path.read_text(encoding="utf-8")
            assert [label for label in (*OTHERS, *LABELS) if label in text] == []


def of_a_step(examinations: ModuleType) -> Examination:
    """A finding that speaks for others about its step, and whose severity an operator has set."""
    leak = replace(
        examinations.leak(severity=Severity.WARNING),
        also=("ADDR001", "DR004"),
        severity_before=Severity.ERROR,
        severity_by="lvsdoctor.toml:2",
    )
    return Examination((examinations.RS1,), (leak,), ())


@pytest.mark.parametrize("name", [name for name in DETAILED if name != "json"])
def test_every_format_names_what_else_is_about_the_step_and_who_set_the_severity(
    name: str, report_as: Written, examinations: ModuleType
) -> None:
    text = plain(report_as(name, of_a_step(examinations)))
    assert re.search(r"Also:? ADDR001, DR004 \(about the same step of the packet's path\)", text)
    assert "lvsdoctor.toml:2 sets this severity in place of error" in text
    assert "sets this severity" not in plain(report_as(name, examinations.single_leak()))


def test_of_many_nodes_eight_commands_that_would_tell_more_are_named_and_the_others_counted(
    report_as: Written, examinations: ModuleType
) -> None:
    outcomes = [
        examinations.not_checked("forwarding-off", *((f"fact{i}", f"show {i:02}") for i in range(11)), node=f"rs{n}")
        for n in range(1, 6)
    ]
    examination = Examination(tuple(Examined(f"rs{n}", "") for n in range(1, 6)), (), tuple(outcomes))
    for name in ("terminal", "markdown", "html"):
        before, rest = report_as(name, examination).split("3 more commands")
        assert before.count("show 07") == 1
        assert "show 08" not in before.partition("Not checked")[2]
        assert ("show 08" in rest) is (name == "html")
