"""The socket: where a dump ends, what the kernel's errors become, and what an interrupted dump means."""

import os
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from lvsdoctor.collect.live import netlink_socket
from lvsdoctor.collect.live.netlink_socket import Netlink

DONE, ERROR, ROW, INTERRUPTED = 3, 2, 16, 0x10


class Note(dict):  # type: ignore[type-arg]
    """A message class that keeps its bytes."""

    def __init__(self, data: bytes = b"") -> None:
        super().__init__(header={})
        self.data = data

    def encode(self) -> None:
        self.data = b"request"

    def decode(self) -> None: ...


def part(kind: int, body: bytes = b"", flags: int = 2, sequence: int = 1) -> bytes:
    return (struct.pack("=IHHII", 16 + len(body), kind, flags, sequence, 0) + body).ljust(
        16 + len(body) + 3 & ~3, b"\0"
    )


def dump(monkeypatch: pytest.MonkeyPatch, *datagrams: bytes, truncated: int = 0) -> tuple[list[bytes], Netlink]:
    class Scripted:
        answers: Iterator[bytes] = iter(datagrams)

        def __getattr__(self, _: str) -> Any:
            return lambda *_: None

        def recvmsg(self, _: int) -> tuple[bytes, list[Any], int, None]:
            return next(self.answers), [], truncated, None

    monkeypatch.setattr(socket, "socket", lambda *_: Scripted())
    asking = Netlink(netlink_socket.ROUTE)
    return [row.data[16:] for row in asking.dump(18, Note)], asking


def test_a_dump_goes_on_over_datagrams_until_it_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, _ = dump(monkeypatch, part(ROW, b"one") + part(ROW, b"four"), part(ROW, b"x") + part(DONE, b"\0" * 4))
    assert rows == [b"one", b"four", b"x"]


def test_answers_to_somebody_else_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, _ = dump(monkeypatch, part(ROW, b"theirs", sequence=9) + part(ROW, b"ours") + part(DONE, b"\0" * 4))
    assert rows == [b"ours"]


def test_the_kernels_no_is_a_permission_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PermissionError):
        dump(monkeypatch, part(ERROR, struct.pack("=i", -1)))


def test_an_error_may_stand_at_the_end_of_a_dump(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OSError, match="No buffer space"):
        dump(monkeypatch, part(ROW) + part(DONE, struct.pack("=i", -105)))


def test_a_message_that_was_cut_off_is_not_half_read(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OSError, match="larger than the buffer"):
        dump(monkeypatch, part(ROW), truncated=socket.MSG_TRUNC)


def test_a_table_that_changes_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    once = part(ROW, b"half", flags=INTERRUPTED) + part(DONE, b"\0" * 4, flags=INTERRUPTED)
    rows, asking = dump(monkeypatch, once, part(ROW, b"whole", sequence=2) + part(DONE, b"\0" * 4, sequence=2))
    assert (rows, asking.interrupted) == ([b"whole"], False)


def test_a_table_that_never_stands_still_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    tries = [part(ROW, b"?", 2 | INTERRUPTED, number) + part(DONE, b"\0" * 4, 2, number) for number in (1, 2, 3)]
    rows, asking = dump(monkeypatch, *tries)
    assert (rows, asking.interrupted) == ([b"?"], True)


def in_a_new_python(script: str) -> None:
    path = os.pathsep.join(filter(None, sys.path))
    subprocess.run([sys.executable, "-c", script], check=True, env={**os.environ, "PYTHONPATH": path})


def test_a_live_scan_imports_little_of_pyroute2_and_leaves_no_trace() -> None:
    in_a_new_python("""if True:
        import sys
        from lvsdoctor.collect.live.node import collect_live
        assert collect_live().has("links")
        assert "asyncio" not in sys.modules, "pyroute2's sockets were imported"
        assert not [name for name in sys.modules if name.startswith("pyroute2")]
        from pyroute2 import IPRoute
        IPRoute().close()
    """)


def test_a_pyroute2_that_somebody_uses_is_left_alone() -> None:
    in_a_new_python("""if True:
        import sys
        from pyroute2 import IPRoute
        with IPRoute() as route:
            before = route.get_links()[0].get_attr("IFLA_ADDRESS")
        modules = {name: module for name, module in sys.modules.items() if name.startswith("pyroute2")}
        from lvsdoctor.collect.live.node import collect_live
        assert collect_live().links[0].mac == before
        assert modules == {name: module for name, module in sys.modules.items() if name.startswith("pyroute2")}
        with IPRoute() as route:
            assert route.get_links()[0].get_attr("IFLA_ADDRESS") == before
    """)
