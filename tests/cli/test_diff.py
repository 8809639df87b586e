"""`lvsdoctor diff`: what differs, what came and went, and what one side does not tell."""

import json
from collections.abc import Callable
from io import BytesIO, TextIOWrapper
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.reports.many_nodes import written

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples/leaking-real-server"
STORIES = ROOT / "tests/fixtures/stories"
SCHEMA = json.loads((ROOT / "reports/lvsdoctor-diff-1.schema.json").read_text())
Run = Callable[..., tuple[int, str, str]]
FILES = sorted(path.relative_to(EXAMPLE) for path in EXAMPLE.glob("*/*.txt"))


@pytest.fixture
def mended(tmp_path: Path) -> Path:
    """The example with rs2's settings as they should be."""
    copytree(EXAMPLE, tmp_path / "mended")
    settings = tmp_path / "mended/rs2/sysctl.txt"
    text = settings.read_text()
    for key, value in (("arp_ignore", 1), ("arp_announce", 2)):
        text = text.replace(f"net.ipv4.conf.all.{key} = 0", f"net.ipv4.conf.all.{key} = {value}")
    settings.write_text(text)
    return tmp_path / "mended"


def as_data(run: Run, *arguments: object) -> dict[str, Any]:
    _, out, _ = run("diff", "-f", "json", *arguments)
    data: dict[str, Any] = json.loads(out)
    Draft202012Validator(SCHEMA).validate(data)
    return data


def test_a_snapshot_is_the_same_as_itself(run: Run) -> None:
    code, out, err = run("diff", EXAMPLE, EXAMPLE)
    assert (code, err) == (0, "")
    assert out.count("nothing that both sides tell differs.") == 3
    assert out.splitlines()[-1].startswith("3 nodes compared: 0 rows of facts changed; findings: 0 new, 0 gone")


def test_a_fix_changes_its_settings_and_the_finding_goes(run: Run, mended: Path) -> None:
    code, out, _ = run("diff", EXAMPLE, mended)
    assert code == 1
    assert "GONE ERROR ARP002 rs2 answers ARP requests for VIP 192.0.2.10" in " ".join(out.split())
    assert "  sysctl: net.ipv4.conf.all.arp_ignore, value: 0 -> 1\n" in out
    assert "    - rs2/sysctl.txt:8 | net.ipv4.conf.all.arp_ignore = 0\n" in out
    assert "    + rs2/sysctl.txt:8 | net.ipv4.conf.all.arp_ignore = 1\n" in out
    _, back, _ = run("diff", mended, EXAMPLE)
    assert "NEW ERROR ARP002" in back


def test_the_json_has_the_same(run: Run, mended: Path) -> None:
    data = as_data(run, EXAMPLE, mended)
    (rs2,) = [node for node in data["nodes"] if node["first"] == "rs2"]
    assert {row["row"] for row in rs2["facts"]} == {
        "net.ipv4.conf.all.arp_ignore", "net.ipv4.conf.all.arp_announce",
    }  # fmt: skip
    assert [(item["change"], item["code"]) for item in rs2["findings"]] == [("only-first", "ARP002")]
    assert data["same"] is False
    assert data["summary"]["gone"] == 1


@pytest.mark.parametrize("file", FILES, ids=str)
def test_what_was_not_collected_on_one_side_is_no_difference(run: Run, tmp_path: Path, file: Path) -> None:
    copytree(EXAMPLE, tmp_path / "less")
    (tmp_path / "less" / file).unlink()
    for pair in ((EXAMPLE, tmp_path / "less"), (tmp_path / "less", EXAMPLE)):
        data = as_data(run, *pair)
        assert [row for node in data["nodes"] for row in node["facts"]] == []
        assert [item for node in data["nodes"] for item in node["findings"]] == []
        (host,) = [node for node in data["nodes"] if node["first"] == file.parts[0]]
        # `ip addr` shows the links, too.
        assert bool(host["not_compared"]) is (file.name != "ip-link.txt")
    assert run("diff", EXAMPLE, tmp_path / "less")[0] == 0


def test_a_finding_whose_rule_was_not_checked_on_the_other_side_is_not_known_to_be_gone(
    run: Run, tmp_path: Path
) -> None:
    copytree(EXAMPLE, tmp_path / "less")
    (tmp_path / "less/rs2/sysctl.txt").unlink()
    code, out, _ = run("diff", EXAMPLE, tmp_path / "less")
    assert code == 0
    assert "Not known of (+): ERROR ARP002 rs2 answers ARP" in " ".join(out.split())
    assert "GONE" not in out


def test_two_hosts_are_compared_whatever_their_names(run: Run) -> None:
    pair = STORIES / "healthy-pair"
    data = as_data(run, pair / "lb1", pair / "lb2")
    ((node),) = data["nodes"]
    assert (node["first"], node["second"]) == ("lb1", "lb2")
    assert {row["row"] for row in node["facts"]} >= {"192.0.2.10/32 on eth0"}


def test_a_node_that_only_one_side_has_is_named_and_is_no_difference(run: Run, tmp_path: Path) -> None:
    for name in ("lb1", "rs1"):
        copytree(EXAMPLE / name, tmp_path / "fewer" / name)
    code, out, _ = run("diff", EXAMPLE, tmp_path / "fewer")
    assert (code, "has rs2: nothing to compare." in " ".join(out.split())) == (0, True)


def test_where_no_node_stands_in_both_nothing_is_the_same(run: Run, tmp_path: Path) -> None:
    for name in ("lb1", "rs1"):
        copytree(EXAMPLE / name, tmp_path / "others" / f"x{name}")
    code, out, err = run("diff", EXAMPLE, tmp_path / "others")
    assert (code, out) == (2, "")
    assert "no node stands in both" in err


def test_a_path_without_a_dump_and_three_paths_are_trouble(run: Run, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing here\n")
    assert run("diff", EXAMPLE, tmp_path / "notes.txt")[0] == 2
    code, _, err = run("diff", EXAMPLE, EXAMPLE, EXAMPLE)
    assert (code, "diff compares two PATHs" in err) == (2, True)


def test_golden_files_and_dumps_are_compared_as_far_as_the_files_go(run: Run) -> None:
    data = as_data(run, ROOT / "examples/golden-cluster", EXAMPLE)
    rows = {(node["first"], row["row"]) for node in data["nodes"] for row in node["facts"]}
    assert ("lb1", "virtual service tcp 192.0.2.10:80") in rows
    assert ("rs1", "lo") not in rows


def test_dumps_of_every_kind_are_compared(run: Run, tmp_path: Path) -> None:
    """Those that the example does not have."""
    row = 'tcp LISTEN 0 128 0.0.0.0:80 0.0.0.0:* users:(("nginx",pid=1,fd=6))\n'
    sockets = "Netid State Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n"
    rules = "*filter\n:INPUT ACCEPT [0:0]\n{}COMMIT\n"
    for name, more in (("a", (row, "-A INPUT -j DROP\n")), ("b", ("", ""))):
        copytree(EXAMPLE / "rs1", tmp_path / name / "rs1")
        (tmp_path / name / "rs1/ss.txt").write_text(sockets + row.replace(":80", ":22") + more[0])
        (tmp_path / name / "rs1/iptables.txt").write_text(rules.format(more[1]))
    data = as_data(run, tmp_path / "a", tmp_path / "b")
    rows = {(row["fact"], row["row"], row["change"]) for row in data["nodes"][0]["facts"]}
    assert rows == {
        ("sockets", "tcp socket 0.0.0.0:80", "only-first"),
        ("iptables", "chain INPUT of table filter", "changed"),
    }


def test_a_value_that_one_side_alone_shows_is_named_and_is_no_difference(run: Run, tmp_path: Path) -> None:
    """`ip addr` shows the links, and not their kinds."""
    copytree(EXAMPLE / "rs1", tmp_path / "rs1")
    (tmp_path / "rs1/ip-link.txt").unlink()
    code, out, _ = run("diff", EXAMPLE / "rs1", tmp_path / "rs1")
    assert code == 0
    assert "Not shown by (+): kind, master of 3 rows of links; not compared (ip -d link show)" in " ".join(out.split())
    ((item,),) = [node["not_shown"] for node in as_data(run, tmp_path / "rs1", EXAMPLE / "rs1")["nodes"]]
    assert (item["fact"], item["side"], item["values"], item["rows"]) == ("links", "first", ["kind", "master"], 3)


def test_what_a_reading_takes_for_granted_is_no_row_that_differs(run: Run) -> None:
    for pair in ((ROOT / "examples/golden-cluster", EXAMPLE), (EXAMPLE, ROOT / "examples/golden-cluster")):
        rows = [row for node in as_data(run, *pair)["nodes"] for row in node["facts"]]
        assert "assumed" not in {(row["first"] or row["second"])["where"] for row in rows}


def test_of_many_nodes_those_without_a_difference_stand_in_one_sentence(run: Run, tmp_path: Path) -> None:
    one = written(tmp_path / "one", 5, {2})
    other = written(tmp_path / "other", 5, {2, 4})
    for number in (1, 3):
        (other / f"rs{number}" / "sysctl.txt").unlink()
    _, out, _ = run("diff", one, other)
    words = " ".join(out.split())
    assert "nothing that both sides tell differs: lb1, rs1, rs2, rs3, rs5." in words
    assert "sysctl -a sysctl: not collected; on rs1, rs3" in words
    assert [line.split()[0] for line in out.splitlines() if line.endswith("---")] == ["rs4", "all"]
    assert run("diff", "-v", one, other)[1].count("nothing that both sides tell differs.") == 5


def test_a_paste_is_compared_and_cannot_be_both_sides(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    paste = "".join((EXAMPLE / "rs2" / name).read_text() for name in ("ip-addr.txt", "ip-route.txt", "sysctl.txt"))
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(paste.encode())))
    code, out, err = run("diff", "-", EXAMPLE / "rs2")
    assert (code, err) == (0, "")
    assert out.startswith("- standard input\n")
    code, out, err = run("diff", "-", "-")
    assert (code, out) == (2, "")
    assert "only one of the two PATHs may be -" in err


def test_a_path_that_is_not_there_is_named_with_what_was_meant(run: Run, mended: Path) -> None:
    code, out, err = run("diff", EXAMPLE, mended.parent / "mendde" / "rs2")
    assert (code, out) == (2, "")
    assert f"no such file or directory; did you mean {mended}?" in err


def test_the_configuration_file_says_which_rules_are_run_and_how(
    run: Run, mended: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    Path("lvsdoctor.toml").write_text('[rule.ARP002]\nseverity = "note"\n')
    _, out, _ = run("diff", EXAMPLE, mended)
    assert "  GONE NOTE ARP002" in out
    assert "note: lvsdoctor.toml sets rule = ARP002 (severity note)" in out
    assert as_data(run, EXAMPLE, mended)["remarks"] == ["lvsdoctor.toml sets rule = ARP002 (severity note)"]
    assert "GONE ERROR" in run("diff", "--config", "none", EXAMPLE, mended)[1]
    Path("lvsdoctor.toml").write_text("[rule.ARP002]\noff = true\n")
    assert "ARP002" not in run("diff", "-q", EXAMPLE, mended)[1]


def test_quiet_has_a_line_for_each_difference(run: Run, mended: Path) -> None:
    _, out, _ = run("diff", "-q", EXAMPLE, mended)
    assert out.splitlines()[1:3] == [
        "CHANGED rs2 sysctl net.ipv4.conf.all.arp_announce, value: 0 -> 2",
        "CHANGED rs2 sysctl net.ipv4.conf.all.arp_ignore, value: 0 -> 1",
    ]
    assert out.startswith("GONE ERROR ARP002 rs2 ")
