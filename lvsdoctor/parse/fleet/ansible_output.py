"""What `ansible` and `ansible-playbook` print: minimal, oneline, and default with results as JSON or YAML.

The callbacks are ansible/plugins/callback/minimal.py, oneline.py and default.py; community.general has yaml.
"""

import json
import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

from lvsdoctor.parse.fleet.answer import FleetAnswer
from lvsdoctor.parse.fleet.documents import of_result, value_at
from lvsdoctor.parse.paste.patterns import pattern

ENGINE = "Ansible"
_STATES = r"(?:SUCCESS|CHANGED|FAILED|UNREACHABLE)!?"
_MINIMAL = pattern(rf"(?P<host>\S{{1,253}}) \| {_STATES} \| rc=-?\d+ >>")
_ONELINE = pattern(rf"(?P<host>\S{{1,253}}) \| {_STATES} \| rc=-?\d+ \| \(stdout\) ?(?P<text>.*)")
_VALUE = pattern(rf"(?P<host>\S{{1,253}}) \| {_STATES} => (?=\{{)")
_RESULT = pattern(
    r"(?:ok|changed|fatal|failed|skipping|unreachable): \[(?P<host>[^\]\s]{1,253})(?: -> [^\]]{1,253})?\]"
    r"(?:: [A-Z]+!)?(?:(?: =>)? \(item=.{0,500}?\)(?= =>|\s*$))?(?P<sign> =>)? ?(?P<rest>.*)"
)
_BLOCK = pattern(r"(?P<margin> +)(?P<key>[\w.\[\]'-]*?(?:stdout|msg)): \|[-+]?\d?[-+]?")
_PLAIN = pattern(r"(?P<margin> +)(?P<key>[\w.\[\]'-]*?(?:stdout|msg)): (?P<value>\S.*)")
_LIST = pattern(r"(?P<margin> +)(?P<key>[\w.\[\]'-]*?(?:stdout_lines|msg)):")
_ITEM = pattern(r" *- (?P<value>.*)")
_COMMAND = pattern(r" +cmd: (?P<value>[^|>\s].*)")
# community.general's unixy: the first line beside the host's name, the others below. The debug callback: below a name.
_UNIXY = pattern(r"  (?P<host>\S{1,253}) (?:done|ok|changed|failed)(?: \| [^|]{1,200}){0,3} \| stdout: (?P<text>.*)")
_UNIXY_END = pattern(r"  \S{1,253} (?:done|ok|changed|failed|skipped|unreachable)\b|\S.*\.\.\.$| *\| stderr: ")
_PRINTED = pattern(r"(?:STDOUT|MSG):")
_PRINTED_END = pattern(r"(?:STDOUT|STDERR|MSG):$|(?:PLAY|TASK|RUNNING HANDLER) (?:\[|RECAP)|NO MORE HOSTS LEFT")
# log_path: the first line of each message has the time, the process and the user before it.
_LOGGED = pattern(
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} p=\d{1,9} u=\S{1,64} (?:n=\S{1,64} )?(?:[A-Z]{4,8})?\| {1,2}(?=\S|$)"
)
_HEADS = (_ONELINE, _VALUE, _RESULT)


def of_ansible(lines: Sequence[str], *, streams: bool) -> list[FleetAnswer] | None:
    """None if nothing here is a result. What stands under `host | CHANGED | rc=0 >>` is read so only for `streams`:
    such a line is a heading as good as any."""
    logged = any(_LOGGED.match(line) for line in lines[:200])
    if logged:
        lines = [_LOGGED.sub("", line, count=1) for line in lines]
    answers: list[FleetAnswer] = []
    own: list[tuple[str, int]] = []
    results = 0
    number = 0
    shown: tuple[str, str] | None = None  # the host and the command of the last result that had no output in it
    while number < len(lines):
        line = lines[number].rstrip("\r")
        begin, number = number, number + 1
        if head := _ONELINE.fullmatch(line):
            printed = head["text"].partition(" (stderr) ")[0].split("\\n")
            answers.append(FleetAnswer(ENGINE, head["host"], printed, [begin + 1] * len(printed)))
        elif head := _MINIMAL.fullmatch(line):
            number = _next_head(lines, number)
            results += streams or logged
            answers.append(FleetAnswer(ENGINE, head["host"], lines[begin + 1 : number], range(begin + 2, number + 1)))
        elif (head := _VALUE.match(line)) or ((head := _RESULT.fullmatch(line)) and head["rest"].startswith("{")):
            column = head.start("rest") if "rest" in head.groupdict() else head.end()
            number, more = _of_json(lines, begin, column, head["host"])
            answers += more
            shown = (head["host"], _asked(lines[begin:number], column)) if not more else None
        elif head and head["sign"]:
            number = begin + 1 + len(list(takewhile(lambda row: row[:1] in (" ", ""), lines[begin + 1 :])))
            answers += _of_yaml(lines, begin + 1, number, head["host"])
        elif head := _UNIXY.fullmatch(line):
            number = _end_of(lines, number, _UNIXY_END)
            printed = [head["text"], *lines[begin + 1 : number]]
            answers.append(FleetAnswer(ENGINE, head["host"], printed, range(begin + 1, number + 1)))
        elif shown and _PRINTED.fullmatch(line):
            number = _end_of(lines, number, _PRINTED_END)
            answers.append(_with(shown[1], shown[0], lines[begin + 1 : number], begin + 1))
        else:
            own.append((line, begin + 1))
            continue
        results += not _MINIMAL.fullmatch(line)
    return answers if results and answers else None


def _asked(lines: Sequence[str], column: int) -> str:
    """The command that a result in JSON names."""
    read = value_at("\n".join(lines), column)
    command = read[0].get("cmd") if read and isinstance(read[0], dict) else None
    line = " ".join(map(str, command)) if isinstance(command, list) else command
    return f"$ {line}" if isinstance(line, str) and line and "\n" not in line else ""


def _end_of(lines: Sequence[str], number: int, end: re.Pattern[str]) -> int:
    """The index of the next line that belongs to no output."""
    while number < len(lines) and not (end.match(lines[number].rstrip()) or _RESULT.match(lines[number].rstrip())):
        number += 1
    return number


def _next_head(lines: Sequence[str], number: int) -> int:
    while number < len(lines) and not (_MINIMAL.fullmatch(lines[number].rstrip()) or _VALUE.match(lines[number])):
        number += 1
    return number


def _of_json(lines: Sequence[str], begin: int, column: int, host: str) -> tuple[int, list[FleetAnswer]]:
    """The answers in the value that begins here, and the line behind it."""
    end = begin + 1
    if lines[begin].rstrip() == lines[begin][: column + 1]:  # it is spread over lines, up to its closing brace
        while end < len(lines) and lines[end][:1] in (" ", "\t", ""):
            end += 1
        end += 1
    read = value_at("\n".join(lines[begin:end]), column)
    return (begin + 1, []) if read is None else (end, list(of_result(ENGINE, host, read[0])))


def _of_yaml(lines: Sequence[str], begin: int, end: int, host: str) -> Iterator[FleetAnswer]:
    """The blocks of a result that has a key in each line; `stdout` makes `stdout_lines` superfluous."""
    command = next((f"$ {row['value']}" for line in lines[begin:end] if (row := _COMMAND.fullmatch(line.rstrip()))), "")
    printed = False
    number = begin
    while number < end:
        line = lines[number].rstrip()
        number += 1
        if block := _BLOCK.fullmatch(line):
            first = number
            margin = len(block["margin"])
            while number < end and (not lines[number].strip() or _indent(lines[number]) > margin):
                number += 1
            rows = lines[first:number]
            inner = min((_indent(row) for row in rows if row.strip()), default=0)
            yield _with(command, host, [row[inner:] for row in rows], first)
            printed = True
        elif (plain := _PLAIN.fullmatch(line)) and not plain["value"].startswith(("|", ">", "<omitted>")):
            yield _with(command, host, [_scalar(plain["value"])], number - 1)
            printed = True
        elif _LIST.fullmatch(line) and not printed:
            first = number
            items = takewhile(bool, (_ITEM.fullmatch(text.rstrip()) for text in lines[first:end]))
            rows = [_scalar(item["value"]) for item in items if item]
            number = first + len(rows)
            yield _with(command, host, rows, first)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _with(command: str, host: str, rows: Sequence[str], first: int) -> FleetAnswer:
    numbers: list[int | None] = list(range(first + 1, first + 1 + len(rows)))
    if command:
        return FleetAnswer(ENGINE, host, [command, *rows], [None, *numbers])
    return FleetAnswer(ENGINE, host, rows, numbers)


def _scalar(text: str) -> str:
    """A value of YAML in one line: plain, or in quotes of either kind."""
    if len(text) > 1 and text[0] == text[-1] == "'":
        return text[1:-1].replace("''", "'")
    if len(text) > 1 and text[0] == text[-1] == '"':
        try:
            value = json.loads(text)
        except ValueError:
            return text[1:-1]
        return value if isinstance(value, str) else text
    return text
