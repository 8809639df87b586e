"""Strata of other shapes: links, protocols, marks, and what stands for a VIP."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from tests.lab import shapes
from tests.lab.changes import Change
from tests.lab.cluster import PORT, Cluster
from tests.lab.strata.stratum import IPTABLES, MARKS, NAT, SOCKETS, VIP_RULES, change, real_server, stratum


@stratum("dr", "dr-pair", "tun", "nat", "nat-one-subnet")
def vlan_links(random: Random, cluster: Cluster, base: str) -> tuple[Cluster, Sequence[Change]]:
    return shapes.vlan(cluster), ()


@stratum("dr", "dr-pair", "tun", "nat", "nat-one-subnet")
def bonded_links(random: Random, cluster: Cluster, base: str) -> tuple[Cluster, Sequence[Change]]:
    return shapes.bond(cluster), ()


@stratum("dr", "dr-pair", "tun", "nat", "nat-one-subnet")
def bridged_links(random: Random, cluster: Cluster, base: str) -> tuple[Cluster, Sequence[Change]]:
    return shapes.bridge(cluster), ()


@stratum("dr", "dr-back", "nat", "tun", spelled=(("-t ", "-u "),))
def udp(random: Random, cluster: Cluster, base: str) -> tuple[Cluster, Sequence[Change]]:
    """A socket of the wildcard address replies from the address that the route chooses."""
    shaped = shapes.udp(cluster)
    if random.random() < 0.4:
        host = real_server(random, cluster)
        place = random.choice((":", f"{shaped.real_servers[host]}:"))
        return shaped, [change("socket", host, f"serve {place}{PORT}", named_by=SOCKETS)]
    return shaped, ()


@stratum("dr", "dr-back", "nat", "tun", spelled=((f"-t VIP:{PORT}", "-f 1"),))
def marks(random: Random, cluster: Cluster, base: str) -> tuple[Cluster, Sequence[Change]]:
    shaped = shapes.fwmark(cluster)
    delete = f"{IPTABLES} -t mangle -F PREROUTING"
    match = f"-d {cluster.vip} -p tcp --dport"
    # Masquerading may well be meant to send port 81 to port 80.
    other = 443 if base == "nat" else 81
    wrong = f"{IPTABLES} -t mangle -A PREROUTING {match} {other} -j MARK --set-mark {2 if base == 'nat' else 1}"
    again = random.choice(
        (
            (),
            (),
            (delete,),
            (delete, wrong),
            (delete, f"{IPTABLES} -t mangle -A PREROUTING {match} 80 -j MARK --set-mark 2"),
            (delete, f"{IPTABLES} -t mangle -A PREROUTING -i eth9 {match} 80 -j MARK --set-mark 1"),
            (delete, f"{IPTABLES} -t mangle -A INPUT {match} 80 -j MARK --set-mark 1"),
            (f"ip addr del {cluster.vip}/32 dev eth0",),
            (
                f"ip addr del {cluster.vip}/32 dev eth0",
                "ip rule add fwmark 1 lookup 100",
                "ip route add local default dev lo table 100",
            ),
        )
    )
    return shaped, [change("mark", "lb1", *again, named_by=MARKS)] if again else ()


@stratum("dr", "dr-back", ordinary=False)
def redirecting_real_servers(random: Random, cluster: Cluster, base: str) -> tuple[Cluster, Sequence[Change]]:
    shaped, host = shapes.redirected(cluster), real_server(random, cluster)
    rule = f"{IPTABLES} -t nat -A PREROUTING -d {cluster.vip} -p tcp --dport {PORT} -j REDIRECT"
    wrong = random.choice(
        (
            (),
            (),
            (f"{IPTABLES} -t nat -F PREROUTING",),
            (f"{IPTABLES} -t nat -F PREROUTING", f"{rule} --to-ports 8080"),
            (f"{IPTABLES} -t nat -F PREROUTING", rule.replace("--dport 80", "--dport 8080")),
        )
    )
    return shaped, [
        change("redirect", host, *wrong, named_by="vip-missing-on-real-server service-not-listening")
    ] if wrong else ()


@stratum("nat-one-subnet", ordinary=False)
def masqueraded_to_real_servers(random: Random, cluster: Cluster, base: str) -> tuple[Cluster, Sequence[Change]]:
    shaped = shapes.masqueraded(cluster)
    wrong = random.choice(
        (
            "",
            "",
            "sysctl -w net.ipv4.vs.conntrack=0",
            f"{IPTABLES} -t nat -F POSTROUTING",
            f"{IPTABLES} -t raw -A PREROUTING -d {cluster.vip} -j NOTRACK",
        )
    )
    return shaped, [change("masquerade", "lb1", wrong, named_by=NAT)] if wrong else ()


@stratum("nat-one-subnet", ordinary=False)
def kube_proxy(random: Random, cluster: Cluster, base: str) -> tuple[Cluster, Sequence[Change]]:
    shaped = shapes.kube_proxy(cluster)
    wrong = random.choice(
        (
            "",
            "",
            "sysctl -w net.ipv4.vs.conntrack=0",
            "sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2",
            "ip addr flush dev kube-ipvs0",
        )
    )
    return shaped, [
        change("kube", "lb1", wrong, named_by=f"kube-proxy-settings-overridden {NAT} {VIP_RULES}")
    ] if wrong else ()


@stratum("dr")
def local_node(random: Random, cluster: Cluster, base: str) -> tuple[Cluster, Sequence[Change]]:
    shaped = shapes.local_node(cluster)
    if random.random() < 0.5:
        address = random.choice(("192.0.2.2", "127.0.0.1", cluster.vip))
        made = change("socket", "lb1", f"serve {address}:{PORT}", named_by=SOCKETS)
        # Whether a director asks itself, and by which address, no dump tells.
        return shaped, [replace(made, meant=("the health check of lb1 by lb1 fails",))]
    return shaped, ()
