"""Which lines of a text are a whole shell script: from its #! on, or a `case`, a loop, a function."""

from collections.abc import Sequence
from dataclasses import dataclass

from lvsdoctor.parse.paste.patterns import pattern
from lvsdoctor.parse.paste.prompts import prompt_in

_SHEBANG = pattern(r"\s*#!\s*/\S*(?:/|env\s+)(?:ba|da|a|k|z)?sh\b")
_OPENS = pattern(
    r"\s*(?:case\s+\S+\s+in\b|for\s+\w+\s+in\s|while\s+\S|until\s+\S|if\s+\S|(?:function\s+)?[\w-]+\s*\(\)\s*(?:\{.*)?$"
    r"|function\s+[\w-]+\s*\{?)"
)
_WORD = pattern(r"(?:^|[\s;|&(])(case|for|while|until|select|if|esac|done|fi|\{|\})(?=$|[\s;|&)])")
_DEPTH = {
    "case": 1,
    "for": 1,
    "while": 1,
    "until": 1,
    "select": 1,
    "if": 1,
    "{": 1,
    "esac": -1,
    "done": -1,
    "fi": -1,
    "}": -1,
}
_QUOTED = pattern(r"'[^']*'|\"(?:[^\"\\]|\\.)*\"|(?:^|\s)#.*|\$\{[^}]*\}|\$\([^)]*\)")
_BESIDE = pattern(r"\s*(?:#.*|(?:export\s+|readonly\s+)?[A-Za-z_]\w*=.*)")
_SETS_UP = pattern(r"(?:^|[\s/;&|({\"'`])(?:ifconfig|ip|route|sysctl|ipvsadm|arptables|ip6?tables)\s|/proc/sys/net")
_LONGEST = 2000  # lines
_UNCLOSED = 20  # blocks that nothing closes, after which no other is looked for


@dataclass(frozen=True, slots=True)
class Span:
    """The lines of a script, the number of the first, and its text."""

    first: int
    last: int
    text: str

    @property
    def numbers(self) -> range:
        return range(self.first, self.last + 1)


def spans_in(lines: Sequence[str]) -> list[Span]:
    """The scripts of a text that set up a network, in their order."""
    spans: list[Span] = []
    at = unclosed = 0
    while at < len(lines):
        line = lines[at]
        start = at
        if _SHEBANG.match(line):
            end = _end_of_script(lines, at)
        elif unclosed < _UNCLOSED and _OPENS.match(line):
            end = _end_of_block(lines, at)
            if end == at:  # prose, or a part of a script
                unclosed += 1
                at += 1
                continue
            while start > (spans[-1].last if spans else 0) and _BESIDE.fullmatch(lines[start - 1]):
                start -= 1
        else:
            at += 1
            continue
        text = "\n".join(lines[start:end])
        if _SETS_UP.search(text):
            spans.append(Span(start + 1, end, text))
        at = max(end, at + 1)
    return spans


def _end_of_script(lines: Sequence[str], at: int) -> int:
    """Where a script with its #! ends: at the end of a fence, a prompt, prose, or of what it is written into."""
    word = _here_word(lines[at - 1]) if at else ""
    for number in range(at + 1, min(len(lines), at + _LONGEST)):
        line = lines[number].strip()
        if (word and line == word) or line.startswith(("```", "~~~")) or _SHEBANG.match(line):
            return number
        if not line or line[0] == "#":
            continue
        if not line.isascii() and not _QUOTED.search(line):
            return number
        if ("@" in line or ":~" in line) and (prompt := prompt_in(line)) is not None and prompt.host:
            return number
    return min(len(lines), at + _LONGEST)


def _here_word(line: str) -> str:
    """The word that ends a here-document which begins in this line."""
    _, sign, behind = line.rpartition("<<")
    words = behind.lstrip("-").split(">")[0].split()
    return words[0].strip("'\"\\") if sign and words else ""


def _end_of_block(lines: Sequence[str], at: int) -> int:
    """Where a block is closed that the line `at` opens; `at` where it is not."""
    depth = 0
    for number in range(at, min(len(lines), at + _LONGEST)):
        bare = _QUOTED.sub(" ", lines[number])
        depth += sum(_DEPTH[word] for word in _WORD.findall(bare))
        if depth <= 0 and (number > at or _WORD.search(bare)):
            return number + 1
        if lines[number].startswith("```"):
            return at
    return at
