"""What the packet filters of a host do to one described packet, hook by hook.

Tables are asked in the order of the hooks and their priorities (net/netfilter/core.c: nf_hook_slow()): a table may
drop what another has accepted. A rule that may match, or whose target is not in the model, leaves two outcomes; where
these differ to the end, the verdict is unknown.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from lvsdoctor.kernel.answer import assume
from lvsdoctor.kernel.ip_sets import lookup, sets_of
from lvsdoctor.kernel.packet_matching import UNKNOWN_HOST, Locality, Packet
from lvsdoctor.kernel.rule_walk import Ending, walk
from lvsdoctor.kernel.vrf import vrf_table
from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.filter_hooks import base_chains
from lvsdoctor.model.finding import Citation
from lvsdoctor.model.node import Node
from lvsdoctor.model.packet_filter import OTHER_VARIANT, Effect, FilterTable, Hook, Match
from lvsdoctor.model.seen import Seen

# The ways of a packet. IPVS takes a request at LOCAL_IN and sends it out by LOCAL_OUT (net/netfilter/ipvs/
# ip_vs_core.c: ip_vs_ops4, ip_vs_xmit.c: ip_vs_nat_send_or_cont()); a reply of NAT it takes at FORWARD.
DELIVERED = (Hook.PREROUTING, Hook.INPUT)
FORWARDED = (Hook.PREROUTING, Hook.FORWARD, Hook.POSTROUTING)
SENT = (Hook.OUTPUT, Hook.POSTROUTING)


_BOTH = frozenset({"SNAT", "DNAT"})
_TRANSLATING = {
    Effect.DNAT: {"DNAT"}, Effect.REDIRECT: {"DNAT"}, Effect.SNAT: {"SNAT"}, Effect.MASQUERADE: {"SNAT"},
    Effect.UNKNOWN: _BOTH,
}  # fmt: skip
_OTHER_HOOK = "what a chain of family {} does at its hook {} is not modelled"


class FilterOutcome(StrEnum):
    ACCEPTED = "accepted"
    DROPPED = "dropped"
    REWRITTEN = "rewritten"  # a part of the hooks is passed, and the packet goes another way from there
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class FilterVerdict:
    """What becomes of a packet, and the packet as it is then.

    `because` begins with the line that decides, where a line does; then come the lines that rewrote it, and what was
    taken for granted: tables that were not shown. `rejected`: the sender gets an answer. `hook` is where it ended, and
    after which hook it is `rewritten`. `lacking` is what the verdict would need, for a rule to raise.
    """

    outcome: FilterOutcome
    packet: Packet
    reason: str = ""
    because: tuple[Citation, ...] = ()
    hook: Hook | None = None
    rejected: bool = False
    lacking: NotCollected | None = None

    @property
    def assumed(self) -> bool:
        """Does it rest on tables that were not shown?"""
        return any(item.assumed for item in self.because)


def filtered(node: Node, packet: Packet, hooks: Sequence[Hook], host: Locality | None = None) -> FilterVerdict:
    """The verdict over a packet that comes by these hooks. A destination that changes at PREROUTING or OUTPUT ends it
    as `rewritten`: where the packet goes then is routing's. Only REDIRECT and TPROXY keep it on the host.

    Where no packet filter was collected none is assumed. `host` tells which addresses are the host's own.
    """
    fact = "iptables" if packet.version == 4 else "ip6tables"
    if not node.has(fact):
        return FilterVerdict(FilterOutcome.ACCEPTED, packet, because=(assume(fact, f"no {fact} rules"),))
    tables = tuple(node.packet_filter(fact))
    if vrf_table(node, packet.in_link):
        # drivers/net/vrf.c: vrf_ip_rcv(): PREROUTING sees it twice, from the port and from the VRF, INPUT from the VRF.
        packet = replace(packet, in_link=None)
    host = replace(host or UNKNOWN_HOST, in_set=lookup(sets_of(node)), translates=_translates(node, fact))
    progress = _Progress(packet, [])
    for number, hook in enumerate(hooks):
        translating: Sequence[Ending] = ()
        progress.packet = _at(hook, progress.packet)
        for table, chain in base_chains(tables, hook):
            if (table.nat or chain.nat) and translating:
                # net/netfilter/nf_nat_core.c: nf_nat_inet_fn(): the first chain that translates is the last asked.
                if all(ending.translated for ending in translating) or not chain.rules:
                    continue
                return _lacking(node, fact, progress.in_doubt(translating, hook))
            endings, changes = walk(table, chain, progress.packet, hook, host)
            if any(ending.translated for ending in endings):
                translating = endings
            if (verdict := progress.after(endings, changes, hook)) is not None:
                return _lacking(node, fact, verdict)
        if number + 1 < len(hooks) and _goes_elsewhere(packet, progress.packet, hook, hooks[number + 1]):
            return progress.end(FilterOutcome.REWRITTEN, hook, _unseen(node, fact))
    return _lacking(node, fact, progress.end(FilterOutcome.ACCEPTED, hooks[-1], _unseen(node, fact)))


def _at(hook: Hook, packet: Packet) -> Packet:
    """The packet as a hook sees it. net/ipv4/ip_forward.c: ip_forward(), net/ipv6/ip6_output.c: ip6_forward()"""
    if hook is not Hook.FORWARD or not packet.hop_limit:
        return packet
    return replace(packet, hop_limit=packet.hop_limit - 1)


class _Progress:
    """A packet on its way: what it is by now, the lines that changed it, and what is in doubt."""

    def __init__(self, packet: Packet, rewriting: list[Citation]) -> None:
        self.packet, self._rewriting = packet, rewriting
        self._doubt: Ending | None = None

    def after(self, endings: Sequence[Ending], changes: Sequence[Citation], hook: Hook) -> FilterVerdict | None:
        """What a chain decides; None where the packet goes on."""
        unknown = next((ending for ending in endings if ending.kind == "unknown"), None)
        passing = [ending for ending in endings if ending.kind == "accept"]
        drops = [ending for ending in endings if ending.kind == "drop"]
        if unknown is None and not passing:
            return self._dropped(drops, hook)
        joined = None if unknown is not None else _joined([ending.packet for ending in passing])
        if joined is None:
            return self._unknown(unknown or passing[0], hook)
        if drops and self._doubt is None:
            self._doubt = next((ending for ending in endings if ending.maybe), drops[0])
        if joined != self.packet:
            by_endings = (line for ending in passing if _rewrote(ending.packet) for line in ending.because)
            self._rewriting += [line for line in (*changes, *by_endings) if line not in self._rewriting]
        self.packet = joined
        return None

    def in_doubt(self, endings: Sequence[Ending], hook: Hook) -> FilterVerdict:
        """A chain that may have translated the packet: then the next is not asked."""
        return self._unknown(next((ending for ending in endings if ending.maybe), endings[0]), hook)

    def end(self, outcome: FilterOutcome, hook: Hook, unseen: tuple[Citation, ...]) -> FilterVerdict:
        if self._doubt is not None:
            return self._unknown(self._doubt, hook)
        sign = next((line for line in unseen if not line.assumed), None)
        if sign is not None:
            return FilterVerdict(
                FilterOutcome.UNKNOWN, self.packet, sign.fields["says"], (sign, *self._rewriting), hook
            )
        reason = "a rule changes the packet" if outcome is FilterOutcome.REWRITTEN else ""
        return FilterVerdict(outcome, self.packet, reason, (*self._rewriting, *unseen), hook)

    def _dropped(self, drops: Sequence[Ending], hook: Hook) -> FilterVerdict:
        certain = next((ending for ending in drops if not ending.maybe), drops[0])
        lines = (*certain.because, *self._rewriting)
        rejected = all(ending.rejected for ending in drops)
        return FilterVerdict(FilterOutcome.DROPPED, self.packet, certain.reason, lines, hook, rejected)

    def _unknown(self, ending: Ending, hook: Hook) -> FilterVerdict:
        return FilterVerdict(
            FilterOutcome.UNKNOWN, self.packet, ending.reason, (*ending.because, *self._rewriting), hook
        )


def _rewrote(packet: Packet) -> bool:
    return packet.changed or packet.tproxy is not None


def _joined(packets: Sequence[Packet]) -> Packet | None:
    """What is known of the packet whichever of these it is; None where they go to different places."""
    first, *others = packets
    for other in others:
        if (other.src, other.dst, other.sport, other.dport) != (first.src, first.dst, first.sport, first.dport):
            return None
        first = replace(
            first,
            mark=first.mark if first.mark == other.mark else None,
            hop_limit=first.hop_limit if first.hop_limit == other.hop_limit else None,
            states=first.states | other.states,
            tproxy=first.tproxy or other.tproxy,
        )
    return first


def _translates(node: Node, fact: str) -> frozenset[str]:
    """Which addresses of connections a rule of the host may change. An unknown target may be one for NAT."""
    return node.derived(("translates", fact), lambda host: _translated_by(host, fact, host.packet_filter(fact)))


def _translated_by(node: Node, fact: str, tables: Sequence[FilterTable]) -> frozenset[str]:
    if node.partial(fact) is not None or any(table.partial is not None for table in tables):
        return _BOTH
    chains = (chain for table in tables for chain in table.chains if table.nat or chain.nat or not chain.policy)
    actions = (action for chain in chains for rule in chain.rules for action in rule.actions)
    return frozenset().union(*(_TRANSLATING.get(action.effect, ()) for action in actions))


def _goes_elsewhere(before: Packet, now: Packet, hook: Hook, following: Hook) -> bool:
    if hook not in (Hook.PREROUTING, Hook.OUTPUT) or (before.dst, now.redirected) == (now.dst, False):
        return False
    return not (now.redirected and following is Hook.INPUT)


def _unseen(node: Node, fact: str) -> tuple[Citation, ...]:
    """What the evidence does not show of the fact: a table that nobody asked for is assumed to have no rule; a sign
    that there are others is quoted."""
    return node.derived(("unseen of the filter", fact), lambda host: _unseen_in(host, fact, host.packet_filter(fact)))


def _unseen_in(node: Node, fact: str, tables: Sequence[FilterTable]) -> tuple[Citation, ...]:
    if (line := _beyond_the_model(tables)) is not None:
        return (line,)
    partial = node.partial(fact)
    if partial is None:
        return ()
    if partial.reason == OTHER_VARIANT and partial.seen is not None:
        return (Citation(partial.seen, "{says}", {"says": partial.says}),)
    damage = next((chain.partial for table in tables for chain in table.chains if chain.partial is not None), None)
    if damage is not None and damage.seen is not None:
        return (Citation(damage.seen, "{says}", {"says": damage.says}),)
    names = ", ".join(sorted(table.name for table in tables))
    text = f"no {fact} rule in a table but {names}" if names else f"no {fact} rules"
    return (assume(fact, text),)


def _beyond_the_model(tables: Sequence[FilterTable]) -> Citation | None:
    """A chain of a bridge or a device that may drop what it sees; and the end of a rule set that was cut off."""
    for table in tables:
        if table.form == "nft" and table.partial is not None and table.partial.seen is not None:
            return Citation(table.partial.seen, "{says}", {"says": table.partial.says})
        for chain in table.chains:
            if not chain.unmodelled:
                continue
            own = tuple(other for other in table.chains if other is chain or not other.policy)
            if not replace(table, chains=own).changes_nothing:
                return Citation(chain.seen, "{says}", {"says": _OTHER_HOOK.format(table.family, chain.unmodelled)})
    return None


def _lacking(node: Node, fact: str, verdict: FilterVerdict) -> FilterVerdict:
    if verdict.outcome is not FilterOutcome.UNKNOWN:
        return verdict
    line = deciding(verdict)
    because = Partial("{says}", line, {"says": verdict.reason or "whether this rule matches is not known"})
    rules = (rule for table in node.packet_filter(fact) for rule in table.rules if rule.seen == line)
    if not sets_of(node) and any(
        item.match is Match.IN_SET and item.values for rule in rules for item in rule.conditions
    ):
        fact = "ipsets"
    return replace(verdict, lacking=NotCollected(fact, node.name, verdict.reason, partial=because))


def deciding(verdict: FilterVerdict) -> Seen | None:
    """The line that decides, if a line of the evidence does."""
    return next((item.seen for item in verdict.because if not item.assumed), None)
