"""What the command line of iproute2's `ip` asked for: the object, the family, and what narrows the answer."""

from collections.abc import Sequence
from dataclasses import dataclass

from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.gaps import narrowed

# In the order in which ip(8) tries them, since any beginning of a word will do (iproute2 ip/ip.c: cmds[]).
_OBJECTS = ("address", "addrlabel", "maddress", "route", "rule", "neighbor", "neighbour", "ntable", "link", "l2tp")
_VERBS = ("show", "list", "lst")
_OPTIONS_WITH_VALUE = ("-netns", "-n", "-family", "-f", "-rcvbuf", "-rc", "-batch", "-b", "-loops", "-l")
_SHELL = frozenset({"|", "||", "&&", ";", "&", ">", ">>", "2>", "2>&1", "2>/dev/null"})
_READ_TABLES = frozenset({"main", "local", "all", "0", "unspec"})
_WELL_KNOWN_TABLES = {"255": "local", "254": "main", "253": "default"}


def table_name(text: str) -> str:
    """The name of a routing table as `ip` shows it without -N."""
    return _WELL_KNOWN_TABLES.get(text, text)


@dataclass(frozen=True, slots=True)
class IpCommand:
    """`ip -6 -d route show table all`: object "route", family 6, details, arguments (table, all).

    `piped` says that a filter such as grep stood behind it, so that lines may be missing.
    """

    object: str
    family: int | None = None
    details: bool = False
    arguments: tuple[str, ...] = ()
    piped: bool = False

    @property
    def selects(self) -> bool:
        """Does it show a part of its objects: a link's, those that are up, an answer of `ip route get`?

        The tables of routes are not meant: what `ip route show table main` shows is all of table main.
        """
        words = list(self.arguments)
        while self.object == "route" and words and (words[0] == "vrf" or "table".startswith(words[0])):
            words = words[2:]
        return words not in ([], ["all"])

    def value(self, option: str) -> str | None:
        """The value given to `option`, which may be abbreviated as ip(8) allows."""
        for word, value in zip(self.arguments, self.arguments[1:], strict=False):
            if option.startswith(word):
                return value
        return None


def ip_command(command: Sequence[str]) -> IpCommand | None:
    """What this command asks `ip` for; None if it does not run `ip`, or for an object that we do not read."""
    words = list(command)
    calls = [place for place, word in enumerate(words) if word.rpartition("/")[2] == "ip"]
    if not calls:
        return None
    # A word behind a pipe is another program's; `ip netns exec NAME ip addr` runs ip twice.
    end = next((place for place, word in enumerate(words) if word in _SHELL and place > calls[0]), len(words))
    words = words[max(place for place in calls if place < end) + 1 : end]
    family, details = None, False
    while words and words[0].startswith("-"):
        option = words.pop(0).replace("--", "-", 1)
        value = words.pop(0) if option in _OPTIONS_WITH_VALUE and words else ""
        if option in ("-4", "-6"):
            family = int(option[1])
        elif "-family".startswith(option):
            family = {"inet": 4, "inet6": 6}.get(value)
        elif option != "-" and "-details".startswith(option):
            details = True
    if not words:
        return None
    found = next((name for name in _OBJECTS if name.startswith(words[0])), None)
    if found is None:
        return None
    arguments = words[1:]
    if arguments and any(verb.startswith(arguments[0]) for verb in _VERBS):
        arguments = arguments[1:]
    name = "neighbour" if found == "neighbor" else found
    return IpCommand(name, family, details, tuple(arguments), piped="|" in command)


def part_of(command: Sequence[str], echo: Seen | None) -> Partial | None:
    """Why the output of this `ip` command is not all that its object has."""
    asked = ip_command(command)
    if asked is None:
        return None
    if asked.selects:
        return narrowed(command, echo)
    if asked.object == "route" and (table := asked.value("table")) and table_name(table) not in _READ_TABLES:
        return narrowed(command, echo)
    # Routes and rules are told apart by family as they are read.
    if asked.family is not None and asked.object in ("address", "link", "neighbour"):
        return narrowed(command, echo, family=asked.family)
    return None
