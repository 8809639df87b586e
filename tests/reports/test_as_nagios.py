"""The report for Nagios and Icinga: its line, its numbers, its state."""

import io
import re
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from lvsdoctor.engine.loader import load_report
from lvsdoctor.reportkit import Examination, Outcome, Output, Verdict

Written = Callable[..., str]
# Monitoring Plugins Development Guidelines, "Performance data".
NUMBER = r"-?\d+(\.\d+)?"
DATUM = re.compile(rf"(?P<label>[^\s='|]{{1,19}})=(?P<value>{NUMBER})s?(;({NUMBER})?){{0,4}}")


@pytest.fixture(scope="module")
def written() -> Written:
    render = load_report("nagios")

    def written(examination: Examination, **how: Any) -> str:
        stream = io.StringIO()
        render(examination, Output(stream, **how))
        return stream.getvalue()

    return written


def parted(text: str) -> tuple[str, str, str]:
    """The sentence of the first line, its performance data, and the lines below."""
    first, _, below = text.partition("\n")
    said, pipe, numbers = first.partition(" | ")
    assert pipe
    return said, numbers, below


def test_the_first_line_is_the_state_the_numbers_and_the_worst(written: Written, examinations: ModuleType) -> None:
    said, numbers, _ = parted(written(examinations.cluster()))
    assert said == (
        "LVS CRITICAL - 2 errors, 2 warnings (2 rules not checked): "
        "rs1 answers ARP for VIP 192.0.2.10 on eth0: arp_ignore=1 is set on lo, which hears no ARP"
    )
    assert numbers == (
        "errors=2;;0;0 warnings=2;0;;0 notes=0;;;0 accepted=0;;;0 not_checked=2;;;0 crashed=0;;;0 "
        "unread_lines=0;;;0 nodes=3;;;0"
    )


def test_only_warnings_are_a_warning(written: Written, examinations: ModuleType) -> None:
    accepted = replace(examinations.agreed(), diagnoses=examinations.agreed().diagnoses[3:])
    said, *_ = parted(written(accepted))
    assert said.startswith("LVS WARNING - 1 warning (1 node not judged, 2 rules not checked): rs1 drops the director's")


def test_a_note_is_ok_and_said(written: Written, examinations: ModuleType) -> None:
    note = replace(examinations.leak(), severity=examinations.Severity.NOTE)
    said, *_ = parted(written(replace(examinations.healthy(), diagnoses=(note,))))
    assert said.startswith("LVS OK - 1 note (5 rules not checked): rs1 answers ARP")


def test_nothing_found_is_ok_as_far_as_it_was_checked(written: Written, examinations: ModuleType) -> None:
    said, *_ = parted(written(examinations.healthy()))
    assert said == "LVS OK - no known pitfall found in what could be checked (5 rules not checked)"


def test_what_could_not_be_checked_is_unknown_where_all_must_be(written: Written, examinations: ModuleType) -> None:
    assert written(examinations.healthy(), complete=True).startswith("LVS UNKNOWN - no known pitfall found in what")
    whole = Examination((examinations.RS1,), (), (Outcome("vip-missing", "rs1", Verdict.QUIET),))
    assert written(whole, complete=True).startswith("LVS OK - no known pitfall found | ")


def test_a_node_that_no_rule_could_look_at_is_unknown(written: Written, examinations: ModuleType) -> None:
    blind = replace(examinations.cluster(), diagnoses=())
    said, *_ = parted(written(blind))
    assert said == "LVS UNKNOWN - 0 of 1 rule could be checked on web9 (1 node not judged, 2 rules not checked)"
    assert "\n0 of 1 rule could be checked on web9. Needed first: sysctl -a.\n" in written(blind)
    assert written(Examination((), (), ())).startswith("LVS UNKNOWN - nothing was checked | ")


def test_a_crash_is_unknown_unless_something_worse_was_found(written: Written, examinations: ModuleType) -> None:
    text = written(examinations.single_leak())
    assert text.startswith("LVS CRITICAL - 1 error (9 rules not checked, 1 rule crashed): ")
    crashed = replace(examinations.single_leak(), diagnoses=())
    assert written(crashed).startswith("LVS UNKNOWN - 9 of 13 rules could not be checked; the other 3 found nothing (9")
    assert "\nrule sysctl-unreadable on rs1: ValueError: invalid literal" in written(crashed)


def test_an_accepted_error_is_no_state_but_stays_in_sight(written: Written, examinations: ModuleType) -> None:
    accepted = replace(examinations.leak(), accepted=examinations.ACCEPTED)
    text = written(replace(examinations.healthy(), diagnoses=(accepted,)))
    said, numbers, below = parted(text)
    assert said.startswith("LVS OK - no known pitfall found in what could be checked (1 accepted, 5 rules not")
    assert "errors=0;;0;0 " in numbers
    assert "accepted=1;;;0" in numbers
    assert "accepted: ERROR ARP002 rs1 answers ARP for VIP 192.0.2.10 on eth0" in below
    assert ": old hardware (by lvsdoctor.toml:12, until 2027-01-01)\n" in below


def test_below_stand_the_findings_the_worst_first(written: Written, examinations: ModuleType) -> None:
    *_, below = parted(written(examinations.agreed()))
    assert [line.split(" ")[:2] for line in below.splitlines()[:3]] == [
        ["ERROR", "ARP002"],
        ["ERROR", "ARP001"],
        ["WARNING", "FWD004"],
    ]
    assert "(Was accepted until 2026-10-01 (lvsdoctor.toml:30): until the move)" in below.splitlines()[0]
    assert "\nnot checked: 1 rule needs sysctl of web9: forwarding-off; run: sysctl -a\n" in below
    assert "\nnothing matches the acceptance of vip-missing on rs7: taken out of service (lvsdoctor.toml:40)\n" in below


def test_what_the_wire_says_stands_with_the_finding(written: Written, examinations: ModuleType) -> None:
    said, numbers, below = parted(written(examinations.probed()))
    assert "(1 contradicted by the wire, 2 rules not checked)" in said
    assert numbers.endswith(" confirmed=1;;;0 contradicted=1;;;0")
    assert " [contradicted: web9 kept silent about 192.0.2.11]\n" in below


def test_the_duration_has_its_unit(written: Written, examinations: ModuleType) -> None:
    assert parted(written(examinations.agreed()))[1].endswith(" time=0.250s;;;0")


def test_the_performance_data_are_as_the_guidelines_say(written: Written, examinations: ModuleType) -> None:
    for examination in examinations.everything().values():
        data = parted(written(examination))[1].split(" ")
        found = [DATUM.fullmatch(each) for each in data]
        assert all(found)
        labels = [match["label"] for match in found if match]
        assert len(labels) == len(set(labels))


@pytest.mark.parametrize("text", ["a | errors=0", "监" * 900, "x" * 100_000, "\u0301" * 5000, "<b>&amp;</b>"])
def test_a_text_begins_no_performance_data_no_line_and_no_tag(
    written: Written, examinations: ModuleType, text: str
) -> None:
    for hostile in (text, *examinations.HOSTILE):
        lines = written(examinations.hostile(hostile)).split("\n")
        assert [line.count("|") for line in lines] == [1] + [0] * (len(lines) - 1)
        assert all(line.isprintable() and "<" not in line and ">" not in line for line in lines)
        assert parted(lines[0] + "\n")[1].startswith("errors=1;;0;0 ")
        assert len(lines[0].encode()) <= 1000


def test_what_is_too_long_for_nagios_is_counted(written: Written, examinations: ModuleType) -> None:
    many = tuple(examinations.leak(link=f"eth{number}") for number in range(300))
    text = written(replace(examinations.healthy(), diagnoses=many))
    assert len(text.encode()) <= 4000
    assert re.search(r"\n\d+ more lines: lvsdoctor scan shows all\n$", text)
