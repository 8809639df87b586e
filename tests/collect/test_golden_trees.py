"""Which host a file of a golden tree is for."""

from pathlib import Path

import pytest

from lvsdoctor.collect.files import collect_paths
from lvsdoctor.model.node import Node

pytest.importorskip("yaml")
pytest.importorskip("tree_sitter_bash")

LINE = "net.ipv4.conf.lo.arp_ignore = 1\n"


def nodes(top: Path, *files: str, text: str = LINE) -> dict[str, Node]:
    for name in files:
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text)
    return {node.name: node for node in collect_paths([str(top)])}


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (["hosts/rs1/etc/sysctl.d/a.conf", "hosts/rs2/etc/sysctl.d/a.conf"], {"rs1", "rs2"}),
        (["hosts/alpha/etc/sysctl.d/a.conf", "hosts/beta/etc/sysctl.d/a.conf"], {"alpha", "beta"}),
        (["hosts/alpha/etc/sysctl.d/a.conf"], {"alpha"}),
        (["golden/alpha/etc/sysctl.d/a.conf", "golden/beta/etc/sysctl.d/a.conf"], {"alpha", "beta"}),
        (["prod/rs1/sysctl.d/a.conf"], {"rs1"}),
        (["rs1/sysctl.d/a.conf", "rs2/sysctl.d/a.conf"], {"rs1", "rs2"}),
        (["etc/sysctl.d/a.conf", "etc/sysctl.conf", "usr/lib/sysctl.d/b.conf"], {"golden"}),
        (["rs1/etc/sysctl.d/a.conf", "rs1/usr/lib/sysctl.d/b.conf"], {"rs1"}),
        (["prod/lb01/etc/sysctl.d/a.conf"], {"lb01"}),
        (["dc1/edge1/etc/sysctl.d/a.conf"], {"edge1"}),
        (["europe/prod/lb01/etc/sysctl.conf"], {"lb01"}),
        (["rs1/host/etc/sysctl.d/a.conf", "rs1/host/etc/sysctl.conf"], {"rs1"}),
        (["rs1/rootfs/etc/sysctl.d/a.conf"], {"rs1"}),
        (["alpha/rootfs/etc/sysctl.d/a.conf"], {"alpha"}),
        (["prod/alpha/etc/sysctl.d/a.conf"], {"alpha"}),
    ],
)
def test_a_file_is_for_the_host_that_its_path_names(tmp_path: Path, files: list[str], names: set[str]) -> None:
    assert nodes(tmp_path / "golden", *files).keys() == names


def test_the_users_word_counts_before_any_name(tmp_path: Path) -> None:
    file = tmp_path / "rs1.conf"
    file.write_text(LINE)
    (node,) = collect_paths([("web7", str(file))])
    assert node.name == "web7"
    assert node.has("configured-sysctl")


def test_a_tree_of_ansible_beside_files_of_a_host(tmp_path: Path) -> None:
    task = "- ansible.posix.sysctl: {name: net.ipv4.conf.lo.arp_ignore, value: 1}\n"
    top = tmp_path / "golden"
    (top / "roles/rs/tasks").mkdir(parents=True)
    (top / "roles/rs/tasks/main.yml").write_text(task)
    (top / "roles/rs/files").mkdir()
    (top / "roles/rs/files/90.conf").write_text(LINE)
    (top / "site.yml").write_text("- hosts: real\n  roles:\n    - rs\n")
    (top / "hosts.ini").write_text("[real]\nrs1\nrs2\n")
    found = nodes(top, "lb1/etc/sysctl.d/a.conf", text="net.ipv4.ip_forward = 1\n")
    assert found.keys() == {"rs1", "rs2", "lb1"}
    setting = found["rs1"].evidence["configured-sysctl"]["net.ipv4.conf.lo.arp_ignore"]
    assert str(setting.seen) == "golden/roles/rs/tasks/main.yml:1"
    assert found["rs1"].files[setting.seen.where] == str(top / "roles/rs/tasks/main.yml")
    assert not any(node.unread_kinds for node in found.values())


def test_manifests_of_a_cluster_belong_together(tmp_path: Path) -> None:
    top = tmp_path / "manifests"
    (top / "metallb").mkdir(parents=True)
    (top / "metallb/l2.yaml").write_text("apiVersion: metallb.io/v1beta1\nkind: L2Advertisement\n")
    text = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: ipvs\n"
    (node,) = nodes(top, "kube-proxy/config.yaml", text=text).values()
    assert node.name == "manifests"
    assert len(node.evidence["kube"]) == 2


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("real.pp", "class lvs::real {\n  include sysctl\n}\n", "puppet"),
        ("Dockerfile", "FROM debian:12\nRUN ip addr add 192.0.2.10/32 dev lo\n", "dockerfile"),
        ("user-data", "#cloud-config\nruncmd:\n  - ip addr add 192.0.2.10/32 dev lo\n", "cloud-init"),
        ("lo.xml", "<interface>\n  <name>lo</name>\n</interface>\n", "wicked"),
        ("frr.conf", "frr version 8.4\nfrr defaults traditional\n!\nrouter bgp 65001\n", "frr"),
        ("bird.conf", "router id 192.0.2.1;\nprotocol kernel {\n  ipv4 { export all; };\n}\n", "bird"),
        ("public.xml", '<?xml version="1.0"?>\n<zone>\n  <short>Public</short>\n</zone>\n', "firewalld"),
        ("haproxy.cfg", "# edge\nfrontend www\n    bind *:80\n    default_backend app\n", "haproxy"),
        ("lvs.conf", "w /proc/sys/net/ipv4/conf/lo/arp_ignore - - - - 1\n", "tmpfiles"),
        ("run.conf", "# made at boot\nd /run/keepalived 0755 root root -\n", "tmpfiles-other"),
        ("config.yaml", "write-kubeconfig-mode: '0644'\nkube-proxy-arg:\n  - proxy-mode=ipvs\n", "k3s"),
        (
            "all.yml",
            "---\n# how services are served\nkube_proxy_mode: ipvs\nkube_proxy_strict_arp: false\n",
            "kubespray",
        ),
        (
            "cluster.yml",
            "nodes:\n- address: 192.0.2.41\n  user: rke\nservices:\n  kubeproxy:\n    extra_args: {}\n",
            "rke",
        ),
    ],
)
def test_a_file_that_is_not_read_is_called_by_its_name(tmp_path: Path, name: str, text: str, kind: str) -> None:
    top = tmp_path / "golden"
    found = nodes(top, "rs1/etc/sysctl.d/a.conf")
    (top / "rs1" / name).write_text(text)
    (node,) = collect_paths([str(top)])
    assert found.keys() == {"rs1"}
    assert [unread.kind for unread in node.unread_kinds] == [kind]


def test_a_comment_in_a_task_file_speaks_for_every_host_that_has_the_line(tmp_path: Path) -> None:
    task = "# lvsdoctor: accept ARP002 a test bed\n- sysctl: {name: net.ipv4.conf.lo.arp_ignore, value: 1}\n"
    (tmp_path / "golden").mkdir()
    (tmp_path / "golden/hosts").write_text("rs1\nrs2\n")
    (tmp_path / "golden/site.yml").write_text("- hosts: all\n  roles: [rs]\n")
    found = nodes(tmp_path / "golden", "roles/rs/tasks/main.yml", text=task)
    assert {name: [comment.about for comment in node.comments] for name, node in found.items()} == {
        "rs1": [2],
        "rs2": [2],
    }


@pytest.mark.parametrize("home", ["etc", "usr/lib", "run"])
def test_a_drop_in_of_networkd_is_for_the_link_that_its_file_names(tmp_path: Path, home: str) -> None:
    top = tmp_path / "golden"
    drop_in, file = "etc/systemd/network/10-uplink.network.d/vip.conf", f"{home}/systemd/network/10-uplink.network"
    (top / f"rs1/{drop_in}").parent.mkdir(parents=True)
    (top / f"rs1/{drop_in}").write_text("[Network]\nAddress=192.0.2.10/32\n")
    node = nodes(top, f"rs1/{file}", text="[Match]\nName=ens3\n[Network]\nAddress=192.0.2.21/24\n")["rs1"]
    found = [(str(row), row.link, str(row.seen)) for row in node.evidence["configured-addresses"]]
    assert ("192.0.2.10/32", "ens3", f"rs1/{drop_in}:2") in found


INSTANCE = """vrrp_instance {name} {{
    interface eth0
    virtual_router_id 51
    priority 100
    virtual_ipaddress {{
        {vip}/32
    }}
}}
"""


@pytest.mark.parametrize(
    ("files", "names"),
    [
        ({"prod/lb/lb01.conf": ("A", "192.0.2.10"), "prod/lb/lb02.conf": ("B", "192.0.2.10")}, {"lb01", "lb02"}),
        ({"keepalived/lb-a.conf": ("VI", "192.0.2.10"), "keepalived/lb-b.conf": ("VI", "192.0.2.11")},
         {"lb-a", "lb-b"}),
        ({"etc/keepalived/east.conf": ("A", "192.0.2.10"), "etc/keepalived/west.conf": ("A", "192.0.2.10")},
         {"east", "west"}),
        ({"lb/web.conf": ("A", "192.0.2.10"), "lb/mail.conf": ("B", "192.0.2.11")}, {"lb"}),
        ({"lb/keepalived.conf": ("A", "192.0.2.10"), "lb/keepalived.conf.bak": ("A", "192.0.2.10")}, {"lb"}),
    ],
)  # fmt: skip
def test_files_that_no_keepalived_can_have_together_are_of_two_hosts(
    tmp_path: Path, files: dict[str, tuple[str, str]], names: set[str]
) -> None:
    for path, (name, vip) in files.items():
        (tmp_path / "golden" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "golden" / path).write_text(INSTANCE.format(name=name, vip=vip))
    assert {node.name for node in collect_paths([str(tmp_path / "golden")])} == names


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["alpha/etc/sysctl.d/a.conf", "beta/etc/sysctl.d/a.conf"], {"alpha", "beta"}),
        (["hosts/lb1/etc/sysctl.conf", "hosts/lb2/etc/sysctl.conf", "hosts/lb2/etc/sysctl.d/b.conf"], {"lb1", "lb2"}),
        (["lb1/rootfs/etc/sysctl.conf", "lb2/rootfs/etc/sysctl.conf"], {"lb1", "lb2"}),
        (["lb1/etc/sysctl.conf"], {"lb1"}),
    ],
)
def test_files_named_one_by_one_are_of_the_hosts_whose_roots_their_paths_show(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, paths: list[str], names: set[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for path in paths:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(LINE)
    assert {node.name for node in collect_paths(paths)} == names


@pytest.mark.parametrize(
    ("first", "second", "nodes"),
    [
        ("prod", "stage", {"prod", "stage"}),
        ("lb1/etc/keepalived", "lb2/etc/keepalived", {"lb1", "lb2"}),
        ("a/files", "b/files", {"a/files", "b/files"}),
    ],
)
def test_of_two_files_named_that_a_host_has_one_of_each_is_another_host_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: str, second: str, nodes: set[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for directory, rip in ((first, "192.0.2.21"), (second, "192.0.2.22")):
        Path(directory).mkdir(parents=True)
        text = f"virtual_server 192.0.2.10 80 {{\n lb_kind DR\n protocol TCP\n real_server {rip} 80 {{\n }}\n}}\n"
        Path(directory, "keepalived.conf").write_text(text)
    found = collect_paths([f"{first}/keepalived.conf", f"{second}/keepalived.conf"])
    assert {node.name for node in found} == nodes
    assert all(len(service.destinations) == 1 for node in found for service in node.services)
