"""The JUnit report: what CI servers read of it, and that a failure is a failure."""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from junitparser import JUnitXml

from lvsdoctor.cli.main import main
from lvsdoctor.engine.loader import load_report
from lvsdoctor.engine.paths import home
from lvsdoctor.reportkit import Examination, Fix, Outcome, Output, Severity, Verdict

# What Jenkins knows (xunit plugin, junit-10.xsd): the attributes that an element must and may have, and what is in it.
RESULT: tuple[set[str], set[str], set[str]] = (set(), {"type", "message"}, set())
KNOWN = {
    "testsuites": (set(), {"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": ({"name", "tests", "failures", "errors"}, {"skipped", "time", "timestamp"}, {"testcase"}),
    "testcase": ({"name"}, {"classname", "time"}, {"skipped", "error", "failure", "system-out"}),
    "skipped": RESULT,
    "error": RESULT,
    "failure": RESULT,
    "system-out": (set(), set(), set()),
}
Written = Callable[[Examination], Xml.Element]


@pytest.fixture
def junit(report_as: Callable[..., str]) -> Written:
    def junit(examination: Examination) -> Xml.Element:
        return Xml.fromstring(report_as("junit", examination))

    return junit


def case(root: Xml.Element, node: str, rule: str) -> Xml.Element:
    found = root.find(f"testsuite[@name='{node}']/testcase[@name='{rule}']")
    assert found is not None, f"{rule} on {node}"
    assert found.get("classname") == f"lvsdoctor.{node}"
    return found


def result(case: Xml.Element) -> str:
    """The one result of a case: `passed` if it has none."""
    told = [child.tag for child in case if child.tag != "system-out"]
    assert len(told) <= 1
    return told[0] if told else "passed"


def output(case: Xml.Element) -> str:
    return case.findtext("system-out") or ""


def test_every_report_has_only_what_ci_servers_know(junit: Written, examinations: ModuleType) -> None:
    for examination in examinations.everything().values():
        for element in junit(examination).iter():
            must, may, inside = KNOWN[element.tag]
            assert must <= set(element.attrib) <= must | may
            assert {child.tag for child in element} <= inside


def test_the_counts_are_those_of_the_cases(junit: Written, examinations: ModuleType) -> None:
    for examination in examinations.everything().values():
        root = junit(examination)
        totals = dict.fromkeys(("tests", "failures", "errors"), 0)
        for suite in root:
            results = [result(case) for case in suite]
            counts = {"tests": len(results), "failures": results.count("failure"), "errors": results.count("error")}
            for name, count in counts.items():
                assert suite.get(name) == str(count)
                totals[name] += count
            assert suite.get("skipped") == str(results.count("skipped"))
        assert {name: root.get(name) for name in totals} == {name: str(count) for name, count in totals.items()}


def test_another_reader_finds_the_same(report_as: Callable[..., str], examinations: ModuleType) -> None:
    read: Any = JUnitXml.fromstring(report_as("junit", examinations.single_leak()))
    (suite,) = read
    assert (suite.name, suite.tests, suite.failures, suite.errors, suite.skipped) == ("rs1", 13, 1, 1, 9)
    assert {case.name for case in suite if case.is_failure} == {"arp-ignore-only-on-lo"}
    assert {case.name for case in suite if case.is_error} == {"sysctl-unreadable"}
    assert {case.name for case in suite if case.is_passed} == {"vip-answered", "vip-missing"}


def test_a_failure_tells_the_evidence_and_the_fix(junit: Written, examinations: ModuleType) -> None:
    failure = case(junit(examinations.single_leak()), "rs1", "arp-ignore-only-on-lo").find("failure")
    assert failure is not None
    message = "rs1 answers ARP for VIP 192.0.2.10 on eth0: arp_ignore=1 is set on lo, which hears no ARP"
    assert failure.attrib == {"type": "error", "message": message}
    assert (failure.text or "").split("\n")[:10] == [
        f"ERROR ARP002 {message}",
        "Clients: Some send to rs1 directly. The director does not see these connections.",
        "Evidence:",
        "  > rs1/sysctl.txt:212 | net.ipv4.conf.lo.arp_ignore = 1  <- set here, read by nobody",
        "    rs1/sysctl.txt:188 | net.ipv4.conf.all.arp_ignore = 0  <- of all and eth0 the larger counts",
        "    rs1/ip-addr.txt:7 | inet 192.0.2.10/32 scope global lo  <- the VIP is local",
        "Fix now, on rs1:",
        "    sysctl -w net.ipv4.conf.all.arp_ignore=1",
        "    sysctl -w net.ipv4.conf.all.arp_announce=2",
        "Fix for good, on rs1:",
    ]


def test_skipped_means_not_checked_and_says_what_is_needed(junit: Written, examinations: ModuleType) -> None:
    skipped = case(junit(examinations.single_leak()), "rs1", "forwarding-off").find("skipped")
    assert skipped is not None
    assert skipped.get("message") == "needs sysctl: sysctl -a"
    two = case(junit(examinations.single_leak()), "rs1", "route-by-mark").find("skipped")
    assert two is not None
    assert two.get("message") == "needs routes: ip route show table all; needs policy-rules: ip rule show"


def test_a_fact_of_another_node_is_asked_for_there(junit: Written, examinations: ModuleType) -> None:
    outcome = replace(examinations.not_checked("x", ("ipvs", "ipvsadm -Sn"), node="director1"), node="rs1")
    skipped = case(junit(Examination((), (), (outcome,))), "rs1", "x").find("skipped")
    assert skipped is not None
    assert skipped.get("message") == "needs ipvs of director1: ipvsadm -Sn"


def test_a_rule_for_another_role_is_no_case(junit: Written, examinations: ModuleType) -> None:
    root = junit(examinations.single_leak())
    assert root.find(".//testcase[@name='persistence-split']") is None
    others = Outcome("x", "web9", Verdict.NOT_APPLICABLE)
    assert len(junit(Examination((examinations.RS1,), (), (others,)))) == 0


def test_a_rule_that_another_speaks_for_passes_and_says_so(junit: Written, examinations: ModuleType) -> None:
    quiet = case(junit(examinations.single_leak()), "rs1", "vip-answered")
    assert (result(quiet), output(quiet)) == ("passed", "explained by arp-ignore-only-on-lo")


def test_a_crash_is_an_error_and_hides_no_finding(junit: Written, examinations: ModuleType) -> None:
    crash = Outcome("arp-ignore-only-on-lo", "rs1", Verdict.CRASHED, traceback=examinations.TRACEBACK)
    crashed = case(junit(Examination((), (examinations.leak(),), (crash,))), "rs1", "arp-ignore-only-on-lo")
    assert result(crashed) == "error"
    error = crashed[0]
    assert (error.get("message") or "").startswith("rule arp-ignore-only-on-lo on rs1: ValueError: invalid literal")
    assert '  File "/usr/lib/python3/site-packages/lvsdoctor/engine/runner.py", line 61' in (error.text or "")
    assert "ERROR ARP002 rs1 answers ARP" in output(crashed)


def test_warnings_fail_and_notes_pass_with_a_word(junit: Written, examinations: ModuleType) -> None:
    for severity, became in ((Severity.ERROR, "failure"), (Severity.WARNING, "failure"), (Severity.NOTE, "passed")):
        examination = Examination((), (examinations.leak(severity=severity),), ())
        told = case(junit(examination), "rs1", "arp-ignore-only-on-lo")
        assert result(told) == became
        assert f"{severity.upper()} ARP002 rs1 answers ARP" in "".join(told.itertext())


def test_an_accepted_finding_passes_with_its_reason(junit: Written, examinations: ModuleType) -> None:
    root = junit(examinations.agreed())
    accepted = case(root, "web9", "arp-ignore-only-on-lo")
    assert result(accepted) == "passed"
    assert "WARNING ARP002 web9 answers ARP" in output(accepted)
    assert "Accepted: old hardware (by lvsdoctor.toml:12, until 2027-01-01)" in output(accepted)
    lapsed = case(root, "rs1", "arp-ignore-only-on-lo")
    assert result(lapsed) == "failure"
    assert "Was accepted until 2026-10-01" in (lapsed[0].text or "")


def test_several_findings_of_a_rule_are_one_failure(junit: Written, examinations: ModuleType) -> None:
    note = replace(examinations.leak(link="eth2", severity=Severity.NOTE))
    found = (examinations.leak(), examinations.leak(link="eth1", severity=Severity.WARNING), note)
    told = case(junit(Examination((), found, ())), "rs1", "arp-ignore-only-on-lo")
    assert result(told) == "failure"
    assert (told[0].get("type"), (told[0].get("message") or "")[-21:]) == ("error", " (and 1 more finding)")
    assert "on eth0" in (told[0].text or "")
    assert "on eth1" in (told[0].text or "")
    assert "on eth2" not in (told[0].text or "")
    assert "NOTE ARP002 rs1 answers ARP for VIP 192.0.2.10 on eth2" in output(told)


def test_the_time_of_the_scan_is_told_once_and_the_moment_by_each_suite(
    junit: Written, examinations: ModuleType
) -> None:
    root = junit(examinations.agreed())
    assert root.get("time") == "0.250"
    assert {suite.get("timestamp") for suite in root} == {"2026-11-02T12:30:00"}


def test_the_sickest_node_comes_first(junit: Written, examinations: ModuleType) -> None:
    assert [suite.get("name") for suite in junit(examinations.cluster())] == ["rs1", "web9", "director1"]


def test_no_text_of_the_evidence_breaks_out(junit: Written, examinations: ModuleType) -> None:
    for text in examinations.HOSTILE:
        root = junit(examinations.hostile(text))
        assert [suite.tag for suite in root] == ["testsuite"]
        for element in root.iter():
            assert all(value.isprintable() for value in element.attrib.values())
            assert all(line.isprintable() for line in (element.text or "").split("\n"))


def test_a_stream_that_knows_only_ascii_gets_the_same_names(examinations: ModuleType) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    load_report("junit")(examinations.hostile("监听 Zürich"), Output(stream))
    stream.flush()
    (suite,) = Xml.fromstring(stream.buffer.getvalue())
    assert suite.get("name") == "监听 Zürich"


def test_a_text_that_is_too_long_is_cut_between_two_lines(junit: Written, examinations: ModuleType) -> None:
    found = examinations.leak()
    commands = tuple(f"ipvsadm -d -t 192.0.2.10:80 -r 198.51.100.7:{number}" for number in range(3000))
    finding = type(found.finding)("sick", about={}, evidence=(), fix=Fix(now=commands))
    failure = case(junit(Examination((), (replace(found, finding=finding),), ())), "rs1", found.rule)[0]
    *lines, last = (failure.text or "").split("\n")
    assert {line.strip() for line in lines[2:]} < set(commands)
    assert last == "[cut here: lvsdoctor scan prints all of it]"


def test_the_same_examination_makes_the_same_bytes(report_as: Callable[..., str], examinations: ModuleType) -> None:
    for make in (examinations.filed, examinations.single_leak):
        assert report_as("junit", make()) == report_as("junit", make())


def test_the_example_fails_in_one_case(tmp_path: Path) -> None:
    file = tmp_path / "lvs.xml"
    assert main(["scan", str(home("examples") / "leaking-real-server"), "-f", f"junit={file}"]) == 1
    root = Xml.parse(file).getroot()
    failed = {(suite.get("name"), each.get("name")) for suite in root for each in suite if result(each) == "failure"}
    assert failed == {("rs2", "arp-ignore-only-on-lo")}
    assert result(case(root, "rs1", "arp-ignore-only-on-lo")) == "passed"
