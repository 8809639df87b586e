"""Other addresses for addresses: two that share their first n bits share them still, and nothing else stays.

A keyed permutation of the tree of all addresses, as in Crypto-PAn: at each node one bit of a keyed hash of the prefix
says whether its two halves change places. Some nodes never do, so that what an address is stays what it is: on the way
to special networks, and along the zeros and ones that end the network and broadcast addresses of a known network.
"""

from collections.abc import Iterable
from functools import cache
from hashlib import blake2b
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

from lvsdoctor.model.address import IP, Network

# Addresses in these stay: no host of the Internet or of a site is called by them.
_STAY = tuple(
    map(ip_network, ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", "::/64", "ff00::/8", "fe80::/64"))
)
# Addresses in these become others in the same.
_WITHIN = tuple(
    map(
        ip_network,
        ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "2000::/3", "fc00::/7", "fe80::/10",
         "64:ff9b::/96"),
    )
)  # fmt: skip
_MAPPED = ip_network("::ffff:0:0/96")
# Where the hosts of a network begin, if nothing tells otherwise: .0 and .255 stay the first and the last.
_HOSTS = {4: 24, 6: 64}
_LINK_LOCAL = ip_network("fe80::/64")
_SOLICITED = ip_network("ff02::1:ff00:0/104")
_KEPT_MACS = ("00:00:5e:00:01:", "00:00:5e:00:02:", "01:00:5e:", "33:33:", "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00")


class Permutation:
    """One for a key and the networks that are known. The same key gives the same, but for addresses in networks of IPv4
    that are no /24 and of IPv6 that are no /64: their first and last addresses have to be known."""

    def __init__(self, key: bytes, networks: Iterable[Network] = ()) -> None:
        self._key = blake2b(key).digest()
        self._still: dict[int, set[tuple[int, int]]] = {4: set(), 6: set()}
        for network in (*_STAY, *_WITHIN):
            self._keep(network.version, int(network.network_address), 0, network.prefixlen)
        for network in networks:
            bits = network.max_prefixlen
            self._keep(network.version, int(network.network_address), network.prefixlen, bits)
            if network.version == 4:
                self._keep(4, int(network.broadcast_address), network.prefixlen, bits)
        self.ip = cache(self._ip)
        self.mac = cache(self._mac)

    def _keep(self, version: int, address: int, first: int, end: int) -> None:
        bits = 32 if version == 4 else 128
        self._still[version] |= {(depth, address >> (bits - depth)) for depth in range(first, end)}

    def _ip(self, ip: IP) -> IP:
        if isinstance(ip, IPv6Address):
            return self._ip6(ip)
        if any(ip in network for network in _STAY if isinstance(network, IPv4Network)):
            return ip
        return IPv4Address(self._permuted(4, int(ip), 32, 0))

    def _ip6(self, ip: IPv6Address) -> IPv6Address:
        if (inner := ip.ipv4_mapped) is not None:
            return IPv6Address(int(_MAPPED.network_address) + int(self._ip(inner)))
        if ip in _LINK_LOCAL:
            return IPv6Address(self._permuted(6, int(ip), 128, 64))
        if ip in _SOLICITED:
            return IPv6Address(self._permuted(6, int(ip), 128, 104))
        if any(ip in network for network in _STAY if isinstance(network, IPv6Network)):
            return ip
        return IPv6Address(self._permuted(6, int(ip), 128, 0))

    def _permuted(self, version: int, value: int, bits: int, first: int) -> int:
        result = value
        for depth in range(first, bits):
            prefix = value >> (bits - depth)
            if not self._is_still(version, depth, prefix) and self._bit(f"{version}/{depth}/{prefix:x}"):
                result ^= 1 << (bits - 1 - depth)
        return result

    def _is_still(self, version: int, depth: int, prefix: int) -> bool:
        """Do the halves below this prefix stay in their places?"""
        if depth >= (hosts := _HOSTS[version]):
            whole = (1 << (depth - hosts)) - 1
            run = prefix & whole
            if run == 0 or (version == 4 and run == whole):
                return True
        return (depth, prefix) in self._still[version]

    def _mac(self, mac: str) -> str:
        """The maker's half stays, and what the whole stands for: a virtual router, a group, all, none."""
        lower = mac.lower()
        if lower.startswith(_KEPT_MACS) or int(lower[:2], 16) & 1:
            return mac
        value = int(lower[9:17].replace(":", ""), 16)
        maker, result = lower[:8], value
        for depth in range(24):
            if self._bit(f"mac/{maker}/{depth}/{value >> (24 - depth):x}"):
                result ^= 1 << (23 - depth)
        shown = f"{result:06x}"
        return f"{mac[:8]}:{shown[:2]}:{shown[2:4]}:{shown[4:]}"

    def number(self, text: str, below: int) -> int:
        """A number for a text, the same for the same."""
        return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), key=self._key).digest()[:8]) % below

    def _bit(self, text: str) -> int:
        return blake2b(text.encode(), key=self._key, digest_size=1).digest()[0] & 1
