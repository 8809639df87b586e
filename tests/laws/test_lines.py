"""Laws 1 and 2, of lines: ends as Windows has them say the same; lines that a terminal broke at its last column, and
two rows in one line, accuse nobody and clear nobody."""

import re
from collections.abc import Callable
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.laws.worlds import World, any_world, law, new_errors, nodes_in, verdicts


def changed(world: World, at: int, change: Callable[[str], str]) -> World:
    host, where, text = world.dumps[at]
    return replace(world, dumps=(*world.dumps[:at], (host, where, change(text)), *world.dumps[at + 1 :]))


def broken(text: str, columns: int) -> str:
    lines = ((line, range(0, max(1, len(line)), columns)) for line in text.splitlines())
    return "".join(f"{line[start : start + columns]}\n" for line, starts in lines for start in starts)


def joined(text: str, number: int) -> str:
    lines = text.splitlines(keepends=True)
    first = number % max(1, len(lines) - 1)
    if len(lines) > 1:
        lines[first : first + 2] = [f"{lines[first].rstrip()} {lines[first + 1].lstrip()}"]
    return "".join(lines)


def accuses_and_clears_nobody(world: World, host: str, other: World) -> None:
    before, after = world.examined(world.nodes()), other.examined(nodes_in(other.dumps))
    assert [(error.code, error.node, error.message) for error in new_errors(before, after)] == []
    was, now = verdicts(before), verdicts(after)
    cleared = [
        rule
        for (node, rule), verdict in now.items()
        if node == host and verdict == "quiet" and was.get((node, rule)) in ("fires", "not-checked")
    ]
    assert cleared == []


@law
@given(any_world(), st.integers(0, 100))
def test_one_text_with_the_line_ends_of_windows_says_the_same(world: World, number: int) -> None:
    other = changed(world, number % len(world.dumps), lambda text: text.replace("\n", "\r\n"))
    assert verdicts(other.examined(other.nodes())) == verdicts(world.examined(world.nodes()))


@law
@given(any_world(), st.integers(0, 100), st.integers(60, 130))
def test_lines_broken_at_the_last_column_accuse_and_clear_nobody(world: World, number: int, columns: int) -> None:
    at = number % len(world.dumps)
    accuses_and_clears_nobody(world, world.dumps[at][0], changed(world, at, lambda text: broken(text, columns)))


@law
@given(any_world(), st.integers(0, 100), st.integers(0, 1000))
def test_two_rows_of_ip_addr_in_one_line_accuse_and_clear_nobody(world: World, number: int, line: int) -> None:
    places = [at for at, (_, where, _) in enumerate(world.dumps) if where.endswith(("/ip-addr", "/ip-addr.txt"))]
    if places:
        at = places[number % len(places)]
        accuses_and_clears_nobody(world, world.dumps[at][0], changed(world, at, lambda text: joined(text, line)))


@law
@given(any_world(), st.integers(0, 100))
def test_an_interface_that_was_renamed_between_two_dumps_accuses_nobody(world: World, number: int) -> None:
    places = [at for at, (_, where, _) in enumerate(world.dumps) if "/ip-addr" in where or "/ip-link" in where]
    if places:
        other = changed(world, places[number % len(places)], lambda text: re.sub(r"\beth0\b", "net7", text))
        new = new_errors(world.examined(world.nodes()), other.examined(nodes_in(other.dumps)))
        assert [(error.code, error.node, error.message) for error in new] == []
