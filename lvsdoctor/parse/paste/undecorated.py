"""A text without what terminals, mails, chats, web pages and editors put around its lines.

The lines stay in their places, so that a quoted line has the number that an editor shows. Their text is what the host
printed: that is what the parsers read and what the reports quote; a pair of ** around it is the messenger's.
"""

import re

from lvsdoctor.parse.paste.headings import heading_in
from lvsdoctor.parse.paste.margins import without_margins
from lvsdoctor.parse.paste.overwritten import overwritten
from lvsdoctor.parse.paste.patterns import pattern
from lvsdoctor.parse.paste.rewrapped import rewrapped
from lvsdoctor.parse.paste.table_rows import with_rows_apart
from lvsdoctor.parse.paste.terminals import without_terminals

# Where one line of a file holds several of a host. A lone escape has no meaning to a terminal.
SEVERAL = "\x1b\x1b"

# Colours, what clears the rest of a line, character sets, the keypad, bracketed paste, titles. No moves of the cursor.
_TERMINAL = pattern(
    r"\x1b(?:\[[0-9;:]*[mK]|\[\?[0-9;]*[hl]|\][^\x07\x1b\n]{0,1000}(?:\x07|\x1b\\)|[()][A-Z0-9]|[=>])|[\x01\x02\x0f]"
)
_COLOUR = pattern(r"\x1b(?:\[[0-9;:]*m|\[\?[0-9;]*[hl]|\][^\x07\x1b\n]{0,1000}(?:\x07|\x1b\\))")
# The same as other programs show them, and where the escape itself was lost on the way.
_SHOWN = pattern(r"(?:\^\[|\\e|\\033|\\x1b|␛)\[[0-9;:]*[mK]", re.IGNORECASE)
_LOST = pattern(r"\[(?:\d{1,3}(?:;\d{1,3}){0,4})?m(?:\[K)?|\[K")
_LOST_PAIR = pattern(r"\[(?:0?1;)?(?:0?[1-9]|[349]\d)m(?:\[K)?[^\n\[]*\[0?m")

_BLANKS = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_UNSEEN = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_ODD = pattern(f"[{_BLANKS}{_UNSEEN}\u2018\u2019\u201a\u201b“”„‟]")
_PLAIN = {
    **dict.fromkeys(_BLANKS, " "),
    **dict.fromkeys(_UNSEEN, ""),
    **dict.fromkeys("\u2018\u2019\u201a\u201b", "'"),
    **dict.fromkeys("“”„‟", '"'),
}
# What a word processor makes of -A, of --save and of ->.
_DASH = pattern(
    r"(?<![^\s(])[\u2010\u2011\u2012\u2013\u2212](?=[-\w\u2010\u2011\u2012\u2013\u2212])"
    r"|(?<![^\s(])—(?=\w)|(?<=\w)[\u2010\u2011](?=\w)|^[ \t]*+[→⇒](?=[ \t]+[\d\[])",
    re.MULTILINE,
)

_TAG = pattern(
    r"</?(?:a|b|big|strong|em|i|u|s|mark|code|pre|tt|kbd|samp|var|span|font|small|ins|del|p|div|li|ul|ol|td|tr|table|tbody|h[1-6]|"
    r"blockquote|body|html|section|article|button|details|summary|th|thead|dl|dt|dd|center|ac:[\w-]{1,40})(?:\s[^<>\n]{0,500})?/?>|<!--[^\n]{0,200}?-->",
    re.IGNORECASE,
)
_CDATA = pattern(r"<!\[CDATA\[|\]\]>")
# Between two texts of a line: a page's blocks are lines of their own.
_BLOCKS = pattern(r"(?<=[^\s>])(?:[ \t]{0,4}</?[A-Za-z][\w:-]{0,40}(?:\s[^<>\n]{0,500})?/?>)+(?=[^\s<])")
_BLOCK = pattern(
    r"</?(?:p|div|li|ul|ol|tr|table|h[1-6]|pre|blockquote|section|article|details|summary|dl|dt|dd"
    r"|ac:structured-macro|ac:plain-text-body)\b",
    re.IGNORECASE,
)
_MARGIN = pattern(r"\s{0,8}(?:\d{1,6}|[>|\u2502])[ \t:>|\u2502-]{0,8}")
_SHOWN_SIGN = pattern(r"\^I|\^M$|\^\[\[[0-9;]*[mK]")
# The last of a line, but for the end of something bold, breaks it where it ends anyway.
_BREAK = pattern(r"<br\s*/?>(?P<last>(?=(?:[^\w\n\[]|\[/\w+\])*(?:\n|\Z)))?", re.IGNORECASE)
_BBCODE = pattern(
    r"\[/?(?:b|i|u|s|code|pre|color|size|font|mark|hl|highlight|bg|em|strong|quote|tt|pre|noparse)(?:=[^\]\n]{0,60})?\]",
    re.IGNORECASE,
)
_JIRA = pattern(r"\{(?:color|noformat|code|quote|panel|monospace)(?::[^}\n]{0,60})?\}")
_JIRA_TITLE = pattern(
    r"(?m)^[ \t]*\{(?:code|noformat|panel)(?::[^}\n]{0,60}?)?[:|]title=([^}|\n]{2,80}?)[ \t]*"
    r"(?:\|[^}\n]{0,80})?\}[ \t]*$"
)
# {{a line}} of a wiki. In the midst of a line it could be a link's name, or a template's variable.
_JIRA_LINE = pattern(r"(?m)^([ \t>|]*)\{\{(?=[^\s{}])([^\n{}]+)(?<=\S)\}\}[ \t]*$")
_ENTITY = pattern(
    r"&(?:(lt|gt|amp|quot|apos|nbsp|ensp|emsp|ndash|mdash|rarr|zwnj|ZeroWidthSpace)|#(\d{1,5})|#[xX]([0-9a-fA-F]{1,4}));"
)
_ENTITIES = {
    "lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'", "nbsp": " ", "ensp": " ", "emsp": " ", "ndash": "-",
    "mdash": "--", "rarr": "->", "zwnj": "", "ZeroWidthSpace": "",
}  # fmt: skip
_BOLD = pattern(r"(\*{2,5}|'''|~~)(?=\S)([^\n]{1,2000}?)(?<=\S)\1")
# The blanks of the line itself, where a page had them as &nbsp;.
_BOLD_WITH_BLANKS = pattern(r"[ \t]*(\*{2,5}|'''|~~)([ \t]+\S[^\n]{0,2000}?)(?<=\S)\1[ \t]*")
_BOLD_UNDERLINED = pattern(r"(?<!\S)__(?=[^\s_])([^\n]{1,2000}?)(?<=[^\s_])__(?!\S)")
_WHOLE = pattern(
    r"(?m)^([ \t>|]*)(?:\*(?=[^\s*])([^*\n]+)(?<=[^\s*])\*|_(?=[^\s_])([^\n]+)(?<=[^\s_])_|``?([^`\n]+)``?)[ \t]*$"
)
# "Run: `the command`", and nothing behind it: what is to be typed. "If the command is `...`, then" goes on.
_TO_RUN = pattern(
    r"(?m)^[^`\n]{0,30}(?:命令|执行|运行|command|run|execute|type)[^`\n]{0,12}"
    r"[:\uff1a][ \t]*`(?P<command>[^`\n]+)`[ \t.。]*$",
    re.IGNORECASE,
)
_STARRED = pattern(r"\n[ \t>|│┃▏┆:\d]*+[*_`]{1,3}[^\s*_`]")  # behind the margins that were there
_LONGEST = 2000
_EMPHASIS = pattern(r"[*`~_]|'''")
_ESCAPED = pattern(r"(?<=\w)\\(?=_\w)|\\(?=<[A-Z_,-]{2,200}\\?>)|(?<=[A-Z])\\(?=> )")
# "<-- here", "<== this": somebody points at a line.
_POINTER = pattern(
    r"(?m)(?<![ \t])[ \t]++(?:<--+|<==+(?=[ \t]*[^\s=<>-])|<-(?=[ \t]+[A-Za-z])"
    r"|←|⇐|⟵|◀|👈|<<<+(?=[ \t]*\w))[^\n>]{0,120}$"
)

_GLUED = pattern(
    r"(?<=[\w.;=}\"'])(?=\[[A-Za-z_][\w.-]*@[\w.-]+[ :][^\]\n]{0,60}\][#$](?:\s|$))"
    r"|(?<=\d)(?=root@[A-Za-z][\w.-]*:[~/][^\s#$]*[#$](?:\s|$))"
)


def undecorated(text: str) -> list[str]:
    """The lines of the text, by their places, without decoration. One that holds several has SEVERAL between them."""
    if "\x1b" in text:
        text = _COLOUR.sub("", text)
    text = _newlines(text)
    if "\x08" in text or "\x1b[" in text or "\x07" in text:
        text = overwritten(text)
    if "\x1b" in text or "\x01" in text or "\x0f" in text:
        text = _TERMINAL.sub("", text)
    if "$\n" in text:
        text = _without_ends(text)
    text = without_terminals(_without_shown_colours(text))
    if not text.isascii():
        text = _ODD.sub(lambda odd: _PLAIN[odd[0]], text)
        text = _DASH.sub(lambda dash: {"—": "--", "→": "->", "⇒": "->"}.get(dash[0].strip(), "-"), text)
    if "|" in text:
        text = with_rows_apart(text, SEVERAL)
    text = _without_markup(text)
    lines = without_margins(text.split("\n"), f"\n{text}", SEVERAL)
    if (
        ("*" in text and "**" in text)
        or ("'" in text and "'''" in text)
        or "~~" in text
        or "__" in text
        or (("*" in text or "`" in text or "\n_" in text) and _STARRED.search(f"\n{text}"))
    ):
        lines = [_without_emphasis(line) for line in lines]
    if "@" in text and _GLUED.search(text):
        lines = [_GLUED.sub(SEVERAL, line) for line in lines]
    return rewrapped(lines, "\n".join(lines)) if "<" in text or " dev " in text else lines


def _newlines(text: str) -> str:
    """Old Macs, and some copies, end lines with a carriage return alone; where both are, only the usual end counts."""
    if "\r" not in text:
        return text
    text = re.sub(r"\r+\n", "\n", text)
    if text.count("\r") > text.count("\n"):
        return text.replace("\r", "\n")
    return re.sub(r"(?m)^\r+|\r+$", "", text)


def _without_shown_colours(text: str) -> str:
    if "[" not in text:
        return text
    if "\\" in text or "^[" in text or "␛" in text:
        text = _SHOWN.sub("", text)
    return _LOST.sub("", text) if "m" in text and _LOST_PAIR.search(text) else text


def _without_ends(text: str) -> str:
    """cat -A shows the end of each line as $, and what is not seen by other signs."""
    lines = text.split("\n")
    if not all(line.endswith("$") or not line.strip() for line in lines):
        return text
    return "\n".join(_SHOWN_SIGN.sub(lambda sign: "\t" if sign[0] == "^I" else "", line[:-1]) for line in lines)


def _apart(tags: re.Match[str]) -> str:
    """Blocks behind a text, which then is a line of its own; a line's number or a quote's sign is none."""
    before = tags.string[tags.string.rfind("\n", 0, tags.start()) + 1 : tags.start()]
    return tags[0] if _MARGIN.fullmatch(before) or not _BLOCK.search(tags[0]) else SEVERAL


def _without_markup(text: str) -> str:
    if "<" in text:
        text = _CDATA.sub("", text) if "<![CDATA[" in text else text
        text = _BLOCKS.sub(_apart, text) if "</" in text else text
        if _TAG.search(text):
            text = _TAG.sub("", text)
        if "<br" in text or "<BR" in text:
            text = _BREAK.sub(lambda found: SEVERAL if found["last"] is None else "", text)
    if "&" in text:
        text = _ENTITY.sub(_character, text)
        if "&lt;" in text or "&gt;" in text or "&nbsp;" in text:  # copied twice
            text = _ENTITY.sub(_character, text)
        if not text.isascii():
            text = _ODD.sub(lambda odd: _PLAIN[odd[0]], text)
    if "[" in text and "[/" in text and _BBCODE.search(text):
        text = _BBCODE.sub("", text)
    if "{" in text and ("{color" in text or "{code" in text or "{noformat" in text or "{{" in text):
        text = _JIRA_LINE.sub(r"\1\2", _JIRA.sub("", _JIRA_TITLE.sub(r"=== \1 ===", text)))
    if "`" in text:
        text = _TO_RUN.sub(r"\g<command>", text)
    if "\\" in text:
        text = _ESCAPED.sub("", text)
    if "<" in text or not text.isascii():
        text = _POINTER.sub("", text)
    return text


def _character(entity: re.Match[str]) -> str:
    if entity[1]:
        return _ENTITIES[entity[1]]
    number = int(entity[2]) if entity[2] else int(entity[3], 16)
    return chr(number) if 32 <= number < 0xD800 else ""


def _without_emphasis(line: str) -> str:
    """A line, or a part of it, that is bold, italic or code. A heading keeps what tells it from prose."""
    if len(line) > _LONGEST or not _EMPHASIS.search(line) or heading_in(line.strip()):
        return line
    blanks = _BOLD_WITH_BLANKS.fullmatch(line)
    line = blanks[2] if blanks else _BOLD.sub(r"\2", line)
    if "__" in line:
        line = _BOLD_UNDERLINED.sub(r"\1", line)
    for _ in range(3):  # italic code in bold
        if (whole := _WHOLE.fullmatch(line)) is None:
            break
        line = whole[1] + (whole[2] or whole[3] or whole[4])
    return line
