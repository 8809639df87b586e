"""The clusters of tests/lab/cluster.py with IPv6 alone. Addresses are RFC 3849's.

A director's VIP is as keepalived has it: without a check for duplicates, and deprecated, so that it is no source.
"""

from dataclasses import replace

from tests.lab.cluster import BACK, FAR, FRONT, PORT, Cluster, Host

VIP6 = "2001:db8::10"
_FORWARDS = {"net.ipv6.conf.all.forwarding": "1"}
_ASKS = {"client": ("eth0", "2001:db8::100"), "router": ("eth0", "2001:db8::1")}
_RIPS = {"rs1": "2001:db8::21", "rs2": "2001:db8::22"}
_BACK_RIPS = {"rs1": "2001:db8:1::21", "rs2": "2001:db8:1::22"}
_DIRECTOR_ON_FRONT = (
    "addr add 2001:db8::2/64 dev eth0",
    f"addr add {VIP6}/128 dev eth0 nodad preferred_lft 0",
    "route add default via 2001:db8::1",
)


def _around(third: str = "") -> dict[str, Host]:
    """The router and the clients. `third` is the segment of the router's third link, if it has one."""
    links = {"eth0": FRONT, "eth1": FAR} | ({"eth2": third} if third else {})
    addresses = ["addr add 2001:db8::1/64 dev eth0", "addr add 2001:db8:2::1/64 dev eth1"]
    addresses += ["addr add 2001:db8:1::1/64 dev eth2"] if third else []
    client = ("addr add 2001:db8::100/64 dev eth0", "route add default via 2001:db8::1")
    far = ("addr add 2001:db8:2::7/64 dev eth0", "route add default via 2001:db8:2::1")
    return {
        "router": Host(links, tuple(addresses), _FORWARDS),
        "client": Host({"eth0": FRONT}, client),
        "far": Host({"eth0": FAR}, far),
    }


def _table(method: str, *rips: str) -> tuple[str, ...]:
    service = f"-t [{VIP6}]:{PORT}"
    return (f"-A {service} -s rr", *(f"-a {service} -r [{rip}]:{PORT} {method} -w 1" for rip in rips))


def dr6() -> Cluster:
    """Direct routing, all on one subnet."""
    lb1 = Host({"eth0": FRONT}, _DIRECTOR_ON_FRONT, ipvs=_table("-g", *_RIPS.values()))
    hosts = _around() | {"lb1": lb1}
    for name, rip in _RIPS.items():
        ip = (f"addr add {rip}/64 dev eth0", f"addr add {VIP6}/128 dev lo", "route add default via 2001:db8::1")
        hosts[name] = Host({"eth0": FRONT}, ip, serves=(PORT,))
    return Cluster(hosts, _RIPS, vip=VIP6, asks=_ASKS)


def tun6() -> Cluster:
    """Tunnelling to real servers of another subnet, behind the router; the VIP is on lo, and ip6tnl0 unpacks."""
    lb1 = Host({"eth0": FRONT}, _DIRECTOR_ON_FRONT, ipvs=_table("-i", *_BACK_RIPS.values()))
    hosts = _around(third=BACK) | {"lb1": lb1}
    for name, rip in _BACK_RIPS.items():
        ip = (f"addr add {rip}/64 dev eth0", "link set ip6tnl0 up", f"addr add {VIP6}/128 dev lo")
        hosts[name] = Host({"eth0": BACK}, (*ip, "route add default via 2001:db8:1::1"), serves=(PORT,))
    return Cluster(hosts, _BACK_RIPS, vip=VIP6, asks=_ASKS, modules=("ip6_tunnel",))


def nat6() -> Cluster:
    """Masquerading between two subnets: the director is the real servers' gateway."""
    ip = (*_DIRECTOR_ON_FRONT, "addr add 2001:db8:1::2/64 dev eth1")
    lb1 = Host({"eth0": FRONT, "eth1": BACK}, ip, _FORWARDS, _table("-m", *_BACK_RIPS.values()))
    hosts = _around() | {"lb1": lb1}
    for name, rip in _BACK_RIPS.items():
        back = (f"addr add {rip}/64 dev eth0", "route add default via 2001:db8:1::2")
        hosts[name] = Host({"eth0": BACK}, back, serves=(PORT,))
    return Cluster(hosts, _BACK_RIPS, vip=VIP6, asks=_ASKS)


def nat6_same_subnet() -> Cluster:
    """Masquerading within one subnet: the director forwards by the link on which the replies come, and its gateway has
    a global address, so that it sends no redirects. Only clients beyond the router are served."""
    hosts = _around()
    router = hosts["router"]
    hosts["router"] = replace(router, ip=(*router.ip, "addr add fe80::1/64 dev eth0 nodad"))
    ip = (*_DIRECTOR_ON_FRONT, "addr add fe80::2/64 dev eth0 nodad")
    hosts["lb1"] = Host({"eth0": FRONT}, ip, _FORWARDS, _table("-m", *_RIPS.values()))
    for name, rip in _RIPS.items():
        back = (f"addr add {rip}/64 dev eth0", "route add default via fe80::2 dev eth0")
        hosts[name] = Host({"eth0": FRONT}, back, serves=(PORT,))
    return Cluster(hosts, _RIPS, vip=VIP6, asks=_ASKS, clients=("far",))


BASES6 = {"dr6": dr6, "tun6": tun6, "nat6": nat6, "nat6-one-subnet": nat6_same_subnet}
