"""What a picture of the cluster shows, found in its nodes: who is what, who forwards to whom, who answers ARP."""

import random
from pathlib import Path

import pytest

import lvsdoctor.analysis.topology.answering as answering
from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.analysis.topology import drawn
from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.collect.files import collect_paths
from lvsdoctor.engine.case_runner import nodes_in
from lvsdoctor.engine.loader import load_rules
from lvsdoctor.engine.page_cases import Case, cases_of
from lvsdoctor.engine.runner import examine
from lvsdoctor.model.finding import Predicts
from lvsdoctor.model.node import Node
from lvsdoctor.model.topology import Answering, Cluster, Holder, Host, Part
from lvsdoctor.parse.paste.stream import pieces
from lvsdoctor.reporting.rule_page import page_of
from tests.engine.test_hostile_dumps import CLUSTERS, damaged

ROOT = Path(__file__).parents[2]
LO = "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN\n    inet 127.0.0.1/8 scope host lo\n"
ETH0 = "2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP\n    link/ether 02:00:00:00:00:02\n"
KUBE = "3: kube-ipvs0: <BROADCAST,NOARP> mtu 1500 qdisc noop state DOWN\n    link/ether 02:00:00:00:00:03\n"


def inet(address: str, link: str) -> str:
    return f"    inet{'6' if ':' in address else ''} {address} scope global {link}\n"


def sysctl(ignore: int = 0) -> str:
    return f"net.ipv4.conf.all.arp_ignore = {ignore}\nnet.ipv4.conf.eth0.arp_ignore = 0\n"


def table(*rips: str, vip: str = "192.0.2.10", how: str = "-g", port: int = 80) -> str:
    service = f"-A -t {vip}:{port} -s rr\n"
    return service + "".join(f"-a -t {vip}:{port} -r {rip}:{port} {how} -w 1\n" for rip in rips)


def director(number: int, ipvs: str, vip: str = "192.0.2.10/32", more: str = "default via 192.0.2.1 dev eth0\n") -> str:
    held = inet(vip, "eth0") if vip else ""
    return LO + ETH0 + inet(f"192.0.2.{number}/24", "eth0") + held + sysctl() + more + ipvs


def real_server(number: int, ignore: int = 1, more: str = "default via 192.0.2.1 dev eth0\n") -> str:
    own = inet("192.0.2.10/32", "lo") + ETH0 + inet(f"192.0.2.{number}/24", "eth0")
    return LO + own + sysctl(ignore) + more


def scan(**texts: str) -> tuple[Node, ...]:
    found = [NodeDump(piece, name, name) for name, text in texts.items() for piece in pieces(text, name)]
    return with_standing(nodes_of(found))


def host(cluster: Cluster, name: str) -> Host:
    return next(host for host in cluster.hosts if host.name == name)


def holder(cluster: Cluster, name: str, vip: str = "192.0.2.10") -> Holder | None:
    return next((held for held in cluster.holders if (held.host, held.vip) == (name, vip)), None)


def holder_of(cluster: Cluster, name: str, vip: str = "192.0.2.10") -> Holder:
    found = holder(cluster, name, vip)
    assert found is not None
    return found


RIPS = ("192.0.2.21", "192.0.2.22")


def test_the_example_tells_the_real_server_that_answers() -> None:
    cluster = drawn(with_standing(collect_paths([str(ROOT / "examples/leaking-real-server")])))
    assert cluster.vips == ("192.0.2.10",)
    sick, well, balancing = (holder_of(cluster, name) for name in ("rs2", "rs1", "lb1"))
    assert (sick.link, sick.answering, sick.answers_on, sick.should) == ("lo", Answering.ANSWERS, ("eth0",), False)
    assert (well.answering, well.should, well.why) == (Answering.SILENT, False, "arp_ignore=1: not configured on eth0")
    assert (balancing.link, balancing.answering, balancing.should) == ("eth0", Answering.ANSWERS, True)
    forwards = [(each.director, each.real_server, each.service, each.method, each.weight) for each in cluster.forwards]
    assert forwards == [("lb1", f"rs{number}", "tcp 192.0.2.10:80", "DR", 1) for number in (1, 2)]


def test_the_default_gateway_is_a_router_and_whose_it_is() -> None:
    cluster = drawn(scan(lb1=director(2, table(*RIPS)), rs1=real_server(21)))
    assert host(cluster, "192.0.2.1") == Host("192.0.2.1", Part.ROUTER, ("192.0.2.1",), False, ("lb1", "rs1"))


def test_a_router_of_the_scan_stands_under_its_name() -> None:
    router = LO + ETH0 + inet("192.0.2.1/24", "eth0")
    cluster = drawn(scan(gate=router, lb1=director(2, table(*RIPS))))
    assert host(cluster, "gate") == Host("gate", Part.ROUTER, ("192.0.2.1",), True, ("lb1",))


def test_a_director_that_is_its_real_servers_gateway_stays_a_director() -> None:
    behind = real_server(21, more="default via 192.0.2.2 dev eth0\n")
    cluster = drawn(scan(lb1=director(2, table(*RIPS, how="-m")), rs1=behind))
    assert (host(cluster, "lb1").part, host(cluster, "lb1").gateway_of) == (Part.DIRECTOR, ("rs1",))
    assert {each.method for each in cluster.forwards} == {"NAT"}


def test_a_real_server_that_is_only_listed_is_not_scanned() -> None:
    cluster = drawn(scan(lb1=director(2, table(*RIPS)), rs1=real_server(21)))
    assert host(cluster, "192.0.2.22") == Host("192.0.2.22", Part.REAL_SERVER, ("192.0.2.22",))
    assert host(cluster, "rs1").scanned
    assert [each.real_server for each in cluster.forwards] == ["rs1", "192.0.2.22"]


def test_a_host_s_own_addresses_are_without_vips_and_the_rip_is_first() -> None:
    more = "default via 192.0.2.1 dev eth0\n"
    extra = LO + inet("192.0.2.10/32", "lo") + ETH0 + inet("198.51.100.21/24", "eth0") + inet("192.0.2.21/24", "eth0")
    cluster = drawn(scan(lb1=director(2, table(*RIPS)), rs1=extra + sysctl(1) + more))
    assert host(cluster, "rs1").addresses == ("192.0.2.21", "198.51.100.21")


def test_a_standby_director_holds_nothing() -> None:
    cluster = drawn(scan(lb1=director(2, table(*RIPS)), lb2=director(3, table(*RIPS), vip="")))
    assert holder(cluster, "lb2") is None
    assert host(cluster, "lb2").part is Part.DIRECTOR


def test_of_two_directors_that_answer_one_should_not() -> None:
    cluster = drawn(scan(lb1=director(2, table(*RIPS)), lb2=director(3, table(*RIPS))))
    assert holder_of(cluster, "lb1").should
    second = holder_of(cluster, "lb2")
    assert (second.answering, second.should, second.why) == (Answering.ANSWERS, False, "lb1 answers there, too")


def test_two_directors_on_two_segments_are_no_rivals() -> None:
    far = director(3, table(*RIPS)).replace("192.0.2.3/24", "198.51.100.3/24").replace("192.0.2.1 ", "198.51.100.1 ")
    cluster = drawn(scan(lb1=director(2, table(*RIPS)), lb2=far))
    assert [each.should for each in cluster.holders] == [True, True]


def test_a_director_that_is_its_own_real_server_serves_locally() -> None:
    cluster = drawn(scan(lb1=director(2, table("192.0.2.2", "127.0.0.1", "192.0.2.21"))))
    assert [(each.real_server, each.method) for each in cluster.forwards] == [
        ("lb1", "LOCAL"),
        ("lb1", "LOCAL"),
        ("192.0.2.21", "DR"),
    ]


def test_a_director_that_serves_another_may_keep_silent() -> None:
    local = LO + inet("192.0.2.10/32", "lo") + ETH0 + inet("192.0.2.3/24", "eth0") + sysctl(1)
    both = table("192.0.2.2", "192.0.2.3")
    cluster = drawn(scan(lb1=director(2, both), lb2=local + both))
    silent = holder_of(cluster, "lb2")
    assert (silent.answering, silent.should) == (Answering.SILENT, False)


def test_a_director_alone_that_is_silent_should_answer() -> None:
    kept = LO + inet("192.0.2.10/32", "lo") + ETH0 + inet("192.0.2.2/24", "eth0") + sysctl(1)
    silent = holder_of(drawn(scan(lb1=kept + table(*RIPS))), "lb1")
    assert (silent.answering, silent.should) == (Answering.SILENT, True)


def test_a_director_to_which_routers_send_may_keep_silent() -> None:
    routed = LO + inet("203.0.113.10/32", "lo") + ETH0 + inet("192.0.2.2/24", "eth0") + sysctl(1)
    cluster = drawn(scan(lb1=routed + "192.0.2.0/24 dev eth0 scope link\n" + table(*RIPS, vip="203.0.113.10")))
    silent = holder_of(cluster, "lb1", "203.0.113.10")
    assert (silent.answering, silent.should) == (Answering.SILENT, False)
    assert "routers send" in silent.why


def test_without_settings_nobody_knows_about_what_is_on_lo() -> None:
    cluster = drawn(scan(lb1=director(2, table(*RIPS)), rs1=real_server(21).replace(sysctl(1), "")))
    unknown = holder_of(cluster, "rs1")
    assert (unknown.answering, unknown.link, unknown.why) == (Answering.UNKNOWN, "lo", "sysctl not collected")


def test_without_settings_a_link_answers_for_its_own() -> None:
    claimed = holder_of(drawn(scan(lb1=director(2, table(*RIPS)).replace(sysctl(), ""))), "lb1")
    assert (claimed.answering, claimed.answers_on) == (Answering.ANSWERS, ("eth0",))


def test_without_addresses_a_director_is_unknown() -> None:
    unknown = holder_of(drawn(scan(lb1=table(*RIPS))), "lb1")
    assert (unknown.answering, unknown.link, unknown.should) == (Answering.UNKNOWN, "", True)
    assert unknown.why == "its addresses were not collected"


def test_a_stranger_that_holds_the_vip_should_not_answer() -> None:
    stranger = LO + ETH0 + inet("192.0.2.77/24", "eth0") + inet("192.0.2.10/32", "eth0") + sysctl()
    cluster = drawn(scan(lb1=director(2, table(*RIPS)), thief=stranger))
    assert host(cluster, "thief").part is Part.OTHER
    wrong = holder_of(cluster, "thief")
    assert (wrong.answering, wrong.should) == (Answering.ANSWERS, False)


def test_an_ipv6_vip_is_answered_for_only_where_it_is_kept() -> None:
    vip, real = "2001:db8::10", "2001:db8::21"
    kept = LO + inet(f"{vip}/128", "lo") + ETH0 + inet(f"{real}/64", "eth0")
    ipvs = table(f"[{real}]", "[2001:db8::22]", vip=f"[{vip}]")
    nodes = scan(
        lb1=LO + ETH0 + inet("2001:db8::2/64", "eth0") + inet(f"{vip}/64", "eth0") + ipvs,
        rs1=kept,
        rs2=kept.replace("::21", "::22") + inet(f"{vip}/128", "eth0"),
    )
    cluster = drawn(nodes)
    judged = {each.host: (each.answering, each.should) for each in cluster.holders}
    assert judged == {
        "lb1": (Answering.ANSWERS, True),
        "rs1": (Answering.SILENT, False),
        "rs2": (Answering.ANSWERS, False),
    }


def test_what_kube_proxy_keeps_need_not_be_answered_for() -> None:
    kube = LO + ETH0 + inet("192.0.2.2/24", "eth0") + KUBE + inet("192.0.2.10/32", "kube-ipvs0") + sysctl(1)
    kept = holder_of(drawn(scan(node1=kube + table(*RIPS))), "node1")
    assert (kept.answering, kept.should) == (Answering.SILENT, False)
    assert "kube-proxy" in kept.why


def test_a_firewall_mark_is_of_the_vip_that_its_director_holds() -> None:
    ipvs = "-A -f 1 -s rr\n-a -f 1 -r 192.0.2.21:0 -g -w 1\n"
    cluster = drawn(scan(lb1=director(2, ipvs), rs1=real_server(21)))
    assert cluster.vips == ("192.0.2.10",)
    assert (holder_of(cluster, "lb1").should, holder_of(cluster, "rs1").should) == (True, False)
    assert [(each.vip, each.real_server) for each in cluster.forwards] == [("", "rs1")]


def test_of_thousands_of_vips_some_are_drawn_and_the_others_counted() -> None:
    ipvs = "".join(table("192.0.2.21", vip=f"198.51.{number // 250}.{number % 250 + 1}") for number in range(1000))
    cluster = drawn(scan(lb1=director(2, ipvs)))
    assert len(cluster.vips) + cluster.left_out == 1000
    assert {each.vip for each in cluster.forwards} == set(cluster.vips)


def test_a_host_without_a_role_is_no_cluster() -> None:
    assert drawn(scan(box=LO + ETH0 + inet("192.0.2.7/24", "eth0"))) == Cluster()
    assert drawn(()) == Cluster()


def test_a_failure_of_the_model_is_said_and_the_rest_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(answering, "arp_reply", broken)
    cluster = drawn(scan(lb1=director(2, table(*RIPS))))
    assert holder_of(cluster, "lb1").why == "lvsdoctor failed here: ZeroDivisionError"
    assert len(cluster.forwards) == 2


RULES = load_rules()
CASES = [(rule.name, case) for rule in RULES for case in cases_of(page_of(rule))]
# What a finding says to answer that should not, or to be silent that should.
RULES_ABOUT_ANSWERING = (
    "real-server-answers-arp",
    "arp-ignore-only-on-lo",
    "vip-answered-by-two-directors",
    "vip-on-answering-link",
    "service-address-answered-by-every-node",
)


def _name(value: object) -> str:
    return value.title.replace(" ", "-") if isinstance(value, Case) else str(value)


@pytest.mark.parametrize(("rule", "case"), CASES, ids=_name)
def test_every_case_of_every_rule_is_drawn(rule: str, case: Case) -> None:
    cluster = drawn(nodes_in(case))
    names = [host.name for host in cluster.hosts]
    assert len(set(names)) == len(names)
    assert {each.host for each in cluster.holders} <= set(names)
    assert {each.director for each in cluster.forwards} | {each.real_server for each in cluster.forwards} <= set(names)
    assert not [each.why for each in cluster.holders if "failed" in each.why]


def test_every_answer_that_a_rule_finds_wrong_is_wrong_in_the_drawing() -> None:
    missed = []
    for _, case in CASES:
        nodes = nodes_in(case)
        wrong = {(each.host, each.vip) for each in drawn(nodes).holders if each.answers_on and not each.should}
        for diagnosis in examine(nodes, RULES).diagnoses:
            about = (diagnosis.node, diagnosis.about.get("vip", ""))
            if diagnosis.finding.predicts is Predicts.ANSWERS and about not in wrong:
                missed.append((case.title, diagnosis.message))
    assert missed == []


QUIET = [
    (rule.name, case)
    for rule in RULES
    for case in cases_of(page_of(rule))
    if case.expects == "quiet" and rule.name in RULES_ABOUT_ANSWERING
]


@pytest.mark.parametrize(("rule", "case"), QUIET, ids=_name)
def test_nobody_is_drawn_wrong_where_the_rules_of_answering_are_quiet(rule: str, case: Case) -> None:
    wrong = [each for each in drawn(nodes_in(case)).holders if each.answers_on and not each.should]
    assert wrong == []


@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_cluster_is_drawn_all_the_same(seed: int) -> None:
    dice = random.Random(seed)
    dumps = [(node, where, damaged(text, dice)) for node, where, text in dice.choice(CLUSTERS)]
    found = [NodeDump(piece, node, node) for node, where, text in dumps for piece in pieces(text, where)]
    cluster = drawn(with_standing(nodes_of(found)))
    assert not [each.why for each in cluster.holders if "failed" in each.why]
