"""Which socket takes a request, by the lists of a host's sockets."""

from ipaddress import ip_address

import pytest

from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.kernel.sockets import listener, no_transparent_proxy, replies_from
from lvsdoctor.model.facts import COLLECTED_BY, NotCollected
from lvsdoctor.model.node import Node
from lvsdoctor.parse.paste.stream import pieces

VIP, RIP, CLIENT, VIP6 = map(ip_address, ("192.0.2.10", "192.0.2.21", "198.51.100.7", "2001:db8::10"))
HEADER = "Netid State Recv-Q Send-Q Local Address:Port Peer Address:Port\n"
ADDR = """\
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN
    inet 127.0.0.1/8 scope host lo
    inet 192.0.2.10/32 scope global lo
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP
    link/ether 02:00:00:00:00:21 brd ff:ff:ff:ff:ff:ff
    inet 192.0.2.21/24 brd 192.0.2.255 scope global eth0
"""
ROUTES = """\
# ip route show table all
default via 192.0.2.1 dev eth0
192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.21
local 127.0.0.0/8 dev lo table local proto kernel scope host src 127.0.0.1
local 192.0.2.10 dev lo table local proto kernel scope host src 192.0.2.10
local 192.0.2.21 dev eth0 table local proto kernel scope host src 192.0.2.21
"""


def host(*rows: str, command: str = "ss -lntup", others: tuple[str, ...] = ()) -> Node:
    """A host with these rows in its list."""
    texts = (f"[root@rs1 ~]# {command}\n{HEADER}" + "".join(f"{row}\n" for row in rows), *others)
    dumps = [NodeDump(piece, "rs1", "rs1", f"{number}.txt") for number, text in enumerate(texts)
             for piece in pieces(text, f"{number}.txt")]  # fmt: skip
    (node,) = nodes_of(dumps)
    return node.limited_to(COLLECTED_BY)


def tcp(local: str) -> str:
    return f"tcp LISTEN 0 128 {local} {'[::]' if '[' in local else '*' if local[0] == '*' else '0.0.0.0'}:*"


def udp(local: str) -> str:
    return tcp(local).replace("tcp LISTEN", "udp UNCONN")


OTHER = tcp("127.0.0.1:25")


@pytest.mark.parametrize("local", ["192.0.2.10:80", "0.0.0.0:80", "*:80", "0.0.0.0%eth0:80"])
def test_the_address_itself_and_every_wildcard_that_takes_ipv4_take_its_request(local: str) -> None:
    answer = listener(host(OTHER, tcp(local)), "tcp", VIP, 80, arrived_on="eth0")
    assert answer
    assert [item.seen.text for item in answer.because] == [tcp(local)]


@pytest.mark.parametrize(
    "local", ["192.0.2.21:80", "127.0.0.1:80", "[::]:80", "0.0.0.0:81", "0.0.0.0%lo:80", "[2001:db8::10]:80"]
)
def test_another_address_family_port_or_link_takes_none(local: str) -> None:
    answer = listener(host(OTHER, tcp(local), udp("0.0.0.0:80")), "tcp", VIP, 80, arrived_on="eth0")
    assert not answer
    assert [item.seen.text for item in answer.because] == ([] if ":81" in local else [tcp(local)])


def test_ipv6_is_taken_by_ipv6_alone() -> None:
    node = host(OTHER, tcp("0.0.0.0:80"), tcp("*:81"), tcp("[::]:82"), tcp("[2001:db8::10]:83"))
    assert [bool(listener(node, "tcp", VIP6, port)) for port in (80, 81, 82, 83)] == [False, True, True, True]


def test_the_socket_of_the_address_is_preferred_to_the_wildcard() -> None:
    node = host(tcp("*:80"), tcp("0.0.0.0:80"), tcp("192.0.2.10:80"), tcp("192.0.2.21:80"))
    assert [item.seen.text for item in listener(node, "tcp", VIP, 80).because] == [tcp("192.0.2.10:80")]
    node = host(tcp("*:80"), tcp("0.0.0.0:80"))
    assert [item.seen.text for item in listener(node, "tcp", VIP, 80).because] == [tcp("0.0.0.0:80")]


def why_not(node: Node, protocol: str = "tcp", port: int = 80, arrived_on: str | None = None) -> tuple[str, str]:
    with pytest.raises(NotCollected) as raised:
        listener(node, protocol, VIP, port, arrived_on=arrived_on)
    return raised.value.command, raised.value.partial.says if raised.value.partial else ""


def test_a_list_of_tcp_says_nothing_of_udp() -> None:
    node = host(OTHER, tcp("0.0.0.0:53"), command="ss -lnt")
    assert not listener(node, "tcp", VIP, 80)
    assert why_not(node, "udp", 53) == ("ss -lnup", "")


def test_a_list_of_ipv4_does_not_tell_that_no_socket_of_ipv6_takes_a_request() -> None:
    assert why_not(host(OTHER, command="ss -lnt4")) == ("ss -lntp", "")


def test_of_a_part_of_a_list_only_presence_is_concluded() -> None:
    node = host(tcp("192.0.2.21:80"), tcp("0.0.0.0:443"), command="ss -lntp | grep -e 80 -e 443")
    assert listener(node, "tcp", VIP, 443)
    assert why_not(node) == ("ss -lntp", "grep may have left out lines of the output")


def test_a_socket_whose_line_does_not_tell_enough_makes_it_unknown() -> None:
    netstat = "Proto Recv-Q Send-Q Local Address Foreign Address State\ntcp6 0 0 :::80 :::* LISTEN\n"
    (node,) = nodes_of([NodeDump(piece, "rs1", "rs1", "n") for piece in pieces(f"$ netstat -lnt\n{netstat}", "n")])
    assert why_not(node)[1] == "the line does not tell whether the socket takes IPv4"
    assert why_not(host(OTHER, tcp("192.0.2.10:http")))[1] == "the line has a name instead of a port"
    assert why_not(host(OTHER, tcp("vip.example:80")))[1] == "the line does not show the whole address"
    assert why_not(host(OTHER, tcp("0.0.0.0%eth0:80")))[1] == (
        "the socket is bound to eth0, and it is not known where the packet arrives"
    )


def test_the_byte_order_matters_where_the_other_one_makes_it_the_address() -> None:
    row = "{}:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 20001 1 0 100 0 0 10 0\n"
    head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"

    def node_of(*addresses: str) -> Node:
        files = head + "".join(f"   {number}: {row.format(text)}" for number, text in enumerate(addresses))
        six = head.replace("rem_address", "remote_address")
        dumps = [NodeDump(piece, "rs1", "rs1", text[:9]) for text in (files, six) for piece in pieces(text, text[:9])]
        return nodes_of(dumps)[0]

    assert listener(node_of("0A0200C0"), "tcp", VIP, 80)
    assert why_not(node_of("C000020A"))[1] == (
        "the list does not tell the byte order of the host, so the address may be 192.0.2.10"
    )
    assert listener(node_of("C000020A", "7F000001"), "tcp", VIP, 80)
    assert not listener(node_of("150200C0"), "tcp", VIP, 80)


def test_a_udp_socket_of_the_wildcard_replies_from_the_address_that_the_route_chooses() -> None:
    node = host(udp("0.0.0.0:53"), others=(ADDR, ROUTES))
    answer = replies_from(node, "udp", VIP, 53, client=CLIENT)
    assert (answer.yes, answer.why) == (False, "the route to 198.51.100.7 chooses 192.0.2.21")
    assert answer.because[-1].assumed
    assert answer.because[-1].seen.text == "the program does not ask to which address a request was sent (IP_PKTINFO)"
    assert replies_from(node, "udp", RIP, 53, client=CLIENT)
    assert replies_from(host(udp("0.0.0.0:53"), udp("192.0.2.10:53")), "udp", VIP, 53, client=CLIENT)
    assert replies_from(host(tcp("0.0.0.0:53")), "tcp", VIP, 53, client=CLIENT)


def test_a_part_of_a_list_does_not_tell_that_no_other_udp_socket_replies() -> None:
    with pytest.raises(NotCollected):
        replies_from(host(udp("0.0.0.0:53"), command="ss -lnup | grep 0.0.0.0:53"), "udp", VIP, 53, client=CLIENT)


@pytest.mark.parametrize(("accept", "takes"), [("0", False), ("1", True)])
def test_what_arrives_in_a_vrf_is_taken_by_sockets_of_none_only_if_the_sysctl_says_so(accept: str, takes: bool) -> None:
    links = """\
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel master red state UP
    link/ether 02:00:00:00:00:21 brd ff:ff:ff:ff:ff:ff
    vrf_slave table 10
3: red: <NOARP,MASTER,UP,LOWER_UP> mtu 65575 qdisc noqueue state UP
    link/ether 02:00:00:00:00:33 brd ff:ff:ff:ff:ff:ff
    vrf table 10
"""
    sysctl = f"net.ipv4.tcp_l3mdev_accept = {accept}\n"
    node = host(tcp("0.0.0.0:80"), tcp("0.0.0.0%red:81"), others=(links, sysctl))
    assert bool(listener(node, "tcp", VIP, 80, arrived_on="eth0")) is takes
    assert listener(node, "tcp", VIP, 81, arrived_on="eth0")
    node = host(tcp("0.0.0.0:80"), others=(links,))
    assert why_not(node, arrived_on="eth0")[1] == "whether sockets of no VRF take what arrives in one is not known"


def test_without_a_list_nothing_is_known() -> None:
    with pytest.raises(NotCollected):
        listener(Node("rs1"), "tcp", VIP, 80)


def test_a_list_does_not_show_which_socket_is_transparent_and_the_address_of_some_is_a_sign() -> None:
    assert no_transparent_proxy(host(OTHER, tcp("0.0.0.0:80")), VIP).assumed
    with pytest.raises(NotCollected) as raised:
        no_transparent_proxy(host(OTHER, tcp("192.0.2.10:80")), VIP)
    assert raised.value.partial is not None
    assert raised.value.partial.seen is not None
    assert raised.value.partial.seen.text == tcp("192.0.2.10:80")
    assert "192.0.2.10:80 is transparent" in raised.value.partial.says
