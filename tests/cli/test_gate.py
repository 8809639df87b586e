"""A repository of golden configs and the job that guards it: red for what is new, green for what is accepted, with
every acceptance in sight."""

import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lvsdoctor.engine.paths import report_formats

Run = Callable[..., tuple[int, str, str]]

SYSCTL = """\
# what a real server needs to keep quiet about its VIPs
net.ipv4.conf.all.arp_ignore = 1
net.ipv4.conf.all.arp_announce = 2
"""
IP_ADDR = """\
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    inet 127.0.0.1/8 scope host lo
    inet 192.0.2.10/24 scope global lo
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP group default qlen 1000
    inet 192.0.2.21/24 brd 192.0.2.255 scope global eth0
"""
VIP_LINE = "    inet 192.0.2.10/24 scope global lo\n"
RULE = "vip-mask-on-lo-too-wide"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The golden files of a real server whose VIP has its subnet's mask on lo; we stand at the repository's top."""
    golden = tmp_path / "repository/golden/rs1"
    golden.mkdir(parents=True)
    (tmp_path / "repository/.git").mkdir()
    (golden / "sysctl.conf").write_text(SYSCTL)
    (golden / "ip-addr").write_text(IP_ADDR)
    monkeypatch.chdir(tmp_path / "repository")
    return tmp_path / "repository"


@pytest.fixture
def scan(run: Run, repository: Path) -> Callable[..., tuple[int, dict[str, Any]]]:
    """The job: scans the golden files; the exit code and the JSON report."""

    def scan(*options: object) -> tuple[int, dict[str, Any]]:
        code, out, _ = run("scan", "golden", "-f", "json", *options)
        return code, json.loads(out)

    return scan


Scan = Callable[..., tuple[int, dict[str, Any]]]


def findings(report: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(finding["rule"], finding["accepted"]) for finding in report["findings"]]


def commented(repository: Path, *words: str) -> None:
    """Puts a comment to lvsdoctor above the line with the VIP."""
    text = IP_ADDR.replace(VIP_LINE, f"# lvsdoctor: accept {' '.join(words)}\n{VIP_LINE}")
    (repository / "golden/rs1/ip-addr").write_text(text)


def configured(repository: Path, text: str) -> None:
    (repository / "lvsdoctor.toml").write_text(text)


def an_acceptance(**more: str) -> str:
    told = {"rule": f'"{RULE}"', "reason": '"a lab"', **more}
    return "[[accept]]\n" + "".join(f"{key} = {value}\n" for key, value in told.items())


# -- the story --------------------------------------------------------------------------------------------------------


def test_the_job_is_red_and_green_once_the_printed_fix_is_in_the_file(scan: Scan, repository: Path) -> None:
    code, report = scan()
    assert (code, findings(report)) == (1, [(RULE, None)])
    assert "rs1/ip-addr" in [line["where"] for line in report["findings"][0]["evidence"]]
    removed, added = (command.split() for command in report["findings"][0]["fix"]["now"])
    assert (removed[:3], added[:3]) == (["ip", "addr", "del"], ["ip", "addr", "add"])
    file = repository / "golden/rs1/ip-addr"
    file.write_text(IP_ADDR.replace(f"inet {removed[3]}", f"inet {added[3]}"))
    code, report = scan()
    assert (code, findings(report)) == (0, [])


def test_the_job_is_green_with_a_comment_and_the_finding_stays_in_sight(scan: Scan, run: Run, repository: Path) -> None:
    commented(repository, RULE, "the whole subnet is ours")
    code, report = scan()
    assert (code, findings(report)) == (
        0,
        [(RULE, {"reason": "the whole subnet is ours", "by": "rs1/ip-addr:3"})],
    )
    assert report["summary"]["accepted"] == 1
    _, shown, _ = run("scan", "golden")
    assert "the whole subnet is ours (by rs1/ip-addr:3)" in " ".join(shown.split())
    assert "0 errors, 0 warnings, 0 notes; 1 accepted" in shown


def test_the_job_is_red_again_when_the_comment_s_date_has_passed(scan: Scan, run: Run, repository: Path) -> None:
    commented(repository, RULE, "until=2000-12-31", "until the move")
    code, report = scan()
    assert (code, findings(report)) == (1, [(RULE, None)])
    lapsed = {"reason": "until the move", "by": "rs1/ip-addr:3", "until": "2000-12-31"}
    assert report["findings"][0]["lapsed"] == lapsed
    assert "Was accepted until 2000-12-31 (rs1/ip-addr:3): until the move" in " ".join(run("scan", "golden")[1].split())
    commented(repository, RULE, "until=9999-12-31", "until the move")
    assert scan()[0] == 0


@pytest.mark.parametrize("name", report_formats())
def test_what_is_accepted_is_in_sight_in_every_format(run: Run, repository: Path, name: str) -> None:
    commented(repository, RULE, "the whole subnet is ours")
    code, out, _ = run("scan", "golden", "-f", name)
    # Prometheus has numbers alone.
    sign = 'lvsdoctor_accepted_findings{node="rs1"} 1' if name == "prometheus" else "the whole subnet is ours"
    assert (code, sign in " ".join(out.split())) == (0, True)


def test_a_comment_without_a_reason_leaves_the_job_red(scan: Scan, run: Run, repository: Path) -> None:
    commented(repository, RULE)
    assert scan()[0] == 1
    assert f"it gives no reason why {RULE} is fine here" in " ".join(run("scan", "golden")[1].split())


def test_a_comment_changes_nothing_of_what_is_read(scan: Scan, repository: Path) -> None:
    before = scan()[1]
    commented(repository, RULE, "fine")
    after = scan()[1]
    assert (after["unread"], after["outcomes"]) == (before["unread"], before["outcomes"])


def test_the_configuration_file_accepts_by_rule_node_and_vip(scan: Scan, repository: Path) -> None:
    configured(repository, an_acceptance(node='"rs*"', vip='"192.0.2.*"', until="9999-12-31"))
    code, report = scan()
    assert (code, findings(report)) == (
        0,
        [(RULE, {"reason": "a lab", "by": "lvsdoctor.toml:1", "until": "9999-12-31"})],
    )
    configured(repository, an_acceptance(node='"lb*"'))
    assert scan()[0] == 1
    configured(repository, an_acceptance(until="2000-01-01"))
    assert scan()[0] == 1


@pytest.mark.parametrize("rule", [RULE, "ADDR001", "addr001", "vip-mask-on-lo-*", "ADDR*", "address"])
def test_a_rule_is_accepted_by_name_code_family_or_glob(scan: Scan, repository: Path, rule: str) -> None:
    configured(repository, an_acceptance(rule=f'"{rule}"'))
    assert scan()[0] == 0


@pytest.mark.parametrize(
    ("rule", "hint"),
    [("vip-mask-on-lo-too-wid", f"; did you mean {RULE}?"), ("xyzzy*", "; known: ")],
)
def test_an_acceptance_of_no_rule_is_a_mistake_with_its_line(run: Run, repository: Path, rule: str, hint: str) -> None:
    configured(repository, "\n" + an_acceptance(rule=f'"{rule}"'))
    code, out, err = run("scan", "golden")
    assert (code, out) == (2, "")
    assert err.startswith(f"lvsdoctor: lvsdoctor.toml:2: unknown rule '{rule}'{hint}")


def test_an_acceptance_that_nothing_needs_is_told_in_the_report(run: Run, repository: Path) -> None:
    configured(repository, an_acceptance(rule='"vip-mask-on-silent-link-too-wide"'))
    code, out, _ = run("scan", "golden")
    said = " ".join(out.split())
    assert code == 1
    assert "the acceptance of vip-mask-on-silent-link-too-wide covers nothing here: it was checked on rs1" in said
    assert "(lvsdoctor.toml:1)" in said


def test_no_accept_counts_all_that_was_accepted(scan: Scan, repository: Path) -> None:
    configured(repository, an_acceptance() + '[[accept]]\nrule = "arp"\nreason = "quiet"\n')
    commented(repository, RULE, "fine")
    assert scan()[0] == 0
    assert scan("--no-accept")[0] == 1


def test_a_comment_in_a_paste_accepts_nothing_and_is_not_lost(
    run: Run, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commented(repository, RULE, "fine")
    paste = (repository / "golden/rs1/ip-addr").read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(paste)))
    code, out, _ = run("scan", "-", "-f", "json")
    report = json.loads(out)
    assert (code, findings(report)) == (1, [(RULE, None)])
    assert [line["text"] for line in report["unread"]] == [f"# lvsdoctor: accept {RULE} fine"]


def test_a_comment_in_one_host_s_part_of_a_file_is_that_host_s(run: Run, tmp_path: Path) -> None:
    text = IP_ADDR.replace(VIP_LINE, f"# lvsdoctor: accept {RULE} fine\n{VIP_LINE}")
    file = tmp_path / "both"
    file.write_text(f"[root@rs1 ~]# ip addr\n{text}[root@rs2 ~]# ip addr\n{IP_ADDR}")
    report = json.loads(run("scan", file, "-f", "json")[1])
    told = {(f["node"], f["accepted"] is not None) for f in report["findings"] if f["rule"] == RULE}
    assert told == {("rs1", True), ("rs2", False)}


# -- the baseline -----------------------------------------------------------------------------------------------------


def test_with_a_baseline_only_what_is_new_turns_the_job_red(scan: Scan, run: Run, repository: Path) -> None:
    code, _, err = run("scan", "golden", "--write-baseline", "baseline.json")
    assert (code, err) == (0, "lvsdoctor: baseline.json knows 1 finding now\n")
    code, report = scan("--baseline", "baseline.json")
    assert (code, findings(report)) == (0, [(RULE, {"reason": "known since the baseline", "by": "baseline.json"})])
    second = repository / "golden/rs2"
    second.mkdir()
    (second / "ip-addr").write_text(IP_ADDR)
    (second / "sysctl.conf").write_text(SYSCTL)
    code, report = scan("--baseline", "baseline.json")
    assert code == 1
    assert {f["node"] for f in report["findings"] if f["accepted"] is None} == {"rs2"}


def test_what_is_fixed_is_told_and_pruned(scan: Scan, run: Run, repository: Path) -> None:
    run("scan", "golden", "--write-baseline", "b.json")
    (repository / "golden/rs1/ip-addr").write_text(IP_ADDR.replace("192.0.2.10/24", "192.0.2.10/32"))
    code, out, _ = run("scan", "golden", "--baseline", "b.json")
    assert code == 0
    assert f"{RULE} on rs1 is fixed and can leave b.json" in " ".join(out.split())
    _, out, err = run("scan", "golden", "--baseline", "b.json", "--write-baseline", "b.json")
    assert err == "lvsdoctor: b.json knows 0 findings now; 1 fixed\n"
    assert "is fixed" not in out
    (repository / "golden/rs1/ip-addr").write_text(IP_ADDR)
    assert scan("--baseline", "b.json")[0] == 1


def test_pruning_does_not_let_anything_new_in(scan: Scan, run: Run, repository: Path) -> None:
    (repository / "golden/rs1/ip-addr").write_text(IP_ADDR.replace("192.0.2.10/24", "192.0.2.10/32"))
    run("scan", "golden", "--write-baseline", "b.json")
    (repository / "golden/rs1/ip-addr").write_text(IP_ADDR)
    assert scan("--baseline", "b.json", "--write-baseline", "b.json")[0] == 1


def test_the_configured_baseline_stands_beside_its_file_and_can_be_written_before_it_is_there(
    run: Run, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured(repository, 'baseline = "known/b.json"\n')
    (repository / "known").mkdir()
    assert run("scan", "golden")[2].startswith("lvsdoctor: known/b.json: no such baseline; --write-baseline")
    assert run("scan", "golden", "--write-baseline", "known/b.json")[0] == 0
    assert run("scan", "golden")[0] == 0
    monkeypatch.chdir(repository / "golden")
    assert run("scan", "rs1")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--baseline", "none.json"), "none.json: no such baseline; --write-baseline none.json makes one"),
        (("--baseline", "golden"), "golden: Is a directory"),
        (("--baseline", "golden/rs1/sysctl.conf"), "sysctl.conf: is not a baseline as --write-baseline writes it"),
        (("--baseline", "binary"), "binary: is not written in UTF-8"),
        (("--write-baseline", "no/b.json"), "no/b.json: No such file or directory"),
        (("--no-accept", "--baseline", "b.json"), "--no-accept counts what a baseline knows"),
        (("--fail-on", "bad"), "argument --fail-on: invalid choice"),
        (("--config", "none.toml"), "none.toml: No such file or directory"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_2(
    run: Run, repository: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    (repository / "binary").write_bytes(b"\xff\xfe{}")
    code, out, err = run("scan", "golden", *arguments)
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert sentence in err


def test_a_baseline_is_written_to_a_pipe_and_does_not_take_its_place(run: Run, repository: Path) -> None:
    assert run("scan", "golden", "--write-baseline", os.devnull)[0] == 0
    assert not Path(os.devnull).is_file()


# -- what counts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "arguments", "code"),
    [
        ('fail-on = "never"', (), 0),
        ('fail-on = "never"', ("--fail-on", "error"), 1),
        ('ignore = ["address"]', (), 0),
        ('ignore = ["address"]', ("--ignore", "arp"), 1),
        ('select = ["arp"]', (), 0),  # the files alone tell of one pitfall, and nothing of what runs
        ('select = ["arp"]', ("--select", "ADDR*"), 1),
        ('select = ["arp"]', ("--config", "none"), 1),
        ('ignore = ["address"]\nrequire-complete = true', (), 3),
    ],
)
def test_the_configuration_file_decides_and_the_command_line_overrules_it(
    scan: Scan, repository: Path, text: str, arguments: tuple[str, ...], code: int
) -> None:
    configured(repository, text)
    assert scan(*arguments)[0] == code


def test_what_the_configuration_file_decides_unseen_is_told_in_the_report(run: Run, repository: Path) -> None:
    configured(repository, 'fail-on = "warning"\nignore = ["address", "ARP002"]\nrequire-complete = true\n')
    told = "lvsdoctor.toml sets fail-on = warning; ignore = address, ARP002; require-complete = true"
    assert told in " ".join(run("scan", "golden")[1].split())
    told = "lvsdoctor.toml sets ignore = address, ARP002; require-complete = true"
    assert told in " ".join(run("scan", "golden", "--fail-on", "error")[1].split())
