"""Do a host's packet filters let VRRP advertisements in and out?"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import ip_address

from lvsdoctor.analysis.filters.filter_paths import filter_fact, filters_unread, passed
from lvsdoctor.kernel.packet_filter import DELIVERED, SENT, FilterOutcome, FilterVerdict
from lvsdoctor.kernel.packet_matching import NEW, Locality, Packet
from lvsdoctor.model.address import IP
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import Citation
from lvsdoctor.model.node import Node
from lvsdoctor.model.packet_filter import Match
from lvsdoctor.model.standing import Role
from lvsdoctor.model.vrrp import VrrpInstance

# vrrp.h: INADDR_VRRP_GROUP; RFC 9568, 5.1: of IPv4 and of IPv6.
GROUPS = {4: ip_address("224.0.0.18"), 6: ip_address("ff02::12")}
VRRP, AH = 112, 51  # AH around it with auth_type AH


@dataclass(frozen=True, slots=True)
class FilteredAdvert:
    """An advertisement that an instance receives, or sends, and what the filters do to it."""

    instance: VrrpInstance
    packet: Packet
    received: bool
    verdict: FilterVerdict

    @property
    def dropped(self) -> bool:
        return self.verdict.outcome is FilterOutcome.DROPPED

    @property
    def chain(self) -> str:
        return self.verdict.hook.value.upper() if self.verdict.hook is not None else ""


def filtered_adverts(node: Node) -> Iterator[FilteredAdvert]:
    """The advertisements of each instance, first those that come in. Raises NotCollected past the last where rules are
    not known, or decide by what is not known.

    Reads vrrp, and the filters where collected.
    """
    absent: NotCollected | None = None
    for instance in node.vrrp_instances:
        fact = filter_fact(instance.family)
        if not node.has(fact):
            absent = absent or NotCollected(fact, node.name)
            continue
        host = _host(instance)
        for packet, received in _packets(instance):
            verdict = passed(node, packet, DELIVERED if received else SENT, host)
            unread = filters_unread(node, fact)
            if verdict.lacking is not None:
                absent = absent or verdict.lacking
            elif verdict.outcome is not FilterOutcome.DROPPED and unread is not None:
                absent = absent or unread
            elif verdict.outcome is not FilterOutcome.DROPPED and verdict.assumed:
                absent = absent or NotCollected(fact, node.name, partial=node.partial(fact))
            yield FilteredAdvert(instance, packet, received, verdict)
    if absent is not None:
        raise absent.anew()


def filtered_if_asked(node: Node) -> FilteredAdvert | None:
    """The advertisement of another director that a director drops, whatever the interface, where no keepalived.conf of
    it was given: it harms a host that takes part in VRRP by multicast. Only for a host that somebody calls a director
    and that shows no table: what else it does is not known.

    Reads ipvs and iptables where collected.
    """
    if not node.is_a(Role.DIRECTOR) or node.has("ipvs") or not node.has("iptables"):
        return None
    if not (tables := node.packet_filter("iptables")):
        return None
    asked = [item for table in tables for rule in table.rules for item in rule.conditions]
    names = {str(value) for item in asked if item.match is Match.IN_LINK for value in item.values} - {"lo"}
    dropped: FilteredAdvert | None = None
    for link in (*sorted(names), _ANY_LINK):
        packet = Packet(None, GROUPS[4], VRRP, in_link=link, states=NEW)
        verdict = passed(node, packet, DELIVERED, Locality(lambda ip: False if ip.is_multicast else None))
        instance = VrrpInstance("", tables[0].seen, "", None)
        item = FilteredAdvert(instance, packet, True, replace(verdict, because=_shown(verdict)))
        if not item.dropped:
            return None
        dropped = item
    return dropped


def _shown(verdict: FilterVerdict) -> tuple[Citation, ...]:
    """The rules that were shown: others may only drop it earlier."""
    return tuple(line for line in verdict.because if not line.assumed)


_ANY_LINK = "any-link"  # one that no rule asks for


def _host(instance: VrrpInstance) -> Locality:
    """What is known of the host's addresses by the instance alone."""

    def local(ip: IP) -> bool | None:
        return False if ip.is_multicast else ip == instance.source or None

    return Locality(local)


def _packets(instance: VrrpInstance) -> Iterator[tuple[Packet, bool]]:
    """To the group from a host that is not known, or from each peer; each with whether it comes in."""
    protocol = AH if instance.auth.startswith("AH ") else VRRP
    peers: list[IP | None] = [*sorted(instance.peers or (), key=int)] or [None]
    for peer in peers:
        here = GROUPS[instance.family] if peer is None else instance.source
        yield Packet(peer, here, protocol, in_link=instance.link, states=NEW), True
        there = GROUPS[instance.family] if peer is None else peer
        yield Packet(instance.source, there, protocol, out_link=instance.link, states=NEW), False
