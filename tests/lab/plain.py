"""A Node as plain values, to be sent out of the guest as JSON and compared: everything it says, not where it was seen.

Nothing is flattened so far that two different things look the same: an address is not its text, a set is no list, and
a fact that was not collected is no empty one.
"""

from collections.abc import Mapping, Set
from dataclasses import fields, is_dataclass
from enum import Enum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any

from lvsdoctor.model.facts import COLLECTED_BY, Undeclared
from lvsdoctor.model.node import Node

_IPS = (IPv4Address, IPv6Address, IPv4Network, IPv6Network)
NOT_COLLECTED, UNDECLARED = {"fact": "not collected"}, {"fact": "undeclared"}
# `standing` is what the scan as a whole says of a node, not what the node says.
_APART = ("evidence", "unread", "standing")


def plain(value: Any) -> Any:
    """Any value of the model, in JSON's own types."""
    if value is None or isinstance(value, bool | int | float) or type(value) is str:
        return value
    if isinstance(value, Enum):
        return {type(value).__name__: value.name}
    if isinstance(value, _IPS):
        return {type(value).__name__: str(value)}
    if isinstance(value, Node):
        return {"evidence": _evidence(value), "unread": [seen.text for seen in value.unread], **_fields(value)}
    if is_dataclass(value) and not isinstance(value, type):
        return {"noun": type(value).__name__, **_fields(value)}
    if isinstance(value, Mapping):
        return {"mapping": {str(key): plain(value[key]) for key in sorted(value)}}
    if isinstance(value, Set):
        return {"set": sorted(map(plain, value))}
    if isinstance(value, tuple):
        return [plain(each) for each in value]
    raise TypeError(f"the model holds no {type(value).__name__}: {value!r}")


def _fields(value: Any) -> dict[str, Any]:
    left_out = {"seen", *(_APART if isinstance(value, Node) else ())}
    names = [field.name for field in fields(value) if not field.name.startswith("_") and field.name not in left_out]
    return {name: plain(getattr(value, name)) for name in names}


def _evidence(node: Node) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for fact in COLLECTED_BY:
        if fact == "memberships":  # of the scan, too
            continue
        try:
            found[fact] = plain(node.evidence[fact]) if node.has(fact) else NOT_COLLECTED
        except Undeclared:
            found[fact] = UNDECLARED
    return found
