"""Strata of one thing that is right or wrong on a host of an ordinary cluster."""

from collections.abc import Sequence
from random import Random

from tests.lab.changes import Change
from tests.lab.cluster import PORT, Cluster
from tests.lab.strata.stratum import FILTERS, IDENTITY, IPTABLES, SOCKETS, change, real_server, stratum


@stratum("dr", "dr-back", "tun", "nat")
def sockets(random: Random, cluster: Cluster, base: str) -> tuple[Cluster, Sequence[Change]]:
    name = real_server(random, cluster)
    rip = cluster.real_servers[name]
    choices = [f"127.0.0.1:{PORT}", f"{rip}:{PORT}", f"{rip}:{PORT} 127.0.0.1:{PORT}", ":8080"]
    if base != "nat":
        choices += [f"{cluster.vip}:{PORT}", f"{cluster.vip}:{PORT} {rip}:{PORT}"]
    return cluster, [change("socket", name, f"serve {random.choice(choices)}", named_by=SOCKETS)]


@stratum("dr", "dr-back", "dr-pair", "tun", "nat", "nat-pair", "nat-one-subnet", ordinary=False)
def filters(random: Random, cluster: Cluster, base: str) -> tuple[Cluster, Sequence[Change]]:
    """Harmful and harmless rules, on a director or a real server."""
    vip, name = cluster.vip, real_server(random, cluster)
    rip = cluster.real_servers[name]
    rest = "-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT; -P INPUT DROP"
    at_director = (
        f"-A INPUT -d {vip} -p tcp --dport {PORT} -j DROP",
        f"-A INPUT -d {vip} -j REJECT",
        f"-A INPUT -d {vip} -p tcp --dport 443 -j DROP",
        "-A INPUT -m conntrack --ctstate INVALID -j DROP",
        "-A INPUT -p tcp -m conntrack --ctstate NEW -j ACCEPT; -P INPUT DROP",
        f"-A INPUT -p tcp --dport {PORT} -j ACCEPT; {rest}",
        f"-A INPUT -p tcp --dport {PORT} --syn -j ACCEPT; {rest}",
        "-P FORWARD DROP",
        "-P FORWARD DROP; -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT",
        "-A FORWARD -m conntrack --ctstate INVALID -j DROP",
        f"-A FORWARD -s {rip} -j DROP",
        f"-A OUTPUT -d {vip} -j DROP",
        f"-A OUTPUT -d {rip} -j DROP",
        f"-t raw -A PREROUTING -d {vip} -j NOTRACK",
        f"-t raw -A PREROUTING -d {vip} -p tcp --dport {PORT} -j DROP",
        f"-t mangle -A INPUT -d {vip} -j MARK --set-mark 7",
        f"-t nat -A PREROUTING -d {vip} -p tcp --dport {PORT} -j REDIRECT --to-ports 8080",
        f"-t nat -A PREROUTING -d {vip} -p tcp --dport {PORT} -j DNAT --to-destination {rip}",
    )
    at_real_server = (
        f"-A INPUT -d {vip} -j DROP",
        f"-A INPUT -d {rip} -j DROP",
        f"-A INPUT -d {rip} -p tcp --dport {PORT} -j ACCEPT; {rest}",
        f"-A INPUT -d {vip} -p tcp --dport {PORT} -j ACCEPT; -A INPUT -d {rip} -j ACCEPT; -P INPUT DROP",
        f"-A INPUT -p tcp --dport {PORT} -j ACCEPT; -P INPUT DROP",
        "-A INPUT -m conntrack --ctstate INVALID -j DROP",
        f"-A OUTPUT -s {vip} -j DROP",
        "-P FORWARD DROP",
        "-A INPUT -p ipencap -j DROP",
        "-A INPUT -p tcp --dport 443 -j REJECT",
    )
    host, lines = random.choice((("lb1", at_director), (name, at_real_server)))
    commands = [f"{IPTABLES} {line}" for line in random.choice(lines).split("; ")]
    if host == "lb1" and random.random() < 0.3:
        commands.insert(0, "sysctl -w net.ipv4.vs.conntrack=1")
    return cluster, [change("filter", host, *commands, named_by=FILTERS)]


@stratum("dr", "dr-back", "dr-pair", "nat", "nat-one-subnet", ordinary=False)
def neighbours(random: Random, cluster: Cluster, base: str) -> tuple[Cluster, Sequence[Change]]:
    name = real_server(random, cluster)
    other = next(real for real in cluster.real_servers if real != name)
    rip = cluster.real_servers[name]
    link = "eth1" if base in ("dr-back", "nat") else "eth0"
    macs = {host: cluster.mac(host, "eth1" if base == "dr-back" else "eth0") for host in (name, other)}
    host, entry = random.choice(
        (
            ("lb1", f"{rip} lladdr 02:00:00:00:00:99"),
            ("lb1", f"{rip} lladdr {macs[name]}"),
            ("lb1", f"{rip} lladdr {macs[other]}"),
            (name, f"192.0.2.1 lladdr {cluster.mac('router', 'eth0')}"),
        )
    )
    if host == name:
        link = "eth0"
    if host == name and base == "nat":
        return cluster, ()
    return cluster, [change("neighbour", host, f"ip neigh replace {entry} dev {link} nud permanent", named_by=IDENTITY)]


@stratum("dr", "dr-pair", "nat-one-subnet", ordinary=False)
def two_holders(random: Random, cluster: Cluster, base: str) -> tuple[Cluster, Sequence[Change]]:
    """One host holds an address of another."""
    name = real_server(random, cluster)
    other = next(real for real in cluster.real_servers if real != name)
    address = random.choice(("192.0.2.2", cluster.real_servers[other], "192.0.2.77"))
    place = random.choice(("lo", "eth0"))
    return cluster, [change("holder", name, f"ip addr add {address}/32 dev {place}", named_by=IDENTITY)]


@stratum("dr", "dr-back", "tun", "nat", ordinary=False)
def policy_routing(random: Random, cluster: Cluster, base: str) -> tuple[Cluster, Sequence[Change]]:
    name = real_server(random, cluster)
    rip, vip = cluster.real_servers[name], cluster.vip
    host, *commands = random.choice(
        (
            ("lb1", f"ip rule add priority 50 to {rip} prohibit"),
            ("lb1", f"ip rule add to {rip} lookup 100", f"ip route add {rip} via 192.0.2.1 table 100"),
            ("lb1", f"ip rule add from {vip} lookup 100", "ip route add default via 192.0.2.1 table 100"),
            (name, f"ip rule add from {vip} lookup 100", "ip route add unreachable default table 100"),
            (name, f"ip rule add to {vip} lookup local priority 10"),
            (name, "ip rule add fwmark 5 lookup 100", "ip route add unreachable default table 100"),
        )
    )
    return cluster, [change("rule", host, *commands, named_by=IDENTITY + " no-route-back-to-clients")]


@stratum("dr", "dr-back", "tun", "nat", "nat-pair", "nat-one-subnet")
def ipvs_settings(random: Random, cluster: Cluster, base: str) -> tuple[Cluster, Sequence[Change]]:
    key = random.choice(
        """conntrack=1 snat_reroute=0 expire_nodest_conn=1 expire_quiescent_template=1 sloppy_tcp=1 conn_reuse_mode=0
        ignore_tunneled=1 schedule_icmp=1 nat_icmp_send=1 backup_only=1""".split()
    )
    return cluster, [change("vs", "lb1", f"sysctl -w net.ipv4.vs.{key}", named_by="nat-icmp-send-drops-health-checks")]


@stratum("dr", "dr-back", "tun", "nat")
def mtu(random: Random, cluster: Cluster, base: str) -> tuple[Cluster, Sequence[Change]]:
    host = random.choice(("lb1", real_server(random, cluster), "router"))
    return cluster, [change("mtu", host, f"ip link set eth0 mtu {random.choice((1280, 1400, 1480))}")]
