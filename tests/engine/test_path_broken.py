"""path-broken: connections that are known to fail at a host, and that no other rule explains."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.engine.last_resort import unexplained
from lvsdoctor.engine.runner import examine
from lvsdoctor.model.examination import Diagnosis, Examination, Outcome, Verdict
from lvsdoctor.model.finding import Severity
from lvsdoctor.model.walk import Decision
from tests.laws.worlds import nodes_in, rules, worlds

FIRES = next(world for world in worlds() if world.name.startswith("path-broken"))
CONNECTION = "TCP 00:57  SYN_RECV    192.0.2.100:40001  192.0.2.10:80      198.51.100.21:80"


def examined(without: Sequence[str] = (), chosen: Sequence[str] = (), **changes: tuple[str, str]) -> Examination:
    """The cluster of the page, where dump KIND of both hosts has other text, or dumps are absent."""
    dumps = []
    for host, where, text in FIRES.dumps:
        kind = where.partition("/")[2]
        old, new = changes.get(f"{host}_{kind.replace('-', '_')}", ("", ""))
        assert old in text
        if f"{host}/{kind}" not in without:
            dumps.append((host, where, text.replace(old, new) if old else text))
    nodes = with_standing(nodes_in(dumps))
    asked = [rule for rule in rules() if not chosen or rule.name in chosen]
    return examine(nodes, asked, others=[rule for rule in rules() if rule not in asked])


def fires(examination: Examination) -> bool:
    return Severity.ERROR in severities(examination)


def severities(examination: Examination) -> list[Severity]:
    return [diagnosis.severity for diagnosis in examination.diagnoses if diagnosis.code == "PATH001"]


def verdict(examination: Examination, node: str = "rs1") -> Verdict:
    (outcome,) = (o for o in examination.outcomes if o.rule == "path-broken" and o.node == node)
    return outcome.verdict


def test_the_host_that_decides_has_the_finding_and_the_line_that_decides_is_quoted_first() -> None:
    (diagnosis,) = (d for d in examined().diagnoses if d.code == "PATH001")
    assert diagnosis.node == "rs1"
    assert diagnosis.evidence[0].seen.text == "net.ipv4.conf.eth1.rp_filter = 1"
    assert diagnosis.finding.decided_by == diagnosis.evidence[0].seen
    assert any(CONNECTION in item.seen.text for item in diagnosis.evidence)


@pytest.mark.parametrize(
    ("why", "old", "new"),
    [
        ("it had an answer", "00:57  SYN_RECV ", "14:57  ESTABLISHED"),
        ("it is of another VIP", "192.0.2.10:80", "192.0.2.11:80"),
        ("persistence keeps its client", "SYN_RECV    192.0.2.100:40001", "NONE        192.0.2.100:0    "),
    ],
)
def test_a_connection_shows_no_such_client_where(why: str, old: str, new: str) -> None:
    assert not fires(examined(lb1_ipvsadm_connections=(old, new)))


def test_a_neighbour_may_be_a_client_which_is_a_warning() -> None:
    examination = examined(without=["lb1/ipvsadm-connections"])
    assert severities(examination) == [Severity.WARNING]
    (diagnosis,) = (d for d in examination.diagnoses if d.code == "PATH001")
    assert diagnosis.clients == "If such clients connect, their connections hang or are refused."


def test_a_neighbour_is_enough_for_an_error_where_clients_of_every_place_fail() -> None:
    """Whoever of them is a client: a real server whose replies reach no one."""
    world = next(w for w in worlds() if "ipvsadm-daemon" in str(w.dumps) and w.name.startswith("path-broken"))
    alone = [rule for rule in rules() if rule.name == "path-broken"]
    (diagnosis,) = examine(with_standing(nodes_in(world.dumps)), alone).diagnoses
    assert (diagnosis.node, diagnosis.severity) == ("lb1", Severity.ERROR)
    assert diagnosis.clients == "These connections hang."
    stranger = [(host, where, text.replace("192.0.2.100 dev", "192.0.2.21 dev")) for host, where, text in world.dumps]
    (diagnosis,) = examine(with_standing(nodes_in(stranger)), alone).diagnoses
    assert diagnosis.severity is Severity.NOTE


def test_an_error_that_clients_are_only_assumed_for_does_not_stand_before_a_warning_of_the_same_host() -> None:
    world = next(w for w in worlds() if "ipvsadm-daemon" in str(w.dumps) and w.name.startswith("path-broken"))
    nodes = with_standing(nodes_in(world.dumps))
    by_name = {rule.name: rule for rule in rules()}
    (broken,) = examine(nodes, [by_name["path-broken"]]).diagnoses
    assert broken.explains is not None
    beside = replace(
        broken,
        rule="strict-rp-filter-drops-requests",
        severity=Severity.WARNING,
        explains=replace(broken.explains, decision=Decision.SOURCE_VALIDATION),
        finding=replace(broken.finding, evidence=()),
    )
    elsewhere = replace(beside, explains=replace(broken.explains, node="rs1", decision=Decision.SOURCE_VALIDATION))

    def severity(other: Diagnosis) -> Severity:
        left, _ = unexplained([broken, other], [], by_name, nodes, examine(nodes, []))
        return next(diagnosis.severity for diagnosis in left if diagnosis.rule == "path-broken")

    assert severity(beside) is Severity.WARNING
    assert severity(elsewhere) is Severity.ERROR


def test_that_there_are_such_clients_is_assumed_for_a_note() -> None:
    stranger = ("192.0.2.100 dev eth0 lladdr 02:00:00:00:01:00 REACHABLE\n", "")
    examination = examined(without=["lb1/ipvsadm-connections"], lb1_ip_neigh=stranger)
    assert severities(examination) == [Severity.NOTE]
    (diagnosis,) = (d for d in examination.diagnoses if d.code == "PATH001")
    assert diagnosis.clients == "If such clients connect, their connections hang or are refused."


def test_what_explains_the_clients_that_connect_is_no_error_because_of_others_that_are_assumed() -> None:
    """RP001 explains those beyond the router; of those on the segment it is not known that there are any."""
    beyond = ("192.0.2.100:40001", "203.0.113.9:40001")
    back = ("default via 198.51.100.1 dev eth1", "default via 192.0.2.1 dev eth0")
    assert not fires(examined(lb1_ipvsadm_connections=beyond, rs1_ip_route=back))


def test_without_neighbours_and_connections_it_is_a_note() -> None:
    examination = examined(without=["lb1/ipvsadm-connections", "lb1/ip-neigh", "rs1/ip-neigh"])
    assert severities(examination) == [Severity.NOTE]


def test_who_is_turned_away_by_a_filter_or_a_route_is_no_warning_either() -> None:
    drop = (":INPUT ACCEPT [0:0]", ":INPUT ACCEPT [0:0]\n-A INPUT -s 192.0.2.100/32 -j DROP")
    loose = ("eth1.rp_filter = 1", "eth1.rp_filter = 2")
    gone = ["lb1/ipvsadm-connections"]
    assert severities(examined(without=gone, rs1_sysctl=loose, rs1_iptables_save=drop)) == []


def test_a_real_server_of_weight_0_loses_nobody() -> None:
    assert not fires(examined(lb1_ipvsadm=("-w 1", "-w 0")))


def test_a_filter_that_drops_these_clients_has_a_purpose() -> None:
    drop = (":INPUT ACCEPT [0:0]", ":INPUT ACCEPT [0:0]\n-A INPUT -s 192.0.2.100/32 -j DROP")
    assert not fires(examined(rs1_sysctl=("eth1.rp_filter = 1", "eth1.rp_filter = 2"), rs1_iptables_save=drop))


def test_a_route_that_turns_these_clients_away_has_a_purpose() -> None:
    away = "blackhole 192.0.2.96/28\n192.0.2.0/24 dev eth0"
    loose = ("eth1.rp_filter = 1", "eth1.rp_filter = 0")
    assert not fires(examined(rs1_sysctl=loose, rs1_ip_route=("192.0.2.0/24 dev eth0", away)))


@pytest.mark.parametrize("dump", ["lb1/ip-addr", "lb1/sysctl", "rs1/ip-addr", "rs1/ip-route", "rs1/sysctl"])
def test_with_a_step_that_is_not_known_nothing_is_proved(dump: str) -> None:
    assert not fires(examined(without=[dump]))


def test_what_another_rule_explains_is_not_reported_even_if_that_rule_was_not_asked_for() -> None:
    """Without a default route by the back link the strict check drops all clients, which RP001 says."""
    back = ("default via 198.51.100.1 dev eth1", "default via 192.0.2.1 dev eth0")
    every = examined(rs1_ip_route=back)
    assert "RP001" in [diagnosis.code for diagnosis in every.diagnoses]
    assert not fires(every)
    (outcome,) = (o for o in every.outcomes if o.rule == "path-broken" and o.node == "rs1")
    assert (outcome.verdict, outcome.explained_by) == (Verdict.QUIET, ("strict-rp-filter-drops-requests",))
    assert examined(rs1_ip_route=back, chosen=["path-broken"]).diagnoses == ()


def test_a_proved_death_that_a_rule_not_checked_may_explain_is_a_warning() -> None:
    nodes = with_standing(nodes_in(FIRES.dumps))
    found = examine(nodes, rules())
    by_name = {rule.name: rule for rule in rules()}
    open_ = Outcome("strict-rp-filter-drops-requests", "rs1", Verdict.NOT_CHECKED)
    others = examine(nodes, [])
    (diagnosis,) = (d for d in unexplained(found.diagnoses, [open_], by_name, nodes, others)[0] if d.code == "PATH001")
    assert diagnosis.severity is Severity.WARNING
    (diagnosis,) = (d for d in unexplained(found.diagnoses, [], by_name, nodes, others)[0] if d.code == "PATH001")
    assert diagnosis.severity is Severity.ERROR


def checked_by(check: str) -> list[Diagnosis]:
    """Errors of path-broken where the director's filter drops TCP to the real server, and a file has this check."""
    conf = (
        "virtual_server 192.0.2.10 80 {\n  lb_algo rr\n  lb_kind DR\n  protocol TCP\n"
        f"  real_server 198.51.100.21 80 {{\n    {check}\n  }}\n}}\n"
    )
    drop = ":OUTPUT ACCEPT [0:0]\n-A OUTPUT -p tcp -d 198.51.100.21/32 -j DROP"
    dumps = [(host, where, text.replace(":OUTPUT ACCEPT [0:0]", drop) if where == "lb1/iptables-save" else text)
             for host, where, text in FIRES.dumps if not where.endswith("connections")]  # fmt: skip
    examination = examine(with_standing(nodes_in([*dumps, ("lb1", "lb1/keepalived.conf", conf)])), rules())
    return [d for d in examination.diagnoses if d.code == "PATH001" and d.severity is Severity.ERROR]


@pytest.mark.parametrize(
    "check",
    [
        "TCP_CHECK {\n connect_port 80\n }",
        "HTTP_GET {\n url {\n path /\n status_code 200\n }\n }",
        "PING_CHECK {\n }\n TCP_CHECK {\n connect_port 80\n }",
    ],
)
def test_a_health_check_of_a_file_is_a_client(check: str) -> None:
    (diagnosis,) = checked_by(check)
    assert diagnosis.node == "lb1"
    assert "the director's health check" in diagnosis.message


@pytest.mark.parametrize(
    "check",
    ["PING_CHECK {\n }", 'MISC_CHECK {\n misc_path "/usr/local/bin/check"\n }', "UDP_CHECK {\n connect_port 80\n }"],
)
def test_a_check_that_does_not_connect_by_tcp_is_no_client_that_a_filter_of_tcp_stops(check: str) -> None:
    assert [diagnosis.message for diagnosis in checked_by(check) if diagnosis.node == "lb1"] == []
