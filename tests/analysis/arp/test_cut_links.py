"""The interface of a real server that tells why a director does not reach it."""

import pytest

from lvsdoctor.analysis.arp.rip_neighbours import stray
from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.model.node import Node
from lvsdoctor.parse.paste.stream import pieces

HEAD = "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN\n    link/loopback 00:00:00:00:00:00\n"
LINK = "2: {name}: <{flags}> mtu 1500 qdisc noqueue state UP\n    link/ether 02:00:00:00:00:{mac} promiscuity 0\n{kind}"
VLAN = "    vlan protocol 802.1Q id {} <REORDER_HDR>\n"
FAILED = "192.0.2.21 dev {} FAILED\n"


def link(name: str, mac: str, address: str, flags: str = "BROADCAST,UP,LOWER_UP", kind: str = "") -> str:
    return HEAD + LINK.format(name=name, mac=mac, flags=flags, kind=kind) + f"    inet {address} scope global {name}\n"


def director(server: str, own: str = link("eth0", "01", "192.0.2.2/24")) -> Node:
    name = own.split("2: ")[1].partition(":")[0]
    dumps = {
        "lb1": {
            "ip -d addr": own, "ip neigh": FAILED.format(name),
            "ip route": f"192.0.2.0/24 dev {name} proto kernel scope link src 192.0.2.2\n",
            "ipvsadm": "-A -t 192.0.2.10:80 -s rr\n-a -t 192.0.2.10:80 -r 192.0.2.21:80 -g -w 1\n",
        },
        "rs1": {"ip -d addr": server},
    }  # fmt: skip
    rows = [
        NodeDump(piece, host, host)
        for host, outputs in dumps.items()
        for command, text in outputs.items()
        for piece in pieces(text, f"{host}/{command}")
    ]
    return with_standing(nodes_of(rows))[0]


@pytest.mark.parametrize(
    ("server", "own", "why"),
    [
        (link("br0", "21", "192.0.2.21/24", kind="    bridge forward_delay 0\n"), None, "no carrier or no port"),
        (link("eth0", "21", "192.0.2.21/24", "BROADCAST"), None, "which is down"),
        (link("eth0", "21", "192.0.2.21/24", "NO-CARRIER,BROADCAST,UP"), None, "which has no carrier or no port"),
        (link("eth0", "21", "192.0.2.21/24", "BROADCAST,NOARP,UP,LOWER_UP"), None, "which has no ARP (NOARP)"),
        (link("eth0.6", "21", "192.0.2.21/24", kind=VLAN.format(6)),
         link("eth0.5", "01", "192.0.2.2/24", kind=VLAN.format(5)), "is in VLAN 6, and lb1 is in VLAN 5"),
    ],
)  # fmt: skip
def test_its_own_line_stands_first(server: str, own: str | None, why: str) -> None:
    lb1 = director(server) if own is None else director(server, own)
    lost = stray(lb1, next(real.ip for service in lb1.services for real in service.destinations if real.ip))
    assert lost is not None
    assert lost.cut is not None
    assert lost.because[0].seen.where.startswith("rs1")
    assert why in lost.because[0].says
    assert not lost.of_a_moment


def test_of_an_interface_that_is_up_nothing_is_told() -> None:
    lb1 = director(link("eth0", "21", "192.0.2.21/24"))
    lost = stray(lb1, next(real.ip for service in lb1.services for real in service.destinations if real.ip))
    assert lost is not None
    assert lost.cut is None
    assert lost.of_a_moment
