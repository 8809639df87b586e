"""What is plain for JSON still tells apart what a node tells apart."""

import json
from ipaddress import ip_address, ip_network
from typing import Any

from lvsdoctor.model.ipvs import Destination, Forwarding
from lvsdoctor.model.link import Link
from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import Seen
from tests.lab.plain import NOT_COLLECTED, UNDECLARED, plain

HERE, THERE = Seen("here", 1, "a line"), Seen("there", 2, "another line")


def test_different_values_look_different() -> None:
    values: list[Any] = [
        None,
        False,
        0,
        "0",
        (),
        frozenset(),
        {},
        "",
        Forwarding.DR,
        "DR",
        "192.0.2.1",
        ip_address("192.0.2.1"),
    ]
    values += [ip_network("192.0.2.1"), ip_address("::1"), frozenset({"1"}), ("1",), {"1": None}]
    assert len({json.dumps(plain(value)) for value in values}) == len(values)


def test_the_same_rows_seen_elsewhere_look_the_same() -> None:
    rows = [Destination(ip_address("192.0.2.21"), 80, seen, forwarding=Forwarding.TUN) for seen in (HERE, THERE)]
    assert plain(rows[0]) == plain(rows[1])
    assert plain(rows[0])["forwarding"] == {"Forwarding": "TUN"}


def test_a_field_called_type_stays_itself() -> None:
    assert (plain(Link("eth0", HERE, type="ether"))["noun"], plain(Link("eth0", HERE, type="x"))["type"]) == (
        "Link",
        "x",
    )


def test_not_collected_and_undeclared_are_not_empty() -> None:
    node = Node("rs1", evidence={"links": (), "routes": ()}).limited_to(["links", "addresses"])
    found = plain(node)["evidence"]
    assert (found["links"], found["addresses"], found["routes"]) == ([], NOT_COLLECTED, UNDECLARED)
