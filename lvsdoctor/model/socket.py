"""Sockets that wait for requests: what `ss -lntup` lists."""

from dataclasses import dataclass

from lvsdoctor.model.address import IP
from lvsdoctor.model.seen import Seen


@dataclass(frozen=True, slots=True)
class Socket:
    """A socket that takes new requests: it listens (tcp, sctp), or is unconnected (udp).

    `ip` is 0.0.0.0 or :: for the wildcard address. None: the list has a name, or a part of the address; `port` is None
    for a name. `family` is None where the list does not tell: `*:80` is the wildcard of IPv4, or of both families.
    `link` is the interface that the socket is bound to, "" for none, None where the list never shows it. `v6only` is
    None where that is not known. `other_order` is the address if the host is big-endian and the list does not tell.
    `user` is the number of the user that it is of, where the list shows it.
    """

    protocol: str
    ip: IP | None
    port: int | None
    seen: Seen
    family: int | None = None
    link: str | None = None
    v6only: bool | None = None
    state: str = ""
    process: str = ""
    other_order: IP | None = None
    user: int | None = None

    @property
    def wildcard(self) -> bool:
        return self.ip is not None and self.ip.is_unspecified

    def __str__(self) -> str:
        host = "?" if self.ip is None else f"[{self.ip}]" if self.ip.version == 6 else str(self.ip)
        return f"{host}:{'?' if self.port is None else self.port}"


@dataclass(frozen=True, slots=True)
class SocketTable:
    """Sockets, and of which protocols and families all are `shown`: ("tcp", 4), ("tcp", 6), ("udp", 4), ...

    `ss -lnt` shows all of tcp, and says nothing of udp.
    """

    sockets: tuple[Socket, ...] = ()
    shown: frozenset[tuple[str, int]] = frozenset()
