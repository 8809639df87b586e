"""Shell scripts, redacted: what is read of them stays, and `:` stands where anything else did.

What is left out may decide whether a command runs, so the result is read again: where it does not tell the same as the
script, the script is left out as a whole.
"""

import re
from collections.abc import Iterator, Mapping

from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.paste.commands import simple_commands, words_of
from lvsdoctor.parse.paste.patterns import pattern
from lvsdoctor.parse.reader import Dump

LEFT_OUT = "what is read of this file depends on words that are not, so it is left out"

_SHEBANG = pattern(r"#!\s*/\S*(?:/|env\s+)(?:ba|da|a|k|z)?sh\b")
_COMMANDS = frozenset("ip ifconfig route sysctl ipvsadm arptables iptables ip6tables modprobe".split())
_PLAIN = _COMMANDS | frozenset(": true exit return break shift".split())
_WRITES = pattern(r"echo\s+[\"']?[\w$ {}]{1,40}[\"']?\s*>\s*[\"']?/proc/sys/net/[\w$/.{}-]{1,100}[\"']?")
# Of a branch whose condition is not kept nobody knows whether it is taken.
_BRANCH = pattern(r"(\s*(?:if|elif))\s")
_CONDITION = r"\[{1,2} +[\"']?\$\{?\w{1,40}\}?[\"']? +(?:=|==|!=|-eq|-ne) +[\"']?\w{1,20}[\"']? +\]{1,2}"
_FLOW = pattern(
    r"(?:then|else|fi|do|done|esac|;;|[{}])(?:\s*;)?"
    r"|case\s+[\"']?\$\{?\w{1,40}\}?[\"']?\s+in|[\w*| \"'-]{1,60}\)|\w{1,40}\s*\(\)\s*\{?|function\s+\w{1,40}\s*\{?"
    rf"|(?:if|elif)\s+{_CONDITION}(?:\s*;\s*then)?"
    r"|for\s+\w{1,40}\s+in\s+[\w$ {}./:\"'-]{1,400}?(?:\s*;\s*do)?"
)
# An address, a number, an interface or another variable: any other word may be a secret, or somebody's name.
_WORD = (
    r"(?:[0-9a-fA-F]*[.:][0-9a-fA-F.:]*(?:/\d{1,3})?|\d{1,10}|\$\{?\w{1,40}\}?|(?:/\w{1,9}){0,2}/s?bin/(?:ip\w*|sysctl|route|arptables)"
    r"|(?:lo|eth|en[ospx]|bond|team|br|vlan|tunl|dummy|gre|sit|em|kube-ipvs)[\w.:]{0,12}|tcp|udp|wl?c|w?rr|sh|dh|mh)"
)
_ASSIGNMENT = pattern(
    r"(?:export\s+|local\s+|readonly\s+)?[A-Za-z_]\w*="
    rf"(?P<quote>[\"']?)(?:{_WORD}(?:[ ,:]{_WORD}){{0,64}})?(?P=quote)\s*;?"
)
_NAMED = pattern(r"\s*[A-Za-z_]\w*=")
_OPERATOR = pattern(r"(\s*(?:\|\||&&|;(?!;)|\|)\s*)")
_COMMENT = pattern(r"\s+#.*$")


def kept_of_script(text: str, where: str) -> Iterator[Seen]:
    """The lines, each in its place."""
    goes_on = False
    for number, full in enumerate(text.split("\n"), 1):
        line = _COMMENT.sub("", full.rstrip())
        if number == 1 and full.startswith("#!"):
            match = _SHEBANG.match(full)
            yield Seen(where, number, match[0] if match else "#!/bin/sh")
        elif not line.strip() or line.lstrip().startswith("#"):
            goes_on = False
        elif (goes_on and not _OPERATOR.search(line)) or stays(line := _read_part(line)):
            goes_on = line.endswith("\\")
            yield Seen(where, number, line)
        else:
            branch = _BRANCH.match(line)
            yield Seen(
                where, number, f"{branch[1]} redacted{'; then' if line.endswith('then') else ''}" if branch else ":"
            )


def _read_part(line: str) -> str:
    """Without what follows the last command that is read: `ip addr add ... || mail ...`."""
    parts = _OPERATOR.split(line)
    if "'" in line or '"' in line or len(parts) < 3 or not stays(parts[0]):
        return line
    known = next((at for at in range(2, len(parts), 2) if not stays(parts[at])), len(parts) + 1)
    return "".join(parts[: known - 1]).rstrip()


def stays(line: str) -> bool:
    """Is all of this line read, or without effect?"""
    line = line.strip()
    if _FLOW.fullmatch(line) or _ASSIGNMENT.fullmatch(line) or _WRITES.fullmatch(line):
        return True
    # `NAME=value command`: nobody knows what the value is.
    if any(_NAMED.match(part) for part in _OPERATOR.split(line)):
        return False
    commands = list(simple_commands(words_of(line.removesuffix("\\"))))
    return bool(commands) and all(words[0].rpartition("/")[2] in _PLAIN for words in commands) and "<<" not in line


def tells_the_same(before: Dump | None, after: Dump | None) -> bool:
    """Has each fact as many rows, which are of the same kinds, and is as much of it not understood?"""
    if before is None or after is None:
        return False
    return _shape(before.facts) == _shape(after.facts) and (
        (before.partial is None, bool(before.unread), {kind.kind for kind in before.unread_kinds})
        == (after.partial is None, bool(after.unread), {kind.kind for kind in after.unread_kinds})
    )


def _shape(facts: Mapping[str, object]) -> dict[str, list[str]]:
    return {fact: [_form(row) for row in rows] for fact, rows in facts.items() if isinstance(rows, tuple | list)}


def _form(row: object) -> str:
    """The row without what is redacted: every word of it that holds a digit or a dot, and its line."""
    return re.sub(r"Seen\((?:[^()'\"]|'[^']*'|\"[^\"]*\")*\)|[0-9a-fA-F.:]+", "", repr(row))
