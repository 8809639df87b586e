"""The rules of arptables-legacy out of the kernel's own table (include/uapi/linux/netfilter_arp/arp_tables.h)."""

import os
import socket
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Network
from itertools import pairwise
from typing import Any

from lvsdoctor.collect.live.arp_words import HOOKS, VERDICTS, mangled, name_of, rule_text
from lvsdoctor.model.arptables import ArpRule, ArpTables
from lvsdoctor.model.seen import Seen

SOL_IP, ARPT_SO_GET_INFO, ARPT_SO_GET_ENTRIES = 0, 96, 97
INFO = struct.Struct("=32sI3I3III")  # arpt_getinfo: name, valid hooks, hook entries, underflows, entries, size
ENTRIES = struct.Struct("=32sI4x")  # arpt_get_entries
# arpt_entry: src, tgt, smsk, tmsk, arhln (with mask), src_devaddr, tgt_devaddr (with masks), arpop, arhrd, arpro (with
# masks), iniface, outiface (with masks), flags, invflags, then target_offset, next_offset, comefrom, counters
ENTRY = struct.Struct("=4s4s4s4sBB16s16s16s16s2s2s2s2s2s2s16s16s16s16sxxHxxHHI4xQQ")
TARGET = struct.Struct("=H29sB")  # xt_entry_target
RETURN = -5  # XT_RETURN
EVERYWHERE = IPv4Network("0.0.0.0/0")
ERROR = "ERROR"  # XT_ERROR_TARGET
INVERTED = {
    0x1: "in_link",
    0x2: "out_link",
    0x4: "src",
    0x8: "dst",
    0x10: "src_mac",
    0x20: "dst_mac",
    0x40: "operation",
}
HARDWARE_TYPE, PROTOCOL_TYPE, HARDWARE_LENGTH = 0x80, 0x100, 0x200
WHERE = "getsockopt ARPT_SO_GET_ENTRIES filter"


def legacy_table(name: str = "filter") -> ArpTables:
    """The table, which must be one that /proc/net/arp_tables_names lists: any other would be loaded. Raises OSError."""
    info, blob = _read(name.encode())
    return decode(info, blob)


def _read(name: bytes) -> tuple[bytes, bytes]:
    import ctypes  # socket.getsockopt() cannot hand the kernel the table's name

    libc = ctypes.CDLL(None, use_errno=True)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:

        def ask(option: int, request: bytes, size: int) -> bytes:
            buffer, length = ctypes.create_string_buffer(request, size), ctypes.c_uint(size)
            if libc.getsockopt(door.fileno(), SOL_IP, option, buffer, ctypes.byref(length)) != 0:
                number = ctypes.get_errno()
                raise OSError(number, os.strerror(number))
            return buffer.raw

        info = ask(ARPT_SO_GET_INFO, name, INFO.size)
        size = INFO.unpack(info)[-1]
        return info, ask(ARPT_SO_GET_ENTRIES, ENTRIES.pack(name, size), ENTRIES.size + size)[ENTRIES.size :]


@dataclass(frozen=True, slots=True)
class Entry:
    """One rule, policy or chain head of the table, `at` this offset up to `end`."""

    at: int
    end: int
    match: tuple[Any, ...]
    target: str
    data: bytes

    @property
    def verdict(self) -> int:
        """Of a standard target: a verdict, or the offset to jump to."""
        return int(struct.unpack_from("=i", self.data)[0])


def _entries(blob: bytes) -> Iterator[Entry]:
    at = 0
    while at < len(blob):
        *match, target_at, length, _, _, _ = ENTRY.unpack_from(blob, at)
        if length < ENTRY.size:
            raise ValueError("an entry of the arptables table has no length")
        size, name, _ = TARGET.unpack_from(blob, at + target_at)
        data = blob[at + target_at + TARGET.size : at + target_at + size]
        yield Entry(at, at + length, tuple(match), name_of(name), data)
        at += length


def decode(info: bytes, blob: bytes) -> ArpTables:
    """The table that these two answers hold. Raises ValueError, LookupError, struct.error for nonsense."""
    _, valid, *offsets, _, _ = INFO.unpack(info)
    hooks = {hook: name for hook, name in HOOKS.items() if valid & 1 << hook}
    policy_at = {offsets[3 + hook]: name for hook, name in hooks.items()}
    entries = tuple(_entries(blob))
    # A chain of the user's own begins with an entry that holds its name, and ends with a return that nobody wrote.
    heads = {entry.end: name_of(entry.data) for entry in entries[:-1] if entry.target == ERROR}
    chains = {**{offsets[hook]: name for hook, name in hooks.items()}, **heads}
    policies, rules, chain = dict.fromkeys(chains.values(), "-"), [], ""
    for entry, following in pairwise(entries):
        chain = chains.get(entry.at, chain)
        if entry.at in policy_at:
            policies[chain] = VERDICTS[-1 - entry.verdict]
        elif entry.target != ERROR and (following.target != ERROR or policies[chain] != "-"):
            rules.append(_rule(chain, entry, chains))
    seen = tuple(Seen(WHERE, None, f":{name} {policy}") for name, policy in policies.items())
    return ArpTables(policies, tuple(rules), seen)


def _rule(chain: str, entry: Entry, chains: Mapping[int, str]) -> ArpRule:
    src, dst, src_mask, dst_mask, length, length_mask, src_mac, src_mac_mask, dst_mac, dst_mac_mask, *rest = entry.match
    operation, operation_mask, hardware, hardware_mask, protocol, protocol_mask, *rest = rest
    in_link, out_link, in_mask, out_mask, inverted = rest
    fields: dict[str, Any] = {
        "src": _network(src, src_mask),
        "dst": _network(dst, dst_mask),
        "in_link": _link(in_link, in_mask),
        "out_link": _link(out_link, out_mask),
        "src_mac": _mac(src_mac, src_mac_mask),
        "dst_mac": _mac(dst_mac, dst_mac_mask),
        "operation": int.from_bytes(operation, "big") if any(operation_mask) else None,
    }
    negated = {name for bit, name in INVERTED.items() if inverted & bit}
    for name in negated & {"src", "dst"}:
        fields[name] = fields[name] or EVERYWHERE  # not from anywhere: it matches nothing
    other = [
        f"{'! ' if inverted & bit else ''}{option} {shown}"
        for bit, option, shown, mask in (
            (HARDWARE_LENGTH, "--h-length", length, length_mask),
            (HARDWARE_TYPE, "--h-type", int.from_bytes(hardware, "big"), any(hardware_mask)),
            (0x10, "--src-mac", _masked(src_mac, src_mac_mask), any(src_mac_mask) and not all(src_mac_mask[:6])),
            (0x20, "--dst-mac", _masked(dst_mac, dst_mac_mask), any(dst_mac_mask) and not all(dst_mac_mask[:6])),
            (PROTOCOL_TYPE, "--proto-type", f"0x{int.from_bytes(protocol, 'big'):x}", any(protocol_mask)),
        )
        if mask
    ]
    told = _target(entry, chains)
    fields |= {
        "negated": frozenset(name for name in negated if fields[name] is not None),
        **told,
        "other": (*other, *told.get("other", ())),
    }
    rule = ArpRule(chain, fields.pop("target"), Seen("", None, ""), **fields)
    return replace(rule, seen=Seen(WHERE, None, rule_text(rule)))


def _target(entry: Entry, chains: Mapping[int, str]) -> dict[str, Any]:
    if entry.target == "mangle":
        return mangled(entry.data)
    if entry.target:
        return {"target": entry.target}
    verdict = entry.verdict
    if verdict == RETURN:
        return {"target": "RETURN"}
    if verdict < 0:
        return {"target": VERDICTS[-1 - verdict]}
    return {"target": "" if verdict == entry.end else chains[verdict]}  # a rule without -j goes on to the next one


def _network(address: bytes, mask: bytes) -> IPv4Network | None:
    return IPv4Network((address, str(IPv4Address(mask))), strict=False) if any(mask) else None


def _link(shown: bytes, mask: bytes) -> str | None:
    """A link's name; one that is not compared to its end is spelled with a +."""
    name, compared = name_of(shown), sum(map(bool, mask))
    return None if not compared else name if compared > len(name) else f"{name[:compared]}+"


def _mac(address: bytes, mask: bytes) -> str | None:
    return address[:6].hex(":") if all(mask[:6]) else None


def _masked(address: bytes, mask: bytes) -> str:
    return f"{address[:6].hex(':')}/{mask[:6].hex(':')}"
