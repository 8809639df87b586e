"""What a packet recorder wrote down: the frames of a connection, and those that tell who has an address."""

from dataclasses import dataclass
from enum import StrEnum

from lvsdoctor.model.address import IP
from lvsdoctor.model.seen import Seen


class RecordedKind(StrEnum):
    """What a frame is. arp-*: also neighbour discovery of IPv6."""

    ARP_REQUEST = "arp-request"
    ARP_ANSWER = "arp-answer"
    TCP = "tcp"
    UNREACHABLE = "unreachable"
    REDIRECT = "redirect"


@dataclass(frozen=True, slots=True)
class RecordedFrame:
    """One frame. `src` and `dst` are the packet's ends, of ARP its sender and target.

    `flags` are tcpdump's letters (S, ., P, R, F). `mac_from`, `mac_to`: the frame's own, "" where the recording does
    not show them; `mac` is what an ARP answer gives. `outer_dst`: where a tunnel takes it. `about` and `port`: of an
    ICMP message, the destination it is about, and `sport` the client's port (0: not shown); `gateway`: which a redirect
    names. `time` in seconds, of any origin.
    """

    kind: RecordedKind
    seen: Seen
    src: IP
    dst: IP
    sport: int = 0
    dport: int = 0
    flags: str = ""
    seq: int | None = None
    mac_from: str = ""
    mac_to: str = ""
    mac: str = ""
    outer_dst: IP | None = None
    about: IP | None = None
    port: int = 0
    gateway: IP | None = None
    link: str = ""
    time: float | None = None

    @property
    def syn(self) -> bool:
        return self.kind is RecordedKind.TCP and "S" in self.flags and "." not in self.flags

    @property
    def syn_ack(self) -> bool:
        return self.kind is RecordedKind.TCP and "S" in self.flags and "." in self.flags

    @property
    def reset(self) -> bool:
        return self.kind is RecordedKind.TCP and "R" in self.flags


@dataclass(frozen=True, slots=True)
class Recording:
    """Frames in their order. `others`: how many frames of other kinds; `unread`: lines that were not understood;
    `dropped`: how many frames the recorder says it lost."""

    where: str
    frames: tuple[RecordedFrame, ...]
    others: int = 0
    unread: tuple[Seen, ...] = ()
    dropped: int = 0
