"""The TCP connections that a recording shows, each with what its frames tell of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lvsdoctor.model.address import IP
from lvsdoctor.model.node import Node
from lvsdoctor.model.recording import RecordedFrame, RecordedKind

# Seconds; a SYN is sent again after 1 (RFC 6298), and a copy that a director sends on follows within milliseconds.
SENT_AGAIN = 0.5


@dataclass(frozen=True, slots=True)
class Hosts:
    """Whose MAC and whose address it is."""

    by_mac: Mapping[str, str]
    by_address: Mapping[IP, str]

    @staticmethod
    def of(nodes: Iterable[Node], shared: Iterable[IP]) -> "Hosts":
        """A MAC or an address of two hosts names neither; `shared` are the VIPs."""
        macs: dict[str, set[str]] = {}
        addresses: dict[IP, set[str]] = {}
        for node in nodes:
            for link in node.seen_rows("links") if node.has("links") else ():
                macs.setdefault(link.mac, set()).add(node.name)
            for row in node.seen_rows("addresses") if node.has("addresses") else ():
                addresses.setdefault(row.ip, set()).add(node.name)
        never = {"", "00:00:00:00:00:00"}
        return Hosts(
            {mac: min(names) for mac, names in macs.items() if len(names) == 1 and mac not in never},
            {ip: min(names) for ip, names in addresses.items() if len(names) == 1 and ip not in set(shared)},
        )


@dataclass(slots=True)
class RecordedConnection:
    """One connection of a client to VIP and port. Each field has the first frame that shows it."""

    client: IP
    cport: int
    vip: IP
    syns: list[RecordedFrame] = field(default_factory=list)
    sent_on: list[tuple[str, RecordedFrame]] = field(default_factory=list)
    syn_ack: RecordedFrame | None = None
    from_rip: RecordedFrame | None = None
    established: RecordedFrame | None = None
    reset: RecordedFrame | None = None
    unreachable: RecordedFrame | None = None

    @property
    def sent_again(self) -> RecordedFrame | None:
        """The SYN that the client sent again: the same numbers on the same leg, after its timer."""
        began: dict[object, float] = {}
        for frame in self.syns:
            if frame.time is None or frame.seq is None:
                continue
            first = began.setdefault((frame.seq, frame.mac_from, frame.mac_to, frame.link), frame.time)
            if frame.time - first >= SENT_AGAIN:
                return frame
        return None


@dataclass(frozen=True, slots=True)
class RecordedSocket:
    """A service's VIP, its port (0: all), its directors' names, and its real servers' addresses with their names."""

    vip: IP
    port: int
    directors: frozenset[str]
    rips: Mapping[IP, str]


def recorded_connections(
    socket: RecordedSocket, frames: Sequence[RecordedFrame], hosts: Hosts
) -> list[RecordedConnection]:
    """In the order of their first frames. What a director sends on under masquerading belongs to them, too."""
    rows: dict[tuple[IP, int], RecordedConnection] = {}
    open_ports: dict[IP, set[int]] = {}  # of clients that wait for a reply
    for frame in frames:
        if frame.kind is RecordedKind.TCP:
            _take(rows, socket, frame, hosts)
            if frame.syn and frame.dst == socket.vip and (frame.src, frame.sport) in rows:
                open_ports.setdefault(frame.src, set()).add(frame.sport)
            elif frame.dst in open_ports:
                open_ports[frame.dst].discard(frame.dport)
        elif frame.kind is RecordedKind.UNREACHABLE and _concerns(frame, socket):
            # Without the packet that it quotes, an error is a connection's only where no other one waits.
            ports = open_ports.get(frame.dst, set())
            port = frame.sport or (min(ports) if len(ports) == 1 else 0)
            if (row := rows.get((frame.dst, port))) is not None and row.established is None:
                row.unreachable = row.unreachable or frame
    return list(rows.values())


def _concerns(error: RecordedFrame, socket: RecordedSocket) -> bool:
    return error.about in socket.rips or (
        error.about == socket.vip and (error.port in (0, socket.port) or socket.port == 0)
    )


def _take(
    rows: dict[tuple[IP, int], RecordedConnection], socket: RecordedSocket, frame: RecordedFrame, hosts: Hosts
) -> None:
    def meant(port: int) -> bool:
        return socket.port in (0, port)

    if frame.dst == socket.vip and meant(frame.dport):
        row = rows.setdefault((frame.src, frame.sport), RecordedConnection(frame.src, frame.sport, socket.vip))
        _take_request(row, socket, frame, hosts)
    elif frame.src == socket.vip and meant(frame.sport):
        row = rows.setdefault((frame.dst, frame.dport), RecordedConnection(frame.dst, frame.dport, socket.vip))
        if frame.syn_ack:
            row.syn_ack = row.syn_ack or frame
        if frame.reset and row.established is None and row.syn_ack is None:
            row.reset = row.reset or frame
    elif frame.dst in socket.rips and (known := rows.get((frame.src, frame.sport))) is not None:
        if frame.syn:
            known.sent_on.append((socket.rips[frame.dst], frame))
    elif frame.src in socket.rips and (known := rows.get((frame.dst, frame.dport))) is not None:
        misses = frame.syn_ack and _misses_director(frame, socket, hosts)
        known.from_rip = known.from_rip or (frame if misses else None)


def _misses_director(frame: RecordedFrame, socket: RecordedSocket, hosts: Hosts) -> bool:
    """Does the frame go to a MAC that is no director's? On the leg to a director the RIP is as it should be."""
    if host := hosts.by_mac.get(frame.mac_to, ""):
        return host not in socket.directors
    return frame.mac_to != "" and bool(socket.directors) and socket.directors <= set(hosts.by_mac.values())


def _take_request(row: RecordedConnection, socket: RecordedSocket, frame: RecordedFrame, hosts: Hosts) -> None:
    if frame.syn:
        names = set(socket.rips.values())
        to = hosts.by_mac.get(frame.mac_to, "")
        if frame.outer_dst is not None:
            row.sent_on.append((socket.rips.get(frame.outer_dst, str(frame.outer_dst)), frame))
        elif to in names and hosts.by_mac.get(frame.mac_from, "") in socket.directors - {to}:
            row.sent_on.append((to, frame))
        else:
            row.syns.append(frame)
    elif "." in frame.flags and not frame.reset:
        # The client has seen the SYN-ACK: only then it acknowledges.
        row.established = row.established or frame


def claims(vip: IP, frames: Iterable[RecordedFrame]) -> Iterator[tuple[str, RecordedFrame]]:
    """Each MAC that answers for the VIP, or announces it, with the first frame."""
    known: set[str] = set()
    for frame in frames:
        announces = frame.kind is RecordedKind.ARP_REQUEST and frame.src == frame.dst == vip
        answers = frame.kind is RecordedKind.ARP_ANSWER and frame.src == vip
        if (announces or answers) and frame.mac and frame.mac not in known:
            known.add(frame.mac)
            yield frame.mac, frame


def askers(vip: IP, frames: Iterable[RecordedFrame]) -> Iterator[tuple[str, RecordedFrame]]:
    """Each MAC that uses the VIP as sender IP address in a request for another address, with the first frame."""
    known: set[str] = set()
    for frame in frames:
        asks = frame.kind is RecordedKind.ARP_REQUEST and frame.src == vip != frame.dst
        if asks and frame.mac and frame.mac not in known:
            known.add(frame.mac)
            yield frame.mac, frame
