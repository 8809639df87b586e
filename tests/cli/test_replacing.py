"""A report's file: it has the whole report, or what it had before."""

import os
import stat
import threading
from pathlib import Path

import pytest

from lvsdoctor.cli.replacing import replacing


def test_the_file_has_its_new_content_when_it_is_complete_and_not_before(tmp_path: Path) -> None:
    file = tmp_path / "lvs.prom"
    file.write_text("old\n")
    with replacing(str(file)) as stream:
        stream.write("new\n")
        stream.flush()
        assert file.read_text() == "old\n"
    assert file.read_text() == "new\n"
    assert os.listdir(tmp_path) == ["lvs.prom"]


@pytest.mark.parametrize("content", ["old\n", None])
def test_a_report_that_breaks_off_leaves_what_there_was(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "lvs.prom"
    if content is not None:
        file.write_text(content)

    def broken() -> None:
        with replacing(str(file)) as stream:
            stream.write("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken()
    assert [path.read_text() for path in tmp_path.iterdir()] == ([] if content is None else [content])


def test_while_it_is_written_no_prom_file_stands_beside_it(tmp_path: Path) -> None:
    with replacing(str(tmp_path / "lvs.prom")):
        assert list(tmp_path.glob("*.prom")) == []


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600)])
def test_a_new_file_has_the_mode_that_the_umask_leaves(tmp_path: Path, mask: int, mode: int) -> None:
    before = os.umask(mask)
    try:
        with replacing(str(tmp_path / "new")):
            pass
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == mode


def test_a_file_keeps_its_mode_and_its_owner(tmp_path: Path) -> None:
    file = tmp_path / "lvs.json"
    file.write_text("old")
    file.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(file, 12345, 12345)
    owner = (file.stat().st_uid, file.stat().st_gid)
    with replacing(str(file)) as stream:
        stream.write("new")
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert (file.stat().st_uid, file.stat().st_gid) == owner


@pytest.mark.parametrize("there", [True, False])
def test_a_link_is_followed_and_stays_a_link(tmp_path: Path, there: bool) -> None:
    (tmp_path / "elsewhere").mkdir()
    target, link = tmp_path / "elsewhere/report", tmp_path / "report"
    if there:
        target.write_text("old")
    link.symlink_to("elsewhere/report")
    with replacing(str(link)) as stream:
        stream.write("new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    heard: list[str] = []
    reader = threading.Thread(target=lambda: heard.append(pipe.read_text()))
    reader.start()
    with replacing(str(pipe)) as stream:
        stream.write("through\n")
    reader.join()
    assert heard == ["through\n"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_what_the_shell_has_opened_is_written_to_and_not_replaced(capfd: pytest.CaptureFixture[str]) -> None:
    before = os.stat("/dev/stdout").st_ino
    with replacing("/dev/stdout") as stream:
        stream.write("here\n")
    assert os.stat("/dev/stdout").st_ino == before
    assert capfd.readouterr().out == "here\n"


def closed_directory(path: str, mode: str = "r", **how: str) -> object:
    if mode == "x":
        raise PermissionError(13, "Permission denied", path)
    return open(path, mode, **how)  # type: ignore[call-overload]


def somebody_else_s_file(path: str, user: int, group: int) -> None:
    raise PermissionError(1, "Operation not permitted", path)


@pytest.mark.parametrize(
    ("name", "refusing"),
    [("lvsdoctor.cli.replacing.open", closed_directory), ("os.chown", somebody_else_s_file)],
)
def test_a_file_that_no_other_can_stand_for_is_written_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, refusing: object
) -> None:
    file = tmp_path / "report"
    file.write_text("old")
    before = file.stat().st_ino
    monkeypatch.setattr(name, refusing, raising=False)
    with replacing(str(file)) as stream:
        stream.write("new")
    assert (file.read_text(), file.stat().st_ino) == ("new", before)
    assert os.listdir(tmp_path) == ["report"]


def test_a_directory_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), replacing(str(tmp_path / "nowhere/report")):
        pass


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError), replacing(str(tmp_path)):
        pass
