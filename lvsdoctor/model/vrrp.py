"""VRRP: what a keepalived.conf says of an instance, and what the instance adds while it is master."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lvsdoctor.model.address import IP, Address
from lvsdoctor.model.route import Route
from lvsdoctor.model.seen import Seen

OWNER = 255  # vrrp.h: VRRP_PRIO_OWNER, the priority of the address owner
USUAL_PRIORITY = 100  # vrrp.h: VRRP_PRIO_DFL
REMOVED = "<removed>"  # in the place of a password that was taken out before the file came here


@dataclass(frozen=True, slots=True)
class Vmac:
    """`use_vmac`: a macvlan `name` on `parent` with the virtual router's MAC, which holds the VIPs."""

    name: str
    parent: str
    mac: str
    seen: Seen


@dataclass(frozen=True, slots=True)
class VrrpInstance:
    """One vrrp_instance (keepalived.conf(5)). `seen` is its opening line, `lines` the line of each word that it holds
    ("priority", "virtual_router_id", "auth_pass", ...), so that a rule can quote the one that matters.

    `priority` and `advert_int` (seconds) are what keepalived takes where nothing is said. `auth` is the type with the
    password, of which eight characters count (or REMOVED), "" for none. `peers` are those of unicast_peer, None for
    multicast.
    `accept`: it takes packets that are sent to its VIPs, `ignores_vips`: skip_check_adv_addr.
    """

    name: str
    seen: Seen
    link: str
    router_id: int | None
    starts_as_master: bool = False
    priority: int = USUAL_PRIORITY
    advert_int: float = 1.0
    version: int = 2
    nopreempt: bool = False
    strict: bool = False
    accept: bool = True
    ignores_vips: bool = False
    auth: str = ""
    peers: frozenset[IP] | None = None
    source: IP | None = None
    addresses: tuple[Address, ...] = ()
    excluded: tuple[Address, ...] = ()
    routes: tuple[Route, ...] = ()
    vmac: Vmac | None = None
    family: int = 4
    lines: Mapping[str, Seen] = field(default_factory=dict)

    @property
    def brings_up(self) -> tuple[Address, ...]:
        """All that it adds as master: those that its adverts name, and those of virtual_ipaddress_excluded."""
        return self.addresses + self.excluded

    @property
    def vips(self) -> frozenset[IP]:
        return frozenset(address.ip for address in self.brings_up)

    def line(self, *words: str) -> Seen:
        """The line of the first of these words that it holds, else its opening line."""
        return next((self.lines[word] for word in words if word in self.lines), self.seen)
