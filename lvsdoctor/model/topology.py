"""The cluster as a picture shows it: hosts on a segment, VIPs, who forwards what to whom, and who answers ARP.

Plain words and addresses as text: a report draws this and computes nothing. analysis/topology/ makes it from nodes.
"""

from dataclasses import dataclass
from enum import StrEnum


class Part(StrEnum):
    """What a host is in the picture. router: the default gateway of a director or a real server, and neither itself."""

    CLIENTS = "clients"
    ROUTER = "router"
    DIRECTOR = "director"
    REAL_SERVER = "real-server"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Host:
    """One box. `scanned`: a node of the scan, under its name; others are known from somebody else's lines alone.

    `addresses` are its own, without VIPs; `gateway_of` names the hosts that have it for their default gateway.
    """

    name: str
    part: Part
    addresses: tuple[str, ...] = ()
    scanned: bool = False
    gateway_of: tuple[str, ...] = ()


class Answering(StrEnum):
    """Would a host answer an ARP request (or solicitation) for a VIP, by the kernel model?"""

    ANSWERS = "answers"
    SILENT = "silent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Holder:
    """A host that holds a VIP: on which link, whether it answers for it, whether it should, and why, in words.

    `answers_on` are the links on which it does. `link` is empty for a host that answers by proxy, or of which nobody
    collected the addresses.
    """

    host: str
    vip: str
    link: str
    answering: Answering
    should: bool
    why: str = ""
    answers_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Forwards:
    """`director` sends what comes for `service` (`tcp 192.0.2.10:80`) to `real_server` by `method` (DR, TUN, NAT).

    `method` is LOCAL for a director that is its own real server, and empty where the dump does not tell; `vip` is
    empty for a firewall mark.
    """

    director: str
    real_server: str
    service: str
    vip: str
    method: str
    weight: int | None = None


@dataclass(frozen=True, slots=True)
class Cluster:
    """Everything the picture shows; empty where nothing was known. `left_out`: VIPs there are besides."""

    hosts: tuple[Host, ...] = ()
    vips: tuple[str, ...] = ()
    holders: tuple[Holder, ...] = ()
    forwards: tuple[Forwards, ...] = ()
    left_out: int = 0
