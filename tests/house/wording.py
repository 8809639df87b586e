"""How we write, as far as a machine can tell: what is wrong with a text that operators read."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tools.texts import Text, jinja_strings, parts_of_fix, prose, strings, templates

LONGEST = 20  # words of a sentence


@dataclass(frozen=True, slots=True, order=True)
class Complaint:
    """What is wrong with a text: `kind` is what the list of exceptions calls it."""

    line: int
    kind: str
    says: str


@dataclass(frozen=True, slots=True)
class Forbidden:
    """A pattern that no text of these kinds matches, and what to write."""

    kind: str
    pattern: re.Pattern[str]
    write: str
    of: frozenset[str] = frozenset()  # kinds of text; empty: every kind


def _never(kind: str, pattern: str, write: str, *of: str) -> Forbidden:
    return Forbidden(kind, re.compile(pattern, re.IGNORECASE), write, frozenset(of))


SENTENCES = ("message", "clients", "note", "assumed", "careful")
FORBIDDEN = (
    # Who does what, by name.
    _never("subject", r"\b(nobody|no one|whoever|somebody|someone)\b", "the host, the service or the clients"),
    _never("subject", r"(^|[.:;,(] ?)none (of|is|has|are|have|can)\b|\bnone$", "the name, or 0 of 3"),
    _never("subject", r"\bthere (is|are|was|were|must|may)\b|\bis there\b", "who has or does it"),
    # Figures of speech.
    _never("figure", r"\b(speaks?|voices?|deaf|hears?|heard|hijack\w*|guilty)\b", "uses, receives, answers"),
    _never("figure", r"\bleak\w*\b", "sends"),
    _never("figure", r"\b(undo|undoes|undone)\b", "has no effect, sets another value", *SENTENCES, "prose"),
    _never("figure", r"\bin the name of\b", "uses X as source address"),
    _never("figure", r"\btakes?\b[^.]{0,30}\bfor (its|their) own\b", "treats as local"),
    _never("figure", r"\bpast (the|its|their|it|this|\{|lb)|\bpasses? by\b", "directly, not through the director"),
    _never("figure", r"\bby way of\b", "through"),
    _never("figure", r"\bst(and|ands|ood|anding) in for\b", "the thing's name"),
    _never("figure", r"\bsilent about\b|\bis silent\b", "does not answer"),
    # What is, not what is not; the usual order.
    _never(
        "negation",
        r"\bnot un(common|usual|likely|able|known|important)\b|\bno (more|less|fewer|sooner) than\b",
        "the number or the fact itself",
    ),
    _never("negation", r"\bnor\b|\bneither\b", "a sentence of its own"),
    _never("negation", r"(^|[.:;,(] ?)(should|were|had) (an?|the|it|they|any)\b", "if"),
    _never("pronoun", r"\b(it|they|them|there)\b|^(its|so)\b", "the noun", "note", "assumed"),
    _never("pronoun", r"\bthere\b", "the place's name", "message", "clients"),
    # One word for one thing.
    _never("word", r"\bback-?ends?\b|\bmembers?\b(?! of)", "real server"),
    # "director (load balancer)" is how a page explains the word.
    _never("word", r"\bLVS router\b|(?<!\(load )\bbalancers?\b(?! (IPs?|address))", "director"),
    # What files spell so ("scope: link" of netplan, [Link] of networkd) stays.
    _never("word", r"(?<!symbolic )(?<!ip )(?<!ip -d )(?<!scope: )(?<!\[)\b(?-i:[Ll]inks?)\b(?![-/])", "interface"),
    _never("word", r"\bthe wire\b|\bon the wire\b", "network segment", *SENTENCES, "prose", "command"),
    _never("word", r"\banswers? (no )?ARP\b(?! request)", "answers ARP requests"),
    _never("word", r"\bask(s|ed|ing)? for\b|\basks who\b", "sends an ARP request for", *SENTENCES, "prose"),
    _never("word", r"\bnames\b.{0,30}\bas the sender\b", "uses X as sender IP address"),
    _never("word", r"\bresponses?\b|\bresponds?\b", "answer (ARP), reply (connection)"),
    _never("word", r"\bstandby\b", "backup director"),
    _never("word", r"\bdrain(s|ed|ing)?\b|\bquiesced\b", "weight 0"),
    _never("word", r"\boverload\w*\b", "above its upper connection threshold"),
    _never("word", r"\bhealth.?checkers?\b", "health check"),
    _never("word", r"\bcached\b", "neighbour cache entry"),
    _never("word", r"\bsend(s|ing)? redirects?\b", "sends ICMP redirects"),
    _never("word", r"\bthe larger (of|one)\b", "effective value = max(all, eth0)"),
    _never("word", r"\b(wrong|wrongly|broken)\b", "what the effect is", *SENTENCES, "prose"),
    _never("number", r"\bseveral\b", "the number", *SENTENCES, "prose"),
    # A plain voice.
    _never("tone", r"!(?=$|[ )])|\b(please|simply|just)\b", "nothing"),
    # The first line of a finding is one fact; the cause is evidence, and what clients suffer stands under Clients.
    _never("sentence", r"; |: (?!\{)|\. |\bbecause\b|\.$", "one fact", "message"),
    _never("sentence", r"^(?!\{)", "the host first", "message"),
    _never("sentence", r"(?<![.}])$", "whole sentences, with a full stop", "clients", "careful"),
)

# -- a page's fix ---

FIX = ["Now", "For good", "Verify"]  # Fix now, Fix for good: what reports call them
_ARROW = re.compile(r"`[^`\n]+`[^→`]*(→|->)\s*\S")
_SHOWN_ARROW = re.compile(r"^    .+?(\n\n?|\s)(→|->)\s*\S", re.MULTILINE)


def page_form(page: str) -> Iterator[Complaint]:
    """Whether its fix has the three parts by their names, and how to verify it, with what to expect."""
    parts = parts_of_fix(page)
    at = page[: page.index("\n## Fix\n") + 2].count("\n") if "\n## Fix\n" in page else 0
    if [name for name in parts if name != "Verify"] != FIX[:2] or list(parts)[2:] not in ([], FIX[2:]):
        yield Complaint(at, "label", f"the fix has the parts {', '.join(parts)}, not {', '.join(FIX)}")
    verify = parts.get("Verify", "")
    if not (_ARROW.search(verify) or _SHOWN_ARROW.search(verify)):
        yield Complaint(at, "verify", "no Verify with a `command` → what to expect")


# -- what is wrong with it ---------------------------------------------------------------------------------------------

_CODE = re.compile(r"``.+?``|`[^`]+`")
_VALUE = re.compile(r"\{[^{}]*\}")
_NAME = re.compile(r"\b[a-z]+-(?:[a-z0-9]+-)+[a-z]+\b")  # a rule's
_QUOTED = re.compile(r'"[^"]*"')
_END = re.compile(r"(?<=[A-Za-z0-9)\]}%\"'`])[.?!](?=\s+[A-Z\"{(0-9`a-z])|:\s*$|;(?=\s)")
_ADDRESS = re.compile(r"https?://\S+|\b[\w.-]+/[\w./*-]+\b|\b\w+(?:[._]\w+)+\b(?:\(\))?|\b[a-z]+-(?:[a-z]+-)+[a-z]+\b")


def plain(says: str) -> str:
    """The words alone: a value, code, quoted text and a name such as `net.ipv4.ip_forward` become one word."""
    return _ADDRESS.sub("X", _QUOTED.sub("Q", _VALUE.sub("V", _CODE.sub("C", says))))


def sentences(says: str) -> list[str]:
    return [part.strip() for part in re.split(_END, plain(says)) if part and part.strip()]


def words(sentence: str) -> int:
    return len([word for word in re.sub(r"\([^)]*\)", "", sentence).split() if re.search(r"\w", word)])


def complaints(text: Text) -> Iterator[Complaint]:
    """What is wrong with a text."""
    if text.kind == "clients" and not text.says:
        yield Complaint(text.line, "clients", "the finding does not say what clients suffer")
        return
    if text.kind in (*SENTENCES, "prose"):
        for sentence in sentences(text.says):
            if (count := words(sentence)) > LONGEST:
                yield Complaint(text.line, "length", f"{count} words: {sentence}")
    seen = _NAME.sub("X", _VALUE.sub("{}", _CODE.sub("``", text.says)))
    for rule in FORBIDDEN:
        if (not rule.of or text.kind in rule.of) and (match := rule.pattern.search(seen)):
            yield Complaint(text.line, rule.kind, f"{match[0]!r} (write: {rule.write}): {text.says}")


def of_source(source: str) -> list[Complaint]:
    """What is wrong with the texts of a Python module."""
    return _sorted(complaint for text in (*templates(source), *strings(source)) for complaint in complaints(text))


def of_template(source: str) -> list[Complaint]:
    """What is wrong with the texts of an HTML template."""
    return _sorted(complaint for text in jinja_strings(source) for complaint in complaints(text))


LABELS = (
    "Clients",
    "Cause",
    "Evidence",
    "Assumed",
    "Fix now",
    "Fix for good",
    "Careful",
    "Verify",
    "Fine when",
    "More",
)
# What these were called before, or are called elsewhere.
OTHER_LABELS = re.compile(r"^\W*(Mind|Caution|Note well|Likely, not proved|(Fix )?[Aa]fter a reboot)\W*$|\bMind: ")


def of_labels(texts: Sequence[Text]) -> list[Complaint]:
    """Labels of a finding that are spelled in a report, not taken from `lvsdoctor/reporting/wording.py`."""
    found = []
    for text in texts:
        label = re.sub(r"\{[^}]*\}", "", text.says).strip(" :*<>,\n")
        if label in LABELS or label.removesuffix(", on") in LABELS:
            found.append(Complaint(text.line, "label", f"{label!r} is a label: take it from wording.py"))
        elif OTHER_LABELS.search(text.says):
            found.append(Complaint(text.line, "label", f"{text.says!r} is no label: {', '.join(LABELS)}"))
    return _sorted(found)


def of_page(page: str) -> list[Complaint]:
    return _sorted([*(complaint for text in prose(page) for complaint in complaints(text)), *page_form(page)])


def _sorted(every: Iterable[Complaint]) -> list[Complaint]:
    return sorted(set(every))
