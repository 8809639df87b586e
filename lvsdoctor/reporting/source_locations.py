"""Where others find what is quoted: the file as the repository names it, and the line in it."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from lvsdoctor.model.examination import Diagnosis, Examination
from lvsdoctor.model.finding import Citation
from lvsdoctor.model.seen import Seen


def guilty_line(diagnosis: Diagnosis) -> Citation | None:
    """The quoted line that is to blame, where every report shows the finding; None where all of it is assumed.

    fixes/guilty_lines.py works it out. In an examination that never went there it is the first that was not assumed.
    """
    return diagnosis.guilty or next((item for item in diagnosis.evidence if not item.assumed), None)


def guilty_lines(diagnoses: Iterable[Diagnosis]) -> frozenset[Seen]:
    """Those of findings that a report shows together."""
    return frozenset(guilty.seen for guilty in map(guilty_line, diagnoses) if guilty is not None)


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file, and what stands there. No `line`: the file as a whole.

    `path` begins at the repository's root; a file outside of it keeps its absolute path.
    """

    path: str
    line: int | None = None
    text: str = ""

    @property
    def uri(self) -> str:
        """RFC 3986: a relative reference, or file:// for a file outside of the repository."""
        return f"file://{percent_encoded(self.path)}" if self.outside else percent_encoded(self.path)

    @property
    def outside(self) -> bool:
        return self.path.startswith("/")


def percent_encoded(path: str) -> str:
    """The path in a URI: whatever is no letter, digit, slash or one of -._~ is written as %XX, bytes as the disk has
    them."""
    from urllib.parse import quote  # costs more than the rest of this module, and few reports ask

    return quote(path.encode("utf-8", "surrogateescape"))


class Places:
    """Finds the files of an examination.

    The repository is the one around the working directory: CI checks it out there, and calls its files so. Without one
    it is that around the file, and without any repository paths begin at the working directory.
    """

    def __init__(self, examination: Examination) -> None:
        self._files = {node.name: node.files for node in examination.nodes}
        # The first node's, if two call different files the same.
        self._anybodys = {where: path for node in reversed(examination.nodes) for where, path in node.files.items()}
        self._here = os.path.realpath(".")
        self._root = _repository(self._here)
        self._paths: dict[str, str] = {}

    def of(self, seen: Seen, node: str = "") -> Place | None:
        """The place of a line that a finding of `node` quotes; None for what is in no file (netlink, stdin)."""
        named = self._named_by(node).get(seen.where) or self._anybodys.get(seen.where)
        return Place(self._path(named), seen.line, seen.text) if named else None

    def home(self, diagnosis: Diagnosis) -> Place | None:
        """The place that a finding is shown at: its guilty line, or else the first of its node's files.

        What was assumed stands in no file, and a finding that rests on nothing else is one about the node. A line of
        the node itself does where the guilty one is in no file (a frame that a probe saw, a netlink message). A dump in
        which something is missing is shown as a whole.
        """
        guilty, own = guilty_line(diagnosis), self._named_by(diagnosis.node)
        if (
            guilty
            and not guilty.seen.line
            and not guilty.seen.text
            and (lacking := self.of(guilty.seen, diagnosis.node))
        ):
            return lacking
        beside = (item for item in diagnosis.evidence if item.seen.where in own and not item.assumed)
        quoted = (self.of(item.seen, diagnosis.node) for item in (*([guilty] if guilty else ()), *beside))
        if place := next((place for place in quoted if place and place.line is not None), None):
            return place
        return next((Place(self._path(named)) for named in self._named_by(diagnosis.node).values()), None)

    def all(self) -> tuple[Place, ...]:
        """Every file that was read, once."""
        paths = dict.fromkeys(self._path(named) for files in self._files.values() for named in files.values())
        return tuple(map(Place, paths))

    def _named_by(self, node: str) -> Mapping[str, str]:
        return self._files.get(node, {})

    def _path(self, named: str) -> str:
        if named not in self._paths:
            # Symbolic links are followed: GitHub shows nothing at a path that goes through one.
            real = os.path.realpath(named)
            root = self._root or _repository(os.path.dirname(real)) or self._here
            self._paths[named] = os.path.relpath(real, root) if Path(real).is_relative_to(root) else real
        return self._paths[named]


def _repository(directory: str) -> str | None:
    """The nearest directory upward that has a .git: a directory, or a file in a work tree of its own."""
    upward = (directory, *map(str, Path(directory).parents))
    return next((each for each in upward if os.path.exists(os.path.join(each, ".git"))), None)
