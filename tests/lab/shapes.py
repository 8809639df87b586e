"""Clusters of other shapes, made of the bases of tests/lab/cluster.py: other links, protocols, ways to get a VIP."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from tests.lab.cluster import BASES, PORT, Cluster, Host

Shape = Callable[[Cluster], Cluster]
MARK = "iptables-legacy -t mangle -A PREROUTING -d {vip} -p {protocol} --dport 80 -j MARK --set-mark 1"


def changed(cluster: Cluster, hosts: Mapping[str, Host]) -> Cluster:
    return replace(cluster, hosts={**cluster.hosts, **hosts})


def front_hosts(cluster: Cluster) -> list[str]:
    """Those whose eth0 is on the VIP's segment."""
    return [name for name, host in cluster.hosts.items() if host.links.get("eth0") == "front"]


def vlan(cluster: Cluster) -> Cluster:
    """VLAN 5 over every link of the VIP's segment."""
    return _over(cluster, "eth0.5", "link add link eth0 name eth0.5 type vlan id 5")


def bond(cluster: Cluster) -> Cluster:
    made = (
        "link set eth0 down",
        "link add bond0 type bond mode active-backup miimon 100",
        "link set eth0 master bond0",
    )
    return _over(cluster, "bond0", *made, "link set eth0 up")


def bridge(cluster: Cluster) -> Cluster:
    return _over(cluster, "br0", "link add br0 type bridge forward_delay 0", "link set eth0 master br0")


def _over(cluster: Cluster, link: str, *made: str) -> Cluster:
    names = front_hosts(cluster)
    hosts = {}
    for name in names:
        host = cluster.hosts[name]
        ip = (*made, f"link set {link} up", *(line.replace("dev eth0", f"dev {link}") for line in host.ip))
        sysctls = {key.replace(".eth0.", f".{link.replace('.', '/')}."): value for key, value in host.sysctls.items()}
        # The link is made after the settings are written.
        late = {key: value for key, value in sysctls.items() if key not in host.sysctls}
        hosts[name] = replace(
            host,
            ip=ip,
            sysctls={key: value for key, value in sysctls.items() if key not in late},
            then=(*host.then, *(f"sysctl -qw {key}={value}" for key, value in late.items())),
        )
    asks = {name: (link if name in names and old == "eth0" else old, ip) for name, (old, ip) in cluster.asks.items()}
    return replace(changed(cluster, hosts), asks=asks)


def on_link(command: str, link: str) -> str:
    """A command about eth0, about the link that carries its addresses."""
    command = re.sub(r"\bconf\.eth0\.", f"conf.{link.replace('.', '/')}.", command)
    return re.sub(r"\bdev eth0\b", f"dev {link}", command)


def udp(cluster: Cluster) -> Cluster:
    """Each real server listens on the address of a request and on its own alone, as a UDP service should."""
    hosts = {}
    for name, host in cluster.hosts.items():
        if rip := cluster.real_servers.get(name):
            addresses = [cluster.vip, rip] if any(f"{cluster.vip}/" in line for line in host.ip) else [rip]
            hosts[name] = replace(host, listens=tuple(addresses))
        if host.ipvs:
            hosts[name] = replace(host, ipvs=tuple(line.replace("-t ", "-u ") for line in host.ipvs))
    return replace(changed(cluster, hosts), protocol="udp")


def fwmark(cluster: Cluster) -> Cluster:
    """The service is of mark 1, which the director sets."""
    hosts = {}
    for name, host in cluster.hosts.items():
        if host.ipvs:
            table = tuple(re.sub(r"-[tu] \S+", "-f 1", line) for line in host.ipvs)
            mark = MARK.format(vip=cluster.vip, protocol=cluster.protocol)
            hosts[name] = replace(host, ipvs=table, then=(*host.then, mark))
    return changed(cluster, hosts)


def redirected(cluster: Cluster) -> Cluster:
    """The real servers of direct routing have no VIP: they redirect requests for it."""
    hosts = {}
    for name in cluster.real_servers:
        host = cluster.hosts[name]
        redirect = f"iptables-legacy -t nat -A PREROUTING -d {cluster.vip} -p tcp --dport {PORT} -j REDIRECT"
        ip = tuple(line for line in host.ip if f"{cluster.vip}/" not in line)
        hosts[name] = replace(host, ip=ip, then=(*host.then, redirect))
    return changed(cluster, hosts)


def masqueraded(cluster: Cluster) -> Cluster:
    """One-subnet NAT whose director masquerades what it sends to real servers, which know nothing of it."""
    hosts = {}
    for name in cluster.real_servers:
        host = cluster.hosts[name]
        ip = tuple(line.replace("via 192.0.2.2", "via 192.0.2.1") for line in host.ip)
        hosts[name] = replace(host, ip=ip)
    lb1 = cluster.hosts["lb1"]
    masquerade = f"iptables-legacy -t nat -A POSTROUTING -m ipvs --vaddr {cluster.vip} --vport {PORT} -j MASQUERADE"
    hosts["lb1"] = replace(lb1, then=(*lb1.then, "sysctl -qw net.ipv4.vs.conntrack=1", masquerade))
    return replace(changed(cluster, hosts), clients=("client", "far"))


def kube_proxy(cluster: Cluster) -> Cluster:
    """A director like kube-proxy's: the VIP is on kube-ipvs0, which is down, and what it sends is masqueraded."""
    base = masqueraded(cluster)
    lb1 = base.hosts["lb1"]
    ip = [line for line in lb1.ip if f"{base.vip}/" not in line]
    ip += ["link add kube-ipvs0 type dummy", f"addr add {base.vip}/32 dev kube-ipvs0"]
    # What kube-proxy sets at its start (pkg/proxy/ipvs/proxier.go: NewProxier()).
    settings = "sysctl -qw net.ipv4.vs.expire_nodest_conn=1 net.ipv4.vs.expire_quiescent_template=1"
    return changed(base, {"lb1": replace(lb1, ip=tuple(ip), then=(*lb1.then, settings))})


def local_node(cluster: Cluster) -> Cluster:
    """The director is a real server, too."""
    lb1 = cluster.hosts["lb1"]
    line = f"-a -t {cluster.vip}:{PORT} -r 192.0.2.2:{PORT} -g -w 1"
    base = changed(cluster, {"lb1": replace(lb1, ipvs=(*lb1.ipvs, line), serves=(PORT,))})
    return replace(base, real_servers={**base.real_servers, "lb1": "192.0.2.2"})


def plain(cluster: Cluster) -> Cluster:
    return cluster


def shaped(base: str, shape: Shape) -> Cluster:
    return shape(BASES[base]())
