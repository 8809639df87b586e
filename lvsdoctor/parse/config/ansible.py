"""A file of Ansible alone: a playbook, or a list of tasks. A tree of them is collect/ansible_tree.py's."""

from collections.abc import Iterator
from dataclasses import replace

from lvsdoctor.model.coverage import Origin
from lvsdoctor.parse.config.ansible_project import Project
from lvsdoctor.parse.config.ansible_words import is_play, is_task
from lvsdoctor.parse.config.yaml_text import Listing, PyYamlMissing, documents
from lvsdoctor.parse.reader import Dump

__all__ = ["KIND", "NAME", "dump_of", "dumps_of"]

KIND, NAME = "ansible", "an Ansible playbook"


def dump_of(text: str, where: str) -> Dump | None:
    """The first of dumps_of()."""
    return next(dumps_of(text, where), None)


def dumps_of(text: str, where: str) -> Iterator[Dump]:
    """What the plays or tasks make of each host; nothing where it is neither."""
    try:
        yaml = documents(text, where)
    except PyYamlMissing as missing:
        yield Dump(origin=Origin.CONFIGURED, unread_kinds=(missing.unread(KIND, NAME, text, where),))
        return
    root = yaml.roots[0] if yaml.roots else None
    if not isinstance(root, Listing) or not any(is_play(item) or is_task(item) for item in root.items):
        return
    plays = any(map(is_play, root.items))
    path = "site.yml" if plays else "tasks/main.yml"
    project = Project("", [path], lambda _: text, lambda _: where)
    hosts = list(project.hosts())
    for host in hosts:
        yield replace(host.dump, host=host.name)
    if not hosts:
        yield Dump(unread=yaml.unread, origin=Origin.CONFIGURED)
