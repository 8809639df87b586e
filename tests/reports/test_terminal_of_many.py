"""The report for people of a cluster: what suffers first, the nodes in a table, what is alike once."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from lvsdoctor.cli.main import main
from lvsdoctor.model.service_outcome import ServiceOutcome
from lvsdoctor.reportkit import Diagnosis, Examination, Examined, Finding, Outcome, Seen, Severity, Verdict
from lvsdoctor.sanitize import cells
from tests.reports import many_nodes, twelve

Shown = Callable[..., str]
LEAKING = sorted({2, *range(1, 39, 2)})


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return many_nodes.written(tmp_path_factory.mktemp("cluster"), 38, LEAKING)


@pytest.fixture
def report(cluster: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    def report(*options: str, width: int = 80) -> str:
        monkeypatch.setenv("COLUMNS", str(width))
        assert main(["scan", *options, str(cluster)]) == 1
        return capsys.readouterr().out

    return report


def unwrapped(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def test_39_nodes_of_which_20_leak_alike_fit_in_120_lines_and_every_node_is_named(report: Callable[..., str]) -> None:
    lines = report().splitlines()
    assert len(lines) < 120
    assert set(re.findall(r"\b(?:lb|rs)\d+\b", "\n".join(lines))) == {"lb1", *(f"rs{n}" for n in range(1, 39))}
    commands = [line for line in lines if line.lstrip().startswith(("sysctl ", "printf "))]
    assert [line for line in lines if cells(line) > 80 and line not in commands][:-1] == []


def test_the_first_sentence_says_which_service_suffers_and_how_much(report: Callable[..., str]) -> None:
    assert unwrapped(report()).startswith(
        "tcp 192.0.2.10:80: 20 of 38 real servers (rs1, rs2, rs3 and 17 more) may receive client traffic directly. "
    )


def test_the_table_lists_nodes_with_findings_in_natural_order(report: Callable[..., str]) -> None:
    rows = [line.split() for line in report().splitlines() if re.fullmatch(r"  rs\d+ +1 +- +- +\d+", line)]
    assert [row[0] for row in rows] == [f"rs{number}" for number in LEAKING]


def test_nodes_without_a_finding_stand_in_one_sentence(report: Callable[..., str]) -> None:
    calm = ", ".join(["lb1", *(f"rs{number}" for number in range(1, 39) if number not in LEAKING)])
    assert f"No known pitfall found in what could be checked: {calm}." in unwrapped(report())


def test_what_many_nodes_have_alike_stands_once_and_their_own_lines_in_columns(report: Callable[..., str]) -> None:
    text = report(width=160)
    assert text.count("ERROR ARP002") == text.count("Fix now, on each of these 20 nodes:") == 1
    assert text.count("net.ipv4.conf.lo.arp_ignore = 1\n") + text.count("net.ipv4.conf.lo.arp_ignore = 1 ") == 1
    own = re.findall(r"    (rs\d+)/ip-addr\.txt:13 +\| inet 192\.0\.2\.1(\d\d)/24 scope global eth0", text)
    assert own == [(f"rs{number}", f"{number:02}") for number in LEAKING]


def test_verbose_has_every_node_on_its_own_below_the_table(report: Callable[..., str]) -> None:
    text = report("-v")
    assert text.count("ERROR ARP002 rs") == 20
    assert "Fix now, on rs37:\n" in text


def test_quiet_keeps_a_line_for_each_finding(report: Callable[..., str]) -> None:
    lines = report("-q").splitlines()
    assert sorted(line.split()[2] for line in lines[:-1]) == sorted(f"rs{number}" for number in LEAKING)
    assert all(line.startswith("ERROR ARP002 ") for line in lines[:-1])


def test_explain_says_once_what_the_rule_s_page_says(report: Callable[..., str]) -> None:
    text = report("--explain", "-v")
    assert text.count("  What you see:\n") == text.count("  Why:\n") == 1
    assert "One real server gets all the traffic" in unwrapped(text)
    assert "  What you see:\n" not in report()


# -- examinations made by hand ----------------------------------------------------------------------------------------


def of(*diagnoses: Diagnosis, others: int = 3) -> Examination:
    names = dict.fromkeys([*(d.node for d in diagnoses), *(f"other{number}" for number in range(others))])
    return Examination(tuple(Examined(name, "") for name in names), diagnoses, ())


def with_line(diagnosis: Diagnosis, where: str, text: str) -> Diagnosis:
    first, *more = diagnosis.evidence
    return replace(diagnosis, finding=diagnosis.finding.amended(replace(first, seen=Seen(where, 9, text)), *more))


def test_a_fix_that_differs_is_shown_for_each_node(shown: Shown, examinations: ModuleType) -> None:
    def fixed_by(node: str, command: str) -> Diagnosis:
        leak: Diagnosis = examinations.leak(node)
        fix = replace(leak.fix, now=(command,))
        finding = Finding("{node} leaks", about=leak.about, evidence=leak.evidence, fix=fix)
        return replace(leak, finding=finding)

    commands = {"rs1": "ip addr del A", "rs2": "ip addr del B", "rs3": "ip addr del A"}
    text = shown(of(*(fixed_by(node, command) for node, command in commands.items())))
    assert "  Fix now, on rs1, rs3:\n    ip addr del A\n  Fix now, on rs2:\n    ip addr del B\n" in text
    assert "  Fix for good, on rs1, rs2, rs3:\n" in text


def test_another_vip_on_another_node_is_said_of_that_node(shown: Shown, examinations: ModuleType) -> None:
    text = shown(of(examinations.leak("rs1"), examinations.leak("rs2", vip="192.0.2.11")))
    assert "rs1 answers ARP for VIP 192.0.2.10" in text
    assert "rs2 answers ARP for VIP 192.0.2.11" in text
    assert text.count("Fix now, on rs1, rs2:") == 1


def test_findings_of_another_severity_or_with_another_fix_node_are_not_alike(
    shown: Shown, examinations: ModuleType
) -> None:
    worse = replace(examinations.leak("rs2"), severity=examinations.Severity.WARNING)
    text = shown(of(examinations.leak("rs1"), worse))
    assert "Fix now, on rs1:\n" in text
    assert "Fix now, on rs2:\n" in text


def test_of_few_nodes_the_second_names_the_one_with_the_evidence(shown: Shown, examinations: ModuleType) -> None:
    text = shown(of(examinations.leak("rs2"), examinations.leak("rs1"), others=0), width=160)
    assert text.count("Fix now, on rs1, rs2:") == 1
    assert "    The evidence and the fix stand above, with those of rs2.\n" in text.partition("\nrs1 ---")[2]


def test_runs_of_blanks_in_quoted_lines_are_squeezed(shown: Shown, examinations: ModuleType) -> None:
    row = "  -> 192.0.2.21:80                Route   1      0          0"
    text = shown(of(with_line(examinations.leak("rs1"), "lb1/ipvsadm.txt", row), others=0), width=160)
    assert "| -> 192.0.2.21:80 Route 1 0 0" in text


def test_a_service_that_is_not_known_is_called_so_and_errors_come_before_it(
    shown: Shown, examinations: ModuleType
) -> None:
    unknown = ServiceOutcome("tcp 192.0.2.10:80", ("rs1",), unknown=("rs1",))
    examination = replace(examinations.single_leak(), services=(unknown,))
    assert shown(examination).splitlines()[:2] == [
        "1 error on rs1.",
        "tcp 192.0.2.10:80: It is not known whether 1 of 1 real server serves clients.",
    ]


def test_where_all_is_served_and_nothing_found_it_is_said_what_was_checked(
    shown: Shown, examinations: ModuleType
) -> None:
    served = ServiceOutcome("tcp 192.0.2.10:80", ("rs1",), serving=("rs1",))
    assert shown(replace(examinations.healthy(), services=(served,)), width=160).splitlines()[:2] == [
        "tcp 192.0.2.10:80: 1 of 1 real server serves clients.",
        "No known pitfall found in what could be checked: 18 rules checked, 5 not checked.",
    ]


def test_notes_and_crashes_of_many_nodes_are_not_lost(shown: Shown, examinations: ModuleType) -> None:
    single = examinations.single_leak()
    others = tuple(Examined(f"rs{number}", "", notes=("its dump ends early",)) for number in (2, 10, 9))
    crash = Outcome("some-rule", "rs9", Verdict.CRASHED, traceback=examinations.TRACEBACK)
    text = unwrapped(shown(replace(single, nodes=(*single.nodes, *others), outcomes=(*single.outcomes, crash))))
    assert "note: rs2, rs9, rs10: its dump ends early" in text
    assert "note: rs1: rs1/ip-addr.txt ends in the middle of eth3" in text
    assert "CRASHED rule some-rule on rs9" in text
    assert "3 lines not understood: 2 of rs1/ip-addr.txt (1, 9)" in text


def first_lines(text: str) -> str:
    return text.partition("\n\n")[0]


def test_the_first_lines_say_what_to_type_where_the_fix_is_one(report: Callable[..., str]) -> None:
    lines = first_lines(report()).splitlines()
    assert "To fix ARP002 now, type on 20 nodes (rs1, rs2, rs3 and 17 more):" in lines
    assert "    sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2" in lines
    assert lines[-2].startswith("To print all fixes in their order, type here")
    assert lines[-1].startswith("    lvsdoctor fix ")


def test_a_long_report_ends_with_the_command_that_prints_the_fixes(report: Callable[..., str]) -> None:
    assert report().splitlines()[-2].startswith("    lvsdoctor fix ")
    assert "lvsdoctor fix" not in report("-q")


def test_where_the_worst_are_several_or_need_care_no_single_fix_is_offered(
    shown: Callable[..., str], examinations: ModuleType
) -> None:
    fix = "lvsdoctor fix dumps/"
    one = examinations.single_leak()
    assert "To fix ARP002 now, type on rs1:" in first_lines(shown(one, fix_command=fix))
    for others in ((examinations.leak(), examinations.live_leak()), (examinations.likely(),)):
        text = first_lines(shown(replace(one, diagnoses=others), fix_command=fix))
        assert "To fix" not in text
        assert f"    {fix}" in text.splitlines()


def test_without_a_command_or_without_a_fix_nothing_is_to_be_typed(
    shown: Callable[..., str], examinations: ModuleType
) -> None:
    one = examinations.single_leak()
    assert "type" not in first_lines(shown(one))
    for nothing in (replace(one, diagnoses=()), replace(one, diagnoses=(examinations.leak(severity=Severity.NOTE),))):
        assert "type" not in first_lines(shown(nothing, fix_command="lvsdoctor fix dumps/"))


def test_on_a_narrow_terminal_the_table_fits(report: Callable[..., str]) -> None:
    lines = report(width=40).splitlines()
    head = next(number for number, line in enumerate(lines) if line.split() == ["node", "E", "W", "N", "?"])
    assert " ".join(line.strip() for line in lines[head - 2 : head]) == "E errors, W warnings, N notes, ? not checked"
    assert all(cells(line) <= 40 for line in lines[head : head + 1 + len(LEAKING)])


def test_of_several_services_the_first_five_lines_name_all_that_suffer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    main(["scan", str(twelve.write(tmp_path / "twelve"))])
    lines = capsys.readouterr().out.splitlines()[:5]
    assert [line.split(": ")[0] for line in lines if line.startswith("tcp ")] == [
        f"tcp 192.0.2.10:{port}" for port in (80, 8080, 8443, 443)
    ]
