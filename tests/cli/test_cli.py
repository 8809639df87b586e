"""The command line as a user meets it: what it prints, where, and the exit code."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lvsdoctor import __version__

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples/leaking-real-server"
Run = Callable[..., tuple[int, str, str]]


def findings(output: str) -> list[tuple[str, str]]:
    return [(found["node"], found["rule"]) for found in json.loads(output)["findings"]]


def test_the_example_names_the_leaking_real_server_and_no_other(run: Run) -> None:
    code, out, err = run("scan", EXAMPLE, "-f", "json")
    assert (code, err) == (1, "")
    assert findings(out) == [("rs2", "arp-ignore-only-on-lo")]


def test_the_same_dumps_as_files_as_one_paste_and_as_a_directory_say_the_same(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = EXAMPLE / "rs2"
    files = sorted(node.iterdir())
    paste = "".join(f"[root@rs2 ~]# cat {file.name}\n{file.read_text()}" for file in files)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(paste.encode())))
    said = [
        json.loads(run("scan", *paths, "-f", "json")[1])["findings"] for paths in ([node], files, ["-"])
    ]  # fmt: skip
    assert [[(f["rule"], f["about"], [e["text"] for e in f["evidence"]]) for f in one] for one in said] == [
        [(f["rule"], f["about"], [e["text"] for e in f["evidence"]]) for f in said[0]]
    ] * 3
    assert said[0][0]["rule"] == "arp-ignore-only-on-lo"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), 1),
        (("--fail-on", "never"), 0),
        (("--ignore", "ARP002,real-server-answers-arp,vip-leaks-as-arp-sender"), 0),
        (("--select", "vip-missing-on-real-server"), 0),
    ],
)
def test_the_exit_code_tells_whether_something_was_found(run: Run, arguments: tuple[str, ...], code: int) -> None:
    assert run("scan", EXAMPLE, "-f", "json", *arguments)[0] == code


def test_help_is_a_word_too(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    for words, usage in ((("help",), "usage: lvsdoctor [-h]"), (("help", "fix"), "usage: lvsdoctor fix [-h]")):
        with pytest.raises(SystemExit) as ended:
            run(*words)
        assert ended.value.code == 0
        assert capsys.readouterr().out.startswith(usage)


def test_what_was_checked_only_in_part_is_an_exit_code_only_when_asked(run: Run) -> None:
    assert run("scan", EXAMPLE / "rs1")[0] == 0
    assert run("scan", EXAMPLE / "rs1", "--require-complete")[0] == 3


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("scan", "nowhere"), "lvsdoctor: nowhere: no such file or directory"),
        (("scn",), "lvsdoctor: unknown verb 'scn'; did you mean scan?"),
        (("scan", "-f", "jsn"), "lvsdoctor: unknown format 'jsn'; did you mean json?"),
        (("scan", "-f", "yaml"), "lvsdoctor: unknown format 'yaml'; known: github, gitlab, html, json"),
        (("scan", ".", "--select", "arp-ignore-on-lo"), "did you mean arp-ignore-only-on-lo?"),
        (("explain", "ARP02"), "lvsdoctor: unknown rule 'ARP02'; did you mean"),
        (("scan", "--vip", "fe80:::1", "."), "lvsdoctor: --vip 'fe80:::1' is no IP address"),
        (("scan", "-f", "json", "-f", "terminal", "."), "only one format can go to standard output"),
        (("scan", "--netns", "x", "."), "--netns is about a live scan"),
        (("scan", "--rules", "/nonexistent", "."), "no rules directory at /nonexistent"),
        (("scan", "--role", "boss"), "argument --role: invalid choice: 'boss'"),
        (("scan", "--role", "directr"), "'directr'; did you mean director? (see lvsdoctor scan --help)"),
        (("scan", "--colr", "always"), "--colr; did you mean --color? (see lvsdoctor scan --help)"),
        (("rules", "list", "--severty=error"), "did you mean --severity? (see lvsdoctor rules list --help)"),
        (("--hlep",), "unrecognized arguments: --hlep; did you mean --help? (see lvsdoctor --help)"),
        (("-v", "scan", "."), "unrecognized arguments: -v; write -v behind the verb (see lvsdoctor scan --help)"),
        (("scan", "--select", "arp2", "."), "unknown rule 'arp2'; did you mean ARP002?"),
        (("help", "scna"), "unknown verb 'scna'; did you mean scan?"),
        (("completion", "bsh"), "'bsh'; did you mean bash?"),
        (("completion",), "are required: SHELL, one of bash, zsh, fish (see lvsdoctor completion --help)"),
        (("scan", "--xyzzy"), "lvsdoctor: unrecognized arguments: --xyzzy (see lvsdoctor scan --help)"),
        (("rules", "list", "--family", "arpp"), "unknown family of rules 'arpp'; did you mean arp?"),
        (("scan", "-f", "json=/nonexistent/x", str(EXAMPLE)), "/nonexistent/x: No such file or directory"),
    ],
)
def test_a_mistake_gets_one_sentence_and_exit_2(run: Run, arguments: tuple[str, ...], sentence: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert sentence in err
    assert len(err.strip().splitlines()) == 1


def test_without_arguments_the_help_is_shown(run: Run) -> None:
    code, out, err = run()
    assert (code, err) == (0, "")
    assert out.startswith("usage: lvsdoctor")
    assert "scan" in out


def test_rules_are_listed_by_family_severity_and_role(run: Run) -> None:
    rows = json.loads(run("rules", "list", "-f", "json")[1])["rules"]
    (known,) = [row for row in rows if row["code"] == "ARP002"]
    assert (known["name"], known["family"], known["role"]) == ("arp-ignore-only-on-lo", "arp", "real-server")
    assert known["explains"] == "arp-reply"
    assert known["summary"].startswith("arp_ignore")
    asked = ("--family", "arp", "--family", "ipv6", "--severity", "warning", "--role", "any")
    some = json.loads(run("rules", "list", *asked, "-f", "json")[1])["rules"]
    assert [
        row for row in rows if row["family"] in ("arp", "ipv6") and (row["severity"], row["role"]) == ("warning", None)
    ] == some
    assert [line.split()[0] for line in run("rules", "list", *asked)[1].splitlines()] == [row["code"] for row in some]


def test_findings_stand_where_packets_cannot_be_followed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def walks(nodes: object) -> None:
        raise LookupError("no such host")

    assert json.loads(run("scan", EXAMPLE, "-f", "json")[1])["remarks"] == []
    monkeypatch.setattr("lvsdoctor.analysis.walk._worked_out", walks)
    report = json.loads(run("scan", EXAMPLE, "-f", "json")[1])
    assert [(finding["code"], finding["impact"]) for finding in report["findings"]] == [("ARP002", None)]
    assert [remark["message"] for remark in report["remarks"]] == [
        "no finding says whose connections suffer: packets could not be followed (our bug: LookupError: no such host)"
    ]


def test_control_characters_of_an_argument_never_reach_the_terminal(run: Run) -> None:
    _, _, err = run("scan", "no\x1b[31mwhere")
    assert "\x1b" not in err


def test_a_format_goes_to_its_file_and_another_to_standard_output(run: Run, tmp_path: Path) -> None:
    _, out, _ = run("scan", EXAMPLE, "-f", "terminal", "-f", f"json={tmp_path / 'out.json'}")
    assert "ARP002" in out
    assert findings((tmp_path / "out.json").read_text()) == [("rs2", "arp-ignore-only-on-lo")]


def test_an_operator_s_own_rule_runs_beside_ours(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("rules", "new", "own/never-forward")[1].split() == [
        "rules/own/never_forward.py",
        "rules/own/never_forward.md",
    ]
    code, out, _ = run("rules", "try", "rules")
    assert (code, out.splitlines()[-1]) == (0, "3 passed, 0 failed")
    (tmp_path / "dump").write_text("net.ipv4.ip_forward = 1\n")
    _, out, _ = run("scan", "dump", "--rules", "rules", "-f", "json")
    assert findings(out) == [("dump", "never-forward")]
    assert not list(tmp_path.rglob("__pycache__")), "a scan writes nothing into the operator's directory"


def test_a_new_rule_never_overwrites_a_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own/some_state.py").write_text("precious")
    code, _, err = run("rules", "new", "own/some-state", "--dir", tmp_path)
    assert (code, "exists already" in err) == (2, True)
    assert (tmp_path / "own/some_state.py").read_text() == "precious"


def test_a_rule_file_that_does_not_run_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("def broken(:\n")
    code, _, err = run("scan", EXAMPLE, "--rules", tmp_path)
    assert (code, "bad.py: SyntaxError" in err) == (2, True)


def test_a_failing_case_is_told_with_its_line(run: Run, tmp_path: Path) -> None:
    run("rules", "new", "own/wrong-case", "--dir", tmp_path)
    page = tmp_path / "own/wrong_case.md"
    page.write_text(page.read_text().replace("net.ipv4.ip_forward = 0\n", "net.ipv4.ip_forward = 1\n"))
    code, out, _ = run("rules", "try", tmp_path)
    assert code == 1
    assert "FAIL  wrong-case: quiet: it is off" in out
    assert "fires: lb1 forwards packets" in out


def test_the_cases_of_one_family_can_be_tried_alone(run: Run) -> None:
    code, out, _ = run("rules", "try", ROOT / "rules/arp")
    assert code == 0
    assert {line.split()[1].rstrip(":") for line in out.splitlines()[:-1]} == {
        file.stem.replace("_", "-") for file in (ROOT / "rules/arp").glob("*.py")
    }


def test_the_page_of_a_rule_reads_without_its_cases(run: Run) -> None:
    code, out, _ = run("explain", "arp-002")
    assert code == 0
    assert out.startswith("arp-ignore-only-on-lo  (ARP002, error, real-server)\n")
    assert "sysctl -w net.ipv4.conf.all.arp_ignore=1" in out
    assert "```" not in out
    assert "needs  sysctl          sysctl -a" in out


def test_the_list_names_every_rule_with_its_sentence(run: Run) -> None:
    _, out, _ = run("rules", "list")
    assert "ARP002  error    real-server  arp-ignore-only-on-lo: arp_ignore (or arp_announce) is set on `lo`" in out


def test_the_version_is_told(run: Run) -> None:
    assert run("--version") == (0, f"lvsdoctor {__version__}\n", "")


def test_a_reader_that_has_seen_enough_gets_no_traceback() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = f"{sys.executable} -m lvsdoctor scan {EXAMPLE} -v | head -1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, env=environment, check=False)
    assert done.stderr == ""


def test_an_internal_error_is_one_sentence_and_exit_2(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("lvsdoctor.collect.files.collect_paths", broken)
    code, _, err = run("scan", EXAMPLE)
    assert (code, err) == (
        2,
        "lvsdoctor: internal error: RuntimeError: boom (this is our bug; -v shows the traceback)\n",
    )


def test_a_traceback_shows_no_control_character(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("boom \x1b[2J\n##[error]x")

    monkeypatch.setattr("lvsdoctor.collect.files.collect_paths", broken)
    code, _, err = run("scan", EXAMPLE, "-v")
    assert code == 2
    assert "Traceback (most recent call last):" in err
    assert r"RuntimeError: boom \x1b[2J" in err
    assert err.replace("\n", "").isprintable()
    assert "##[" not in err


def test_a_page_fits_the_terminal_and_its_commands_stand_as_they_are(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    lines = run("explain", "ARP002")[1].splitlines()
    prose = [line for line in lines if not line.startswith(("    ", "  needs", "  helps", "- "))]
    assert max(map(len, prose)) <= 60
    assert "    sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2" in lines


def test_real_output_meets_the_published_schema(run: Run) -> None:
    from jsonschema import Draft202012Validator

    schema = json.loads((ROOT / "reports/lvsdoctor-1.schema.json").read_text())
    Draft202012Validator(schema).validate(json.loads(run("scan", EXAMPLE, "-f", "json")[1]))
