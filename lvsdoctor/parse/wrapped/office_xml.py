"""The text of a word processor: document.xml of a .docx (ECMA-376), content.xml of an .odt (OASIS OpenDocument)."""

import re

from lvsdoctor.parse.paste.patterns import pattern

_OF_WORD = ("<w:document", "http://schemas.openxmlformats.org/wordprocessingml/")
_OF_ODF = ("<office:document", "urn:oasis:names:tc:opendocument:")
_TOKEN = pattern(r"<(?P<end>/)?(?P<name>[\w:]{1,60})(?P<rest>(?:\s[^<>]{0,4000})?)>|(?P<text>[^<>]+)")
_COUNT = pattern(r'\btext:c="(\d{1,3})"')
_ENTITY = pattern(r"&(?:(lt|gt|amp|quot|apos)|#(\d{1,7})|#x([0-9a-fA-F]{1,6}));")
_ENTITIES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}
_BREAKS = frozenset(("w:br", "w:cr", "text:line-break"))
_TABS = frozenset(("w:tab", "text:tab"))
_PARAGRAPHS = frozenset(("w:p", "text:p", "text:h"))


def is_office_xml(begin: str) -> bool:
    begin = begin[:4000]
    return begin.startswith(("<?xml", *(name for name, _ in (_OF_WORD, _OF_ODF)))) and any(
        name in begin or place in begin for name, place in (_OF_WORD, _OF_ODF)
    )


def text_of_office_xml(text: str) -> str:
    """A line for each paragraph. Blanks count in w:t of Word, and in any paragraph of OpenDocument."""
    of_word = _OF_WORD[0] in text[:4000]
    written: list[str] = []
    paragraphs, shown = 0, 0
    for token in _TOKEN.finditer(text):
        name = token["name"]
        if name is None:
            if shown if of_word else paragraphs:
                written.append(_ENTITY.sub(_character, token["text"]))
            continue
        alone = token["rest"].endswith("/")
        if name in _PARAGRAPHS:
            paragraphs += 0 if alone else -1 if token["end"] else 1
            if alone or token["end"]:
                written.append("\n")
        elif name == "w:t" and not alone:
            shown += -1 if token["end"] else 1
        elif name in _BREAKS:
            written.append("\n")
        elif name in _TABS and (paragraphs or not of_word):
            written.append("\t")
        elif name == "text:s":
            written.append(" " * int(count[1] if (count := _COUNT.search(token["rest"])) else 1))
    return "".join(written)


def _character(entity: re.Match[str]) -> str:
    if entity[1]:
        return _ENTITIES[entity[1]]
    number = int(entity[2]) if entity[2] else int(entity[3], 16)
    return chr(number) if 32 <= number < 0xD800 else ""
