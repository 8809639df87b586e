"""The types of ICMPv6 that a condition of a packet filter asks for, by the words of ip6tables and of nft."""

from collections.abc import Iterable

from lvsdoctor.model.packet_filter import Value

# extensions/libxt_icmp.h: icmpv6_codes; nftables: src/proto.c: icmp6_type_tbl.
_TYPES = {
    "destination-unreachable": 1, "packet-too-big": 2, "time-exceeded": 3, "ttl-exceeded": 3, "parameter-problem": 4,
    "echo-request": 128, "ping": 128, "echo-reply": 129, "pong": 129, "mld-listener-query": 130,
    "mld-listener-report": 131, "mld-listener-done": 132, "mld-listener-reduction": 132, "router-solicitation": 133,
    "nd-router-solicit": 133, "router-advertisement": 134, "nd-router-advert": 134, "neighbour-solicitation": 135,
    "neighbor-solicitation": 135, "nd-neighbor-solicit": 135, "neighbour-advertisement": 136,
    "neighbor-advertisement": 136, "nd-neighbor-advert": 136, "redirect": 137, "nd-redirect": 137,
    "router-renumbering": 138, "ind-neighbor-solicit": 141, "ind-neighbor-advert": 142, "mld2-listener-report": 143,
}  # fmt: skip


def among_types(number: int, values: Iterable[Value]) -> bool | None:
    """Is an ICMPv6 type, with code 0, among those that a condition names? None where a word is not known."""
    answers = [_asks_for(number, str(value)) for value in values]
    return True if True in answers else None if None in answers else False


def _asks_for(number: int, text: str) -> bool | None:
    low, dash, high = text.partition("-")
    if dash and low.isdigit() and high.isdigit():
        return int(low) <= number <= int(high)
    kind, _, code = text.replace(" code ", "/").partition("/")
    asked = int(kind) if kind.isdigit() else _TYPES.get(kind)
    if asked is None:
        return None
    return asked == number and code in ("", "0")
