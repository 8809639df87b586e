"""Which rules --select and --ignore mean: by name, code, family or glob, and a mistake names what is near."""

import pytest

from lvsdoctor.cli.choosing import load, named
from lvsdoctor.cli.errors import CliError
from lvsdoctor.model.seen import Seen

RULES = load([])
FAMILIES = {family: {rule.name for rule in RULES if rule.family == family} for family in {r.family for r in RULES}}


@pytest.mark.parametrize("word", ["arp-ignore-only-on-lo", "ARP002", "arp002", "arp-002", "ARP-IGNORE-ONLY-ON-LO"])
def test_a_rule_has_a_name_and_a_code(word: str) -> None:
    assert [rule.name for rule in named(RULES, [word])] == ["arp-ignore-only-on-lo"]


@pytest.mark.parametrize(("word", "family"), [("arp", "arp"), ("reverse-path", "reverse_path"), ("VRRP", "vrrp")])
def test_a_family_is_all_its_rules_and_no_other(word: str, family: str) -> None:
    assert {rule.name for rule in named(RULES, [word])} == FAMILIES[family]


def test_a_glob_matches_names_and_codes() -> None:
    assert {rule.code for rule in named(RULES, ["ARP00?"])} == {r.code for r in RULES if r.code.startswith("ARP00")}
    assert {rule.name for rule in named(RULES, ["*-on-lo-*"])} == {r.name for r in RULES if "-on-lo-" in r.name}


def test_lists_are_joined_in_their_order_and_no_rule_comes_twice() -> None:
    found = [rule.name for rule in named(RULES, ["ADDR001,ARP002", " arp , "])]
    assert found[:2] == ["vip-mask-on-lo-too-wide", "arp-ignore-only-on-lo"]
    assert len(found) == len(set(found)) == 1 + len(FAMILIES["arp"])


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("adress", "did you mean address?"),
        ("ARP02", "did you mean ARP0"),
        ("arp-ignore-on-lo", "did you mean arp-ignore-only-on-lo?"),
        ("zz*", "known: "),
    ],
)
def test_a_word_that_means_no_rule_is_a_mistake(word: str, hint: str) -> None:
    with pytest.raises(CliError) as caught:
        named(RULES, [word])
    assert str(caught.value).startswith(f"unknown rule {word!r}; {hint}")


def test_a_mistake_in_a_file_names_its_line() -> None:
    with pytest.raises(CliError, match=r"^lvsdoctor.toml:3: unknown rule 'adress'"):
        named(RULES, ["adress"], Seen("lvsdoctor.toml", 3, ""))
