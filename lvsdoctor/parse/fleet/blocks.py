"""Answers in blocks below a line that names the host: cexec of C3, Nornir, the callback `selective` of Ansible; and
values of YAML: Salt's, Juju's."""

import re
from collections.abc import Iterator, Sequence

from lvsdoctor.parse.fleet.answer import UNNAMED, FleetAnswer, of_value
from lvsdoctor.parse.fleet.prefixed import is_dump
from lvsdoctor.parse.paste.patterns import pattern
from lvsdoctor.parse.paste.prompts import prompt_in

_HOST = r"(?P<host>[A-Za-z0-9][\w.-]{0,252})"
# The line that names the host, and what the engine says beside.
_BLOCKS = (
    (pattern(rf"-{{9}} ?{_HOST}-{{9}}"), pattern(r"\*{10,} [\w.-]{1,80} \*{10,}")),
    (
        pattern(rf"\* {_HOST} \*\* changed : (?:True|False) \*{{3,}}"),
        pattern(r"(?:v{4}|\^{4}|-{4}) .{1,200}(?: [A-Z]+|[v^-]{4})|[\w.: -]{1,80}\*{4,}"),
    ),
)

# community.general.selective: a host, whose answer follows indented, and the lines of tasks, items and the end.
_SELECTIVE = pattern(rf" {{2}}\* {_HOST} +- (?:changed=(?:True|False)|FAILED!!!)(?: -- (?P<short>.*?))? -{{6,}}")
_OF_SELECTIVE = pattern(r"# .{0,200}\*{3,}| {6}\* .{0,200}-{6,}|\S{1,253}\s+: ok=\d+\s+changed=.*")
_ITEM = " " * 6 + "* "

# What ssh(1) says itself before a command's output, and with -t behind it.
_ADDED = pattern(
    r"Warning: Permanently added '\[?(?P<host>[A-Za-z0-9][\w.-]{0,252})[^']{0,80}' \([\w-]{1,20}\)"
    r" to the list of known hosts\."
)
_CLOSED = pattern(rf"(?:Shared c|C)onnection to {_HOST} closed\.")

_PARTS = pattern(r"(?m)^(?=[A-Za-z0-9][\w./-]{0,252}:(?:[ \t]|$))")
_PRINTED = ((), ("stdout",), ("results", "stdout"), ("results", "Stdout"), ("Stdout",))
_MOST = 100_000


def of_blocks(lines: Sequence[str]) -> list[FleetAnswer] | None:
    """None if the text begins with no such line, or if no dump begins below one."""
    first = next((line.rstrip() for line in lines if line.strip()), "")
    for head, own in _BLOCKS:
        if head.fullmatch(first) or own.fullmatch(first):
            answers = list(_of(lines, head, own))
            if answers and all(map(is_dump, answers)):
                return answers
    return None


def of_selective(lines: Sequence[str]) -> list[FleetAnswer] | None:
    """None if no line names a host. What stands above the first is a warning of the engine."""
    plain, indent = [], 4
    for line in lines:
        indent = 4 if _SELECTIVE.fullmatch(line.rstrip()) else 8 if line.startswith(_ITEM) else indent
        plain.append(line if line.startswith(_ITEM) else line.removeprefix(" " * indent))
    answers = list(_of(plain, _SELECTIVE, _OF_SELECTIVE))
    return [answer for answer in answers if any(line.strip() for line in answer.lines)] or None


def of_ssh(lines: Sequence[str]) -> list[FleetAnswer] | None:
    """What a loop of ssh(1) printed, of several hosts; None where somebody typed at prompts, which say whose it is."""
    if any((prompt := prompt_in(line.strip())) is not None and prompt.command for line in lines):
        return None
    answers = list(_of(lines, _ADDED, _CLOSED))
    if not answers:  # the name stands below: read from the end, it stands above
        turned = [
            FleetAnswer(
                answer.engine,
                answer.host,
                answer.lines[::-1],
                [len(lines) + 1 - (n or 0) for n in answer.numbers[::-1]],
            )
            for answer in _of(lines[::-1], _CLOSED, _ADDED)
        ]
        answers = turned[::-1]
    several = len({answer.host for answer in answers}) > 1
    read = {number for answer in answers for number in answer.numbers}
    own = (_ADDED.fullmatch(line.rstrip()) or _CLOSED.fullmatch(line.rstrip()) for line in lines)
    whole = all(
        number in read or mine or not line.strip()
        for number, (line, mine) in enumerate(zip(lines, own, strict=True), 1)
    )
    return answers if several and whole and all(map(is_dump, answers)) else None


def _of(lines: Sequence[str], head: re.Pattern[str], own: re.Pattern[str]) -> Iterator[FleetAnswer]:
    host = ""
    rows: list[str] = []
    numbers: list[int | None] = []
    for number, line in enumerate(lines, start=1):
        named = head.fullmatch(line.rstrip())
        if named is None:
            if host and not own.fullmatch(line.rstrip()):
                rows.append(line)
                numbers.append(number)
            continue
        if host:
            yield FleetAnswer(UNNAMED, host, rows, numbers)
        host, rows, numbers = named["host"], [], []
    if host:
        yield FleetAnswer(UNNAMED, host, rows, numbers)


def of_yaml(text: str) -> list[FleetAnswer] | None:
    """None where PyYAML is missing, or where a value is no answer under a host's name.

    A host may come again with its next answer, which makes no document: every value is read by itself.
    """
    from lvsdoctor.parse.config.yaml_text import PyYamlMissing, documents

    answers: list[FleetAnswer] = []
    try:
        for part in _PARTS.split(text):
            if not part.strip():
                continue
            yaml = documents(part, "")
            if yaml.unread or len(yaml.roots) != 1 or len(yaml.roots[0].pairs) != 1 or len(answers) > _MOST:
                return None
            ((host, value),) = yaml.roots[0].pairs
            printed = next((node.text for path in _PRINTED if (node := value.at(*path)) is not None and node.text), "")
            if "\n" in printed:
                answers.append(of_value(UNNAMED, host.text.partition("/")[0], printed))
    except PyYamlMissing:
        return None
    return answers if answers and all(map(is_dump, answers)) else None
