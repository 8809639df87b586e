"""What lists of sockets claim: which sockets wait for requests, by protocol and family.

Programs open sockets for themselves at ports of net.ipv4.ip_local_port_range, which begins at 32768 unless a host
says otherwise: they come and go, and no two lists have the same.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from lvsdoctor.collect.claim_groups import Claims, Group, Item, RowPart
from lvsdoctor.model.socket import Socket, SocketTable

_DIFFERENT = "different sockets of {protocol} and IPv{family} are shown"
_EPHEMERAL = 32768


def by_family(tables: Sequence[SocketTable]) -> Iterator[SocketTable]:
    """The tables in parts, each of the sockets of one protocol and family. Those whose line does not tell the family
    are a part of their own."""
    for table in tables:
        keys = dict.fromkeys([*sorted(table.shown), *((row.protocol, row.family) for row in table.sockets)])
        for key in keys:
            rows = tuple(row for row in table.sockets if (row.protocol, row.family) == key)
            yield replace(table, sockets=rows, shown=table.shown & {key})


def socket_table_key(table: SocketTable) -> Hashable:
    """Of which protocol and family a part is."""
    for row in table.sockets:
        return row.protocol, row.family
    return next(iter(table.shown), None)


def socket_claims(tables: Sequence[SocketTable], facts: Mapping[str, Any], whole: bool) -> Claims:
    """Of each protocol and family the sockets that last. All are shown, unless a line of the protocol leaves a family,
    an address or a port open."""
    claims: Claims = {}
    parts = list(by_family(tables))
    vague = {row.protocol for part in parts for row in part.sockets if not _exact(row)}
    for part in parts:
        key = socket_table_key(part)
        if isinstance(key, tuple) and key[1] is not None:
            protocol, family = key
            closed = whole and key in part.shown and protocol not in vague
            group = claims.setdefault(key, Group(_DIFFERENT, {"protocol": protocol, "family": str(family)}, closed))
            rows = [row for row in part.sockets if _exact(row) and (row.port or 0) < _EPHEMERAL]
            group.items |= {RowPart(key, (row.ip, row.port)): Item(row.seen) for row in rows}
    return claims


def _exact(row: Socket) -> bool:
    return row.family is not None and row.ip is not None and row.port is not None and row.other_order is None
