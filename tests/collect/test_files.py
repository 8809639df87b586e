"""Files, directories and standard input: what is one node, what a cluster, and what is refused with one sentence."""

import gzip
import io
import os
import sys
from pathlib import Path

import pytest

from lvsdoctor.collect.errors import CannotCollect
from lvsdoctor.collect.files import collect_paths
from lvsdoctor.model.node import Node

CORPUS = Path(__file__).parents[2].parent / "shared/corpus"
ADDR = """\
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP group default qlen 1000
    link/ether 02:00:00:00:00:21 brd ff:ff:ff:ff:ff:ff
    inet 192.0.2.21/24 brd 192.0.2.255 scope global eth0
"""
SYSCTL = "net.ipv4.ip_forward = 0\n"
RULES = "0:\tfrom all lookup local\n32766:\tfrom all lookup main\n"


def put(top: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text)
    return top


def collected(*paths: Path) -> dict[str, Node]:
    return {node.name: node for node in collect_paths([str(path) for path in paths])}


def test_a_directory_that_holds_dumps_is_one_node(tmp_path: Path) -> None:
    nodes = collected(put(tmp_path / "rs1", {"a": ADDR, "b": SYSCTL, "sub/c": RULES}))
    assert list(nodes) == ["rs1"]
    assert set(nodes["rs1"].evidence) == {"addresses", "links", "sysctl", "policy-rules"}


def test_a_directory_of_such_directories_is_a_cluster(tmp_path: Path) -> None:
    nodes = collected(put(tmp_path, {"rs1/a": ADDR, "rs2/a": ADDR, "notes/todo.txt": "call the client\n"}))
    assert list(nodes) == ["rs1", "rs2"]


def test_a_readme_beside_the_nodes_is_no_node_but_is_counted(tmp_path: Path) -> None:
    files = {"rs1/a": ADDR, "rs2/a": ADDR, "README": "a note\n", "notes/todo": "call\n", "rs3/README.md": "a note\n"}
    nodes = collected(put(tmp_path / "case", files))
    assert list(nodes) == ["rs1", "rs2"]
    note = "(1 lines, no dump among them)"
    counted = {(seen.where, seen.text) for seen in nodes["rs1"].unread}
    assert counted == {("case/README", note), ("notes/todo", note), ("rs3/README.md", note)}


def test_a_node_of_which_nothing_can_be_read_stays(tmp_path: Path) -> None:
    nodes = collected(
        put(
            tmp_path,
            {
                "rs1/a": ADDR,
                "rs2/ethtool.txt": "Settings for eth0:\n\tSpeed: 10000Mb/s\n",
            },
        )
    )
    assert list(nodes) == ["rs1", "rs2"]
    assert [(unread.kind, unread.seen.where) for unread in nodes["rs2"].unread_kinds] == [
        ("ethtool", "rs2/ethtool.txt")
    ]
    assert not nodes["rs1"].unread_kinds


def test_a_directory_without_any_text_is_no_node(tmp_path: Path) -> None:
    put(tmp_path, {"rs1/a": ADDR, "rs2/empty": "\n"})
    (tmp_path / "rs3").mkdir()
    (tmp_path / "rs3/core").write_bytes(b"\x7fELF\x00\x00\x01")
    assert list(collected(tmp_path)) == ["rs1"]


def test_the_evidence_names_a_file_as_seen_from_the_cluster(tmp_path: Path) -> None:
    node = collected(put(tmp_path / "case", {"rs1/ip.txt": ADDR, "rs2/ip.txt": ADDR}))["rs1"]
    assert str(node.addresses[1].seen) == "rs1/ip.txt:6"


def test_a_node_s_own_name_wins_over_the_directory_s(tmp_path: Path) -> None:
    assert list(collected(put(tmp_path / "dumps", {"a": ADDR, "hostname": "rs1.example.net\n"}))) == ["rs1"]


def test_the_name_that_every_machine_has_does_not(tmp_path: Path) -> None:
    files = {"rs1/a": ADDR, "rs1/hostname": "localhost\n", "rs2/a": ADDR, "rs2/hostname": "localhost\n"}
    assert list(collected(put(tmp_path, files))) == ["rs1", "rs2"]


def test_two_nodes_of_one_name_stay_two(tmp_path: Path) -> None:
    other = ADDR.replace("02:00:00:00:00:21", "02:00:00:00:00:22")
    files = {"a/ip": ADDR, "a/hostname": "web\n", "b/ip": other, "b/hostname": "web\n"}
    nodes = collected(put(tmp_path, files))
    assert list(nodes) == ["web", "web (2)"]
    assert nodes["web (2)"].notes == (
        "another host of this scan is called web, too: the MAC of its eth0 is 02:00:00:00:00:21 (a/ip:4), "
        "not 02:00:00:00:00:22 (b/ip:4)",
    )


def test_the_same_host_in_two_directories_is_one_node(tmp_path: Path) -> None:
    files = {"a/ip": ADDR, "a/hostname": "web\n", "b/ip": ADDR, "b/rules": RULES, "b/hostname": "web\n"}
    nodes = collected(put(tmp_path, files))
    assert list(nodes) == ["web"]
    assert set(nodes["web"].evidence) == {"addresses", "links", "policy-rules"}


def test_a_word_in_a_file_is_a_host_s_name_only_where_the_file_s_name_says_so(tmp_path: Path) -> None:
    assert list(collected(put(tmp_path / "rs1", {"a": ADDR, "status": "fixed\n"}))) == ["rs1"]
    assert list(collected(put(tmp_path / "dumps", {"a": ADDR, "hostname_-f": "rs1.example.net\n"}))) == ["rs1"]


def test_parts_of_a_host_are_not_taken_for_hosts(tmp_path: Path) -> None:
    nodes = collected(put(tmp_path / "lb1", {"etc/sysctl.d/90-lvs.conf": SYSCTL, "network/rules": RULES}))
    assert list(nodes) == ["lb1"]
    assert set(nodes["lb1"].evidence) == {"configured-sysctl", "policy-rules"}


def test_a_sosreport_s_other_network_namespaces_are_left_alone(tmp_path: Path) -> None:
    net = "sos_commands/networking/"
    nodes = collected(put(tmp_path / "sos", {f"{net}ip_rule": RULES, f"{net}ip_netns_exec_x_ip_addr": ADDR}))
    assert set(nodes["sos"].evidence) == {"policy-rules"}


def test_several_files_are_one_node_s(tmp_path: Path) -> None:
    put(tmp_path, {"a": ADDR, "b": SYSCTL})
    assert [set(node.evidence) for node in collected(tmp_path / "a", tmp_path / "b").values()] == [
        {"addresses", "links", "sysctl"}
    ]


def test_a_paste_of_two_hosts_is_two_nodes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paste = f"[root@rs1 ~]# ip addr\n{ADDR}[root@rs2 ~]# ip rule\n{RULES}[root@rs1 ~]# sysctl -a\n{SYSCTL}"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(paste.encode())))
    nodes = {node.name: set(node.evidence) for node in collect_paths(["-"])}
    assert nodes == {"rs1": {"addresses", "links", "sysctl"}, "rs2": {"policy-rules"}}


def test_bytes_that_are_not_utf_8_stay_visible(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"caf\xe9\n" + SYSCTL.encode())
    (node,) = collect_paths([str(tmp_path / "a")])
    assert [seen.text for seen in node.unread] == ["caf\\xe9"]


def test_a_file_without_any_dump_beside_one_is_counted_as_a_whole(tmp_path: Path) -> None:
    node = collected(put(tmp_path / "rs1", {"a": ADDR, "README": "one\ntwo\n"}))["rs1"]
    assert [(seen.where, seen.text) for seen in node.unread] == [("rs1/README", "(2 lines, no dump among them)")]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"7z\xbc\xaf\x27\x1c\x00\x04\x00\x00", "is a 7-Zip archive, which is not read; unpack it"),
        (b"Rar!\x1a\x07\x01\x00\x00", "is a RAR archive, which is not read; unpack it"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "is a picture (PNG), which is not read; copy its text"),
        (b"%PDF-1.7\n%\xe2\xe3\n1 0 obj\n", "is a PDF document, which is not read; save it as text"),
        (b"-----BEGIN PGP MESSAGE-----\n\nhQEMA\n", "is an encrypted file (OpenPGP), which is not read; decrypt it"),
        (b"\x7fELF\x00\x00\x01", "is a binary file"),
        (b"\xd4\xc3\xb2\xa1\x02\x00\x04\x00\x00\x00\x00\x00", "is a recording of packets (pcap)"),
        (gzip.compress(b"x"), "no dump in it (looked for ip addr"),
        (gzip.compress(b""), "is empty"),
        (gzip.compress(b"x")[:-12], "ends in the middle"),
        (b"Dear colleagues,\n", "no dump in it (looked for ip addr"),
    ],
)
def test_a_useless_file_is_refused_with_the_reason(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(CannotCollect) as error:
        collect_paths([str(tmp_path / "file")])
    assert str(error.value).startswith(f"{tmp_path / 'file'}: {sentence}")


def test_a_missing_path_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotCollect, match="nowhere: no such file or directory"):
        collect_paths([str(tmp_path / "nowhere")])


def test_a_directory_without_dumps_says_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(CannotCollect, match=r"no dump in it \(looked for ip addr, ip link, ip route"):
        collect_paths([str(put(tmp_path, {"a/b": "nothing\n"}))])


def test_a_directory_without_dumps_names_the_files_that_hold_no_text(tmp_path: Path) -> None:
    put(tmp_path / "rs1", {"ip-addr.txt": "", "sysctl.txt": "\n"})
    (tmp_path / "rs1/dumps.tar.gpg").write_bytes(b"\x85\x01\x0c\x03" + bytes(range(120, 250)))
    (tmp_path / "rs1/shot.png").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00")
    with pytest.raises(CannotCollect) as error:
        collect_paths([str(tmp_path)])
    said = str(error.value)
    assert "rs1/dumps.tar.gpg: is an encrypted file (OpenPGP)" in said
    assert f"rs1/ip-addr.txt: is empty; {tmp_path}/rs1/shot.png: is a picture (PNG)" in said
    assert said.endswith("; 1 more file holds no text")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_says_so(tmp_path: Path) -> None:
    put(tmp_path, {"a": ADDR})
    (tmp_path / "a").chmod(0)
    with pytest.raises(CannotCollect, match="Permission denied"):
        collect_paths([str(tmp_path / "a")])


def test_a_link_out_of_a_stranger_s_directory_is_not_followed(tmp_path: Path) -> None:
    put(tmp_path, {"secret/sysctl": SYSCTL, "rs1/rules": RULES})
    (tmp_path / "rs1/escape").symlink_to(tmp_path / "secret/sysctl")
    assert set(collected(tmp_path / "rs1")["rs1"].evidence) == {"policy-rules"}


def test_a_pipe_can_be_named_as_a_path(tmp_path: Path) -> None:
    """`lvsdoctor scan <(ssh rs1 ip rule)`."""
    reader, writer = os.pipe()
    os.write(writer, RULES.encode())
    os.close(writer)
    (node,) = collect_paths([f"/dev/fd/{reader}"])
    os.close(reader)
    assert set(node.evidence) == {"policy-rules"}


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of real dumps is not beside the checkout")
def test_a_real_sosreport_is_one_node_with_its_own_facts() -> None:
    (node,) = collect_paths([str(CORPUS / "sosreport-tree/hotsos-kubernetes")])
    assert node.name == "juju-110cc2-k8stest-4"
    assert {"addresses", "links", "routes", "local-routes", "policy-rules", "neighbours", "sysctl", "ipvs"} <= set(
        node.evidence
    )
