"""Which sender would this node's own ARP request carry?

net/ipv4/arp.c: arp_solicit(); net/ipv4/devinet.c: inet_addr_onlink(), inet_select_addr(), in_dev_select_addr().
"""

from dataclasses import dataclass

from lvsdoctor.kernel.arp import NOBODY
from lvsdoctor.kernel.arp_filter import REQUEST, arp_filtered
from lvsdoctor.kernel.effective_sysctl import Effective, effective
from lvsdoctor.kernel.routing import is_local
from lvsdoctor.kernel.scope import LINK, SCOPES, scope_of
from lvsdoctor.model.address import IP, Address
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.link import Link
from lvsdoctor.model.node import Node


@dataclass(frozen=True, slots=True)
class Sender:
    """The address that an ARP request names as its sender, and why. `ip` is None where no request is sent, and 0.0.0.0
    where the node has no address to send one from."""

    ip: IP | None
    because: tuple[Citation, ...] = ()
    reason: str = ""


def arp_sender(node: Node, link: Link, *, asking_for: IP, packet_source: IP | None) -> Sender:
    """Which sender does this node's own request "who has `asking_for`" carry when a packet waits for the answer?

    `packet_source` is that packet's source address; None for a re-probe, where no packet waits. The arptables OUTPUT
    chain has the last word. Reads sysctl, addresses, links, local-routes, arptables.
    """
    if not link.arp:
        return Sender(None, (cite(link),), "no ARP on this interface")
    # A source that is not this node's own is never kept, whatever the level: then arp_announce is not asked for.
    local = _type_local(node, packet_source) if packet_source is not None and packet_source.version == 4 else None
    level = effective(node, "arp_announce", link.name) if local is not None else None
    kept = _packet_source_kept(node, link, level, asking_for, packet_source, local)
    because = level.because if level is not None else ()
    if kept is not None:
        chosen = kept
    elif picked := select_source(node, link, asking_for):
        chosen = Sender(
            picked.ip, (*because, cite(picked, "the kernel picks this address on {link}", link=link.name)), "selected"
        )
    else:
        chosen = Sender(NOBODY, because, "no address to use as sender")
    out = arp_filtered(node, "OUTPUT", sender=chosen.ip or NOBODY, target=asking_for, operation=REQUEST, link=link.name)
    if out.dropped:
        return Sender(None, out.because, "arptables drops the request")
    return Sender(out.sender, (*chosen.because, *out.because), chosen.reason)


def _packet_source_kept(
    node: Node, link: Link, level: Effective | None, asking_for: IP, packet_source: IP | None, local: Citation | None
) -> Sender | None:
    """arp_solicit(): the waiting packet's own source, if it is local and arp_announce lets it stand.

    0 does, 1 where a subnet of the link holds target and source both, 2 never; any other level is taken for 0.
    """
    if packet_source is None or local is None or level is None or level.value == 2:
        return None
    if level.value != 1:
        return Sender(packet_source, (*level.because, local), "the packet's own source")
    shared = _shared_subnet(node, link, asking_for, packet_source)
    if shared is None:
        return None
    both = cite(shared, "holds {target} and {source} both, so level 1 keeps the source",
                target=asking_for, source=packet_source)  # fmt: skip
    return Sender(packet_source, (*level.because, local, both), "the packet's own source, of the target's subnet")


def select_source(node: Node, link: Link, towards: IP) -> Address | None:
    """The address that speaks for `link` towards a neighbour (net/ipv4/devinet.c: inet_select_addr(), scope link).

    The first primary address whose prefix holds the neighbour, else the first primary one, else - on a link without
    any - the first global one of all links in order of their index, lo first: there the VIP on lo speaks.
    """
    if "dhcp" in link.detail and (absent := node.unseen("addresses")) is not None:
        raise absent  # the lease may come before the addresses that were seen
    eligible = [a for a in _primaries(node, link.name) if scope_of(node, a) <= LINK]
    for address in eligible:
        if towards in address.network:
            return address
    if eligible:
        return eligible[0]
    in_order = sorted(node.links, key=lambda other: (other.index is None, other.index or 0))
    for other in in_order:
        for address in _primaries(node, other.name):
            if not address.scope:
                raise node.unseen("addresses") or NotCollected("addresses", node.name)
            if SCOPES.get(address.scope, 0) < LINK:
                return address
    return None


def _primaries(node: Node, link: str) -> list[Address]:
    return [a for a in node.addresses_on(link) if a.ip.version == 4 and not a.secondary]


def _type_local(node: Node, ip: IP) -> Citation | None:
    found = is_local(node, ip)
    return found.because[0] if found else None


def _shared_subnet(node: Node, link: Link, ip: IP, other: IP) -> Address | None:
    """inet_addr_onlink(): the address of `link` whose prefix holds both."""
    return next((a for a in node.addresses_on(link.name) if ip in a.network and other in a.network), None)
