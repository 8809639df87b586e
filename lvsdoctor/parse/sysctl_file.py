"""Is a dump of settings a file that is applied at boot, or does it show what the kernel runs with? And whose lines?"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from lvsdoctor.model.sysctl import SettingRows
from lvsdoctor.model.sysctl_d import ConfiguredFile, ConfiguredLine, conf_path
from lvsdoctor.parse.paste.patterns import pattern

# `# /etc/sysctl.d/9-lvs.conf` (systemd-analyze cat-config), `==> /etc/sysctl.conf <==` (head, tail), a person's own.
_ORNAMENT = "=#*:;<>-+[](){}`'\"~_ \t"
_ON_HOST = pattern(r"/(?:etc|run|usr/local/lib|usr/lib|lib)/sysctl\.(?:conf|d/[^\s/]+\.conf)")
# `grep -r` writes the file's name before each line.
_OF_FILE = pattern(r"([^\s:=]*\.conf):(?:[0-9]+:)?(\s*(?:[#;]|-?[a-z]+[./]).*)", re.DOTALL)
_OF_PROC = pattern(r"-?/proc/sys/[^\s=]+:")
# As files write them, all of these characters. A link's name may hold more, brackets too, and is no sign of a file.
_WRITTEN_GLOB = pattern(r"[\w./@:-]*[*?][\w./@:*?-]*")
_FILTERS = tuple((name,) for name in ("grep", "egrep", "fgrep", "rg", "sed", "awk", "head"))
# What nobody sets, and only a running kernel shows.
_STATE = frozenset(
    "kernel.ostype kernel.osrelease kernel.version kernel.random.boot_id kernel.random.uuid fs.dentry-state fs.file-nr "
    "fs.inode-state".split()
)


def heading_in(line: str) -> str:
    """The path of the file that a heading names, "" for another line. A bare path may be what `ls` prints."""
    if "/sysctl." not in line:
        return ""
    path = line.strip(_ORNAMENT)
    return path if path != line and _ON_HOST.fullmatch(path) else ""


def of_named_file(line: str) -> tuple[str, str]:
    """A line that `grep` found in a *.conf: the file's path, and the line itself."""
    found = _OF_FILE.match(line) if ".conf:" in line else None
    return (conf_path(found[1]), found[2].strip()) if found else ("", line)


@dataclass(slots=True)
class Signs:
    """What is around the rows of a dump: its file's name, the command above it, headings, comments."""

    where: str = ""
    command: tuple[str, ...] = ()
    runtime: bool = False
    marks: list[tuple[int, str]] = field(default_factory=list)  # from which row on lines are of which file
    commented_after: int = 0
    annotated: bool = False
    ignoring: bool = False
    named_lines: bool = False
    spaced: bool = False

    def heading(self, line: str, path: str, place: int) -> bool:
        """Takes a heading below `place` settings, unless these are of something else."""
        if line.startswith(("#", ";")) and conf_path(self.where):
            self.comment(place, setting=False)  # a title in a file whose path is known
            return True
        if place and not self.marks and not self._shows_files:
            return False
        self.marks.append((place, path))
        return True

    def comment(self, place: int, *, setting: bool) -> None:
        """A comment below `place` settings, or a setting that is commented out."""
        self.annotated = self.annotated or setting
        self.commented_after = place

    def row(self, line: str, path: str, place: int) -> None:
        """A setting's line below `place` others, which grep says is of the file `path`."""
        self.annotated = self.annotated or 0 < self.commented_after == place
        self.ignoring = self.ignoring or line.startswith("-")
        self.runtime = self.runtime or _OF_PROC.match(line) is not None
        self.named_lines = self.named_lines or bool(path)
        self.spaced = self.spaced or line.partition("=")[0][-1:].isspace()
        if path and (not self.marks or self.marks[-1][1] != path):
            self.marks.append((place, path))

    @property
    def _named(self) -> list[str]:
        """The files and directories of sysctl.d that the command names."""
        words = [word for word in self.command[1:] if not word.startswith("-") and word != "|"]
        return [word for word in words if conf_path(word) or "sysctl.d" in word]

    @property
    def _shows_files(self) -> bool:
        if not self.command or self.command[0] == "sysctl":
            return False
        return bool(self._named) or any(word.startswith("<<") for word in self.command)

    @property
    def _excerpts(self) -> bool:
        """Did grep, or another filter, show some lines of the files?"""
        return self.named_lines or "|" in self.command or self.command[:1] in _FILTERS

    def configured(self, rows: SettingRows, excludes: bool) -> bool:
        """Is it a file, or several, applied at boot? A file that has no other name is what runs."""
        if self.marks or self._shows_files:
            return True
        if self.runtime or self.command[:1] == ("sysctl",):
            return False
        keys = rows.keys
        if excludes or self.ignoring or any(map(_WRITTEN_GLOB.fullmatch, keys)):
            return True
        # sysctl(8) prints a blank on both sides of the sign.
        if keys and not self.spaced and not self.command and _STATE.isdisjoint(keys):
            return True
        # The output of `sysctl -a` may have been saved under any name.
        return (self.annotated or conf_path(self.where) != "") and _STATE.isdisjoint(keys)

    def files(self, rows: SettingRows, excludes: Iterable[tuple[int, ConfiguredLine]]) -> tuple[ConfiguredFile, ...]:
        """The rows and, in their places, the lines that only exclude, as the lines of their files."""
        lines = [ConfiguredLine(row.key, row.raw, row.seen) for row in rows]
        for place, line in excludes:
            lines.insert(place, line)
        bounds = [(0, self._first_path()), *self.marks, (len(lines), "")]
        found = []
        for (start, path), (end, _) in pairwise(bounds):
            if path or start < end:
                own = (ConfiguredLine(line.key, line.raw, line.seen, path) for line in lines[start:end])
                found.append(ConfiguredFile(path, tuple(own), excerpt=self._excerpts))
        return tuple(found)

    def _first_path(self) -> str:
        if self.marks[:1] and self.marks[0][0] == 0:
            return ""
        if not self._shows_files:
            return conf_path(self.where)
        named: Sequence[str] = self._named
        return conf_path(named[0]) if len(named) == 1 else ""
