"""ipvsadm-save, and the lines of scripts (the first dump is ipvsadm 1.31's own)."""

import time
from ipaddress import ip_address

import pytest

from lvsdoctor.model.ipvs import Destination, Forwarding, VirtualService
from lvsdoctor.parse.ipvs.ipvsadm_list import IpvsadmList
from lvsdoctor.parse.ipvs.ipvsadm_save import IpvsadmSave
from tests.parse.driving_ipvs import drive, of_corpus, read, unread_of

SAVED = """\
-A -t 192.0.2.10:80 -s wrr -p 300 -M 255.255.255.0
-a -t 192.0.2.10:80 -r 198.51.100.1:80 -g -w 3
-a -t 192.0.2.10:80 -r 198.51.100.2:8080 -m -w 1 -x 100 -y 50
-a -t 192.0.2.10:80 -r 198.51.100.3:80 -i -w 1 --tun-type ipip
-a -t 192.0.2.10:80 -r 198.51.100.4:80 -i -w 0 --tun-type gue --tun-port 6080 --tun-remcsum
-A -u 192.0.2.10:53 -s sh -o -b sh-fallback,sh-port
-A -u 192.0.2.10:5060 -s mh -p 60 --pe sip -b mh-fallback
-A --sctp-service 192.0.2.12:9 -s sed
-A -t [2001:db8::10]:80 -s rr -p 300 -M 64
-a -t [2001:db8::10]:80 -r [2001:db8::1]:80 -g -w 1
-A -f 1 -s rr
-a -f 1 -r 198.51.100.1:0 -g -w 1
-A -f 1 -6 -s rr -p 50
-a -f 1 -6 -r [2001:db8::1]:0 -g -w 1
"""


def services(text: str) -> tuple[VirtualService, ...]:
    return tuple(read(IpvsadmSave, text).facts["ipvs"])


def destination(options: str) -> Destination:
    (service,) = services(f"-A -t 192.0.2.10:80 -s rr\n-a -t 192.0.2.10:80 {options}")
    (row,) = service.destinations
    return row


def test_a_service_is_read_with_its_line_and_its_flags() -> None:
    web, dns, sip, sctp, six, mark, mark_six = services(SAVED)
    assert (web.protocol, str(web.vip), web.port, web.scheduler, web.seen.line) == ("tcp", "192.0.2.10", 80, "wrr", 1)
    assert (web.persistent, web.netmask, web.flags, web.shown) == (300, "255.255.255.0", (), "")
    assert (dns.protocol, dns.flags) == ("udp", ("sh-fallback", "sh-port", "ops"))
    assert (sip.persistent, sip.flags) == (60, ("mh-fallback", "pe sip"))
    assert (sctp.protocol, sctp.port) == ("sctp", 9)
    assert (six.vip, six.family, six.netmask) == (ip_address("2001:db8::10"), 6, "64")
    assert (mark.fwmark, mark.family, mark.persistent, str(mark)) == (1, 4, 0, "fwmark 1")
    assert (mark_six.fwmark, mark_six.family, mark_six.persistent) == (1, 6, 50)


def test_a_real_server_is_read_with_its_options() -> None:
    dr, nat, tun, gue = services(SAVED)[0].destinations
    assert (str(dr.ip), dr.port, dr.seen.line) == ("198.51.100.1", 80, 2)
    assert (dr.forwarding, dr.method, dr.weight, dr.active) == (Forwarding.DR, "Route", 3, None)
    assert (nat.forwarding, nat.port, nat.upper_threshold, nat.lower_threshold) == (Forwarding.NAT, 8080, 100, 50)
    assert (tun.forwarding, tun.tunnel_type, tun.tunnel_port) == (Forwarding.TUN, "ipip", 0)
    assert (gue.tunnel_type, gue.tunnel_port, gue.weight) == ("gue", 6080, 0)


def test_a_real_server_goes_to_the_service_of_its_family() -> None:
    *_, mark, mark_six = services(SAVED)
    assert [row.seen.line for row in mark.destinations] == [12]
    assert [row.seen.line for row in mark_six.destinations] == [14]


def test_the_listing_of_the_same_table_has_the_same_services() -> None:
    listed = """\
TCP  192.0.2.10:80 wrr persistent 300 mask 255.255.255.0
UDP  192.0.2.10:53 sh (sh-fallback,sh-port) ops
UDP  192.0.2.10:5060 mh (mh-fallback) persistent 60 pe sip
SCTP 192.0.2.12:9 sed
TCP  [2001:db8::10]:80 rr persistent 300 mask 64
FWM  1 rr
FWM  1 IPv6 rr persistent 50
"""

    def shown(row: VirtualService) -> tuple[object, ...]:
        return row.key, row.family, row.scheduler, row.persistent, row.netmask, row.flags

    assert [shown(row) for row in read(IpvsadmList, listed).facts["ipvs"]] == [shown(row) for row in services(SAVED)]


def test_forwarding_is_dr_where_nothing_else_is_given() -> None:
    row = destination("-r 198.51.100.1:80")
    assert (row.forwarding, row.weight, row.tunnel_type) == (Forwarding.DR, 1, "ipip")


def test_a_real_server_without_a_port_has_that_of_the_service() -> None:
    assert destination("-r 198.51.100.1 -m").port == 80
    (service,) = services("-A -f 7 -s rr\n-a -f 7 -r 198.51.100.1")
    assert service.destinations[0].port == 0


def test_a_service_without_a_scheduler_or_a_timeout_has_those_of_ipvsadm() -> None:
    (service,) = services("-A -t 192.0.2.10:80 -p")
    assert (service.scheduler, service.persistent) == ("wlc", 360)


def test_the_mask_of_one_client_is_none() -> None:
    (service,) = services("-A -t 192.0.2.10:80 -s rr -p 300 -M 255.255.255.255")
    assert service.netmask == ""


def test_a_large_mark_is_printed_as_a_negative_number() -> None:
    (service,) = services("-A -f -1 -s rr\n-a -f -1 -r 198.51.100.1:0 -g -w 1")
    assert (service.fwmark, str(service), len(service.destinations)) == (2**32 - 1, "fwmark 4294967295", 1)


def test_a_method_that_ipvsadm_has_no_option_for_is_bypass() -> None:
    row = destination("-r 198.51.100.1:80 (null) -w 1")
    assert (row.forwarding, row.method, row.weight) == (Forwarding.BYPASS, "Bypass", 1)


@pytest.mark.parametrize(
    "commands",
    [
        "ipvsadm -A -t 192.0.2.10:80 -s rr\nipvsadm -a -t 192.0.2.10:80 -r 198.51.100.1:80 -i -w 2",
        "sudo /sbin/ipvsadm -At 192.0.2.10:80 -s rr # web\n  sudo /sbin/ipvsadm -at 192.0.2.10:80 -r 198.51.100.1 -iw2",
        "ipvsadm --add-service --tcp-service 192.0.2.10:http --scheduler=rr\n"
        "ipvsadm --add-server --tcp-service 192.0.2.10:http --real-server 198.51.100.1:http --ipip --weight 2",
        "-A -s rr -t 192.0.2.10:80\n-a -w 2 -i -r 198.51.100.1:80 -t 192.0.2.10:80",
    ],
)
def test_commands_and_other_spellings_are_read(commands: str) -> None:
    (service,) = services(commands)
    (row,) = service.destinations
    assert (str(service.vip), service.port, service.scheduler) == ("192.0.2.10", 80, "rr")
    assert (str(row.ip), row.port, row.forwarding, row.weight) == ("198.51.100.1", 80, Forwarding.TUN, 2)


def test_names_are_kept() -> None:
    (service,) = services("-A -t gateway:mysql -s rr\n-a -t gateway:mysql -r rs1:mysql -m -w 1")
    (row,) = service.destinations
    assert (service.vip, service.port, service.shown) == (None, 3306, "gateway:mysql")
    assert (row.ip, row.port, row.shown) == (None, 3306, "rs1:mysql")


def test_a_fragment_makes_its_service_from_the_line_of_the_real_server() -> None:
    line = "-a -t 192.0.2.10:80 -r 198.51.100.1:80 -g -w 1"
    (service,) = services(line)
    assert (str(service.vip), service.port, service.scheduler, service.seen.text) == ("192.0.2.10", 80, "", line)
    assert len(service.destinations) == 1


@pytest.mark.parametrize(
    "line",
    [
        "ipvsadm -A -t $VIP:80 -s rr",
        "ipvsadm -a -t 192.0.2.10:80 -r ${RIP} -g",
        "-A -t 192.0.2.10:99999 -s rr",
        "-A -t 192.0.2.10:80 -s",
        "-A -t 192.0.2.10:80 -s rr -s wrr",
        "-A -t 192.0.2.10:80 -u 192.0.2.10:80",
        "-A -t 192.0.2.10:80 -r 198.51.100.1:80",
        "-A -t 192.0.2.10:80 --novelty",
        "-A -t 192.0.2.10:80 -p soon",
        "-A -s rr",
        "-A -f 99999999999",
        "-A -f -99999999999",
        "-A -f -0",
        "-a -t 192.0.2.10:80 -r 198.51.100.1:80 -g (null)",
        "-a -t 192.0.2.10:80 -g -w 1",
        "-a -t 192.0.2.10:80 -r 198.51.100.1:80 -g -m",
        "-a -t 192.0.2.10:80 -r 198.51.100.1:80 -w -1",
        "-a -t 192.0.2.10:80 -r 198.51.100.1:80; reboot",
        "ipvsadm -D -t 192.0.2.9:80",
        "ipvsadm -e -t 192.0.2.9:80 -r 198.51.100.1:80 -w 0",
    ],
)
def test_a_line_that_is_not_understood_goes_to_unread(line: str) -> None:
    dump = read(IpvsadmSave, f"-A -t 192.0.2.11:80 -s rr\n{line}\n")
    assert unread_of(dump) == [(2, line)]
    assert [str(row) for row in dump.facts["ipvs"]] == ["tcp 192.0.2.11:80"]


def test_a_service_added_twice_stands_once() -> None:
    dump = read(IpvsadmSave, "-A -t 192.0.2.10:80 -s rr\n-A -t 192.0.2.10:80 -s wlc\n")
    assert unread_of(dump) == [(2, "-A -t 192.0.2.10:80 -s wlc")]
    assert [row.scheduler for row in dump.facts["ipvs"]] == ["rr"]


def test_unread_lines_alone_are_no_table() -> None:
    assert read(IpvsadmSave, "ipvsadm -A -t $VIP:80 -s rr").facts == {}


@pytest.mark.parametrize(
    "line",
    [
        "-A INPUT -p tcp -j ACCEPT",
        "-A INPUT",
        "-A",
        "-a",
        "-P INPUT ACCEPT",
        "ipvsadm -Ln",
        "ipvsadm -A",
        "ipvsadm -C",
        "ipvsadm -D -t 192.0.2.10:80",
        "arptables -A INPUT -d 192.0.2.10 -j DROP",
        "ip -a -t x",
        "IP Virtual Server version 1.2.1 (size=4096)",
    ],
)
def test_these_lines_do_not_start_a_dump(line: str) -> None:
    assert not IpvsadmSave.starts(line)


ABSURD = [
    "-A -t 192.0.2.10:" + "9" * 5000,
    "-A -t " + "x" * 1_000_000,
    "-a" + " -g" * 300_000,
    "-A -" + "t" * 1_000_000,
    "-A -t \u0661:\u0662 -s rr",
    "-A -t a:\u00b2 -p \u00b2",
    "-A -t [",
    "-A -t ]:1",
    "-A -t :",
    "-a -t 192.0.2.10:80 -r :",
    "-A -f",
    "-A -t --p=",
]


@pytest.mark.parametrize("line", ABSURD)
def test_absurd_lines_are_survived(line: str) -> None:
    drive(IpvsadmSave, f"{line}\n{SAVED}{line}")


@of_corpus("ipvsadm-save/*", "cases/*/*ipvsadm-S*", "cases/*/*ipvsadm.sh")
def test_no_line_of_the_corpus_is_lost(text: str) -> None:
    assert drive(IpvsadmSave, text).silent == []


@of_corpus("ipvsadm-save/*12k*")
def test_a_table_of_thousands_is_read_in_a_moment(text: str) -> None:
    begun = time.process_time()
    account = drive(IpvsadmSave, text)
    assert time.process_time() - begun < 30  # 0.16 s on the machine it was written on; what is quadratic takes longer
    assert (account.unread, account.refused, len(account.rows("ipvs"))) == ([], [], 635)
    assert sum(len(row.destinations) for row in account.rows("ipvs")) == 12_700 - 635
