"""What `arping` prints: of iputils (busybox words it alike), and Thomas Habets' (which Debian calls arping)."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from lvsdoctor.model.address import IP
from lvsdoctor.model.coverage import Origin, Partial
from lvsdoctor.model.probe import Probe, Reply
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.gaps import NO_END
from lvsdoctor.parse.reader import Dump, Reader
from lvsdoctor.parse.words import read_ip, read_link_name, read_mac, read_number

# arping.c of iputils: main(); older busybox has the two words in parentheses.
_FIRST = re.compile(r"ARPING (?:to )?([0-9.]{7,15})(?: from ([0-9.]{7,15}) (?:via )?(\S{1,64}))?")
# recv_pack(): it may say for whom an answer was that did not go to the sender.
_REPLY = re.compile(
    r"(?:Unicast|Broadcast) reply from ([0-9.]{7,15}) \[([0-9A-Fa-f:]{11,59})\](?: for)?[ 0-9A-Fa-f.:\[\]]{0,90}"
    r" (?:(\d{1,9}\.\d{1,9})ms|UNSOLICITED\?)"
)
_BYTES = re.compile(
    r"\d{1,5} bytes from ([0-9A-Fa-f:]{11,59}) \(([0-9.]{7,15})\): index=\d{1,9}"
    r" time=(\d{1,9}(?:\.\d{1,9})?) ([um]?sec)"
)
# A run that was stopped by hand has ^C before its last lines.
_SENT = re.compile(
    r"(?:\^C)?(?:Sent (\d{1,9}) probe(?:s|\(s\)) \(\d{1,9} broadcast\(s\)\)|(\d{1,9}) packets transmitted,.*)"
)
_TIMEOUT = re.compile(r"(?:\^C)?Timeout")
_REST = re.compile(
    r"(?:\^C)?(?:Received \d{1,9} response\(s\).*|--- \S{1,255} statistics ---|rtt min/avg/max/std-dev = .*"
    r"|WARNING: using default broadcast address\.)"
)
_SECONDS = {"sec": 1.0, "msec": 1e-3, "usec": 1e-6}


class Arping(Reader):
    """One run: who answered for an address. The next run is the next dump."""

    name = "arping"
    programs = ("arping",)

    def __init__(self) -> None:
        self._probe: Probe | None = None
        self._replies: dict[str, Reply] = {}
        self._unread: list[Seen] = []
        self._asked = 0
        self._link = ""
        self._announces = False

    @classmethod
    def starts(cls, text: str) -> bool:
        match = _FIRST.fullmatch(text.strip())
        return match is not None and all(read_ip(word) for word in match.group(1, 2) if word)

    def set_command(self, command: Sequence[str]) -> None:
        """Habets' prints neither its link nor that it announced (-U) and did not ask."""
        if command[0] != "arping":
            return
        links = [after for word, after in pairwise(command) if word in ("-i", "-I")]
        self._link = (read_link_name(links[-1]) or "") if links else ""
        self._announces = "-U" in command or "-P" in command

    def feed(self, seen: Seen) -> bool:
        text = seen.text.strip()
        if self._probe is None:
            self._probe = self._begun(text, seen)
            return self._probe is not None
        if found := _REPLY.fullmatch(text):
            delay = float(found[3]) / 1000 if found[3] else None
            return self._take(found[1], found[2], delay, seen)
        if found := _BYTES.fullmatch(text):
            return self._take(found[2], found[1], float(found[3]) * _SECONDS[found[4]], seen)
        if found := _SENT.fullmatch(text):
            self._asked = read_number(found[1] or found[2]) or 0
            return True
        if _TIMEOUT.fullmatch(text):
            self._asked += 1
            return True
        if text.startswith(("Unicast re", "Broadcast re")):  # a reply that is masked, or another host's request
            self._unread.append(seen)
            return True
        return _REST.fullmatch(text) is not None

    def _begun(self, text: str, seen: Seen) -> Probe | None:
        found = _FIRST.fullmatch(text)
        target = read_ip(found[1]) if found else None
        link = found[3] or self._link if found else ""
        if found is None or target is None or (link and read_link_name(link) is None):
            return None
        sender = read_ip(found[2]) if found[2] else target if self._announces else None
        return Probe(target, link, seen, senders=_known(sender))

    def _take(self, address: str, hardware: str, delay: float | None, seen: Seen) -> bool:
        mac = read_mac(hardware)
        if self._probe is None or mac is None or read_ip(address) != self._probe.target:
            self._unread.append(seen)
        elif known := self._replies.get(mac):
            self._replies[mac] = replace(known, count=known.count + 1)
        else:
            self._replies[mac] = Reply(mac, seen, delay)
        return True

    def dump(self) -> Dump:
        if self._probe is None:
            return Dump(unread=tuple(self._unread))
        replies = tuple(self._replies.values())
        if not replies and not self._asked:
            # It was cut off before it could say that nobody answered.
            unread = (self._probe.seen, *self._unread)
            return Dump({"probes": ()}, unread, partial=Partial(NO_END, self._probe.seen), origin=Origin.PROBE)
        probe = replace(self._probe, replies=replies, asked=max(self._asked, 1))
        return Dump({"probes": (probe,)}, tuple(self._unread), origin=Origin.PROBE)


def _known(sender: IP | None) -> tuple[IP, ...]:
    return () if sender is None else (sender,)
