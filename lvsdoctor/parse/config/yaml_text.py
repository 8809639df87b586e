"""The one door to PyYAML: the documents of a text as nodes, each with the line that it stands on.

`documents(text, where)` raises nothing for what the text is. It answers `Yaml`: `roots` are the documents that could be
read (a Scalar, a Listing or a Table each), `unread` the lines that could not. An error ends the reading, since no
program would take such a file; the documents above it stay. Where PyYAML is missing it raises PyYamlMissing, whose
`unread(...)` makes the entry of `Dump.unread_kinds` that says what to install:

    try:
        yaml = documents(text, where)
    except PyYamlMissing as missing:
        return Dump(origin=Origin.CONFIGURED, unread_kinds=(missing.unread("netplan", "a netplan file", text, where),))
    for root in yaml.roots:
        network = root.at("network")                # None where it is not there, or root is no Table
        for item in network.items: ...              # of a Listing; a Scalar or a Table has no items
        for key, node in network.pairs: ...         # of a Table; key is a Scalar; `node.seen` is the line of the value
        network.at("version").text                  # of a Scalar; "" for the others

* Scalars stay text, as written, without quotes: `no` is "no", 08 is "08". `plain` tells that there were none. `true()`
  and `number()` read what YAML 1.1 calls so. An empty value (`key:`) is a Scalar without text, `empty`.
* A block scalar (`|`, `>`) has `first_line`, the number of the line that its text begins on, and `block` (`|` or `>`).
* `Table.duplicates` are keys that stand there twice; the last one counts, as for most programs. `<<` is merged.
* A template stays what it is: `{{ vip }}/32` is a Scalar of this text, quoted or not, and a line of `{% ... %}` is a
  comment. `is_template(text)` tells them.
* An alias is the node of its anchor. One that is not known, that holds itself, or that with others would make more than
  LARGEST nodes, is an empty Scalar, and unread. What is nested deeper than DEEPEST is an error, so that walking a tree
  by recursion is safe.

PyYAML's own composer calls itself for each level, which a hostile file takes beyond the stack (in C beyond rescue). So
its parser's events are composed here, with the same marks.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lvsdoctor.model.coverage import Unread
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.config.yaml_nodes import Listing, Scalar, Table, Yaml, YamlNode
from lvsdoctor.parse.words import read_number

__all__ = [
    "DEEPEST",
    "LARGEST",
    "Listing",
    "PyYamlMissing",
    "Scalar",
    "Table",
    "Yaml",
    "YamlNode",
    "documents",
    "is_template",
]  # fmt: skip

DEEPEST = 60
LARGEST = 200_000

# Line ends that YAML 1.1 knows and no editor shows: each would move the numbers of all lines below.
_OTHER_ENDS = re.compile("[\x85\u2028\u2029]|\r(?!\n)")
_TEMPLATE = re.compile(r"\{[{%#]")
_ENDS = {"{{": "}}", "{%": "%}", "{#": "#}"}
_STATEMENT = re.compile(r"([ \t]*)(\{[%#].*[%#]\})\s*")
# Stand in the text for a template while it is parsed: of the private use area, which YAML takes for letters.
_OPEN, _CLOSE = "\ue0f0", "\ue0f1"
_STANDS_FOR = re.compile(f"{_OPEN}([0-9]+){_CLOSE}")
_BLOCK = re.compile(r"[|>][-+0-9]*\s*(?:#.*)?$")
_UNQUOTED = re.compile(r"[^\"'#]*?\{[{%#]")


def is_template(text: str) -> bool:
    """Does a program fill something in here before the file is used (Jinja, Go templates, ERB, ${...})?"""
    return any(mark in text for mark in ("{{", "{%", "{#", "<%", "${", "@@"))


class PyYamlMissing(Exception):
    """PyYAML is not installed: the file is not read."""

    def unread(self, kind: str, name: str, text: str, where: str) -> Unread:
        """The entry of `Dump.unread_kinds`: `kind` and `name` are those of a face ("netplan", "a netplan file")."""
        lines = text.split("\n")
        number = next((number for number, line in enumerate(lines, 1) if line.strip(" \r-")), 1)
        seen = Seen(where, number, lines[number - 1].rstrip("\r"))
        return Unread(kind, f"{name} (reading it needs PyYAML: pip install 'lvsdoctor[golden]')", seen)


def documents(text: str, where: str) -> Yaml:
    """All documents of a text. Raises PyYamlMissing, and nothing else."""
    try:
        import yaml
    except ImportError:
        raise PyYamlMissing from None
    # libyaml's parser is ten times as fast, and gives the same events and marks.
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    composer = _Composer(text, where)
    try:
        for event in yaml.parse(composer.source, Loader=loader):
            if not composer.take(event):
                break
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        composer.unread.append(composer.line(mark.line if mark is not None else 0))
    except (yaml.YAMLError, ValueError, RecursionError):  # characters that no YAML has: the text tells no line
        composer.unread.append(composer.line(composer.last))
    return Yaml(tuple(composer.roots), tuple(composer.unread))


@dataclass(slots=True)
class _Open:
    """A collection that is being composed; of a mapping `key` is the key that waits for its value."""

    mapping: bool
    seen: Seen
    tag: str
    anchor: str | None
    nodes: list[YamlNode] = field(default_factory=list)
    size: int = 1


class _Composer:
    """Makes nodes of events, without recursion."""

    def __init__(self, text: str, where: str) -> None:
        # Quoted as it stands in the file.
        self._quoted = [line.rstrip("\r") for line in text.split("\n")]
        text = _OTHER_ENDS.sub(" ", text)
        self.where = where
        self.lines = [line.rstrip("\r") for line in text.split("\n")]
        self.templates: list[str] = []
        self.source = "\n".join(map(self._without_templates, self.lines)) if "{" in text else text
        self.roots: list[YamlNode] = []
        self.unread: list[Seen] = []
        self.last = 0
        self._line = Seen(where, 0, "")
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[YamlNode, int]] = {}
        self._size = 0

    # -- templates --------------------------------------------------------------------------------------------------

    def _without_templates(self, line: str) -> str:
        """The line with signs for its templates, where YAML would take their braces for its own."""
        if match := _STATEMENT.fullmatch(line):
            return f"{match[1]}#{self._sign(match[2])}"
        return self._with_signs(line) if _UNQUOTED.match(line) else line

    def _with_signs(self, line: str) -> str:
        parts, at = [], 0
        while (begin := _TEMPLATE.search(line, at)) is not None:
            end = line.find(_ENDS[begin[0]], begin.end())
            if end < 0:
                break
            parts += [line[at : begin.start()], self._sign(line[begin.start() : end + 2])]
            at = end + 2
        return "".join((*parts, line[at:]))

    def _sign(self, template: str) -> str:
        self.templates.append(template)
        return f"{_OPEN}{len(self.templates) - 1}{_CLOSE}"

    def _restored(self, value: str) -> str:
        if _OPEN not in value:
            return value
        value = re.sub(f"#(?={_OPEN}[0-9]+{_CLOSE}(?:\n|$))", self._of_statement, value)
        return _STANDS_FOR.sub(self._template, value)

    def _of_statement(self, match: re.Match[str]) -> str:
        number = _STANDS_FOR.match(match.string, match.end())
        return "" if number and self._template(number)[:2] in ("{%", "{#") else "#"

    def _template(self, match: re.Match[str]) -> str:
        number = read_number(match[1])
        return self.templates[number] if number is not None and number < len(self.templates) else match[0]

    # -- events -----------------------------------------------------------------------------------------------------

    def line(self, index: int) -> Seen:
        index = min(max(index, 0), len(self.lines) - 1)
        if self._line.line != index + 1:
            self._line = Seen(self.where, index + 1, self._quoted[index])
        return self._line

    def take(self, event: Any) -> bool:
        """Takes one event; False where the reading ends here."""
        name = type(event).__name__
        self.last = event.start_mark.line
        if name == "ScalarEvent":
            self._scalar(event)
        elif name in ("MappingStartEvent", "SequenceStartEvent"):
            if len(self._open) >= DEEPEST:
                self.unread.append(self.line(self.last))
                return False
            self._open.append(
                _Open(name == "MappingStartEvent", self.line(self.last), event.tag or "", event.anchor)
            )  # fmt: skip
        elif name in ("MappingEndEvent", "SequenceEndEvent"):
            self._close(self._open.pop())
        elif name == "AliasEvent":
            self._alias(event)
        elif name == "DocumentStartEvent":
            self._anchors = {}
        return True

    def _scalar(self, event: Any) -> None:
        style = event.style or ""
        block = style if style in ("|", ">") else ""
        value = self._restored(event.value)
        first = self._block_begins(event.start_mark.line) if block else 0
        node = Scalar(self.line(self.last), event.tag or "", value, not style, block, first)
        self._add(node, 1, event.anchor)

    def _block_begins(self, mark: int) -> int:
        """The line that a block's text begins on: below its header, before which a tag or anchor may have its own."""
        lines = enumerate(self.lines[mark : mark + 3], mark)
        return next((number for number, line in lines if _BLOCK.search(line)), mark) + 2

    def _alias(self, event: Any) -> None:
        node, size = self._anchors.get(event.anchor, (None, 0))
        if node is None or self._size + size > LARGEST:
            self.unread.append(self.line(self.last))
            node, size = Scalar(self.line(self.last)), 1
        self._add(node, size, None)

    def _close(self, done: _Open) -> None:
        if done.mapping:
            self._add(self._table(done), done.size, done.anchor)
        else:
            self._add(Listing(done.seen, done.tag, tuple(done.nodes)), done.size, done.anchor)

    def _table(self, done: _Open) -> Table:
        merged: dict[str, tuple[Scalar, YamlNode]] = {}
        own: dict[str, tuple[Scalar, YamlNode]] = {}
        duplicates: list[Scalar] = []
        for key, value in zip(done.nodes[::2], done.nodes[1::2], strict=False):
            if not isinstance(key, Scalar):
                self.unread.append(key.seen)
            elif key.value == "<<" and key.plain:
                for inherited in self._merged(value):
                    merged.setdefault(inherited[0].value, inherited)
            else:
                if key.value in own:
                    duplicates.append(own.pop(key.value)[0])
                own[key.value] = (key, value)
        rows = [pair for name, pair in merged.items() if name not in own]
        return Table(done.seen, done.tag, (*rows, *own.values()), tuple(duplicates))

    def _merged(self, value: YamlNode) -> Iterator[tuple[Scalar, YamlNode]]:
        for table in value.items or (value,):
            yield from table.pairs

    def _add(self, node: YamlNode, size: int, anchor: str | None) -> None:
        self._size += size
        if anchor is not None:
            self._anchors[anchor] = (node, size)
        if self._open:
            self._open[-1].nodes.append(node)
            self._open[-1].size += size
        else:
            self.roots.append(node)
