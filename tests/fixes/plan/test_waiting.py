"""A fix that takes the last way from clients waits for what only a hand can mend."""

from pathlib import Path
from shutil import copytree

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.collect.files import collect_paths
from lvsdoctor.engine.loader import load_rules
from lvsdoctor.fixes.plan import Plan, plan

EXAMPLE = Path(__file__).parents[3] / "examples/leaking-real-server"
# Chains of the user's own: no command is known that mends them.
DROPS = """\
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:WEB - [0:0]
-A INPUT -p tcp -m tcp --dport 80 -j WEB
-A WEB -d {target}/32 -j DROP
COMMIT
"""


def planned(tmp_path: Path, target: str) -> Plan:
    """The example, whose rs2 answers ARP for the VIP, and on its director a rule that drops what is for `target`."""
    copytree(EXAMPLE, tmp_path / "cluster")
    (tmp_path / "cluster/lb1/iptables-save.txt").write_text(DROPS.format(target=target))
    nodes = with_standing(collect_paths([str(tmp_path / "cluster")]))
    return plan(nodes, load_rules())


def test_a_real_server_that_serves_past_a_broken_director_is_not_silenced(tmp_path: Path) -> None:
    made = planned(tmp_path, "192.0.2.10")
    assert [step.command for step in made.steps if not step.only_a_remark] == []
    held = {item.diagnosis.rule: item for item in made.by_hand}["arp-ignore-only-on-lo"]
    assert held.what == ("sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2",)
    assert "after this fix none of them is served (lb1: " in held.why
    assert "First mend FW001 on lb1 by hand" in held.why


def test_it_is_silenced_where_the_director_takes_the_requests(tmp_path: Path) -> None:
    made = planned(tmp_path, "192.0.2.99")
    assert [diagnosis.rule for step in made.steps for diagnosis in step.cures] == ["arp-ignore-only-on-lo"]
    assert not made.by_hand
