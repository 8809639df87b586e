"""What files and scripts foretell is what the kernel then has: they are applied for real, and the two are compared."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.model.node import Node
from lvsdoctor.model.packet_filter import FilterRule
from lvsdoctor.model.route import NextHop
from lvsdoctor.parse.paste.stream import pieces
from lvsdoctor.parse.shell.script import dump_of
from tests.lab.cluster import VIP, Cluster, dr
from tests.lab.guest import Guest
from tests.lab.judge import nodes_from, running
from tests.lab.plain import plain
from tests.lab.pool import Pool

REAL_SERVER = """\
#!/bin/sh
VIP=192.0.2.10
case "$1" in
start)
    echo 1 > /proc/sys/net/ipv4/conf/lo/arp_ignore
    echo 2 > /proc/sys/net/ipv4/conf/lo/arp_announce
    echo "1" >/proc/sys/net/ipv4/conf/all/arp_ignore
    echo "2" >/proc/sys/net/ipv4/conf/all/arp_announce
    ifconfig lo:0 $VIP netmask 255.255.255.255 broadcast $VIP up
    route add -host $VIP dev lo:0
    ;;
stop)
    ifconfig lo:0 down
    echo 0 > /proc/sys/net/ipv4/conf/all/arp_ignore
    ;;
esac
"""
DIRECTOR = """\
#!/bin/bash
vip=192.0.2.10; port=80
sysctl -w net.ipv4.ip_forward=1 net.ipv4.conf.all.send_redirects=0
sysctl -qw net.ipv4.conf.eth0.send_redirects=0
ip addr add ${vip}/24 dev eth0 label eth0:vip
ip route add 203.0.113.128/25 via 192.0.2.1 dev eth0
ipvsadm -C
ipvsadm -A -t $vip:$port -s wlc -p 300
for rip in 192.0.2.21 192.0.2.22; do
    ipvsadm -a -t $vip:$port -r $rip:$port -g -w 5
done
ipvsadm -A -f 7 -s rr
ipvsadm -a -f 7 -r 192.0.2.21 -m
ipvsadm --edit-server -f 7 -r 192.0.2.21 --ipip --weight 3
iptables -t mangle -A PREROUTING -d $vip -p tcp --dport 443 -j MARK --set-mark 7
"""
SCRIPTS: Mapping[str, tuple[str, str]] = {
    "a real server's init script with net-tools": ("rs1", REAL_SERVER),
    "the mask of a subnet": ("rs1", "ifconfig lo:0 192.0.2.10 netmask 255.255.255.0 up\n"),
    "no mask at all": ("rs1", "ifconfig lo:1 192.0.2.10 up\n"),
    "a director's script": ("lb1", DIRECTOR),
    "several VIPs in a loop": (
        "rs1",
        "for vip in 192.0.2.10 192.0.2.11; do ip addr add $vip/32 dev lo; done\nip a del 192.0.2.11/32 dev lo\n"
        "sysctl net.ipv4.conf.all.arp_ignore=1\nsysctl -w net/ipv4/conf/all/arp_announce=2\n",
    ),
    "a dummy interface and a rule": (
        "rs1",
        "ip link add dummy0 type dummy\nip addr add 192.0.2.10/32 dev dummy0\nip link set dummy0 up\n"
        "ip rule add from 192.0.2.10 table 100\nip route add default via 192.0.2.1 table 100\n",
    ),
    "a filter that shields": (
        "rs1",
        "ip addr add 192.0.2.10/32 dev eth0\narptables -A INPUT -d 192.0.2.10 -j DROP\n"
        "arptables -A OUTPUT -s 192.0.2.10 -j mangle --mangle-ip-s 192.0.2.21\n"
        "iptables -t nat -A PREROUTING -d 192.0.2.10 -p tcp --dport 80 -j REDIRECT\n",
    ),
}
# What a script makes of each fact, and the rows as which the kernel then has it.
_FACTS = ("addresses", "routes", "policy-rules", "ipvs", "arptables", "iptables")


def bare() -> Cluster:
    """Addresses of their own, and nothing that makes them a cluster."""
    cluster = dr()
    lb1, rs1 = cluster.hosts["lb1"], cluster.hosts["rs1"]
    own = {
        "lb1": replace(lb1, ip=tuple(line for line in lb1.ip if VIP not in line), sysctls={}, ipvs=()),
        "rs1": replace(rs1, ip=tuple(line for line in rs1.ip if VIP not in line), sysctls={}, serves=()),
    }
    return replace(cluster, hosts={**cluster.hosts, **own})


@pytest.mark.parametrize("name", SCRIPTS)
def test_what_a_script_does_is_what_was_foretold(name: str, pool: Pool, tmp_path: Path) -> None:
    host, text = SCRIPTS[name]
    lacking = [tool for tool in ("ifconfig", "route") if f"{tool} " in text and shutil.which(tool) is None]
    if lacking:
        pytest.skip(f"{', '.join(lacking)} is not here (Debian: net-tools)")
    script = tmp_path / "lvs.sh"
    script.write_text(text)

    def apply(guest: Guest) -> tuple[list[str], Node]:
        with running(guest, bare()) as lab:
            wrong = list(lab.run(host, [f"sh {script} start"]))
            (node,) = nodes_from(lab.dumps([host], ["ipvsadm -Sn"] if host == "rs1" else []))
            return wrong, node

    wrong, node = pool.start(apply).result()
    assert wrong == []
    dump = dump_of(text, "lvs.sh")
    assert dump is not None
    assert dump.unread == ()
    foretold = {(fact, row) for fact in _FACTS for row in rows(fact, dump.facts.get(f"configured-{fact}"))}
    real = {(fact, row) for fact in _FACTS if node.has(fact) for row in rows(fact, node.evidence[fact])}
    assert foretold - real == set()
    assert {fact for fact, _ in foretold} or "sysctl" in text
    for file in dump.facts.get("configured-sysctl", ()):
        for line in file.lines:
            assert node.sysctl(line.key).raw == line.raw, line


def rows(fact: str, value: Any) -> Iterator[str]:
    """What is to be the same of a fact's rows; the kernel adds what nobody asked for."""
    if fact == "arptables":
        tables = value if isinstance(value, tuple) else filter(None, [value])
        yield from (str(plain(rule)) for table in tables for rule in table.rules)
        return
    for row in value or ():
        if fact == "addresses":
            yield f"{row.ip}/{row.prefixlen} {row.link} {row.label or row.link}"
        elif fact == "routes":
            # The kernel finds the interface of a gateway for which none was given.
            (hop,) = row.nexthops or (NextHop(None),)
            yield f"{row.table} {row.dst} via {hop.gateway}" if hop.gateway else f"{row.table} {row.dst} {hop.link}"
        elif fact == "iptables":
            yield from (f"{row.name} {chain.name} {_statements(rule)}" for chain in row.chains for rule in chain.rules)
        else:
            # Which VIPs a mark stands for is worked out from the filters, not from the table.
            yield str(plain(replace(row, marked=None) if fact == "ipvs" else row))


def _statements(rule: FilterRule) -> str:
    """Without their words: a single address is written with and without its length."""
    return str([{**plain(statement), "text": ""} for statement in rule.statements])


# -- sysctl.d ---------------------------------------------------------------------------------------------------------

_SYSTEMD_SYSCTL = "/usr/lib/systemd/systemd-sysctl"
_TREES = 12
_NAMES = ("10-lvs", "50-default", "90-lvs", "99-sysctl", "99-zz", "lvs", "zz-lvs", "9-early")
_SETTINGS = {"arp_ignore": "012", "arp_announce": "012", "rp_filter": "012", "send_redirects": "01"}
_SCOPES = ("all", "default", "eth0", "lo", "*", "eth*")


def drawn(random: Random) -> dict[str, str]:
    """Path: text of some files of sysctl.d, with globs, exclusions, both spellings, and files that hide others."""
    files = {}
    for _ in range(random.randint(1, 5)):
        directory = random.choice(("etc", "run", "usr/lib"))
        path = f"{directory}/sysctl.d/{random.choice(_NAMES)}.conf"
        files[path] = "".join(_line(random) for _ in range(random.randint(0, 4)))
    return files


def _line(random: Random) -> str:
    name, scope = random.choice(list(_SETTINGS)), random.choice(_SCOPES)
    key = f"net.ipv4.conf.{scope}.{name}"
    key = random.choice((key, key, key.replace(".", "/")))
    if random.random() < 0.2:
        return f"-{key}\n"
    return f"{random.choice(('', '', '-', '  '))}{key}{random.choice(('=', ' = '))}{random.choice(_SETTINGS[name])}\n"


def test_what_sysctl_d_makes_of_the_settings_is_what_was_foretold(pool: Pool, tmp_path: Path) -> None:
    if not Path(_SYSTEMD_SYSCTL).exists():
        pytest.skip(f"{_SYSTEMD_SYSCTL} is not here")
    trees = [drawn(Random(f"sysctl.d {number}")) for number in range(_TREES)]
    for number, files in enumerate(trees):
        for directory in ("etc", "run", "usr/lib"):
            (tmp_path / str(number) / directory / "sysctl.d").mkdir(parents=True)
        for path, text in files.items():
            (tmp_path / str(number) / path).write_text(text)
    keys = [f"net.ipv4.conf.{scope}.{name}" for scope in ("all", "default", "eth0", "lo") for name in _SETTINGS]

    def apply(guest: Guest) -> list[dict[str, str]]:
        results = []
        with running(guest, bare()) as lab:
            reset = f"sysctl -qw {' '.join(f'{key}=0' for key in keys)}"
            for number in range(_TREES):
                mounts = [
                    f"mkdir -p {at} && mount --bind {tmp_path}/{number}{at} {at}"
                    for at in ("/etc/sysctl.d", "/run/sysctl.d", "/usr/lib/sysctl.d")
                ]
                # A root of its own: no file of the machine is read, and none is written.
                applied = f"unshare -m sh -c '{' && '.join(mounts)} && {_SYSTEMD_SYSCTL}'"
                assert list(lab.run("rs1", [reset, applied])) == []
                (node,) = nodes_from(lab.dumps(["rs1"]))
                results.append({key: node.sysctl(key).raw for key in keys})
        return results

    for files, real in zip(trees, pool.start(apply).result(), strict=True):
        foretold = _foretold(files)
        assert {key: foretold.get(key, "0") for key in keys} == real, files


def _foretold(files: Mapping[str, str]) -> dict[str, str]:
    dumps = [NodeDump(piece, "rs1", "rs1") for path, text in files.items() for piece in pieces(text, f"rs1/{path}")]
    # The interfaces that a glob meets.
    links = "1: lo: <LOOPBACK,UP> mtu 65536\n2: eth0: <BROADCAST,MULTICAST,UP> mtu 1500\n"
    dumps += [NodeDump(piece, "rs1", "rs1") for piece in pieces(links, "rs1/ip link")]
    (node,) = nodes_of(dumps)
    return {key: setting.raw for key, setting in node.evidence.get("configured-sysctl", {}).items()}
