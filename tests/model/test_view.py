"""What follows from a node is worked out once and read by declared facts alone; peers are found by what they hold."""

from ipaddress import IPv4Address, ip_address, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.model.address import Address
from lvsdoctor.model.facts import NotCollected, Undeclared
from lvsdoctor.model.link import Link
from lvsdoctor.model.node import Node
from lvsdoctor.model.route import NextHop, Route
from lvsdoctor.model.seen import Seen

SEEN = Seen("dump", 1, "a row")
VIP = ip_address("192.0.2.10")
ANYWHERE = ip_network("0.0.0.0/0")


def _count_addresses(node: Node) -> int:
    return len(node.addresses)


def test_what_follows_from_a_node_is_worked_out_once_for_all_its_views() -> None:
    node = Node("rs1", evidence={"addresses": (Address(VIP, 32, "lo", SEEN),)})
    asked: list[str] = []

    def work_out(host: Node) -> int:
        asked.append(host.name)
        return _count_addresses(host)

    assert node.limited_to(["addresses"]).derived("count", work_out) == 1
    assert node.limited_to(["addresses", "links"]).derived("count", work_out) == 1
    assert asked == ["rs1"]


def test_the_facts_behind_a_known_value_count_as_read() -> None:
    node = Node("rs1", evidence={"addresses": ()})
    node.derived("count", _count_addresses)
    reads: set[str] = set()
    node.limited_to(["addresses"], reads).derived("count", _count_addresses)
    assert reads == {"addresses"}


def test_a_known_value_is_not_told_to_a_rule_that_does_not_declare_its_facts() -> None:
    node = Node("rs1", evidence={"addresses": ()})
    node.derived("count", _count_addresses)
    with pytest.raises(Undeclared, match="'addresses'"):
        node.limited_to(["links"]).derived("count", _count_addresses)


def test_what_cannot_be_worked_out_is_asked_again_and_counts_as_read() -> None:
    node, reads = Node("rs1"), set[str]()
    for _ in range(2):
        with pytest.raises(NotCollected):
            node.limited_to(["addresses"], reads).derived("count", _count_addresses)
    assert reads == {"addresses"}


def test_a_node_with_other_evidence_knows_nothing_of_what_was_worked_out() -> None:
    node = Node("rs1", evidence={"addresses": (Address(VIP, 32, "lo", SEEN),)})
    assert node.derived("count", _count_addresses) == 1
    assert Node("rs1", evidence={"addresses": ()}).derived("count", _count_addresses) == 0


_IPS = st.integers(1, 4).map(lambda last: IPv4Address(f"192.0.2.{last}"))
_HOSTS = st.builds(
    lambda ips, macs, hops: {
        "addresses": tuple(Address(ip, 32, "lo", SEEN) for ip in ips),
        "links": tuple(Link(f"eth{number}", SEEN, mac=mac) for number, mac in enumerate(macs)),
        "routes": tuple(Route(ANYWHERE, SEEN, nexthops=(NextHop("eth0", hop),)) for hop in hops),
    },
    st.lists(_IPS, max_size=3),
    st.lists(st.sampled_from(["02:00:00:00:00:01", "02:00:00:00:00:02"]), max_size=2),
    st.lists(_IPS, max_size=2),
)


_COLLECTED = st.sets(st.sampled_from(["addresses", "links", "routes"]))


@settings(derandomize=True, deadline=None, max_examples=200)
@given(
    st.lists(st.tuples(_HOSTS, st.sets(st.sampled_from(["addresses", "links", "routes"]))), min_size=1, max_size=5),
    _IPS,
)
def test_peers_are_found_by_what_they_hold_as_if_each_were_looked_at(
    hosts: "list[tuple[dict[str, object], set[str]]]", ip: IPv4Address
) -> None:
    nodes = with_standing(
        [Node(f"n{i}", evidence={fact: rows[fact] for fact in facts}) for i, (rows, facts) in enumerate(hosts)]
    )
    for node in nodes:
        view = node.limited_to(["addresses", "links", "routes", "ipvs"])
        mac = "02:00:00:00:00:01"
        names = [peer.name for peer in node.peers]
        assert names == [other.name for other in nodes if other is not node]
        assert [p.name for p in view.peers_holding(ip)] == [
            p.name for p in view.peers if p.has("addresses") and p.holding(ip)
        ]
        assert [p.name for p in view.peers_with_mac(mac)] == [p.name for p in view.peers if p.links_with_mac(mac)]
        assert [p.name for p in view.peers_with("links")] == [p.name for p in view.peers if p.has("links")]
        if node.has("addresses"):
            by_gateway = {p.name for p in view.peers_with_gateway_at(view)}
            assert by_gateway == {
                p.name
                for p in view.peers
                if p.has("routes") and any(view.holding(gateway) for r in p.routes for gateway in r.gateways)
            }
