"""What commands print, known by its face: of IPVS, of the network, of the host, of what was tried."""

from lvsdoctor.parse.faces.face import ADDRESSES, MAC, ROUTES, RUNNING, STAMP, TABLE, Face

_STATE = r"(?:UP|DOWN|UNKNOWN|LOWERLAYERDOWN|DORMANT|NOTPRESENT|TESTING)"
_KUBERNETES = "Give the node's `ipvsadm -Sn`, `ip addr` and `sysctl -a`, and Services with `-o yaml`."
_DESTINATION = r"(?:default|[\da-f:.]*[.:][\da-f:.]*(?:/\d{1,3})?)"
_CELLS = r"\S+(?: {2,}\S.*){2,}"

OF_IPVS = (
    # -- IPVS, but no table
    Face(
        "ipvs-connections",
        "a list of IPVS connections",
        r"IPVS connection entries|pro +expire +state|Pro +FromIP|"
        r"(?:TCP|UDP|SCTP|IP) +\d{1,4}:\d\d +[A-Z_]+ +\S+ +\S+ +\S+",
        r"IPVS|pro +expire|Pro +FromIP|(?:TCP|UDP|SCTP|IP) +",
        advice=TABLE,
    ),
    Face(
        "dpvs",
        "a table of DPVS",
        r"VIP:VPORT +TOTAL +SNAT_IP|\d+: dpdk\S*: socket \d|inet6? \S+ (?:scope|via) .*\bdpdk\d"
        r"|-> +\S+ +FullNat\b|(?:TCP|UDP|SCTP) +\S+ +[a-z]+ conn-timeout ",
        r"\s|VIP:VPORT|\[?[\d.a-f:]+\]?:\d+ +\d+|\d+: (?:dpdk|lo)|inet6? |->|(?:TCP|UDP|SCTP) +\S+ +[a-z]+",
    ),
    Face(
        "kubectl-services",
        "a list of Services (kubectl)",
        r"(?:NAMESPACE +)?NAME +TYPE +CLUSTER-IP +EXTERNAL-IP +PORT\(S\)",
        r".*\b(?:ClusterIP|NodePort|LoadBalancer|ExternalName)\b|(?:NAMESPACE +)?NAME +TYPE ",
        advice=_KUBERNETES,
    ),
    Face(
        "kubectl-nodes",
        "a list of nodes (kubectl)",
        r"NAME +STATUS +ROLES +AGE +VERSION",
        r"\S+ +(?:Not)?Ready\b|NAME +STATUS ",
        advice=_KUBERNETES,
    ),
    Face(
        "ipvs-real-servers",
        "real servers of an IPVS table",
        r"\s*-> +\S+:\w+ +(?:Route|Tunnel|Masq|Local)\b",
        r"\s*-> ",
        advice=TABLE,
    ),
    Face("ipvs-apps", "the application helpers of IPVS", r"prot port +usecnt name", r"prot port|(?:TCP|UDP) +\d+ "),
    Face(
        "ipvs-status",
        "the sizes of IPVS's tables",
        r"Conns:\s+\d+$",
        r"[A-Z][\w ]+:",
        then=r"Conn buckets",
        needed=False,
    ),
    Face("ipvs-timeouts", "the timeouts of IPVS", r"Timeout \(tcp tcpfin udp\): ", r"Timeout ", advice=TABLE),
    Face(
        "ipvs-sync",
        "the state of the IPVS sync daemon",
        r"(?:master|backup) sync daemon ",
        r"(?:master|backup) sync",
        advice=TABLE,
    ),
)

FACES = (
    # -- the host's addresses and routes as other commands print them
    Face(
        "ifconfig-bsd",
        "the output of ifconfig of BSD or macOS",
        r"\S{1,32}: flags=[0-9a-f]+<[A-Z0-9_,]*> (?:metric \d+ )?mtu \d+",
        r"\s|\S+: flags=|(?:inet6?|ether|options|media|status|nd6|groups|lladdr|index)\b",
        advice=RUNNING,
    ),
    Face(
        "ifconfig",
        "the output of ifconfig",
        r"\s+inet6? addr:|\s+inet [\d.]+ +netmask |\S{1,16}:? +(?:Link encap:|flags=\d+)|\S+: flags=[0-9a-f]+<",
        r"\s|\S+:? +(?:Link encap:|flags=)|\S+: flags="
        r"|(?:inet6?|ether|RX|TX|UP|collisions|Interrupt|options|media|status|nd6|lo|groups)\b",
        advice=ADDRESSES,
    ),
    Face(
        "ip-brief",
        "the output of `ip -br`",
        rf"\S{{1,40}}(?: {{2,}}{_STATE} *$| +{_STATE} +(?:[\d.]+(?:/\d+| peer)|[0-9a-f:]+/\d+ |{MAC}|<))",
        rf"\S+ +{_STATE}\b",
        advice=ADDRESSES,
    ),
    Face(
        "route-v6",
        "an IPv6 routing table of route(8)",
        r"Kernel IPv6 routing table",
        r"Kernel|Destination|[0-9a-f:\[]+\S*/\d+ ",
        advice=ROUTES,
    ),
    Face("vrfs", "a list of VRFs", r"Name +Table *$", r"\S+ +\d+ *$|-+$|Name +Table"),
    Face(
        "routes-cut",
        "routes",
        rf"{_DESTINATION}(?: +(?:via|dev)(?: +\S+)*)? *$",
        rf"{_DESTINATION}(?: |$)",
        advice=ROUTES,
        then=rf"{_DESTINATION} +(?:.* )?(?:via|dev|metric|proto|src|scope) *$",
    ),
    Face(
        "sysctl-bsd",
        "the settings of BSD or macOS",
        r"(?:kern|hw|machdep|user|security|vfs|debug)\.[\w.]+: |net\.inet6?\.[\w.]+: ",
        None,
        advice=RUNNING,
    ),
    Face(
        "link-counters",
        "a table of interface counters",
        r"Kernel Interface table|Iface +MTU ",
        r"Kernel|Iface|\S+ +\d+ +\d",
    ),
    Face(
        "bridge",
        "a list of bridges",
        r"bridge name\tbridge id|bridge name +bridge id",
        r"bridge name|\S+\s+[0-9a-f]{4}\.|\s",
    ),
    Face(
        "bridge-ports",
        "a list of bridge ports",
        r"\d{1,6}: \S+: <[^>]*> mtu \d+ master \S+ state [a-z]+ ",
        r"\d{1,6}: \S+: <|\s",
    ),
    Face("fdb", "a bridge's forwarding table", rf"{MAC} dev \S+", rf"{MAC} dev "),
    Face(
        "network-counters",
        "the counters of the network stack",
        r"#kernel$|(?:Ip|Tcp|Udp|Icmp|TcpExt|IpExt):$|(?:Ip6?|Tcp|Udp|TcpExt)"
        r"[A-Z]\w+ +\d+ +[\d.]+$",
        r"\w+:$|\s+\S|\w+ +\d+ +[\d.]+$|#kernel",
        needed=False,
    ),
    Face(
        "conntrack",
        "a list of tracked connections",
        r"(?:ipv[46] +\d+ +)?(?:tcp|udp|icmp|sctp) +\d+ +\d+ .*\bsrc=\S+ dst=",
        r"(?:ipv[46]|tcp|udp|icmp|sctp|unknown|conntrack) +",
    ),
    # -- what was tried, and what is said of the host
    Face(
        "tcpdump",
        "a packet capture as text",
        rf"(?:{STAMP}|\d\d:\d\d:\d\d\.\d+) (?:IP6?|ARP|arp|ethertype|{MAC}|\S+ +(?:In|Out|"
        r"B|M|P) )|tcpdump: |listening on \S+, link-type",
        r"\S* ?\d\d:\d\d:\d\d\.\d+ |tcpdump: |listening on |\s+|\d+ packets |dropped privs",
    ),
    Face(
        "ping",
        "the output of ping",
        r"PING \S+ \(|PING \S+ \d+ data bytes",
        r"PING |\d+ bytes from|From |--- |\d+ packets|rtt |"
        r"round-trip|Request timeout|64 bytes",
    ),
    Face(
        "traceroute",
        "the output of traceroute",
        r"traceroute to |(?:Start: |HOST: ).*Loss%",
        r"traceroute to | *\d+[. ]|Start|HOST",
    ),
    Face(
        "curl",
        "the output of curl",
        r"\* +(?:Trying|About to connect|Connected to|Rebuilt URL)|curl: \(\d+\)",
        r"[*<>{}] ?|curl: ",
    ),
    Face("modules", "a list of kernel modules", r"Module +Size +Used by", r"Module |\w+ +\d+ +\d+ ?", needed=False),
    Face(
        "os-release",
        "an os-release file",
        r"(?:PRETTY_NAME|NAME|ID|VERSION_ID|VERSION)=",
        r"[A-Z_]+=",
        then=r"(?:ID|ID_LIKE|VERSION_ID|VERSION|HOME_URL|PRETTY_NAME)=",
        whole=True,
        needed=False,
    ),
    Face(
        "ethtool",
        "the output of ethtool",
        r"(?:Settings|Features|Coalesce parameters|Ring parameters|Channel parameters|Offload "
        r"parameters) for \S+:$|NIC statistics:$|driver: \w+$",
        r"\s|[\w\- ]+: |Cannot get",
        needed=False,
    ),
    Face(
        "service-status",
        "the state of a service",
        r"[●○\u00d7*] \S+\.(?:service|socket|target|timer)\b",
        r"\s|[├└│]|" + STAMP,
        needed=False,
    ),
    Face(
        "kubectl",
        "a table of kubectl",
        r"(?:NAMESPACE +)?NAME +(?:[A-Z][A-Z()\-]+ +){2,}[A-Z][A-Z()\-]*|NAME +ENDPOINTS +AGE",
        _CELLS,
    ),
    Face(
        "log",
        "a log",
        rf"{STAMP}[.,]?\d* |\[ *\d+\.\d{{3,6}}\] |<\d{{1,3}}>|[IWEF]\d{{4}} \d\d:\d\d:\d\d\.|-- (?:Logs|Journal) begin",
        rf"{STAMP}|\[ *\d+\.\d{{3,6}}\] |<\d{{1,3}}>|[IWEF]\d{{4}} |-- ",
        file=r"\.log|/(?:messages|syslog|dmesg)[^/]*",
    ),
    Face(
        "processes",
        "a list of processes",
        r"(?:USER|UID|F +S? *UID) +PID +|\s*PID +(?:TTY|USER) +|[a-z_][\w-]* +\d+ +\d+(?:\.\d)? .{0,80}"
        r"/(?:keepalived|ldirectord|kube-proxy|bird6?|frr|watchfrr|bgpd|zebra)\b",
        r"[a-zA-Z_+][\w+-]* +\d+ |\s*\d+ |USER|UID|\s",
        needed=False,
    ),
    Face(
        "hardware",
        "a description of the hardware (DMI)",
        r"# dmidecode \d|SMBIOS \d[\d.]* present|Handle 0x[0-9A-Fa-f]{4}, DMI type|Getting SMBIOS data "
        r"|/sys/(?:class|devices/virtual)/dmi/id/\w+:",
        r"[#\s]|SMBIOS|Handle |Getting SMBIOS|[A-Z][\w /-]+(?: Information)?$|/sys/|Table at|\d+ structures",
        file=r"sys/(?:class|devices/virtual)/dmi/id/\S+|dmidecode[^/]*",
        needed=False,
    ),
    Face(
        "services",
        "a list of services",
        r"\s*UNIT +(?:LOAD +ACTIVE +SUB|FILE +STATE)"
        r"|\s*[●*]? ?[\w@.:-]+\.service +(?:loaded|not-found|enabled|disabled)\b",
        r"\s|[\w@.:-]+\.\w+ +|LOAD|ACTIVE|SUB|To show|\d+ (?:loaded|unit)|UNIT|[●*]",
        needed=False,
    ),
    Face(
        "cloud-init-tables",
        "the network tables that cloud-init prints",
        r"(?:ci-info: ?)?\++ ?Net device info ?\++|ci-info: ",
        r"(?:ci-info: ?)?[+|]|ci-info:",
        advice=ADDRESSES,
    ),
    Face("rtf", "an RTF document", r"\{\\rtf\d", None, advice="Save it as plain text.", whole=True),
    Face(
        "difference",
        "a difference of two texts (diff)",
        r"@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@",
        r"diff\| |@@ |(?:---|\+\+\+|diff|index) ",
    ),
    Face("page", "an HTML or XML page", r"<(?:!DOCTYPE|\?xml|html\b)", None, whole=True),
    Face(
        "json",
        "a JSON document",
        r"\{ *(?:\"|$)|\[ *(?:\{|$)",
        r"[\s\[\]{}\",:]|-?\d|true|false|null",
        then=r"\s*[\"\]}{]",
    ),
)
