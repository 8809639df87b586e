"""Is a packet in an IP set? Exactly where all entries are known; nobody knows otherwise.

net/netfilter/ipset/ip_set_core.c: ip_set_test(); ip_set_getport.c.
"""

from collections.abc import Callable, Sequence

from lvsdoctor.kernel.packet_matching import Packet
from lvsdoctor.model.address import IP
from lvsdoctor.model.facts import Undeclared
from lvsdoctor.model.ipset import IpSet, IpSetEntry
from lvsdoctor.model.node import Node

InSet = Callable[[str, str, Packet], bool | None]
_TCP_OR_UDP = frozenset({6, 17})
_WITH_PORTS = frozenset({6, 17, 132, 136})


def sets_of(node: Node) -> Sequence[IpSet]:
    """The IP sets as far as they were seen; none for a rule that does not declare them: to it any may match."""
    try:
        return node.seen_rows("ipsets") if node.has("ipsets") else ()
    except Undeclared:
        return ()


def lookup(sets: Sequence[IpSet]) -> InSet:
    """What tells whether a packet is in the set of a name; `src,dst` tells what of the packet is looked up."""
    by_name: dict[str, IpSet | None] = {}
    for known in sets:
        by_name[known.name] = None if known.name in by_name else known

    def in_set(name: str, directions: str, packet: Packet) -> bool | None:
        known = by_name.get(name)
        return None if known is None else _holds(known, directions.split(","), packet)

    return in_set


def _holds(known: IpSet, directions: Sequence[str], packet: Packet) -> bool | None:
    if len(directions) < len(known.dimensions) or known.version not in (0, packet.version):
        return False
    if known.entries is None or not {"src", "dst"}.issuperset(directions):
        return None
    sides = dict(zip(known.dimensions, directions, strict=False))
    address, port = None, None
    for dimension, side in sides.items():
        if dimension == "port":
            if packet.protocol is not None and packet.protocol not in (_WITH_PORTS if known.version else _TCP_OR_UDP):
                # Of other protocols a set may have entries that the model does not look up: ICMP by its type.
                return False if not known.version else None
            port = packet.sport if side == "src" else packet.dport
        else:
            address = packet.src if side == "src" else packet.dst
    answers = [(entry, _matches(entry, address, port, packet.protocol)) for entry in known.entries]
    if any(answer is None for _, answer in answers):
        return None
    matching = [entry for entry, answer in answers if answer]
    # The most specific entry decides (ip_set_hash_gen.h: mtype_test_cidrs()).
    return bool(matching) and not min(matching, key=_size).excluded


def _matches(entry: IpSetEntry, address: IP | None, port: int | None, protocol: int | None) -> bool | None:
    answers: list[bool | None] = []
    if entry.addresses is not None:
        answers.append(None if address is None else address in entry.addresses)
    if entry.ports is not None:
        answers.append(None if port is None else port in entry.ports)
    if entry.protocol is not None:
        answers.append(None if protocol is None else protocol == entry.protocol)
    return False if False in answers else None if None in answers else True


def _size(entry: IpSetEntry) -> int:
    return 0 if entry.addresses is None else int(entry.addresses.high) - int(entry.addresses.low)
