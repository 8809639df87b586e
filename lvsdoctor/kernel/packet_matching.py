"""Does a condition of a packet filter hold for a described packet? Yes, no, or it cannot be told."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from lvsdoctor.kernel.icmp_types import among_types
from lvsdoctor.model.address import IP
from lvsdoctor.model.packet_filter import (
    AddressRange,
    Condition,
    Hook,
    Masked,
    Match,
    Range,
    TcpFlags,
    Value,
)

ANY_STATE = frozenset({"NEW", "ESTABLISHED", "RELATED", "INVALID", "UNTRACKED"})
NEW = frozenset({"NEW"})
UNTRACKED = frozenset({"UNTRACKED"})
SYN = frozenset({"SYN"})
SYN_ACK = SYN | {"ACK"}
TCP, UDP = 6, 17
# Stands for the port of a client, as an address far away does for its address: one that the usual kernels choose.
CLIENT_PORT = 50000
# Hosts begin with 64 or more, and no host is more than 32 routers away.
_LEAST_HOPS = 32
_WITH_PORTS = frozenset({TCP, UDP, 33, 132, 136})  # DCCP, SCTP and UDP-Lite, too
_FRAME = 1500  # bytes of IP in one of Ethernet
# The headers of IP and of the protocol.
_LEAST_BYTES: dict[tuple[int, int | None], int] = {(4, TCP): 40, (6, TCP): 60, (4, UDP): 28, (6, UDP): 48}
_ICMP = frozenset({1, 58})
TUNNELS = frozenset({4, 41, 47})


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet as far as it is known; None is not known.

    `in_link` is where it came in, `out_link` where it goes out; a hook that has none of them does not look. `states`
    are the states that connection tracking may have for it. `original_dst` is the destination before NAT. `ipvs`: has
    IPVS handled it already (skb->ipvs_property)? `service`: then the virtual address and port that it was sent to.
    `redirected`: a rule made its destination an address of this host.
    `connection_mark` is that of its connection, which begins with 0. `owner` is the user of the socket that sends it,
    `mac` the one that the frame comes from: "" where it has none, as what a tunnel unpacks.
    `tproxy`: a rule looks for a socket at this port of the host instead. `changed`: NAT changed an address or a port.
    """

    src: IP | None
    dst: IP | None
    protocol: int | None = TCP
    sport: int | None = None
    dport: int | None = None
    in_link: str | None = None
    out_link: str | None = None
    mark: int | None = 0
    connection_mark: int | None = None
    states: frozenset[str] = ANY_STATE
    tcp_flags: frozenset[str] | None = None
    fragment: bool = False
    original_dst: IP | None = None
    ipvs: bool | None = False
    service: tuple[IP | None, int | None] | None = None
    redirected: bool = False
    tproxy: tuple[AddressRange | None, Range | None] | None = None
    changed: bool = False
    icmp_type: int | None = None
    hop_limit: int | None = None
    owner: int | None = None
    mac: str | None = None

    def with_mac(self, mac: str | None) -> "Packet":
        return self if mac is None else replace(self, mac=mac)

    @property
    def version(self) -> int:
        known = self.src or self.dst or self.original_dst
        return 4 if known is None else known.version


@dataclass(frozen=True, slots=True)
class Locality:
    """What a host knows of its own addresses: is this one its own, and which does a link have first. None: unknown.
    And of its IP sets: is the packet in the set of that name, by its `src,dst`? `translates`: which addresses of a
    connection a rule may change. `bare`: is a link known to have no address that a packet could be redirected to?"""

    is_local: Callable[[IP], bool | None] = lambda ip: None
    address_of: Callable[[str], IP | None] = lambda link: None
    in_set: Callable[[str, str, Packet], bool | None] = lambda name, directions, packet: None
    translates: frozenset[str] = frozenset({"SNAT", "DNAT"})
    bare: Callable[[str], bool] = lambda link: False


UNKNOWN_HOST = Locality()


def holds(condition: Condition, packet: Packet, hook: Hook, host: Locality = UNKNOWN_HOST) -> bool | None:
    """Does the packet meet the condition at this hook? None where that cannot be told."""
    match condition.match:
        case Match.IPVS_VIP | Match.IPVS_PORT if packet.ipvs is False:
            return False  # net/netfilter/xt_ipvs.c: ipvs_mt() asks nothing more, negated or not
        case Match.CT_ORIGINAL_DESTINATION | Match.CT_ORIGINAL_PORT | Match.CT_MARK if _untracked(packet):
            return False  # net/netfilter/xt_conntrack.c: conntrack_mt(), xt_connmark.c: connmark_mt()
        case Match.OWNER if packet.ipvs and packet.protocol not in TUNNELS:
            # net/netfilter/xt_owner.c: owner_mt(): what comes from no socket of the host has no owner; IPVS takes the
            # socket from a client's packet (ip_vs_xmit.c: ip_vs_drop_early_demux_sk()).
            own = host.is_local(packet.src) if packet.src is not None else None
            return condition.negated if own is False else None
    answer = _holds(condition, packet, hook, host)
    return None if answer is None else answer != condition.negated


def connection_mark(packet: Packet) -> int | None:
    """The mark of the packet's connection, where it is known."""
    return 0 if packet.connection_mark is None and packet.states == NEW else packet.connection_mark


def _untracked(packet: Packet) -> bool:
    return packet.states <= {"UNTRACKED", "INVALID"}


def _holds(condition: Condition, packet: Packet, hook: Hook, host: Locality) -> bool | None:
    values = condition.values
    match condition.match:
        case Match.SOURCE:
            return _among(packet.src, values)
        case Match.DESTINATION:
            return _among(packet.dst, values)
        case Match.IN_LINK:
            if hook is not Hook.POSTROUTING and packet.in_link is None and set(map(str, values)) == {"lo"}:
                return False  # wherever another host's packet comes in, it is not there
            return False if hook is Hook.OUTPUT else _link(None if hook is Hook.POSTROUTING else packet.in_link, values)
        case Match.OUT_LINK:
            return False if hook in (Hook.PREROUTING, Hook.INPUT) else _link(packet.out_link, values)
        case Match.FAMILY:
            return packet.version in values
        case Match.PROTOCOL:
            return None if packet.protocol is None else packet.protocol in values
        case Match.SOURCE_PORT | Match.DESTINATION_PORT | Match.PORT:
            return _ports(condition.match, packet, values)
        case Match.TCP_FLAGS:
            flags, wanted = packet.tcp_flags, [value for value in values if isinstance(value, TcpFlags)]
            return None if flags is None else any(flags & part.looked_at == part.are_set for part in wanted)
        case Match.ICMP_TYPE:
            if packet.protocol not in (*_ICMP, None):
                return False
            return None if packet.icmp_type is None else among_types(packet.icmp_type, values)
        case Match.HOP_LIMIT:
            ranges = [value for value in values if isinstance(value, Range)]
            if packet.hop_limit is None:
                return False if all(part.high < _LEAST_HOPS for part in ranges) else None
            return any(packet.hop_limit in part for part in ranges)
        case Match.FRAGMENT:
            return packet.fragment
        case Match.LENGTH:
            least = _LEAST_BYTES.get((packet.version, packet.protocol), 0)
            lengths = [value for value in values if isinstance(value, Range)]
            if all(part.high < least for part in lengths):
                return False
            # what opens a TCP connection has options at the most, or data of one Ethernet frame (Fast Open)
            opens = packet.protocol == TCP and packet.tcp_flags is not None and "SYN" in packet.tcp_flags
            return True if opens and any(part.low <= least and part.high >= _FRAME for part in lengths) else None
        case Match.OVER_LIMIT:
            return False  # of one client's few packets a limit on many is none
        case Match.MARK:
            return None if packet.mark is None else any(_marked(packet.mark, value) for value in values)
        case Match.CT_MARK:
            known = connection_mark(packet)
            return None if known is None else any(_marked(known, value) for value in values)
        case Match.OWNER:
            users = [value for value in values if isinstance(value, Range)]
            return None if packet.owner is None or not users else any(packet.owner in value for value in users)
        case Match.SOURCE_MAC:
            # net/netfilter/xt_mac.c: mac_mt()
            return False if hook is Hook.OUTPUT else None if packet.mac is None else packet.mac in values
        case Match.CT_STATE:
            return _state(packet, frozenset(map(str, values)), host)
        case Match.CT_ORIGINAL_DESTINATION:
            original = packet.original_dst or (packet.dst if packet.states == NEW and not packet.changed else None)
            return _among(original, values)
        case Match.CT_ORIGINAL_PORT if packet.states == NEW and not packet.changed and packet.ipvs is False:
            return _ports(Match.DESTINATION_PORT, packet, values)
        case Match.IPVS:
            return packet.ipvs
        case Match.IPVS_VIP if packet.service is not None:
            return _among(packet.service[0], values)
        case Match.IPVS_PORT if packet.service is not None and packet.service[1] is not None:
            return any(isinstance(value, Range) and packet.service[1] in value for value in values)
        case Match.PACKET_TYPE:
            return _packet_type(packet.dst, values)
        case Match.IN_SET if len(values) != 2:
            return False
        case Match.IN_SET:
            return host.in_set(str(values[0]), str(values[1]), packet)
        case Match.SOURCE_TYPE:
            return _of_type(packet.src, values, host)
        case Match.DESTINATION_TYPE:
            return _of_type(packet.dst, values, host)
    return None  # what the dump does not show, what the model has no noun for


def _among(ip: IP | None, values: Iterable[Value]) -> bool | None:
    return None if ip is None else any(isinstance(value, AddressRange) and ip in value for value in values)


def _link(name: str | None, values: Iterable[Value]) -> bool | None:
    if name is None:
        return None
    patterns = [str(value) for value in values]
    return any(name.startswith(text[:-1]) if text.endswith("*") else name == text for text in patterns)


def _marked(mark: int, value: Value) -> bool:
    return mark & value.mask == value.value if isinstance(value, Masked) else isinstance(value, Range) and mark in value


def _packet_type(dst: IP | None, values: Iterable[Value]) -> bool | None:
    """What is for a host's own address comes in a frame for that host, or a bridge gives it to nobody."""
    if dst is None:
        return None
    kind = "multicast" if dst.is_multicast else "broadcast" if str(dst) == "255.255.255.255" else "unicast"
    return kind in values or (kind == "unicast" and "host" in values)


def _ports(match: Match, packet: Packet, values: Iterable[Value]) -> bool | None:
    if packet.protocol is not None and packet.protocol not in _WITH_PORTS:
        return False
    ranges = [value for value in values if isinstance(value, Range)]
    ports = {
        Match.SOURCE_PORT: (packet.sport,),
        Match.DESTINATION_PORT: (packet.dport,),
        Match.PORT: (packet.sport, packet.dport),
    }[match]
    if any(port is not None and any(port in part for part in ranges) for port in ports):
        return True
    return None if None in ports else False


def _state(packet: Packet, wanted: frozenset[str], host: Locality) -> bool | None:
    """Is the packet in one of these states, or its connection translated (SNAT, DNAT), where that is asked for?"""
    states = packet.states
    answers = [True if states <= wanted else False if states.isdisjoint(wanted) else None]
    answers += [_translated(packet, word, host) for word in sorted(wanted & {"SNAT", "DNAT"})]
    return True if True in answers else None if None in answers else False


def _translated(packet: Packet, how: str, host: Locality) -> bool | None:
    """net/netfilter/nf_nat_core.c: nf_nat_setup_info() notes it where a rule changes an address or a port; IPVS does
    not (net/netfilter/ipvs/ip_vs_nfct.c: ip_vs_update_conntrack())."""
    if how not in host.translates or _untracked(packet):
        return False
    if how == "SNAT" or packet.states != NEW:
        return None
    if not packet.changed:
        return False
    return True if packet.original_dst is not None and packet.original_dst != packet.dst else None


def _of_type(ip: IP | None, values: Iterable[Value], host: Locality) -> bool | None:
    wanted = {str(value) for value in values}
    if ip is None:
        return None
    if ip.is_multicast:
        return "MULTICAST" in wanted
    local = host.is_local(ip)
    if local:
        return "LOCAL" in wanted
    return False if wanted == {"MULTICAST"} or (local is False and wanted <= {"LOCAL", "MULTICAST"}) else None
