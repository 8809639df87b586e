"""What a keepalived.conf of a scanned tree includes, read in its place: only files of the same tree are opened.

keepalived changes to the directory of a file that it opens (lib/parser.c), so a relative name is one beside that file.
An absolute one is looked for below the root that the file's own path shows: lb1 of lb1/etc/keepalived/keepalived.conf.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from posixpath import dirname, normpath

from lvsdoctor.collect.any_tree import Entry
from lvsdoctor.parse.config import comments_in
from lvsdoctor.parse.reader import Dump

_HOME = "etc/keepalived"


class Included:
    """The dumps of the keepalived.conf of a node that include other files, and the paths of these."""

    def __init__(
        self, files: Sequence[Entry], text_of: Callable[[Entry], str | None], where_of: Callable[[Entry], str]
    ) -> None:
        self._paths: set[str] = set()
        self._dumps: dict[str, Dump] = {}
        self._by_where: Mapping[str, Entry] = {where_of(file): file for file in files}
        self._text_of = text_of
        for where, file in self._by_where.items():
            text = text_of(file) if file.name == "keepalived.conf" else None
            if text is not None and "include" in text:
                self._read(file, text, where)

    def _read(self, file: Entry, text: str, where: str) -> None:
        from lvsdoctor.parse.config.keepalived_conf import dump_of  # most scans have no such file

        if (dump := dump_of(text, where, self._open)) is not None:
            self._dumps[file.path] = dump

    def dump_for(self, file: Entry, text: str, where: str) -> Dump | None:
        """The dump of a file that includes others; of a file that another includes what that does not have: its
        comments to lvsdoctor. None for others."""
        if file.path not in self._dumps and file.path not in self._paths:
            return None
        return replace(self._dumps.get(file.path, Dump()), comments=comments_in(text, where))

    def _open(self, pattern: str, where: str) -> list[tuple[str, str]] | None:
        """The files that a pattern names, in the order of glob(3); None where the tree has none of them."""
        wanted = normpath(f"{_root(where)}/{pattern[1:]}" if pattern[0] == "/" else f"{dirname(where)}/{pattern}")
        wanted = wanted.removeprefix("/")
        found = []
        for name in sorted(name for name in self._by_where if _matches(name, wanted)):
            text = self._text_of(self._by_where[name])
            if text is not None:
                self._paths.add(self._by_where[name].path)
                found.append((name, text))
        return found or None


def _root(where: str) -> str:
    """The directory that stands for / of the host; for a keepalived.conf elsewhere its directory is /etc/keepalived."""
    above, found, _ = f"/{where}".rpartition(f"/{_HOME}/")
    return above if found else f"{dirname(where)}/:"


def _matches(name: str, pattern: str) -> bool:
    """No * matches a slash."""
    pattern = pattern.replace(f":/{_HOME}/", "")
    parts, wanted = name.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))
