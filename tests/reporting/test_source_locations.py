"""Where a quoted line is found by others: the repository's root, the file's path from there, its URI."""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

import pytest

from lvsdoctor.model.examination import Diagnosis, Examination, Examined
from lvsdoctor.model.finding import Citation, Finding, Fix, Severity, cite
from lvsdoctor.model.seen import Seen
from lvsdoctor.reporting.source_locations import Place, Places, percent_encoded

LINE = Seen("rs1/sysctl.txt", 7, "net.ipv4.conf.all.arp_ignore = 0")
NETLINK = Seen("netlink RTM_GETADDR lo", None, "192.0.2.10/32 scope global")
ASSUMED = Citation(Seen("assumed", None, "no policy routing rule"), settle="ip rule show")


def scan(**files: Mapping[str, str]) -> Examination:
    return Examination(tuple(Examined(name, "", files=paths) for name, paths in files.items()), (), ())


def about(*evidence: Citation | Seen, node: str = "rs1") -> Diagnosis:
    cited = [item if isinstance(item, Citation) else Citation(item) for item in evidence]
    finding = Finding("{node} is sick", about={}, evidence=cited, fix=Fix())
    return Diagnosis(finding, "sick", "ARP099", node, Severity.ERROR)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with golden/rs1/sysctl.txt in it; the tests stand at its root."""
    root = tmp_path / "repository"
    (root / ".git").mkdir(parents=True)
    (root / "golden/rs1").mkdir(parents=True)
    (root / "golden/rs1/sysctl.txt").write_text("")
    monkeypatch.chdir(root)
    return root


def path_of(named: str | Path) -> str:
    place = Places(scan(rs1={LINE.where: str(named)})).of(LINE, "rs1")
    assert place is not None
    return place.path


def test_a_path_begins_at_the_repositorys_root_wherever_in_it_one_stands(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert path_of("golden/rs1/sysctl.txt") == "golden/rs1/sysctl.txt"
    monkeypatch.chdir("golden/rs1")
    assert path_of("sysctl.txt") == "golden/rs1/sysctl.txt"
    assert path_of("../rs1/./sysctl.txt") == "golden/rs1/sysctl.txt"
    assert path_of(repository / "golden/rs1/sysctl.txt") == "golden/rs1/sysctl.txt"


def test_a_work_tree_has_a_file_for_its_git_directory(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repository / "golden/.git").write_text("gitdir: ../.git/worktrees/golden\n")
    monkeypatch.chdir("golden")
    assert path_of("rs1/sysctl.txt") == "rs1/sysctl.txt"


def test_a_submodules_file_is_called_as_the_repository_around_calls_it(repository: Path) -> None:
    (repository / "golden/.git").write_text("gitdir: ../.git/modules/golden\n")
    assert path_of("golden/rs1/sysctl.txt") == "golden/rs1/sysctl.txt"


def test_a_file_outside_of_the_repository_keeps_its_absolute_path(repository: Path) -> None:
    other = repository.parent / "repository-2/case 4711/sysctl.txt"
    place = Places(scan(rs1={LINE.where: "../repository-2/case 4711/sysctl.txt"})).of(LINE)
    assert place is not None
    assert (place.path, place.outside) == (str(other), True)
    assert place.uri == f"file://{str(other).replace(' ', '%20')}"


def test_from_outside_the_files_own_repository_counts(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository.parent)
    assert path_of("repository/golden/rs1/sysctl.txt") == "golden/rs1/sysctl.txt"


def test_without_a_repository_a_path_begins_at_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert path_of(tmp_path / "golden/sysctl.txt") == "golden/sysctl.txt"


def test_a_symbolic_link_is_called_by_what_it_leads_to(repository: Path) -> None:
    (repository / "latest").symlink_to("golden")
    assert path_of("latest/rs1/sysctl.txt") == "golden/rs1/sysctl.txt"


def test_of_two_files_of_one_name_the_findings_own_nodes_is_meant(repository: Path) -> None:
    places = Places(scan(rs1={LINE.where: "a/rs1/sysctl.txt"}, rs2={LINE.where: "b/rs1/sysctl.txt"}))
    assert places.of(LINE, "rs1") == Place("a/rs1/sysctl.txt", 7, LINE.text)
    assert places.of(LINE, "rs2") == Place("b/rs1/sysctl.txt", 7, LINE.text)
    assert places.of(LINE, "lb1") == places.of(LINE) == places.of(LINE, "rs1")


def test_a_finding_may_quote_another_nodes_file(repository: Path) -> None:
    places = Places(scan(lb1={"lb1/ipvsadm.txt": "golden/lb1/ipvsadm.txt"}, rs1={LINE.where: "golden/rs1/sysctl.txt"}))
    assert places.of(Seen("lb1/ipvsadm.txt", 2, "-A"), "rs1") == Place("golden/lb1/ipvsadm.txt", 2, "-A")


def test_what_is_in_no_file_has_no_place(repository: Path) -> None:
    places = Places(scan(rs1={LINE.where: "golden/rs1/sysctl.txt"}))
    assert places.of(NETLINK, "rs1") is None
    assert places.of(Seen("stdin", 3, "x"), "rs1") is None


def test_a_finding_is_at_home_where_it_first_quotes_a_line(repository: Path) -> None:
    places = Places(scan(rs1={"rs1/ip-addr.txt": "golden/rs1/ip-addr.txt", LINE.where: "golden/rs1/sysctl.txt"}))
    unreadable = Seen("rs1/ip-addr.txt", None, "golden/rs1/ip-addr.txt: Permission denied")
    assert places.home(about(ASSUMED, NETLINK, unreadable, LINE, replace(LINE, line=9))) == Place(
        "golden/rs1/sysctl.txt", 7, LINE.text
    )


def test_a_line_that_was_assumed_is_nobodys_home(repository: Path) -> None:
    places = Places(scan(rs1={LINE.where: "golden/rs1/sysctl.txt"}))
    assert places.home(about(Citation(LINE, settle="sysctl -a"))) == Place("golden/rs1/sysctl.txt", None, "")


def test_a_finding_that_quotes_no_line_is_at_home_in_its_nodes_first_file(repository: Path) -> None:
    places = Places(scan(lb1={"lb1/x": "lb1/x"}, rs1={"rs1/ip-addr.txt": "rs1/ip-addr.txt", LINE.where: "rs1/s"}))
    assert places.home(about(ASSUMED)) == Place("rs1/ip-addr.txt")


def test_a_live_nodes_finding_has_no_home(repository: Path) -> None:
    assert Places(scan(rs1={})).home(about(NETLINK)) is None


def test_every_file_is_told_once(repository: Path) -> None:
    places = Places(scan(rs1={"a": "golden/a", "b": "golden/../golden/a"}, rs2={"c": "golden/c"}))
    assert places.all() == (Place("golden/a"), Place("golden/c"))


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("golden/rs1/sysctl.d/90-lvs~1_x.conf", "golden/rs1/sysctl.d/90-lvs~1_x.conf"),
        ("a b/50%#?.txt", "a%20b/50%25%23%3F.txt"),
        ("c:/x", "c%3A/x"),
        ("Zürich/监听", "Z%C3%BCrich/%E7%9B%91%E5%90%AC"),
        ("a\n::stop-commands::x", "a%0A%3A%3Astop-commands%3A%3Ax"),
        (os.fsdecode(b"caf\xe9"), "caf%E9"),
    ],
)
def test_a_uri_says_the_path_and_nothing_else(path: str, uri: str) -> None:
    assert percent_encoded(path) == Place(path).uri == uri
    parts = urlsplit(uri)
    assert (parts.scheme, parts.netloc, parts.query, parts.fragment) == ("", "", "", "")
    assert unquote_to_bytes(uri) == os.fsencode(path)


def test_a_finding_is_shown_at_the_line_that_is_to_blame(repository: Path) -> None:
    other = Seen("lb1/ipvsadm.txt", 2, "-a -t 192.0.2.10:80 -r 192.0.2.21:80 -g -w 1")
    places = Places(scan(rs1={LINE.where: "golden/rs1/sysctl.txt"}, lb1={other.where: "golden/lb1/ipvsadm.txt"}))
    diagnosis = about(other, LINE)
    blamed = replace(diagnosis, guilty=diagnosis.evidence[1])
    assert places.home(blamed) == Place("golden/rs1/sysctl.txt", 7, LINE.text)


def test_where_that_line_is_in_no_file_a_line_of_the_node_does_and_none_of_another_host(repository: Path) -> None:
    other = Seen("lb1/ipvsadm.txt", 2, "-a -t 192.0.2.10:80 -r 192.0.2.21:80 -g -w 1")
    places = Places(scan(rs1={LINE.where: "golden/rs1/sysctl.txt"}, lb1={other.where: "golden/lb1/ipvsadm.txt"}))
    diagnosis = about(NETLINK, other, LINE)
    assert places.home(replace(diagnosis, guilty=diagnosis.evidence[0])) == Place("golden/rs1/sysctl.txt", 7, LINE.text)


def test_a_dump_that_lacks_something_is_the_home_of_what_lacks_and_no_other_hosts_line(repository: Path) -> None:
    other = Seen("lb1/ipvsadm.txt", 2, "-a -t 192.0.2.10:80 -r 192.0.2.21:80 -g -w 1")
    files = {"rs1": {"rs1/ip-link.txt": "rs1/ip-link.txt", "rs1/ip-addr.txt": "rs1/ip-addr.txt"}}
    diagnosis = replace(about(cite(other)), guilty=Citation(Seen("rs1/ip-addr.txt", None, "")))
    assert Places(scan(**files, lb1={other.where: other.where})).home(diagnosis) == Place("rs1/ip-addr.txt")
