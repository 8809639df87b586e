"""A netlink socket that can only ask: every request is a dump, nothing is changed, no kernel module is loaded.

pyroute2 has sockets too, but they bring asyncio along (100 ms of start-up), and a plain socket stays in the network
namespace that it was opened in.
"""

import os
import socket
import struct
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Protocol

ROUTE, NETFILTER, GENERIC = 0, 12, 16  # include/uapi/linux/netlink.h
REQUEST_DUMP = 0x301  # NLM_F_REQUEST | NLM_F_DUMP
DUMP_INTERRUPTED = 0x10  # NLM_F_DUMP_INTR: the table changed while it was dumped
ERROR, DONE = 2, 3
HEADER = struct.Struct("=IHHII")
BUFFER = 1 << 18  # a link with many virtual functions makes a message far larger than a page
SECONDS = 10


class Message(Protocol):
    """A decoded message, or an attribute that holds others: header fields by key, attributes by name."""

    def __getitem__(self, field: str) -> Any: ...

    def get_attr(self, name: str, default: Any = None) -> Any: ...


class Netlink:
    """A socket in the network namespace of the thread that opens it. Every method may raise OSError."""

    def __init__(self, protocol: int) -> None:
        family, close_on_exec = getattr(socket, "AF_NETLINK"), getattr(socket, "SOCK_CLOEXEC")  # noqa: B009
        self._socket = socket.socket(family, socket.SOCK_RAW | close_on_exec, protocol)
        self._socket.settimeout(SECONDS)
        self._socket.bind((0, 0))
        self._sequence = 0
        self.interrupted = False

    def __enter__(self) -> "Netlink":
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self._socket.close()

    def dump(self, kind: int, message: Any, **fields: Any) -> list[Any]:
        """All messages of one table. `kind` is the request's type, `message` the class of request and answers.

        A table that changes meanwhile is asked again; after the third time `interrupted` is set and stays so.
        """
        for _ in range(3):
            answers, interrupted = self._dump_once(kind, message, fields)
            if not interrupted:
                return answers
        self.interrupted = True
        return answers

    def _dump_once(self, kind: int, message: Any, fields: dict[str, Any]) -> tuple[list[Any], bool]:
        self._sequence += 1
        request = message()
        request["header"].update(type=kind, flags=REQUEST_DUMP, sequence_number=self._sequence)
        for name, value in fields.items():
            request[name] = value
        request.encode()
        self._socket.send(bytes(request.data))
        answers, interrupted = [], False
        for flags, data in self._answers():
            interrupted = interrupted or bool(flags & DUMP_INTERRUPTED)
            if data:
                answer = message(data)
                answer.decode()
                answers.append(answer)
        return answers, interrupted

    def _answers(self) -> Iterator[tuple[int, bytes]]:
        """Flags and bytes of each message up to the end of the dump, which has none. The kernel's error is raised."""
        while True:
            data, _, received, _ = self._socket.recvmsg(BUFFER)
            if received & socket.MSG_TRUNC:
                raise OSError("netlink sent a message larger than the buffer")
            while len(data) >= HEADER.size:
                length, kind, flags, sequence, _ = HEADER.unpack_from(data)
                body, data = data[:length], data[max(length + 3 & ~3, HEADER.size) :]
                if sequence != self._sequence:
                    continue
                if kind not in (ERROR, DONE):
                    yield flags, body
                    continue
                (code,) = struct.unpack_from("=i", body, HEADER.size) if len(body) >= HEADER.size + 4 else (0,)
                if code < 0:
                    raise OSError(-code, os.strerror(-code))
                yield flags, b""
                return
