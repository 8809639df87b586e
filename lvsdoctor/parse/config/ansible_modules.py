"""Modules of Ansible: what a task with one makes of a host. Nothing is executed.

A task under a condition that the files do not decide, or with a value that they do not tell, is unread, and no other.
"""

import re
import shlex
from dataclasses import replace

from lvsdoctor.model.sysctl import canonical_key
from lvsdoctor.model.sysctl_d import SYSCTL_CONF, ConfiguredLine
from lvsdoctor.parse.config.ansible_arguments import TaskArguments
from lvsdoctor.parse.config.ansible_files import WrittenFiles
from lvsdoctor.parse.config.ansible_inventory import plain
from lvsdoctor.parse.config.ansible_network import NMCLI_OPTIONS, iptables_words, nmcli_dump
from lvsdoctor.parse.config.embedded import embedded
from lvsdoctor.parse.config.host_commands import UNKNOWN_VALUE, MissingParser, run_script, run_words, unread_script
from lvsdoctor.parse.config.jinja import UNKNOWN, is_known, resolved
from lvsdoctor.parse.config.yaml_text import Scalar, Table, YamlNode, documents
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
_UNREAD = frozenset({"interfaces_file", "script", "iptables_state", "net_interface", "firewalld"})


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


class TaskModule(TaskArguments):
    """One module with its arguments, run for one item."""

    __slots__ = ()

    def run(self, name: str) -> None:
        if name in _COMMANDS:
            self._command(name)
        elif name == "sysctl":
            self._sysctl()
        elif name in ("copy", "template"):
            WrittenFiles(self.host, self.file, self.task, self.arguments, self.uncertain).write(name)
        elif name in ("lineinfile", "blockinfile"):
            WrittenFiles(self.host, self.file, self.task, self.arguments, self.uncertain).write_lines(name)
        elif name == "nmcli":
            self._connection()
        elif name == "iptables":
            words = iptables_words(self.options(), _is_true)
            if words is None or any(not is_known(word) for word in words):
                self.note()
            else:
                run_words(self.host.effects, words, embedded(self.arguments, self.file.lines), uncertain=self.uncertain)
        elif name in _UNREAD:
            self.note()
        elif name == "set_fact":
            self._facts()
        elif name == "include_vars":
            self._variables()
        elif name in ("include_tasks", "import_tasks", "include"):
            self._included()
        elif name in ("include_role", "import_role"):
            role = self.text("name")
            if role is None or self.uncertain or not self.file.role(role, self.host, self.host.variables):
                self.note()

    # -- what they do -----------------------------------------------------------------------------------------------

    def _sysctl(self) -> None:
        if self.uncertain:
            self.note()
            return
        key, path = (
            self.text("name", "key"),
            self.text("sysctl_file", "dest") if self.raw("sysctl_file", "dest") else SYSCTL_CONF,
        )
        at = self.node("name", "key") or self.arguments
        if key is None or path is None or not is_key(canonical_key(key.strip())):
            self.note(at.seen)
            return
        key = canonical_key(key.strip())
        if self.text("state") == "absent":
            self.host.files.get(path, {}).pop(key, None)
            return
        value = self.text("value", "val")
        node = self.node("value", "val")
        if value is None or not value.strip():
            self.note(node.seen if node is not None else self.arguments.seen)
            return
        self.host.set(path, ConfiguredLine(key, value.strip(), at.seen, path))

    def _connection(self) -> None:
        options = self.options()
        name = options["conn_name"].text if "conn_name" in options else ""
        unknown = [
            option.seen
            for key, option in options.items()
            if key in NMCLI_OPTIONS and not all(map(is_known, option.values))
        ]
        if self.uncertain or unknown or not name:
            self.note(unknown[0] if unknown else None)
            return
        place = f"connection {name}"
        state = options["state"].text if "state" in options else "present"
        dump = nmcli_dump(options, self.arguments.seen) if state != "absent" else None
        self.host.dumps.pop(place, None)
        if dump is not None:
            self.host.dumps[place] = dump

    def _command(self, name: str) -> None:
        argv = self.node("argv")
        node = self.node("cmd") or self.arguments
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
        script = self.written_text(node)
        text = _with_unknowns(script.text)
        text = re.sub(r"(?:^|(?<=\s))(?:chdir|creates|removes|executable|warn)=\S+", "", text)
        if name == "command":  # no shell sees it
            text = " ".join(shlex.quote(word) if word != UNKNOWN_VALUE else word for word in _words(text))
        try:
            run_script(self.host.effects, script.with_text(text), uncertain=self.uncertain)
        except MissingParser:
            self.host.kinds.append(unread_script("shell-script", "a task's script", script))

    def _facts(self) -> None:
        if isinstance(self.arguments, Table):
            for name, value in plain(self.arguments).items():
                self.host.set_facts[name] = UNKNOWN if self.uncertain else value

    def _variables(self) -> None:
        name = self._file_named()
        shown = self.file.file(f"vars/{name}") if name is not None else None
        roots = documents(*shown).roots if shown is not None and not shown[0].startswith("$ANSIBLE_VAULT") else ()
        if not roots or not isinstance(roots[0], Table):
            self.note()
            return
        for key, value in plain(roots[0]).items():
            self.host.set_facts[key] = UNKNOWN if self.uncertain else value

    def _included(self) -> None:
        name = self._file_named()
        if name is None or not self.file.include(name, self.host, uncertain=self.uncertain):
            self.note()

    def _file_named(self) -> str | None:
        """The file that is the module's argument, where its name is known."""
        raw = self.raw("file")
        name = resolved(raw if raw is not None else self.arguments.text, self.host.variables)
        return name if name and is_known(name) else None


def _is_true(text: str) -> bool:
    return text.lower() in ("true", "yes", "on", "1")


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
