"""Which IPv6 source address the kernel gives a packet of its own (RFC 6724, 5): the first rule that differs decides.

net/ipv6/addrconf.c: ipv6_dev_get_saddr(), ipv6_get_saddr_eval(); net/ipv6/addrlabel.c: ip6addrlbl_init_table[].
"""

from collections.abc import Iterator
from ipaddress import IPv6Address, IPv6Network

from lvsdoctor.kernel.answer import assume_without
from lvsdoctor.model.address import IP, Address
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.node import Node
from lvsdoctor.model.sysctl import conf_key

_LINK_LOCAL, _SITE_LOCAL, _GLOBAL = 2, 5, 14
_LABELS = tuple(
    (IPv6Network(prefix), label)
    for prefix, label in (
        ("::1/128", 0), ("::ffff:0:0/96", 4), ("::/96", 3), ("2001:10::/28", 7), ("2001::/32", 6), ("2002::/16", 2),
        ("fc00::/7", 5), ("::/0", 1),
    )
)  # fmt: skip
_ORCHID = IPv6Network("2001:10::/28")


def select_source6(node: Node, dst: IP, link: str) -> tuple[Address, tuple[Citation, ...]] | None:
    """The address that a packet to `dst` over `link` gets, and why; None where the node has none to give.

    Addresses of all links are candidates, in the order in which `ip -6 addr` shows them: of equals the first wins. A
    label that somebody gave an address (`ip addrlabel`) is taken for absent. Reads addresses, links, and sysctl where
    there is a temporary address.
    """
    if not isinstance(dst, IPv6Address):
        raise ValueError(f"{dst} is not of IPv6")
    candidates = [address for address in node.addresses if address.ip.version == 6 and address.usable]
    if len(candidates) > 1 and any(address.flagless for address in candidates):
        raise NotCollected("addresses", node.name)  # which is deprecated, or not in use yet
    if _scope(dst) == _LINK_LOCAL:
        candidates = [address for address in candidates if address.link == link]
    scored = [(list(_scores(node, address, dst, link)), address) for address in candidates]
    if not scored:
        return None
    best, winner = scored[0]
    for scores, address in scored[1:]:
        if scores > best:
            best, winner = scores, address
    beaten = [(scores, address) for scores, address in scored if address is not winner]
    rivals = [(scores, address) for scores, address in beaten if address.link == link and not _local(address)]
    why = [cite(winner, "the kernel takes {source} for packets to {dst}", source=winner.ip, dst=dst)]
    why += [cite(address, _WHY[_deciding(best, scores)], source=winner.ip) for scores, address in rivals]
    if rivals and not _local(winner):
        why.append(assume_without("", f"{winner.ip} has no address label of its own", "ip addrlabel list", of=node))
    return winner, tuple(why)


# What the winner is preferred for, in the order of the rules.
_WHY = (
    "{source} is the destination itself",
    "{source} has a fitting scope",
    "this address is deprecated",
    "{source} is on the outgoing interface",
    "{source} has the label of the destination",
    "{source} is not temporary",
    "{source} is an ORCHID as the destination is",
    "{source} has more leading bits in common with the destination",
    "this address is optimistic",
    "as good, but {source} is shown first",
)


def _deciding(best: list[int], scores: list[int]) -> int:
    pairs = enumerate(zip(best, scores, strict=True))
    return next((place for place, (winning, losing) in pairs if winning != losing), len(best))


def _scores(node: Node, address: Address, dst: IPv6Address, link: str) -> Iterator[int]:
    """enum ipv6_saddr_rule, without that of mobile hosts."""
    ip = address.ip
    assert isinstance(ip, IPv6Address)
    yield ip == dst
    scope = _scope(ip)
    yield -scope if scope >= _scope(dst) else scope - 128
    yield ip.is_loopback or "deprecated" not in address.flags
    yield address.link == link
    yield _label(ip) == _label(dst)
    yield ("temporary" in address.flags) == _prefers_temporary(node, link, address)
    yield (ip in _ORCHID) == (dst in _ORCHID)
    yield min(128 - (int(ip) ^ int(dst)).bit_length(), address.prefixlen)
    yield "optimistic" not in address.flags


def _local(address: Address) -> bool:
    return address.ip.is_link_local or address.ip.is_loopback


def _scope(ip: IPv6Address) -> int:
    """net/ipv6/addrconf_core.c: __ipv6_addr_type(); ::1 has the scope of a link."""
    if ip.is_multicast:
        return ip.packed[1] & 15
    return _LINK_LOCAL if ip.is_link_local or ip.is_loopback else _SITE_LOCAL if ip.is_site_local else _GLOBAL


def _label(ip: IPv6Address) -> int:
    return next(label for prefix, label in _LABELS if ip in prefix)


def _prefers_temporary(node: Node, link: str, address: Address) -> bool:
    """net.ipv6.conf.LINK.use_tempaddr of 2 or more, which only a temporary address needs to ask for."""
    if not any("temporary" in other.flags for other in node.addresses):
        return False
    key = conf_key(address.link, "use_tempaddr", 6)
    if not node.has("sysctl"):
        raise NotCollected("sysctl", node.name, key, f"sysctl {key}")
    return node.sysctl(key).value >= 2
