"""The tables of `ipvsadm -L` and of /proc/net/ip_vs, which share their first two header lines.

So one reader understands both, and a row's own spelling (`C000020A:0050`) tells which of them it is. The forms of
`ipvsadm -L` (--stats, --rate, --thresholds, --persistent-conn, --tun-info) are told apart by their headers.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.ipvs import Destination, VirtualService
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.endpoint import Endpoint, endpoint, hex_endpoint
from lvsdoctor.parse.gaps import CUT, NO_ADDRESS, NO_BEGINNING, narrowed
from lvsdoctor.parse.ipvs.ipvs_columns import counters_in, flags_in, hexadecimal, with_columns
from lvsdoctor.parse.ipvs.ipvs_rows import SCHEDULERS, Services, fwmark_shown, read_fwmark
from lvsdoctor.parse.ipvs.ipvs_wrapped import Above, is_another, is_tail
from lvsdoctor.parse.ipvs.ipvsadm_options import selects_service
from lvsdoctor.parse.reader import Dump, Reader
from lvsdoctor.parse.words import read_ip

PROTOCOLS = frozenset({"TCP", "UDP", "SCTP", "FWM"})
VERSION = "IP Virtual Server version "
PROC_HEADER = "RemoteAddress:Port Forward"  # ipvsadm pads this header to its columns, the kernel does not

# The third word of the header names the form, and so does the option.
_FORM_OF_HEADER = {"Conns": "stats", "CPS": "rate", "Uthreshold": "thresholds", "Weight": "persistent-conn"}
_FORM_OF_OPTION = {"--stats": "stats", "--rate": "rate", "--thresholds": "thresholds"}
# Counters and rates tell of no service how it is set up.
_FACT_OF_FORM = {"stats": "ipvs-stats", "rate": "ipvs-rates"}
_OPENS_FLAGS = ("persistent", "ops", "pe", "synproxy", "conn-timeout", "sip", "(")
_NAME_WIDTH = 28  # of a real server; ipvsadm cuts longer names, port and all


def plain(text: str) -> str:
    """The line without its indentation and the marks of a pasted markdown block."""
    return text.strip().strip("*`").strip()


def opens_table(text: str) -> bool:
    """Is this line a header that ipvsadm and the kernel share, or one of ipvsadm's own?"""
    words = plain(text[:200]).split()
    return " ".join(words).startswith(VERSION) or words[:2] in (
        ["Prot", "LocalAddress:Port"],
        ["->", "RemoteAddress:Port"],
    )


def opens_service(text: str) -> str:
    """Who prints this service row, `ipvsadm` or the kernel (`proc`); "" unless it is one without any header above."""
    words = plain(text[:400]).split()
    if len(words) < 3 or words[0] not in PROTOCOLS:
        return ""
    mark = words[0] == "FWM"
    rest = words[3:] if mark and words[2] == "IPv6" else words[2:]
    if not rest or rest[0] not in SCHEDULERS or (len(rest) > 1 and not rest[1].startswith(_OPENS_FLAGS)):
        return ""
    if mark:
        known = read_fwmark(words[1]) is not None or hexadecimal(words[1])
    elif hex_endpoint(words[1]):
        return "proc"
    else:
        known = ":" in words[1] and endpoint(words[1]) is not None
    return "ipvsadm" if known else ""


class IpvsListing(Reader):
    """Base of the two readers; they differ in which first lines they claim."""

    def __init__(self) -> None:
        self._form = ""
        self._headers = 0
        self._versioned = False
        self._proc = False
        self._services = Services()
        self._current: list[Destination] | None = None
        self._unread: list[Seen] = []
        self._partial: Partial | None = None
        self._first: Seen | None = None
        self._another = False  # it is the table of another product
        self._above: Above | None = None

    programs: ClassVar[tuple[str, ...]] = ("ipvsadm",)

    def asked_for(self, command: Sequence[str], echo: Seen | None) -> Partial | None:
        return narrowed(command, echo) if selects_service(command) else None

    def set_command(self, command: Sequence[str]) -> None:
        for word in command:
            self._form = self._form or _FORM_OF_OPTION.get(word, "")

    def feed(self, seen: Seen) -> bool:
        line = plain(seen.text)
        self._first = self._first or seen
        self._another = self._another or is_another(line)
        above, self._above = self._above, None
        if above is not None and is_tail(line) and seen.line == (above.seen.line or 0) + 1:
            return self._join(above, seen, line)
        unread, partial = len(self._unread), self._partial
        above = Above(seen, line, unread, partial, len(self._services), self._current, len(self._current or ()))
        taken = self._line(seen, line)
        lacks_columns = len(self._unread) > unread or self._partial is not partial or line.endswith("persistent")
        if taken and (lacks_columns or opens_table(line)):
            self._above = above
        return taken

    def _line(self, seen: Seen, line: str) -> bool:
        if line.startswith("->"):
            words = line[2:].split()
            return self._remote_header(line) if words[:1] == ["RemoteAddress:Port"] else self._destination(seen, words)
        words = line.split()
        if line.startswith(VERSION) or words[:2] == ["Prot", "LocalAddress:Port"]:
            return self._header(words)
        if len(words) < 2 or words[0] not in PROTOCOLS:
            return False
        return self._service(seen, words)

    def _join(self, above: Above, seen: Seen, line: str) -> bool:
        """The columns that the row above lacks, which a mail client put on a line of their own. Where they are not just
        those, neither line is read."""
        if opens_table(above.line):
            return True
        self._take_back(above)
        joined = f"{above.line} {line}"
        if not self._line(above.seen, joined) or not self._whole(above, joined):
            self._take_back(above)
            if not above.line.startswith("->"):
                self._current = None
            self._unread += [above.seen, seen]
        return True

    def _take_back(self, above: Above) -> None:
        del self._unread[above.unread :]
        self._partial, self._current = above.partial, above.current
        self._services.cut_to(above.services)
        if self._current is not None:
            del self._current[above.reals :]

    def _whole(self, above: Above, joined: str) -> bool:
        if len(self._unread) > above.unread or joined.endswith("persistent"):
            return False
        if not joined.startswith("->") or self._form:
            return True
        numbers = [word.isdigit() for word in joined.split()[2:]]
        return numbers[-3:] == [True] * 3 and True not in numbers[:-3]

    def dump(self) -> Dump:
        if self._another and self._first is not None:
            from lvsdoctor.parse.faces import FACES  # few scans meet one

            return Dump(unread_kinds=(FACES["dpvs"].unread(self._first),))
        services = tuple(map(_with_family, self._services.frozen()))
        facts = {}
        if services or self._headers > 1 or (self._headers and self._unread):
            facts = {_FACT_OF_FORM.get(self._form, "ipvs"): services}
        # `ipvsadm -Ln -t VIP:PORT` prints the columns' header, but not the version.
        partial = self._partial
        if partial is None and not (self._versioned and self._headers > 1):
            partial = Partial(NO_BEGINNING, self._first)
        return Dump(facts, tuple(self._unread), partial=partial)

    def gap(self) -> None:
        self._current = None  # the service of the real servers below may not have been shown
        self._above = None

    def _note(self, reason: str, seen: Seen) -> None:
        self._partial = self._partial or Partial(reason, seen)

    def _header(self, words: list[str]) -> bool:
        """Counts 1 for the version and 2 for the columns: the version alone does not say that the table was shown."""
        rank = 2 if words[0] == "Prot" else 1
        if rank <= self._headers or self._services:
            return False  # the next table begins
        self._versioned = self._versioned or rank == 1
        self._headers = rank
        if rank == 2:
            self._form = _FORM_OF_HEADER.get(words[2], "") if len(words) > 2 else self._form
        return True

    def _remote_header(self, line: str) -> bool:
        self._proc = self._proc or PROC_HEADER in line
        return True

    def _refuse(self, seen: Seen) -> bool:
        self._unread.append(seen)
        return True

    def _service(self, seen: Seen, words: list[str]) -> bool:
        mark = words[0] == "FWM"
        # Under the header it may be a name that ipvsadm cut, port and all; anywhere else it is prose.
        of_table = self._headers > 1 and (self._form != "" or words[2:3] == [] or words[2] in SCHEDULERS)
        if not mark and ":" not in words[1] and not of_table:
            return False
        # `TCP 14:59 ESTABLISHED ...` is a row of `ipvsadm -Lnc`, whose second column is a time.
        if not mark and len(words) > 2 and words[1].replace(":", "").isdigit() and words[2].isupper():
            return False
        self._current = None  # a service that we cannot read must not leave its real servers to the one above
        row = self._fwmark(seen, words) if mark else self._addressed(seen, words)
        rest = words[3:] if mark and words[2:3] == ["IPv6"] else words[2:]
        if row is None or not rest:
            return self._refuse(seen)
        if self._form in _FACT_OF_FORM:
            counters = counters_in(rest)
            if counters is None:
                return self._refuse(seen)
            row = replace(row, counters=counters)
        else:
            if not rest[0].replace("_", "").replace("-", "").isalnum() or not rest[0][0].islower():
                return self._refuse(seen)
            flags = flags_in(rest[1:])
            row = replace(row, scheduler=rest[0], persistent=flags.persistent, netmask=flags.netmask, flags=flags.words)
        if not mark and row.vip is None:
            self._note(NO_ADDRESS, seen)
        if row.scheduler and row.scheduler not in SCHEDULERS and any(s.startswith(row.scheduler) for s in SCHEDULERS):
            self._note(CUT, seen)
        self._current = self._services.add(row)
        return True

    def _fwmark(self, seen: Seen, words: list[str]) -> VirtualService | None:
        text = words[1]
        # The kernel prints the mark as %08X. ipvsadm prints it in decimal, without leading zeros.
        if hexadecimal(text) and (self._proc or text[0] == "0" or not text.isdigit()):
            mark: int | None = int(text, 16)
        else:
            mark = read_fwmark(text)
        if mark is None:
            return None
        family = 6 if words[2:3] == ["IPv6"] else 4
        return VirtualService(
            protocol="", vip=None, port=None, seen=seen, shown=fwmark_shown(mark, family), fwmark=mark, family=family
        )

    def _addressed(self, seen: Seen, words: list[str]) -> VirtualService | None:
        at = self._endpoint(words[1]) or _nameless_port(words[1])
        if at is None:
            return None
        family = at.ip.version if at.ip else 4
        return VirtualService(words[0].lower(), at.ip, at.port, seen, shown=at.shown, family=family)

    def _endpoint(self, text: str) -> Endpoint | None:
        if at := hex_endpoint(text, certain=self._proc):
            self._proc = True
            return at
        return endpoint(text) if ":" in text else None

    def _destination(self, seen: Seen, words: list[str]) -> bool:
        at = (self._endpoint(words[0]) or _nameless_port(words[0])) if words else None
        if at is None or self._current is None:
            return self._refuse(seen)
        port = at.port
        if at.ip is None and len(words[0]) == _NAME_WIDTH:
            port = None  # the name may have been cut, and then the port is what was left of it
        row = with_columns(Destination(at.ip, port, seen, at.shown), words[1:], self._form)
        if row is None or (":" not in words[0] and row.forwarding is None and self._form not in _FACT_OF_FORM):
            return self._refuse(seen)
        if row.ip is None:
            self._note(NO_ADDRESS, seen)
        elif self._form == "" and row.inactive is None:
            self._note(CUT, seen)
        self._current.append(row)
        return True


def _nameless_port(text: str) -> Endpoint | None:
    """A name that ipvsadm cut within, so that its port is gone: an address that is not known."""
    odd = ":" in text or not text.isprintable() or text.isdigit() or read_ip(text) is not None
    return None if odd else Endpoint(None, None, text)


def _with_family(service: VirtualService) -> VirtualService:
    """/proc/net/ip_vs does not say which family a fwmark is for; its real servers do."""
    first = next((row.ip for row in service.destinations if row.ip), None)
    if service.fwmark is None or service.family == 6 or first is None or first.version == 4:
        return service
    return replace(service, family=6, shown=fwmark_shown(service.fwmark, 6))
