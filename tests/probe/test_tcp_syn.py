"""Which real servers are tried, how, and what is said of the others: from dumps, without a kernel."""

from collections.abc import Sequence
from ipaddress import ip_address

import pytest

from lvsdoctor.model.node import Node
from lvsdoctor.model.probe import Probe, Reply
from lvsdoctor.model.seen import Seen
from lvsdoctor.probe.accepting import duration
from lvsdoctor.probe.targets import NOBODY
from lvsdoctor.probe.tcp_syn import SynProbe, syn_probes
from tests.probe.hosts import DIRECTOR, TABLE, VIP, nodes

ME = ip_address("192.0.2.2")
MACS = {"192.0.2.21": "02:00:00:00:00:21", "192.0.2.22": "02:00:00:00:00:22"}


def asked(rip: str, *macs: str, senders: Sequence[str] = ("192.0.2.2", "0.0.0.0"), link: str = "eth0") -> Probe:
    seen = Seen("probe", None, "")
    replies = tuple(Reply(mac, seen) for mac in macs)
    return Probe(ip_address(rip), link, seen, replies, tuple(map(ip_address, senders)))


BOTH = tuple(asked(rip, mac) for rip, mac in MACS.items())


def director(table: str, host: str = DIRECTOR) -> Node:
    (node,) = nodes(table=table, lb1=host)
    return node


def only_probe(
    options: str, *, service: str = f"-t {VIP}:80", probes: Sequence[Probe] = BOTH, vips: Sequence[str] = ()
) -> SynProbe:
    """The only probe at a service's only real server."""
    table = f"-A {service} -s rr\n-a {service} {options} -w 1\n"
    ((probe,), unasked) = syn_probes(director(table), probes, map(ip_address, vips))
    assert unasked == ()
    return probe


def why_not(table: str, probes: Sequence[Probe] = BOTH, host: str = DIRECTOR) -> list[str]:
    found, unasked = syn_probes(director(table, host), probes)
    assert found == ()
    return [each.why for each in unasked]


def test_each_real_server_is_tried_at_its_own_mac_and_never_in_the_name_of_a_vip() -> None:
    found, unasked = syn_probes(director(TABLE), BOTH)
    assert unasked == ()
    assert [(str(each.rip), each.mac, each.target) for each in found] == [
        (rip, mac, "192.0.2.10:80") for rip, mac in MACS.items()
    ]
    assert {(each.sender, each.own_mac, each.link) for each in found} == {(ME, "02:00:00:00:00:02", "eth0")}
    assert len({each.sport for each in found}) == 1
    assert found[0].sport >= 61000
    assert len({each.seq for each in found}) == 2


def test_a_service_of_udp_is_tried_by_tcp_and_a_rst_is_enough() -> None:
    probe = only_probe("-r 192.0.2.21:53 -g", service=f"-u {VIP}:53")
    assert (probe.port, probe.listens) == (53, False)
    assert probe.notes == ("udp 192.0.2.10:53 is tried by TCP: where the VIP is, a RST tells so",)


def test_tcp_and_udp_of_one_port_are_one_question() -> None:
    table = "".join(f"-A {it}:53 -s rr\n-a {it}:53 -r 192.0.2.21:53 -g -w 1\n" for it in (f"-u {VIP}", f"-t {VIP}"))
    ((probe,), _) = syn_probes(director(table), BOTH)
    assert {service.protocol for service in probe.services} == {"tcp", "udp"}
    assert probe.listens


def test_a_real_server_behind_a_tunnel_is_tried_without_it() -> None:
    (note,) = only_probe("-r 192.0.2.21:80 -i").notes
    assert note.startswith("192.0.2.21 is tried without its tunnel: this tells whether it has the VIP")


def test_a_service_of_all_ports_is_tried_on_one() -> None:
    probe = only_probe("-r 192.0.2.21:0 -g", service=f"-t {VIP}:0")
    assert (probe.port, probe.listens) == (80, False)
    assert probe.notes == ("tcp 192.0.2.10:0 has all ports: 80 is tried for them",)


def test_a_firewall_mark_is_tried_with_the_vips_that_are_named() -> None:
    probe = only_probe("-r 192.0.2.21:0 -g", service="-f 7", vips=["192.0.2.11"])
    assert (probe.target, probe.listens) == ("192.0.2.11:80", False)


def test_a_firewall_mark_without_a_named_vip_cannot_be_tried() -> None:
    (why,) = why_not("-A -f 7 -s rr\n-a -f 7 -r 192.0.2.21:0 -g -w 1\n")
    assert why.endswith("tells no VIP: name those to try")


def test_only_the_vips_that_are_named_are_tried() -> None:
    table = TABLE + TABLE.replace(VIP, "192.0.2.11") + "-A -f 7 -s rr\n-a -f 7 -r 192.0.2.21:0 -g -w 1\n"
    found, _ = syn_probes(director(table), BOTH, [ip_address("192.0.2.11")])
    assert {str(each.vip) for each in found} == {"192.0.2.11"}


def test_no_vip_lends_its_address_to_the_asking() -> None:
    """Though a probe was sent in its name by somebody else's lvsdoctor."""
    probes = [asked("192.0.2.21", MACS["192.0.2.21"], senders=[VIP, "192.0.2.2"])]
    assert only_probe("-r 192.0.2.21:80 -g", probes=probes).sender == ME


@pytest.mark.parametrize(
    ("real", "probes", "why"),
    [
        ("192.0.2.21:80 -m", BOTH, "192.0.2.21 gets packets for tcp 192.0.2.10:80 by masquerading"),
        ("192.0.2.2:80 -g", BOTH, "192.0.2.2 is this host itself"),
        ("127.0.0.1:80 -g", BOTH, "127.0.0.1 is this host itself"),
        ("192.0.2.21:80 -g", (), "192.0.2.21 was not asked for its MAC"),
        ("192.0.2.21:80 -g", (asked("192.0.2.21"),), "no host answers for 192.0.2.21 on eth0, so its MAC is not known"),
        (
            "192.0.2.21:80 -g",
            (asked("192.0.2.21", *MACS.values()),),
            "02:00:00:00:00:21 and 02:00:00:00:00:22 answer for 192.0.2.21 on eth0: which is the real server's is not",
        ),
        (
            "192.0.2.21:80 -g",
            (asked("192.0.2.21", MACS["192.0.2.21"], senders=[str(NOBODY)]),),
            "eth0 has no address of its own but VIPs, and a SYN is not sent in a VIP's name",
        ),
        ("198.51.100.7:80 -i", BOTH, "198.51.100.7 is in no subnet of this host"),
        ("rs1.example.com:80 -g", BOTH, "the table says 'rs1.example.com:80' where the RIP should be"),
        ("[2001:db8::21]:80 -i", BOTH, "2001:db8::21 is IPv6 and the VIP of tcp 192.0.2.10:80 IPv4"),
    ],
)
def test_what_cannot_be_tried_is_said_with_its_reason(real: str, probes: Sequence[Probe], why: str) -> None:
    table = f"-A -t {VIP}:80 -s rr\n-a -t {VIP}:80 -r {real} -w 1\n"
    host = f"{DIRECTOR}\nlo - 127.0.0.1/8"
    (said,) = why_not(table, probes, host)
    assert said.startswith(why)


def test_an_answer_that_goes_to_another_subnet_is_doubted() -> None:
    host = f"eth0 02:00:00:00:00:02 198.51.100.2/24,{VIP}/32"
    probes = [asked("192.0.2.21", MACS["192.0.2.21"], senders=["198.51.100.2"])]
    ((probe,), _) = syn_probes(
        director(f"-A -t {VIP}:80 -s rr\n-a -t {VIP}:80 -r 192.0.2.21:80 -g -w 1\n", host), probes
    )
    assert probe.notes == (
        "198.51.100.2 is in another subnet than 192.0.2.21: an answer comes through a router, if at all",
    )


def test_a_real_server_that_answers_on_two_links_is_tried_on_both() -> None:
    host = f"{DIRECTOR}\neth1 02:00:00:00:01:02 198.51.100.2/24"
    probes = [
        asked("192.0.2.21", MACS["192.0.2.21"]),
        asked("192.0.2.21", "02:00:00:00:01:21", senders=["198.51.100.2"], link="eth1"),
    ]
    found, _ = syn_probes(director(f"-A -t {VIP}:80 -s rr\n-a -t {VIP}:80 -r 192.0.2.21:80 -g -w 1\n", host), probes)
    assert [(each.link, each.mac) for each in found] == [("eth0", "02:00:00:00:00:21"), ("eth1", "02:00:00:00:01:21")]


def test_a_hundred_real_servers_take_hardly_longer_than_one_and_ports_take_turns() -> None:
    rips = [f"192.0.2.{number}" for number in range(100, 200)]
    probes = [asked(rip, f"02:00:00:00:01:{number:02x}") for number, rip in enumerate(rips)]

    def took(ports: Sequence[int], some: Sequence[str]) -> float:
        table = "".join(
            f"-A -t {VIP}:{port} -s rr\n" + "".join(f"-a -t {VIP}:{port} -r {rip}:{port} -g -w 1\n" for rip in some)
            for port in ports
        )
        return duration(syn_probes(director(table), probes)[0])

    assert took([80], rips) < 1.2 * took([80], rips[:1])
    assert took([80, 443], rips[:1]) == pytest.approx(took([80], rips[:1]) + 1.5, abs=0.01)
