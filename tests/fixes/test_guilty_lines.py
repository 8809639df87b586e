"""The line that is to blame: of the host whose fault it is, and the row that the fix changes."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.collect.files import collect_paths
from lvsdoctor.engine.case_runner import nodes_in
from lvsdoctor.engine.loader import load_rules
from lvsdoctor.engine.page_cases import Case, cases_of
from lvsdoctor.engine.rule import Rule
from lvsdoctor.engine.runner import examine, try_rule
from lvsdoctor.fixes.changes.kinds import applied, changes_of
from lvsdoctor.fixes.guilty_lines import with_guilty_lines
from lvsdoctor.model.change import SetSysctl
from lvsdoctor.model.examination import Diagnosis, Examination
from lvsdoctor.model.finding import Citation, Finding, Fix, Severity, cite
from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.sysctl import Setting
from lvsdoctor.reporting.rule_page import page_of

ROOT = Path(__file__).parents[2]
RULES = load_rules()
CASES = [(rule, case) for rule in RULES for case in cases_of(page_of(rule)) if case.expects == "fires"]


def diagnosed(rule: Rule, case: Case) -> Iterator[tuple[Diagnosis, tuple[Node, ...]]]:
    nodes = nodes_in(case)
    diagnoses = [diagnosis for node in nodes for diagnosis in try_rule(rule, node)[0]]
    examination = with_guilty_lines(Examination((), tuple(diagnoses), ()), nodes)
    yield from ((diagnosis, nodes) for diagnosis in examination.diagnoses)


def quoted(diagnosis: Diagnosis) -> list[Citation]:
    return [item for item in diagnosis.evidence if not item.assumed]


def is_of(item: Citation, *names: str) -> bool:
    """In a case the evidence calls a dump by its node and its name."""
    return item.seen.where.split("/")[0] in names


@pytest.mark.parametrize(("rule", "case"), CASES, ids=lambda value: value.title if isinstance(value, Case) else None)
def test_a_line_of_another_host_is_to_blame_only_where_none_of_its_own_is_quoted(rule: Rule, case: Case) -> None:
    for diagnosis, _ in diagnosed(rule, case):
        names = diagnosis.node, diagnosis.fix_node
        lines = [item for item in diagnosis.evidence if not item.assumed or item.seen.line is not None]
        own = [item for item in lines if is_of(item, diagnosis.node, diagnosis.fix_node)]
        decided = [item for item in lines if item.seen == diagnosis.finding.decided_by]
        expected = [*decided, *own] or quoted(diagnosis)
        guilty = diagnosis.guilty
        lacking = guilty is not None and not own and not guilty.seen.text
        assert guilty in expected or (guilty is None and not expected) or (lacking and guilty and is_of(guilty, *names))


@pytest.mark.parametrize(("rule", "case"), CASES, ids=lambda value: value.title if isinstance(value, Case) else None)
def test_a_setting_that_the_fix_writes_is_to_blame_where_it_is_quoted(rule: Rule, case: Case) -> None:
    """Held against the commands themselves, as their words name the settings."""
    for diagnosis, nodes in diagnosed(rule, case):
        node = next((node for node in nodes if node.name == diagnosis.fix_node), None)
        if node is None or not node.has("sysctl"):
            continue
        written = [
            change
            for line in diagnosis.fix.now
            for change in changes_of(line, node)
            if isinstance(change, SetSysctl) and node.knows_sysctl(change.key)
        ]
        lines = {node.sysctl(each.key).seen for each in written if node.sysctl(each.key).raw != each.value}
        others = {c for line in diagnosis.fix.now for c in changes_of(line, node)} - set(written)
        changing = any(applied(node, change).evidence != node.evidence for change in others)
        if not changing and lines.intersection(item.seen for item in quoted(diagnosis)):
            assert diagnosis.guilty is not None
            assert diagnosis.guilty.seen in lines


def blamed(path: str) -> set[tuple[str, str, str, str]]:
    """Of every finding of a scan: its code, its node, and the line that is to blame."""
    nodes = with_standing(collect_paths([str(ROOT / path)]))
    found = with_guilty_lines(examine(nodes, RULES), nodes).diagnoses
    return {(d.code, d.node, str(d.guilty.seen), d.guilty.seen.text.strip()[:50]) for d in found if d.guilty}


STORIES: Mapping[str, set[tuple[str, str, str, str]]] = {
    "examples/leaking-real-server": {("ARP002", "rs2", "rs2/sysctl.txt:8", "net.ipv4.conf.all.arp_ignore = 0")},
    "examples/golden-cluster": {
        ("ADDR001", "rs2", "rs2/etc/netplan/60-lvs.yaml:12", "- 192.0.2.10/24"),
        # No file sets all.arp_ignore: the line that has no effect is all that there is.
        ("ARP002", "rs2", "rs2/etc/sysctl.d/zz-lvs.conf:2", "net.ipv4.conf.lo.arp_ignore = 1"),
        ("CONN002", "lb1", "lb1/etc/keepalived/keepalived.conf:14", "virtual_server 192.0.2.10 80 {"),
        ("CONN002", "lb2", "lb2/etc/keepalived/keepalived.conf:14", "virtual_server 192.0.2.10 80 {"),
    },
    "tests/fixtures/stories/arp-ignore-on-lo-alone": {
        ("ARP002", "rs1", "rs1/sysctl.txt:8", "net.ipv4.conf.all.arp_ignore = 0"),
        ("CL001", "router", "router/ip-neigh.txt:1", "192.0.2.10 dev eth0 lladdr 02:00:00:00:05:00 REACH"),
    },
    # Each of these quotes a line of the director first.
    "tests/fixtures/stories/checked-on-the-tunnel": {
        ("TUN002", "rs1", "rs1/sysctl.txt:160", "net.ipv4.conf.tunl0.rp_filter = 1"),
        ("TUN004", "lb1", "lb1/ip-link.txt:6", "3: eth0@if11: <BROADCAST,MULTICAST,UP,LOWER_UP> mt"),
    },
    "tests/fixtures/stories/strict-check-on-the-back-network": {
        ("RP002", "rs1", "rs1/sysctl.txt:127", "net.ipv4.conf.eth1.rp_filter = 0")
    },
    "tests/fixtures/stories/replies-past-the-masquerading-director": {
        ("NAT001", "rs1", "rs1/ip-route.txt:1", "default via 192.0.2.1 dev eth0"),
        ("NAT002", "lb1", "lb1/sysctl.txt:174", "net.ipv4.vs.conntrack = 0"),
    },
    "tests/fixtures/stories/vip-with-the-subnets-mask": {
        ("ADDR001", "rs1", "rs1/ip-addr.json:1", '{"family":"inet","local":"192.0.2.10","prefixlen":')
    },
}


GOLDEN: Mapping[str, tuple[dict[str, str], str, str]] = {
    "a saved table": (
        {"lb1/etc/ipvsadm.rules": "-A -t 192.0.2.10:80 -s rr\n-a -t 192.0.2.10:80 -r 192.0.2.21:8080 -g -w 1\n"},
        "DR003",
        "lb1/etc/ipvsadm.rules:2",
    ),
    "a setting that is copied to every interface": (
        {
            "lb1/etc/ipvsadm.rules": "-A -t 203.0.113.10:80 -s rr\n-a -t 203.0.113.10:80 -r 10.0.0.21:80 -m -w 1\n",
            "lb1/etc/sysctl.conf": "# hardening\nnet.ipv4.ip_forward = 0\n",
        },
        "NAT003",
        "lb1/etc/sysctl.conf:2",
    ),
    "a route of the real server": (
        {
            "lb1/etc/ipvsadm.rules": "-A -t 192.0.2.10:80 -s rr\n-a -t 192.0.2.10:80 -r 192.0.2.21:80 -g -w 1\n",
            "lb1/etc/systemd/network/eth0.network": "[Match]\nName=eth0\n[Network]\nAddress=192.0.2.5/24\n"
            "Address=192.0.2.10/32\nGateway=192.0.2.1\n",
            "rs1/etc/systemd/network/eth0.network": "[Match]\nName=eth0\n[Network]\nAddress=192.0.2.21/24\n"
            "Gateway=192.0.2.5\n",
            "rs1/etc/systemd/network/lo.network": "[Match]\nName=lo\n[Network]\nAddress=192.0.2.10/32\n",
        },
        "DR004",
        "rs1/etc/systemd/network/eth0.network:5",
    ),
}


@pytest.mark.parametrize("title", GOLDEN)
def test_a_golden_tree_is_shown_at_the_line_to_change(tmp_path: Path, title: str) -> None:
    files, code, line = GOLDEN[title]
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    nodes = with_standing(collect_paths([str(tmp_path)]))
    found = with_guilty_lines(examine(nodes, RULES), nodes).diagnoses
    assert [str(d.guilty.seen) for d in found if d.code == code and d.guilty] == [line]


@pytest.mark.parametrize("path", STORIES)
def test_a_scan_blames_the_row_that_decided(path: str) -> None:
    assert blamed(path) == STORIES[path]


# Of cases where the fix changes no quoted row: the row that decided, though the rule quotes another one first.
DECIDED = {
    "real-server-unreachable": "198.51.100.21 dev eth1 FAILED",
    "requests-rewritten-before-ipvs": "-j DNAT --to-destination",
    "real-server-without-health-check": "real_server 192.0.2.22 80 {",
    "real-server-port-reset": "real_server 192.0.2.21 8000 {",
    "firewall-mark-never-set": "--dport 8080 -j MARK",
    "ipvs-timeout-below-keepalive": "Timeout (tcp tcpfin udp): 900 120 300",
    "nat-real-server-behind-router": "default via 192.0.2.1 dev eth0",
    "local-node-not-listening": "127.0.0.1:80",
    "director-never-answers-arp": "net.ipv4.conf.all.arp_ignore = 1",
    "health-check-asks-another-host": "connect_ip 192.0.2.22",
    "vip-not-in-network-files": "IPADDR=192.0.2.10",
}


@pytest.mark.parametrize("name", DECIDED)
def test_a_rule_names_the_row_that_decided(name: str) -> None:
    found = [d for rule, case in CASES if rule.name == name for d, _ in diagnosed(rule, case)]
    texts = [diagnosis.guilty.seen.text for diagnosis in found if diagnosis.guilty]
    assert any(DECIDED[name] in text for text in texts)


ALL, ETH0 = (
    Setting(f"net.ipv4.conf.{link}.log_martians", "0", Seen("hosts.txt", n, link))
    for n, link in enumerate(["all", "eth0"], 1)
)
OWN = Node("rs1", "", {"sysctl": {ALL.key: ALL, ETH0.key: ETH0}}, files={"hosts.txt": "hosts.txt"})
OTHER_ROW = Setting(ALL.key, "0", Seen("hosts.txt", 9, "all of lb1"))
OTHER = Node("lb1", "", {"sysctl": {ALL.key: OTHER_ROW}}, files={"hosts.txt": "hosts.txt"})


def blame(*rows: Setting, fix: str = "", node: str = "", decided_by: Setting | None = None) -> Seen | None:
    finding = Finding("it is", about={}, evidence=map(cite, rows), fix=Fix((fix,), node=node), decided_by=decided_by)
    examination = Examination((), (Diagnosis(finding, "own", "X001", "rs1", Severity.ERROR),), ())
    (diagnosis,) = with_guilty_lines(examination, [OWN, OTHER]).diagnoses
    return diagnosis.guilty.seen if diagnosis.guilty else None


def test_an_operators_own_command_is_followed_too() -> None:
    assert blame(ALL, ETH0, fix=f"sysctl -w {ETH0.key}=1") == ETH0.seen


def test_a_row_that_has_the_value_already_is_not_changed() -> None:
    assert blame(ALL, ETH0, fix=f"sysctl -w {ETH0.key}=0 {ALL.key}=1") == ALL.seen


def test_what_the_fix_changes_outweighs_what_the_rule_says() -> None:
    assert blame(ALL, ETH0, fix=f"sysctl -w {ALL.key}=1", decided_by=ETH0) == ALL.seen
    assert blame(ALL, ETH0, fix="# by hand", decided_by=ETH0) == ETH0.seen


def test_in_a_text_of_two_hosts_the_rows_tell_whose_a_line_is() -> None:
    assert blame(OTHER_ROW, ETH0) == ETH0.seen
    assert blame(OTHER_ROW) == OTHER_ROW.seen
    assert blame(OTHER_ROW, fix=f"sysctl -w {ALL.key}=1", node="lb1") == OTHER_ROW.seen


def test_the_line_of_another_host_is_to_blame_where_it_decided_and_no_fix_changes_one() -> None:
    assert blame(OTHER_ROW, ETH0, decided_by=OTHER_ROW) == OTHER_ROW.seen
    assert blame(OTHER_ROW, ETH0, fix=f"sysctl -w {ETH0.key}=1", decided_by=OTHER_ROW) == ETH0.seen


@pytest.mark.parametrize(
    ("name", "title", "dump"),
    [
        ("vip-missing-on-real-server", "no VIP, and nothing is forwarded", "rs1/ip-addr"),
        ("nat-reply-bypasses-director", "there is no default route", "rs1/ip-route"),
        ("service-not-listening", "no program listens on the port", "rs1/ss"),
    ],
)
def test_what_is_missing_is_shown_at_its_own_hosts_dump_as_a_whole(name: str, title: str, dump: str) -> None:
    (rule, case) = next((rule, case) for rule, case in CASES if (rule.name, case.title) == (name, title))
    assert {diagnosis.guilty.seen for diagnosis, _ in diagnosed(rule, case) if diagnosis.guilty} == {
        Seen(dump, None, "")
    }


def test_an_assumption_is_not_to_blame() -> None:
    finding = Finding("it is", about={}, evidence=[Citation(ALL.seen, settle="sysctl -a")], fix=Fix(), decided_by=ALL)
    examination = Examination((), (Diagnosis(finding, "own", "X001", "rs1", Severity.ERROR),), ())
    assert with_guilty_lines(examination, [OWN]).diagnoses[0].guilty is None
