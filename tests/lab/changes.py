"""The changes that random clusters draw from: harmful and harmless ones, on each base where they make sense.

A new kind is one function here: it draws the host and the details, and gives the commands.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from tests.lab.cluster import BASES, NAT_PAIR_GATEWAY, PORT

VIP = "VIP"  # in commands: stands for the base's own
_CONF = "sysctl -w net.ipv4.conf"
_SERVICE = f"-t {VIP}:{PORT}"


@dataclass(frozen=True, slots=True)
class Change:
    """Commands for one host. Two changes of the same `topic` are never drawn for the same host.

    `named_by` are the rules whose finding names this change, if it does harm. `meant` are symptoms that are no fault
    (a weight of 0 is there to keep requests away).
    """

    topic: str
    host: str
    commands: tuple[str, ...]
    named_by: frozenset[str] = frozenset()
    meant: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.host}: {'; '.join(self.commands)}"


def draw_change(random: Random, base: str) -> Change:
    """One change that makes sense on this base."""
    kinds = [kind for bases, kind in _KINDS if base in bases]
    change = random.choice(kinds)(random, base)
    return replace(change, commands=tuple(command.replace(VIP, BASES[base]().vip) for command in change.commands))


_Kind = Callable[[Random, str], Change]
_KINDS: list[tuple[frozenset[str], _Kind]] = []
_DR = ("dr", "dr-pair", "dr-routed", "dr-back", "dr-back-only")
_NAT = ("nat", "nat-pair", "nat-one-subnet")
_ALL = tuple(BASES)
_ARP = frozenset(
    """real-server-answers-arp arp-ignore-only-on-lo arp-ignore-three-needs-host-scope arp-ignore-level-misused
    setting-only-in-default vip-on-answering-link arptables-rules-incomplete""".split()
)
_SENDER = frozenset(
    """vip-leaks-as-arp-sender arp-announce-one-in-vip-subnet arp-announce-two-defeated
    setting-only-in-default arptables-rules-incomplete arp-ignore-only-on-lo""".split()
)
_RP = frozenset("strict-rp-filter-drops-requests rp-filter-overruled-by-all rp-filter-on-tunnel-device".split())
_RETURN = frozenset(
    """director-is-real-servers-gateway no-route-back-to-clients nat-reply-bypasses-director
    nat-client-in-real-servers-subnet""".split()
)


def _kind(*bases: str) -> Callable[[_Kind], _Kind]:
    def add(kind: _Kind) -> _Kind:
        _KINDS.append((frozenset(bases), kind))
        return kind

    return add


def _real_server(random: Random) -> str:
    return random.choice(("rs1", "rs2"))


def _vip_link(base: str) -> str:
    return "tunl0" if base == "tun" else "lo"


def _director(base: str) -> str:
    """The director's address beside the real servers' default gateway."""
    if base == "nat-pair":
        return NAT_PAIR_GATEWAY
    return "198.51.100.2" if base in ("nat", "dr-back-only") else "192.0.2.2"


def _gateway(base: str) -> str:
    """The real servers' default gateway."""
    if base in _NAT:
        return _director(base)
    return "198.51.100.1" if base in ("tun", "dr-back-only") else "192.0.2.1"


def _own(base: str, host: str) -> str:
    """The real server's address on eth0."""
    return BASES[base]().hosts[host].ip[0].split()[2].partition("/")[0]


@_kind(*_DR)
def arp_ignore(random: Random, base: str) -> Change:
    """A level on one of the places that are thought to matter; the one on all is taken away or stays."""
    place, level = random.choice(("all", "default", "lo", "eth0")), random.choice((0, 0, 1, 1, 2, 3, 4, 5, 8))
    keys = f"net.ipv4.conf.{place}.arp_ignore={level}"
    if place != "all" and random.random() < 0.7:
        keys = f"net.ipv4.conf.all.arp_ignore=0 {keys}"
    return Change("arp_ignore", _real_server(random), (f"sysctl -w {keys}",), _ARP)


@_kind(*_DR)
def arp_announce(random: Random, base: str) -> Change:
    place, level = random.choice(("all", "default", "lo", "eth0")), random.choice((0, 1, 2))
    keys = f"net.ipv4.conf.{place}.arp_announce={level}"
    if place != "all" and random.random() < 0.7:
        keys = f"net.ipv4.conf.all.arp_announce=0 {keys}"
    return Change("arp_announce", _real_server(random), (f"sysctl -w {keys}",), _SENDER)


@_kind(*_DR)
def both_arp_settings_gone(random: Random, base: str) -> Change:
    keys = "net.ipv4.conf.all.arp_ignore=0 net.ipv4.conf.all.arp_announce=0"
    return Change("arp_ignore", _real_server(random), (f"sysctl -w {keys}",), _ARP | _SENDER)


@_kind(*_DR)
def arptables_instead(random: Random, base: str) -> Change:
    host = _real_server(random)
    rip = _own(base, host)
    commands = (
        "sysctl -w net.ipv4.conf.all.arp_ignore=0 net.ipv4.conf.all.arp_announce=0",
        f"arptables-legacy -A INPUT -d {VIP} -j DROP",
        f"arptables-legacy -A OUTPUT -s {VIP} -j mangle --mangle-ip-s {rip}",
    )
    return Change("arp_ignore", host, commands[: random.choice((2, 3, 3))], _ARP | _SENDER)


@_kind(*_DR)
def vip_mask(random: Random, base: str) -> Change:
    prefix = random.choice((8, 16, 24, 24, 24, 25, 27, 28, 29, 30, 31))
    commands = (f"ip addr del {VIP}/32 dev lo", f"ip addr add {VIP}/{prefix} dev lo")
    return Change("vip", _real_server(random), commands, frozenset({"vip-mask-on-lo-too-wide"}))


@_kind(*_DR, "tun")
def vip_gone(random: Random, base: str) -> Change:
    commands = (f"ip addr del {VIP}/32 dev {_vip_link(base)}",)
    return Change("vip", _real_server(random), commands, frozenset({"vip-missing-on-real-server"}))


@_kind(*_DR, "tun")
def vip_elsewhere(random: Random, base: str) -> Change:
    """On another link, with a scope, or as a local route."""
    commands = random.choice(
        (
            (f"ip addr add {VIP}/32 dev eth0",),
            (f"ip addr add {VIP}/24 dev eth0",),
            ("ip link add dummy0 type dummy", "ip link set dummy0 up", f"ip addr add {VIP}/32 dev dummy0"),
            ("ip link add dummy0 type dummy", "ip link set dummy0 up", f"ip addr add {VIP}/24 dev dummy0"),
            (f"ip addr add {VIP}/32 dev lo scope host",),
            (f"ip addr add {VIP}/32 dev lo scope link",),
            (f"ip addr add {VIP}/32 dev lo",),
            (f"ip route add local {VIP} dev lo",),
        )
    )
    commands = (f"ip addr del {VIP}/32 dev {_vip_link(base)}", *commands)
    named = _ARP | _SENDER | _RP | {"vip-mask-on-lo-too-wide", "vip-mask-on-silent-link-too-wide"}
    return Change("vip", _real_server(random), commands, named)


@_kind(*_DR)
def vip_first_on_the_link(random: Random, base: str) -> Change:
    host = _real_server(random)
    commands = (
        "ip addr flush dev eth0",
        f"ip addr add {VIP}/{random.choice((24, 32))} dev eth0",
        f"ip addr add {_own(base, host)}/24 dev eth0",
        f"ip route replace default via {_gateway(base)}",
    )
    return Change("vip", host, commands, _ARP | _SENDER)


@_kind(*_ALL)
def rp_filter(random: Random, base: str) -> Change:
    host = random.choice(("rs1", "rs2", "lb1"))
    places = ["all", "default", "lo", "eth0"] + (["tunl0"] if base == "tun" and host != "lb1" else [])
    value = random.choice((0, 1, 1, 2))
    return Change("rp_filter", host, (f"{_CONF}.{random.choice(places)}.rp_filter={value}",), _RP)


@_kind(*_ALL)
def default_route(random: Random, base: str) -> Change:
    then = ["", "ip route add unreachable default", "ip route add blackhole default"]
    if base != "tun":
        then.append(f"ip route add default via {_director(base)}")
    commands = ("ip route del default", random.choice(then))
    return Change("route", _real_server(random), tuple(filter(None, commands)), _RETURN)


@_kind("nat-one-subnet")
def router_as_gateway(random: Random, base: str) -> Change:
    return Change("route", _real_server(random), ("ip route replace default via 192.0.2.1",), _RETURN)


@_kind(*_ALL)
def policy_route(random: Random, base: str) -> Change:
    """A table of its own for what comes from an address of the host."""
    host = _real_server(random)
    source = BASES[base]().real_servers[host] if base in _NAT else VIP
    route = random.choice((f"default via {_gateway(base)}", "unreachable default", "blackhole default"))
    commands = (f"ip rule add from {source} lookup 100", f"ip route add {route} table 100")
    return Change("rule", host, commands, _RETURN | {"director-sends-redirects"})


@_kind(*_ALL)
def forwarding(random: Random, base: str) -> Change:
    host = random.choice(("rs1", "rs2", "lb1", "lb1"))
    key = random.choice(("ip_forward", "conf.eth0.forwarding", "conf.all.forwarding", "conf.default.forwarding"))
    if base in ("nat", "nat-pair") and host == "lb1" and random.random() < 0.3:
        key = "conf.eth1.forwarding"
    commands = (f"sysctl -w net.ipv4.{key}={random.choice((0, 1))}",)
    return Change("forwarding", host, commands, frozenset({"nat-director-does-not-forward", "forwarding-not-needed"}))


@_kind(*_ALL)
def redirects(random: Random, base: str) -> Change:
    place, value = random.choice(("all", "default", "eth0")), random.choice((0, 1))
    host, key = random.choice((("lb1", "send_redirects"), ("lb1", "send_redirects"), ("rs1", "accept_redirects")))
    named = frozenset({"director-sends-redirects", "real-server-accepts-redirects"})
    return Change("redirects", host, (f"{_CONF}.{place}.{key}={value}",), named)


@_kind(*_ALL)
def harmless_settings(random: Random, base: str) -> Change:
    command = random.choice(
        (
            f"{_CONF}.all.log_martians=1",
            f"{_CONF}.all.secure_redirects=0",
            f"{_CONF}.all.accept_source_route=1",
            f"{_CONF}.eth0.promote_secondaries=1",
            f"{_CONF}.all.arp_notify=1",
            f"{_CONF}.all.arp_accept=1",
            "sysctl -w net.ipv4.tcp_syncookies=0",
            "ip addr add 192.0.2.77/32 dev lo",
            "ip addr add 10.77.0.1/24 dev lo",
            "ip link add dummy7 type dummy; ip link set dummy7 up; ip addr add 10.77.0.1/24 dev dummy7",
            "ip link add br7 type bridge; ip link set br7 up; ip addr add 10.77.0.1/24 dev br7",
            "ip rule add fwmark 7 lookup 77",
            "ip route add 10.88.0.0/16 dev lo",
            "ip link set eth0 mtu 1400",
        )
    )
    return Change(f"harmless {command}", random.choice(("rs1", "rs2", "lb1", "router")), (command,))


@_kind(*_ALL)
def arp_habits(random: Random, base: str) -> Change:
    key = random.choice(("arp_filter", "proxy_arp", "accept_local", "arp_evict_nocarrier", "drop_gratuitous_arp"))
    host = random.choice(("rs1", "rs2", "lb1", "router"))
    place = random.choice(("all", "eth0"))
    named = frozenset({"director-never-answers-arp", "proxy-answers-for-vip"}) | _ARP
    return Change(f"arp {key}", host, (f"{_CONF}.{place}.{key}=1",), named)


@_kind(*_ALL)
def lo_down(random: Random, base: str) -> Change:
    return Change("lo", _real_server(random), ("ip link set lo down",))


@_kind(*_ALL)
def weight(random: Random, base: str) -> Change:
    name, value = _real_server(random), random.choice((0, 2, 5))
    method = "-m" if base in _NAT else "-i" if base == "tun" else "-g"
    rip = BASES[base]().real_servers[name]
    meant = (f"{name} serves nobody",) if value == 0 else ()
    return Change("weight", "lb1", (f"ipvsadm -e {_SERVICE} -r {rip}:{PORT} {method} -w {value}",), meant=meant)


@_kind(*_ALL)
def scheduler(random: Random, base: str) -> Change:
    return Change("scheduler", "lb1", (f"ipvsadm -E {_SERVICE} -s {random.choice(('wrr', 'rr'))}",))


@_kind(*_ALL)
def forwarding_method(random: Random, base: str) -> Change:
    name = _real_server(random)
    rip = BASES[base]().real_servers[name]
    method = random.choice(("-g", "-i", "-m"))
    named = _RETURN | {
        "mixed-forwarding-methods",
        "vip-missing-on-real-server",
        "real-server-behind-gateway",
        "tunnel-device-missing",
        "nat-director-does-not-forward",
        "rp-filter-on-tunnel-device",
    }
    return Change("weight", "lb1", (f"ipvsadm -e {_SERVICE} -r {rip}:{PORT} {method} -w 1",), frozenset(named))


@_kind(*_ALL)
def real_servers_are_gone(random: Random, base: str) -> Change:
    commands = tuple(f"ipvsadm -d {_SERVICE} -r {rip}:{PORT}" for rip in BASES[base]().real_servers.values())
    return Change("weight", "lb1", commands, frozenset({"service-without-usable-real-server"}))


@_kind(*_ALL)
def directors_vip(random: Random, base: str) -> Change:
    """Gone, on another link, or with another mask."""
    commands = random.choice(
        (
            (),
            (f"ip addr add {VIP}/24 dev eth0",),
            (f"ip addr add {VIP}/32 dev lo",),
            (f"ip addr add {VIP}/24 dev lo",),
            ("ip link add dummy0 type dummy", "ip link set dummy0 up", f"ip addr add {VIP}/32 dev dummy0"),
            (f"ip addr add {VIP}/32 dev lo", "sysctl -w net.ipv4.conf.all.arp_ignore=1"),
            (f"ip route add local {VIP} dev lo",),
            ("ip addr flush dev eth0", f"ip addr add {VIP}/24 dev eth0", "ip addr add 192.0.2.2/24 dev eth0"),
            ("ip addr flush dev eth0", f"ip addr add {VIP}/32 dev eth0", "ip addr add 192.0.2.2/24 dev eth0"),
        )
    )
    back = "ip route replace default via 192.0.2.1"
    named = frozenset(
        """vip-missing-on-director director-never-answers-arp vip-is-directors-own-address
        vip-mask-on-lo-too-wide""".split()
    )
    return Change("vip", "lb1", (f"ip addr del {VIP}/32 dev eth0", *commands, back), named)


@_kind(*_ALL)
def directors_arp_ignore(random: Random, base: str) -> Change:
    level = random.choice((1, 2, 3, 8))
    named = frozenset({"director-never-answers-arp", "arp-ignore-level-misused"})
    return Change("arp_ignore", "lb1", (f"{_CONF}.all.arp_ignore={level}",), named)


@_kind(*_DR, *_NAT, "tun")
def director_holds_rip(random: Random, base: str) -> Change:
    rip = BASES[base]().real_servers[_real_server(random)]
    return Change("rip", "lb1", (f"ip addr add {rip}/32 dev lo",), frozenset({"rip-held-by-director"}))


@_kind("dr-pair", "nat-pair")
def both_directors_have_the_vip(random: Random, base: str) -> Change:
    return Change("vip", "lb2", (f"ip addr add {VIP}/32 dev eth0",), frozenset({"vip-answered-by-two-directors"}))


@_kind("tun")
def tunnel_down(random: Random, base: str) -> Change:
    return Change("tunnel", _real_server(random), ("ip link set tunl0 down",), frozenset({"tunnel-device-missing"}))


@_kind(*_NAT)
def vip_on_a_masqueraded_real_server(random: Random, base: str) -> Change:
    return Change("vip", _real_server(random), (f"ip addr add {VIP}/32 dev lo",), _ARP)


@_kind(*_ALL)
def router_remembers(random: Random, base: str) -> Change:
    """A permanent entry at the router: the director's MAC, or a real server's."""
    cluster = BASES[base]()
    host = random.choice(("lb1", "rs1", "rs2"))
    link = next((link for link, segment in cluster.hosts[host].links.items() if segment == "front"), None)
    if link is None:
        host, link = "lb1", "eth0"
    commands = (f"ip neigh replace {VIP} lladdr {cluster.mac(host, link)} dev eth0 nud permanent",)
    return Change("neighbour", "router", commands, frozenset({"vip-cached-at-real-server"}))


@_kind(*_ALL)
def listens_elsewhere(random: Random, base: str) -> Change:
    """The server is bound to one address, to two, or to another port."""
    host = random.choice(("rs1", "rs2"))
    own = BASES[base]().real_servers[host]
    places = random.choice((own, own, "127.0.0.1", "0.0.0.0", f"{VIP}:{PORT} {own}", "0.0.0.0:8080"))
    if base in _NAT:  # the VIP is no address there
        places = places.replace(f"{VIP}:{PORT} ", "")
    command = f"serve {places}" if places.endswith("8080") else f"serve {places}:{PORT}"
    return Change("listens", host, (command,), frozenset({"service-not-listening", "health-check-refused"}))


@_kind(*_ALL)
def local_node(random: Random, base: str) -> Change:
    """The director lists itself, and its server listens in one place or another."""
    rip, method = random.choice(("192.0.2.2", "192.0.2.2", "127.0.0.1")), random.choice(("-g", "-g", "-m"))
    place = random.choice(("0.0.0.0", VIP, "192.0.2.2", "127.0.0.1"))
    listed = f"ipvsadm -a {_SERVICE} -r {rip}:{PORT} {method} -w 1"
    named = frozenset({"local-node-not-listening", "masquerading-to-loopback"})
    again = listed.replace(" -a ", " -e ")  # where the shape of the cluster lists it already
    return Change("listens", "lb1", (f"{listed} || {again}", f"serve {place}:{PORT}"), named)
