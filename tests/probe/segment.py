"""A segment of real hosts: network namespaces whose eth0 hang on one bridge, made by root and gone afterwards.

Nothing leaves the bridge, which is in a namespace of its own.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.collect.live.netns import inside
from lvsdoctor.model.node import Node
from lvsdoctor.parse.paste.stream import pieces
from lvsdoctor.probe.wire import ARP, IPV4, IPV6

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0  # seconds; what is waited for is there at once when nothing is wrong
ETH_P_ALL = 3  # include/uapi/linux/if_ether.h
VIP = "192.0.2.10"
VIP6 = "2001:db8::10"
SILENT = ("sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2",)
DUMPS = {
    "ip-addr": "ip addr show",
    "ip-link": "ip -d link show",
    "routes": "ip route show table all",
    "rules": "ip rule show",
    "sysctls": "sysctl net.ipv4.conf net.ipv4.ip_forward",
}


@dataclass(frozen=True, slots=True)
class Host:
    """Its MAC, what `ip` is told of it, and commands that are run in it afterwards."""

    mac: str
    ip: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()


def client() -> Host:
    return Host("02:00:00:00:00:64", ("addr add 192.0.2.100/24 dev eth0",))


def director() -> Host:
    return Host("02:00:00:00:00:02", ("addr add 192.0.2.2/24 dev eth0", f"addr add {VIP}/32 dev eth0"))


def real_server(number: int, *, leaking: bool = False) -> Host:
    """The VIP on lo; silent about it, or leaking."""
    ip = (f"addr add 192.0.2.{20 + number}/24 dev eth0", f"addr add {VIP}/32 dev lo")
    return Host(f"02:00:00:00:00:{20 + number}", ip, () if leaking else SILENT)


def four_hosts() -> dict[str, Host]:
    """client, director lb1, healthy rs1, and rs2, which answers ARP for the VIP."""
    return {"client": client(), "lb1": director(), "rs1": real_server(1), "rs2": real_server(2, leaking=True)}


@dataclass(frozen=True, slots=True)
class Segment:
    """The running hosts, by name."""

    hosts: Mapping[str, Host]
    word: str = field(default_factory=lambda: f"lvsdoctor-{os.getpid()}-{os.urandom(2).hex()}")

    def netns(self, name: str) -> str:
        return f"{self.word}-{name}"

    def run(self, name: str, *command: str, check: bool = True) -> str:
        """What a command prints in a host; `switch` is the one with the bridge."""
        words = ("ip", "netns", "exec", self.netns(name), *(command if len(command) > 1 else ("sh", "-c", *command)))
        done = subprocess.run(words, check=False, capture_output=True, text=True)
        assert not check or done.returncode == 0, f"{name}: {' '.join(command)}: {done.stderr}"
        return done.stdout

    def start(self, name: str, *command: str) -> "subprocess.Popen[str]":
        """A command that goes on in a host; whoever starts it ends it."""
        words = ("ip", "netns", "exec", self.netns(name), *command)
        return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def lvsdoctor(self, name: str, *arguments: str, setpriv: Sequence[str] = ()) -> "subprocess.CompletedProcess[str]":
        """lvsdoctor as a user of the host would run it."""
        words = ["ip", "netns", "exec", self.netns(name), *(("setpriv", *setpriv) if setpriv else ())]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "80"}
        return subprocess.run(
            [*words, sys.executable, "-m", "lvsdoctor", *arguments],
            capture_output=True, text=True, env=environment, cwd="/", check=False,
        )  # fmt: skip

    def json(self, name: str, *arguments: str) -> Any:
        done = self.lvsdoctor(name, *arguments, "-f", "json")
        assert done.returncode in (0, 1), done.stderr
        return json.loads(done.stdout)

    def dumps(self, place: Path, names: Sequence[str], **more: Mapping[str, str]) -> Path:
        """A snapshot: a directory for each host, with what the usual commands print there, and further files."""
        for name in names:
            (place / name).mkdir(parents=True)
            for file, command in DUMPS.items():
                (place / name / f"{file}.txt").write_text(f"# {command}\n{self.run(name, command)}")
            for file, text in more.get(name, {}).items():
                (place / name / f"{file}.txt").write_text(text)
        return place


def table(*rips: str, vip: str = VIP, method: str = "-g") -> str:
    """What `ipvsadm -Sn` prints on a director of these real servers."""
    return f"-A -t {vip}:80 -s rr\n" + "".join(f"-a -t {vip}:80 -r {rip}:80 {method} -w 1\n" for rip in rips)


def with_table(node: Node, text: str) -> Node:
    """The node as if this machine's kernel had IPVS, and this table in it."""
    (read,) = nodes_of([NodeDump(piece, node.name, node.name) for piece in pieces(text, f"{node.name}/ipvsadm")])
    (made,) = with_standing([replace(node, evidence={**node.evidence, "ipvs": read.services})])
    return made


@contextmanager
def segment(hosts: Mapping[str, Host] | None = None) -> Iterator[Segment]:
    """Made, and taken down again whatever happens."""
    made = Segment(four_hosts() if hosts is None else hosts)
    try:
        _make(made)
        yield made
    finally:
        for name in ("switch", *made.hosts):
            subprocess.run(("ip", "netns", "del", made.netns(name)), check=False, capture_output=True)


def _make(made: Segment) -> None:
    for name in ("switch", *made.hosts):
        subprocess.run(("ip", "netns", "add", made.netns(name)), check=True)
        # Duplicate address detection would take a second: links come up without IPv6 addresses of their own.
        made.run(name, "sysctl -qw net.ipv6.conf.default.accept_dad=0; ip link set lo up")
    made.run("switch", "ip link add br0 type bridge; ip link set br0 up")
    for number, (name, host) in enumerate(made.hosts.items()):
        port = f"port{number}"
        made.run(
            name,
            f"ip link add eth0 address {host.mac} type veth peer name {port} netns {made.netns('switch')}",
        )
        made.run("switch", f"ip link set {port} master br0 up")
        for words in ("link set eth0 up", *host.ip):
            made.run(name, f"ip {words}")
        for command in host.commands:
            made.run(name, command)


def interrupted(process: "subprocess.Popen[str]") -> tuple[str, str]:
    """What a process prints, on both, that the user ends with Ctrl-C; fails where it goes on all the same."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    (ignored,) = (int(line.split()[1], 16) for line in status.splitlines() if line.startswith("SigIgn:"))
    if ignored >> (signal.SIGINT - 1) & 1:
        process.kill()
        process.communicate()
        pytest.fail(f"ignores SIGINT: {process.args!r}")
    process.send_signal(signal.SIGINT)
    try:
        return process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        pytest.fail(f"not ended by SIGINT within {PATIENCE} s: {process.args!r}")


@contextmanager
def probes_sent(made: Segment, name: str) -> Iterator[list[bytes]]:
    """The frames of probes that leave a host's eth0 while the block runs; complete when it has ended.

    A host's kernel speaks by itself at any time: it joins IPv6 groups, looks for routers and for duplicates of its own
    addresses, and asks a neighbour of whom it has heard whether it is still there. Those are left out.
    """

    def opened() -> socket.socket:
        raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        raw.bind(("eth0", ETH_P_ALL))
        raw.setblocking(False)
        return raw

    sent: list[bytes] = []
    with inside(made.netns(name), opened) as raw:
        yield sent
        # A frame is here before its sender returns from sending it: nothing is waited for.
        with suppress(BlockingIOError):
            while True:
                frame, where = raw.recvfrom(65536)
                sent += [frame] * (where[2] == socket.PACKET_OUTGOING and is_of_a_probe(frame))


def is_of_a_probe(frame: bytes) -> bool:
    """An ARP request to everybody, a TCP SYN, or a neighbour solicitation that comes from an address."""
    kind, packet = int.from_bytes(frame[12:14]), frame[14:]
    if kind == ARP:
        return frame.startswith(b"\xff" * 6)
    if kind == IPV4:
        return packet[9] == socket.IPPROTO_TCP and packet[4 * (packet[0] & 0xF) + 13] & 0x12 == 0x02
    return kind == IPV6 and packet[6] == socket.IPPROTO_ICMPV6 and packet[40] == 135 and any(packet[8:24])


@contextmanager
def captured(made: Segment, name: str, lines: list[str], what: str) -> Iterator[None]:
    """What tcpdump sees on eth0 while the block runs."""
    if shutil.which("tcpdump") is None:
        pytest.skip("tcpdump is not there (Debian: tcpdump)")
    last = "198.51.100.77"  # a frame of our own, so that everything before it has been captured
    words = ("tcpdump", "-nettvi", "eth0", "-l", "--immediate-mode", f"{what} or dst {last}")
    capture: subprocess.Popen[str] = made.start(name, *words)
    assert capture.stderr is not None
    assert capture.stdout is not None
    try:
        while "listening on" not in capture.stderr.readline():
            pass
        yield
        made.run(name, f"ip route replace {last} dev eth0; ip neigh replace {last} lladdr 02:00:00:00:00:63 dev eth0")
        inside(made.netns(name), lambda: _send_to(last))
        frame = ""
        for line in capture.stdout:
            if line[0].isspace():  # tcpdump -v: a frame's further lines are indented
                frame += line
            else:
                lines += [frame] * bool(frame)
                frame = line
            if last in frame:
                break
        made.run(name, f"ip route del {last} dev eth0")
    finally:
        capture.terminate()
        capture.communicate()


def _send_to(address: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sending:
        sending.sendto(b"", (address, 9))
