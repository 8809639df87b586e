"""Inventories of Ansible, INI and YAML: the hosts, their groups, and the variables of both."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from lvsdoctor.parse.config.jinja import UNKNOWN
from lvsdoctor.parse.config.yaml_text import Scalar, Table, YamlNode, documents

__all__ = ["HostGroup", "Inventory", "plain", "read_inventory"]

_SECTION = re.compile(r"\[([^\]:]+)(?::(children|vars|hosts))?\]\s*(?:[#;].*)?")
_RANGE = re.compile(r"\[(\w+):(\w+)(?::(\d+))?\]", re.ASCII)
_HOST = re.compile(r"[A-Za-z0-9_][\w.:\-]*", re.ASCII)
_MOST_HOSTS, _MOST_GROUPS = 2000, 200
_OF_GROUPS = frozenset({"hosts", "children", "vars"})


@dataclass(slots=True)
class HostGroup:
    hosts: dict[str, None] = field(default_factory=dict)
    children: dict[str, None] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Inventory:
    """The hosts of the inventory files of one directory, `where` the first of them."""

    where: str = ""
    directory: str = ""
    groups: dict[str, HostGroup] = field(default_factory=dict)
    hosts: dict[str, dict[str, Any]] = field(default_factory=dict)
    _of_host: dict[str, list[str]] = field(default_factory=dict)

    def group(self, name: str) -> HostGroup:
        if name not in self.groups and len(self.groups) >= _MOST_GROUPS:
            return HostGroup()
        return self.groups.setdefault(name, HostGroup())

    def host(self, name: str) -> dict[str, Any]:
        if name not in self.hosts and len(self.hosts) >= _MOST_HOSTS:
            return {}
        return self.hosts.setdefault(name, {})

    def hosts_in(self, name: str) -> list[str]:
        """The hosts of a group, those of its children too, in the order of the inventory."""
        names = self._descendants(name)
        inside = {host for group in names for host in self.groups[group].hosts if group in self.groups}
        return [host for host in self.hosts if host in inside]

    def groups_of(self, host: str) -> list[str]:
        """The groups that a host is in, parents before their children."""
        if not self._of_host:
            order = sorted(self.groups, key=lambda name: (name != "all", -len(self._descendants(name)), name))
            for name in order:
                for host_name in self.hosts_in(name):
                    self._of_host.setdefault(host_name, []).append(name)
        return self._of_host.get(host, [])

    def _descendants(self, name: str) -> list[str]:
        found: dict[str, None] = {}
        waiting = [name]
        while waiting:
            here = waiting.pop()
            if here not in found and here in self.groups:
                found[here] = None
                waiting += self.groups[here].children
        return list(found)

    def matching(self, pattern: str) -> list[str] | None:
        """The hosts that a play's `hosts:` names; None where a part of the pattern is of nothing in the inventory."""
        chosen: dict[str, None] = {}
        for part in [part for part in re.split(r"[,:](?![^\[]*\])", pattern.replace(" ", "")) if part]:
            sign, name = (part[0], part[1:]) if part[0] in "!&" else ("", part)
            names = self._named(name)
            if names is None:
                return None
            if sign == "!":
                chosen = {host: None for host in chosen if host not in names}
            elif sign == "&":
                chosen = {host: None for host in chosen if host in names}
            else:
                chosen |= dict.fromkeys(names)
        return [host for host in self.hosts if host in chosen]

    def _named(self, name: str) -> list[str] | None:
        if name in ("all", "*"):
            return list(self.hosts)
        if name in self.groups:
            return self.hosts_in(name)
        if name in self.hosts:
            return [name]
        if re.search(r"[*?\[]", name):
            matches = [host for host in self.hosts if fnmatchcase(host, name)]
            return matches + [
                host for group in self.groups if fnmatchcase(group, name) for host in self.hosts_in(group)
            ]
        return [] if name == "localhost" else None


def plain(node: YamlNode) -> Any:
    """A node as text, lists and dictionaries."""
    if isinstance(node, Table):
        return {key.text: plain(value) for key, value in node.pairs}
    if isinstance(node, Scalar):
        return UNKNOWN if node.tag.endswith("vault") else "" if node.empty else node.text
    return [plain(item) for item in node.items]


def read_inventory(text: str, where: str, inventory: Inventory) -> bool:
    """Adds what an inventory file says; False where it is none."""
    if where.endswith((".yml", ".yaml")):
        return _read_yaml(text, where, inventory)
    return _read_ini(text, inventory)


def _read_yaml(text: str, where: str, inventory: Inventory) -> bool:
    tables = [root for root in documents(text, where).roots if isinstance(root, Table)]
    groups = [(key.text, value) for root in tables for key, value in root.pairs]
    if not groups or not all(isinstance(value, Table) and _is_group(value) for _, value in groups):
        return False
    for name, value in groups:
        _yaml_group(name, value, inventory)
    return bool(inventory.hosts)


def _is_group(node: YamlNode) -> bool:
    keys = {key.text for key, _ in node.pairs}
    return bool(keys) and keys <= _OF_GROUPS


def _yaml_group(name: str, node: YamlNode, inventory: Inventory) -> None:
    group = inventory.group(name)
    hosts, children, variables = node.at("hosts"), node.at("children"), node.at("vars")
    for key, value in hosts.pairs if hosts is not None else ():
        for host in _spread(key.text):
            group.hosts[host] = None
            inventory.host(host).update(plain(value) if isinstance(value, Table) else {})
    for key, value in children.pairs if children is not None else ():
        group.children[key.text] = None
        _yaml_group(key.text, value, inventory)
    if isinstance(variables, Table):
        group.variables |= plain(variables)


def _read_ini(text: str, inventory: Inventory) -> bool:
    section, kind = "ungrouped", "hosts"
    for raw in text.split("\n")[:50_000]:
        line = raw.strip()
        if not line or line[0] in "#;":
            continue
        if (match := _SECTION.fullmatch(line)) is not None:
            section, kind = match[1].strip(), match[2] or "hosts"
            inventory.group(section)
        elif kind == "vars":
            name, sign, value = line.partition("=")
            if not sign:
                return False
            inventory.group(section).variables[name.strip()] = value.strip().strip("'\"")
        elif kind == "children":
            inventory.group(section).children[line.split()[0]] = None
            inventory.group(line.split()[0])
        elif not _ini_host(line, section, inventory):
            return False
    return bool(inventory.hosts)


def _ini_host(line: str, section: str, inventory: Inventory) -> bool:
    try:
        name, *words = shlex.split(line, comments=True)
    except ValueError:
        return False
    pairs = [word.partition("=") for word in words]
    if not all(sign for _, sign, _ in pairs):
        return False
    for host in _spread(name):
        if not _HOST.fullmatch(host):
            return False
        inventory.group(section).hosts[host] = None
        inventory.host(host).update({key: value for key, _, value in pairs})
    return True


def _spread(name: str) -> Iterator[str]:
    """rs[1:3] is rs1, rs2, rs3."""
    match = _RANGE.search(name)
    if match is None:
        yield name
        return
    begin, end, step = match[1], match[2], int(match[3] or "1") if len(match[3] or "") < 5 else 0
    if begin.isascii() and begin.isdigit() and end.isdigit() and len(end) < 6 and step:
        words = [str(number).zfill(len(begin)) for number in range(int(begin), int(end) + 1, step)[:_MOST_HOSTS]]
    elif len(begin) == len(end) == 1:
        words = [chr(code) for code in range(ord(begin), ord(end) + 1)]
    else:
        words = []
    for word in words:
        yield f"{name[: match.start()]}{word}{name[match.end() :]}"
