"""What the rules of a packet filter change of a packet: its addresses, ports, marks, connection tracking, hop limit."""

from dataclasses import replace

from lvsdoctor.kernel.packet_matching import TUNNELS, UNKNOWN_HOST, UNTRACKED, Locality, Packet, connection_mark
from lvsdoctor.model.address import IP
from lvsdoctor.model.packet_filter import ALL_BITS, Action, Effect, Hook


def rewritten(packet: Packet, action: Action, hook: Hook, host: Locality = UNKNOWN_HOST) -> Packet:
    """The packet after NAT, TPROXY, a mark, NOTRACK or a hop limit. What the kernel chooses of several is not known."""
    match action.effect:
        case Effect.MARK:
            assert action.mark is not None
            return replace(packet, mark=None if packet.mark is None and action.mark.clear != 0xFFFFFFFF
                           else action.mark.of(packet.mark or 0))  # fmt: skip
        case Effect.CT_MARK:
            before = connection_mark(packet)
            after = None if before is None or action.mark is None else action.mark.of(before)
            return replace(packet, connection_mark=after)
        case Effect.SAVE_MARK:
            return replace(packet, connection_mark=_copied(packet.mark, connection_mark(packet), action.bits))
        case Effect.RESTORE_MARK:
            bits = (action.bits[1], action.bits[0]) if action.bits is not None else None
            return replace(packet, mark=_copied(connection_mark(packet), packet.mark, bits))
        case Effect.NOTRACK if hook is Hook.OUTPUT and packet.ipvs and packet.protocol not in TUNNELS:
            # net/netfilter/xt_CT.c: xt_ct_target() passes over what is tracked already, as what IPVS sends.
            return packet
        case Effect.NOTRACK:
            return replace(packet, states=UNTRACKED)
        case Effect.HOPS:
            return replace(packet, hop_limit=action.hops)
        case Effect.TPROXY:
            mark = None if packet.mark is None or action.mark is None else action.mark.of(packet.mark)
            return replace(packet, mark=mark, tproxy=(action.addresses, action.ports))
        case Effect.DNAT | Effect.REDIRECT:
            to_self = action.effect is Effect.REDIRECT
            dst = _own(packet, hook, host) if to_self else _address(action, packet.dst)
            return replace(
                packet, dst=dst, dport=_port(action, packet.dport), redirected=packet.redirected or to_self,
                original_dst=packet.original_dst or packet.dst, changed=True,
            )  # fmt: skip
        case Effect.SNAT:
            return replace(packet, src=_address(action, packet.src), sport=None, changed=True)
        case Effect.MASQUERADE:
            src = host.address_of(packet.out_link) if packet.out_link else None
            return replace(packet, src=src, sport=None, changed=True)
    return packet


def _copied(source: int | None, target: int | None, bits: tuple[int, int] | None) -> int | None:
    """net/netfilter/xt_connmark.c: connmark_tg_shift(): of the one mark the bits that are named, over those of the
    other. None where that is not known."""
    if bits is None or source is None or (target is None and bits[1] != ALL_BITS):
        return None
    taken, cleared = bits
    return ((target or 0) & ~cleared) ^ (source & taken)


def _own(packet: Packet, hook: Hook, host: Locality) -> IP | None:
    """net/netfilter/nf_nat_redirect.c: the first address of the link; loopback's at OUTPUT."""
    if hook is Hook.OUTPUT or not packet.in_link:
        return None
    return host.address_of(packet.in_link)


def _address(action: Action, before: IP | None) -> IP | None:
    place = action.addresses
    return before if place is None else place.low if place.low == place.high else None


def _port(action: Action, before: int | None) -> int | None:
    place = action.ports
    return before if place is None else place.low if place.low == place.high else None
