"""The ARP cache as others than `ip neigh` print it: `arp -an`, `arp -n` and /proc/net/arp.

None of them tells the entry's state in the kernel's words: a resolved entry has state "".
"""

import re
from collections.abc import Sequence

from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.neighbour import Neighbour
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.gaps import narrowed
from lvsdoctor.parse.reader import Dump, Reader
from lvsdoctor.parse.words import read_ip, read_link_name, read_mac, read_number

_UNRESOLVED = frozenset({"<incomplete>", "(incomplete)"})
# What a published entry, an answer on another's behalf, has in place of a MAC.
_PUBLISHED = "<from_interface>"


def read_entry(
    address: str, hardware: str, link: str, seen: Seen, *, permanent: bool, published: bool
) -> Neighbour | None:
    """An entry, in the words of `ip neigh`; None for a name instead of an address, or a masked MAC."""
    ip = read_ip(address)
    unresolved = hardware in _UNRESOLVED
    published = published or hardware == _PUBLISHED
    mac = "" if unresolved or hardware == _PUBLISHED else read_mac(hardware)
    if ip is None or mac is None or (link and read_link_name(link) is None):
        return None
    state = "" if published else "INCOMPLETE" if unresolved else "PERMANENT" if permanent else ""
    return Neighbour(ip, seen, link, mac, state, frozenset({"proxy"} if published else ()))


class _ArpReader(Reader):
    """What the three have in common: rows in order, and the lines that could not be read."""

    programs = ("arp",)

    def __init__(self) -> None:
        self._rows: list[Neighbour] = []
        self._unread: list[Seen] = []

    def _take(self, row: Neighbour | None, seen: Seen) -> bool:
        if row is None:
            self._unread.append(seen)
        else:
            self._rows.append(row)
        return True

    def asked_for(self, command: Sequence[str], echo: Seen | None) -> Partial | None:
        """`arp -n HOST` and `arp -i eth0` show a part of the cache."""
        if command[0] != "arp" or not any(word == "-i" or word[:1] not in ("-", "|") for word in command[1:]):
            return None
        return narrowed(command, echo)

    def dump(self) -> Dump:
        return Dump({"neighbours": tuple(self._rows)}, tuple(self._unread))


class ArpA(_ArpReader):
    """`arp -an`, `arp -a`: `? (192.0.2.1) at 02:00:00:00:00:01 [ether] on eth0`. AIX and macOS word it alike."""

    name = "arp-a"
    any_row_first = True
    _ENTRY = re.compile(r"\s*\S{1,255} \(([0-9.]{7,15})\) at (\S{1,80})(\s.*)?")
    _HARDWARE = re.compile(r"[0-9a-fA-FxX*]{1,2}(:[0-9a-fA-FxX*]{1,2}){5}|[<(][a-z_]{1,20}[>)]")

    @classmethod
    def starts(cls, text: str) -> bool:
        match = cls._ENTRY.fullmatch(text)
        return match is not None and cls._HARDWARE.fullmatch(match[2]) is not None

    def feed(self, seen: Seen) -> bool:
        match = self._ENTRY.fullmatch(seen.text)
        if match is None:
            return False
        address, hardware, rest = match[1], match[2], (match[3] or "").split()
        link = rest[rest.index("on") + 1] if "on" in rest[:-1] else ""
        permanent = "PERM" in rest or "permanent" in rest
        published = "PUB" in rest or "published" in rest
        return self._take(read_entry(address, hardware, link, seen, permanent=permanent, published=published), seen)


class ArpN(_ArpReader):
    """`arp -n` (also `arp`, `arp -e`): the table under Address, HWtype, HWaddress, Flags, Mask, Iface."""

    name = "arp-n"
    _HEADER = ("Address", "HWtype", "HWaddress", "Flags", "Mask", "Iface")

    @classmethod
    def starts(cls, text: str) -> bool:
        return tuple(text.split(maxsplit=6)) == cls._HEADER

    def feed(self, seen: Seen) -> bool:
        words = seen.text.split(maxsplit=6)
        if self.starts(seen.text):
            return not (self._rows or self._unread)
        if words[:1] == ["Entries:"]:
            return True  # -v counts them in the end
        if len(words) == 3 and words[1] in _UNRESOLVED:
            address, hardware, flags, link = words[0], words[1], "", words[2]
        elif len(words) in (5, 6) and set(words[3]) <= set("CMPNR"):
            address, hardware, flags, link = words[0], words[2], words[3], words[-1]
        else:
            return False
        row = read_entry(address, hardware, link, seen, permanent="M" in flags, published="P" in flags)
        return self._take(row, seen)


class ProcNetArp(_ArpReader):
    """/proc/net/arp (net/ipv4/arp.c: arp_seq_show(); the flags are ATF_* of include/uapi/linux/if_arp.h)."""

    name = "proc-net-arp"
    _HEADER = ("IP", "address", "HW", "type", "Flags", "HW", "address", "Mask", "Device")
    _COMPLETE, _PERMANENT, _PUBLISHED_FLAG = 0x02, 0x04, 0x08

    @classmethod
    def starts(cls, text: str) -> bool:
        return tuple(text.split(maxsplit=9)) == cls._HEADER

    def feed(self, seen: Seen) -> bool:
        if self.starts(seen.text):
            return not (self._rows or self._unread)
        words = seen.text.split(maxsplit=6)
        if len(words) != 6 or not words[1].startswith("0x") or not words[2].startswith("0x"):
            return False
        flags = read_number(words[2])
        if flags is None:
            return self._take(None, seen)
        hardware = words[3] if flags & self._COMPLETE else "<incomplete>"
        published = bool(flags & self._PUBLISHED_FLAG)
        permanent = bool(flags & self._PERMANENT)
        return self._take(
            read_entry(words[0], hardware, words[5], seen, permanent=permanent, published=published), seen
        )
