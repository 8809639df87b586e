"""/proc/net/ip_vs (the table below is that of Linux 6.1, HZ=100)."""

import time
from ipaddress import ip_address

import pytest

from lvsdoctor.model.ipvs import Forwarding, VirtualService
from lvsdoctor.parse.ipvs.ipvsadm_list import IpvsadmList
from lvsdoctor.parse.ipvs.proc_ip_vs import ProcIpVs
from tests.parse.driving_ipvs import drive, of_corpus, read, unread_of

SHARED_HEADER = "IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port Scheduler Flags\n"
HEADER = SHARED_HEADER + "  -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n"
ROWS = """\
TCP  C000020A:0050 wrr  persistent 30000 FFFFFF00
  -> C6336402:1F90      Masq    1      0          0
  -> C6336401:0050      Route   3      4          5
UDP  C000020A:0035 sh ops
TCP  [2001:0db8:0000:0000:0000:0000:0000:0010]:0050 rr persistent 30000 40000000
  -> C6336401:0050      Tunnel  1      0          0
  -> [2001:0db8:1234:5678:9abc:def0:1234:5678]:8080      Local   1      0          0
FWM  10001000 rr ops
FWM  00000001 rr
  -> [2001:0db8:0000:0000:0000:0000:0000:0001]:0000      Route   1      0          0
"""


def services(text: str) -> tuple[VirtualService, ...]:
    return tuple(read(IpvsadmList, text).facts["ipvs"])


def test_hexadecimal_addresses_and_ports_are_read() -> None:
    web, _dns, six, *_ = services(HEADER + ROWS)
    assert (str(web.vip), web.port, web.protocol, web.scheduler, web.seen.line) == ("192.0.2.10", 80, "tcp", "wrr", 4)
    masq, route = web.destinations
    assert (str(masq.ip), masq.port, masq.forwarding) == ("198.51.100.2", 8080, Forwarding.NAT)
    assert (route.weight, route.active, route.inactive, route.seen.line) == (3, 4, 5, 6)
    assert (six.vip, six.port, six.family) == (ip_address("2001:db8::10"), 80, 6)
    tunnel, local = six.destinations
    assert (str(tunnel.ip), tunnel.forwarding) == ("198.51.100.1", Forwarding.TUN)
    assert (local.ip, local.port, local.forwarding) == (
        ip_address("2001:db8:1234:5678:9abc:def0:1234:5678"), 0x8080, Forwarding.LOCAL,
    )  # fmt: skip


def test_flags_are_read() -> None:
    assert services(HEADER + ROWS)[1].flags == ("ops",)


def test_a_mark_is_hexadecimal_and_its_real_servers_tell_the_family() -> None:
    *_, big, one = services(HEADER + ROWS)
    assert (big.fwmark, big.family, big.flags) == (0x10001000, 4, ("ops",))
    assert (one.fwmark, one.family, str(one)) == (1, 6, "fwmark 1 IPv6")


def test_the_timeout_is_in_jiffies_so_that_its_seconds_are_a_lower_bound() -> None:
    web, _dns, six, *_ = services(HEADER + ROWS)
    assert (web.persistent, web.netmask, web.flags) == (30, "255.255.255.0", ("persistent 30000 jiffies",))
    assert (six.persistent, six.netmask) == (30, "64")


@pytest.mark.parametrize(
    ("mask", "netmask"), [("FFFFFFFF", ""), ("80000000", ""), ("30000000", "48"), ("FFFF0000", "255.255.0.0")]
)
def test_the_mask_of_one_client_is_none(mask: str, netmask: str) -> None:
    (service,) = services(f"{HEADER}TCP  C000020A:0050 rr persistent 5000 {mask}\n")
    assert service.netmask == netmask


def test_the_headers_that_ipvsadm_prints_as_well_are_left_to_its_reader() -> None:
    assert all(IpvsadmList.starts(line) and not ProcIpVs.starts(line) for line in SHARED_HEADER.splitlines())


@pytest.mark.parametrize(
    "line",
    [
        "  -> RemoteAddress:Port Forward Weight ActiveConn InActConn",
        "TCP  C000020A:0050 wrr  ",
        "UDP  C000020A:0035 sh ops  ",
    ],
)
def test_a_line_of_the_kernel_alone_starts_it(line: str) -> None:
    assert ProcIpVs.starts(line)
    assert not IpvsadmList.starts(line)


@pytest.mark.parametrize(
    "line",
    ["TCP  192.0.2.10:80 rr", "  -> C6336401:0050      Route   1      0          0", "FWM  1 rr", "C000020A:0050 x"],
)
def test_other_lines_do_not_start_it(line: str) -> None:
    assert not ProcIpVs.starts(line)


def test_a_table_whose_beginning_was_cut_off_is_read() -> None:
    account = drive(ProcIpVs, ROWS)
    assert account.refused == []
    assert [row.port for row in account.rows("ipvs")] == [80, 53, 80, None, None]


def test_a_decimal_table_is_not_taken_for_a_hexadecimal_one() -> None:
    text = (
        SHARED_HEADER
        + "  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n"
        + "TCP  [2001:1db8:1234:5678:9abc:def1:1234:5678]:8080 rr\nFWM  10001000 rr\n"
    )
    six, mark = services(text)
    assert (six.port, mark.fwmark) == (8080, 10001000)


def test_real_servers_without_a_service_go_to_unread() -> None:
    row = "  -> C6336401:0050      Route   1      0          0"
    assert unread_of(read(IpvsadmList, f"{HEADER}{row}\n")) == [(4, row)]


@pytest.mark.parametrize(
    "line",
    [
        "TCP  C000020A:00500 rr",
        "TCP  C000020:0050 rr",
        "FWM  100000000 x",
        "TCP  [zz]:0050 rr",
        "TCP  ²²²²²²²²:0050 rr",
    ],
)
def test_absurd_lines_are_survived(line: str) -> None:
    drive(ProcIpVs, f"TCP  C000020A:0050 wrr\n{line}\n")


@of_corpus("proc-net-ip_vs/*", "sosreport-tree/*/proc/*/net/ip_vs")
def test_no_line_of_the_corpus_is_lost(text: str) -> None:
    headers = ("IP Virtual Server version", "Prot LocalAddress:Port", "-> RemoteAddress:Port")
    for kind in (IpvsadmList, ProcIpVs):
        account = drive(kind, text)
        assert [line for line in account.silent if not line.strip().startswith(headers)] == []


@of_corpus("proc-net-ip_vs/*production*")
def test_a_table_of_thousands_is_read_in_a_moment(text: str) -> None:
    begun = time.process_time()
    account = drive(IpvsadmList, text)
    assert time.process_time() - begun < 30  # 0.06 s on the machine it was written on; what is quadratic takes longer
    assert (account.unread, account.refused, len(account.rows("ipvs"))) == ([], [], 1597)
    assert sum(len(row.destinations) for row in account.rows("ipvs")) == 6204 - 3 - 1597
