"""Are two dumps of one host? The MACs of its links tell, and where none are shown the addresses on them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from lvsdoctor.model.address import Address
from lvsdoctor.model.link import VRRP_MACS, Link
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.paste.patterns import pattern
from lvsdoctor.parse.reader import Dump

# Links that programs make and make anew, or give the same MAC and address on every host.
_MADE = pattern(
    r"(?:lo|docker|veth|virbr|br-|cni|cali|flannel|cilium|lxc|tun|tap|dummy|kube-|nodelocaldns|vnet|ifb|vrrp|macv|ipv|"
    r"weave|gre|sit|ip6|erspan|vxlan|teql|bonding_masters|podman|nm-|mac0)"
)


class Relation(Enum):
    """What two pieces of evidence are to each other."""

    SAME = "one host's"
    OTHER = "two hosts'"
    UNKNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Identity:
    """What no other host has: the MAC of each link, and the first address, each with its line.

    `whole`: lo is among the links and another is, so no link is missing.
    """

    macs: Mapping[str, tuple[str, Seen]] = field(default_factory=dict)
    addresses: Mapping[str, tuple[str, Seen]] = field(default_factory=dict)
    whole: bool = False

    def __bool__(self) -> bool:
        return bool(self.macs or self.addresses)


@dataclass(frozen=True, slots=True)
class Related:
    """A relation, and the two lines that show it: of `link`, about its `what` (MAC, address), which has `values`."""

    relation: Relation
    link: str = ""
    what: str = ""
    first: Seen | None = None
    second: Seen | None = None
    values: tuple[str, str] = ("", "")


UNRELATED = Related(Relation.UNKNOWN)


def identity(dumps: Iterable[Dump]) -> Identity:
    """What of these dumps tells the host from others; of a link shown twice the first."""
    macs: dict[str, tuple[str, Seen]] = {}
    addresses: dict[str, tuple[str, Seen]] = {}
    whole = False
    for dump in dumps:
        whole |= dump.partial is None and shows_all_links(dump.facts)
        for link in dump.facts.get("links", ()):
            if _tells(link):
                macs.setdefault(link.name, (link.own_mac, link.seen))
        for address in dump.facts.get("addresses", ()):
            if _is_own(address):
                addresses.setdefault(address.link, (str(address.ip), address.seen))
    return Identity(macs, addresses, whole)


def shows_all_links(facts: Mapping[str, Any]) -> bool:
    """Every host has lo and another link: a dump that shows only either is a part of the answer."""
    links = facts.get("links", ())
    return any(link.loopback for link in links) and not all(link.loopback for link in links)


def related(first: Identity, second: Identity) -> Related:
    """What the one is to the other. MACs decide; addresses are asked where either shows no MAC."""
    if first.macs and second.macs:
        return _compared("MAC", first.macs, second.macs, first.whole and second.whole)
    return _compared("address", first.addresses, second.addresses, first.whole and second.whole)


def _compared(
    what: str, first: Mapping[str, tuple[str, Seen]], second: Mapping[str, tuple[str, Seen]], whole: bool
) -> Related:
    same = [link for link, (value, _) in first.items() if link in second and second[link][0] == value]
    other = [link for link, (value, _) in first.items() if link in second and second[link][0] != value]
    if same and len(same) >= len(other):
        return Related(Relation.SAME, same[0], what, first[same[0]][1], second[same[0]][1])
    if other:
        return _two_hosts(what, (other[0], *first[other[0]]), second[other[0]])
    if whole and first and second and not {value for value, _ in first.values()} & {v for v, _ in second.values()}:
        mine, theirs = next(iter(first)), next(iter(second))
        return _two_hosts(what, (mine, *first[mine]), second[theirs])
    return UNRELATED


def _two_hosts(what: str, first: tuple[str, str, Seen], second: tuple[str, Seen]) -> Related:
    link, value, seen = first
    return Related(Relation.OTHER, link, what, seen, second[1], (value, second[0]))


def _tells(link: Link) -> bool:
    if not link.own_mac or link.loopback or link.own_mac.lower().startswith(VRRP_MACS) or _MADE.match(link.name):
        return False
    return link.kind in (None, "", "bond", "team", "vlan", "bridge")


def _is_own(address: Address) -> bool:
    """A VIP is another host's next; the first address of a network link is not."""
    return not (address.ip.is_loopback or address.ip.is_link_local or address.host_only or _MADE.match(address.link))
