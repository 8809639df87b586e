"""Prompts of shells: whose they are, and the command that was typed behind them.

A prompt looks as its owner likes it. What is believed: USER@HOST in any dress, HOST with a directory, HOST alone where
the name or the command leaves no doubt, and without a host `# command` for a command that operators type.
"""

import re
from dataclasses import dataclass

from lvsdoctor.parse.paste.commands import SHOWING, is_known
from lvsdoctor.parse.paste.host_words import is_host_name
from lvsdoctor.parse.paste.patterns import pattern
from lvsdoctor.parse.words import read_ip

_SIGNS = "#$%>\u276f❱➜➤λ\u203a»→▶⟩"
_FANCY = "\u276f❱➜➤λ\u203a»→▶⟩"
# What has none of these, and rows that have one, are looked at no further: most lines are rows.
_SIGNED = re.compile(f"[{_SIGNS}\ue0b0\ue0b1+┌╭🌐]")
_ROW = re.compile(r"\d+: \S+: <|->\s+(?:[\d\[]|RemoteAddress)|[a-z]\w*\.[\w./-]+ = ")
_DAY = (
    r"(?:\d{4}[-/.]\d\d?[-/.]\d\d?|\d\d?[-/.]\d\d?(?:[-/.]\d\d(?:\d\d)?)?|"
    r"(?:[A-Z][a-z]{2},?\s)?(?:[A-Z][a-z]{2}\s+\d{1,2}|\d{1,2}\s[A-Z][a-z]{2}))"
)
_CLOCK = (
    r"\d{1,2}:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:\s?[AaPp]\.?[Mm]\.?)?"
    r"(?:Z|\s?[+-]\d\d:?\d\d)?(?:\s[A-Z]{3,4})?(?:\s\d{4})?"
)
# [12:00:01], (Sat Nov 21 12:00), 2026-01-01T12:00:00+01:00, <12:00>
_TIME = rf"(?:[\[({{<]\s?)?(?:{_DAY}[T ,]{{1,2}})?{_CLOCK}(?:\s?[\])}}>])?[\s|,-]*"
_HAS_TIME = pattern(r"\d:\d\d")
# The frames of two-lined prompts, a virtual environment, the status of the last command, a history number.
_LEAD = (
    rf"[┌╭└╰├│┃─╼╮(]*[\s-]?(?:{_TIME})?(?:\([\w.:/+ -]{{1,40}}\)[\s-]*)?"
    rf"(?:(?:\[\d{{1,5}}\]|[!(]?\d{{1,5}}(?![.\d])[)|!]?|[✔✘✗✓⚡●])\s*[|:]?\s*)?(?:{_TIME})?"
)
_USER = r"[A-Za-z_][\w.+-]{0,63}(?:\\[\w.-]{1,63})?"
_HOST = r"(?P<host>[^\W_](?:[\w.-]{0,62}\w)?)"
_GIT = r"(?:\s*(?:[\[(|\u2039]?(?:git|svn)?[:(]*[\w./+-]{1,60}[\])|\u203a]{1,2}|on\s\S{1,60}|[✗✘✔±*!?+↑↓⇡⇣]{1,4}))?"

_BRACKETED = pattern(
    rf"(?:{_LEAD})[\[({{<]\s?(?:{_TIME})?(?:{_USER})[@㉿]{_HOST}(?P<path>(?:[\s:,|]|-\[)[^\]#$]{{0,160}})?[\])}}>]"
    rf"(?:\s?{_TIME})?(?:-\[[^\]]{{0,160}}\])?{_GIT}\s?(?P<sign>[{_SIGNS}]|$)(?P<rest>.*)"
)
_PLAIN = pattern(
    rf"(?:{_LEAD})(?:{_USER})[@㉿]{_HOST}(?P<path>(?:[\s:]|(?=[~/\[(]))[^#$%>{_FANCY}]{{0,160}}?)?\s?(?P<sign>[{_SIGNS}])(?P<rest>.*)"
)
_PATH = pattern(rf":?\s*[\[(]?(?:in\s|MINGW\d\d\s)?(?:[~/]\S*(?: \S+){{0,2}}|[\w.+@-]*)[\])]?{_GIT}")
# rs1:~ #, rs1:/etc user$, host~#, host ~ #
_DIRECTORY = pattern(
    rf"(?:{_LEAD})\[?{_HOST}(?:(?P<colon>:)(?P<far>[~/](?!/)[^#$%>:{_FANCY}]{{0,160}}?)|\s?(?P<near>[~/](?!/)[^\s#$%>:{_FANCY}]{{0,160}}))"
    rf"(?P<close>\]?)(?:\s[\w-]{{1,32}})?(?:\s?{_TIME})?{_GIT}\s?(?P<sign>[{_SIGNS}])(?P<rest>.*)"
)
_ALONE = pattern(rf"(?:{_LEAD})(?P<open>\[?){_HOST}(?P<close>\]?)(?P<gap>\s?)(?P<sign>[{_SIGNS}])(?P<rest>.*)")
# The first line of a prompt of two.
_FIRST_OF_TWO = pattern(
    rf"(?:[┌╭]─*\s?[\[(]?|(?:{_USER}\s)?(?:in|at)\s🌐\s?)(?:{_USER}[@㉿])?{_HOST}[\])]?(?:(?:[\s:]|[-─]\[).{{0,160}})?"
)
# The same without a frame: `[root@rs1 ~]` above `# ip addr`. The line below tells.
_UNFRAMED = pattern(rf"[\[({{<]?{_USER}@{_HOST}[\])}}>]?(?:[\s:].{{0,80}})?")
_BARE = pattern(
    rf"(?P<lead>{_LEAD})(?P<shell>-?(?:ba|da|a|z|k|c|tc)?sh(?:-\d[\w.]*)?|\[?[~/](?!/)[^\s#$%>:@]{{0,80}}\]?)?\s?(?P<sign>[{_SIGNS}]|[+]{{1,4}}(?=\s))(?P<rest>.*)"
)
_SIGN_FIRST = pattern(
    rf"[{_FANCY}]\s+(?P<directory>[~/.\w-]{{1,60}}\s+)?(?:git:\(\S{{1,60}}\)\s+)?(?:[✗✔]\s+)?(?P<rest>\S.*)"
)
_SPACED = pattern(rf"# {_USER} @ {_HOST} in [~/].{{0,80}}")  # the theme ys of oh-my-zsh
# `From: Anna <anna@example.net>`, and other headers of a mail.
_MAIL = pattern(r"[A-Za-z][^<>#$%]{0,200}[\s,:]<[\w.+=-]{1,80}@[\w.-]{1,253}>,?")
# Programs that prompt with their own name. A host may be called so where its command leaves no doubt.
_PROGRAMS = pattern(
    r"(?:mysql|mariadb|redis|s?l?ftp|telnet|gdb|lldb|psql|sqlite|postgres|irb|python|node|virsh|"
    r"nmcli|nft|ceph|scapy|julia|php|mongo|rs0|test|admin|etcdctl|birdc?|vtysh|nslookup|dig|mutt|nc)",
    re.IGNORECASE,
)
_NO_HOSTS = pattern(r"(?:-?(?:ba|da|a|z|k|c|tc|fi)?sh(?:-\d.*)?|PS|br|p|div|h\d|li|td|tr|pre)", re.IGNORECASE)


def _is_no_host(name: str, command: str) -> bool:
    if _NO_HOSTS.fullmatch(name):
        return True
    return _PROGRAMS.fullmatch(name) is not None and SHOWING.match(command) is None


@dataclass(frozen=True, slots=True)
class Prompt:
    """The host that a prompt names ("" if it names none) and the command behind it ("" if nothing was typed)."""

    host: str
    command: str


def prompt_in(text: str) -> Prompt | None:
    """The prompt that this line begins with. The line has no blanks at either end."""
    if len(text) > 1000 or not _SIGNED.search(text) or _ROW.match(text):
        return None
    if "@" in text or "㉿" in text:
        if "<" in text and _MAIL.fullmatch(text):
            return None
        for pattern in (_BRACKETED, _PLAIN):
            if (found := pattern.match(text)) and (prompt := _of_user(found, pattern is _BRACKETED)):
                return prompt
        if "   " in text and (right := _right_prompt_in(text)) is not None:
            return right
    for pattern, judged in ((_DIRECTORY, _with_directory), (_ALONE, _alone), (_BARE, _bare)):
        if (found := pattern.match(text)) and (prompt := judged(found)):
            return prompt
    if found := _SIGN_FIRST.match(text):
        words = (found["directory"] or "").split()
        for command in (" ".join((*words, found["rest"])), found["rest"]):
            if is_known(command):
                return Prompt("", command)
    if text[0] in "┌╭" or "🌐" in text[:80]:
        first = _FIRST_OF_TWO.fullmatch(text)
        return Prompt(first["host"], "") if first else None
    from lvsdoctor.parse.paste.odd_prompts import odd_prompt_in

    odd = odd_prompt_in(text)
    return Prompt(*odd) if odd else None


def _right_prompt_in(text: str) -> Prompt | None:
    from lvsdoctor.parse.paste.odd_prompts import right_prompt_in

    right = right_prompt_in(text)
    return Prompt(*right) if right else None


def host_above(text: str, below: str) -> str:
    """The host of a prompt of two lines: `root@rs1 ~`, and below it a sign and a command."""
    first = (_UNFRAMED.fullmatch(text) or _SPACED.fullmatch(text)) if "@" in text and len(text) < 120 else None
    prompt = prompt_in(below) if first else None
    return first["host"] if first and prompt and not prompt.host and is_known(prompt.command) else ""


def _of_user(match: re.Match[str], bracketed: bool) -> Prompt | None:
    rest, sign = match["rest"], match["sign"]
    path = (match["path"] or "").strip()
    if not bracketed:
        if _HAS_TIME.search(path):
            path = re.sub(_TIME, "", path).strip()
        if not _PATH.fullmatch(path) or (sign in "%>" and re.match(r"\s*\d", rest)):
            return None
    elif not sign and not match.string.startswith(("┌", "╭")):
        return None
    command = rest.strip()
    # Without a blank behind its sign it could be a link with an anchor: git@host:a/b#12.
    if command and not rest[0].isspace() and not (bracketed or is_known(command) or _begins_as_command(rest)):
        return None
    if command[:1] and command[0] in _FANCY:
        command = command[1:].strip()
    clock = (
        re.match(rf"{_TIME}(?=\S)", command) if command[:1] in "[(" else None
    )  # of PS1, or what zsh puts to the right
    return Prompt(match["host"], _without_directory(command[clock.end() :] if clock else command, sign))


def _begins_as_command(rest: str) -> bool:
    return re.match(r"[a-z][\w./-]*(?:\s|$)", rest) is not None and not rest[0].isdigit()


def _without_directory(command: str, sign: str) -> str:
    """`root@rs1 ➜ ~ ip addr`: some put the directory behind the sign."""
    first, _, rest = command.partition(" ")
    return rest.strip() if sign in _FANCY and first[:1] in "~/" and first and is_known(rest) else command


def _with_directory(match: re.Match[str]) -> Prompt | None:
    host, rest = match["host"], match["rest"]
    command = rest.strip()
    if not (host[0].isalpha() or (read_ip(host) and (is_known(command) or not command))) or _is_no_host(host, command):
        return None
    home = (match["far"] or match["near"] or "").startswith("~")
    known = is_known(command)
    apart = not command or rest[0].isspace()
    if match["colon"] and match["sign"] != ">":
        certain = apart or known
    else:
        certain = known or (apart and (home or is_host_name(host)))
    return Prompt(host, _without_directory(command, match["sign"])) if certain else None


def _alone(match: re.Match[str]) -> Prompt | None:
    host, rest, sign = match["host"], match["rest"], match["sign"]
    command = rest.strip()
    if _is_no_host(host, command) or bool(match["open"]) != bool(match["close"]):
        return None
    if not re.search(r"[^\W\d]", host) and not (read_ip(host) and (is_known(command) or not (command or match["gap"]))):
        return None
    known, named = is_known(command), is_host_name(host)
    apart = not command or rest[0].isspace()
    if not host[0].isalpha() and not named:
        return None
    if sign in _FANCY:
        certain = named and (known or not command) if sign in "→»\u203a" else known or (named and apart)
        command = _without_directory(command, sign)
    elif match["gap"]:
        certain = named and known and not match["open"]
    elif match["open"]:
        certain = apart or known
    elif not command:
        certain = named or sign in "#$" or (host.islower() and len(host) > 2)
    else:
        certain = known if not apart else known or named
    return Prompt(host, command) if certain else None


def _bare(match: re.Match[str]) -> Prompt | None:
    command, sign, shell = match["rest"].strip(), match["sign"], match["shell"]
    if shell:
        # Nothing else looks like `bash-5.1# ` and `/ # `; a path with a comment behind it does.
        home = shell in ("/", "~") or shell.lstrip("-[").startswith(("bash", "sh", "ash", "~"))
        return Prompt("", command) if (home and sign in "#$%>") or is_known(command) else None
    if not command:
        alone = match.string.strip("└╰─╼ ") == sign and (sign != "#" or len(match.string) > 1)
        return Prompt("", "") if alone and sign in "#$%\u276f❱➜➤λ" else None
    return Prompt("", command) if is_known(command) else None
