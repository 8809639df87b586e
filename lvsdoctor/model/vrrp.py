"""VRRP: what a keepalived.conf says of an instance, beside the addresses that it adds."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lvsdoctor.model.address import IP, Address
from lvsdoctor.model.seen import Seen


@dataclass(frozen=True, slots=True)
class VrrpInstance:
    """One vrrp_instance (keepalived.conf(5)). `seen` is its opening line, `lines` the line of each word that it holds
    ("priority", "virtual_router_id", "auth_pass", ...), so that a rule can quote the one that matters.

    `priority` and `advert_int` (seconds) are keepalived's defaults where nothing is said (100 and 1.0). `auth` is the
    type with the password, "" for none. `peers` are those of unicast_peer, None for multicast.
    """

    name: str
    seen: Seen
    link: str
    router_id: int | None
    starts_as_master: bool = False
    priority: int = 100
    advert_int: float = 1.0
    version: int = 2
    nopreempt: bool = False
    strict: bool = False
    accept: bool = True
    auth: str = ""
    peers: frozenset[IP] | None = None
    source: IP | None = None
    addresses: tuple[Address, ...] = ()
    excluded: tuple[Address, ...] = ()
    lines: Mapping[str, Seen] = field(default_factory=dict)

    @property
    def family(self) -> int:
        """keepalived takes it from the first virtual address (vrrp_parser.c: vrrp_vip_handler())."""
        return self.addresses[0].ip.version if self.addresses else 4
