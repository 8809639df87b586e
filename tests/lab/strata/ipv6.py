"""Strata of IPv6 alone."""

from collections.abc import Sequence
from random import Random

from tests.lab.changes import Change
from tests.lab.cluster import Cluster
from tests.lab.strata.stratum import VIP_RULES, change, real_server, stratum

_V6 = f"""director-never-answers-ndp vip6-is-source-address vip6-mask-on-lo-too-wide vip6-on-answering-link
    proxy-ndp-for-vip vip6-not-usable nat6-director-does-not-forward nat-reply-bypasses-director
    tunnel-device-missing director-is-real-servers-gateway vip-missing-on-real-server no-route-back-to-clients
    {VIP_RULES}"""


@stratum("dr6", "tun6", "nat6", ordinary=False)
def ipv6_director(random: Random, cluster: Cluster, base: str) -> tuple[Cluster, Sequence[Change]]:
    vip = cluster.vip
    gone = f"ip addr del {vip}/128 dev eth0"
    commands = random.choice(
        (
            (),
            (gone,),
            (gone, f"ip addr add {vip}/128 dev eth0 nodad"),
            (gone, f"ip addr add {vip}/64 dev eth0 nodad"),
            (gone, f"ip addr add {vip}/64 dev eth0 nodad preferred_lft 0"),
            (gone, f"ip addr add {vip}/128 dev lo"),
            ("sysctl -w net.ipv6.conf.all.forwarding=0",),
            ("sysctl -w net.ipv6.conf.all.accept_ra=0",),
        )
    )
    return cluster, [change("vip", "lb1", *commands, named_by=_V6)] if commands else ()


@stratum("dr6", "tun6", "nat6", ordinary=False)
def ipv6_real_server(random: Random, cluster: Cluster, base: str) -> tuple[Cluster, Sequence[Change]]:
    name, vip = real_server(random, cluster), cluster.vip
    gateway = {"dr6": "2001:db8::2", "tun6": "2001:db8:1::1", "nat6": "2001:db8:1::1"}[base]
    gone = f"ip addr del {vip}/128 dev lo"
    choices: list[tuple[str, ...]] = [
        ("ip -6 route del default",),
        (f"ip -6 route replace default via {gateway}",),
        ("sysctl -w net.ipv6.conf.all.accept_redirects=0",),
    ]
    if base != "nat6":
        choices += [
            (gone,),
            (gone, f"ip addr add {vip}/64 dev lo"),
            (gone, f"ip addr add {vip}/128 dev eth0 nodad"),
            (f"ip neigh add proxy {vip} dev eth0", "sysctl -w net.ipv6.conf.eth0.proxy_ndp=1"),
        ]
    if base == "tun6":
        choices.append(("ip link set ip6tnl0 down",))
    return cluster, [change("vip", name, *random.choice(choices), named_by=_V6)]
