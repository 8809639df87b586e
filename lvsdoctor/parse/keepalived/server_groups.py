"""What a virtual_server directs: one address and port, a firewall mark, or all that a virtual_server_group names."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address

from lvsdoctor.model.address import IP
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.ipvs.ipvs_rows import read_fwmark
from lvsdoctor.parse.keepalived.rows import Reading
from lvsdoctor.parse.keepalived.statements import Statement
from lvsdoctor.parse.words import read_ip, read_network, read_number

# keepalived would make a virtual service of each address of a range, however many.
LARGEST_RANGE = 1024
MOST_OF_GROUPS = 65536

_SHORT_RANGE = re.compile(r"(.*[.:])([0-9A-Fa-f]+)-([0-9A-Fa-f]{1,4})")
_FAMILIES = {"": None, "inet": 4, "inet6": 6}


@dataclass(frozen=True, slots=True)
class Target:
    """An address and port (0: all), or a firewall mark, whose `family` may be left open."""

    seen: Seen
    vip: IP | None = None
    port: int = 0
    mark: int | None = None
    family: int | None = None


def groups_in(statements: Iterable[Statement], reading: Reading) -> dict[str, tuple[Target, ...]]:
    """The virtual_server_groups by name (check/check_data.c: alloc_vsg_entry())."""
    found: dict[str, tuple[Target, ...]] = {}
    left = MOST_OF_GROUPS
    for group in statements:
        if group.name != "virtual_server_group" or not group.value or group.block is None:
            continue
        targets: list[Target] = []
        for entry in group.block:
            named = _entry(entry)
            if named is None:
                reading.strange(entry)
            elif len(named) > min(left, LARGEST_RANGE):
                reading.leave_out("a range of more addresses than are followed", entry)
            else:
                targets += named
                left -= len(named)
        found[group.value] = tuple(targets)
    return found


def target_of(words: tuple[str, ...], seen: Seen) -> Target | None:
    """`ADDRESS [PORT]` or `fwmark MARK [inet|inet6]`."""
    if not 1 <= len(words) <= 3:
        return None
    if words[0] == "fwmark":
        mark = read_fwmark(words[1]) if len(words) > 1 else None
        family = words[2] if len(words) > 2 else ""
        return Target(seen, mark=mark, family=_FAMILIES[family]) if mark is not None and family in _FAMILIES else None
    vip = read_ip(words[0])
    port = read_number(words[1], most=65535) if len(words) > 1 else 0
    return Target(seen, vip, port, family=vip.version) if vip and port is not None and len(words) < 3 else None


def _entry(entry: Statement) -> list[Target] | None:
    """What an entry of a group stands for; a list of LARGEST_RANGE + 1 where that is too much."""
    one = target_of(entry.words, entry.seen)
    if one is not None:
        return [one]
    if not 1 <= len(entry.words) <= 2:
        return None
    port = read_number(entry.value, most=65535) if entry.value else 0
    addresses = _range(entry.name)
    if addresses is None or port is None:
        return None
    return [Target(entry.seen, ip, port, family=ip.version) for ip in addresses]


def _range(text: str) -> Iterator[IP] | None:
    """192.0.2.1-10, 192.0.2.250-192.0.3.10 or 192.0.2.8/29, and their like of IPv6."""
    network = read_network(text) if "/" in text else None
    if network is not None:
        first, last = network[0], network[-1]
    else:
        begin, _, end = text.partition("-")
        short = _SHORT_RANGE.fullmatch(text)
        low, high = read_ip(begin), read_ip(end) or (read_ip(short[1] + short[3]) if short else None)
        if low is None or high is None or low.version != high.version or int(high) < int(low):
            return None
        first, last = low, high
    most = min(int(last), int(first) + LARGEST_RANGE)
    return (ip_address(type(first)(number)) for number in range(int(first), most + 1))
