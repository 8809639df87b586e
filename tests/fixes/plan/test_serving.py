"""After the last step of a plan clients are served, or the plan names the walk on which they are not."""

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace

import pytest

from lvsdoctor.analysis.broken_paths import lost
from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.analysis.walk import walks
from lvsdoctor.cli.fix.document import fix_document
from lvsdoctor.engine.runner import examine
from lvsdoctor.fixes.plan import Plan, plan
from lvsdoctor.model.walk import Decision
from tests.laws.worlds import World, nodes_in, rules, worlds

PATH = next(world for world in worlds() if world.name.startswith("path-broken"))
SHOWING = [world for world in worlds() if any("SYN_RECV" in text or "real_server" in text for *_, text in world.dumps)]


def planned(changes: Sequence[tuple[str, str, str]] = (), world: World = PATH) -> Plan:
    """For the cluster of a page, where dump WHERE has other text."""
    dumps = []
    for host, where, text in (dump for dump in world.dumps if world is not PATH or dump[1] != "rs1/iptables-save"):
        for changed, old, new in changes:
            assert changed != where or old in text
            text = text.replace(old, new) if changed == where else text
        dumps.append((host, where, text))
    return plan(with_standing(nodes_in(dumps)), rules())


MISSING = ("rs1/ip-addr", "    inet 192.0.2.10/32 scope global lo\n", "")
NOT_LOCAL = ("rs1/ip-route", "local 192.0.2.10 dev lo table local proto kernel scope host src 192.0.2.10\n", "")


def test_a_fault_that_a_fix_lays_bare_is_named_with_its_step() -> None:
    """Without the VIP the real server takes no request; with it the strict check drops those of one subnet."""
    before = examine(with_standing(nodes_in(PATH.dumps)), rules())
    assert [d.code for d in before.diagnoses if d.code == "PATH001"]
    made = planned([MISSING, NOT_LOCAL])
    assert "PATH001" not in [diagnosis.code for diagnosis in made.before.diagnoses]
    assert "DR001" in [cleared.diagnosis.code for cleared in made.cleared]
    (still,) = made.still_lost
    assert still.walk.deciding is not None
    assert (still.walk.deciding.step.node, still.walk.deciding.step.decision) == ("rs1", Decision.SOURCE_VALIDATION)


def test_nothing_is_named_where_the_plan_serves_the_clients() -> None:
    loose = ("rs1/sysctl", "eth1.rp_filter = 1", "eth1.rp_filter = 2")
    made = planned([MISSING, NOT_LOCAL, loose])
    assert made.steps
    assert made.still_lost == ()


def test_what_was_quiet_and_cannot_be_told_after_the_steps_is_named() -> None:
    """A real server answers for the service address; when its entry is gone, who answers is not known."""
    named = (world for world in worlds() if world.name.startswith("service-address-answered-by-no-node"))
    world = next(world for world in named if any(where == "desk/ip-route" for _, where, _ in world.dumps))
    table = ("node1/ipvsadm", "-r 198.51.100.9:8080 -m", "-r 192.0.2.77:80 -m")
    holder = """1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP group default qlen 1000
    link/ether 02:00:00:00:00:77 brd ff:ff:ff:ff:ff:ff
    inet 192.0.2.77/24 brd 192.0.2.255 scope global eth0
"""
    own = (("rs1", "rs1/ip-addr", holder), ("rs1", "rs1/ipvsadm", "# ipvsadm -Sn\n"))
    made = planned([table], replace(world, dumps=(*world.dumps, *own)))
    assert [cleared.diagnosis.code for cleared in made.cleared] == ["CL001"]
    assert ("service-address-answered-by-no-node", "node1") in [
        (found.rule, found.node) for found in made.unknown_after
    ]
    document = fix_document(made, made.nodes_after, Namespace(node=None, network="none", netns=None, paths=["dumps"]))
    (says,) = (left.says for left in document.left if "service-address-answered-by-no-node" in left.says)
    assert says.startswith("not known after the steps: service-address-answered-by-no-node on node1: ip neigh show")


def test_an_error_that_a_fault_hid_is_said_with_the_steps() -> None:
    made = planned([MISSING, NOT_LOCAL])
    shown = replace(made, still_lost=())
    assert [found.code for found in shown.laid_bare] == ["PATH001"]
    document = fix_document(shown, shown.nodes_after, Namespace(node=None, network="none", netns=None, paths=["dumps"]))
    assert any(left.says.startswith("after the steps: PATH001") for left in document.left)


@pytest.mark.parametrize("world", SHOWING, ids=str)
def test_each_walk_of_clients_that_connect_is_not_known_to_die_after_a_plan_or_is_named(world: World) -> None:
    made = planned(world=world)
    named = {(still.walk.service, still.walk.deciding.step) for still in made.still_lost if still.walk.deciding}
    dying = [walk for walk in walks(made.nodes_after) if lost(walk)]
    assert {(walk.service, walk.deciding.step) for walk in dying if walk.deciding} == named
