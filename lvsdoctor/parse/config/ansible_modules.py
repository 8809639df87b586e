"""Modules of Ansible: what a task with one makes of a host. Nothing is executed.

A task under a condition that the files do not decide, or with a value that they do not tell, is unread, and no other.
"""

import re
import shlex
from dataclasses import dataclass, replace

from lvsdoctor.model.seen import Seen
from lvsdoctor.model.sysctl import canonical_key
from lvsdoctor.model.sysctl_d import SYSCTL_CONF, ConfiguredLine
from lvsdoctor.parse.config import config_dumps
from lvsdoctor.parse.config.ansible_host import ManagedHost, TaskFile
from lvsdoctor.parse.config.ansible_inventory import plain
from lvsdoctor.parse.config.embedded import Embedded, embedded, moved
from lvsdoctor.parse.config.host_commands import (
    UNKNOWN_VALUE,
    MissingParser,
    run_script,
    run_words,
    unread_script,
)
from lvsdoctor.parse.config.jinja import UNKNOWN, is_known, resolved
from lvsdoctor.parse.config.jinja_blocks import Unrolled, unrolled
from lvsdoctor.parse.config.yaml_text import Scalar, Table, YamlNode
from lvsdoctor.parse.sysctl import is_key

__all__ = ["TaskModule", "module_of"]

_COLLECTIONS = ("ansible.builtin.", "ansible.posix.", "ansible.legacy.", "ansible.netcommon.", "community.general.")
_KEYWORDS = frozenset(
    """
    name when loop loop_control register become become_user become_method tags notify vars args delegate_to run_once
    changed_when failed_when ignore_errors until retries delay environment no_log check_mode diff any_errors_fatal
    async poll block rescue always listen connection remote_user throttle module_defaults collections action
    local_action delegate_facts ignore_unreachable debugger port timeout become_exe become_flags
    """.split()
)
_COMMANDS = frozenset({"command", "shell", "raw"})
# They change what the facts are about, and are not read.
_UNREAD = frozenset({"iptables", "nmcli", "interfaces_file", "script", "iptables_state", "net_interface", "firewalld"})

_KNOWN_TARGET = re.compile(
    r"/etc/(?:sysctl|keepalived/|network/interfaces|netplan/|sysconfig/(?:network-scripts/|ipvsadm|iptables|arptables)|"
    r"systemd/network/|systemd/system/[^/]+\.service|NetworkManager/system-connections/|ipvsadm|iptables/|nftables|ha\.d/ldirectord|rc\.local|rc\.d/|init\.d/)|"
    r"ldirectord\.cf$|\.sh$"
)


def module_of(task: YamlNode) -> tuple[str, YamlNode] | None:
    """The module of a task by its short name, with its arguments; None where there is none."""
    for key, value in task.pairs:
        name = key.text
        if name not in _KEYWORDS and not name.startswith("with_"):
            prefix = next((prefix for prefix in _COLLECTIONS if name.startswith(prefix)), "")
            return name.removeprefix(prefix), value
    action = task.at("action")
    if isinstance(action, Scalar) and action.text:
        return action.text.split()[0], replace(action, value=action.text.partition(" ")[2])
    return None


@dataclass(frozen=True, slots=True)
class TaskModule:
    """One module with its arguments, run for one item."""

    host: ManagedHost
    file: TaskFile
    task: Table
    arguments: YamlNode
    uncertain: bool

    def run(self, name: str) -> None:
        if name in _COMMANDS:
            self._command(name)
        elif name == "sysctl":
            self._sysctl()
        elif name in ("copy", "template"):
            self._written(name)
        elif name in ("lineinfile", "blockinfile"):
            self._lines(name)
        elif name in _UNREAD:
            self._note()
        elif name == "set_fact":
            self._facts()
        elif name in ("include_tasks", "import_tasks", "include"):
            self._included()
        elif name in ("include_role", "import_role"):
            role = self._text("name")
            if role is None or self.uncertain or not self.file.role(role, self.host, self.host.variables):
                self._note()

    # -- arguments --------------------------------------------------------------------------------------------------

    def _note(self, seen: Seen | None = None) -> None:
        self.host.effects.note(seen or self.arguments.seen)

    def _node(self, *names: str) -> YamlNode | None:
        for name in names:
            for table in (self.arguments, self.task.at("args")):
                if table is not None and (node := table.at(name)) is not None:
                    return node
        return None

    def _raw(self, *names: str) -> str | None:
        node = self._node(*names)
        if node is not None:
            return node.text if isinstance(node, Scalar) else None
        if isinstance(self.arguments, Scalar):  # sysctl: name=... value=...
            try:
                words = [word.partition("=") for word in shlex.split(self.arguments.text)]
            except ValueError:
                return None
            return next((value for key, sign, value in words if sign and key in names), None)
        return None

    def _text(self, *names: str) -> str | None:
        """An argument whose value is known; None where it is not there, or not known."""
        raw = self._raw(*names)
        if raw is None:
            return None
        text = resolved(raw, self.host.variables)
        return text if is_known(text) else None

    # -- what they do -----------------------------------------------------------------------------------------------

    def _sysctl(self) -> None:
        if self.uncertain:
            self._note()
            return
        key, path = (
            self._text("name", "key"),
            self._text("sysctl_file", "dest") if self._raw("sysctl_file", "dest") else SYSCTL_CONF,
        )
        at = self._node("name", "key") or self.arguments
        if key is None or path is None or not is_key(canonical_key(key.strip())):
            self._note(at.seen)
            return
        key = canonical_key(key.strip())
        if self._text("state") == "absent":
            self.host.files.get(path, {}).pop(key, None)
            return
        value = self._text("value", "val")
        node = self._node("value", "val")
        if value is None or not value.strip():
            self._note(node.seen if node is not None else self.arguments.seen)
            return
        self.host.set(path, ConfiguredLine(key, value.strip(), at.seen, path))

    def _command(self, name: str) -> None:
        argv = self._node("argv")
        node = self._node("cmd") or self.arguments
        if argv is not None:
            words = [resolved(item.text, self.host.variables) for item in argv.items]
            words = [word if is_known(word) else UNKNOWN_VALUE for word in words]
            run_words(
                self.host.effects,
                words,
                embedded(argv.items[0] if argv.items else argv, self.file.lines),
                uncertain=self.uncertain,
            )
            return
        if not isinstance(node, Scalar):
            return
        script = embedded(node, self.file.lines)
        text = _with_unknowns(resolved(node.text, self.host.variables))
        text = re.sub(r"(?:^|(?<=\s))(?:chdir|creates|removes|executable|warn)=\S+", "", text)
        if name == "command":  # no shell sees it
            text = " ".join(shlex.quote(word) if word != UNKNOWN_VALUE else word for word in _words(text))
        try:
            run_script(self.host.effects, script.with_text(text), uncertain=self.uncertain)
        except MissingParser:
            self.host.kinds.append(unread_script("shell-script", "a task's script", script))

    def _written(self, name: str) -> None:
        path, raw = self._text("dest", "path"), self._raw("dest", "path")
        at = self._node("dest", "path") or self.arguments
        if path is None:
            if raw is not None and _KNOWN_TARGET.search(raw):
                self._note(at.seen)
            return
        content, source = self._node("content"), self._text("src")
        if path.endswith("/") and source:
            path += source.rpartition("/")[2]
        if not _KNOWN_TARGET.search(path):
            return
        shown = self.file.file(f"templates/{source}" if name == "template" else f"files/{source}") if source else None
        if self.uncertain or (content is None and shown is None):
            self._note(at.seen)
        elif isinstance(content, Scalar):
            self._file(path, embedded(content, self.file.lines).with_text(resolved(content.text, self.host.variables)))
        elif shown is not None:
            text, where = shown
            lines = [line.rstrip("\r") for line in text.split("\n")]
            made = unrolled(text, self.host.variables) if name == "template" else Unrolled(text, (), ())
            if made is None:
                self._note(at.seen)
                return
            for number in made.undecided:
                self._note(Seen(where, number, lines[number - 1]))
            self._file(path, Embedded(made.text, Seen(where, None, ""), 1, lines, made.numbers))

    def _file(self, path: str, text: Embedded) -> None:
        """A file that is written whole."""
        self.host.files.pop(path, None)
        if path == SYSCTL_CONF or "/sysctl.d/" in path:
            self._settings(path, text)
            return
        dumps = config_dumps(text.text, path)
        if dumps:
            self.host.dumps[path] = moved(dumps[0], text.outer)
        else:
            self._note()

    def _settings(self, path: str, text: Embedded) -> None:
        """The lines of a file of sysctl.d."""
        for number, raw in enumerate(text.text.split("\n"), 1):
            seen = text.outer(Seen("", number, ""))
            key, sign, value = raw.strip().partition("=")
            key = canonical_key(key.strip().removeprefix("-").strip())
            if not raw.strip() or raw.strip()[0] in "#;":
                continue
            if sign and is_key(key) and value.strip() and is_known(value):
                self.host.set(path, ConfiguredLine(key, value.strip(), seen, path))
            else:
                self._note(seen)

    def _lines(self, name: str) -> None:
        path = self._text("path", "dest", "destfile", "name")
        raw = self._raw("path", "dest", "destfile", "name") or ""
        if path is None or not _KNOWN_TARGET.search(path):
            if _KNOWN_TARGET.search(raw):
                self._note()
            return
        node = self._node("line", "value") if name == "lineinfile" else self._node("block", "content")
        if self.uncertain or not isinstance(node, Scalar) or not (path == SYSCTL_CONF or "/sysctl.d/" in path):
            self._note(node.seen if node is not None else None)
            return
        text = embedded(node, self.file.lines).with_text(resolved(node.text, self.host.variables))
        if self._text("state") == "absent":
            key = canonical_key(text.text.partition("=")[0].strip())
            self.host.files.get(path, {}).pop(key, None)
        else:
            self._settings(path, text)

    def _facts(self) -> None:
        if isinstance(self.arguments, Table):
            for name, value in plain(self.arguments).items():
                self.host.set_facts[name] = UNKNOWN if self.uncertain else value

    def _included(self) -> None:
        name = (
            self._text("file")
            if isinstance(self.arguments, Table)
            else resolved(self.arguments.text, self.host.variables)
        )
        known = name is not None and is_known(name)
        if not known or not self.file.include(name or "", self.host, uncertain=self.uncertain):
            self._note()


def _with_unknowns(text: str) -> str:
    return (
        text
        if is_known(text)
        else re.sub(
            r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}",
            lambda match: UNKNOWN_VALUE if match[0][1] == "{" else "",
            text,
            flags=re.DOTALL,
        )
    )


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()
