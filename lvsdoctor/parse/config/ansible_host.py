"""A host that Ansible configures, as far as its tasks were followed, and what a file of tasks may ask for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from lvsdoctor.model.address import InventoryAddress
from lvsdoctor.model.coverage import Origin, Partial, Unread
from lvsdoctor.model.play_step import PlayStep
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.sysctl_d import ConfiguredFile, ConfiguredLine
from lvsdoctor.parse.config.host_commands import Effects
from lvsdoctor.parse.config.jinja import resolved
from lvsdoctor.parse.gaps import UNREAD
from lvsdoctor.parse.reader import Dump
from lvsdoctor.parse.words import read_ip

__all__ = ["Include", "ManagedHost", "TaskFile"]


class Include(Protocol):
    """Runs the tasks of another file; False where the tree does not have it."""

    def __call__(self, name: str, host: "ManagedHost", *, uncertain: bool) -> bool: ...


@dataclass(frozen=True, slots=True)
class TaskFile:
    """A list of tasks, the lines of its file, and what it may ask for by name.

    `include` runs another file of tasks, `role` runs a role, `file` reads a file of the role.
    """

    lines: Sequence[str]
    include: "Include"
    role: "Callable[[str, ManagedHost, Mapping[str, Any]], bool]"
    file: Callable[[str], tuple[str, str] | None]
    steps: list[int]


@dataclass(slots=True)
class ManagedHost:
    """A host, its variables, and what tasks have made of it so far."""

    name: str
    variables: dict[str, Any] = field(default_factory=dict)
    where: str = ""  # the inventory that lists it
    effects: Effects = field(default_factory=Effects)
    files: dict[str, dict[str, ConfiguredLine]] = field(default_factory=dict)
    dumps: dict[str, Dump] = field(default_factory=dict)
    kinds: list[Unread] = field(default_factory=list)
    set_facts: dict[str, Any] = field(default_factory=dict)
    depth: int = 0
    plays: dict[int, tuple[object, int]] = field(default_factory=dict)  # of each row of effects.order, by its id
    ended: int = 0

    def set(self, path: str, line: ConfiguredLine) -> None:
        """The module replaces the line of a key where it stands."""
        self.files.setdefault(path, {})[line.key] = line
        self.effects.follow(line)

    def end_play(self) -> None:
        """What comes from now on is of another play."""
        for row in self.effects.order:
            self.plays.setdefault(id(row), (row, self.ended))
        self.ended += 1

    def dump(self) -> Dump:
        self.end_play()
        steps = [PlayStep(row, self.plays[id(row)][1]) for row in self.effects.order]
        of_tasks = {id(row) for row in self.effects.order}
        for dump in self.dumps.values():
            self.effects.include(dump)
        dump = self.effects.dump(Origin.CONFIGURED)
        files = [ConfiguredFile(path, tuple(rows.values()), excerpt=True) for path, rows in self.files.items() if rows]
        if files:
            facts = {**dump.facts, "configured-sysctl": (*files, *dump.facts.get("configured-sysctl", ()))}
            partial = dump.partial or (Partial(UNREAD, dump.unread[0]) if dump.unread else None)
            dump = replace(dump, facts=facts, partial=partial)
        if any(isinstance(step.row, ConfiguredLine) for step in steps):
            others = [row for row in dump.facts.get("configured-order", ()) if id(row) not in of_tasks]
            dump = replace(dump, facts={**dump.facts, "configured-order": (*steps, *others)})
        if dump.facts and (at := self._address()) is not None:
            dump = replace(dump, facts={**dump.facts, "inventory-addresses": (at,)})
        return replace(dump, unread_kinds=(*dump.unread_kinds, *dict.fromkeys(self.kinds)))

    def _address(self) -> InventoryAddress | None:
        """Where the inventory says that the host is: by its variable, or by its name."""
        names = ("ansible_host", "ansible_ssh_host")
        values = [str(self.variables[name]) for name in names if name in self.variables] or [self.name]
        ip = read_ip(resolved(values[0], self.variables)) if self.where else None
        return None if ip is None else InventoryAddress(ip, Seen(self.where, None, f"{self.name} is {ip}"))
