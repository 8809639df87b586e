"""The parts of what makes a change last, each written as a line of a script or as a task of a play (cli/fix/)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """Keys and their values in a file of sysctl.d(5), each once: an earlier line of that file about a key goes."""

    path: str
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class OwnLine:
    """A line of a file that holds it once."""

    path: str
    line: str


@dataclass(frozen=True, slots=True)
class OwnFile:
    """A whole file that nobody else writes: it can be written again, and taking it away undoes it."""

    says: str
    path: str
    text: str
    mode: str = "0644"


@dataclass(frozen=True, slots=True)
class Run:
    """A command that may be run again; it is left out where the command `unless` succeeds. `careful`: what it may cut.
    `undo` takes it back."""

    says: str
    command: str
    unless: str = ""
    careful: str = ""
    undo: str = ""


@dataclass(frozen=True, slots=True)
class ByHand:
    """What a person has to do, because it stands in a file that somebody else wrote, and how."""

    says: str
    lines: tuple[str, ...] = ()


Part = Settings | OwnLine | OwnFile | Run | ByHand
