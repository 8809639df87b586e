"""What is wrong with a cluster, told by what was measured and by nothing else."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Any

from tests.lab.cluster import Cluster


@dataclass(frozen=True, slots=True)
class Request:
    """A client's request: who answered it (None: nobody in time), and which way it went.

    `entered` is the host that the segment's neighbour entry names ("": nobody answered for the VIP), None where there
    is no entry. `chosen`: directors that scheduled it, and address and port of the real server.
    """

    by: str | None
    entered: str | None
    chosen: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """What clients, directors and the wire said. `cluster` is as the base has it, whatever was changed since."""

    cluster: Cluster
    # Client: who answered each request (None: nobody in time), and whether a director had scheduled it.
    served: Mapping[str, Sequence[str | None]]
    scheduled: Mapping[str, Sequence[bool]]
    # Client: all its requests, also those that were asked until each real server was chosen.
    requests: Mapping[str, Sequence[Request]]
    # Director: real server: whether a health check of the RIP succeeds.
    health: Mapping[str, Mapping[str, bool]]
    # Who asked: the hosts that answered for the VIP.
    arp: Mapping[str, Sequence[str]]
    # Hosts that asked with the VIP as sender.
    vip_senders: Sequence[str]
    # Hosts that sent ICMP redirects.
    redirecting: Sequence[str]
    # Director: the output of `ipvsadm -Ln --stats`, where it was asked for.
    stats: Mapping[str, str]

    @property
    def symptoms(self) -> tuple[str, ...]:
        """Sentences of a fixed form; none if the cluster is healthy."""
        return tuple(self._symptoms())

    def _symptoms(self) -> Iterator[str]:
        cluster = self.cluster
        for client, answers in self.served.items():
            if None in answers:
                yield f"{client} is not always answered"
        answered = {name for answers in self.served.values() for name in answers}
        for name in cluster.real_servers:
            if name not in answered:
                yield f"{name} serves nobody"
        for client, scheduled in self.scheduled.items():
            if any(name and not by for name, by in zip(self.served[client], scheduled, strict=True)):
                yield f"{client} is served past the director"
        answering = {name for names in self.arp.values() for name in names}
        for name in sorted(answering - {cluster.active}):
            yield f"{name} answers ARP for the VIP"
        if cluster.asks and not answering:
            yield "nobody answers ARP for the VIP"
        for name in self.vip_senders:
            # A director that is a real server, too, may ask as the VIP: it is the one who answers for it.
            if name in cluster.real_servers and name != cluster.active:
                yield f"{name} asks with the VIP as sender"
        for name in self.redirecting:
            if name in cluster.directors:
                yield f"{name} sends redirects"
        for director, checks in self.health.items():
            for name, healthy in checks.items():
                if not healthy:
                    yield f"the health check of {name} by {director} fails"


def measured(cluster: Cluster, answer: dict[str, Any], usual: int) -> Measured:
    """From what `measure` of tests/lab/inside.py answers, which made so many requests as usual, or more."""
    holders = _holders(cluster)
    requests = {client: [_request(cluster, asked) for asked in some] for client, some in answer["requests"].items()}
    return Measured(
        cluster,
        {client: [request.by for request in some[:usual]] for client, some in requests.items()},
        {client: [bool(request.chosen) for request in some[:usual]] for client, some in requests.items()},
        requests,
        answer["health"],
        {name: [cluster.host_of(mac) for mac in macs] for name, macs in answer["arp"].items()},
        sorted({cluster.host_of(mac) for mac, sender in answer["senders"] if sender == cluster.vip}),
        sorted({holders.get(source, source) for source in answer["redirects"]}),
        answer["stats"],
    )


def _request(cluster: Cluster, asked: dict[str, Any]) -> Request:
    entry = asked["entry"]
    chosen = tuple((director, rip, port) for director, rip, port in asked["chosen"])
    return Request(asked["by"], entry and cluster.host_of(entry), chosen)


def _holders(cluster: Cluster) -> dict[str, str]:
    """The host of every address that a base gives to a link, and the director for the VIP."""
    held = {}
    for name, host in cluster.hosts.items():
        for line in host.ip:
            if line.startswith("addr add "):
                held[line.split()[2].partition("/")[0]] = name
    return held | {cluster.vip: cluster.active}


def _link_local(mac: str) -> str:
    """RFC 4291, appendix A: an IPv6 redirect comes from such an address."""
    octets = bytes.fromhex(mac.replace(":", ""))
    interface = bytes([octets[0] ^ 2]) + octets[1:3] + b"\xff\xfe" + octets[3:]
    return str(IPv6Address(b"\xfe\x80" + bytes(6) + interface))
