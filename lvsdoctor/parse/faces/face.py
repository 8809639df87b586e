"""What a face is, and the words that several have in common."""

from dataclasses import dataclass

from lvsdoctor.model.coverage import Unread
from lvsdoctor.model.seen import Seen

PACKETS, ARP, SOCKETS = frozenset({"packets"}), frozenset({"arp"}), frozenset({"sockets"})
NOTHING: frozenset[str] = frozenset()

# What to give instead.
TABLE = "Give the director's `ipvsadm -Sn`."
ADDRESSES = "Give the host's `ip addr`."
ROUTES = "Give the host's `ip route show table all`."
THE_FILE = "Give the file itself, under its own name, or the host's `ip addr`."
RUNNING = "Give what the running host shows: `ip addr`, `ip route show table all`, `sysctl -a`, `ipvsadm -Sn`."

# When a line of a log was written.
STAMP = r"(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d\S*)"
MAC = r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}"


@dataclass(frozen=True, slots=True)
class Face:
    """One kind of text that is known and not read, and the pattern of its first line.

    `starts` is strict enough for a paste; where one line is not enough, `then` must match one of the next. `lines`
    match what belongs to it (None: all that follows); so does everything between braces with `braces`, and what follows
    without a blank line with `adjacent`. `whole`: it is a file of its own, of which every line belongs to it. `file`
    matches the end of such a file's path. What no rule asks for is not `needed`.
    """

    kind: str
    name: str
    starts: str
    lines: str | None = None
    hides: frozenset[str] = NOTHING
    advice: str = ""
    then: str = ""
    whole: bool = False
    adjacent: bool = False
    braces: bool = False
    file: str = ""
    needed: bool = True

    def unread(self, seen: Seen, hides: frozenset[str] | None = None) -> Unread:
        return Unread(self.kind, self.name, seen, self.hides if hides is None else hides, needed=self.needed)
