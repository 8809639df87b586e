"""The sockets of this host that listen, from /proc/net: sock_diag, which `ss` asks, would load modules."""

from lvsdoctor.collect.errors import CannotSee
from lvsdoctor.collect.live import procfs
from lvsdoctor.model.socket import Socket, SocketTable
from lvsdoctor.parse.proc_net_sockets import of_this_host, waiting_lines

FILES = {"tcp": ("tcp", 4), "tcp6": ("tcp", 6), "udp": ("udp", 4), "udp6": ("udp", 6)}


def sockets() -> SocketTable:
    """The sockets of tcp and udp that take new requests. Raises CannotSee.

    A kernel without IPv6 has no file for it, and no socket either. A kernel has IPv4, so its files must be there.
    """
    if not procfs.mounted():
        raise CannotSee("The sockets could not be read: /proc is not mounted; mount it or see ss -lntup.")
    rows: list[Socket] = []
    for name, (protocol, family) in FILES.items():
        text, path = procfs.read(f"{procfs.NET}/{name}"), f"/proc/net/{name}"
        if text is None and family == 6:
            continue
        table = None if text is None else of_this_host(path, waiting_lines(text, protocol))
        if table is None:
            raise CannotSee(f"The sockets could not be read: {path} was not understood; see ss -lntup.")
        rows += table.sockets
    return SocketTable(tuple(rows), frozenset(FILES.values()))
