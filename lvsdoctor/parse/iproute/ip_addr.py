"""`ip addr` and `ip link`: plain, with -d and -s, and one line each (-o)."""

import re
from collections.abc import Sequence
from typing import Any

from lvsdoctor.model.address import Address
from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.gaps import CUT, NO_BEGINNING, NO_END, NO_LOOPBACK, UNREAD
from lvsdoctor.parse.iproute.inet_line import FAMILY, read_address
from lvsdoctor.parse.iproute.ip_command import IpCommand, ip_command, part_of
from lvsdoctor.parse.iproute.ip_link import LinkBlock
from lvsdoctor.parse.reader import Dump, Reader
from lvsdoctor.parse.words import read_ip, read_mac

_OF_DPDK = re.compile(r"\bdpdk\d+(?:\s|$)")
_ONELINE = re.compile(r"\s*(\d{1,10}): (\S{1,80})\s+(inet6?\s.*)")
# Two rows in one line, whose end was lost.
_JOINED = re.compile(r"\S\s+(?:\d{1,6}: [^\s:]{1,40}: <|inet6? [\da-f.:]{2,45}/\d)")
_OWN_LINK = re.compile(r"\s*\d{1,10}: \S{1,80}: <[^<>]{0,300}> .{0,300}?(?=link/[a-z0-9]{1,20} )")
_COUNTER = re.compile(r"[\d.]{1,30}[kKMGTPE]?i?")

# Lines that may stand under a link, and that no question here depends on.
_UNUSED = frozenset({"alias", "altname", "vf", "prog/xdp", "ingress-qos-map", "egress-qos-map"})


def _is_cut(address: Address) -> bool:
    """Does its line end within a word? (A label may be anything, as keepalived sets it; mostly it is the link.)"""
    label, scopes = address.label, ("global", "link", "host", "site")
    in_label = bool(label) and label != address.link and address.link.startswith(label)
    return in_label or any(word.startswith(address.scope) and word != address.scope for word in scopes)


class IpAddr(Reader):
    """`ip addr` and `ip link`, whose lines are alike: addresses are a fact only where the command could show them."""

    name = "ip-addr"
    programs = ("ip",)
    unread_may_be_rows = False  # it keeps account of its own: a driver's details are no rows

    def __init__(self) -> None:
        self._blocks: dict[tuple[int, str], LinkBlock] = {}
        self._block: LinkBlock | None = None
        self._addresses: list[Address] = []
        self._unread: list[Seen] = []
        self._partial: Partial | None = None
        self._begun = False
        self._counters_follow = False
        self._command: IpCommand | None = None

    @classmethod
    def starts(cls, text: str) -> bool:
        head = text.partition("\\")[0]
        words = head.split(maxsplit=4)
        if not words:
            return False
        if words[0].endswith(":"):
            seen = Seen("", None, head)
            return LinkBlock.of_header(head, seen) is not None or bool(_ONELINE.fullmatch(head) and " scope " in head)
        if words[0] in FAMILY and len(words) > 2:
            # dpip(8) of DPVS prints addresses of its own, and its routes, alike.
            if _OF_DPDK.search(head) or words[2] == "via":
                return False
            return " scope " in head and read_ip(words[1].partition("/")[0]) is not None
        return text[:1].isspace() and words[0].startswith("link/") and len(words) > 3 and bool(read_mac(words[1]))

    def set_command(self, command: Sequence[str]) -> None:
        self._command = ip_command(command)

    def asked_for(self, command: Sequence[str], echo: Seen | None) -> Partial | None:
        return part_of(command, echo)

    def feed(self, seen: Seen) -> bool:
        head, *more = seen.text.split("\\")
        if not more and (own := _OWN_LINK.match(head)):  # -o, whose sign was lost
            head, more = head[: own.end()], [f"    {head[own.end() :]}"]
        if _JOINED.search(head) and not _ONELINE.fullmatch(head) and (self._begun or self.starts(head)):
            self._refuse(seen)
            self._block, self._begun = None, True
        elif (block := LinkBlock.of_header(head, seen)) is not None:
            if (block.index, block.name) in self._blocks:
                return False  # the same link again: a second dump begins
            self._block = block
            if block.well_named:
                self._blocks[block.index, block.name] = block
            else:
                self._refuse(seen)
            self._counters_follow = False
            for piece in more:
                self._under_link(piece, seen)
            self._begun = True
        elif match := _ONELINE.fullmatch(head):
            return self._have_begun(self._take_inet(match[3].split(), match[2], seen))
        else:
            return self._have_begun(self._under_link(head, seen))
        return True

    def _have_begun(self, mine: bool) -> bool:
        self._begun = self._begun or mine
        return mine

    def _under_link(self, text: str, seen: Seen) -> bool:
        words = text.split()
        first = words[0] if words else ""
        if first in FAMILY:
            return self._take_inet(words, self._block.name if self._block else "", seen)
        counters, self._counters_follow = self._counters_follow, False
        if first == "valid_lft":
            return self._begun
        if not text[:1].isspace():
            return False
        if self._block is None:
            if first.startswith("link/"):
                self._refuse(seen, NO_BEGINNING)  # the header, with the link's name, was cut off
            return first.startswith("link/")
        if first.startswith("link/"):
            if self._block.type:  # a link has one such line: this is another's, whose header is not above it
                self._refuse(seen)
                self._block = None
            else:
                self._block.take_address(words)
        elif first in ("RX:", "TX:") or words[:2] in (["RX", "errors:"], ["TX", "errors:"]):
            self._counters_follow = True
            self._block.expects_kind = False
        elif not (counters and all(map(_COUNTER.fullmatch, words))) and first not in _UNUSED:
            return self._take_detail(text, words, seen)
        return True

    def _take_detail(self, text: str, words: list[str], seen: Seen) -> bool:
        assert self._block is not None
        if words and self._block.take_detail(words):
            return True
        if self._block.expects_kind and text.startswith(" " * 6):
            self._unread.append(seen)  # some drivers need more than one line for their details
            return True
        return False

    def _take_inet(self, words: list[str], link: str, seen: Seen) -> bool:
        # ifconfig has inet lines too. A line that ends with the address may have been cut off inside it.
        if len(words) < 3 or "netmask" in words or "prefixlen" in words:
            return False
        address = read_address(words, link, seen)
        if address is not None:
            self._addresses.append(address)
        elif "scope" in words or link:
            self._refuse(seen)
        else:
            return False
        if not (self._begun or link):
            self._note(NO_BEGINNING, seen)
        elif "scope" not in words[2:-1] or (address and _is_cut(address)):
            self._note(CUT, seen)
        return True

    def _refuse(self, seen: Seen, reason: str = UNREAD) -> None:
        self._unread.append(seen)
        self._note(reason, seen)

    def _note(self, reason: str, seen: Seen) -> None:
        self._partial = self._partial or Partial(reason, seen)

    def gap(self) -> None:
        # The header of what follows may be missing: then the label at the end of its line is all that tells the link.
        self._block = None

    def _ends(self) -> Partial | None:
        """What is missing at its beginning or end: every network namespace has lo, with index 1."""
        blocks = list(self._blocks.values())
        last = self._addresses[-1].link if self._addresses else ""
        if len(blocks) > 1 and blocks[-2].type and not blocks[-1].type and last != blocks[-1].name:
            return Partial(NO_END, blocks[-1].seen)  # its header is all that is there
        first = next(iter([block.seen for block in blocks] + [address.seen for address in self._addresses]), None)
        if any(block.index == 1 or "LOOPBACK" in block.flags for block in self._blocks.values()):
            return None
        if not self._blocks and any(address.link == "lo" for address in self._addresses):
            return None
        return Partial(NO_LOOPBACK, first) if first is not None else None

    def dump(self) -> Dump:
        command = self._command
        detailed = bool(command and command.details) or any(block.detailed for block in self._blocks.values())
        facts: dict[str, Sequence[Any]] = {}
        if self._blocks:
            facts["links"] = tuple(block.link(detailed=detailed) for block in self._blocks.values())
        # An interface without addresses is normal, so a dump without any tells nothing of what was asked for.
        if self._addresses or (command is not None and command.object == "address"):
            facts["addresses"] = tuple(self._addresses)
        return Dump(facts, tuple(self._unread), partial=self._partial or self._ends())
