"""The IPVS table: virtual services and their real servers."""

from dataclasses import dataclass, field
from enum import Enum

from lvsdoctor.model.address import IP
from lvsdoctor.model.seen import Seen


class Forwarding(Enum):
    """How a director hands a packet to a real server (include/uapi/linux/ip_vs.h: IP_VS_CONN_F_FWD_MASK)."""

    DR = "direct routing"
    TUN = "tunnelling"
    NAT = "masquerading"
    LOCAL = "local"
    BYPASS = "bypass"

    @property
    def keeps_destination(self) -> bool:
        """Does the packet reach the real server with the VIP still as its destination?"""
        return self in (Forwarding.DR, Forwarding.TUN)


@dataclass(frozen=True, slots=True)
class Counters:
    """Totals of `ipvsadm --stats`: connections, packets, bytes. Suffixed numbers (12K) are ipvsadm's rounding.

    Of `ipvsadm --rate` (the fact ipvs-rates) they are what the kernel's estimator has for each second.
    """

    connections: int
    packets_in: int
    packets_out: int
    bytes_in: int
    bytes_out: int


@dataclass(frozen=True, slots=True)
class Timeouts:
    """After how many idle seconds IPVS forgets a connection (`ipvsadm --set`): of TCP, of TCP after a FIN, of UDP."""

    tcp: int
    tcpfin: int
    udp: int
    seen: Seen


@dataclass(frozen=True, slots=True)
class Destination:
    """One real server of a virtual service (ipvsadm -r; the kernel's "dest").

    `ip` is None where the dump holds a name instead, which `shown` keeps. `forwarding` is None where the dump does not
    tell (--stats) and `method` keeps the word as shown (a dialect's FullNat has no Forwarding here). `asked_port` is
    what keepalived.conf says, where keepalived makes another port of it. `options` are as of a VirtualService.
    """

    ip: IP | None
    port: int | None
    seen: Seen
    shown: str = ""
    forwarding: Forwarding | None = None
    method: str = ""
    weight: int | None = None
    active: int | None = None
    inactive: int | None = None
    upper_threshold: int = 0
    lower_threshold: int = 0
    tunnel_type: str = "ipip"
    tunnel_port: int = 0
    counters: Counters | None = None
    asked_port: int | None = None
    options: tuple[tuple[str, Seen], ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class VirtualService:
    """One virtual service: `protocol` (tcp, udp, sctp) with VIP and port, or `fwmark`.

    `vip` is None for a fwmark service, and where the dump holds a name instead, which `shown` keeps. `port` 0 means
    all ports. `persistent` is the timeout in seconds, 0 for none. `flags` holds words such as ops, sched flags, pe.
    `marked` are the addresses that rules of the director give its mark, each with the rule's line (analysis/roles.py);
    None: not known, or it has no mark. `options` are the lines of a file that say scheduler, persistence, flags, method
    or weight, where these are lines of their own.
    """

    protocol: str
    vip: IP | None
    port: int | None
    seen: Seen
    shown: str = ""
    fwmark: int | None = None
    family: int = 4
    scheduler: str = ""
    persistent: int = 0
    netmask: str = ""
    flags: tuple[str, ...] = ()
    destinations: tuple[Destination, ...] = ()
    counters: Counters | None = None
    marked: tuple[tuple[IP, Seen], ...] | None = field(default=None, compare=False)
    options: tuple[tuple[str, Seen], ...] = field(default=(), compare=False)

    @property
    def vips(self) -> tuple[tuple[IP, Seen], ...]:
        """Its VIP, or those that its mark stands for, each with the line that tells."""
        return ((self.vip, self.seen),) if self.vip is not None else self.marked or ()

    @property
    def version(self) -> int:
        """Of IP: its VIP's, or that of what its mark is for."""
        return self.family if self.vip is None else self.vip.version

    def serves(self, ip: IP) -> bool:
        """Is it a VIP of this service?"""
        return any(ip == vip for vip, _ in self.vips)

    @property
    def key(self) -> tuple[str, str, int | None]:
        """What makes two rows the same service (net/netfilter/ipvs/ip_vs_ctl.c: __ip_vs_service_find())."""
        return self.protocol, str(self.vip or self.shown), self.port if self.fwmark is None else self.fwmark

    @property
    def mark_name(self) -> str:
        """A firewall mark as ipvsadm lists it: `FWM 1`, `FWM 1 IPv6`."""
        return f"FWM {self.fwmark} IPv6" if self.family == 6 else f"FWM {self.fwmark}"

    def __str__(self) -> str:
        if self.vip is None:
            return self.shown
        vip = f"[{self.vip}]" if self.vip.version == 6 else str(self.vip)
        return f"{self.protocol} {vip}:{self.port}"
