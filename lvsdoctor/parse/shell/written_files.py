"""Files of a host that commands write, at once or piece by piece, and what each configures in the end."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.reader import Dump
from lvsdoctor.parse.shell.command import FIRST, UNKNOWN, Line

__all__ = ["WrittenFiles"]


@dataclass(slots=True)
class WrittenFiles:
    """The lines of each file so far. What it held before is not known, but for one that is written whole."""

    _lines: dict[str, list[Line]] = field(default_factory=dict)
    _whole: set[str] = field(default_factory=set)

    def write(self, path: str, lines: Sequence[Line], *, append: bool, whole: bool = True) -> None:
        if not append and whole:
            self._whole.add(path)
        self._lines[path] = [*(self._lines.get(path, ()) if append else ()), *lines]

    def lines(self, path: str) -> Sequence[Line]:
        return self._lines.get(path, ())

    def is_whole(self, path: str) -> bool:
        return path in self._whole

    def dumps(self) -> Iterator[Dump | Seen]:
        """What each file configures, each row with the line that writes it; that line where it is not understood."""
        from lvsdoctor.parse.config import config_dump
        from lvsdoctor.parse.config.embedded import moved

        for path, lines in self._lines.items():
            text = "\n".join(line for line, _ in lines)
            # Every reader of files knows a template for a value that is not known.
            dump = config_dump(text.replace(UNKNOWN, "{{ unknown }}").replace(FIRST, "{{ unknown }}"), path)
            if dump is not None:
                rows = [seen for _, seen in lines]

                def outer(seen: Seen, rows: Sequence[Seen] = rows) -> Seen:
                    return rows[min(seen.line or 1, len(rows)) - 1]

                dump = moved(dump, outer)
                comments = (replace(row, about=row.about and rows[row.about - 1].line) for row in dump.comments)
                yield replace(dump, comments=tuple(comments))
            elif text.strip():
                yield lines[0][1]
