"""Does the neighbour cache of a director lead to the real server that the other hosts show?

A frame for a neighbour goes to the MAC of its entry. Without an answer it is dropped (net/core/neighbour.c:
neigh_resolve_output()), and what stands there for good is never asked for again.
"""

from dataclasses import dataclass

from lvsdoctor.kernel.routing import route_lookup
from lvsdoctor.model.address import IP, Address
from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.neighbour import Neighbour
from lvsdoctor.model.node import Node

_UNRESOLVED = ("FAILED", "INCOMPLETE")


@dataclass(frozen=True, slots=True)
class Stray:
    """Why packets for a RIP do not get to the real server: it does not answer (`entry`, without a MAC), the entry that
    stands for good has another MAC, or `twice`, two hosts have the address."""

    why: str
    because: tuple[Citation, ...]
    entry: Neighbour | None = None
    twice: bool = False

    @property
    def of_a_moment(self) -> bool:
        """An entry without an answer: the real server may have been started since."""
        return self.entry is not None and not self.entry.mac


def stray(director: Node, rip: IP) -> Stray | None:
    """Only of a RIP that the director has for a neighbour. Reads what route_lookup() reads, neighbours where collected,
    and the addresses and links of the others."""
    way = route_lookup(director, rip)
    if not way.onlink or way.route is None:
        return None
    holders = [(peer, own) for peer in director.peers_holding(rip) for own in peer.holding(rip) if _on_wire(peer, own)]
    entries = director.neighbours if director.has("neighbours") else ()
    mine = [entry for entry in entries if entry.ip == rip and entry.link in way.links and "proxy" not in entry.flags]
    for entry in mine:
        if entry.state in _UNRESOLVED and not any(other.mac for other in mine):
            note = "the real server does not answer" if rip.version == 6 else "no ARP answer from the real server"
            return Stray(f"its neighbour entry is {entry.state}", (*way.because, cite(entry, note)), entry)
        for peer, own in holders if entry.state == "PERMANENT" else ():
            macs = {link.mac for link in peer.links} if peer.has("links") else set()
            if macs and entry.mac not in macs:
                lines = (cite(entry, "this entry is never renewed"), cite(own, "{peer} has it", peer=peer.name))
                return Stray(f"its permanent neighbour entry has {entry.mac}, not a MAC of {peer.name}", lines, entry)
    subnets = [own for own in director.addresses if rip in own.network and not own.host_only]
    beside = {peer.name: own for peer, own in holders if any(own.network == mine.network for mine in subnets)}
    if len(beside) > 1:
        (first, one), (second, other) = list(beside.items())[:2]
        return Stray(f"{first} and {second} both have that address", (cite(one), cite(other)), twice=True)
    return None


def _on_wire(node: Node, address: Address) -> bool:
    if not node.has("links"):
        return address.link != "lo"
    return any(link.name == address.link for link in node.links_hearing_arp)
