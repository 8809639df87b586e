"""Configurations of daemons that set the network beside IPVS: proxies, routing, packet filters, what runs at boot."""

from lvsdoctor.parse.faces.face import PACKETS, ROUTES, RUNNING, Face

# A flag or more behind the type of a line of tmpfiles.d(5), and what parts it from the path.
_TMPFILES = r"[-+!=~^$]*[ \t]+"

FACES = (
    Face(
        "haproxy",
        "a configuration of HAProxy",
        r"global$|defaults(?: +\S+)?$|(?:frontend|backend|listen|peers|resolvers|userlist) +\S+ *$",
        None,
        then=r"\s+(?:log|maxconn|nbthread|daemon|user|group|chroot|pidfile|stats|mode|option|timeout|retries|balance|bind|"
        r"server|default-server|default_backend|use_backend|acl|http-\w+|tcp-\w+|stick-table|peer|nameserver)\b",
        whole=True,
        file=r"haproxy[^/]*\.cfg",
        needed=False,
    ),
    Face(
        "tmpfiles",
        "a tmpfiles.d configuration that writes settings",
        rf"[wF]{_TMPFILES}/proc/sys/\S+[ \t]",
        rf"[A-Za-z]{_TMPFILES}/|#",
        advice=RUNNING,
        whole=True,
    ),
    Face(
        "tmpfiles-other",
        "a tmpfiles.d configuration",
        rf"(?![wF]{_TMPFILES}/proc/sys/)[A-Za-z]{_TMPFILES}/\S*[ \t]+(?:-|[:~]{{0,2}}[0-7]{{3,4}})(?:[ \t]|$)",
        rf"(?![wF]{_TMPFILES}/proc/sys/)[A-Za-z]{_TMPFILES}/|#",
        whole=True,
        file=r"tmpfiles\.d/[^/]+\.conf",
        needed=False,
    ),
    Face(
        "wicked",
        "a wicked configuration",
        r"<(?:interface|config)(?: [^>]*)?>$",
        r"\s*<|\s",
        advice=RUNNING,
        then=r"\s*<(?:name|control|ipv4(?::static)?|link|address|dhcp)\b",
        whole=True,
        file=r"wicked/[^/]+\.xml",
    ),
    Face(
        "frr",
        "an FRR configuration",
        r"frr (?:version|defaults) +\S+|hostname +\S+$|router (?:bgp|ospf6?|isis|rip) *\S*$",
        None,
        advice=ROUTES,
        then=r"!|frr (?:version|defaults) |no ipv6 | +(?:bgp|neighbor|network|redistribute|ospf|address-family) ",
        whole=True,
        file=r"(?:frr|quagga)/[^/]+\.conf",
    ),
    Face(
        "bird",
        "a configuration of bird",
        r"router id +\S+;|protocol +(?:kernel|device|direct|static|bgp|ospf|bfd)\b[^{]*\{",
        r"\s|[#}]|protocol |filter |define |router id|template |log |function |include ",
        advice=ROUTES,
        whole=True,
        braces=True,
        file=r"bird6?(?:/[^/]+)?\.conf",
    ),
    Face(
        "firewalld",
        "a firewalld zone",
        r"<\?xml .*|<(?:zone|policy|service|direct)(?: [^>]*)?>$",
        None,
        PACKETS,
        advice="Give the host's `iptables-save` and `nft -j list ruleset`.",
        then=r"\s*<(?:zone|policy|service|direct|short|description|service|port|rule|passthrough|interface|source|forward|masquerade)\b",
        whole=True,
        file=r"firewalld/(?:zones|policies|services)/[^/]+\.xml|firewalld/direct\.xml",
    ),
)
