"""Whether the connections that a director sends arrive at another one.

net/netfilter/ipvs/ip_vs_sync.c: the sender is a thread of state master, the receiver one of state backup; the receiver
drops messages of another syncid, unless its own is 0 (ip_vs_process_message()), and listens to its own group and port.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lvsdoctor.analysis.directors import directors_sharing
from lvsdoctor.model.connection import SyncDaemon
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.node import Node


@dataclass(frozen=True, slots=True)
class Unsynced:
    """What `sender` sends, and why `peer` does not take it in: `receiver` is None where it runs none, and `what` names
    the setting in which the two differ."""

    peer: Node
    sender: SyncDaemon
    receiver: SyncDaemon | None
    what: str = ""


def unsynced(director: Node) -> Iterator[Unsynced]:
    """For each other director of one of its VIPs. Reads ipvs and sync-daemons.

    Raises NotCollected at the end where the daemons of such a director are not known.
    """
    rows: Sequence[SyncDaemon] = tuple(director.rows("sync-daemons"))
    sender = next((row for row in rows if row.state == "master"), None)
    if sender is None:
        return
    lacking: NotCollected | None = None
    for peer in directors_sharing(director, director.services):
        if not peer.has("sync-daemons"):
            lacking = NotCollected("sync-daemons", peer.name)
            continue
        receiver = next((row for row in peer.seen_rows("sync-daemons") if row.state == "backup"), None)
        if receiver is None and (lacking := peer.unseen("sync-daemons") or lacking) is None:
            yield Unsynced(peer, sender, None)
        elif receiver is not None and (what := _difference(sender, receiver)):
            yield Unsynced(peer, sender, receiver, what)
    if lacking is not None:
        raise lacking


def _difference(sender: SyncDaemon, receiver: SyncDaemon) -> str:
    if receiver.syncid and sender.syncid != receiver.syncid:
        return "syncid"
    if sender.group and receiver.group and sender.group != receiver.group:
        return "group"
    return "port" if sender.port and receiver.port and sender.port != receiver.port else ""
