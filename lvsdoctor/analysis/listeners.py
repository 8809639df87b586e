"""Does a program take the requests that a director hands to a host, and does it reply from their address?

IPVS asks no socket: it sends a request to a real server that refuses it as to any other. A packet filter of the host
may hand it to another socket before.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address

from lvsdoctor.analysis.filters.filter_paths import PROTOCOLS, filter_fact, locality, refuse_unread, shows_nft
from lvsdoctor.analysis.request_targets import RequestTarget, own_request_targets, request_targets, waits_for_failover
from lvsdoctor.analysis.usable_servers import takes_requests
from lvsdoctor.kernel.answer import Answer, assume_without
from lvsdoctor.kernel.packet_filter import FilterOutcome, deciding, filtered
from lvsdoctor.kernel.packet_matching import NEW, SYN, Packet
from lvsdoctor.kernel.routing import FAR_AWAY, captured_by_mark, is_local
from lvsdoctor.kernel.sockets import listener, replies_from
from lvsdoctor.model.address import IP
from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import Citation
from lvsdoctor.model.node import Node
from lvsdoctor.model.packet_filter import Hook
from lvsdoctor.model.socket import Socket, SocketTable
from lvsdoctor.model.standing import Membership

_CLIENTS: dict[int, IP] = {4: FAR_AWAY, 6: ip_address("2001:db8:ffff::1")}
_ELSEWHERE = "a packet filter hands requests for {address} to a socket that is not known"


@dataclass(frozen=True, slots=True)
class Unserved:
    """Requests that come to `target` and that no socket takes, or (`misreplied`) whose reply has another source.

    `others` are the sockets of that protocol and port, which take other requests. `source` is the reply's. `rewritten`
    is where a packet filter of the host sends the requests, None where it does not change them. `standby`: the requests
    come once this director is the active one.
    """

    target: RequestTarget
    because: tuple[Citation, ...]
    others: tuple[Socket, ...] = ()
    misreplied: bool = False
    source: str = ""
    rewritten: RequestTarget | None = None
    standby: bool = False

    @property
    def alone(self) -> str:
        """Where the program listens instead, "" where there is none."""
        places = list(dict.fromkeys(str(socket) for socket in self.others))
        more = f" and {len(places) - 3} more" if len(places) > 3 else ""
        return ", ".join(places[:3]) + more

    @property
    def process(self) -> str:
        return next((socket.process for socket in self.others if socket.process), "")


def unserved(node: Node) -> Iterator[Unserved]:
    """What other directors of the scan send this real server and no program of it takes. At the end raises NotCollected
    where of a target it is not known.

    Requests that do not come in here are another trouble, and services without a port (marks, port 0) say of no socket
    that it is needed. Reads memberships, addresses, sockets, and ipvs, iptables, ip6tables, links, local-routes,
    policy-rules, routes, sysctl where collected.
    """
    for lack in _where_known(request_targets(node), lambda target: _unserved_at(node, target)):
        yield replace(lack, standby=waits_for_failover(node, lack.target))
    if (absent := node.unseen("memberships")) is not None:
        raise absent


def unserved_here(director: Node) -> Iterator[Unserved]:
    """What a director keeps for itself (LocalNode) and no program of it takes; as unserved()."""
    yield from _where_known(own_request_targets(director), lambda target: _unserved_in_its_turn(director, target))


def refused_checks(node: Node) -> Iterator[Unserved]:
    """Where its directors check this real server of direct routing or tunnelling by TCP, and no program listens, though
    one takes the requests of clients at the VIP: RIP and port of the row (ip_vs_xmit.c leaves these out of requests).

    As unserved(), and reads health-checks of the directors where collected: a health checker may ask elsewhere.
    """
    requests: dict[tuple[IP, int], RequestTarget] = {}
    checks: list[RequestTarget] = []
    for target in request_targets(node):
        for row in target.listings:
            check = _check_of(node, row, target) if target.protocol == "tcp" else None
            if check is not None and (check.ip, check.port) not in requests:
                requests[check.ip, check.port] = target
                checks.append(check)
    yield from _where_known(checks, lambda check: _refused(node, check, requests[check.ip, check.port]))


def _check_of(node: Node, row: Membership, target: RequestTarget) -> RequestTarget | None:
    """Where a check connects to, by default that of keepalived and ldirectord: the real server's own address and port.
    None where that is the place of the requests, or where a file has another place or no check."""
    rip, port = row.destination.ip, row.destination.port or row.service.port
    forwarding = row.destination.forwarding
    if rip is None or not port or rip == target.ip or forwarding is None or not forwarding.keeps_destination:
        return None
    for checked in row.director.seen_rows("health-checks") if row.director.has("health-checks") else ():
        for server in checked.servers if any(service.key == row.service.key for service in checked.services) else ():
            if server.ip == rip and not any(
                check.connects_to in (None, rip) and check.connect_port in (None, port) for check in server.checks
            ):
                return None
    return replace(target, ip=rip, port=port, listings=(row,), link=None) if node.holding(rip) else None


def _refused(node: Node, check: RequestTarget, requests: RequestTarget) -> Unserved | None:
    if _unserved_at(node, requests) is not None:
        return None  # nor are the clients served: unserved() tells
    handed = _handed_to(node, check)
    if handed is None or handed[0].changed:
        return None
    taken = listener(node, check.protocol, check.ip, check.port)
    others = _of_port(node, check.protocol, check.port)
    return None if taken else Unserved(check, (*taken.because, *handed[1]), others)


def _where_known(
    places: Iterable[RequestTarget], judge: Callable[[RequestTarget], Unserved | None]
) -> Iterator[Unserved]:
    absent: NotCollected | None = None
    for target in places:
        try:
            verdict = judge(target)
        except NotCollected as lacking:
            absent = absent or lacking
        else:
            if verdict is not None:
                yield verdict
    if absent is not None:
        raise absent.anew()


# -- what becomes of them ---------------------------------------------------------------------------------------------


def _unserved_at(node: Node, target: RequestTarget) -> Unserved | None:
    handed = _handed_to(node, target)
    if handed is None:
        return None
    packet, filtering = handed
    ip, port = packet.dst, packet.dport
    assert ip is not None
    assert port is not None
    if not is_local(node, ip) and not (ip == target.ip and captured_by_mark(node, ip)):
        if ip != target.ip:
            raise _elsewhere(node, target, filtering)
        return None  # the host does not take it in: another rule's
    taken = listener(node, target.protocol, ip, port, arrived_on=target.link)
    if not taken:
        others = _of_port(node, target.protocol, port)
        rewritten = replace(target, ip=ip, port=port) if packet.changed else None
        return Unserved(target, (*taken.because, *filtering), others, rewritten=rewritten)
    if target.protocol != "udp" or packet.changed:
        return None
    reply = replies_from(node, "udp", ip, port, client=_CLIENTS[ip.version], arrived_on=target.link)
    return None if reply else _misreplied(target, reply, filtering, _of_port(node, "udp", port))


def _misreplied(
    target: RequestTarget, reply: Answer, filtering: tuple[Citation, ...], others: tuple[Socket, ...]
) -> Unserved:
    return Unserved(target, (*reply.because, *filtering), others, True, reply.fields["address"])


def _handed_to(node: Node, target: RequestTarget) -> tuple[Packet, tuple[Citation, ...]] | None:
    """The request as the packet filter at PREROUTING lets it go on, with what that follows from; None where it is
    dropped, or given to the socket of a proxy. Raises NotCollected where that is not known."""
    _refuse_unseen(node, target)
    flags = SYN if target.protocol == "tcp" else None
    request = Packet(
        None, target.ip, PROTOCOLS.get(target.protocol), None, target.port, in_link=target.link, states=NEW,
        tcp_flags=flags,
    )  # fmt: skip
    verdict = filtered(node, request, (Hook.PREROUTING,), locality(node, target.ip.version))
    if verdict.outcome is FilterOutcome.DROPPED:
        return None
    if verdict.lacking is not None:
        absent, line = verdict.lacking, deciding(verdict)
        raise NotCollected(absent.fact, absent.node, absent.wanted, partial=Partial(_ELSEWHERE, line, _named(target)))
    packet, because = verdict.packet, verdict.because
    if not verdict.assumed and not shows_nft(node, filter_fact(target.ip.version)):
        because += (assume_without("", "no nftables rule changes the requests", "nft list ruleset"),)
    if packet.tproxy is not None:
        ports = packet.tproxy[1]
        if any(socket.port in ports for socket in _table(node).sockets) if ports else False:
            return None
        raise _elsewhere(node, target, because)
    if packet.redirected and packet.dst is None and target.link is None:
        packet = replace(packet, dst=next((a.ip for a in node.addresses if _may_redirect_to(a.ip, target.ip)), None))
    if packet.dst is None or packet.dport is None:
        raise _elsewhere(node, target, because)
    return packet, because


def _refuse_unseen(node: Node, target: RequestTarget) -> None:
    """Raise NotCollected beside a dump of a packet filter that is not read, or of which the chain is lacking that
    requests come by first."""
    fact = filter_fact(target.ip.version)
    refuse_unread(node, fact)
    for table in node.packet_filter(fact) if node.has(fact) else ():
        if table.partial is not None and table.name != "filter" and table.chain("PREROUTING") is None:
            raise NotCollected(fact, node.name, partial=table.partial)


def _may_redirect_to(ip: IP, asked: IP) -> bool:
    return ip.version == asked.version and not ip.is_loopback and not ip.is_link_local


def _elsewhere(node: Node, target: RequestTarget, because: Sequence[Citation]) -> NotCollected:
    line = next((item.seen for item in because if not item.assumed), None)
    return NotCollected(filter_fact(target.ip.version), node.name, partial=Partial(_ELSEWHERE, line, _named(target)))


def _named(target: RequestTarget) -> dict[str, str]:
    return {"address": str(target)}


def _unserved_in_its_turn(director: Node, target: RequestTarget) -> Unserved | None:
    """LocalNode: IPVS hands the request on behind PREROUTING. A director that stands by gets none yet; its program may
    be started with the VIP, so only a socket of another address tells that it will not take them."""
    service, link = target.service, target.link
    assert service.vip is not None
    assert service.port is not None
    handed = _handed_to(director, replace(target, ip=service.vip, port=service.port))
    if handed is None or handed[0].changed:
        return None  # it does not come to IPVS
    standby = not takes_requests(director, service)
    protocol, ip, port = target.protocol, target.ip, target.port
    taken, others = listener(director, protocol, ip, port, arrived_on=link), _of_port(director, protocol, port)
    if not taken:
        known = others or not standby
        return Unserved(target, (*taken.because, *handed[1]), others, standby=standby) if known else None
    if protocol != "udp":
        return None
    reply = replies_from(director, "udp", ip, port, client=_CLIENTS[ip.version], arrived_on=link)
    return None if reply else replace(_misreplied(target, reply, handed[1], others), standby=standby)


def _table(node: Node) -> SocketTable:
    table: SocketTable = node.seen_rows("sockets")
    return table


def _of_port(node: Node, protocol: str, port: int) -> tuple[Socket, ...]:
    return tuple(row for row in _table(node).sockets if (row.protocol, row.port) == (protocol, port))
