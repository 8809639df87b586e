"""A packet through the rules of one base chain, and all outcomes that it may have there.

net/ipv4/netfilter/ip_tables.c: ipt_do_table(); net/netfilter/nf_tables_core.c: nft_do_chain().
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from lvsdoctor.kernel.packet_matching import UNKNOWN_HOST, Locality, Packet, holds
from lvsdoctor.kernel.packet_rewriting import rewritten
from lvsdoctor.model.filter_hooks import CONNTRACK
from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.packet_filter import Action, Chain, Condition, Effect, FilterRule, FilterTable, Hook

_JUMPS = 16  # the kernel refuses loops when a table is loaded; a dump from a stranger may hold one
_PATIENCE = 100_000  # rules that are asked: chains that call others twice would be walked for ever
_STOPS = frozenset({Effect.ACCEPT, Effect.DROP, Effect.REJECT, Effect.QUEUE, Effect.UNKNOWN})
_NAT = frozenset({Effect.DNAT, Effect.SNAT, Effect.MASQUERADE, Effect.REDIRECT, Effect.TPROXY})
_TRACKED_FIRST = frozenset({"NEW", "RELATED"})  # net/netfilter/nf_nat_core.c: nf_nat_inet_fn()


@dataclass(frozen=True, slots=True)
class Ending:
    """One outcome that a packet may have in a chain: accept, drop or unknown; `maybe` if another is possible.

    `because` begins with the line in doubt, if there is one, and then has the rules that lead there. `translated`: a
    rule of nat decided where the connection goes.
    """

    kind: str
    packet: Packet
    reason: str
    because: tuple[Citation, ...] = ()
    maybe: bool = False
    rejected: bool = False
    translated: bool = False


def walk(
    table: FilterTable, chain: Chain, packet: Packet, hook: Hook, host: Locality | None = None
) -> tuple[tuple[Ending, ...], tuple[Citation, ...]]:
    """The outcomes that are possible in a base chain, certain where it is one alone; and the rules that changed what
    went on (a mark, NOTRACK)."""
    of_nat = table.nat or chain.nat
    if of_nat and packet.states.isdisjoint(_TRACKED_FIRST):
        return (Ending("accept", packet, "only the first packet of a connection comes to nat"),), ()
    # Of what arrives or is sent here; what comes to INPUT, FORWARD or POSTROUTING has passed connection tracking.
    untracked = chain.priority < CONNTRACK and hook in (Hook.PREROUTING, Hook.OUTPUT)
    walker = _Walk(table, hook, host or UNKNOWN_HOST, untracked=untracked)
    doubt: tuple[Citation, ...] = ()
    if of_nat and not packet.states <= _TRACKED_FIRST:
        doubt = (cite(chain, "only the first packet of a connection comes here"),)
    end = walker.chain(chain, packet, doubt, (), 0)
    left = end if end is not None or not doubt else packet
    if left is not None:
        walker.endings.append(_by_policy(chain, left, walker.doubt))
    return tuple(walker.endings), tuple(walker.changes)


def _by_policy(chain: Chain, packet: Packet, doubt: tuple[Citation, ...]) -> Ending:
    because = (*doubt, cite(chain, "no rule decides, so the policy does"))
    if chain.policy == "drop":
        return Ending("drop", packet, f"the policy of chain {chain.name} is drop", because, bool(doubt))
    return Ending("accept", packet, "", because if doubt else (), bool(doubt))


class _Walk:
    """At work on one base chain. `endings` are the outcomes that are possible so far."""

    def __init__(self, table: FilterTable, hook: Hook, host: Locality, *, untracked: bool) -> None:
        self._table, self._hook, self._host, self._untracked = table, hook, host, untracked
        self._patience = _PATIENCE
        self.endings: list[Ending] = []
        self.changes: list[Citation] = []  # what changed a packet that went on
        self.doubt: tuple[Citation, ...] = ()  # the first line that may have led elsewhere

    def chain(
        self, chain: Chain, packet: Packet, doubt: tuple[Citation, ...], path: tuple[Citation, ...], depth: int
    ) -> Packet | None:
        """The packet as it leaves the chain's end, or returns; None if it certainly does not. `doubt` are the lines
        because of which the packet may not even come here, `path` the jumps that led here."""
        left: list[Packet] = []
        if chain.partial is not None:  # what is lacking may come first
            line = Citation(chain.partial.seen or chain.seen, "{says}", {"says": chain.partial.says}, "")
            self._add(Ending("unknown", packet, chain.partial.says, (line,)), doubt)
            return None
        for rule in chain.rules:
            self._patience -= 1
            step = self._rule(rule, packet, doubt, path, depth)
            if step.returns is not None:
                left.append(step.returns)
                doubt = doubt or step.doubt
            if step.goes_on is None:
                return _joined(left)
            packet = step.goes_on
        return _joined([*left, packet])

    def _rule(
        self, rule: FilterRule, packet: Packet, doubt: tuple[Citation, ...], path: tuple[Citation, ...], depth: int
    ) -> "_Step":
        maybe, uncertain = doubt, False
        returned: Packet | None = None
        goes_on = packet  # where the rule does not match
        for item in rule.statements:
            if isinstance(item, Condition):
                answer = holds(item, self._as_seen(packet), self._hook, self._host)
                if answer is False:
                    return _Step(_joined([goes_on, packet]), returned, maybe)
                if answer is None:
                    uncertain = True
                    maybe = maybe or (cite(rule, "this rule may match"),)
                continue
            step = self._action(rule, item, packet, maybe, path, depth)
            if step.returns is not None:
                returned = step.returns
            if step.goes_on is None:
                return _Step(goes_on if uncertain else None, returned, maybe)
            packet = step.goes_on
            if not uncertain:
                goes_on = packet
        return _Step(_joined([goes_on, packet]), returned, maybe)

    def _as_seen(self, packet: Packet) -> Packet:
        """Before connection tracking (the table raw) a packet has no state, which reads as INVALID."""
        if self._untracked and packet.states != {"UNTRACKED"}:
            return replace(packet, states=frozenset({"INVALID"}))
        return packet

    def _action(
        self, rule: FilterRule, action: Action, packet: Packet, doubt: tuple[Citation, ...], path: tuple[Citation, ...],
        depth: int,
    ) -> "_Step":  # fmt: skip
        match action.effect:
            case Effect.RETURN:
                return _Step(None, packet, doubt)
            case Effect.JUMP | Effect.GOTO:
                return self._jump(rule, action, packet, doubt, path, depth)
            case kind if kind in _STOPS:
                self._add(_ending(rule, action, packet, path), doubt)
                return _Step(None)
            case Effect.REDIRECT if (
                packet.in_link and self._hook is Hook.PREROUTING and self._host.bare(packet.in_link)
            ):
                # net/netfilter/nf_nat_redirect.c: nf_nat_redirect_ipv4(), nf_nat_redirect_ipv6(): NF_DROP
                reason = f"{packet.in_link} has no address that REDIRECT could send the packet to"
                self._add(Ending("drop", packet, reason, (_cited(rule, "this rule decides"), *path)), doubt)
                return _Step(None)
            case kind if kind in _NAT:
                changed = rewritten(packet, action, self._hook, self._host)
                lines = (*path, _cited(rule, "this rule rewrites the packet"))
                self._add(Ending("accept", changed, "", lines, translated=kind is not Effect.TPROXY), doubt)
                return _Step(None)
        changed = rewritten(packet, action, self._hook, self._host)
        if changed != packet:
            self.changes.append(cite(rule, "this rule changes the packet"))
        return _Step(changed)

    def _jump(
        self, rule: FilterRule, action: Action, packet: Packet, doubt: tuple[Citation, ...], path: tuple[Citation, ...],
        depth: int,
    ) -> "_Step":  # fmt: skip
        chain = self._table.chain(action.chain)
        if chain is None or depth >= _JUMPS or self._patience < 0:
            reason = f"chain {action.chain} was not shown" if chain is None else "the chains call each other too often"
            self._add(Ending("unknown", packet, reason, (cite(rule, "{reason}", reason=reason), *path)), doubt)
            return _Step(None)
        end = self.chain(chain, packet, doubt, (*path, cite(rule, "this rule leads on")), depth + 1)
        if action.effect is Effect.GOTO:  # the chain's end is the end of the one that it was called from
            return _Step(None, end, doubt)
        return _Step(end)

    def _add(self, ending: Ending, doubt: tuple[Citation, ...]) -> None:
        if doubt:
            self.doubt = self.doubt or doubt
            ending = replace(ending, because=(*doubt, *ending.because), maybe=True)
        elif self.doubt:
            ending = replace(ending, maybe=True)
        self.endings.append(ending)


@dataclass(frozen=True, slots=True)
class _Step:
    """What follows a rule: the packet that goes on to the next (None: none does), the one that may return from the
    chain, and the lines because of which it may not."""

    goes_on: Packet | None
    returns: Packet | None = None
    doubt: tuple[Citation, ...] = ()


def _ending(rule: FilterRule, action: Action, packet: Packet, path: tuple[Citation, ...]) -> Ending:
    match action.effect:
        case Effect.ACCEPT:
            return Ending("accept", packet, "", (*path, _cited(rule, "this rule decides")))
        case Effect.DROP | Effect.REJECT:
            # The rule that decides comes first, then those that led to it.
            because = (_cited(rule, "this rule decides"), *path)
            rejects = action.effect is Effect.REJECT
            reason = "a rule rejects the packet" if rejects else "a rule drops the packet"
            return Ending("drop", packet, reason, because, False, rejects)
        case Effect.QUEUE:
            return Ending(
                "unknown", packet, "a program decides", (cite(rule, "this rule hands the packet to a program"), *path)
            )
    note = "has a target that is not in the model"
    return Ending("unknown", packet, "a rule has a target that is not in the model", (cite(rule, note), *path))


def _cited(rule: FilterRule, note: str) -> Citation:
    """The rule, and where the file says what its words stand for."""
    if not rule.defined:
        return cite(rule, note)
    return cite(rule, f"{note}; its words are defined in {{places}}", places=", ".join(map(str, rule.defined)))


def _joined(packets: Sequence[Packet | None]) -> Packet | None:
    """What is known of a packet that may be any of these. Only marks, NOTRACK, hop limits change one that goes on."""
    known = [packet for packet in packets if packet is not None]
    if not known:
        return None
    first, *others = known
    for other in others:
        mark = first.mark if first.mark == other.mark else None
        hops = first.hop_limit if first.hop_limit == other.hop_limit else None
        first = replace(first, mark=mark, hop_limit=hops, states=first.states | other.states)
    return first
