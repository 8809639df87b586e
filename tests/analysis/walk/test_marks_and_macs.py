"""Marks that choose the route of a reply, MACs of frames, users of sockets, and what no packet of a client meets."""

from dataclasses import replace

import pytest

from lvsdoctor.model.node import Node
from lvsdoctor.model.walk import Decision, Served
from tests.analysis.walk.ends import BEYOND, CHECK, SEGMENT, SERVED, ends
from tests.analysis.walk.hosts import DIRECTOR, Host, altered, direct_routing, real_server, scanned

BY_DIRECTOR = "default via 192.0.2.2 dev eth0 table 100"
RULE = "32765:\tfrom all fwmark {} lookup 100\n32766:"


def marked(*rules: str, mark: str = "0x7", route: str = BY_DIRECTOR) -> tuple[Node, ...]:
    """rs1 with these rules of mangle, and a policy rule for a mark."""
    plain = real_server(21)
    policy = plain.policy.replace("32766:", RULE.format(mark))
    return direct_routing(
        rs1=replace(plain, rules={"mangle": list(rules)}, policy=policy, routes=[*plain.routes, route])
    )


OUTPUT = "-A OUTPUT -p tcp -m tcp --sport 80 -j MARK --set-xmark 0x7/0xffffffff"


def test_a_mark_that_output_gives_a_reply_has_its_route_looked_up_again() -> None:
    assert ends(marked(OUTPUT))[BEYOND] == (Served.DIES, "rs1", Decision.RETURN_PATH)
    assert ends(marked(OUTPUT, mark="0x8"))[BEYOND] == SERVED
    assert ends(marked(OUTPUT, mark="0x8/0x8"))[BEYOND] == SERVED
    assert ends(marked(OUTPUT, mark="0x3/0x3"))[BEYOND] == (Served.DIES, "rs1", Decision.RETURN_PATH)


def test_the_mark_of_a_connection_is_restored_to_its_replies() -> None:
    saved = "-A PREROUTING -i eth0 -j CONNMARK --set-xmark 0x7/0xffffffff"
    restored = "-A OUTPUT -j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff"
    assert ends(marked(saved, restored))[BEYOND] == (Served.DIES, "rs1", Decision.RETURN_PATH)
    assert ends(marked(saved.replace("eth0", "eth1"), restored))[BEYOND] == SERVED
    assert ends(marked(saved))[BEYOND] == SERVED


def test_a_mark_that_is_set_and_saved_on_the_way_in_comes_back_too() -> None:
    rules = (
        "-A PREROUTING -d 192.0.2.10/32 -j MARK --set-xmark 0x7/0xffffffff",
        "-A PREROUTING -j CONNMARK --save-mark --nfmask 0xff --ctmask 0xffffffff",
        "-A OUTPUT -j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xff",
    )
    assert ends(marked(*rules))[BEYOND] == (Served.DIES, "rs1", Decision.RETURN_PATH)
    assert ends(marked(*rules[:2]))[BEYOND] == SERVED


REST = ["-A INPUT -i lo -j ACCEPT", "-A INPUT -j DROP"]


def filtered(*rules: str) -> Host:
    return replace(real_server(21), rules={"filter": list(rules)})


def test_a_real_server_of_direct_routing_gets_frames_with_the_mac_of_the_director() -> None:
    ours = filtered("-A INPUT -m mac --mac-source 02:00:00:00:01:02 -j ACCEPT", *REST)
    others = filtered("-A INPUT -m mac --mac-source 02:00:00:00:09:09 -j ACCEPT", *REST)
    assert ends(direct_routing(rs1=ours)) == {SEGMENT: SERVED, BEYOND: SERVED, CHECK: SERVED}
    assert ends(direct_routing(rs1=others))[SEGMENT] == (Served.DIES, "rs1", Decision.INPUT_FILTER)


def test_the_mac_of_a_router_is_the_one_of_its_neighbour_entry() -> None:
    drops = {"filter": ["-A INPUT -m mac --mac-source 02:00:00:00:09:09 -j DROP"]}
    lb1 = replace(DIRECTOR, rules=drops, neighbours=["192.0.2.1 dev eth0 lladdr 02:00:00:00:09:09 REACHABLE"])
    assert ends(direct_routing(lb1=lb1))[BEYOND] == (Served.DIES, "lb1", Decision.INPUT_FILTER)
    unseen = replace(lb1, neighbours=[])
    assert ends(direct_routing(lb1=unseen))[BEYOND][0] is Served.UNKNOWN


@pytest.mark.parametrize(
    "rule",
    [
        "-m ttl --ttl-lt 30 -j DROP",
        "-p tcp -m length --length 0:39 -j DROP",
        "-p tcp -m connlimit --connlimit-above 200 --connlimit-mask 32 --connlimit-saddr -j REJECT",
        "-p tcp -m hashlimit --hashlimit-above 1000/sec --hashlimit-mode srcip --hashlimit-name web -j DROP",
    ],
)
def test_no_packet_of_an_ordinary_client_meets_such_a_rule(rule: str) -> None:
    assert ends(direct_routing(rs1=filtered(f"-A INPUT {rule}")))[SEGMENT] == SERVED


@pytest.mark.parametrize(
    "rule",
    [
        "-m ttl --ttl-lt 64 -j DROP",
        "-p tcp -m length --length 0:60 -j DROP",
        "-p tcp -m connlimit --connlimit-above 2 -j REJECT",
        "-p tcp -m hashlimit --hashlimit-upto 2/sec --hashlimit-name web -j DROP",
    ],
)
def test_whether_one_meets_a_narrower_rule_is_not_known(rule: str) -> None:
    assert ends(direct_routing(rs1=filtered(f"-A INPUT {rule}")))[SEGMENT][0] is Served.UNKNOWN


def test_a_reply_that_leaves_with_a_hop_limit_of_one_passes_no_router() -> None:
    rules = {"mangle": ["-A POSTROUTING -p tcp -m tcp --sport 80 -j TTL --ttl-set 1"]}
    rs1 = replace(real_server(21), rules=rules)
    assert ends(direct_routing(rs1=rs1))[BEYOND] == (Served.DIES, "rs1", Decision.OUTPUT_FILTER)
    assert ends(direct_routing(rs1=rs1))[SEGMENT] == SERVED


def test_a_failed_entry_without_a_cause_on_the_real_server_is_likely_the_end_of_its_connections() -> None:
    lb1 = replace(DIRECTOR, neighbours=["192.0.2.21 dev eth0 FAILED"])
    assert ends(direct_routing(lb1=lb1))[SEGMENT] == (Served.DIES, "lb1", Decision.NEIGHBOUR)
    waiting = replace(DIRECTOR, neighbours=["192.0.2.21 dev eth0 INCOMPLETE"])
    assert ends(direct_routing(lb1=waiting))[SEGMENT][0] is Served.UNKNOWN


def test_postrouting_of_the_director_sees_a_masqueraded_reply_with_the_vip_as_its_source() -> None:
    lost = (Served.DIES, "lb1", Decision.OUTPUT_FILTER)
    assert ends(masqueraded("-A POSTROUTING -s 192.0.2.10/32 -p tcp -m tcp --sport 80 -j DROP"))[BEYOND] == lost
    assert ends(masqueraded("-A POSTROUTING -o eth0 -j TTL --ttl-set 1")) == {
        **ends(masqueraded()),
        BEYOND: (Served.DIES, "lb1", Decision.RETURN_PATH),
    }
    assert ends(masqueraded("-A POSTROUTING -s 198.51.100.21/32 -p tcp -m tcp --sport 80 -j DROP"))[BEYOND] == SERVED


def masqueraded(*rules: str) -> tuple[Node, ...]:
    lb1 = Host(
        [("eth0", "192.0.2.2/24"), ("eth0", "192.0.2.10/32"), ("eth1", "198.51.100.1/24")],
        ["default via 192.0.2.1 dev eth0"],
        ipvs=["-A -t 192.0.2.10:80 -s rr", "-a -t 192.0.2.10:80 -r 198.51.100.21:80 -m -w 1"],
        rules={"mangle": rules},
    )
    rs1 = Host([("eth0", "198.51.100.21/24")], ["default via 198.51.100.1 dev eth0"], listens=["0.0.0.0:80"])
    return scanned(lb1=altered(lb1, all_forwarding=1, eth0_forwarding=1, eth1_forwarding=1), rs1=rs1)
