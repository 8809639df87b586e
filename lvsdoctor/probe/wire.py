"""A packet socket on one link.

Not scapy's: those ask libpcap for a filter, and would make the link promiscuous on the way.
"""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from errno import ENETDOWN, ENODEV, ENXIO
from types import TracebackType

from lvsdoctor.probe.filter import attach

ARP, IPV4, IPV6 = 0x0806, 0x0800, 0x86DD  # include/uapi/linux/if_ether.h
_LONGEST = 1 << 16
_AT_ONCE = 1000  # frames: a flood must not keep anybody from looking at the clock
_NEEDS = "probing needs the capability CAP_NET_RAW"


class CannotProbe(Exception):
    """The wire cannot be asked; the message says why, in a sentence without its full stop."""


class Wire:
    """Sends whole frames on a link, and hears those of one protocol that this host did not send itself.

    It stays in the network namespace in which it was opened. Raises CannotProbe.
    """

    def __init__(self, link: str, protocol: int, accept: bytes = b"") -> None:
        self.link = link
        try:
            # Protocol 0 hears nothing: nothing can slip in between here and the filter.
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0)
        except PermissionError:
            raise CannotProbe(_needs()) from None
        try:
            self._socket.setblocking(False)
            with suppress(OSError):  # the kernel's limit is lower: then less of a burst is kept
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            if accept:
                attach(self._socket, accept)
            self._socket.bind((link, protocol))
        except OSError as problem:
            self._socket.close()
            raise CannotProbe(f"{link} cannot be opened: {problem.strerror}") from None

    def __enter__(self) -> "Wire":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def fileno(self) -> int:
        return self._socket.fileno()

    def send(self, frame: bytes) -> None:
        """Raises CannotProbe if the link went away or down."""
        try:
            self._socket.send(frame)
        except OSError as problem:
            raise CannotProbe(f"{self.link} takes no frame: {problem.strerror}") from None

    def received(self) -> Iterator[tuple[bytes, float]]:
        """The frames that are waiting, and when each was taken (time.monotonic)."""
        for _ in range(_AT_ONCE):
            try:
                frame, sender = self._socket.recvfrom(_LONGEST)
            except BlockingIOError:
                return
            except OSError as problem:
                if problem.errno in (ENETDOWN, ENXIO, ENODEV):
                    raise CannotProbe(f"{self.link} went down while it was listened to") from None
                raise
            # To another host: a VLAN's that this host has no link for (net/core/dev.c: __netif_receive_skb_core()).
            if sender[2] not in (socket.PACKET_OUTGOING, socket.PACKET_OTHERHOST):
                yield frame, time.monotonic()


def _needs() -> str:
    """How to come by the capability, without giving it to every Python script of the host."""
    if os.geteuid() == 0:
        return f"{_NEEDS}, which root has not got here: a container gets it with --cap-add NET_RAW"
    lent = f"--reuid {os.getuid()} --regid {os.getgid()} --init-groups --inh-caps=+net_raw --ambient-caps=+net_raw"
    return f"{_NEEDS}: run it with sudo, or lend it that alone: sudo setpriv {lent} lvsdoctor ..."
