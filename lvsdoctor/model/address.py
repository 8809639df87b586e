"""Addresses and the words around them."""

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

from lvsdoctor.model.seen import Seen

IP = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

LOOPBACK_NETWORK = IPv4Network("127.0.0.0/8")


@dataclass(frozen=True, slots=True)
class InventoryAddress:
    """The address at which an inventory of Ansible says that this host is: not its prefix, nor its link."""

    ip: IP
    seen: Seen


@dataclass(frozen=True, slots=True)
class Address:
    """One address configured on a link (`ip addr`, RTM_NEWADDR), in the order the kernel keeps them.

    `scope` is the kernel's word (global, site, link, host), "" where the dump does not tell (ifconfig); `flags` hold
    the words of iproute2 (secondary, noprefixroute, tentative, dadfailed, deprecated, dynamic, nodad, ...). `peer` is
    the far end's prefix of a point-to-point address.
    """

    ip: IP
    prefixlen: int
    link: str
    seen: Seen
    scope: str = "global"
    label: str = ""
    flags: frozenset[str] = frozenset()
    peer: Network | None = None
    broadcast: IP | None = None

    @property
    def network(self) -> Network:
        """The prefix that this address puts on its link (the peer's, for a point-to-point address)."""
        return self.peer if self.peer is not None else _prefix(self.ip, self.prefixlen)

    @property
    def secondary(self) -> bool:
        return "secondary" in self.flags

    @property
    def flagless(self) -> bool:
        """Does the dump show neither its scope nor its flags (ifconfig, ip -br)?"""
        return not self.scope

    @property
    def usable(self) -> bool:
        """Not while it is checked for duplicates, nor when it is one (RFC 4862, 5.4; only IPv6 checks)."""
        return not self.flags & {"tentative", "dadfailed"}

    @property
    def host_only(self) -> bool:
        """Is the prefix a single host's (/32, /128)?"""
        return self.prefixlen == self.ip.max_prefixlen

    def __str__(self) -> str:
        return f"{self.ip}/{self.prefixlen}"


@lru_cache(maxsize=65536)
def _prefix(ip: IP, prefixlen: int) -> Network:
    # Asked for again and again, and slow to make.
    return ip_network((ip, prefixlen), strict=False)
