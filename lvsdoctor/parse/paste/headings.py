"""Headings that people and tools put above the dumps of a host: `Real server 1:`, `=== rs1 ===`, `==> rs1/ip.txt <==`.

A heading is a short line of its own. It names a host by a word that says what the host is to LVS, by a name that is no
other word, or it encloses a name. What a dump prints, and what is prose, does none of these.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from shlex import quote

from lvsdoctor.parse.paste.commands import SHOWING
from lvsdoctor.parse.paste.file_names import host_in_path, is_dump_name
from lvsdoctor.parse.paste.host_words import host_named, is_host_name, is_role
from lvsdoctor.parse.paste.patterns import pattern
from lvsdoctor.parse.paste.phrases import host_in_phrase, is_phrase, names_no_host
from lvsdoctor.parse.words import read_ip

_LONGEST = 100
# head and tail, more; bat and others say it in a word.
_FILE = pattern(
    r"==> (?P<path>\S.*?) <==|:{5,} ?(?P<more>\S+) ?:{5,}|(?:File|file|FILE|文件)\s*[:\uff1a]\s*(?P<named>\S+)"
)
_BOTH_SIDES = pattern(
    r"(?P<sign>[=\-*#~+_>:<|.%/─━═]{2,})\s*(?P<text>[^\s=\-*#~+_>:<|─━═].*?)\s*[=\-*#~+_<:>|.%/─━═]{2,}"
)
_ENCLOSED = pattern(
    r"[=\-*#~+ ]*(?:【(?P<a>.+)】|「(?P<b>.+)」|『(?P<c>.+)』|《(?P<d>.+)》|〖(?P<e>.+)〗|\uff3b(?P<f>.+)\uff3d"
    r"|\[(?P<g>[^\[\]]+)\]|<(?P<h>[^<>]+)>|(?<!\*)\*(?P<i>[^*]+)\*)[=\-*#~+ :\uff1a]*"
)
_LEADING_SIGN = pattern(
    r"(?P<sign>#{1,6}(?=[^#!])|[=*+]{2,}>?|-{2,}>?(?=\s)|>{3,}|h[1-6]\.(?=\s))\s*(?P<text>[^\s#].*?)\s*[:\uff1a=#*<-]*"
)
_COUNTED = pattern(
    r"(?:[a-h]\)\s|\(?\d{1,2}[.)、]|[一二三四五六七八九十]{1,2}[、.\uff0e]|[①-⑳]|[\uff08(][一二三四五六七八九十\d]{1,2}[\uff09)]|[-*•·▪]\s|[Ss]tep\s\d+[:.]?|步骤\s?\d+[:\uff1a.]?)\s*"
)
_COLON = pattern(r"(?P<text>[^:\uff1a]{2,60}?)\s*[:\uff1a]")
_ON = pattern(
    r"(?P<lead>.{0,48})(?:^|\b|(?<=\W))(?:on|from|at|of|@)\s+(?:(?:the\s+)?(?:host|node|server|machine)\s+(?=\S+$))?(?P<who>\S.{0,40})",
    re.IGNORECASE,
)
_BEFORE_PLACE = pattern(r".{0,48}\b(?:on|from|at|of)\s+", re.IGNORECASE)
_KIND = pattern(
    r"(?:host|hostname|host name|node|machine|server|box|vm|guest|container|主机|主机名|节点|机器)"
    r"[\s:\uff1a=]+(?:>\s*)?(?P<who>\S+)",
    re.IGNORECASE,
)
_TOPIC = pattern(
    r"(?:(?:the\s+)?(?:output|config|configuration|settings?|dumps?|evidence|info|information|state|status|side|details?|commands?|console|"
    r"terminal|shell|session|results?|network|addresses|routes|rules|sysctls?|kernel\s+settings|interfaces|links|ipvs\s+table|table|"
    r"arp\s+settings|(?:/etc/keepalived/)?keepalived(?:\.conf)?|vrrp|script|files?|diagnostics?|says|shows|gives|is|here|now|before|after|输出|配置|信息|结果|设置)\s*)+",
    re.IGNORECASE,
)
# What stands between a host and what is shown of it.
_BETWEEN = pattern(
    r"(?:'s|\u2019s)?\s*[-\u2013:\uff1a,\uff0c|/>]*\s+|\s*[-\u2013:\uff1a,\uff0c|/>]+\s*|(?:'s|\u2019s)\s+"
)
# `keepalived.conf for lb1`: of a topic alone, "for" names whose it is.
_FOR = pattern(r"(?P<topic>.{2,60}?)\s+for\s+(?P<who>\S.{0,40})", re.IGNORECASE)
_BEHIND = pattern(r"(?P<command>.{2,60}?)\s*[(\[\uff08](?P<who>[^()\[\]\uff08\uff09]{2,40})[)\]\uff09]")
_RULE = pattern(r"[-=#*~_:+─━═]{3,80}")
_LEAD_WORDS = pattern(
    r"(?:(?:and|now|then|next|also|finally|here's|here is|here are|here|this is|that is|same for|the same for|my|our)"
    r"[,\s]+)+",
    re.IGNORECASE,
)
# Without a colon: `on the client machine`, `same on rs2`, `ip a from real server`.
_PLACED = pattern(
    r"(?:(?:and|now|then|next|also|finally|here|the|same|again|output|result|this is)[,\s]+)*"
    r"(?P<command>(?:ip|ipvsadm|sysctl|arp|route|netstat|ss|ifconfig|arptables|iptables)\s\S.{0,30}?\s)?"
    r"(?:on|from|at)\s+(?P<who>.{2,40})",
    re.IGNORECASE,
)
_SIGNS_AROUND = pattern(r"^[^\w\[\uff08]+|[^\w\])\uff09]+$")
_LONE_LEAD = pattern(
    r"(?:(?:here(?:'s| is) what|the|host(?:[ -]?name)?|node|vm|machine|server|box|guest|container|instance|system|name|"
    r"ssh|rs|lb|lvs|ipvs|dr)(?:\s*[:=\uff1a]\s*|\s+))+",
    re.IGNORECASE,
)
_LONE_END = pattern(r"\s+(?:shows|says|gives|prints|has)$", re.IGNORECASE)
_SHORT_ROLE = pattern(r"(?:rs|lb|ds|dr|vs|lvs|ipvs|real[-_ ]?server|director|node|web)[-_ ]?\d{1,3}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Heading:
    """The host that a heading names ("" where it names a command alone) and the command whose output follows ("")."""

    host: str
    command: str = ""


def heading_in(text: str, *, comment: bool = False) -> Heading | None:
    """The heading that this line is; it has no blanks at either end.

    In a `comment` of a file of settings a role is no heading ("## LVS real server ##" is what the settings are for).
    """
    if not 2 <= len(text) <= _LONGEST:
        return None
    if file := _FILE.fullmatch(text):
        path = file["path"] or file["more"] or file["named"]
        host = host_in_path(path)
        return None if file["named"] and not host else _of_file(host, path)
    for content, enclosed in _contents(text):
        if heading := _named(content, enclosed=enclosed):
            if comment and is_role(heading.host) and not _SHORT_ROLE.fullmatch(heading.host):
                return None
            return heading
    return None if comment else _in_words(text)


def _of_file(host: str, path: str) -> Heading:
    """What follows is the text of that file, as if a command showed it."""
    return Heading(host, f"cat {quote(path)}")


def _contents(text: str) -> Iterator[tuple[str, bool]]:
    """What a decoration holds, and whether it encloses that on both sides."""
    if not text[0].isalnum() or "【" in text or "「" in text:
        if (found := _BOTH_SIDES.fullmatch(text)) and found["text"]:
            yield found["text"], True
        if found := _ENCLOSED.fullmatch(text):
            content = next(group for group in found.groups() if group)
            # [Match] of systemd, <tag>: an ASCII bracket alone proves a name that is beyond doubt.
            yield content, not (found["g"] or found["h"] or found["i"])
    if (found := _LEADING_SIGN.fullmatch(text)) and found["text"]:  # noqa: SIM102
        if found["sign"] != "#" or _certain(found["text"].rstrip(" :\uff1a")):
            yield found["text"], False


def _certain(text: str) -> bool:
    """A line with a single # is a comment, unless it is nothing but a host."""
    return (
        (is_host_name(text) and not is_role(text))
        or bool(_SHORT_ROLE.fullmatch(text))
        or bool(re.match(r"[Oo]n\s+\S+$", text))
    )


def _named(content: str, *, enclosed: bool) -> Heading | None:
    """A decorated heading: a host, a host and a command, a command."""
    content = content.strip(" :\uff1a`\"'*_")
    if not content:
        return None
    if content.startswith(("[", "【", "(")) and content.endswith(("]", "】", ")")):
        content = content[1:-1].strip()
    if content.startswith(("a/", "b/")):  # of diff
        return None
    if file := _FILE.fullmatch(content):
        content = file["named"] or content
    if heading := _with_topic(content):
        return heading
    if SHOWING.match(content) and not _ON.fullmatch(content):
        return Heading("", content)
    if "/" in content and " " not in content and not content.startswith("/") and (host := host_in_path(content)):
        return _of_file(host, content)
    if (kind := _KIND.fullmatch(content)) and (host := host_named(kind["who"], surely=False)):
        return Heading(host)
    if host := host_named(content, surely=not enclosed):
        return None if is_dump_name(content) and not host_named(content) else Heading(host)
    if "." in content and " " not in content and (host := host_in_path(content)):
        return _of_file(host, content)
    if heading := _on(content) or (Heading("", content) if SHOWING.match(content) else None):
        return heading
    return Heading(host) if (host := host_in_phrase(content)) else None


def _with_topic(content: str) -> Heading | None:
    """`rs1: ip addr`, `rs1 - sysctl -a`, `LVS director's ipvsadm -Ln`, `ip addr (rs1)`, `rs1 output`."""
    for gap in _BETWEEN.finditer(content):
        host, topic = host_named(content[: gap.start()]), content[gap.end() :]
        if host and (SHOWING.match(topic) or (_TOPIC.fullmatch(topic) and not names_no_host(host))):
            return Heading(host, topic if SHOWING.match(topic) else "")
    if (found := _FOR.fullmatch(content)) and _TOPIC.fullmatch(_LEAD_WORDS.sub("", found["topic"], count=1)):
        return Heading(host) if (host := host_named(found["who"])) else None
    behind = _BEHIND.fullmatch(content)
    host = host_named(behind["who"]) if behind else ""
    if not behind or not host:
        return None
    if SHOWING.match(behind["command"]):
        return Heading(host, behind["command"])
    return Heading(host) if _TOPIC.fullmatch(behind["command"]) else None


def _on(content: str) -> Heading | None:
    """`on rs1`, `and on the backend`, `ip addr on rs1`, `output from the director`."""
    found = _ON.fullmatch(content)
    if found is None:
        return None
    lead = found["lead"].strip(" ,-`\"'")
    host = host_named(found["who"]) or host_named(_BEFORE_PLACE.sub("", content))
    if not host or len(lead.split()) > 8:
        return None
    command = re.sub(r"^.{0,20}\b(?:of|from)\s+", "", lead, flags=re.IGNORECASE)
    if SHOWING.match(command):
        return Heading(host, command)
    weak = not re.search(r"\b(?:on|from|at)\s|@\s", content, re.IGNORECASE)
    return Heading(host) if not weak or _TOPIC.fullmatch(lead) else None


def _in_words(text: str) -> Heading | None:
    """A heading without decoration: it ends in a colon, or is nothing but a host's part in LVS."""
    if len(text) > 40 and text[-1] not in ":\uff1a":
        return None
    bare = text[counted.end() :] if (counted := _COUNTED.match(text)) else text
    if not bare:
        return None
    if colon := _COLON.fullmatch(bare):
        content = colon["text"].strip("`\"'*_ ")
        if host := host_named(content):
            # `kern.evdev.input.2.uniq:` is how BSD prints a key.
            doubtful = is_host_name(content) and (
                (counted and not is_role(content))
                or not (is_role(content) or re.search(r"\d", content.partition(".")[0]))
            )
            return None if doubtful else Heading(host)
        if (
            kind := re.fullmatch(
                r"(?:host|node|machine|server|box|vm|guest|container|主机|节点)\s+(\S+)", content, re.IGNORECASE
            )
        ) and (host := host_named(kind[1])):
            return Heading(host)
        if heading := _with_topic(content) or _on(content):
            return heading
        if lead := _LEAD_WORDS.match(content):
            rest = content[lead.end() :]
            if heading := Heading(host) if (host := host_named(rest)) else _with_topic(rest):
                return heading
    elif (
        found := re.fullmatch(
            r"(?:hostname|host name|node|machine|主机名|主机|节点|机器)\s*[:\uff1a=]\s*(\S+)", bare, re.IGNORECASE
        )
    ) and is_host_name(found[1]):
        return Heading(host_named(found[1]))
    elif (named := _with_topic(bare)) and named.command and is_host_name(named.host) and not is_role(named.host):
        return named  # `rs1: ip addr`
    elif (
        not (counted and text[0] in "-*•·▪")
        and (bare[0].isupper() or not bare[0].isascii() or _SHORT_ROLE.fullmatch(bare))
        and len(bare) <= 40
        and _alone(bare)
    ):
        return Heading(host_named(bare))
    elif is_placed(bare) and (placed := _PLACED.fullmatch(bare)):
        return Heading(host_named(placed["who"]), (placed["command"] or "").strip())
    if (text[-1] in ":\uff1a" or not text.isascii() or is_phrase(bare)) and (host := host_in_phrase(bare)):
        return Heading(host)
    return None


def lone_host(text: str) -> str:
    """The host that a line names beside signs and words such as `host`, "" where it says anything else.

    `(rs1)`, `Node rs1`, `HOST=rs1`, `rs1 - director`: what follows tells whether it is a heading.
    """
    if not 2 <= len(text) <= 60 or text[0] == "#" or (text.startswith("->") and len(text.split()) > 2):
        return ""
    text = text[1:-1] if text[0] == "(" and text[-1] == ")" else text
    whole = _LONE_END.sub("", _SIGNS_AROUND.sub("", text))
    bare = _LONE_LEAD.sub("", whole, count=1)
    name, dash, role = bare.replace("\u2013", "-").partition(" - ")
    if dash and is_host_name(name) and is_role(role.strip()):
        return name
    host = host_named(whole) or host_named(bare)
    return "" if read_ip(host) is not None else host  # an address says as well of what the next lines are


def is_placed(text: str) -> bool:
    """Could it be a heading, and as well the end of a sentence? What follows it tells."""
    placed = _PLACED.fullmatch(text)
    return (placed is not None and bool(host_named(placed["who"]))) or is_phrase(text)


def _alone(text: str) -> bool:
    """Is it enough without any sign that it is a heading? `Real server 1`, `RS1`, `Director (192.0.2.2)`."""
    plain = re.sub(r"\s*[(\uff08].*[)\uff09]$", "", text)
    return is_role(plain) and bool(host_named(text))


def is_rule(text: str) -> bool:
    """A line of signs, which stands above or below a heading."""
    return len(text) >= 3 and _RULE.fullmatch(text) is not None and len(set(text)) <= 2


def between_rules(lines: tuple[str, str, str]) -> Heading | None:
    """The heading in the second of three lines: enclosed by two lines of signs (clush, more), or underlined."""
    before, text, after = (line.strip() for line in lines)
    if not is_rule(after) or not 2 <= len(text) <= 60 or is_rule(text):
        return None
    enclosed = is_rule(before) and before == after
    text = text.strip("#*|=- ") if enclosed else text
    if not enclosed and (set(after) - set("=-") or (before and not is_host_name(text))):
        return None
    if "/" in text and " " not in text:
        return _of_file(host_in_path(text), text) if enclosed else None
    return _named(text, enclosed=enclosed)
