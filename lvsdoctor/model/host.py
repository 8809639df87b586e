"""One host: the facts that were collected about it, and how far each was seen."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self, TypeVar

from lvsdoctor.model.address import IP, Address
from lvsdoctor.model.arptables import ArpTables
from lvsdoctor.model.contradiction import Contradiction
from lvsdoctor.model.coverage import RUNTIME, Coverage, Origin, Partial, Unread, plan_of
from lvsdoctor.model.facts import COLLECTED_BY, Assumed, Evidence, NotCollected
from lvsdoctor.model.ipvs import VirtualService
from lvsdoctor.model.link import ENSLAVING_KINDS, EVERY_INTERFACE, Link
from lvsdoctor.model.neighbour import Neighbour
from lvsdoctor.model.packet_filter import FilterTable
from lvsdoctor.model.partial_rows import PartialRows
from lvsdoctor.model.probe import Probe
from lvsdoctor.model.route import PolicyRule, Route
from lvsdoctor.model.seen import Comment, Seen
from lvsdoctor.model.sysctl import Setting, kernel_default
from lvsdoctor.model.view import View
from lvsdoctor.sanitize import command

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Host:
    """One host as the evidence shows it, whatever the others of the scan are.

    `evidence` maps a fact (model/facts.py) to its rows. A fact that is not a key was not collected, and reading it
    raises NotCollected; an empty tuple was collected and is empty. `coverage` tells the origin of each fact and why it
    is partial; a fact that is not a key of it is whole and of its usual origin. `unread` are the lines that no parser
    understood, `unread_kinds` the dumps and files that are known by their face and not read; `notes` say what else the
    reader of the report should know. `contradictions` are answers that exclude each other: none of the facts that they
    are about is evidence. `files` tells the path of every file that a row's `seen` names; `comments` are those in its
    files that speak to lvsdoctor. `segments`: by interface the network segment that the user names (scan --segment).
    `planned`: files or typed commands alone tell of this host.
    """

    name: str
    source: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    coverage: Mapping[str, Coverage] = field(default_factory=dict)
    kernel: str = ""
    unread: tuple[Seen, ...] = ()
    notes: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    comments: tuple[Comment, ...] = ()
    unread_kinds: tuple[Unread, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    segments: Mapping[str, str] = field(default_factory=dict)
    _view: View | None = field(default=None, repr=False, compare=False)
    planned: Origin | None = field(init=False, repr=False, compare=False, default=None)

    def __post_init__(self) -> None:
        if not isinstance(self.evidence, Evidence):
            object.__setattr__(self, "evidence", Evidence(self.evidence))
        object.__setattr__(self, "planned", plan_of(self.evidence, self.coverage))

    def has(self, fact: str) -> bool:
        """Was this fact collected?"""
        self._note(fact)
        return fact in self.evidence

    def missing(self, facts: Iterable[str]) -> tuple[str, ...]:
        return tuple(fact for fact in sorted(facts) if not self.has(fact))

    def _note(self, fact: str) -> None:
        if fact not in COLLECTED_BY:
            raise KeyError(fact)
        if self._view is not None:
            self._view.note({fact})

    def partial(self, fact: str) -> Partial | None:
        """Why not all of this fact was seen, or none of it although it was asked for; else None."""
        return self.coverage.get(fact, RUNTIME).partial

    def derived(self, key: Hashable, work_out: Callable[[Self], T]) -> T:
        """What follows from this host's evidence alone: worked out once, and known to all views of the node.

        The facts that `work_out` read count as read each time, and what it assumed as assumed. What it raises is not
        kept.
        """
        guarded = self._view is not None and self._view.guarded
        if self.coverage:
            key = (guarded, key)  # outside of a rule nothing is raised at the end of partial rows
        known = self._derived.get(key)
        if known is None:
            allowed = frozenset(COLLECTED_BY) if self._view is None else self._view.allowed
            view = View(allowed, set(), guarded=guarded)
            try:
                value = work_out(replace(self, _view=view))
            finally:
                if self._view is not None:
                    self._view.note(view.reads or frozenset(), view.assumed)
            known = self._derived[key] = (value, frozenset(view.reads or ()), view.assumed)
        elif self._view is not None:
            self._view.note(known[1], known[2])
        result: T = known[0]
        return result

    @property
    def _derived(self) -> dict[Hashable, tuple[Any, frozenset[str], Assumed]]:
        assert isinstance(self.evidence, Evidence)
        return self.evidence.derived

    def assuming(self, lacking: NotCollected) -> None:
        """Note that a default stands in for a value that was not collected: a rule that is quiet has proved nothing."""
        if self._view is not None:
            self._view.assumed[lacking.node, lacking.command] = lacking

    def aside(self) -> Self:
        """The same host, whose defaults a finding does not rest on: for what only its fix asks."""
        return self if (seen_by := self._view) is None else replace(self, _view=View(seen_by.allowed, seen_by.reads))

    def rows(self, fact: str) -> Any:
        """The rows of a fact. For a rule those of a partial one raise NotCollected after the last."""
        return self._guarded(fact, self.seen_rows(fact))

    def _guarded(self, fact: str, rows: Any) -> Any:
        """Rows of a fact, all or some, as this view shows them."""
        return rows if (absent := self.unseen(fact)) is None else PartialRows(rows, absent)

    def seen_rows(self, fact: str) -> Any:
        """The rows of a fact that were seen, be there more or not: for those who ask unseen() themselves."""
        if not self.has(fact):
            raise NotCollected(fact, self.name, partial=self.partial(fact))
        return self.evidence[fact]

    def known_rows(self, fact: str) -> Any:
        """The rows of a fact; where files alone tell, and of one nearly whole, those seen, by which it is judged."""
        return self.seen_rows(fact) if self.of_files(fact) or self.nearly(fact) else self.rows(fact)

    def of_files(self, fact: str) -> bool:
        """Do files or typed commands alone tell of this fact, whatever else was collected?"""
        return bool(self.planned) or self.coverage.get(fact, RUNTIME).origin in (Origin.CONFIGURED, Origin.TYPED)

    def nearly(self, fact: str) -> bool:
        """Is it partial, and may be judged by its rows, not by what is absent? A quiet rule then proves nothing."""
        absent = self.unseen(fact)
        nearly = absent is not None and absent.partial is not None and absent.partial.nearly
        if absent is not None and nearly:
            self.assuming(absent)
        return nearly

    def unseen(self, fact: str) -> NotCollected | None:
        """What a rule may not conclude past the rows that were seen: the exception to raise, None for a whole fact."""
        if not self.coverage or self._view is None or not self._view.guarded:
            return None
        partial = self.partial(fact)
        return None if partial is None else NotCollected(fact, self.name, partial=partial)

    @property
    def addresses(self) -> Sequence[Address]:
        rows: Sequence[Address] = self.rows("addresses")
        return rows

    @property
    def links(self) -> Sequence[Link]:
        rows: Sequence[Link] = self.rows("links")
        return rows

    @property
    def routes(self) -> Sequence[Route]:
        """Routes of every table but local."""
        rows: Sequence[Route] = self.rows("routes")
        return rows

    @property
    def local_routes(self) -> Sequence[Route]:
        """Routes of table local."""
        rows: Sequence[Route] = self.rows("local-routes")
        return rows

    @property
    def policy_rules(self) -> Sequence[PolicyRule]:
        rows: Sequence[PolicyRule] = self.rows("policy-rules")
        return rows

    @property
    def neighbours(self) -> Sequence[Neighbour]:
        rows: Sequence[Neighbour] = self.rows("neighbours")
        return rows

    @property
    def services(self) -> Sequence[VirtualService]:
        return self.virtual_services("ipvs")

    def virtual_services(self, fact: str) -> Sequence[VirtualService]:
        """The table as one fact has it (ipvs, ipvs-stats). Where that is partial, so are the real servers of each."""
        rows: Sequence[VirtualService] = self.rows(fact)
        if isinstance(rows, PartialRows):
            absent, seen = rows.absent, self.seen_rows(fact)
            return PartialRows(
                [replace(row, destinations=PartialRows(row.destinations, absent)) for row in seen], absent
            )
        return rows

    @property
    def arptables(self) -> ArpTables:
        """The rules in their order. For a rule a part of them raises NotCollected: what was left out may come first."""
        if (absent := self.unseen("arptables")) is not None:
            raise absent
        tables: ArpTables = self.seen_rows("arptables")
        return tables

    def packet_filter(self, fact: str) -> Sequence[FilterTable]:
        """The tables of `iptables` or `ip6tables` that were seen, in no order; each tells whether it is whole."""
        tables: Sequence[FilterTable] = self.seen_rows(fact)
        return tables

    @property
    def probes(self) -> Sequence[Probe]:
        """Who answered for an address on a link."""
        rows: Sequence[Probe] = self.rows("probes")
        return rows

    @property
    def proxy_entries(self) -> tuple[Neighbour, ...]:
        """For what it answers on another's behalf; none where neighbours were not collected. Only `ip neigh show proxy`
        shows them, so whether another answer is whole says nothing of them."""
        rows = self.seen_rows("neighbours") if self.has("neighbours") else ()
        return tuple(row for row in rows if "proxy" in row.flags)

    def sysctl(self, key: str) -> Setting:
        """One setting by its key as `sysctl -a` spells it. For one that the evidence lacks the kernel's default stands
        in, marked `assumed`. Raises NotCollected without any sysctl, or where no default is documented for the key."""
        settings: Mapping[str, Setting] = self.seen_rows("sysctl")
        if (setting := settings.get(key)) is not None:
            return setting
        lacking = NotCollected("sysctl", self.name, key, command("sysctl", key), self.partial("sysctl"))
        self.assuming(lacking)
        if (default := kernel_default(key)) is None:
            raise lacking
        return default

    def knows_sysctl(self, key: str) -> bool:
        """Does the evidence itself hold this key?"""
        return key in self.seen_rows("sysctl")

    def link(self, name: str) -> Link | None:
        links: Sequence[Link] = self._indexed("links", "name", name)
        return links[0] if links else None

    def links_with_mac(self, mac: str) -> Sequence[Link]:
        """The links known to have this MAC; none where no links were collected. Bridges share that of a port."""
        return self._indexed("links", "mac", mac) if self.has("links") else ()

    def addresses_on(self, link: str) -> Sequence[Address]:
        """Where files alone tell, those that they give a link are all of it; one that no file names has none."""
        if self.of_files("addresses") and (
            link == EVERY_INTERFACE or any(row.link == link for row in self.seen_rows("addresses"))
        ):
            return tuple(row for row in self.seen_rows("addresses") if row.link == link)
        seen = self._indexed("addresses", "link", link)
        rows: Sequence[Address] = seen if self.nearly("addresses") else self._guarded("addresses", seen)
        return rows

    def holding(self, ip: IP) -> tuple[Address, ...]:
        """The addresses configured here that are exactly `ip` (a route of type local may own it without one)."""
        return self._indexed("addresses", "ip", ip)

    def _indexed(self, fact: str, attribute: str, value: Hashable) -> tuple[Any, ...]:
        """The rows of a fact whose attribute has this value. Raises NotCollected where a partial fact shows none."""

        def work_out(host: Self) -> Mapping[Any, tuple[Any, ...]]:
            by_value: dict[Any, list[Any]] = {}
            for row in host.seen_rows(fact):
                by_value.setdefault(getattr(row, attribute), []).append(row)
            return {key: tuple(rows) for key, rows in by_value.items()}

        rows = self.derived((fact, attribute), work_out).get(value, ())
        if not rows and (absent := self.unseen(fact)) is not None:
            raise absent
        return rows

    def enslaved(self, link: Link) -> bool:
        """Does another link take this one's frames before IP sees them? (A VRF does not.)"""
        if link.master is None:
            return False
        if link.kind_of_port:
            return link.kind_of_port in ENSLAVING_KINDS
        master = self.link(link.master)
        return master is None or master.kind != "vrf"

    @property
    def links_hearing_arp(self) -> Sequence[Link]:
        """Up, able to speak ARP, and not the port of a bridge or bond: there IP is the master's."""
        seen: Sequence[Link] = self.seen_rows("links")
        hearing = tuple(link for link in seen if link.up and link.arp and not self.enslaved(link))
        rows: Sequence[Link] = hearing if hearing and self.nearly("links") else self._guarded("links", hearing)
        return rows
