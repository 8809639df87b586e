"""The inet lines of `ip addr`: one address, its prefix, its flags and its label."""

from lvsdoctor.model.address import IP, Address, Network
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.words import read_ip, read_link_name, read_network, read_number, split_options, word_set

# `flags` is followed by the flags that this iproute2 had no word for, in hex.
_ADDRESS_OPTIONS = frozenset({"peer", "brd", "any", "metric", "scope", "proto", "flags"})
# An IPv4 line ends with the label; these can stand there instead where it was cut off or edited away.
_ADDRESS_FLAGS = word_set(
    "autojoin dadfailed deprecated dynamic home managetempaddr mngtmpaddr nodad noprefixroute optimistic permanent"
    " secondary stable-privacy temporary tentative"
)
FAMILY = {"inet": 4, "inet6": 6}


def prefix_of(ip: IP, length: str, peer: str) -> tuple[int, Network | None] | None:
    """Prefix length and peer of an address; the length of a point-to-point address is written behind its peer."""
    if peer:
        network = read_network(peer)
        return None if network is None or network.version != ip.version else (network.prefixlen, network)
    prefixlen = read_number(length, most=ip.max_prefixlen) if length else ip.max_prefixlen
    return None if prefixlen is None else (prefixlen, None)


def read_address(words: list[str], link: str, seen: Seen) -> Address | None:
    """`inet 192.0.2.10/24 brd 192.0.2.255 scope global secondary eth0:5`, standing under `link` ("": under none)."""
    local, slash, length = words[1].partition("/")
    options, flags = split_options(words[2:], _ADDRESS_OPTIONS)
    ip = read_ip(local)
    if ip is None or ip.version != FAMILY[words[0]] or (slash and not length):
        return None
    prefix = prefix_of(ip, length, options.get("peer", ""))
    label = flags.pop() if flags and ip.version == 4 and flags[-1] not in _ADDRESS_FLAGS else ""
    # Without its header (`ip addr | grep inet`), the label is all there is to tell the link by.
    link = link or label.partition(":")[0]
    if prefix is None or read_link_name(link) is None:
        return None
    return Address(
        ip=ip,
        prefixlen=prefix[0],
        link=link,
        seen=seen,
        scope=options.get("scope") or "global",
        label=label,
        flags=frozenset(flags),
        peer=prefix[1],
        broadcast=read_ip(options.get("brd", "")),
    )
