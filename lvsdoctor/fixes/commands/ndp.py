"""What makes the packet filters of a host pass neighbour discovery."""

from lvsdoctor.analysis.arp.unanswered import ArpUnanswered
from lvsdoctor.analysis.filters.ndp_filters import drops_solicitations
from lvsdoctor.fixes.commands.filter_rules import SAVE_NFT, is_of_nft
from lvsdoctor.fixes.commands.filters import SAVE, deciding_line
from lvsdoctor.fixes.commands.spelling import spell
from lvsdoctor.model.address import IP
from lvsdoctor.model.change import Change, PutFilterRule, PutNftRule
from lvsdoctor.model.finding import Fix
from lvsdoctor.model.node import Node

_WORDS = "-p ipv6-icmp -m icmp6 --icmpv6-type {kind} -j ACCEPT"
_TYPES = (135, 136)  # neighbour solicitation and advertisement
_MANY = 8  # lines that drop the same packet, one behind the other


def pass_ndp(node: Node, vip: IP, silence: ArpUnanswered) -> Fix:
    """Rules that accept solicitations and advertisements come before each that drops them, until the model drops none
    that ask for the VIP, nor an answer to them."""
    from lvsdoctor.fixes.changes.kinds import applied

    fix = Fix()
    for _ in range(_MANY):
        dropped = drops_solicitations(node, vip, silence.link.name, None)
        place = deciding_line(node, "ip6tables", dropped.because) if dropped is not None else None
        if place is None:
            break
        table, chain, number = place
        changes: tuple[Change, ...]
        if is_of_nft(table):
            before = chain.rules[number - 1].handle if number else None
            words = "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept"
            changes = (PutNftRule(table.family, table.name, chain.name, words, first=bool(number), before=before),)
        else:
            rules = (_WORDS.format(kind=kind) for kind in _TYPES)
            changes = tuple(PutFilterRule(6, table.name, chain.name, words, number) for words in rules)
        save = SAVE_NFT if is_of_nft(table) else SAVE.format(program="ip6tables-save", version=6)
        fix += Fix(now=tuple(map(spell, changes)), persist=(save,))
        for change in changes:
            node = applied(node, change)
    return fix
