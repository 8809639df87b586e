"""What programs around a shell add to its lines: a pager's prompt, the prompt of Windows, a terminal's clock; and
blocks of AsciiDoc, of YAML and of diff(1), whose lines are not what a host shows.
"""

import re
from itertools import pairwise

from lvsdoctor.parse.paste.commands import SHOWING
from lvsdoctor.parse.paste.patterns import pattern
from lvsdoctor.parse.paste.prompts import prompt_in
from lvsdoctor.parse.readers import reader_for

# more(1) and less(1) write it, and over it what comes next. Alone on its line, it is where the user stopped.
_PAGER = pattern(r"(?m)^[ \t]*(?:--More--(?:\(\d{1,3}%\))?|\(END\))[ \t]*\r(?:[ \t]*\r)*")
# PS C:\Users\anna> ssh root@rs1 ip addr
_WINDOWS = pattern(
    r"(?m)^[ \t]*(?:PS )?[A-Za-z]:\\[^<>|\"?*\n]{0,160}>[ \t]*"
    r"(?:wsl(?:\.exe)?[ \t]+(?:(?:-d|-u|--distribution|--user)[ \t]+\S{1,40}[ \t]+|-e[ \t]+|--[ \t]+){0,3})?"
    r"(?P<program>ssh|plink|vagrant|docker|podman|kubectl|multipass|gcloud)(?:\.exe)?(?=[ \t])",
    re.IGNORECASE,
)
_WINDOWS_ALONE = pattern(r"(?m)^[ \t]*PS [A-Za-z]:\\[^<>|\"?*\n]{0,160}>[ \t]*$")
_DAY = r"\d{4}[-/.]\d\d[-/.]\d\d[ T]"
_SECONDS = r":\d\d(?:[.,]\d{1,9})?(?: ?(?:Z|[+-]\d\d:?\d\d))?"
# Of a session's record, of what runs jobs (GitHub, Jenkins), of ts(1), of a chat, with the nick of who pasted the line.
_STAMP = pattern(
    rf"(?:\[(?:{_DAY})?\d\d:\d\d(?:{_SECONDS})?\] ?"
    rf"|(?:[A-Z][a-z]{{2}} [ \d]\d |{_DAY})?\d\d:\d\d{_SECONDS}(?: |$))"
    r"(?:<[@+ ]?[A-Za-z_][\w-]{0,31}> ?)?"
)
# GitLab's mark of a section, which its page does not show.
_SECTION = pattern(r"section_(?:start|end):\d{1,12}:[\w.-]{1,200}(?:\[[^\]\r\n]{0,200}\])?\r(?:\x1b\[0K)?")
_TITLE = pattern(r"\.([A-Za-z][\w.-]{0,62})[ \t]*")
_BLOCK = pattern(r"(?:-{4,}|\.{4,})[ \t]*")
_HUNK = pattern(r"@@ -\d{1,7}(?:,(\d{1,7}))? \+\d{1,7}(?:,(\d{1,7}))? @@.*")
# A command as a key of YAML, above a block of what it printed.
_KEY = pattern(r"(?m)^([ \t]*)([\"']?)([^\s\"'#][^\"'\n]{1,200}?)\2[ \t]?:[ \t]*[|>][-+\d]{0,2}[ \t]*$")
DIFFERENCE = "diff| "  # stands before the lines of a difference: of two states none may be the host's


def without_terminals(text: str) -> str:
    """The text, all lines in their places."""
    if "\r" in text:
        text = _PAGER.sub("", _SECTION.sub("", text))
    if ":\\" in text:
        text = _WINDOWS_ALONE.sub("$", _WINDOWS.sub(_as_typed, text))
    if "\n@@ -" in text or text.startswith("@@ -"):
        text = _without_hunks(text)
    if "|" in text or ": >" in text:
        text = _KEY.sub(lambda key: f"{key[1]}{key[3]}:" if SHOWING.match(key[3]) else key[0], text)
    if _STAMP.match(text):
        text = _without_stamps(text)
    if "----" in text or "...." in text:
        text = _without_titles(text)
    return text


def _as_typed(prompt: re.Match[str]) -> str:
    program = prompt["program"].lower()
    return f"$ {'ssh' if program == 'plink' else program}"


def _without_hunks(text: str) -> str:
    """The lines of each hunk are marked, as many as its head counts."""
    lines = text.split("\n")
    old = new = 0
    for number, line in enumerate(lines):
        if (hunk := _HUNK.fullmatch(line)) is not None:
            old, new = int(hunk[1] or 1), int(hunk[2] or 1)
            continue
        if old <= 0 and new <= 0:
            continue
        sign = line[:1]
        old -= sign != "+"
        new -= sign != "-"
        lines[number] = DIFFERENCE + line
    return "\n".join(lines)


def _without_stamps(text: str) -> str:
    """A record, each line with the time: a prompt or the beginning of a dump among them tells it from a log."""
    lines = text.split("\n")
    found = [_STAMP.match(line) for line in lines]
    if not all(stamp or not line.strip() for stamp, line in zip(found, lines, strict=True)):
        return text
    bare = [line[stamp.end() :] if stamp else line for stamp, line in zip(found, lines, strict=True)]
    return "\n".join(bare) if any(line.strip() and _begins(line) for line in bare) else text


def _begins(line: str) -> bool:
    return prompt_in(line.strip()) is not None or reader_for(line) is not None


def _without_titles(text: str) -> str:
    """`.rs1` above a block is the block's title, as a heading is."""
    lines = text.split("\n")
    for number, (line, below) in enumerate(pairwise(lines)):
        title = _TITLE.fullmatch(line)
        if title is not None and _BLOCK.fullmatch(below):
            lines[number] = f"== {title[1]} =="
    return "\n".join(lines)
