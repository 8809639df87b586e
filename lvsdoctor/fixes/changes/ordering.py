"""In which order the commands of several fixes are run on one node."""

from collections.abc import Sequence

from lvsdoctor.model.change import (
    AddAddress,
    AddPolicyRule,
    Change,
    LoadModule,
    PutNeighbour,
    PutRealServer,
    PutRoute,
    RemoveAddress,
    RemoveNeighbour,
    RemovePolicyRule,
    RemoveRealServer,
    RemoveRoute,
    SetLink,
    SetSysctl,
)

# A link must be there before it is set, silent before it has an address, and have an address before routes lead over
# it; clients are sent there last, and caches are emptied and filled when all is done.
_PHASES: tuple[tuple[type[Change], ...], ...] = (
    (LoadModule,),
    (),  # silence
    (SetSysctl,),
    (SetLink,),
    (AddAddress, RemoveAddress),
    (PutRoute, RemoveRoute, AddPolicyRule, RemovePolicyRule),
    (PutRealServer, RemoveRealServer),
    (PutNeighbour, RemoveNeighbour),
)
_SILENCE = 1
_CACHES = len(_PHASES) - 1
_REMARK = len(_PHASES) + 1


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
    return all(_phase(line, changes) >= _CACHES for line, changes in commands)


def _phase(line: str, changes: tuple[Change, ...]) -> int:
    if line.lstrip().startswith("#"):
        return _REMARK
    if any(isinstance(change, SetSysctl) and _silences(change) for change in changes):
        return _SILENCE
    found = (at for at, kinds in enumerate(_PHASES) for change in changes if isinstance(change, kinds))
    return min(found, default=len(_PHASES))


def _silences(change: SetSysctl) -> bool:
    name = change.key.rpartition(".")[2]
    return name in ("arp_ignore", "arp_announce") and change.value != "0"
