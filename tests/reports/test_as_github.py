"""Annotations: GitHub's limits, its escapes, and that nothing in a dump commands the runner."""

import io
import re
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType

import pytest

from lvsdoctor.engine.loader import load_report
from lvsdoctor.reportkit import Examination, Fix, Outcome, Output, Severity, Verdict

Commands = list[tuple[str, dict[str, str], list[str]]]
Annotations = Callable[[Examination], Commands]


def as_the_runner_reads(text: str) -> Commands:
    """Level, properties and the message's lines of each command, unescaped as GitHub's runner does (ActionCommand)."""

    def data(value: str) -> str:
        return value.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")

    read = []
    for line in text.splitlines():
        command, _, message = line.removeprefix("::").partition("::")
        assert line.startswith("::"), line
        level, _, properties = command.partition(" ")
        pairs = [pair.partition("=") for pair in properties.split(",")]
        named = {name: data(value.replace("%3A", ":").replace("%2C", ",")) for name, _, value in pairs}
        read.append((level, named, data(message).split("\n")))
    return read


@pytest.fixture
def annotations(report_as: Callable[..., str]) -> Annotations:
    return lambda examination: as_the_runner_reads(report_as("github", examination))


def of(level: str, commands: Commands) -> Commands:
    return [each for each in commands if each[0] == level]


def test_an_annotation_stands_at_the_line_quoted_first_and_says_the_fix(
    annotations: Annotations, examinations: ModuleType
) -> None:
    first, *_ = of("error", annotations(examinations.filed()))
    assert first == (
        "error",
        {"file": "golden/rs1/sysctl.txt", "line": "212", "title": "ERROR ARP002 arp-ignore-only-on-lo"},
        [
            "rs1 answers ARP for VIP 192.0.2.10 on eth0: arp_ignore=1 is set on lo, which hears no ARP",
            "Clients: Some send to rs1 directly. The director does not see these connections.",
            "Was accepted until 2026-10-01 (lvsdoctor.toml:30): until the move",
            "Fix now, on rs1:",
            "sysctl -w net.ipv4.conf.all.arp_ignore=1",
            "sysctl -w net.ipv4.conf.all.arp_announce=2",
        ],
    )


def test_a_finding_without_a_file_is_the_jobs(annotations: Annotations, examinations: ModuleType) -> None:
    (first, *_) = annotations(examinations.live())
    assert first[:2] == ("error", {"title": "ERROR ARP001 vip-answered"})


def test_a_warning_may_cut_traffic_and_says_so_before_the_commands(
    annotations: Annotations, examinations: ModuleType
) -> None:
    (warning,) = of("warning", annotations(examinations.filed()))
    careful = "Careful: connections that are being tunnelled break when the forwarding method changes."
    assert warning[2].index(careful) < warning[2].index("Fix now, on director1:")


def test_the_last_notice_sums_up_and_tells_what_was_accepted(
    annotations: Annotations, examinations: ModuleType
) -> None:
    told = annotations(examinations.agreed())
    level, properties, lines = told[-1]
    assert (level, properties) == ("notice", {"title": "lvsdoctor"})
    assert lines[0].startswith("3 nodes: 2 errors, 1 warning, 0 notes; 1 accepted; ")
    assert lines[1].startswith("Accepted: WARNING ARP002 web9 answers ARP for VIP 192.0.2.10 on eth7")
    assert lines[1].endswith(": old hardware (by lvsdoctor.toml:12, until 2027-01-01)")
    assert lines[2].startswith("nothing matches the acceptance of vip-missing on rs7")
    assert not any("web9" in line for each in told[:-1] for line in each[2])


def test_a_scan_without_findings_says_what_was_checked(annotations: Annotations, examinations: ModuleType) -> None:
    (only,) = annotations(examinations.healthy())
    assert only[2] == ["1 node: 0 errors, 0 warnings, 0 notes; 5 rules not checked; 0 lines unread"]


def test_a_crash_is_a_warning(annotations: Annotations, examinations: ModuleType) -> None:
    (crash,) = of("warning", annotations(examinations.single_leak()))
    assert crash[1] == {"title": "lvsdoctor: crashed"}
    assert crash[2] == [
        "rule sysctl-unreadable on rs1: ValueError: invalid literal for int() with base 10: 'yes'; this is our bug"
    ]


@pytest.mark.parametrize("severity", list(Severity))
@pytest.mark.parametrize("number", [8, 9, 10, 11, 300])
def test_never_more_than_ten_of_a_level_and_the_rest_is_counted(
    annotations: Annotations, examinations: ModuleType, severity: Severity, number: int
) -> None:
    found = tuple(examinations.leak(vip=f"192.0.2.{at}", severity=severity) for at in range(number))
    told = annotations(Examination((), found, ()))
    level = "notice" if severity is Severity.NOTE else severity.value
    same = of(level, told)
    assert len(same) <= 10
    room = 9 if severity is Severity.NOTE else 10
    *_, last = same[:room]
    if number <= room:
        assert same[number - 1][1]["title"].endswith(" ARP002 arp-ignore-only-on-lo")
    else:
        left = number - room + 1
        assert last[1:] == (
            {"title": f"lvsdoctor: {left} more {level}{'s' if left > 1 else ''}"},
            [f"{left} of arp-ignore-only-on-lo"],
        )
    assert told[-1][1] == {"title": "lvsdoctor"}


def test_the_first_of_every_rule_comes_before_the_second_of_any(
    annotations: Annotations, examinations: ModuleType
) -> None:
    many = tuple(examinations.leak(vip=f"192.0.2.{at}") for at in range(30))
    other = replace(examinations.leak(), rule="vip-missing", code="DR001")
    told = of("error", annotations(Examination((), (*many, other), ())))
    assert [each[1]["title"] for each in told[:2]] == ["ERROR ARP002 arp-ignore-only-on-lo", "ERROR DR001 vip-missing"]


def test_a_crash_is_shown_even_beside_many_warnings(annotations: Annotations, examinations: ModuleType) -> None:
    found = tuple(examinations.leak(vip=f"192.0.2.{at}", severity=Severity.WARNING) for at in range(30))
    crash = Outcome("x", "rs1", Verdict.CRASHED, traceback=examinations.TRACEBACK)
    told = of("warning", annotations(Examination((), found, (crash,))))
    assert (len(told), told[0][1]["title"]) == (10, "lvsdoctor: crashed")
    assert told[-1][2] == ["22 of arp-ignore-only-on-lo"]


FORGED = (
    "\n::stop-commands::x",
    "\r\n::error::forged",
    "\u2028::set-output name=x::y",
    "%0A::error::forged",
    "x::error file=y,line=1::forged",
    "##[error]forged",
    ",title=forged:",
    "\x85::add-mask::0",
)


@pytest.mark.parametrize("text", FORGED)
def test_no_name_commands_the_runner(
    report_as: Callable[..., str], examinations: ModuleType, annotations: Annotations, text: str
) -> None:
    examination = examinations.hostile(text)
    node = replace(examination.nodes[0], files={f"{text}/ip-addr.txt": f"golden/{text}/ip-addr.txt"})
    examination = replace(examination, nodes=(node,))
    lines = re.split("[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", report_as("github", examination))
    assert lines[-1] == ""
    for line in lines[:-1]:
        assert re.match("::(error|warning|notice) (file=[^:,]+,line=[0-9]+,)?title=[^:,]+::", line)
        assert line.isprintable()
    errors = of("error", annotations(examination))
    assert len(errors) == 1
    assert errors[0][1]["title"] == "ERROR ARP001 vip-answered"


def test_a_percent_sign_of_the_evidence_stays_one(annotations: Annotations, examinations: ModuleType) -> None:
    (error,) = of("error", annotations(examinations.hostile("eth0%0A50%25")))
    assert "on eth0%0A50%25 [contradicted: eth0%0A50%25]" in error[2][0]


def test_hostile_text_writes_nothing_but_visible_characters(
    report_as: Callable[..., str], examinations: ModuleType
) -> None:
    for text in examinations.HOSTILE:
        for line in report_as("github", examinations.hostile(text)).split("\n"):
            assert line.isprintable()


def test_a_command_is_shown_whole_or_not_at_all(annotations: Annotations, examinations: ModuleType) -> None:
    found = examinations.leak()
    commands = ("sysctl -w " + "x" * 2000, *(f"ip rule del priority {number}" for number in range(100)))
    finding = type(found.finding)("sick", about={}, evidence=(), fix=Fix(now=commands))
    (error,) = of("error", annotations(Examination((), (replace(found, finding=finding),), ())))
    *lines, last = error[2]
    assert lines[2] == "(a command that is longer than an annotation: `lvsdoctor scan` prints it)"
    assert set(lines[3:]) < set(commands)
    assert (len(lines), last) == (19, "and 84 more")


def test_a_stream_that_knows_only_ascii_can_be_written_to(examinations: ModuleType) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    load_report("github")(examinations.hostile("监听 Zürich"), Output(stream))
    stream.flush()
    assert rb"\u76d1\u542c Z\xfcrich" in stream.buffer.getvalue()


def test_the_same_examination_makes_the_same_bytes(report_as: Callable[..., str], examinations: ModuleType) -> None:
    for make in (examinations.filed, examinations.single_leak):
        assert report_as("github", make()) == report_as("github", make())
