"""What came of trying a VIP at a real server, and what that means."""

from dataclasses import dataclass
from enum import StrEnum

from lvsdoctor.model.address import IP
from lvsdoctor.model.seen import Seen
from lvsdoctor.probe.tcp_syn import SynProbe

_NO_ROUTE = frozenset({"net-unreachable", "host-unreachable"})


class SynAnswer(StrEnum):
    """syn-ack: somebody listens; rst: nobody does, but the VIP is there; unreachable: an ICMP error."""

    SYN_ACK = "syn-ack"
    RST = "rst"
    UNREACHABLE = "unreachable"
    SILENCE = "silence"


@dataclass(frozen=True, slots=True)
class SynResult:
    """What came of a SYN probe: `delay` in seconds, `asked` SYNs, and the MAC and address that answered.

    `icmp_error` is the ICMP error's name: time-exceeded, port-unreachable, ...
    """

    probe: SynProbe
    answer: SynAnswer
    seen: Seen
    asked: int
    delay: float | None = None
    mac: str = ""
    sender: IP | None = None
    icmp_error: str = ""

    @property
    def accepts(self) -> bool:
        """Does the real server take packets to the VIP?"""
        return self.answer in (SynAnswer.SYN_ACK, SynAnswer.RST)

    @property
    def fine(self) -> bool:
        """Does it take them, and serve what the services say that it serves?"""
        return self.answer is SynAnswer.SYN_ACK or (self.answer is SynAnswer.RST and not self.probe.listens)

    def verdict(self, who: str = "") -> str:
        """In a sentence; `who` is the real server's name if it has a better one than its RIP."""
        vip, who = self.probe.vip, who or str(self.probe.rip)
        if self.answer is SynAnswer.SYN_ACK:
            return f"{who} accepts {self.probe.target}"
        if self.answer is SynAnswer.RST:
            nobody = f", but nobody listens on its port {self.probe.port}" if self.probe.listens else ""
            return f"{who} accepts {vip}{nobody}"
        if self.answer is SynAnswer.SILENCE:
            return f"{who} does not accept {self.probe.target}: it has not the VIP, or a packet filter drops the SYN"
        if self.icmp_error == "time-exceeded":
            return f"{who} does not accept {vip}: it passes the SYN on, for it has not the VIP (or hands the port on)"
        if self.sender == vip:  # net/ipv4/icmp.c: icmp_send() answers with the VIP where it is an address of the host
            return f"{who} has {vip}, but a packet filter refuses {self.probe.target} ({self.icmp_error})"
        if self.icmp_error in _NO_ROUTE:
            return f"{who} does not accept {vip}: {self.sender} knows no way to it ({self.icmp_error})"
        return f"{who} does not accept {self.probe.target}: {self.sender} refuses it ({self.icmp_error})"
