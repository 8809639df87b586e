"""What a rule says where the files of sysctl.d were collected, and what runs was not."""

from collections.abc import Callable
from pathlib import Path

import pytest

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.collect.files import collect_paths
from lvsdoctor.engine.loader import load_rules
from lvsdoctor.engine.rule import rule
from lvsdoctor.engine.runner import examine, try_rule
from lvsdoctor.fixes.plan import plan
from lvsdoctor.model.examination import Diagnosis, Outcome, Verdict
from lvsdoctor.model.finding import Severity
from lvsdoctor.model.node import Node

REAL_SERVER = """1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
    inet 192.0.2.10/32 scope global lo
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP group default qlen 1000
    link/ether 02:00:00:00:00:21 brd ff:ff:ff:ff:ff:ff
    inet 192.0.2.21/24 brd 192.0.2.255 scope global eth0
"""
DIRECTOR = """1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP group default qlen 1000
    link/ether 02:00:00:00:00:02 brd ff:ff:ff:ff:ff:ff
    inet 192.0.2.2/24 brd 192.0.2.255 scope global eth0
    inet 192.0.2.10/32 scope global eth0
3: eth1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP group default qlen 1000
    link/ether 02:00:00:00:01:02 brd ff:ff:ff:ff:ff:ff
    inet 198.51.100.2/24 brd 198.51.100.255 scope global eth1
"""
MASQUERADING = "-A -t 192.0.2.10:80 -s rr\n-a -t 192.0.2.10:80 -r 198.51.100.21:80 -m -w 1\n"
EVERYWHERE = "net.ipv4.conf.all.arp_ignore = 1\nnet.ipv4.conf.all.arp_announce = 2\n"
ONLY_ON_LO = EVERYWHERE.replace("all", "lo")
RULES = {known.name: known for known in load_rules([])}

Host = Callable[..., Node]


@pytest.fixture
def host(tmp_path: Path) -> Host:
    def collected(addresses: str, configured: str, **dumps: str) -> Node:
        (tmp_path / "host/etc/sysctl.d").mkdir(parents=True)
        (tmp_path / "host/etc/sysctl.d/90-lvs.conf").write_text(configured)
        (tmp_path / "host/ip-addr").write_text(addresses)
        for name, text in dumps.items():
            (tmp_path / "host" / name).write_text(text)
        (node,) = with_standing(collect_paths([str(tmp_path / "host")]))
        return node

    return collected


def tried(node: Node, name: str) -> tuple[list[Diagnosis], Outcome]:
    return try_rule(RULES[name], node)


def test_what_files_set_is_a_warning_that_quotes_the_file_and_says_how_to_see_what_runs(host: Host) -> None:
    (finding,), outcome = tried(host(REAL_SERVER, ONLY_ON_LO), "arp-ignore-only-on-lo")
    assert (outcome.verdict, finding.severity) == (Verdict.FIRES, Severity.WARNING)
    assert "host/etc/sysctl.d/90-lvs.conf:1" in {str(line.seen) for line in finding.evidence}
    assert "what runs is what the files set" in {
        line.seen.text for line in finding.evidence if line.settle == "sysctl -a"
    }


def test_files_alone_clear_no_host(host: Host) -> None:
    found, outcome = tried(host(REAL_SERVER, EVERYWHERE), "arp-ignore-only-on-lo")
    assert (found, outcome.verdict) == ([], Verdict.NOT_CHECKED)
    assert [(missing.fact, missing.command) for missing in outcome.missing] == [("sysctl", "sysctl -a")]


@pytest.mark.parametrize(("running", "verdict"), [("1", Verdict.QUIET), ("0", Verdict.FIRES)])
def test_where_both_were_collected_what_runs_decides(host: Host, running: str, verdict: Verdict) -> None:
    sysctl = f"net.ipv4.conf.all.arp_ignore = {running}\nnet.ipv4.conf.eth0.arp_ignore = 0\n"
    node = host(REAL_SERVER, EVERYWHERE if running == "0" else ONLY_ON_LO, sysctl=sysctl, arptables="")
    found, outcome = tried(node, "real-server-answers-arp")
    assert outcome.verdict is verdict
    assert [finding.severity for finding in found] == ([Severity.ERROR] if running == "0" else [])


@pytest.mark.parametrize(("own", "verdict"), [("", Verdict.NOT_CHECKED), ("eth0.arp_ignore = 0", Verdict.FIRES)])
def test_a_link_of_which_no_file_speaks_has_the_default_of_the_files(host: Host, own: str, verdict: Verdict) -> None:
    keys = ("all.arp_ignore = 0", "default.arp_ignore = 1", own)
    node = host(REAL_SERVER, "".join(f"net.ipv4.conf.{key}\n" for key in keys if key))
    assert tried(node, "real-server-answers-arp")[1].verdict is verdict


@pytest.mark.parametrize(
    ("configured", "verdict"),
    [
        ("net.ipv4.ip_forward = 1\n", Verdict.NOT_CHECKED),
        ("net.ipv4.ip_forward = 0\n", Verdict.FIRES),
        ("net.ipv4.ip_forward = 1\nnet.ipv4.conf.eth1.forwarding = 0\n", Verdict.FIRES),
    ],
)
def test_ip_forward_in_a_file_is_the_forwarding_of_every_link(host: Host, configured: str, verdict: Verdict) -> None:
    node = host(DIRECTOR, configured, ipvsadm=MASQUERADING)
    found, outcome = tried(node, "nat-director-does-not-forward")
    assert outcome.verdict is verdict
    assert [finding.severity for finding in found] == [Severity.WARNING] * (verdict is Verdict.FIRES)


def test_the_fix_of_what_files_set_is_offered_and_clears_it(host: Host) -> None:
    node = host(REAL_SERVER, ONLY_ON_LO)
    examination = examine([node], RULES.values())
    made = plan([node], list(RULES.values()), examination=examination)
    assert (list(made.by_hand), list(made.rejected)) == ([], [])


def test_an_alternative_that_nothing_can_read_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no such alternative: links \| configured-sysctl"):
        rule(name="x", code="X001", severity=Severity.ERROR, needs={"links | configured-sysctl"})


def test_a_value_that_is_no_number_sets_nothing(host: Host) -> None:
    node = host(REAL_SERVER, "net.ipv4.conf.all.arp_ignore = 1\\x00\n")
    (finding,), _ = tried(node, "real-server-answers-arp")
    assert "sysctl net.ipv4.conf.all.arp_ignore" in {line.settle for line in finding.evidence}
