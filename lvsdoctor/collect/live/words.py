"""The words that iproute2 prints for the kernel's numbers (lib/rt_names.c, lib/ll_types.c, ip/ipaddress.c)."""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

INET, INET6 = 2, 10  # the numbers of AF_INET and AF_INET6 on the wire

SCOPES = {0: "global", 200: "site", 253: "link", 254: "host", 255: "nowhere"}

PROTOCOLS = {
    **{0: "unspec", 1: "redirect", 2: "kernel", 3: "boot", 4: "static", 8: "gated", 9: "ra", 10: "mrt", 11: "zebra"},
    **{12: "bird", 13: "dnrouted", 14: "xorp", 15: "ntk", 16: "dhcp", 18: "keepalived", 42: "babel", 99: "openr"},
    **{186: "bgp", 187: "isis", 188: "ospf", 189: "rip", 192: "eigrp"},
}

ROUTE_TYPES = dict(
    enumerate(
        "none unicast local broadcast anycast multicast blackhole unreachable prohibit throw nat xresolve".split()
    )
)

# include/uapi/linux/if_arp.h
LINK_TYPES = {
    **{0: "netrom", 1: "ether", 3: "ax25", 24: "ieee1394", 32: "infiniband", 256: "slip", 280: "can", 512: "ppp"},
    **{519: "rawip", 768: "ipip", 769: "tunnel6", 772: "loopback", 776: "sit", 778: "gre", 779: "pimreg"},
    **{801: "ieee802.11", 802: "ieee802.11/prism", 803: "ieee802.11/radiotap", 804: "ieee802.15.4", 823: "gre6"},
    **{824: "netlink", 825: "6lowpan", 826: "vsockmon", 65534: "none", 65535: "void"},
}

# In the order in which iproute2 prints them. RUNNING is not printed: its absence is, as NO-CARRIER.
LINK_FLAGS = {
    **{0x8: "LOOPBACK", 0x2: "BROADCAST", 0x10: "POINTOPOINT", 0x1000: "MULTICAST", 0x80: "NOARP", 0x200: "ALLMULTI"},
    **{0x100: "PROMISC", 0x400: "MASTER", 0x800: "SLAVE", 0x4: "DEBUG", 0x8000: "DYNAMIC", 0x4000: "AUTOMEDIA"},
    **{0x2000: "PORTSEL", 0x20: "NOTRAILERS", 0x1: "UP", 0x10000: "LOWER_UP", 0x20000: "DORMANT", 0x40000: "ECHO"},
}

# PERMANENT (0x80) is not printed: its absence is, as dynamic.
ADDRESS_FLAGS = {
    **{0x01: "secondary", 0x02: "nodad", 0x04: "optimistic", 0x08: "dadfailed", 0x10: "home", 0x20: "deprecated"},
    **{0x40: "tentative", 0x100: "mngtmpaddr", 0x200: "noprefixroute", 0x400: "autojoin", 0x800: "stable-privacy"},
}

# RTNH_F_* and RTM_F_*. Those of the only way of a route stand among the route's own.
NEXTHOP_FLAGS = {
    **{0x1: "dead", 0x4: "onlink", 0x2: "pervasive", 0x8: "offload", 0x40: "trap", 0x100: "notify", 0x10: "linkdown"},
    **{0x20: "unresolved"},
}
ROUTE_FLAGS = {**NEXTHOP_FLAGS, 0x4000: "rt_offload", 0x8000: "rt_trap", 0x20000000: "rt_offload_failed"}

NEIGHBOUR_STATES = {
    **{0x01: "INCOMPLETE", 0x02: "REACHABLE", 0x04: "STALE", 0x08: "DELAY", 0x10: "PROBE", 0x20: "FAILED"},
    **{0x40: "NOARP", 0x80: "PERMANENT"},
}
NEIGHBOUR_FLAGS = {0x80: "router", 0x08: "proxy", 0x10: "extern_learn", 0x20: "offload", 0x40: "sticky"}

OPERATIONAL_STATES = dict(enumerate("UNKNOWN NOTPRESENT DOWN LOWERLAYERDOWN TESTING DORMANT UP".split()))

RULE_ACTIONS = {1: "lookup", 2: "goto", 3: "nop", 6: "blackhole", 7: "unreachable", 8: "prohibit"}

TRANSPORTS = {1: "icmp", 6: "tcp", 17: "udp", 58: "ipv6-icmp", 132: "sctp"}


def words(number: int, names: Mapping[int, str]) -> list[str]:
    """The names of the bits that are set; bits without a name are left out."""
    return [name for bit, name in names.items() if number & bit]


def word(number: int, names: Mapping[int, str]) -> str:
    """The number's name, or the number itself as text."""
    return names.get(number, str(number))


@cache
def table_names() -> Mapping[int, str]:
    """Routing tables by number, with the names this host gave them, as `ip route` shows them."""
    names = {0: "unspec", 253: "default", 254: "main", 255: "local"}
    for folder in (Path("/usr/share/iproute2"), Path("/etc/iproute2")):
        for path in (folder / "rt_tables", *sorted(folder.glob("rt_tables.d/*.conf"))):
            try:
                names.update(_named(path.read_text(errors="replace").splitlines()))
            except OSError:
                continue
    return names


def _named(lines: Iterable[str]) -> Iterable[tuple[int, str]]:
    for line in lines:
        number, _, name = line.partition("#")[0].strip().replace("\t", " ").partition(" ")
        try:
            yield int(number, 0), name.split()[0]
        except (ValueError, IndexError):
            continue
