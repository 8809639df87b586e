"""Small words that several dump formats share: addresses, networks, numbers, MACs, and `option value` walking.

Everything here answers None rather than raising: the text may be anybody's.
"""

import re
from collections.abc import Container, Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from lvsdoctor.model.address import IP, Network

EVERYWHERE: dict[int, Network] = {4: IPv4Network("0.0.0.0/0"), 6: IPv6Network("::/0")}

_MAC = re.compile(r"[0-9a-fA-F]{1,2}(?::[0-9a-fA-F]{1,2}){5,19}")
# The slash, the colon, and what the kernel's isspace() knows (lib/ctype.c is Latin-1: 0xa0, in the midst of `à` too).
_NOT_IN_LINK_NAMES = frozenset(b"/: \t\n\v\f\r\xa0")
_ADDRESS_FAMILIES = frozenset({"inet", "inet6"})


def read_ip(text: str) -> IP | None:
    """The address that `text` spells, if it spells one (a zone such as %eth0 is no part of an address)."""
    if not 2 <= len(text) <= 45 or "%" in text or not ("." in text or ":" in text):
        return None
    try:
        return ip_address(text)
    except ValueError:
        return None


def read_network(text: str) -> Network | None:
    """`192.0.2.0/24`, or a lone address as its /32 or /128. Host bits are dropped, as the kernel drops them."""
    address, slash, length = text.partition("/")
    ip = read_ip(address)
    if ip is None:
        return None
    prefixlen = read_number(length) if slash else ip.max_prefixlen
    if prefixlen is None or prefixlen > ip.max_prefixlen:
        return None
    return ip_network((ip, prefixlen), strict=False)


def read_number(text: str, *, most: int = 2**64 - 1) -> int | None:
    """A decimal or 0x number from 0 to `most`. (int() alone would also take signs, blanks, underscores and 十.)"""
    if not text.isascii() or len(text) > 20:
        return None
    try:
        value = int(text, 16) if text[:2] in ("0x", "0X") else int(text) if text.isdigit() else -1
    except ValueError:
        return None
    return value if 0 <= value <= most else None


def read_mac(text: str) -> str | None:
    """A hardware address in colon form, lower-case, two digits a byte (macOS and AIX print one where one will do)."""
    if not _MAC.fullmatch(text):
        return None
    return ":".join(byte.zfill(2) for byte in text.lower().split(":"))


def read_link_name(text: str) -> str | None:
    """A link's name (net/core/dev.c: dev_valid_name()).

    What cannot be printed is none either: the kernel takes an escape sequence, and nobody has one for an honest reason.
    Anything else may stand in it, `$(reboot)` and `-rf` too, so it is quoted wherever it is printed to be pasted.
    """
    odd = not text.isprintable() or text in (".", "..") or not _NOT_IN_LINK_NAMES.isdisjoint(text.encode())
    return None if odd or not 1 <= len(text.encode()) <= 15 else text


def word_set(text: str) -> frozenset[str]:
    return frozenset(text.split())


def split_options(words: Iterable[str], valued: Container[str]) -> tuple[dict[str, str], list[str]]:
    """Sort words into the options that take a value (the first of each counts) and the bare words, in order.

    An option whose value was cut off gets the value "". The family before an address (`via inet6 fe80::1`) is dropped.
    """
    options: dict[str, str] = {}
    bare: list[str] = []
    walk = iter(words)
    for word in walk:
        if word in valued:
            value = next(walk, "")
            if value in _ADDRESS_FAMILIES:
                value = next(walk, "")
            options.setdefault(word, value)
        else:
            bare.append(word)
    return options, bare
