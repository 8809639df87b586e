"""A node: everything that was collected about one host."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from lvsdoctor.model.address import IP, Address
from lvsdoctor.model.facts import COLLECTED_BY, Evidence, NotCollected, Undeclared
from lvsdoctor.model.ipvs import VirtualService
from lvsdoctor.model.link import ENSLAVING_KINDS, Link
from lvsdoctor.model.neighbour import Neighbour
from lvsdoctor.model.packetfilter import ArpTables
from lvsdoctor.model.probe import Probe
from lvsdoctor.model.route import PolicyRule, Route
from lvsdoctor.model.seen import Comment, Seen
from lvsdoctor.model.standing import ALONE, Membership, Role, Standing, Vip
from lvsdoctor.model.sysctl import IPV4_CONF_DEFAULTS, Setting
from lvsdoctor.model.view import Peers, View

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Node:
    """One host as the evidence shows it.

    `evidence` maps a fact (model/facts.py) to its rows. A fact that is not a key was not collected, and reading it
    raises NotCollected; an empty tuple was collected and is empty. What a rule is handed is `limited_to` the facts
    that it declares; reading another raises Undeclared. `unread` are the lines that no parser understood;
    `notes` say what else the reader of the report should know (an interface's answer that was cut short, say). `files`
    tells the path of every file that a row's `seen` names; `comments` are those in its files that speak to lvsdoctor.
    """

    name: str
    source: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    standing: Standing = ALONE
    kernel: str = ""
    unread: tuple[Seen, ...] = ()
    notes: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    comments: tuple[Comment, ...] = ()
    _view: View | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.evidence, Evidence):
            object.__setattr__(self, "evidence", Evidence(self.evidence))

    def limited_to(self, facts: Iterable[str], reads: set[str] | None = None) -> "Node":
        """This node, and through it the others, showing only `facts`; what is read is noted in `reads`."""
        return View(frozenset(facts), reads).of(self)

    def has(self, fact: str) -> bool:
        """Was this fact collected?"""
        self._note(fact)
        if fact == "memberships":
            return self.standing.memberships is not None
        return fact in self.evidence

    def missing(self, facts: Iterable[str]) -> tuple[str, ...]:
        return tuple(fact for fact in sorted(facts) if not self.has(fact))

    def _note(self, fact: str) -> None:
        if fact not in COLLECTED_BY:
            raise KeyError(fact)
        if self._view is not None:
            if fact not in self._view.allowed:
                raise Undeclared(fact)
            if self._view.reads is not None:
                self._view.reads.add(fact)

    def derived(self, key: Hashable, work_out: Callable[["Node"], T]) -> T:
        """What follows from this host's evidence alone: worked out once, and known to all views of the node.

        The facts that `work_out` read count as read each time. What it raises is not kept.
        """
        known = self._derived.get(key)
        if known is None:
            reads: set[str] = set()
            allowed = frozenset(COLLECTED_BY) if self._view is None else self._view.allowed
            try:
                value = work_out(replace(self, _view=View(allowed, reads)))
            finally:
                for fact in reads:
                    self._note(fact)
            known = self._derived[key] = (value, tuple(reads))
        elif self._view is not None:
            for fact in known[1]:
                self._note(fact)
        result: T = known[0]
        return result

    @property
    def _derived(self) -> dict[Hashable, tuple[Any, tuple[str, ...]]]:
        assert isinstance(self.evidence, Evidence)
        return self.evidence.derived

    def _rows(self, fact: str) -> Any:
        if not self.has(fact):
            raise NotCollected(fact, self.name)
        return self.evidence[fact]

    # -- the facts ------------------------------------------------------------------------------------------------

    @property
    def addresses(self) -> tuple[Address, ...]:
        rows: tuple[Address, ...] = self._rows("addresses")
        return rows

    @property
    def links(self) -> tuple[Link, ...]:
        rows: tuple[Link, ...] = self._rows("links")
        return rows

    @property
    def routes(self) -> tuple[Route, ...]:
        """Routes of every table but local."""
        rows: tuple[Route, ...] = self._rows("routes")
        return rows

    @property
    def local_routes(self) -> tuple[Route, ...]:
        """Routes of table local."""
        rows: tuple[Route, ...] = self._rows("local-routes")
        return rows

    @property
    def policy_rules(self) -> tuple[PolicyRule, ...]:
        rows: tuple[PolicyRule, ...] = self._rows("policy-rules")
        return rows

    @property
    def neighbours(self) -> tuple[Neighbour, ...]:
        rows: tuple[Neighbour, ...] = self._rows("neighbours")
        return rows

    @property
    def services(self) -> tuple[VirtualService, ...]:
        rows: tuple[VirtualService, ...] = self._rows("ipvs")
        return rows

    @property
    def arptables(self) -> ArpTables:
        tables: ArpTables = self._rows("arptables")
        return tables

    @property
    def probes(self) -> tuple[Probe, ...]:
        """Who answered for an address on a link."""
        rows: tuple[Probe, ...] = self._rows("probes")
        return rows

    @property
    def proxy_entries(self) -> tuple[Neighbour, ...]:
        """For what it answers on another's behalf (`ip neigh show proxy`); none where neighbours were not collected."""
        return tuple(n for n in self.neighbours if "proxy" in n.flags) if self.has("neighbours") else ()

    def sysctl(self, key: str) -> Setting:
        """One setting by its key as `sysctl -a` spells it.

        A key that the evidence lacks is unknown, not zero: the kernel's own default stands in, marked `assumed`.
        Raises NotCollected where no sysctl was collected at all, or no default is documented for the key.
        """
        settings: Mapping[str, Setting] = self._rows("sysctl")
        if found := settings.get(key):
            return found
        name = key.rpartition(".")[2]
        if key.startswith("net.ipv4.conf.") and name in IPV4_CONF_DEFAULTS:
            raw = str(IPV4_CONF_DEFAULTS[name])
            return Setting(key, raw, Seen("kernel default", None, f"{key} = {raw}"), assumed=True)
        raise NotCollected("sysctl", self.name, key)

    def knows_sysctl(self, key: str) -> bool:
        """Does the evidence itself hold this key?"""
        return key in self._rows("sysctl")

    # -- what follows from them -----------------------------------------------------------------------------------

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
        return self._peers_by("holding", ip, lambda peer: (row.ip for row in peer.evidence.get("addresses", ())))

    def peers_with_mac(self, mac: str) -> Iterator["Node"]:
        """The other nodes that are known to have a link with this MAC."""
        self._note("links")
        return self._peers_by("mac", mac, lambda peer: (link.mac for link in peer.evidence.get("links", ())))

    def peers_directing(self, vip: IP) -> Iterator["Node"]:
        """The other nodes whose IPVS table has a service of this VIP."""
        self._note("ipvs")
        return self._peers_by("directing", vip, lambda peer: (row.vip for row in peer.evidence.get("ipvs", ())))

    def peers_with_gateway_at(self, host: "Node") -> Iterator["Node"]:
        """The other nodes that have a route whose next hop is an address of `host`."""
        self._note("routes")
        peers = self.standing.peers
        hops = (
            peers.nodes.keys("gateway", _gateways) if isinstance(peers, Peers) else set().union(*map(_gateways, peers))
        )
        matching = [peer for hop in hops if host.holding(hop) for peer in self._peers_by("gateway", hop, _gateways)]
        return iter({id(peer): peer for peer in matching}.values())

    def _peers_by(self, kind: str, key: Hashable, keys: Callable[["Node"], Iterable[Hashable]]) -> Iterator["Node"]:
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

    def link(self, name: str) -> Link | None:
        links: tuple[Link, ...] = self._indexed("links", "name").get(name, ())
        return links[0] if links else None

    def links_with_mac(self, mac: str) -> tuple[Link, ...]:
        """The links known to have this MAC; none where no links were collected. Bridges share that of a port."""
        return self._indexed("links", "mac").get(mac, ()) if self.has("links") else ()

    def addresses_on(self, link: str) -> tuple[Address, ...]:
        return self._indexed("addresses", "link").get(link, ())

    def holding(self, ip: IP) -> tuple[Address, ...]:
        """The addresses configured here that are exactly `ip` (a route of type local may own it without one)."""
        return self._indexed("addresses", "ip").get(ip, ())

    def _indexed(self, fact: str, attribute: str) -> Mapping[Any, tuple[Any, ...]]:
        """The rows of a fact by the value of one attribute."""

        def work_out(node: "Node") -> Mapping[Any, tuple[Any, ...]]:
            by_value: dict[Any, list[Any]] = {}
            for row in node._rows(fact):
                by_value.setdefault(getattr(row, attribute), []).append(row)
            return {value: tuple(rows) for value, rows in by_value.items()}

        return self.derived((fact, attribute), work_out)

    def enslaved(self, link: Link) -> bool:
        """Does another link take this one's frames before IP sees them? (A VRF does not.)"""
        if link.master is None:
            return False
        if link.kind_of_port:
            return link.kind_of_port in ENSLAVING_KINDS
        master = self.link(link.master)
        return master is None or master.kind != "vrf"

    @property
    def links_hearing_arp(self) -> tuple[Link, ...]:
        """Up, able to speak ARP, and not the port of a bridge or bond: there IP is the master's."""
        return tuple(link for link in self.links if link.up and link.arp and not self.enslaved(link))


def _gateways(node: Node) -> set[IP]:
    return {gateway for route in node.evidence.get("routes", ()) for gateway in route.gateways}
