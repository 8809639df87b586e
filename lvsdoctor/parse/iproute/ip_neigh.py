"""`ip neigh`: the ARP and NDP cache, with statistics (-s) or without."""

import re
from collections.abc import Sequence

from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.neighbour import Neighbour
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.iproute.ip_command import IpCommand, ip_command, part_of
from lvsdoctor.parse.reader import Dump, Reader
from lvsdoctor.parse.words import read_ip, read_link_name, read_mac, split_options, word_set

STATES = word_set("INCOMPLETE REACHABLE STALE DELAY PROBE FAILED NOARP PERMANENT NONE")
FLAGS = word_set("router proxy extern_learn managed offload locked sticky self master ext_learn")
_VALUED = frozenset({"dev", "lladdr", "ref", "probes", "proto", "vni", "nhid", "dst", "via"})
# iproute2 6.1 forgets the blank: `used 2/62/2probes 0`.
_USED = re.compile(r"\d{1,15}/\d{1,15}/\d{1,15}(probes)?")


def is_neighbour_line(words: Sequence[str]) -> bool:
    """Could these words be an entry of `ip neigh`? (A route to a host may begin with the very same three.)"""
    return len(words) > 1 and (words[-1] in STATES or "lladdr" in words or words[-1] == "proxy")


def read_neighbour(words: list[str], seen: Seen, command_link: str = "") -> Neighbour | None:
    """`192.0.2.50 dev eth0 lladdr 02:00:00:00:00:01 router REACHABLE`; None unless every word makes sense."""
    ip = read_ip(words[0])
    options, bare = split_options((word for word in words[1:] if not _USED.fullmatch(word)), _VALUED)
    state = bare.pop() if bare and bare[-1] in STATES else ""
    # -s: `used 11/6/6 probes 1`, whose numbers are gone by now, and which 6.1 leaves as `used 0`.
    flags = [word for word in bare if word != "used" and not word.isdigit()]
    lladdr = options.get("lladdr")
    mac = read_mac(lladdr) if lladdr is not None else ""
    link = options.get("dev", command_link)
    if ip is None or mac is None or not FLAGS.issuperset(flags) or (link and read_link_name(link) is None):
        return None
    return Neighbour(ip, seen, link, mac, state, frozenset(flags)) if state or "proxy" in flags else None


class IpNeigh(Reader):
    """`ip neigh`, IPv4 and IPv6. An entry whose address or MAC was masked is unread."""

    name = "ip-neigh"
    programs = ("ip",)
    any_row_first = True

    def __init__(self) -> None:
        self._lines: list[tuple[list[str], Seen]] = []
        self._command: IpCommand | None = None

    @classmethod
    def starts(cls, text: str) -> bool:
        words = text.split(maxsplit=24)
        return is_neighbour_line(words) and read_neighbour(words, Seen("", None, "")) is not None

    def set_command(self, command: Sequence[str]) -> None:
        self._command = ip_command(command)

    def asked_for(self, command: Sequence[str], echo: Seen | None) -> Partial | None:
        return part_of(command, echo)

    def feed(self, seen: Seen) -> bool:
        words = seen.text.split(maxsplit=24)
        first = words[0] if words else ""
        # A masked address (10.0.x.1) is still an entry's first word.
        if not is_neighbour_line(words) or not ("." in first or ":" in first) or first.endswith(":"):
            return False
        self._lines.append((words, seen))
        return True

    def dump(self) -> Dump:
        command = self._command
        link = (command.value("dev") if command else None) or ""
        rows, unread = [], []
        for words, seen in self._lines:
            row = read_neighbour(words, seen, link)
            if row is None:
                unread.append(seen)
            else:
                rows.append(row)
        return Dump({"neighbours": tuple(rows)}, tuple(unread))
