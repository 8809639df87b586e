"""The fixes as a play for Ansible, of ansible.builtin's modules alone.

Every text is a double-quoted scalar (YAML 1.2, 7.3.1), and one with a brace in it is marked !unsafe, so that Ansible
takes it for no template.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath
from shlex import split

from lvsdoctor.cli.fix.document import FixDocument, NodeFixes
from lvsdoctor.cli.fix.wording import (
    DONE_BEFORE,
    careful,
    heading,
    lasting_remarks,
    lasting_title,
    left_over,
    only_once,
    spoken,
    undoing,
)
from lvsdoctor.fixes.persist.parts import ByHand, OwnFile, OwnLine, Part, Run, Settings
from lvsdoctor.sanitize import legible

_Task = list[str]


def play(document: FixDocument) -> str:
    """One play for each node."""
    lines = [document.made, *document.unjudged]
    for fixes in document.fixes:
        lines += map(heading, fixes.cleared)
    lines += ["ansible-playbook THIS_PLAY; --skip-tags last leaves out what makes it last over a reboot"]
    plays = [line for fixes in document.fixes for line in _play(fixes)] or ["[]"]
    return "\n".join([*_comments(lines), "---", *plays, *_comments(left_over(document))]) + "\n"


def _comments(texts: Iterable[str]) -> Iterator[str]:
    return (f"# {legible(text)}".rstrip() for text in texts)


def _play(fixes: NodeFixes) -> Iterator[str]:
    yield f"- name: {_text('lvsdoctor fix of ' + legible(fixes.node))}"
    yield f"  hosts: {_plain(_host(fixes.node))}"
    yield "  gather_facts: false"
    yield "  become: true"
    yield "  tasks:"
    count = 0
    for step, cuts in careful(fixes):
        if step.only_a_remark:
            yield f"    # {spoken(step)}"
            continue
        count += 1
        yield from _remarks((*cuts, *undoing(step)))
        yield from _indented(_command(f"{count}. {spoken(step)}", step.command, only_once(step.changes)))
    yield from _remarks([f"What makes it last{fixes.network and '; '}{fixes.network}"])
    for part in fixes.lasts:
        if isinstance(part, ByHand):
            yield f"    # {lasting_title(part)}"
        yield from _remarks(lasting_remarks(part))
        for task in _tasks(part):
            yield from _indented([*task, "tags: last"])


def _host(name: str) -> str:
    """A name that a dump makes up must not be a pattern (*, a:!b), a template, or a group that has every host in it."""
    plain = re.sub(r"[^A-Za-z0-9_.-]", "_", name)
    return f"{plain}_" if plain in ("all", "ungrouped") else plain


def _remarks(texts: Sequence[str]) -> Iterator[str]:
    for text in texts:
        yield f"    # {legible(text)}"


def _indented(task: _Task) -> Iterator[str]:
    for number, line in enumerate(task):
        yield f"    {'- ' if number == 0 else '  '}{line}"


def _command(name: str, command: str, once: bool) -> _Task:
    argv = split(command, comments=True)
    task = [f"name: {_text(name)}", "ansible.builtin.command:", f"  argv: [{', '.join(map(_text, argv))}]"]
    if any(letter in word for word in argv for letter in "$~"):
        task += ["  expand_argument_vars: false"]  # $HOME is a name; an Ansible before 2.16 stops at this
    if once:
        before = "|".join(map(re.escape, DONE_BEFORE)).replace("\\ ", " ")
        done = f"(said.stdout + said.stderr) is search('{before}')"
        task += ["register: said", "changed_when: said.rc == 0"]
        task += [f"failed_when: {_plain(f'said.rc != 0 and not ({done})')}"]
    return task


def _tasks(part: Part) -> Iterator[_Task]:
    name = f"name: {_text(lasting_title(part))}"
    match part:
        case Settings():
            for key, value in part.pairs:
                name = f"name: {_text(f'{key} = {value}, in {part.path}')}"
                pattern = rf"^\s*-?\s*{re.escape(key)}\s*="
                yield [*_line(name, part.path, f"{key} = {value}"), f"  regexp: {_text(pattern)}"]
        case OwnLine():
            yield _line(name, part.path, part.line)
        case OwnFile():
            directory = str(PurePosixPath(part.path).parent)
            made = ["ansible.builtin.file:", f"  path: {_text(directory)}", "  state: directory"]
            yield [f"name: {_text(f'{directory} exists')}", *made]
            content = [f"  content: {_text(part.text)}", f"  mode: {_plain(part.mode)}"]
            yield [name, "ansible.builtin.copy:", f"  dest: {_text(part.path)}", *content]
        case Run():
            command = f"{part.unless} > /dev/null 2>&1 || {part.command}" if part.unless else part.command
            yield [name, "ansible.builtin.shell:", f"  cmd: {_text(command)}"]
        case ByHand():
            pass


def _line(name: str, path: str, line: str) -> _Task:
    where = [f"  path: {_text(path)}", f"  line: {_text(line)}"]
    return [name, "ansible.builtin.lineinfile:", *where, "  create: true", "  backup: true"]


def _text(text: str) -> str:
    return f"!unsafe {_plain(text)}" if "{" in text else _plain(text)


def _plain(text: str) -> str:
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(letter: str) -> str:
    if letter in '"\\':
        return f"\\{letter}"
    if letter.isascii() and letter.isprintable():
        return letter
    return f"\\U{ord(letter):08x}"
