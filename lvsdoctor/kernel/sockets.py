"""Which socket of this host takes a packet that is delivered to it.

TCP: net/ipv4/inet_hashtables.c: __inet_lookup_listener(), compute_score(); net/ipv6/inet6_hashtables.c:
inet6_lookup_listener(). UDP: net/ipv4/udp.c: udp4_lib_lookup2(), net/ipv6/udp.c: udp6_lib_lookup2(). All look for the
packet's own address first, and for the wildcard then. A socket of IPv6 takes IPv4's packets unless IPV6_V6ONLY is set
(ipv6_only_sock()). net.ipv6.bindv6only is the default alone (net/ipv6/af_inet6.c: inet6_create()), and many programs
set the option themselves, so the sysctl tells of no socket what it takes. What BPF chooses (sk_lookup) is not modelled.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address

from lvsdoctor.kernel.answer import Answer, assume, assume_without, no, yes
from lvsdoctor.kernel.source_address import own_source
from lvsdoctor.model.address import IP
from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.node import Node
from lvsdoctor.model.socket import Socket, SocketTable

_OTHER_FAMILY = "the line does not tell whether the socket takes IPv{family}"
_NO_ADDRESS = "the line does not show the whole address"
_NO_PORT = "the line has a name instead of a port"
_BYTE_ORDER = "the list does not tell the byte order of the host, so the address may be {other}"
_LINK = "the socket is bound to {link}, and it is not known where the packet arrives"
_VRF = "whether sockets of no VRF take what arrives in one is not known"


def listener(node: Node, protocol: str, ip: IP, port: int, *, arrived_on: str | None = None) -> Answer:
    """Does a socket of this host take a new request to `ip` and `port`, which arrived on a link and is delivered here?

    A yes quotes the socket that the kernel prefers of those that were seen. A no quotes the sockets of that port that
    do not take it, and is said of a whole list alone: raises NotCollected where a line may be such a socket, or not all
    were shown. Reads sockets, and links and sysctl where collected.
    """
    request = _Request(protocol, ip, port, arrived_on)
    doubts = _doubts(node, request)
    if (best := _preferred(doubts, ip)) is not None:
        return yes("{socket} takes the request", cite(best), socket=best)
    _refuse_unseen(node, request, doubts)
    others = [cite(row, "takes no request to {ip}", ip=ip) for row in doubts]
    return no("no socket takes {protocol} {ip} port {port}", *others, protocol=protocol, ip=ip, port=port)


def user_of_listener(node: Node, protocol: str, ip: IP, port: int, *, arrived_on: str | None = None) -> int | None:
    """The user of the socket that takes a request, as listener() chooses it; None where no list tells."""
    if not node.has("sockets"):
        return None
    best = _preferred(_doubts(node, _Request(protocol, ip, port, arrived_on)), ip)
    return best.user if best is not None else None


def replies_from(node: Node, protocol: str, ip: IP, port: int, *, client: IP, arrived_on: str | None = None) -> Answer:
    """Does the socket that takes a request to `ip` reply from that address?

    A connection of TCP or SCTP has it as its own. A UDP socket of the wildcard address has none: the route to the
    client chooses (net/ipv4/udp.c: udp_sendmsg(), without IP_PKTINFO), unless the program asks for the address of each
    request. Raises NotCollected as listener() does, and where a socket of that very address may be there. Reads what
    own_source() reads, where IPv4.
    """
    request = _Request(protocol, ip, port, arrived_on)
    doubts = _doubts(node, request)
    best = _preferred(doubts, ip)
    if protocol != "udp" or best is None or not _is_wildcard(best):
        taken = listener(node, protocol, ip, port, arrived_on=arrived_on)
        return yes("the socket replies from {ip}", *taken.because, ip=ip) if taken else taken
    _refuse_unseen(node, request, doubts)
    source = own_source(node, client) if ip.version == 4 else None
    if source is not None and source.ip == ip:
        return yes("the route to {client} chooses {ip}", cite(best), *source.because, client=client, ip=ip)
    program = assume("sockets", "the program does not ask to which address a request was sent (IP_PKTINFO)")
    address = "another address" if source is None or source.ip is None else source.ip
    because = (cite(best), *(source.because if source is not None else ()), program)
    return no("the route to {client} chooses {address}", *because, client=client, address=address)


def no_transparent_proxy(node: Node, ip: IP) -> Citation:
    """What a finding takes for granted where packets to `ip`, which is not local, are delivered: that no socket replies
    from it all the same (IP_TRANSPARENT).

    No list shows the option. A socket of that very address has it, or it has another that allows it to be bound there
    (net/ipv4/af_inet.c: inet_can_nonlocal_bind()): then raises NotCollected. Reads sockets where collected.
    """
    for row in _table(node).sockets if node.has("sockets") else ():
        if row.ip == ip or row.other_order == ip:
            partial = Partial(_TRANSPARENT, row.seen, {"socket": str(row)})
            raise NotCollected("sockets", node.name, "whether a socket is transparent", _OPTIONS, partial)
    return assume_without("sockets", "no transparent proxy answers (IP_TRANSPARENT)", _OPTIONS)


_TRANSPARENT = "the line does not show whether the socket of {socket} is transparent (IP_TRANSPARENT)"
_OPTIONS = "ss -lntu --inet-sockopt"


@dataclass(frozen=True, slots=True)
class _Request:
    protocol: str
    ip: IP
    port: int
    arrived_on: str | None


def _doubts(node: Node, request: _Request) -> dict[Socket, str | None]:
    """The sockets of the request's port, each with what _doubt() says of it."""
    rows = [row for row in _table(node).sockets if row.protocol == request.protocol]
    return {row: _doubt(node, row, request) for row in rows if row.port in (request.port, None)}


def _preferred(doubts: Mapping[Socket, str | None], ip: IP) -> Socket | None:
    """compute_score(): the packet's own address, then a socket of this link, then one of the packet's family."""
    taking = [row for row, doubt in doubts.items() if doubt is None]
    return max(taking, key=lambda row: (not _is_wildcard(row), bool(row.link), row.family == ip.version), default=None)


def _table(node: Node) -> SocketTable:
    table: SocketTable = node.seen_rows("sockets")
    return table


def _refuse_unseen(node: Node, request: _Request, doubts: Mapping[Socket, str | None]) -> None:
    """Raise NotCollected if another socket may take the request: one that was seen, or one where nothing was.

    IPv4's packets are taken by sockets of both families.
    """
    wanted = f"the socket of {request.protocol} {request.ip} port {request.port}"
    for row, doubt in doubts.items():
        if doubt:
            fields = {"family": str(request.ip.version), "other": str(row.other_order), "link": str(row.link)}
            raise NotCollected("sockets", node.name, wanted, partial=Partial(doubt, row.seen, fields))
    families = {4, 6} if request.ip.version == 4 else {6}
    if not all((request.protocol, family) in _table(node).shown for family in families):
        option = {"tcp": "t", "udp": "u", "sctp": "S"}.get(request.protocol, "")
        command = f"ss -ln{option}p" if option else ""
        raise NotCollected("sockets", node.name, wanted, command, node.partial("sockets"))


def _doubt(node: Node, row: Socket, request: _Request) -> str | None:
    """Why it is not known whether this socket takes the request: None if it does, "" if it does not."""
    link = _of_link(node, row, request.arrived_on)
    doubts = (_of_address(row, request.ip), link, _NO_PORT if row.port is None else None)
    return "" if "" in doubts else next((doubt for doubt in doubts if doubt), None)


def _of_address(row: Socket, ip: IP) -> str | None:
    if row.ip is None:
        return "" if row.family == 4 and ip.version == 6 else _NO_ADDRESS
    if row.family is None:  # `*:80`
        return None if ip.version == 4 else _OTHER_FAMILY
    address = (row.ip.ipv4_mapped if isinstance(row.ip, IPv6Address) else None) or row.ip
    if address == ip or (address.is_unspecified and address.version == ip.version):
        return None
    if address.is_unspecified and address.version == 6:
        return _OTHER_FAMILY if row.v6only is None else "" if row.v6only else None
    return _BYTE_ORDER if row.other_order == ip else ""


def _of_link(node: Node, row: Socket, arrived_on: str | None) -> str | None:
    """net/ipv4/inet_hashtables.c: inet_sk_bound_dev_eq(). Lists that do not show links are taken for sockets of all."""
    vrf = _vrf(node, arrived_on)
    if row.link:
        return None if row.link in (arrived_on, vrf) else "" if arrived_on else _LINK
    if not vrf:
        return None
    key = f"net.ipv4.{'udp' if row.protocol == 'udp' else 'tcp'}_l3mdev_accept"
    if not node.has("sysctl") or not node.knows_sysctl(key):
        return _VRF
    return None if node.sysctl(key).raw.strip() not in ("", "0") else ""


def _vrf(node: Node, link: str | None) -> str | None:
    """The VRF that a link is in; it counts as the link where a packet arrives, and so does the link itself. Raises
    NotCollected where that link, or the one it is a port of, is not among the links that were seen."""
    if link is None:
        return None
    if not node.has("links"):
        node.assuming(NotCollected("links", node.name))
        return None
    kinds = {row.name: (row.master, row.kind) for row in node.seen_rows("links")}
    master = kinds.get(link, (None, None))[0]
    known = link in kinds and (master is None or master in kinds)
    if not known and (absent := node.unseen("links")) is not None:
        raise absent
    return master if master is not None and kinds.get(master, (None, None))[1] == "vrf" else None


def _is_wildcard(row: Socket) -> bool:
    mapped = row.ip.ipv4_mapped if isinstance(row.ip, IPv6Address) else None
    return row.wildcard or (mapped is not None and mapped.is_unspecified)
