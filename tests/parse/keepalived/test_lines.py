"""Comments, quotes, conditions and parameters, as keepalived.conf(5) tells them."""

import pytest

from lvsdoctor.parse.keepalived.lines import Lines
from lvsdoctor.parse.keepalived.statements import Statement, parsed


def statements(text: str, config_id: str = "lb1") -> tuple[Statement, ...]:
    return parsed(Lines(text, "keepalived.conf", config_id)).statements


def words(text: str, config_id: str = "lb1") -> list[str]:
    """Every statement in order, blocks in braces."""

    def shown(statement: Statement) -> str:
        inside = "" if statement.block is None else " {" + "; ".join(map(shown, statement.block)) + "}"
        return "|".join(statement.words) + inside

    return [shown(each) for each in statements(text, config_id)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a b # c\n! d\n  # e\nf!g", ["a|b", "f"]),
        ('a "b # c ! d" e', ["a|b # c ! d|e"]),
        (r"a b\#c \!d # e", ["a|b#c|!d"]),
        ('a "b { c }" d', ["a|b { c }|d"]),
        ('a b"c d"e', ["a|bc de"]),
        ("a {\n b\n}", ["a {b}"]),
        ("a\n{\n b }", ["a {b}"]),
        ("a{b{c}d}e", ["a {b {c}; d}", "e"]),
        ("a { }", ["a {}"]),
        ("a {\n b", ["a {b}"]),
        ("a\r\n{\r\nb\r\n}\r\n", ["a {b}"]),
    ],
)
def test_comments_quotes_and_braces_are_where_keepalived_sees_them(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_a_condition_asks_for_the_configuration_id() -> None:
    text = "@lb1 a\n@lb2 b\n@^lb1 c\n@^lb2 d\n@lb1\n"
    assert words(text) == ["a", "d"]
    lines = Lines(text, "f", "lb1")
    list(lines)
    assert [seen.line for seen in lines.conditions] == [2, 3]
    assert [seen.line for seen in lines.unread] == [5]


def test_a_parameter_is_filled_in_when_it_is_used() -> None:
    text = "$BASE=192.0.2.${LAST}\n$LAST=10\n${BASE}/32 x$BASE $LAST\n$LAST=11\n${BASE}/32\n"
    assert words(text) == ["192.0.2.10/32|x192.0.2.10|10", "192.0.2.11/32"]


def test_what_is_not_defined_stays_as_it_is() -> None:
    assert words("a $B ${C}d { e }") == ["a|$B|${C}d {e}"]


def test_a_condition_may_decide_a_parameter_and_a_parameter_a_condition() -> None:
    assert words("@lb1 $P=1\n@lb2 $P=2\n$ONLY=@lb2\n$ONLY a\np $P") == ["p|1"]


def test_a_definition_of_several_lines_is_put_in_line_by_line() -> None:
    text = "$RS= \\\n real_server 192.0.2.$N 80 { \\\n  weight ${N} \\\n }\n\nvs {\n $N=21\n $RS\n $N=22\n $RS\n}\n"
    assert words(text) == ["vs {real_server|192.0.2.21|80 {weight|21}; real_server|192.0.2.22|80 {weight|22}}"]


def test_a_line_out_of_a_definition_is_quoted_where_it_stands() -> None:
    found = statements("$RS= \\\n a { \\\n  b \\\n }\n$ONE=c d\n$RS\n$ONE\ne $ONE\n")
    assert [(each.seen.line, each.seen.text) for each in found] == [(2, " a { \\"), (5, "$ONE=c d"), (8, "e $ONE")]
    assert [(each.seen.line, each.seen.text) for each in found[0].block or ()] == [(3, "  b \\")]


def test_definitions_may_hold_definitions() -> None:
    text = "$IN= \\\n i$N \\\n j\n$OUT= \\\n o { \\\n $N=1 \\\n $IN \\\n $N=2 \\\n $IN \\\n }\n$OUT\n"
    assert words(text.replace("i$N", "i${N}")) == ["o {i1; j; i2; j}"]


def test_an_include_is_told_and_not_opened() -> None:
    lines = Lines("include /etc/hostname\nincludea /etc/*.conf\na", "f", "")
    assert [line.text for line in lines] == ["a"]
    assert [seen.text for seen in lines.includes] == ["include /etc/hostname", "includea /etc/*.conf"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("(N, 1, 3)", "1 2 3"),
        ("(N, 3)", "1 2 3"),
        ("(N, -2)", "-1 -2"),
        ("(N, 3, 1)", "3 2 1"),
        ("( N , 0, 16, 0x20 )", "0 16 32"),
        ("x(N, 0x90, 0x10, 0xb0)", "90 a0 b0"),
        ("(N, 1, $MOST)", "1 2"),
    ],
)
def test_a_sequence_repeats_what_follows_it(words: str, expected: str) -> None:
    lines = Lines(f"$MOST=2\n~SEQ{words} a ${{N}}\nb", "f", "")
    assert [line.text for line in lines] == [*(f"a {value}" for value in expected.split()), "b"]
    assert lines.unread == []


def test_sequences_that_multiply_are_bounded() -> None:
    lines = Lines("~SEQ(A, 1000) ~SEQ(B, 1000) ~SEQ(C, 1000) x ${A} ${B} ${C}\n", "f", "")
    assert sum(1 for _ in lines) < 100_000
    assert lines.unread


@pytest.mark.parametrize("text", ["$A=$A x\n$A\n", "$A= \\\n $A \\\n $A\n$A\n", "$A=$B\n$B=$A\n$A\n"])
def test_definitions_that_name_themselves_end_as_unread(text: str) -> None:
    lines = Lines(text, "f", "")
    assert list(lines) == []
    assert lines.unread


def test_a_parameter_of_keepalived_s_own_makes_a_comment() -> None:
    text = "$ON=# ${_HASH}\n$OFF=${_HASH}\n$OUT=${_BANG}\n$ON\ta b\n$OFF\tc d\n$OUT e\nf\n"
    assert words(text) == ["a|b", "f"]
