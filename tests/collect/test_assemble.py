"""Two dumps of one fact become one, and a part is not taken for the whole."""

from collections.abc import Sequence
from ipaddress import ip_address
from itertools import permutations

import pytest

from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.kernel.route_families import shows_routes
from lvsdoctor.kernel.routing import route_lookup
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.ipvs import Forwarding
from lvsdoctor.model.node import Node
from lvsdoctor.parse.paste.stream import pieces


def node_of(*texts: str) -> Node:
    found = [
        NodeDump(piece, "n", "n") for number, text in enumerate(texts, 1) for piece in pieces(text, f"file{number}")
    ]
    (node,) = nodes_of(found)
    return node


PLAIN = """\
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN
    inet 127.0.0.1/8 scope host lo
2: bond0: <BROADCAST,MULTICAST,MASTER,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP
    link/ether 02:00:00:00:00:21 brd ff:ff:ff:ff:ff:ff
    inet 192.0.2.21/24 scope global bond0
"""
DETAILED = """\
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN mode DEFAULT group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00 promiscuity 0 minmtu 0 maxmtu 0 numtxqueues 1
2: bond0: <BROADCAST,MULTICAST,MASTER,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP mode DEFAULT group default qlen 1000
    link/ether 02:00:00:00:00:21 brd ff:ff:ff:ff:ff:ff promiscuity 0 minmtu 68 maxmtu 65535
    bond mode active-backup miimon 100 numtxqueues 16
"""


def test_the_link_dump_with_details_is_kept_whichever_comes_first() -> None:
    for texts in ((PLAIN, DETAILED), (DETAILED, PLAIN)):
        link = node_of(*texts).link("bond0")
        assert link is not None
        assert link.kind == "bond"


def test_what_two_dumps_both_say_is_one_row_with_the_first_one_s_line() -> None:
    node = node_of(PLAIN, PLAIN)
    assert [(str(address), address.seen.where) for address in node.addresses] == [
        ("127.0.0.1/8", "file1"),
        ("192.0.2.21/24", "file1"),
    ]


def test_the_last_assignment_wins_over_earlier_ones_of_the_same_text() -> None:
    node = node_of("net.ipv4.ip_forward = 0\nnet.ipv4.ip_forward = 1\n")
    assert str(node.sysctl("net.ipv4.ip_forward").seen) == "file1:2"
    assert not node.contradictions


def test_what_a_file_sets_at_boot_is_not_what_runs() -> None:
    node = node_of("net.ipv4.ip_forward = 0\n", "# /etc/sysctl.d/90-lvs.conf\nnet.ipv4.ip_forward = 1\n")
    assert node.sysctl("net.ipv4.ip_forward").value == 0
    assert node.evidence["configured-sysctl"]["net.ipv4.ip_forward"].value == 1


def test_a_glob_sets_the_links_that_are_not_named_by_themselves() -> None:
    node = node_of(PLAIN, "net.ipv4.conf.*.rp_filter = 2\nnet.ipv4.conf.bond0.rp_filter = 1\n")
    settings = node.evidence["configured-sysctl"]
    assert [settings[f"net.ipv4.conf.{name}.rp_filter"].value for name in ("all", "lo", "bond0")] == [2, 2, 1]


def test_counters_of_a_second_listing_join_the_service_of_the_first() -> None:
    listing = "IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port Scheduler Flags\n"
    listing += "  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n"
    listing += "TCP  192.0.2.10:80 rr\n  -> 192.0.2.21:80                Route   1      0          0\n"
    stats = "IP Virtual Server version 1.2.1 (size=4096)\n"
    stats += "Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes\n  -> RemoteAddress:Port\n"
    stats += "TCP  192.0.2.10:80                      7       70        0     4200        0\n"
    stats += "  -> 192.0.2.21:80                      7       70        0     4200        0\n"
    for texts in ((listing, stats), (stats, listing)):
        ((service),) = node_of(*texts).services
        (destination,) = service.destinations
        assert destination.forwarding is Forwarding.DR
        assert destination.counters is not None
        assert destination.counters.packets_in == 70


LISTING = """\
IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
TCP  192.0.2.10:80 sh (sh-port) persistent 60 mask 255.255.255.0
  -> 192.0.2.2:80                 Local   1      0          0
  -> 192.0.2.21:80                Tunnel  1      0          0
"""
THRESHOLDS = """\
IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port            Uthreshold Lthreshold ActiveConn InActConn
  -> RemoteAddress:Port
TCP  192.0.2.10:80 sh (sh-port) persistent 60 mask 255.255.255.0
  -> 192.0.2.2:80                 0          0          0          0
  -> 192.0.2.21:80                20         5          0          0
"""
SAVED = """\
-A -t 192.0.2.10:80 -s sh -p 60 -M 255.255.255.0 -b sh-port
-a -t 192.0.2.10:80 -r 192.0.2.2:80 -g -w 1
-a -t 192.0.2.10:80 -r 192.0.2.21:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-nocsum
"""
PROC = """\
IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port Forward Weight ActiveConn InActConn
TCP  C000020A:0050 sh  persistent 6000 FFFFFF00
  -> C0000215:0050      Tunnel  1      0          0
  -> C0000202:0050      Local   1      0          0
"""


@pytest.mark.parametrize("texts", list(permutations([LISTING, THRESHOLDS, SAVED, PROC])))
def test_forms_of_one_ipvs_table_tell_together_what_none_tells_alone(texts: Sequence[str]) -> None:
    (service,) = node_of(*texts).services
    assert (service.persistent, service.netmask, service.flags) == (60, "255.255.255.0", ("sh-port",))
    by_ip = {str(each.ip): each for each in service.destinations}
    # `ipvsadm -S` has -g for it.
    assert (by_ip["192.0.2.2"].forwarding, by_ip["192.0.2.2"].method) == (Forwarding.LOCAL, "Local")
    tunnel = by_ip["192.0.2.21"]
    assert (tunnel.forwarding, tunnel.tunnel_type, tunnel.tunnel_port) == (Forwarding.TUN, "gue", 6080)
    assert (tunnel.upper_threshold, tunnel.lower_threshold, tunnel.weight) == (20, 5, 1)


def test_one_link_s_answer_is_not_taken_for_a_host_with_one_link() -> None:
    node = node_of("\n".join(PLAIN.splitlines()[:2]) + "\n")
    assert (node.has("links"), node.has("addresses")) == (False, True)
    assert node.notes == (
        "only a part of the interfaces was shown (lo), so nothing is concluded from what is missing",
    )  # fmt: skip


def test_routes_of_ipv6_alone_are_known_and_those_of_ipv4_are_not() -> None:
    node = node_of("# ip -6 addr\n" + IPV6_ALONE, "# ip -6 route\ndefault via 2001:db8::1 dev eth0 metric 1024\n")
    assert [address.ip.version for address in node.addresses] == [6, 6]
    assert (shows_routes(node, 4), shows_routes(node, 6)) == (False, True)
    assert str(route_lookup(node, ip_address("2001:db8:2::7")).gateways[0]) == "2001:db8::1"
    with pytest.raises(NotCollected, match=r"the route to 192\.0\.2\.7"):
        route_lookup(node, ip_address("192.0.2.7"))


IPV6_ALONE = """\
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    inet6 ::1/128 scope host
       valid_lft forever preferred_lft forever
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default qlen 1000
    inet6 2001:db8::21/64 scope global
       valid_lft forever preferred_lft forever
"""
