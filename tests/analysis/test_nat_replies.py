"""Whose replies of NAT reach the director, where the route of IPv6 names an interface and leads nowhere."""

import pytest

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.engine.runner import examine
from lvsdoctor.kernel.far_away import far_away
from lvsdoctor.kernel.routing import route_lookup
from tests.laws.worlds import World, nodes_in, rules, worlds

GATEWAY = "default via 2001:db8:1::2 dev eth0 metric 1024 pref medium"
WELL = next(
    world
    for world in worlds()
    if world.name.startswith("nat-reply-bypasses-director") and any(GATEWAY in text for *_, text in world.dumps)
)


def changed(world: World, *changes: tuple[str, str]) -> list[tuple[str, str, str]]:
    dumps = []
    for host, where, text in world.dumps:
        for old, new in changes:
            text = text.replace(old, new) if host == "rs1" else text
        dumps.append((host, where, text))
    return dumps


@pytest.mark.parametrize("kind", ["unreachable", "blackhole", "prohibit"])
@pytest.mark.parametrize("table", ["main", "of a policy rule"])
def test_a_route_that_ends_a_reply_does_not_lead_to_the_director(kind: str, table: str) -> None:
    """`ip -6 route` shows such a route with lo, which has ::1 as the director has."""
    ends = f"{kind} default dev lo metric 1024 pref medium"
    if table == "main":
        dumps = changed(WELL, (GATEWAY, ends))
    else:
        rule = "32765:\tfrom 2001:db8:1::21 lookup 100\n32766:"
        dumps = changed(WELL, (GATEWAY, f"{GATEWAY}\n{ends} table 100"), ("32766:", rule))
    nodes = with_standing(nodes_in(dumps))
    real_server = next(node for node in nodes if node.name == "rs1")
    rip = next(address.ip for address in real_server.addresses if str(address.ip) == "2001:db8:1::21")
    assert route_lookup(real_server, far_away(6), src=rip).links == ()
    (found,) = (diagnosis for diagnosis in examine(nodes, rules()).diagnoses if diagnosis.code == "NAT001")
    assert found.message == "rs1 has no route for replies from 2001:db8:1::21, also not through director lb1"
    assert any(f"{kind} default dev lo" in line.seen.text for line in found.evidence)


def test_the_same_host_is_well_with_its_route() -> None:
    assert [d for d in examine(with_standing(nodes_in(WELL.dumps)), rules()).diagnoses if d.code == "NAT001"] == []
