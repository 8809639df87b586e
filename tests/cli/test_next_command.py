"""What a scan says is to be typed next: `fix` with what decided the scan, in words that a shell reads as one."""

import shlex
from pathlib import Path

import pytest

from lvsdoctor.cli.next_command import fix_command
from lvsdoctor.cli.parser import parsed


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ("dumps/", "lvsdoctor fix dumps/"),
        ("", "lvsdoctor fix"),
        ("--netns blue", "lvsdoctor fix --netns blue"),
        ("-f terminal -v --fail-on never a b", "lvsdoctor fix a b"),
        ("--role director --vip 192.0.2.10 --select arp --ignore ARP003 --no-accept a", None),
        ("--config none --baseline known.json --rules mine a", None),
        ("- ", "lvsdoctor fix - < FILE"),
        ("--with rs1=60-lvs.conf dumps", ""),
        ("--node rs1=paste.txt", ""),
    ],
)
def test_the_command_has_what_decided_the_scan(
    typed: str, command: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SUDO_USER", raising=False)
    made = fix_command(parsed(["scan", *shlex.split(typed)]))
    if command is not None:
        assert made == command
    else:
        options, again = parsed(["scan", *shlex.split(typed)]), parsed(shlex.split(made)[1:])
        names = ("role", "vip", "select", "ignore", "no_accept", "config", "baseline", "rules", "paths")
        assert {name: getattr(again, name) for name in names} == {name: getattr(options, name) for name in names}


def test_a_path_is_one_word(tmp_path: Path) -> None:
    path = str(tmp_path / "case 4711; $(reboot)")
    assert shlex.split(fix_command(parsed(["scan", path]))) == ["lvsdoctor", "fix", path]


def test_what_sudo_ran_on_this_host_is_run_by_sudo_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "alice")
    assert fix_command(parsed(["scan"])) == 'sudo "$(command -v lvsdoctor)" fix'
    assert fix_command(parsed(["scan", "dumps"])) == "lvsdoctor fix dumps"
