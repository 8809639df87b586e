"""Statements of Jinja in templates: unrolled where the variables decide, and told where they do not."""

import pytest

from lvsdoctor.parse.config.jinja import UNKNOWN, value_of
from lvsdoctor.parse.config.jinja_blocks import UNDECIDED, unrolled

TEMPLATE = """a
{% for host in groups['rs'] %}
  real_server {{ hostvars[host].ip }}{% if not loop.last %},{% endif %}

{% endfor %}
{% if 'lb' in groups -%}
state {{ 'MASTER' if name == groups['lb'][0] else 'BACKUP' }}
{% else %}
never
{% endif %}
{# a comment #}
{% set port = 80 %}
port {{ port }}
"""
VARIABLES = {
    "groups": {"rs": ["rs1", "rs2"], "lb": ["lb1"]},
    "hostvars": {"rs1": {"ip": "192.0.2.21"}, "rs2": {"ip": "192.0.2.22"}},
    "name": "lb2",
}


def test_a_loop_is_unrolled_and_each_line_has_that_of_the_template() -> None:
    made = unrolled("{% for x in xs %}\nb {{ x }}\n{% endfor %}\nc\n", {"xs": ["1", "2"]})
    assert made is not None
    assert made.text == "b 1\nb 2\nc\n"
    assert list(made.numbers)[:3] == [2, 2, 4]


def test_hostvars_groups_choices_and_set_are_followed() -> None:
    made = unrolled(TEMPLATE, dict(VARIABLES) | {"'lb'": "lb"})
    assert made is not None
    assert "real_server 192.0.2.21," in made.text
    assert "real_server 192.0.2.22\n" in made.text
    assert "port 80" in made.text
    assert "never" not in made.text


def test_what_the_files_do_not_decide_is_left_out_and_told_by_its_line() -> None:
    made = unrolled("a\n{% if ansible_facts.x %}\nb\n{% endif %}\n{% for x in unknown %}\nc\n{% endfor %}\n", {})
    assert made is not None
    assert made.text == f"a\n{UNDECIDED}\n{UNDECIDED}\n"
    assert list(made.numbers)[:3] == [1, 2, 5]
    assert made.undecided == (2, 5)


def test_a_statement_within_a_line_leaves_no_line_of_its_own() -> None:
    made = unrolled("priority {% if ansible_facts.x %}1{% endif %}\n", {})
    assert made is not None
    assert made.text == "priority \n"


@pytest.mark.parametrize("text", ["{% for x in y %}", "{% endif %}", "{% macro m() %}{% endmacro %}", "{% else %}"])
def test_statements_that_are_not_understood_make_the_whole_template_unread(text: str) -> None:
    assert unrolled(text, {}) is None


def test_a_tag_that_never_ends_is_text() -> None:
    made = unrolled("a {% b\n", {})
    assert made is not None
    assert made.text == "a {% b\n"


@pytest.mark.parametrize("text", ["{% if x %}" * 20_000, "{%" * 100_000, "{{ " * 100_000])
def test_a_hostile_template_is_text_or_not_understood(text: str) -> None:
    made = unrolled(text, {})
    assert made is None or made.undecided == ()


def test_a_loop_over_many_loops_ends() -> None:
    nested = "{% for a in xs %}" * 6 + "x" + "{% endfor %}" * 6
    assert unrolled(nested, {"xs": [str(number) for number in range(50)]}) is None


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("groups['lb'][0]", "lb1"),
        ("hostvars[groups['rs'][1]]['ip']", "192.0.2.22"),
        ("'a' if name == 'lb2' else 'b'", "a"),
        ("'a' if unknown else 'b'", UNKNOWN),
        ("hostvars[nobody].ip", UNKNOWN),
    ],
)
def test_brackets_hold_expressions_and_a_choice_is_made_where_it_is_known(expression: str, value: object) -> None:
    assert value_of(expression, VARIABLES) == value
