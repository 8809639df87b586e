"""The node after a change, as the Linux kernel would have it.

Facts that were not collected stay so, and a command that the kernel would refuse leaves the node as it is. What is new
was seen in the fix.
"""

from dataclasses import replace

from lvsdoctor.fixes.changes.addresses import add_address, remove_address
from lvsdoctor.fixes.changes.links import load_module, set_link
from lvsdoctor.fixes.changes.routes import put_route, remove_route
from lvsdoctor.fixes.changes.rows import with_rows
from lvsdoctor.fixes.changes.sysctls import set_sysctl
from lvsdoctor.model.change import (
    AddAddress,
    AddPolicyRule,
    Change,
    LoadModule,
    Nothing,
    PutNeighbour,
    PutRealServer,
    PutRoute,
    RemoveAddress,
    RemoveNeighbour,
    RemovePolicyRule,
    RemoveRealServer,
    RemoveRoute,
    SetLink,
    SetSysctl,
    Unknown,
)
from lvsdoctor.model.ipvs import Destination, VirtualService
from lvsdoctor.model.node import Node


def applied(change: Change, node: Node) -> Node:
    """The node as it is when the change is made; itself where the change changes nothing that is known of it."""
    match change:
        case SetSysctl():
            return set_sysctl(node, change)
        case AddAddress():
            return add_address(node, change)
        case RemoveAddress():
            return remove_address(node, change)
        case SetLink():
            return set_link(node, change)
        case LoadModule():
            return load_module(node, change)
        case PutRoute():
            return put_route(node, change)
        case RemoveRoute():
            return remove_route(node, change)
        case AddPolicyRule() | RemovePolicyRule():
            return _policy_rules(node, change)
        case PutRealServer() | RemoveRealServer():
            return _real_servers(node, change)
        case PutNeighbour() | RemoveNeighbour():
            return _neighbours(node, change)
        case Nothing() | Unknown():
            return node


def _policy_rules(node: Node, change: AddPolicyRule | RemovePolicyRule) -> Node:
    """net/core/fib_rules.c: fib_newrule() puts it behind those of its priority, fib_delrule() takes the first."""
    if not node.has("policy-rules"):
        return node
    rules = node.policy_rules
    if isinstance(change, AddPolicyRule):
        new = change.rule
        beyond = [at for at, rule in enumerate(rules) if rule.family == new.family and rule.priority > new.priority]
        place = beyond[0] if beyond else len(rules)
        return with_rows(node, "policy-rules", (*rules[:place], new, *rules[place:]))
    gone = next((rule for rule in rules if (rule.priority, rule.family) == (change.priority, change.family)), None)
    return with_rows(node, "policy-rules", tuple(rule for rule in rules if rule is not gone))


def _real_servers(node: Node, change: PutRealServer | RemoveRealServer) -> Node:
    """net/netfilter/ipvs/ip_vs_ctl.c: ip_vs_add_dest(), ip_vs_edit_dest(), ip_vs_del_dest()."""
    if not node.has("ipvs"):
        return node
    services = tuple(
        _with_real_server(service, change) if service.key == change.service.key else service
        for service in node.services
    )
    return with_rows(node, "ipvs", services)


def _with_real_server(service: VirtualService, change: PutRealServer | RemoveRealServer) -> VirtualService:
    new = change.real_server
    rows = service.destinations
    place = next((at for at, row in enumerate(rows) if (row.ip, row.port) == (new.ip, new.port)), None)
    if isinstance(change, RemoveRealServer):
        if place is None:
            return service
        return replace(service, destinations=(*rows[:place], *rows[place + 1 :]))
    if change.was != (place is not None):
        return service  # ENOENT, EEXIST
    if place is None:
        return replace(service, destinations=(*rows, new))
    return replace(service, destinations=(*rows[:place], _edited(rows[place], new), *rows[place + 1 :]))


def _edited(old: Destination, new: Destination) -> Destination:
    """__ip_vs_update_dest(): its connections and what was counted stay."""
    return replace(new, active=old.active, inactive=old.inactive, counters=old.counters)


def _neighbours(node: Node, change: PutNeighbour | RemoveNeighbour) -> Node:
    if not node.has("neighbours"):
        return node
    if isinstance(change, PutNeighbour):
        told = change.entry.ip, change.entry.link, "proxy" in change.entry.flags
    else:
        told = change.ip, change.link, change.proxy
    rows = tuple(row for row in node.neighbours if (row.ip, row.link, "proxy" in row.flags) != told)
    return with_rows(node, "neighbours", (*rows, change.entry) if isinstance(change, PutNeighbour) else rows)
