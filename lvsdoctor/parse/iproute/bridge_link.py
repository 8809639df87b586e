"""`bridge -d link`: the ports of all bridges, each with its switches on lines of its own (bridge(8))."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.link import BridgePort
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.iproute.ip_link import split_name
from lvsdoctor.parse.reader import Dump, Reader
from lvsdoctor.parse.words import read_link_name

NARROWED = "`{command}` does not show all ports"
# iproute2 before 4.15 has the state before the peer: `5: veth0 state UP @if2: <...>`.
_PORT = re.compile(
    r"\d{1,10}: (?P<name>\S{1,80}?)(?: state [A-Z]+ (?:@\S{1,80})?)?: <[^<>\s]{0,400}>(?: mtu \d{1,9})?"
    r" master (?P<bridge>\S{1,80}) state (?:disabled|listening|learning|forwarding|blocking)\b.*"
)
# What -d adds, in several lines since 6.8: no other line has such a word and `on` or `off` after it.
_SWITCHES = re.compile(r"\s+(?:[a-z][a-z0-9_]{1,30} (?:on|off|\d{1,12}|[0-9a-fx.:]{1,40}|[a-z]{1,20}) ?)+")
_SUPPRESSES = re.compile(r"\bneigh_suppress (on|off)\b")


class BridgeLink(Reader):
    """A port on each line that begins with a number."""

    name: ClassVar[str] = "bridge-link"
    programs: ClassVar[tuple[str, ...]] = ("bridge",)

    def __init__(self) -> None:
        self._rows: list[BridgePort] = []
        self._unread: list[Seen] = []
        self._narrowed: str = ""

    @classmethod
    def starts(cls, text: str) -> bool:
        return _PORT.fullmatch(text[:2000].rstrip()) is not None

    def set_command(self, command: Sequence[str]) -> None:
        words = [word for word in command[1:] if not word.startswith("-")]
        if len(words) > 2 or "|" in command:
            self._narrowed = " ".join(command)

    def feed(self, seen: Seen) -> bool:
        text = seen.text.rstrip()
        if (port := _PORT.fullmatch(text)) is not None:
            name, bridge = split_name(port["name"])[0], port["bridge"]
            if read_link_name(name) is None or read_link_name(bridge) is None:
                self._unread.append(seen)
            else:
                self._rows.append(BridgePort(name, bridge, seen))
        elif self._rows and _SWITCHES.fullmatch(f"{text} "):
            if (suppresses := _SUPPRESSES.search(text)) is not None:
                self._rows[-1] = replace(self._rows[-1], neigh_suppress=suppresses[1] == "on", switches=seen)
        else:
            return False
        return True

    def dump(self) -> Dump:
        partial = None
        if self._narrowed:
            partial = Partial(NARROWED, self._rows[0].seen if self._rows else None, {"command": self._narrowed})
        return Dump({"bridge-ports": tuple(self._rows)}, tuple(self._unread), partial=partial)
