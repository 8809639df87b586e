"""Who the host is: `uname -a`, `hostname`."""

import re
from collections.abc import Sequence
from typing import ClassVar

from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.reader import Dump, Reader

# A host to which nobody has given a name is "(none)" (init/version-timestamp.c: init_uts_ns).
UNAME = re.compile(
    r"Linux (?:\(none\)|(?P<host>[A-Za-z0-9][\w.-]{0,252})) (?P<kernel>\d{1,3}\.\d{1,5}[\w.+~-]{0,100}) #\d"
)
LABEL = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)", re.ASCII)


def _host_name(text: str) -> str:
    """The line as a host name (RFC 1123), or "". Digits and dots alone would be a number or an address."""
    name = text.strip()
    if len(name) > 253 or not re.search("[A-Za-z]", name) or not all(map(LABEL.fullmatch, name.split("."))):
        return ""
    return name


def hostname_in(lines: Sequence[str]) -> str:
    """The host name if it is all that these lines hold, or ""."""
    names = [line for line in lines if line.strip()]
    return _host_name(names[0]) if len(names) == 1 else ""


class Uname(Reader):
    """One line, `Linux rs1 5.10.0-8-amd64 #1 SMP ... x86_64 GNU/Linux`."""

    name: ClassVar[str] = "uname"
    programs: ClassVar[tuple[str, ...]] = ("uname",)

    def __init__(self) -> None:
        self._host = self._kernel = ""

    @classmethod
    def starts(cls, text: str) -> bool:
        return UNAME.match(text.strip()) is not None

    def feed(self, seen: Seen) -> bool:
        found = UNAME.match(seen.text.strip())
        if found is None or self._kernel:
            return False
        self._host, self._kernel = found["host"] or "", found["kernel"]
        return True

    def dump(self) -> Dump:
        return Dump({"kernel": (self._kernel,)} if self._kernel else {}, host=self._host)
