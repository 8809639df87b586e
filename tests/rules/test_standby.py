"""A director without its VIP: what a probe heard tells the standby of a pair from one that nobody finds."""

from dataclasses import replace
from ipaddress import ip_address

import pytest

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.engine.loader import load_rules
from lvsdoctor.engine.runner import examine
from lvsdoctor.model.node import Node
from lvsdoctor.model.probe import Probe, Reply
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.paste.stream import pieces
from tests.probe.hosts import TABLE, VIP, nodes

RS1, OTHER = "02:00:00:00:00:21", "02:00:00:00:00:03"


def without_the_vip(*answered: str) -> Node:
    """lb1, which asked for its VIP and was answered by these MACs."""
    (lb1,) = nodes(
        lb1="eth0 02:00:00:00:00:02 192.0.2.2/24", table=TABLE, neigh=f"192.0.2.21 dev eth0 lladdr {RS1} REACHABLE\n"
    )
    replies = tuple(Reply(mac, Seen("probe", None, f"{VIP} is-at {mac}")) for mac in answered)
    probe = Probe(ip_address(VIP), "eth0", Seen("probe", None, f"who-has {VIP}"), replies, (), 3)
    (asked,) = with_standing([replace(lb1, evidence={**lb1.evidence, "probes": (probe,)})])
    return asked


@pytest.mark.parametrize(
    ("answered", "missing"), [((OTHER,), False), ((OTHER, RS1), False), ((RS1,), True), ((), True)]
)
def test_only_a_host_that_is_no_real_server_makes_it_the_standby(answered: tuple[str, ...], missing: bool) -> None:
    """Where nobody answers at all, vip-answered-by-nobody may speak instead."""
    rules = [rule for rule in load_rules() if rule.name == "vip-missing-on-director"]
    found = examine([without_the_vip(*answered)], rules).diagnoses
    assert [d.rule for d in found] == ["vip-missing-on-director"] * missing


@pytest.mark.parametrize(
    ("kept", "link"),
    [("4: kube-ipvs0 inet 192.0.2.11/32 scope global kube-ipvs0\n", "kube-ipvs0"), ("", "eth0")],
)
def test_an_address_that_kube_proxy_lost_is_put_where_it_keeps_the_others(kept: str, link: str) -> None:
    """On the node's own interface the node would answer for it, beside all others."""
    text = (
        "[root@node1 ~]# ip -o addr\n1: lo inet 127.0.0.1/8 scope host lo\n"
        "2: eth0 inet 192.0.2.31/24 scope global eth0\n"
        f"{kept}[root@node1 ~]# ipvsadm -Sn\n-A -t {VIP}:80 -s rr\n-a -t {VIP}:80 -r 198.51.100.7:8080 -m -w 1\n"
        "[root@node1 ~]# ip route\n192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.31\n"
    )
    scanned = with_standing(nodes_of([NodeDump(piece, "stdin", "standard input") for piece in pieces(text, "stdin")]))
    rules = [rule for rule in load_rules() if rule.name == "vip-missing-on-director"]
    (finding,) = examine(scanned, rules).diagnoses
    added = [line for line in finding.fix.now if line.startswith("ip addr add")]
    assert added == [f"ip addr add {VIP}/32 dev {link}"]
