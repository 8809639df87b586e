"""Tests of a script, `[ "$1" = start ]`: what they say where the text alone decides it."""

import re
from collections.abc import Sequence

from lvsdoctor.parse.shell.command import FIRST, ShellCommand, is_unknown
from lvsdoctor.parse.shell.effects import has_effect
from lvsdoctor.parse.shell.sourcing import Opener, there
from lvsdoctor.parse.shell.tokens import tokens
from lvsdoctor.parse.shell.words import Scope, expanded

_START = "start"
# Beside commands that set something up these are taken to succeed: a script that stops there sets nothing up.
_SUCCEED = frozenset("echo printf true : sleep cd modprobe logger touch mkdir rm cp chmod . source date clear".split())
_BRACKETS = frozenset({"[", "]", "[[", "]]", "test"})
_LOOKS = re.compile(
    r"(?:!\s*)?(?:sudo\s+)?(?:/\S*/)?(?:ip(?:\s+-\S+)*\s+(?:a|addr|address|l|link|r|ro|route|ru|rule)\b(?!\s+(?:add|del|flush|set|rep))"
    r"|ifconfig|route|ipvsadm\s+(?:-[Ll]\w*|-Sn?|--list)|arptables(?:-save|\s+-\w*[LS]\w*)|iptables(?:-save|\s+-\w*[CLS]\w*))\b"
    r"[^|;&<>]*(?:2>\s*(?:/dev/null|&1)\s*)?\|\s*(?:/\S*/)?(?:[ef]?grep)\s[^|;&]*"
)
_NUMBER = re.compile(r"-?\d{1,9}")


def succeeds(commands: Sequence[ShellCommand], text: str, scope: Scope, open_file: Opener) -> bool | None:
    """Does a pipeline succeed? None where that is not known."""
    if commands[-1].program in ("test", "[", "false"):
        return tested(text, scope, open_file) if len(commands) == 1 else None
    return True if commands[-1].program in _SUCCEED or has_effect(commands) else None


def tested(text: str, scope: Scope, open_file: Opener) -> bool | None:
    """What a test says, of a file of the scanned tree as well."""
    outcome = holds(text, scope)
    return there(text, scope, open_file) if outcome is None else outcome


def holds(text: str, scope: Scope) -> bool | None:
    """Is it true? None where a file, a user or an unknown value decides it."""
    if text.strip() in ("true", ":", "false"):
        return text.strip() != "false"
    words = [raw for raw, _ in tokens(text[:1000]) if raw not in _BRACKETS]
    turned = words[:1] == ["!"]
    outcome = _simple([expanded(raw, scope) for raw in (words[1:] if turned else words)])
    return None if outcome is None else outcome is not turned


def looks_for_own(text: str) -> bool | None:
    """Does it only look whether an address, a service or the like is there already? What a script adds where it is not
    there is not there before. None for anything else."""
    return True if _LOOKS.fullmatch(text.strip()[:1000]) else None


def _simple(words: list[str]) -> bool | None:
    if len(words) == 2 and words[0] in ("-n", "-z"):
        if FIRST in words[1]:
            return words[0] == "-n"
        return None if is_unknown(words[1]) else (words[1] != "") is (words[0] == "-n")
    if len(words) != 3:
        return None
    first, operator, second = (_START if word == FIRST else word for word in words)
    if is_unknown(first) or is_unknown(second):
        return None
    if operator in ("=", "=="):
        return first == second
    if operator == "!=":
        return first != second
    if operator in ("-eq", "-ne") and _NUMBER.fullmatch(first) and _NUMBER.fullmatch(second):
        return (int(first) == int(second)) is (operator == "-eq")
    return None
