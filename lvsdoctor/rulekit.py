"""All that a rule may import, question by question: docs/RULEKIT.md is made from this table.

A name is imported when a rule asks for it, for most scans execute half of the rules. Type checkers read rulekit.pyi,
which `make rulekit` writes.
"""

from importlib import import_module
from typing import Any

# Question -> module of lvsdoctor -> its names.
QUESTIONS = {
    "What a rule is, and what it yields": {
        "engine.rule": "rule RuleOption",
        "model.finding": "Severity Finding Citation cite Predicts",
        "kernel.answer": "assume assume_without",
        "model.facts": "NotCollected",
        "model.walk": "Decision",
    },
    "Which rows may it read?": {
        "model.node": "Node",
        "model.standing": "Membership",
        "model.address": "Address IP Network LOOPBACK_NETWORK",
        "model.link": "Link VRRP_MACS",
        "model.route": "Route NextHop",
        "model.neighbour": "Neighbour",
        "model.sysctl": "Setting",
        "model.ipvs": "VirtualService Destination Forwarding",
    },
    "Which value of a setting counts on a link?": {
        "kernel.effective_sysctl": "effective forwards set_on_port set_where_no_arp",
        "model.sysctl": "conf_key",
    },
    "What do the files of sysctl.d make of it at boot?": {
        "analysis.drift.boot_settings": "concerns configured undone differing Undone",
        "analysis.drift.boot_order": "early_vips EarlyVip",
        "analysis.drift.address_drift": "address_drift AddressDrift",
        "analysis.split_keys": "split_keys SplitKey",
        "analysis.ipvs_settings": "not_applied",
        "analysis.other_namespaces": "elsewhere_set",
        "model.sysctl_d": "SYSCTL_CONF",
    },
    "May this host answer ARP, or a neighbour solicitation?": {
        "kernel.arp": "arp_reply arp_ignored NOBODY",
        "kernel.ndp": "ndp_reply ndp_proxied",
        "kernel.delivery": "answers_arp_or_ndp",
    },
    "Whom does it name as the sender when it asks?": {
        "analysis.l2_segments": "leak leak_at_any_level",
        "analysis.vrrp.vmac": "silent_below vmacs",
        "analysis.arp.suppressed_neighbours": "suppressed",
        "analysis.arp.rules": "rules_naming foreign_senders saved_arp_rules",
        "kernel.source_address": "source_addresses SourceAddress",
        "analysis.vip_sources": "vip6_sources VipSource",
    },
    "Which route does a packet take?": {
        "kernel.own_address": "own_address",
        "kernel.routing": "route_lookup Lookup is_local local_routes captured_by_mark FAR_AWAY",
        "kernel.default_gateways": "default_gateways",
        "kernel.far_away": "far_away",
    },
    "Is a packet accepted, delivered or passed on?": {
        "kernel.rp_filter": "source_ok",
        "kernel.delivery": "delivered former_home",
        "kernel.carrier": "leaves_nowhere links_down kept_while_down",
        "kernel.ipv6_off": "refuses_ipv6 wires_without drops_ipv6",
        "analysis.vips_of_files": "holding_seen left_out_by_files",
        "analysis.shadowed": "makers_of shadowed Shadowed",
    },
    "Who sends and who believes ICMP redirects?": {
        "kernel.redirects": "sends_redirect believes_redirects",
        "analysis.nat.redirects6": "redirected6",
    },
    "Who answers for an address, and whose MAC is it?": {
        "analysis.arp.owners": "arp_owners arp_owners_noted ArpOwner proxied_past",
        "analysis.arp.asked_in_vain": "asked_in_vain",
        "analysis.arp.responders": "arp_responders ArpResponder ArpTarget explained_by_dumps listed_as",
        "analysis.arp.cut_segments": "cut_segment drawn_by_any",
        "analysis.arp.unanswered": (
            "arp_unanswered Silence ndp_unanswered answers_ndp should_answer serves_its_own reached_by_route"
        ),
    },
    "Who directs a VIP, and who is in its way?": {
        "analysis.directors": "directors_of directs directed_vips refuse_unmarked ipvs_table stands_by standing_by",
        "analysis.mutual_directors": "mutual_listings",
        "analysis.director_settings": "setting_differences",
        "analysis.director_pairs": "pair_differences PairDifference",
        "analysis.drift.table_drift": "table_drift",
        "analysis.connections.ipvs_timeouts": "TimeoutDifference timeout_drift",
        "analysis.drift.table_differences": "TableDifference",
        "analysis.arp.responders": "services_of",
        "analysis.local_node": "own_rips OwnRip other_holder answered_elsewhere beside_own",
        "analysis.arp.shared_addresses": "shared_addresses",
        "analysis.kube.addresses": (
            "service_addresses kept_on_kube_link owner_elsewhere is_node_s_by_kube asked_by_others"
        ),
        "analysis.kube.nodes": "NodeAddress services_on_node_addresses",
        "analysis.kube.files": "answering_in_files kube_proxies another_owner",
        "analysis.kube.exposed": "exposed_ports",
        "analysis.kube.settings": "overridden_for_kube_proxy",
        "analysis.kube.foreign": "foreign_services",
        "analysis.mixed_methods": "mixed_methods MixedMethods",
        "analysis.usable_servers": (
            "without_usable unavailable flags_shown kept_by_persistence served_by_kube_proxy takes_requests"
        ),
    },
    "What does the machine below bring along?": {
        "analysis.missing_modules": "missing_modules package_of_modules",
        "analysis.platforms": "platform",
        "analysis.large_receive": "large_receive",
        "analysis.table_keepers": "unkept_service UnkeptTable",
        "analysis.units": "tables_not_filled_at_boot",
    },
    "What do keepalived.conf and ldirectord.cf say?": {
        "model.vrrp": "VrrpInstance OWNER",
        "model.health": "CheckedService CheckedServer HealthCheck",
        "analysis.vrrp.election": "AdvertMismatch",
        "analysis.vrrp.pairs": "known_pairs vrrp_pairs shared_router_ids VrrpPair",
    },
    "Which hosts are on one segment?": {
        "analysis.arp.owners": "same_segment",
        "analysis.l2_segments": "vip_on_segment sent_directly",
        "analysis.prefix_hosts": "prefix_hosts",
        "analysis.prefix_astray": "prefix_astray",
    },
    "How do requests get to a real server?": {
        "analysis.request_path": (
            "request_paths rp_filter_drops tun_memberships tunnel_for tunnel_kind tunnels_of takes UNPACKED_BY"
        ),
        "analysis.tunnel_room": "too_large TooLarge PMTU_DISC",
        "analysis.impossible_vips": "impossible_kind",
        "analysis.reachability": "reachability has_permanent_entry taken_for_asked",
        "analysis.arp.rip_neighbours": "stray Stray unlisted_rip",
    },
    "Which connections are known to fail here?": {
        "analysis.broken_paths": "broken_paths",
        "kernel.ipvs_off": "DROP_PACKET drop_rate",
    },
    "Does a program take the requests?": {
        "analysis.listeners": "unserved unserved_here refused_checks Unserved",
        "kernel.sockets": "no_transparent_proxy",
    },
    "Do rules rewrite or mark its requests?": {
        "analysis.filters.requests_rewritten": "requests_rewritten Rewritten",
        "analysis.marks": "unmarked for_other_ports other_link marked_vips refuse_unseen_marks MarkedPacket",
        "analysis.nat.source_nat": "unseen_by_source_nat UnseenRequests waits_for_tracking",
    },
    "Do the packet filters pass it?": {
        "analysis.filters.director_filters": (
            "at_director_of_all requests_dropped replies_dropped dropped_for_state conntrack_line"
        ),
        "analysis.filters.changed_sources": "hides_some_clients",
        "analysis.filters.real_server_filters": (
            "at_real_server_of_all may_be_checked takes_without_vip passed_by port_at sources_kept"
        ),
        "analysis.drift.deleted_with_vip": "deleted_with_vips",
        "analysis.vrrp.sources": "foreign_source ForeignSource",
        "analysis.vrrp.filters": "filtered_adverts filtered_if_asked FilteredAdvert",
        "analysis.filters.filter_paths": "FilteredPacket refuse_unknown filters_seen",
    },
    "Does IPVS forget connections that others keep?": {
        "analysis.connections.idle_connections": "idle_connections IdleConnections KEEPALIVE_TIME",
    },
    "What do the connections of IPVS tell?": {
        "analysis.connections.waiting_connections": "waiting_connections Waiting Shape",
        "analysis.connections.removed_servers": "orphans",
        "analysis.drained_servers": "drained_udp left_over",
        "analysis.connections.reuse_mode": "unfit_reuse_mode",
        "analysis.sync_daemons": "unsynced",
    },
    "How do its replies get to the clients?": {
        "analysis.reply_path": (
            "reply_path reply_paths answering_for answered_neighbours answered_by_gateway clients_beyond rule_that_ends"
        ),
    },
    "Do the replies pass the director that masquerades?": {
        "analysis.nat.translation": (
            "nat_memberships nat_pairs replies_pass taking_requests known_real_server real_server no_source_nat "
            "taken_for_active passes passes_for_some client_in replying_through neighbours_through gateway_to_director"
        ),
        "analysis.nat.counted_replies": "contradicting_counters",
        "analysis.nat.hops": "hops_to reply_links",
        "analysis.nat.routers": "behind_routers past_director",
        "analysis.connections.own_connections": "dropped_replies",
    },
    "What does its log show?": {
        "analysis.log_events": "logged own_source passes_reply",
    },
    "What clears it? Suggestions that rules share": {
        "model.finding": "Fix",
        "fixes.commands.settings": "set_sysctls set_for_good write_instead",
        "fixes.commands.routes": "check_loosely replace_route delete_rule hide_clients",
        "fixes.commands.reach": "reach_again reach_directly reach_clients",
        "fixes.commands.arp": (
            "hide_vips answer_again answer_for stop_answering stop_proxying announce_again announced_by find_host "
            "find_stray"
        ),
        "fixes.commands.addresses": (
            "add_address add_service_address add_vip6 give_up as_single_hosts free_from_vip move_vip_to_lo "
            "move_address deprecate put_again bring_up restore_ipv6"
        ),
        "fixes.commands.filter_rules": (
            "leave_to_ipvs accept_adverts remove_rule track_connections mark_requests deliver_marked_requests"
        ),
        "fixes.commands.keepalived": "accept_again accept_vips REFUSING",
        "fixes.commands.filters": "pass_filters fit_conntrack",
        "fixes.commands.ndp": "pass_ndp",
        "fixes.commands.ipvs": (
            "change_real_server edit_real_server edit_service SAVE_TABLE schedule_nothing_as_backup BACKUP_ONLY "
            "set_ipvs"
        ),
        "fixes.commands.vrrp_settings": "same_vrrp_values in_keepalived_conf",
        "fixes.commands.programs": "listen_for bind_in_advance",
    },
    "How is a change written as a command?": {
        "fixes.commands.spelling": "spell",
        "model.change": "Command SetLink LoadModule RemoveRoute RemoveNeighbour Nothing",
        "sanitize": "command word",
    },
}
_HOMES = {name: home for homes in QUESTIONS.values() for home, names in homes.items() for name in names.split()}
__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    """PEP 562: called for a name that was not asked for yet. Raises AttributeError for one that is not a rule's."""
    if name not in _HOMES:
        raise AttributeError(f"the rulekit has no {name!r}")
    value = globals()[name] = getattr(import_module(f"lvsdoctor.{_HOMES[name]}"), name)
    return value
