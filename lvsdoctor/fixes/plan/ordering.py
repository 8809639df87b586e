"""In which order the commands of several fixes are run on one node."""

from collections.abc import Sequence

from lvsdoctor.fixes.changes.kind import Phase
from lvsdoctor.fixes.changes.kinds import phase
from lvsdoctor.model.change import Change


def ordered(commands: Sequence[tuple[str, tuple[Change, ...]]]) -> tuple[int, ...]:
    """The places of the commands in the order in which they are to be run: silence first, and what belongs to one phase
    as it stood. A comment that ends in a colon stays in front of the command it speaks of."""
    phases = [_phase(line, changes) for line, changes in commands]
    for at in range(len(commands) - 2, -1, -1):
        line = commands[at][0]
        if line.lstrip().startswith("#") and line.rstrip().endswith(":"):
            phases[at] = phases[at + 1]
    return tuple(sorted(range(len(commands)), key=lambda at: phases[at]))


def comes_last(commands: Sequence[tuple[str, tuple[Change, ...]]]) -> bool:
    """Do they do nothing but empty and fill caches? That is for when all other hosts are done: else these fill them
    with what they said before."""
    return all(_phase(line, changes) >= Phase.CACHE for line, changes in commands)


def _phase(line: str, changes: tuple[Change, ...]) -> Phase:
    if line.lstrip().startswith("#"):
        return Phase.REMARK
    phases = [phase(change) for change in changes]
    return Phase.SILENCE if Phase.SILENCE in phases else min(phases)
