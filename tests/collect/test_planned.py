"""Hosts of which files alone tell: what they configure is judged, and nothing is concluded from what they leave out."""

from ipaddress import ip_address
from pathlib import Path

import pytest

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.cli.main import main
from lvsdoctor.collect.files import collect_paths
from lvsdoctor.engine.loader import load_rules
from lvsdoctor.engine.runner import examine
from lvsdoctor.model.address import IP
from lvsdoctor.model.coverage import Origin
from lvsdoctor.model.examination import Diagnosis, Examination, Verdict
from lvsdoctor.model.node import Node

ROOT = Path(__file__).parents[2]
VIP = ip_address("192.0.2.10")
LO_ALONE = "net.ipv4.conf.lo.arp_ignore = 1\nnet.ipv4.conf.lo.arp_announce = 2\n"
SOUND = "net.ipv4.conf.all.arp_ignore = 1\nnet.ipv4.conf.all.arp_announce = 2\n"
RS1 = "etc/sysctl.d/90-lvs.conf"
TABLE = "-A -t 192.0.2.10:80 -s wlc\n-a -t 192.0.2.10:80 -r 192.0.2.21:80 -g -w 1\n"


def _scan(tree: Path, files: dict[str, str], *, role: str = "auto", vips: tuple[IP, ...] = ()) -> tuple[Node, ...]:
    for name, text in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    return with_standing(collect_paths([str(tree)]), role=role, vips=vips)


def _of(examination: Examination, code: str) -> list[Diagnosis]:
    return [diagnosis for diagnosis in examination.diagnoses if diagnosis.code == code]


def test_settings_of_lo_alone_are_named_at_their_line_for_a_vip_that_the_user_names(tmp_path: Path) -> None:
    nodes = _scan(tmp_path, {f"rs1/{RS1}": LO_ALONE}, role="real-server", vips=(VIP,))
    (finding,) = _of(examine(nodes, load_rules()), "ARP002")
    assert str(finding.evidence[0].seen) == f"rs1/{RS1}:1"
    assert finding.severity == "warning"  # that the VIP is on lo is assumed
    assert finding.message.startswith("Once these files are deployed: rs1 answers ARP requests for VIP 192.0.2.10")


def test_a_tree_beside_the_table_of_its_director_needs_no_word_of_the_user(tmp_path: Path) -> None:
    nodes = _scan(tmp_path, {"rs1/lvs.conf": LO_ALONE, "lb1/ipvsadm-save.txt": TABLE})
    findings = _of(examine(nodes, load_rules()), "ARP002")
    assert [(finding.node, finding.about["vip"]) for finding in findings] == [("rs1", "192.0.2.10")]


def test_sound_settings_are_quiet_and_what_files_cannot_tell_does_not_apply(tmp_path: Path) -> None:
    nodes = _scan(tmp_path, {f"rs1/{RS1}": SOUND}, role="real-server", vips=(VIP,))
    examination = examine(nodes, load_rules())
    verdicts = {outcome.rule: outcome.verdict for outcome in examination.outcomes}
    assert examination.diagnoses == ()
    assert verdicts["real-server-answers-arp"] is Verdict.QUIET
    assert verdicts["service-not-listening"] is Verdict.NOT_APPLICABLE


def test_a_finding_of_files_has_no_command_for_what_runs(tmp_path: Path) -> None:
    nodes = _scan(tmp_path, {f"rs1/{RS1}": LO_ALONE}, role="real-server", vips=(VIP,))
    (finding,) = _of(examine(nodes, load_rules()), "ARP002")
    assert finding.fix.now == ()
    assert any("arp_ignore = 1" in line for line in finding.fix.persist)


def test_a_host_with_a_dump_is_none_of_which_files_alone_tell(tmp_path: Path) -> None:
    addresses = (
        "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536\n    inet 127.0.0.1/8 scope host lo\n"
        "2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500\n    inet 192.0.2.21/24 scope global eth0\n"
    )
    (running,) = _scan(tmp_path, {RS1: SOUND, "ip-addr.txt": addresses})
    assert running.planned is None
    (planned,) = _scan(tmp_path / "other", {f"rs1/{RS1}": SOUND})
    assert planned.planned is Origin.CONFIGURED


def test_a_host_whose_files_name_no_vip_is_not_cleared(tmp_path: Path) -> None:
    examination = examine(_scan(tmp_path, {f"rs1/{RS1}": SOUND}), load_rules())
    (outcome,) = [outcome for outcome in examination.outcomes if outcome.rule == "real-server-answers-arp"]
    assert outcome.verdict is Verdict.NOT_CHECKED


def test_the_example_s_second_real_server_has_two_faults_and_nobody_else_has_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    tree = ROOT / "examples" / "golden-cluster"
    examination = examine(with_standing(collect_paths([str(tree)])), load_rules())
    counted = [found for found in examination.diagnoses if found.severity in ("error", "warning")]
    assert [(found.node, found.code, str(found.evidence[0].seen)) for found in counted] == [
        ("rs2", "ADDR001", "rs2/etc/netplan/60-lvs.yaml:12"),
        ("rs2", "ARP002", "rs2/etc/sysctl.d/zz-lvs.conf:2"),
    ]
    quiet = {o.rule for o in examination.outcomes if o.node == "rs1" and o.verdict is Verdict.QUIET}
    assert {"real-server-answers-arp", "arp-ignore-only-on-lo", "vip-leaks-as-arp-sender"} <= quiet
    assert main(["scan", str(tree), "-f", "github", "--fail-on", "warning"]) == 1
    assert "examples/golden-cluster/rs2/etc/netplan/60-lvs.yaml,line=12," in capsys.readouterr().out
