"""The kernel makes routes of every address: a dump that lacks one was cut, and what is missing proves nothing."""

import pytest

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.engine.loader import load_rules
from lvsdoctor.engine.runner import examine
from lvsdoctor.model.node import Node
from lvsdoctor.parse.paste.stream import pieces
from tests.collect.packings import COMMANDS, dumps

RULES = load_rules()


def cluster(host: str, lost: str) -> tuple[Node, ...]:
    """The example, whose route dump of one host lacks the lines that hold these words."""
    text = ""
    for name in ("lb1", "rs1", "rs2"):
        for dump, lines in dumps(name).items():
            if (name, dump) == (host, "ip-route"):
                kept = "".join(line for line in lines.splitlines(keepends=True) if lost not in line)
            else:
                kept = lines
            text += f"[root@{name} ~]# {COMMANDS[dump]}\n{kept}"
    return with_standing(nodes_of([NodeDump(piece, "stdin", "standard input") for piece in pieces(text, "stdin")]))


@pytest.mark.parametrize("lost", ["local 192.0.2.10 ", "192.0.2.0/24 dev eth0 proto kernel", "local 192.0.2.22 "])
def test_lines_lost_from_a_route_dump_make_no_error(lost: str) -> None:
    found = examine(cluster("rs2", lost), RULES).diagnoses
    assert {(d.code, d.node) for d in found if d.severity.value == "error"} <= {("ARP002", "rs2")}


def test_the_address_whose_route_is_lacking_says_why_the_routes_are_partial() -> None:
    node = next(node for node in cluster("rs2", "local 192.0.2.10 ") if node.name == "rs2")
    partial = node.partial("local-routes")
    assert partial is not None
    assert partial.says == "it lacks a route that the kernel makes of 192.0.2.10/32 on lo"


def test_routes_that_lack_nothing_are_whole() -> None:
    assert [node.partial("routes") for node in cluster("rs2", "no such line")] == [None, None, None]


STREAM = """==> lvsdoctor 1 rs1 - <==
==> $ ip -d addr <==
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP group default qlen 1000
    link/ether 02:00:00:00:00:21 brd ff:ff:ff:ff:ff:ff
    inet 192.0.2.21/24 brd 192.0.2.255 scope global eth0
{addresses_end}==> $ ip route show table all <==
default via 192.0.2.1 dev eth0 onlink
local 127.0.0.0/8 dev lo table local proto kernel scope host src 127.0.0.1
local 127.0.0.1 dev lo table local proto kernel scope host src 127.0.0.1
local 192.0.2.21 dev eth0 table local proto kernel scope host src 192.0.2.21
{routes_end}==> lvsdoctor end <==
"""


@pytest.mark.parametrize(
    ("addresses_end", "routes_end", "whole"),
    [
        ("rc 0 ok", "rc 0 ok", True),
        ("rc 0 ok", "", False),
        ("rc 0 ok", "rc 124 timeout", False),
    ],
)
def test_a_route_that_the_collector_saw_missing_is_missing(addresses_end: str, routes_end: str, whole: bool) -> None:
    ends = [f"==> {end} <==\n" if end else "" for end in (addresses_end, routes_end)]
    text = STREAM.format(addresses_end=ends[0], routes_end=ends[1])
    (node,) = nodes_of([NodeDump(piece, "stdin", "standard input") for piece in pieces(text, "stdin")])
    assert (node.partial("routes") is None) == whole
