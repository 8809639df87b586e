"""Sockets from /proc/net, held against what dumps of the same namespace give."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.collect.errors import CannotSee
from lvsdoctor.collect.live import procfs
from lvsdoctor.collect.live.node import collect_live
from lvsdoctor.collect.live.sockets_live import FILES, sockets
from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.socket import Socket, SocketTable
from lvsdoctor.parse.paste.stream import pieces

OPEN = """
import socket as s
made = []
def waits(family, kind, address, port, v6only=None, link=""):
    made.append(s.socket(family, kind))
    if v6only is not None:
        made[-1].setsockopt(s.IPPROTO_IPV6, s.IPV6_V6ONLY, v6only)
    if link:
        made[-1].setsockopt(s.SOL_SOCKET, s.SO_BINDTODEVICE, link.encode())
    made[-1].bind((address, port))
    if kind == s.SOCK_STREAM:
        made[-1].listen()
waits(s.AF_INET, s.SOCK_STREAM, "192.0.2.21", 80)
waits(s.AF_INET, s.SOCK_STREAM, "0.0.0.0", 81)
waits(s.AF_INET6, s.SOCK_STREAM, "::", 82, 0)
waits(s.AF_INET6, s.SOCK_STREAM, "::", 83, 1)
waits(s.AF_INET6, s.SOCK_STREAM, "2001:db8::21", 84)
waits(s.AF_INET6, s.SOCK_STREAM, "::ffff:192.0.2.21", 85)
waits(s.AF_INET, s.SOCK_DGRAM, "0.0.0.0", 5353)
waits(s.AF_INET, s.SOCK_DGRAM, "192.0.2.21", 53)
waits(s.AF_INET6, s.SOCK_DGRAM, "::", 54, 0)
waits(s.AF_INET, s.SOCK_STREAM, "0.0.0.0", 86, link="lo")
for family, kind, loopback in ((s.AF_INET, s.SOCK_STREAM, "127.0.0.1"), (s.AF_INET6, s.SOCK_STREAM, "::1"),
                               (s.AF_INET, s.SOCK_DGRAM, "127.0.0.1")):
    waits(family, kind, loopback, 87)
made.append(s.create_connection(("192.0.2.21", 80)))
print("open", flush=True)
input()
"""
LISTS = ("ss -lntup", "ss -antu", "netstat -lntup", "netstat -lntuW")


@pytest.fixture(scope="module")
def namespace(new_namespace: Callable[[], Any]) -> Iterator[Any]:
    namespace = new_namespace()
    namespace.ip("link", "set", "lo", "up")
    namespace.ip("addr", "add", "192.0.2.21/32", "dev", "lo")
    namespace.ip("addr", "add", "2001:db8::21/128", "dev", "lo", "nodad")
    words = ("ip", "netns", "exec", namespace.name, sys.executable, "-c", OPEN)
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        yield namespace
        holder.communicate("\n")


@pytest.fixture(scope="module")
def live(namespace: Any) -> Node:
    return collect_live(namespace.name)


def dumped(text: str, where: str = "dump.txt") -> SocketTable:
    (node,) = nodes_of(NodeDump(piece, "rs1", "rs1", where) for piece in pieces(text, where))
    assert node.partial("sockets") is None
    table: SocketTable = node.evidence["sockets"]
    return table


def bare(table: SocketTable) -> set[Socket]:
    return {replace(socket, seen=Seen("", None, ""), process="") for socket in table.sockets}


def test_a_live_scan_tells_what_the_files_of_proc_tell(namespace: Any, live: Node) -> None:
    paths = [f"/proc/net/{name}" for name in FILES]
    text = namespace.run("cat", *paths)
    assert bare(live.evidence["sockets"]) == bare(dumped(f"[root@rs1 ~]# cat {' '.join(paths)}\n{text}"))
    assert live.evidence["sockets"].shown == frozenset(FILES.values())
    assert len(live.evidence["sockets"].sockets) == 13


def test_a_socket_quotes_the_line_of_its_file(live: Node) -> None:
    (socket,) = [row for row in live.evidence["sockets"].sockets if row.port == 80]
    assert socket.seen.where == "/proc/net/tcp"
    assert ": 150200C0:0050 00000000:0000 0A " in socket.seen.text or sys.byteorder == "big"


@pytest.mark.parametrize("command", LISTS)
def test_a_live_scan_tells_what_the_lists_tell(namespace: Any, live: Node, command: str) -> None:
    program = command.split()[0]
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    table = dumped(f"[root@rs1 ~]# {command}\n{namespace.run(*command.split())}")
    known = {(row.protocol, row.ip, row.port, row.family) for row in live.evidence["sockets"].sockets}
    assert {(row.protocol, row.ip, row.port, row.family) for row in table.sockets} == known
    assert table.shown == live.evidence["sockets"].shown


def test_ss_tells_what_proc_does_not(namespace: Any) -> None:
    if shutil.which("ss") is None:
        pytest.skip("ss is not installed")
    table = dumped(f"[root@rs1 ~]# ss -lntu\n{namespace.run('ss', '-lntu')}")
    assert {row.port: row.v6only for row in table.sockets if row.wildcard and row.family == 6} == {
        82: False, 83: True, 54: False,
    }  # fmt: skip
    assert [row.port for row in table.sockets if row.link == "lo"] == [86]


def test_a_kernel_without_ipv6_has_no_socket_of_it(monkeypatch: pytest.MonkeyPatch, live: Node) -> None:
    read = procfs.read
    monkeypatch.setattr(procfs, "read", lambda path: None if path.endswith("6") else read(path))
    table = sockets()
    assert table.shown == frozenset(FILES.values())
    assert {row.family for row in table.sockets} <= {4}


def test_a_file_that_is_not_understood_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(procfs, "read", lambda path: "something else")
    with pytest.raises(CannotSee, match="/proc/net/tcp was not understood"):
        sockets()
    monkeypatch.setattr(procfs, "NET", Path("/nowhere"))
    with pytest.raises(CannotSee, match="/proc is not mounted"):
        sockets()
