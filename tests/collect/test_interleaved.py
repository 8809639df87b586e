"""Answers of two hosts, line by line among each other, are no host's. Whole ones in a row are one host's."""

from itertools import chain, zip_longest

import pytest

from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.model.node import Node
from lvsdoctor.parse.paste.stream import pieces


def addresses(number: int) -> str:
    return f"""\
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
       valid_lft forever preferred_lft forever
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP group default qlen 1000
    link/ether 02:00:00:00:00:{number} brd ff:ff:ff:ff:ff:ff
    inet 192.0.2.{number}/24 brd 192.0.2.255 scope global eth0
       valid_lft forever preferred_lft forever
3: eth1: <BROADCAST,MULTICAST> mtu 1500 qdisc noop state DOWN group default qlen 1000
    link/ether 02:00:00:00:01:{number} brd ff:ff:ff:ff:ff:ff
"""


def settings(ignore: int) -> str:
    of_link = ("accept_local", "arp_announce", "arp_filter", "forwarding", "mc_forwarding", "rp_filter")
    links = [f"net.ipv4.conf.{link}.{name} = 0\n" for link in ("all", "default", "eth0", "lo") for name in of_link]
    return "".join(sorted([*links, f"net.ipv4.conf.all.arp_ignore = {ignore}\n"]))


def routes(number: int) -> str:
    return f"default via 192.0.2.1 dev eth0 \n192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.{number} \n"


def mixed(first: str, second: str, lines: int = 1) -> str:
    parts = [
        ["".join(text.splitlines(keepends=True)[at : at + lines]) for at in range(0, text.count("\n"), lines)]
        for text in (first, second)
    ]
    return "".join(chain.from_iterable(zip_longest(*parts, fillvalue="")))


def node_of(text: str) -> Node:
    (node,) = nodes_of(NodeDump(piece, "rs1", "rs1", "rs1/1.txt") for piece in pieces(text, "rs1/1.txt"))
    return node


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        (mixed(addresses(21), addresses(22)), "lo has two link/ lines in one list, so these are lines of two hosts"),
        (mixed(addresses(21), addresses(22), 2), "eth0 has two values of its MAC"),
        (
            mixed(settings(0), settings(1)),
            "net.ipv4.conf.all.arp_ignore has two values in one list, 0 and 1, so these are lines of two hosts",
        ),
        (mixed(settings(0), settings(1), 3), "net.ipv4.conf.all.arp_ignore has two values in one list"),
        (
            mixed(routes(21), routes(22)),
            "192.0.2.0/24 dev eth0 has two source addresses in one list, 192.0.2.21 and 192.0.2.22, "
            "so these are lines of two hosts",
        ),
        (
            mixed(routes(21) + settings(0), settings(0) + routes(22), 2),
            "192.0.2.0/24 dev eth0 has two source addresses",
        ),
    ],
)
def test_lines_of_two_hosts_among_each_other_are_no_evidence_and_two_are_quoted(text: str, claim: str) -> None:
    node = node_of(text)
    assert not node.evidence
    (contradiction,) = node.contradictions
    assert contradiction.claim.startswith(claim)
    lines = text.splitlines()
    for seen in (contradiction.first, contradiction.second):
        assert seen.line is not None
        assert lines[seen.line - 1].strip() == seen.text.strip()


@pytest.mark.parametrize("between", ["", "\n", "[root@rs1 ~]# sysctl -a\n"])
def test_whole_answers_in_a_row_are_of_one_host_and_the_later_counts(between: str) -> None:
    node = node_of(addresses(21) + settings(0) + between + settings(1) + addresses(21))
    assert not node.contradictions
    assert node.sysctl("net.ipv4.conf.all.arp_ignore").value == 1


@pytest.mark.parametrize(
    "text",
    [
        # `ip addr | grep -v DOWN`, twice: the link/ line of eth1 stands below eth0
        "".join(line for line in (addresses(21) * 2).splitlines(keepends=True) if "DOWN" not in line),
        # NetworkManager makes a route for each address of a subnet
        "".join(
            f"192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.{number} metric 100 \n" for number in (21, 22)
        ),
        f"# ip route\n{routes(21)}# ip addr replace 192.0.2.22/24 dev eth0\n# ip route\n{routes(22)}",
        # files of sysctl.d, as `sysctl -p` shows them
        "".join(f"net.ipv4.conf.{link}.arp_ignore = {n}\n" for n in (0, 1, 2) for link in ("lo", "eth0", "all")),
        # a script that asks for one group of keys after the other
        "".join(
            line
            for word in ("arp_", "forwarding", "rp_filter", "arp_")
            for line in settings(0).splitlines(keepends=True)
            if word in line
        )
        + "net.ipv4.conf.all.arp_ignore = 1\n",
    ],
)
def test_what_one_host_may_show_is_not_contradictory(text: str) -> None:
    assert not node_of(text).contradictions
