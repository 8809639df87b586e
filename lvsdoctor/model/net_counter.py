"""What the network stack of a host has counted."""

from dataclasses import dataclass

from lvsdoctor.model.seen import Seen


@dataclass(frozen=True, slots=True)
class NetCounter:
    """A counter of /proc/net/snmp, snmp6 or netstat, under the name that nstat(8) gives it ("TcpExtListenDrops").

    `value` counts since the boot; `since_last` those since the last run of nstat alone, which is its default.
    """

    name: str
    value: int
    seen: Seen
    since_last: bool = False
