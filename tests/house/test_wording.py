"""How we write: rules, pages, reports and messages keep to the words, and what does not yet stands on a list."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from lvsdoctor.cli.templates import PAGE, RULE
from lvsdoctor.engine.case_runner import nodes_in
from lvsdoctor.engine.loader import load_rules
from lvsdoctor.engine.page_cases import cases_of
from lvsdoctor.engine.runner import examine
from lvsdoctor.reporting.rule_page import page_of
from tests.house.wording import (
    FIX,
    Complaint,
    complaints,
    of_labels,
    of_page,
    of_source,
    of_template,
    page_form,
    sentences,
    words,
)
from tools.texts import Text, jinja_strings, literals, prose, templates

ROOT = Path(__file__).parents[2]
# What does not obey yet: file -> kind of complaint -> how many. Nothing may be added and nothing grow.
LISTED: Mapping[str, Mapping[str, int]] = tomllib.loads((Path(__file__).parent / "wording.toml").read_text("utf-8"))

ROOMS = ("kernel", "analysis", "fixes", "engine", "collect", "probe", "reporting", "cli")
SAYING = ("rules/*/[!_]*.py", "reports/*.py", *(f"lvsdoctor/{room}/**/*.py" for room in ROOMS))
REPORTING = ("reports/*.py", "lvsdoctor/reporting/**/*.py", "lvsdoctor/cli/**/*.py")
WORDING = "lvsdoctor/reporting/wording.py"


def _files(*globs: str) -> Iterator[tuple[str, str]]:
    paths = [path for glob in globs for path in sorted(ROOT.glob(glob))]
    for path in (path for path in paths if not path.name.endswith(".zh.md")):  # Chinese has words of its own
        yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


@cache
def complained() -> dict[str, list[Complaint]]:
    """All that is wrong today, by file."""
    found = {name: of_source(source) for name, source in _files(*SAYING)}
    found |= {name: of_page(page) for name, page in _files("rules/*/*.md") if not name.endswith(".zh.md")}
    found |= {name: of_template(source) for name, source in _files("reports/templates/*.jinja")}
    for name, source in _files(*REPORTING):
        found[name] = found[name] + (of_labels(literals(source)) if name != WORDING else [])
    for name, source in _files("reports/templates/*.jinja"):
        found[name] = found[name] + of_labels(jinja_strings(source))
    return {name: complaints for name, complaints in found.items() if complaints}


def unlisted(
    complained: Mapping[str, list[Complaint]], listed: Mapping[str, Mapping[str, int]]
) -> tuple[list[str], list[str]]:
    """What is wrong beyond the list, and what the list says too much."""
    new, needless = [], []
    for name in sorted({*complained, *listed}):
        counts = Counter(complaint.kind for complaint in complained.get(name, ()))
        allowed = listed.get(name, {})
        for kind in sorted({*counts, *allowed}):
            if counts[kind] > allowed.get(kind, 0):
                new += [f"{name}:{c.line}: {kind}: {c.says}" for c in complained[name] if c.kind == kind]
            elif counts[kind] < allowed[kind]:
                needless.append(
                    f"{name}: {kind} = {allowed[kind]}, and it is {counts[kind]}: write that (0: take it off)"
                )
    return new, needless


def test_what_is_new_or_touched_keeps_to_the_words() -> None:
    new, _ = unlisted(complained(), LISTED)
    assert new == []


def test_the_list_of_what_does_not_only_shrinks() -> None:
    _, needless = unlisted(complained(), LISTED)
    assert needless == []


def test_a_new_rule_begins_with_nothing_to_complain_of() -> None:
    names = {"name": "some-bad-state", "function": "some_bad_state", "code": "SOME901"}
    assert [*of_source(RULE.format_map(names)), *of_page(PAGE.format_map(names))] == []


def test_the_glossary_keeps_to_the_words() -> None:
    for number, line in enumerate((ROOT / "docs/GLOSSARY.md").read_text(encoding="utf-8").splitlines(), 1):
        for cell in re.split(r" ?\| ?", line):
            assert [*complaints(Text("prose", number, cell))] == []


def test_a_complaint_beyond_the_list_is_told_and_a_needless_entry_too() -> None:
    one, other = Complaint(3, "word", "x"), Complaint(5, "length", "y")
    assert unlisted({"a.md": [one]}, {}) == (["a.md:3: word: x"], [])
    assert unlisted({"a.md": [one, other]}, {"a.md": {"word": 1}}) == (["a.md:5: length: y"], [])
    assert unlisted({"a.md": [one]}, {"a.md": {"word": 1}}) == ([], [])
    assert unlisted({"a.md": [one]}, {"a.md": {"word": 2}})[1] != []
    assert unlisted({}, {"gone.md": {"word": 1}})[1] != []


def test_every_sentence_that_a_case_brings_is_one_that_is_looked_at() -> None:
    """What a rule says is read from its source; a template that is put together in another way would go unseen."""
    unseen = []
    for rule in load_rules():
        texts = templates(Path(rule.file).read_text(encoding="utf-8"))
        said = [text for text in texts if re.search("[a-z]{2} ", text.says)]  # more than a value that only a run shows
        known = {kind: [_pattern(text.says) for text in said if text.kind == kind] for kind in ("message", "clients")}
        for case in (case for case in cases_of(page_of(rule)) if case.expects == "fires"):
            for found in (found for found in examine(nodes_in(case), [rule]).diagnoses if found.rule == rule.name):
                for kind, says in (("message", found.message), ("clients", found.clients)):
                    says = says.removeprefix("With a weight above 0: ")  # the engine's words
                    if says and not any(pattern.match(says) for pattern in known[kind]):
                        unseen.append(f"{rule.name}: {kind}: {says}")
    assert unseen == []


def _pattern(template: str) -> re.Pattern[str]:
    # What the runner adds to a message stands behind it.
    return re.compile(".*".join(map(re.escape, re.split(r"\{[^{}]*\}", template))))


# -- every rule of the lint fails on a bad sample ----------------------------------------------------------------------


def kinds(kind: str, says: str) -> set[str]:
    return {complaint.kind for complaint in complaints(Text(kind, 1, says))}


LONG = "{node} sends a packet " + "and a packet " * 6


@pytest.mark.parametrize(
    ("kind", "says", "complaint"),
    [
        ("message", LONG, "length"),
        ("prose", "Short. " + LONG, "length"),
        ("clients", "", "clients"),
        ("prose", "Then nobody answers.", "subject"),
        ("prose", "There is no route.", "subject"),
        ("note", "none of the hosts has a route", "subject"),
        ("message", "{node} hears an ARP request", "figure"),
        ("note", "speaks for {link}", "figure"),
        ("prose", "The router asks in the name of the VIP.", "figure"),
        ("message", "{node} takes all of {prefix} for its own", "figure"),
        ("clients", "Some send to {node}, past the director.", "figure"),
        ("prose", "A later file undoes the setting.", "figure"),
        ("prose", "This is not uncommon.", "negation"),
        ("note", "no more than 3 packets", "negation"),
        ("prose", "Nor does another director.", "negation"),
        ("message", "{node} answers, should a host send a request", "negation"),
        ("note", "{peer} has it", "pronoun"),
        ("assumed", "hosts there have a route", "pronoun"),
        ("prose", "The backend drops the reply.", "word"),
        ("prose", "The link drops the reply.", "word"),
        ("message", "{node} answers ARP for VIP {vip}", "word"),
        ("message", "{node} asks for {hop} on {link}", "word"),
        ("prose", "The standby has the VIP.", "word"),
        ("prose", "The real server is drained.", "word"),
        ("note", "the larger of all and {link}", "word"),
        ("prose", "The value is wrong.", "word"),
        ("other", "the response of a health checker", "word"),
        ("prose", "The output has several MACs.", "number"),
        ("careful", "Please wait.", "tone"),
        ("prose", "Traffic stops!", "tone"),
        ("message", "{node} has no route: clients get no reply", "sentence"),
        ("message", "{node} has no route because of a rule", "sentence"),
        ("message", "clients get no reply from {node}", "sentence"),
        ("clients", "Clients get no reply", "sentence"),
    ],
)
def test_a_bad_sample_is_caught(kind: str, says: str, complaint: str) -> None:
    assert complaint in kinds(kind, says)


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("message", "{node} answers ARP requests for VIP {vip} on {link}"),
        ("message", "{node} sends requests for {service} by different methods: {methods}"),
        ("clients", "1 of 3 requests gets no answer."),
        ("note", "effective value on {link} = max(all {all}, {link} {own}) = {value}"),
        ("prose", "`nobody` runs `/etc/init.d/backend` on an IPv6 link-local address, see vip-answered-by-nobody."),
        (
            "prose",
            "Then (in `a very long piece of code that nobody counts as more than one word`) " + "word " * 18 + ".",
        ),
        ("prose", "/etc/sysctl.d/99-sysctl.conf is a symbolic link to /etc/sysctl.conf."),
        ("prose", "The first sentence is short. " * 9),
    ],
)
def test_what_is_written_as_it_should_be_is_fine(kind: str, says: str) -> None:
    assert kinds(kind, says) == set()


def test_a_value_and_a_piece_of_code_are_one_word() -> None:
    (sentence,) = sentences(
        "{node of a name} runs `sysctl -w net.ipv4.ip_forward=1` (see there) at net.ipv4.vs.conntrack."
    )
    assert words(sentence) == 5


def test_a_colon_ends_no_sentence_and_a_full_stop_in_a_name_does_not_either() -> None:
    assert sentences("A file of sysctl.d is read: it counts. Then 10.0.0.1 is set.") == [
        "A file of X is read: it counts",
        "Then X is set.",
    ]


GOOD_FIX = """# a\n\nWhat is.\n\n## Fix\n\n### Now\n\n    true\n\n### {}\n\n    true\n\n{}\n\n## Cases\n"""


@pytest.mark.parametrize(
    ("lasting", "verify", "expected"),
    [
        (FIX[1], "### Verify\n\nOn the director: `ipvsadm -Ln` → a weight above 0.", []),
        (FIX[1], "### Verify\n\n    arping -I eth0 -c 3 192.0.2.10    -> one MAC", []),
        (FIX[1], "", ["verify"]),
        (FIX[1], "### Verify\n\nLook at it again.", ["verify"]),
        (FIX[1], "### Verify\n\nOn the director: `ipvsadm -Ln`", ["verify"]),
        ("Later", "### Verify\n\n`ipvsadm -Ln` → a weight above 0.", ["label"]),
        (FIX[1], "### Check\n\n`ipvsadm -Ln` → a weight above 0.", ["label", "verify"]),
    ],
)
def test_a_fix_has_three_parts_and_the_last_says_what_to_expect(lasting: str, verify: str, expected: list[str]) -> None:
    assert [complaint.kind for complaint in page_form(GOOD_FIX.format(lasting, verify))] == expected


def test_code_blocks_and_cases_are_no_prose_and_items_are_texts_of_their_own() -> None:
    page = "# a\n\nWhat\nis.\n\n    nobody\n\n- one\n- two\n  lines\n\n## Cases\n\nnobody\n"
    assert prose(page) == [Text("prose", 3, "What is."), Text("prose", 8, "one"), Text("prose", 9, "two lines")]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('Finding("{node} is", clients="They do.")', [("message", "{node} is"), ("clients", "They do.")]),
        ('Finding("{node} is")', [("message", "{node} is"), ("clients", "")]),
        ('A = "a"\ndef f():\n    cite(row, A if x else "b")', [("note", "a"), ("note", "b")]),
        ('def f():\n    m = "a" + (" b" if x else "")\n    cite(row, m)', [("note", "a b"), ("note", "a")]),
        ('def f():\n    m = "a"\n    m += " b"\n    cite(row, note=m)', [("note", "a b")]),
        ('def f():\n    cite(row, g())\ndef g():\n    return "a"', [("note", "a")]),
        ('assume("sysctl", f"{key} is 0")', [("assumed", "{} is 0")]),
        ('Fix(now=("# do",), warning="It cuts.")', [("command", "# do"), ("careful", "It cuts.")]),
        ('no("a", cite(row))', [("note", "a")]),
        ('A = "{node} is"\nB = "is"\ndef f():\n    row(A, B)', [("message", "{node} is")]),
    ],
)
def test_what_a_rule_says_is_read_from_its_source(source: str, expected: list[tuple[str, str]]) -> None:
    assert [(text.kind, text.says) for text in templates(source)] == expected


@pytest.mark.parametrize(
    "says", ["Careful:", "**Evidence:**", "{}Fix now, on {}:", "Mind:", "After a reboot", "Mind: it cuts"]
)
def test_a_label_that_a_report_spells_itself_is_caught(says: str) -> None:
    assert [complaint.kind for complaint in of_labels([Text("other", 1, says)])] == ["label"]


def test_a_label_in_a_sentence_or_from_the_wording_is_fine() -> None:
    assert of_labels([Text("other", 1, "Evidence left out."), Text("other", 1, "{}:"), Text("other", 1, "more")]) == []


def test_a_page_template_is_read_between_its_tags_and_in_its_strings() -> None:
    source = (
        '<h2 class="nobody">Seen</h2>{# nobody #}{{ {"a": "Said by nobody"}[x] }}{% if x == "b" %}<p>Text {{ y }}</p>'
    )
    assert [text.says for text in jinja_strings(source)] == ["Seen", "Said by nobody", "Text"]
    assert [complaint.kind for complaint in of_template(source)] == ["subject"]
