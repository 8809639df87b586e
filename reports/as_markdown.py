"""For a comment on a pull request, or a job's summary (-v): GitHub's Markdown, cut to the length that they take."""

import io
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lvsdoctor.reportkit import (
    Certainty,
    Citation,
    Diagnosis,
    Examination,
    Output,
    Page,
    Probed,
    Seen,
    Severity,
    Verdict,
    alike,
    asides,
    cited_once,
    counted,
    fix_of_all,
    guilty_lines,
    markdown,
    suffering_sentences,
    template,
    terminal,
    translated,
    verification,
    wording,
    worst_first,
)

COMMENT = 65_000  # bytes; GitHub takes 65,536 characters, and somebody may put a line above ours
SUMMARY = 1_000_000  # bytes; GitHub takes 1 MiB of a step, from all its commands together, and drops more than that
ROWS = 50  # of a table or a list
SENTENCES = 10  # of one pitfall, unless -v
WIDTH = 100  # columns of the quoted lines
LONGEST = 300  # columns of one quoted line, unless -v

Form = tuple[str, tuple[str, ...]]

# What a short report lacks.
COUNTED = (
    *("finding", "accepted finding", "warning", "evidence block", "command block", "section"),
    *("remark list", "node table", "heading", "blank", "crash report"),
)


@dataclass(slots=True)
class Piece:
    """A part of the report in four forms, the whole one and three shorter ones: each a text, and what it lacks."""

    rank: int
    forms: tuple[Form, ...]
    at: int = 0

    @property
    def size(self) -> int:
        return len(self.text.encode())

    @property
    def text(self) -> str:
        return self.forms[self.at][0]


# What a piece is, in the order of the report.
FRAME, ERROR, WARNING, NOTE, ACCEPTED, FOLDED = -1, *(severity.rank for severity in Severity), 3, 4
# In this order a long report is cut: which pieces, from the last to the first, to which of their forms.
CUTS = (
    *((FOLDED, 3), (NOTE, 1), (WARNING, 1), (NOTE, 2), (WARNING, 2), (NOTE, 3)),
    *((ERROR, 1), (ACCEPTED, 3), (WARNING, 3), (ERROR, 2), (ERROR, 3), (FRAME, 3)),
)


def render(examination: Examination, output: Output) -> None:
    """Write the verdict, and below it whatever fits: evidence is left out before fixes, and findings at last."""
    head = f"### lvsdoctor: {wording.verdict(examination)}\n\n{wording.summed_up(examination)}\n\n"
    sentences = (*suffering_sentences(examination.services), *wording.openings(examination))
    for sentence in sentences[:ROWS]:
        head += f"> {markdown.prose(sentence)}\n\n"
    pieces = [*_findings(examination, output), *_crashes(examination, output)]
    if not output.quiet:
        pieces = [*_before(examination), *pieces, *_accepted(examination), *_folded(examination, output)]
    longest = SUMMARY if output.verbose else COMMENT
    if left_out := _fitted(pieces, longest - len(head.encode()) - 600):
        size = translated("{number} bytes", number=f"{longest:,}")
        if not output.verbose:
            size = translated("{size} (up to {number} with -v)", size=size, number=f"{SUMMARY:,}")
        cut = translated("Cut to {size}: {parts} left out.", size=size, parts=left_out)
        head += f"> {cut} {translated('`lvsdoctor scan -v` shows everything.')}\n\n"
    text = head + "".join(piece.text for piece in pieces)
    output.stream.write("\n".join(map(output.legible, text.rstrip().split("\n"))) + "\n")


def _fitted(pieces: list[Piece], room: int) -> str:
    """Cuts the pieces until they fit, and says what they lack."""
    size = sum(piece.size for piece in pieces)
    for rank, at in CUTS:
        for piece in reversed(pieces):
            if size > room and piece.rank == rank:
                size -= piece.size
                piece.at = at
                size += piece.size
    lost = Counter(noun for piece in pieces for noun in piece.forms[piece.at][1])
    return wording.listed(counted(number, noun) for noun, number in lost.items())


def _whole(rank: int, text: str, noun: str, number: int = 1) -> Piece:
    """One that is there or is not."""
    return Piece(rank, (*[(text, ())] * 3, ("", (noun,) * number)))


def _fold(name: str, text: str, rank: int = FOLDED) -> Piece:
    text = f"<details><summary>{name}</summary>\n\n{text.rstrip()}\n\n</details>\n\n"
    return _whole(rank, text, "section")


def _table(examination: Examination) -> str:
    nodes = worst_first(examination)
    rows = [markdown.row(map(translated, _HEADS)), "| --- " * 2 + "| ---: " * 5 + "|"]
    for node in nodes[:ROWS]:
        found = examination.of(node.name)
        severities = [diagnosis.severity for diagnosis in found if diagnosis.accepted is None]
        numbers = [*map(severities.count, Severity), len(found) - len(severities)]
        open_ones = (o for o in examination.outcomes if o.node == node.name and o.verdict is Verdict.NOT_CHECKED)
        named = markdown.span(node.name), markdown.prose(wording.roles(node))
        rows.append(markdown.row([*named, *map(str, numbers), str(sum(1 for _ in open_ones))]))
    more = translated("{sentence}.", sentence=counted(len(nodes) - ROWS, "more node"))
    return "\n".join([*rows, "", *([more, ""] if nodes[ROWS:] else []), ""])


_HEADS = ("node", template("role"), "errors", "warnings", "notes", "accepted", "not checked")


def _before(examination: Examination) -> Iterator[Piece]:
    remarks = [markdown.prose(wording.remarked(remark)) for remark in examination.remarks]
    for node in examination.nodes:
        remarks += [f"{markdown.span(node.name)}: {markdown.prose(note)}" for note in wording.notes(node)]
    if remarks:
        more = [translated("{number} more", number=len(remarks) - ROWS)] if remarks[ROWS:] else []
        shown = "".join(f"- {remark}\n" for remark in [*remarks[:ROWS], *more])
        yield _whole(FRAME, shown + "\n", "remark list")
    if any(diagnosis.probed is Probed.CONTRADICTED and not diagnosis.accepted for diagnosis in examination.diagnoses):
        head = translated("{sentence}.", sentence=translated("The wire contradicts this scan"))
        yield _whole(FRAME, f"**{head}** {wording.collect_anew()}\n\n", "warning")
    yield _whole(FRAME, _table(examination), "node table")


def _findings(examination: Examination, output: Output) -> Iterator[Piece]:
    known: set[str] = set()  # of the rules; the first finding of each is unfolded
    for node in worst_first(examination):
        for together in alike(diagnosis for diagnosis in examination.of(node.name) if diagnosis.accepted is None):
            rank = together[0].severity.rank
            new = together[0].rule not in known
            known.add(together[0].rule)
            if output.quiet:
                said = (markdown.prose(f"{wording.label(each)} {wording.sentence(each)}") for each in together)
                yield _whole(rank, "".join(f"- {each}\n" for each in said), "finding", len(together))
            else:
                check = markdown.check(verification(together, examination.rule(together[0].rule)))
                yield Piece(rank, (*_forms(together, output, check, unfolded=new), ("", ("finding",) * len(together))))


def _forms(together: tuple[Diagnosis, ...], output: Output, check: str, *, unfolded: bool) -> Iterable[Form]:
    """Whole, without its evidence, and without its fix."""
    head = _summary(together, unfolded=unfolded)
    brief, fix = _statements(together, SENTENCES), _fix(together) + check
    said = _statements(together, len(together)) if output.verbose else brief
    end = f"{wording.labelled(wording.MORE)} {markdown.span(f'lvsdoctor explain {together[0].rule}')}\n\n</details>\n\n"
    return (
        (head + said + _why(together, output) + fix + end, ()),
        (f"{head}{brief}{translated('Evidence left out.')}\n\n{fix}{end}", ("evidence block",)),
        (f"{head}{brief}{translated('Evidence and fix left out.')}\n\n{end}", ("evidence block", "command block")),
    )


def _summary(together: tuple[Diagnosis, ...], *, unfolded: bool) -> str:
    """The line that is seen of a folded finding."""
    first = together[0]
    says = first.message
    if len(together) > 1:
        says = translated("{sentence} (and {number} more)", sentence=says, number=len(together) - 1)
    if not first.message.startswith(f"{first.node} "):
        says = translated("on {node}: {sentence}", node=first.node, sentence=says)
    opened = "<details open>" if unfolded else "<details>"
    label, sentence = markdown.in_html(wording.label(first)), markdown.in_html(says)
    return f"{opened}<summary><strong>{label}</strong> {sentence}</summary>\n\n"


def _statements(together: tuple[Diagnosis, ...], number: int) -> str:
    """The first sentences, with what the wire says of them and who accepted them once. A lone one stands in the line
    that is seen of a folded finding."""
    shown, lines = together[:number], []
    for diagnosis in shown:
        if len(together) > 1 or diagnosis.lapsed or diagnosis.probed not in (None, Probed.NOT_PROBED):
            lines.append(f"- {markdown.prose(diagnosis.message)}")
        if diagnosis.lapsed:
            lines.append(f"  - {markdown.prose(wording.lapsed(diagnosis.lapsed))}")
        probed = diagnosis.confirmation
        if probed and probed.verdict is not Probed.NOT_PROBED:
            lines.append(f"  - **{wording.by_the_wire(probed.verdict)}** {markdown.prose(probed.says)}")
            if probed.suggests:
                lines.append(f"  - {wording.labelled('This may be')} {markdown.prose(probed.suggests)}")
    if len(shown) < len(together):
        lines.append("- " + translated("{number} more of the same", number=len(together) - len(shown)))
    lines += [
        f"- **{wording.labelled(wording.CLIENTS)}** {markdown.prose(suffered)}" for suffered in wording.clients(shown)
    ]
    if others := asides.others_of(together):
        lines.append(f"- **{wording.labelled(wording.ALSO)}** {markdown.prose(others)}")
    lines += [f"- {markdown.prose(sentence)}" for sentence in asides.severities_set(together)]
    return "\n".join([*lines, "", ""]) if lines else ""


def _why(together: tuple[Diagnosis, ...], output: Output) -> str:
    """The quoted lines, and what was assumed because there was none."""
    shown = together if output.verbose else together[:SENTENCES]
    frames = [
        Citation(each.confirmation.seen) for each in shown if each.confirmation is not None and each.confirmation.seen
    ]
    evidence = cited_once(item for each in shown for item in (*each.evidence, *frames))
    assumed = [item for item in evidence if item.assumed and together[0].certainty is Certainty.LIKELY]
    text = ""
    proofs = (item for item in evidence if item not in assumed)
    if quoted := _quoted(proofs, output, guilty_lines(shown)):
        text += f"{wording.labelled(wording.EVIDENCE)}\n\n{markdown.fence(quoted, 'text')}"
    if assumed:
        settle = dict.fromkeys(item.settle for item in assumed)
        why = translated("not in the evidence, so the finding is likely, not proved:")
        text += f"{wording.labelled(wording.ASSUMED)} {why}\n\n{markdown.fence(_quoted(assumed, output), 'text')}"
        text += wording.labelled("To settle it, on {hosts}", hosts=markdown.span(together[0].node)) + "\n\n"
        text += markdown.fence(settle, "sh")
    return text


def _quoted(items: Iterable[Citation], output: Output, guilty: frozenset[Seen] | None = None) -> list[str]:
    """The lines, those that are to blame with a `>` before them."""
    page, items = Page(Output(io.StringIO(), width=WIDTH)), list(items)
    longest = 0 if output.verbose else LONGEST
    marked = {number for number, item in enumerate(items) if guilty and item.seen in guilty}
    rows = ((wording.evidence_place(item.seen), wording.evidence_text(item.seen), item.says) for item in items)
    page.quotes(rows, indent=0 if guilty is None else 2, longest=longest, marked=marked)
    return ["".join(text for _, text in line).rstrip() for line in page.lines]


def _fix(together: tuple[Diagnosis, ...]) -> str:
    first, fix, text = together[0], fix_of_all(together), ""
    if fix.warning:
        text = f"**{wording.labelled(wording.CAREFUL)}** {markdown.prose(translated(fix.warning))}\n\n"
    for label, commands in ((wording.fix_now(first), fix.now), (wording.fix_for_good(first), fix.persist)):
        if commands:
            text += f"{markdown.prose(translated('{label}:', label=label))}\n\n{markdown.fence(commands, 'sh')}"
    return text


def _accepted(examination: Examination) -> Iterator[Piece]:
    accepted = [diagnosis for diagnosis in examination.diagnoses if diagnosis.accepted is not None]
    if accepted:
        yield _whole(FRAME, f"#### {wording.labelled('Accepted')} {len(accepted)}\n\n", "heading")
    for diagnosis in accepted:
        terms = markdown.prose(wording.accepted(diagnosis.accepted or {}))
        says = markdown.prose(f"{wording.label(diagnosis)} {diagnosis.message}")
        says = translated("{sentence}; accepted: {terms}", sentence=says, terms=terms)
        yield _whole(ACCEPTED, f"- {says}\n", "accepted finding")
    if accepted:
        yield _whole(FRAME, "\n", "blank")


def _crashes(examination: Examination, output: Output) -> Iterator[Piece]:
    for outcome in examination.outcomes:
        if outcome.verdict is Verdict.CRASHED:
            trace = outcome.traceback.strip().split("\n") if output.verbose else ()
            crash = f"**{translated('CRASHED')}** {markdown.prose(wording.crash(outcome))}\n\n"
            yield _whole(FRAME, crash + markdown.fence(trace, "text"), "crash report")


def _folded(examination: Examination, output: Output) -> Iterator[Piece]:
    """What is no finding, a click away."""
    many = len(examination.nodes) > terminal.MANY
    if groups := list(markdown.lacking(examination, by_node=not many)):
        most = asides.MOST_COMMANDS if many and not output.verbose else ROWS
        text = translated("The evidence lacks what these commands would tell.") + "\n\n"
        for says, command in groups[:most]:
            text += f"{says}\n\n" + markdown.fence(filter(None, [command]), "sh")
        rest = translated("{sentence}.", sentence=counted(len(groups) - most, "more command")) + "\n"
        yield _fold(translated("Not checked"), text + (rest if groups[most:] else ""), ACCEPTED)
    if examination.unread:
        lines = _quoted(map(Citation, examination.unread), output) if output.verbose else ()
        text = f"{markdown.prose(wording.not_understood(examination.unread))}\n\n{markdown.fence(lines, 'text')}"
        yield _fold(translated("Lines not understood"), text)
    passed = [(node.name, _quiet(examination, node.name)) for node in examination.nodes[:ROWS]]
    if lines := [f"- {markdown.span(node)}: {', '.join(rules)}\n" for node, rules in passed if rules]:
        yield _fold(translated("Passed"), "".join(lines))


def _quiet(examination: Examination, node: str) -> list[str]:
    outcomes = (outcome for outcome in examination.outcomes if outcome.node == node)
    return [markdown.prose(rule) for rule in wording.silent(outcomes, Verdict.QUIET)]
