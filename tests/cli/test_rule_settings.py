"""What lvsdoctor.toml sets of single rules: severity, off, and the numbers that they declare."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples/leaking-real-server"
SCHEMA = json.loads((ROOT / "reports/lvsdoctor-1.schema.json").read_text())
Run = Callable[..., tuple[int, str, str]]
MASTERS = (
    "Nov 30 03:00:01 lb1 Keepalived_vrrp[812]: (VI_1) Master received advert "
    "from 192.0.2.3 with higher priority 150, ours 100\n"
)


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    monkeypatch.chdir(tmp_path)

    def config(text: str) -> Path:
        Path("lvsdoctor.toml").write_text(text)
        return Path("lvsdoctor.toml")

    return config


def findings(run: Run, *arguments: object) -> list[dict[str, Any]]:
    _, out, err = run("scan", "-f", "json", *arguments)
    assert err == ""
    data = json.loads(out)
    Draft202012Validator(SCHEMA).validate(data)
    return list(data["findings"])


@pytest.mark.parametrize("word", ["arp-ignore-only-on-lo", "ARP002"])
def test_a_severity_that_is_set_counts_and_shows_what_the_rule_says(
    run: Run, config: Callable[[str], Path], word: str
) -> None:
    file = config(f'[rule.{word}]\nseverity = "note"\n')
    code, out, _ = run("scan", "--config", file, EXAMPLE)
    assert code == 0
    assert "NOTE ARP002 rs2 answers ARP" in " ".join(out.split())
    assert f"{file}:2 sets this severity in place of error." in " ".join(out.split())
    (finding,) = findings(run, "--config", file, EXAMPLE)
    assert finding["severity"] == "note"
    assert finding["severity_set"] == {"before": "error", "by": f"{file}:2"}
    assert findings(run, "--config", "none", EXAMPLE)[0]["severity_set"] is None


def test_a_rule_that_is_off_is_not_run_unless_the_command_line_names_it(
    run: Run, config: Callable[[str], Path]
) -> None:
    file = config("[rule.arp-ignore-only-on-lo]\noff = true\n")
    rules = {finding["rule"] for finding in findings(run, "--config", file, EXAMPLE)}
    assert "arp-ignore-only-on-lo" not in rules
    named = findings(run, "--config", file, "--select", "ARP002", EXAMPLE)
    assert {finding["rule"] for finding in named} == {"arp-ignore-only-on-lo"}


def test_a_number_of_a_rule_can_be_set(run: Run, config: Callable[[str], Path], tmp_path: Path) -> None:
    dumps = tmp_path / "lb1"
    dumps.mkdir()
    (dumps / "messages.log").write_text(MASTERS * 3)
    assert [finding["severity"] for finding in findings(run, "--select", "LOG003", dumps)] == ["warning"]
    file = config("[rule.two-masters-met]\nleast-lines = 4\n")
    configured = findings(run, "--config", file, "--select", "LOG003", dumps)
    assert [finding["severity"] for finding in configured] == ["note"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('[rule.arp-ignore-only-on-low]\noff = true\n', "unknown rule 'arp-ignore-only-on-low'; did you mean"),
        ("[rule.two-masters-met]\nleast-line = 4\n", "'least-line'; did you mean least-lines?"),
        ('[rule.two-masters-met]\nseverty = 4\n', "'severty'; did you mean severity?"),
        ('[rule.two-masters-met]\nseverity = "fatal"\n', "severity must be one of error, warning, note"),
        ('[rule.two-masters-met]\noff = "yes"\n', "off must be true or false"),
        ("[rule.two-masters-met]\nleast-lines = 0\n", "least-lines must be from 1 to"),
        ("[rule.two-masters-met]\nleast-lines = 1.5\n", "least-lines must be a whole number"),
        ('[rule.arp]\noff = true\n', "a table is of one rule"),
        ("[rule.ARP002]\noff = true\n[rule.arp-ignore-only-on-lo]\noff = true\n", "another table sets"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line_and_exits_2(
    run: Run, config: Callable[[str], Path], text: str, sentence: str
) -> None:
    file = config(text)
    code, out, err = run("scan", "--config", file, EXAMPLE)
    assert (code, out) == (2, "")
    assert sentence in err
    assert f"{file}:" in err


def test_what_is_in_effect_is_shown_with_the_line_that_sets_it(run: Run, config: Callable[[str], Path]) -> None:
    file = config('fail-on = "warning"\n[rule.two-masters-met]\nseverity = "error"\nleast-lines = 4\n')
    code, out, _ = run("scan", "--show-config", "--config", file)
    assert code == 0
    assert f'fail-on = "warning"  # {file}:1\n' in out
    table = out.partition("[rule.two-masters-met]\n")[2].splitlines()
    assert table[0] == f'severity = "error"  # {file}:3; the rule says warning'
    assert table[1].startswith("least-lines = 4  # lines: ")
    assert table[1].endswith(f"({file}:4; default 2)")
    assert "least-connections = 10  # connections: " in out


def test_options_stand_in_the_list_of_rules_and_in_their_explanation(run: Run) -> None:
    rows = {row["name"]: row for row in json.loads(run("rules", "list", "-f", "json")[1])["rules"]}
    assert [option["name"] for option in rows["two-masters-met"]["options"]] == ["least-lines"]
    assert rows["arp-ignore-only-on-lo"]["options"] == []
    text = run("explain", "two-masters-met")[1]
    assert "    [rule.two-masters-met]\n    least-lines = 2\n" in text
