"""Which configuration file is used: the operator's own, never one that a stranger could have left."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from lvsdoctor.cli import configuring
from lvsdoctor.cli.main import main

Run = Callable[..., tuple[int, str, str]]

# A real server that answers ARP for its VIP.
DUMP = """\
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    inet 127.0.0.1/8 scope host lo
    inet 192.0.2.10/24 scope global lo
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP group default qlen 1000
    inet 192.0.2.21/24 brd 192.0.2.255 scope global eth0
"""
SILENCES = 'fail-on = "never"\n[[accept]]\nrule = "*"\nreason = "nothing to see here"\n'
ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
NOBODY = 65534


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the program: exit code, standard output, standard error."""
    monkeypatch.setattr(configuring, "SYSTEM_WIDE", tmp_path / "etc/lvsdoctor.toml")

    def run(*arguments: object) -> tuple[int, str, str]:
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, " ".join(captured.out.split()), captured.err

    return run


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory of dumps; we stand in another one."""
    case = tmp_path / "case"
    case.mkdir()
    (case / "ip-addr").write_text(DUMP)
    (tmp_path / "desk").mkdir()
    monkeypatch.chdir(tmp_path / "desk")
    return case


def write(file: Path, text: str = SILENCES) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(0o644)
    return file


def another_s(file: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file belongs to neither root nor us."""
    if ROOT:
        os.chown(file, NOBODY, NOBODY, follow_symlinks=False)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: NOBODY)
    return file


def test_the_file_here_is_used(run: Run, case: Path) -> None:
    write(Path("lvsdoctor.toml"))
    code, out, err = run("scan", case)
    assert (code, err) == (0, "")
    assert "nothing to see here (by lvsdoctor.toml:2)" in out


def test_a_project_s_table_is_used_and_a_project_without_one_says_nothing(run: Run, case: Path) -> None:
    write(Path("pyproject.toml"), '[project]\nname = "lvsdoctor"\n')
    assert run("scan", case)[::2] == (1, "")
    write(Path("pyproject.toml"), '[tool.lvsdoctor]\nfail-on = "never"\n')
    assert run("scan", case)[0] == 0


def test_of_both_files_the_one_of_our_own_speaks(run: Run, case: Path) -> None:
    write(Path("lvsdoctor.toml"), 'fail-on = "error"\n')
    write(Path("pyproject.toml"), '[tool.lvsdoctor]\nfail-on = "never"\n')
    assert run("scan", case)[0] == 1


def test_in_a_repository_the_nearest_file_up_to_its_top_is_used(
    run: Run, case: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(Path("lvsdoctor.toml"))
    Path("a/b").mkdir(parents=True)
    monkeypatch.chdir("a/b")
    assert run("scan", case)[0] == 1, "outside a repository only the directory itself is looked at"
    Path("../../.git").mkdir()
    code, out, _ = run("scan", case)
    assert (code, "../../lvsdoctor.toml:2" in out) == (0, True)
    write(Path("../lvsdoctor.toml"), 'fail-on = "error"\n')
    assert run("scan", case)[0] == 1


def test_nothing_above_a_repository_is_looked_at(run: Run, case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(Path("lvsdoctor.toml"))
    Path("repository/.git").mkdir(parents=True)
    monkeypatch.chdir("repository")
    assert run("scan", case)[0] == 1


def test_the_system_s_file_is_used_where_no_nearer_one_is(run: Run, case: Path, tmp_path: Path) -> None:
    write(tmp_path / "etc/lvsdoctor.toml")
    code, out, _ = run("scan", case, "-f", "json")
    assert (code, f'"by": "{tmp_path}/etc/lvsdoctor.toml:2"' in out) == (0, True)
    write(Path("lvsdoctor.toml"), 'fail-on = "error"\n')
    assert run("scan", case)[0] == 1


@pytest.mark.parametrize("paths", [["."], ["../case"], ["ip-addr"], ["../case/ip-addr"], [".", "../desk/more"]])
def test_a_file_in_what_is_scanned_is_never_used_even_where_we_stand(
    run: Run, case: Path, monkeypatch: pytest.MonkeyPatch, paths: list[str]
) -> None:
    (case.parent / "desk/more").write_text(DUMP)
    write(case / "lvsdoctor.toml")
    monkeypatch.chdir(case)
    code, _, err = run("scan", *paths)
    assert code == 1
    assert err == (
        f"lvsdoctor: {case}/lvsdoctor.toml is not used, because it lies in what is scanned "
        "(--config lvsdoctor.toml uses it)\n"
    )


def test_a_link_that_leads_into_what_is_scanned_is_not_used(run: Run, case: Path) -> None:
    write(case / "lvsdoctor.toml")
    Path("lvsdoctor.toml").symlink_to(case / "lvsdoctor.toml")
    code, _, err = run("scan", case)
    assert (code, "it lies in what is scanned" in err) == (1, True)


def test_a_file_in_what_is_scanned_is_not_even_looked_at_from_elsewhere(run: Run, case: Path) -> None:
    write(case / "lvsdoctor.toml")
    assert run("scan", case)[::2] == (1, "")


def test_what_is_named_is_used_wherever_it_lies(run: Run, case: Path) -> None:
    assert run("scan", case, "--config", write(case / "lvsdoctor.toml"))[::2] == (0, "")


def test_a_nearer_file_that_may_not_speak_does_not_silence_the_others(
    run: Run, case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "etc/lvsdoctor.toml", "require-complete = true\nignore = ['address']\n")
    write(case / "lvsdoctor.toml", "require-complete = false\n")
    monkeypatch.chdir(case)
    assert run("scan", ".")[0] == 3


needs_users = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="this system has no user ids")


@needs_users
@pytest.mark.parametrize("name", ["lvsdoctor.toml", "pyproject.toml"])
def test_another_user_s_file_is_not_used_and_that_is_said(
    run: Run, case: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    text = '[tool.lvsdoctor]\nfail-on = "never"\n' if name == "pyproject.toml" else SILENCES
    file = another_s(write(Path(name), text), monkeypatch)
    code, _, err = run("scan", case)
    assert code == 1
    assert f"{file.absolute()} is not used, because it belongs to another user than you and root" in err


@needs_users
def test_another_user_s_project_that_does_not_speak_to_us_is_not_worth_a_word(
    run: Run, case: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    another_s(write(Path("pyproject.toml"), '[tool.other]\nname = "lvsdoctor"\n'), monkeypatch)
    assert run("scan", case)[2] == ""


@needs_users
@pytest.mark.skipif(not ROOT, reason="only root can make a file that is another user's link to a file of its own")
def test_another_user_s_link_to_a_trusted_file_is_not_used(
    run: Run, case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("lvsdoctor.toml").symlink_to(write(tmp_path / "roots.toml"))
    another_s(Path("lvsdoctor.toml"), monkeypatch)
    code, _, err = run("scan", case)
    assert (code, "belongs to another user" in err) == (1, True)


@needs_users
def test_a_file_that_everybody_may_write_to_is_not_used(run: Run, case: Path) -> None:
    write(Path("lvsdoctor.toml")).chmod(0o666)
    code, _, err = run("scan", case)
    assert (code, "everybody may write to it" in err) == (1, True)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_that_nobody_writes_to_does_not_hold_up_the_scan(run: Run, case: Path) -> None:
    os.mkfifo("lvsdoctor.toml")
    assert run("scan", case)[::2] == (1, "")


def test_a_directory_of_that_name_is_no_file(run: Run, case: Path) -> None:
    Path("lvsdoctor.toml").mkdir()
    assert run("scan", case)[::2] == (1, "")


def test_where_there_are_no_user_ids_the_file_here_is_used(
    run: Run, case: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "geteuid", raising=False)
    write(Path("lvsdoctor.toml"))
    assert run("scan", case)[0] == 0


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"fail-on = \xff", "lvsdoctor.toml: is not written in UTF-8"),
        (b"fail-on = ", "lvsdoctor.toml: Invalid value"),
        (b"fial-on = 1", "lvsdoctor.toml:1: unknown setting 'fial-on'; did you mean fail-on?"),
        (b'select = ["adress"]', "lvsdoctor.toml:1: unknown rule 'adress'; did you mean address?"),
        (b"#" * 1024 * 1024 + b"#", "lvsdoctor.toml: is larger than 1024 KiB"),
    ],
    ids=["not UTF-8", "not TOML", "no such key", "no such rule", "too large"],
)
def test_a_file_that_cannot_be_used_is_one_sentence_and_exit_2(
    run: Run, case: Path, data: bytes, sentence: str
) -> None:
    Path("lvsdoctor.toml").write_bytes(data)
    code, out, err = run("scan", case)
    assert (code, out) == (2, "")
    assert err.startswith(f"lvsdoctor: {sentence}")
    assert len(err.splitlines()) == 1


def test_a_project_without_our_table_cannot_be_named(run: Run, case: Path) -> None:
    file = write(Path("pyproject.toml"), "[project]\n")
    assert run("scan", case, "--config", file)[::2] == (2, "lvsdoctor: pyproject.toml: has no table [tool.lvsdoctor]\n")


# -- rules of one's own -----------------------------------------------------------------------------------------------

A_RULE = '''"""A rule."""
from lvsdoctor.rulekit import Finding, Fix, Severity, cite, rule


@rule(name="always", code="OWN001", severity=Severity.ERROR, needs={"addresses"})
def always(node):
    yield Finding("{node} is there", about={}, evidence=[cite(node.addresses[0])], fix=Fix())
'''


@pytest.mark.skipif(not ROOT, reason="only root's files may name rules directories")
def test_a_root_owned_file_may_name_rules_directories_beside_it(run: Run, case: Path, tmp_path: Path) -> None:
    write(tmp_path / "etc/rules/always.py", A_RULE)
    write(tmp_path / "etc/lvsdoctor.toml", 'rules = ["rules"]\n')
    assert "OWN001 ip-addr is there" in run("scan", case / "ip-addr")[1]


def test_a_file_that_others_may_write_to_may_not_name_rules_directories(run: Run, case: Path, tmp_path: Path) -> None:
    write(tmp_path / "rules/always.py", 'raise SystemExit("executed")\n')
    file = write(tmp_path / "mine.toml", '\nrules = ["rules"]\n')
    file.chmod(0o664)
    code, out, err = run("scan", case, "--config", file)
    assert (code, out) == (2, "")
    assert err.startswith(f"lvsdoctor: {file}:2: rules are programs")
    assert "--rules" in err


@needs_users
@pytest.mark.skipif(not ROOT, reason="only root can make a file that is another user's link to a file of its own")
def test_a_user_s_link_to_a_root_owned_file_may_not_name_what_lies_beside_the_link(
    run: Run, case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "home/rules/always.py", 'raise SystemExit("executed")\n')
    (tmp_path / "home/mine.toml").symlink_to(write(tmp_path / "roots.toml", 'rules = ["rules"]\n'))
    file = another_s(tmp_path / "home/mine.toml", monkeypatch)
    assert run("scan", case, "--config", file)[0] == 2


@needs_users
def test_a_user_s_file_may_not_name_rules_directories(
    run: Run, case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "rules/always.py", 'raise SystemExit("executed")\n')
    file = another_s(write(tmp_path / "mine.toml", 'rules = ["rules"]\n'), monkeypatch)
    assert run("scan", case, "--config", file)[0] == 2
