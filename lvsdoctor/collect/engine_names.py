"""Hosts that call themselves by one name are called as the engine that brought them calls them, or as their file is."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from lvsdoctor.collect.documents import NodeDump
from lvsdoctor.collect.host_identity import Relation, identity, related

_BY_ENGINE = "{own} is the own name of several hosts of this scan. This host is called {carrier}, as {engine} calls it."
_BY_FILE = "{own} is the own name of several hosts of this scan. This host is called {carrier}, as its file is."


def named_apart(dumps: Sequence[NodeDump]) -> Sequence[NodeDump]:
    """The dumps, in which no two hosts that streams name have the name in common.

    The same name twice is the same host only if its interfaces show it: it was collected twice. The namespaces of a
    host have its name in common, and each has interfaces of its own.
    """
    claims: dict[tuple[str, str], dict[str, list[NodeDump]]] = {}
    for mine in dumps:
        if mine.piece.own:
            claims.setdefault((mine.piece.own, mine.piece.host), {}).setdefault(_carrier(mine), []).append(mine)
    shared = {own for (own, _), carriers in claims.items() if _are_several(list(carriers.values()))}
    if not shared:
        return dumps
    noted: set[str] = set()
    return [_renamed(mine, noted) if mine.piece.own in shared and _carrier(mine) else mine for mine in dumps]


def _carrier(mine: NodeDump) -> str:
    """What the engine calls this host, or its file."""
    return mine.piece.carrier or mine.inside.rpartition("/")[2].rpartition(".")[0]


def _are_several(carriers: Sequence[Iterable[NodeDump]]) -> bool:
    known = [identity(mine.piece.dump for mine in group) for group in carriers]
    return any(related(known[0], other).relation is not Relation.SAME for other in known[1:])


def _renamed(mine: NodeDump, noted: set[str]) -> NodeDump:
    piece, carrier = mine.piece, _carrier(mine)
    host = f"{carrier}{piece.host.removeprefix(piece.own)}"
    says = (_BY_ENGINE if piece.carrier else _BY_FILE).format(own=piece.own, carrier=carrier, engine=piece.engine)
    notes = mine.notes if host in noted else (*mine.notes, says)
    noted.add(host)
    return replace(mine, piece=replace(piece, host=host), notes=notes)
