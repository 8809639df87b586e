"""The language that people read: a text as it stands in the source, which is English, or as a catalogue has it.

A catalogue (locale/LANGUAGE/LC_MESSAGES/lvsdoctor.mo, made from the .po beside it by `make translations`) is in force
only while a report for people is written (`speaking`). Whatever decides, compares, sorts or is read by programs sees
English. What a catalogue lacks stays English.

Most texts are templates that are filled at the last moment. Some were filled before they came here, or put together
from two: such a text is held against the catalogue's templates, and of several sentences each is looked up.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gettext import GNUTranslations

ENGLISH = "en"
_LOCALE = Path(__file__).with_name("locale")


_in_force: "_Catalogue | None" = None


def template(text: str) -> str:
    """The text itself: a mark for the catalogue, where a text is not translated at the place where it stands."""
    return text


def translated(text: str, /, **fields: object) -> str:
    """The text in the language in force, filled from the fields if there are any; these are translated already."""
    catalogue = _in_force
    if catalogue is None:
        return text.format_map(fields) if fields else text
    shown = catalogue.text(text)
    return _put(shown, {name: str(value) for name, value in fields.items()}) if fields else shown


def plural(single: str, several: str, number: int) -> str:
    """The template for this number, whose field is {number}, filled."""
    catalogue = _in_force
    if catalogue is None:
        return (single if number == 1 else several).format(number=number)
    return catalogue.plural(single, several, number).format(number=number)


def filled(text: str, fields: Mapping[str, object]) -> str:
    """A template of the model in the language in force. Its fields may hold sentences too, which are translated."""
    catalogue = _in_force
    if catalogue is None:
        return text.format_map(fields)
    return _put(catalogue.text(text), {name: str(catalogue.value(value)) for name, value in fields.items()})


def joined(sentences: Iterable[str]) -> str:
    """Sentences one after another."""
    return " ".join(sentences) if _in_force is None else _joined(sentences)


# -- which language ----------------------------------------------------------------------------------------------------


def languages() -> tuple[str, ...]:
    """English, and those of which there is a catalogue."""
    return (ENGLISH, *sorted(file.parents[1].name for file in _LOCALE.glob("*/LC_MESSAGES/lvsdoctor.mo")))


def language_named(locale: str) -> str:
    """The language of `zh_CN.UTF-8`, `zh-CN`, `zh_SG` or `zh`; "" for one that is not spoken here, such as `zh_TW`."""
    name = locale.partition(".")[0].partition("@")[0].replace("-", "_")
    if name in ("C", "POSIX") or name.partition("_")[0] == ENGLISH:
        return ENGLISH
    known = {language.lower(): language for language in languages()}
    return known.get(_SAME.get(name.lower(), name.lower()), "")


# Names by which people call a language whose catalogue has another.
_SAME = {"zh": "zh_cn", "zh_sg": "zh_cn", "zh_hans": "zh_cn", "zh_hans_cn": "zh_cn"}


def language_of_environment(environment: Mapping[str, str]) -> str:
    """What messages are to be in, by the variables that POSIX names; English where that is not spoken here."""
    locale = next((environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), "C")
    return language_named(locale) or ENGLISH


def spoken() -> str:
    """The language in force."""
    return ENGLISH if _in_force is None else _in_force.name


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Within it this language is in force. Raises OSError where its catalogue cannot be read."""
    global _in_force
    before, _in_force = _in_force, None if language == ENGLISH else _catalogue(language)
    try:
        yield
    finally:
        _in_force = before


@cache
def _catalogue(language: str) -> "_Catalogue":
    from gettext import translation  # English pays for none of it

    return _Catalogue(language, translation("lvsdoctor", _LOCALE, [language]))


# -- a catalogue -------------------------------------------------------------------------------------------------------

_HOLE = r"\{([^{}]*)\}"
_WORD = r"[A-Za-z]{2,}"
_LEAST_WORDS = 2
_TELLING_WORDS = 3
_LONGEST_SEARCHED = 1000
_ITEM = r"(?:(?:tcp|udp|sctp|fwmark|--[\w-]+) )?[^\s,]+"  # a name, an address, a service, an option and its value
_NAMES = rf"{_ITEM}(?:, {_ITEM})*"
_PLACED = r"[^\s,]+(?: on [^\s,]+)?"
_A_LIST = re.compile(rf"{_PLACED}(?:, {_PLACED})*(?: and \d+ more)?")
_NEXT_SENTENCE = r"(?<=[.]) (?=[A-Z{0-9])"
_NO_BLANK_AFTER = ("。", "；", "：", "，")


@dataclass(frozen=True, slots=True)
class _Form:
    """A template as a pattern: what any text looks like that was made from it."""

    piece: str
    pattern: re.Pattern[str]
    shown: str


class _Catalogue:
    """Looks texts up, and remembers those that it had to search for."""

    def __init__(self, name: str, texts: "GNUTranslations") -> None:
        self.name = name
        self._texts = texts
        self._searched: dict[str, str] = {}

    def text(self, text: str) -> str:
        """The text as this language has it, or itself."""
        if not text:
            return text
        shown = self._texts.gettext(text)
        if shown != text:
            return shown
        if text not in self._searched:
            self._searched[text] = text  # a value that is the text itself stays
            self._searched[text] = self._search(text)
        return self._searched[text]

    def plural(self, single: str, several: str, number: int) -> str:
        return self._texts.ngettext(single, several, number)

    def value(self, value: object) -> object:
        """What fills a template: names and numbers stay, a sentence or a phrase is translated."""
        return self.text(value) if isinstance(value, str) and " " in value else value

    def _search(self, text: str) -> str:
        # A long one is no sentence of this program, and the holes of a pattern cost more the longer the text is.
        if len(text) > _LONGEST_SEARCHED or not re.search(_WORD, text):
            return text
        for form in self._forms:
            if form.piece in text and (match := form.pattern.fullmatch(text)):
                return _put(form.shown, {name: str(self.value(value)) for name, value in match.groupdict().items()})
        if _A_LIST.fullmatch(text) and (" on " in text or text.endswith(" more")):
            return self._listed(text)
        parts = re.split(_NEXT_SENTENCE, text)
        if len(parts) == 1:
            return text
        return _joined([self.text(part) for part in parts])

    def _listed(self, text: str) -> str:
        """`NAT003 on lb1, DR001 on rs6 and 2 more`, whose names stay."""
        names, _, number = text.removesuffix(" more").rpartition(" and ") if text.endswith(" more") else (text, "", "")
        items = [item.partition(" on ") for item in names.split(", ")]
        placed = self.text("{label} on {node}")
        shown = [_put(placed, {"label": name, "node": node}) if node else name for name, _, node in items]
        listing = self.text(", ").join(shown)
        return _put(self.text("{names} and {number} more"), {"names": listing, "number": number}) if number else listing

    @cached_property
    def _forms(self) -> list[_Form]:
        """Those with words enough to be known by them, the one that says most first."""
        known = vars(self._texts)["_catalog"].items()
        pairs = [(text, shown) for text, shown in known if isinstance(text, str) and re.search(_HOLE, text)]
        told = [(re.sub(_HOLE, "", text), text, shown) for text, shown in pairs]
        told.sort(key=lambda row: len(row[0]), reverse=True)
        return [_form(text, shown) for literal, text, shown in told if _words(literal) >= _LEAST_WORDS]


def _words(text: str) -> int:
    return len(re.findall(_WORD, text))


def _joined(sentences: Iterable[str]) -> str:
    return "".join(part if part.endswith(_NO_BLANK_AFTER) else f"{part} " for part in sentences).rstrip()


def _form(text: str, shown: str) -> _Form:
    """Where few of its words stand together, as in "{} of {} to {}", any sentence may look like it: then its holes
    are names and numbers, or lists of them."""
    pieces = re.split(_HOLE, text)
    pattern, names = re.escape(pieces[0]), list[str]()
    hole = ".+?" if max(map(_words, pieces[::2])) >= _TELLING_WORDS else _NAMES
    for at in range(1, len(pieces), 2):
        name = _name(pieces[at], len(names))
        pattern += f"(?P={name})" if name in names else f"(?P<{name}>{hole})"
        pattern += re.escape(pieces[at + 1])
        names.append(name)
    return _Form(max(pieces[::2], key=len), re.compile(pattern), shown)


def _put(shown: str, values: Mapping[str, str]) -> str:
    """The values into the holes of a template; what stands in a value is no hole. A blank that parts a name from
    Chinese is left out where Chinese fills the hole."""
    pieces = re.split(_HOLE, shown)
    text = pieces[0]
    for place, (hole, piece) in enumerate(zip(pieces[1::2], pieces[2::2], strict=True)):
        value = values.get(_name(hole, place), f"{{{hole}}}")
        if text.endswith(" ") and _is_chinese(value[:1]) and _is_chinese(text[-2:-1]):
            text = text[:-1]
        text += value
        text += piece[1:] if piece.startswith(" ") and _is_chinese(value[-1:]) and _is_chinese(piece[1:2]) else piece
    return text


def _is_chinese(letter: str) -> bool:
    return letter >= "\u2e80"


def _name(hole: str, place: int) -> str:
    """A hole without a name is known by its place; a translation may number them."""
    return hole if hole.isidentifier() else f"hole{hole if hole.isdigit() else place}"
