"""The catalogues hold what the sources say, and a translation has what its source has: placeholders, commands, keys."""

import subprocess
import sys
from pathlib import Path

import pytest

from lvsdoctor.language import speaking, translated
from lvsdoctor.reporting.rule_page import origin, page_of, read_translated_page, translated_page
from tools import translations
from tools.texts import asked_for, marked, nouns, phrases, reasons

ROOT = Path(__file__).parents[2]
OTHER = "zh_CN"

PAGE = """# some-rule

One sentence.

## What you see

It fails.

## Why

It is `rp_filter`.

## Fix

### Now

    sysctl -w net.ipv4.conf.all.rp_filter=2

### For good

The same in a file.

### Verify

`sysctl net.ipv4.conf.all.rp_filter` → 2

## When it is fine

Never.

## Cases

## References

A book.
"""


def chinese(page: str = PAGE) -> str:
    """The same page with the headings in Chinese."""
    lines = []
    with speaking(OTHER):
        for line in page.partition("\n## Cases")[0].splitlines():
            hashes, _, heading = line.partition(" ")
            lines.append(f"{hashes} {translated(heading)}" if hashes in ("##", "###") else line)
    return "\n".join([*lines, "", f"<!-- translated from {origin(page)} -->", ""])


def test_the_catalogue_is_not_broken_and_says_what_the_sources_say() -> None:
    command = [sys.executable, "tools/translations.py", "--check"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_what_is_missing_or_stale_is_listed_and_fails_only_when_asked_to() -> None:
    report = translations.checked(OTHER)
    command = [sys.executable, "tools/translations.py", "--check", "--strict"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == (1 if report.missing or report.stale else 0)
    for name in (*report.missing, *report.stale):
        assert name in ran.stdout


# -- what is wrong with a translation ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown", "problem"),
    [
        ("{node} has {vip}", "{node} 有 {vip}", ""),
        ("{node} has {vip}", "{vip} 在 {node} 上，{node} 是调度器", ""),
        ("no {} rule in {}", "{1} 中没有 {0} 规则", ""),
        ("{node} has {vip}", "{node} 有 VIP", "placeholders"),
        ("{node} has {vip}", "{node} 有 {vip} 和 {rip}", "placeholders"),
        ("run `ip addr` first", "先运行 `ip address`", "`ip addr` stays"),
        ("say it with --role director", "用 --角色 指明", "--role stays"),
        ("arp_ignore=1 hides it", "arp_ignore 隐藏它", "arp_ignore=1 stays"),
        ("set net.ipv4.ip_forward", "设置 ip_forward", "net.ipv4.ip_forward stays"),
        ("write /etc/sysctl.d/zz.conf", "写入文件", "/etc/sysctl.d/zz.conf stays"),
    ],
)
def test_placeholders_and_commands_are_those_of_the_source(text: str, shown: str, problem: str) -> None:
    problems = "; ".join(translations.broken(text, shown))
    assert problem in problems
    assert bool(problem) == bool(problems)


def test_a_page_in_another_language_has_the_headings_and_the_commands_of_its_page() -> None:
    with speaking(OTHER):
        assert translations.broken_page(PAGE, chinese(), "some-rule") == []
        assert "Why" in translations.broken_page(PAGE, chinese().replace("## 原因", "## 缘由"), "some-rule")[0]
        assert "立即修复" in translations.broken_page(PAGE, chinese().replace("### 立即修复", "### 修"), "some-rule")[0]
        other = chinese().replace("rp_filter=2", "rp_filter=0")
        assert "rp_filter=2" in translations.broken_page(PAGE, other, "some-rule")[0]
        assert "last line" in translations.broken_page(PAGE, chinese().rpartition("<!--")[0], "some-rule")[0]


def test_a_page_whose_english_page_has_changed_is_stale_but_not_broken() -> None:
    changed = PAGE.replace("rp_filter=2", "rp_filter=0")
    with speaking(OTHER):
        assert translations.broken_page(changed, chinese(), "some-rule") == []
    assert origin(changed) != origin(PAGE)
    assert origin(PAGE.replace("## Cases\n", "## Cases\n\n### A case more\n")) == origin(PAGE)


# -- a page in the language in force -----------------------------------------------------------------------------------


class OfPage:
    name = "some-rule"

    def __init__(self, page: Path) -> None:
        self.page = str(page)


@pytest.fixture
def rule(tmp_path: Path) -> OfPage:
    (tmp_path / "some_rule.md").write_text(PAGE)
    (tmp_path / "some_rule.zh.md").write_text(chinese().replace("It fails.", "它失败。"))
    return OfPage(tmp_path / "some_rule.md")


def test_the_page_in_the_language_in_force_stands_under_the_english_headings(rule: OfPage) -> None:
    assert page_of(rule).sections["What you see"] == "It fails."
    with speaking(OTHER):
        page = page_of(rule)
    assert page.sections["What you see"] == "它失败。"
    assert "translated from" not in page.sections["When it is fine"]
    assert list(page.sections) == ["What you see", "Why", "Fix", "When it is fine", "Cases", "References"]
    assert page.sections["References"] == "A book."


@pytest.mark.parametrize("damage", ["", "# other-rule\n", "# some-rule\n\n## 原因\n"])
def test_a_page_that_cannot_be_read_is_shown_in_english(rule: OfPage, damage: str) -> None:
    Path(translated_page(rule.page, OTHER)).write_text(damage)
    with speaking(OTHER):
        assert page_of(rule).sections["What you see"] == "It fails."
    Path(translated_page(rule.page, OTHER)).write_bytes(b"\xff\xfe")
    with speaking(OTHER):
        assert page_of(rule).sections["What you see"] == "It fails."


def test_every_page_that_is_translated_can_be_read() -> None:
    with speaking(OTHER):
        for file in sorted(ROOT.glob("rules/*/*.zh.md")):
            name = file.name.removesuffix(".zh.md").replace("_", "-")
            assert read_translated_page(file.read_text(encoding="utf-8"), name).summary


# -- what is taken from a source ---------------------------------------------------------------------------------------


def test_the_texts_of_a_module_are_those_that_it_marks() -> None:
    source = """
HEADS = tuple(map(template, ("node", "role")))
_ONE, _TWO = "{x} is one", "{x} are two"
WORDS = {1: template("first"), 2: "second"}

def f(number, what):
    text = _ONE if number == 1 else _TWO
    say(f"not this {what}")
    return translated(text, x=1), labelled("To {x}", x=2), translated(WORDS[number]), counted(number, "rule")
"""
    assert set(marked(source)) == {"node", "role", "first", "second", "{x} is one", "{x} are two", "To {x}"}
    assert nouns(source) == ["rule"]


def test_the_texts_of_a_template_are_those_that_it_asks_for() -> None:
    source = """{# _("not this") #}<p>{{ _("One {x}.", x=f("y")) }} {{ wording.labelled("VIP") }}
<b>{{ counted(a|length, "case") }}{{ _(name) }}</b>"""
    assert asked_for(source) == ["One {x}.", "VIP"]
    assert nouns(source) == ["case"]


def test_of_constants_sentences_are_taken_and_commands_are_not() -> None:
    source = """
A = "the kernel refuses the entry"
B = "# save the rules as this host does"
C = "ip route show table all"
D = {"x": ("a keepalived.conf", r"(?:the) pattern\\\\b")}
"""
    assert phrases(source) == ["the kernel refuses the entry", "a keepalived.conf"]
    assert reasons('raise NotCollected("routes", node, f"the route to {vip}", "ip route")') == ["the route to {}"]
