"""What is supposed, and a node that is changed by it bit by bit."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from lvsdoctor.fixes.changes.kinds import applied
from lvsdoctor.fixes.changes.sysctl import same_value
from lvsdoctor.model.change import Change, SetSysctl
from lvsdoctor.model.coverage import Coverage
from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.sysctl import Setting
from lvsdoctor.model.sysctl_d import ConfiguredFile
from lvsdoctor.parse.keepalived import KeepalivedConf, keepalived_conf
from lvsdoctor.parse.reader import Dump


class CannotSuppose(Exception):
    """The file is nothing that can be deployed: one sentence."""


@dataclass(frozen=True, slots=True)
class SysctlFile:
    """`node` is the name of the one it is for, "" for every one."""

    file: str
    node: str
    settings: ConfiguredFile
    unread: tuple[Seen, ...] = ()


@dataclass(frozen=True, slots=True)
class KeepalivedFile:
    """Its text, since what it says depends on the node's name."""

    file: str
    node: str
    text: str

    def conf_for(self, node: Node) -> KeepalivedConf:
        """What it says on `node`: its @conditions name hosts."""
        return keepalived_conf(self.text, self.file, node.name.partition(".")[0])


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """Another file that configures a host, and what was read of it."""

    file: str
    node: str
    dump: Dump


Deployed = SysctlFile | KeepalivedFile | ConfigFile


class NodeEdit:
    """A node on which a file is being deployed, change by change, and notes."""

    def __init__(self, node: Node, file: str) -> None:
        self.node, self.file = node, file
        self.notes: list[str] = []

    def change(self, change: Change) -> bool:
        """Makes the change; False if it changes nothing."""
        before, self.node = self.node, applied(self.node, change)
        return self.node is not before

    def write(self, row: Setting) -> bool:
        """Writes the setting, which quotes the row's line also where it has that value already; False if it cannot."""
        if self.change(SetSysctl(row.key, row.raw, seen=row.seen)):
            return True
        settings: Mapping[str, Setting] = self.node.evidence["sysctl"]
        old = settings.get(row.key)
        if old is None or not same_value(old, row):
            return False
        self.put("sysctl", {**settings, row.key: replace(old, seen=row.seen)})
        return True

    def put(self, fact: str, rows: Any, coverage: Coverage | None = None) -> None:
        covered = {**self.node.coverage, fact: coverage} if coverage else self.node.coverage
        self.node = replace(self.node, evidence={**self.node.evidence, fact: rows}, coverage=covered)

    def note(self, template: str, **fields: object) -> None:
        self.notes.append(template.format(node=self.node.name, file=self.file, **fields))

    def finished(self, unread: tuple[Seen, ...]) -> Node:
        """The node, and what is to be known of the file."""
        node = self.node
        notes = tuple(note for note in dict.fromkeys(self.notes) if note not in node.notes)
        return replace(
            node,
            unread=(*node.unread, *unread),
            notes=(*node.notes, *notes),
            files={**node.files, self.file: self.file},
        )
