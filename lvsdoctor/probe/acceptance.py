"""What came of trying a VIP at a real server, and what that means."""

from dataclasses import dataclass
from enum import StrEnum

from lvsdoctor.model.address import IP
from lvsdoctor.model.seen import Seen
from lvsdoctor.probe.tcp_syn import Knock

_NO_WAY = frozenset({"net-unreachable", "host-unreachable"})


class Answer(StrEnum):
    """syn-ack: somebody listens; rst: nobody does, but the VIP is there; unreachable: an ICMP error."""

    SYN_ACK = "syn-ack"
    RST = "rst"
    UNREACHABLE = "unreachable"
    SILENCE = "silence"


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What came of a knock: `delay` in seconds, `asked` SYNs, and the MAC and address that answered.

    `said` is the ICMP error's name: time-exceeded, port-unreachable, ...
    """

    knock: Knock
    answer: Answer
    seen: Seen
    asked: int
    delay: float | None = None
    mac: str = ""
    sender: IP | None = None
    said: str = ""

    @property
    def accepts(self) -> bool:
        """Does the real server take packets to the VIP?"""
        return self.answer in (Answer.SYN_ACK, Answer.RST)

    @property
    def fine(self) -> bool:
        """Does it take them, and serve what the services say that it serves?"""
        return self.answer is Answer.SYN_ACK or (self.answer is Answer.RST and not self.knock.listens)

    def verdict(self, who: str = "") -> str:
        """In a sentence; `who` is the real server's name if it has a better one than its RIP."""
        vip, who = self.knock.vip, who or str(self.knock.rip)
        if self.answer is Answer.SYN_ACK:
            return f"{who} accepts {self.knock.target}"
        if self.answer is Answer.RST:
            nobody = f", but nobody listens on its port {self.knock.port}" if self.knock.listens else ""
            return f"{who} accepts {vip}{nobody}"
        if self.answer is Answer.SILENCE:
            return f"{who} does not accept {self.knock.target}: it has not the VIP, or a packet filter drops the SYN"
        if self.said == "time-exceeded":
            return f"{who} does not accept {vip}: it passes the SYN on, for it has not the VIP (or hands the port on)"
        if self.sender == vip:  # net/ipv4/icmp.c: icmp_send() answers with the VIP where it is an address of the host
            return f"{who} has {vip}, but a packet filter refuses {self.knock.target} ({self.said})"
        if self.said in _NO_WAY:
            return f"{who} does not accept {vip}: {self.sender} knows no way to it ({self.said})"
        return f"{who} does not accept {self.knock.target}: {self.sender} refuses it ({self.said})"
