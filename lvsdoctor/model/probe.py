"""What a link answered when it was asked for an address: ARP replies and neighbour advertisements."""

from dataclasses import dataclass

from lvsdoctor.model.address import IP
from lvsdoctor.model.seen import Seen


@dataclass(frozen=True, slots=True)
class Reply:
    """One host's answer, by the MAC it names: `delay` seconds after the request it answered, `count` times in all.

    `to` are the senders whose requests it answered: arp_filter, rp_filter and arp_ignore=2 tell them apart.
    """

    mac: str
    seen: Seen
    delay: float | None = None
    count: int = 1
    to: tuple[IP, ...] = ()


@dataclass(frozen=True, slots=True)
class Probe:
    """Who has `target`, asked on `link` in the name of each of `senders` (0.0.0.0 is an address probe, RFC 5227).

    `asked` is the number of requests. No replies: the link was asked, and nobody answered.
    """

    target: IP
    link: str
    seen: Seen
    replies: tuple[Reply, ...] = ()
    senders: tuple[IP, ...] = ()
    asked: int = 1

    @property
    def macs(self) -> tuple[str, ...]:
        return tuple(reply.mac for reply in self.replies)
