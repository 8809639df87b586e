"""Lists of sockets: of `ss`, of netstat, and of /proc/net."""

import pytest

from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.model.coverage import Unread
from lvsdoctor.model.node import Node
from lvsdoctor.model.socket import Socket, SocketTable
from lvsdoctor.parse.nettools.netstat import Netstat
from lvsdoctor.parse.paste.stream import pieces
from lvsdoctor.parse.proc_net_sockets import ProcNetSockets
from lvsdoctor.parse.ss import Ss
from tests.parse.driving_ip import drive

# iproute2 6.1: ss -lntup
SS = """\
Netid State  Recv-Q Send-Q     Local Address:Port Peer Address:PortProcess
udp   UNCONN 0      0          127.0.0.53%lo:53        0.0.0.0:*    users:(("systemd-resolve",pid=412,fd=13))
udp   UNCONN 0      0         0.0.0.0%virbr0:67        0.0.0.0:*    users:(("dnsmasq",pid=901,fd=3))
udp   UNCONN 0      0      [fe80::21%x]%eth0:546          [::]:*    users:(("systemd-network",pid=400,fd=20))
tcp   LISTEN 0      128           192.0.2.21:80        0.0.0.0:*    users:(("nginx",pid=8,fd=6),("nginx",pid=799,fd=6))
tcp   LISTEN 0      128                    *:443             *:*    users:(("apache2",pid=700,fd=4))
tcp   LISTEN 0      128                 [::]:22           [::]:*    users:(("sshd",pid=600,fd=4))
"""
# iproute2 4.11 and before: ss -ltn
OLD_SS = """\
State      Recv-Q Send-Q Local Address:Port               Peer Address:Port
LISTEN     0      128          *:80                       *:*
LISTEN     0      100    127.0.0.1:25                     *:*
LISTEN     0      128         :::22                      :::*
"""
NETSTAT = """\
Active Internet connections (only servers)
Proto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name
tcp        0      0 192.0.2.21:80           0.0.0.0:*               LISTEN      800/nginx: master
tcp6       0      0 :::22                   :::*                    LISTEN      600/sshd
udp        0      0 0.0.0.0:68              0.0.0.0:*                           300/dhclient
udp6       0      0 fe80::21:ff:fe00:21:546 :::*                                -
raw6       0      0 :::58                   :::*                    7           400/systemd-network
Active UNIX domain sockets (only servers)
Proto RefCnt Flags       Type       State         I-Node   PID/Program name     Path
unix  2      [ ACC ]     STREAM     LISTENING     20812    1/init               /run/systemd/private
"""
TCP = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0277 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 20001 1 0000000000000000 100 0 0 10 0
   1: 150200C0:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 20002 1 0000000000000000 100 0 0 10 0
   2: 150200C0:0016 076433C6:D431 01 00000000:00000000 02:000A7DD8 00000000     0        0 20003 4 0000000000000000 20 4 30 10 -1
"""  # noqa: E501
TCP6 = """\
  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:0016 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 20004 1 0000000000000000 100 0 0 10 0
   1: B80D0120000000000000000021000000:01BB 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 20005 1 0000000000000000 100 0 0 10 0
"""  # noqa: E501
UDP = """\
   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  123: 00000000:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 20006 2 0000000000000000 0
  124: 00000000:14E9 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 20007 2 0000000000000000 0
"""
OF_TCP, OF_UDP = frozenset({("tcp", 4), ("tcp", 6)}), frozenset({("udp", 4), ("udp", 6)})


def words(socket: Socket) -> tuple[object, ...]:
    return socket.protocol, str(socket), socket.family, socket.link, socket.v6only, socket.process


def node_of(*texts: str) -> Node:
    dumps = [NodeDump(piece, "rs1", "rs1", f"dump{number}") for number, text in enumerate(texts)
             for piece in pieces(text, f"dump{number}")]  # fmt: skip
    (node,) = nodes_of(dumps)
    return node


def table_of(*texts: str) -> SocketTable:
    table: SocketTable = node_of(*texts).evidence["sockets"]
    return table


def partial_of(*texts: str) -> str:
    partial = node_of(*texts).partial("sockets")
    return partial.says if partial else ""


def test_ss_tells_the_link_that_a_socket_is_bound_to_and_whether_it_takes_ipv6_alone() -> None:
    found = drive(Ss, SS.replace("%x", ""))
    (table,) = found["sockets"]
    assert list(map(words, table.sockets)) == [
        ("udp", "127.0.0.53:53", 4, "lo", None, "systemd-resolve"),
        ("udp", "0.0.0.0:67", 4, "virbr0", None, "dnsmasq"),
        ("udp", "[fe80::21]:546", 6, "eth0", None, "systemd-network"),
        ("tcp", "192.0.2.21:80", 4, "", None, "nginx"),
        ("tcp", "[::]:443", 6, "", False, "apache2"),
        ("tcp", "[::]:22", 6, "", True, "sshd"),
    ]
    assert (found.refused, found.unread, table.shown) == ((), [], OF_TCP | OF_UDP)
    assert [socket.seen.line for socket in table.sockets] == [2, 3, 4, 5, 6, 7]


def test_the_star_of_an_old_ss_is_the_wildcard_of_ipv4() -> None:
    (table,) = drive(Ss, OLD_SS)["sockets"]
    assert list(map(words, table.sockets)) == [
        ("tcp", "0.0.0.0:80", 4, "", None, ""),
        ("tcp", "127.0.0.1:25", 4, "", None, ""),
        ("tcp", "[::]:22", 6, "", None, ""),
    ]
    assert table.shown == OF_TCP


def test_a_star_alone_may_be_either_wildcard() -> None:
    (table,) = drive(Ss, OLD_SS.splitlines()[0] + "\nLISTEN 0 128 *:80 *:*\n")["sockets"]
    assert [socket.family for socket in table.sockets] == [None]


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("ss -lntup", OF_TCP | OF_UDP), ("ss -tulpen", OF_TCP | OF_UDP), ("ss -lntu", OF_TCP | OF_UDP),
        ("ss -an", OF_TCP | OF_UDP), ("ss --listening --tcp --numeric", OF_TCP), ("ss -lnt4", {("tcp", 4)}),
        ("ss -ltn -6", {("tcp", 6)}), ("ss -ln -A tcp,udp -f inet", {("tcp", 4), ("udp", 4)}),
        ("ss -lntuS", OF_TCP | OF_UDP | {("sctp", 4), ("sctp", 6)}), ("ss -nt state listening", OF_TCP),
    ],
)  # fmt: skip
def test_a_command_shows_all_of_the_protocols_and_families_that_it_asks_for(command: str, shown: set[object]) -> None:
    table = table_of(f"[root@rs1 ~]# {command}\n" + SS.replace("%x", ""))
    assert table.shown == shown


@pytest.mark.parametrize(
    "command",
    [
        "ss -lnt | grep 80", "ss -lntu sport = :80", "ss -lnt '( sport = :80 )'", "ss -lnt src 192.0.2.21",
        "ss -lnt -F filters.txt", "ss -lntu | head -4", "ss -lntu state listening",
    ],
)  # fmt: skip
def test_a_list_that_was_narrowed_shows_all_of_nothing(command: str) -> None:
    text = f"[root@rs1 ~]# {command}\nLISTEN 0 128 0.0.0.0:80 0.0.0.0:*\n"
    if "tu" in command:
        text = text.replace("LISTEN", "tcp LISTEN")
    node = node_of(text)
    assert node.partial("sockets") is not None
    assert (len(node.evidence["sockets"].sockets), node.evidence["sockets"].shown) == (1, frozenset())


def test_rows_without_their_header_may_be_a_part() -> None:
    assert partial_of("LISTEN 0 128 0.0.0.0:80 0.0.0.0:*\n") == "the beginning of the output is missing"
    assert partial_of("tcp LISTEN 0 128 0.0.0.0:80 0.0.0.0:*\n") == "the beginning of the output is missing"
    assert partial_of("[root@rs1 ~]# ss -Hlnt\nLISTEN 0 128 0.0.0.0:80 0.0.0.0:*\n") == ""
    assert partial_of(NETSTAT.partition("name\n")[2]) == "the beginning of the output is missing"
    assert partial_of(TCP.partition("\n")[2]) == "the beginning of the output is missing"


def test_a_part_of_udp_is_not_whole_beside_all_of_tcp() -> None:
    node = node_of(f"[root@rs1 ~]# ss -lnt\n{OLD_SS}", "[root@rs1 ~]# ss -lnu | grep 53\nUNCONN 0 0 *:53 *:*\n")
    assert (node.partial("sockets"), node.evidence["sockets"].shown) == (None, OF_TCP)
    assert [socket.port for socket in node.evidence["sockets"].sockets] == [80, 25, 22, 53]


@pytest.mark.parametrize("line", ["tcp   LISTEN 0      128           192.0.2", "tcp   LISTEN 0  128  0.0.0.0:80  0.0."])
def test_a_row_that_is_cut_is_unread_and_the_list_partial(line: str) -> None:
    node = node_of(f"{SS.replace('%x', '')}{line}\n")
    assert [seen.text.strip() for seen in node.unread] == [line]
    assert partial_of(f"{SS.replace('%x', '')}{line}\n") == "this line was not understood"


def test_names_are_addresses_and_ports_that_are_not_known() -> None:
    (table,) = drive(Ss, OLD_SS.replace(":80 ", ":http ").replace("127.0.0.1:25", "localhost:smtp"))["sockets"]
    assert [(socket.ip and str(socket.ip), socket.port) for socket in table.sockets] == [
        ("0.0.0.0", None), (None, None), ("::", 22),
    ]  # fmt: skip


@pytest.mark.parametrize("command", ["ss -tn", "ss -lx", "ss -N blue -lnt", "ss -tn state established"])
def test_what_lists_no_socket_that_listens_here_is_no_list_of_them(command: str) -> None:
    node = node_of(f"[root@rs1 ~]# {command}\n{OLD_SS}")
    assert "sockets" not in node.evidence
    assert [kind.kind for kind in node.unread_kinds] == ["sockets"]


def test_connections_alone_are_no_list_of_sockets_that_listen() -> None:
    node = node_of("State Recv-Q Send-Q Local Address:Port Peer Address:Port\nESTAB 0 0 192.0.2.21:22 192.0.2.9:4711\n")
    assert "sockets" not in node.evidence
    first = node.unread_kinds[0]
    assert (first, first.hides) == (Unread("sockets", "a list of sockets", first.seen), frozenset())


def test_raw_sockets_are_not_taken_for_udp() -> None:
    assert drive(Ss, "State Recv-Q Send-Q Local Address:Port Peer Address:Port\nUNCONN 0 0 *:58 *:*").facts == set()
    assert drive(ProcNetSockets, "\n".join(UDP.splitlines()[:2])).facts == set()


def test_details_on_a_line_of_their_own_belong_to_the_row_above() -> None:
    text = SS.replace("%x", "").replace("    users", "\nusers").replace("\nPeer", " Peer")
    text = "\n".join(line if "users" not in line else f"{line}\n\t skmem:(r0,rb212992,t0)" for line in text.split("\n"))
    found = drive(Ss, text)
    assert [socket.process for socket in found["sockets"][0].sockets][-1] == "sshd"
    assert (found.refused, found.unread) == ((), [])


def test_netstat_does_not_tell_links_nor_what_an_ipv6_socket_takes() -> None:
    found = drive(Netstat, NETSTAT)
    (table,) = found["sockets"]
    assert list(map(words, table.sockets)) == [
        ("tcp", "192.0.2.21:80", 4, None, None, "nginx: master"),
        ("tcp", "[::]:22", 6, None, None, "sshd"),
        ("udp", "0.0.0.0:68", 4, None, None, "dhclient"),
        ("udp", "?:546", 6, None, None, ""),
    ]
    assert (found.refused, found.unread, table.shown) == ((), [], OF_TCP | OF_UDP)


@pytest.mark.parametrize(
    ("command", "shown"),
    [("netstat -lntup", OF_TCP | OF_UDP), ("netstat -lnt", OF_TCP), ("netstat -an", OF_TCP | OF_UDP),
     ("netstat -ltn4", {("tcp", 4)}), ("netstat -plnt --inet6", {("tcp", 6)})],
)  # fmt: skip
def test_netstat_shows_all_that_its_command_asks_for(command: str, shown: set[object]) -> None:
    assert table_of(f"[root@rs1 ~]# {command}\n{NETSTAT}").shown == shown


def test_netstat_without_servers_lists_none_that_listens() -> None:
    text = NETSTAT.replace("only servers", "w/o servers", 1).replace("LISTEN ", "ESTABLISHED ").replace(
        "udp ", "raw "
    ).replace("udp6", "raw6")  # fmt: skip
    assert drive(Netstat, text).facts == set()
    assert drive(Netstat, NETSTAT, command="netstat -nt").facts == set()


def test_a_file_of_proc_is_of_one_protocol_and_family() -> None:
    (tcp,) = drive(ProcNetSockets, TCP)["sockets"]
    (tcp6,) = drive(ProcNetSockets, TCP6)["sockets"]
    (udp,) = drive(ProcNetSockets, UDP)["sockets"]
    assert [words(socket)[:5] for socket in (*tcp.sockets, *tcp6.sockets, *udp.sockets)] == [
        ("tcp", "127.0.0.1:631", 4, None, None),
        ("tcp", "192.0.2.21:80", 4, None, None),
        ("tcp", "[::]:22", 6, None, None),
        ("tcp", "[2001:db8::21]:443", 6, None, None),
        ("udp", "0.0.0.0:53", 4, None, None),
        ("udp", "0.0.0.0:5353", 4, None, None),
    ]
    assert [sorted(table.shown) for table in (tcp, tcp6, udp)] == [[("tcp", 4)], [("tcp", 6)], [("udp", 4)]]
    assert table_of(TCP, TCP6, UDP).shown == {("tcp", 4), ("tcp", 6), ("udp", 4)}
    assert table_of(TCP + TCP6 + UDP).shown == {("tcp", 4), ("tcp", 6), ("udp", 4)}


def test_a_loopback_address_tells_the_byte_order_and_without_one_both_readings_stand() -> None:
    (little,) = drive(ProcNetSockets, TCP)["sockets"]
    (big,) = drive(ProcNetSockets, TCP.replace("0100007F", "7F000001").replace("150200C0", "C0000215"))["sockets"]
    (open_,) = drive(ProcNetSockets, TCP.replace("0100007F", "00000000"))["sockets"]
    assert [str(table.sockets[1].ip) for table in (little, big, open_)] == ["192.0.2.21"] * 3
    assert [table.sockets[1].other_order for table in (little, big)] == [None, None]
    assert [str(socket.other_order) for socket in open_.sockets] == ["None", "21.2.0.192"]


def test_what_a_process_in_another_namespace_has_is_not_this_host_s() -> None:
    assert "sockets" not in node_of(f"[root@rs1 ~]# cat /proc/4711/net/tcp\n{TCP}").evidence
    assert "sockets" in node_of(f"[root@rs1 ~]# cat /proc/1/net/tcp\n{TCP}").evidence


def test_what_ss_tells_of_a_socket_stands_for_the_row_of_netstat() -> None:
    ss = "Netid State Recv-Q Send-Q Local Address:Port Peer Address:Port\ntcp LISTEN 0 128 [::]:22 [::]:*\n"
    rows = table_of(NETSTAT, ss + "tcp LISTEN 0 9 192.0.2.21:80 0.0.0.0:*\n").sockets
    assert [socket.v6only for socket in rows if socket.port == 22] == [True]


def test_a_list_that_is_read_is_no_sign_any_more() -> None:
    for text in (SS.replace("%x", ""), OLD_SS, NETSTAT, TCP):
        assert node_of(text).unread_kinds == ()


@pytest.mark.parametrize(
    "line",
    [
        "tcp LISTEN 0 128 0.0.0.0:99999 0.0.0.0:*", "tcp LISTEN 0 128 :80 0.0.0.0:*", "tcp LISTEN 0 128 0.0.0.0:80 *",
        "tcp LISTEN 0 128 0.0.0.0%a/b:80 0.0.0.0:*", "LISTEN", "tcp", "udp UNCONN 0 0 0.0.0.0:53", "tcp LISTEN x y z w",
    ],
)  # fmt: skip
def test_no_hostile_row_becomes_a_socket(line: str) -> None:
    found = drive(Ss, SS.replace("%x", "") + line)
    assert (len(found["sockets"][0].sockets), found.unread) == (6, [line])
