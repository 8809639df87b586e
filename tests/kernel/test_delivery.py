"""Who draws packets to itself by ARP."""

from ipaddress import ip_address

import pytest

from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.kernel.delivery import answers_arp_or_ndp
from lvsdoctor.model.node import Node
from lvsdoctor.parse.paste.stream import pieces

PORT = "4: veth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP master br9\n    link/ether 02:00:00:00:00:04\n"
ADDRESSES = """1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 state UNKNOWN
    link/loopback 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP
    link/ether 02:00:00:00:00:02
    inet 192.0.2.2/24 scope global eth0
3: br9: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UNKNOWN
    link/ether 02:00:00:00:00:03 promiscuity 0
    bridge forward_delay 1500 hello_time 200 max_age 2000
    inet 192.0.2.10/32 scope global br9
"""


def director(ports: str, ignore: int) -> Node:
    names = ("rp_filter", "accept_local", "arp_ignore", "arp_filter", "forwarding", "proxy_arp", "medium_id")
    links = ("all", "lo", "eth0", "br9", "veth0")
    values = {f"{link}.{name}": 0 for link in links for name in names} | {"all.arp_ignore": ignore}
    sysctl = "".join(f"net.ipv4.conf.{key} = {value}\n" for key, value in values.items())
    dumps = {"ip-addr": ADDRESSES + ports, "sysctl": sysctl}
    (node,) = nodes_of(NodeDump(piece, "lb1", "lb1") for kind, text in dumps.items() for piece in pieces(text, kind))
    return node


@pytest.mark.parametrize(("ports", "ignore", "answers"), [("", 1, False), (PORT, 1, True), ("", 0, True)])
def test_a_bridge_without_a_port_draws_nothing_though_it_shows_a_carrier(
    ports: str, ignore: int, answers: bool
) -> None:
    assert answers_arp_or_ndp(director(ports, ignore), ip_address("192.0.2.10")) is answers
