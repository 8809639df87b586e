"""An archive is the directory that it would be, were it unpacked; nothing is unpacked for it."""

import io
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from lvsdoctor.collect.errors import CannotCollect
from lvsdoctor.collect.files import collect_paths
from lvsdoctor.model.node import Node
from tests.collect.archive_bytes import (
    COMPRESSIONS,
    member,
    tar_of,
    tar_of_directory,
    zip_of,
    zip_of_directory,
    zstd_compress,
)

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples/leaking-real-server"
RULES = "0:\tfrom all lookup local\n32766:\tfrom all lookup main\n"
IP_VS = """\
IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port Forward Weight ActiveConn InActConn
TCP  C000020A:0050 wrr
  -> C0000215:0050      Route   1      0          0
"""
SYSCTL = "net.ipv4.ip_forward = 0\n"


def rows(nodes: tuple[Node, ...]) -> dict[str, dict[str, int]]:
    """How many rows of each fact each node has."""
    return {
        node.name: {fact: len(rows) if hasattr(rows, "__len__") else 1 for fact, rows in node.evidence.items()}
        for node in nodes
    }


def wheres(nodes: tuple[Node, ...]) -> set[str]:
    return {where for node in nodes for where in node.files}


def put(path: Path, data: bytes) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return str(path)


def sentences(nodes: tuple[Node, ...]) -> str:
    return "; ".join(note for node in nodes for note in node.notes)


@pytest.mark.parametrize("ending", [*COMPRESSIONS, ".zst"])
@pytest.mark.parametrize("prefix", ["", "dumps", "tmp/case-4711"])
def test_a_tar_is_read_as_the_directory_that_it_was_made_of(tmp_path: Path, ending: str, prefix: str) -> None:
    compress = COMPRESSIONS.get(ending, zstd_compress)
    path = put(tmp_path / f"case.tar{ending}", compress(tar_of_directory(EXAMPLE, prefix)))
    nodes = collect_paths([path])
    assert rows(nodes) == rows(collect_paths([str(EXAMPLE)]))
    assert f"case.tar{ending}/rs2/sysctl.txt" in wheres(nodes)
    assert all(file.startswith(f"{tmp_path}/case.tar{ending}/") for node in nodes for file in node.files.values())


@pytest.mark.parametrize("kind", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_every_format_of_tar_is_read_with_names_of_any_length(tmp_path: Path, kind: int) -> None:
    deep = "/".join(["a" * 60] * (3 if kind == tarfile.USTAR_FORMAT else 9))
    shutil.copytree(EXAMPLE, tmp_path / "top" / deep)
    (tmp_path / "top/other").write_text("no dump\n")
    nodes = collect_paths([put(tmp_path / "case.tar", tar_of_directory(tmp_path / "top", kind=kind))])
    assert rows(nodes) == rows(collect_paths([str(EXAMPLE)]))


def test_a_zip_is_read_as_the_directory_that_it_was_made_of(tmp_path: Path) -> None:
    nodes = collect_paths([put(tmp_path / "case.zip", zip_of_directory(EXAMPLE, "case/"))])
    assert rows(nodes) == rows(collect_paths([str(EXAMPLE)]))
    assert "case.zip/rs2/sysctl.txt" in wheres(nodes)


def test_an_archive_on_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for data in (COMPRESSIONS[".xz"](tar_of_directory(EXAMPLE)), zip_of_directory(EXAMPLE)):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        nodes = collect_paths(["-"])
        assert rows(nodes) == rows(collect_paths([str(EXAMPLE)]))
        assert wheres(nodes) == set()  # it is no file that a report could lead to
        assert "stdin/rs2/sysctl.txt" in {row.seen.where for row in nodes[2].rows("sysctl").values()}


def test_archives_in_a_directory_are_hosts_of_a_cluster(tmp_path: Path) -> None:
    for host in EXAMPLE.iterdir():
        if host.is_dir():
            put(tmp_path / f"in/{host.name}.tar.gz", COMPRESSIONS[".gz"](tar_of_directory(host, host.name)))
    nodes = collect_paths([str(tmp_path / "in")])
    assert rows(nodes) == rows(collect_paths([str(EXAMPLE)]))
    assert "rs2.tar.gz/sysctl.txt" in wheres(nodes)


def test_the_archives_of_a_collector_s_archive_are_hosts_of_a_cluster(tmp_path: Path) -> None:
    inner = {
        f"sos-collector/{host.name}.tar.xz": COMPRESSIONS[".xz"](tar_of_directory(host, host.name))
        for host in EXAMPLE.iterdir()
        if host.is_dir()
    }
    nodes = collect_paths([put(tmp_path / "all.tar", tar_of(inner))])
    assert rows(nodes) == rows(collect_paths([str(EXAMPLE)]))
    assert "all.tar/rs2.tar.xz/sysctl.txt" in wheres(nodes)


@pytest.mark.parametrize("ending", [*COMPRESSIONS, ".zst"])
def test_a_compressed_dump_is_read_wherever_it_lies(tmp_path: Path, ending: str) -> None:
    packed = COMPRESSIONS.get(ending, zstd_compress)(RULES.encode())
    alone = put(tmp_path / f"rs1-ip-rule.txt{ending}", packed)
    put(tmp_path / f"in/rs1/ip-rule.txt{ending}", packed)
    archive = put(tmp_path / "case.tar", tar_of({f"rs1/ip-rule.txt{ending}": packed}))
    for path in (alone, str(tmp_path / "in"), archive):
        nodes = collect_paths([path])
        assert len(nodes[0].rows("policy-rules")) == 2


def test_a_wrong_ending_changes_nothing_where_the_file_is_named(tmp_path: Path) -> None:
    path = put(tmp_path / "case.txt", COMPRESSIONS[".xz"](tar_of_directory(EXAMPLE)))
    assert rows(collect_paths([path])) == rows(collect_paths([str(EXAMPLE)]))
    path = put(tmp_path / "case.tar.gz", RULES.encode())
    assert len(collect_paths([path])[0].rows("policy-rules")) == 2


@pytest.mark.parametrize("pack", [COMPRESSIONS[""], COMPRESSIONS[".xz"]])
def test_an_archive_in_a_directory_is_known_by_its_first_bytes(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    for name, host in (("lb1", "lb1"), ("rs1.txt", "rs1"), ("rs2.tar.xz.1", "rs2")):
        put(tmp_path / "in" / name, pack(tar_of_directory(EXAMPLE / host, host)))
    nodes = collect_paths([str(tmp_path / "in")])
    wanted = rows(collect_paths([str(EXAMPLE)]))
    assert sorted(map(str, rows(nodes).values())) == sorted(map(str, wanted.values()))
    assert "rs1.txt/sysctl.txt" in wheres(nodes)


def test_a_compressed_dump_in_a_directory_needs_no_name_that_says_so(tmp_path: Path) -> None:
    put(tmp_path / "in/rs1/ip-rule.txt", COMPRESSIONS[".gz"](RULES.encode()))
    (node,) = collect_paths([str(tmp_path / "in")])
    assert len(node.rows("policy-rules")) == 2


def test_a_document_that_is_a_zip_inside_is_no_archive_of_dumps(tmp_path: Path) -> None:
    put(tmp_path / "in/rs1/sysctl", SYSCTL.encode())
    put(tmp_path / "in/rs1/notes.docx", zip_of({"word/sysctl.txt": SYSCTL}))
    (node,) = collect_paths([str(tmp_path / "in")])
    assert any("compressed or an archive (zip)" in seen.text for seen in node.unread)
    assert not any("docx/" in where for where in node.files)


def test_links_lead_to_other_members_and_nowhere_else(tmp_path: Path) -> None:
    sosreport = {
        "sosreport-rs1/sos_commands/networking/ip_-4_rule": RULES,
        "sosreport-rs1/sos_commands/kernel/uname_-a": "Linux rs1 5.14.0 #1 SMP x86_64 GNU/Linux\n",
        "sosreport-rs1/proc/7/net/ip_vs": IP_VS,
    }
    links = {
        "sosreport-rs1/proc/net": "self/net",
        "sosreport-rs1/proc/self": "7",
        "sosreport-rs1/etc/sysctl.conf": "../../../../../../etc/sysctl.conf",
        "sosreport-rs1/etc/sysctl.d/99-x.conf": "/etc/sysctl.conf",
    }
    (node,) = collect_paths([put(tmp_path / "case.tar", tar_of(sosreport, links))])
    assert {"policy-rules", "ipvs"} <= node.evidence.keys()
    assert "lead out of case.tar" in sentences((node,))


def test_a_link_in_an_inner_archive_stays_in_it(tmp_path: Path) -> None:
    inner = tar_of({"rs2/sysctl": SYSCTL, "rs2/x/ip-rule": RULES}, {"rs2/ip-rule.txt": "../../rs1/ip-rule"})
    outer: dict[str, bytes | str] = {"case/rs1/ip-rule": RULES, "case/rs2.tar": inner}
    nodes = collect_paths([put(tmp_path / "case.tar", tar_of(outer))])
    assert "1 symbolic link leads out of case.tar" in sentences(nodes)
    for path in ("in/rs1/ip-rule", "in/rs1/sysctl"):
        put(tmp_path / path, RULES.encode())
    put(tmp_path / "in/rs2.tar", inner)
    assert "1 symbolic link leads out of in" in sentences(collect_paths([str(tmp_path / "in")]))


def test_a_hard_link_is_another_name_of_a_member_before_it(tmp_path: Path) -> None:
    hard = [member("rs1/ip-rule", tarfile.LNKTYPE, "rs1/first.txt"), member("rs1/sysctl", tarfile.LNKTYPE, "none")]
    (node,) = collect_paths([put(tmp_path / "case.tar", tar_of({"rs1/first.txt": RULES}, others=hard))])
    assert "policy-rules" in node.evidence
    assert "1 symbolic link of case.tar leads to itself or nowhere (sysctl)" in sentences((node,)).replace("rs1/", "")


def test_the_later_of_two_members_of_a_name_counts(tmp_path: Path) -> None:
    first, second = tar_of({"rs1/sysctl": SYSCTL}), tar_of({"rs1/sysctl": SYSCTL.replace("0", "1")})
    data = first[: -len(first) % 512 or -10240] + second
    data = first[:1024] + second
    (node,) = collect_paths([put(tmp_path / "case.tar", data)])
    assert [row.value for row in node.rows("sysctl").values()] == [1]


def test_an_archive_that_needs_zstd_names_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path / "case.tar.zst", zstd_compress(tar_of_directory(EXAMPLE)))
    monkeypatch.setitem(sys.modules, "backports.zstd", None)
    monkeypatch.setitem(sys.modules, "compression.zstd", None)
    with pytest.raises(CannotCollect, match=r"is compressed by zstd: install lvsdoctor\[zstd\]"):
        collect_paths([path])


def test_a_fifo_may_carry_an_archive(tmp_path: Path) -> None:
    data = put(tmp_path / "case.tar", tar_of_directory(EXAMPLE))
    ran = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m lvsdoctor scan -q <(cat {data}) "],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "ERROR ARP002 rs2" in ran.stdout, ran.stderr


@pytest.mark.parametrize("data", [tar_of({}), zip_of({}), tar_of({"README": "Dear colleagues,\n"})])
def test_an_archive_without_a_dump_says_what_was_looked_for(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(CannotCollect, match="no dump in it"):
        collect_paths([put(tmp_path / "case.tar", data)])
