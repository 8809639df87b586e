"""What another file says after ours."""

from lvsdoctor.fixes.persist.parts import ByHand, Settings
from lvsdoctor.fixes.persist.sysctl_files import outranked
from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.sysctl_d import ConfiguredFile, ConfiguredLine, ConfiguredSysctl

KEY = "net.ipv4.conf.all.arp_ignore"
OURS = Settings("/etc/sysctl.d/zz-lvs.conf", ((KEY, "1"),))


def node(path: str, raw: str | None) -> Node:
    text = f"-{KEY}" if raw is None else f"{KEY} = {raw}"
    line = ConfiguredLine(KEY, raw, Seen("rs1/x.conf", 4, text), path)
    return Node("rs1", evidence={"configured-sysctl": ConfiguredSysctl([ConfiguredFile(path, (line,))])})


def says(path: str, raw: str | None) -> list[str]:
    parts = list(outranked(node(path, raw), [OURS]))
    return [line for part in parts if isinstance(part, ByHand) for line in part.lines]


def test_a_file_that_is_applied_before_ours_is_none_of_our_business() -> None:
    assert says("/etc/sysctl.d/99-hardening.conf", "0") == []


def test_a_file_that_is_applied_after_ours_has_to_change() -> None:
    (line,) = says("/etc/sysctl.d/zzz.conf", "0")
    assert line.startswith("/etc/sysctl.d/zzz.conf is applied after /etc/sysctl.d/zz-lvs.conf: the line ")
    assert f"{KEY} = 0" in line


def test_a_line_that_only_excludes_deletes_ours() -> None:
    assert len(says("/etc/sysctl.d/zzz.conf", None)) == 1


def test_a_file_that_says_the_same_may_stay() -> None:
    assert says("/etc/sysctl.d/zzz.conf", "1") == []


def test_procps_reads_sysctl_conf_after_ours() -> None:
    (line,) = says("/etc/sysctl.conf", "0")
    assert "is read last of all by `sysctl --system` of procps" in line


def test_a_node_whose_files_are_not_known_gets_no_remark() -> None:
    assert list(outranked(Node("rs1"), [OURS])) == []
