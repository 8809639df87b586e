"""Tasks of Ansible: what they make of one host, in their order. Nothing is executed.

A task under a condition that the files do not decide, or with a value that they do not tell, is unread, and no other.
"""

from collections.abc import Sequence

from lvsdoctor.parse.config.ansible_host import ManagedHost, TaskFile
from lvsdoctor.parse.config.ansible_inventory import plain
from lvsdoctor.parse.config.ansible_loops import loop_items
from lvsdoctor.parse.config.ansible_modules import TaskModule, module_of
from lvsdoctor.parse.config.jinja import condition, resolved
from lvsdoctor.parse.config.yaml_text import Scalar, Table, YamlNode

__all__ = ["run_tasks"]

_DEEPEST = 20


def run_tasks(tasks: Sequence[YamlNode], host: ManagedHost, file: TaskFile, *, uncertain: bool = False) -> None:
    """What the tasks make of the host, one after the other."""
    file.steps[0] -= len(tasks)
    if host.depth >= _DEEPEST or file.steps[0] < 0:
        for task in tasks[:1]:
            host.effects.note(task.seen)
        return
    host.depth += 1
    try:
        for task in tasks:
            if isinstance(task, Table):
                _task(task, host, file, uncertain=uncertain)
    finally:
        host.depth -= 1


def _task(task: Table, host: ManagedHost, file: TaskFile, *, uncertain: bool) -> None:
    own = task.at("vars")
    outer = host.variables
    if isinstance(own, Table):
        host.variables = {**outer, **plain(own)}
    try:
        for item in loop_items(task, host.variables):
            if item is not None:
                host.variables = {**host.variables, **item.variables}
            holds = _holds(task.at("when"), host)
            if holds is False or _of_another_host(task, host):
                continue
            unsure = uncertain or holds is None or (item is not None and not item.known)
            block = task.at("block")
            if block is not None:
                run_tasks([*block.items, *_listed(task.at("always"))], host, file, uncertain=unsure)
            elif (module := module_of(task)) is not None:
                TaskModule(host, file, task, module[1], uncertain=unsure).run(module[0])
    finally:
        host.variables = {**outer, **host.set_facts}


def _listed(node: YamlNode | None) -> Sequence[YamlNode]:
    return node.items if node is not None else ()


def _holds(when: YamlNode | None, host: ManagedHost) -> bool | None:
    if when is None:
        return True
    parts = [condition(part.text, host.variables) for part in (when.items or (when,))]
    return False if False in parts else None if None in parts else True


def _of_another_host(task: Table, host: ManagedHost) -> bool:
    """Is it run elsewhere: on the machine that Ansible runs on, or for another host?"""
    node = task.at("delegate_to")
    if task.at("local_action") is not None:
        return True
    return isinstance(node, Scalar) and resolved(node.text, host.variables) != host.name
