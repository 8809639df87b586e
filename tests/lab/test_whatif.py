"""What `scan --with` supposes of a file is what the kernel has once the file is deployed: keepalived and sysctl run."""

import shutil
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from lvsdoctor.fixes.whatif import deployed, supposing
from lvsdoctor.model.node import Node
from tests.lab.cluster import Cluster, dr
from tests.lab.guest import Guest
from tests.lab.judge import nodes_from, running
from tests.lab.pool import Pool

FACTS = ("ipvs", "addresses", "routes", "local-routes", "links")

KEEPALIVED = """
global_defs {
    router_id lab
}
$RS= \\
    real_server 192.0.2.${N} 8080 { \\
        weight ${N} \\
    }
virtual_server_group G {
    192.0.2.50-52 443
    fwmark 7
    192.0.2.60/31 443
}
virtual_server 192.0.2.10 80 {
    lb_algo wrr
    lb_kind DR
    protocol TCP
    $N=21
    $RS
    $N=22
    $RS
    real_server 192.0.2.23 80 {
        lvs_method NAT
        inhibit_on_failure
    }
    real_server 2001:db8::1 80 { }
}
virtual_server 192.0.2.11 0 {
    real_server 192.0.2.21 0 { weight 3 }
}
virtual_server 192.0.2.12 53 {
    ops
    persistence_granularity 255.255.255.0
    lvs_sched sh
    sh-port
    sh-fallback
    real_server 192.0.2.21 5353 { }
    real_server 192.0.2.22 { lvs_method TUN }
    sorry_server 192.0.2.99 53
}
virtual_server 192.0.2.10 81 {
    protocol tcp
    ops
    weight 7
    persistence_timeout 0
    real_server 192.0.2.21 81 { }
    real_server 192.0.2.21 81
    {
        weight 9 }
}
virtual_server 192.0.2.10 81 {
    protocol TCP
    lb_kind DR
    real_server 192.0.2.22 82 { weight 9 }
}
virtual_server fwmark 5 {
    lvs_method DR
    real_server 192.0.2.21 81 { }
    real_server 192.0.2.22 81 { lvs_method NAT }
}
virtual_server fwmark 6 {
    lvs_method TUN
    real_server 2001:db8::21 { }
}
virtual_server group G {
    lvs_method DR
    protocol TCP
    real_server 192.0.2.21 444 { }
    real_server 192.0.2.22 { }
}
virtual_server 2001:db8::10 80 {
    protocol TCP
    persistence_granularity 64
    real_server 2001:db8::21 80 { }
    real_server 192.0.2.22 80 { lvs_method TUN }
}
virtual_server 192.0.2.13 80 {
    protocol TCP
}
@lb1 virtual_server 192.0.2.14 80 {
@lb1     protocol TCP
@^lb1    protocol UDP
@lb1     real_server 192.0.2.21 80 { }
@lb1 }
vrrp_instance VI_1 {
    state MASTER
    interface eth0
    virtual_router_id 51
    priority 255
    virtual_ipaddress {
        192.0.2.10/24
        192.0.2.11
        192.0.2.12/28 dev eth0 label eth0:1 scope link
        192.0.2.99/25 brd +
        2001:db8::9
    }
    virtual_ipaddress_excluded {
        2001:db8::10
        198.51.100.1/24 noprefixroute
    }
    virtual_routes {
        203.0.113.0/25 via 192.0.2.21
        src 192.0.2.10 to 203.0.113.128/25 via 192.0.2.21 dev eth0
        blackhole 198.51.100.64/26
        198.51.100.128/26 gw 192.0.2.1 table 100 metric 5
    }
}
vrrp_instance VI_2 {
    interface eth0
    state MASTER
    priority 255
    use_vmac
    virtual_router_id 52
    virtual_ipaddress {
        192.0.2.77
        192.0.2.78/24
    }
}
vrrp_instance VI_3 {
    interface eth0
    virtual_router_id 53
    priority 250
    virtual_ipaddress {
        198.51.100.78/24
    }
}
static_ipaddress {
    192.0.2.3/24 dev eth0
    10.1.2.3 dev lo
}
static_routes {
    10.9.0.0/16 via 192.0.2.1
}
"""
SYSCTL = """
# what a director would have
net.ipv4.ip_forward = 1
net.ipv4.conf.all.rp_filter = 2
net.ipv4.conf.default.arp_ignore = 1
net.ipv4.conf.eth0.send_redirects = 0x0
net/ipv4/conf/lo/arp_announce = 2
"""


def director_without_vip() -> Cluster:
    cluster = dr()
    lb1 = cluster.hosts["lb1"]
    ip = tuple(line for line in lb1.ip if "192.0.2.10/32" not in line)
    return replace(cluster, hosts={**cluster.hosts, "lb1": replace(lb1, ip=ip, ipvs=())})


def before_and_after(guest: Guest, commands: list[str], afterwards: list[str]) -> tuple[Node, Node, str]:
    """lb1 before and after the commands, and what these said."""
    with running(guest, director_without_vip()) as lab:
        before = nodes_from(lab.dumps(["lb1"]))[0]
        said = guest.ask("run", number=lab.number, host="lb1", commands=commands)
        after = nodes_from(lab.dumps(["lb1"]))[0]
        guest.ask("run", number=lab.number, host="lb1", commands=afterwards)
    return before, after, "\n".join(output for _, output in said)


def rows(node: Node, fact: str) -> set[str]:
    """Without what files alone have (lines, numbers, ports, options), and what a link finds in its first second."""
    found = node.evidence.get(fact, ())
    return {plain(row) for row in found if "fe80:" not in repr(row)}


def plain(value: Any) -> str:
    if isinstance(value, frozenset):
        return str(sorted(value))
    if isinstance(value, tuple):
        return str(sorted(map(plain, value)))
    if not is_dataclass(value):
        return str(value)
    told = [field.name for field in fields(value) if field.name not in ("seen", "index", "asked_port", "options")]
    return f"{type(value).__name__} " + " ".join(f"{name}={plain(getattr(value, name))}" for name in told)


def settings(node: Node) -> dict[str, str]:
    return {key: setting.raw for key, setting in node.evidence["sysctl"].items()}


def test_keepalived_makes_what_is_supposed_of_its_file(pool: Pool, tmp_path: Path) -> None:
    program = shutil.which("keepalived")
    if program is None:
        pytest.skip("keepalived is not here (Debian: keepalived)")
    file = tmp_path / "keepalived.conf"
    file.write_text(KEEPALIVED)
    pids = "-p /run/ka.pid -r /run/ka-vrrp.pid -c /run/ka-checkers.pid"
    start = f"{program} -f {file} -i lb1 {pids} -n -l > /run/ka.log 2>&1 &"
    # The instance that starts as BACKUP waits longest for another master.
    wait = "for i in $(seq 300); do ip addr show | grep -q 198.51.100.78 && break; sleep 0.1; done; cat /run/ka.log"

    def work(guest: Guest) -> tuple[Node, Node, str]:
        guest.ask("modprobe", modules=["macvlan"])
        return before_and_after(guest, [start, wait], ["kill $(cat /run/ka.pid)"])

    before, after, said = pool.start(work).result()
    (supposed,) = supposing([before], [deployed("keepalived.conf", KEEPALIVED)])
    assert supposed.unread == before.unread
    for fact in FACTS:
        assert rows(supposed, fact) == rows(after, fact), said
    expected, real = settings(supposed), settings(after)
    assert {key: real[key] for key in expected} == expected


def test_sysctl_makes_what_is_supposed_of_its_file(pool: Pool, tmp_path: Path) -> None:
    file = tmp_path / "90.conf"
    file.write_text(SYSCTL)
    work = [f"sysctl -p {file}"]
    before, after, said = pool.start(lambda guest: before_and_after(guest, work, [])).result()
    (supposed,) = supposing([before], [deployed("90.conf", SYSCTL)])
    assert settings(supposed) == settings(after), said
    assert settings(supposed) != settings(before)
    for fact in FACTS:
        assert rows(supposed, fact) == rows(after, fact)
