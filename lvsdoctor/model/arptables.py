"""ARP packet filters (arptables)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lvsdoctor.model.address import IP, Network
from lvsdoctor.model.seen import Seen


@dataclass(frozen=True, slots=True)
class ArpRule:
    """One arptables rule. A selector that is None matches every packet; a name in `negated` turns it round.

    `chain` is INPUT, OUTPUT, FORWARD or a user's own. `target` is ACCEPT, DROP, mangle, a chain's name, ... and
    "" for a rule that only counts. `operation` is 1 for a request, 2 for a reply. `other` keeps matches that this
    model does not know, as the dump spells them: such a rule may match less than its other selectors say.
    """

    chain: str
    target: str
    seen: Seen
    src: Network | None = None
    dst: Network | None = None
    in_link: str | None = None
    out_link: str | None = None
    src_mac: str | None = None
    dst_mac: str | None = None
    operation: int | None = None
    negated: frozenset[str] = frozenset()
    mangle_ip_s: IP | None = None
    mangle_ip_d: IP | None = None
    other: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ArpTables:
    """arptables' filter table: each chain's policy (ACCEPT, DROP, - for a user's own chain), and the rules in order."""

    policies: Mapping[str, str] = field(default_factory=dict)
    rules: tuple[ArpRule, ...] = ()
    seen: tuple[Seen, ...] = ()

    def chain(self, name: str) -> tuple[ArpRule, ...]:
        return tuple(rule for rule in self.rules if rule.chain == name)
