"""The configuration file: what it may say, and one sentence with the line for whatever it may not."""

from datetime import date

import pytest

from lvsdoctor.engine.settings import OURS, BadSettings, settings_in

WHOLE = """\
fail-on = "warning"
require-complete = true
select = ["arp", "ADDR*"]
ignore = [
    "ARP002",
]
rules = ["rules"]
baseline = "baseline.json"

[[accept]]
rule = "arp-ignore-only-on-lo"
reason = "a lab"

[[accept]]
rule = "arp"
node = "rs*"
vip = "192.0.2.*"
reason = "old hardware"
until = 2026-12-31
"""


def test_all_that_it_may_say_is_read() -> None:
    settings = settings_in(WHOLE, "lvsdoctor.toml")
    assert (settings.fail_on, settings.require_complete) == ("warning", True)
    assert (settings.select, settings.ignore) == (("arp", "ADDR*"), ("ARP002",))
    assert (settings.rules, settings.baseline) == (("rules",), "baseline.json")
    first, second = settings.accept
    assert (first.rule, first.node, first.vip, first.until) == ("arp-ignore-only-on-lo", "*", "*", None)
    assert (second.node, second.vip, second.reason) == ("rs*", "192.0.2.*", "old hardware")
    assert second.until == date(2026, 12, 31)


def test_every_acceptance_knows_its_line() -> None:
    assert [str(each.seen) for each in settings_in(WHOLE, "lvsdoctor.toml").accept] == [
        "lvsdoctor.toml:10",
        "lvsdoctor.toml:14",
    ]


def test_every_key_knows_its_line() -> None:
    places = settings_in(WHOLE, "lvsdoctor.toml").places
    assert {key: seen.line for key, seen in places.items()} == {
        "fail-on": 1, "require-complete": 2, "select": 3, "ignore": 4, "rules": 7, "baseline": 8, "accept": None
    }  # fmt: skip


def test_a_project_s_file_speaks_in_its_own_table_only() -> None:
    text = '[project]\nselect = 3\n[tool.other]\nfail-on = 3\n[tool.lvsdoctor]\nfail-on = "note"\n'
    settings = settings_in(text, "pyproject.toml", of_project=True)
    assert (settings.fail_on, settings.places["fail-on"].line) == ("note", 6)


def test_a_project_s_acceptances_know_their_lines() -> None:
    text = '[[accept]]\nx = 1\n[[tool.lvsdoctor.accept]]\nrule = "x"\nreason = "y"\n'
    (given,) = settings_in(text, "pyproject.toml", of_project=True).accept
    assert str(given.seen) == "pyproject.toml:3"


@pytest.mark.parametrize(
    ("line", "ours"),
    [
        ("[tool.lvsdoctor]", True),
        ("[[tool.lvsdoctor.accept]]", True),
        ('[ "tool" . "lvsdoctor" ]', True),
        ("[tool.lvsdoctors]", False),
        ("[tool.lvsdoctor-more]", False),
        ('name = "tool.lvsdoctor"', False),
        ('"lvsdoctor>=1"', False),
    ],
)
def test_a_project_s_file_is_read_only_if_it_has_our_table(line: str, ours: bool) -> None:
    assert (OURS.search(f"[project]\n{line}\n") is not None) is ours


def test_acceptances_without_headers_are_read_and_known_by_their_array() -> None:
    text = '# about us\naccept = [{rule = "a", reason = "x"}, {rule = "b", reason = "y"}]\n'
    assert [(each.rule, each.seen.line) for each in settings_in(text, "f").accept] == [("a", 2), ("b", 2)]


def test_an_end_date_may_be_quoted() -> None:
    text = '[[accept]]\nrule = "a"\nreason = "x"\nuntil = "2026-12-31"\n'
    assert settings_in(text, "f").accept[0].until == date(2026, 12, 31)


def test_an_empty_file_says_nothing() -> None:
    assert settings_in("", "f").places == {}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('fail_on = "note"', "f:1: unknown setting 'fail_on'; did you mean fail-on?"),
        ('\n\nfial-on = "note"', "f:3: unknown setting 'fial-on'; did you mean fail-on?"),
        ("[xyz]", "f: unknown setting 'xyz'; known: fail-on, require-complete"),
        ('fail-on = "bad"', "f:1: fail-on must be one of error, warning, note, never"),
        ("fail-on = 1", "f:1: fail-on must be one of error, warning, note, never"),
        ("require-complete = 1", "f:1: require-complete must be true or false"),
        ('\nselect = "arp"', "f:2: select must be a list of strings"),
        ("ignore = [1]", "f:1: ignore must be a list of strings"),
        ("baseline = []", "f:1: baseline must be the name of a file"),
        ("accept = 1", "f:1: accept must be written as [[accept]] tables"),
        ("accept = [1]", "f:1: accept must be written as [[accept]] tables"),
        ('[[accept]]\nrule = "x"', "f:1: an acceptance must say why that is fine (reason = ...)"),
        ('[[accept]]\nrule = "x"\nreason = " "', "f:1: an acceptance must say why that is fine (reason = ...)"),
        ('\n[[accept]]\nreason = "x"', "f:2: an acceptance must say which rule it is about (rule = ...)"),
        ('[[accept]]\nrule = "x"\nresaon = "y"', "f:3: unknown setting 'resaon'; did you mean reason?"),
        ('[[accept]]\nrule = 3\nreason = "y"', "f:2: rule must be a string"),
        ('[[accept]]\nrule = "x"\nreason = "y"\nuntil = 2026', "f:4: until must be a date such as 2030-12-31"),
        ('[[accept]]\nrule = "x"\nreason = "y"\nuntil = "soon"', "f:4: until must be a date such as 2030-12-31"),
        (
            '[[accept]]\nrule = "x"\nreason = "y"\nuntil = 2026-12-31T00:00:00',
            "f:4: until must be a date such as 2030-12-31",
        ),
        ('fail-on = "note\n', "f: "),
    ],
)
def test_what_it_may_not_say_is_one_sentence_with_the_line(text: str, sentence: str) -> None:
    with pytest.raises(BadSettings) as caught:
        settings_in(text, "f")
    assert str(caught.value).startswith(sentence)


def test_a_table_that_is_none_is_named() -> None:
    with pytest.raises(BadSettings, match=r"tool\.lvsdoctor must be a table"):
        settings_in("[tool]\nlvsdoctor = 3\n", "pyproject.toml", of_project=True)
