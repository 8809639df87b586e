"""The simple commands of a syntax tree: their words, redirections and here-documents."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.shell.command import Line, OutputFile, ShellCommand, is_glob
from lvsdoctor.parse.shell.sourcing import Opener
from lvsdoctor.parse.shell.state import Exhausted
from lvsdoctor.parse.shell.syntax import Node
from lvsdoctor.parse.shell.words import Scope, expanded, fields, here_text

_MOST_WORDS = 1000


class CommandReader:
    """Reads the commands of the script that is all of `lines` from `first_line` on, in the file `where`."""

    def __init__(self, lines: Sequence[str], where: str, first_line: int) -> None:
        self._lines, self._where, self._first = lines, where, first_line
        self._source = "\n".join(lines[first_line - 1 :])
        self._scope, self._uncertain = Scope(), False

    def text_of(self, node: Node) -> str:
        return self._source[node.start_byte : node.end_byte]

    def commands(self, node: Node, scope: Scope, *, uncertain: bool) -> tuple[list[ShellCommand], list[Node]]:
        """The simple commands between the pipes, and the statements besides, such as a loop that is piped into."""
        self._scope, self._uncertain = scope, uncertain
        return self._of(node)

    def targets(self, redirects: Sequence[Node], scope: Scope) -> list[OutputFile]:
        """The files that redirections of a statement write its output into."""
        self._scope = scope
        files = [child for node in redirects for child in (node, *node.named_children) if child.type == "file_redirect"]
        return [target for node in files if (target := self._target(node)) is not None]

    def read_by(self, redirects: Sequence[Node], scope: Scope, open_file: Opener) -> list[Line] | None:
        """The lines that a statement reads, of its here-document or a file of the tree; None where it reads neither."""
        carrier = [ShellCommand(("cat",), self._row(0))]
        self._scope = scope
        for node in redirects:
            if node.type == "heredoc_redirect":
                self._here_document(node, carrier, [])
                return list(carrier[0].text or ())
            target = node.child_by_field_name("destination")
            if node.type == "file_redirect" and target is not None and node.children[0].type == "<":
                opened = open_file(expanded(self.text_of(target), scope))
                rows = opened[1].split("\n") if opened is not None else []
                where = opened[0] if opened is not None else ""
                return [(row, Seen(where, number, row)) for number, row in enumerate(rows, 1) if row.strip()] or None
        return None

    def row_of(self, node: Node) -> Seen:
        return self._row(node.start_point[0])

    def _of(self, node: Node) -> tuple[list[ShellCommand], list[Node]]:
        if node.type == "command":
            command = self._simple(node)
            return ([command] if command else []), []
        if node.type == "pipeline":
            commands, others = [], []
            for child in node.named_children:
                more, rest = self._of(child)
                commands += more
                others += rest
            return commands, others
        if node.type != "redirected_statement":
            return [], [node]
        body = node.child_by_field_name("body")
        commands, others = self._of(body) if body is not None else ([], [])
        for redirect in node.children_by_field_name("redirect"):
            if redirect.type == "file_redirect" and commands and (target := self._target(redirect)) is not None:
                commands[-1] = replace(commands[-1], outputs=(*commands[-1].outputs, target))
            elif redirect.type == "heredoc_redirect":
                self._here_document(redirect, commands, others)
        return commands, others

    def _target(self, redirect: Node) -> OutputFile | None:
        sign = next((child.type for child in redirect.children if child.type[:1] in ("<", ">", "&")), "")
        descriptor, target = redirect.child_by_field_name("descriptor"), redirect.child_by_field_name("destination")
        if target is None or sign not in (">", ">>", ">|", "&>", "&>>"):
            return None
        if descriptor is not None and self.text_of(descriptor) != "1":
            return None
        return OutputFile(expanded(self.text_of(target), self._scope), ">>" in sign, is_glob(self.text_of(target)))

    def _here_document(self, node: Node, commands: list[ShellCommand], others: list[Node]) -> None:
        start = next((child for child in node.children if child.type == "heredoc_start"), None)
        body = next((child for child in node.children if child.type == "heredoc_body"), None)
        quoted = start is not None and any(sign in self.text_of(start) for sign in "'\"\\")
        if commands and body is not None:
            tabs = any(child.type == "<<-" for child in node.children)
            commands[-1] = replace(commands[-1], text=tuple(self._here_lines(body, quoted=quoted, tabs=tabs)))
        for child in node.named_children:
            if child.type == "file_redirect" and commands and (target := self._target(child)) is not None:
                commands[-1] = replace(commands[-1], outputs=(*commands[-1].outputs, target))
            elif child.type == "pipeline":
                more, rest = self._of(child)
                commands += more
                others += rest
        right = node.child_by_field_name("right")
        if right is not None:
            others.append(right)

    def _here_lines(self, body: Node, *, quoted: bool, tabs: bool) -> Iterator[Line]:
        # What begins with a variable is parsed as if it began behind it: whole lines are taken.
        first, last = body.start_point[0], body.end_point[0]
        for number in range(first, min(last, len(self._lines) - self._first + 1)):
            raw = self._lines[number + self._first - 1]
            seen = Seen(self._where, number + self._first, raw)
            text = raw.lstrip("\t") if tabs else raw
            yield (text if quoted else here_text(text, self._scope)), seen

    def _simple(self, node: Node) -> ShellCommand | None:
        words: list[str] = []
        for child in node.children:
            if child.type in ("variable_assignment", "herestring_redirect", "file_redirect") or child.type == "$":
                continue
            words += fields(self.text_of(child), self._scope)
            if len(words) > _MOST_WORDS:
                raise Exhausted
        if not words:
            return None
        rows = range(node.start_point[0], node.end_point[0] + 1)
        several = tuple(map(self._row, rows)) if 1 < len(rows) < _MOST_WORDS else ()
        return ShellCommand(tuple(words), self._row(rows[0]), uncertain=self._uncertain, rows=several)

    def _row(self, row: int) -> Seen:
        number = row + self._first
        return Seen(self._where, number, self._lines[number - 1] if number <= len(self._lines) else "")
