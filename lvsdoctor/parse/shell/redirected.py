"""Loops, and what groups, loops and functions print, where it goes into a file or a value."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.shell import settings
from lvsdoctor.parse.shell.command import FIRST, UNKNOWN, Line, OutputFile, Pipeline, ShellCommand, is_unknown
from lvsdoctor.parse.shell.command_reader import CommandReader
from lvsdoctor.parse.shell.effects import has_effect
from lvsdoctor.parse.shell.endings import FunctionEnd, LoopEnd, ScriptEnd
from lvsdoctor.parse.shell.sourcing import Opener
from lvsdoctor.parse.shell.state import Exhausted
from lvsdoctor.parse.shell.syntax import Node
from lvsdoctor.parse.shell.words import Scope, fields

__all__ = ["Redirected"]

_MOST_LINES = _MOST_ROUNDS = 1000
_START = "start"
# They print nothing, or nothing that a script keeps.
_SILENT = frozenset(
    ": true false sleep cd mkdir touch rm cp mv chmod chown modprobe systemctl service shift exit return".split()
)
_BLANKS = " \t"


class Redirected:
    """A part of the interpreter: statements whose output is kept, and loops over words and lines."""

    _reader: CommandReader
    _scope: Scope
    _run: Callable[[Pipeline], None]
    _open: Opener
    _kept: list[Line] | None = None  # what is printed goes here
    _functions: dict[str, tuple[Node, CommandReader]]
    _calls: list[str]
    _uncertain: int

    def _visit(self, node: Node) -> bool | None:
        raise NotImplementedError

    def _all(self, nodes: Sequence[Node]) -> bool | None:
        raise NotImplementedError

    def _perhaps(self, nodes: Sequence[Node]) -> None:
        raise NotImplementedError

    def _call(self, name: str, arguments: tuple[str, ...]) -> None:
        raise NotImplementedError

    def _prints(self, pipeline: Pipeline) -> bool:
        """Keeps what a pipeline prints, where somebody wants it; False where it is to run as ever."""
        last = pipeline[-1].carried()
        if self._kept is None or last.outputs or last.program == "tee" or has_effect(pipeline):
            return False
        lines = settings.output_of(last) if len(pipeline) == 1 and not last.uncertain else None
        if lines is None and last.program in _SILENT:
            return False
        self._kept += lines if lines is not None else [(UNKNOWN, last.seen)]
        return lines is not None

    def _printed(self, statements: Callable[[], object]) -> list[Line]:
        """What the statements print."""
        outer, self._kept = self._kept, []
        try:
            statements()
            return self._kept
        finally:
            self._kept = outer

    def _for(self, node: Node) -> None:
        name, body = node.child_by_field_name("variable"), node.child_by_field_name("body")
        if name is None or body is None:
            return
        values = node.children_by_field_name("value")
        words = [word for value in values for word in fields(self._reader.text_of(value), self._scope)]
        if not any(child.type == "in" for child in node.children):
            words = list(self._scope.arguments or [UNKNOWN])
        if node.children[0].type == "select" or any(UNKNOWN in word for word in words) or FIRST in words:
            self._scope.set(self._reader.text_of(name), UNKNOWN)
            self._perhaps(body.named_children)
            return
        for word in words[:_MOST_ROUNDS]:
            self._scope.set(self._reader.text_of(name), word)
            try:
                self._all(body.named_children)
            except LoopEnd as loop:
                if not loop.goes_on:
                    break
        if len(words) > _MOST_ROUNDS:
            raise Exhausted

    def _group(self, node: Node) -> bool:
        """`{ ...; } >> FILE`, `for ...; done > FILE`, `while read ...; done << EOF`; False for anything else."""
        body = node.child_by_field_name("body")
        if body is None or body.type in ("command", "pipeline"):
            return False
        redirects = node.children_by_field_name("redirect")
        rows = self._reader.read_by(redirects, self._scope, self._open)
        targets = self._reader.targets(redirects, self._scope)

        def statements() -> None:
            if rows is None or not self._reads(body, rows):
                self._visit(body)

        if targets:
            self._write(self._printed(statements), targets, self._reader.row_of(node))
        else:
            statements()
        return True

    def _called(self, command: ShellCommand) -> None:
        """A function of the script, whose output may go into a file."""
        name, arguments = (_START if command.words[0] == FIRST else command.words[0]), command.words[1:]
        if not command.outputs:
            self._call(name, arguments)
            return
        lines = self._printed(lambda: self._call(name, arguments))
        self._write(lines, command.outputs, command.seen)

    def _write(self, lines: Sequence[Line], targets: Sequence[OutputFile], seen: Seen) -> None:
        uncertain = self._uncertain > 0
        self._run([ShellCommand(("cat",), seen, tuple(targets), tuple(lines), uncertain=uncertain)])

    def _piped(self, commands: Sequence[ShellCommand], others: Sequence[Node], node: Node) -> bool:
        """`{ ...; } | tee FILE` and `echo ... | while read ...`; False for anything else."""
        if len(commands) != 1 or len(others) != 1:
            return False
        command = commands[0].carried()
        if command.program == "tee" and command.text is None:
            lines = self._printed(lambda: self._visit(others[0]))
            self._run([replace(commands[0], words=("cat",), text=tuple(lines)), command])
            return True
        rows = settings.output_of(command)
        outer = self._scope
        self._scope = replace(outer, variables=dict(outer.variables))
        try:
            return rows is not None and self._reads(others[0], rows)
        finally:
            self._scope = outer

    def _reads(self, loop: Node, rows: Sequence[Line]) -> bool:
        """`while read NAME...` over these lines; False where it is no such loop."""
        parts = [child for child in loop.named_children if child.type != "comment"]
        if loop.type != "while_statement" or len(parts) != 2 or parts[0].type != "command":
            return False
        words = self._reader.text_of(parts[0]).split()
        separators = _BLANKS
        if words and words[0].startswith("IFS="):
            separators = words.pop(0)[4:].strip("'\"")
        if words[:1] != ["read"]:
            return False
        names = [word for word in words[1:] if not word.startswith("-")]
        if not names or len(words) - len(names) > 2 or not all(map(str.isidentifier, names)):
            return False
        for text, _ in rows[:_MOST_LINES]:
            for name, value in zip(names, _fields(text, separators, len(names)), strict=True):
                self._scope.set(name, UNKNOWN if is_unknown(value) else value)
            try:
                self._all(parts[1].named_children)
            except LoopEnd as loop_end:
                if not loop_end.goes_on:
                    break
        return True

    def _function_value(self, words: Sequence[str]) -> str | None:
        """What `$(FUNCTION ...)` prints; None where it is no function of the script, or not known."""
        if not words or words[0] not in self._functions or words[0] in self._calls:
            return None
        outer, run = self._scope, self._run
        self._scope = replace(outer, variables=dict(outer.variables))
        changed: list[Pipeline] = []
        self._run = changed.append
        try:
            lines = self._printed(lambda: self._call(words[0], tuple(words[1:])))
        except (ScriptEnd, FunctionEnd, LoopEnd):
            return None
        finally:
            self._scope, self._run = outer, run
        text = "\n".join(text for text, _ in lines)
        return None if any(map(has_effect, changed)) or is_unknown(text) else text


def _fields(text: str, separators: str, count: int) -> Iterator[str]:
    """The values of `count` names: the last has all that is left."""
    rest = text.strip(_BLANKS)
    for number in range(count):
        rest = rest.lstrip("".join(set(separators) & set(_BLANKS)))
        ends = [at for at, sign in enumerate(rest) if sign in separators]
        if number == count - 1 or not ends:
            yield rest
            rest = ""
        else:
            yield rest[: ends[0]]
            rest = rest[ends[0] + 1 :]
