"""`bridge -d link` in the shapes of its versions: the ports, and which keep gratuitous ARP back."""

import pytest

from lvsdoctor.model.link import BridgePort
from lvsdoctor.parse.paste.stream import pieces
from lvsdoctor.parse.reader import Dump

NEW = """[root@lb1 ~]# bridge -d link
3: vxlan10: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 master br0 state forwarding priority 32 cost 100
    hairpin off guard off root_block off fastleave off learning off flood on mcast_flood on bcast_flood on
    mcast_router 1 mcast_to_unicast off neigh_suppress on neigh_vlan_suppress off vlan_tunnel on isolated off
    locked off mab off mcast_n_groups 1 mcast_max_groups 0
5: veth0@if2: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 master br0 state forwarding priority 32 cost 2
    hairpin off guard off root_block off fastleave off learning on flood on mcast_flood on neigh_suppress off
"""
OLD = """[root@lb1 ~]# bridge -d link show
3: vxlan10 state UNKNOWN : <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 master br0 state forwarding priority 32 cost 100
    hairpin off guard off root_block off fastleave off learning off flood on mcast_flood on neigh_suppress on
5: veth0 state UP @if2: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 master br0 state forwarding priority 32 cost 2
    hairpin off guard off root_block off fastleave off learning on flood on mcast_flood on neigh_suppress off
"""


def dump(text: str) -> Dump:
    (piece,) = pieces(text, "stdin")
    return piece.dump


def ports(text: str) -> list[BridgePort]:
    return list(dump(text).facts["bridge-ports"])


@pytest.mark.parametrize("text", [NEW, OLD], ids=["5.0 and later", "4.15"])
def test_each_port_has_its_bridge_and_the_line_that_tells_whether_it_suppresses(text: str) -> None:
    vxlan, veth = ports(text)
    assert (vxlan.name, vxlan.bridge, vxlan.neigh_suppress) == ("vxlan10", "br0", True)
    assert vxlan.switches is not None
    assert "neigh_suppress on" in vxlan.switches.text
    assert (veth.name, veth.bridge, veth.neigh_suppress) == ("veth0", "br0", False)
    assert dump(text).unread == ()


def test_without_d_nothing_is_known_of_a_port_but_its_bridge() -> None:
    text = "\n".join(line for line in NEW.splitlines() if not line.startswith(" ")).replace("-d ", "")
    assert [(port.name, port.neigh_suppress) for port in ports(text)] == [("vxlan10", None), ("veth0", None)]


def test_a_command_for_one_port_does_not_show_all() -> None:
    partial = dump(NEW.replace("bridge -d link", "bridge -d link show dev vxlan10")).partial
    assert partial is not None
    assert partial.says == "`bridge -d link show dev vxlan10` does not show all ports"


def test_a_dump_of_interfaces_below_it_is_one_of_its_own() -> None:
    below = "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000\n"
    found = [piece.dump.facts for piece in pieces(f"{NEW}[root@lb1 ~]# ip link\n{below}", "stdin")]
    assert len(found[0]["bridge-ports"]) == 2
    assert [link.name for link in found[1]["links"]] == ["lo"]
