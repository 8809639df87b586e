"""The README's two commands exist as written, and CI runs the one that tests."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def commands_in_fences(text: str) -> list[str]:
    """The lines of all fenced blocks, without comments behind the command."""
    fences = re.findall(r"^```[a-z]*\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    return [re.sub(r"\s+#.*", "", line).strip() for fence in fences for line in fence.splitlines()]


@pytest.mark.parametrize("command", ["./run", "./test"])
def test_the_readme_gives_the_command_and_it_can_be_run(command: str) -> None:
    assert command in commands_in_fences((ROOT / "README.md").read_text())
    assert os.access(ROOT / command, os.X_OK)


def test_ci_runs_the_readme_s_test_command() -> None:
    lines = (ROOT / ".ci" / "run").read_text().splitlines()
    assert "./test" in lines


@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        "README.zh.md",
        "CONTRIBUTING.md",
        *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md"))),
    ],
)
def test_no_page_links_to_a_file_that_is_not_there(page: str) -> None:
    text = (ROOT / page).read_text()
    targets = [target for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text) if "://" not in target]
    assert [target for target in targets if not ((ROOT / page).parent / target).exists()] == []


READMES = {"README.md": "en", "README.zh.md": "zh_CN"}


@pytest.mark.parametrize("readme", READMES)
def test_the_readme_is_short_enough_to_be_read(readme: str) -> None:
    assert len((ROOT / readme).read_text(encoding="utf-8").splitlines()) <= 250


def test_the_readmes_show_the_same_commands_name_the_same_rules_and_link_to_each_other() -> None:
    english, other = ((ROOT / name).read_text(encoding="utf-8") for name in READMES)
    commands = [
        [line for line in commands_in_fences(text.replace(" --lang zh_CN", "")) if line] for text in (english, other)
    ]
    assert [line for line in commands[0] if line.startswith(("lvsdoctor ", "sudo ", "./", "pipx "))] == [
        line for line in commands[1] if line.startswith(("lvsdoctor ", "sudo ", "./", "pipx "))
    ]
    codes = [set(re.findall(r"\b(?!GPL|IPV|RFC)[A-Z0-9]{2,5}\d{3}\b", text)) for text in (english, other)]
    assert codes[0] == codes[1]
    assert "(README.zh.md)" in english
    assert "(README.md)" in other


@pytest.mark.parametrize("readme", READMES)
def test_the_readme_shows_what_the_example_says(readme: str) -> None:
    text = (ROOT / readme).read_text(encoding="utf-8")
    shown = re.findall(r"^```text\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)[0]
    scan = [sys.executable, "-m", "lvsdoctor", "scan", "examples/leaking-real-server", "--lang", READMES[readme]]
    environment = os.environ | {"COLUMNS": "100", "NO_COLOR": "1"}
    output = subprocess.run(scan, cwd=ROOT, env=environment, capture_output=True, text=True, check=False).stdout
    begins, ends = shown.split("[...]\n")
    assert output.startswith(begins.rstrip("\n"))
    # How many rules lack something grows with the rules.
    rules = r"\d+ (?=rules|条规则)"
    assert re.sub(rules, "", output).endswith(re.sub(rules, "", ends.strip("\n")) + "\n")
