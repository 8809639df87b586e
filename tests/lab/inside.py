"""Runs inside the guest, as its first process: builds clusters of network namespaces, measures them, dumps their nodes.

Only the standard library, and as few processes as can be: a system call takes 50 us in there, a process 20 to 60 ms. So
every host is a thread that has left for a network namespace of its own, and what it starts or opens is in there too.

A request is a line that names a file of JSON (the guest can read the machine's files, and writes none); the answer is
a line of JSON. Requests run side by side: while one cluster waits for an answer that does not come, others go on.
"""

import ctypes
import json
import os
import re
import signal
import socket
import stat
import struct
import subprocess
import sys
import threading
import time
import traceback
import tty
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from fcntl import ioctl
from typing import Any

from tests.lab import inside6, inside_dumps, inside_paths
from tests.lab.inside_paths import family

_LIBC = ctypes.CDLL(None, use_errno=True)
_IP_TRANSPARENT = 19
_CLONE_NEWNET, _MS_BIND = 0x40000000, 4096
_ETH_P_ARP, _SIOCGIFFLAGS, _IFF_UP, _IFF_RUNNING = 0x0806, 0x8913, 0x1, 0x40
# How long a request and a health check may take, and how long answers to an ARP request are waited for: seconds.
_PATIENCE, _ARP_PATIENCE = 1.0, 0.3
_COMMAND_LIMIT = float(os.environ.get("COMMAND_LIMIT", "120"))
# ip(8) says so on stderr: the kernel marked its answer (NLM_F_DUMP_INTR); another cluster's namespace has just gone.
_DISTURBED = re.compile("Dump was interrupted|Peer netns reference is invalid")


def check(result: int, what: str) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def run(words: list[str], stdin: str = "") -> tuple[int, str]:
    """Exit status and output of a command in the calling thread's network namespace."""
    # Without close_fds Python need not look through the file descriptors; its own are not inherited.
    done = subprocess.run(
        words,
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_COMMAND_LIMIT,
        close_fds=False,
        check=False,
    )
    if done.returncode == -signal.SIGKILL:
        raise OutOfMemory(" ".join(words))
    return done.returncode, done.stdout


class OutOfMemory(Exception):
    """The kernel killed this command: nobody else in here kills one that is waited for."""


def undisturbed(words: list[str], stdin: str = "", tries: int = 5) -> tuple[int, str]:
    """Exit status and output of a command; of iproute2's again where the kernel says that something changed meanwhile.

    An operator would repeat it, too; and the scan does not conclude anything from such a dump.
    """
    status, output = run(words, stdin)
    return undisturbed(words, stdin, tries - 1) if _DISTURBED.search(output) and tries > 1 else (status, output)


def outputs(commands: list[str], itself: bool) -> dict[str, str]:
    """What each command says; unless they are run `itself`, by as few processes as can be."""
    if itself:
        return {command: undisturbed(command.split())[1] for command in commands}
    known = inside_dumps.batched(commands, undisturbed)
    return {command: known[command] if command in known else answered(command.split()) for command in commands}


def answered(words: list[str]) -> str:
    """What the command says, if need be by running it."""
    output = inside_dumps.answer(words)
    return undisturbed(words)[1] if output is None else output


def must(words: list[str], stdin: str = "") -> str:
    status, output = run(words, stdin)
    if status != 0:
        raise RuntimeError(f"{' '.join(words)}: exit {status}: {output.strip()}\n{stdin}")
    return output


# -- one host ---------------------------------------------------------------------------------------------------------


class Host:
    """A thread in a network namespace of its own, which `ip netns` knows as `netns`."""

    def __init__(self, netns: str) -> None:
        self.netns = netns
        self._path = f"/run/netns/{netns}"
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=netns)
        self._listening: list[socket.socket] = []
        self._name, self._protocol, self._six = b"", "tcp", False
        self._icmp: socket.socket | None = None
        self._icmp6: socket.socket | None = None
        self.do(self._leave)

    def _leave(self) -> None:
        check(_LIBC.unshare(_CLONE_NEWNET), "unshare")
        open(self._path, "w").close()
        check(_LIBC.mount(b"/proc/thread-self/ns/net", self._path.encode(), b"none", _MS_BIND, None), "mount")

    def start(self, work: Callable[..., Any], *arguments: Any) -> "Future[Any]":
        return self._thread.submit(work, *arguments)

    def do(self, work: Callable[..., Any], *arguments: Any) -> Any:
        return self.start(work, *arguments).result()

    def close(self) -> None:
        self._stop_listening()
        for icmp in filter(None, (self._icmp, self._icmp6)):
            icmp.close()
        self._thread.shutdown()
        check(_LIBC.umount2(self._path.encode(), 2), "umount")
        os.unlink(self._path)

    # -- what the thread does in there

    def set_up(self, request: dict[str, Any]) -> None:
        for key, value in request["sysctls"].items():
            with open("/proc/sys/" + key.replace(".", "/"), "w") as file:
                file.write(value)
        must(["ip", "-batch", "-"], "\n".join(["link set lo up", *request["ip"]]) + "\n")
        if request["ipvs"]:
            must(["ipvsadm", "-R"], "\n".join(request["ipvs"]) + "\n")
        for command in request["then"]:
            must(["sh", "-c", command])

    def serve(self, name: str, host: dict[str, Any], six: bool) -> None:
        """Answer every request to the host's `serves` with its name; and keep what ICMP messages arrive."""
        if six:
            self._icmp6 = inside6.open_redirects()
        else:
            self._icmp = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
            self._icmp.setblocking(False)
        self._name, self._protocol, self._six = name.encode(), host["protocol"], six
        for place in [f"{address}:{port}" for port in host["serves"] for address in host["listens"]]:
            listening = self._listen(place)
            if host["transparent"]:
                listening.setsockopt(socket.IPPROTO_IP, _IP_TRANSPARENT, 1)

    def _listen(self, place: str) -> socket.socket:
        """`192.0.2.21:80`, `:80`, `[::]:80`, or `udp/0.0.0.0:53`; without a protocol it is the cluster's."""
        protocol, _, place = place.rpartition("/")
        address, _, port = place.rpartition(":")
        kind, answer = _KINDS[protocol or self._protocol]
        listening = socket.socket(family(self._six or "[" in address), kind)
        self._listening.append(listening)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if self._six or "[" in address:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.bind((address.strip("[]"), int(port)))
        if kind is socket.SOCK_STREAM:
            listening.listen(64)
        threading.Thread(target=answer, args=(listening, self._name), daemon=True).start()
        return listening

    def _stop_listening(self) -> None:
        for listening in self._listening:
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            listening.close()
        self._listening.clear()

    def run(self, command: str) -> tuple[int, str]:
        """A command in a shell. `serve ADDRESS:PORT ...` is the host's own: its server listens there from now on."""
        verb, *places = command.split()
        if verb != "serve":
            return run(["sh", "-c", command])
        self._stop_listening()
        for place in places:
            self._listen(place)
        return 0, ""

    def announce(self, vip: str, links: Iterable[str]) -> None:
        """Answer ARP requests for `vip` on these links, whatever the kernel does."""
        for link in links:
            wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ARP))
            wire.bind((link, _ETH_P_ARP))
            threading.Thread(target=_announce, args=(wire, socket.inet_aton(vip)), daemon=True).start()

    def redirects(self) -> list[str]:
        """The sources of the ICMP redirects that arrived here since the last time."""
        sources = inside6.redirects(self._icmp6) if self._icmp6 else []
        with suppress(BlockingIOError):
            while self._icmp:
                packet = self._icmp.recv(2048)
                if packet[(packet[0] & 15) * 4] == 5:
                    sources.append(socket.inet_ntoa(packet[12:16]))
        return sources


def _answer(listening: socket.socket, name: bytes) -> None:
    with suppress(OSError):
        while True:
            connection, _ = listening.accept()
            with connection, suppress(OSError):
                connection.sendall(name)


def _answer_datagrams(listening: socket.socket, name: bytes) -> None:
    """From a socket of the wildcard address, whatever the request was sent to, the route chooses the source."""
    with suppress(OSError):
        while asking := listening.recvfrom(64)[1]:
            listening.sendto(name, asking)


_KINDS = {"tcp": (socket.SOCK_STREAM, _answer), "udp": (socket.SOCK_DGRAM, _answer_datagrams)}


def _announce(wire: socket.socket, vip: bytes) -> None:
    """Ends when its link goes."""
    mac = bytes(wire.getsockname()[4])
    with wire, suppress(OSError):
        while True:
            frame = wire.recv(2048)
            if frame[20:22] == b"\0\1" and frame[38:42] == vip:
                reply = struct.pack("!HHBBH6s4s", 1, 0x0800, 6, 4, 2, mac, vip) + frame[22:32]
                wire.send(frame[6:12] + mac + frame[12:14] + reply)


def wait_for_links(links: list[str]) -> None:
    """Until the links that are up have carrier, which comes a moment after; within bounds, as one may never have it."""
    deadline = time.monotonic() + 2
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        while any(_without_carrier(probe, link) for link in links) and time.monotonic() < deadline:
            time.sleep(0.02)


def _without_carrier(probe: socket.socket, link: str) -> bool:
    try:
        answer = ioctl(probe, _SIOCGIFFLAGS, struct.pack("16sh14x", link.encode(), 0))
    except OSError:
        return False
    flags = struct.unpack("16xh14x", answer)[0]
    return bool(flags & _IFF_UP and not flags & _IFF_RUNNING)


def ask(address: str, port: int, protocol: str = "tcp") -> tuple[str | None, tuple[str, int]]:
    """Who answers a request (None where nobody does in time), and which address and port asked."""
    with socket.socket(family(":" in address), _KINDS[protocol][0]) as connection:
        connection.settimeout(_PATIENCE)
        # A port of its own from the start: a socket that was refused has none any more.
        connection.bind(("", 0))
        asking = inside_paths.source_of(address), connection.getsockname()[1]
        try:
            connection.connect((address, port))
            if protocol == "udp":
                connection.send(b"?")
            return connection.recv(64).decode() or None, asking
        except OSError:
            return None, asking


def who_has(vip: str, link: str, sender: str) -> list[str]:
    """The MACs that answer an ARP request for `vip`, or a solicitation; every answer is waited for."""
    if ":" in vip:
        return inside6.who_has(vip, link, sender, _ARP_PATIENCE)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ARP)) as wire:
        wire.bind((link, _ETH_P_ARP))
        mac = bytes(wire.getsockname()[4])
        target, source = socket.inet_aton(vip), socket.inet_aton(sender)
        arp = struct.pack("!HHBBH6s4s6s4s", 1, 0x0800, 6, 4, 1, mac, source, bytes(6), target)
        wire.send(b"\xff" * 6 + mac + struct.pack("!H", _ETH_P_ARP) + arp)
        found, deadline = set(), time.monotonic() + _ARP_PATIENCE
        while True:
            # What came in time is read, however late this thread gets its turn.
            wire.settimeout(max(deadline - time.monotonic(), 0))
            try:
                frame = wire.recv(2048)
            except (TimeoutError, BlockingIOError):
                break
            kind, answering, said = frame[20:22], frame[22:28], frame[28:32]
            if kind == b"\0\2" and said == target and frame[:6] == mac:
                found.add(answering.hex(":"))
    return sorted(found)


# -- one cluster ------------------------------------------------------------------------------------------------------


class Cluster:
    """Hosts on bridges. The bridges have a namespace of their own, the switch."""

    def __init__(self, request: dict[str, Any]) -> None:
        self._hosts: dict[str, Host] = {}
        self._six = ":" in request["vip"]
        number = request["number"]
        try:
            self._switch = Host(f"{number}-switch")
            self._hosts[""] = self._switch
            lines = [f"link add {name} type bridge forward_delay 0" for name in request["segments"]]
            lines += [f"link set {name} up" for name in request["segments"]]
            self._links = {name: list(host["links"]) for name, host in request["hosts"].items()}
            port = 0
            for name, host in request["hosts"].items():
                self._hosts[name] = Host(f"{number}-{name}")
                for link, (segment, mac) in host["links"].items():
                    port += 1
                    peer = f"peer name {link} address {mac} netns {number}-{name}"
                    lines += [f"link add port{port} type veth {peer}", f"link set port{port} master {segment} up"]
            self._switch.do(must, ["ip", "-batch", "-"], "\n".join(lines) + "\n")
            self._frames = self._switch.do(inside6.listen if self._six else self._listen)
            for name, host in request["hosts"].items():
                self._hosts[name].do(self._hosts[name].set_up, host)
                self._hosts[name].do(self._hosts[name].serve, name, host, self._six)
                if host["announces"]:
                    self._hosts[name].do(self._hosts[name].announce, request["vip"], host["links"])
            self._wait()
        except BaseException:
            self.close()
            raise

    def _wait(self) -> None:
        for name, links in self._links.items():
            self._hosts[name].do(wait_for_links, links)
        for name in self._links if self._six else ():
            self._hosts[name].do(inside6.wait_for_addresses)

    @staticmethod
    def _listen() -> socket.socket:
        heard = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ARP))
        heard.setblocking(False)
        return heard

    def close(self) -> None:
        if hasattr(self, "_frames"):
            self._frames.close()
        for host in self._hosts.values():
            host.close()

    def collect_live(self, host: str) -> Any:
        """What the live collector sees of that host, as tests/lab/plain.py spells it."""
        # Only where it is asked for: every other request does with the standard library.
        from lvsdoctor.collect.live.node import collect_live
        from tests.lab.plain import plain

        return self._hosts[host].do(lambda: plain(collect_live()))

    def run(self, host: str, commands: list[str]) -> list[tuple[int, str]]:
        """Each command in a shell of that host."""
        return [self._hosts[host].do(self._hosts[host].run, command) for command in commands]

    def dump(self, hosts: dict[str, list[str]], itself: bool = False) -> dict[str, dict[str, str]]:
        """The output of commands (words, no shell), as what their user would keep of them.

        `itself`: the commands are run, also those whose answer is known without (inside_dumps.py).
        """
        return {name: self._hosts[name].do(outputs, commands, itself) for name, commands in hosts.items()}

    def measure(self, request: dict[str, Any]) -> dict[str, Any]:
        """What clients, directors and the wire say."""
        self._wait()
        self._senders()
        for host in self._hosts.values():
            host.do(host.redirects)
        asked = {client: self._requests(client, request) for client in request["clients"]}
        health = {
            director: {
                name: self._hosts[director].start(ask, rip, port, request["protocol"])
                for name, (rip, port) in request["checks"].items()
            }
            for director in request["directors"]
        }
        arp = {
            name: self._hosts[name].start(who_has, request["vip"], link, sender)
            for name, (link, sender) in request["asks"].items()
        }
        return {
            "requests": asked,
            "health": {
                director: {name: waiting.result()[0] is not None for name, waiting in checks.items()}
                for director, checks in health.items()
            },
            "arp": {name: waiting.result() for name, waiting in arp.items()},
            "senders": self._senders(),
            "redirects": sorted({source for host in self._hosts.values() for source in host.do(host.redirects)}),
            "stats": {name: self._hosts[name].do(stats) for name in request["directors"] if request["stats"]},
        }

    def _requests(self, client: str, request: dict[str, Any]) -> list[dict[str, Any]]:
        """As many as are asked for; and as many again, at most, until each real server that may be chosen was."""
        number = request["requests"]
        done: list[dict[str, Any]] = []
        while len(done) < number or (len(done) < 2 * number and self._left_out(done, request)):
            done.append(self._request(client, request))
            if len(done) >= number:
                self._add_chosen(done, request)
        return done

    def _request(self, client: str, request: dict[str, Any]) -> dict[str, Any]:
        if request["flush"]:
            for waiting in [host.start(inside_paths.flush_neighbours, self._six) for host in self._hosts.values()]:
                waiting.result()
        by, asking = self._hosts[client].do(ask, request["vip"], request["port"], request["protocol"])
        entries = [self._hosts[name].do(inside_paths.neighbour, request["vip"]) for name in (client, request["router"])]
        return {"by": by, "asking": asking, "entry": next((mac for mac in entries if mac is not None), None)}

    def _add_chosen(self, done: list[dict[str, Any]], request: dict[str, Any]) -> None:
        """Which directors scheduled each request, and to which real server."""
        tables = {name: self._hosts[name].do(inside_paths.chosen) for name in request["directors"]}
        for asked in done:
            asked["chosen"] = [
                (name, *table[asked["asking"]]) for name, table in tables.items() if asked["asking"] in table
            ]

    def _left_out(self, done: list[dict[str, Any]], request: dict[str, Any]) -> bool:
        """Whether a director that schedules this client's requests has real servers that it has not chosen yet."""
        chosen = {tuple(place) for asked in done for place in asked["chosen"]}
        return any(
            (name, *place) not in chosen
            for name in {name for name, *_ in chosen}
            for place in self._hosts[name].do(inside_paths.choosable)
        )

    def _senders(self) -> list[tuple[str, str]]:
        """MAC and sender of every ARP request that was heard on a bridge since the last time; no announcements."""
        if self._six:
            return inside6.senders(self._frames)
        found = set()
        with suppress(BlockingIOError):
            while True:
                frame, where = self._frames.recvfrom(2048)
                asks = frame[20:22] == b"\0\1" and frame[28:32] != frame[38:42]
                if asks and where[2] != socket.PACKET_OUTGOING:
                    found.add((frame[22:28].hex(":"), socket.inet_ntoa(frame[28:32])))
        return sorted(found)


def stats() -> str:
    """`ipvsadm -Ln --stats`, once the counters have caught up: the kernel adds them up every two seconds."""
    expected, deadline = len(inside_paths.chosen()), time.monotonic() + 2.5
    while _connections() < expected and time.monotonic() < deadline:
        time.sleep(0.1)
    return run(["ipvsadm", "-Ln", "--stats", "--exact"])[1]


def _connections() -> int:
    with open("/proc/thread-self/net/ip_vs_stats") as file:
        return int(file.readlines()[2].split()[0], 16)


def _tell_who_waits() -> None:
    """The kernel prints of each process that waits and cannot be interrupted where it does: in the guest's log."""
    with suppress(OSError), open("/proc/sysrq-trigger", "w") as trigger:
        trigger.write("w")


# -- the line ---------------------------------------------------------------------------------------------------------


class Guest:
    """Answers requests, each in a thread of its own."""

    def __init__(self, line: int) -> None:
        self._line = line
        self._writing = threading.Lock()
        self._clusters: dict[int, Cluster] = {}

    def work(self) -> None:
        self._say({"ready": True})
        rest = b""
        while got := os.read(self._line, 4096):
            *files, rest = (rest + got).split(b"\n")
            for file in files:
                threading.Thread(target=self._handle, args=(file.decode(),), daemon=True).start()

    def _handle(self, file: str) -> None:
        answer: dict[str, Any] = {"request": file}
        try:
            with open(file) as request:
                said = json.load(request)
            answer["result"] = self._do(said.pop("verb"), said)
        except (subprocess.TimeoutExpired, OutOfMemory):
            # Nothing takes so long in here, nor so much memory: the kernel waits for ever, whatever is asked next.
            _tell_who_waits()
            answer["error"], answer["stuck"] = traceback.format_exc(), True
        except Exception:
            answer["error"] = traceback.format_exc()
        self._say(answer)

    def _do(self, verb: str, request: dict[str, Any]) -> Any:
        if verb == "modprobe":
            return must(["modprobe", "--dirname", "/run/modules", "--all", *request["modules"]])
        if verb == "install_modules":
            return install_modules()
        if verb == "build":
            self._clusters[request["number"]] = Cluster(request)
            return None
        number = request.pop("number")
        if verb == "close":
            return self._clusters.pop(number).close()
        return getattr(self._clusters[number], verb)(**request)

    def _say(self, answer: dict[str, Any]) -> None:
        line = json.dumps(answer).encode() + b"\n"
        with self._writing:
            while line:
                line = line[os.write(self._line, line) :]


def install_modules() -> None:
    """Put the modules where the kernel looks for them by itself: from now on, whoever asks for one has it loaded.

    Nothing can be made in the machine's own files, so its /lib is covered by links to all that it holds.
    """
    lib = os.path.realpath("/lib")
    for path in ("/run/lib", "/run/lib-with-modules"):
        os.mkdir(path)
    must(["mount", "--bind", lib, "/run/lib"])
    for entry in os.scandir(lib):
        if entry.name != "modules":
            target = os.readlink(entry.path) if entry.is_symlink() else f"/run/lib/{entry.name}"
            os.symlink(target, f"/run/lib-with-modules/{entry.name}")
    os.symlink("/run/modules/lib/modules", "/run/lib-with-modules/modules")
    must(["mount", "--bind", "/run/lib-with-modules", lib])


def main() -> None:
    """Serve the serial line. The machine's own /dev is not the guest's: its line needs a node of its own."""
    os.makedirs("/run/netns")
    # This kernel has no nftables: the commands have their legacy meaning, as on a host that chose so.
    os.makedirs("/run/bin")
    for command in ("iptables", "ip6tables", "arptables"):
        os.symlink(f"/usr/sbin/{command}-legacy", f"/run/bin/{command}")
    os.makedirs("/run/modules/lib/modules")
    release = os.uname().release
    os.symlink(f"/usr/lib/uml/modules/{release}", f"/run/modules/lib/modules/{release}")
    os.mknod("/run/line", stat.S_IFCHR | 0o600, os.makedev(4, 64))
    line = os.open("/run/line", os.O_RDWR | os.O_NOCTTY)
    tty.setraw(line)
    sys.stdout = sys.stderr
    Guest(line).work()


if __name__ == "__main__":
    main()
