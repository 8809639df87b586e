"""Tab completes what --help shows, in each shell's own way."""

import os
import pty
import re
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

LVSDOCTOR = [sys.executable, "-m", "lvsdoctor"]


def completion(shell: str) -> str:
    return subprocess.run([*LVSDOCTOR, "completion", shell], capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    home = tmp_path_factory.mktemp("completion")
    for shell in ("bash", "zsh", "fish"):
        (home / shell).write_text(completion(shell))
    return {shell: home / shell for shell in ("bash", "zsh", "fish")}


def needed(command: str) -> str:
    found = shutil.which(command)
    if found is None:
        pytest.skip(f"{command} is not installed")
    return found


LINES = [
    (["sca"], "scan"),
    (["scan", "--ro"], "--role"),
    (["scan", "--role", "dir"], "director"),
    (["scan", "-f", "sar"], "sarif"),
    (["explain", "arp-ignore-only"], "arp-ignore-only-on-lo"),
    (["rules", "tr"], "try"),
    (["rules", "list", "--ru"], "--rules"),
    (["completion", "fi"], "fish"),
]


@pytest.mark.parametrize(("typed", "offered"), LINES)
def test_bash_offers_it(scripts: dict[str, Path], typed: list[str], offered: str) -> None:
    asking = 'source "$0"; COMP_WORDS=(lvsdoctor "$@"); COMP_CWORD=$#; _lvsdoctor; printf "%s\\n" "${COMPREPLY[@]}"'
    ran = subprocess.run(
        [needed("bash"), "-c", asking, str(scripts["bash"]), *typed], capture_output=True, text=True, check=True
    )
    assert offered in ran.stdout.split(), ran.stderr


def test_bash_knows_the_value_behind_an_equals_sign(scripts: dict[str, Path]) -> None:
    asking = 'source "$0"; COMP_WORDS=(lvsdoctor scan --color = al); COMP_CWORD=4; _lvsdoctor; echo "${COMPREPLY[*]}"'
    ran = subprocess.run(
        [needed("bash"), "-c", asking, str(scripts["bash"])], capture_output=True, text=True, check=True
    )
    assert ran.stdout.split() == ["always"]


@pytest.mark.parametrize(("typed", "offered"), LINES)
def test_fish_offers_it(scripts: dict[str, Path], tmp_path: Path, typed: list[str], offered: str) -> None:
    asking = f"source {scripts['fish']}; complete -C '{' '.join(['lvsdoctor', *typed])}'"
    ran = subprocess.run(
        [needed("fish"), "--no-config", "-c", asking],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "HOME": str(tmp_path)},
    )
    assert offered in [line.partition("\t")[0] for line in ran.stdout.splitlines()], ran.stderr


@pytest.fixture(scope="module")
def zsh(scripts: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """An interactive zsh that has sourced the completion, as the file descriptor of its terminal."""
    shell, home = needed("zsh"), tmp_path_factory.mktemp("home")
    child, terminal = pty.fork()
    if child == 0:
        os.execve(shell, [shell, "-f", "-i"], {"PATH": os.environ["PATH"], "HOME": str(home), "TERM": "dumb"})
    ready = (
        f"autoload -U compinit; compinit -D -u; source {scripts['zsh']}; unsetopt zle_bracketed_paste; print REA''DY\n"
    )
    os.write(terminal, ready.encode())
    read_until(terminal, "\nREADY\r?\n")
    yield terminal
    os.close(terminal)
    os.waitpid(child, 0)


def read_until(terminal: int, pattern: str) -> str:
    """What the terminal shows at the first match of `pattern`; the test fails if it does not come."""
    shown = ""
    while not (found := re.search(pattern, shown)):
        readable, _, _ = select.select([terminal], [], [], 30)
        assert readable, f"{pattern!r} was not shown, but {shown!r}"
        shown += os.read(terminal, 65536).decode(errors="replace")
    return found[0]


@pytest.mark.parametrize(("typed", "offered"), LINES)
def test_zsh_completes_it(zsh: int, typed: list[str], offered: str) -> None:
    # Tab, then back to the line's beginning, where a command is put in front that prints what the line has become.
    os.write(zsh, f"lvsdoctor {' '.join(typed)}\t\x01print -r -- GOT: \n".encode())
    shown = read_until(zsh, "\nGOT: lvsdoctor [^\r\n]*\r?\n").split()
    assert shown[1 : len(typed) + 2] == ["lvsdoctor", *typed[:-1], offered]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_itself_finds_no_fault_in_it(scripts: dict[str, Path], shell: str) -> None:
    ran = subprocess.run([needed(shell), "-n", str(scripts[shell])], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_every_option_of_scan_s_help_is_offered(scripts: dict[str, Path]) -> None:
    said = subprocess.run([*LVSDOCTOR, "scan", "--help"], capture_output=True, text=True, check=True).stdout
    options = {word.strip(",.:;()") for line in said.splitlines() for word in line.split() if word.startswith("--")}
    for shell in ("bash", "zsh"):
        text = scripts[shell].read_text()
        assert sorted(o for o in options if o.partition("=")[0] not in text and o.isascii()) == []
