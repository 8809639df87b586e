"""Answers that exclude each other: what is later counts in one text, and between texts nothing is decided."""

import pytest

from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.model.node import Node
from lvsdoctor.parse.paste.stream import pieces

ADDR = """\
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
    inet 192.0.2.10/32 scope global lo
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP group default qlen 1000
    link/ether 02:00:00:00:00:21 brd ff:ff:ff:ff:ff:ff
    inet 192.0.2.21/24 brd 192.0.2.255 scope global eth0
"""
WITHOUT_VIP = ADDR.replace("    inet 192.0.2.10/32 scope global lo\n", "")
OTHER_HOST = ADDR.replace("02:00:00:00:00:21", "02:00:00:00:00:22").replace("192.0.2.21", "192.0.2.22")
TABLE = "-A -t 192.0.2.10:80 -s rr\n-a -t 192.0.2.10:80 -r 192.0.2.21:80 -g -w 1\n"


def node_of(*texts: str) -> Node:
    found = [
        NodeDump(piece, "rs1", "rs1", f"rs1/{number}.txt")
        for number, text in enumerate(texts, 1)
        for piece in pieces(text, f"rs1/{number}.txt")
    ]
    (node,) = nodes_of(found)
    return node


def test_two_values_in_two_texts_are_no_evidence_and_both_are_quoted() -> None:
    node = node_of("net.ipv4.conf.all.arp_ignore = 0\n", "net.ipv4.conf.all.arp_ignore = 1\n")
    assert not node.has("sysctl")
    assert [contradiction.says for contradiction in node.contradictions] == [
        "net.ipv4.conf.all.arp_ignore has two values, 0 and 1: rs1/1.txt:1 | net.ipv4.conf.all.arp_ignore = 0 "
        "and rs1/2.txt:1 | net.ipv4.conf.all.arp_ignore = 1"
    ]


def test_what_is_not_contradicted_stays_evidence() -> None:
    node = node_of(ADDR, "net.ipv4.conf.all.arp_ignore = 0\n", "net.ipv4.conf.all.arp_ignore = 1\n")
    assert {fact for fact in ("addresses", "links", "sysctl") if node.has(fact)} == {"addresses", "links"}


def test_in_one_text_the_later_answer_counts_and_a_remark_quotes_both() -> None:
    node = node_of(f"# ip addr\n{ADDR}# ip addr del 192.0.2.10/32 dev lo\n# ip addr\n{WITHOUT_VIP}")
    assert [str(address) for address in node.addresses] == ["127.0.0.1/8", "192.0.2.21/24"]
    assert not node.contradictions
    (note,) = node.notes
    assert "rs1/1.txt:5 |" in note
    assert note.endswith("The later answer counts.")


def test_an_address_that_one_of_two_texts_does_not_show_is_a_contradiction() -> None:
    for texts in ((ADDR, WITHOUT_VIP), (WITHOUT_VIP, ADDR)):
        (contradiction,) = node_of(*texts).contradictions
        assert contradiction.fact == "addresses"
        assert contradiction.claim == "lo is shown with different addresses"


def test_a_part_of_an_answer_contradicts_no_whole_one_that_has_it() -> None:
    part = "2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP group default qlen 1000\n"
    part += "    link/ether 02:00:00:00:00:21 brd ff:ff:ff:ff:ff:ff\n    inet 192.0.2.21/24 scope global eth0\n"
    for texts in ((ADDR, part), (part, ADDR), (f"# ip addr\n{ADDR}# ip addr show eth0\n{part}",)):
        node = node_of(*texts)
        assert not node.contradictions
        assert [str(address) for address in node.addresses if address.link == "lo"] == ["127.0.0.1/8", "192.0.2.10/32"]
        assert "addresses" not in node.coverage


def test_a_whole_answer_beside_a_partial_one_is_whole() -> None:
    part = "$ sysctl -a | grep ip_forward\nnet.ipv4.ip_forward = 0\n"
    whole = "$ sysctl -a\nnet.ipv4.ip_forward = 0\nnet.ipv4.conf.all.arp_ignore = 1\n"
    assert node_of(part).coverage["sysctl"].partial is not None
    for texts in ((part, whole), (whole, part)):
        assert "sysctl" not in node_of(*texts).coverage


@pytest.mark.parametrize(
    "rest", ["...\nSent 1 probes (1 broadcast(s))\nReceived 1 response(s)\n", "...\nReceived 1 response(s)\n", ""],
    ids=["its answer was left out", "all but the end was left out", "cut"],
)  # fmt: skip
def test_of_probes_each_asks_something_else_so_one_that_is_whole_makes_no_other_one_whole(rest: str) -> None:
    whole = "ARPING 192.0.2.21 from 192.0.2.2 eth0\nUnicast reply from 192.0.2.21 [02:00:00:00:00:21]  0.703ms\n"
    whole += "Sent 1 probes (1 broadcast(s))\nReceived 1 response(s)\n"
    other = f"ARPING 192.0.2.10 from 192.0.2.2 eth0\n{rest}"
    assert node_of(whole).partial("probes") is None
    assert [node.partial("probes") is not None for node in (node_of(whole + other), node_of(other, whole))] == [
        True
    ] * 2


def test_the_same_answer_twice_is_one() -> None:
    node = node_of(ADDR, TABLE, ADDR, TABLE)
    assert not node.contradictions
    assert not node.notes
    assert [str(address) for address in node.addresses] == [str(address) for address in node_of(ADDR).addresses]
    assert len(node.services) == 1


@pytest.mark.parametrize(
    "other",
    [
        TABLE.replace("-w 1", "-w 0"),
        TABLE.replace(" -g ", " -m "),
        TABLE.replace("-s rr", "-s sh"),
        TABLE + "-a -t 192.0.2.10:80 -r 192.0.2.22:80 -g -w 1\n",
        TABLE + "-A -t 192.0.2.10:443 -s rr\n",
    ],
    ids=("weight", "method", "scheduler", "another real server", "another service"),
)
def test_two_tables_that_differ_contradict_each_other(other: str) -> None:
    node = node_of(TABLE, other)
    assert [contradiction.fact for contradiction in node.contradictions] == ["ipvs"]
    assert not node.has("ipvs")


def test_counters_and_connections_contradict_nothing() -> None:
    listing = "IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port Scheduler Flags\n"
    listing += "  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n"
    listing += "TCP  192.0.2.10:80 rr\n  -> 192.0.2.21:80                Route   1      "
    node = node_of(f"{listing}0          0\n", f"{listing}7          3\n", TABLE)
    assert not node.contradictions
    assert [str(real.ip) for service in node.services for real in service.destinations] == ["192.0.2.21"]


def test_states_of_neighbours_contradict_nothing_but_two_macs_do() -> None:
    row = "192.0.2.1 dev eth0 lladdr 02:00:00:00:01:00 "
    assert not node_of(f"{row}REACHABLE\n", f"{row}STALE\n").contradictions
    (contradiction,) = node_of(f"{row}STALE\n", f"{row.replace('01:00', '01:01')}STALE\n").contradictions
    assert contradiction.claim == "192.0.2.1 has two MACs, 02:00:00:00:01:00 and 02:00:00:00:01:01"


def test_files_that_set_otherwise_than_what_runs_contradict_nothing() -> None:
    running = "$ sysctl -a\nnet.ipv4.conf.all.arp_ignore = 0\n"
    node = node_of(running, "# /etc/sysctl.d/90-lvs.conf\nnet.ipv4.conf.all.arp_ignore = 1\n")
    assert not node.contradictions
    assert node.sysctl("net.ipv4.conf.all.arp_ignore").value == 0


def test_two_hosts_in_one_text_without_a_name_are_not_merged() -> None:
    node = node_of(f"# ip addr\n{ADDR}# sysctl -a\nnet.ipv4.ip_forward = 1\n# ip addr\n{OTHER_HOST}")
    assert not node.evidence
    assert not node.notes
    (contradiction,) = node.contradictions
    assert contradiction.claim == (
        "eth0 has two values of its MAC, 02:00:00:00:00:21 and 02:00:00:00:00:22, so these are lines of two hosts"
    )
    assert (str(contradiction.first), str(contradiction.second)) == ("rs1/1.txt:6", "rs1/1.txt:16")


SOCKETS = "Netid State Recv-Q Send-Q Local Address:Port Peer Address:Port\n"
WEB, WEB_ON_RIP = (f"tcp LISTEN 0 128 {ip}:80 0.0.0.0:*\n" for ip in ("0.0.0.0", "192.0.2.21"))
SSH, SSH6 = "tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:*\n", "tcp LISTEN 0 128 [::]:22 [::]:*\n"
DNS, OF_A_CLIENT = (f"udp UNCONN 0 0 0.0.0.0:{port} 0.0.0.0:*\n" for port in (53, 41234))


def ss(*rows: str, command: str = "ss -lntup") -> str:
    return f"[root@rs1 ~]# {command}\n{SOCKETS}{''.join(rows)}"


def test_two_lists_of_sockets_that_differ_are_a_contradiction_between_texts() -> None:
    (contradiction,) = node_of(ss(SSH, WEB), ss(SSH, WEB_ON_RIP)).contradictions
    assert (contradiction.fact, contradiction.claim) == ("sockets", "different sockets of tcp and IPv4 are shown")
    assert {contradiction.first.text, contradiction.second.text} == {WEB.strip(), SSH.strip()}


def test_in_one_text_the_later_list_of_sockets_counts() -> None:
    node = node_of(ss(SSH, WEB, DNS) + ss(SSH, WEB_ON_RIP, command="ss -lntp"))
    assert not node.contradictions
    table = node.rows("sockets")
    assert [str(row) for row in table.sockets if row.protocol == "tcp"] == ["0.0.0.0:22", "192.0.2.21:80"]
    assert [str(row) for row in table.sockets if row.protocol == "udp"] == ["0.0.0.0:53"]
    assert {("tcp", 4), ("tcp", 6), ("udp", 4), ("udp", 6)} <= table.shown


def test_lists_of_other_protocols_and_forms_and_sockets_that_come_and_go_contradict_nothing() -> None:
    tcp4 = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    row = "00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 123 1 f0 100 0 0 10 0"
    proc = f"[root@rs1 ~]# cat /proc/net/tcp\n{tcp4}   0: {row}\n"
    netstat = (
        "[root@rs1 ~]# netstat -lnt\nActive Internet connections (only servers)\n"
        "Proto Recv-Q Send-Q Local Address           Foreign Address         State\n"
        "tcp        0      0 0.0.0.0:22              0.0.0.0:*               LISTEN\n"
        "tcp6       0      0 :::22                   :::*                    LISTEN\n"
    )
    udp = ss(DNS, command="ss -lnup")
    for texts in (
        (ss(SSH, SSH6, command="ss -lntp"), udp),
        (ss(SSH, SSH6), netstat),
        (ss(SSH, SSH6), proc),
        (ss(SSH, DNS, OF_A_CLIENT), ss(SSH, DNS)),
        (ss(SSH, WEB), ss(WEB, command="ss -lntup | grep 80")),
    ):
        assert not node_of(*texts).contradictions


def test_a_list_of_which_no_real_server_was_understood_may_show_what_the_whole_table_does_not() -> None:
    listed = """\
IP Virtual Server version 1.2.1 (size=4096)
...
  -> RemoteAddress:Port
TCP  192.0.2.10:80 rr
  -> 192.0.2.21:80                10         5          3          7
"""
    node = node_of(f"{TABLE}{listed}")
    partial = node.partial("ipvs")
    assert partial is not None
    assert (partial.says, str(partial.seen)) == ("lines were left out here", "rs1/1.txt:4")
    assert [str(seen) for seen in node.unread if "->" in seen.text] == ["rs1/1.txt:7"]


LIMITS = """\
IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port            Uthreshold Lthreshold ActiveConn InActConn
  -> RemoteAddress:Port
TCP  192.0.2.10:80 rr
  -> 192.0.2.21:80                10         5          3          7
"""


@pytest.mark.parametrize("cut", LIMITS.splitlines()[3:])
def test_thresholds_that_were_left_out_leave_a_whole_table_partial(cut: str) -> None:
    assert node_of(TABLE, LIMITS).partial("ipvs") is None
    partial = node_of(TABLE, LIMITS.replace(cut, "...")).partial("ipvs")
    assert partial is not None
    assert partial.seen is not None
    assert partial.seen.where == "rs1/2.txt"


def test_a_list_that_was_filtered_takes_nothing_from_a_whole_table() -> None:
    assert node_of(TABLE, "# ipvsadm -Ln | grep TCP\nTCP  192.0.2.10:80 rr\n").partial("ipvs") is None


ROUTES = """\
192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.21
local 127.0.0.0/8 dev lo table local proto kernel scope host src 127.0.0.1
local 192.0.2.10 dev lo table local proto kernel scope host src 192.0.2.10
local 192.0.2.21 dev eth0 table local proto kernel scope host src 192.0.2.21
"""


def test_a_route_that_an_address_left_behind_is_of_another_time() -> None:
    """The kernel takes it away with the address (net/ipv4/fib_frontend.c: fib_del_ifaddr())."""
    whole = node_of(ADDR, ROUTES)
    assert not (whole.partial("addresses"))
    assert not (whole.partial("local-routes"))
    node = node_of(WITHOUT_VIP, ROUTES)
    assert [str(route.dst) for route in node.local_routes] == ["127.0.0.0/8", "192.0.2.21/32"]
    for fact in ("addresses", "local-routes"):
        partial = node.partial(fact)
        assert partial is not None
        assert "192.0.2.10 on lo has a route and is not among the addresses" in partial.says


def test_a_local_route_that_somebody_made_needs_no_address() -> None:
    made = ROUTES.replace("local 192.0.2.10 dev lo table local proto kernel", "local 192.0.2.10 dev lo table local")
    node = node_of(WITHOUT_VIP, made)
    assert not node.partial("addresses")
    assert "192.0.2.10/32" in [str(route.dst) for route in node.local_routes]


def test_a_route_over_an_interface_that_is_not_there_is_of_another_time() -> None:
    node = node_of(ADDR.replace("eth0", "net7"), ROUTES)
    for fact in ("links", "addresses", "routes", "local-routes"):
        partial = node.partial(fact)
        assert partial is not None
        assert "eth0 has a route and is not among the interfaces" in partial.says


def test_two_names_of_one_interface_are_of_two_times() -> None:
    links = """\
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN mode DEFAULT group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00 promiscuity 0
2: net7: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc pfifo_fast state UP mode DEFAULT group default qlen 1000
    link/ether 02:00:00:00:00:21 brd ff:ff:ff:ff:ff:ff promiscuity 0
"""
    assert not node_of(ADDR, links.replace("net7", "eth0")).partial("addresses")
    partial = node_of(ADDR, links).partial("addresses")
    assert partial is not None
    assert "eth0 and net7 have one index" in partial.says


@pytest.mark.parametrize(("link", "partial"), [("eth7", True), ("veth1f2e3d", False)])
def test_a_neighbour_on_an_interface_that_is_not_there_is_of_another_time_unless_it_is_a_containers(
    link: str, partial: bool
) -> None:
    node = node_of(ADDR, f"192.0.2.1 dev {link} lladdr 02:00:00:00:00:01 REACHABLE\n")
    assert bool(node.partial("addresses")) is partial
    assert bool(node.partial("neighbours")) is partial
