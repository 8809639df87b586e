"""Whose a dump is: a name says it, links with two MACs are of two hosts, and nothing is given to a host by guess."""

from pathlib import Path

from lvsdoctor.collect.file_names import file_name, looks_like_a_host
from lvsdoctor.collect.files import collect_paths
from lvsdoctor.model.node import Node

ADDR = """\
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP group default qlen 1000
    link/ether 02:00:00:00:00:21 brd ff:ff:ff:ff:ff:ff
    inet 192.0.2.21/24 brd 192.0.2.255 scope global eth0
"""
OTHER = ADDR.replace("02:00:00:00:00:21", "02:00:00:00:00:22").replace("192.0.2.21", "192.0.2.22")
SYSCTL = "net.ipv4.ip_forward = 0\n"
UNAME = "Linux {} 6.1.0-18-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 (2024-02-01) x86_64 GNU/Linux\n"


def collected(top: Path, files: dict[str, str]) -> dict[str, Node]:
    for name, text in files.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text)
    return {node.name: node for node in collect_paths([str(top)])}


def test_a_dump_that_names_no_host_is_given_to_none_of_two(tmp_path: Path) -> None:
    nodes = collected(tmp_path / "dumps", {"rs1.txt": ADDR, "rs2.txt": OTHER, "sysctl.txt": SYSCTL})
    assert list(nodes) == ["rs1", "rs2", "dumps"]
    assert [name for name, node in nodes.items() if node.has("sysctl")] == ["dumps"]


def test_what_shows_a_link_s_mac_is_of_the_host_with_that_mac(tmp_path: Path) -> None:
    routes = "default via 192.0.2.1 dev eth0\n192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.22\n"
    link = OTHER.replace("    inet 192.0.2.22/24 brd 192.0.2.255 scope global eth0\n", "") + f"$ ip route\n{routes}"
    nodes = collected(tmp_path / "dumps", {"rs1.txt": ADDR, "rs2.txt": OTHER, "more.txt": f"$ ip link\n{link}"})
    assert set(nodes) == {"rs1", "rs2"}
    assert [name for name, node in nodes.items() if node.has("routes")] == ["rs2"]


def test_what_stands_before_the_first_prompt_is_of_a_host_of_its_own(tmp_path: Path) -> None:
    paste = f"{OTHER}[root@rs1 ~]# ip addr\n{ADDR}[root@rs2 ~]# sysctl net.ipv4.ip_forward\n{SYSCTL}"
    nodes = collected(tmp_path, {"paste.txt": paste})
    assert [name for name, node in nodes.items() if node.has("addresses")] == ["paste", "rs1"]
    assert not nodes["rs2"].has("addresses")


def test_what_stands_before_the_first_prompt_is_that_host_s_where_its_mac_is(tmp_path: Path) -> None:
    paste = f"{ADDR}[root@rs1 ~]# ip addr\n{ADDR}[root@rs1 ~]# sysctl net.ipv4.ip_forward\n{SYSCTL}"
    assert list(collected(tmp_path, {"paste.txt": paste})) == ["rs1"]


def test_uname_at_the_end_of_a_text_says_whose_it_is(tmp_path: Path) -> None:
    files = {"1.txt": ADDR + UNAME.format("rs1"), "2.txt": OTHER + UNAME.format("rs2.example.net")}
    nodes = collected(tmp_path, files)
    assert {name: node.addresses[1].ip.compressed for name, node in nodes.items()} == {
        "rs1": "192.0.2.21",
        "rs2": "192.0.2.22",
    }


def test_two_hosts_in_files_that_name_neither_are_two_nodes(tmp_path: Path) -> None:
    nodes = collected(tmp_path / "dumps", {"1.txt": ADDR, "2.txt": OTHER})
    assert {node.addresses[1].ip.compressed for node in nodes.values()} == {"192.0.2.21", "192.0.2.22"}
    assert not any(node.contradictions for node in nodes.values())


def test_two_hosts_in_files_that_name_neither_beside_a_third_file_are_not_told_apart(tmp_path: Path) -> None:
    (node,) = collected(tmp_path / "dumps", {"1.txt": ADDR, "2.txt": OTHER, "3.txt": SYSCTL}).values()
    assert not node.evidence
    assert "these are lines of two hosts" in node.contradictions[0].says


def test_one_host_s_dumps_are_not_split_by_the_names_of_their_files(tmp_path: Path) -> None:
    files = {"ip-addr.txt": ADDR, "sysctl-a.txt": SYSCTL, "lvs.conf": SYSCTL, "eth0.txt": ADDR, "today.log": SYSCTL}
    assert list(collected(tmp_path / "rs1", files)) == ["rs1"]


def test_a_file_s_name_has_the_host_s_before_or_behind_the_dump_s() -> None:
    names = {path: file_name(path).host for path in ("rs1-ip-addr.txt", "rs1.ip_addr", "ip_addr.rs1", "rs1.txt")}
    assert names == dict.fromkeys(names, "rs1")
    names = {path: file_name(path).host for path in ("web-a_sysctl.txt", "web-a.log", "sysctl/web-a.txt")}
    assert names == dict.fromkeys(names, "web-a")
    assert file_name("ip-192-0-2-7.arptables").host == "ip-192-0-2-7"
    assert file_name("192.0.2.7-ip-addr.txt").host == "192.0.2.7"


def test_the_name_of_a_dump_or_of_a_part_of_a_host_is_no_host_s() -> None:
    paths = ("ip-addr.txt", "sysctl-a.txt", "ip_-d_address", "etc/sysctl.d/90-lvs.conf", "ipvsadm-save", "eth0.txt")
    assert {path: file_name(path).host for path in paths} == dict.fromkeys(paths, "")
    assert not any(map(looks_like_a_host, ("before", "dump1", "eth0", "20250101", "notes", "")))


def test_a_file_called_after_a_host_is_that_host_s_beside_texts_of_others(tmp_path: Path) -> None:
    paste = f"[root@lb1 ~]# ip addr\n{OTHER}"
    files = {"paste.txt": paste, "rs1-ip-addr.txt": ADDR, "rs1-sysctl.txt": SYSCTL}
    nodes = collected(tmp_path / "case", files)
    assert {name: node.has("sysctl") for name, node in nodes.items()} == {"lb1": False, "rs1": True}


def test_beside_a_host_without_a_name_nothing_is_the_named_one_s_for_want_of_others(tmp_path: Path) -> None:
    files = {"paste.txt": f"[root@lb1 ~]# ip addr\n{OTHER}", "1.txt": ADDR, "2.txt": SYSCTL}
    nodes = collected(tmp_path / "case", files)
    assert not nodes["lb1"].has("sysctl")


def test_a_namespace_of_a_host_whose_name_has_a_domain_is_a_node_of_its_own(tmp_path: Path) -> None:
    streams = {"lb1.txt": ("lb1.example.org -", ADDR), "web.txt": ("lb1.example.org web", OTHER)}
    answer = "==> lvsdoctor 1 {} <==\n==> $ ip addr show <==\n{}==> rc 0 ok <==\n"
    texts = {name: answer.format(*stream) for name, stream in streams.items()}
    nodes = collected(tmp_path / "dumps", texts)
    assert sorted(nodes) == ["lb1", "lb1/web"]
    assert [str(address.ip) for address in nodes["lb1/web"].addresses_on("eth0")] == ["192.0.2.22"]
