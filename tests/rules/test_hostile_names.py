"""Links, hosts and files with hostile names in every rule's cases: no output offers a command with a bare value in it.

Two judges: outside of single quotes no command has the name; and a shell that knows no program runs every one of them
without making the file that the name would make.
"""

import html
import io
import json
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from pathlib import Path
from shlex import split
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from lvsdoctor.cli.fix.play import play
from lvsdoctor.cli.fix.script import script
from lvsdoctor.engine.case_runner import nodes_in
from lvsdoctor.engine.loader import load_report, load_rules
from lvsdoctor.engine.page_cases import Case, Fence, cases_of
from lvsdoctor.engine.paths import report_formats
from lvsdoctor.engine.runner import examine
from lvsdoctor.model.examination import Examination
from lvsdoctor.parse.words import read_link_name
from lvsdoctor.reporting.console import Output
from lvsdoctor.reporting.rule_page import page_of
from tests.cli.fix_cases import prescribed

RULES = load_rules()
FIRES = [(rule.name, case) for rule in RULES for case in cases_of(page_of(rule)) if case.expects == "fires"]
# Unquoted, each but the last ones makes the file `made`.
NAMES = ("$(>made)", "`>made`", "x;>made", "a'$(>made)", "|>made&", "{{7}}!~#", "##[error]", "-rf")
UNSEEN = "\x1b[2J\u202e\n"  # in the names of hosts and files
# Names by which the kernel model knows a link, and words and globs that stand where links do.
OWN_NAMES = frozenset({"*", "lo", "kube-ipvs0", "all", "default", "tunl0", "gre0", "sit0", "ip6tnl0"})
LINK = re.compile(
    r"^\s*\d+: ([^\s:@]+)[:@]|\bdev (\S+)|\bconf\.([^.\s]+)\.\w+ =|^([a-z][\w-]*\d): flags|\b[io]if (\S+)"
    r"|\b(?:interface|master) (?!sync )(\S+)|mcast=([^\s,]+)|(?:-i|-I|via) (?!fe80:)([a-z]\S*)",
    re.MULTILINE,
)
PROGRAM = re.compile(
    r"\b(?:ip (?:-6 )?(?:addr|link|route|rule|neigh|netns)|sysctl (?:-|'?net)|"
    r"(?:arping|ipvsadm|arptables|iptables|grep|rm) -|tcpdump |modprobe |ping |nmcli |networkctl |bridge |printf )"
)
QUOTED = re.compile(r"'[^']*'|\"'\"")


def named_links(case: Case) -> list[str]:
    found = (next(filter(None, groups)) for _, _, text in case.dumps() for groups in LINK.findall(text))
    return sorted({name.replace("/", ".") for name in found} - OWN_NAMES, key=len, reverse=True)


def renamed(case: Case, hostile: str) -> Case:
    """The case with the name in place of every link's and in front of every host's, and so in the files' names."""
    links = {name: f"{hostile}{number or ''}" for number, name in enumerate(named_links(case))}
    spelt = {name.replace(".", "/"): new for name, new in links.items()} | links
    words = "|".join(map(re.escape, sorted(spelt, key=len, reverse=True)))
    name = re.compile(rf"(?<![\w.:/-])({words})(?![\w/-]|\.\d)|(?<=conf\.)({words})(?=\.)") if links else None

    def changed(fence: Fence) -> Fence:
        lines = [name.sub(lambda at: spelt[at[0]], line) if name else line for line in fence.lines]
        return replace(fence, node=f"{hostile}{UNSEEN}{fence.node}", lines=tuple(lines))

    return replace(case, fences=tuple(map(changed, case.fences)))


def commands_in(examination: Examination) -> Iterator[str]:
    """Every line that is offered, from where all formats take them."""
    for found in examination.diagnoses:
        yield from (item.settle for item in found.evidence if item.assumed)
        yield from (*found.fix.now, *found.fix.persist)
    yield from (missing.command for outcome in examination.outcomes for missing in outcome.missing)


def bare(line: str, hostile: str) -> bool:
    """Does the name stand in it outside of quotes?"""
    return hostile in QUOTED.sub("''", line)


def made_by(lines: Iterable[str], place: Path) -> list[str]:
    """The lines that make the file when a shell runs them, and those of comments as well; it finds no program."""
    run = 'for line do (eval "$line"); if [ -e made ]; then printf "%s\\n" "$line"; /bin/rm made; fi; done'
    harmless = [line.lstrip("# ").replace("/etc/", "no-etc/").replace("/proc/", "no-proc/") for line in lines]
    made, different = list[str](), list(dict.fromkeys(harmless))
    for at in range(0, len(different), 200):
        words = ["/bin/sh", "-c", run, "sh", *different[at : at + 200]]
        made += _run(words, place).stdout.splitlines()
    return made


def _run(words: list[str], place: Path) -> subprocess.CompletedProcess[str]:
    env = {"PATH": "/nonexistent"}
    return subprocess.run(words, cwd=place, env=env, capture_output=True, text=True, check=False)


@dataclass(frozen=True, slots=True)
class Hostile:
    rule: str
    case: Case
    examination: Examination


def _examined(hostile: str) -> list[Hostile]:
    cases = [(rule, renamed(case, hostile)) for rule, case in FIRES]
    return [Hostile(rule, case, examine(nodes_in(case), RULES)) for rule, case in cases]


@pytest.fixture(scope="module")
def hostile() -> list[Hostile]:
    return _examined(NAMES[0])


def test_the_shell_here_is_a_judge(tmp_path: Path) -> None:
    lines = [
        "sysctl net.ipv4.conf.$(>made).arp_ignore",
        "# on_`>made`",
        "sysctl 'net.ipv4.conf.$(>made).arp_ignore'",
    ]
    assert made_by(lines, tmp_path) == ["sysctl net.ipv4.conf.$(>made).arp_ignore", "on_`>made`"]
    assert [bare(line, "$(>made)") for line in lines] == [True, False, False]


@pytest.mark.parametrize("name", NAMES)
def test_no_offered_command_has_a_bare_value(name: str, tmp_path: Path) -> None:
    assert read_link_name(f"{name}12") is not None, "the kernel takes it"
    lines, quiet = list[str](), list[str]()
    for each in _examined(name):
        found = {diagnosis.rule for diagnosis in each.examination.diagnoses}
        # A file that configures a host is read in its own words, which have no such names.
        of_files = any("/" in fence.dump or fence.dump == "keepalived-conf" for fence in each.case.fences)
        quiet += [] if each.rule in found or of_files else [f"{each.rule}: {each.case.title}"]
        lines += commands_in(each.examination)
    assert quiet == [], "the rule fires whatever the names are"
    if name != "-rf":  # needs no quotes
        assert [line for line in lines if bare(line, name)] == []
    assert any(name in word for line in lines if not line.startswith("#") for word in split(line))
    assert made_by(lines, tmp_path) == []
    assert [line for line in lines if "##[" in line] == []


class _Texts(HTMLParser):
    """The texts of a page, each by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def _strings(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        yield from (text for each in data.values() for text in _strings(each))
    elif isinstance(data, list):
        yield from (text for each in data for text in _strings(each))


def _page_texts(text: str) -> list[str]:
    parser = _Texts()
    parser.feed(text)
    return parser.texts


TEXTS_OF: dict[str, Callable[[str], Iterable[str]]] = {
    "json": lambda text: _strings(json.loads(text)),
    "gitlab": lambda text: _strings(json.loads(text)),
    "sarif": lambda text: _strings(json.loads(text)),
    "html": _page_texts,
    "junit": lambda text: [
        *(value for element in ElementTree.fromstring(text).iter() for value in element.attrib.values()),
        *(element.text or "" for element in ElementTree.fromstring(text).iter()),
    ],
    "markdown": lambda text: [html.unescape(text)],
    "github": lambda text: [text.replace("%0A", "\n").replace("%25", "%")],
    "nagios": lambda text: [re.sub(r"\\x([0-9a-f]{2})", lambda found: chr(int(found[1], 16)), text)],
}


def _together(all_of_them: list[Hostile]) -> Examination:
    first, *more = (each.examination for each in all_of_them)
    for each in more:
        nodes, diagnoses = (*first.nodes, *each.nodes), (*first.diagnoses, *each.diagnoses)
        first = replace(first, nodes=nodes, diagnoses=diagnoses, outcomes=(*first.outcomes, *each.outcomes))
    return first


@pytest.mark.parametrize("form", sorted(report_formats()))
def test_no_command_in_a_report_has_a_bare_value(form: str, hostile: list[Hostile]) -> None:
    """The known commands as they are, and nothing else that looks like one."""
    render = load_report(form)
    # A whole page for each case takes long; the others show a few findings of many.
    whole = form in ("html", "sarif")
    offered = 0
    for examination in [_together(hostile)] if whole else [each.examination for each in hostile]:
        stream = io.StringIO()
        render(examination, Output(stream, width=200, verbose=1))
        known = sorted({line.lstrip("# ") for line in commands_in(examination)}, key=len, reverse=True)
        assert stream.getvalue().replace("\n", "").isprintable()
        for text in TEXTS_OF[form](stream.getvalue()) if form in TEXTS_OF else [stream.getvalue()]:
            for line in text.split("\n"):
                rest = line
                for command in known:
                    rest = rest.replace(command, "")
                offered += rest != line
                begun = PROGRAM.search(rest)
                assert begun is None or not bare(rest[begun.start() :], NAMES[0]), line
    assert offered or form == "prometheus"


class _Loader(yaml.SafeLoader):
    """Marks what Ansible would take for a template, if it had braces."""


_Loader.add_constructor("!unsafe", lambda loader, node: f"!unsafe {node.value}")
# What a script runs, as functions that do nothing.
PRETENDED = "".join(
    f"{name}() {{ :; }}\n"
    for name in "ip sysctl ipvsadm arping modprobe iptables ip6tables nft netplan nmcli uname".split()
)


def test_no_script_and_no_play_has_a_bare_value(tmp_path: Path) -> None:
    lines: list[str] = []
    for number, (_, case) in enumerate(FIRES):
        name = NAMES[number % len(NAMES)]
        for each in prescribed(renamed(case, name), ("ifupdown" if number % 2 else "networkd",)):
            lines += _script_is_sound(script(each), [fixes.node for fixes in each.fixes], name, tmp_path)
            _play_is_data(play(each))
    assert any("$(>made)" in line for line in lines)
    assert made_by(lines, tmp_path) == []


def _script_is_sound(text: str, nodes: list[str], name: str, place: Path) -> list[str]:
    """Its steps of now run to their end; what it offers in comments to undo them is returned."""
    assert text.replace("\n", "").isprintable()
    file = place / "fix.sh"
    file.write_text(text.replace("#!/bin/sh\n", f"#!/bin/sh\n{PRETENDED}", 1))
    for node in nodes:
        words = ["/bin/sh", str(file), "--now", node]
        done = _run(words, place)
        assert (done.returncode, done.stderr) == (0, ""), text
        assert not (place / "made").exists(), text
    code = [line for line in text.split("\n") if not line.lstrip().startswith("#")]
    if name != "-rf":
        # A quoted word may hold a quote, and the sentence around a command is one word itself.
        assert [line for line in code if name in QUOTED.sub("", line.replace("'\"'\"'", ""))] == []
    return [line.partition("Undo: ")[2] for line in text.split("\n") if "# Undo: " in line]


def _play_is_data(text: str) -> None:
    for one in yaml.load(text, _Loader) or ():
        assert re.fullmatch(r"[\w.-]+", one["hosts"], re.ASCII)
        assert [word for word in _strings(one) if "{" in word and not word.startswith("!unsafe ")] == []
