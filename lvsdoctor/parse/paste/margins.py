"""What stands to the left of every line: the > of a quote, a bar, line numbers, the file's name, a common indentation.

Numbers go only where they number line by line without a gap, and where no dump begins with what they stand in: the
`1: lo:` and `2: eth0:` of `ip -o link` number links.
"""

import re
from collections.abc import Callable, Iterator, Sequence

from lvsdoctor.parse.paste.commands import SHOWING
from lvsdoctor.parse.paste.headings import heading_in
from lvsdoctor.parse.paste.patterns import pattern
from lvsdoctor.parse.paste.prompts import prompt_in
from lvsdoctor.parse.readers import reader_for

_ODD = pattern(r"\n[ \t]*+(?:[>|│┃▏┆\n]|\d{1,7}(?:\t| {2}))")
_OTHER = pattern(r"^[\s>|│┃▏┆*_`]*(?:\d+(?:\t| {1,2}|:)(?=\D))?")
_QUOTE = pattern(r"^ {0,3}(?:>{1,5}(?: |$)?)+")
_QUOTED_HEADING = pattern(r"^ {0,3}(?:> )*(?=>{2,}\s*\w.*<<$)")
_QUOTED = pattern(r"\n {0,3}>")
_BAR = pattern(r" {0,3}[|│┃▏┆](?: |$)?")
_BARRED = pattern(r"\n {0,3}[|│┃▏┆]")
_RIGHT_BAR = pattern(r"(?<!\s)\s++[|│┃▏┆]$")
# cat -n and nl: six columns and a tab, which a terminal's copy has as blanks.
_CAT = pattern(r"[ ]*(\d{1,7})\t(.*)|(?=[ \d]{6} {2})[ ]*(\d{1,6}) {2}(.*)", re.DOTALL)
_CAT_EMPTY = pattern(r"[ ]*(\d{1,7})\s*")
_CATS = pattern(r"\n *+\d{1,7}(?:\t| {2})")
# less -N, vi, bat, grep -n, diffs and web pages: only where the whole text is numbered so.
_NUMBERED = pattern(r"\s*(\d{1,7})(\t|\s{0,4}[|│]\s?|\s?[:)]\s?| {1,2}|\.\s?)?(.*)", re.DOTALL)
# The frame that bat draws around numbers and text, and the file's name in it.
_FRAME = pattern(r"─{3,}[┬┼┴]?─{3,}|\s+│(?: File: .*)?")
_NUMBERED_FIRST = pattern(r"\s*\d{1,7}[\s|│:).]")
_PATH = pattern(
    r"(?!proc/sys|/)((?:[\w.+@-]+/)*[\w.+@-]+\.(?:txt|log|out|dump|conf|cfg|lst)|(?:[\w.+@-]+/)+[\w.+@-]+):(?:\d{1,7}:)?(.*)",
    re.DOTALL,
)
_CONTINUES = pattern(r"link/|inet6?\s|valid_lft|->|nexthop")
_INDENTED = pattern(r"\n[ \t]*+\n[ \t]++\S")
_INDENTED_BELOW = pattern(r":[ \t]*+\n[ \t]++\S")
# Without its indentation it could be anybody's; and its reader asks for one.
_LINK = pattern(r"link/[a-z0-9]+ ")


def without_margins(lines: list[str], text: str, several: str) -> list[str]:
    """The lines without their margins, in their places. `text` is what they were together, behind a line break.

    `several` parts two in one. A text that was numbered may be a mail's, or the other way round.
    """
    for _ in range(4):
        before, lines = lines, _without_outermost(lines, text, several)
        if lines == before or several in text:
            break
        text = "\n" + "\n".join(lines)
    return lines


def _without_outermost(lines: list[str], text: str, several: str) -> list[str]:
    odd = _ODD.search(text) is not None  # one look for them all, which `sysctl -a` passes
    quoted = odd and ">" in text and _QUOTED.search(text) is not None
    if quoted:
        lines = [_unquoted(line) if ">" in line[:8] else line for line in lines]
    if odd and _BARRED.search(text):
        lines = _without_bars(lines)
    if (first := _first(lines)) is None:
        return lines
    if _NUMBERED_FIRST.match(first):
        lines = _without_numbers(lines) or lines
    elif _PATH.match(first):
        lines = _without_paths(lines, several) or lines
    if quoted or (odd and _CATS.search(text)):
        lines = _without_cat_numbers(lines)
    if first[0].isspace() or quoted or (odd and _INDENTED.search(text)) or _INDENTED_BELOW.search(text) or "`" in text:
        lines = _unindented(lines)
    if "link/" in text:
        lines = [f"    {line}" if line.startswith("link/") and _LINK.match(line) else line for line in lines]
    return lines


def _unquoted(line: str) -> str:
    """`>>> rs1 <<<` is a heading, which a mail may quote."""
    heading = _QUOTED_HEADING.match(line) if line.endswith("<<") else None
    return line[heading.end() :] if heading else _QUOTE.sub("", line)


def _first(lines: Sequence[str]) -> str | None:
    return next((line for line in lines if line.strip() and not _FRAME.fullmatch(line)), None)


def begins(line: str) -> bool:
    """Does a dump or a command's echo begin with this line?"""
    return _is_dump(line) or bool(line.strip() and (prompt_in(line.strip()) or SHOWING.match(line.strip())))


def _may_begin(line: str) -> bool:
    """The same of a line that has other margins still."""
    return begins(_OTHER.sub("", line, count=1))


def _is_dump(line: str) -> bool:
    return reader_for(line) is not None


def _without_bars(lines: list[str]) -> list[str]:
    """Bars count where three lines that follow each other have one: a picture has other lines, too."""
    kept = list(lines)
    for run in _runs(lines, lambda line: _BAR.match(line) is not None):
        if len(run) >= 3 or len(run) == sum(1 for line in lines if line.strip()):
            for number in run:
                kept[number] = _RIGHT_BAR.sub("", _BAR.sub("", lines[number], count=1))
    return kept


def _runs(lines: Sequence[str], belongs: Callable[[str], bool]) -> Iterator[list[int]]:
    run: list[int] = []
    for number, line in enumerate(lines):
        if belongs(line):
            run.append(number)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _without_numbers(lines: Sequence[str]) -> list[str] | None:
    """The lines if all of them are numbered, one after the other, in one style; blank ones need no number (nl)."""
    kept, before, style, numbered, flush = list(lines), -1, "", 0, False
    for place, line in enumerate(lines):
        if not line.strip():
            continue
        if line[0] in "─ " and _FRAME.fullmatch(line):
            kept[place] = line.partition("│ ")[2]
            continue
        found = _NUMBERED.fullmatch(line)
        if found is None or (before >= 0 and int(found[1]) != before + 1):
            return None
        sign = found[2] or ""
        if not sign and found[3]:
            return None
        if found[3]:
            # Behind the colon of grep -n the line begins at once; where it is indented, the blank is the line's own.
            mark = sign.strip() or sign.replace(" ", " ")[:1]
            if style and mark != style:
                return None
            style = style or mark
            kept[place] = line[found.start(2) + 1 :] if mark == ":" else found[3]
            flush = flush or not kept[place][:1].isspace()
        else:
            kept[place] = ""
        before, numbered = int(found[1]), numbered + 1
        if numbered <= 3 and _is_dump(line):
            return None
    if numbered < 3 or not style or (style == ":" and not flush) or not any(map(_may_begin, kept)):
        return None
    return _aligned(lines, kept) if style == " " else kept


def _aligned(lines: Sequence[str], kept: list[str]) -> list[str]:
    """Blanks alone behind the numbers: how many belong to the margin tells the line with the fewest."""
    behind = [re.match(r"\s*\d+( *)", line) for line in lines]
    width = min(len(found[1]) for found, line in zip(behind, kept, strict=True) if found and line.strip())
    return [
        line[found.end(0) - len(found[1]) + width :] if found and text.strip() else text
        for found, line, text in zip(behind, lines, kept, strict=True)
    ]


def _without_cat_numbers(lines: list[str]) -> list[str]:
    """The numbers of cat -n and nl wherever three lines or more are numbered one after the other."""
    kept = list(lines)
    run: list[tuple[int, str]] = []
    before = 0

    def close() -> None:
        if len(run) >= 3 and any(_may_begin(text) for _, text in run):
            for place, text in run:
                kept[place] = text
        run.clear()

    for place, line in enumerate(lines):
        if not line.strip() and run:
            continue
        found = _CAT.fullmatch(line)
        empty = None if found else _CAT_EMPTY.fullmatch(line)
        number = int(found[1] or found[3]) if found else int(empty[1]) if empty and run else -1
        if number < 0 or (run and number != before + 1):
            close()
        if number >= 0:
            run.append((place, (found[2] if found[1] else found[4]) if found else ""))
            before = number
    close()
    return kept


def _without_paths(lines: Sequence[str], several: str) -> list[str] | None:
    """What `grep '' */*.txt` and `grep -rn` put before each line, if it stands before all: it goes above them."""
    kept, before = list(lines), ""
    for place, line in enumerate(lines):
        if not line.strip():
            continue
        found = _PATH.fullmatch(line)
        if found is None or _is_dump(line):
            return None
        kept[place] = found[2] if found[1] == before else f"==> {found[1]} <=={several}{found[2]}"
        before = found[1]
    return kept if any(_may_begin(line.rpartition(several)[2]) for line in kept) else None


def _unindented(given: list[str]) -> list[str]:
    """A paste, or a block of it (behind a blank line or a heading), that is indented as a whole."""
    lines, place, behind = list(given), 0, ""
    while place < len(lines):
        line = lines[place]
        if (
            not line[:1].isspace()
            or not line.strip()
            or (behind.strip() and not behind.rstrip().endswith((":", "```")))
        ):
            behind, place = line, place + 1
            continue
        end = place
        while end < len(lines) and (not lines[end].strip() or lines[end][:1].isspace()):
            end += 1
        block = [
            line.expandtabs() if "\t" in line[: len(line) - len(line.lstrip())] else line for line in lines[place:end]
        ]
        margin = min(len(line) - len(line.lstrip()) for line in block if line.strip())
        first = line.strip()
        alone = not behind and end == len(lines)
        if margin and (alone or (not _CONTINUES.match(first) and (begins(block[0][margin:]) or heading_in(first)))):
            lines[place:end] = [line[margin:] for line in block]
        behind, place = lines[end - 1], end
    return lines
