"""What two directors of one VIP have otherwise beside their tables: timeouts and settings of IPVS.

All are of a kernel and its network namespace, and no daemon copies them; ipvsadm-save has none of them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lvsdoctor.analysis.connections.ipvs_timeouts import TIMEOUT_NAMES
from lvsdoctor.analysis.directors import directors_sharing
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import HasSeen
from lvsdoctor.model.ipvs import Timeouts
from lvsdoctor.model.node import Node
from lvsdoctor.model.sysctl import Setting
from lvsdoctor.sanitize import command

# Those that decide where a client's next packet goes; sync_threshold and the like matter on the sender alone.
_KEYS = tuple(
    f"net.ipv4.vs.{name}"
    for name in ("conntrack", "expire_nodest_conn", "expire_quiescent_template", "conn_reuse_mode", "sloppy_tcp")
)


@dataclass(frozen=True, slots=True)
class SettingDifference:
    """`what` is `value` on one director, and `another` on `peer`, each with its row."""

    peer: Node
    what: str
    value: int
    another: int
    row: HasSeen
    other: HasSeen


def setting_differences(node: Node) -> Iterator[SettingDifference]:
    """Against each other director of a VIP. What differs is yielded for the one that comes first by its name.

    Reads ipvs, and ipvs-timeouts, configured-timeouts and sysctl where collected. Raises NotCollected at the end for
    what was not collected of both.
    """
    lacking: NotCollected | None = None
    for peer in directors_sharing(node, node.seen_rows("ipvs")):
        differing: list[SettingDifference] = []
        try:
            differing += _of_timeouts(node, peer)
        except NotCollected as absent:
            lacking = absent
        for key in _KEYS:
            try:
                mine, its = _setting(node, key), _setting(peer, key)
            except NotCollected as absent:
                lacking = lacking or absent
                continue
            if mine.is_number and its.is_number and mine.value != its.value:
                differing.append(SettingDifference(peer, key, mine.value, its.value, mine, its))
        if node.name < peer.name:
            yield from differing
    if lacking is not None:
        raise lacking.anew()


def _of_timeouts(node: Node, peer: Node) -> Iterator[SettingDifference]:
    mine, its = _timeouts(node), _timeouts(peer)
    for name in TIMEOUT_NAMES:
        value, another = getattr(mine, name), getattr(its, name)
        if value and another and value != another:
            yield SettingDifference(peer, f"timeout {name}", value, another, mine, its)


def _timeouts(node: Node) -> Timeouts:
    """Those that run, or those that files set where the others were not collected."""
    for fact in ("ipvs-timeouts", "configured-timeouts"):
        rows: Sequence[Timeouts] = node.seen_rows(fact) if node.has(fact) else ()
        if rows:
            return rows[-1]
    raise NotCollected("ipvs-timeouts", node.name)


def _setting(node: Node, key: str) -> Setting:
    if not (node.has("sysctl") and node.knows_sysctl(key)):
        raise NotCollected("sysctl", node.name, key, command("sysctl", key))
    return node.sysctl(key)
