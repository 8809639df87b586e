"""Here-documents that somebody typed into a text: what is written into a file is no answer of a command."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lvsdoctor.parse.paste.patterns import pattern
from lvsdoctor.parse.paste.prompts import prompt_in
from lvsdoctor.parse.paste.undecorated import undecorated

# Programs that write their input into a file, or do to the host what it says.
_TAKES = pattern(
    r"\s*(?:sudo\s+(?:-\S+\s+)*)?(?:/\S*/)?(?P<program>cat|tee|ipvsadm|ipvsadm-restore|ip|sysctl|nft|(?:ip6?|arp)tables-restore)"
    r"(?:\s[^|;&]*)?<<-?\s*(?P<quote>[\"'\\]?)(?P<word>[A-Za-z_]\w*)\b.*"
)
_CONTINUED = pattern(r"\s*>(?: |$)")  # PS2 of a shell
_LONGEST = 2000  # lines


@dataclass(frozen=True, slots=True)
class HereDocument:
    """The number of the line of its command, that of the word that ends it, and the text of all without prompts."""

    first: int
    last: int
    text: str


def here_documents(text: str) -> list[HereDocument]:
    """Those of a text in their order; what holds a script with its #! is read as that."""
    return list(_documents(undecorated(text))) if "<<" in text else []


def without_bodies(text: str, documents: Sequence[HereDocument]) -> str:
    """The text, in which only the commands of these stand: no reader takes their lines for an answer."""
    if not documents:
        return text
    lines = text.split("\n")
    for document in documents:
        lines[document.first : document.last] = [""] * (document.last - document.first)
    return "\n".join(lines)


def _documents(lines: Sequence[str]) -> Iterator[HereDocument]:
    at = 0
    while at < len(lines):
        command = _command(lines[at]) if "<<" in lines[at] and len(lines[at]) < 1000 else ""
        match = _TAKES.fullmatch(command) if command else None
        prints = match is not None and match["program"] == "cat" and ">" not in command
        end = _end(lines, at + 1, match["word"]) if match is not None and not prints else 0
        if not end:
            at += 1
            continue
        body = list(lines[at + 1 : end + 1])
        if all(_CONTINUED.match(line) for line in body):
            body = [_CONTINUED.sub("", line, count=1) for line in body]
        if not body[0].lstrip().startswith("#!"):
            yield HereDocument(at + 1, end + 1, "\n".join([command, *body]))
        at = end + 1


def _command(line: str) -> str:
    """The command line without its prompt."""
    prompt = prompt_in(line.strip())
    return prompt.command if prompt is not None and prompt.command else line.strip()


def _end(lines: Sequence[str], at: int, word: str) -> int:
    """Where a line holds nothing but the word; 0 where none does before a fence of Markdown."""
    for number in range(at, min(len(lines), at + _LONGEST)):
        line = lines[number].strip()
        if line in (word, f"> {word}"):
            return number
        if line.startswith(("```", "~~~")):
            return 0
    return 0
