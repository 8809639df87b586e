"""What a field of nftables and the values that it is held against are as conditions of the model."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from lvsdoctor.model.packet_filter import Condition, Match, Range, TcpFlags, Value
from lvsdoctor.parse.iptables.iptables_words import (
    ADDRESS_TYPES,
    CT_STATES,
    ICMP,
    ICMP6,
    PROTOCOLS,
    SCTP,
    TCP,
    TCP_FLAG_NAMES,
    UDP,
    read_addresses,
    read_masked,
    read_ports,
    read_protocol,
)
from lvsdoctor.parse.nft.nft_items import Field
from lvsdoctor.parse.words import read_link_name, read_number

Words = tuple[str, ...]
Values = tuple[Value, ...] | None


class _Kind(NamedTuple):
    """What a field is in the model. `family` and `protocol` are what a packet must be for it to be looked at."""

    match: Match
    read: Callable[[str], Values]
    family: int = 0
    protocol: int = 0


def _addresses(text: str) -> Values:
    known = read_addresses(text)
    return None if known is None else (known,)


def _original(text: str) -> Values:
    """None for what nft 1.0 prints of `ct original daddr` with a prefix: 0.192.0.2 stands for 192.0.2.0/24."""
    known = read_addresses(text)
    garbled = known is not None and known.low.version == 4 and 0 < int(known.low) < 1 << 24
    return None if known is None or garbled else (known,)


def _ports(text: str) -> Values:
    return read_ports(text, "-") if "," not in text else None


def _protocol(text: str) -> Values:
    low, dash, high = text.partition("-")
    if dash and (low.isdigit() or high.isdigit()):
        first, last = read_number(low, most=255), read_number(high, most=255)
        return None if first is None or last is None else tuple(range(first, last + 1))
    number = _OTHER_PROTOCOLS.get(text, read_protocol(text))
    return None if number is None else (number,)


def _link(text: str) -> Values:
    if text.endswith("*"):
        return (text,) if "\\" not in text and (text == "*" or read_link_name(text[:-1]) is not None) else None
    return (text,) if read_link_name(text) is not None else None


def _link_by_number(text: str) -> Values:
    """A link that was gone when nft printed the rule is a number."""
    return None if text.isdigit() or "*" in text else _link(text)


def _capitals(words: frozenset[str]) -> Callable[[str], Values]:
    return lambda text: (text.upper(),) if text.upper() in words and text.islower() else None


def _mark(text: str) -> Values:
    low, dash, high = text.partition("-")
    if not dash:
        masked = None if "/" in text else read_masked(text)
        return None if masked is None else (masked,)
    first, last = read_number(low, most=0xFFFFFFFF), read_number(high, most=0xFFFFFFFF)
    return None if first is None or last is None else (Range(first, last),)


def _family(text: str) -> Values:
    number = {"ipv4": 4, "ipv6": 6, "ip": 4, "ip6": 6}.get(text)
    return None if number is None else (number,)


def _any_text(text: str) -> Values:
    return (text,)


def _packet_type(text: str) -> Values:
    return (text,) if text in ("unicast", "host", "broadcast", "multicast", "other") else None


_OTHER_PROTOCOLS = {"ipv6-icmp": ICMP6, "dccp": 33, "ipcomp": 108, "comp": 108, "hopopt": 0}
_TYPES = _capitals(ADDRESS_TYPES)
_WITH_PORTS = {"tcp": TCP, "udp": UDP, "sctp": SCTP, "dccp": 33, "udplite": PROTOCOLS["udplite"], "th": 0}
_FIELDS = {
    "ip saddr": _Kind(Match.SOURCE, _addresses, 4),
    "ip daddr": _Kind(Match.DESTINATION, _addresses, 4),
    "ip6 saddr": _Kind(Match.SOURCE, _addresses, 6),
    "ip6 daddr": _Kind(Match.DESTINATION, _addresses, 6),
    "ip protocol": _Kind(Match.PROTOCOL, _protocol, 4),
    "ip6 nexthdr": _Kind(Match.PROTOCOL, _protocol, 6),
    "ip6 hoplimit": _Kind(Match.HOP_LIMIT, _ports, 6),
    "ip ttl": _Kind(Match.HOP_LIMIT, _ports, 4),
    "meta l4proto": _Kind(Match.PROTOCOL, _protocol),
    "meta nfproto": _Kind(Match.FAMILY, _family),
    "meta protocol": _Kind(Match.FAMILY, _family),
    "meta iifname": _Kind(Match.IN_LINK, _link),
    "meta oifname": _Kind(Match.OUT_LINK, _link),
    "meta iif": _Kind(Match.IN_LINK, _link_by_number),
    "meta oif": _Kind(Match.OUT_LINK, _link_by_number),
    "meta mark": _Kind(Match.MARK, _mark),
    "meta pkttype": _Kind(Match.PACKET_TYPE, _packet_type),
    "ct mark": _Kind(Match.CT_MARK, _mark),
    "ct state": _Kind(Match.CT_STATE, _capitals(CT_STATES - {"SNAT", "DNAT"})),
    "ct status": _Kind(Match.CT_STATE, _capitals(frozenset({"SNAT", "DNAT"}))),
    "ct original daddr": _Kind(Match.CT_ORIGINAL_DESTINATION, _original),
    "ct original ip daddr": _Kind(Match.CT_ORIGINAL_DESTINATION, _original),
    "ct original ip6 daddr": _Kind(Match.CT_ORIGINAL_DESTINATION, _addresses),
    "ct original proto-dst": _Kind(Match.CT_ORIGINAL_PORT, _ports),
    "fib daddr type": _Kind(Match.DESTINATION_TYPE, _TYPES),
    "fib saddr type": _Kind(Match.SOURCE_TYPE, _TYPES),
    "icmp type": _Kind(Match.ICMP_TYPE, _any_text, 4, ICMP),
    "icmpv6 type": _Kind(Match.ICMP_TYPE, _any_text, 6, ICMP6),
    **{f"{name} dport": _Kind(Match.DESTINATION_PORT, _ports, 0, number) for name, number in _WITH_PORTS.items()},
    **{f"{name} sport": _Kind(Match.SOURCE_PORT, _ports, 0, number) for name, number in _WITH_PORTS.items()},
}
# What a field of another kind asks before it is looked at.
_HEADERS = {"ip": (4, 0), "ip6": (6, 0), "icmp": (4, ICMP), "icmpv6": (6, ICMP6), **{
    name: (0, number) for name, number in _WITH_PORTS.items() if number}}  # fmt: skip
_COMPARED = {"<": (0, -1), "<=": (0, 0), ">": (1, None), ">=": (0, None)}


def conditions_of(field: Field, operator: str, words: Sequence[str], text: str) -> tuple[Condition, ...]:
    """What a rule asks with this field and any of the words; UNKNOWN among them where that was not understood."""
    family, protocol = _needs(field)
    first = []
    if family:
        first.append(Condition(Match.FAMILY, (family,), text=text))
    if protocol:
        first.append(Condition(Match.PROTOCOL, (protocol,), text=text))
    negated = operator in ("!=", "!")
    if field.key == "tcp flags":
        asked = _tcp_flags(field, operator, words, text)
    elif operator in _COMPARED:
        asked = _compared(field, operator, words, text)
    elif field.bits:
        asked = _masked(field, operator, words, text)
    else:
        kind = _FIELDS.get(field.key)
        values = None if kind is None else _all_of(words, kind.read)
        asked = None
        if kind is not None and values is not None:
            asked = Condition(kind.match, values, negated, text)
    return (*first, asked or Condition(Match.UNKNOWN, text=text))


def _needs(field: Field) -> tuple[int, int]:
    if (kind := _FIELDS.get(field.key)) is not None:
        return kind.family, kind.protocol
    return _HEADERS.get(field.key.partition(" ")[0], (0, 0))


def _all_of(words: Sequence[str], read: Callable[[str], Values]) -> Values:
    values: list[Value] = []
    for text in words:
        known = read(text)
        if known is None:
            return None
        values += known
    return tuple(values)


def _compared(field: Field, operator: str, words: Sequence[str], text: str) -> Condition | None:
    """`tcp dport > 1023`."""
    kind, number = _FIELDS.get(field.key), read_number(words[0], most=65535) if len(words) == 1 else None
    if kind is None or kind.read is not _ports or number is None:
        return None
    add, end = _COMPARED[operator]
    low, high = (0, number + end) if end is not None else (number + add, 65535)
    return Condition(kind.match, (Range(low, high),) if low <= high else (), False, text)


def _masked(field: Field, operator: str, words: Sequence[str], text: str) -> Condition | None:
    """`meta mark & 0xff == 0x1`, and `meta mark & 0x1 != 0`, where it is a bit that is asked for."""
    kind = _FIELDS.get(field.key)
    if kind is None or kind.read is not _mark or len(field.bits) != 1 or field.bits[0][0] != "&":
        return None
    mask = field.bits[0][1]
    values = _all_of([f"{word}/{mask}" for word in words], _masked_number)
    return None if values is None else Condition(kind.match, values, operator in ("!=", "!"), text)


def _masked_number(text: str) -> Values:
    masked = read_masked(text)
    return None if masked is None else (masked,)


def _tcp_flags(field: Field, operator: str, words: Sequence[str], text: str) -> Condition | None:
    """`tcp flags syn,ack` asks for any of them, `tcp flags == syn` and `syn / fin,syn` for these and no others."""
    sets = [_flag_names(word) for word in words]
    mask = _flag_names(field.bits[0][1]) if field.bits else frozenset(TCP_FLAG_NAMES)
    if mask is None or None in sets or len(field.bits) > 1 or (field.bits and field.bits[0][0] != "&"):
        return None
    named = [names for names in sets if names is not None]
    if field.bits and words == ["0"] and operator == "!=":
        operator, named = "in", [mask]
    if operator in ("in", "!") and not (field.bits and operator == "!"):
        wanted = frozenset[str]().union(*named)
        values = tuple(TcpFlags(frozenset({name}), frozenset({name})) for name in sorted(wanted))
        return Condition(Match.TCP_FLAGS, values, operator == "!", text)
    return Condition(Match.TCP_FLAGS, tuple(TcpFlags(mask, names) for names in named), operator == "!=", text)


def _flag_names(text: str) -> frozenset[str] | None:
    if text == "0" or text == "0x0":
        return frozenset()
    names = frozenset(text.upper().split("|"))
    return names if names.issubset(TCP_FLAG_NAMES) else None
