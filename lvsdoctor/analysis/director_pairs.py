"""Directors that stand in for each other, and what their tables have otherwise."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lvsdoctor.analysis.directors import directors_sharing
from lvsdoctor.analysis.drift.table_differences import TableDifference, shared_vips, table_differences
from lvsdoctor.analysis.usable_servers import seen_with_kube_proxy
from lvsdoctor.model.address import IP, Address
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.ipvs import VirtualService
from lvsdoctor.model.node import Node


@dataclass(frozen=True, slots=True)
class PairDifference:
    """`having` has it, `lacking` does not, or has it otherwise. `taken_out`: a health check of the other one may have
    taken the real server out."""

    having: Node
    lacking: Node
    difference: TableDifference
    taken_out: bool = False

    @property
    def may_be_local(self) -> bool:
        """May the real server that is missing be the director itself, whose addresses are not all known?"""
        missing = self.difference.real is not None and not self.difference.what
        return missing and (not self.lacking.has("addresses") or self.lacking.partial("addresses") is not None)


def pair_differences(node: Node) -> Iterator[PairDifference]:
    """Against each other director of a VIP. What differs is yielded for the one that comes first by its name.

    Reads ipvs; addresses, links and configured-ipvs where collected. Raises NotCollected at the end where a table of
    either was not seen whole.
    """
    lacking: NotCollected | None = None
    own = node.seen_rows("ipvs")
    for peer in directors_sharing(node, own):
        differing: list[PairDifference] = []
        vips = shared_vips(own, peer.seen_rows("ipvs"))
        try:
            for having, other in ((node, peer), (peer, node)):
                mine = [row for row in having.services if row.vip in vips and not seen_with_kube_proxy(having, row)]
                for difference in table_differences(mine, other.services):
                    if having is node or not difference.what:  # what both have otherwise is said once
                        differing += _of_pair(having, other, difference)
        except NotCollected as absent:
            lacking = absent
        if node.name < peer.name:
            yield from differing
    if lacking is None and any(peer.seen_rows("ipvs") for peer in node.peers_with("ipvs")):
        lacking = node.unseen("ipvs")  # a VIP that was not seen may be another director's, too
    if lacking is not None:
        raise lacking.anew()


def _of_pair(having: Node, other: Node, difference: TableDifference) -> Iterator[PairDifference]:
    real = difference.real
    if real is None:
        yield PairDifference(having, other, difference)
        return
    # A director that is a real server itself is its own LocalNode, and the other one's real server.
    held = any(_seen_to_hold(host, real.ip) for host in (having, other))
    if held or real.weight == 0 or _in_files(other, difference):
        return
    yield PairDifference(having, other, difference, taken_out=not difference.what and not other.planned)


def _seen_to_hold(host: Node, ip: IP | None) -> bool:
    rows: Sequence[Address] = host.seen_rows("addresses") if host.has("addresses") else ()
    return any(row.ip == ip for row in rows)


def _in_files(node: Node, difference: TableDifference) -> bool:
    """Do the files list the real server that the table lacks? Then a health check took it out."""
    if difference.what or not node.has("configured-ipvs"):
        return False
    rows: Sequence[VirtualService] = node.seen_rows("configured-ipvs")
    wanted = [row for row in rows if row.key == difference.service.key]
    real = difference.real
    return real is not None and any((r.ip, r.port) == (real.ip, real.port) for row in wanted for r in row.destinations)
