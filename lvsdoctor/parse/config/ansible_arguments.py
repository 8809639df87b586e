"""The arguments of a task of Ansible, with what is known of their values."""

import re
from dataclasses import dataclass

from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.config.ansible_host import ManagedHost, TaskFile
from lvsdoctor.parse.config.ansible_network import TaskOption
from lvsdoctor.parse.config.embedded import Embedded, embedded
from lvsdoctor.parse.config.jinja import is_known, resolved
from lvsdoctor.parse.config.jinja_blocks import unrolled
from lvsdoctor.parse.config.yaml_text import Scalar, Table, YamlNode

__all__ = ["TaskArguments"]

_LONGEST = 5000
_WORD = re.compile(r"""(?:\{\{[^{}]*\}\}|'[^']*'|"[^"]*"|[^\s'"])+""")


@dataclass(frozen=True, slots=True)
class TaskArguments:
    """One module with its arguments, run for one item. `uncertain`: a condition that the files do not decide."""

    host: ManagedHost
    file: TaskFile
    task: Table
    arguments: YamlNode
    uncertain: bool

    def note(self, seen: Seen | None = None) -> None:
        self.host.effects.note(seen or self.arguments.seen)

    def node(self, *names: str) -> YamlNode | None:
        for name in names:
            for table in (self.arguments, self.task.at("args")):
                if table is not None and (node := table.at(name)) is not None:
                    return node
        return None

    def raw(self, *names: str) -> str | None:
        node = self.node(*names)
        if node is not None:
            return node.text if isinstance(node, Scalar) else None
        return next((value for key, value in self._words() if key in names), None)

    def _words(self) -> list[tuple[str, str]]:
        """The arguments that stand in one text: `name={{ item }} value=1`."""
        text = self.arguments.text if isinstance(self.arguments, Scalar) else ""
        words = (word.partition("=") for word in _WORD.findall(text[:_LONGEST]))
        return [(key, _unquoted(value)) for key, sign, value in words if sign]

    def text(self, *names: str) -> str | None:
        """An argument whose value is known; None where it is not there, or not known."""
        raw = self.raw(*names)
        if raw is None:
            return None
        text = resolved(raw, self.host.variables)
        return text if is_known(text) else None

    def options(self) -> dict[str, TaskOption]:
        """All arguments with their values, of which some may not be known."""
        inline = ((key, resolved(value, self.host.variables)) for key, value in self._words())
        found = {key: TaskOption((value,), (self.arguments.seen,)) for key, value in inline}
        for table in (self.arguments, self.task.at("args")):
            for key, node in table.pairs if table is not None else ():
                values = [resolved(item.text, self.host.variables) for item in (node.items or (node,))]
                if values != [""]:
                    lines = tuple(item.seen for item in node.items) or (key.seen,)
                    found.setdefault(key.text, TaskOption(tuple(values), lines))
        return found

    def written_text(self, node: YamlNode) -> Embedded:
        """The text of an argument, its templates resolved and its loops unrolled as far as the files decide."""
        inside = embedded(node, self.file.lines)
        made = unrolled(node.text, self.host.variables) if "{%" in node.text else None
        if made is None:
            return inside.with_text(resolved(node.text, self.host.variables))
        for number in made.undecided:
            self.note(inside.outer(Seen("", number, "")))
        numbers = [inside.first_line + number - 1 for number in made.numbers] if inside.first_line else ()
        return Embedded(made.text, inside.node, inside.first_line, inside.lines, numbers)


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] in "'\"" and value[-1] == value[0] else value
