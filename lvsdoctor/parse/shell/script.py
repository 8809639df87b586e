"""A shell script or an init script: what `SCRIPT start` makes of a host."""

import re

from lvsdoctor.model.coverage import Origin, Unread
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.paste.prompts import prompt_in
from lvsdoctor.parse.reader import Dump
from lvsdoctor.parse.readers import readers_for
from lvsdoctor.parse.shell.effects import Effects
from lvsdoctor.parse.shell.interpreter import Interpreter
from lvsdoctor.parse.shell.sourcing import Opener, nothing
from lvsdoctor.parse.shell.state import Exhausted
from lvsdoctor.parse.shell.syntax import LARGEST_SCRIPT, MissingParser, parse
from lvsdoctor.parse.shell.words import Scope

__all__ = ["KIND", "NAME", "SHEBANG", "dump_of", "follow"]

SHEBANG = re.compile(r"#!\s*/\S*(?:env\s+(?:-\S+\s+)?|/)(?:ba|da|a|k|z)?sh\b")
_SCRIPT = re.compile(r"\.(?:sh|bash)$|(?:^|/)(?:rc\d?\.d|init\.d|if-(?:pre-)?up\.d)/|(?:^|/)rc\.local$")
_PROSE = re.compile(r"\s*(?:[-*>] +)?[A-Z][a-z]+,? [a-z]+ [\w(]|[^#]*[^\x00-\x7f]|```|[=-]{4,}$")
_COMMANDS = ("ipvsadm-save", "sysctl")  # their dumps may stand in a script, too
KIND = "shell-script"
NAME = "a shell script (`pip install lvsdoctor[golden]` reads it)"
_TOO_LONG = "a shell script that is too long to be read"
_PROGRAMS = r"(?:ifconfig|ip|route|sysctl|ipvsadm|arptables|ip6?tables|nmcli)"
_SIGNS = re.compile(rf"(?:^|[\s/;&|({{\"'`]){_PROGRAMS}(?:-\w+)?\s|/proc/sys/net|sysctl\.|keepalived|ifcfg|interfaces")


def follow(
    effects: Effects,
    text: str,
    where: str,
    first_line: int = 1,
    scope: Scope | None = None,
    open_file: Opener = nothing,
) -> None:
    """Runs the commands of a script on the host that `effects` stands for, with the variables of `scope`.

    Raises MissingParser.
    """
    text = text.replace("\r\n", "\n")
    lines = [""] * (first_line - 1) + text.split("\n")
    root = parse(text)
    try:
        Interpreter(lines, where, effects.run, first_line, scope, open_file).follow(root)
    except (Exhausted, RecursionError):
        effects.note(Seen(where, first_line, lines[first_line - 1]))


def dump_of(text: str, where: str, open_file: Opener = nothing) -> Dump | None:
    """What a script configures; None where it is a paste, in which prompts stand."""
    if _is_paste(text, where):
        return None
    first = Seen(where, 1, text.split("\n", 1)[0])
    if open_file is nothing and not _SIGNS.search(text):
        return Dump(origin=Origin.CONFIGURED)
    if len(text) > LARGEST_SCRIPT:
        return Dump(origin=Origin.CONFIGURED, unread_kinds=(Unread(KIND, _TOO_LONG, first),))
    effects = Effects()
    try:
        follow(effects, text, where, open_file=open_file)
    except MissingParser:
        return Dump(origin=Origin.CONFIGURED, unread_kinds=(Unread(KIND, NAME, first),))
    return effects.dump(Origin.CONFIGURED)


def _is_paste(text: str, where: str) -> bool:
    """Do prompts that name a host stand in it, or, where nothing says that it is a script, the output of commands?"""
    script = SHEBANG.match(text) is not None or _SCRIPT.search(where) is not None
    for line in text.split("\n")[:5000]:
        if ("@" in line or ":~" in line) and (prompt := prompt_in(line.strip())) and prompt.host:
            return True
        if not script and (_PROSE.match(line) or any(reader.name not in _COMMANDS for reader in readers_for(line))):
            return True
    return False
