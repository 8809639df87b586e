"""The connections of IPVS, and the daemons that tell another director of them."""

from dataclasses import dataclass

from lvsdoctor.model.address import IP
from lvsdoctor.model.seen import Seen


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`ip` is None for a host name, `port` None for a service name we do not know; then `shown` keeps the text."""

    ip: IP | None
    port: int | None
    shown: str = ""

    def __str__(self) -> str:
        if self.ip is None or self.port is None:
            return self.shown
        return f"[{self.ip}]:{self.port}" if self.ip.version == 6 else f"{self.ip}:{self.port}"


@dataclass(frozen=True, slots=True)
class Connection:
    """One entry of the connection table (`ipvsadm -Lnc`): `protocol` in lower case, the seconds until it `expires`.

    `state` is the kernel's word (net/netfilter/ipvs/ip_vs_proto_tcp.c: tcp_state_name_table). `client`, `virtual` and
    `destination` are what ipvsadm calls source, virtual and destination.
    """

    protocol: str
    expires: int
    state: str
    client: Endpoint
    virtual: Endpoint
    destination: Endpoint
    seen: Seen

    @property
    def is_template(self) -> bool:
        """Is it no connection, but what persistence keeps of a client (ip_vs_core.c: ip_vs_sched_persist())?

        A template's client has port 0. One of a firewall mark has protocol IP, and the mark as its virtual address.
        """
        return self.client.port == 0 or self.protocol == "ip"

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What the entry is found by in the table (ip_vs_conn.c: ip_vs_conn_hashkey()), and its real server."""
        return self.protocol, str(self.client), str(self.virtual), str(self.destination)


@dataclass(frozen=True, slots=True)
class SyncDaemon:
    """`ipvsadm -L --daemon`: a thread that sends connections (`master`) or takes them in (`backup`).

    What older programs do not print is "", and 0 for a number.
    """

    state: str
    link: str
    syncid: int
    seen: Seen
    group: str = ""
    port: int = 0
