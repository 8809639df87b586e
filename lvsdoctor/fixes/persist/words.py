"""Words that the systems share about routes and links."""

import re

from lvsdoctor.model.route import Route
from lvsdoctor.sanitize import command

# Links that a tunnel's module brings along (net/ipv4/ipip.c, ip_gre.c, sit.c; net/ipv6/ip6_tunnel.c): the distribution
# configures none of them, so a file of ours is in nobody's way.
_FALLBACK = re.compile(r"(tunl|gre|sit|ip6tnl)0", re.ASCII)


def is_fallback(link: str) -> bool:
    return _FALLBACK.fullmatch(link) is not None


def link_of(route: Route) -> str:
    """The link that the route goes over; LINK where its command leaves that to the kernel."""
    return next(iter(route.links), "LINK")


def first_hop(route: Route) -> str:
    """The gateway's address, "" for a route without one."""
    return next((str(gateway) for gateway in route.gateways), "")


def destination(route: Route) -> str:
    return str(route.dst) if route.dst.prefixlen else "default"


def as_ip_command(route: Route) -> str:
    """What `ip route replace` is told."""
    words = [destination(route), *(["via", first_hop(route)] if first_hop(route) else []), "dev", link_of(route)]
    return command(*words, *(["table", route.table] if route.table != "main" else []))
