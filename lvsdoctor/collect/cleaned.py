"""A report that `sos clean` went through: its addresses and names are others, and so are masks of /32.

sos/cleaner/mappings: MACs become 53:4f:53:..., IPv6 addresses 534f:..., and the networks of IPv4 100.0.0.0 and on, with
their prefixes. An address with /32 gets the prefix of a network that it lies in (ip_map.py:
set_ip_cidr_from_existing_subnet), or none at all. Routes keep theirs, and the kernel makes a route of each prefix.
"""

from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Network
from typing import Any

from lvsdoctor.model.address import Address
from lvsdoctor.model.coverage import Coverage, Partial
from lvsdoctor.model.route import Route

_MAC = "53:4f:53:"
_IPV6 = IPv6Network("534f::/16")
NOTE = (
    "sos clean replaced names and addresses in this report, and masks of /32 with them: "
    "masks are judged by the routes, not by the addresses"
)


def is_cleaned(evidence: Mapping[str, Any]) -> bool:
    """Does a MAC or an IPv6 address of the host come from sos clean?"""
    if any((link.mac or "").startswith(_MAC) for link in evidence.get("links", ())):
        return True
    return any(row.ip.version == 6 and row.ip in _IPV6 for row in evidence.get("addresses", ()))


def judge_masks(evidence: MutableMapping[str, Any], coverage: MutableMapping[str, Coverage]) -> None:
    """Give the addresses the masks that the routes show. Where no route tells a mask the address counts as one of /32,
    and the addresses are not seen whole: what depends on their masks is not checked."""
    addresses: tuple[Address, ...] = tuple(evidence.get("addresses", ()))
    first: dict[tuple[str, int], Address] = {}
    for address in addresses:
        first.setdefault((address.link, address.ip.version), address)
    judged, unknown = [], None
    for address in addresses:
        prefixlen = _prefixlen(address, evidence)
        if prefixlen is None:
            main = first[address.link, 4] is address and address.link != "lo"
            prefixlen = address.prefixlen if main else address.ip.max_prefixlen
            unknown = unknown or address.seen
        judged.append(address if prefixlen == address.prefixlen else replace(address, prefixlen=prefixlen))
    evidence["addresses"] = tuple(judged)
    known = coverage.get("addresses", Coverage())
    if unknown and known.partial is None:
        reason = "sos clean changed masks in it, and no route tells them"
        coverage["addresses"] = replace(known, partial=Partial(reason, unknown))


def _prefixlen(address: Address, evidence: Mapping[str, Any]) -> int | None:
    """The mask by the route that the kernel makes of it; None where the routes that would tell were not shown.

    net/ipv4/fib_frontend.c, fib_add_ifaddr(): on lo it is one of type local, elsewhere a connected one.
    """
    if not isinstance(address.ip, IPv4Address) or address.ip.is_loopback or address.peer is not None:
        return address.prefixlen
    kind, fact = ("local", "local-routes") if address.link == "lo" else ("unicast", "routes")
    if fact not in evidence:
        return None
    rows: Iterable[Route] = evidence[fact]
    fitting = [
        route.dst.prefixlen
        for route in rows
        if route.type == kind and address.link in route.links and not route.gateways and address.ip in route.dst
    ]
    prefixlens = [prefixlen for prefixlen in fitting if 0 < prefixlen < address.ip.max_prefixlen]
    if prefixlens:
        return address.prefixlen if address.prefixlen in prefixlens else max(prefixlens)
    return None if "noprefixroute" in address.flags else address.ip.max_prefixlen
