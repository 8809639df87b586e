"""A scanned directory that Ansible applies: its hosts are those of the inventory, not its directories.

Only what names or holds plays, roles and inventories is taken; what else lies there is read as anywhere.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from lvsdoctor.collect.any_tree import TOP, AnyTree, Entry
from lvsdoctor.collect.documents import NodeDump
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.config import comments_in
from lvsdoctor.parse.paste.stream import Piece
from lvsdoctor.parse.reader import Dump

_SIGNS = ("roles", "group_vars", "host_vars", "ansible.cfg", "playbooks", "tasks/main.yml", "tasks/main.yaml")
_HOSTS = re.compile(r"^(?:- +| +)hosts *:", re.MULTILINE)
_TASKS = re.compile(r"^(?:- +| +)(?:tasks|roles|pre_tasks|post_tasks) *:", re.MULTILINE)
_MOST_YAML = 200


def ansible_dumps(tree: AnyTree, top: Path, text_of: Callable[[Entry], str | None]) -> Iterator[NodeDump]:
    """The dumps of each host of the Ansible projects in the tree, whose files the tree then leaves out."""
    for base in _projects(tree, text_of):
        yield from _project(tree, top, base, text_of)


def _projects(tree: AnyTree, text_of: Callable[[Entry], str | None]) -> Sequence[Entry]:
    """The directories that are projects: the top, or those right below it."""
    entries = tree.entries(TOP)
    if _is_project(tree, TOP, entries, text_of):
        return (TOP,)
    children = [entry for entry in entries if entry.directory and not entry.link and not entry.archive]
    return [child for child in children[:_MOST_YAML] if any(tree.find(sign, child) for sign in _SIGNS)]


def _is_project(tree: AnyTree, base: Entry, entries: Sequence[Entry], text_of: Callable[[Entry], str | None]) -> bool:
    if any(entry.name in _SIGNS for entry in entries) or any(tree.find(s, base) for s in _SIGNS if "/" in s):
        return True
    files = [entry for entry in entries if not entry.directory and entry.name.endswith((".yml", ".yaml"))]
    texts = (text_of(file) or "" for file in files[:_MOST_YAML])
    return any(_HOSTS.search(text) and _TASKS.search(text) for text in texts)


def _project(tree: AnyTree, top: Path, base: Entry, text_of: Callable[[Entry], str | None]) -> Iterator[NodeDump]:
    from lvsdoctor.parse.config.ansible_project import Project
    from lvsdoctor.parse.config.yaml_text import PyYamlMissing

    prefix = f"{base.path}/" if base.path else ""
    files = {file.path.removeprefix(prefix): file for file in tree.walk(base)}
    texts: dict[str, str | None] = {}

    def read(path: str) -> str | None:
        if path not in texts:
            texts[path] = text_of(files[path]) if path in files else None
        return texts[path]

    name = base.real[-1] if base.real else tree.name
    project = Project(name, sorted(files), read, lambda path: f"{tree.label}/{prefix}{path}")
    try:
        hosts = list(project.hosts())
    except PyYamlMissing:
        return  # each file says so
    tree.taken |= {files[path].real for path in project.claimed if path in files}
    inside = {f"{tree.label}/{prefix}{path}": path for path in files}
    paths = {where: str(top / files[path].path) for where, path in inside.items()}
    for host in hosts:
        place = f"{top / base.path}#{host.name}"
        source = str(top / base.path)
        mine = NodeDump(Piece(host.name, host.dump), host.name, source, place=place)
        mine = replace(mine, stays=bool(host.dump.facts or host.dump.unread), managed=True)
        wheres = list(dict.fromkeys(seen.where for seen in _lines_of(host.dump)))
        yield replace(mine, where=wheres[0] if wheres else "", path=paths.get(wheres[0], "") if wheres else "")
        for where in wheres:
            # A comment accepts what its own line says, on each host that has it from there.
            text = read(inside[where]) if where in inside else None
            comments = comments_in(text, where) if text and "lvsdoctor:" in text else ()
            if comments or where != wheres[0]:
                piece = Piece(host.name, Dump(comments=comments))
                yield replace(mine, piece=piece, where=where, path=paths.get(where, ""))


def _lines_of(dump: Dump) -> Iterator[Seen]:
    for rows in dump.facts.values():
        for row in rows:
            yield from (line.seen for line in getattr(row, "lines", ()) if hasattr(line, "seen"))
            if isinstance(seen := getattr(row, "seen", None), Seen):
                yield seen
    yield from dump.unread
