"""Which of several directors should answer for a VIP that none of them answers for."""

from ipaddress import ip_address

import pytest

from lvsdoctor.analysis.arp.unanswered import (
    answers_ndp,
    arp_unanswered,
    ndp_unanswered,
    serves_its_own,
    should_answer,
)
from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.model.node import Node
from lvsdoctor.parse.paste.stream import pieces

VIP = ip_address("192.0.2.10")
DIPS = {"lb1": "192.0.2.2", "lb2": "192.0.2.3"}
NOWHERE, SILENT, DOWN = "no address", "on lo", "on a link that is down"


def pair(lb1: str, lb2: str, *rips: str, also: str = "") -> list[Node]:
    """Two directors that answer for nothing on lo, and where each has the VIP. `also` has another VIP on eth0."""
    dumps = {}
    for name, where in {"lb1": lb1, "lb2": lb2}.items():
        state = "<BROADCAST,MULTICAST> mtu 1500" if where == DOWN else "<BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500"
        lines = ["1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536", "    link/loopback 00:00:00:00:00:00"]
        lines += ["    inet 192.0.2.10/32 scope global lo"] if where == SILENT else []
        lines += [
            f"2: eth0: {state}",
            "    link/ether 02:00:00:00:00:01",
            f"    inet {DIPS[name]}/24 scope global eth0",
        ]
        lines += ["    inet 192.0.2.10/32 scope global eth0"] if where == DOWN else []
        lines += ["    inet 192.0.2.11/32 scope global eth0"] if name == also else []
        dumps[name, f"{name}/ip-addr.txt"] = "\n".join(lines)
        dumps[name, f"{name}/sysctl.txt"] = "net.ipv4.conf.all.arp_ignore = 1\nnet.ipv4.conf.eth0.arp_ignore = 0"
        dumps[name, f"{name}/ipvsadm.txt"] = "-A -t 192.0.2.11:80 -s rr\n" + "\n".join(
            ["-A -t 192.0.2.10:80 -s rr", *(f"-a -t 192.0.2.10:80 -r {rip}:80 -g -w 1" for rip in rips)]
        )
    found = [NodeDump(piece, name, name) for (name, where), text in dumps.items() for piece in pieces(text, where)]
    return list(with_standing(nodes_of(found)))


@pytest.mark.parametrize(
    ("directors", "expected"),
    [
        pytest.param(pair(NOWHERE, NOWHERE), "lb1", id="neither has it: the first by its name"),
        pytest.param(pair(NOWHERE, NOWHERE, also="lb2"), "lb2", id="neither has it: the one that draws another VIP"),
        pytest.param(pair(NOWHERE, SILENT), "lb2", id="the one that has it"),
        pytest.param(pair(SILENT, SILENT), "lb1", id="both have it"),
        pytest.param(pair(NOWHERE, SILENT, *DIPS.values()), "lb1", id="one has it as a real server"),
        pytest.param(pair(SILENT, SILENT, *DIPS.values(), also="lb2"), "lb2", id="both have it as real servers"),
        pytest.param(pair(DOWN, NOWHERE), "lb2", id="a link that is down says nothing of who should"),
        pytest.param(pair(DOWN, DOWN), None, id="and so the other"),
    ],
)
def test_one_of_a_pair_should_answer(directors: list[Node], expected: str | None) -> None:
    for order in (directors, directors[::-1]):
        found = should_answer(VIP, order)
        assert (found.name if found else None) == expected


def test_the_link_that_is_asked_is_silent() -> None:
    lb1, lb2 = pair(SILENT, NOWHERE)
    assert [silence.link.name for silence in arp_unanswered(lb1, VIP)] == ["eth0"]
    assert list(arp_unanswered(lb2, VIP)) == []


def test_a_real_server_of_its_own_is_listed_by_any_of_them() -> None:
    lb1, lb2 = pair(SILENT, NOWHERE, DIPS["lb1"])
    assert serves_its_own(lb1, VIP, [lb1, lb2])
    assert not serves_its_own(lb2, VIP, [lb1, lb2])


def on_lo_of_a_pair() -> list[Node]:
    """Two directors of an IPv6 VIP; lb1 has it on lo, lb2 not at all."""
    dumps = {}
    for name, dip in {"lb1": "2001:db8::2", "lb2": "2001:db8::3"}.items():
        lines = ["1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536", "    inet 127.0.0.1/8 scope host lo"]
        lines += ["    inet6 2001:db8::10/128 scope global"] if name == "lb1" else []
        lines += ["2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500", f"    inet6 {dip}/64 scope global"]
        dumps[name, f"{name}/ip-addr.txt"] = "\n".join(lines)
        dumps[name, f"{name}/ipvsadm.txt"] = "-A -t [2001:db8::10]:80 -s rr"
    dumped = [NodeDump(piece, name, name) for (name, where), text in dumps.items() for piece in pieces(text, where)]
    return list(with_standing(nodes_of(dumped)))


def test_of_a_pair_the_one_with_the_ipv6_vip_on_lo_should_answer() -> None:
    pair6, vip6 = on_lo_of_a_pair(), ip_address("2001:db8::10")
    lb1, lb2 = pair6
    assert [silence.link.name for silence in ndp_unanswered(lb1, vip6)] == ["eth0"]
    assert not list(ndp_unanswered(lb2, vip6))
    assert not answers_ndp(lb1, vip6)
    assert should_answer(vip6, pair6) is lb1


def test_that_there_is_no_proxy_entry_is_assumed_where_neighbours_were_not_shown() -> None:
    silence = next(ndp_unanswered(on_lo_of_a_pair()[0], ip_address("2001:db8::10")))
    assert [line.seen.text for line in silence.because if line.seen.where == "assumed"] == [
        "no proxy entry for the VIP"
    ]
