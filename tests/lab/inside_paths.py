"""Which way a request went, read in the guest: neighbour entries, and what a director's tables say of it.

Through netlink and /proc: the `ip` command would take 50 ms.
"""

import socket
import struct
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import IPv6Address, ip_address

_GETNEIGH, _DELNEIGH, _NUD_KEPT = 30, 29, 0xC0  # NUD_NOARP, NUD_PERMANENT: what `ip neigh flush` leaves alone
_NUD_NOARP = 0x40
_NDA_DST, _NDA_LLADDR = 1, 2
_NAMES = "/proc/thread-self/net/"


def family(six: bool) -> socket.AddressFamily:
    return socket.AF_INET6 if six else socket.AF_INET


def source_of(address: str) -> str:
    """The address from which this host asks there; empty where no route leads there."""
    with socket.socket(family(":" in address), socket.SOCK_DGRAM) as unsent, suppress(OSError):
        unsent.connect((address, 9))
        return str(unsent.getsockname()[0])
    return ""


# -- neighbour entries ------------------------------------------------------------------------------------------------


def flush_neighbours(six: bool) -> None:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as netlink:
        for head, attributes in list(_neighbours(netlink, six)):
            if not struct.unpack_from("=H", head, 8)[0] & _NUD_KEPT and _NDA_DST in attributes:
                address = attributes[_NDA_DST]
                entry = head + struct.pack("=HH", 4 + len(address), _NDA_DST) + address
                netlink.send(struct.pack("=IHHII", 16 + len(entry), _DELNEIGH, 5, 2, 0) + entry)
                netlink.recv(65536)


def neighbour(address: str) -> str | None:
    """The MAC that this host's neighbour entry names; empty where nobody answered, None without an entry."""
    wanted = ip_address(address).packed
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as netlink:
        macs = [
            attributes.get(_NDA_LLADDR, b"").hex(":")
            for head, attributes in _neighbours(netlink, ":" in address)
            # The host's own address has one, too, which names no host.
            if attributes.get(_NDA_DST) == wanted and not struct.unpack_from("=H", head, 8)[0] & _NUD_NOARP
        ]
    return max(macs, default=None)


def _neighbours(netlink: socket.socket, six: bool) -> Iterator[tuple[bytes, dict[int, bytes]]]:
    """Of each entry its struct ndmsg, and its attributes."""
    netlink.bind((0, 0))
    netlink.send(struct.pack("=IHHIIB11x", 28, _GETNEIGH, 0x301, 1, 0, family(six)))
    while True:
        data = netlink.recv(65536)
        while data:
            length, kind = struct.unpack_from("=IH", data)
            if kind in (2, 3):
                return
            if kind == 28:
                yield data[16:28], dict(_attributes(data[28:length]))
            data = data[(length + 3) & ~3 :]


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    while data:
        length, kind = struct.unpack_from("=HH", data)
        yield kind, data[4:length]
        data = data[(length + 3) & ~3 :]


# -- the director's tables --------------------------------------------------------------------------------------------


def chosen() -> dict[tuple[str, int], tuple[str, int]]:
    """Address and port of every client whose connection this director has scheduled: and of its real server."""
    with open(f"{_NAMES}ip_vs_conn") as file:
        rows = [line.split() for line in file.readlines()[1:]]
    return {(_address(row[1]), int(row[2], 16)): (_address(row[5]), int(row[6], 16)) for row in rows}


def choosable() -> set[tuple[str, int]]:
    """Address and port of every real server that this director lists with a weight.

    net/netfilter/ipvs/ip_vs_ctl.c: ip_vs_info_seq_show(), "  -> C0000215:0050      Route   1      0          0".
    """
    with open(f"{_NAMES}ip_vs") as file:
        rows = [line.split() for line in file if line.startswith("  -> ")][1:]
    places = (row[1].rpartition(":") for row in rows if row[3] != "0")
    return {(_address(address.strip("[]")), int(port, 16)) for address, _, port in places}


def _address(text: str) -> str:
    """net/netfilter/ipvs/ip_vs_conn.c: ip_vs_conn_seq_show()."""
    return str(IPv6Address(text)) if ":" in text else socket.inet_ntoa(bytes.fromhex(text))
