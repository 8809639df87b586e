"""The packets of one connection through IPVS, as the packet filters of the director see them.

Measured on Linux 6.1, and read in ip_vs_core.c: ip_vs_in_hook(), ip_vs_out_hook() and ip_vs_xmit.c. With vs.conntrack=0
IPVS takes what it sends out of connection tracking, so no entry is ever confirmed: every packet of the client is NEW
where it comes in, the SYN-ACK of NAT is INVALID, and what the real server sends after it is NEW. With 1 NAT is tracked
as usual; of DR and TUN the director sees one direction alone, so what follows the SYN is INVALID. UDP has no packets in
the midst of a connection: without an entry each is NEW, a reply too (nf_conntrack_proto_udp.c:
nf_conntrack_udp_packet()).
"""

from dataclasses import dataclass, replace

from lvsdoctor.kernel.packet_filter import DELIVERED, FORWARDED, SENT
from lvsdoctor.kernel.packet_matching import ANY_STATE, NEW, SYN, TCP, UDP, Packet
from lvsdoctor.model.address import IP
from lvsdoctor.model.ipvs import Forwarding
from lvsdoctor.model.packet_filter import Hook

_ACK = frozenset({"ACK"})
_ESTABLISHED, _INVALID, _UNTRACKED = frozenset({"ESTABLISHED"}), frozenset({"INVALID"}), frozenset({"UNTRACKED"})
_NO_FLAGS: frozenset[str] = frozenset()
_IPIP = 4


@dataclass(frozen=True, slots=True)
class Passage:
    """A packet, and the hooks that it comes by in that form. `part` tells which packet of the connection it is."""

    part: str
    packet: Packet
    hooks: tuple[Hook, ...]

    @property
    def is_reply(self) -> bool:
        """Is it what a real server of NAT replies?"""
        return self.part in ("reply", "later reply")


def ipvs_passages(
    request: Packet,
    real_server: IP,
    real_port: int | None,
    forwarding: Forwarding,
    *,
    tracked: bool,
    loose: bool = True,
) -> tuple[Passage, ...]:
    """What the director's filters see of a connection: its first request packet, a later one, and the replies.

    `request` goes from the client to the VIP. `tracked` is vs.conntrack, `loose` net.netfilter.nf_conntrack_tcp_loose:
    without it a packet in the midst of a connection that has no entry is INVALID.
    """
    nat, tcp = forwarding is Forwarding.NAT, request.protocol == TCP
    first = replace(request, states=NEW, tcp_flags=SYN if tcp else _NO_FLAGS)
    if tracked and nat:
        middle = _ESTABLISHED
    else:
        middle = _without_entry(request.protocol, _INVALID if tracked or not loose else NEW)
    later = replace(request, states=middle, tcp_flags=_ACK if tcp else _NO_FLAGS)
    passages = []
    for part, packet in (("first request", first), ("later request", later)):
        passages.append(Passage(part, packet, DELIVERED))
        passages.append(Passage(part, _sent(packet, real_server, real_port, forwarding, tracked=tracked), SENT))
    if nat:
        states = _ESTABLISHED if tracked else _without_entry(request.protocol, _INVALID)
        reply = replace(
            request, src=real_server, dst=request.src, sport=real_port, dport=request.sport, states=states,
            tcp_flags=SYN | _ACK if tcp else _NO_FLAGS, in_link=None, original_dst=request.dst if tracked else None,
        )  # fmt: skip
        passages.append(Passage("reply", reply, FORWARDED[:2]))
        if tcp:
            # nf_conntrack_proto_tcp.c: tcp_new() takes up what has ACK alone, if nf_conntrack_tcp_loose is set.
            states = NEW if not tracked and loose else states
            passages.append(Passage("later reply", replace(reply, states=states, tcp_flags=_ACK), FORWARDED[:2]))
    return tuple(passages)


def _without_entry(protocol: int | None, of_tcp: frozenset[str]) -> frozenset[str]:
    """The state of a packet that belongs to no entry of connection tracking."""
    return of_tcp if protocol == TCP else NEW if protocol == UDP else ANY_STATE


def _sent(packet: Packet, real_server: IP, port: int | None, forwarding: Forwarding, *, tracked: bool) -> Packet:
    """The packet as IPVS hands it to LOCAL_OUT."""
    if forwarding is Forwarding.TUN:
        # ip_vs_tunnel_xmit_prepare(): the outer packet is another one, and tracked anew.
        return Packet(None, real_server, _IPIP, states=NEW | _ESTABLISHED, ipvs=True)
    states = packet.states if tracked else _UNTRACKED
    sent = replace(packet, states=states, ipvs=True, service=(packet.dst, packet.dport), out_link=None)
    if forwarding is Forwarding.NAT:
        return replace(sent, dst=real_server, dport=port, original_dst=packet.dst if tracked else None)
    return sent
