"""TCP connections that IPVS forgets while both ends still have them.

net/netfilter/ipvs/ip_vs_proto_tcp.c: the timer of an entry starts anew with each packet (tcp_state_transition()), and
after it a packet without SYN is not scheduled (tcp_conn_schedule()): the director's own stack resets it, or it is lost.
A keepalive of either end is such a packet, where the program asks for keepalives at all (SO_KEEPALIVE).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lvsdoctor.analysis.nat.translation import real_server
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.ipvs import Destination, Timeouts, VirtualService
from lvsdoctor.model.node import Node
from lvsdoctor.model.sysctl import Setting
from lvsdoctor.sanitize import command

KEEPALIVE_TIME = "net.ipv4.tcp_keepalive_time"
_KEEPALIVE = 7200  # include/net/tcp.h: TCP_KEEPALIVE_TIME
_TIMEOUT = 900  # net/netfilter/ipvs/ip_vs_proto_tcp.c: tcp_timeouts[IP_VS_TCP_S_ESTABLISHED]
# Clients of these keep connections, and leave them idle.
_LONG_LIVED = {
    22: "ssh", 389: "LDAP", 636: "LDAP", 1433: "SQL Server", 1521: "Oracle", 2379: "etcd", 3306: "MySQL",
    5432: "PostgreSQL", 5672: "AMQP", 6379: "Redis", 6443: "the API of Kubernetes", 9092: "Kafka", 27017: "MongoDB",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class IdleConnections:
    """A service of long connections whose idle ones IPVS forgets: `timeout` is up before a keepalive is due.

    `timeouts` is None where the kernel's default is taken for it. `real` is the real server that sends its keepalives
    late, `setting` what tells it; None where the kernel's default is taken for all whose settings were not seen.
    """

    service: VirtualService
    protocol: str
    timeout: int
    timeouts: Timeouts | None
    keepalive: int
    real: Destination | None
    setting: Setting | None


def idle_connections(director: Node) -> Iterator[IdleConnections]:
    """At most one for a service. Reads ipvs; ipvs-timeouts, addresses and sysctl of real servers where collected.

    Raises NotCollected at the end where a default would have to clear a service, or both numbers are not known.
    """
    rows = director.seen_rows("ipvs-timeouts") if director.has("ipvs-timeouts") else ()
    timeouts: Timeouts | None = rows[-1] if rows else None
    timeout = timeouts.tcp if timeouts is not None else _TIMEOUT
    lacking: NotCollected | None = None
    for service in director.services:
        if service.protocol != "tcp" or service.port not in _LONG_LIVED or not service.destinations:
            continue
        protocol = _LONG_LIVED[service.port]
        settings = [(real, _keepalive_of(director, real)) for real in service.destinations]
        known = [(real, setting) for real, setting in settings if setting is not None]
        real, latest = max(known, key=lambda pair: pair[1].value, default=(None, None))
        if latest is not None and latest.value >= timeout:
            yield IdleConnections(service, protocol, timeout, timeouts, latest.value, real, latest)
        elif timeouts is None:
            lacking = NotCollected("ipvs-timeouts", director.name)  # the default clears nobody
        elif len(known) < len(settings) and timeout <= _KEEPALIVE:
            yield IdleConnections(service, protocol, timeout, timeouts, _KEEPALIVE, None, None)
        elif len(known) < len(settings):
            lacking = NotCollected("sysctl", director.name, KEEPALIVE_TIME, command("sysctl", KEEPALIVE_TIME))
    if lacking is not None:
        raise lacking


def _keepalive_of(director: Node, real: Destination) -> Setting | None:
    """After how many idle seconds a real server sends its first keepalive; None where nobody saw it."""
    try:
        holder = real_server(director, real.ip) if real.ip is not None else None
    except NotCollected:  # which host has the address is not known
        return None
    if holder is None or not holder.has("sysctl") or not holder.knows_sysctl(KEEPALIVE_TIME):
        return None
    setting = holder.sysctl(KEEPALIVE_TIME)
    return setting if setting.is_number else None
