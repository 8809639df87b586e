"""Holds route lookups against `ip route get`, and the routes that addresses make against those that the kernel made."""

import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv4Address

from lvsdoctor.kernel.routing import Lookup, is_local, route_lookup
from lvsdoctor.kernel.source_address import own_source
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.node import Node
from tests.kernel.claim import DESTINATIONS, SOURCES, Claim
from tests.kernel.setups import Setup
from tests.kernel.wire import Wire

ASKED = (*dict.fromkeys(DESTINATIONS + SOURCES), IPv4Address("198.51.100.255"), IPv4Address("8.8.8.8"))
# What makes routes by hand, or has them looked for elsewhere: then the addresses alone do not tell.
BY_HAND = ("route add", "rule add", "rule del", "set lo down")
NOBODY = "0.0.0.0"


@dataclass(frozen=True, order=True)
class ShownRoute:
    """A route as `ip route get` shows it. All that is local is shown as if by lo, whichever link has the address."""

    type: str
    link: str = ""
    gateway: str | None = None


def route_claims(setup: Setup, on: Wire, node: Node) -> Iterator[Claim]:
    for ip, shown in route_get(on).items():
        done = f"ip route get {ip}"
        ways, way = routes_of(lookup := route_lookup(node, ip)), shown_route(shown)
        says = f"{lookup.type}, by {', '.join(lookup.links) or 'nothing'}"
        first = frozenset(ways[:1])
        happened = frozenset({way} if way else ())
        yield Claim("route_lookup", "", done, says, lookup.type, first, ip, frozenset(ways), happened)
        if shown and way and way.type == "unicast":
            source = own_source(node, ip)
            speaks, spoke = frozenset({str(source.ip or NOBODY)}), frozenset({shown.get("src", NOBODY)})
            yield Claim("own_source", "", done, f"from {source.ip}", source.reason, speaks, ip, happened=spoke)
        if not any(words in setup.ip for words in BY_HAND):
            derived, made = outcome(addresses_alone(node), ip), outcome(node, ip)
            says = f"the addresses make it {derived}"
            yield Claim("derived", "", done, says, "", frozenset({derived}), ip, happened=frozenset({made}))


def route_get(on: Wire) -> dict[IPv4Address, Mapping[str, str]]:
    """What `ip route get` shows for each of ASKED, word by word; nothing where there is no route."""
    command = ("ip", "-n", on.here, "-force", "-oneline", "-batch", "-")
    lines = "\n".join(f"route get {ip}" for ip in ASKED)
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=False)
    shown: dict[IPv4Address, Mapping[str, str]] = {ip: {} for ip in ASKED}
    for line in done.stdout.splitlines():
        words = line.split()
        kind = "unicast" if words[0][0].isdigit() else words.pop(0)
        shown[IPv4Address(words[0])] = {"type": kind, **dict(zip(words[1::2], words[2::2], strict=False))}
    return shown


def shown_route(shown: Mapping[str, str]) -> ShownRoute | None:
    if not shown or shown["type"] == "local":
        return ShownRoute("local") if shown else None
    return ShownRoute(shown["type"], shown["dev"], shown.get("via"))


def routes_of(lookup: Lookup) -> list[ShownRoute]:
    """Every next hop of the route, for of several the kernel takes one by a hash."""
    if lookup.route is None or lookup.type in ("unreachable", "local"):
        return [ShownRoute("local")] if lookup.type == "local" else []
    return [
        ShownRoute(lookup.type, hop.link or "", str(hop.gateway) if hop.gateway else None)
        for hop in lookup.route.nexthops
    ]


def addresses_alone(node: Node) -> Node:
    facts = {fact: rows for fact, rows in node.evidence.items() if fact not in ("routes", "local-routes")}
    return replace(node, evidence=facts)


def outcome(node: Node, ip: IPv4Address) -> tuple[str, tuple[str, ...], bool]:
    """Type and link of the route, and whether `ip` is local. The link of a broadcast is that of whoever came first."""
    try:
        found = route_lookup(node, ip)
    except NotCollected:
        found = Lookup(None)
    return found.type, () if found.type == "broadcast" else found.links, is_local(node, ip) is not None
