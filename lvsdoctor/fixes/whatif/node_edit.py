"""What is supposed, and a node that is changed by it bit by bit."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from lvsdoctor.fixes.changes.applying import applied
from lvsdoctor.model.address import Address
from lvsdoctor.model.change import Change
from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.sysctl import Setting
from lvsdoctor.parse.keepalived import KeepalivedConf, keepalived_conf


class CannotSuppose(Exception):
    """The file is nothing that can be deployed: one sentence."""


@dataclass(frozen=True, slots=True)
class SysctlFile:
    """`node` is the name of the one it is for, "" for every one."""

    file: str
    node: str
    settings: tuple[Setting, ...]
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


Deployed = SysctlFile | KeepalivedFile


def held_on_a_wire(node: Node) -> tuple[Address, ...]:
    """The addresses that a keepalived may have put there: not those of lo and of dummy links, where a real server keeps
    its VIPs."""

    def on_a_wire(address: Address) -> bool:
        link = node.link(address.link) if node.has("links") else None
        return address.link != "lo" if link is None else link.arp

    return tuple(filter(on_a_wire, node.addresses)) if node.has("addresses") else ()


class Becoming:
    """A node on which a file is being deployed: its changes, each with the line that asks for it, and notes."""

    def __init__(self, node: Node, file: str) -> None:
        self.node, self.file = node, file
        self.notes: list[str] = []
        self._lines: dict[str, Seen] = {}

    def change(self, change: Change, seen: Seen) -> bool:
        """Makes the change; False if it changes nothing."""
        self._lines[change.command] = seen
        before, self.node = self.node, applied(change, self.node)
        return self.node is not before

    def put(self, fact: str, rows: Any) -> None:
        self.node = replace(self.node, evidence={**self.node.evidence, fact: rows})

    def note(self, template: str, **fields: object) -> None:
        self.notes.append(template.format(node=self.node.name, file=self.file, **fields))

    def finished(self, unread: tuple[Seen, ...]) -> Node:
        """The node with every new row quoting the file, and what is to be known of the file."""
        node = self.node
        notes = tuple(note for note in dict.fromkeys(self.notes) if note not in node.notes)
        return replace(
            node,
            evidence={fact: self._quoting(rows) for fact, rows in node.evidence.items()},
            unread=(*node.unread, *unread),
            notes=(*node.notes, *notes),
            files={**node.files, self.file: self.file},
        )

    def _quoting(self, rows: Any) -> Any:
        if isinstance(rows, Mapping):
            return {key: self._quoted(row) for key, row in rows.items()}
        return tuple(map(self._quoted, rows)) if isinstance(rows, tuple) else rows

    def _quoted(self, row: Any) -> Any:
        """A row that one of the changes made was seen there; now it quotes the line that asked for the change."""
        seen = getattr(row, "seen", None)
        if isinstance(seen, Seen) and seen.line is None and seen.text in self._lines:
            return replace(row, seen=self._lines[seen.text])
        return row


def command_for(seen: Seen, what: str) -> str:
    """A name for one change of one line, which no row of the node has for its text."""
    return f"{seen}: {what}"
