"""`ipvsadm -L --daemon`: who sends and who takes in connections (ipvsadm.c: list_daemon(), print_daemon())."""

import re
from typing import ClassVar

from lvsdoctor.model.connection import SyncDaemon
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.reader import Dump, Reader
from lvsdoctor.parse.words import read_link_name, read_number

# A link may have a comma or a parenthesis in its name.
_LINE = re.compile(r"(master|backup) sync daemon \(mcast=(\S{1,64}), ?(syncid=[^()]{1,200})\)")
_PART = re.compile(r"\s*([a-z]{1,10})=(\S{1,64})\s*")


class IpvsSync(Reader):
    """One line for each of the two daemons that runs; none of a daemon that does not."""

    name: ClassVar[str] = "ipvsadm-daemon"
    programs: ClassVar[tuple[str, ...]] = ("ipvsadm",)

    def __init__(self) -> None:
        self._rows: list[SyncDaemon] = []
        self._unread: list[Seen] = []

    @classmethod
    def starts(cls, text: str) -> bool:
        return text.strip().startswith(("master sync daemon", "backup sync daemon"))

    def feed(self, seen: Seen) -> bool:
        if not self.starts(seen.text):
            return False
        row = _read(seen)
        if row is None or any(row.state == other.state for other in self._rows):
            self._unread.append(seen)
        else:
            self._rows.append(row)
        return True

    def dump(self) -> Dump:
        return Dump({"sync-daemons": tuple(self._rows)} if self._rows else {}, tuple(self._unread))


def _read(seen: Seen) -> SyncDaemon | None:
    line = _LINE.fullmatch(seen.text.strip())
    parts = [_PART.fullmatch(part) for part in line[3].split(",")] if line is not None else []
    if line is None or None in parts:
        return None
    values = {part[1]: part[2] for part in parts if part is not None}
    link, syncid, port = read_link_name(line[2]), read_number(values.get("syncid", "")), values.get("port", "0")
    if link is None or syncid is None or read_number(port) is None:
        return None
    return SyncDaemon(line[1], link, syncid, seen, values.get("group", ""), read_number(port) or 0)
