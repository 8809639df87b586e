"""All that a rule may import: the nouns, the kernel's answers, and what a finding is made of."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePath

from lvsdoctor.finding import Citation, Finding, Fix, Severity, cite
from lvsdoctor.kernel.answer import Answer, assume
from lvsdoctor.kernel.arp import NOBODY, arp_ignored, arp_reply, neighbours_of
from lvsdoctor.kernel.arp_source import Sender, arp_sender, select_source
from lvsdoctor.kernel.redirects import believes_redirects, sends_redirect
from lvsdoctor.kernel.routing import (
    FAR_AWAY,
    Lookup,
    captured_by_mark,
    default_gateways,
    is_local,
    local_routes,
    route_lookup,
)
from lvsdoctor.kernel.segments import asked_for, leak, leak_at_any_level, vip_on_segment
from lvsdoctor.kernel.settings import Effective, effective, forwards
from lvsdoctor.kernel.source_check import source_ok
from lvsdoctor.model.address import IP, LOOPBACK_NETWORK, Address, Network
from lvsdoctor.model.facts import COLLECTED_BY, NotCollected
from lvsdoctor.model.ipvs import Destination, Forwarding, VirtualService
from lvsdoctor.model.link import Link
from lvsdoctor.model.neighbour import Neighbour
from lvsdoctor.model.node import Membership, Node, Role, Vip
from lvsdoctor.model.route import NextHop, PolicyRule, Route
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.sysctl import Setting, conf_key
from lvsdoctor.remedies import (
    add_address,
    announce_again,
    command,
    hide_vips,
    move_address,
    move_vip_to_lo,
    set_sysctls,
)

Check = Callable[[Node], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One pitfall that is looked for on every node of `role` (on every node, if None).

    `needs` are the facts without which it cannot speak, `helps` those that could only exonerate or refine.
    `instead_of` names more general rules: where both find the same thing, this one speaks and they are quiet.
    """

    name: str
    code: str
    severity: Severity
    role: str | None
    needs: frozenset[str]
    helps: frozenset[str]
    instead_of: frozenset[str]
    check: Check
    file: str = ""

    @property
    def page(self) -> str:
        """The operator's page, beside the rule's file."""
        return str(PurePath(self.file).with_suffix(".md"))

    @property
    def family(self) -> str:
        return PurePath(self.file).parent.name


def rule(
    *,
    name: str,
    code: str,
    severity: Severity,
    needs: Iterable[str],
    helps: Iterable[str] = (),
    role: str | None = None,
    instead_of: Iterable[str] = (),
) -> Callable[[Check], Rule]:
    """Make a rule of a function that yields findings. Raises ValueError for a name, role or fact that is not one."""
    needs, helps = frozenset(needs), frozenset(helps)
    if unknown := (needs | helps) - COLLECTED_BY.keys():
        raise ValueError(f"rule {name}: no such fact: {', '.join(sorted(unknown))} (known: {', '.join(COLLECTED_BY)})")
    if both := needs & helps:
        raise ValueError(f"rule {name}: {', '.join(sorted(both))} under both needs and helps")
    if role is not None and role not in set(Role):
        raise ValueError(f"rule {name}: no such role: {role} (known: {', '.join(Role)})")

    def made(check: Check) -> Rule:
        if check.__name__ != name.replace("-", "_"):
            raise ValueError(f"rule {name}: its function must be named {name.replace('-', '_')}")
        file = check.__code__.co_filename
        return Rule(name, code, severity, role, needs, helps, frozenset(instead_of), check, file)

    return made


__all__ = [
    "COLLECTED_BY",
    "FAR_AWAY",
    "IP",
    "LOOPBACK_NETWORK",
    "NOBODY",
    "Address",
    "Answer",
    "Citation",
    "Destination",
    "Effective",
    "Finding",
    "Fix",
    "Forwarding",
    "Link",
    "Lookup",
    "Membership",
    "Neighbour",
    "Network",
    "NextHop",
    "Node",
    "NotCollected",
    "PolicyRule",
    "Role",
    "Route",
    "Rule",
    "Seen",
    "Sender",
    "Setting",
    "Severity",
    "Vip",
    "VirtualService",
    "add_address",
    "announce_again",
    "arp_ignored",
    "arp_reply",
    "arp_sender",
    "asked_for",
    "assume",
    "believes_redirects",
    "captured_by_mark",
    "cite",
    "command",
    "conf_key",
    "default_gateways",
    "effective",
    "forwards",
    "hide_vips",
    "is_local",
    "leak",
    "leak_at_any_level",
    "local_routes",
    "move_address",
    "move_vip_to_lo",
    "neighbours_of",
    "route_lookup",
    "rule",
    "select_source",
    "sends_redirect",
    "set_sysctls",
    "source_ok",
    "vip_on_segment",
]
