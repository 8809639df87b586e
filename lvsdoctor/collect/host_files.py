"""Files of a host that another one of the same tree reads: drop-ins and EnvironmentFile= of units, `. FILE` of scripts.

An absolute path is looked for below the root that the reading file's own path shows: rs1 of rs1/etc/init.d/lvs.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from posixpath import dirname, normpath

from lvsdoctor.collect.any_tree import Entry
from lvsdoctor.collect.file_names import DROP_IN_OF_UNIT, SCRIPT, UNIT
from lvsdoctor.parse.config import comments_in
from lvsdoctor.parse.config.systemd_unit import dump_of as unit_dump
from lvsdoctor.parse.reader import Dump
from lvsdoctor.parse.shell.script import dump_of as script_dump
from lvsdoctor.parse.shell.sourcing import Opener

_READS = re.compile(r"^[^#\n]*(?:^|[\s;&])(?:\.|source)[ \t]+[\"']?[/.$\w]", re.MULTILINE)


class HostFiles:
    """The dumps of the units and scripts of a node that read other files of it, and the paths of these."""

    def __init__(
        self, files: Sequence[Entry], text_of: Callable[[Entry], str | None], where_of: Callable[[Entry], str]
    ) -> None:
        self._text_of, self._where_of = text_of, where_of
        self._by_where: Mapping[str, Entry] = {where_of(file): file for file in files}
        self._read: set[str] = set()
        self._dumps: dict[str, Dump] = {}
        drop_ins = self._drop_ins(files)
        for where, file in self._by_where.items():
            dump: Dump | None = None
            if UNIT.search(file.name):
                dump = self._of_unit(file, where, drop_ins.get(file.name, ()))
            elif SCRIPT.search(file.path) and (text := text_of(file)) is not None and _READS.search(text):
                dump = self._opening(partial(script_dump, text, where), where)
            if dump is not None:
                self._dumps[file.path] = dump

    def dump_for(self, file: Entry, text: str, where: str) -> Dump | None:
        """The dump of a file that reads others; of a file that another reads what that does not have: its comments to
        lvsdoctor. None for others."""
        if file.path not in self._dumps and file.path not in self._read:
            return None
        return replace(self._dumps.get(file.path, Dump()), comments=comments_in(text, where))

    def _of_unit(self, file: Entry, where: str, drop_ins: Sequence[Entry]) -> Dump | None:
        text = self._text_of(file)
        added = [(self._where_of(more), self._text_of(more) or "") for more in drop_ins]
        if text is None or not (added or "Environment" in text):
            return None
        dump = self._opening(partial(unit_dump, text, where, added), where, runs=True)
        if dump is not None:
            self._read |= {more.path for more in drop_ins}
        return dump

    @staticmethod
    def _drop_ins(files: Sequence[Entry]) -> dict[str, list[Entry]]:
        """By their unit's name, in the order of their own (systemd.unit(5)); the one in /etc counts before others."""
        found: dict[str, dict[str, Entry]] = {}
        for file in sorted(files, key=lambda file: "etc/systemd/" in file.path):
            if match := DROP_IN_OF_UNIT.search(file.path):
                found.setdefault(match["unit"], {})[file.name] = file
        return {unit: [named[name] for name in sorted(named)] for unit, named in found.items()}

    def _opening(self, read: Callable[[Opener], Dump | None], where: str, *, runs: bool = False) -> Dump | None:
        """What `read` makes of a file; None where it opens none, so that any other reader may take it. A script that is
        read for another may be called by itself as well, but for one that it `runs`."""
        opened: set[str] = set()

        def open_file(path: str) -> tuple[str, str] | None:
            entry = self._find(path, where)
            text = self._text_of(entry) if entry is not None else None
            if entry is None or text is None:
                return None
            opened.add(entry.path)
            return self._where_of(entry), text

        dump = read(open_file)
        if dump is not None:
            self._read |= {path for path in opened if runs or not SCRIPT.search(path)}
        return dump

    def _find(self, path: str, where: str) -> Entry | None:
        """The only file that the path can mean; a relative one is looked for beside the reading file."""
        if not path.startswith("/"):
            return self._by_where.get(normpath(f"{dirname(where)}/{path}")) if path else None
        path = normpath(path)
        names = [name for name in self._by_where if f"/{name}".endswith(path)]
        above = [name for name in names if f"/{where}".startswith(f"/{name}".removesuffix(path) + "/")]
        return self._by_where[above[0]] if len(above) == 1 else None
