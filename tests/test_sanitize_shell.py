"""Words of commands: whatever stands in them, a shell takes each for one word and for nothing else."""

import subprocess
from shlex import quote, split

import pytest

from lvsdoctor.sanitize import command, legible, word

HOSTILE = (
    "$(reboot)", "`id`", "a'b", 'a"b', "x;reboot", "{{7*7}}", "-rf", "a\\", "*", "~root", "#x", "!1", "a&b|c",
    "=reboot", "##[error]x", "###[x]", "#'#[x]", "##vso[task.x]", "é", "", "a b",
)  # fmt: skip


@pytest.mark.parametrize("value", HOSTILE)
def test_a_shell_and_our_own_reader_get_the_value_back(value: str) -> None:
    line = command("printf", "%s,", value, value)
    assert split(line) == ["printf", "%s,", value, value]
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True, encoding="utf-8")
    assert done.stdout == f"{value},{value},"


@pytest.mark.parametrize(
    "value", ["eth0", "eth0.100", "bond0:1", "net.ipv4.conf.eth0/100.arp_ignore=1", "192.0.2.10/32"]
)
def test_a_word_that_needs_no_quotes_stays_bare(value: str) -> None:
    assert word(value) == value


@pytest.mark.parametrize("value", [value for value in HOSTILE if "##" not in value and value[:1] != "="])
def test_quotes_are_those_of_shlex(value: str) -> None:
    assert word(value) == quote(value)


def test_a_word_never_leaves_its_line_and_hides_nothing() -> None:
    assert word("a\nreboot") == r"'a\nreboot'"
    assert word("a\x1b[2J\u202e\x9b") == r"'a\x1b[2J\u202e\x9b'"


@pytest.mark.parametrize("value", ["##[error]x", "###[x]", "##vso[task.x]", "##teamcity[x]", "a##[b]"])
def test_a_ci_runner_finds_no_command_in_a_word_which_stays_the_same_word(value: str) -> None:
    line = command("ip", "link", "set", value, "up")
    assert legible(line) == line
    assert split(line)[3] == value
