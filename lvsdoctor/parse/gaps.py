"""What shows that a dump is not whole: the command that asked for a part, an elision, a line that is no row.

The first law of evidence: what is not there may be concluded from a whole dump alone. So everything visible that could
have kept a row back makes a dump partial, and names the line that shows it.
"""

import re
from collections.abc import Iterable, Mapping

from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.paste.patterns import pattern

FILTERED = "{program} may have left out lines of the output"
NARROWED = "`{command}` shows only a part"
FAMILY_ONLY = "`{command}` shows only IPv{family}"
ELIDED = "lines were left out here"
UNREAD = "this line was not understood"
NO_BEGINNING = "the beginning of the output is missing"
NO_END = "the end of the output is missing"
CUT = "this line is cut off"
NO_LOOPBACK = "the output does not show interface lo, which every host has"
FEW_KEYS = "the output is not that of a whole `sysctl -a`"
REFUSED = "the user was not allowed to read {key}"
NO_ADDRESS = "this line has a name instead of an address"

# Behind a pipe, these show every line that they are given.
_SHOW_ALL = frozenset("less more most cat tee column nl sort pr expand ccze lolcat xclip xsel pbcopy ts".split())
# These show a part of what they read, without a pipe as well.
_SHOW_PART = frozenset("grep egrep fgrep zgrep rg ack awk gawk mawk sed head tail cut tr uniq wc strings jq".split())
_CARRIERS = frozenset({"sudo", "time", "command", "busybox", "xargs"})


def filter_in(line: str) -> str:
    """The program that may have kept lines of a command's output back, "" for none: `ip addr | grep inet`.

    What stands behind | or |& counts, and a command that is a filter itself (`grep . /proc/sys/...`).
    """
    for call in line.split("|")[1:]:
        words = [word for word in re.split(r"[\s&'\"()]+", call) if word]
        while words and words[0] in _CARRIERS:
            del words[0]
        program = words[0].rpartition("/")[2] if words else ""
        if program and program not in _SHOW_ALL:
            return program
    return ""


def by_filter(command: tuple[str, ...], whole: bool, seen: Seen | None) -> Partial | None:
    """Why the output of this echoed command may lack lines; `whole` is false where its line has a pipe."""
    program = command[0] if command and command[0] in _SHOW_PART else ""
    if not program and not whole and seen is not None:
        program = filter_in(seen.text)
    return Partial(FILTERED, seen, {"program": program}) if program else None


def narrowed(command: Iterable[str], seen: Seen | None, *, family: int | None = None) -> Partial:
    """The command itself asked for a part: a link, a table, a key, a family."""
    fields: Mapping[str, str] = {"command": " ".join(word for word in command if word != "|")}
    if family is None:
        return Partial(NARROWED, seen, fields)
    return Partial(FAMILY_ONLY, seen, {**fields, "family": str(family)})


# -- lines that stand for others --------------------------------------------------------------------------------------

_AROUND = " \t[](){}<>*_=~#;!/|+-^`'\"\uff08\uff09【】《》「」"  # the full-width parentheses, too
_DOTS = pattern(r"\.{2,}|\.(?: \.)+|[…‥⋮⋯]+|。{2,}")
_LEFT_OUT = pattern(
    r"(?:(?:the |and |some |many |other |few |more |rest |of |remaining |further |irrelevant |unrelated |\d+ )*"
    r"(?:lines?|output|rows?|entries|entry|interfaces?|links?|services?|servers?|parts?|stuff|content|text|it|rest)? ?"
    r"(?:was |were |is |are |has been |have been )?"
    r"(?:snip(?:ped|p|pet)?|omitted|omit|elided|ellipsis|cut(?: here| off| out)?|truncated|skip(?:ped|ping)?|removed"
    r"|deleted"
    r"|redacted|stripped|left out|hidden|trimmed|shortened|abridged|masked|censored|scissors)"
    r"(?: (?:here|output|lines?|for brevity|for clarity|for readability|by me|content|text))*"
    r"|etc|etcetera|and so on|and more|\d+ more(?: lines?| rows?)?|same as above|output continues|continued"
    r"|(?:以下|以上|中间|此处|其他|其它|其余|部分|内容|输出|中|前|後|后|下|上)*(?:省略|略)(?:了|掉)?(?:\d+行|若干行|部分|内容|输出)?|等等?)",
    re.IGNORECASE,
)
# ip(8) and ipvsadm(8) say themselves that rows are missing.
_INTERRUPTED = pattern(
    r"Dump (?:was interrupted|terminated)|Message truncated|Memory allocation problem|EOF on netlink", re.I
)


def is_elision(line: str) -> bool:
    """Does this line stand for others that were left out? `...`, `[snip]`, `--snip--`, `(12 lines omitted)`, `省略`.

    A line of dashes or tildes alone does not: it is a rule between two parts.
    """
    if len(line) > 200:
        return False
    core = line.strip(_AROUND)
    if _DOTS.fullmatch(core) or _INTERRUPTED.match(core):
        return True
    core = core.strip(".…:。, -").strip(_AROUND)
    if not core or len(core) > 70 or not _LEFT_OUT.fullmatch(core):
        return False
    # A lone word may be prose or a value; brackets, dots or dashes around it, or a second word, make it a mark.
    return " " in core or not core.isascii() or core.lower().startswith(("snip", "etc")) or core != line.strip()


# A pager's last line: what follows it was not shown. In the midst of a dump it hides nothing.
_PAGER = pattern(r"-*--More--.*|lines \d+-\d+(?:/\d+ .*)?")
_SHOWN_TO_THE_END = pattern(r"\(END\)|100%")

_NO_ROW = pattern(
    r"\[\s*\d+\.\d{3,6}\]"  # the kernel's log on a console
    r"|<\d{1,3}>\[?"
    r"|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d "  # syslog
    r"|\d{4}-\d\d-\d\d[T ]\d\d:\d\d"
    r"|Message from syslogd@| ?kernel:|Broadcast message from "
    r"|-?(?:ba|z|k|da|a)?sh: |sudo: |You have (?:new )?mail|Last login: |\^C$|Connection to \S+ closed"
    r"|Warning: (?:Permanently|Using a password)|WARNING: (?:terminal|apt|Retrying)|\[(?:WARNING|DEPRECATION WARNING)\]"
    r"|Creating debugging pod |If you don't see a command prompt|Defaulted container |Unable to use a TTY"  # kubectl
    r"|RTNETLINK answers: |perl: warning|(?:bash|sh): warning|tput: |mesg: |stty: "
    r"|\\|/{2,}|[-=~_^*+<>#│┃\s]{3,}$|<-+|\^"  # a rule, an arrow to the line above, a remark
    r"|</?[a-z]{1,10}>|\{(?:code|noformat|quote)|\[/?(?:code|quote|pre)\]"  # of a forum or a ticket
)
# What rows begin with, and anything that is indented.
_LIKE_A_ROW = pattern(
    r"\s+\S|\d{1,10}:\s|->|inet6?\b|link/|(?:TCP|UDP|SCTP|FWM)\b|default\b|nexthop\b|[-:][A-Za-z]|net[./]\w"
    r"|(?:\d{1,3}|[xX*]{1,3})(?:\.(?:\d{1,3}|[xX*]{1,3})){1,3}|[0-9a-f]{0,4}:[0-9a-f:]{2,}"
    r"|(?:local|broadcast|unicast|multicast|blackhole|unreachable|prohibit|throw)(?:\s|$)"
)


# Three stars below a row stand for more rows, or else part two texts. A fence of tildes is not indented.
_STARS = pattern(r"\s*\*(?: ?\*){2,8}\s*|\s+~{3,8}\s*")


def may_stand_for_rows(line: str) -> bool:
    """Directly below a row these stand for others."""
    return _STARS.fullmatch(line) is not None


def is_pager(line: str) -> bool:
    line = line.strip()
    return _PAGER.match(line) is not None and _SHOWN_TO_THE_END.search(line) is None


def may_be_row(line: str) -> bool:
    """Could this line, which stands between the rows of a dump, be one of them that was damaged?"""
    text = line.strip()
    return bool(text) and _NO_ROW.match(text) is None and _PAGER.match(text) is None


def resembles_row(line: str) -> bool:
    """Does this line, directly below a dump, begin as rows do?"""
    return may_be_row(line) and _LIKE_A_ROW.match(line.strip("*_`") if line[:1] in "*_`" else line) is not None


# What a shell, sudo or a program itself says before its output.
_BEFORE_OUTPUT = pattern(r"\[sudo\]|[Pp]assword\b|[\w./-]{1,40}: |[A-Z]\w*: |.*:$")


def may_be_first_row(line: str, *, below_command: bool) -> bool:
    """Could this line, directly above the first that a dump's reader took, be a row of it that was damaged?

    Where it is `below_command`, nothing but the command's output stands there; elsewhere it has to begin as rows do.
    """
    text = line.strip()
    if not may_be_row(text) or len(text) > 400:
        return False
    return _LIKE_A_ROW.match(text) is not None or (below_command and _BEFORE_OUTPUT.match(text) is None)
