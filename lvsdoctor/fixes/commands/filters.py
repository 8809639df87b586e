"""Fixes of packet filters: the rule that drops a service's packets goes, or one that accepts them comes before it."""

from collections.abc import Callable, Iterable, Sequence

from lvsdoctor.analysis.filters.director_filters import CONNTRACK, LOOSE, at_director
from lvsdoctor.analysis.filters.filter_paths import PROTOCOLS, FilteredPacket, filter_fact
from lvsdoctor.analysis.filters.real_server_filters import at_real_server
from lvsdoctor.fixes.commands.filter_rules import SAVE_NFT, is_of_nft
from lvsdoctor.fixes.commands.settings import set_sysctls
from lvsdoctor.fixes.commands.spelling import spell
from lvsdoctor.kernel.packet_matching import Packet
from lvsdoctor.model.address import IP
from lvsdoctor.model.change import Change, PutFilterRule, PutNftRule, RemoveFilterRule, RemoveNftRule, SetSysctl
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import Citation, Fix
from lvsdoctor.model.ipvs import VirtualService
from lvsdoctor.model.node import Node
from lvsdoctor.model.packet_filter import AddressRange, Chain, Effect, FilterRule, FilterTable, Hook, Match
from lvsdoctor.model.standing import Membership

_NAMES = {number: name for name, number in PROTOCOLS.items()}
_MANY = 8  # lines that drop the same packet, one behind the other
_DROPS = frozenset({Effect.DROP, Effect.REJECT})
SAVE = "# save the rules as this host does: {program} > /etc/iptables/rules.v{version}, firewalld, ufw or a script"


Pick = Callable[[Iterable[FilteredPacket]], Sequence[FilteredPacket]]


def pass_filters(node: Node, pick: Pick, of: VirtualService | Membership) -> Fix:
    """What makes the filters of a director pass those packets of a service, or of a real server those of a listing:
    line by line, until the model drops none of them."""
    from lvsdoctor.fixes.changes.kinds import applied

    fix = Fix()
    for _ in range(_MANY):
        look = at_real_server(node, of) if isinstance(of, Membership) else at_director(node, of)
        item = next(iter(pick(look)), None)
        change = passing(node, item) if item is not None else None
        if item is None or change is None:
            break
        version = item.passage.packet.version
        save = SAVE.format(program=f"{filter_fact(version)}-save", version=version)
        if isinstance(change, PutNftRule | RemoveNftRule):
            save = SAVE_NFT
        fix += Fix(now=(spell(change),), persist=(save,))
        node = applied(node, change)
    return fix


def passing(node: Node, item: FilteredPacket) -> Change | None:
    """The change that lets a dropped packet pass the line that decides: a rule for this address alone goes; before any
    other comes one that accepts the packet, and at the end of a chain whose policy drops it."""
    packet = item.passage.packet
    place = deciding(node, item)
    if place is None:
        return None
    table, chain, number = place
    if is_of_nft(table):
        return _passing_nft(item, table, chain, number)
    if number and table.form == "save" and _is_for(chain.rules[number - 1], packet):
        words = chain.rules[number - 1].seen.text.partition(f"-A {chain.name} ")[2].strip()
        return RemoveFilterRule(packet.version, table.name, chain.name, words)
    return PutFilterRule(packet.version, table.name, chain.name, accepting(item), number)


def _passing_nft(item: FilteredPacket, table: FilterTable, chain: Chain, number: int) -> Change:
    packet, place = item.passage.packet, (table.family, table.name, chain.name)
    if not number:
        return PutNftRule(*place, accepting_nft(item), first=False)
    rule = chain.rules[number - 1]
    alone = [row.handle for row in chain.rules].count(rule.handle) == 1
    if rule.handle is not None and alone and names_only(rule, packet):
        return RemoveNftRule(*place, rule.handle)
    return PutNftRule(*place, accepting_nft(item), before=rule.handle)


def deciding(node: Node, item: FilteredPacket) -> tuple[FilterTable, Chain, int] | None:
    """Where the rule stands that drops the packet (counted from 1), or 0 for the policy of the chain."""
    return deciding_line(node, filter_fact(item.passage.packet.version), item.verdict.because)


def deciding_line(
    node: Node, fact: str, because: Iterable[Citation]
) -> tuple[FilterTable, Chain, int] | None:  # fmt: skip
    """The same for the lines of a verdict."""
    lines = {line.seen for line in because}
    for table in node.packet_filter(fact):
        for chain in table.chains:
            for number, rule in enumerate(chain.rules, 1):
                if rule.seen in lines and _DROPS.intersection(action.effect for action in rule.actions):
                    return table, chain, number
            if chain.seen in lines and chain.policy == "drop":
                return table, chain, 0
    return None


def _is_for(rule: FilterRule, packet: Packet) -> bool:
    """Does a rule of iptables-save name the packet's address, or that of its sender, alone?"""
    return names_only(rule, packet) and rule.seen.text.lstrip("[0123456789:] ").startswith("-A ")


def names_only(rule: FilterRule, packet: Packet) -> bool:
    """Is this address the only one that it names? And nothing in it that the model does not know."""
    ends = {Match.DESTINATION: packet.dst, Match.SOURCE: packet.src}
    named = [
        value
        for condition in rule.conditions
        if condition.match in ends and not condition.negated
        for value in condition.values
        if isinstance(value, AddressRange) and value.low == value.high == ends[condition.match]
    ]
    return len(named) == 1 and not rule.unknown


def accepting(item: FilteredPacket) -> str:
    """The words of a rule that accepts packets like this one: those of the service, from any client or to any."""
    packet, replies = item.passage.packet, item.replies
    end, port = _end_of_service(item)
    words = [f"{'-s' if replies else '-d'} {end}/{end.max_prefixlen}"] if end is not None else []
    name = _NAMES.get(packet.protocol or 0)
    if name is not None:
        words.append(f"-p {name}")
        words += [f"-m {name} {'--sport' if replies else '--dport'} {port}"] if port else []
    elif packet.protocol is not None:
        words.append(f"-p {packet.protocol}")
    return " ".join([*words, "-j ACCEPT"])


def accepting_nft(item: FilteredPacket) -> str:
    """The same for nft."""
    packet, replies = item.passage.packet, item.replies
    end, port = _end_of_service(item)
    words = [f"{'ip6' if packet.version == 6 else 'ip'} {'saddr' if replies else 'daddr'} {end}"] if end else []
    name = _NAMES.get(packet.protocol or 0)
    if name is not None and port:
        words.append(f"{name} {'sport' if replies else 'dport'} {port}")
    elif packet.protocol is not None:
        words.append(f"meta l4proto {name or packet.protocol}")
    return " ".join([*words, "accept"])


def _end_of_service(item: FilteredPacket) -> tuple[IP | None, int | None]:
    """The address and the port of the packet that are the service's, not the client's; at INPUT those that a rule of
    table nat gave it before."""
    here = item.verdict.packet if item.verdict.hook is Hook.INPUT else None
    packet = here if here is not None and here.changed and not item.replies else item.passage.packet
    return (packet.src, packet.sport) if item.replies else (packet.dst, packet.dport)


def fit_conntrack(director: Node, service: VirtualService, pick: Pick) -> Fix:
    """What makes stateful rules pass the packets of a service: the setting by which connection tracking sees both
    directions or none, where that breaks no other service; else rules that accept them whatever their state."""
    from lvsdoctor.fixes.changes.kinds import applied

    before = _broken(director, director.services)
    for key in (CONNTRACK, LOOSE):
        if not (director.has("sysctl") and director.knows_sysctl(key)):
            continue
        value = 0 if director.sysctl(key).value and key == CONNTRACK else 1
        after = _broken(applied(director, SetSysctl(key, str(value))), director.services)
        if after < before and str(service) not in after:
            return set_sysctls({key: value})
    return pass_filters(director, pick, service)


def _broken(director: Node, services: Sequence[VirtualService]) -> set[str]:
    """The services of which the director's filters drop or may drop packets."""
    broken = set()
    for service in services:
        try:
            known = any(item.dropped or item.verdict.lacking for item in at_director(director, service))
        except NotCollected:
            continue
        if known:
            broken.add(str(service))
    return broken
