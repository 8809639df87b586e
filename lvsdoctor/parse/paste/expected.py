"""What the writer of a report expects to see: dumps below such a heading are no answer of a host.

Forms of issues ask for it: `**Expected behavior**`, `### What you expected to happen`, `Expected output:`.
"""

from collections.abc import Sequence

from lvsdoctor.parse.paste.commands import SHOWING
from lvsdoctor.parse.paste.patterns import pattern

_WORDS = ("expect", "Expect", "EXPECT", "desired", "Desired", "预期", "期望")
_EXPECTED = pattern(
    r"(?P<sign>#{1,6}\s+|\*{1,2}|__)?(?:(?i:(?:the\s+)?(?:expected|desired)\s+(?:behaviou?r|results?|outputs?|outcome|state|table)"
    r"|what\s+(?:(?:did\s+)?you|i)\s+expect(?:ed)?(?:\s+to\s+(?:happen|see))?)"
    r"|(?:预期|期望)(?:的)?(?:结果|行为|输出|状态)?)\s*[:\uff1a?]?(?:\*{1,2}|__)?\s*(?P<colon>[:\uff1a?])?"
)
_COLON = pattern(r".*[:\uff1a?][*_]*\s*")
_HEADING = pattern(r"(?:#{1,6}\s+(?P<text>\S.*)|\*\*[^*]+\*\*\s*[:\uff1a]?|__[^_]+__\s*[:\uff1a]?)\s*")
_FENCE = pattern(r"\s{0,3}(?:```|~~~)")


def may_expect(text: str) -> bool:
    """May it have such a heading? Most texts have none of its words, and need not be parted for it."""
    return any(word in text for word in _WORDS)


def expected_lines(lines: Sequence[str]) -> frozenset[int]:
    """The numbers of the lines, counted from 1, that stand below such a heading."""
    numbers: set[int] = set()
    at = 0
    while at < len(lines):
        found = _EXPECTED.fullmatch(lines[at].strip()) if len(lines[at]) < 80 else None
        at += 1
        if found is None or not (found["sign"] or _COLON.fullmatch(lines[at - 1])):
            continue
        end = _next_heading(lines, at) if found["sign"] else _end_of_block(lines, at)
        numbers.update(range(at + 1, end + 1))
        at = end
    return frozenset(numbers)


def _next_heading(lines: Sequence[str], at: int) -> int:
    """The index of the next heading; a root's prompt is none."""
    fenced = False
    for index in range(at, len(lines)):
        if _FENCE.match(lines[index]):
            fenced = not fenced
        found = None if fenced else _HEADING.fullmatch(lines[index])
        if found is not None and not (found["text"] and SHOWING.match(found["text"])):
            return index
    return len(lines)


def _end_of_block(lines: Sequence[str], at: int) -> int:
    """Without a sign the words are of the next block alone: to its fence, or to an empty line."""
    while at < len(lines) and not lines[at].strip():
        at += 1
    if at < len(lines) and _FENCE.match(lines[at]):
        return next((index + 1 for index in range(at + 1, len(lines)) if _FENCE.match(lines[index])), len(lines))
    return next((index for index in range(at, len(lines)) if not lines[index].strip()), len(lines))
