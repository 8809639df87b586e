"""Follows a script as `SCRIPT start` would run it, and hands over its commands in their order. Nothing is executed.

What depends on a condition that the text does not decide is uncertain: its commands are handed over as such.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from lvsdoctor.parse.shell import conditions
from lvsdoctor.parse.shell.assignment import assign, count
from lvsdoctor.parse.shell.command import FIRST, UNKNOWN, Pipeline, ShellCommand, is_unknown
from lvsdoctor.parse.shell.command_reader import CommandReader
from lvsdoctor.parse.shell.endings import FunctionEnd, LoopEnd, ScriptEnd
from lvsdoctor.parse.shell.lines import inner_command, pipelines_of
from lvsdoctor.parse.shell.redirected import Redirected
from lvsdoctor.parse.shell.sourcing import Opener, nothing, reads_file
from lvsdoctor.parse.shell.state import Exhausted
from lvsdoctor.parse.shell.syntax import LARGEST_SCRIPT, Node, branches_of, case_body, parse
from lvsdoctor.parse.shell.words import Scope, expanded

_MOST_STEPS = 20_000
_DEEPEST = 150
_START = "start"
_NO_COMMANDS = frozenset({"comment", "heredoc_body", "heredoc_redirect", "file_redirect", "herestring_redirect"})


class Interpreter(Redirected):
    """Follows the tree of a script of the file `where`, of which `lines` are all lines; `run` takes its pipelines."""

    def __init__(
        self,
        lines: Sequence[str],
        where: str,
        run: Callable[[Pipeline], None],
        first_line: int = 1,
        scope: Scope | None = None,
        open_file: Opener = nothing,
    ) -> None:
        self._reader, self._run = CommandReader(lines, where, first_line), run
        self._scope = scope or Scope()
        self._scope.output = self._function_value
        self._open, self._text = open_file, self._reader.text_of
        self._functions: dict[str, tuple[Node, CommandReader]] = {}
        self._calls: list[str] = []
        self._steps = self._depth = self._uncertain = self._asked = 0

    def follow(self, root: Node) -> None:
        """Raises Exhausted where there is more to do than a script has that somebody wrote."""
        try:
            self._all(root.named_children)
        except (ScriptEnd, FunctionEnd, LoopEnd):
            return

    # -- statements -----------------------------------------------------------------------------------------------

    def _all(self, nodes: Sequence[Node]) -> bool | None:
        """Follows them, and answers whether the last one succeeds; None: not known."""
        outcome: bool | None = None
        for node in nodes:
            if node.type not in _NO_COMMANDS:
                outcome = self._visit(node)
        return outcome

    def _outcome(self, nodes: Sequence[Node]) -> bool | None:
        """Follows what decides about something else."""
        self._asked += 1
        try:
            return self._all(nodes)
        finally:
            self._asked -= 1

    def _visit(self, node: Node) -> bool | None:
        self._steps += 1
        if self._steps > _MOST_STEPS or self._depth > _DEEPEST:
            raise Exhausted
        self._depth += 1
        try:
            return self._statement(node)
        finally:
            self._depth -= 1

    def _statement(self, node: Node) -> bool | None:
        match node.type:
            case "command" | "pipeline" | "redirected_statement":
                outcome, text = self._pipeline(node), self._text(node)
                return conditions.looks_for_own(text) if outcome is None and text[:1] == "!" else outcome
            case "variable_assignment" | "compound_statement" if assign(node, self._text, self._scope):
                return True
            case "list":
                return self._list(node)
            case "test_command":
                return conditions.tested(self._text(node), self._scope, self._open)
            case "negated_command":
                outcome = self._all(node.named_children)
                return conditions.looks_for_own(self._text(node)) if outcome is None else not outcome
            case "if_statement":
                self._if(node)
            case "case_statement":
                self._case(node)
            case "for_statement":
                self._for(node)
            case "while_statement" | "c_style_for_statement" | "ERROR":
                self._perhaps(node.named_children)
            case "function_definition":
                name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
                if name is not None and body is not None:
                    self._functions[self._text(name)] = body, self._reader
            case "subshell":
                return self._subshell(node.named_children)
            case "unset_command":
                for child in node.named_children:
                    self._scope.variables.pop(self._text(child), None)
            case _:
                return self._all(node.named_children)
        return None

    def _perhaps(self, nodes: Sequence[Node]) -> None:
        """What may run or not: what it sets is not known afterwards."""
        before = dict(self._scope.variables)
        self._uncertain += 1
        try:
            self._all(nodes)
        except (ScriptEnd, FunctionEnd, LoopEnd):
            pass
        finally:
            self._uncertain -= 1
            for name, value in list(self._scope.variables.items()):
                if before.get(name) != value:
                    self._scope.variables[name] = UNKNOWN

    def _subshell(self, nodes: Sequence[Node]) -> bool | None:
        outer = self._scope
        self._scope = Scope(dict(outer.variables), outer.arguments, outer.output)
        try:
            return self._all(nodes)
        except ScriptEnd:
            return None
        finally:
            self._scope = outer

    def _list(self, node: Node) -> bool | None:
        """`A && B`, `A || B`: a command that sets something up is taken to succeed."""
        parts = node.children
        if len(parts) < 3:
            return self._all(node.named_children)
        outcome, both = self._outcome(parts[:1]), parts[1].type == "&&"
        if outcome is None and not both and conditions.looks_for_own(self._text(parts[0])):
            outcome = False
        if outcome is None:
            self._perhaps(parts[2:])
            return None
        return self._all(parts[2:]) if outcome is both else outcome

    def _if(self, node: Node) -> None:
        condition, branches = branches_of(node)
        while True:
            outcome = None if condition is None else self._outcome(condition)
            body, rest = branches
            if outcome is True:
                self._all(body)
                return
            if outcome is None:
                self._perhaps(body)
            following = rest[0] if rest else None
            if following is None:
                return
            if following.type == "else_clause":
                own = following.named_children
                self._all(own) if outcome is False else self._perhaps(own)
                return
            if outcome is None:
                self._perhaps([child for clause in rest for child in clause.named_children])
                return
            condition, (body, _) = branches_of(following)
            branches = (body, rest[1:])

    def _case(self, node: Node) -> None:
        value = node.child_by_field_name("value")
        subject = expanded(self._text(value), self._scope) if value is not None else UNKNOWN
        items = [child for child in node.named_children if child.type == "case_item"]
        if subject == FIRST:
            subject = _START if any(_START in self._patterns(item) for item in items) else UNKNOWN
        if is_unknown(subject):
            for item in items:
                self._perhaps(case_body(item))
            return
        for item in items:
            if any(fnmatchcase(subject, pattern) for pattern in self._patterns(item)):
                self._all(case_body(item))
                return

    def _patterns(self, item: Node) -> list[str]:
        return [expanded(self._text(child), self._scope) for child in item.children_by_field_name("value")]

    # -- commands -------------------------------------------------------------------------------------------------

    def _pipeline(self, node: Node) -> bool | None:
        if node.type == "redirected_statement" and self._group(node):
            return None
        commands, others = self._reader.commands(node, self._scope, uncertain=self._uncertain > 0)
        if others and self._piped(commands, others, node):
            return None
        if len(commands) == 1 and not others and self._shell_word(commands[0]):
            return True
        outcome: bool | None = None
        if commands and not self._prints(commands):
            inner = inner_command(commands)
            nested = pipelines_of(inner, commands[0].seen, Scope(), 1) if inner is not None else None
            for pipeline in nested if nested is not None else [commands]:
                uncertain = commands[0].uncertain
                self._run([replace(command, uncertain=command.uncertain or uncertain) for command in pipeline])
            if self._asked:
                outcome = conditions.succeeds(commands, self._text(node), self._scope, self._open)
        self._all(others)
        return outcome

    def _shell_word(self, command: ShellCommand) -> bool:
        """Does what the shell itself does: its own words, and functions of the script."""
        name = command.words[0]
        if name == FIRST and _START in self._functions:
            name = _START
        match name:
            case "exit":
                if not self._uncertain:
                    raise ScriptEnd
            case "return":
                if not self._uncertain:
                    raise FunctionEnd if self._calls else ScriptEnd
            case "break" | "continue":
                if not self._uncertain:
                    raise LoopEnd(goes_on=name == "continue")
            case "shift":
                self._scope.arguments = self._scope.arguments and self._scope.arguments[1:]
            case "read" | "mapfile" | "getopts":
                for word in command.words[1:]:
                    self._scope.variables.pop(word, None)
            case "let":
                count(",".join(command.words[1:]), self._scope)
            case _ if name in self._functions:
                self._called(command)
            case "." | "source" if opened := self._open(reads_file(command.words)):
                self._source(*opened)
            case _:
                return False
        return True

    def _call(self, name: str, arguments: tuple[str, ...]) -> None:
        if name in self._calls:  # it calls itself: how often is not known
            raise Exhausted
        outer = self._scope.arguments
        # `main "$@"` hands on what the script was called with.
        self._scope.arguments = None if arguments == (FIRST,) and outer is None else arguments
        self._calls.append(name)
        try:
            body, reader = self._functions[name]
            self._in_file(reader, [body])
        except FunctionEnd:
            pass
        finally:
            self._calls.pop()
            self._scope.arguments = outer

    def _source(self, where: str, text: str) -> None:
        """What `. FILE` does, in its place."""
        if where in self._calls or len(text) > LARGEST_SCRIPT:
            raise Exhausted
        text = text.replace("\r\n", "\n")
        self._calls.append(where)
        try:
            self._in_file(CommandReader(text.split("\n"), where, 1), parse(text).named_children)
        except FunctionEnd:
            pass
        finally:
            self._calls.pop()

    def _in_file(self, reader: CommandReader, nodes: Sequence[Node]) -> None:
        """Follows statements of the file that `reader` reads."""
        outer, self._reader, self._text = self._reader, reader, reader.text_of
        try:
            self._all(nodes)
        finally:
            self._reader, self._text = outer, outer.text_of
