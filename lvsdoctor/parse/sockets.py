"""What `ss` and netstat have in common: which sockets a command asked for, and how addresses and ports are written."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from lvsdoctor.model.address import IP
from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.socket import Socket, SocketTable
from lvsdoctor.parse.gaps import NO_BEGINNING
from lvsdoctor.parse.reader import Dump
from lvsdoctor.parse.words import read_ip, read_number

BOTH = frozenset({4, 6})
V4_ANY, V6_ANY = IPv4Address("0.0.0.0"), IPv6Address("::")
READ = frozenset({"tcp", "udp", "sctp"})  # what IPVS has services of
# A socket in another state takes no new requests (include/net/tcp_states.h; udp has TCP_CLOSE, shown as UNCONN).
WAITING = {"tcp": "LISTEN", "sctp": "LISTEN", "udp": "UNCONN"}


@dataclass(frozen=True, slots=True)
class Selection:
    """What a command asks for: `protocols` by name (None: all that there are), `families`, and whether `waiting`
    sockets are among them. `narrow`: only some of these. `elsewhere`: those of another network namespace."""

    protocols: frozenset[str] | None = None
    families: frozenset[int] = BOTH
    waiting: bool = True
    narrow: bool = False
    elsewhere: bool = False

    @property
    def readable(self) -> bool:
        """Does its output list sockets of this host that wait, and of a protocol that is read?"""
        return self.waiting and not self.elsewhere and (self.protocols is None or bool(self.protocols & READ))


def switches(words: Sequence[str], long: dict[str, str], valued: str) -> tuple[str, list[str], list[tuple[str, str]]]:
    """A command's one-letter options, its other words, and the options with a value; `long` names the letters."""
    letters, rest, values = "", list[str](), list[tuple[str, str]]()
    walk = iter(words)
    for word in walk:
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            letter = long.get(name, "?")
            if letter in valued:
                values.append((letter, value if equals else next(walk, "")))
            else:
                letters += letter
        elif word.startswith("-") and len(word) > 1:
            for number, letter in enumerate(word[1:], start=2):
                if letter in valued:
                    values.append((letter, word[number:] or next(walk, "")))
                    break
                letters += letter
        else:
            rest.append(word)
    return letters, rest, values


def read_port(text: str) -> tuple[bool, int | None]:
    """Is this a port, and which? A name is one that is not known here: /etc/services differ."""
    if text.isdigit():
        port = read_number(text, most=65535)
        return port is not None, port
    return text[:1].isalpha() and text.isprintable(), None


def read_host(text: str) -> IP | None:
    """The address between its brackets, if it has any; None for a name."""
    return read_ip(text[1:-1] if text[:1] == "[" and text[-1:] == "]" else text)


def listed(
    sockets: Sequence[Socket],
    asked: Selection | None,
    *,
    first: Seen,
    headed: bool,
    unread: Sequence[Seen],
) -> Dump:
    """The dump: of a known command all that it asked for are shown, otherwise the protocols of which a row is there."""
    if asked is None:
        protocols, families = frozenset(socket.protocol for socket in sockets), BOTH
    else:
        protocols, families = asked.protocols or frozenset({"tcp", "udp"}), asked.families
    shown = frozenset((protocol, family) for protocol in protocols & READ for family in families)
    partial = None if headed else Partial(NO_BEGINNING, first)
    return Dump({"sockets": (SocketTable(tuple(sockets), shown),)}, tuple(unread), partial=partial)
