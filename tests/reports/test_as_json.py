"""The JSON report: the contract that scripts build on."""

import io
import json
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from lvsdoctor.model.walk import Decision, Step
from lvsdoctor.reportkit import Examination, Output, Render

ROOT = Path(__file__).parents[2]


def written(as_json: Render, examination: Examination) -> str:
    stream = io.StringIO()
    as_json(examination, Output(stream))
    return stream.getvalue()


@pytest.fixture(scope="module")
def contract(schema_file: Path) -> Draft202012Validator:
    schema = json.loads(schema_file.read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.fixture
def report(as_json: Render, examinations: ModuleType) -> Any:
    return json.loads(written(as_json, examinations.single_leak()))


def test_every_report_keeps_the_contract(
    as_json: Render, examinations: ModuleType, contract: Draft202012Validator
) -> None:
    for examination in examinations.everything().values():
        contract.validate(json.loads(written(as_json, examination)))


def change(*path: str | int, to: object) -> Callable[[Any], None]:
    def apply(report: Any) -> None:
        for step in path[:-1]:
            report = report[step]
        report[path[-1]] = to

    return apply


def drop(*path: str | int) -> Callable[[Any], None]:
    def apply(report: Any) -> None:
        for step in path[:-1]:
            report = report[step]
        del report[path[-1]]

    return apply


@pytest.mark.parametrize(
    "spoil",
    [
        change("schema", to="lvsdoctor/2"),
        drop("version"),
        drop("summary", "not_checked"),
        change("summary", "error", to=-1),
        change("nodes", 0, "roles", to="real-server"),
        drop("nodes", 0, "why", 0, "reason"),
        change("findings", 0, "severity", to="fatal"),
        change("findings", 0, "certainty", to=0.9),
        drop("findings", 0, "about"),
        change("findings", 0, "about", "vip", to=None),
        change("findings", 0, "evidence", 0, "line", to="212"),
        drop("findings", 0, "evidence", 0, "settle"),
        change("findings", 0, "fix", "now", to="sysctl -w ..."),
        drop("findings", 0, "fix", "node"),
        drop("findings", 0, "confirmation"),
        change("findings", 0, "fingerprint", to="ARP002"),
        change("outcomes", 0, "outcome", to="passed"),
        change("outcomes", 0, "traceback", to=""),
        drop("outcomes", 4, "traceback"),
        drop("outcomes", 5, "missing", 0, "command"),
        drop("unread", 0, "text"),
    ],
)
def test_a_broken_contract_is_refused(
    report: Any, contract: Draft202012Validator, spoil: Callable[[Any], None]
) -> None:
    contract.validate(report)
    spoiled = deepcopy(report)
    spoil(spoiled)
    with pytest.raises(ValidationError):
        contract.validate(spoiled)


def test_a_key_may_be_added(report: Any, contract: Draft202012Validator) -> None:
    report["findings"][0]["new"] = report["new"] = report["nodes"][0]["new"] = 1
    contract.validate(report)


def test_a_finding_carries_its_sentence_and_what_filled_it(report: Any) -> None:
    (finding,) = report["findings"]
    assert finding["message"].startswith("rs1 answers ARP for VIP 192.0.2.10 on eth0: arp_ignore=1")
    assert finding["about"] == {"vip": "192.0.2.10", "link": "eth0"}
    filled = finding["template"].format(node=finding["node"], **finding["about"], **finding["fields"])
    assert filled == finding["message"]


def test_evidence_is_the_line_its_place_and_its_meaning(report: Any) -> None:
    assert report["findings"][0]["evidence"][0] == {
        "where": "rs1/sysctl.txt",
        "line": 212,
        "text": "net.ipv4.conf.lo.arp_ignore = 1",
        "note": "set here, read by nobody",
        "settle": None,
    }


def test_the_line_that_is_to_blame_is_named_and_the_evidence_keeps_its_order(
    as_json: Render, examinations: ModuleType
) -> None:
    examination = examinations.single_leak()
    (leak,) = examination.diagnoses
    blamed = replace(leak, guilty=leak.evidence[1])
    finding = json.loads(written(as_json, replace(examination, diagnoses=(blamed,))))["findings"][0]
    assert finding["cause"] == finding["evidence"][1]
    assert (finding["cause"]["line"], finding["evidence"][0]["line"]) == (188, 212)


def test_a_finding_names_the_decision_that_it_explains(
    as_json: Render, examinations: ModuleType, contract: Draft202012Validator
) -> None:
    examination = examinations.single_leak()
    (leak,) = examination.diagnoses
    assert json.loads(written(as_json, examination))["findings"][0]["explains"] is None
    step = Step("rs1", Decision.ARP_REPLY, "VIP 192.0.2.10 on eth0")
    report = json.loads(written(as_json, replace(examination, diagnoses=(replace(leak, explains=step),))))
    contract.validate(report)
    expected = {"node": "rs1", "decision": "arp-reply", "subject": "VIP 192.0.2.10 on eth0"}
    assert report["findings"][0]["explains"] == expected
    report["findings"][0]["explains"]["decision"] = "magic"
    with pytest.raises(ValidationError):
        contract.validate(report)


def test_every_decision_is_in_the_contract(schema_file: Path) -> None:
    step = json.loads(schema_file.read_text())["$defs"]["step"]
    assert step["properties"]["decision"]["enum"] == [decision.value for decision in Decision]


def test_an_assumption_names_the_command_that_settles_it(as_json: Render, examinations: ModuleType) -> None:
    finding = json.loads(written(as_json, examinations.cluster()))["findings"][3]
    assert finding["certainty"] == "likely"
    assert [item["settle"] for item in finding["evidence"]] == [
        None,
        "sysctl net.ipv4.conf.all.rp_filter",
        "ip rule show",
    ]
    assert finding["fix"]["node"] == "director1"


def test_a_role_says_why_and_where_it_was_seen(report: Any) -> None:
    assert report["nodes"][0]["why"] == [
        {
            "role": "real-server",
            "reason": "carries VIP 192.0.2.10 on lo",
            "where": "rs1/ip-addr.txt",
            "line": 7,
            "text": "    inet 192.0.2.10/32 scope global lo",
        }
    ]


def test_only_a_crash_has_a_traceback(report: Any) -> None:
    crashed = [outcome for outcome in report["outcomes"] if "traceback" in outcome]
    assert [outcome["outcome"] for outcome in crashed] == ["crashed"]
    assert "ValueError" in crashed[0]["traceback"]


def test_the_summary_counts_what_stands_below_it(report: Any) -> None:
    assert report["summary"] == {
        "error": 1,
        "warning": 0,
        "note": 0,
        "accepted": 0,
        "nodes": 1,
        "unread": 3,
        "not_checked": 9,
        "unjudged": 0,
        "crashed": 1,
        "confirmed": 0,
        "contradicted": 0,
        "not_probed": 0,
    }


def test_what_the_wire_says_stands_with_its_frame(as_json: Render, examinations: ModuleType) -> None:
    report = json.loads(written(as_json, examinations.probed()))
    contradicted, confirmed, *_, untold = [finding["confirmation"] for finding in report["findings"]]
    assert contradicted == {
        "verdict": "contradicted",
        "why": "web9 kept silent about 192.0.2.11",
        "perhaps": "a filter that the dumps of web9 do not show",
        "where": "probe eth0 who-has 192.0.2.11",
        "line": None,
        "text": "who-has 192.0.2.11 tell 192.0.2.2, 0.0.0.0: 3 requests",
    }
    assert (confirmed["verdict"], confirmed["text"]) == ("confirmed", examinations.FRAME.text)
    assert (untold["verdict"], untold["why"], untold["text"]) == ("not-probed", "listening would tell", None)
    assert [finding["certainty"] for finding in report["findings"]] == ["proved", "confirmed", "proved", "proved"]
    assert [report["summary"][name] for name in ("confirmed", "contradicted", "not_probed")] == [1, 1, 2]


def test_without_a_probe_the_confirmation_is_null(report: Any) -> None:
    assert report["findings"][0]["confirmation"] is None


@pytest.mark.parametrize(
    "spoil",
    [
        change("findings", 0, "confirmation", "verdict", to="denied"),
        change("findings", 0, "confirmation", "text", to=None),
        drop("findings", 0, "confirmation", "why"),
        drop("findings", 3, "confirmation", "where"),
    ],
)
def test_a_broken_confirmation_is_refused(
    as_json: Render, examinations: ModuleType, contract: Draft202012Validator, spoil: Callable[[Any], None]
) -> None:
    report = json.loads(written(as_json, examinations.probed()))
    contract.validate(report)
    spoil(report)
    with pytest.raises(ValidationError):
        contract.validate(report)


def test_an_acceptance_stands_with_its_finding_valid_or_lapsed(as_json: Render, examinations: ModuleType) -> None:
    accepted, lapsed, *others = json.loads(written(as_json, examinations.agreed()))["findings"]
    assert accepted["accepted"] == {"reason": "old hardware", "by": "lvsdoctor.toml:12", "until": "2027-01-01"}
    assert lapsed["lapsed"] == {"reason": "until the move", "by": "lvsdoctor.toml:30", "until": "2026-10-01"}
    assert [(each["accepted"], each["lapsed"]) for each in others] == [(None, None)] * 2
    assert (accepted["lapsed"], lapsed["accepted"]) == (None, None)


def test_a_remark_is_a_sentence_and_the_line_it_is_about(as_json: Render, examinations: ModuleType) -> None:
    assert json.loads(written(as_json, examinations.agreed()))["remarks"] == [
        {
            "message": "nothing matches the acceptance of vip-missing on rs7: taken out of service",
            "where": "lvsdoctor.toml",
            "line": 40,
            "text": "[[accept]]",
        }
    ]
    assert json.loads(written(as_json, examinations.cluster()))["remarks"] == []


@pytest.mark.parametrize(
    "spoil",
    [
        change("findings", 0, "accepted", "until", to=None),
        change("findings", 1, "lapsed", to="until the move"),
        change("findings", 1, "lapsed", "by", to=30),
        drop("remarks", 0, "where"),
        change("remarks", 0, "message", to=""),
    ],
)
def test_a_broken_acceptance_or_remark_is_refused(
    as_json: Render, examinations: ModuleType, contract: Draft202012Validator, spoil: Callable[[Any], None]
) -> None:
    report = json.loads(written(as_json, examinations.agreed()))
    contract.validate(report)
    spoil(report)
    with pytest.raises(ValidationError):
        contract.validate(report)


def test_hostile_text_stays_escaped_and_comes_back_unchanged(as_json: Render, examinations: ModuleType) -> None:
    for text in examinations.HOSTILE:
        raw = written(as_json, examinations.hostile(text))
        assert raw.isascii()
        assert raw.replace("\n", "").isprintable()
        assert json.loads(raw)["findings"][0]["about"]["link"] == text


def test_the_same_examination_is_the_same_text(as_json: Render, examinations: ModuleType) -> None:
    first = written(as_json, examinations.cluster())
    assert first == written(as_json, examinations.cluster())
    assert first.endswith("}\n")


def test_no_third_party_module_is_imported() -> None:
    """The promise of the README: an offline scan to JSON needs the standard library alone."""
    script = (
        "import sys\n"
        "from lvsdoctor.engine.loader import load_report\n"
        "from lvsdoctor.reportkit import Examination, Output\n"
        "load_report('json')(Examination((), (), ()), Output(sys.stderr))\n"
        "print([name for name in ('rich', 'jinja2', 'scapy', 'pyroute2', 'pygments') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert result.stdout == "[]\n"
