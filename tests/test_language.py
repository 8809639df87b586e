"""Reports for people in another language, and nothing else: what decides and what programs read stays English."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lvsdoctor.cli.main import main
from lvsdoctor.language import (
    ENGLISH,
    filled,
    language_named,
    language_of_environment,
    languages,
    plural,
    speaking,
    spoken,
    translated,
)
from lvsdoctor.sanitize import cells

ROOT = Path(__file__).parents[1]
EXAMPLE = str(ROOT / "examples/leaking-real-server")
OTHER = "zh_CN"


@pytest.fixture
def chinese() -> Iterator[None]:
    with speaking(OTHER):
        yield


# -- which language ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("locale", "name"),
    [
        ("zh_CN.UTF-8", OTHER),
        ("zh_CN", OTHER),
        ("zh-cn", OTHER),
        ("zh", OTHER),
        ("zh_SG.utf8", OTHER),
        ("zh_CN.GB18030@x", OTHER),
        ("zh_TW.UTF-8", ""),
        ("zh_HK", ""),
        ("de_DE.UTF-8", ""),
        ("en_US.UTF-8", ENGLISH),
        ("C.UTF-8", ENGLISH),
        ("POSIX", ENGLISH),
        ("../../etc/passwd", ""),
    ],
)
def test_a_locale_names_a_language_or_none_that_is_spoken_here(locale: str, name: str) -> None:
    assert language_named(locale) == name


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({}, ENGLISH),
        ({"LANG": "zh_CN.UTF-8"}, OTHER),
        ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, ENGLISH),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8"}, OTHER),
        ({"LC_ALL": "C", "LC_MESSAGES": "zh_CN.UTF-8"}, ENGLISH),
        ({"LC_ALL": "", "LANG": "zh_CN.UTF-8"}, OTHER),
        ({"LANG": "zh_TW.UTF-8"}, ENGLISH),
        ({"LC_CTYPE": "zh_CN.UTF-8"}, ENGLISH),
    ],
)
def test_the_variables_of_posix_tell_the_language(environment: dict[str, str], name: str) -> None:
    assert language_of_environment(environment) == name


def test_the_catalogue_of_each_language_is_installed() -> None:
    assert languages() == (ENGLISH, OTHER)


def test_a_language_is_in_force_only_within_its_block() -> None:
    with speaking(OTHER):
        assert spoken() == OTHER
        with speaking(ENGLISH):
            assert (spoken(), translated("Clients")) == (ENGLISH, "Clients")
        assert translated("Clients") != "Clients"
    assert (spoken(), translated("Clients")) == (ENGLISH, "Clients")


# -- a text ------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("chinese")
def test_what_the_catalogue_lacks_stays_english() -> None:
    assert translated("a text that no source has") == "a text that no source has"
    assert filled("{node} does what no catalogue knows", {"node": "rs1"}) == "rs1 does what no catalogue knows"


@pytest.mark.usefixtures("chinese")
def test_a_text_that_was_filled_before_is_found_by_its_template() -> None:
    shown = translated("clients beyond router 192.0.2.1")
    assert "192.0.2.1" in shown
    assert "clients" not in shown


@pytest.mark.usefixtures("chinese")
@pytest.mark.parametrize(
    "sentence",
    [
        "hosts that receive frames of input send those to it.",
        "a machine of the customers to which no source has a text",
        "the names of clients and 3 more",
    ],
)
def test_a_sentence_with_the_few_words_of_a_template_is_not_made_from_it(sentence: str) -> None:
    assert translated(sentence) == sentence


@pytest.mark.usefixtures("chinese")
def test_a_long_text_is_not_searched_for_a_template() -> None:
    long = "clients beyond router " + "192.0.2.1 " * 200
    assert translated(long) == long
    assert filled("{node} is {node}", {"node": long}) == f"{long} is {long}"


@pytest.mark.usefixtures("chinese")
def test_of_several_sentences_each_is_looked_up() -> None:
    together = "Clients get no reply. Another text that no source has."
    shown = translated(together)
    assert "Clients get" not in shown
    assert shown.endswith("Another text that no source has.")


@pytest.mark.usefixtures("chinese")
def test_what_stands_in_a_field_is_no_template() -> None:
    shown = filled("{node} answers ARP requests for VIP {vip} on {link}", {"node": "{vip}", "vip": "{0}", "link": "%s"})
    assert all(word in shown for word in ("{vip}", "{0}", "%s"))
    assert "{link.__class__}" in translated("clients beyond router {link.__class__}")


@pytest.mark.usefixtures("chinese")
def test_a_number_needs_no_plural_in_chinese() -> None:
    one, many = (plural("{number} error", "{number} errors", number) for number in (1, 2))
    assert one.replace("1", "2") == many != "2 errors"


# -- only what people read ---------------------------------------------------------------------------------------------


def report(tmp_path: Path, format_: str, *more: str, locale: str = "C.UTF-8") -> str:
    file = tmp_path / f"report-{format_}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LC_ALL", locale)
        patch.chdir(ROOT)  # commands name the PATH: how wide they are must not hang on where the checkout lies
        main(["scan", "examples/leaking-real-server", "-f", f"{format_}={file}", *more])
    times = r"\d{4}-\d\d-\d\dT[\d:.]+|time(?:stamp)?=\"[^\"]*\"|[\d.]+s;|(?<=seconds )[\d.]+"
    return re.sub(times, "", file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("format_", ["json", "sarif", "junit", "gitlab", "github", "nagios", "prometheus"])
def test_what_programs_read_is_english_in_every_locale(tmp_path: Path, format_: str) -> None:
    english = report(tmp_path, format_)
    assert report(tmp_path, format_, locale="zh_CN.UTF-8") == english
    assert report(tmp_path, format_, "--lang", OTHER) == english


@pytest.mark.parametrize("format_", ["terminal", "html", "markdown"])
def test_what_people_read_is_in_the_language_of_the_environment_or_of_the_option(tmp_path: Path, format_: str) -> None:
    word = "对客户端的影响"
    assert word in report(tmp_path, format_, locale="zh_CN.UTF-8")
    assert word in report(tmp_path, format_, "--lang", "zh")
    assert word not in report(tmp_path, format_, "--lang", "en", locale="zh_CN.UTF-8")
    assert word not in report(tmp_path, format_, locale="zh_TW.UTF-8")


def test_the_result_in_a_chinese_page_is_the_english_one(tmp_path: Path) -> None:
    pages = [report(tmp_path, "html", "--lang", name) for name in (ENGLISH, OTHER)]
    embedded = [json.loads(page.partition('id="lvsdoctor-result">')[2].partition("</script>")[0]) for page in pages]
    assert embedded[0] == embedded[1]
    assert 'lang="en"' in pages[0]
    assert 'lang="zh-CN"' in pages[1]


def test_codes_rules_commands_and_quoted_lines_are_not_translated(tmp_path: Path) -> None:
    english, other = (report(tmp_path, "terminal", "--lang", name) for name in (ENGLISH, OTHER))
    quoted = [line for line in english.splitlines() if " | net." in line or line.startswith("    sysctl")]
    assert quoted
    assert set(quoted) <= set(other.splitlines())
    for word in ("ARP002", "lvsdoctor explain arp-ignore-only-on-lo", "net.ipv4.conf.lo.arp_ignore = 1"):
        assert word in english
        assert word in other


def test_the_environment_is_not_followed_where_the_stream_cannot_write_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "lvsdoctor", "scan", EXAMPLE]
    environment = {**os.environ, "LANG": "zh_CN.UTF-8", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    environment = {name: value for name, value in environment.items() if not name.startswith("LC_")}
    ran = subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)
    assert "Clients:" in ran.stdout


@pytest.mark.parametrize("verb", [["scan", EXAMPLE], ["explain", "ARP002"], ["trace", "192.0.2.10", EXAMPLE]])
def test_an_unknown_language_is_named_with_the_one_that_was_meant(
    verb: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*verb, "--lang", "zh_CM"]) == 2
    assert "unknown language 'zh_CM'; did you mean zh_CN?" in capsys.readouterr().err


@pytest.mark.parametrize("columns", ["60", "80", "160"])
def test_a_chinese_report_keeps_to_the_columns(columns: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    lines = report(tmp_path, "terminal", "--lang", OTHER).splitlines()
    commands = [line for line in lines if line.startswith(("    printf", "    sysctl"))]
    # The summary is one line, to be grepped for.
    assert [line for line in lines[:-1] if cells(line) > int(columns) and line not in commands] == []


def test_nothing_in_the_report_of_the_example_is_left_in_english(tmp_path: Path) -> None:
    shown = report(tmp_path, "terminal", "--lang", OTHER)
    sentences = re.findall(r"\b[a-z]{3,} (?:is|are|has|of|the|not) [a-z]{2,}", shown)
    assert sentences == []
