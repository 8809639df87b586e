"""The manual page says what --help says, and man can show it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lvsdoctor.cli.parser import whole_parser
from lvsdoctor.cli.verbs import Verb, verb_of

PAGE = Path(__file__).parents[2] / "docs/lvsdoctor.1"


def shown() -> str:
    if shutil.which("groff") is None:
        pytest.skip("groff is not installed")
    ran = subprocess.run(
        ["groff", "-man", "-Tascii", "-ww", "-P-cbou", "-rLL=400n", str(PAGE)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stderr == ""
    return ran.stdout


def options(verb: Verb) -> set[str]:
    own = {option.shown for option in verb.options if "--help" not in option.names}
    return own.union(*(options(below) for below in verb.verbs))


def test_the_manual_page_names_every_option_of_every_verb() -> None:
    text = shown()
    program = verb_of(whole_parser())
    wanted = set[str]().union(*(options(verb) for verb in program.verbs))
    assert sorted(option for option in wanted if option not in text) == []


def test_the_manual_page_tells_the_exit_codes_and_examples() -> None:
    text = shown()
    assert "2  wrong usage, unreadable input, internal error," in text
    assert "lvsdoctor explain arp-ignore-only-on-lo" in text


def test_the_manual_page_is_made_from_the_options_as_they_are() -> None:
    made = [sys.executable, str(PAGE.parents[1] / "tools/manual.py"), "--check"]
    ran = subprocess.run(made, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
