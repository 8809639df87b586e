"""Packet filters: tables of chains, whose rules ask things of a packet and do things to it.

The nouns are general enough for iptables and for nftables: a rule is a row of statements, conditions and actions, in
the order in which the kernel comes to them. (iptables has one action, at the end.)
"""

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address

from lvsdoctor.model.address import IP
from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.seen import Seen

ALL_BITS = 0xFFFFFFFF


class Hook(StrEnum):
    PREROUTING = "prerouting"
    INPUT = "input"
    FORWARD = "forward"
    OUTPUT = "output"
    POSTROUTING = "postrouting"


class Match(StrEnum):
    """What a condition looks at, and in brackets of what kind its values are.

    PORT is either of the two ports. CT_ORIGINAL_DESTINATION is that before NAT. IPVS asks whether IPVS has handled the
    packet. UNSHOWN is what this form of dump does not print. UNKNOWN has no noun: the rule may match less.
    """

    IN_LINK = "in-link"  # [str; a * at the end stands for any letters]
    OUT_LINK = "out-link"  # [str]
    SOURCE = "source"  # [AddressRange]
    DESTINATION = "destination"  # [AddressRange]
    FAMILY = "family"  # [int: 4 or 6]
    PROTOCOL = "protocol"  # [int]
    SOURCE_PORT = "source-port"  # [Range]
    DESTINATION_PORT = "destination-port"  # [Range]
    PORT = "port"  # [Range]
    TCP_FLAGS = "tcp-flags"  # [TcpFlags]
    ICMP_TYPE = "icmp-type"  # [str]
    HOP_LIMIT = "hop-limit"  # [Range]
    LENGTH = "length"  # [Range: of the whole packet]
    OVER_LIMIT = "over-limit"  # []: more connections or packets of a client than an ordinary one has
    FRAGMENT = "fragment"  # []
    MARK = "mark"  # [Masked, Range]
    CT_MARK = "ct-mark"  # [Masked, Range]
    CT_STATE = "ct-state"  # [str, in capitals]
    CT_ORIGINAL_DESTINATION = "ct-original-destination"  # [AddressRange]
    CT_ORIGINAL_PORT = "ct-original-port"  # [Range]
    IPVS = "ipvs"  # []
    IPVS_VIP = "ipvs-vip"  # [AddressRange]
    IPVS_PORT = "ipvs-port"  # [Range]
    SOURCE_TYPE = "source-type"  # [str, in capitals: LOCAL, UNICAST, ...]
    DESTINATION_TYPE = "destination-type"  # [str]
    PACKET_TYPE = "packet-type"  # [str: unicast, broadcast, multicast, ...]
    SOURCE_MAC = "source-mac"  # [str, lower-case]
    IN_SET = "in-set"  # [str: the set's name, and what is looked up in it, as `src,dst`; none: an empty set]
    OWNER = "owner"  # [Range: the user of the socket that sends a packet; str: what is not modelled, as a group]
    UNSHOWN = "unshown"  # []
    UNKNOWN = "unknown"  # []


class Effect(StrEnum):
    """What an action does. CONTINUE changes nothing that decides over the packet; of UNKNOWN the model has no noun."""

    ACCEPT = "accept"
    DROP = "drop"
    REJECT = "reject"
    JUMP = "jump"
    GOTO = "goto"
    RETURN = "return"
    QUEUE = "queue"
    LOG = "log"
    CONTINUE = "continue"
    MARK = "mark"
    CT_MARK = "ct-mark"
    SAVE_MARK = "save-mark"
    RESTORE_MARK = "restore-mark"
    NOTRACK = "notrack"
    HOPS = "hops"
    DNAT = "dnat"
    SNAT = "snat"
    MASQUERADE = "masquerade"
    REDIRECT = "redirect"
    TPROXY = "tproxy"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from `low` to `high`, both of them in it."""

    low: int
    high: int

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and self.low <= number <= self.high

    def __str__(self) -> str:
        return str(self.low) if self.low == self.high else f"{self.low}-{self.high}"


@dataclass(frozen=True, slots=True)
class AddressRange:
    """Addresses of one family from `low` to `high`, both of them in it."""

    low: IP
    high: IP

    def __contains__(self, ip: object) -> bool:
        return getattr(ip, "version", 0) == self.low.version and int(self.low) <= int(ip) <= int(self.high)  # type: ignore[call-overload]

    def __str__(self) -> str:
        return str(self.low) if self.low == self.high else f"{self.low}-{self.high}"


def single(ip: IP | str) -> AddressRange:
    ip = ip_address(ip)
    return AddressRange(ip, ip)


@dataclass(frozen=True, slots=True)
class Masked:
    """A number of which only the bits of `mask` count."""

    value: int
    mask: int = ALL_BITS


@dataclass(frozen=True, slots=True)
class TcpFlags:
    """Of the TCP flags `looked_at` exactly those of `are_set` are set."""

    looked_at: frozenset[str]
    are_set: frozenset[str]


Value = str | int | Range | AddressRange | Masked | TcpFlags


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that a rule asks of a packet: that it is any of `values`, or, `negated`, none. `text` are the words of
    the dump."""

    match: Match
    values: tuple[Value, ...] = ()
    negated: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class MarkChange:
    """The bits of `clear` go, then those of `flip` turn (net/netfilter/xt_mark.c: mark_tg())."""

    clear: int
    flip: int

    def of(self, mark: int) -> int:
        return (mark & ~self.clear) ^ self.flip


@dataclass(frozen=True, slots=True)
class Action:
    """What a rule does. `text` are the words of the dump.

    `chain` is where JUMP and GOTO lead. NAT puts in `addresses` and `ports`; TPROXY looks for a socket there. `mark` is
    the change that MARK, CT_MARK and TPROXY make, `bits` those of both marks that are copied, `hops` what HOPS sets.
    None where the dump does not tell.
    """

    effect: Effect
    text: str = ""
    chain: str = ""
    addresses: AddressRange | None = None
    ports: Range | None = None
    mark: MarkChange | None = None
    hops: int | None = None
    bits: tuple[int, int] | None = None


Statement = Condition | Action
_PASSING = frozenset({Effect.ACCEPT, Effect.CONTINUE, Effect.LOG, Effect.RETURN, Effect.JUMP, Effect.GOTO})


@dataclass(frozen=True, slots=True)
class FilterRule:
    """One rule: its conditions and actions in the order of the kernel, what its comment says, and its handle (nft).

    `defined` are the lines that say what words such as $VIP stand for, in a file that nft reads.
    """

    statements: tuple[Statement, ...]
    seen: Seen
    comment: str = ""
    handle: int | None = None
    defined: tuple[Seen, ...] = ()

    @property
    def conditions(self) -> tuple[Condition, ...]:
        return tuple(item for item in self.statements if isinstance(item, Condition))

    @property
    def actions(self) -> tuple[Action, ...]:
        return tuple(item for item in self.statements if isinstance(item, Action))

    @property
    def unknown(self) -> tuple[Statement, ...]:
        """What of it the model has no noun for."""
        return tuple(
            item
            for item in self.statements
            if (isinstance(item, Condition) and item.match in (Match.UNKNOWN, Match.UNSHOWN))
            or (isinstance(item, Action) and item.effect is Effect.UNKNOWN)
        )


@dataclass(frozen=True, slots=True)
class Chain:
    """A base chain, which the kernel calls at `hook` in the order of `priority`, or a user's own, which rules jump to.

    `policy` (accept, drop) is what becomes of a packet that no rule decides over; "" for a user's own chain. `nat`: it
    sees only the first packet of a connection. `partial` tells why some of its rules may be lacking. `unmodelled` is
    the hook of a base chain that the model has none for (a bridge's, a device's): what it does to a packet is unknown.
    """

    name: str
    seen: Seen
    rules: tuple[FilterRule, ...] = ()
    hook: Hook | None = None
    priority: int = 0
    policy: str = ""
    partial: Partial | None = None
    nat: bool = False
    unmodelled: str = ""


@dataclass(frozen=True, slots=True)
class FilterTable:
    """One table of a packet filter, with its chains.

    `family` is ip, ip6, inet, bridge or netdev; `nat`: its base chains see only the first packet of a connection.
    `variant` is what holds it in the kernel where the dump tells (legacy, nf_tables): a packet has to pass those of
    both. `form` is how exact the dump is: save, nft, verbose, plain (nft does not show all that iptables-nft asks).
    `partial` tells why some of its chains may be lacking.
    """

    family: str
    name: str
    seen: Seen
    chains: tuple[Chain, ...] = ()
    nat: bool = False
    variant: str = ""
    form: str = "save"
    partial: Partial | None = None

    def chain(self, name: str) -> Chain | None:
        return next((chain for chain in self.chains if chain.name == name), None)

    @property
    def rules(self) -> tuple[FilterRule, ...]:
        return tuple(rule for chain in self.chains for rule in chain.rules)

    @property
    def changes_nothing(self) -> bool:
        """Does every packet pass it as it is? No rule but to count and accept, and no policy but accept; what was not
        shown apart."""
        return all(chain.policy in ("", "accept") for chain in self.chains) and all(
            action.effect in _PASSING for rule in self.rules for action in rule.actions
        )


# Why a dump of iptables-nft is not whole where the other implementation has tables, too.
OTHER_VARIANT = "there are rules of iptables-legacy besides, which the output does not show"
