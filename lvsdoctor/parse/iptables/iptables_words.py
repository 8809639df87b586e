"""Words that iptables-save, `iptables -S` and `iptables -L` share: addresses, ports, marks, and what a target does.

Everything here answers None rather than raising, and a word that is not understood is never taken for another.
"""

import re
from collections.abc import Mapping
from ipaddress import ip_address

from lvsdoctor.model.packet_filter import (
    ALL_BITS,
    Action,
    AddressRange,
    Condition,
    Effect,
    MarkChange,
    Masked,
    Match,
    Range,
)
from lvsdoctor.parse.words import read_ip, read_number

# /etc/protocols, as far as a rule of an LVS cluster is likely to name it.
PROTOCOLS: Mapping[str, int] = {
    "icmp": 1, "igmp": 2, "ipencap": 4, "ipip": 4, "tcp": 6, "udp": 17, "ipv6": 41, "gre": 47, "esp": 50, "ah": 51,
    "ipv6-icmp": 58, "icmpv6": 58, "icmp6": 58, "ospf": 89, "vrrp": 112, "sctp": 132, "udplite": 136,
}  # fmt: skip
ICMP, TCP, UDP, ICMP6, SCTP = 1, 6, 17, 58, 132

TARGETS: Mapping[str, Effect] = {
    "ACCEPT": Effect.ACCEPT, "DROP": Effect.DROP, "REJECT": Effect.REJECT, "RETURN": Effect.RETURN,
    "QUEUE": Effect.QUEUE, "NFQUEUE": Effect.QUEUE, "LOG": Effect.LOG, "NFLOG": Effect.LOG, "ULOG": Effect.LOG,
    "MARK": Effect.MARK, "CONNMARK": Effect.CONTINUE, "CT": Effect.CONTINUE, "NOTRACK": Effect.NOTRACK,
    "DNAT": Effect.DNAT, "SNAT": Effect.SNAT, "MASQUERADE": Effect.MASQUERADE, "REDIRECT": Effect.REDIRECT,
    "TPROXY": Effect.TPROXY,
    # These return XT_CONTINUE (net/netfilter/xt_*.c) and change nothing that a rule of the model looks at.
    **dict.fromkeys("TRACE AUDIT CLASSIFY TCPMSS DSCP TOS ECN TEE SET LED IDLETIMER RATEEST CHECKSUM SECMARK"
                    " CONNSECMARK TCPOPTSTRIP TTL HL".split(), Effect.CONTINUE),
    # These do what the model has no noun for.
    **dict.fromkeys("SYNPROXY NETMAP CLUSTERIP HMARK SAME MIRROR DNPT SNPT BALANCE IMQ XOR TARPIT DELUDE CHAOS"
                    " RAWDNAT RAWSNAT".split(), Effect.UNKNOWN),
}  # fmt: skip
# Without options these are as exact as with them.
_ALONE = frozenset({Effect.ACCEPT, Effect.DROP, Effect.RETURN})

CT_STATES = frozenset({"NEW", "ESTABLISHED", "RELATED", "INVALID", "UNTRACKED", "SNAT", "DNAT"})
TCP_FLAG_NAMES = ("FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR")
ADDRESS_TYPES = frozenset(
    "UNSPEC UNICAST LOCAL BROADCAST ANYCAST MULTICAST BLACKHOLE UNREACHABLE PROHIBIT THROW NAT XRESOLVE".split()
)


def read_addresses(text: str) -> AddressRange | None:
    """`192.0.2.0/24`, `192.0.2.0/255.255.255.0`, `192.0.2.1-192.0.2.9` or an address; None for a name or odd mask."""
    first, dash, last = text.partition("-")
    if dash:
        low, high = read_ip(first), read_ip(last)
        return None if low is None or high is None or low.version != high.version else AddressRange(low, high)
    address, slash, mask = text.partition("/")
    ip = read_ip(address)
    if ip is None:
        return None
    bits = ip.max_prefixlen
    length = _prefix_length(mask, bits) if slash else bits
    if length is None:
        return None
    hosts = (1 << (bits - length)) - 1
    low = ip_address(int(ip) & ~hosts & ((1 << bits) - 1)) if ip.version == 4 else type(ip)(int(ip) & ~hosts)
    return AddressRange(low, type(ip)(int(low) | hosts))


def _prefix_length(mask: str, bits: int) -> int | None:
    if (length := read_number(mask, most=bits)) is not None:
        return length
    spelled = read_ip(mask)
    if spelled is None or spelled.max_prefixlen != bits:
        return None
    hosts = ~int(spelled) & ((1 << bits) - 1)
    return bits - hosts.bit_length() if hosts & (hosts + 1) == 0 else None


def read_ports(text: str, between: str = ":") -> tuple[Range, ...] | None:
    """`80`, `80,443`, `8000:8080`, `:1023`; None for the name of a service."""
    ports = []
    for part in text.split(","):
        low, colon, high = part.partition(between)
        first = read_number(low or "0", most=65535) if low or colon else None
        last = read_number(high or "65535", most=65535) if colon else first
        if first is None or last is None:
            return None
        ports.append(Range(first, last))
    return tuple(ports)


def read_protocol(text: str) -> int | None:
    return PROTOCOLS.get(text.lower(), read_number(text, most=255))


def read_masked(text: str) -> Masked | None:
    value, slash, mask = text.partition("/")
    number, bits = read_number(value, most=ALL_BITS), read_number(mask, most=ALL_BITS) if slash else ALL_BITS
    return None if number is None or bits is None else Masked(number, bits)


def read_capitals(text: str, words: frozenset[str]) -> tuple[str, ...] | None:
    """`NEW,ESTABLISHED`, each of them one of `words`."""
    parts = tuple(text.split(","))
    return parts if words.issuperset(parts) else None


def mark_change(option: str, text: str) -> MarkChange | None:
    """What MARK's --set-mark, --set-xmark, --and-mark, --or-mark and --xor-mark do (libxt_MARK.c)."""
    change = read_masked(text)
    if change is None or (option not in ("set", "xset") and "/" in text):
        return None
    match option:
        case "set":
            return MarkChange(change.mask | change.value, change.value)
        case "xset":
            return MarkChange(change.mask, change.value)
        case "and":
            return MarkChange(~change.value & ALL_BITS, 0)
        case "or":
            return MarkChange(change.value, change.value)
        case "xor":
            return MarkChange(0, change.value)
    return None


_V6_PLACE = re.compile(r"\[([^\[\]]+)\](?:-\[([^\[\]]+)\])?(?::(\S+))?")


def nat_place(text: str) -> tuple[AddressRange | None, Range | None] | None:
    """The addresses and ports of `192.0.2.1-192.0.2.9:80-90`, `:8080`, `[2001:db8::1]:80`; None if it is no such."""
    if bracketed := _V6_PLACE.fullmatch(text):
        place, port = bracketed[1] + (f"-{bracketed[2]}" if bracketed[2] else ""), bracketed[3] or ""
    elif text.count(":") > 1:
        place, port = text, ""
    else:
        place, _, port = text.partition(":")
    addresses = read_addresses(place) if place else None
    ports = read_ports(port.partition("/")[0], "-") if port else ()
    if (place and addresses is None) or ports is None or len(ports) > 1 or not (place or port):
        return None
    return addresses, ports[0] if ports else None


def unknown(text: str) -> Condition:
    return Condition(Match.UNKNOWN, text=text)


def without_options(name: str, text: str) -> Action | None:
    """The action of a target that has no options here; None for one that needs some."""
    kind = TARGETS.get(name)
    if kind is None:
        return Action(Effect.JUMP, text, chain=name)
    return None if kind in (Effect.MARK, Effect.DNAT, Effect.SNAT, Effect.TPROXY) else Action(kind, text)


def is_exact_alone(kind: Effect) -> bool:
    """Do words behind this target belong to no target?"""
    return kind in _ALONE
