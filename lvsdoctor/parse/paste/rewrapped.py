"""Lines that a mail program broke at its margin, or a terminal at its last column, are whole again, in the place of
the first part.

`2: eth0: <...> state UP group` and `default qlen 1000` below it are one line: no line of ip(8) begins so. A terminal
breaks within words, where the line is as long as no other is longer.
"""

import re

from lvsdoctor.parse.paste.patterns import pattern

# What has a value behind it: the next line begins with that.
_ASKS = (
    r"(?:mtu|qdisc|state|mode|group|qlen|master|link-netns|link-netnsid|brd|peer|scope|dev|via|proto|src|metric|table"
    r"|lladdr)"
)
_HEAD = pattern(r"\s{0,8}\d{1,6}: [^\s:]{1,40}: <[A-Z0-9_,-]*>")
_BELOW = pattern(r"\s{0,12}(?:link/\S+ |inet6? \S+[./:])")
_ROUTE = pattern(
    r"(?:default|[\d.]{7,15}(?:/\d{1,2})?|[0-9a-f:]{2,39}(?:/\d{1,3})?|(?:local|broadcast) \S+) (?:via|dev) "
)
_OPEN = pattern(rf".*\S {_ASKS}")
_LINK_WORDS = pattern(r"(?:mtu|qdisc|state|mode|group|default qlen|qlen|master|UNKNOWN|DOWN|UP)\b(?!: )")
_LINE_WORDS = pattern(
    r"(?:brd|scope|promiscuity|link-netns(?:id)?|peer|noprefixroute|dynamic|secondary|tentative|metric|addrgenmode"
    r"|numtxqueues|numrxqueues|gso_max_size|minmtu|allmulti|(?:global|host|link) \S{1,20}$)\b"
)
_ROUTE_WORDS = pattern(r"(?:dev|proto|scope|src|metric|onlink|linkdown|pref|table|advmss)\b \S")
# Is there such a line at all?
_BROKEN = pattern(
    r"\n\s{0,12}(?:\d{1,6}: \S+ <|link/|inet|default |[\d.]{7,}[ /]|[0-9a-f:]{2,39}[ /])[^\n]{24,}\n"
    r"(?:mtu|qdisc|state|mode|group|default|qlen|master|UNKNOWN|DOWN|UP|brd|scope|promiscuity|link-netns|peer|noprefixroute"
    r"|dynamic|secondary|tentative|metric|addrgenmode|num[tr]xqueues|gso_|minmtu|allmulti|global|host|link|dev|proto|src"
    r"|onlink|linkdown|pref|table|advmss|[\w.:/-]+[ \t]*\n)"
)
_MOST_PARTS = 6
# What begins a line of its own, which is no rest of the one above.
_ANEW = pattern(
    r"\s{2}|\t|\s?$|[-#$>*`:+=]|\d{1,6}: |[\w.-]+ = |(?:net|kernel|fs|vm)\.|(?:Prot|IP|TCP|UDP|FWM) "
    r"|(?:default|local|broadcast|multicast|unreachable|inet6?|link/\w+) |\[?[\w.-]+@[\w.-]+[:\s]"
    r"|\d{1,3}(?:\.\d{1,3}){3}(?:/\d+)? (?:dev|via) "
)


def rewrapped(lines: list[str], text: str) -> list[str]:
    """The lines, all in their places: where one was broken, its rest is in the first part. `text` is what they are
    together."""
    if columns := _columns(lines):
        lines = _unbroken(lines, columns)
    if not _BROKEN.search(text):
        return lines
    whole = list(lines)
    number = 0
    while number < len(whole):
        first = number
        number += 1
        if (more := _continued(whole[first])) is None:
            continue
        while number < len(whole) and number - first < _MOST_PARTS and _goes_on(whole[first], whole[number], more):
            whole[first] = f"{whole[first].rstrip()} {whole[number].strip()}"
            whole[number] = ""
            number += 1
    return whole


def _columns(lines: list[str]) -> int:
    """How many columns a terminal had that broke lines at its last one, 0 for none: most of the longest lines have a
    rest below them."""
    columns = max(map(len, lines))
    full = [number for number, line in enumerate(lines) if len(line) == columns]
    if not 60 <= columns <= 250 or len(full) < 3:
        return 0
    broken = sum(_is_rest(lines, number + 1, columns) for number in full)
    return columns if broken >= 3 and broken * 2 > len(full) else 0


def _is_rest(lines: list[str], number: int, columns: int) -> bool:
    return number < len(lines) and len(lines[number]) < columns and not _ANEW.match(lines[number])


def _unbroken(lines: list[str], columns: int) -> list[str]:
    whole = list(lines)
    for number, line in enumerate(lines):
        if len(line) == columns and _is_rest(lines, number + 1, columns):
            whole[number], whole[number + 1] = f"{line}{lines[number + 1]}", ""
    return whole


def _continued(line: str) -> re.Pattern[str] | None:
    """What the rest of such a line begins with; None for a line of another kind, and one that is no margin long."""
    if len(line) < 30:
        return None
    if _HEAD.match(line):
        return _LINK_WORDS
    if _BELOW.match(line):
        return _LINE_WORDS
    return _ROUTE_WORDS if _ROUTE.match(line) else None


def _goes_on(line: str, below: str, more: re.Pattern[str]) -> bool:
    if not below or below[0].isspace():
        return False
    if more.match(below):
        return True
    # A value alone, or with what follows it.
    return (
        _OPEN.fullmatch(line.rstrip()) is not None
        and below[0] not in "#$[<"
        and not (_HEAD.match(below) or _ROUTE.match(below))
    )
