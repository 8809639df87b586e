"""All that a rule may import, question by question: docs/RULEKIT.md is made from the groups of `__all__`."""

from lvsdoctor.analysis.arp_owners import ArpOwner, arp_owners, proxied_past, same_segment
from lvsdoctor.analysis.arp_responders import (
    ArpResponder,
    ArpTarget,
    arp_responders,
    explained_by_dumps,
    listed_as,
    services_of,
)
from lvsdoctor.analysis.arp_unanswered import arp_unanswered, reached_by_route, serves_its_own, should_answer
from lvsdoctor.analysis.directors import directs
from lvsdoctor.analysis.l2_segments import leak, leak_at_any_level, vip_on_segment
from lvsdoctor.analysis.local_node import OwnRip, answered_elsewhere, beside_own, other_holder, own_rips
from lvsdoctor.analysis.nat import (
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
from lvsdoctor.analysis.reachability import Reachability, reachability
from lvsdoctor.analysis.reply_path import (
    answered_by_gateway,
    answered_neighbours,
    answering_for,
    clients_beyond,
    reply_path,
    reply_paths,
    routers_beside,
    rule_that_ends,
)
from lvsdoctor.analysis.request_path import (
    UNPACKED_BY,
    request_paths,
    rp_filter_drops,
    takes,
    tun_memberships,
    tunnel_for,
    tunnels_of,
)
from lvsdoctor.analysis.shadowed import Shadowed, shadowed
from lvsdoctor.analysis.usable_servers import kept_by_kube_proxy, without_usable
from lvsdoctor.engine.rule import rule
from lvsdoctor.fixes.commands import (
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
    move_vip_to_lo,
    replace_route,
    route_to_subnet,
    set_sysctls,
    stop_answering,
    stop_proxying,
)
from lvsdoctor.fixes.commands.spelling import spell
from lvsdoctor.kernel.answer import assume
from lvsdoctor.kernel.arp import NOBODY, arp_ignored, arp_reply
from lvsdoctor.kernel.delivery import answers_arp_or_ndp, delivered, home_link, passes_on
from lvsdoctor.kernel.effective_sysctl import effective, forwards
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
from lvsdoctor.kernel.rp_filter import source_ok
from lvsdoctor.kernel.source_address import SourceAddress, source_addresses
from lvsdoctor.model.address import IP, LOOPBACK_NETWORK, Address, Network
from lvsdoctor.model.change import Command, LoadModule, Nothing, RemoveNeighbour, RemoveRoute, SetLink
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import Citation, Finding, Fix, Predicts, Severity, cite
from lvsdoctor.model.ipvs import Destination, Forwarding, VirtualService
from lvsdoctor.model.link import VRRP_MACS, Link
from lvsdoctor.model.neighbour import Neighbour
from lvsdoctor.model.node import Node
from lvsdoctor.model.route import NextHop, Route
from lvsdoctor.model.standing import Membership
from lvsdoctor.model.sysctl import Setting, conf_key
from lvsdoctor.sanitize import command, word

# A comment begins a group. ruff would sort the names.
__all__ = [  # noqa: RUF022
    # What a rule is, and what it yields
    "rule",
    "Severity",
    "Finding",
    "Citation",
    "cite",
    "assume",
    "NotCollected",
    "Predicts",
    # Which rows may it read?
    "Node",
    "Membership",
    "Address",
    "Link",
    "Route",
    "NextHop",
    "Neighbour",
    "Setting",
    "VirtualService",
    "Destination",
    "Forwarding",
    "IP",
    "Network",
    "LOOPBACK_NETWORK",
    "VRRP_MACS",
    # Which value of a setting counts on a link?
    "effective",
    "forwards",
    "conf_key",
    # May this host answer ARP, or a neighbour solicitation?
    "arp_reply",
    "arp_ignored",
    "answers_arp_or_ndp",
    "NOBODY",
    # Whom does it name as the sender when it asks?
    "leak",
    "leak_at_any_level",
    "source_addresses",
    "SourceAddress",
    # Which route does a packet take?
    "route_lookup",
    "Lookup",
    "is_local",
    "local_routes",
    "default_gateways",
    "captured_by_mark",
    "FAR_AWAY",
    # Is a packet accepted, delivered or passed on?
    "source_ok",
    "delivered",
    "passes_on",
    "shadowed",
    "Shadowed",
    "home_link",
    # Who sends and who believes ICMP redirects?
    "sends_redirect",
    "believes_redirects",
    # Who answers for an address, and whose MAC is it?
    "arp_owners",
    "ArpOwner",
    "arp_responders",
    "ArpResponder",
    "ArpTarget",
    "explained_by_dumps",
    "listed_as",
    "proxied_past",
    "arp_unanswered",
    "should_answer",
    "serves_its_own",
    "reached_by_route",
    # Who directs a VIP, and who is in its way?
    "directs",
    "services_of",
    "own_rips",
    "OwnRip",
    "other_holder",
    "answered_elsewhere",
    "beside_own",
    "without_usable",
    "kept_by_kube_proxy",
    # Which hosts are on one segment?
    "same_segment",
    "vip_on_segment",
    # How do requests get to a real server?
    "request_paths",
    "reachability",
    "Reachability",
    "rp_filter_drops",
    "tun_memberships",
    "tunnel_for",
    "tunnels_of",
    "takes",
    "UNPACKED_BY",
    # How do its replies get to the clients?
    "reply_path",
    "reply_paths",
    "answering_for",
    "answered_neighbours",
    "answered_by_gateway",
    "clients_beyond",
    "routers_beside",
    "rule_that_ends",
    # Do the replies pass the director that masquerades?
    "nat_memberships",
    "nat_pairs",
    "taking_requests",
    "real_server",
    "no_source_nat",
    "passes",
    "passes_for_some",
    "client_in",
    "replying_through",
    "neighbours_through",
    "gateway_to_director",
    # What clears it? Suggestions that rules share
    "Fix",
    "set_sysctls",
    "check_loosely",
    "hide_vips",
    "stop_answering",
    "stop_proxying",
    "announce_again",
    "announced_by",
    "find_host",
    "add_address",
    "give_up",
    "as_single_hosts",
    "free_from_vip",
    "move_vip_to_lo",
    "bring_up",
    "replace_route",
    "route_to_subnet",
    "delete_route",
    "delete_rule",
    "hide_clients",
    "change_real_server",
    "edit_real_server",
    "SAVE_TABLE",
    # How is a change written as a command?
    "spell",
    "Command",
    "SetLink",
    "LoadModule",
    "RemoveRoute",
    "RemoveNeighbour",
    "Nothing",
    "command",
    "word",
]
