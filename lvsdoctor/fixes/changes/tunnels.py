"""Modules that bring a link with them."""

from collections.abc import Mapping
from types import MappingProxyType

# Module, then the name of its link, its kind (`ip -d link`), and how `ip link` calls its addresses (link/ipip).
# net/ipv4/ipip.c: ipip_init_net(), net/ipv4/ip_gre.c: ipgre_init_net(), and so on.
TUNNEL_LINKS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "ipip": ("tunl0", "ipip", "ipip"),
        "ip_gre": ("gre0", "gre", "gre"),
        "sit": ("sit0", "sit", "sit"),
        "ip6_tunnel": ("ip6tnl0", "ip6tnl", "tunnel6"),
    }
)
