"""A node: one host, and its standing among the others of the scan."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from lvsdoctor.model.address import IP
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.health import CheckedService
from lvsdoctor.model.host import Host
from lvsdoctor.model.standing import ALONE, Membership, Role, Standing, Vip
from lvsdoctor.model.view import Peers, View
from lvsdoctor.model.vrrp import VrrpInstance

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Node(Host):
    """A host of the scan: what was collected about it (Host), and what the scan as a whole says of it.

    What a rule is handed is `limited_to` the facts that it declares; reading another raises Undeclared.
    """

    standing: Standing = ALONE

    def limited_to(self, facts: Iterable[str], reads: set[str] | None = None) -> "Node":
        """This node, and through it the others, showing only `facts`; what is read is noted in `reads`."""
        return View(frozenset(facts), reads).of(self)

    def has(self, fact: str) -> bool:
        """Was this fact collected?"""
        if fact == "memberships":
            self._note(fact)
            return self.standing.memberships is not None
        return Host.has(self, fact)

    @property
    def vips(self) -> tuple[Vip, ...]:
        """The VIPs that this node, as a real server, carries or should carry under DR or TUN."""
        return self.standing.vips

    @property
    def hidden_vips(self) -> tuple[Vip, ...]:
        """The VIPs that this node, as a real server, must not answer for: also those that it holds though masquerading
        never sends them here."""
        return self.standing.vips + self.standing.needless_vips

    @property
    def memberships(self) -> tuple[Membership, ...]:
        """Where the directors of this scan list this node as a real server."""
        self._note("memberships")
        if self.standing.memberships is None:
            raise NotCollected("memberships", self.name)
        return self.standing.memberships if self._view is None else self._view.memberships_of(self)

    def unseen(self, fact: str) -> NotCollected | None:
        """Host.unseen(); past the last of its memberships there may be others where its addresses, or the table of
        another node, were not seen whole."""
        if fact != "memberships":
            return Host.unseen(self, fact)
        if (absent := Host.unseen(self, "addresses")) is not None:
            return absent
        return next(self._partly_unseen("ipvs"), None)

    @property
    def vrrp_instances(self) -> Sequence[VrrpInstance]:
        rows: Sequence[VrrpInstance] = self.rows("vrrp")
        return rows

    @property
    def checked_services(self) -> Sequence[CheckedService]:
        """What a keepalived.conf or ldirectord.cf says of virtual services beside their rows."""
        rows: Sequence[CheckedService] = self.rows("health-checks")
        return rows

    @property
    def peers(self) -> Sequence["Node"]:
        """The other nodes of the scan."""
        return self.standing.peers if self._view is None else self._view.peers_of(self)

    def peers_with(self, *facts: str) -> Iterator["Node"]:
        """The other nodes of which one of these facts was collected."""
        for fact in facts:
            self._note(fact)
        return self._peers_by(f"with {facts}", True, lambda peer: {fact in peer.evidence for fact in facts})

    def peers_holding(self, ip: IP) -> Iterator["Node"]:
        """The other nodes that are known to have exactly this address configured."""
        self._note("addresses")
        return self._peers_by(
            "holding", ip, lambda peer: (row.ip for row in peer.evidence.get("addresses", ())), "addresses"
        )

    def peers_with_mac(self, mac: str) -> Iterator["Node"]:
        """The other nodes that are known to have a link with this MAC."""
        self._note("links")
        return self._peers_by("mac", mac, lambda peer: (link.mac for link in peer.evidence.get("links", ())), "links")

    def peers_directing(self, vip: IP) -> Iterator["Node"]:
        """The other nodes whose IPVS table has a service of this VIP, be it by a firewall mark."""
        self._note("ipvs")
        return self._peers_by("directing", vip, _directed, "ipvs")

    def peers_with_vip_of(self, instance: VrrpInstance) -> Iterator["Node"]:
        """The other nodes that have an instance of VRRP with one of its VIPs."""
        self._note("vrrp")
        matching = [peer for vip in instance.vips for peer in self._matching("vrrp", vip, _vips_of_instances)]
        yield from {id(peer): peer for peer in matching}.values()
        self._refuse_unseen("vrrp")

    def peers_with_gateway_at(self, host: "Node") -> Iterator["Node"]:
        """The other nodes that have a route whose next hop is an address of `host`."""
        self._note("routes")
        peers = self.standing.peers
        hops = (
            peers.nodes.keys("gateway", _gateways) if isinstance(peers, Peers) else set().union(*map(_gateways, peers))
        )
        own = {row.ip for row in host.seen_rows("addresses")}
        matching = [peer for hop in hops if hop in own for peer in self._matching("gateway", hop, _gateways)]
        yield from {id(peer): peer for peer in matching}.values()
        if (absent := host.unseen("addresses")) is not None:
            raise absent
        self._refuse_unseen("routes")

    def of_scan(self, kind: str, keys: Callable[["Node"], Iterable[Hashable]]) -> Iterable[Hashable]:
        """Everything that this node or another of the scan has among its `keys`, looked for once for a scan."""
        peers = self.standing.peers
        if isinstance(peers, Peers):
            return peers.nodes.keys(kind, keys)
        return set().union(*map(keys, (self, *peers)))

    def derived_of_scan(self, key: Hashable, work_out: Callable[[Sequence["Node"]], tuple[T, Iterable[str]]]) -> T:
        """What follows from all nodes of the scan as they stand, worked out once. With it come the facts that it rests
        on, of which those that a rule declares count as read."""
        peers = self.standing.peers
        value, facts = peers.nodes.derived(key, work_out) if isinstance(peers, Peers) else work_out((self,))
        for fact in facts:
            if self._view is None or fact in self._view.allowed:
                self._note(fact)
        return value

    def _peers_by(
        self, kind: str, key: Hashable, keys: Callable[["Node"], Iterable[Hashable]], fact: str = ""
    ) -> Iterator["Node"]:
        """The other nodes with `key` among their `keys`. A rule that asks for more than these learns at the end that
        a node of which `fact` is partial may be another."""
        yield from self._matching(kind, key, keys)
        if fact:
            self._refuse_unseen(fact)

    def _refuse_unseen(self, fact: str) -> None:
        """Raise NotCollected, for a rule, if this fact is partial of some other node."""
        for absent in self._partly_unseen(fact):
            raise absent

    def _partly_unseen(self, fact: str) -> Iterator[NotCollected]:
        """What a rule may not conclude of the other nodes of which this fact is partial."""
        if self._view is not None and self._view.guarded:
            for peer in self._matching(f"partial {fact}", True, lambda node: {node.partial(fact) is not None}):
                absent = peer.unseen(fact)
                assert absent is not None
                yield absent

    def _matching(self, kind: str, key: Hashable, keys: Callable[["Node"], Iterable[Hashable]]) -> Iterator["Node"]:
        peers = self.standing.peers
        if isinstance(peers, Peers):
            matching: Iterable[Node] = peers.matching(kind, key, keys)
        else:
            matching = (peer for peer in peers if key in set(keys(peer)))
        return iter(matching) if self._view is None else map(self._view.of, matching)

    @property
    def roles(self) -> tuple[Role, ...]:
        return tuple(found.role for found in self.standing.roles)

    def is_a(self, role: str) -> bool:
        return role in self.roles


def _directed(node: Node) -> set[IP]:
    return {vip for row in node.evidence.get("ipvs", ()) for vip, _ in row.vips}


def _vips_of_instances(node: Node) -> set[IP]:
    return {vip for instance in node.evidence.get("vrrp", ()) for vip in instance.vips}


def _gateways(node: Node) -> set[IP]:
    return {gateway for route in node.evidence.get("routes", ()) for gateway in route.gateways}
