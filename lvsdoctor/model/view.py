"""What rules see of the nodes of a scan: each node once for all rules that declare the same facts."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence, Set
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar, overload

from lvsdoctor.model.facts import Assumed, Undeclared

if TYPE_CHECKING:
    from lvsdoctor.model.node import Node
    from lvsdoctor.model.standing import Membership

T = TypeVar("T")


class View:
    """Nodes that show only the facts `allowed`, and note in `reads`, if given, which of them are read.

    A `guarded` view is a rule's: at the end of a partial fact's rows NotCollected is raised. `assumed` are the values
    that the evidence lacks and for which a default stood in: what follows from them is no proof of health.
    """

    __slots__ = ("_memberships", "_nodes", "allowed", "assumed", "guarded", "reads")

    def __init__(self, allowed: frozenset[str], reads: set[str] | None = None, *, guarded: bool = True) -> None:
        # Who asks for rules that name IP sets asks for the sets.
        self.allowed = allowed | {"ipsets"} if allowed & {"iptables", "ip6tables"} else allowed
        self.reads, self.guarded = reads, guarded
        self.assumed: Assumed = {}
        # By identity. The whole nodes are kept beside the limited ones, so that no id is given to another.
        self._nodes: dict[int, tuple[Node, Node]] = {}
        self._memberships: dict[int, tuple[Membership, ...]] = {}

    def of(self, node: "Node") -> "Node":
        """The node as this view shows it: always the same object for the same node."""
        known = self._nodes.get(id(node))
        if known is None:
            known = self._nodes[id(node)] = node, replace(node, _view=self)
        return known[1]

    def note(self, facts: Set[str], assumed: Assumed | None = None) -> None:
        """These were read, and these defaults stood in. Raises Undeclared of a fact that is not allowed."""
        if not facts <= self.allowed:
            raise Undeclared(min(facts - self.allowed))
        if self.reads is not None:
            self.reads |= facts
        if assumed:
            self.assumed.update(assumed)

    def peers_of(self, limited: "Node") -> Sequence["Node"]:
        peers = limited.standing.peers
        return Peers(peers.nodes, peers.absent, self) if isinstance(peers, Peers) else tuple(map(self.of, peers))

    def memberships_of(self, limited: "Node") -> tuple["Membership", ...]:
        known = self._memberships.get(id(limited))
        if known is None:
            whole = limited.standing.memberships or ()
            known = tuple(replace(membership, director=self.of(membership.director)) for membership in whole)
            self._memberships[id(limited)] = known
        return known


class Scan(tuple["Node", ...]):
    """The nodes of a scan, found by what they hold. `standing` are the same nodes with their standing."""

    def __init__(self, _: Iterable["Node"] = ()) -> None:
        self._indexes: dict[str, dict[Hashable, list[int]]] = {}
        self._derived: dict[Hashable, Any] = {}
        self.standing: tuple[Node, ...] = ()

    def derived(self, key: Hashable, work_out: Callable[[tuple["Node", ...]], T]) -> T:
        """What follows from all nodes, with their standing: worked out once."""
        if key not in self._derived:
            self._derived[key] = work_out(self.standing)
        known: T = self._derived[key]
        return known

    def keep(self, key: Hashable, value: Any) -> None:
        """What another process has worked out is known here."""
        self._derived.setdefault(key, value)

    def places(self, kind: str, key: Hashable, keys: Callable[["Node"], Iterable[Hashable]]) -> Sequence[int]:
        """Where the nodes stand that have `key` among their `keys`; `kind` names the question."""
        return self._index(kind, keys).get(key, ())

    def keys(self, kind: str, keys: Callable[["Node"], Iterable[Hashable]]) -> Iterable[Any]:
        """Everything that some node has among its `keys`."""
        return self._index(kind, keys)

    def _index(self, kind: str, keys: Callable[["Node"], Iterable[Hashable]]) -> dict[Hashable, list[int]]:
        index = self._indexes.get(kind)
        if index is None:
            index = self._indexes[kind] = {}
            for place, node in enumerate(self):
                for value in set(keys(node)):
                    index.setdefault(value, []).append(place)
        return index


class Peers(Sequence["Node"]):
    """All nodes of a scan but the one at `absent`, as a view shows them."""

    __slots__ = ("_view", "absent", "nodes")

    def __init__(self, nodes: Scan, absent: int, view: View | None = None) -> None:
        self.nodes, self.absent, self._view = nodes, absent, view

    def matching(self, kind: str, key: Hashable, keys: Callable[["Node"], Iterable[Hashable]]) -> Iterator["Node"]:
        """Those that have `key` among their `keys`, in the order of the scan."""
        return (self.nodes[place] for place in self.nodes.places(kind, key, keys) if place != self.absent)

    def __len__(self) -> int:
        return len(self.nodes) - 1

    def __iter__(self) -> Iterator["Node"]:
        view = self._view
        for place, node in enumerate(self.nodes):
            if place != self.absent:
                yield node if view is None else view.of(node)

    @overload
    def __getitem__(self, at: int) -> "Node": ...
    @overload
    def __getitem__(self, at: slice) -> Sequence["Node"]: ...
    def __getitem__(self, at: int | slice) -> "Node | Sequence[Node]":
        return tuple(self)[at]
