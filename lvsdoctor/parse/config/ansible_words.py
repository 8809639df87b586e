"""What in a file of Ansible is a play, and what is a task; what a play calls its hosts."""

import re
from collections.abc import Sequence
from posixpath import normpath

from lvsdoctor.parse.config.ansible_modules import module_of
from lvsdoctor.parse.config.yaml_text import YamlNode

__all__ = ["in_tree", "is_all", "is_play", "is_task", "items", "names_in"]

_NO_HOSTS = frozenset({"localhost", "127.0.0.1", ""})


def items(node: YamlNode | None) -> Sequence[YamlNode]:
    return node.items if node is not None else ()


def in_tree(path: str) -> str:
    """A path within the tree: playbooks/../vars/lvs is vars/lvs."""
    return normpath(path.lstrip("/"))


def is_all(pattern: str) -> bool:
    return pattern in ("all", "*")


def names_in(pattern: str) -> list[str]:
    """What a play calls its hosts, where no inventory says which these are."""
    parts = [part.strip() for part in re.split(r"[,:]", pattern)]
    return [part for part in parts if part not in _NO_HOSTS and part[:1] not in ("!", "&") and not is_all(part)]


def is_play(node: YamlNode) -> bool:
    keys = {key.text for key, _ in node.pairs}
    return ("hosts" in keys and not keys.isdisjoint({"tasks", "roles", "pre_tasks", "post_tasks"})) or bool(
        keys & {"import_playbook", "ansible.builtin.import_playbook"}
    )


def is_task(node: YamlNode) -> bool:
    """Is it a task that this reader knows the module of, or a block of such?"""
    block = node.at("block")
    if block is not None:
        return any(map(is_task, block.items))
    module = module_of(node)
    return module is not None and bool(re.fullmatch(r"[a-z_][\w.]*", module[0])) and not is_play(node)
