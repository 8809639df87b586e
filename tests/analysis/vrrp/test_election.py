"""Two instances hear each other only if all that keepalived compares is the same, and who loses does not hold the VIP.

What keepalived itself makes of each difference: tests/lab/test_election.py.
"""

import pytest

from lvsdoctor.analysis.vrrp.election import elected, settled
from lvsdoctor.model.node import Node
from lvsdoctor.parse.config.keepalived_conf import dump_of

CONF = "vrrp_instance A {\n%s\nvirtual_router_id 51\nvirtual_ipaddress {\n192.0.2.10/24\n}\n}\n"


def node(name: str, words: str) -> Node:
    dump = dump_of(CONF % words, f"{name}/keepalived.conf")
    assert dump is not None
    return Node(name, evidence=dict(dump.facts))


def masters(*nodes: Node) -> dict[str, bool]:
    outcomes = elected(nodes, [(each.name, each.evidence["vrrp"]) for each in nodes])
    return {name: outcome.master for (name, _), outcome in outcomes.items()}


def holders(*nodes: Node) -> list[str]:
    return [each.name for each in settled(nodes) if each.evidence["configured-addresses"]]


def test_the_higher_priority_is_master_and_alone_holds_the_vip() -> None:
    nodes = node("lb1", "priority 90\nstate MASTER"), node("lb2", "priority 100")
    assert masters(*nodes) == {"lb1": False, "lb2": True}
    assert holders(*nodes) == ["lb2"]


@pytest.mark.parametrize(
    "difference", ["advert_int 2", "version 3", "authentication {\nauth_type PASS\nauth_pass x\n}",
                   "unicast_peer {\n192.0.2.2\n}"],
)  # fmt: skip
def test_of_two_masters_by_their_files_only_the_first_holds_the_vip_here(difference: str) -> None:
    """Else one finding would be ten."""
    nodes = node("lb1", "priority 100"), node("lb2", f"priority 90\n{difference}")
    assert masters(*nodes) == {"lb1": True, "lb2": True}
    assert holders(*nodes) == ["lb1"]


def test_a_director_alone_holds_its_vip_whatever_its_state() -> None:
    assert holders(node("lb1", "state BACKUP")) == ["lb1"]


def test_of_three_the_two_that_lose_are_backups() -> None:
    nodes = node("lb1", "priority 90"), node("lb2", "priority 100"), node("lb3", "priority 95")
    assert holders(*nodes) == ["lb2"]
