"""A node's standing in the cluster: its roles, the VIPs that are its business, who lists it as a real server."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from lvsdoctor.language import filled
from lvsdoctor.model.address import IP
from lvsdoctor.model.ipvs import Destination, Forwarding, VirtualService
from lvsdoctor.model.seen import Seen

if TYPE_CHECKING:
    from lvsdoctor.model.node import Node


class Role(StrEnum):
    """client: a host that only asked for the others (`scan --probe`)."""

    DIRECTOR = "director"
    REAL_SERVER = "real-server"
    CLIENT = "client"


@dataclass(frozen=True, slots=True)
class RoleEvidence:
    """A role and what told it: a template of plain words with its `fields`, and the line, if one line told."""

    role: Role
    reason: str
    fields: Mapping[str, str] = field(default_factory=dict)
    seen: Seen | None = None

    @property
    def why(self) -> str:
        return filled(self.reason, self.fields)


@dataclass(frozen=True, slots=True)
class Vip:
    """A VIP that a real server has to carry and to keep quiet about (DR, TUN), and the line that told it is one."""

    ip: IP
    seen: Seen


@dataclass(frozen=True, slots=True)
class Membership:
    """`director` lists this node as `destination` of `service`."""

    service: VirtualService
    destination: Destination
    director: "Node"

    @property
    def forwarding(self) -> Forwarding | None:
        return self.destination.forwarding


@dataclass(frozen=True, slots=True)
class Standing:
    """What the scan as a whole says of a node (by analysis/roles.py). `peers` are the other nodes of the scan.

    `undecided` names the facts without which no role could be told, `unsettled` the nodes whose addresses would tell
    whether a VIP that this node directs itself is sent here as well, and `unmarked` the directors that send requests of
    a firewall mark here of which no rule tells the addresses. `nameless`: its files prepare
    it for a VIP, and nothing says for which.
    """

    roles: tuple[RoleEvidence, ...] = ()
    vips: tuple[Vip, ...] = ()
    needless_vips: tuple[Vip, ...] = ()
    memberships: tuple[Membership, ...] | None = None
    peers: Sequence["Node"] = ()
    undecided: frozenset[str] = frozenset()
    unsettled: frozenset[str] = frozenset()
    unmarked: frozenset[str] = frozenset()
    nameless: bool = False


# Of a node that nobody has looked at beside others.
ALONE = Standing()
