"""One line of a fix as the shell, and `ip` itself, would take it apart."""

import re
from dataclasses import dataclass
from shlex import split

from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.iproute.ip_command import ip_command
from lvsdoctor.parse.words import read_link_name, word_set

_QUOTED = re.compile(r"'[^']*'|\"[^\"$`\\]*\"|\\.")
_SHELL = re.compile(r"[|&;<>()$`{}*?!~\\\"'\n]")
_LOOKS = word_set("show list lst get save help")
_FILTERS = word_set("arptables ebtables")
# ip(8) takes the beginning of a verb for the verb; three letters part add from addrlabel, del from others.
_VERBS = {"a": "add", "d": "delete", "del": "delete"}


class NotFollowed(Exception):
    """What the command does is not understood; the text says why."""


@dataclass(frozen=True, slots=True)
class Line:
    """`key` is the program, and of `ip` the object and the verb as well; `words` stand behind it. `node` is the node as
    it is when the line is run. `looks`: it is an `ip` that may only show something."""

    command: str
    key: tuple[str, ...]
    words: tuple[str, ...]
    node: Node
    family: int | None = None
    looks: bool = False

    @property
    def seen(self) -> Seen:
        return Seen("fix", None, self.command)


def line_of(command: str, node: Node) -> Line:
    """The line taken apart. Raises NotFollowed."""
    if not command.isprintable():
        raise NotFollowed("a character in it cannot be seen")
    # A trailing comment is none of the command's words, and an operator inside quotes is none.
    if _SHELL.search(_QUOTED.sub("", command.partition(" # ")[0])):
        raise NotFollowed("it is more than one plain command")
    try:
        words = split(command, comments=True)
    except ValueError:
        raise NotFollowed("its quotes do not match") from None
    if words[:1] == ["sudo"]:
        words = words[1:]
    program = words[0].rpartition("/")[2] if words else ""
    if program in _FILTERS:
        raise NotFollowed("changes of this packet filter are not in the model")
    if program != "ip":
        return Line(command, (program,), tuple(words[1:]), node)
    if {"-n", "-netns", "-b", "-batch", "netns"}.intersection(words[1:4]):
        raise NotFollowed("it runs in another network namespace, or in a batch")
    parsed = ip_command(words)
    if parsed is None:
        raise NotFollowed("this object of ip is not known here")
    verb, *rest = parsed.arguments or ("",)
    looks = len(words) == 2 or bool(_LOOKS.intersection(words))
    return Line(command, ("ip", parsed.object, _VERBS.get(verb, verb)), tuple(rest), node, parsed.family, looks)


def link_name(text: str | None) -> str:
    """The link of that name. Raises NotFollowed."""
    name = read_link_name(text) if text else None
    if name is None:
        raise NotFollowed("it names no interface")
    return name


def only(bare: list[str], known: frozenset[str] = frozenset()) -> None:
    """Raises NotFollowed for any other word."""
    if not known.issuperset(bare):
        raise NotFollowed("one of its words is not known here")
