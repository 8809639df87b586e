"""Who answered the probes of a node: which MACs are one host, and what it is called.

The wire itself says this, whatever anybody's settings are; the dumps only name who spoke.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from lvsdoctor.analysis.arp.owners import arp_owners, hearing_too
from lvsdoctor.analysis.directors import directors_of, directs, ipvs_table
from lvsdoctor.analysis.kube.addresses import KUBE_LINK
from lvsdoctor.kernel.answer import assume
from lvsdoctor.kernel.arp import arp_reply
from lvsdoctor.kernel.routing import is_local
from lvsdoctor.model.address import IP, Address
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.ipvs import Destination, VirtualService
from lvsdoctor.model.link import VRRP_MACS
from lvsdoctor.model.node import Node
from lvsdoctor.model.probe import Probe, Reply


@dataclass(frozen=True, slots=True)
class ArpResponder:
    """A host that answered, by one MAC or, if it is known to have several links there, by more.

    `peer` is the node of the scan that it is, `rip` the address of a real server under which alone its MAC is known,
    `because` the lines that tell either.
    """

    replies: tuple[Reply, ...]
    peer: Node | None = None
    rip: IP | None = None
    because: tuple[Citation, ...] = ()

    @property
    def mac(self) -> str:
        """The one that answered first."""
        return self.replies[0].mac

    @property
    def virtual(self) -> bool:
        return self.mac.startswith(VRRP_MACS)

    @property
    def name(self) -> str:
        """The best that is known."""
        return self.peer.name if self.peer else str(self.rip) if self.rip else self.mac


@dataclass(frozen=True, slots=True)
class ArpTarget:
    """All that was heard about one address on one link ("" if nothing tells which). `own`: what makes this node answer
    there as well, which it cannot hear."""

    ip: IP
    link: str
    probes: tuple[Probe, ...]
    responders: tuple[ArpResponder, ...]
    own: tuple[Address, ...]


def arp_responders(node: Node) -> Iterator[ArpTarget]:
    """What the node's probes heard, address by address and link by link.

    Reads probes, links, addresses and, where collected, ipvs, neighbours, and what arp_owners() reads.
    """
    own, known = {link.mac for link in node.links}, _addresses_of_macs(node)
    asked: dict[tuple[IP, str], list[Probe]] = {}
    for probe in node.probes:
        asked.setdefault((probe.target, probe.link or _link_towards(node, probe.target)), []).append(probe)
    for (target, link), probes in asked.items():
        if not node.has("ipvs") and not directors_of(node, target):
            node.assuming(NotCollected("ipvs", node.name))  # whose VIP it is, a director's table would tell
        replies: dict[str, Reply] = {}
        for reply in (reply for probe in probes for reply in probe.replies if reply.mac not in own):
            replies.setdefault(reply.mac, reply)
        named = [_named(node, target, reply, known.get(reply.mac, {})) for reply in replies.values()]
        yield ArpTarget(target, link, tuple(probes), tuple(_hosts(named)), _own(node, target, link))


def services_of(node: Node, vip: IP) -> tuple[VirtualService, ...]:
    """The virtual services of an address that this node and the others of the scan have, those by a mark too."""
    return tuple(
        service
        for host in directors_of(node, vip)
        for service in ipvs_table(host)
        if service.serves(vip) or (service.fwmark is not None and not service.marked)
    )


def explained_by_dumps(node: Node, responder: ArpResponder, target: IP) -> bool:
    """Do the answering host's own dumps say that it answers, so that what is wrong with it is told there?

    Of a real server, of a proxy and of a director: other hosts are asked no such question by any rule.
    """
    peer = responder.peer
    if peer is None or not peer.has("addresses") or not peer.has("links"):
        return False
    if target.version == 6:
        return directs(peer, target) and any(_own(peer, target, link.name) for link in peer.links)
    if directs(peer, target):
        return any(arp_owners(peer, target))
    judged = listed_as(node, responder, target) is not None or is_local(peer, target) is None
    if not judged or not peer.has("sysctl"):
        return False
    macs = {reply.mac for reply in responder.replies}
    return any(
        arp_reply(peer, target, arrived_on=link, proxied=peer.proxy_entries) for link in peer.links if link.mac in macs
    )


def _link_towards(node: Node, target: IP) -> str:
    """Thomas Habets' arping does not name its link: it takes the one whose subnet holds the address."""
    found = {a.link for a in node.addresses if not a.host_only and target in a.network}
    return found.pop() if len(found) == 1 else ""


def _own(node: Node, target: IP, link: str) -> tuple[Address, ...]:
    """The addresses for which this node itself answers on the link. kube-proxy keeps every VIP on every host."""
    held = node.holding(target)
    if any(address.link == KUBE_LINK for address in held):
        return ()
    names = {each.name for each in hearing_too(node, link)}
    if target.version == 6:  # net/ipv6/ndisc.c: ndisc_recv_ns() looks at the link that was asked, and at no other
        return tuple(address for address in held if address.link in names and address.usable)
    return held if any(owner.link.name in names for owner in arp_owners(node, target)) else ()


def _addresses_of_macs(node: Node) -> dict[str, dict[IP, Citation]]:
    """Under which addresses each MAC is known: by the neighbour cache, and by who alone answered for them."""
    found: dict[str, dict[IP, Citation]] = {}
    rows = [(n.mac, n.ip, n.seen) for n in node.neighbours if n.mac] if node.has("neighbours") else []
    rows += [(p.replies[0].mac, p.target, p.replies[0].seen) for p in node.probes if len(p.replies) == 1]
    for mac, ip, seen in rows:
        if not ip.is_link_local:
            found.setdefault(mac, {}).setdefault(ip, cite(seen, "{ip} has {mac}", ip=ip, mac=mac))
    return found


def _hosts(responders: Iterable[ArpResponder]) -> Iterator[ArpResponder]:
    hosts: dict[str, ArpResponder] = {}
    for one in responders:
        key = one.peer.name if one.peer else one.mac
        known = hosts.get(key)
        if known is not None:
            one = replace(known, replies=known.replies + one.replies, because=known.because + one.because)
        hosts[key] = one
    yield from hosts.values()


def _named(node: Node, target: IP, reply: Reply, known: Mapping[IP, Citation]) -> ArpResponder:
    for peer in node.peers_with_mac(reply.mac):
        link = peer.links_with_mac(reply.mac)[0]
        return ArpResponder((reply,), peer, because=(cite(link, "{mac} is its MAC", mac=reply.mac),))
    # Where a router answers for its neighbours (local proxy ARP), one MAC has many addresses and tells of no host.
    others = [ip for ip in known if ip != target and not services_of(node, ip)]
    listed = {real.ip for service in services_of(node, target) for real in service.destinations}
    if len(others) != 1 or others[0] not in listed:
        blind = next((peer for peer in node.peers if not peer.has("links")), None)
        settle = f"ip link show  # on {blind.name}" if blind else ""
        unsure = assume("links", f"{reply.mac} is no interface of {blind.name}", settle=settle) if blind else None
        return ArpResponder((reply,), because=(unsure,) if unsure else ())
    return ArpResponder((reply,), next(node.peers_holding(others[0]), None), others[0], (known[others[0]],))


def listed_as(node: Node, responder: ArpResponder, vip: IP) -> Destination | None:
    """As which real server of the VIP a director lists the host that answered. A director of the VIP is none. Raises
    NotCollected where none of the rows that were seen lists it, and not all were seen."""
    peer = responder.peer
    if peer is not None and directs(peer, vip):
        return None
    rips = {responder.rip} if responder.rip is not None else set()
    if peer is not None and peer.has("addresses"):
        rips |= {address.ip for address in peer.addresses}
    reals = (real for service in services_of(node, vip) for real in service.destinations)
    if (listed := next((real for real in reals if real.ip is not None and real.ip in rips), None)) is not None:
        return listed
    for director in directors_of(node, vip):
        tuple(director.known_rows("ipvs") if director.has("ipvs") else ())
    return None
