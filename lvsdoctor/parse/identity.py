"""Who the host is: `uname -a`, `hostname`, `hostnamectl`."""

import re
from collections.abc import Sequence
from typing import ClassVar

from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.reader import Dump, Reader

# A host to which nobody has given a name is "(none)" (init/version-timestamp.c: init_uts_ns).
UNAME = re.compile(
    r"Linux (?:\(none\)|(?P<host>[A-Za-z0-9][\w.-]{0,252})) (?P<kernel>\d{1,3}\.\d{1,5}[\w.+~-]{0,100}) #\d"
)
_STATIC = re.compile(r"\s*(?:Static|Transient) hostname: (?P<host>\S{1,253})")
_CARD = re.compile(r"\s*[A-Z][A-Za-z ]{1,24}: \S")
_CARD_KERNEL = re.compile(r"\s*Kernel: Linux (?P<kernel>\d{1,3}\.\d{1,5}[\w.+~-]{0,100})")
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


class Hostnamectl(Reader):
    """What `hostnamectl` shows: `Static hostname: rs1`, and lines of the same kind below it."""

    name: ClassVar[str] = "hostnamectl"
    programs: ClassVar[tuple[str, ...]] = ("hostnamectl",)
    unread_may_be_rows = False

    def __init__(self) -> None:
        self._host = self._kernel = ""

    @classmethod
    def starts(cls, text: str) -> bool:
        return (found := _STATIC.match(text)) is not None and bool(_host_name(found["host"]))

    def feed(self, seen: Seen) -> bool:
        if found := _STATIC.match(seen.text):
            if self._host and self._host != found["host"] and "Static" in seen.text:
                return False  # another host's begins
            self._host = self._host or _host_name(found["host"])
        elif kernel := _CARD_KERNEL.match(seen.text):
            self._kernel = kernel["kernel"]
        return _CARD.match(seen.text) is not None

    def dump(self) -> Dump:
        return Dump({"kernel": (self._kernel,)} if self._kernel else {}, host=self._host)
