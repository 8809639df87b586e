"""The statements of a keepalived.conf: words, and the block in braces that may follow them.

lib/parser.c: a brace outside quotes ends the line before it, wherever it stands.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from lvsdoctor.model.seen import Seen
from lvsdoctor.model.vrrp import REMOVED
from lvsdoctor.parse.keepalived.lines import ConfigLine

# keepalived's own blocks are four deep.
DEEPEST = 16

# A password that a template of Ansible takes from a vault: it is one, and no file tells which.
_VAULTED = re.compile(r"(?<=auth_pass)([ \t]+)[\"']?\{\{[^{}]*\}\}[\"']?")
# `{{ port }}` of a template is a word that nobody knows: no name of an interface, no number and no address has blanks.
_UNKNOWN = re.compile(r"\{\{([^{}]*)\}\}")
_TOKEN = re.compile(r'(?:"[^"]*"?|\$\{[^{}]*\}|\{\{[^{}]*\}\}|[^\s"{}])+|[{}]')


@dataclass(frozen=True, slots=True)
class Statement:
    """`words`, and the statements of its `block` (None: it has none), which ends at the line `end`."""

    words: tuple[str, ...]
    seen: Seen
    block: tuple["Statement", ...] | None = None
    end: Seen | None = None

    @property
    def name(self) -> str:
        return self.words[0] if self.words else ""

    @property
    def values(self) -> tuple[str, ...]:
        return self.words[1:]

    @property
    def value(self) -> str:
        """The first word after the name, "" if there is none."""
        return self.words[1] if len(self.words) > 1 else ""


@dataclass(slots=True)
class _Growing:
    words: tuple[str, ...]
    seen: Seen
    block: list["_Growing"] | None = None
    end: Seen | None = None

    def frozen(self) -> Statement:
        block = None if self.block is None else tuple(each.frozen() for each in self.block)
        return Statement(self.words, self.seen, block, self.end)


@dataclass(slots=True)
class Parsed:
    """The statements of a file; `unread` are the lines of braces that do not match, `open` those of blocks that
    nothing closes."""

    statements: tuple[Statement, ...] = ()
    open: list[Seen] = field(default_factory=list)
    unread: list[Seen] = field(default_factory=list)


def parsed(lines: Iterable[ConfigLine]) -> Parsed:
    """A block that is never closed ends with the file; what stands too deep is unread."""
    found = Parsed()
    top: list[_Growing] = []
    levels, too_deep = [top], 0
    for line in lines:
        for token in _tokens(line.text):
            level = levels[-1]
            if token == ("{",):
                if len(levels) > DEEPEST:
                    too_deep += 1
                    found.unread.append(line.seen)
                    continue
                if not level or level[-1].block is not None:
                    found.unread.append(line.seen)
                    level.append(_Growing((), line.seen))
                opened = level[-1].block = []
                levels.append(opened)
            elif token == ("}",):
                if too_deep:
                    too_deep -= 1
                elif len(levels) > 1:
                    levels.pop()
                    levels[-1][-1].end = line.seen
                else:
                    found.unread.append(line.seen)
            elif too_deep:
                found.unread.append(line.seen)
            else:
                level.append(_Growing(token, line.seen))
                if any("{{" in word for word in token):
                    found.unread.append(line.seen)
    found.open = [level[-1].seen for level in levels[:-1]]
    found.statements = tuple(each.frozen() for each in top)
    return found


def _tokens(text: str) -> Iterator[tuple[str, ...]]:
    """A brace by itself, or the words up to the next."""
    words: list[str] = []
    if "auth_pass" in text:
        text = _VAULTED.sub(rf"\1{REMOVED}", text)
    for word in _TOKEN.findall(text):
        if word not in ("{", "}"):
            words.append(_UNKNOWN.sub(r"{{ \1 }}", word).replace('"', ""))
            continue
        if words:
            yield tuple(words)
            words = []
        yield (word,)
    if words:
        yield tuple(words)
