"""What follows the address in a row of an IPVS table: the service's flags, the real server's columns."""

from collections.abc import Sequence
from dataclasses import replace
from ipaddress import IPv4Address
from typing import NamedTuple

from lvsdoctor.model.ipvs import Counters, Destination
from lvsdoctor.parse.ipvs.ipvs_rows import FORWARDING, NAMELESS, without_host_mask
from lvsdoctor.parse.words import read_number

_WITH_VALUE = frozenset({"pe", "conn-timeout"})


class Flags(NamedTuple):
    persistent: int = 0
    netmask: str = ""
    words: tuple[str, ...] = ()


def hexadecimal(word: str) -> bool:
    return len(word) == 8 and all(letter in "0123456789abcdefABCDEF" for letter in word)


def flags_in(words: Sequence[str]) -> Flags:
    """Reads what stands after the scheduler.

    The kernel prints the persistence timeout in jiffies (and its mask without a word before it). A jiffy is at least
    a millisecond, so the seconds of such a row are a lower bound; the words keep what was printed.
    """
    persistent, netmask, found = 0, "", []
    rest = iter(words)
    for word in rest:
        value = next(rest, "") if word in ("persistent", "mask") or word in _WITH_VALUE else ""
        if word == "persistent" and (timeout := read_number(value)) is not None:
            persistent = timeout
        elif word == "mask" and value:
            netmask = value
        elif persistent and hexadecimal(word):
            found.append(f"persistent {persistent} jiffies")
            persistent, netmask = max(1, persistent // 1000), _kernel_mask(int(word, 16))
        elif word.startswith("("):
            found += [flag for flag in word.strip("()").split(",") if flag]
        else:
            found.append(f"{word} {value}".rstrip())
    return Flags(persistent, without_host_mask(netmask), tuple(found))


def _kernel_mask(value: int) -> str:
    """An IPv4 mask, or IPv6's prefix length, whose bytes ip_vs_info_seq_show() swaps as if it were a mask."""
    length = value >> 24 if value & 0x00FFFFFF == 0 else value
    return str(length) if length <= 128 else str(IPv4Address(value))


def counters_in(words: Sequence[str]) -> Counters | None:
    """The five columns of --stats, or of --rate. Suffixes are powers of 1000 (ipvsadm.c: print_largenum())."""
    totals = []
    for word in words:
        total = read_number(word.rstrip("KMGT"))
        if total is None or len(word) - len(word.rstrip("KMGT")) > 1:
            return None
        totals.append(total * 1000 ** (" KMGT".index(word[-1]) if word[-1] in "KMGT" else 0))
    return Counters(*totals) if len(totals) == 5 else None


def with_columns(row: Destination, words: list[str], form: str) -> Destination | None:
    """The columns after a real server's address, or None where they are not those of this form."""
    if form in ("stats", "rate"):
        counters = counters_in(words)
        return None if counters is None else replace(row, counters=counters)
    if form in ("thresholds", "persistent-conn"):
        numbers = [read_number(word) for word in words]
        if len(numbers) != 4 or None in numbers:
            return None
        first, second, active, inactive = numbers
        if form == "thresholds":
            return replace(
                row, upper_threshold=first or 0, lower_threshold=second or 0, active=active, inactive=inactive
            )
        return replace(row, weight=first, active=active, inactive=inactive)
    if not words or not (words[0][0].isalpha() or words[0] == NAMELESS):
        return None
    method, *rest = words
    method = "Bypass" if method == NAMELESS else method
    tunnel: list[str] = []
    if rest and not rest[0].isdigit():  # --tun-info: n/a, ipip, gue:6080:r+c
        tunnel = rest.pop(0).split(":")
    numbers = [read_number(word) for word in rest[:3]] + [None, None, None]
    if numbers[0] is None:
        return None
    return Destination(
        row.ip,
        row.port,
        row.seen,
        row.shown,
        forwarding=FORWARDING.get(method),
        method=method,
        weight=numbers[0],
        active=numbers[1],
        inactive=numbers[2],
        tunnel_type=tunnel[0] if tunnel and tunnel[0] != "n/a" else "ipip",
        tunnel_port=(read_number(tunnel[1]) or 0) if len(tunnel) > 1 else 0,
    )
