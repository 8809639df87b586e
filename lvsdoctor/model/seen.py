"""Where a fact was seen: the file and line, the netlink message or the /proc file it came from."""

from dataclasses import dataclass

# `where` of what no line shows, and is taken for granted.
ASSUMED = "assumed"


@dataclass(frozen=True, slots=True)
class Seen:
    """A quoted piece of evidence: `where` (file, netlink message, /proc path), its `line` if it has one, its `text`."""

    where: str
    line: int | None
    text: str

    def __str__(self) -> str:
        return self.where if self.line is None else f"{self.where}:{self.line}"


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment to lvsdoctor in a dump, and the line that it is about: the next that is no comment, if there is one."""

    seen: Seen
    about: int | None = None
