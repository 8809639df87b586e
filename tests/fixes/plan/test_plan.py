"""What a plan promises holds on the model: findings go, none comes, and the undo lines take it back."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

import pytest

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.collect.files import collect_paths
from lvsdoctor.engine.case_runner import nodes_in
from lvsdoctor.engine.loader import load_rules
from lvsdoctor.engine.page_cases import Case, cases_of
from lvsdoctor.engine.rule import Rule
from lvsdoctor.engine.runner import examine
from lvsdoctor.fixes.changes.difference import restored
from lvsdoctor.fixes.changes.kinds import applied, changes_of
from lvsdoctor.fixes.plan import Plan, plan
from lvsdoctor.model.address import IP
from lvsdoctor.model.examination import Confirmation
from lvsdoctor.model.finding import Finding, Fix, Probed, Severity, cite
from lvsdoctor.model.node import Node
from lvsdoctor.parse.paste.stream import pieces
from lvsdoctor.reporting.rule_page import page_of

RULES = load_rules()
STORIES = Path(__file__).parents[2] / "fixtures/stories"
FIRES = [(rule, case) for rule in RULES for case in cases_of(page_of(rule)) if case.expects == "fires"]

# Why a finding is left: nothing is to be done by a command, or the model cannot tell what that does.
FILTER = "the model does not follow a command of its fix (the rules of iptables were not collected)"
PARTLY = "a part of its fix is to be done by hand, so it was not tried on the model"
NO_COMMAND = "its fix is no command, but to be done by hand"
NO_EFFECT = "its fix changes nothing that was collected: it would fail, or the model cannot see what it does"
SERVICE = "the model does not follow a command of its fix (of ipvsadm only -a, -e and -d are followed here)"
LINK = "the model does not follow a command of its fix (of ip link set only up and down are followed here)"
NOT_HERE = "which is not in the scan"

# All that no plan clears: the page and its case, and of each rule that still finds something there why.
LEFT: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("advertisement-sender-not-expected", "unicast against multicast"): {
        "advertisement-sender-not-expected": NO_COMMAND
    },
    ("announcement-suppressed-by-bridge", "the VXLAN port suppresses, and no EVPN daemon is there"): {
        "announcement-suppressed-by-bridge": NO_COMMAND
    },
    ("announcement-suppressed-by-bridge", "bridge -d link tells of the port"): {
        "announcement-suppressed-by-bridge": NO_COMMAND
    },
    ("announcement-suppressed-by-bridge", "IPv6, on a VLAN of the bridge"): {
        "announcement-suppressed-by-bridge": NO_COMMAND
    },
    ("arptables-rules-incomplete", "the new sender is the address of another host"): {
        "arptables-rules-incomplete": NO_COMMAND
    },
    **{
        ("weights-without-effect", title): {"weights-without-effect": why}
        for title, why in (
            ("rr, and weights 3 and 1", SERVICE),
            ("lc, in IPv6", SERVICE),
            ("dh, by a firewall mark", NO_COMMAND),
        )
    },
    ("arptables-rules-not-saved", "the saved file has rules for another VIP"): {
        "arptables-rules-not-saved": NO_COMMAND
    },
    ("conntrack-table-full", "the kernel drops packets"): {"conntrack-table-full": NO_COMMAND},
    ("director-is-real-servers-gateway", "the director's log shows the dropped replies"): {
        "martian-packets-dropped": NO_COMMAND
    },
    ("duplicate-address-logged", "IPv6, and the MAC is named"): {"duplicate-address-logged": NO_COMMAND},
    ("ipvs-module-errors-logged", "the scheduler is missing"): {"ipvs-module-errors-logged": NO_COMMAND},
    ("ipvs-table-not-written", "a real server that the kernel refuses"): {"ipvs-table-not-written": NO_COMMAND},
    ("keepalived-changes-its-settings", "a real server that is left out"): {
        "keepalived-changes-its-settings": NO_COMMAND
    },
    ("martian-packets-dropped", "replies with the VIP as source arrive at the director"): {
        "martian-packets-dropped": NO_COMMAND
    },
    ("masquerading-to-loopback", "a warning with a weight of 0"): {"real-server-left-at-weight-zero": NO_COMMAND},
    **{
        (name, title): {name: NO_COMMAND}
        for name, title in (
            ("platform-may-drop-vip", "direct routing and multicast on Amazon EC2"),
            ("platform-may-drop-vip", "OpenStack, as dmidecode shows it"),
            ("platform-may-drop-vmac", "a virtual router's MAC on VMware"),
        )
    },
    ("scheduler-module-missing", "no ip_vs in the kernel"): {
        "scheduler-module-missing": NO_COMMAND,
        "real-server-without-health-check": NO_COMMAND,
    },
    ("scheduler-module-missing", "no module of the scheduler, and another service of the file works"): {
        "removed-server-keeps-connections": NO_COMMAND,
        "scheduler-module-missing": NO_COMMAND,
        "table-differs-from-files": NO_COMMAND,
    },
    ("neighbour-table-overflow", "the table of IPv4"): {"neighbour-table-overflow": NO_COMMAND},
    ("netlink-errors-logged", "events were lost"): {"netlink-errors-logged": NO_COMMAND},
    ("no-room-for-tunnelled-requests", "IPv6 inside IPv6, and the director's own filter drops ICMPv6"): {
        "no-room-for-tunnelled-requests": NO_COMMAND
    },
    ("no-destination-available", "rr without a usable real server"): {"no-destination-available": NO_COMMAND},
    ("own-advertisements-return", "equal priority, own address"): {"own-advertisements-return": NO_COMMAND},
    ("director-never-answers-arp", "an arptables rule drops the requests"): {
        "director-never-answers-arp": "the model does not follow a command of its fix",
    },
    ("director-never-answers-arp", "the interface has no ARP"): {
        "director-never-answers-arp": "the model does not follow a command of its fix",
    },
    ("path-broken", "a warning where such a client is only known as a neighbour"): {"path-broken": NO_COMMAND},
    ("path-broken", "IPVS leaves requests alone, as a backup of the sync daemon"): {"path-broken": NO_COMMAND},
    ("large-receive-offload-on-director", "LRO is on where the director does not forward"): {
        "large-receive-offload-on-director": NO_COMMAND
    },
    ("path-broken", "the reverse path check of a link on which clients of another link come in"): {
        "path-broken": NO_COMMAND,
        "handshakes-do-not-end": NO_COMMAND,
    },
    ("service-without-usable-real-server", "a warning where all are at their upper threshold"): {
        "real-server-left-at-weight-zero": NO_COMMAND
    },
    ("two-masters-met", "advertisements of a second MASTER"): {"two-masters-met": NO_COMMAND},
    ("unicast-source-not-bound", "the address is missing"): {
        "unicast-source-not-bound": NO_COMMAND,
        "two-masters-met": NO_COMMAND,
    },
    ("vip-missing-on-real-server", "its weight is 0 at the moment, so it is only a warning"): {
        "real-server-left-at-weight-zero": NO_COMMAND
    },
    ("vip-removed-by-another-program", "networkd removed the VIP"): {"vip-removed-by-another-program": NO_COMMAND},
    ("vrrp-advertisements-rejected", "an authentication that differs"): {"vrrp-advertisements-rejected": NO_COMMAND},
    ("vrrp-advertisements-rejected", "another VRRP uses the VRID"): {"vrrp-advertisements-rejected": NO_COMMAND},
    ("directors-send-to-each-other", "the backup has the VIP on lo, and schedules"): {
        "directors-send-to-each-other": PARTLY  # the sync daemon
    },
    ("directors-send-to-each-other", "likely, where backup_only was not collected"): {
        "directors-send-to-each-other": PARTLY
    },
    ("handshakes-do-not-end", "one real server of two does not reply"): {"handshakes-do-not-end": NO_COMMAND},
    ("handshakes-do-not-end", "this host is the client, and its source is the virtual address"): {
        "handshakes-do-not-end": NO_COMMAND
    },
    ("handshakes-do-not-end", "a note where a few clients wait, and persistence keeps one of them there"): {
        "handshakes-do-not-end": NO_COMMAND
    },
    ("connections-to-removed-server", "a warning where the setting is not known"): {
        "connections-to-removed-server": NO_EFFECT
    },
    ("drained-udp-server-keeps-clients", "the table counts its clients"): {
        "drained-udp-server-keeps-clients": NO_COMMAND
    },
    ("drained-udp-server-keeps-clients", "the connections show one"): {"drained-udp-server-keeps-clients": NO_COMMAND},
    ("real-server-left-at-weight-zero", "it has no connection left"): {"real-server-left-at-weight-zero": NO_COMMAND},
    ("reuse-mode-unfit-for-kernel", "a note where the kernel is not known"): {
        "reuse-mode-unfit-for-kernel": NO_COMMAND
    },
    ("service-removed-by-kube-proxy", "a warning, likely, where the configuration of kube-proxy was not seen"): {
        "service-removed-by-kube-proxy": NO_COMMAND
    },
    ("service-removed-by-kube-proxy", "the table no longer has it, and kube-proxy does not exclude it"): {
        "service-removed-by-kube-proxy": NO_COMMAND,
        "ipvs-mode-is-deprecated": NO_COMMAND,
    },
    **{
        ("service-address-of-another-host", title): {"service-address-of-another-host": NO_COMMAND}
        for title in (
            "kubectl shows the address of a service that is a node's",
            "a node is not ready, and a service has an external IP",
        )
    },
    ("service-without-endpoint-here", "a service of kube-proxy is empty"): {
        "service-without-endpoint-here": NO_COMMAND
    },
    ("synced-connections-not-taken", "the syncids differ"): {"synced-connections-not-taken": NO_COMMAND},
    ("synced-connections-not-taken", "the other one runs the sender alone"): {
        "synced-connections-not-taken": NO_COMMAND
    },
    ("runtime-differs-from-files", "a timeout of keepalived.conf that IPVS does not have"): {
        "runtime-differs-from-files": SERVICE
    },
    ("source-nat-without-conntrack", "a warning from the rules alone, where the addresses were not collected"): {
        "source-nat-without-conntrack": "it could not be checked any more"  # whether another rule does the same
    },
    ("vip6-not-usable", "the check for duplicates failed"): {"vip6-not-usable": PARTLY},  # the other host
    ("vip6-not-usable", "another host of the scan has the VIP"): {"vip6-not-usable": PARTLY},
    ("vip6-not-usable", "a warning where another director has the VIP"): {"vip6-not-usable": PARTLY},
    ("vip6-not-usable", "a warning while the check is not over"): {"vip6-not-usable": PARTLY},
    ("vip-missing-on-real-server", "the standby of a pair, which the active director lists"): {
        "vip-missing-on-real-server": PARTLY,  # the sync daemon
        "directors-tables-differ": NO_COMMAND,
    },
    ("hash-scheduler-without-fallback", "mh, and a real server was drained"): {
        "hash-scheduler-without-fallback": SERVICE
    },
    ("hash-scheduler-without-fallback", "a warning where nothing tells that mh knew the real server with a weight"): {
        "hash-scheduler-without-fallback": SERVICE
    },
    ("hash-scheduler-without-fallback", "mh, and counters tell that the real server had connections"): {
        "hash-scheduler-without-fallback": SERVICE
    },
    ("hash-scheduler-without-fallback", "sh, by a firewall mark"): {"hash-scheduler-without-fallback": SERVICE},
    ("hash-scheduler-without-fallback", "dh, and a real server is at its upper threshold"): {
        "hash-scheduler-without-fallback": NO_COMMAND
    },
    ("hash-scheduler-without-fallback", "a warning for the kernel's own table, which does not show the flag"): {
        "hash-scheduler-without-fallback": SERVICE
    },
    ("hash-scheduler-without-fallback", "a warning for a standby, which does not hold the VIP"): {
        "hash-scheduler-without-fallback": SERVICE
    },
    ("host-ports-open-on-service-addresses", "sshd listens on all addresses, and older kube-proxy refuses nothing"): {
        "host-ports-open-on-service-addresses": NO_COMMAND
    },
    ("host-ports-open-on-service-addresses", "four ports of the host"): {
        "host-ports-open-on-service-addresses": NO_COMMAND
    },
    ("firewall-mark-never-set", "no rule marks anything"): {"firewall-mark-never-set": NO_COMMAND},
    ("firewall-mark-never-set", "a rule of mangle INPUT clears the mark"): {"firewall-mark-never-set": NO_COMMAND},
    ("firewall-mark-never-set", "no request gets to the rule"): {"firewall-mark-never-set": NO_COMMAND},
    ("firewall-mark-never-set", "a warning where the rule is for another port"): {
        "firewall-mark-never-set": NO_COMMAND
    },
    ("direct-routing-port-differs", "IPv6, and ip6tables on the real server redirects another port"): {
        "direct-routing-port-differs": PARTLY
    },
    ("impossible-vip", "the loopback address"): {"impossible-vip": NO_COMMAND},
    ("impossible-vip", "all ones, which an IPv6 VIP becomes"): {"impossible-vip": NO_COMMAND},
    ("impossible-vip", "the broadcast address of its subnet"): {"impossible-vip": NO_COMMAND},
    ("impossible-vip", "multicast, of IPv6"): {"impossible-vip": NO_COMMAND},
    ("impossible-vip", "a note for a NodePort of kube-proxy, in counters"): {"impossible-vip": NO_COMMAND},
    ("no-route-back-to-clients", "IPv6 is off on the interface (disable_ipv6)"): {"no-route-back-to-clients": PARTLY},
    ("vip-missing-on-director", "IPv6 is off on the interface (disable_ipv6)"): {"vip-missing-on-director": PARTLY},
    ("vip-missing-on-director", "IPv6, and the MTU of the interface is below 1280"): {
        "vip-missing-on-director": PARTLY
    },
    ("vip-missing-on-director", "IPv6, and the interface is down"): {"vip-missing-on-director": PARTLY},
    ("vip-missing-on-real-server", "IPv6 is off on lo (MTU below 1280)"): {"vip-missing-on-real-server": LINK},
    ("no-health-checker-runs", "sshd alone"): {"no-health-checker-runs": NO_COMMAND},
    ("no-health-checker-runs", "keepalived has failed"): {"no-health-checker-runs": NO_COMMAND},
    ("table-not-filled-at-boot", "started by hand"): {"table-not-filled-at-boot": NO_COMMAND},
    ("table-not-filled-at-boot", "the list of processes shows that it runs"): {"table-not-filled-at-boot": NO_COMMAND},
    ("vip-not-in-network-files", "the service that brings it up is disabled"): {"vip-not-in-network-files": NO_COMMAND},
    ("real-server-unreachable", "the real server does not answer ARP, as its own interface has no carrier"): {
        "real-server-unreachable": NO_COMMAND
    },
    ("real-server-unreachable", "a warning where the real server does not answer ARP"): {
        "real-server-unreachable": NO_COMMAND
    },
    ("real-server-unreachable", "a warning where the scanned hosts do not have the address that does not answer"): {
        "real-server-unreachable": NO_COMMAND
    },
    ("real-server-unreachable", "a warning where another host answered for the address"): {
        "real-server-unreachable": NO_COMMAND
    },
    ("real-server-unreachable", "a warning where another scanned host answered for the address"): {
        "real-server-unreachable": NO_COMMAND
    },
    ("real-server-unreachable", "a warning where all other real servers are scanned hosts"): {
        "real-server-unreachable": NO_COMMAND
    },
    ("real-server-unreachable", "a warning where one of two hosts has the address beside its own"): {
        "real-server-unreachable": NO_COMMAND
    },
    ("real-server-unreachable", "two hosts have the address of the real server"): {
        "real-server-unreachable": NO_COMMAND
    },
    ("vip-is-directors-own-address", "VIP/24 came first, the director's own address is secondary"): {
        "real-server-unreachable": NO_COMMAND  # the entry of before
    },
    ("service-not-listening", "the program is bound to the RIP"): {"service-not-listening": NO_COMMAND},
    ("service-not-listening", "the program is bound to 127.0.0.1"): {"service-not-listening": NO_COMMAND},
    ("service-not-listening", "the program takes IPv6 alone"): {"service-not-listening": NO_COMMAND},
    ("service-not-listening", "no program listens on the port"): {"service-not-listening": NO_COMMAND},
    ("service-not-listening", "the packet filter was not collected"): {"service-not-listening": NO_COMMAND},
    ("service-not-listening", "a rule redirects the requests to a port where no program listens"): {
        "service-not-listening": NO_COMMAND
    },
    ("service-not-listening", "masquerading, and the program is bound to 127.0.0.1"): {
        "service-not-listening": NO_COMMAND
    },
    ("service-not-listening", "a warning with a weight of 0"): {"service-not-listening": NO_COMMAND},
    ("service-not-listening", "a warning for UDP on all addresses, whose replies have the RIP as source"): {
        "service-not-listening": NO_COMMAND
    },
    ("service-not-listening", "IPv6, and the program is bound to the RIP"): {"service-not-listening": NO_COMMAND},
    ("health-check-refused", "the program is bound to the VIP"): {"health-check-refused": NO_COMMAND},
    ("health-check-refused", "keepalived connects to the RIP"): {
        "health-check-refused": NO_COMMAND,
        "removed-server-keeps-connections": NO_EFFECT,
    },
    ("health-check-refused", "a rule redirects the requests of clients alone"): {"health-check-refused": NO_COMMAND},
    ("health-check-refused", "IPv6, and the program is bound to the VIP"): {"health-check-refused": NO_COMMAND},
    ("local-node-not-listening", "loopback is listed, and the program is bound to it"): {
        "local-node-not-listening": NO_COMMAND
    },
    ("local-node-not-listening", "no program listens on the port"): {"local-node-not-listening": NO_COMMAND},
    ("local-node-not-listening", "masquerading to the own address, and the program is bound to the VIP"): {
        "local-node-not-listening": NO_COMMAND
    },
    ("local-node-not-listening", "a warning for UDP on all addresses, with a second director"): {
        "local-node-not-listening": PARTLY  # the configuration of the program
    },
    ("masquerading-to-loopback", "IPv6, and no address of the director is known"): {
        "masquerading-to-loopback": NO_COMMAND
    },
    ("ipvs-mode-is-deprecated", "mode ipvs"): {"ipvs-mode-is-deprecated": NO_COMMAND},
    (
        "service-address-of-another-host",
        "manifests give a service the address that another host's network files have",
    ): {
        "service-address-of-another-host": NO_COMMAND,
        "ipvs-mode-is-deprecated": NO_COMMAND,
    },
    ("service-address-of-another-host", "manifests give a service the address of a node"): {
        "service-address-of-another-host": NO_COMMAND
    },
    (
        "service-address-answered-by-every-node",
        "manifests of a service with externalIPs, and nothing that announces them",
    ): {"service-address-answered-by-every-node": NO_COMMAND, "ipvs-mode-is-deprecated": NO_COMMAND},
    ("service-address-answered-by-every-node", "a warning where one node is scanned"): {
        "service-address-answered-by-every-node": PARTLY  # without a speaker nobody would answer
    },
    ("service-address-answered-by-every-node", "two nodes of one segment answer"): {
        "service-address-answered-by-every-node": PARTLY
    },
    ("service-address-answered-by-every-node", "manifests with strictARP false beside an L2Advertisement"): {
        "service-address-answered-by-every-node": NO_COMMAND,
        "ipvs-mode-is-deprecated": NO_COMMAND,
    },
    ("service-address-answered-by-every-node", "manifests of a ConfigMap that leaves strictARP out"): {
        "service-address-answered-by-every-node": NO_COMMAND,
        "ipvs-mode-is-deprecated": NO_COMMAND,
    },
    ("vip-in-no-vrrp-instance", "the instance has another address"): {"removed-server-keeps-connections": NO_EFFECT},
    ("vip-missing-on-director", "the other director has it only as a real server"): {
        "directors-tables-differ": NO_COMMAND
    },
    ("lvs-method-left-out", "no method"): {
        "lvs-method-left-out": NO_COMMAND,
        "removed-server-keeps-connections": NO_EFFECT,
    },
    ("lvs-method-left-out", "the method in letters that keepalived does not know"): {
        "lvs-method-left-out": NO_COMMAND,
        "removed-server-keeps-connections": NO_EFFECT,
    },
    ("lvs-method-left-out", "no protocol"): {
        "lvs-method-left-out": NO_COMMAND,
        "removed-server-keeps-connections": NO_EFFECT,
    },
    ("real-server-without-health-check", "a check every five minutes"): {
        "real-server-without-health-check": NO_COMMAND,
        "removed-server-keeps-connections": NO_EFFECT,
    },
    ("real-server-without-health-check", "checktype=on is no check"): {"real-server-without-health-check": NO_COMMAND},
    ("real-server-without-health-check", "keepalived ignores a check without a url"): {
        "real-server-without-health-check": NO_COMMAND,
        "removed-server-keeps-connections": NO_EFFECT,
    },
    ("real-server-without-health-check", "one of two"): {
        "real-server-without-health-check": NO_COMMAND,
        "removed-server-keeps-connections": NO_EFFECT,
    },
    ("unicast-source-unusable", "the VIP is the source"): {"unicast-source-unusable": NO_COMMAND},
    ("unicast-source-unusable", "a warning for the own address among the peers"): {
        "unicast-source-unusable": NO_COMMAND
    },
    ("unicast-source-unusable", "the address of another host is the source"): {"unicast-source-unusable": NO_COMMAND},
    ("unicast-source-unusable", "a warning where the files of the network give the interface another address"): {
        "unicast-source-unusable": NO_COMMAND
    },
    ("unicast-source-unusable", "a warning where only a route tells the address of the host"): {
        "unicast-source-unusable": NO_COMMAND
    },
    ("vip-traffic-dropped-by-keepalived", "vrrp_strict"): {
        "vip-traffic-dropped-by-keepalived": NO_COMMAND,
        "removed-server-keeps-connections": NO_EFFECT,
    },
    ("vip-traffic-dropped-by-keepalived", "no_accept"): {
        "vip-traffic-dropped-by-keepalived": NO_COMMAND,
        "removed-server-keeps-connections": NO_EFFECT,
    },
    ("vip-traffic-dropped-by-keepalived", "no_accept, and the rule that keepalived made of it"): {
        "vip-traffic-dropped-by-keepalived": NO_COMMAND
    },
    ("vip-traffic-dropped-by-keepalived", "accept has no effect in strict mode of version 2"): {
        "vip-traffic-dropped-by-keepalived": NO_COMMAND,
        "removed-server-keeps-connections": NO_EFFECT,
    },
    ("vip-traffic-dropped-by-keepalived", "the table is the running one"): {
        "vip-traffic-dropped-by-keepalived": NO_COMMAND
    },
    ("vrrp-parameters-differ", "two clusters of one segment with one virtual_router_id"): {
        "vrrp-parameters-differ": NO_COMMAND
    },
    ("vrrp-parameters-differ", "nopreempt beside state MASTER"): {"vrrp-parameters-differ": NO_COMMAND},
    ("vip6-mask-on-lo-too-wide", "a warning where the files of the host alone tell"): {
        "vip6-mask-on-lo-too-wide": NO_COMMAND
    },
    ("director-is-real-servers-gateway", "a warning where the files of the hosts alone tell"): {
        "director-is-real-servers-gateway": NO_COMMAND
    },
    ("rp-filter-on-tunnel-device", "a warning where a script of the real server alone tells"): {
        "rp-filter-on-tunnel-device": NO_COMMAND
    },
    ("vip-traffic-dropped-by-keepalived", "a VIP for other programs, in a file without virtual servers"): {
        "vip-traffic-dropped-by-keepalived": NO_COMMAND
    },
    ("vrrp-parameters-differ", "another virtual_router_id"): {"vrrp-parameters-differ": NO_COMMAND},
    ("vrrp-parameters-differ", "another password"): {"vrrp-parameters-differ": NO_COMMAND},
    ("vrrp-parameters-differ", "authentication on one side, and another interval"): {
        "vrrp-parameters-differ": NO_COMMAND
    },
    ("vrrp-parameters-differ", "one VIP more"): {"vrrp-parameters-differ": NO_COMMAND},
    ("vrrp-parameters-differ", "unicast on one side"): {"vrrp-parameters-differ": NO_COMMAND},
    ("vrrp-parameters-differ", "the higher priority sends to another peer"): {"vrrp-parameters-differ": NO_COMMAND},
    ("vrrp-parameters-differ", "a warning where only the files are there"): {"vrrp-parameters-differ": NO_COMMAND},
    ("vrrp-priorities-equal", "both are 100"): {"vrrp-priorities-equal": NO_COMMAND},
    ("vrrp-priorities-equal", "a note with nopreempt on both"): {"vrrp-priorities-equal": NO_COMMAND},
    ("vrrp-priorities-equal", "an error where state MASTER makes 255 on both"): {"vrrp-priorities-equal": NO_COMMAND},
    (
        "failed-server-keeps-persistent-clients",
        "inhibit_on_failure of a real server, and the setting is not known",
    ): {"failed-server-keeps-persistent-clients": NO_EFFECT},
    ("real-server-port-reset", "direct routing to another port"): {
        "real-server-port-reset": NO_COMMAND,
        "real-server-without-health-check": NO_COMMAND,
    },
    ("real-server-port-reset", "the table of the host was collected too"): {
        "real-server-port-reset": NO_COMMAND,
        "real-server-without-health-check": NO_COMMAND,
    },
    ("real-server-port-reset", "tunnelling, by a firewall mark"): {
        "real-server-port-reset": NO_COMMAND,
        "real-server-without-health-check": NO_COMMAND,
    },
    ("service-address-answered-by-no-node", "another host asked in vain"): {
        "service-address-answered-by-no-node": NO_COMMAND  # a speaker
    },
    ("mixed-forwarding-methods", "a warning where each real server is set up for the method of its row"): {
        "mixed-forwarding-methods": NO_COMMAND,  # which method?
        "nat-client-in-real-servers-subnet": FILTER,
    },
    ("mixed-forwarding-methods", "one of each, so neither is the odd one"): {
        "real-server-left-at-weight-zero": NO_COMMAND,
        "mixed-forwarding-methods": NO_COMMAND,  # which method?
        "nat-client-in-real-servers-subnet": FILTER,
    },
    ("direct-routing-port-differs", "saved rules that ask for another port"): {
        "direct-routing-port-differs": PARTLY  # the port on the real server
    },
    ("direct-routing-port-differs", "the kernel's own table says so, under tunnelling"): {
        "direct-routing-port-differs": PARTLY
    },
    ("nat-client-in-real-servers-subnet", "the real server reaches its subnet without the director"): {
        "nat-client-in-real-servers-subnet": FILTER
    },
    ("nat-client-in-real-servers-subnet", "the real server is not in the scan"): {
        "nat-client-in-real-servers-subnet": FILTER
    },
    ("nat-client-in-real-servers-subnet", "nothing tells whether the director hides its clients"): {
        "nat-client-in-real-servers-subnet": FILTER
    },
    ("nat-real-server-behind-router", "a warning where the director alone was scanned"): {
        "nat-real-server-behind-router": FILTER
    },
    ("nat-real-server-behind-router", "an error where the counters show requests and no reply"): {
        "nat-real-server-behind-router": FILTER
    },
    ("nat-real-server-behind-router", "the scanned router sends the replies elsewhere"): {
        "nat-real-server-behind-router": FILTER
    },
    ("no-route-back-to-clients", "a note where the real server is all that is known"): {
        "no-route-back-to-clients": NO_COMMAND  # which router?
    },
    ("no-route-back-to-clients", "a note where the VIP is in no subnet, and the only client is a neighbour"): {
        "no-route-back-to-clients": NO_COMMAND
    },
    ("no-route-back-to-clients", "a scanned host has a route to the VIP, and gets no reply"): {
        "no-route-back-to-clients": NO_COMMAND
    },
    ("real-server-answers-arp", "the director masquerades and needs no VIP here"): {
        "nat-client-in-real-servers-subnet": FILTER
    },
    ("real-server-behind-gateway", "one of two real servers is in another subnet"): {
        "real-server-behind-gateway": PARTLY  # the tunnel on the real server
    },
    ("real-server-behind-gateway", "a default route that is onlink leads to a router all the same"): {
        "real-server-behind-gateway": PARTLY
    },
    (
        "real-server-behind-gateway",
        "the gateway answers ARP for the real server, so it only looks like a neighbour",
    ): {"real-server-behind-gateway": PARTLY},
    ("real-server-behind-gateway", "the same without a word from the real server, which is only a warning"): {
        "real-server-behind-gateway": PARTLY
    },
    ("real-server-unreachable", "the link has no carrier"): {"real-server-unreachable": NO_COMMAND},
    ("real-server-unreachable", "the real server's own interface is down, and no neighbour entry tells"): {
        "real-server-unreachable": NO_COMMAND
    },
    ("director-link-down", "the interface has no carrier"): {"director-link-down": NO_COMMAND},
    ("director-link-down", "a warning where the VIP is on lo, and the interface below has no carrier"): {
        "director-link-down": NO_COMMAND
    },
    ("director-link-down", "IPv6, no carrier"): {"director-link-down": NO_COMMAND},
    ("no-route-back-to-clients", "the interface towards the router has no carrier"): {
        "no-route-back-to-clients": NO_COMMAND
    },
    ("real-server-unreachable", "no route at all, with a weight of 0 only a warning"): {
        "real-server-unreachable": NO_COMMAND  # which router?
    },
    ("rp-filter-on-tunnel-device", "all clients are neighbours, there is no default route"): {
        "no-route-back-to-clients": NO_COMMAND
    },
    ("service-without-usable-real-server", "no real server at all"): {
        "service-without-usable-real-server": NO_COMMAND  # which real servers?
    },
    ("service-without-usable-real-server", "a warning where the table is all that is known"): {
        "service-without-usable-real-server": NO_COMMAND
    },
    ("tunnel-device-missing", "the only tunnel is for another director"): {
        "tunnel-device-missing": NO_EFFECT  # the fix sets tunl0 up, which this host does not have
    },
    ("vip-answered-by-another-host", "a real server that nobody scanned answers the director"): {
        "vip-answered-by-another-host": NOT_HERE
    },
    ("vip-answered-by-another-host", "a real server whose settings were not collected"): {
        "vip-answered-by-another-host": NO_EFFECT
    },
    ("vip-answered-by-another-host", "its settings look right, and it answers all the same"): {
        "vip-answered-by-another-host": NO_COMMAND
    },
    ("vip-answered-by-another-host", "the standby hears a real server and no director"): {
        "vip-answered-by-another-host": NOT_HERE
    },
    ("vip-answered-by-another-host", "the standby hears two MACs and knows neither"): {
        "vip-answered-by-another-host": NO_COMMAND
    },
    ("vip-answered-by-another-host", "another host has the director's own address"): {
        "vip-answered-by-another-host": NO_COMMAND
    },
    ("vip-answered-by-another-host", "a warning for a real server's address with two MACs"): {
        "vip-answered-by-another-host": NO_COMMAND
    },
    ("vip-answered-by-another-host", "a stranger beside a director by a firewall mark"): {
        "vip-answered-by-another-host": NO_COMMAND
    },
    ("vip-answered-by-nobody", "a director of which only the counters were listed has it, and is not heard"): {
        "vip-answered-by-nobody": NO_COMMAND
    },
    ("vip-answered-by-nobody", "a director has it by its dumps, and is not heard"): {
        "vip-answered-by-nobody": NO_COMMAND
    },
    ("vip-is-directors-own-address", "the VIP is the only address there is"): {
        "vip-is-directors-own-address": PARTLY  # which address of its own?
    },
    (
        "vip-is-directors-own-address",
        "a warning where the real server accepts what comes from its own address, and answers it to itself",
    ): {"vip-is-directors-own-address": PARTLY},
    ("sysctl-key-splits-link-name", "the VLAN interface of a real server, with dots"): {
        "vip-leaks-as-arp-sender": NO_COMMAND,
        "sysctl-key-splits-link-name": NO_COMMAND,
    },
    ("sysctl-key-splits-link-name", "with slashes alone the name is split as well"): {
        "sysctl-key-splits-link-name": NO_COMMAND
    },
    ("sysctl-key-splits-link-name", "a warning where all covers the interface"): {
        "sysctl-key-splits-link-name": NO_COMMAND
    },
    ("sysctl-key-splits-link-name", "the files of a host that runs"): {"sysctl-key-splits-link-name": NO_COMMAND},
    ("ipvs-timeout-below-keepalive", "900 seconds, and keepalives after 7200"): {
        "ipvs-timeout-below-keepalive": SERVICE
    },
    ("ipvs-timeout-below-keepalive", "a note where no real server was scanned"): {
        "ipvs-timeout-below-keepalive": SERVICE
    },
    ("ipvs-timeout-below-keepalive", "a note where the timeouts were not collected"): {
        "ipvs-timeout-below-keepalive": SERVICE
    },
    ("directors-tables-differ", "the backup director lacks a service"): {"directors-tables-differ": NO_COMMAND},
    ("directors-tables-differ", "another scheduler and no persistence"): {"directors-tables-differ": NO_COMMAND},
    ("directors-tables-differ", "another forwarding method"): {"directors-tables-differ": NO_COMMAND},
    ("directors-tables-differ", "likely, where a health check may have taken a real server out"): {
        "directors-tables-differ": NO_COMMAND
    },
    ("vip-up-before-its-settings", "a play brings the VIP up, and a later task sets them"): {
        "vip-up-before-its-settings": NO_COMMAND
    },
    ("vip-up-before-its-settings", "the address first, the settings second"): {
        "vip-up-before-its-settings": NO_COMMAND
    },
    ("vip-up-before-its-settings", "the VIP stands between the two settings"): {
        "vip-up-before-its-settings": NO_COMMAND
    },
    ("vip-up-before-its-settings", "the VIP is the network's, and the settings are a script's"): {
        "vip-up-before-its-settings": NO_COMMAND
    },
    ("vip-not-in-network-files", "likely, where the files configure another address alone"): {
        "vip-not-in-network-files": NO_COMMAND
    },
    ("vip-missing-on-real-server", "the files of the host give lo another VIP"): {
        "vip-missing-on-real-server": NO_COMMAND
    },
    ("vip-not-in-network-files", "the file has another prefix length"): {"vip-not-in-network-files": NO_COMMAND},
    **{
        (name, title): {name: NO_COMMAND, "removed-server-keeps-connections": NO_COMMAND}
        for name, titles in (
            (
                "health-check-asks-another-host",
                (
                    "the check asks the VIP",
                    "the check asks another real server",
                    "the VIP is the source of checks under direct routing",
                ),
            ),
            (
                "sorry-server-method-differs",
                ("the sorry server has a method of its own", "the real servers have a method of their own"),
            ),
        )
        for title in titles
    },
    **{
        ("directors-settings-differ", title): {"directors-settings-differ": NO_COMMAND}
        for title in ("the timeouts differ", "a setting differs", "the files of both set different timeouts")
    },
    ("table-differs-from-files", "the files drain a real server that the table does not"): {
        "table-differs-from-files": NO_COMMAND
    },
    ("table-differs-from-files", "another scheduler, and a real server by hand"): {
        "table-differs-from-files": NO_COMMAND
    },
    ("table-differs-from-files", "a service of each that the other one lacks"): {
        "table-differs-from-files": NO_COMMAND
    },
    ("table-differs-from-files", "another method, and a note for another weight"): {
        "table-differs-from-files": NO_COMMAND
    },
    ("removed-server-keeps-connections", "a note for TCP, likely where the key is not known"): {
        "removed-server-keeps-connections": NO_EFFECT
    },
}
# What the undo lines leave to the reader, in a comment.
SENTENCES = (
    "was not in the evidence: look with",
    "stood in this order",
    "nothing to undo:",
    "do not bring back all of it",
    "for duplicates once more",
    "shows the handle of the rule",
)


def _name(value: object) -> str:
    return value.name if isinstance(value, Rule) else value.title.replace(" ", "-") if isinstance(value, Case) else "?"


def planned(case: Case) -> tuple[tuple[Node, ...], Plan]:
    """The nodes of a case, and the plan for them."""
    options = dict(zip(case.options[::2], case.options[1::2], strict=True))
    vips: Sequence[IP] = [ip_address(options["--vip"])] if "--vip" in options else []
    nodes = nodes_in(case)
    return nodes, plan(nodes, RULES, role=options.get("--role", "auto"), vips=vips)


def run(nodes: Sequence[Node], lines: Sequence[tuple[str, str]]) -> dict[str, Node]:
    """The nodes after lines have been run, each on the node it names."""
    after = {node.name: node for node in nodes}
    for name, line in lines:
        for change in changes_of(line, after[name]):
            after[name] = applied(after[name], change)
    return after


@pytest.mark.parametrize(("rule", "case"), FIRES, ids=_name)
def test_every_finding_of_every_page_is_cleared_or_it_is_known_why_not(rule: Rule, case: Case) -> None:
    _, made = planned(case)
    left = {one.diagnosis.rule: one.why for one in made.by_hand} | {
        one.diagnosis.rule: one.why for one in made.rejected
    }
    known = LEFT.get((rule.name, case.title), {})
    assert left.keys() == known.keys()
    assert {name: why for name, why in left.items() if known[name] not in why} == {}
    still = {diagnosis.fingerprint for diagnosis in made.after.diagnoses}
    gone = [diagnosis for diagnosis in made.before.diagnoses if diagnosis.fingerprint not in still]
    assert [cleared.diagnosis for cleared in made.cleared] == gone


@pytest.mark.parametrize(("rule", "case"), FIRES, ids=_name)
def test_no_plan_raises_a_finding(rule: Rule, case: Case) -> None:
    _, made = planned(case)
    found = {diagnosis.fingerprint for diagnosis in made.before.diagnoses}
    new = [d.message for d in made.after.diagnoses if d.fingerprint not in found and d.severity is not Severity.NOTE]
    assert new == []


@pytest.mark.parametrize(("rule", "case"), FIRES, ids=_name)
def test_the_undo_lines_take_every_plan_back(rule: Rule, case: Case) -> None:
    nodes, made = planned(case)
    done = run(nodes, [(step.node, step.command) for step in made.steps])
    back = [(step.node, line) for step in reversed(made.steps) for line in step.undo]
    remarks = [(name, line) for name, line in back if line.startswith("#")]
    assert [line for _, line in remarks if not any(said in line for said in SENTENCES)] == []
    undone = run(tuple(done.values()), back)
    open_ones = {name for name, _ in remarks}
    assert [node.name for node in nodes if node.name not in open_ones and not restored(undone[node.name], node)] == []


def case_of(name: str, title: str) -> Case:
    return next(case for rule, case in FIRES if rule.name == name and case.title == title)


def test_a_step_says_what_it_changes_and_how_to_take_it_back() -> None:
    _, made = planned(case_of("real-server-answers-arp", "nothing is set"))
    (step,) = [step for step in made.steps if step.command.startswith("sysctl")]
    assert step.says[0] == "net.ipv4.conf.all.arp_ignore from 0 to 1"
    assert step.undo == ("sysctl -w net.ipv4.conf.all.arp_announce=0 net.ipv4.conf.all.arp_ignore=0",)
    assert [found.rule for found in step.cures] == ["real-server-answers-arp"]
    assert made.persist(step.node) == step.cures[0].fix.persist


def test_a_finding_that_another_ones_fix_clears_is_told_by_whom() -> None:
    _, made = planned(case_of("director-sends-redirects", "nobody has switched redirects off"))
    by = {cleared.diagnosis.rule: [cause.rule for cause in cleared.by] for cleared in made.cleared}
    assert by == {
        "director-sends-redirects": ["director-sends-redirects"],
        "real-server-accepts-redirects": ["director-sends-redirects"],
    }


def test_caches_are_emptied_when_who_filled_them_is_silent() -> None:
    nodes = with_standing(collect_paths([str(STORIES / "arp-ignore-on-lo-alone")]))
    made = plan(nodes, RULES)
    assert made.nodes == ("rs1", "router")
    assert made.of("router")[0].command == "ip neigh flush to 192.0.2.10 dev eth0"


def test_an_accepted_finding_is_left_alone() -> None:
    nodes = nodes_in(case_of("real-server-answers-arp", "nothing is set"))
    found = examine(nodes, RULES)
    accepted = tuple(replace(diagnosis, accepted={"reason": "known"}) for diagnosis in found.diagnoses)
    made = plan(nodes, RULES, examination=replace(found, diagnoses=accepted))
    assert (made.steps, made.cleared, made.rejected, made.by_hand) == ((), (), (), ())


def test_what_the_wire_contradicts_is_not_fixed() -> None:
    nodes = nodes_in(case_of("real-server-answers-arp", "nothing is set"))
    found = examine(nodes, RULES)
    contradicted = tuple(replace(d, confirmation=Confirmation(Probed.CONTRADICTED, "")) for d in found.diagnoses)
    made = plan(nodes, RULES, examination=replace(found, diagnoses=contradicted))
    assert made.steps == ()
    assert {one.why for one in made.rejected} == {"the wire contradicts it: collect the dumps again first"}


HOST = {
    "sysctl": "".join(f"net.ipv4.conf.all.{name} = 0\n" for name in ("log_martians", "arp_filter", "arp_ignore")),
    "ip-addr": "    inet 192.0.2.21/24 scope global eth0\n",
}
MARTIANS, FILTERING = "log_martians", "arp_filter"
SET_MARTIANS, SET_FILTERING = (f"sysctl -w net.ipv4.conf.all.{name}=1" for name in (MARTIANS, FILTERING))


def own_rule(name: str, when: Callable[[Node], bool], *lines: str) -> Rule:
    """A rule of an operator's own: when it finds something, and what its fix is."""

    def check(node: Node) -> Iterator[Finding]:
        if when(node):
            yield Finding(
                "{node}: {what}", about={"what": name}, evidence=[cite(node.addresses[0])], fix=Fix(now=lines)
            )

    facts = frozenset({"addresses", "sysctl"})
    return Rule(name, name.upper(), Severity.ERROR, None, facts, frozenset(), check, file=f"{name}.py")


def is_0(*names: str) -> Callable[[Node], bool]:
    """Is one of these settings 0?"""
    return lambda node: any(not node.sysctl(f"net.ipv4.conf.all.{name}").value for name in names)


def is_1(name: str) -> Callable[[Node], bool]:
    return lambda node: bool(node.sysctl(f"net.ipv4.conf.all.{name}").value)


def ruled(*rules: Rule) -> Plan:
    """The plan for one host under these rules alone."""
    found = [NodeDump(piece, "host", "host") for where, dump in HOST.items() for piece in pieces(dump, where)]
    return plan(with_standing(nodes_of(found)), rules)


def test_a_fix_that_does_not_clear_its_finding_is_refused() -> None:
    made = ruled(own_rule("one", is_0(MARTIANS), SET_FILTERING))
    assert made.steps == ()
    told = [(one.diagnosis.rule, one.why) for one in made.rejected]
    assert told == [("one", "the model still shows it when its fix has been run")]


def test_a_fix_that_raises_another_finding_is_refused_and_that_one_named() -> None:
    made = ruled(own_rule("one", is_0(MARTIANS), SET_MARTIANS), own_rule("two", is_1(MARTIANS), "# turn it off"))
    assert made.steps == ()
    assert [one.why for one in made.rejected] == ["its fix would raise another finding: TWO host: two"]


def test_a_fix_that_raises_what_its_own_fix_clears_is_offered_with_that() -> None:
    uncovered = own_rule("two", lambda node: is_1(MARTIANS)(node) and is_0(FILTERING)(node), SET_FILTERING)
    made = ruled(own_rule("one", is_0(MARTIANS), SET_MARTIANS), uncovered)
    assert [(step.command, step.cures[0].rule) for step in made.steps] == [
        (SET_MARTIANS, "one"),
        (SET_FILTERING, "two"),
    ]
    assert made.after.diagnoses == ()


def test_one_bad_fix_among_good_ones_takes_no_other_with_it() -> None:
    made = ruled(
        own_rule("one", is_0(MARTIANS), SET_MARTIANS),
        own_rule("two", is_1(MARTIANS), "# turn it off"),
        own_rule("three", is_0(FILTERING), SET_FILTERING),
    )
    assert [cleared.diagnosis.rule for cleared in made.cleared] == ["three"]
    assert [one.diagnosis.rule for one in made.rejected] == ["one"]


def test_two_fixes_that_only_help_together_are_both_taken() -> None:
    either = is_0(MARTIANS, FILTERING)
    made = ruled(own_rule("one", either, SET_MARTIANS), own_rule("two", either, SET_FILTERING))
    assert [cleared.diagnosis.rule for cleared in made.cleared] == ["one", "two"]
    assert [step.command for step in made.steps] == [SET_MARTIANS, SET_FILTERING]


def test_what_the_model_cannot_follow_is_left_to_a_hand() -> None:
    line = f"systemctl restart network; {SET_MARTIANS}"
    made = ruled(own_rule("one", is_0(MARTIANS), line))
    why = "the model does not follow a command of its fix (it is more than one plain command), so it was not tried"
    assert [(one.node, one.what, one.why) for one in made.by_hand] == [("host", (line,), why)]


def test_what_another_fix_clears_is_not_left_to_a_hand() -> None:
    made = ruled(own_rule("one", is_0(MARTIANS), "# set it"), own_rule("two", is_0(MARTIANS), SET_MARTIANS))
    assert made.by_hand == ()
    assert [(cleared.diagnosis.rule, cleared.by[0].rule) for cleared in made.cleared] == [
        ("one", "two"),
        ("two", "two"),
    ]


def test_silence_comes_before_the_vip_does() -> None:
    silence, vip = "sysctl -w net.ipv4.conf.all.arp_ignore=1", "ip addr add 192.0.2.10/32 dev lo"
    made = ruled(own_rule("one", is_0(MARTIANS), vip, SET_MARTIANS), own_rule("two", is_0("arp_ignore"), silence))
    assert [step.command for step in made.steps] == [silence, SET_MARTIANS, vip]


def test_a_line_of_two_fixes_is_run_once() -> None:
    one = own_rule("one", is_0(MARTIANS), SET_MARTIANS)
    made = ruled(one, own_rule("two", is_0(FILTERING), SET_MARTIANS, SET_FILTERING))
    assert [step.command for step in made.steps] == [SET_MARTIANS, SET_FILTERING]
    assert [[found.rule for found in step.cures] for step in made.steps] == [["one", "two"], ["two"]]
