"""A fact of which a part was seen: what is in it is there, and what is not in it is not known."""

from collections.abc import Callable
from ipaddress import ip_address

import pytest

from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.kernel.routing import is_local, route_lookup
from lvsdoctor.model.coverage import Coverage, Partial
from lvsdoctor.model.facts import COLLECTED_BY, NotCollected
from lvsdoctor.model.neighbour import Neighbour
from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.paste.stream import Piece, pieces
from lvsdoctor.parse.reader import Dump

ADDRESSES = """\
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
    inet 192.0.2.10/32 scope global lo
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP
    link/ether 02:00:00:00:00:21 brd ff:ff:ff:ff:ff:ff
    inet 192.0.2.21/24 scope global eth0
"""
VIP, OTHER = ip_address("192.0.2.10"), ip_address("192.0.2.99")
ELISION = Seen("ip_addr.txt", 8, "...")


def partial(view: bool = True) -> Node:
    cut = Coverage(partial=Partial("lines were left out", ELISION))
    evidence = nodes_of([NodeDump(piece, "rs1", "rs1") for piece in pieces(ADDRESSES, "ip_addr.txt")])[0].evidence
    node = Node("rs1", "rs1", evidence, {"addresses": cut, "links": cut})
    return node.limited_to(COLLECTED_BY) if view else node


def test_what_was_seen_is_there() -> None:
    node = partial()
    assert [address.link for address in node.holding(VIP)] == ["lo"]
    assert any(address.ip == VIP for address in node.addresses)
    assert node.link("eth0") is not None
    assert is_local(node, VIP)


NONE: tuple[Callable[[Node], object], ...] = (
    lambda node: any(address.ip == OTHER for address in node.addresses),
    lambda node: list(node.addresses),
    lambda node: node.holding(OTHER),
    lambda node: node.link("eth1"),
    lambda node: len(node.links),
    lambda node: list(node.links_hearing_arp),
    lambda node: list(node.addresses_on("eth0")),
    lambda node: node.links_with_mac("02:00:00:00:00:99"),
    lambda node: is_local(node, OTHER),
    lambda node: route_lookup(node, OTHER),
)


@pytest.mark.parametrize("asked", NONE)
def test_what_was_not_seen_is_not_known_and_the_line_says_why(asked: Callable[[Node], object]) -> None:
    with pytest.raises(NotCollected) as lacking:
        asked(partial())
    assert (lacking.value.node, lacking.value.partial) == ("rs1", Partial("lines were left out", ELISION))


def test_outside_of_a_rule_the_rows_are_plain() -> None:
    node = partial(view=False)
    assert [str(address.ip) for address in node.addresses] == ["127.0.0.1", "192.0.2.10", "192.0.2.21"]
    assert node.holding(OTHER) == ()
    # What was worked out for one is not taken for the other.
    with pytest.raises(NotCollected):
        node.limited_to(COLLECTED_BY).holding(OTHER)


def test_a_whole_dump_of_a_fact_makes_it_whole() -> None:
    row = (Neighbour(OTHER, Seen("a", 1, "x"), "eth0"),)
    why = Partial("only one link was asked for")
    whole = Dump({"neighbours": row})
    dumps = [Dump({"neighbours": row}, partial=why), whole]
    (node,) = nodes_of([NodeDump(Piece("", dump), "rs1", "rs1") for dump in dumps])
    assert node.coverage == {}
    (node,) = nodes_of([NodeDump(Piece("", dumps[0]), "rs1", "rs1")])
    assert node.coverage == {"neighbours": Coverage(partial=why)}


def test_of_a_part_of_arptables_no_answer_is_concluded() -> None:
    cut = Coverage(partial=Partial("lines were left out", Seen("arptables.txt", 2, "...")))
    text = "Chain INPUT (policy ACCEPT)\n\nChain OUTPUT (policy ACCEPT)\n\nChain FORWARD (policy ACCEPT)\n"
    evidence = nodes_of([NodeDump(piece, "rs1", "rs1") for piece in pieces(text, "arptables.txt")])[0].evidence
    with pytest.raises(NotCollected) as raised:
        _ = Node("rs1", "rs1", evidence, {"arptables": cut}).limited_to(COLLECTED_BY).arptables
    assert raised.value.partial is not None
    assert str(raised.value.partial.seen) == "arptables.txt:2"
