"""TCP connections whose handshake does not end, by the entries of the connection table.

net/netfilter/ipvs/ip_vs_proto_tcp.c: a SYN makes SYN_RECV, the client's next ACK ESTABLISHED, whatever the forwarding
method; an RST leaves it (tcp_states). The timer of SYN_RECV starts with 60 seconds at each SYN (tcp_timeouts), so that
what is missing is the time since the last one. A handshake takes one round trip: more than a second is no handshake.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from lvsdoctor.model.connection import Connection, Endpoint
from lvsdoctor.model.node import Node

_SYN_RECV, _TIMER, _ROUND_TRIP = "SYN_RECV", 60, 2
# Judgement: so many entries of one kind are no chance, and so large or small a share of them.
ENOUGH, BAD = 10, 0.5
_ALL_BAD, _GOOD = 0.8, 0.05


class Shape(Enum):
    """Which connections wait: those to some real servers, those to all, or this host's own with the VIP as source."""

    SOME = "some"
    ALL = "all"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Waiting:
    """`waiting` of the connections of a service wait, all of them to `reals`; `count` are all connections to these.

    `others` went well, at other real servers. `many`: enough of them that chance is no cause. `kept` are templates of
    persistence that keep the same clients at these real servers.
    """

    protocol: str
    service: Endpoint
    shape: Shape
    reals: tuple[Endpoint, ...]
    waiting: tuple[Connection, ...]
    count: int
    others: tuple[Connection, ...]
    kept: tuple[Connection, ...]
    many: bool

    @property
    def shown(self) -> str:
        return f"{self.protocol} {self.service}"


# By the client's address and the real server's.
_Templates = dict[tuple[Hashable, Hashable], list[Connection]]


def waiting_connections(director: Node, *, enough: int = ENOUGH, bad: float = BAD) -> Iterator[Waiting]:
    """At most two of a service: of this host as a client, and of the others. Reads connections.

    With fewer than `enough` connections of a kind chance may be the cause. A real server is bad where a share of at
    least `bad` (0..1) of its connections waits.

    Raises NotCollected at the end where the list was not seen whole: what is not in it may wait as well.
    """
    groups: dict[str, list[Connection]] = {}
    templates: _Templates = {}
    for row in director.seen_rows("connections"):
        if row.is_template:
            templates.setdefault(_kept_by(row), []).append(row)
        elif row.protocol == "tcp":
            groups.setdefault(str(row.virtual), []).append(row)
    whole = director.unseen("connections") is None
    for rows in groups.values():
        own = [row for row in rows if _is_own(row)]
        others = [row for row in rows if not _is_own(row)]
        if own and all(map(_waits, own)):
            yield _of(Shape.OWN, own, own, (), templates, many=True)
        yield from _of_service(others, templates, Judgement(enough, bad, whole))
    if (absent := director.unseen("connections")) is not None:
        raise absent


@dataclass(frozen=True, slots=True)
class Judgement:
    """From how many connections on chance is no cause, from which share on a real server is bad, and whether the whole
    list was seen."""

    enough: int
    bad: float
    whole: bool


def _of_service(rows: Sequence[Connection], templates: _Templates, by: Judgement) -> Iterator[Waiting]:
    by_real: dict[str, list[Connection]] = {}
    for row in rows:
        by_real.setdefault(str(row.destination), []).append(row)
    bad = [row for of_real in by_real.values() if _share(of_real) >= by.bad for row in of_real]
    good = [row for of_real in by_real.values() if _share(of_real) < by.bad for row in of_real]
    waiting = [row for row in bad if _waits(row)]
    if not waiting:
        return
    if good:
        many = len(bad) >= by.enough and len(good) >= by.enough and _share(good) <= _GOOD
        if many or (len(waiting) == len(bad) and _share(good) == 0):
            yield _of(Shape.SOME, waiting, bad, good, templates, many=many)
        return
    # Who asked for SYN_RECV alone sees nothing else: of a part of the list "all" says nothing.
    many = by.whole and _share(bad) >= _ALL_BAD and all(2 * len(of_real) >= by.enough for of_real in by_real.values())
    if many or len(waiting) == len(bad):
        yield _of(Shape.ALL, waiting, bad, good, templates, many=many)


def _of(
    shape: Shape, waiting: Sequence[Connection], rows: Sequence[Connection], others: Sequence[Connection],
    templates: _Templates, *, many: bool,
) -> Waiting:  # fmt: skip
    reals = {str(row.destination): row.destination for row in waiting}
    kept = [row for key in dict.fromkeys(map(_kept_by, waiting)) for row in templates.get(key, ())]
    first = rows[0]
    return Waiting(
        first.protocol, first.virtual, shape, tuple(reals.values()), tuple(waiting), len(rows), tuple(others),
        tuple(kept), many,
    )  # fmt: skip


def _kept_by(row: Connection) -> tuple[Hashable, Hashable]:
    return row.client.ip or row.client.shown, row.destination.ip


def _is_own(row: Connection) -> bool:
    return row.client.ip is not None and row.client.ip == row.virtual.ip


def _share(rows: Sequence[Connection]) -> float:
    return sum(row.state == _SYN_RECV for row in rows) / len(rows)


def _waits(row: Connection) -> bool:
    """Has the last SYN been waiting for longer than any round trip?"""
    return row.state == _SYN_RECV and row.expires <= _TIMER - _ROUND_TRIP
