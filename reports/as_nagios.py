"""For Nagios, Icinga and their kin: one line with performance data, then the findings; scan exits with their codes.

Monitoring Plugins Development Guidelines: "Plugin Output for Nagios", "Threshold and Ranges", "Performance data".
"""

from collections.abc import Iterator

from lvsdoctor.reportkit import (
    Examination,
    Output,
    Verdict,
    counted,
    state,
    summary,
    unjudged,
    wanted,
    wording,
)

FIRST_LINE = 1000  # bytes: NRPE before version 3 carries 1024
LINE = 500
ALL = 4000  # bytes: what Nagios 3 keeps, and NSCA carries
NUMBERS = {
    "errors": "error",
    "warnings": "warning",
    "notes": "note",
    "accepted": "accepted",
    "not_checked": "not_checked",
    "crashed": "crashed",
    "unread_lines": "unread",
    "nodes": "nodes",
}
ESCAPED = {ord(letter): rf"\x{ord(letter):02x}" for letter in "|<>"}
# A range `0` alerts above 0.
THRESHOLDS = {"errors": ";;0", "warnings": ";0;"}


def render(examination: Examination, output: Output) -> None:
    """Write the state with its performance data, and what it is about below."""
    numbers = _performance(examination)
    said = _shown(output, f"LVS {state(examination, complete=output.complete).name} - {_headline(examination)}")
    first = f"{_cut(said, FIRST_LINE - len(numbers) - 3)} | {numbers}\n"
    output.stream.write(first)
    room = ALL - len(first.encode()) - 80
    lines = [_cut(_shown(output, line), LINE) for line in _details(examination)]
    for at, line in enumerate(lines):
        room -= len(line.encode()) + 1
        if room < 0:
            output.stream.write(f"{counted(len(lines) - at, 'more line')}: lvsdoctor scan shows all\n")
            break
        output.stream.write(f"{line}\n")


def _headline(examination: Examination) -> str:
    counts = summary(examination)
    told = wording.verdict(examination)
    more = [
        *([f"{counts['contradicted']} contradicted by the wire"] if counts["contradicted"] else []),
        *([f"{counted(blind, 'node')} not judged"] if (blind := len(unjudged(examination))) else []),
        *([f"{counted(paths, 'PATH')} not read"] if (paths := counts["unjudged"] - blind) else []),
        *([f"{counts['accepted']} accepted"] if counts["accepted"] else []),
        *([f"{counted(counts['not_checked'], 'rule')} not checked"] if counts["not_checked"] else []),
        *([f"{counted(counts['crashed'], 'rule')} crashed"] if counts["crashed"] else []),
    ]
    if more:
        told += f" ({wording.listed(more)})"
    open_ones = [diagnosis for diagnosis in examination.diagnoses if diagnosis.accepted is None]
    if open_ones:
        return f"{told}: {min(open_ones, key=lambda diagnosis: diagnosis.severity.rank).message}"
    return told


def _performance(examination: Examination) -> str:
    counts = summary(examination)
    told = [f"{name}={counts[key]}{THRESHOLDS.get(name, ';;')};0" for name, key in NUMBERS.items()]
    if any(diagnosis.confirmation for diagnosis in examination.diagnoses):
        told += [f"{name}={counts[name]};;;0" for name in ("confirmed", "contradicted")]
    if examination.seconds is not None:
        told.append(f"time={examination.seconds:.3f}s;;;0")
    return " ".join(told)


def _details(examination: Examination) -> Iterator[str]:
    ranked = sorted(examination.diagnoses, key=lambda diagnosis: diagnosis.severity.rank)
    for diagnosis in ranked:
        if diagnosis.accepted is None:
            again = f" ({wording.lapsed(diagnosis.lapsed)})" if diagnosis.lapsed else ""
            yield f"{wording.label(diagnosis)} {wording.sentence(diagnosis)}{again}"
    yield from (wording.crash(each) for each in examination.outcomes if each.verdict is Verdict.CRASHED)
    yield from wording.openings(examination)
    for group in wanted(examination.outcomes):
        yield f"not checked: {wording.waiting(group, '')}{f'; run: {group.command}' if group.command else ''}"
    for diagnosis in ranked:
        if diagnosis.accepted is not None:
            terms = wording.accepted(diagnosis.accepted)
            yield f"accepted: {wording.label(diagnosis)} {diagnosis.message}: {terms}"
    yield from (wording.remarked(remark) for remark in examination.remarks)
    yield wording.summed_up(examination)


def _shown(output: Output, text: str) -> str:
    r"""One line without what has a meaning here: a pipe begins the performance data, and web pages show the rest."""
    return output.legible(text).strip().translate(ESCAPED)


def _cut(text: str, longest: int) -> str:
    if len(text.encode()) <= longest:
        return text
    return text.encode()[: longest - 4].decode(errors="ignore") + " ..."
