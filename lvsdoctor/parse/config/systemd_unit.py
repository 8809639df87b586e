"""*.service of systemd and their drop-ins: what starting the service does to the host (systemd.service(5)).

ExecStartPre=, ExecStart= and ExecStartPost= run in this order, whatever the order of their lines; ExecStop= does not. A
script that one of them names is read where it lies in the tree, with what Environment= says where the unit has any.
Nothing is executed.
"""

import re
import shlex
from collections.abc import Iterator, Sequence

from lvsdoctor.model.coverage import Origin, Unread
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.config.embedded import Embedded
from lvsdoctor.parse.config.host_commands import Effects, MissingParser, run_script
from lvsdoctor.parse.config.ini_text import IniText, IniValue, ini_text
from lvsdoctor.parse.config.network import file_name, set_aside
from lvsdoctor.parse.reader import Dump
from lvsdoctor.parse.shell.command import SHELLS, UNKNOWN, ShellCommand
from lvsdoctor.parse.shell.lines import inner_command, pipelines_of
from lvsdoctor.parse.shell.script import SHEBANG, follow
from lvsdoctor.parse.shell.sourcing import Opener, assignments_in, nothing
from lvsdoctor.parse.shell.words import Scope

_UNIT = re.compile(r"\.service$|\.service\.d/[^/]+\.conf$")
_STARTS = ("ExecCondition", "ExecStartPre", "ExecStart", "ExecStartPost")
_PREFIXES = "@-:+!|"
_ASSIGNMENT = re.compile(r"(?P<name>[A-Za-z_]\w*)=(?P<value>.*)", re.ASCII | re.DOTALL)
_VARIABLE = re.compile(r"\$\$|\$\{(?P<name>\w+)\}", re.ASCII)
_WHOLE = re.compile(r"\$(?P<name>[A-Za-z_]\w*)", re.ASCII)
_SPECIFIER = re.compile(r"%(.)")
_RESTORES = frozenset({"ipvsadm-restore", "iptables-restore", "ip6tables-restore", "arptables-restore"})
_LONGEST = 20_000  # of a command
_MOST = 2000  # commands


def dump_of(
    text: str, where: str, drop_ins: Sequence[tuple[str, str]] = (), open_file: Opener = nothing
) -> Dump | None:
    """What starting the service makes of its host; None for a text that is no unit of a service. `drop_ins` are the
    names and texts of the files that add to it, in their order; EnvironmentFile= is read where `open_file` has it."""
    ini = ini_text(text, where, continued=True)
    for name, more in drop_ins:
        added = ini_text(more, name, continued=True)
        ini = IniText((*ini.sections, *added.sections), (*ini.unread, *added.unread))
    named = _UNIT.search(where) is not None
    if not any(True for _ in ini.named("Service")) or (ini.unread and not named):
        return None
    if not named and (copy := set_aside("unit", "a systemd unit", text, where)) is not None:
        return copy
    effects, scope = Effects(), _environment(ini, open_file)
    instance = file_name(where).removesuffix(".service").partition("@")[2] or UNKNOWN
    missing: list[Unread] = []
    for value in _commands(ini):
        for words in _command_lines(value, scope, instance):
            try:
                if not _run_file(effects, words, scope, open_file):
                    _run(effects, words, value.seen, scope)
            except MissingParser:
                missing.append(
                    Unread("unit", "a script in a systemd unit (`pip install lvsdoctor[golden]` reads it)", value.seen)
                )
    dump = effects.dump(Origin.CONFIGURED)
    return Dump(dump.facts, dump.unread, origin=dump.origin, partial=dump.partial, unread_kinds=tuple(missing))


def _commands(ini: IniText) -> Iterator[IniValue]:
    """The lines that run at the start, in the order in which they do; an empty one takes back those above it."""
    return (value for value in [value for key in _STARTS for value in _all(ini, key)][:_MOST])


def _all(ini: IniText, key: str) -> Iterator[IniValue]:
    """All lines of a key, also those of other sections of the name: an empty one takes back those above it."""
    kept: list[IniValue] = []
    for section in ini.named("Service"):
        for value in section.values:
            if value.key == key:
                kept = [*kept, value] if value.value else []
    return iter(kept)


def _environment(ini: IniText, open_file: Opener) -> Scope:
    """Environment=, and then the files of EnvironmentFile=, which count before it."""
    scope = Scope()
    for value in _all(ini, "Environment"):
        for word in _split(value.value):
            if match := _ASSIGNMENT.fullmatch(word):
                scope.set(match["name"], _SPECIFIER.sub(lambda m: "%" if m[1] == "%" else UNKNOWN, match["value"]))
    for value in _all(ini, "EnvironmentFile"):
        opened = open_file(value.value.removeprefix("-"))
        if opened is None:
            for name in list(scope.variables):  # what it sets is not known
                scope.set(name, UNKNOWN)
        for name, text in assignments_in(opened[1]) if opened is not None else ():
            scope.set(name, text)
    return scope


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text[:_LONGEST])
    except ValueError:
        return []


def _command_lines(value: IniValue, scope: Scope, instance: str) -> Iterator[list[str]]:
    """The commands of a line, which a `;` of its own parts, each with its words."""
    line: list[str] = []
    for word in [*_split(value.value), ";"]:
        if word != ";":
            line.append(word)
            continue
        if line:
            first = line[0].lstrip(_PREFIXES)
            prefixes = line[0][: len(line[0]) - len(first)]
            rest = line[2:] if "@" in prefixes else line[1:]
            words = [first, *rest] if first else rest
            yield [part for word in words for part in _expanded(word, scope, instance, plain=":" in prefixes)]
        line = []


def _expanded(word: str, scope: Scope, instance: str, *, plain: bool) -> list[str]:
    """`$VIPS` as a word of its own is split, `${VIP}` is not (systemd.service(5), COMMAND LINES)."""
    word = _SPECIFIER.sub(lambda match: {"%": "%", "i": instance, "I": instance}.get(match[1], UNKNOWN), word)
    if plain:
        return [word]
    if match := _WHOLE.fullmatch(word):
        return scope.plain(match["name"]).split() or [""]
    return [_VARIABLE.sub(lambda match: scope.plain(match["name"]) if match["name"] else "$", word)]


def _run_file(effects: Effects, words: list[str], scope: Scope, open_file: Opener) -> bool:
    """Is it a script of the same tree? It is followed with the unit's environment. Raises MissingParser."""
    named = words[1:] if words and words[0].rpartition("/")[2] in SHELLS else words
    opened = open_file(named[0]) if named and named[0].startswith("/") else None
    if opened is None or not (named is not words or SHEBANG.match(opened[1])):
        return False
    follow(effects, opened[1], opened[0], scope=Scope(dict(scope.variables), tuple(named[1:])), open_file=open_file)
    return True


def _run(effects: Effects, words: list[str], seen: Seen, scope: Scope) -> None:
    """Raises MissingParser."""
    if not words:
        return
    command = ShellCommand(tuple(words), seen)
    inner = inner_command([command])
    if inner is None:
        if command.carried().program not in _RESTORES:
            effects.run([command])
        return
    known = Scope(dict(scope.variables))
    pipelines = pipelines_of(inner, seen, known) if "\n" not in inner else None
    if pipelines is None:
        variables = {name: value for name, value in scope.variables.items() if isinstance(value, str)}
        run_script(effects, Embedded(inner, seen), {n: v for n, v in variables.items() if UNKNOWN not in v})
        return
    # What they restore stands in a file of its own, which is read where the tree holds it.
    effects.run_all(
        pipeline for pipeline in pipelines if not any(one.carried().program in _RESTORES for one in pipeline)
    )
