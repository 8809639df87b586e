"""Text that somebody else wrote, in GitHub's Markdown: never a tag, a link, a mention, or the end of its own fence.

GitHub Flavored Markdown Spec 0.29: 4.5 fenced code blocks, 6.3 code spans, 6.9 autolinks. What GitHub makes of `@name`,
`#12`, `:+1:`, `$x$` and commit hashes stands in its help ("Autolinked references", "Mentioning people and teams").
"""

import re
from collections.abc import Callable, Iterable, Iterator

from lvsdoctor.language import translated
from lvsdoctor.model.examination import Examination
from lvsdoctor.reporting import wording
from lvsdoctor.reporting.node_counts import wanted_on_nodes
from lvsdoctor.reporting.summary import counted, wanted
from lvsdoctor.reporting.verifying import Verification
from lvsdoctor.sanitize import legible, shortened

_LONGEST = 1000  # columns of one sentence
_PLAIN = frozenset(".,;:()'\"%/+=?!-")
# Not compiled here: other reports load this module too, and have no use for it.
_NUMBERED = r"\d+[.)]$"
_CHINESE = "([\u3001-\u3011\u4e00-\u9fff\uff01-\uff1f]+)"
_LINKED = r"(?i)://|www\.|gh-\d|:[\w+-]+:|[0-9a-f]{7}"


def prose(text: str) -> str:
    """A sentence, whose words that Markdown or GitHub would make something of stand in code spans: nothing does there.

    Its first word cannot begin a list or a heading, so it may stand at the start of a line.
    """
    words = shortened(legible(text), _LONGEST).split()
    return " ".join("".join(_pieces(word, at, _guarded)) for at, word in enumerate(words))


def span(text: str) -> str:
    """A code span; empty if the text is."""
    shown = shortened(legible(text).strip(), _LONGEST)
    if not shown:
        return ""
    tick = "`" * (_longest_run(shown) + 1)
    return f"{tick} {shown} {tick}" if "`" in shown else f"{tick}{shown}{tick}"


def in_html(text: str, width: int = _LONGEST) -> str:
    """A sentence in a line of HTML (a <summary>), where no Markdown is read and GitHub still makes links and mentions:
    the same words stand in <code>."""
    return " ".join("".join(_pieces(word, 1, _in_html)) for word in shortened(legible(text), width).split())


def _pieces(word: str, at: int, guard: Callable[[str], str]) -> Iterator[str]:
    """A word that is plain, or guarded. Chinese has no blanks between words: it is plain, and parts what it is not."""
    for place, piece in enumerate(re.split(_CHINESE, word)):
        if place % 2 or (piece and _plain(piece, at + place)):
            yield _escaped(piece) if guard is _in_html else piece
        elif piece:
            yield guard(piece)


def _in_html(word: str) -> str:
    bare = word.strip("(.,;:)") or word
    before, _, after = word.partition(bare)
    return f"{before}<code>{_escaped(bare)}</code>{after}"


def _escaped(text: str) -> str:
    for letter, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(letter, entity)
    return text


def row(cells: Iterable[str]) -> str:
    """A row of a table, of cells that are Markdown already."""
    # A pipe parts the cells in a code span, too, and parsers differ about the backslash before one.
    return "| " + " | ".join(cell.replace("|", r"\x7c") for cell in cells) + " |"


def fence(lines: Iterable[str], language: str) -> str:
    """A block of code, with a blank line behind it; none if there are no lines."""
    body = [legible(line) for line in lines]
    if not body:
        return ""
    tick = "`" * max(3, *(_longest_run(line) + 1 for line in body))
    return "\n".join([f"{tick}{language}", *body, tick, "", ""])


def _guarded(word: str) -> str:
    bare = word.rstrip(".,;:)") or word
    return span(bare) + word[len(bare) :]


def _plain(word: str, at: int) -> bool:
    known = all(letter.isalnum() or letter in _PLAIN for letter in word)
    begins = at == 0 and (not word[0].isalnum() or re.match(_NUMBERED, word))
    return known and not begins and not re.search(_LINKED, word)


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)


def check(wanted_to_see: Verification | None) -> str:
    """How to verify a fix: a sentence, whose commands stand in code spans, and the command below it."""
    if wanted_to_see is None:
        return ""
    parts = (prose(part) if at % 2 == 0 else span(part) for at, part in enumerate(wanted_to_see.says.split("`")))
    says = " ".join(filter(None, parts)).replace(" ,", ",")
    command = fence([wanted_to_see.command], "sh") if wanted_to_see.command else ""
    return f"{wording.labelled(wording.VERIFY)} {says}\n\n{command}"


def lacking(examination: Examination, *, by_node: bool) -> Iterator[tuple[str, str]]:
    """Who waits for what each command would tell, and the command: for each node, or each command once."""
    if by_node:
        for group in wanted(examination.outcomes):
            fields = {"node": span(group.node), "sentence": prose(wording.waiting(group, group.node))}
            yield translated("On {node}, {sentence}", **fields), group.command
        return
    for on in wanted_on_nodes(examination.outcomes):
        fields = {
            "nodes": prose(wording.some(on.nodes)),
            "rules": prose(counted(len(on.rules), "rule")),
            "names": prose(wording.some(on.rules)),
        }
        yield translated("On {nodes}, for {rules}: {names}", **fields), on.command
