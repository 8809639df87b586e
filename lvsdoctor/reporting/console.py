"""Where a report is written, and a page of styled lines for it: every style says the same words, colour only helps."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from sys import maxsize
from typing import TextIO

from lvsdoctor.model.examination import Examination
from lvsdoctor.sanitize import cells, commands_nobody, legible, shortened, squeezed, wrapped

_NARROWEST = 40
_LONGEST_PROSE = 120  # the eye loses the line in longer sentences; quoted lines may use the whole terminal
_NO_GAP = "\uff1a"  # a Chinese colon is as wide as two columns
COMMAND_INDENT = "    "
# Colour repeats what a word or a sign says already: it may be off, or the eye may not tell red from green.
STYLES: Mapping[str, str] = {
    "heading": "bold underline",
    "label": "bold",
    "message": "bold",
    "error": "bold red",
    "warning": "bold yellow",
    "note": "bold cyan",
    "accepted": "dim",
    "contradicted": "bold magenta",
    "where": "cyan",
    "why": "italic",
    "command": "green",
    "faint": "dim",
}


class CannotRender(Exception):
    """A report that cannot be written on this machine; the message is one sentence for the operator."""


@dataclass(frozen=True, slots=True)
class Output:
    """Where a report goes. `width` in columns; `verbose` counts the -v; `quiet` asks for the bare findings; with
    `complete` nothing may be left unchecked; `explain` asks for what a rule's page says, in place. `fix_command`
    prints the fixes of this scan; "" where no command does."""

    stream: TextIO
    color: bool = False
    width: int = 80
    verbose: int = 0
    quiet: bool = False
    complete: bool = False
    explain: bool = False
    fix_command: str = ""

    def legible(self, text: str) -> str:
        """The text, safe for a terminal, in characters that this stream can write (a StringIO can write any)."""
        return legible(text, (getattr(self.stream, "encoding", None) or "utf-8").lower())


Render = Callable[[Examination, Output], None]


class Page:
    """Lines made of (style, text) spans. Whatever is put on it is made legible here, and nothing is ever markup."""

    def __init__(self, output: Output) -> None:
        self.output = output
        self.width = max(output.width, _NARROWEST)
        self.lines: list[list[tuple[str, str]]] = []

    def legible(self, text: str) -> str:
        return self.output.legible(text).strip()

    def blank(self) -> None:
        """An empty line, but never two of them, and none at the top."""
        if self.lines and self.lines[-1]:
            self.lines.append([])

    def heading(self, text: str) -> None:
        """A name with a rule after it, which parts the nodes where there is no colour."""
        self.blank()
        pieces = wrapped(self.legible(text), min(self.width, _LONGEST_PROSE) - 4)
        self.lines += [[("heading", piece)] for piece in pieces]
        rule = "-" * (min(self.width, _LONGEST_PROSE) - cells(pieces[-1]) - 1)
        self.lines[-1].append(("faint", f" {rule}"))

    def say(
        self,
        text: str,
        style: str = "",
        *,
        label: str = "",
        label_style: str = "label",
        indent: int = 2,
        wrap: bool = True,
    ) -> None:
        """A sentence, wrapped; its further lines hang two columns in. Unwrapped it can be grepped for."""
        width = min(self.width, _LONGEST_PROSE) if wrap else maxsize
        shown = self.legible(text)
        label = self.legible(label)
        if cells(label) > width // 2:
            shown, label = f"{label} {shown}".rstrip(), ""
        gap = "" if label.endswith(_NO_GAP) else " "
        lead = " " * indent + label + (gap if label and shown else "")
        first, *further = wrapped(shown, width - indent - 2, width - cells(lead))
        self.lines.append([(label_style, lead if first else lead.rstrip()), (style, first)])
        self.lines += [[("", " " * (indent + 2)), (style, piece)] for piece in further]

    def commands(self, lines: Iterable[str]) -> None:
        """Shell commands, one a line and never wrapped, to be copied as they stand; only a comment is wrapped."""
        for line in lines:
            shown = self.legible(line)
            if not shown.startswith("#"):
                self.lines.append([("", COMMAND_INDENT), ("command", shown)])
                continue
            for piece in wrapped(shown.lstrip("# "), self.width - len(COMMAND_INDENT) - 2):
                self.lines.append([("", COMMAND_INDENT), ("faint", f"# {piece}")])

    def verbatim(self, lines: Iterable[str], *, indent: int = 4, wrap: bool = True) -> None:
        """Lines that keep their own indent (a traceback)."""
        for line in lines:
            for piece in wrapped(self.output.legible(line).rstrip(), self.width - indent if wrap else maxsize):
                self.lines.append([("", " " * indent), ("quote", piece)])

    def quotes(
        self,
        rows: Iterable[tuple[str, str, str]],
        *,
        indent: int = 4,
        longest: int = 0,
        marked: Collection[int] = (),
    ) -> None:
        """Quoted lines: `where | text  <- note`, in columns; where that is too wide, each note stands under its text.
        A text's runs of blanks are squeezed.

        A text of more than `longest` columns (0: any) loses its middle. The rows of the numbers `marked` (from 0) have
        a `>` before them, which needs an indent.
        """
        room = self.width - indent
        shown = []
        for where, text, note in rows:
            text = squeezed(self.legible(text))
            shown.append((self.legible(where), shortened(text, longest) if longest else text, self.legible(note)))
        quote_column = max((cells(text) for _, text, _ in shown), default=0)
        # A path that would leave the quotes less than they need, and less than half, gets a line of its own.
        widest = room - 3 - min(quote_column, room // 2)
        column = max((cells(where) for where, _, _ in shown if cells(where) <= widest), default=0)
        quote_room = room - column - 3
        beside = all(quote_column + 5 + cells(note) <= quote_room for _, _, note in shown if note)
        margin = " " * (indent + column)
        for number, (where, text, note) in enumerate(shown):
            lead = "> ".rjust(indent) if number in marked else " " * indent
            start = lead + where + " " * (column - cells(where))
            if cells(where) > column:
                first, *further = wrapped(where, room)
                self.lines += [[("where", lead + first)], *([("where", " " * indent + piece)] for piece in further)]
                start = margin
            for piece in wrapped(text, quote_room):
                self.lines.append([("where", start), ("faint", " | "), ("quote", piece)])
                start = margin
            if note and beside:
                self.lines[-1].append(("why", " " * (quote_column - cells(text)) + f"  <- {note}"))
            elif note:
                pieces = wrapped(note, quote_room - 3)
                self.lines.append([("why", f"{margin}   <- {pieces[0]}")])
                self.lines += [[("why", f"{margin}      {piece}")] for piece in pieces[1:]]

    def table(self, heads: Sequence[str], rows: Iterable[Sequence[str]], *, indent: int = 2) -> None:
        """Rows in columns, the first to the left, numbers (the others) to the right; a first cell that is wider than
        the terminal leaves is wrapped."""
        shown = [[self.legible(cell) for cell in row] for row in rows]
        widths = [max(cells(cell) for cell in column) for column in zip(heads, *shown, strict=True)]
        widths[0] = max(min(widths[0], self.width - indent - sum(width + 2 for width in widths[1:])), cells(heads[0]))
        for row in (heads, *shown):
            first, *further = wrapped(row[0], widths[0])
            right = "".join(
                " " * (2 + width - cells(cell)) + cell for cell, width in zip(row[1:], widths[1:], strict=True)
            )
            style = "label" if row is heads else ""
            self.lines.append([(style, " " * indent + first + " " * (widths[0] - cells(first)) + right)])
            self.lines += [[("", " " * indent + piece)] for piece in further]

    def write(self, styles: Mapping[str, str]) -> None:
        """Put the page on the stream: bare, or painted by rich (`styles`: our style names to rich's definitions)."""
        paint = _painter(styles) if self.output.color else _bare
        rows = ("".join(paint(style, text) for style, text in _harmless(line)) for line in self.lines)
        self.output.stream.write("".join(f"{row}\n" for row in rows))


@contextmanager
def progress_bar(stream: TextIO) -> Iterator[Callable[[float], None]]:
    """A bar on a terminal, gone when all is done; it is told the share that is done, 0 to 1."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TimeRemainingColumn

    with Progress(BarColumn(), TimeRemainingColumn(), console=Console(file=stream), transient=True) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda share: bar.update(task, completed=share)


def _harmless(line: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The line, none of whose words can begin a command of a CI's runner: `wrapped` puts any of them in front."""
    row = "".join(text for _, text in line)
    return line if commands_nobody(row) == row else [(line[0][0], commands_nobody(row))]


def _bare(style: str, text: str) -> str:
    return text


def _painter(styles: Mapping[str, str]) -> Callable[[str, str], str]:
    # rich.style alone: a Console would wrap and highlight again what is laid out already, and doubles the start-up.
    from rich.color import ColorSystem
    from rich.style import Style

    parsed = {name: Style.parse(definition) for name, definition in styles.items()}

    def paint(style: str, text: str) -> str:
        bare = text.lstrip(" ")
        margin = text[: len(text) - len(bare)]
        return margin + (parsed[style].render(bare, color_system=ColorSystem.STANDARD) if style in parsed else bare)

    return paint
