"""The clusters that the lab builds: hosts on segments, healthy as they stand.

Every base has a client on the VIP's subnet (`client`), one behind a router (`far`, `router`), a director (`lb1`) and
two real servers (`rs1`, `rs2`). Addresses are RFC 5737's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

VIP, PORT = "192.0.2.10", 80
FRONT, BACK, FAR = "front", "back", "far"
NAT_PAIR_GATEWAY = "198.51.100.250"  # moves between the directors with the VIP
_SILENT = {"net.ipv4.conf.all.arp_ignore": "1", "net.ipv4.conf.all.arp_announce": "2"}
_FORWARDS = {"net.ipv4.ip_forward": "1"}
_NO_REDIRECTS = {"net.ipv4.conf.all.send_redirects": "0", "net.ipv4.conf.eth0.send_redirects": "0"}


@dataclass(frozen=True, slots=True)
class Host:
    """`links` names the segment of each link. `ip` and `ipvs` are lines for `ip -batch` and `ipvsadm -R`; `then` is run
    by a shell after them."""

    links: Mapping[str, str]
    ip: tuple[str, ...]
    sysctls: Mapping[str, str] = field(default_factory=dict)
    ipvs: tuple[str, ...] = ()
    then: tuple[str, ...] = ()
    serves: tuple[int, ...] = ()
    # The addresses on which it does; "" is the wildcard.
    listens: tuple[str, ...] = ("",)
    # Answers from an address that is not its own, where such a packet is delivered (IP_TRANSPARENT).
    transparent: bool = False
    # Answers ARP for the VIP from user space, as MetalLB does.
    announces: bool = False


@dataclass(frozen=True, slots=True)
class Cluster:
    """Who is there, and what of it is measured.

    `clients` ask for the VIP, `asks` (host: link and sender) for its MAC. `active` is the director that has the VIP.
    """

    hosts: Mapping[str, Host]
    real_servers: Mapping[str, str]
    directors: tuple[str, ...] = ("lb1",)
    clients: tuple[str, ...] = ("client", "far")
    vip: str = VIP
    protocol: str = "tcp"
    asks: Mapping[str, tuple[str, str]] = field(
        default_factory=lambda: {"client": ("eth0", "192.0.2.100"), "router": ("eth0", "192.0.2.1")}
    )
    # Kernel modules that a guest does not have from the start.
    modules: tuple[str, ...] = ()

    @property
    def active(self) -> str:
        return self.directors[0]

    def mac(self, host: str, link: str) -> str:
        """Told by the order of the hosts, so that the same cluster has the same MACs every time."""
        place = list(self.hosts).index(host) + 1
        return f"02:00:00:00:{place:02x}:{list(self.hosts[host].links).index(link):02x}"

    def host_of(self, mac: str) -> str:
        """The host that has this MAC, or the MAC itself."""
        for name, host in self.hosts.items():
            if any(self.mac(name, link) == mac for link in host.links):
                return name
        return mac

    def as_request(self) -> dict[str, Any]:
        """For `build` in tests/lab/inside.py."""
        return {
            "vip": self.vip,
            "segments": sorted({segment for host in self.hosts.values() for segment in host.links.values()}),
            "hosts": {
                name: {
                    "links": {link: (segment, self.mac(name, link)) for link, segment in host.links.items()},
                    "sysctls": dict(host.sysctls),
                    "ip": [f"link set {link} up" for link in host.links] + list(host.ip),
                    "ipvs": host.ipvs,
                    "then": host.then,
                    "serves": host.serves,
                    "listens": host.listens,
                    "protocol": self.protocol,
                    "transparent": host.transparent,
                    "announces": host.announces,
                }
                for name, host in self.hosts.items()
            },
        }


def _around(third: str = "") -> dict[str, Host]:
    """The router and the clients. `third` is the segment of the router's third link, if it has one."""
    links = {"eth0": FRONT, "eth1": FAR} | ({"eth2": third} if third else {})
    addresses = ["addr add 192.0.2.1/24 dev eth0", "addr add 203.0.113.1/24 dev eth1"]
    if third:
        addresses.append("addr add 198.51.100.1/24 dev eth2")
    return {
        "router": Host(links, tuple(addresses), _FORWARDS),
        "client": Host({"eth0": FRONT}, ("addr add 192.0.2.100/24 dev eth0", "route add default via 192.0.2.1")),
        "far": Host({"eth0": FAR}, ("addr add 203.0.113.7/24 dev eth0", "route add default via 203.0.113.1")),
    }


def _table(method: str, *rips: str, vip: str = VIP) -> tuple[str, ...]:
    service = f"-t {vip}:{PORT}"
    return (f"-A {service} -s rr", *(f"-a {service} -r {rip}:{PORT} {method} -w 1" for rip in rips))


_DIRECTOR_ON_FRONT = (
    "addr add 192.0.2.2/24 dev eth0",
    f"addr add {VIP}/32 dev eth0",
    "route add default via 192.0.2.1",
)


def _dr_real_server(rip: str) -> Host:
    ip = (f"addr add {rip}/24 dev eth0", f"addr add {VIP}/32 dev lo", "route add default via 192.0.2.1")
    return Host({"eth0": FRONT}, ip, _SILENT, serves=(PORT,))


def dr() -> Cluster:
    """Direct routing, all on one subnet."""
    rips = {"rs1": "192.0.2.21", "rs2": "192.0.2.22"}
    hosts = _around() | {"lb1": Host({"eth0": FRONT}, _DIRECTOR_ON_FRONT, ipvs=_table("-g", *rips.values()))}
    return Cluster(hosts | {name: _dr_real_server(rip) for name, rip in rips.items()}, rips)


def dr_pair() -> Cluster:
    """Direct routing with a second director, `lb2`, which stands by: it has the table and not the VIP."""
    base = dr()
    standby = ("addr add 192.0.2.3/24 dev eth0", "route add default via 192.0.2.1")
    lb2 = Host({"eth0": FRONT}, standby, ipvs=base.hosts["lb1"].ipvs)
    return Cluster({**base.hosts, "lb2": lb2}, base.real_servers, ("lb1", "lb2"))


def dr_routed() -> Cluster:
    """Direct routing for a VIP that is in no host's subnet, so nobody asks for its MAC: the router has a route to it,
    through the director."""
    vip, base = "198.51.100.10", dr_pair()
    ipvs = _table("-g", *base.real_servers.values(), vip=vip)
    hosts = {
        name: replace(host, ip=tuple(line.replace(f"{VIP}/", f"{vip}/") for line in host.ip), ipvs=host.ipvs and ipvs)
        for name, host in base.hosts.items()
    }
    router = hosts["router"]
    hosts["router"] = replace(router, ip=(*router.ip, f"route add {vip} via 192.0.2.2"))
    return replace(base, hosts=hosts, vip=vip)


def dr_back() -> Cluster:
    """Direct routing over a back network: requests come to eth1 (the RIP's link), replies leave by eth0."""
    rips = {"rs1": "198.51.100.21", "rs2": "198.51.100.22"}
    back = ("addr add 198.51.100.2/24 dev eth1",)
    lb1 = Host({"eth0": FRONT, "eth1": BACK}, (*_DIRECTOR_ON_FRONT, *back), ipvs=_table("-g", *rips.values()))
    servers = {
        name: Host(
            {"eth0": FRONT, "eth1": BACK},
            (
                f"addr add 192.0.2.{rip.rsplit('.', 1)[1]}/24 dev eth0",
                f"addr add {rip}/24 dev eth1",
                f"addr add {VIP}/32 dev lo",
                "route add default via 192.0.2.1",
            ),
            _SILENT,
            serves=(PORT,),
        )
        for name, rip in rips.items()
    }
    return Cluster(_around() | {"lb1": lb1} | servers, rips)


def dr_back_only() -> Cluster:
    """Direct routing to real servers that have the back network alone and reply through the router there."""
    base = dr_back()
    servers = {
        name: Host(
            {"eth0": BACK},
            (f"addr add {rip}/24 dev eth0", f"addr add {VIP}/32 dev lo", "route add default via 198.51.100.1"),
            _SILENT,
            serves=(PORT,),
        )
        for name, rip in base.real_servers.items()
    }
    asks = {"client": ("eth0", "192.0.2.100"), "router": ("eth2", "198.51.100.1")}
    return Cluster(_around(third=BACK) | {"lb1": base.hosts["lb1"]} | servers, base.real_servers, asks=asks)


def tun() -> Cluster:
    """Tunnelling to real servers of another subnet, behind the router; the VIP is on tunl0."""
    rips = {"rs1": "198.51.100.21", "rs2": "198.51.100.22"}
    hosts = _around(third=BACK) | {"lb1": Host({"eth0": FRONT}, _DIRECTOR_ON_FRONT, ipvs=_table("-i", *rips.values()))}
    for name, rip in rips.items():
        ip = (f"addr add {rip}/24 dev eth0", "link set tunl0 up", f"addr add {VIP}/32 dev tunl0")
        hosts[name] = Host({"eth0": BACK}, (*ip, "route add default via 198.51.100.1"), _SILENT, serves=(PORT,))
    return Cluster(hosts, rips)


def nat() -> Cluster:
    """Masquerading between two subnets: the director is the real servers' gateway."""
    rips = {"rs1": "198.51.100.21", "rs2": "198.51.100.22"}
    ip = (*_DIRECTOR_ON_FRONT, "addr add 198.51.100.2/24 dev eth1")
    lb1 = Host({"eth0": FRONT, "eth1": BACK}, ip, _FORWARDS, _table("-m", *rips.values()))
    hosts = _around() | {"lb1": lb1}
    for name, rip in rips.items():
        back = (f"addr add {rip}/24 dev eth0", "route add default via 198.51.100.2")
        hosts[name] = Host({"eth0": BACK}, back, serves=(PORT,))
    return Cluster(hosts, rips)


def nat_pair() -> Cluster:
    """Masquerading with a second director, `lb2`, which stands by: the real servers' gateway moves with the VIP."""
    base, gateway = nat(), NAT_PAIR_GATEWAY
    lb1 = base.hosts["lb1"]
    standby = ("addr add 192.0.2.3/24 dev eth0", "addr add 198.51.100.3/24 dev eth1", "route add default via 192.0.2.1")
    hosts = {**base.hosts, "lb1": replace(lb1, ip=(*lb1.ip, f"addr add {gateway}/32 dev eth1"))}
    for name, rip in base.real_servers.items():
        back = (f"addr add {rip}/24 dev eth0", f"route add default via {gateway}")
        hosts[name] = replace(hosts[name], ip=back)
    return Cluster({**hosts, "lb2": replace(lb1, ip=standby)}, base.real_servers, ("lb1", "lb2"))


def nat_same_subnet() -> Cluster:
    """Masquerading on one subnet: only clients from elsewhere are served, and redirects are off."""
    rips = {"rs1": "192.0.2.21", "rs2": "192.0.2.22"}
    lb1 = Host({"eth0": FRONT}, _DIRECTOR_ON_FRONT, _FORWARDS | _NO_REDIRECTS, _table("-m", *rips.values()))
    hosts = _around() | {"lb1": lb1}
    for name, rip in rips.items():
        front = (f"addr add {rip}/24 dev eth0", "route add default via 192.0.2.2")
        hosts[name] = Host({"eth0": FRONT}, front, serves=(PORT,))
    return Cluster(hosts, rips, clients=("far",))


BASES = {
    "dr": dr,
    "dr-pair": dr_pair,
    "dr-routed": dr_routed,
    "dr-back": dr_back,
    "dr-back-only": dr_back_only,
    "tun": tun,
    "nat": nat,
    "nat-pair": nat_pair,
    "nat-one-subnet": nat_same_subnet,
}
