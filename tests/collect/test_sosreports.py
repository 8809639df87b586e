"""What sosreport, sos collect and insights-client gather: the host, and its other network namespaces."""

from pathlib import Path

import pytest

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.collect.files import collect_paths
from lvsdoctor.engine.loader import load_rules
from lvsdoctor.engine.runner import examine
from lvsdoctor.model.node import Node
from tests.collect.archive_bytes import COMPRESSIONS, tar_of, tar_of_directory

CORPUS = Path(__file__).parents[3] / "shared/corpus/sosreport-tree"
RULES = "0:\tfrom all lookup local\n32766:\tfrom all lookup main\n"
BLUE = "0:\tfrom all lookup local\n99:\tfrom all fwmark 0x1 lookup 100\n32766:\tfrom all lookup main\n"
UNAME = "Linux rs1.example.net 5.14.0-427.el9.x86_64 #1 SMP PREEMPT_DYNAMIC x86_64 GNU/Linux\n"
KEEPALIVED = (
    "vrrp_instance VI_1 {\n  interface eth0\n  virtual_router_id 7\n  virtual_ipaddress {\n    192.0.2.10\n  }\n}\n"
)


def read(tmp_path: Path, files: dict[str, str]) -> dict[str, Node]:
    """The nodes of these files, which are the same in a directory and in an archive."""
    for name, text in files.items():
        (tmp_path / "report" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "report" / name).write_text(text)
    (tmp_path / "report.tar.xz").write_bytes(COMPRESSIONS[".xz"](tar_of({f"report/{n}": t for n, t in files.items()})))
    unpacked, packed = (collect_paths([str(tmp_path / name)]) for name in ("report", "report.tar.xz"))
    facts = [{node.name: sorted(node.evidence) for node in nodes} for nodes in (unpacked, packed)]
    assert facts[0] == facts[1]
    return {node.name: node for node in packed}


@pytest.mark.parametrize("directory", ["", "namespaces/blue/"])
def test_another_network_namespace_is_a_node_of_its_own(tmp_path: Path, directory: str) -> None:
    networking = "sos_commands/networking"
    nodes = read(
        tmp_path,
        {
            f"{networking}/ip_-4_rule": RULES,
            f"{networking}/{directory}ip_netns_exec_blue_ip_rule_list": BLUE,
            f"{networking}/{directory}ip_netns_exec_blue_ethtool_-k_eth0": "Features for eth0:\n",
            "sos_commands/kernel/uname_-a": UNAME,
        },
    )
    assert sorted(nodes) == ["rs1", "rs1/blue"]
    assert [len(nodes[name].rows("policy-rules")) for name in ("rs1", "rs1/blue")] == [2, 3]


def test_a_node_for_each_namespace_of_each_report(tmp_path: Path) -> None:
    files = {}
    for host in ("rs1", "rs2"):
        commands = f"sosreport-{host}/sos_commands"
        files[f"{commands}/networking/ip_-4_rule"] = RULES
        files[f"{commands}/networking/ip_netns_exec_blue_ip_rule_list"] = BLUE
        files[f"{commands}/kernel/uname_-a"] = UNAME.replace("rs1", host)
    assert sorted(read(tmp_path, files)) == ["rs1", "rs1/blue", "rs2", "rs2/blue"]


@pytest.mark.parametrize("root", ["", "data/"])
def test_what_insights_client_sends_is_read(tmp_path: Path, root: str) -> None:
    files = {
        f"{root}insights_commands/ip_rule": RULES,
        f"{root}insights_commands/uname_-a": UNAME,
        f"{root}insights_commands/rpm_-qa": "bash-5.1.8\n",
        f"{root}etc/sysctl.conf": "net.ipv4.ip_forward = 1\n",
        "branch_info": "{}",
    }
    (node,) = read(tmp_path, files).values()
    assert {"policy-rules", "configured-sysctl"} <= node.evidence.keys()
    assert node.unread == ()


def test_keepalived_s_configuration_is_read(tmp_path: Path) -> None:
    files = {"sos_commands/networking/ip_-4_rule": RULES, "etc/keepalived/keepalived.conf": KEEPALIVED}
    (node,) = read(tmp_path, files).values()
    assert [str(vip) for vip in node.rows("vrrp")[0].vips] == ["192.0.2.10"]


def test_what_is_no_dump_is_neither_read_nor_named(tmp_path: Path) -> None:
    files = {
        "sos_commands/networking/ip_-4_rule": RULES,
        "sos_commands/logs/journalctl_--no-pager": "Jan 1 00:00:00 rs1 kernel: x\n" * 1000,
        "var/log/messages-20240101": "x\n",
        "var/log/messages": "x\n",
        "proc/meminfo": "MemTotal: 1 kB\n",
        "sys/class/net/eth0/flags": "0x1003\n",
    }
    (node,) = read(tmp_path, files).values()
    assert (node.unread, node.notes) == ((), ())


def test_the_hosts_of_a_must_gather_are_nodes(tmp_path: Path) -> None:
    files = {
        "registry-sha256-1/nodes/worker-0/ip-rule": RULES,
        "registry-sha256-1/namespaces/shop/pods/web/web/logs/current.log": "2024-01-01T00:00:00Z hello\n",
        "registry-sha256-1/version": "must-gather\n4.14\n",
        "timestamp": "2024\n",
    }
    assert "policy-rules" in read(tmp_path, files)["worker-0"].evidence


SUPPORTCONFIG = """\
=============================================================================
                     Support Utilities - Supportconfig
=============================================================================

#==[ Verification ]=================================#
# rpm -V iproute2-5.14
# Verification Status: Passed

#==[ Command ]======================================#
# /sbin/ip rule
{rules}
#==[ Configuration File ]===========================#
# /etc/sysctl.conf - File not found

#==[ Configuration File ]===========================#
# /etc/sysctl.d/70-lvs.conf
net.ipv4.conf.all.arp_ignore = 1

#==[ Command ]======================================#
# /sbin/sysctl -a
net.ipv4.conf.all.arp_ignore = 0
"""


def test_the_sections_of_supportconfig_are_what_they_say(tmp_path: Path) -> None:
    head = "#==[ Command ]======================================#\n# /bin/uname -a\n"
    files = {"network.txt": SUPPORTCONFIG.format(rules=RULES), "basic-environment.txt": f"{head}{UNAME}"}
    (node,) = read(tmp_path, files).values()
    assert node.name == "rs1"
    assert [row.seen.line for row in node.rows("policy-rules")] == [11, 12]
    assert [row.value for row in node.rows("sysctl").values()] == [0]
    assert "configured-sysctl" in node.evidence
    assert node.unread == ()


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of real dumps is not here (shared/corpus)")
@pytest.mark.parametrize("name", [path.name for path in sorted(CORPUS.glob("*"))] or ["none"])
def test_a_real_report_gives_the_same_packed_and_unpacked(tmp_path: Path, name: str) -> None:
    (tmp_path / "case.tar.xz").write_bytes(COMPRESSIONS[".xz"](tar_of_directory(CORPUS / name, name)))
    found = []
    for path in (CORPUS / name, tmp_path / "case.tar.xz"):
        nodes = with_standing(collect_paths([str(path)]))
        examination = examine(nodes, load_rules())
        found.append(
            (
                [(d.code, d.node, sorted(d.about.items())) for d in examination.diagnoses],
                [(outcome.rule, outcome.node, outcome.verdict) for outcome in examination.outcomes],
                {node.name: (sorted(node.evidence), len(node.unread), node.notes) for node in nodes},
            )
        )
    assert found[0] == found[1]
