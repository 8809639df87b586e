"""What arptables does to ARP packets (net/ipv4/netfilter/arp_tables.c: arpt_do_table(), arpt_mangle.c: target())."""

from dataclasses import dataclass

from lvsdoctor.kernel.answer import assume
from lvsdoctor.model.address import IP
from lvsdoctor.model.arptables import ArpRule, ArpTables
from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.link import EVERY_INTERFACE
from lvsdoctor.model.node import Node

REQUEST, REPLY = 1, 2
_JUMPS = 16  # the kernel refuses loops when a table is loaded; a dump from a stranger may hold one


@dataclass(frozen=True, slots=True)
class Filtered:
    """What is left of an ARP packet after a chain: nothing (`dropped`), or the packet, perhaps with another sender."""

    dropped: bool
    sender: IP
    because: tuple[Citation, ...] = ()


def arp_filtered(node: Node, chain: str, *, sender: IP, target: IP, operation: int, link: str) -> Filtered:
    """An ARP packet through INPUT (received on `link`) or OUTPUT (sent on it). No rules assumed where not collected."""
    if not node.has("arptables"):
        return Filtered(False, sender, (assume("arptables", "no arptables rules"),))
    tables = node.arptables
    packet = _Packet(chain, target, operation, link)
    verdict, sender, because = _walk(tables, chain, sender, packet, _JUMPS)
    if verdict == "":
        verdict = tables.policies.get(chain, "ACCEPT")
    return Filtered(verdict == "DROP", sender, because)


@dataclass(frozen=True, slots=True)
class _Packet:
    """An ARP packet but for its sender, which a rule may change. `hook` is INPUT or OUTPUT, whatever chain it is in."""

    hook: str
    target: IP
    operation: int
    link: str


def _walk(
    tables: ArpTables, chain: str, sender: IP, packet: _Packet, jumps: int
) -> tuple[str, IP, tuple[Citation, ...]]:
    """The verdict of a chain ("" where it falls off the end), the sender then, and the rules that had a say."""
    because: tuple[Citation, ...] = ()
    for rule in tables.chain(chain):
        if not _matches(rule, sender, packet):
            continue
        if rule.other:
            # A match we do not model: it cannot be told whether the rule applies, so it is not counted on.
            because += (Citation(rule.seen, "has a match that is not modelled: not counted on", {}, "arptables -nvL"),)
            continue
        if rule.target in ("ACCEPT", "DROP"):
            return rule.target, sender, (*because, cite(rule, "this rule decides"))
        if rule.target == "RETURN":
            break
        if rule.target == "mangle":
            because += (cite(rule, "rewrites the ARP packet"),)
            return "ACCEPT", rule.mangle_ip_s or sender, because
        if rule.target in tables.policies and jumps:
            verdict, sender, more = _walk(tables, rule.target, sender, packet, jumps - 1)
            because += more
            if verdict:
                return verdict, sender, because
    return "", sender, because


def _matches(rule: ArpRule, sender: IP, packet: _Packet) -> bool:
    """net/ipv4/netfilter/arp_tables.c: arp_packet_match()."""
    selectors = (
        ("src", rule.src is None or sender in rule.src, rule.src is None),
        ("dst", rule.dst is None or packet.target in rule.dst, rule.dst is None),
        ("operation", rule.operation in (None, packet.operation), rule.operation is None),
        ("in_link", _link_matches(rule.in_link, packet.link) and packet.hook != "OUTPUT", rule.in_link is None),
        ("out_link", _link_matches(rule.out_link, packet.link) and packet.hook != "INPUT", rule.out_link is None),
    )
    if rule.src_mac is not None or rule.dst_mac is not None:
        return False  # a MAC match is about one sender, not about the VIP
    return all(absent or matches != (name in rule.negated) for name, matches, absent in selectors)


def _link_matches(pattern: str | None, link: str) -> bool:
    if pattern is None or pattern == "*" or link == EVERY_INTERFACE:  # of which the rule's own is one
        return True
    return link.startswith(pattern[:-1]) if pattern.endswith("+") else link == pattern
