"""The connection table of IPVS (`ipvsadm -Lnc`, /proc/net/ip_vs_conn) and its sync daemons."""

from ipaddress import ip_address

import pytest

from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.model.connection import Connection, SyncDaemon
from lvsdoctor.model.node import Node
from lvsdoctor.parse.ipvs.ipvs_connections import IpvsConnections, ProcIpVsConn
from lvsdoctor.parse.ipvs.ipvs_sync import IpvsSync
from lvsdoctor.parse.paste.stream import pieces
from tests.parse.driving_ipvs import drive, of_corpus, read, unread_of

HEADER = """\
IPVS connection entries
pro expire state       source             virtual            destination
"""
PROC = "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n"


def rows(text: str) -> tuple[Connection, ...]:
    return tuple(read(IpvsConnections, HEADER + text).facts["connections"])


def node(*texts: str) -> Node:
    dumps = [
        NodeDump(piece, "lb1", "", f"{at}.txt") for at, text in enumerate(texts) for piece in pieces(text, f"{at}")
    ]
    (found,) = nodes_of(dumps)
    return found


def test_a_row_has_its_three_ends_its_state_and_its_seconds() -> None:
    (row,) = rows("TCP 14:59  ESTABLISHED 198.51.100.7:59622 192.0.2.10:8848    203.0.113.21:8849\n")
    assert (row.protocol, row.expires, row.state) == ("tcp", 899, "ESTABLISHED")
    ends = [str(end) for end in (row.client, row.virtual, row.destination)]
    assert ends == ["198.51.100.7:59622", "192.0.2.10:8848", "203.0.113.21:8849"]
    assert (row.seen.line, row.is_template) == (3, False)


def test_ipv6_marks_names_and_long_times_widen_the_columns() -> None:
    v6, mark, names, sctp, template = rows(
        "UDP 05:00  UDP         [2001:db8::7]:53000 [2001:db8::10]:53  [2001:db8:1::21]:53\n"
        "IP  14880:01 NONE      198.51.100.7:0     0.0.0.7:0          203.0.113.21:0\n"
        "TCP 01:02  FIN_WAIT    client.example.com:1029 www.example.com:http rs1.example.com:http\n"
        "SCTP 00:58  ESTABLISHED 198.51.100.7:9     192.0.2.10:9       203.0.113.21:9\n"
        "TCP 29:25  ASSURED     198.51.100.7:0     192.0.2.10:443     203.0.113.21:443\n"
    )
    assert v6.destination.ip == ip_address("2001:db8:1::21")
    assert (mark.protocol, mark.expires, mark.is_template) == ("ip", 14880 * 60 + 1, True)
    assert (names.client.ip, names.client.shown, names.virtual.port) == (None, "client.example.com:1029", 80)
    assert (sctp.protocol, template.is_template) == ("sctp", True)


def test_what_a_persistence_engine_adds_is_passed_over() -> None:
    (row,) = rows("UDP 05:55  NONE        198.51.100.7:0     192.0.2.10:5060    203.0.113.21:5060 sip a84b4c76e66710\n")
    assert row.destination.port == 5060


def test_a_row_that_a_mail_client_wrapped_is_put_together() -> None:
    first, second, third = rows(
        "TCP 14:59  ESTABLISHED 198.51.100.7:59622 192.0.2.10:8848\n203.0.113.21:8849\n"
        "TCP 14:58  ESTABLISHED 198.51.100.7:59623\n192.0.2.10:8848 203.0.113.22:8849\n"
        "TCP 14:57  ESTABLISHED 198.51.100.7:59624\n192.0.2.10:8848\n203.0.113.23:8849\n"
    )
    assert [str(row.destination) for row in (first, second, third)] == [f"203.0.113.2{at}:8849" for at in (1, 2, 3)]
    assert first.seen.text == "TCP 14:59  ESTABLISHED 198.51.100.7:59622 192.0.2.10:8848"


def test_a_row_that_lacks_an_end_is_damaged() -> None:
    cut = "TCP 00:26  ASSURED     198.51.100.7:0     192.0.2.10:443"
    dump = read(IpvsConnections, f"{HEADER}{cut}\nTCP 00:26  SYN_RECV    198.51.100.7:5     192.0.2.10:443 rs1\n")
    assert not dump.facts["connections"]
    assert (dump.unread[0].text, len(dump.unread)) == (cut, 2)


def test_a_port_that_a_terminal_broke_is_not_read_as_another() -> None:
    broken = "TCP 14:59  ESTABLISHED 198.51.100.177:59622 192.0.2.110:8848 203.0.113.121:88"
    dump = read(IpvsConnections, f"{HEADER}{broken}\n49\n")
    assert not dump.facts["connections"]
    assert [text for _, text in unread_of(dump)] == [broken, "49"]


def test_rows_without_their_header_are_read_and_may_not_be_all() -> None:
    (connections,) = (
        dump
        for piece in pieces("TCP 00:57  SYN_RECV    198.51.100.7:5     192.0.2.10:443     203.0.113.21:443\n", "x")
        for dump in [piece.dump]
    )
    assert connections.partial is not None
    assert [row.state for row in connections.facts["connections"]] == ["SYN_RECV"]


def test_a_header_alone_is_an_empty_table() -> None:
    assert node(f"# ipvsadm -Lnc\n{HEADER}").evidence["connections"] == ()


def test_the_rows_of_the_virtual_services_are_another_table() -> None:
    text = f"# ipvsadm -Ln\nTCP  192.0.2.10:80 rr\n# ipvsadm -Lnc\n{HEADER}"
    lb1 = node(text + "TCP 00:57  SYN_RECV    198.51.100.7:5     192.0.2.10:443     203.0.113.21:443\n")
    assert (len(lb1.evidence["ipvs"]), len(lb1.evidence["connections"])) == (1, 1)


def test_an_entry_that_two_lists_show_is_there_once_as_the_last_has_it() -> None:
    row = "TCP 00:57  {}    198.51.100.7:5     192.0.2.10:443     203.0.113.21:443\n"
    (only,) = node(HEADER + row.format("SYN_RECV"), HEADER + row.format("CLOSE")).evidence["connections"]
    assert only.state == "CLOSE"


def test_the_kernel_prints_addresses_and_ports_in_hexadecimal() -> None:
    v4, v6 = read(
        ProcIpVsConn,
        PROC
        + "TCP C6336407 E8E6 C000020A 0050 CB007115 1F90 ESTABLISHED     899\n"
        + "UDP 2001:0db8:0000:0000:0000:0000:0000:0007 0035 2001:0db8:0000:0000:0000:0000:0000:0010 0035 CB007115 0035"
        + " UDP             300\n",
    ).facts["connections"]
    assert [str(end) for end in (v4.client, v4.virtual, v4.destination)] == [
        "198.51.100.7:59622", "192.0.2.10:80", "203.0.113.21:8080",
    ]  # fmt: skip
    assert (v4.expires, str(v6.virtual)) == (899, "[2001:db8::10]:53")


def test_the_origin_of_a_synced_entry_is_not_its_time() -> None:
    header = "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Origin Expires\n"
    (row,) = read(
        ProcIpVsConn, header + "TCP C6336407 E8E6 C000020A 0050 CB007115 1F90 ESTABLISHED SYNC       42\n"
    ).facts["connections"]
    assert row.expires == 42


def test_a_row_of_the_kernel_that_is_cut_is_damaged() -> None:
    dump = read(ProcIpVsConn, PROC + "TCP C6336407 E8E6 C000020A 0050 CB0071\n")
    assert (dump.facts["connections"], len(dump.unread)) == ((), 1)


def test_both_daemons_have_their_settings() -> None:
    text = "master sync daemon (mcast=eth1, syncid=1, maxlen=1472, group=224.0.0.81, port=8848, ttl=1)  \n"
    text += "backup sync daemon (mcast=eth1, syncid=2)\n"
    master, backup = read(IpvsSync, text).facts["sync-daemons"]
    assert master == SyncDaemon("master", "eth1", 1, master.seen, "224.0.0.81", 8848)
    assert backup == SyncDaemon("backup", "eth1", 2, backup.seen)


def test_no_daemon_prints_nothing() -> None:
    assert node("lb1# ipvsadm -L --daemon\nlb1# \n").evidence["sync-daemons"] == ()


def test_a_daemon_that_is_cut_is_damaged() -> None:
    dump = read(IpvsSync, "master sync daemon (mcast=eth1, syn\n")
    assert (dump.facts, len(dump.unread)) == ({}, 1)


@of_corpus("ipvsadm-Lnc/*", "ipvsadm-daemon/*")
def test_of_the_corpus_every_line_is_read(text: str) -> None:
    for kind in (IpvsConnections, IpvsSync):
        account = drive(kind, text)
        assert account.unread == []
        assert len(account.rows("connections")) + len(account.rows("sync-daemons")) in (
            0,
            sum(line[:2] in ("TC", "UD", "ma", "ba") for line in text.splitlines()),
        )


@pytest.mark.parametrize("line", ["TCP", "TCP 99999999:00 X", "IP 00:00", "UDP 00:61  UDP a b c", "TCP 00:10 syn_recv"])
def test_what_is_no_row_begins_no_table(line: str) -> None:
    assert not IpvsConnections.starts(line)
