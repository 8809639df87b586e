"""sysctl.d(5): the files that are applied at boot, and what their lines together make of a key.

systemd 252: src/sysctl/sysctl.c, src/basic/conf-files.c. The files' own order is all that counts, never the order in
which they were collected.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cached_property
from posixpath import normpath

from lvsdoctor.model.seen import Seen
from lvsdoctor.model.sysctl import IPV4_CONF_DEFAULTS, Setting, conf_key

# A file replaces those of the same name in the directories behind its own.
DIRECTORIES = ("/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d", "/lib/sysctl.d")
SYSCTL_CONF = "/etc/sysctl.conf"
# systemd-sysctl reads /etc/sysctl.conf where a link of sysctl.d leads to it; distributions call that so.
LINK_TO_SYSCTL_CONF = "99-sysctl.conf"
MASK = "/dev/null"

_IN_DIRECTORY = re.compile(r"(?:^|/)((?:etc|run|usr/local/lib|usr/lib|lib)/)?sysctl\.d/(.+)$")
_FLATTENED = re.compile(r"(?:^|[\W_])etc[_-]sysctl\.d[_-]([^/]+\.conf)(?:\.txt)?$")
_SYSCTL_CONF = re.compile(r"(?:^|/)(?!\d)(?:[^/]*[\W_])?sysctl\.conf(?:\.[\w-]+)?$")
_ANY_CONF = re.compile(r"(?:^|/)([^/]+\.conf)(?:\.txt)?$")
_SET_ASIDE = re.compile(
    r"(?:^|/)([^/]+\.conf(?:~|[.-](?:bak|back|backup|old|orig|saved?|sav|dist|disabled|off|swp|rpm\w+|dpkg-\w+|ucf-\w+|"
    r"sample|example)\S*))$"
)
_GLOB = re.compile(r"[*?\[]")
_OF_LINK = re.compile(r"(net\.ipv[46]\.conf)\.(.+)\.(\w+)$")


def conf_path(name: str) -> str:
    """The path on its host of a file that is applied at boot, by the name it has in a scan or on a command line.

    rs1/usr/lib/sysctl.d/50-default.conf is /usr/lib/sysctl.d/50-default.conf; where no directory tells, a *.conf is
    /etc/sysctl.d's. Empty for what is no such file.
    """
    if found := _IN_DIRECTORY.search(name):
        return f"/{found[1] or 'etc/'}sysctl.d/{found[2]}"
    if found := _SET_ASIDE.search(name):
        return f"/etc/sysctl.d/{found[1]}"
    if found := _FLATTENED.search(name):
        return f"/etc/sysctl.d/{found[1]}"
    if _SYSCTL_CONF.search(name):
        return SYSCTL_CONF
    found = _ANY_CONF.search(name)
    return f"/etc/sysctl.d/{found[1]}" if found else ""


def is_glob(text: str) -> bool:
    return _GLOB.search(text) is not None


@dataclass(frozen=True, slots=True)
class ConfiguredLine:
    """A line of such a file: `raw` is its value's text, None where it only excludes (`-key`); `file` is its file's
    path, empty where that is not known."""

    key: str
    raw: str | None
    seen: Seen
    file: str = ""

    @property
    def is_glob(self) -> bool:
        return is_glob(self.key)

    def matches(self, key: str) -> bool:
        """Is it about this key? A glob's `*` ends at a directory of /proc/sys, as in glob(3)."""
        if not self.is_glob:
            return self.key == key
        patterns, words = _components(self.key), _components(key)
        return len(patterns) == len(words) and all(map(fnmatchcase, words, patterns))

    @property
    def value(self) -> int:
        """The number that it sets, 0 where it only excludes. Raises ValueError if it is none."""
        return Setting(self.key, self.raw or "0", self.seen).value

    def setting(self, key: str) -> Setting | None:
        return None if self.raw is None else Setting(key, self.raw, self.seen)


def _components(key: str) -> list[str]:
    """The directories of /proc/sys: a link's dots are slashes in a key."""
    return [word.replace("/", ".").replace("[^", "[!") for word in key.split(".")]


@dataclass(frozen=True, slots=True)
class ConfiguredFile:
    """A file that is applied at boot; `leads_to` is what a link says instead, /dev/null where it masks others.

    `path` is empty, or has a glob in it, where only a command for several files tells where the lines come from. An
    `excerpt` is what grep and the like show of a file. `after_boot`: a script's, or typed commands, which come after
    all files, in the order in which they are given; these have no path.
    """

    path: str
    lines: tuple[ConfiguredLine, ...] = ()
    leads_to: str = ""
    excerpt: bool = False
    after_boot: bool = False

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def directory(self) -> str:
        return self.path.rpartition("/")[0]

    @property
    def target(self) -> str:
        """The path that a link leads to."""
        return normpath(f"{self.directory}/{self.leads_to}" if self.leads_to[:1] != "/" else self.leads_to)


def _once(files: Iterable[ConfiguredFile]) -> dict[str, ConfiguredFile]:
    """Each path once: what is shown again later replaces it; the parts of one file, and its link, come together."""
    by_path: dict[str, ConfiguredFile] = {}
    unknown: list[ConfiguredLine] = []
    for file in files:
        if file.after_boot:
            continue
        if not file.path:
            unknown += file.lines
            continue
        known = by_path.get(file.path)
        if known is None:
            by_path[file.path] = file
        elif not file.lines or not known.lines or file.excerpt or _interrupted(known, file):
            shown = {(line.key, line.raw) for line in known.lines if file.excerpt}
            lines = tuple(line for line in file.lines if (line.key, line.raw) not in shown)
            leads_to = known.leads_to or file.leads_to
            by_path[file.path] = replace(known, lines=known.lines + lines, leads_to=leads_to)
        else:
            by_path[file.path] = replace(file, leads_to=file.leads_to or known.leads_to)
    if unknown:
        by_path[""] = ConfiguredFile("", tuple(unknown))
    return by_path


def _interrupted(first: ConfiguredFile, second: ConfiguredFile) -> bool:
    """Did something in the middle of one file end its dump?"""
    where = {line.seen.where for line in (*first.lines, *second.lines)}
    return len(where) == 1 and conf_path(where.pop()) == first.path


def _resolved(file: ConfiguredFile, by_path: Mapping[str, ConfiguredFile]) -> ConfiguredFile:
    target = by_path.get(file.target) if file.leads_to else None
    return replace(file, lines=target.lines) if target is not None else file


def _rank(file: ConfiguredFile) -> int:
    return DIRECTORIES.index(file.directory) if file.directory in DIRECTORIES else len(DIRECTORIES)


class ConfiguredSysctl(Mapping[str, Setting]):
    """What the files of sysctl.d make of the keys, as systemd-sysctl computes it, each with the line that counts.

    `scopes` are the directories of conf/ that exist (all, default, the links): there globs apply. `files` are those
    that count, in their order. `assumed_link`: /etc/sysctl.conf counts only if a link that was not seen leads to it.
    """

    def __init__(self, files: Iterable[ConfiguredFile], scopes: Iterable[str] = ("all", "default")) -> None:
        files = tuple(files)
        self.given = tuple(sorted(_once(files).values(), key=lambda file: file.path))
        scripts = [file for file in files if file.after_boot]
        self.scopes = tuple(dict.fromkeys(scopes))
        by_path = {file.path: file for file in self.given}
        winners: dict[str, ConfiguredFile] = {}
        for file in sorted(self.given, key=_rank):
            # conf_files_list(): files of these directories themselves, with this suffix.
            if file.directory in DIRECTORIES and file.name.endswith(".conf") and not is_glob(file.name):
                winners.setdefault(file.name, file)
        linked = any(file.leads_to and file.target == SYSCTL_CONF for file in winners.values())
        self.assumed_link = SYSCTL_CONF in by_path and not linked and LINK_TO_SYSCTL_CONF not in winners
        if self.assumed_link:
            winners[LINK_TO_SYSCTL_CONF] = by_path[SYSCTL_CONF]
        several = [file for file in self.given if not file.path or is_glob(file.path)]
        applied = [_resolved(winners[name], by_path) for name in sorted(winners)]
        self.files = tuple(file for file in (*several, *applied, *scripts) if file.leads_to != MASK)

    # -- systemd-sysctl -------------------------------------------------------------------------------------------

    @cached_property
    def _options(self) -> Mapping[str, ConfiguredLine]:
        """parse_file(): a key's later line takes the place of an earlier one, unless it says the same."""
        options: dict[str, ConfiguredLine] = {}
        for line in self.lines:
            known = options.get(line.key)
            if known is None or known.raw != line.raw:
                options.pop(line.key, None)
                options[line.key] = line
        return options

    @cached_property
    def _globs(self) -> tuple[ConfiguredLine, ...]:
        return tuple(line for line in self._options.values() if line.is_glob and line.raw is not None)

    @cached_property
    def lines(self) -> tuple[ConfiguredLine, ...]:
        """All lines of the files that count, in the order in which they are read."""
        return tuple(line for file in self.files for line in file.lines)

    def deciding(self, key: str) -> ConfiguredLine | None:
        """The line that decides about a key: its own, also one that excludes it, or the last glob that matches."""
        own = self._options.get(key)
        return own or next((line for line in reversed(self._globs) if line.matches(key)), None)

    def about(self, key: str) -> tuple[ConfiguredLine, ...]:
        """All lines about a key, globs too, in the order in which they are read."""
        return tuple(line for line in self.lines if line.matches(key))

    def setting(self, key: str) -> Setting | None:
        """What the files make of any key, also of a link that was not seen; None where they leave it alone."""
        line = self.deciding(key)
        return line.setting(key) if line is not None else None

    def position(self, line: ConfiguredLine) -> int:
        """When the line is applied, among the lines of all files."""
        return self.lines.index(line)

    # -- sysctl(8) of procps --------------------------------------------------------------------------------------

    @cached_property
    def _of_procps(self) -> Mapping[str, ConfiguredLine]:
        """`sysctl --system`: /etc/sysctl.conf last of all, and a later `-key` deletes nothing (procps 4.0.2)."""
        conf = next((file for file in self.given if file.path == SYSCTL_CONF), None)
        options: dict[str, ConfiguredLine] = {}
        for line in (*self.lines, *(conf.lines if conf else ())):
            if line.raw is not None or line.key not in options:
                options.pop(line.key, None)
                options[line.key] = line
        return options

    def deciding_for_procps(self, key: str) -> ConfiguredLine | None:
        """The line that decides where sysctl(8) applies the files."""
        options = self._of_procps
        globs = [line for line in options.values() if line.is_glob and line.raw is not None and line.matches(key)]
        return options.get(key) or next(reversed(globs), None)

    # -- the face of a table --------------------------------------------------------------------------------------

    @cached_property
    def _values(self) -> Mapping[str, Setting]:
        keys = [key for key in self._options if not is_glob(key)]
        for line in self._globs:
            last = line.key.rpartition(".")[2]
            names = [*IPV4_CONF_DEFAULTS] if is_glob(last) else [last]
            spread = [conf_key(scope, name, family) for family in (4, 6) for scope in self.scopes for name in names]
            keys += [key for key in ("net.ipv4.ip_forward", *spread) if line.matches(key)]
        settings = ((key, self.setting(key)) for key in dict.fromkeys(keys))
        return {key: setting for key, setting in settings if setting is not None}

    def __getitem__(self, key: str) -> Setting:
        return self._values[key]

    def __contains__(self, key: object) -> bool:
        return key in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def link_scopes(keys: Iterable[str]) -> Iterator[str]:
    """The names of links that stand in keys of `sysctl -a`."""
    for key in keys:
        if (found := _OF_LINK.fullmatch(key)) and not is_glob(found[2]):
            yield found[2].replace("/", ".")


def configured_sysctl(
    files: Iterable[Sequence[ConfiguredFile]], links: Iterable[str], runtime: Iterable[str] = ()
) -> ConfiguredSysctl:
    """The fact configured-sysctl of a node: of all dumps of its files, its links' names and its runtime keys."""
    names = dict.fromkeys(("all", "default", *links, *link_scopes(runtime)))
    return ConfiguredSysctl([file for rows in files for file in rows], names)
