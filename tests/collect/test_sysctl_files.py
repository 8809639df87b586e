"""The files of sysctl.d in a directory that is scanned: links, masks, empty ones, and those that do not count."""

from pathlib import Path

from lvsdoctor.collect.files import collect_paths
from lvsdoctor.engine.runner import examine
from lvsdoctor.model.coverage import Origin
from lvsdoctor.model.node import Node
from lvsdoctor.model.sysctl_d import ConfiguredSysctl

KEY = "net.ipv4.conf.all.arp_ignore"


def put(top: Path, files: dict[str, str]) -> Path:
    """Files of this text; one that begins with `->` is a link."""
    for name, text in files.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(text[3:]) if text.startswith("-> ") else path.write_text(text)
    return top


def only(top: Path) -> Node:
    (node,) = collect_paths([str(top)])
    return node


def configured(top: Path) -> ConfiguredSysctl:
    table = only(top).evidence["configured-sysctl"]
    assert isinstance(table, ConfiguredSysctl)
    return table


def line(top: Path) -> str:
    deciding = configured(top).deciding(KEY)
    return "" if deciding is None else str(deciding.seen)


def test_files_are_ordered_by_their_names_and_not_by_their_directories(tmp_path: Path) -> None:
    files = {"usr/lib/sysctl.d/50-vendor.conf": f"{KEY} = 0\n", "etc/sysctl.d/10-lvs.conf": f"{KEY} = 1\n"}
    assert line(put(tmp_path / "rs1", files)) == "rs1/usr/lib/sysctl.d/50-vendor.conf:1"


def test_a_file_of_etc_replaces_the_vendor_s_of_its_name(tmp_path: Path) -> None:
    files = {
        "usr/lib/sysctl.d/50-a.conf": f"{KEY} = 0\n",
        "etc/sysctl.d/50-a.conf": "vm.swappiness = 1\n",
        "etc/sysctl.d/10-lvs.conf": f"{KEY} = 1\n",
    }
    assert line(put(tmp_path / "rs1", files)) == "rs1/etc/sysctl.d/10-lvs.conf:1"


def test_an_empty_file_and_one_of_comments_replace_as_well(tmp_path: Path) -> None:
    for number, text in enumerate(("", "\n", "# none of it\n; nothing\n")):
        files = {
            "usr/lib/sysctl.d/50-a.conf": f"{KEY} = 0\n",
            "etc/sysctl.d/50-a.conf": text,
            "etc/sysctl.d/10-lvs.conf": f"{KEY} = 1\n",
        }
        top = put(tmp_path / str(number) / "rs1", files)
        assert line(top) == "rs1/etc/sysctl.d/10-lvs.conf:1"
        assert only(top).unread == ()


def test_a_link_to_dev_null_masks(tmp_path: Path) -> None:
    files = {"usr/lib/sysctl.d/50-a.conf": f"{KEY} = 0\n", "etc/sysctl.d/50-a.conf": "-> /dev/null"}
    assert line(put(tmp_path / "rs1", files)) == ""


def test_sysctl_conf_counts_where_its_link_stands(tmp_path: Path) -> None:
    files = {"etc/sysctl.conf": f"{KEY} = 0\n", "etc/sysctl.d/90-lvs.conf": f"{KEY} = 1\n"}
    for number, target in enumerate(("../sysctl.conf", "/etc/sysctl.conf")):
        own = {**files, "etc/sysctl.d/99-sysctl.conf": f"-> {target}"}
        table = configured(put(tmp_path / str(number) / "rs1", own))
        assert table[KEY].seen.where == "rs1/etc/sysctl.conf"
        assert not table.assumed_link
    early = configured(put(tmp_path / "rs1", {**files, "etc/sysctl.d/20-own.conf": "-> ../sysctl.conf"}))
    assert early[KEY].seen.where == "rs1/etc/sysctl.d/90-lvs.conf"
    without = configured(put(tmp_path / "rs2", files))
    assert without.assumed_link


def test_what_lies_beside_the_files_that_are_read_does_not_count(tmp_path: Path) -> None:
    files = {
        "etc/sysctl.d/10-lvs.conf": f"{KEY} = 1\n",
        "etc/sysctl.d/50-a.conf.bak": f"{KEY} = 0\n",
        "etc/sysctl.d/60-b": f"{KEY} = 0\n",
        "etc/sysctl.d/old/70-c.conf": f"{KEY} = 0\n",
    }
    assert line(put(tmp_path / "rs1", files)) == "rs1/etc/sysctl.d/10-lvs.conf:1"


def test_what_runs_and_what_files_say_are_two_facts(tmp_path: Path) -> None:
    files = {"sysctl.txt": f"{KEY} = 0\n", "etc/sysctl.d/10-lvs.conf": f"{KEY} = 1\n"}
    node = only(put(tmp_path / "rs1", files))
    assert (node.sysctl(KEY).raw, node.evidence["configured-sysctl"][KEY].raw) == ("0", "1")
    (examined,) = examine([node], []).nodes
    assert {fact: coverage.origin for fact, coverage in examined.facts.items()} == {
        "sysctl": Origin.RUNTIME,
        "configured-sysctl": Origin.CONFIGURED,
    }


def test_a_sosreport_s_files_are_read_too(tmp_path: Path) -> None:
    files = {
        "sos_commands/kernel/sysctl_-a": f"{KEY} = 0\n",
        "etc/sysctl.conf": "# nothing\n",
        "etc/sysctl.d/99-sysctl.conf": "-> ../sysctl.conf",
        "usr/lib/sysctl.d/50-default.conf": f"{KEY} = 1\n",
    }
    top = put(tmp_path / "sos", files)
    assert (only(top).sysctl(KEY).raw, configured(top)[KEY].raw) == ("0", "1")
