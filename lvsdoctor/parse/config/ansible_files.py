"""Modules of Ansible that write files of a host: copy, template, lineinfile and blockinfile. Nothing is written."""

import re

from lvsdoctor.model.seen import Seen
from lvsdoctor.model.sysctl import canonical_key
from lvsdoctor.model.sysctl_d import SYSCTL_CONF, ConfiguredLine
from lvsdoctor.parse.config import config_dumps
from lvsdoctor.parse.config.ansible_arguments import TaskArguments
from lvsdoctor.parse.config.embedded import Embedded, moved
from lvsdoctor.parse.config.jinja import is_known
from lvsdoctor.parse.config.jinja_blocks import Unrolled, unrolled
from lvsdoctor.parse.config.yaml_text import Scalar
from lvsdoctor.parse.sysctl import is_key

__all__ = ["WrittenFiles"]

_KNOWN_TARGET = re.compile(
    r"/etc/(?:sysctl|keepalived/|network/interfaces|netplan/|sysconfig/(?:network(?:-scripts)?/|ipvsadm|iptables|arptables)|"
    r"systemd/network/|systemd/system/[^/]+\.service|NetworkManager/system-connections/|"
    r"ipvsadm|iptables/|nftables|ha\.d/ldirectord|rc\.local|rc\.d/|init\.d/)|"
    r"ldirectord\.cf$|\.sh$"
)


class WrittenFiles(TaskArguments):
    """A task that writes a file, or lines of one."""

    __slots__ = ()

    def write(self, name: str) -> None:
        path, raw = self.text("dest", "path"), self.raw("dest", "path")
        at = self.node("dest", "path") or self.arguments
        if path is None:
            if raw is not None and _KNOWN_TARGET.search(raw):
                self.note(at.seen)
            return
        content, source = self.node("content"), self.text("src")
        if path.endswith("/") and source:
            path += source.rpartition("/")[2]
        if not _KNOWN_TARGET.search(path):
            return
        shown = self.file.file(f"templates/{source}" if name == "template" else f"files/{source}") if source else None
        if self.uncertain or (content is None and shown is None):
            self.note(at.seen)
        elif isinstance(content, Scalar):
            self._file(path, self.written_text(content))
        elif shown is not None:
            text, where = shown
            lines = [line.rstrip("\r") for line in text.split("\n")]
            made = unrolled(text, self.host.variables) if name == "template" else Unrolled(text, (), ())
            if made is None:
                self.note(at.seen)
                return
            for number in made.undecided:
                self.note(Seen(where, number, lines[number - 1]))
            self._file(path, Embedded(made.text, Seen(where, None, ""), 1, lines, made.numbers))

    def _file(self, path: str, text: Embedded) -> None:
        """A file that is written whole."""
        self.host.files.pop(path, None)
        if path == SYSCTL_CONF or "/sysctl.d/" in path:
            self._settings(path, text)
            return
        self._part(path, text, path)

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
                self.note(seen)

    def write_lines(self, name: str) -> None:
        path = self.text("path", "dest", "destfile", "name")
        raw = self.raw("path", "dest", "destfile", "name") or ""
        if path is None or not _KNOWN_TARGET.search(path):
            if _KNOWN_TARGET.search(raw):
                self.note()
            return
        node = self.node("line", "value") if name == "lineinfile" else self.node("block", "content")
        settings, absent = path == SYSCTL_CONF or "/sysctl.d/" in path, self.text("state") == "absent"
        if self.uncertain or not isinstance(node, Scalar):
            self.note(node.seen if node is not None else None)
            return
        if name == "lineinfile" and not settings:
            self._line(path, self.written_text(node), absent=absent)
            return
        text = self.written_text(node)
        if settings and absent:
            key = canonical_key(text.text.partition("=")[0].strip())
            self.host.files.get(path, {}).pop(key, None)
        elif settings:
            self._settings(path, text)
        else:
            place = f"{path} {self.text('marker') or ''}"
            self.host.dumps.pop(place, None)
            if not absent:
                self._part(path, text, place)

    def _line(self, path: str, text: Embedded, *, absent: bool) -> None:
        """A line of a file that tasks write line by line: it takes the place of the one that `regexp` finds."""
        lines, wanted = list(self.host.effects.written(path)), self.text("regexp", "search_string") or ""
        # Where a line stands among others matters in any file but a script of commands.
        placed = self.raw("insertbefore", "insertafter") and not path.endswith("rc.local")
        if absent or placed or path in self.host.dumps or not is_known(text.text):
            self.note(text.node)
            return
        row = (text.text, text.outer(Seen("", 1, "")))
        try:
            places = [
                at for at, (line, _) in enumerate(lines) if wanted and len(wanted) < 200 and re.search(wanted, line)
            ]
        except re.error:
            self.note(text.node)
            return
        if places:
            lines[places[-1]] = row
        elif row[0] not in [line for line, _ in lines]:
            lines.append(row)
        self.host.effects.write(path, lines, append=False, whole=False)

    def _part(self, path: str, text: Embedded, place: str) -> None:
        """A part of a file, whose other lines are not known."""
        groups = self.host.variables.get("groups")
        of_inventory = isinstance(groups, dict) and self.host.name in groups.get("all", ())
        dumps = config_dumps(text.text, path, self.host.name if of_inventory else "")
        if dumps:
            self.host.dumps[place] = moved(dumps[0], text.outer)
        else:
            self.note()
