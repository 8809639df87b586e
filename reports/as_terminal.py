"""For people: every node, what is broken there, why, and what to paste; coloured on a terminal, plain elsewhere."""

from collections.abc import Iterable

from lvsdoctor.reportkit import (
    Certainty,
    Diagnosis,
    Examination,
    Examined,
    Outcome,
    Output,
    Page,
    Probed,
    Remark,
    Seen,
    Verdict,
    alike,
    cited_once,
    counted,
    fix_of_all,
    guilty_lines,
    wanted,
    wording,
    worst_first,
)

# Colour repeats what a word or a sign says already: it may be off, or the eye may not tell red from green.
STYLES = {
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
ALIKE = 10  # sentences of one pitfall, unless -v
COMMANDS = 50  # lines of one fix, unless -v


def render(examination: Examination, output: Output) -> None:
    """Write the examination, the worst node first, and the summary as the last line."""
    page = Page(output)
    contradicted = [d for d in examination.diagnoses if d.probed is Probed.CONTRADICTED and d.accepted is None]
    if output.quiet:
        _put_bare(page, contradicted)
    elif contradicted:
        _put_contradictions(page, contradicted)
        page.blank()
    for sentence in wording.openings(examination):
        page.say(sentence, "message", indent=0, wrap=not output.quiet)
    told = {note for node in examination.nodes for note in wording.notes(node)}
    for node in worst_first(examination):
        outcomes = [outcome for outcome in examination.outcomes if outcome.node == node.name]
        diagnoses = examination.of(node.name)
        if output.quiet:
            _put_bare(page, (d for d in diagnoses if d.probed is not Probed.CONTRADICTED))
            _put_crashed(page, outcomes, indent=0)
        else:
            _put_node(page, node, diagnoses, outcomes, told)
    if not output.quiet:
        page.blank()
        _put_remarks(page, examination.remarks)
    page.say(wording.summed_up(examination), "label", indent=0, wrap=False)
    page.write(STYLES)


def _put_remarks(page: Page, remarks: tuple[Remark, ...]) -> None:
    shown = remarks if page.output.verbose else remarks[:ALIKE]
    for remark in shown:
        page.say(wording.remarked(remark), label="note:", indent=0)
    if len(shown) < len(remarks):
        page.say(f"{len(remarks) - len(shown)} more; -v lists them.", label="note:", indent=0)


def _put_bare(page: Page, diagnoses: Iterable[Diagnosis]) -> None:
    for diagnosis in diagnoses:
        if diagnosis.accepted is None:
            style = diagnosis.severity.value
            said = wording.sentence(diagnosis)
            page.say(said, label=wording.label(diagnosis), label_style=style, indent=0, wrap=False)


def _put_contradictions(page: Page, contradicted: list[Diagnosis]) -> None:
    """Above everything: what is read below rests on dumps of which something is wrong or missing."""
    page.heading("The wire contradicts this scan")
    shown = contradicted if page.output.verbose else contradicted[:ALIKE]
    for diagnosis in shown:
        told = diagnosis.confirmation
        if told is None:
            continue
        page.blank()
        style = diagnosis.severity.value
        page.say(diagnosis.message, "message", label=f"Predicted: {wording.label(diagnosis)}", label_style=style)
        page.say(told.says, "message", label="Seen on the wire:", label_style="contradicted")
        if told.seen:
            page.quotes([(str(told.seen), told.seen.text, "")])
        if told.suggests:
            page.say(told.suggests, label="This may be:")
        if settle := dict.fromkeys(item.settle for item in diagnosis.evidence if item.assumed):
            page.say("what this shows was assumed, not collected:", label=f"Look on {diagnosis.node}:")
            page.commands(settle)
    page.blank()
    if len(shown) < len(contradicted):
        page.say(f"{len(contradicted) - len(shown)} more below; -v lists them here.", "contradicted")
    page.say(
        "One of the two is wrong, and other findings may be too: collect the dumps anew before a fix is run.",
        "contradicted",
    )


def _put_node(
    page: Page, node: Examined, diagnoses: tuple[Diagnosis, ...], outcomes: list[Outcome], notes: set[str]
) -> None:
    page.heading(node.name)
    _put_standing(page, node)
    for together in alike(diagnosis for diagnosis in diagnoses if diagnosis.accepted is None):
        page.blank()
        _put_diagnoses(page, together, notes)
    page.blank()
    _put_accepted(page, [diagnosis for diagnosis in diagnoses if diagnosis.accepted is not None], notes)
    if not diagnoses:
        page.say(wording.calm_node(node.name, outcomes))
    _put_not_checked(page, node, outcomes)
    _put_crashed(page, outcomes)
    _put_unread(page, node.unread)
    if page.output.verbose:
        for label, kept in (("Quiet:", Verdict.QUIET), ("Not applicable:", Verdict.NOT_APPLICABLE)):
            if names := wording.silent(outcomes, kept):
                page.say(wording.listed(names), label=label)


def _put_accepted(page: Page, diagnoses: list[Diagnosis], notes: set[str]) -> None:
    """A line each: accepted is not gone; with -v what it is, as of any finding."""
    if page.output.verbose:
        for diagnosis in diagnoses:
            _put_diagnoses(page, (diagnosis,), notes)
            page.blank()
        return
    for diagnosis in diagnoses[:ALIKE]:
        said = f"{wording.label(diagnosis)} {diagnosis.message}"
        page.say(f"{said}; accepted: {wording.accepted(diagnosis.accepted or {})}", "accepted")
    if len(diagnoses) > ALIKE:
        page.say(f"{counted(len(diagnoses) - ALIKE, 'more accepted finding')}; -v lists them.", "accepted")


def _put_standing(page: Page, node: Examined) -> None:
    for role in node.roles:
        page.say(wording.standing(role), label=role.name.replace("-", " ") + ":")
    if not node.roles:
        page.say(
            f"{wording.no_role(node)} "
            "Most rules need to know: say it with --role director, or --role real-server --vip ADDRESS.",
            label="no role found:",
        )
    if node.vips:
        page.say(
            wording.some(node.vips, all_of_them=bool(page.output.verbose)),
            label="VIP:" if len(node.vips) == 1 else "VIPs:",
        )
    if node.source:
        page.say(node.source, label="evidence:")
    for note in wording.notes(node):
        page.say(note, label="note:")


def _put_diagnoses(page: Page, together: tuple[Diagnosis, ...], notes: set[str]) -> None:
    """One pitfall about several VIPs or links: every sentence, then the evidence and the fix once."""
    shown = together if page.output.verbose else together[:ALIKE]
    for diagnosis in shown:
        page.say(diagnosis.message, "message", label=wording.label(diagnosis), label_style=diagnosis.severity.value)
        if diagnosis.accepted is not None:
            page.say(wording.accepted(diagnosis.accepted), label="Accepted:", indent=4)
        if diagnosis.lapsed is not None:
            page.say(wording.lapsed(diagnosis.lapsed), "warning", indent=4)
    if len(shown) < len(together):
        about = wording.listed(together[-1].about)
        more = f"{len(together) - len(shown)} more of the same about another {about}; -v lists them."
        page.say(more, label=wording.label(together[0]), label_style=together[0].severity.value)
    for suffered in wording.clients(shown):
        page.say(suffered, label=f"{wording.CLIENTS}:")
    _put_probed(page, shown, notes)
    longest = 0 if page.output.verbose else 3 * page.width
    evidence = cited_once(item for diagnosis in shown for item in diagnosis.evidence)
    # What was assumed of a confirmed finding needs no settling any more.
    sure = together[0].probed is Probed.CONFIRMED
    proofs = [item for item in evidence if sure or not item.assumed]
    assumptions = [item for item in evidence if item.assumed]
    if proofs:
        page.say("", label=f"{wording.EVIDENCE}:")
    guilty = guilty_lines(shown)
    marked = {number for number, item in enumerate(proofs) if item.seen in guilty}
    page.quotes(((str(item.seen), item.seen.text, item.says) for item in proofs), longest=longest, marked=marked)
    if any(diagnosis.certainty is Certainty.LIKELY for diagnosis in together):
        page.say("not in the evidence, so the finding is likely, not proved:", label=f"{wording.ASSUMED}:")
        page.quotes(((str(item.seen), item.seen.text, item.says) for item in assumptions), longest=longest)
        page.say("", label=f"To settle it, on {together[0].node}:")
        page.commands(dict.fromkeys(item.settle for item in assumptions))
    diagnosis = together[0]
    fix = fix_of_all(together)
    for label, commands in ((wording.fix_now(diagnosis), fix.now), (wording.fix_for_good(diagnosis), fix.persist)):
        if commands:
            page.say("", label=f"{label}:")
            page.commands(_first(page, commands))
    if fix.warning:
        page.say(fix.warning, label=f"{wording.CAREFUL}:", label_style="warning")
    page.say(f"lvsdoctor explain {diagnosis.rule}", "faint", label=f"{wording.MORE}:", label_style="faint")


def _put_probed(page: Page, shown: Iterable[Diagnosis], notes: set[str]) -> None:
    """What the wire says of these; why nothing was probed is said once in a report."""
    for diagnosis in shown:
        probed = diagnosis.confirmation
        if probed is None:
            continue
        if probed.verdict is Probed.NOT_PROBED:
            known = diagnosis.finding.predicts is None or any(probed.says in note for note in notes)
            if page.output.verbose or not known:
                page.say(probed.says, "faint", label="Not probed:", label_style="faint")
            notes.add(probed.says)
        elif probed.verdict is Probed.CONTRADICTED:
            page.say(f"{probed.says} (see the top)", label="CONTRADICTED by the wire:", label_style="contradicted")
        else:
            page.say(probed.says, label="Confirmed:")
            if probed.seen and all(item.seen != probed.seen for item in diagnosis.evidence):
                page.quotes([(str(probed.seen), probed.seen.text, "")])


def _first(page: Page, commands: tuple[str, ...]) -> Iterable[str]:
    """A fix of a hundred lines would push its reason off the screen."""
    if page.output.verbose or len(commands) <= COMMANDS:
        return commands
    return (*commands[:COMMANDS], f"# and {len(commands) - COMMANDS} more lines: -v shows them")


def _put_not_checked(page: Page, node: Examined, outcomes: Iterable[Outcome]) -> None:
    if node.contradictions:
        page.say("the evidence contradicts itself; the note at the end quotes both lines.", label="Not checked:")
        return
    groups = wanted(outcomes)
    if groups:
        page.say("the evidence lacks what these commands would tell.", label="Not checked:")
    for group in groups:
        page.commands(filter(None, [group.command]))
        page.say(wording.waiting(group, node.name, all_of_them=bool(page.output.verbose)), indent=8)


def _put_crashed(page: Page, outcomes: Iterable[Outcome], indent: int = 2) -> None:
    for outcome in outcomes:
        if outcome.verdict is not Verdict.CRASHED:
            continue
        hint = "" if page.output.verbose else "; -v shows the traceback"
        page.say(
            f"{wording.crash(outcome)}{hint}",
            label="CRASHED",
            label_style="error",
            indent=indent,
            wrap=not page.output.quiet,
        )
        if page.output.verbose:
            page.verbatim(outcome.traceback.strip().split("\n"))


def _put_unread(page: Page, unread: tuple[Seen, ...]) -> None:
    if not unread:
        return
    count = f"{counted(len(unread), 'line')} not understood"
    if page.output.verbose:
        page.say("", label=f"{count}:")
        page.quotes((str(seen), seen.text, "") for seen in unread)
        return
    page.say(f"{wording.not_understood(unread)}; -v lists them.", label=f"{count}:")
