"""ipvsadm -L in all its forms (the dumps below are ipvsadm 1.31's own, on Linux 6.1, unless a test says otherwise)."""

from ipaddress import ip_address

import pytest

from lvsdoctor.model.ipvs import Counters, Destination, Forwarding, VirtualService
from lvsdoctor.parse.ipvs.ipvsadm_list import IpvsadmList
from tests.parse.driving_ipvs import drive, of_corpus, read, unread_of

HEADER = """\
IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
"""
TABLE = (
    HEADER
    + """\
TCP  192.0.2.10:80 wrr persistent 300 mask 255.255.255.0
  -> 198.51.100.1:80              Route   3      4          5
  -> 198.51.100.2:8080            Masq    1      0          0
  -> 198.51.100.3:80              Tunnel  1      0          0
UDP  192.0.2.10:53 sh (sh-fallback,sh-port) ops
UDP  192.0.2.10:5060 mh (mh-fallback) persistent 60 pe sip
SCTP 192.0.2.12:9 sed
TCP  [2001:db8::10]:80 rr persistent 300 mask 64
  -> [2001:db8:1234:5678:9abc:def0:1234:5678]:80 Route   1      0          0
FWM  1 rr
  -> 198.51.100.1:0               Local   1      0          0
FWM  1 IPv6 rr persistent 50
"""
)


def services(text: str, fact: str = "ipvs") -> tuple[VirtualService, ...]:
    return tuple(read(IpvsadmList, text).facts[fact])


def only(text: str) -> VirtualService:
    (service,) = services(text)
    return service


def destination(columns: str) -> Destination:
    (row,) = only(f"{HEADER}TCP  192.0.2.10:80 rr\n  -> {columns}").destinations
    return row


def test_a_service_is_read_with_its_line_and_its_flags() -> None:
    web, dns, sip, sctp, six, mark, mark_six = services(TABLE)
    assert (web.protocol, str(web.vip), web.port, web.scheduler, web.seen.line) == ("tcp", "192.0.2.10", 80, "wrr", 4)
    assert (web.persistent, web.netmask, web.flags) == (300, "255.255.255.0", ())
    assert (dns.protocol, dns.scheduler, dns.flags) == ("udp", "sh", ("sh-fallback", "sh-port", "ops"))
    assert (sip.flags, sip.persistent) == (("mh-fallback", "pe sip"), 60)
    assert (sctp.protocol, sctp.port, sctp.destinations) == ("sctp", 9, ())
    assert (six.vip, six.family, six.netmask) == (ip_address("2001:db8::10"), 6, "64")
    assert (mark.fwmark, mark.vip, mark.port, mark.family, str(mark)) == (1, None, None, 4, "fwmark 1")
    assert (mark_six.fwmark, mark_six.family, mark_six.persistent) == (1, 6, 50)


def test_the_same_mark_of_the_two_families_is_two_services() -> None:
    *_, mark, mark_six = services(TABLE)
    assert mark.key != mark_six.key


def test_a_real_server_is_read_with_its_columns() -> None:
    first, second, third = services(TABLE)[0].destinations
    assert (str(first.ip), first.port, first.seen.line) == ("198.51.100.1", 80, 5)
    assert (first.forwarding, first.method, first.weight) == (Forwarding.DR, "Route", 3)
    assert (first.active, first.inactive, first.shown) == (4, 5, "")
    assert (second.forwarding, second.port) == (Forwarding.NAT, 8080)
    assert third.forwarding is Forwarding.TUN
    (local,) = services(TABLE)[5].destinations
    assert (local.forwarding, local.port) == (Forwarding.LOCAL, 0)


def test_headers_alone_are_a_table_that_is_empty() -> None:
    assert read(IpvsadmList, HEADER).facts == {"ipvs": ()}


def test_the_version_alone_does_not_say_that_the_table_is_empty() -> None:
    assert read(IpvsadmList, "IP Virtual Server version 1.2.1 (size=4096)").facts == {}


def test_rows_without_any_header_are_read() -> None:
    service = only("TCP  192.0.2.10:80 rr\n  -> 198.51.100.1:80              Route   1      0          0")
    assert [str(row.ip) for row in service.destinations] == ["198.51.100.1"]


@pytest.mark.parametrize(
    "row",
    [
        "-> 198.51.100.1:80            Tunnel  1      0          0",
        "\t->  198.51.100.1:80\t\t\t\t Tunnel  1       0          0   ",
        "    -> 198.51.100.1:80 Tunnel 1 0 0",
        "->198.51.100.1:80 Tunnel 1 0 0",
        "**  -> 198.51.100.1:80 Tunnel 1 0 0**",
        "  -> 198.51.100.1:80              Tunnel  ipip          1      0          0",
        "  -> 198.51.100.1:80              Tunnel  1      0          0          inhibited",
    ],
)
def test_odd_white_space_and_marks_of_a_paste_change_nothing(row: str) -> None:
    (found,) = only(f"    **TCP 192.0.2.10:80 rr**\n{row}").destinations
    assert (str(found.ip), found.port, found.method, found.weight) == ("198.51.100.1", 80, "Tunnel", 1)
    assert (found.active, found.inactive, found.seen.text) == (0, 0, row)


def test_tun_info_tells_the_tunnel() -> None:
    gue = destination("198.51.100.4:80              Tunnel  gue:6080:r+c  1      0          0")
    assert (gue.tunnel_type, gue.tunnel_port, gue.weight) == ("gue", 6080, 1)
    gre = destination("198.51.100.4:80              Tunnel  gre:+c        2      0          0")
    assert (gre.tunnel_type, gre.tunnel_port, gre.weight) == ("gre", 0, 2)
    dr = destination("198.51.100.4:80              Route   n/a           3      0          0")
    assert (dr.tunnel_type, dr.weight) == ("ipip", 3)


def test_a_method_that_ipvsadm_has_no_word_for_is_bypass() -> None:
    row = destination("198.51.100.1:80            (null)  7      0          42")
    assert (row.forwarding, row.method, row.weight, row.inactive) == (Forwarding.BYPASS, "Bypass", 7, 42)
    assert destination("198.51.100.1:80            (null)  n/a           7      0          0").weight == 7


def test_a_large_mark_is_printed_as_a_negative_number() -> None:
    row = only(f"{HEADER}FWM  -2147483648 rr")
    assert (row.fwmark, str(row)) == (2**31, "fwmark 2147483648")
    assert only("FWM  -1 rr").fwmark == 2**32 - 1


@pytest.mark.parametrize(
    "line",
    [
        "TCP  192.0.2.10:80 rr synproxy conn-timeout 60",
        "TCP  [2001:db8::1]:80 conhash sip",
        "  -> 198.51.100.1:80            FullNat 100    0          42",
    ],
)
def test_the_table_of_another_product_is_named_and_not_read(line: str) -> None:
    dump = read(IpvsadmList, f"{HEADER}TCP  192.0.2.1:80 rr\n{line}\n")
    assert not dump.facts
    assert [unread.kind for unread in dump.unread_kinds] == ["dpvs"]


def test_the_version_of_another_product_names_its_table() -> None:
    dump = read(IpvsadmList, HEADER.replace("size=4096", "size=0") + "TCP  192.0.2.1:80 rr\n")
    assert [unread.kind for unread in dump.unread_kinds] == ["dpvs"]


WRAPPED = """\
TCP  192.0.2.10:80 wlc persistent
600
  -> 192.0.2.21:80                Route   1      0
0
  -> 192.0.2.22:80                Tunnel
1      0          3
  -> 192.0.2.23:80
Masq    2      0          4
TCP  192.0.2.10:443
wlc
  -> 192.0.2.24:443               Route   1      0          5
"""


def test_a_row_that_a_mail_client_wrapped_is_put_together() -> None:
    first, second = services(HEADER + WRAPPED)
    assert (first.persistent, second.scheduler) == (600, "wlc")
    rows = [(row.method, row.weight, row.active, row.inactive) for row in first.destinations]
    assert rows == [("Route", 1, 0, 0), ("Tunnel", 1, 0, 3), ("Masq", 2, 0, 4)]
    assert first.destinations[1].seen.text == "  -> 192.0.2.22:80                Tunnel"
    assert [row.inactive for row in second.destinations] == [5]


def test_columns_that_were_parted_within_a_number_are_damaged() -> None:
    text = HEADER + "TCP  192.0.2.10:80 rr\n  -> 192.0.2.21:80   Route   10\n0      0          3\n"
    dump = read(IpvsadmList, text)
    assert [seen.text for seen in dump.unread] == text.splitlines()[-2:]
    assert dump.facts["ipvs"][0].destinations == ()


def test_counters_that_a_mail_client_wrapped_are_put_together() -> None:
    text = "Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes\nOutBytes\n  -> RemoteAddress:Port\n"
    text += "TCP  192.0.2.10:80                   353     2387        0   425447\n7\n"
    (service,) = services(text, "ipvs-stats")
    assert service.counters == Counters(353, 2387, 0, 425447, 7)


def test_a_row_whose_end_was_cut_keeps_what_it_has() -> None:
    row = destination("198.51.100.1:80           Masq    1")
    assert (row.weight, row.active, row.inactive) == (1, None, None)


def test_names_are_kept_and_common_services_have_their_ports() -> None:
    service = only(
        "TCP  node2:postgres wlc\n  -> rs1.example.com:http  Route 1 0 0\n  -> 198.51.100.9:odd  Route 1 0 0"
    )
    named, odd = service.destinations
    assert (service.vip, service.port, service.shown) == (None, 5432, "node2:postgres")
    assert (named.ip, named.port, named.shown) == (None, 80, "rs1.example.com:http")
    assert (odd.ip, odd.port, odd.shown) == (ip_address("198.51.100.9"), None, "198.51.100.9:odd")
    assert str(service) == "node2:postgres"


@pytest.mark.parametrize("address", ["10.x.0.99:8080", "195.xxx8:8080", "vip:8080", "300.1.2.3:8080"])
def test_an_anonymised_address_is_a_name(address: str) -> None:
    service = only(f"{HEADER}TCP  {address} rr")
    assert (service.vip, service.port, service.shown) == (None, 8080, address)


def test_the_port_of_a_name_that_fills_its_column_is_not_believed() -> None:
    # ipvsadm cuts the name of a real server after 28 characters: this was port 5001.
    row = destination("198-51-100-31.dyn.isp.net:50 Route   1      0          0")
    assert (row.ip, row.port, row.shown) == (None, None, "198-51-100-31.dyn.isp.net:50")


def test_stats_are_a_fact_of_their_own() -> None:
    text = """\
IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes
  -> RemoteAddress:Port
TCP  192.0.2.10:80                     353     2387        0   425447    1135M
  -> 198.51.100.1:80                   169     1211       2K       3G       1T
FWM  1 IPv6                              1        0        0        0        0
"""
    web, mark = services(text, "ipvs-stats")
    assert web.counters == Counters(353, 2387, 0, 425447, 1_135_000_000)
    assert web.destinations[0].counters == Counters(169, 1211, 2_000, 3_000_000_000, 1_000_000_000_000)
    assert web.destinations[0].forwarding is None
    assert (mark.fwmark, mark.family, mark.counters) == (1, 6, Counters(1, 0, 0, 0, 0))
    assert "ipvs" not in read(IpvsadmList, text).facts


def test_stats_of_an_empty_table_are_empty() -> None:
    header = "Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes\n  -> RemoteAddress:Port"
    assert read(IpvsadmList, header).facts == {"ipvs-stats": ()}


def test_the_command_tells_stats_whose_header_is_missing() -> None:
    text = "TCP  192.0.2.10:80 rr\nTCP  192.0.2.10:81   1 2 3 4 5\n"
    account = drive(IpvsadmList, text, command="ipvsadm -Ln --stats")
    assert [row.port for row in account.rows("ipvs-stats")] == [81]


def test_rates_are_a_fact_of_their_own_and_say_nothing_of_the_table() -> None:
    text = """\
Prot LocalAddress:Port                 CPS    InPPS   OutPPS    InBPS   OutBPS
  -> RemoteAddress:Port
TCP  192.0.2.10:80                      54      288        0    31825        0
  -> 198.51.100.1:80                    18       95        0      10K        0
"""
    dump = read(IpvsadmList, text)
    (service,) = dump.facts["ipvs-rates"]
    assert (set(dump.facts), dump.unread, dump.unread_kinds) == ({"ipvs-rates"}, (), ())
    assert service.counters == Counters(54, 288, 0, 31825, 0)
    assert [(row.counters, row.seen.line) for row in service.destinations] == [(Counters(18, 95, 0, 10_000, 0), 4)]


def test_thresholds_are_read() -> None:
    text = """\
Prot LocalAddress:Port            Uthreshold Lthreshold ActiveConn InActConn
  -> RemoteAddress:Port
TCP  192.0.2.10:80 rr
  -> 198.51.100.1:80              10000      100        7          2
"""
    (row,) = only(text).destinations
    assert (row.upper_threshold, row.lower_threshold, row.active, row.inactive) == (10000, 100, 7, 2)
    assert (row.forwarding, row.weight) == (None, None)


def test_persistent_connections_are_read() -> None:
    text = """\
Prot LocalAddress:Port            Weight    PersistConn ActiveConn InActConn
  -> RemoteAddress:Port
TCP  192.0.2.10:80 wlc persistent 600
  -> 198.51.100.1:80              4         1           0          5
"""
    (row,) = only(text).destinations
    assert (row.weight, row.active, row.inactive, row.forwarding) == (4, 0, 5, None)


def test_a_real_server_without_a_service_goes_to_unread() -> None:
    row = "  -> 198.51.100.1:80              Route   1      0          0"
    dump = read(IpvsadmList, f"{HEADER}{row}\nTCP  192.0.2.10:80 rr\n")
    assert unread_of(dump) == [(4, row)]


@pytest.mark.parametrize(
    "service", ["TCP  192.0.2.10:99999 rr", "TCP  192.0.2.10:80", "FWM  x rr", "TCP  [2001:db8::1:80 rr"]
)
def test_real_servers_of_an_unreadable_service_are_not_given_to_the_one_above(service: str) -> None:
    row = "  -> 198.51.100.1:80              Route   1      0          0"
    dump = read(IpvsadmList, f"{HEADER}TCP  192.0.2.11:80 rr\n{service}\n{row}\n")
    assert unread_of(dump) == [(5, service), (6, row)]
    assert dump.facts["ipvs"][0].destinations == ()


@pytest.mark.parametrize(
    "row",
    [
        "  -> 198.51.100.1:80 Route",
        "  -> 198.51.100.1:80",
        "  ->",
        "  -> 198.51.100.1 Route 1 0 0",
        "  -> x:80 1 2 3 4 5",
    ],
)
def test_half_a_row_goes_to_unread(row: str) -> None:
    dump = read(IpvsadmList, f"{HEADER}TCP  192.0.2.10:80 rr\n{row}\n")
    assert unread_of(dump) == [(5, row)]


def test_the_next_header_begins_the_next_dump() -> None:
    account = drive(IpvsadmList, f"{HEADER}TCP  192.0.2.10:80 rr\n{HEADER}TCP  192.0.2.11:80 rr\n")
    assert [[str(row.vip) for row in dump.facts["ipvs"]] for dump in account.dumps] == [["192.0.2.10"], ["192.0.2.11"]]


@pytest.mark.parametrize(
    "line",
    [
        "TCP 133:35 ESTABLISHED 198.51.100.7:49715 192.0.2.10:80  198.51.100.1:80",
        "TCP  192.0.2.10:80 is not answering",
        "TCP connections to web:80 are refused",
        "UDP port:53 blocked",
        "tcp        0      0 192.0.2.10:80           0.0.0.0:*               LISTEN",
        "FWM is a mark",
        "-> 198.51.100.1:80              Route   1      0          0",
        "-A -t 192.0.2.10:80 -s rr",
        "TCP  C000020A:0050 wrr",
        "  -> RemoteAddress:Port Forward Weight ActiveConn InActConn",
        "IPVS connection entries",
        "Timeout (tcp tcpfin udp): 900 120 300",
    ],
)
def test_these_lines_do_not_start_a_table(line: str) -> None:
    assert not IpvsadmList.starts(line)


def test_connection_entries_below_are_refused() -> None:
    entry = "TCP 14:59  ESTABLISHED 198.51.100.7:59622 192.0.2.10:8848 198.51.100.8:8848"
    account = drive(IpvsadmList, f"{TABLE}IPVS connection entries\n{entry}\n")
    assert [seen.text for seen in account.refused] == ["IPVS connection entries", entry]


ABSURD = [
    "TCP  1:2 rr",
    "FWM  99999999999999999999999 rr",
    "TCP  192.0.2.1:" + "9" * 5000 + " rr",
    "  -> 192.0.2.1:80 Route " + "9" * 5000,
    "TCP  [::1]:80 r\0r",
    "->" * 500_000,
    "TCP " + "x:1 " * 250_000,
    "IP Virtual Server version " + "9" * 1_000_000,
    "Prot LocalAddress:Port",
    "TCP  a:80 rr persistent",
    "TCP  \u0661:\u0662 rr",
    "TCP  192.0.2.1:\u00b2 rr",
    "  -> 192.0.2.1:80 \u00b2 \u00b2 \u00b2 \u00b2",
    "TCP  a:80 rr persistent \u00b2 FFFFFFFF",
    "FWM  \u00b2 rr",
]


@pytest.mark.parametrize("line", ABSURD)
def test_absurd_lines_are_survived(line: str) -> None:
    drive(IpvsadmList, f"{HEADER}{line}\n{line}")
    drive(IpvsadmList, f"{line}\n{TABLE}{line}")


KINDS = ("ipvsadm", "ipvsadm-stats", "ipvsadm-rate", "ipvsadm-thresholds", "ipvsadm-persistent-conn")


@of_corpus(*(f"{kind}/*" for kind in KINDS), "cases/*/*ipvsadm-*")
def test_no_line_of_the_corpus_is_lost(text: str) -> None:
    account = drive(IpvsadmList, text)
    if any(dump.unread_kinds for dump in account.dumps):
        return  # --rate is one kind with a name, all of it
    headers = ("IP Virtual Server version", "Prot LocalAddress:Port", "-> RemoteAddress:Port", "->  RemoteAddress:Port")
    assert [line for line in account.silent if not line.strip().startswith(headers)] == []


@of_corpus("ipvsadm/*")
def test_a_plain_table_of_the_corpus_is_read_to_the_last_line(text: str) -> None:
    account = drive(IpvsadmList, text)
    assert (account.refused, account.unread, len(account.dumps)) == ([], [], 1)
