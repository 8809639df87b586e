"""One rule of nf_tables' family arp, expression by expression, as the kernel runs it.

Attribute numbers are those of include/uapi/linux/netfilter/nf_tables.h.
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from lvsdoctor.collect.live.arp_words import VERDICTS, mangled, name_of, rule_text
from lvsdoctor.model.arptables import ArpRule
from lvsdoctor.model.seen import Seen

ACCEPT, JUMP, RETURN = 1, -3, -5  # NF_ACCEPT, NFT_JUMP, NFT_RETURN
NETWORK_HEADER = 1  # NFT_PAYLOAD_NETWORK_HEADER
EQUAL, NOT_EQUAL = 0, 1  # NFT_CMP_EQ, NFT_CMP_NEQ
LINK_NAMES = {6: "in_link", 7: "out_link"}  # NFT_META_IIFNAME, NFT_META_OIFNAME
# An ARP packet for IPv4 over Ethernet, by offset (include/uapi/linux/if_arp.h: struct arphdr, and what follows it).
FIELDS = {
    0: "htype",
    2: "ptype",
    4: "hlen",
    5: "plen",
    6: "operation",
    8: "src_mac",
    14: "src",
    18: "dst_mac",
    24: "dst",
}
ENDS = dict(zip(FIELDS, (*list(FIELDS)[1:], 28), strict=True))
ALWAYS = {"htype": b"\0\1", "ptype": b"\x08\0", "hlen": b"\6", "plen": b"\4"}  # of each such packet
MANGLES = {"src": "mangle_ip_s", "dst": "mangle_ip_d"}
CONTINUE = ("--mangle-target CONTINUE",)
COUNTING = ("counter", "log", "comment", "last")
DECIDING = ("queue", "reject", "dup", "fwd", "synproxy", "tproxy")


class Undecodable(Exception):
    """The rules say something that ArpRule has no words for."""


def nft_rule(table: str, chain: str, expressions: bytes) -> ArpRule:
    """The row of one rule. Raises Undecodable, and ValueError or LookupError for nonsense."""
    reading = _Reading()
    for number, expression in attributes(expressions):
        if number == 1:  # NFTA_LIST_ELEM
            parts = dict(attributes(expression))
            reading.take(name_of(parts[1]), dict(attributes(parts.get(2, b""))))
    fields = {"target": "", **reading.fields}
    other = (*reading.other, *fields.pop("other", ()))
    rule = ArpRule(chain, seen=Seen("", None, ""), negated=frozenset(reading.negated), other=other, **fields)
    return replace(rule, seen=Seen(f"netlink NFT_MSG_NEWRULE arp {table}", None, rule_text(rule)))


def attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Type and value of each netlink attribute."""
    while len(data) >= 4:
        length, number = int.from_bytes(data[:2], sys.byteorder), int.from_bytes(data[2:4], sys.byteorder)
        yield number & 0x3FFF, data[4:length]
        data = data[max(length + 3 & ~3, 4) :]


@dataclass(frozen=True, slots=True)
class _Register:
    """What a register holds: bytes of the ARP packet under a mask, a link's name, or a value of the rule's own."""

    offset: int = -1
    mask: bytes = b""
    link: str = ""
    value: bytes = b""


@dataclass(slots=True)
class _Reading:
    """What the expressions so far amount to."""

    fields: dict[str, Any] = field(default_factory=dict)
    negated: set[str] = field(default_factory=set)
    other: list[str] = field(default_factory=list)
    registers: dict[int, _Register] = field(default_factory=dict)

    def take(self, name: str, given: Mapping[int, bytes]) -> None:
        numbers = {key: int.from_bytes(value, "big") for key, value in given.items() if len(value) == 4}
        if name == "payload" and 5 in numbers:
            self._write(numbers[3], self.registers.get(numbers[5], _Register()))
        elif name == "payload":
            self.registers[numbers[1]] = _Register(numbers[3]) if numbers[2] == NETWORK_HEADER else _Register()
        elif name == "meta" and numbers.get(2) in LINK_NAMES and 1 in numbers:
            self.registers[numbers[1]] = _Register(link=LINK_NAMES[numbers[2]])
        elif name == "bitwise" and 4 in given and not any(_value(given.get(5, b""))):
            self.registers[numbers[2]] = replace(self.registers.get(numbers[1], _Register()), mask=_value(given[4]))
        elif name == "cmp":
            self._compare(self.registers.get(numbers[1], _Register()), numbers[2], _value(given[3]))
        elif name == "immediate" and numbers[1] != 0:
            self.registers[numbers[1]] = _Register(value=_value(given[2]))
        elif name == "immediate":
            self._decide(dict(attributes(dict(attributes(given[2]))[2])))
        elif name == "target":
            kind = name_of(given[1])
            self.fields |= mangled(given[3]) if kind == "mangle" else {"target": kind}
        elif name in DECIDING or (name == "lookup" and 3 in numbers):
            raise Undecodable(f"a rule with {name!r}")
        elif name not in COUNTING:
            self.registers.clear()
            self.other.append(f"nft {name}")

    def _decide(self, verdict: Mapping[int, bytes]) -> None:
        code = int.from_bytes(verdict[1], "big", signed=True)
        words = {**VERDICTS, RETURN: "RETURN", JUMP: name_of(verdict.get(2, b""))}
        if self.fields.get("other") == CONTINUE and code == ACCEPT:
            del self.fields["other"]  # mangled, then accepted: what arptables' mangle does by itself
        elif code not in words or "target" in self.fields:
            raise Undecodable("a rule with an unusual verdict")
        else:
            self.fields["target"] = words[code]

    def _write(self, offset: int, register: _Register) -> None:
        """`arp saddr ip set 192.0.2.21`: nft's own way to mangle, after which the packet goes on to the next rule."""
        what = MANGLES.get(FIELDS.get(offset, ""))
        if (
            what is None
            or len(register.value) != 4
            or ("target" in self.fields and self.fields.get("other") != CONTINUE)
        ):
            raise Undecodable("a rule that rewrites the packet")
        self.fields |= {"target": "mangle", what: IPv4Address(register.value), "other": CONTINUE}

    def _compare(self, register: _Register, operator: int, value: bytes) -> None:
        if operator not in (EQUAL, NOT_EQUAL) or (register.offset < 0 and not register.link):
            self.other.append("nft cmp")
            return
        found = [(register.link, _link_name(value))] if register.link else list(_cut(register, value))
        turned = operator == NOT_EQUAL
        for name, meant in found:
            if not turned and meant is not None and ALWAYS.get(name) == meant:
                continue
            if name in ALWAYS or name in self.fields or meant is None or (turned and len(found) > 1):
                self.other.append(f"nft {name} {'!= ' if turned else ''}0x{value.hex()}")
                continue
            self.fields[name] = meant
            if turned:
                self.negated.add(name)


def _value(data: bytes) -> bytes:
    """The bytes of a nested NFTA_DATA_VALUE."""
    return dict(attributes(data)).get(1, b"")


def _link_name(value: bytes) -> str:
    """A link's name; one that is not compared to its end is spelled with a +."""
    return name_of(value) + ("" if b"\0" in value else "+")


def _cut(register: _Register, value: bytes) -> Iterator[tuple[str, Any]]:
    """The fields that these bytes compare (nft joins neighbours into one); None for one that is not whole."""
    at, end = register.offset, register.offset + len(value)
    while at < end:
        if at not in FIELDS:
            yield "payload", None
            return
        stop = min(ENDS[at], end)
        inside = slice(at - register.offset, stop - register.offset)
        yield FIELDS[at], _meaning(FIELDS[at], value[inside], register.mask[inside], whole=stop == ENDS[at])
        at = stop


def _meaning(name: str, piece: bytes, mask: bytes, *, whole: bool) -> Any:
    if name in ("src", "dst"):
        bits = (mask or b"\xff" * len(piece)).ljust(4, b"\0")
        try:
            return IPv4Network((piece.ljust(4, b"\0"), str(IPv4Address(bits))))
        except ValueError:  # a mask with holes
            return None
    if not whole or mask.strip(b"\xff"):
        return None
    if name == "operation":
        return int.from_bytes(piece, "big")
    return piece.hex(":") if name.endswith("mac") else piece
