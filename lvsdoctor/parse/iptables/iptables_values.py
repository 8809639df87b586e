"""The values of a condition: what the word behind an option of a rule spells."""

from collections.abc import Iterator

from lvsdoctor.model.packet_filter import Condition, Match, Value
from lvsdoctor.parse.iptables.iptables_words import (
    ADDRESS_TYPES,
    CT_STATES,
    read_addresses,
    read_capitals,
    read_masked,
    read_ports,
    read_protocol,
    unknown,
)
from lvsdoctor.parse.words import read_link_name, read_mac, read_number

_ADDRESSES = frozenset({Match.SOURCE, Match.DESTINATION, Match.CT_ORIGINAL_DESTINATION, Match.IPVS_VIP})
_PORT_MATCHES = frozenset(
    {Match.SOURCE_PORT, Match.DESTINATION_PORT, Match.PORT, Match.CT_ORIGINAL_PORT, Match.IPVS_PORT}
)
# Modules that count connections or packets, and from which number on an ordinary client is below.
LIMITS = frozenset({"connlimit", "hashlimit"})
_ORDINARY = 10
_PER_SECOND = {"s": 1, "sec": 1, "second": 1, "m": 60, "min": 60, "minute": 60}


def value_of(match: Match, text: str) -> tuple[Value, ...] | None:
    """The values of a condition from the word that spells them, as _values() has it."""
    if match in _ADDRESSES:
        ranges = [read_addresses(part) for part in text.split(",")]
        known = tuple(part for part in ranges if part is not None)
        if len(known) < len(ranges):
            return None
        everything = any(int(part.low) == 0 and int(part.high) + 1 == 1 << part.low.max_prefixlen for part in known)
        return () if everything else known
    if match in _PORT_MATCHES:
        return read_ports(text)
    if match in (Match.IN_LINK, Match.OUT_LINK):
        return _link(text)
    if match is Match.PROTOCOL:
        protocol = 0 if text == "all" else read_protocol(text)
        return None if protocol is None else () if protocol == 0 else (protocol,)
    if match in (Match.MARK, Match.CT_MARK):
        masked = read_masked(text)
        return None if masked is None else (masked,)
    if match is Match.CT_STATE:
        return read_capitals(text, CT_STATES)
    if match is Match.LENGTH:
        return read_ports(text)
    if match is Match.SOURCE_MAC:
        mac = read_mac(text)
        return None if mac is None else (mac,)
    if match in (Match.SOURCE_TYPE, Match.DESTINATION_TYPE):
        return read_capitals(text, ADDRESS_TYPES)
    return (text,)


def _link(text: str) -> tuple[Value, ...] | None:
    if text in ("*", "any", "+"):
        return ()
    if text.endswith("+"):
        return (f"{text[:-1]}*",) if read_link_name(text) is not None and "*" not in text else None
    return (text,) if read_link_name(text) is not None and not text.endswith("*") else None


def over_limit(module: str, name: str, value: str, text: str) -> Iterator[Condition]:
    """`--connlimit-above 200`, `--hashlimit-above 1000/sec`; how they count does not matter far below the limit."""
    verb = name.removeprefix(f"--{module}-")
    if verb not in ("above", "upto"):
        return
    number, _, unit = value.partition("/")
    count = read_number(number)
    per = _PER_SECOND.get(unit, 0) if module == "hashlimit" else 1
    if count is None or not per or count < _ORDINARY * per:
        yield unknown(text)
    else:
        yield Condition(Match.OVER_LIMIT, (), verb == "upto", text)
