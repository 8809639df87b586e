"""The role that people give a host by the names of its files: director.iptables-S.txt."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.standing import Role, RoleEvidence

_DIRECTOR = re.compile(r"(?:.*[/._-])?(?:lvs[-_]?)?director[-_]?\d{0,3}[._-][^/]*", re.IGNORECASE)


def named_director(node: Node) -> RoleEvidence | None:
    """A host with a file that is called after the role, which shows neither its table nor its addresses: where these
    are, they tell."""
    if node.has("ipvs") or (node.has("addresses") and not node.planned):
        return None
    for seen in _beginnings(node.evidence.values()):
        if _DIRECTOR.fullmatch(seen.where):
            return RoleEvidence(Role.DIRECTOR, "so says the name of {file}", {"file": seen.where}, seen)
    return None


def _beginnings(facts: Iterable[Any]) -> Iterator[Seen]:
    """The line of a row of each fact."""
    for rows in facts:
        values = rows.values() if isinstance(rows, Mapping) else rows
        if isinstance(values, Iterable):
            row = next(iter(values), None)
            if isinstance(seen := getattr(row, "seen", None), Seen):
                yield seen
