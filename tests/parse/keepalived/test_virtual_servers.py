"""virtual_server blocks become the rows that keepalived programs (tests/lab/test_whatif.py asks it itself)."""

import pytest

from lvsdoctor.model.ipvs import Forwarding, VirtualService
from lvsdoctor.parse.ipvs.ipvsadm_save import IpvsadmSave
from lvsdoctor.parse.keepalived import KeepalivedConf, keepalived_conf
from tests.parse.driving_ipvs import drive

RS = "real_server 192.0.2.21 80 { }"


def conf(text: str) -> KeepalivedConf:
    return keepalived_conf(text, "keepalived.conf", "lb1")


def server(words: str, head: str = "192.0.2.10 80") -> VirtualService:
    found = conf(f"virtual_server {head} {{\n{words}\n}}\n")
    assert found.unread == ()
    return found.services[0]


def test_what_nobody_wrote_is_keepalived_s_default_and_not_ipvsadm_s() -> None:
    row = server("real_server 192.0.2.21 { }")
    assert (row.protocol, row.scheduler, row.persistent) == ("udp", "wlc", 0)
    real = row.destinations[0]
    assert (real.forwarding, real.method, real.weight, real.port) == (Forwarding.NAT, "Masq", 1, 80)


def test_every_row_quotes_its_line() -> None:
    found = conf("virtual_server 192.0.2.10 80 {\n lb_kind DR\n real_server 192.0.2.21 80\n {\n }\n}\n")
    row = found.services[0]
    assert (str(row.seen), row.seen.text) == ("keepalived.conf:1", "virtual_server 192.0.2.10 80 {")
    assert (str(row.destinations[0].seen), row.destinations[0].seen.text) == (
        "keepalived.conf:3",
        " real_server 192.0.2.21 80",
    )


@pytest.mark.parametrize(
    ("text", "saved"),
    [
        (
            "192.0.2.10 80 { protocol TCP\n lb_algo wrr\n lb_kind DR\n real_server 192.0.2.21 80 { weight 3\n"
            "TCP_CHECK { connect_timeout 3 } } real_server 192.0.2.22 { lvs_method TUN } }",
            "-A -t 192.0.2.10:80 -s wrr\n-a -t 192.0.2.10:80 -r 192.0.2.21:80 -g -w 3\n"
            "-a -t 192.0.2.10:80 -r 192.0.2.22:80 -i -w 1",
        ),
        # Only masquerading can change the port: the others get that of the virtual server.
        (
            "192.0.2.10 80 { protocol TCP\n real_server 192.0.2.21 8080 { }\n"
            "real_server 192.0.2.22 8080 { lvs_method DR } }",
            "-A -t 192.0.2.10:80 -s wlc\n-a -t 192.0.2.10:80 -r 192.0.2.21:8080 -m -w 1\n"
            "-a -t 192.0.2.10:80 -r 192.0.2.22:80 -g -w 1",
        ),
        # Without a port it is persistent, for else the kernel would refuse it.
        (
            "192.0.2.10 { protocol tcp\n lb_kind DR\n real_server 192.0.2.21 { } }",
            "-A -t 192.0.2.10:0 -s wlc -p 360\n-a -t 192.0.2.10:0 -r 192.0.2.21:0 -g -w 1",
        ),
        (
            "192.0.2.10 53 { ops\n lvs_sched sh\n sh-port\n sh-fallback\n mh-port\n"
            "persistence_granularity 255.255.255.0\n real_server 192.0.2.21 53 { } }",
            "-A -u 192.0.2.10:53 -s sh -p 360 -M 255.255.255.0 -o -b sh-fallback,sh-port\n"
            "-a -u 192.0.2.10:53 -r 192.0.2.21:53 -m -w 1",
        ),
        # One-packet scheduling is UDP's, and 0 is no timeout.
        (
            "192.0.2.10 80 { ops\n protocol TCP\n persistence_timeout 50\n weight 7\n real_server 192.0.2.21 80 { } }",
            "-A -t 192.0.2.10:80 -s wlc -p 50\n-a -t 192.0.2.10:80 -r 192.0.2.21:80 -m -w 7",
        ),
        (
            "fwmark 5 { lvs_method DR\n persistence_timeout\n real_server 192.0.2.21 80 { }\n"
            "real_server 192.0.2.22 80 { lvs_method NAT } }",
            "-A -f 5 -s wlc -p 360\n-a -f 5 -r 192.0.2.21:0 -g -w 1\n-a -f 5 -r 192.0.2.22:80 -m -w 1",
        ),
        (
            "fwmark 6 { lvs_method TUN\n real_server 2001:db8::21 { } }",
            "-A -f 6 -6 -s wlc\n-a -f 6 -6 -r [2001:db8::21]:0 -i -w 1",
        ),
        (
            "2001:db8::10 80 { protocol SCTP\n persistence_granularity 64\n"
            "real_server 192.0.2.22 80 { lvs_method TUN type gue port 6080 } }",
            "-A --sctp-service [2001:db8::10]:80 -s wlc -p 360 -M 64\n"
            "-a --sctp-service [2001:db8::10]:80 -r 192.0.2.22:80 -i -w 1 --tun-type gue --tun-port 6080",
        ),
        (
            "192.0.2.10 80 { protocol TCP\n real_server 192.0.2.21 80 { uthreshold 100\n lthreshold 10\n weight 0 } }",
            "-A -t 192.0.2.10:80 -s wlc\n-a -t 192.0.2.10:80 -r 192.0.2.21:80 -m -w 0 -x 100 -y 10",
        ),
    ],
)
def test_a_block_is_what_ipvsadm_would_say(text: str, saved: str) -> None:
    found = conf(f"virtual_server {text}")
    assert found.unread == ()
    expected = drive(IpvsadmSave, saved).rows("ipvs")
    assert plain(found.services) == plain(expected)


def plain(rows: tuple[VirtualService, ...]) -> list[object]:
    return [
        (
            (row.key, row.family, row.fwmark, row.scheduler, row.persistent, row.netmask, row.flags),
            [
                (real.ip, real.port, real.forwarding, real.method, real.weight, real.upper_threshold,
                 real.lower_threshold, real.tunnel_type, real.tunnel_port)
                for real in row.destinations
            ],
        )
        for row in rows
    ]  # fmt: skip


def test_a_group_stands_for_each_of_its_addresses_and_marks() -> None:
    found = conf(
        "virtual_server_group G {\n 192.0.2.10 80\n 192.0.2.50-51 443\n 192.0.2.254-192.0.3.0 443\n 192.0.2.8/31 80\n"
        " fwmark 7\n}\nvirtual_server group G {\n protocol TCP\n lb_kind DR\n real_server 192.0.2.21 { }\n}\n"
    )
    assert found.unread == ()
    assert [str(row) for row in found.services] == [
        "tcp 192.0.2.10:80", "tcp 192.0.2.50:443", "tcp 192.0.2.51:443", "tcp 192.0.2.254:443", "tcp 192.0.2.255:443",
        "tcp 192.0.3.0:443", "tcp 192.0.2.8:80", "tcp 192.0.2.9:80", "fwmark 7",
    ]  # fmt: skip
    assert [row.seen.line for row in found.services] == [2, 3, 3, 4, 4, 4, 5, 5, 6]
    assert [row.destinations[0].port for row in found.services] == [80, 443, 443, 443, 443, 443, 80, 80, 0]


def test_a_port_that_direct_routing_cannot_have_is_the_service_s_and_is_kept_beside_it() -> None:
    (direct,) = server("lb_kind DR\nprotocol TCP\nreal_server 192.0.2.21 8000 { }").destinations
    assert (direct.port, direct.asked_port) == (80, 8000)
    (marked,) = server("lb_kind TUN\nreal_server 192.0.2.21 8000 { }", head="fwmark 1").destinations
    assert (marked.port, marked.asked_port) == (0, 8000)
    (nat,) = server("lb_kind NAT\nreal_server 192.0.2.21 8000 { }").destinations
    assert (nat.port, nat.asked_port) == (8000, None)


def test_the_port_is_that_of_a_group_s_address_too() -> None:
    group = "virtual_server_group web {\n192.0.2.10 80\n}\n"
    (service,) = conf(group + "virtual_server group web {\nlb_kind DR\nreal_server 192.0.2.21 8000 { }\n}").services
    assert [(real.port, real.asked_port) for real in service.destinations] == [(80, 8000)]


def test_a_range_without_end_is_left_out_and_told() -> None:
    found = conf(f"virtual_server_group G {{\n 2001:db8::/64 80\n 192.0.2.1 80\n}}\nvirtual_server group G {{ {RS} }}")
    assert [str(row) for row in found.services] == ["udp 192.0.2.1:80"]
    assert [(why, [seen.line for seen in rows]) for why, rows in found.left_out] == [
        ("a range of more addresses than are followed", [2])
    ]


def test_a_second_block_of_one_service_adds_its_real_servers() -> None:
    text = "virtual_server 192.0.2.10 80 {{ lb_kind {} \n real_server 192.0.2.{} 80 {{ }} }}\n"
    found = conf(text.format("DR", 21) + text.format("NAT", 21) + text.format("NAT", 22))
    assert [[(str(d.ip), d.method) for d in row.destinations] for row in found.services] == [
        [("192.0.2.21", "Route"), ("192.0.2.22", "Masq")]
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("virtual_server 192.0.2.10 80 { }", "keepalived ignores a virtual server that has no real servers"),
        (
            f"virtual_server 192.0.2.10 80 {{ {RS} \nreal_server 2001:db8::21 80 {{ }} }}",
            "keepalived ignores a real server of another address family",
        ),
        (
            f"virtual_server 192.0.2.10 80 {{ {RS} sorry_server 192.0.2.99 80 }}",
            "no sorry server is in use while real servers are healthy",
        ),
        ("include x", "an include is not followed: what that file would add is missing here"),
    ],
)
def test_what_is_not_followed_is_told_with_its_line(text: str, why: str) -> None:
    found = conf("\n" + text)
    assert [(said, [seen.line for seen in rows]) for said, rows in found.left_out] == [(why, [text.count("\n") + 2])]
    assert found.unread == ()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"virtual_server 192.0.2.10 80 {{ {RS}\n surprise 1\n}}", 2),
        (f"virtual_server 192.0.2.10 80 {{ {RS}\n protocol AH\n}}", 2),
        (f"virtual_server 192.0.2.10 80 {{ {RS}\n weight heavy\n}}", 2),
        ("virtual_server 192.0.2.10 80 { real_server 192.0.2.21 80 {\n surprise\n} }", 2),
        ("virtual_server host.example 80 { }", 1),
        ("virtual_server group UNKNOWN { }", 1),
        ("surprise { }", 1),
        ("vrrp_script x {\n script y\n\nvirtual_server 192.0.2.10 80 {\n}\n}", 4),
        ("a {\n}\n}", 3),
    ],
)
def test_what_nobody_understands_is_unread(text: str, line: int) -> None:
    assert line in [seen.line for seen in conf(text).unread]


def test_a_dialect_s_forwarding_is_not_taken_for_one_of_ours() -> None:
    found = conf(f"virtual_server 192.0.2.10 80 {{\n lb_kind FNAT\n{RS}\n}}")
    real = found.services[0].destinations[0]
    assert (real.forwarding, real.method) == (None, "FNAT")
    assert [seen.line for seen in found.unread] == [2]


def test_words_behind_the_port_and_a_method_that_keepalived_does_not_know() -> None:
    text = "virtual_server 192.0.2.10 80 80 {\nlb_kind nat\nreal_server 192.0.2.21 8080 {\n}\n}\n"
    (service,) = keepalived_conf(text, "k.conf").services
    assert (service.port, [(str(real.ip), real.port) for real in service.destinations]) == (80, [("192.0.2.21", 8080)])


@pytest.mark.parametrize("line", ["~SEQ(n, first, last) TCP_CHECK", "include checks.conf"])
def test_a_line_that_may_hold_a_check_is_told_with_its_real_server(line: str) -> None:
    servers = f"real_server 192.0.2.21 80 {{\n{line}\n}}\nreal_server 192.0.2.22 80 {{\n}}\n"
    text = f"virtual_server 192.0.2.10 80 {{\n{servers}}}\n"
    (checked,) = keepalived_conf(text, "k.conf").checks
    assert [server.unread.line if server.unread else None for server in checked.servers] == [3, None]
