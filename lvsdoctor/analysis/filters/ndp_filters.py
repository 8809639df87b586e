"""Do packet filters let neighbour discovery pass? To them its packets are ICMPv6 like any other.

net/ipv6/ndisc.c: ndisc_send_ns(), ndisc_send_na(); net/netfilter/nf_conntrack_proto_icmpv6.c: noct_valid_new: no
connection is tracked for them, so neither ESTABLISHED nor INVALID is their state.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from ipaddress import IPv6Address

from lvsdoctor.analysis.filters.filter_paths import filters_unread, locality
from lvsdoctor.kernel.answer import Answer, no
from lvsdoctor.kernel.packet_filter import DELIVERED, SENT, FilterOutcome, filtered
from lvsdoctor.kernel.packet_matching import ANY_STATE, UNTRACKED, Packet
from lvsdoctor.model.address import IP
from lvsdoctor.model.node import Node
from lvsdoctor.model.packet_filter import Hook

_SOLICITATIONS = "chain {chain} of {host} drops neighbour solicitations for {target}"
_ADVERTISEMENTS = "chain {chain} of {host} drops neighbour advertisements of {target}"
_REDIRECTS = "chain {chain} of {host} drops ICMPv6 redirects to {target}"
_ICMP6, _SOLICITATION, _ADVERTISEMENT, _REDIRECT = 58, 135, 136, 137
_WORDS = {_SOLICITATION: _SOLICITATIONS, _ADVERTISEMENT: _ADVERTISEMENTS, _REDIRECT: _REDIRECTS}
# Who asks for others (a router, IPVS), asks from the link's own address; which one that is does not matter.
_LINK_LOCAL = IPv6Address("fe80::ff:fe00:1")


def drops_solicitations(node: Node, target: IP, link: str, asker: IP | None) -> Answer | None:
    """Why the filters of a host that has an address keep others from it: they drop the question or its answer. None
    where they pass both.

    Raises NotCollected where the rules do not tell. Reads ip6tables, ipsets, and what locality() reads.
    """
    src = asker or _LINK_LOCAL
    asked = _packet(_SOLICITATION, src, _solicited_node(target), in_link=link)
    answered = _packet(_ADVERTISEMENT, target, src, out_link=link)
    return next(_dropped(node, ((asked, DELIVERED), (answered, SENT)), target), None)


def drops_advertisements(node: Node, target: IP, link: str, source: IP | None) -> Answer | None:
    """Why the filters of a host keep it from finding a neighbour. As drops_solicitations()."""
    src = source or _LINK_LOCAL
    asks = _packet(_SOLICITATION, src, _solicited_node(target), out_link=link)
    answer = _packet(_ADVERTISEMENT, target, src, in_link=link)
    return next(_dropped(node, ((asks, SENT), (answer, DELIVERED)), target), None)


def drops_redirects(
    node: Node, target: IP, *, out_link: str | None = None, in_link: str | None = None
) -> Answer | None:
    """Why the filters of a host keep ICMPv6 redirects from a real server: those of a router that sends them by
    `out_link`, or its own where they come in. As drops_solicitations()."""
    packet = replace(_packet(_REDIRECT, _LINK_LOCAL, target, in_link, out_link), states=ANY_STATE)
    return next(_dropped(node, ((packet, SENT if out_link else DELIVERED),), target), None)


def _dropped(node: Node, packets: Sequence[tuple[Packet, Sequence[Hook]]], target: IP) -> Iterator[Answer]:
    if not node.has("ip6tables"):
        return
    if (absent := filters_unread(node, "ip6tables")) is not None:
        raise absent
    if all(table.changes_nothing for table in node.packet_filter("ip6tables")):
        return
    for packet, hooks in packets:
        verdict = filtered(node, packet, hooks, locality(node, 6))
        if verdict.lacking is not None:
            raise verdict.lacking
        if verdict.outcome is FilterOutcome.DROPPED:
            text = _WORDS[packet.icmp_type or _SOLICITATION]
            chain = verdict.hook.value.upper() if verdict.hook is not None else ""
            yield no(text, *verdict.because, chain=chain, host=node.name, target=target)


def _packet(kind: int, src: IP, dst: IP, in_link: str | None = None, out_link: str | None = None) -> Packet:
    return Packet(
        src, dst, _ICMP6, in_link=in_link, out_link=out_link, states=UNTRACKED, icmp_type=kind, hop_limit=255
    )  # fmt: skip


def _solicited_node(target: IP) -> IPv6Address:
    """RFC 4291, 2.7.1."""
    return IPv6Address((0xFF02_0000_0000_0000_0000_0001_FF00_0000) | (int(target) & 0xFFFFFF))
