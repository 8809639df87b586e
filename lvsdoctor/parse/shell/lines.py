"""The commands of a single line, as somebody types it: without tree-sitter, which whole scripts are parsed with."""

import re

from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.shell.command import SHELLS, OutputFile, ShellCommand, is_glob
from lvsdoctor.parse.shell.tokens import tokens
from lvsdoctor.parse.shell.words import Scope, expanded, fields

_ASSIGNMENT = re.compile(r"(?:(?:export|readonly|local|declare)\s+)?([A-Za-z_]\w*)=(.*)", re.ASCII | re.DOTALL)
_RESERVED = frozenset("if then else elif fi for while until do done case esac select function { } [[ (".split())
_SEPARATORS = frozenset({";", "&", "&&", "||"})
_NESTED = 3


def pipelines_of(line: str, seen: Seen, scope: Scope, depth: int = 0) -> list[list[ShellCommand]] | None:
    """The pipelines in their order, an assignment kept in `scope`; None where the line needs a whole parser."""
    parts = tokens(line[:4000])
    if any(raw in _RESERVED for raw, _ in parts) or any(raw in ("(", ")", "<<", "<<-") for raw, sign in parts if sign):
        return None
    result: list[list[ShellCommand]] = []
    pipeline: list[ShellCommand] = []
    simple: list[tuple[str, bool]] = []
    uncertain = False
    for raw, sign in [*parts, (";", True)]:
        if not (sign and (raw in _SEPARATORS or raw in ("|", "|&"))):
            simple.append((raw, sign))
            continue
        command = _command(simple, seen, scope, uncertain=uncertain)
        simple = []
        if command is not None:
            pipeline.append(command)
        if raw in ("|", "|&"):
            continue
        if pipeline:
            result += _unwrapped(pipeline, seen, scope, depth)
        pipeline, uncertain = [], raw == "||" or (uncertain and raw == "&&")
        if raw == "&&" and command is not None and command.program in ("[", "test"):
            uncertain = True
    return result


def _command(simple: list[tuple[str, bool]], seen: Seen, scope: Scope, *, uncertain: bool) -> ShellCommand | None:
    words: list[str] = []
    outputs: list[OutputFile] = []
    queue = simple[::-1]
    assigns = True
    while queue:
        raw, sign = queue.pop()
        if sign:
            target = queue.pop()[0] if queue else ""
            if raw.lstrip("1&") in (">", ">>", ">|") and raw[:1] not in "023456789":
                outputs.append(OutputFile(expanded(target, scope), ">>" in raw, is_glob(target)))
            continue
        if assigns and (match := _ASSIGNMENT.fullmatch(raw)) is not None and not words:
            scope.set(match[1], expanded(match[2], scope))
            continue
        if raw in ("export", "readonly", "local", "declare") and not words:
            continue
        assigns = False
        words += fields(raw, scope)
    return ShellCommand(tuple(words), seen, tuple(outputs), uncertain=uncertain) if words else None


def _unwrapped(pipeline: list[ShellCommand], seen: Seen, scope: Scope, depth: int) -> list[list[ShellCommand]]:
    """`sudo sh -c "echo 1 > /proc/sys/..."` is the command in the quotes."""
    inner = inner_command(pipeline)
    if inner is None or depth >= _NESTED:
        return [pipeline]
    nested = pipelines_of(inner, seen, Scope(dict(scope.variables)), depth + 1)
    return [pipeline] if nested is None else nested


def inner_command(pipeline: list[ShellCommand]) -> str | None:
    """The text behind -c of a shell that is all there is."""
    command = pipeline[0].carried()
    if len(pipeline) > 1 or command.program not in SHELLS or "-c" not in command.words[1:-1]:
        return None
    return command.words[command.words.index("-c") + 1]
