"""Rich Text Format: control words with a backslash, groups in braces (the specification of Microsoft, 1.9.1)."""

import codecs

from lvsdoctor.parse.paste.patterns import pattern

_TOKEN = pattern(
    r"\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?\d{1,10})? ?|\\'(?P<byte>[0-9a-fA-F]{2})|\\(?P<sign>[^a-zA-Z'])"
    r"|(?P<brace>[{}])|[\r\n]+|(?P<text>[^\\{}\r\n]+)"
)
# Groups whose words are about the document, and none of it.
_ASIDE = frozenset(
    "fonttbl colortbl stylesheet info pict object header footer headerl headerr footerl footerr listtable "
    "listoverridetable generator themedata datastore xmlnstbl fldinst latentstyles rsidtbl".split()
)
_SIGNS = {
    "par": "\n", "line": "\n", "sect": "\n", "page": "\n", "row": "\n", "cell": "\t", "tab": "\t", "emdash": "\u2014",
    "endash": "\u2013", "lquote": "\u2018", "rquote": "\u2019", "ldblquote": "\u201c", "rdblquote": "\u201d",
}  # fmt: skip


def is_rtf(begin: str) -> bool:
    return begin.startswith("{\\rtf")


def text_of_rtf(text: str) -> str:
    """The text of a document. Fonts, styles and pictures are left out."""
    written: list[str] = []
    groups: list[tuple[bool, int]] = []  # of those around: left out, characters that stand for one of Unicode
    aside, fallback, skip = False, 1, 0
    codepage = "cp1252"
    for token in _TOKEN.finditer(text):
        if token["brace"] == "{":
            groups.append((aside, fallback))
            skip = 0
        elif token["brace"] == "}":
            aside, fallback = groups.pop() if groups else (False, 1)
            skip = 0
        elif (word := token["word"]) is not None:
            number = int(token["number"] or 0)
            aside = aside or word in _ASIDE
            if word == "ansicpg":
                codepage = _known(f"cp{number}")
            elif word == "uc":
                fallback = number
            elif word == "u" and not aside:
                written.append(chr(number % 0x10000) if not 0xD800 <= number % 0x10000 < 0xE000 else "?")
                skip = fallback
            elif not aside:
                written.append(_SIGNS.get(word, ""))
        elif token["sign"] == "*":
            aside = True
        elif aside:
            continue
        elif skip and (token["byte"] or token["sign"]):
            skip -= 1
        elif token["byte"]:
            written.append(bytes.fromhex(token["byte"]).decode(codepage, "replace"))
        elif token["sign"]:
            written.append({"~": " ", "_": "-", "\n": "\n", "\r": "\n"}.get(token["sign"], _literal(token["sign"])))
        elif token["text"]:
            written.append(token["text"][skip:])
            skip = max(skip - len(token["text"]), 0)
    return "".join(written)


def _literal(sign: str) -> str:
    return sign if sign in "\\{}" else ""


def _known(codepage: str) -> str:
    try:
        return codecs.lookup(codepage).name
    except LookupError:
        return "cp1252"
