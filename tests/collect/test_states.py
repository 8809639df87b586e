"""Files that show one host in two states: what is, and what should be."""

from pathlib import Path

import pytest

from lvsdoctor.collect.files import collect_paths
from lvsdoctor.collect.states import should_be

TABLE = "-A -t 192.0.2.10:80 -s rr\n-a -t 192.0.2.10:80 -r 192.0.2.21:80 {} -w 1\n"


@pytest.mark.parametrize(
    ("first", "second", "good"),
    [
        ("x/ipvsadm.bad.txt", "x/ipvsadm.good.txt", "x/ipvsadm.good.txt"),
        ("working-ipvsadm", "broken-ipvsadm", "working-ipvsadm"),
        ("bad/ipvsadm.txt", "good/ipvsadm.txt", "good/ipvsadm.txt"),
        ("ipvsadm.before.txt", "ipvsadm.after.txt", None),
        ("rs1.bad.txt", "rs2.good.txt", None),
        ("ipvsadm.bad.txt", "ipvsadm.txt", None),
        ("badger.txt", "goodness.txt", None),
    ],
)
def test_a_name_tells_what_should_be_where_the_other_tells_what_is(first: str, second: str, good: str | None) -> None:
    assert should_be(first, second) == should_be(second, first) == good


def test_what_should_be_is_left_out_and_named(tmp_path: Path) -> None:
    for name, method in (("ipvsadm.bad.txt", "-m"), ("ipvsadm.good.txt", "-g")):
        (tmp_path / name).write_text(TABLE.format(method))
    (node,) = collect_paths([str(tmp_path)])
    assert not node.contradictions
    assert [real.seen.where.rpartition("/")[2] for real in node.services[0].destinations] == ["ipvsadm.bad.txt"]
    assert any("ipvsadm.good.txt is left out" in note for note in node.notes)


def test_two_states_without_such_names_contradict_each_other(tmp_path: Path) -> None:
    for name, method in (("ipvsadm.before.txt", "-m"), ("ipvsadm.after.txt", "-g")):
        (tmp_path / name).write_text(TABLE.format(method))
    (node,) = collect_paths([str(tmp_path)])
    assert node.contradictions
