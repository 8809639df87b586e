"""The configuration file: which one it is, and whether it may speak.

It decides what counts, so it must be the operator's own: never one that lies in what is scanned, which may be a
stranger's, and none that another user could have put where root happens to stand.
"""

import os
import stat
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lvsdoctor.cli.errors import CliError, say

if TYPE_CHECKING:
    from lvsdoctor.engine.settings import Configuration
    from lvsdoctor.model.examination import Remark

NAMES = ("lvsdoctor.toml", "pyproject.toml")
SYSTEM_WIDE = Path("/etc/lvsdoctor/lvsdoctor.toml")
_LARGEST = 1024 * 1024
_UNUSED = "{path} is not used, because {why} (--config {shown} uses it)"
_SCANNED = "it lies in what is scanned"
_DECIDES = "{file} sets {settings}"


def add_options(parser: ArgumentParser) -> None:
    """--config."""
    found = f"this configuration file, or none (default: {NAMES[0]} here or above, in your own repository)"
    parser.add_argument("--config", metavar="FILE", help=found)


def configured(options: Namespace) -> "Configuration | None":
    """What the configuration file says, if there is one; the options hold what else it decides. Raises CliError.

    The command line wins, but for rules directories: those of both are read.
    """
    if options.config == "none":
        return None
    named = [text.partition("=")[2] for text in getattr(options, "of_node", ())]
    file = _named(Path(options.config)) if options.config else _nearest([*options.paths, *named])
    if file is None:
        return None
    from lvsdoctor.engine.settings import BadSettings, settings_in

    try:
        settings = settings_in(file.text, file.shown, of_project=file.of_project)
    except BadSettings as error:
        raise CliError(str(error)) from None
    if settings.rules and not file.only_by_root:
        raise CliError(
            f"{settings.places['rules']}: rules are programs, so a file may name their directories only if it belongs "
            "to root and only root may write to it; name them with --rules"
        )
    overruled = {key for key in ("fail-on", "select", "ignore") if getattr(options, key.replace("-", "_"))}
    options.fail_on = options.fail_on or settings.fail_on
    options.require_complete = options.require_complete or settings.require_complete
    options.rules = [*options.rules, *(beside(settings, directory) for directory in settings.rules)]
    return replace(settings, places={key: seen for key, seen in settings.places.items() if key not in overruled})


def beside(settings: "Configuration", path: str) -> Path:
    """A path that the configuration file names, as seen from here."""
    return Path(settings.file).parent / path


def remarks_of(settings: "Configuration") -> "Iterator[Remark]":
    """What the configuration file decides unseen, for the report: what it accepts stands with the findings."""
    from lvsdoctor.model.examination import Remark

    if shown := [f"{key} = {_shown(settings, key)}" for key in settings.places if key not in ("accept", "baseline")]:
        yield Remark(_DECIDES, {"file": settings.file, "settings": "; ".join(shown)})


def _shown(settings: "Configuration", key: str) -> str:
    value = getattr(settings, key.replace("-", "_"))
    if key == "rule":
        return ", ".join(table.says for table in settings.rule)
    return ", ".join(value) if isinstance(value, tuple) else str(value).lower()


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    shown: str
    data: bytes
    status: os.stat_result

    @property
    def of_project(self) -> bool:
        return self.path.name == NAMES[1]

    @property
    def text(self) -> str:
        if len(self.data) > _LARGEST:
            raise CliError(f"{self.shown}: is larger than {_LARGEST // 1024} KiB")
        try:
            return self.data.decode()
        except UnicodeDecodeError:
            raise CliError(f"{self.shown}: is not written in UTF-8") from None

    @property
    def speaks_to_us(self) -> bool:
        if not self.of_project or b"lvsdoctor" not in self.data:
            return not self.of_project
        from lvsdoctor.engine.settings import OURS  # few projects get here

        return OURS.search(self.data.decode(errors="replace")) is not None

    @property
    def only_by_root(self) -> bool:
        # Where there are no such users, st_uid says nothing.
        return hasattr(os, "geteuid") and self.owners == {0} and not self.status.st_mode & 0o022

    @property
    def owners(self) -> set[int]:
        """Of the file, and of the link that leads to it: that is its maker's choice, and so is what lies beside it."""
        return {self.status.st_uid, os.lstat(self.path).st_uid}


def _named(path: Path) -> _File:
    """The file of --config: whoever names it answers for it."""
    try:
        file = _opened(path, str(path))
    except OSError as error:
        raise CliError(f"{path}: {error.strerror}") from None
    if not file.speaks_to_us:
        raise CliError(f"{path}: has no table [tool.lvsdoctor]")
    return file


def _nearest(paths: Sequence[str]) -> _File | None:
    """The nearest file that may speak; why a nearer one may not is said."""
    scanned = [_scanned(path) for path in paths if path != "-"]
    for path in _places():
        try:
            shown = str(path) if path == SYSTEM_WIDE else os.path.relpath(path)
            if not stat.S_ISREG(os.stat(path).st_mode):  # a stranger's may be a pipe
                continue
            if _leads_out(scanned, path):
                say(_UNUSED.format(path=path, why=_SCANNED, shown=shown))
                continue
            file = _opened(path, shown, os.O_NONBLOCK if hasattr(os, "O_NONBLOCK") else 0)  # it may have become one
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            continue
        except OSError as error:
            raise CliError(f"{path}: {error.strerror} (--config none does without)") from None
        if not stat.S_ISREG(file.status.st_mode) or not file.speaks_to_us:
            continue
        refused = _SCANNED if _lies_in(scanned, path) else _distrusted(file)
        if not refused:
            return file
        say(_UNUSED.format(path=path, why=refused, shown=file.shown))
    return None


def _scanned(path: str) -> Path:
    """The directory that a PATH names: a file's is as much a stranger's as the file."""
    whole = Path(path).resolve()
    return whole.parent if whole.exists() and not whole.is_dir() else whole


def _lies_in(scanned: Sequence[Path], path: Path) -> bool:
    where = () if path == SYSTEM_WIDE else (path, path.resolve())
    return any(each.is_relative_to(directory) for directory in scanned for each in where)


def _leads_out(scanned: Sequence[Path], path: Path) -> bool:
    """Is it a link in what is scanned to what is not? A stranger's link is not followed, even to be refused."""
    there = path.resolve()
    inside = [directory for directory in scanned if path.is_relative_to(directory)]
    return bool(inside) and not any(there.is_relative_to(directory) for directory in inside)


def _places() -> Iterator[Path]:
    """From here up to the top of the repository, and outside of any only here; then the one of the whole system."""
    try:
        here = Path.cwd()
    except FileNotFoundError:  # it was removed under our feet
        here = Path("/")
    above = (here, *here.parents)
    top = next((number for number, directory in enumerate(above) if os.path.exists(directory / ".git")), 0)
    yield from (directory / name for directory in above[: top + 1] for name in NAMES)
    yield SYSTEM_WIDE


def _opened(path: Path, shown: str, flags: int = 0) -> _File:
    with open(path, "rb", opener=lambda name, mode: os.open(name, mode | flags)) as stream:
        status = os.fstat(stream.fileno())
        regular = stat.S_ISREG(status.st_mode) or not flags
        return _File(path, shown, stream.read(_LARGEST + 1) if regular else b"", status)


def _distrusted(file: _File) -> str:
    """Why the file may be another user's work, "" if it is root's or ours."""
    if not hasattr(os, "geteuid"):
        return ""
    if not file.owners <= {0, os.geteuid()}:
        return "it belongs to another user than you and root"
    return "everybody may write to it" if file.status.st_mode & stat.S_IWOTH else ""
