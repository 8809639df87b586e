"""All that a rule may import: the nouns, the kernel's answers, and what a finding is made of."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePath

from lvsdoctor.changes.spelling import set_link
from lvsdoctor.finding import Citation, Finding, Fix, Predicts, Severity, cite
from lvsdoctor.kernel.answer import Answer, assume
from lvsdoctor.kernel.arp import NOBODY, arp_ignored, arp_reply, neighbours_of
from lvsdoctor.kernel.arp_source import Sender, arp_sender, select_source
from lvsdoctor.kernel.arrival import (
    UNPACKED_BY,
    Arrival,
    arrivals,
    rp_filter_drops,
    takes,
    tun_memberships,
    tunnel_for,
    tunnels_of,
)
from lvsdoctor.kernel.claims import Claim, claims, on_one_segment, proxied_past
from lvsdoctor.kernel.delivery import Shadowed, delivered, draws, home_link, passes_on, shadowed
from lvsdoctor.kernel.heard import Answerer, Heard, directs, foretold, heard, listing, services_of
from lvsdoctor.kernel.local_node import OwnRip, answered_elsewhere, beside_own, other_holder, own_rips
from lvsdoctor.kernel.masquerading import (
    client_in,
    gateway_to_director,
    nat_memberships,
    nat_pairs,
    neighbours_through,
    no_source_nat,
    passes,
    passes_for_some,
    real_server,
    replying_through,
    taking_requests,
)
from lvsdoctor.kernel.own_source import Voice, own_source, voices
from lvsdoctor.kernel.reaching import Reach, reach
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
from lvsdoctor.kernel.silence import reached_by_route, serves_its_own, should_answer, silences
from lvsdoctor.kernel.source_check import source_ok
from lvsdoctor.kernel.usable import kept_by_kube_proxy, overloaded, without_usable
from lvsdoctor.kernel.way_back import (
    answered_by_gateway,
    answered_neighbours,
    answering_for,
    clients_beyond,
    routers_beside,
    rule_that_ends,
    way_back,
    ways_back,
)
from lvsdoctor.model.address import IP, LOOPBACK_NETWORK, Address, Network
from lvsdoctor.model.facts import COLLECTED_BY, NotCollected
from lvsdoctor.model.ipvs import Destination, Forwarding, VirtualService
from lvsdoctor.model.link import VRRP_MACS, Link
from lvsdoctor.model.neighbour import Neighbour
from lvsdoctor.model.node import Membership, Node, Role, Vip
from lvsdoctor.model.probe import Probe, Reply
from lvsdoctor.model.route import NextHop, PolicyRule, Route
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.sysctl import Setting, conf_key
from lvsdoctor.remedies import (
    SAVE_TABLE,
    add_address,
    announce_again,
    announced_by,
    as_single_hosts,
    bring_up,
    change_real_server,
    check_loosely,
    delete_route,
    delete_rule,
    edit_real_server,
    find_host,
    free_from_vip,
    give_up,
    hide_clients,
    hide_vips,
    move_address,
    move_vip_to_lo,
    replace_route,
    route_to_subnet,
    set_sysctls,
    stop_answering,
    stop_proxying,
)
from lvsdoctor.shell import command, word

Check = Callable[[Node], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One pitfall that is looked for on every node of `role` (on every node, if None).

    `needs` are the facts without which it cannot speak, `helps` those that could only exonerate or refine.
    `instead_of` names more general rules: where both find the same thing, this one speaks and they are quiet.
    `consequence` tells that others cause what this rule finds, so its findings are listed after theirs.
    `while_serving` tells that it harms a real server's clients alone: a warning for one that gets none, at weight 0.
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
    consequence: bool = False
    while_serving: bool = False

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
    consequence: bool = False,
    while_serving: bool = False,
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
        return Rule(
            name, code, severity, role, needs, helps, frozenset(instead_of), check, file, consequence, while_serving
        )

    return made


__all__ = [
    "COLLECTED_BY",
    "FAR_AWAY",
    "IP",
    "LOOPBACK_NETWORK",
    "NOBODY",
    "SAVE_TABLE",
    "UNPACKED_BY",
    "VRRP_MACS",
    "Address",
    "Answer",
    "Answerer",
    "Arrival",
    "Citation",
    "Claim",
    "Destination",
    "Effective",
    "Finding",
    "Fix",
    "Forwarding",
    "Heard",
    "Link",
    "Lookup",
    "Membership",
    "Neighbour",
    "Network",
    "NextHop",
    "Node",
    "NotCollected",
    "OwnRip",
    "PolicyRule",
    "Predicts",
    "Probe",
    "Reach",
    "Reply",
    "Role",
    "Route",
    "Rule",
    "Seen",
    "Sender",
    "Setting",
    "Severity",
    "Shadowed",
    "Vip",
    "VirtualService",
    "Voice",
    "add_address",
    "announce_again",
    "announced_by",
    "answered_by_gateway",
    "answered_elsewhere",
    "answered_neighbours",
    "answering_for",
    "arp_ignored",
    "arp_reply",
    "arp_sender",
    "arrivals",
    "as_single_hosts",
    "asked_for",
    "assume",
    "believes_redirects",
    "beside_own",
    "bring_up",
    "captured_by_mark",
    "change_real_server",
    "check_loosely",
    "cite",
    "claims",
    "client_in",
    "clients_beyond",
    "command",
    "conf_key",
    "default_gateways",
    "delete_route",
    "delete_rule",
    "delivered",
    "directs",
    "draws",
    "edit_real_server",
    "effective",
    "find_host",
    "foretold",
    "forwards",
    "free_from_vip",
    "gateway_to_director",
    "give_up",
    "heard",
    "hide_clients",
    "hide_vips",
    "home_link",
    "is_local",
    "kept_by_kube_proxy",
    "leak",
    "leak_at_any_level",
    "listing",
    "local_routes",
    "move_address",
    "move_vip_to_lo",
    "nat_memberships",
    "nat_pairs",
    "neighbours_of",
    "neighbours_through",
    "no_source_nat",
    "on_one_segment",
    "other_holder",
    "overloaded",
    "own_rips",
    "own_source",
    "passes",
    "passes_for_some",
    "passes_on",
    "proxied_past",
    "reach",
    "reached_by_route",
    "real_server",
    "replace_route",
    "replying_through",
    "route_lookup",
    "route_to_subnet",
    "routers_beside",
    "rp_filter_drops",
    "rule",
    "rule_that_ends",
    "select_source",
    "sends_redirect",
    "serves_its_own",
    "services_of",
    "set_link",
    "set_sysctls",
    "shadowed",
    "should_answer",
    "silences",
    "source_ok",
    "stop_answering",
    "stop_proxying",
    "takes",
    "taking_requests",
    "tun_memberships",
    "tunnel_for",
    "tunnels_of",
    "vip_on_segment",
    "voices",
    "way_back",
    "ways_back",
    "without_usable",
    "word",
]
