"""A host's answer as an engine brought it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

UNNAMED = "the engine"  # that brought an answer, where nothing tells which it is


@dataclass(frozen=True, slots=True)
class FleetAnswer:
    """What `engine` brought of the host that it calls `host` ("" where a file's name says that).

    `numbers` are those of the lines in the engine's own text, None for a line that is not there: a `$ command`.
    `inside`: the answer is a value in a document, and its lines are counted from its first.
    """

    engine: str
    host: str
    lines: Sequence[str]
    numbers: Sequence[int | None]
    inside: bool = False


def of_value(engine: str, host: str, text: str, command: str = "") -> FleetAnswer:
    """An answer that stands in a document as one value."""
    lines = text.split("\n")
    numbers: list[int | None] = list(range(1, len(lines) + 1))
    if command:
        return FleetAnswer(engine, host, [f"$ {command}", *lines], [None, *numbers], inside=True)
    return FleetAnswer(engine, host, lines, numbers, inside=True)


def joined(answers: Sequence[FleetAnswer]) -> Iterator[FleetAnswer]:
    """The answers of a host, which an engine may bring line by line, as one."""
    hosts: dict[str, list[FleetAnswer]] = {}
    for answer in answers:
        hosts.setdefault(answer.host, []).append(answer)
    for host, group in hosts.items():
        lines = [line for answer in group for line in answer.lines]
        numbers = [number for answer in group for number in answer.numbers]
        yield FleetAnswer(group[0].engine, host, lines, numbers)
