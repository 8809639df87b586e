"""Hosts of which files alone tell: what they configure is judged, and nothing is concluded from what they leave out."""

import json
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


ETH0_ALONE = "net.ipv4.conf.eth0.arp_ignore = 1\nnet.ipv4.conf.eth0.arp_announce = 2\n"
INTERFACES = "auto eth0\niface eth0 inet static\n    address 192.0.2.21/24\n"
DIRECTOR = """vrrp_instance VI_1 {
    state MASTER
    interface eth0
    virtual_router_id 51
    virtual_ipaddress {
        192.0.2.10/32
    }
}
virtual_server 192.0.2.10 80 {
    lb_algo rr
    lb_kind DR
    protocol TCP
    real_server 192.0.2.21 80 {
        TCP_CHECK {
        }
    }
}
"""
KEEPALIVED = "lb1/etc/keepalived/keepalived.conf"


def _codes(nodes: tuple[Node, ...]) -> dict[str, list[str]]:
    findings = [d for d in examine(nodes, load_rules()).diagnoses if d.severity in ("error", "warning")]
    return {d.code: [str(line.seen) for line in d.evidence] for d in findings}


@pytest.mark.parametrize("files", [{}, {"rs1/etc/network/interfaces": INTERFACES}])
def test_settings_of_the_interface_itself_hide_the_vip_as_those_of_all_do(
    tmp_path: Path, files: dict[str, str]
) -> None:
    nodes = _scan(tmp_path, {f"rs1/{RS1}": ETH0_ALONE, **files}, role="real-server", vips=(VIP,))
    assert _codes(nodes) == {}


def test_what_is_set_for_default_alone_comes_too_late_for_a_network_card(tmp_path: Path) -> None:
    nodes = _scan(tmp_path, {f"rs1/{RS1}": SOUND.replace("all", "default")}, role="real-server", vips=(VIP,))
    findings = _of(examine(nodes, load_rules()), "SYS005")
    assert [finding.severity for finding in findings] == ["warning"]
    assert str(findings[0].evidence[0].seen) == f"rs1/{RS1}:1"


def test_arptables_in_a_script_are_judged_without_a_word_about_arp_announce(tmp_path: Path) -> None:
    drop = "arptables -A INPUT -d 192.0.2.10 -j DROP\n"
    mangle = "arptables -A OUTPUT -s 192.0.2.10 -j mangle --mangle-ip-s 192.0.2.21\n"
    vip = "ip addr add 192.0.2.10/32 dev lo\n"
    assert "ARP008" in _codes(_scan(tmp_path / "a", {"rs1/rs.sh": f"#!/bin/sh\n{drop}{vip}"}))
    assert _codes(_scan(tmp_path / "b", {"rs1/rs.sh": f"#!/bin/sh\n{drop}{mangle}{vip}"})) == {}


def test_a_saved_filter_beside_keepalived_conf_is_judged(tmp_path: Path) -> None:
    rules = "*filter\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A INPUT -p vrrp -j ACCEPT\n"
    web = "-A INPUT -p tcp --dport 80 -j ACCEPT\n"
    file = "lb1/etc/iptables/rules.v4"
    closed = _codes(_scan(tmp_path / "a", {KEEPALIVED: DIRECTOR, file: f"{rules}COMMIT\n"}))
    assert f"{file}:2" in closed["FW001"]
    assert _codes(_scan(tmp_path / "b", {KEEPALIVED: DIRECTOR, file: f"{rules}{web}COMMIT\n"})) == {}


def test_a_masquerading_table_beside_ip_forward_off_needs_no_address(tmp_path: Path) -> None:
    files = {"lb1/etc/ipvsadm.rules": TABLE.replace("-g", "-m"), "lb1/etc/sysctl.d/9.conf": "net.ipv4.ip_forward = 0\n"}
    assert "lb1/etc/sysctl.d/9.conf:1" in _codes(_scan(tmp_path / "a", files))["NAT003"]
    files["lb1/etc/sysctl.d/9.conf"] = "net.ipv4.ip_forward = 1\n"
    assert "NAT003" not in _codes(_scan(tmp_path / "b", files))


def test_two_keepalived_conf_of_one_directory_are_two_directors(tmp_path: Path) -> None:
    backup = DIRECTOR.replace("MASTER", "BACKUP").replace("_id 51", "_id 52")
    nodes = _scan(tmp_path, {"keepalived_master.conf": DIRECTOR, "keepalived_backup.conf": backup})
    assert sorted(node.name for node in nodes) == ["backup", "master"]


def test_a_prefix_on_a_dummy_link_needs_no_other_address(tmp_path: Path) -> None:
    netplan = "network:\n  version: 2\n  dummy-devices:\n    dummy0:\n      addresses:\n        - 192.0.2.10/{}\n"
    files = {f"rs1/{RS1}": SOUND, "rs1/etc/netplan/60.yaml": netplan.format(24)}
    wide = _scan(tmp_path / "a", files, role="real-server", vips=(VIP,))
    assert "rs1/etc/netplan/60.yaml:6" in _codes(wide)["ADDR007"]
    files["rs1/etc/netplan/60.yaml"] = netplan.format(32)
    assert _codes(_scan(tmp_path / "b", files, role="real-server", vips=(VIP,))) == {}


@pytest.mark.parametrize(("netdev", "network"), [("20-v.netdev", "20-v.network"), ("z.netdev", "a.network")])
def test_a_link_is_what_the_file_that_makes_it_says(tmp_path: Path, netdev: str, network: str) -> None:
    home = "rs1/etc/systemd/network"
    files = {
        f"{home}/{netdev}": "[NetDev]\nName=vip0\nKind=dummy\n",
        f"{home}/{network}": "[Match]\nName=vip0\n[Network]\nAddress=192.0.2.10/32\n",
    }
    (node,) = _scan(tmp_path, {**files, f"rs1/{RS1}": SOUND}, role="real-server", vips=(VIP,))
    link = node.link("vip0")
    assert link is not None
    assert (link.kind, link.arp, link.up) == ("dummy", False, True)
    assert examine([node], load_rules()).diagnoses == ()


def test_an_interface_that_files_name_without_an_address_has_a_gateway_as_any_other(tmp_path: Path) -> None:
    text = "net.ipv4.conf.all.arp_ignore = 1\nnet.ipv4.conf.eth0.rp_filter = 0\n"
    nodes = _scan(tmp_path, {f"rs1/{RS1}": text}, role="real-server", vips=(VIP,))
    (finding,) = _of(examine(nodes, load_rules()), "ARP003")
    assert (finding.severity, finding.about["link"]) == ("warning", "eth0")
    sound = _scan(
        tmp_path, {f"rs1/{RS1}": f"{text}net.ipv4.conf.all.arp_announce = 2\n"}, role="real-server", vips=(VIP,)
    )
    assert examine(sound, load_rules()).diagnoses == ()


def _netplan(eth0: str, lo: str = "") -> str:
    lines = f"    eth0:\n      addresses: [{eth0}]\n" + (f"    lo:\n      addresses: [{lo}]\n" if lo else "")
    return f"network:\n  version: 2\n  ethernets:\n{lines}"


def _vip_missing(nodes: tuple[Node, ...]) -> tuple[Verdict, list[Diagnosis]]:
    examination = examine(nodes, load_rules())
    (outcome,) = [o for o in examination.outcomes if o.rule == "vip-missing-on-real-server" and o.node == "rs1"]
    return outcome.verdict, _of(examination, "DR001")


NETPLAN = "rs1/etc/netplan/60-lvs.yaml"


@pytest.mark.parametrize("sysctl", [{}, {f"rs1/{RS1}": SOUND}])
@pytest.mark.parametrize("lo", ["192.0.2.11/32", "192.0.2.12/32, 192.0.2.13/32"])
def test_files_that_give_lo_another_vip_than_the_table_lists_make_a_warning(
    tmp_path: Path, sysctl: dict[str, str], lo: str
) -> None:
    files = {KEEPALIVED: DIRECTOR, NETPLAN: _netplan("192.0.2.21/24", lo), **sysctl}
    verdict, findings = _vip_missing(_scan(tmp_path, files))
    assert verdict is Verdict.FIRES
    assert [(finding.severity, finding.certainty) for finding in findings] == [("warning", "likely")]
    assert f"{NETPLAN}:7" in [str(line.seen) for line in findings[0].evidence]


@pytest.mark.parametrize(
    "lo",
    [
        pytest.param("", id="nothing"),
        pytest.param("10.255.0.21/32", id="the host's own loopback address, far from the VIP"),
    ],
)
def test_a_vip_that_the_files_do_not_configure_is_not_known_to_be_there(tmp_path: Path, lo: str) -> None:
    files = {KEEPALIVED: DIRECTOR, NETPLAN: _netplan("192.0.2.21/24", lo), f"rs1/{RS1}": SOUND}
    nodes = _scan(tmp_path, files)
    assert _vip_missing(nodes) == (Verdict.NOT_CHECKED, [])
    assumed = {"vip-on-answering-link", "vip-mask-on-silent-link-too-wide"}
    outcomes = {o.rule: o.verdict for o in examine(nodes, load_rules()).outcomes if o.node == "rs1"}
    assert {rule: outcomes[rule] for rule in assumed} == dict.fromkeys(assumed, Verdict.NOT_CHECKED)


def test_a_real_server_s_own_address_on_lo_is_no_other_vip(tmp_path: Path) -> None:
    files = {KEEPALIVED: DIRECTOR, NETPLAN: _netplan("198.51.100.7/24", "192.0.2.21/32"), f"rs1/{RS1}": SOUND}
    assert _vip_missing(_scan(tmp_path, files)) == (Verdict.NOT_CHECKED, [])


def test_files_that_configure_the_vip_beside_another_are_quiet(tmp_path: Path) -> None:
    files = {KEEPALIVED: DIRECTOR, NETPLAN: _netplan("192.0.2.21/24", "192.0.2.11/32, 192.0.2.10/32")}
    assert _vip_missing(_scan(tmp_path, files)) == (Verdict.QUIET, [])


def test_directors_that_differ_are_quoted_at_the_line_that_differs(tmp_path: Path) -> None:
    other = DIRECTOR.replace("lb_algo rr", "lb_algo wlc\n    persistence_timeout 60").replace(
        "lb_kind DR", "lb_kind NAT"
    )
    nodes = _scan(tmp_path, {KEEPALIVED: DIRECTOR, KEEPALIVED.replace("lb1", "lb2"): other})
    findings = _of(examine(nodes, load_rules()), "CL002")
    quoted = {finding.about["what"]: [line.seen.text.strip() for line in finding.evidence][:2] for finding in findings}
    assert quoted == {
        "scheduler": ["lb_algo rr", "lb_algo wlc"],
        "persistence": ["virtual_server 192.0.2.10 80 {", "persistence_timeout 60"],
        "method": ["lb_kind DR", "lb_kind NAT"],
    }


@pytest.mark.parametrize("addresses", ["192.0.2.10/24", "192.0.2.10/24, 192.0.2.2/24"])
def test_a_director_whose_network_file_begins_with_the_vip_is_not_cleared_and_the_line_is_named(
    tmp_path: Path, addresses: str
) -> None:
    files = {"lb1/ipvsadm-save.txt": TABLE, "lb1/etc/netplan/60.yaml": _netplan(addresses)}
    examination = examine(_scan(tmp_path, files), load_rules())
    (outcome,) = [o for o in examination.outcomes if o.rule == "vip-is-directors-own-address"]
    assert outcome.verdict is Verdict.NOT_CHECKED
    assert [(str(fact.seen), fact.command) for fact in outcome.missing] == [
        ("lb1/etc/netplan/60.yaml:5", "ip addr show")
    ]


def test_a_vip_that_keepalived_adds_beside_the_own_address_is_no_source(tmp_path: Path) -> None:
    files = {
        KEEPALIVED: DIRECTOR,
        KEEPALIVED.replace("keepalived/keepalived.conf", "netplan/1.yaml"): _netplan("192.0.2.2/24"),
    }
    assert _of(examine(_scan(tmp_path, files), load_rules()), "ADDR003") == []


RULES_V4 = """*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -p tcp -m tcp --dport %s -j ACCEPT
-A INPUT -j REJECT --reject-with icmp-host-prohibited
COMMIT
"""


@pytest.mark.parametrize(("port", "codes"), [("22", ["FW001"]), ("80", [])])
def test_a_filter_file_beside_a_saved_table_is_judged_without_addresses(
    tmp_path: Path, port: str, codes: list[str]
) -> None:
    files = {"lb1/etc/sysconfig/ipvsadm": TABLE, "lb1/etc/sysconfig/iptables": RULES_V4 % port}
    found = _of(examine(_scan(tmp_path, files), load_rules()), "FW001")
    assert [(finding.code, finding.severity, str(finding.evidence[0].seen)) for finding in found] == [
        (code, "warning", "lb1/etc/sysconfig/iptables:7") for code in codes
    ]


@pytest.mark.parametrize("name", ["site.yml", "up.sh", "vip.service"])
def test_a_lone_file_without_a_value_that_is_known_is_an_unjudged_node(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = {
        "site.yml": "- hosts: rs\n  tasks:\n    - command: ip addr add {{ vip }}/{{ len }} dev lo\n",
        "up.sh": "#!/bin/sh\nip addr add $VIP/$LENGTH dev lo\n",
        "vip.service": "[Service]\nExecStart=/sbin/ip addr add ${VIP}/32 dev lo\n",
    }
    (tmp_path / name).write_text(texts[name])
    assert main(["scan", str(tmp_path / name), "--config", "none"]) == 3
    assert "1 node not judged" in capsys.readouterr().out


KUBE_PROXY = """apiVersion: v1
kind: ConfigMap
metadata:
  name: kube-proxy
data:
  config.conf: |
    apiVersion: kubeproxy.config.k8s.io/v1alpha1
    kind: KubeProxyConfiguration
    mode: ipvs
"""
EXTERNAL = "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {externalIPs: [192.0.2.10]}\n"


@pytest.mark.parametrize("live", [False, True])
def test_manifests_say_what_will_be_and_a_cluster_what_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], live: bool
) -> None:
    text = KUBE_PROXY.replace("  name: kube-proxy", "  name: kube-proxy\n  uid: 1-2") if live else KUBE_PROXY
    (tmp_path / "all.yaml").write_text(text + EXTERNAL)
    main(["scan", str(tmp_path / "all.yaml"), "-f", "json"])
    messages = {row["code"]: row["message"] for row in json.loads(capsys.readouterr().out)["findings"]}
    assert messages["K8S001"].startswith("Once these files are deployed: ") is not live


def test_no_command_names_the_interface_that_no_file_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {
        "rs1/etc/sysctl.conf": "net.ipv4.conf.lo.arp_ignore = 1\nnet.ipv4.ip_forward = 0\n",
        "rs1/usr/local/sbin/vip.sh": "#!/bin/sh\nip addr add 192.0.2.10/32 dev lo\n",
        "lb1/etc/sysctl.conf": "net.ipv4.ip_forward = 0\n",
        "lb1/etc/ipvsadm.rules": TABLE.replace("-g", "-m"),
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    main(["scan", str(tmp_path), "--config", "none"])
    shown = " ".join(capsys.readouterr().out.split())
    assert "NAT003" in shown
    assert "sysctl -ar forwarding" in shown
    assert "every interface.forwarding" not in shown
    assert "-I 'every" not in shown


ONLY_VIP = """*filter
:INPUT DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -d 192.0.2.10/32 -p tcp -m tcp --dport 80 -j ACCEPT
COMMIT
"""
OF_RS1 = "DEVICE=eth0\nONBOOT=yes\nIPADDR=192.0.2.21\nPREFIX=24\nGATEWAY=192.0.2.1\n"
ON_LO = "DEVICE=lo:0\nONBOOT=yes\nIPADDR=192.0.2.10\nPREFIX=32\n"
CHECKED = """virtual_server 192.0.2.10 80 {
    lb_algo rr
    lb_kind DR
    protocol TCP
    real_server 192.0.2.21 80 {
        TCP_CHECK {
            connect_timeout 3
        }
    }
}
"""


@pytest.mark.parametrize(
    ("path", "text", "warned"),
    [("lb1/etc/ipvsadm.rules", TABLE, False), ("lb1/etc/keepalived/keepalived.conf", CHECKED, True)],
)
def test_a_filter_is_held_against_health_checks_where_a_file_makes_some(
    tmp_path: Path, path: str, text: str, warned: bool
) -> None:
    scripts = "rs1/etc/sysconfig/network-scripts/ifcfg-"
    files = {path: text, f"{scripts}eth0": OF_RS1, f"{scripts}lo:0": ON_LO, f"rs1/{RS1}": SOUND}
    nodes = _scan(tmp_path, files | {"rs1/etc/iptables/rules.v4": ONLY_VIP})
    findings = _of(examine(nodes, load_rules()), "FW004")
    assert [(finding.node, finding.severity) for finding in findings] == [("rs1", "warning")] * warned


PART = """vrrp_instance VI_1 {{
    interface eth0
    virtual_router_id {id}
    priority {priority}
    advert_int {seconds}
{more}    virtual_ipaddress {{
        192.0.2.10/24
    }}
}}
include /etc/keepalived/elsewhere/*.conf
"""


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        ({"id": 52}, ["VRRP003"]),
        ({"seconds": 2}, ["VRRP003"]),
        ({}, []),
        ({"id": "{{ vrid }}"}, []),
        ({"more": "    version 3\n"}, []),
    ],
)
def test_values_that_both_files_write_out_are_compared_though_an_include_was_not_read(
    tmp_path: Path, values: dict[str, int | str], codes: list[str]
) -> None:
    known: dict[str, int | str] = {"id": 51, "seconds": 1, "more": ""}
    files = {
        "lb1/etc/keepalived/keepalived.conf": PART.format(priority=150, **known),
        "lb2/etc/keepalived/keepalived.conf": PART.format(priority=100, **{**known, **values}),
    }
    findings = _of(examine(_scan(tmp_path, files), load_rules()), "VRRP003")
    assert [(finding.code, finding.severity) for finding in findings] == [(code, "warning") for code in codes]
