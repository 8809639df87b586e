"""Where a fact comes from, and whether all of it was seen."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from lvsdoctor.language import filled
from lvsdoctor.model.seen import Seen


class Origin(StrEnum):
    """runtime: a command's answer, /proc or netlink; configured: a file that is applied at boot; typed: a command in a
    paste, whose effect is there if it ran; probe: an answer on the network."""

    RUNTIME = "runtime"
    CONFIGURED = "configured"
    TYPED = "typed"
    PROBE = "probe"


@dataclass(frozen=True, slots=True)
class Partial:
    """Why a fact is not whole: `reason` is a sentence's template, filled from `fields`, `seen` the line that shows it.

    What is not among the rows of a partial fact may be where nothing was seen. `nearly`: the command shows all that a
    plain host has (ifconfig), so that a rule may judge by its rows, and a rule that is quiet has proved nothing.
    `of_plan`: each file that was seen is whole, and what others add is all that may be missing.
    """

    reason: str
    seen: Seen | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    nearly: bool = False
    of_plan: bool = False

    @property
    def says(self) -> str:
        return filled(self.reason, self.fields)


@dataclass(frozen=True, slots=True)
class Coverage:
    """A fact's origin, and why it is partial (None: it is whole)."""

    origin: Origin = Origin.RUNTIME
    partial: Partial | None = None


@dataclass(frozen=True, slots=True)
class Unread:
    """A dump or file of a kind that is known and not read: `kind` is its key, `name` what the field
    calls it ("an nftables rule set"), `seen` its first line. It is a sign: what it holds may change a verdict.

    `hides` names what the rules may not conclude beside it: "packets" (iptables, nft ip: delivery, NAT, REDIRECT and
    marks), "arp" (ebtables, nft arp: ARP answers), "sockets"; empty for a kind that changes no verdict. `read`: its
    rows are a fact, and it is a sign only for the rules that do not ask that fact. What is not `needed` no rule asks.
    """

    kind: str
    name: str
    seen: Seen
    hides: frozenset[str] = frozenset()
    read: bool = False
    needed: bool = True


RUNTIME = Coverage()
_FILES, _WIRE = Coverage(Origin.CONFIGURED), Coverage(Origin.PROBE)


def usual_coverage(fact: str) -> Coverage:
    """A fact's own origin, whole: what holds where a node does not say otherwise."""
    if fact == "probes":
        return _WIRE
    own = fact.startswith("configured-") or fact in ("vrrp", "health-checks", "kube")
    return _FILES if own else RUNTIME


def coverage_of(fact: str, coverage: Mapping[str, Coverage]) -> Coverage:
    """How far a fact goes on a node that says so of some of its facts."""
    return coverage.get(fact) or usual_coverage(fact)


def plan_of(facts: Iterable[str], coverage: Mapping[str, Coverage]) -> Origin | None:
    """The origin of a host's facts where none of them shows what runs; typed where some of them are."""
    facts = set(facts)
    if not coverage and facts != {"kube"}:
        return None
    # A log tells the past, and what a cluster answers is of no host: neither shows what runs.
    origins = {coverage_of(fact, coverage).origin for fact in facts if fact not in ("log", "kube-state")}
    weakest = (origin for origin in (Origin.TYPED, Origin.CONFIGURED) if origin in origins)
    return None if Origin.RUNTIME in origins else next(weakest, None)
