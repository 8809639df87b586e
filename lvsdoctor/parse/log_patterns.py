"""What the programs of LVS write into logs: the table of patterns, a row for each sentence.

Kernel sentences cite Linux, those of keepalived its sources; where versions differ, a row has them all. `code` groups
them into rules (rules/logs/), "" is a line that is no fault: it ends one, or explains one.
"""
# ruff: noqa: E501 - a row is a line, however long its sentence

from typing import NamedTuple

# What else a fault's end may be: keepalived starts again, or reads its files again.
RESTART = ("start",)
STATE = ("master", "backup", *RESTART)
SERVER_UP = ("server-up",)
BOOT = ("boot",)


# The fields that tell two faults of one event apart; others change from line to line.
SUBJECT = frozenset(
    "vi peer vip link address destination source service table name at what vrid type cmd number".split()
)


class Pattern(NamedTuple):
    """One sentence: `word` stands in every such line, `regex` matches from the message's begin.

    Groups are its fields; those of `SUBJECT` tell one subject from another. `means` is a note, `remedy`
    what to do. A later line of `ended_by` ends it, one of `excused_by` directly before it explains it. `minor`: a note,
    as are fewer than `least` lines.
    `harmless`: it looks like a fault of this code and is none. `general`: it follows others of its code, which say
    more. `tagged`: the line has to name its program, or when it was written.
    """

    code: str
    event: str
    program: str
    word: str
    regex: str
    means: str = ""
    remedy: str = ""
    ended_by: tuple[str, ...] = ()
    excused_by: tuple[str, ...] = ()
    minor: bool = False
    harmless: bool = False
    general: bool = False
    least: int = 1
    tagged: bool = False


_A = r"[0-9a-fA-F.:]{3,45}"  # an address
_MAC = r"[0-9a-fA-F]{1,2}(?::[0-9a-fA-F]{1,2}){5}"
_VI = r"(?:(?:VRRP_Instance)?\((?P<vi>[^)]{1,100})\):? ?)?"  # to 1.4: VRRP_Instance(VI_1), later (VI_1)
_LINE = r"(?:\([^)]{1,200}\) ?)?"  # (/etc/keepalived/keepalived.conf: Line 24), (Line 24)
_AT = r"(?P<at>.{0,160}?)[ :,-]*"  # what stands before the sentence: a virtual server
_K, _KA = "kernel", "keepalived"
_SAME = "write the same value on all directors of the virtual router"
_FILE = "correct the line in keepalived.conf, and check with: keepalived -t"

# -- VRRP: vrrp_check_packet() and vrrp_state_*() of keepalived's vrrp.c -----------------------------------------------

_VRRP = (
    Pattern("LOG001", "auth-pass", _KA, "an invalid passwd", _VI + rf"received? an invalid passwd(?: from (?P<peer>{_A}))?",
            "auth_pass differs between the directors", _SAME, STATE),
    Pattern("LOG001", "auth-type", _KA, "auth, expecting", _VI + r"received? a (?P<n>\d+) auth, expecting",
            "auth_type differs between the directors", _SAME, STATE),
    Pattern("LOG001", "auth-type", _KA, "Invalid auth type", _VI + r"Invalid auth type",
            "auth_type differs between the directors", _SAME, STATE),
    Pattern("LOG001", "advert-int", _KA, "advert", _VI + r"advertiss?ement interval mismatch",
            "advert_int differs between the directors", _SAME, STATE),
    Pattern("LOG001", "version", _KA, "invalid version", _VI + r"invalid version\b",
            "vrrp_version differs between the directors", _SAME, STATE),
    Pattern("LOG001", "version", _KA, "wrong version", _VI + r"wrong version\b",
            "vrrp_version differs between the directors", _SAME, STATE),
    Pattern("LOG001", "version", _KA, "wrong VRRP version", _VI + rf"wrong VRRP version(?: from (?P<peer>{_A}))?",
            "vrrp_version differs between the directors", _SAME, STATE),
    Pattern("LOG001", "vips", _KA, "VIPs", _VI + r"expected \d+ VIPs but received \d+",
            "the virtual_ipaddress lists differ, or another VRRP uses this VRID", _SAME, STATE),
    Pattern("LOG001", "vips", _KA, "ip number count", _VI + r"(?:invalid|unexpected) ip number count",
            "the virtual_ipaddress lists differ, or another VRRP uses this VRID", _SAME, STATE),
    Pattern("LOG001", "foreign-vip", _KA, "VRID",
            _VI + rf"ip address associated with VRID ?\d* ?not present in [^:]{{0,60}}(?: ?: ?(?P<vip>{_A}))?",
            "an advertisement without this VIP: the lists differ, or another VRRP uses this VRID",
            "give the VRRP of other hosts on this segment another virtual_router_id", STATE),
    Pattern("LOG001", "vip-list", _KA, "VRID", _VI + r"one or more VIP associated with VRID mismatch",
            "the virtual_ipaddress lists differ, or another VRRP uses this VRID",
            "give the VRRP of other hosts on this segment another virtual_router_id", STATE, general=True),
    Pattern("LOG001", "ttl", _KA, "invalid TTL", _VI + r"invalid TTL",
            "a router passed the advertisement on, or a host forged it", "put the directors on one segment", STATE),
    Pattern("LOG001", "ttl", _KA, "TTL/HL", _VI + rf"TTL/HL \d+ from (?P<peer>{_A}) not in range",
            "a router passed the advertisement on, or a host forged it", "put the directors on one segment", STATE),
    Pattern("LOG001", "bogus", _KA, "bogus VRRP packet", _VI + r"bogus VRRP packet received on (?P<link>\S+)",
            "the advertisement does not fit to this instance", _SAME, STATE, general=True),
    Pattern("LOG002", "no-source", _KA, "src address not configured", _VI + r"(?i:entering FAULT STATE) \(src address not",
            "the address of unicast_src_ip is not on this host",
            "write an address of this host into unicast_src_ip, or start keepalived after the network", STATE),
    Pattern("LOG002", "no-source", _KA, "unicast", _VI + rf"bind unicast_src (?P<address>{_A}) failed",
            "the address of unicast_src_ip is not on this host",
            "write an address of this host into unicast_src_ip, or start keepalived after the network", STATE),
    Pattern("LOG003", "lower", _KA, "advert", _VI + rf"Received advert (?:from (?P<peer>{_A}) )?with lower priority",
            "another host was MASTER too, with a lower priority", "find why advertisements get lost: filters, switches",
            ("backup", *RESTART), least=2),
    Pattern("LOG003", "higher", _KA, "advert", _VI + rf"Master received advert (?:from (?P<peer>{_A}) )?with (?:higher|same) priority",
            "another host was MASTER too", "find why advertisements get lost: filters, switches", ("backup", *RESTART), least=2),
    Pattern("LOG003", "preempts", _KA, "advert", _VI + r"received lower priority \(\d+\) advert from", harmless=True),
    Pattern("LOG004", "own-address", _KA, "advert", _VI + r"WARNING - equal priority advert received from remote host with our IP",
            "an advertisement has this host's own source address",
            "take the own address out of unicast_peer, and look for a host with the same address", RESTART),
    Pattern("LOG005", "mixed", _KA, "unicast", _VI + r"Expected (?:uni|multi)cast packet but received (?:uni|multi)cast",
            "this director uses unicast and the other uses multicast, or the reverse", "use unicast_peer on both, or on neither", STATE),
    Pattern("LOG005", "no-peer", _KA, "unicast", _VI + rf"unicast source address (?P<peer>{_A}) not a unicast peer",
            "the sender is not in the list unicast_peer", "add the sender's address to unicast_peer", STATE),
    Pattern("LOG005", "without-peers", _KA, "unicast", _VI + r"Cannot use unicast without any peers",
            "unicast_src_ip is set and unicast_peer is empty", "add the other director to unicast_peer", STATE),
)  # fmt: skip

# -- keepalived, IPVS and netlink: ipvs_strerror() of libipvs.c, keepalived_netlink.c, check_data.c -------------------

_CMD = r"IPVS (?:cmd (?P<cmd>\w+)\(\d+\) error: (?P<text>[^()]{{0,160}}(?:\([^()]{{0,60}}\))?)\({errno}\)(?: \((?P<service>[^)]{{1,120}})\))?|\(cmd (?P<number>\d+), errno {errno}\):)"
_TABLE = (
    Pattern("LOG006", "exists", _KA, "IPVS", _CMD.format(errno="17"), "the entry exists already: a second program may write the table",
            "let keepalived alone write the IPVS table", RESTART, minor=True),
    Pattern("LOG006", "absent", _KA, "IPVS", _CMD.format(errno="2"), "the kernel has no such scheduler, or no such real server",
            "load the scheduler's module (modprobe ip_vs_SCHEDULER) before keepalived starts", RESTART),
    Pattern("LOG006", "gone", _KA, "IPVS", _CMD.format(errno="3"), "the service is gone: another program changed the table",
            "let keepalived alone write the IPVS table", RESTART),
    Pattern("LOG006", "refused", _KA, "IPVS", _CMD.format(errno="22"), "the kernel refuses the address, the port or the method",
            "compare the virtual_server of keepalived.conf with ipvsadm(8)", RESTART),
    Pattern("LOG006", "no-module", _KA, "IPVS", _CMD.format(errno="92"), "the kernel has not loaded ip_vs",
            "modprobe ip_vs before keepalived starts", RESTART),
    Pattern("LOG006", "other", _KA, "IPVS", _CMD.format(errno=r"\d+"), "the kernel refuses the entry",
            "compare the virtual_server of keepalived.conf with ipvsadm(8)", RESTART),
    Pattern("LOG006", "no-module", _KA, "IPVS", r"IPVS: Can't initialize ipvs: (?P<text>.{0,80})", "the kernel has not loaded ip_vs",
            "modprobe ip_vs before keepalived starts", RESTART),
    Pattern("LOG006", "other", _KA, "IPVS", r"IPVS ?: (?P<text>No such (?:service|destination)|Memory allocation problem"
            r"|Scheduler (?:or persistence engine )?not found|Invalid operation|Protocol not available|Module is wrong version)",
            "the kernel refuses the entry", "compare the virtual_server of keepalived.conf with ipvsadm(8)", RESTART),
    Pattern("LOG006", "exists", _KA, "IPVS", r"IPVS ?: (?:Service|Destination) already exists",
            "the entry exists already: a second program may write the table", "let keepalived alone write the IPVS table", RESTART, minor=True),
    Pattern("LOG007", "overrun", _KA, "Receive buffer overrun", r"Netlink: Receive buffer overrun on (?P<socket>\w+) socket",
            "keepalived lost events of the kernel, and its state may be old", "raise vrrp_netlink_cmd_rcv_bufs and vrrp_netlink_monitor_rcv_bufs", RESTART),
    Pattern("LOG007", "exists", _KA, "Netlink", r"Netlink: error: File exists(?:\(17\))?, type=(?P<type>\w+)",
            "the address or route exists already: another program set it", "let keepalived alone set the VIP", STATE, minor=True),
    Pattern("LOG007", "error", _KA, "Netlink", r"Netlink: error: (?P<text>[^,(]{1,80})(?:\(\d+\))?, type=(?P<type>\w+)",
            "the kernel refuses an address or a route of keepalived", "check the interface and the prefix, and that keepalived may use CAP_NET_ADMIN", STATE),
    Pattern("LOG007", "filter", _KA, "Netlink", r"Netlink: filter function error",
            "keepalived does not understand a message of the kernel", "update keepalived", RESTART),
    Pattern("LOG008", "ports", _KA, "resetting", _AT + r"ports don't match - resetting",
            "keepalived uses the port of the virtual server", _FILE, RESTART, tagged=True),
    Pattern("LOG008", "protocol", _KA, "no protocol set", _AT + r"no protocol set - defaulting to UDP", "the service is UDP", _FILE, RESTART, tagged=True),
    Pattern("LOG008", "method", _KA, "setting default", _AT + r"no forwarding method set, setting default", "the method is NAT", _FILE, RESTART, tagged=True),
    Pattern("LOG008", "scheduler", _KA, "setting default", _AT + r"no scheduler set, setting default", "keepalived takes its own scheduler", _FILE, RESTART, tagged=True),
    Pattern("LOG008", "zero-port", _KA, "zero port only valid", _AT + r"zero port only valid for persistent", "the service becomes persistent", _FILE, RESTART, tagged=True),
    Pattern("LOG008", "one-packet", _KA, "resetting", _AT + r"one packet scheduling requires UDP", "one-packet scheduling has no effect", _FILE, RESTART, tagged=True),
    Pattern("LOG008", "duplicate", _KA, "removing second rs", _AT + r"is duplicated - removing second rs", "a real server is in the file twice", _FILE, RESTART, tagged=True),
    Pattern("LOG008", "quorum", _KA, "exceeds total weight", _AT + r"quorum \d+ .{0,80}exceeds total weight", "the service can never reach its quorum", _FILE, RESTART, tagged=True),
    Pattern("LOG008", "persistence", _KA, "persistence_timeout invalid", _AT + r"persistence_timeout invalid", "the service has no persistence", _FILE, RESTART, tagged=True),
    Pattern("LOG008", "vrid", _KA, "VRID", _AT + r"both use VRID (?P<vrid>\d+)", "two instances use one VRID", _FILE, RESTART, tagged=True),
    Pattern("LOG008", "skipped", _KA, "- skipping", _LINE + r"Invalid (?P<what>real|sorry) server (?:ip|IP) address(?:/port)? (?P<at>\S+) - skipping",
            "keepalived leaves this server out", _FILE, RESTART),
)  # fmt: skip

# -- the kernel ------------------------------------------------------------------------------------------------------

_KERNEL = (
    # net/netfilter/ipvs/ip_vs_sched.c: ip_vs_scheduler_err()
    Pattern("LOG009", "no-destination", _K, "IPVS",
            r"IPVS: (?P<scheduler>\w+): (?P<service>(?:TCP|UDP|SCTP) \S+|FWM \d+(?: 0x[0-9a-fA-F]+)?) - no destination available",
            "the scheduler found no real server with a weight above 0 below its threshold", "look at the weights: ipvsadm -Ln", (*SERVER_UP, *BOOT)),
    Pattern("LOG010", "broadcast", _K, "martian", rf"(?:IPv4: )?martian source 255\.255\.255\.255 from {_A}, on dev (?P<link>\S+)", harmless=True),
    # net/ipv4/route.c: ip_handle_martian_source() prints the destination first
    Pattern("LOG010", "martian-source", _K, "martian",
            rf"(?:IPv4: )?martian source (?P<destination>{_A}) from (?P<source>{_A}), on dev (?P<link>\S+)",
            "the packet for {destination} has source {source}, which this host does not accept on {link}",
            "find the sender by its MAC: the second 6 bytes of the line ll header", BOOT),
    Pattern("LOG010", "martian-destination", _K, "martian",
            rf"(?:IPv4: )?martian destination (?P<destination>{_A}) from (?P<source>{_A}), (?:on )?dev (?P<link>\S+)",
            "this host does not accept the destination {destination} on {link}", "find the sender by its MAC, or by its address", BOOT),
    # net/netfilter/nf_conntrack_core.c: __nf_conntrack_alloc()
    Pattern("LOG011", "table-full", _K, "table full", r"(?:nf|ip)_conntrack: (?:nf_conntrack: )?table full(?: in netns (?P<n>\d+))?, dropping packet",
            "the kernel drops packets of new connections", "raise net.netfilter.nf_conntrack_max, and count: sysctl net.netfilter.nf_conntrack_count", BOOT),
    # net/core/neighbour.c: neigh_alloc()
    Pattern("LOG012", "overflow", _K, "table overflow", r"(?:neighbour: (?P<table>arp_cache|ndisc_cache): neighbor table overflow!|Neighbour table overflow\.)",
            "the kernel drops packets to hosts without an entry", "raise net.ipv4.neigh.default.gc_thresh1, gc_thresh2 and gc_thresh3 (net.ipv6, too)", BOOT),
    # net/ipv6/addrconf.c: addrconf_dad_failure()
    Pattern("LOG013", "dad", _K, "duplicate address", rf"(?:IPv6: )?(?:(?P<link>\S+): )?IPv6 duplicate address (?P<address>{_A})(?: used by (?P<mac>{_MAC}))? detected!",
            "another host has the address {address}, and this host does not use it", "find the host by its MAC: ip -6 neigh show", BOOT),
    Pattern("LOG013", "collision", "IPaddr2", "address collision", rf".{{0,80}}?IPv[46] address collision (?P<address>{_A})",
            "another host has the address {address}", "find the host by its MAC: arping -D -I INTERFACE ADDRESS"),
    Pattern("LOG013", "in-use", "ifup", "some other host", rf".{{0,80}}?some other host (?:\({_MAC}\) )?already uses address (?P<address>{_A})",
            "another host has the address {address}", "find the host by its MAC: arping -D -I INTERFACE ADDRESS"),
    Pattern("LOG013", "flip-flop", "arpwatch", "flip flop", rf"flip flop (?P<address>{_A}) (?P<mac>{_MAC}) \(",
            "two MACs answer ARP requests for {address} in turn", "find the host of both MACs: ip -br link"),
    Pattern("LOG013", "changed", "arpwatch", "ethernet address", rf"(?:changed|reused old) ethernet address (?P<address>{_A})",
            "the MAC of {address} changed, as after a failover", "nothing, if the VIP moved", minor=True),
    # net/netfilter/ipvs/ip_vs_ctl.c, ip_vs_sync.c, ip_vs_conn.c
    Pattern("LOG014", "no-scheduler", _K, "IPVS", r"IPVS: Scheduler module ip_vs_(?P<name>\w+) not found",
            "the kernel has no module ip_vs_{name}", "modprobe ip_vs_SCHEDULER, and its name into /etc/modules-load.d", ("scheduler", *BOOT)),
    Pattern("LOG014", "no-engine", _K, "IPVS", r"IPVS: persistence engine module ip_vs_pe_(?P<name>\w+) not found",
            "the kernel has no module ip_vs_pe_{name}", "modprobe ip_vs_pe_sip", BOOT),
    Pattern("LOG014", "zero-port", _K, "IPVS", r"IPVS: Schedule: port zero only supported in persistent services",
            "a service of port 0 takes connections of all ports only with persistence", "give the service -p, or a port", BOOT),
    Pattern("LOG014", "sync-interface", _K, "IPVS", r"IPVS: You probably need to specify IP address on multicast interface",
            "the interface of the sync daemon has no address", "give the interface an address before the daemon starts", BOOT),
    Pattern("LOG014", "sync-socket", _K, "IPVS", r"IPVS: Error (?:setting outbound mcast interface|binding address of the mcast|joining to the multicast|during creation of socket)",
            "the sync daemon has no socket", "start it again: ipvsadm --start-daemon", BOOT),
    Pattern("LOG014", "sync-send", _K, "IPVS", r"IPVS: ip_vs_send_async error", "the sync daemon does not send", "look at the interface of the sync daemon", BOOT),
    Pattern("LOG014", "sync-receive", _K, "IPVS", r"IPVS: BACKUP.{0,60}(?:bogus conn|Dropping buffer)", "the backup drops synchronised connections",
            "run the same kernel and the same services on both directors", BOOT),
    Pattern("LOG014", "hash-size", _K, "IPVS", r"IPVS: conn_tab_bits not in \[", "the connection table has its default size", "correct conn_tab_bits in /etc/modprobe.d", BOOT),
    # pkg/proxy/ipvs: CanUseIPVSProxier()
    Pattern("LOG014", "no-proxier", "kube-proxy", "proxier", r"\"?[Cc]an't use (?:the )?(?:IPVS|ipvs) proxier",
            "kube-proxy does not use the ipvs mode on this node", "load ip_vs, ip_vs_rr, ip_vs_wrr and ip_vs_sh before kube-proxy starts"),
    # its vendored netlink library until 1.18.3: a kernel of CentOS 7 answers without the address family
    Pattern("LOG014", "parse-ip", "kube-proxy", "parseIP Error", r".{0,160}parseIP Error ip=",
            "kube-proxy cannot read the real servers from this kernel, and writes no new ones", "update kube-proxy to 1.18.3 or later"),
    Pattern("LOG014", "no-start", "kube-proxy", "create proxier", r".{0,160}unable to create proxier: (?P<text>.{0,160})",
            "kube-proxy does not start: {text}", "correct what the line names, and look at the log of kube-proxy again"),
    # libnetwork/ipvs of moby, which kube-proxy used as well
    Pattern("LOG014", "no-ipvs", "", "ipvs family", r"Could not get ipvs family information\b",
            "the kernel has not loaded ip_vs", "modprobe ip_vs on the host, and its name into /etc/modules-load.d", BOOT),
    Pattern("LOG014", "modprobe", "", "modprobe ip_vs", r"Running modprobe (?P<name>ip_vs\w*) failed",
            "a container could not load {name}", "modprobe ip_vs on the host, and its name into /etc/modules-load.d", BOOT),
    Pattern("LOG015", "removed", _KA, "Netlink", rf"Netlink reflector reports IP (?P<address>{_A}) removed from (?P<link>\S+)",
            "another program removed the address {address}", "keep systemd-networkd, NetworkManager and DHCP from the VIP's interface", STATE,
            ("removing", "link-down")),
    Pattern("LOG015", "removed", _KA, "Deassigned address", rf"Deassigned address (?P<address>{_A}) (?:from|for) interface (?P<link>\S+)",
            "another program removed the address {address}", "keep systemd-networkd, NetworkManager and DHCP from the VIP's interface", STATE,
            ("removing", "link-down")),
)  # fmt: skip

# -- what ends or explains a fault -------------------------------------------------------------------------------------

_ENDS = (
    Pattern("", "master", _KA, "STATE", _VI + r"(?i:entering) MASTER STATE"),
    Pattern("", "backup", _KA, "STATE", _VI + r"(?i:entering) BACKUP STATE"),
    Pattern("", "start", _KA, "child process", r"Starting (?:VRRP|Healthcheck(?:er)?) child process"),
    Pattern("", "start", _KA, "Starting Keepalived", r"Starting Keepalived v"),
    Pattern("", "start", _KA, "Reloading", r"Reloading"),
    Pattern("", "boot", _K, "Linux version", r"Linux version \d"),
    Pattern("", "server-up", _KA, " quorum ", r"Gained quorum"),
    Pattern("", "server-up", _KA, " to VS", r"(?:Adding|Enabling|Restoring) (?:service|sorry server)\b.{0,160} to VS"),
    Pattern("", "server-up", "ldirectord", "real server", r"(?:Added|Restored) real server"),
    Pattern("", "scheduler", _K, "IPVS", r"IPVS: \[(?P<name>\w+)\] scheduler registered"),
    Pattern("", "removing", _KA, "VIPs", _VI + r"removing (?:E-)?VIPs"),
    Pattern("", "link-down", _KA, "Netlink", r"Netlink reports (?P<link>\S+) down"),
)  # fmt: skip

PATTERNS: tuple[Pattern, ...] = (*_VRRP, *_TABLE, *_KERNEL, *_ENDS)
BY_EVENT = {(row.code, row.event): row for row in reversed(PATTERNS)}
