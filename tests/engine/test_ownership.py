"""Root runs no rule that another user could have written, wherever the way to it can be turned aside."""

import os
import py_compile
from pathlib import Path

import pytest

from lvsdoctor.engine.loader import CannotLoad, load_rules
from lvsdoctor.engine.ownership import WritableByOthers, check_only_root_can_write

NOBODY = 65534
needs_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0 or os.stat("/").st_uid != 0, reason="only root gives files away"
)
RULE = """\
from lvsdoctor.rulekit import Finding, Fix, Severity, cite, rule

@rule(name="always", code="OWN001", severity=Severity.NOTE, needs={"addresses"})
def always(node):
    yield Finding("{node} is there", about={}, evidence=[cite(node.addresses[0])], fix=Fix())
"""
EXECUTED = "raise RuntimeError('executed')\n"


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A rules directory of root's, in a directory of root's."""
    directory = tmp_path / "above/rules"
    (directory / "family").mkdir(parents=True)
    (directory / "family/always.py").write_text(RULE)
    (directory / "family/always.md").write_text("A page.\n")
    for path in (tmp_path, directory.parent, directory, directory / "family", *(directory / "family").iterdir()):
        path.chmod(0o755)
    return directory


def names(directory: Path) -> set[str]:
    return {rule.name for rule in load_rules([directory])} - {rule.name for rule in load_rules()}


def refused(directory: Path) -> str:
    """Why; nothing in it may have been run."""
    for file in directory.rglob("*.py"):
        file.write_text(EXECUTED)
    with pytest.raises(CannotLoad) as caught:
        load_rules([directory])
    assert "executed" not in str(caught.value)
    assert str(caught.value).endswith(", and root runs rules only from a place that only root can write")
    return str(caught.value).split(", and root")[0]


def given_away(path: Path) -> None:
    os.chown(path, NOBODY, NOBODY, follow_symlinks=False)


@needs_root
def test_root_s_own_rules_are_run(rules: Path) -> None:
    assert names(rules) == {"always"}


@needs_root
@pytest.mark.parametrize(
    "which",
    ["", "family", "family/always.py", "family/always.md", ".."],
    ids=["directory", "subdirectory", "rule", "page", "above"],
)
def test_what_belongs_to_another_user_is_refused(rules: Path, which: str) -> None:
    path = rules.parent if which == ".." else rules / which
    given_away(path)
    assert refused(rules) == f"{path} belongs to another user (uid {NOBODY})"


@needs_root
@pytest.mark.parametrize("mode", [0o775, 0o757, 0o777])
@pytest.mark.parametrize("which", ["", "family", "family/always.py", ".."])
def test_what_others_can_write_is_refused(rules: Path, which: str, mode: int) -> None:
    path = rules.parent if which == ".." else rules / which
    path.chmod(mode)
    assert refused(rules) == f"{path} can be written by others (mode {mode:04o})"


@needs_root
def test_above_a_sticky_directory_like_tmp_will_do(rules: Path) -> None:
    rules.parent.chmod(0o1777)
    assert names(rules) == {"always"}


@needs_root
def test_a_sticky_rules_directory_will_not_do_because_anybody_can_add_a_rule(rules: Path) -> None:
    rules.chmod(0o1777)
    assert refused(rules) == f"{rules} can be written by others (mode 1777)"


@needs_root
def test_another_s_link_to_a_directory_of_root_s_is_refused(rules: Path, tmp_path: Path) -> None:
    """Its owner chooses what root runs, if only among root's own files."""
    link = tmp_path / "link"
    link.symlink_to(rules)
    assert names(link) == {"always"}
    given_away(link)
    with pytest.raises(CannotLoad, match=rf"{link} belongs to another user"):
        load_rules([link])


@needs_root
@pytest.mark.parametrize("relative", [False, True], ids=["absolute", "relative"])
@pytest.mark.parametrize("chained", [False, True], ids=["link", "chain"])
def test_a_link_of_root_s_into_another_s_directory_is_refused(
    rules: Path, tmp_path: Path, relative: bool, chained: bool
) -> None:
    home = tmp_path / "home"
    (home / "rules").mkdir(parents=True)
    (home / "rules/evil.py").write_text(EXECUTED)
    (home / "rules").chmod(0o755)
    given_away(home)
    link = rules / "more.py"
    target = "../../home/rules/evil.py" if relative else str(home / "rules/evil.py")
    if chained:
        (rules / "further").symlink_to(target)
        target = "further"
    link.symlink_to(target)
    assert refused(rules) == f"{home} belongs to another user (uid {NOBODY})"


@needs_root
def test_a_path_with_dots_behind_a_link_is_followed_as_the_kernel_does(rules: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "below").mkdir(parents=True)
    (home / "rules").mkdir()
    (home / "rules/evil.py").write_text(EXECUTED)
    given_away(home)
    (tmp_path / "above/link").symlink_to(home / "below")
    with pytest.raises(CannotLoad, match=rf"{home} belongs to another user"):
        load_rules([tmp_path / "above/link/../rules"])


@needs_root
def test_a_relative_path_is_seen_from_here(rules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(rules.parent)
    assert names(Path("rules")) == {"always"}
    given_away(rules.parent)
    assert refused(Path("rules")) == f"{rules.parent} belongs to another user (uid {NOBODY})"


@needs_root
def test_links_without_an_end_and_links_to_nothing_are_no_endless_search(rules: Path) -> None:
    (rules / "loop").symlink_to("loop")
    (rules / "nothing").symlink_to("nowhere/at/all")
    assert names(rules) == {"always"}


def test_who_is_not_root_runs_what_they_name(rules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not hasattr(os, "geteuid"):
        pytest.skip("this system has no such users")
    rules.chmod(0o777)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert names(rules) == {"always"}
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(WritableByOthers):
        check_only_root_can_write(str(rules))


def test_where_no_such_users_exist_nothing_is_asked(rules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "geteuid", raising=False)
    check_only_root_can_write(str(rules))


def test_byte_code_in_a_rules_directory_is_neither_read_nor_written(rules: Path) -> None:
    """A file in __pycache__ that is as old and as large as its source is what Python would run."""
    file = rules / "family/always.py"
    source = file.read_text()
    times = file.stat()
    file.write_text(f"{EXECUTED}{'#' * (len(source) - len(EXECUTED))}")
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    compiled = Path(str(py_compile.compile(str(file), doraise=True)))
    file.write_text(source)
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    before = compiled.read_bytes()
    assert names(rules) == {"always"}
    assert compiled.read_bytes() == before
    assert [path.name for path in rules.rglob("*.pyc")] == [compiled.name]
