"""For people: every node, what is broken there, why, and what to paste; coloured on a terminal, plain elsewhere."""

from collections.abc import Iterable, Sequence

from lvsdoctor.reportkit import (
    STYLES,
    AlikeFindings,
    Diagnosis,
    Examination,
    Examined,
    Outcome,
    Output,
    Page,
    Probed,
    Remark,
    Verdict,
    alike_on_nodes,
    at_a_glance,
    counted,
    terminal,
    translated,
    wording,
    worst_first,
)

ALIKE = terminal.ALIKE
_SCREEN = 40  # lines; after more of them the first ones are out of sight


def render(examination: Examination, output: Output) -> None:
    """Write the examination: which service suffers, the nodes and their findings, and the summary as the last line."""
    page = Page(output)
    contradicted = [d for d in examination.diagnoses if d.probed is Probed.CONTRADICTED and d.accepted is None]
    if output.quiet:
        _put_quiet(page, examination, contradicted)
    else:
        if contradicted:
            _put_contradictions(page, contradicted)
            page.blank()
        for sentence in at_a_glance(examination):
            page.say(sentence, "message", indent=0)
        steps = terminal.put_first_steps(page, alike_on_nodes(_counting(examination)))
        nodes = worst_first(examination)
        if len(nodes) > terminal.MANY:
            _put_many(page, examination, nodes)
        else:
            _put_few(page, examination, nodes)
        page.blank()
        _put_remarks(page, examination.remarks)
        if steps and len(page.lines) > _SCREEN:
            terminal.put_fix_command(page)
    page.say(wording.summed_up(examination), "label", indent=0, wrap=False)
    page.write(STYLES)


def _put_quiet(page: Page, examination: Examination, contradicted: list[Diagnosis]) -> None:
    """A line for each finding."""
    _put_bare(page, contradicted)
    for sentence in wording.openings(examination):
        page.say(sentence, "message", indent=0, wrap=False)
    for node in worst_first(examination):
        _put_bare(page, (d for d in examination.of(node.name) if d.probed is not Probed.CONTRADICTED))
        terminal.put_crashed(page, (o for o in examination.outcomes if o.node == node.name), indent=0)


def _put_remarks(page: Page, remarks: tuple[Remark, ...]) -> None:
    shown = remarks if page.output.verbose else remarks[:ALIKE]
    for remark in shown:
        page.say(wording.remarked(remark), label=wording.labelled("note"), indent=0)
    if len(shown) < len(remarks):
        more = translated("{number} more; -v lists them.", number=len(remarks) - len(shown))
        page.say(more, label=wording.labelled("note"), indent=0)


def _put_bare(page: Page, diagnoses: Iterable[Diagnosis]) -> None:
    for diagnosis in diagnoses:
        if diagnosis.accepted is None:
            style = diagnosis.severity.value
            said = wording.sentence(diagnosis)
            page.say(said, label=wording.label(diagnosis), label_style=style, indent=0, wrap=False)


def _put_contradictions(page: Page, contradicted: list[Diagnosis]) -> None:
    """Above everything: what is read below rests on dumps of which something is wrong or missing."""
    page.heading(translated("The wire contradicts this scan"))
    shown = contradicted if page.output.verbose else contradicted[:ALIKE]
    for diagnosis in shown:
        told = diagnosis.confirmation
        if told is None:
            continue
        page.blank()
        style = diagnosis.severity.value
        label = translated("Predicted: {label}", label=wording.label(diagnosis))
        page.say(diagnosis.message, "message", label=label, label_style=style)
        page.say(told.says, "message", label=wording.labelled("Seen on the wire"), label_style="contradicted")
        if told.seen:
            page.quotes([(str(told.seen), told.seen.text, "")])
        if told.suggests:
            page.say(told.suggests, label=wording.labelled("This may be"))
        if settle := dict.fromkeys(item.settle for item in diagnosis.evidence if item.assumed):
            label = wording.labelled("Look on {node}", node=diagnosis.node)
            page.say(translated("what this shows was assumed, not collected:"), label=label)
            page.commands(settle)
    page.blank()
    if len(shown) < len(contradicted):
        more = translated("{number} more below; -v lists them here.", number=len(contradicted) - len(shown))
        page.say(more, "contradicted")
    page.say(wording.collect_anew(), "contradicted")


# -- few nodes: one by one --------------------------------------------------------------------------------------------


def _put_few(page: Page, examination: Examination, nodes: Sequence[Examined]) -> None:
    """What several nodes have alike stands with the first of them; the others name it."""
    groups = _groups(page, examination)
    shown = _shown(examination)
    placed: dict[int, str] = {}
    for node in nodes:
        outcomes = [outcome for outcome in examination.outcomes if outcome.node == node.name]
        diagnoses = examination.of(node.name)
        page.heading(node.name)
        terminal.put_standing(page, node)
        for group in groups:
            if node.name not in group.nodes:
                continue
            page.blank()
            if id(group) in placed:
                _put_again(page, group, node.name, placed[id(group)])
            else:
                placed[id(group)] = node.name
                terminal.put_findings(page, group, shown)
        page.blank()
        terminal.put_accepted(page, [diagnosis for diagnosis in diagnoses if diagnosis.accepted is not None], shown)
        if not diagnoses:
            page.say(wording.calm_node(node.name, outcomes))
        terminal.put_not_checked(page, node, outcomes)
        terminal.put_crashed(page, outcomes)
        terminal.put_unread(page, node.unread)
        if page.output.verbose:
            _put_silent(page, outcomes)


def _put_again(page: Page, group: AlikeFindings, name: str, place: str) -> None:
    own = next(own for own in group.by_node if own[0].node == name)
    for diagnosis in own:
        style = diagnosis.severity.value
        page.say(diagnosis.message, "message", label=wording.label(diagnosis), label_style=style)
    page.say(translated("The evidence and the fix stand above, with those of {node}.", node=place), indent=4)


def _put_silent(page: Page, outcomes: Iterable[Outcome]) -> None:
    quiet, others = wording.labelled("Quiet"), wording.labelled("Not applicable")
    for label, kept in ((quiet, Verdict.QUIET), (others, Verdict.NOT_APPLICABLE)):
        if names := wording.silent(outcomes, kept):
            page.say(wording.listed(names), label=label)


# -- many nodes: a table, and what they have alike once ---------------------------------------------------------------


def _put_many(page: Page, examination: Examination, nodes: Sequence[Examined]) -> None:
    """With -v the nodes follow the table one by one."""
    terminal.put_table(page, examination)
    if page.output.verbose:
        _put_few(page, examination, nodes)
        return
    terminal.put_notes_of_all(page, examination.nodes)
    shown = _shown(examination)
    last: tuple[str, ...] = ()
    for group in _groups(page, examination):
        if group.nodes != last:
            names = group.nodes if len(group.nodes) <= terminal.MANY else (counted(len(group.nodes), "node"),)
            page.heading(wording.listed(names))
            if names != group.nodes:
                names_in_full = translated("{sentence}.", sentence=wording.listed(group.nodes))
                page.say(names_in_full, label=wording.labelled("on"))
        page.blank()
        terminal.put_findings(page, group, shown)
        last = group.nodes
    accepted = [diagnosis for diagnosis in examination.diagnoses if diagnosis.accepted is not None]
    open_ones = {Verdict.NOT_CHECKED, Verdict.CRASHED}
    if accepted or examination.unread or any(outcome.verdict in open_ones for outcome in examination.outcomes):
        page.heading(translated("all nodes"))
    terminal.put_accepted(page, accepted, shown)
    terminal.put_not_checked_of_all(page, examination)
    terminal.put_crashed(page, examination.outcomes)
    terminal.put_unread(page, examination.unread)


def _groups(page: Page, examination: Examination) -> list[AlikeFindings]:
    """With -v every node has its own."""
    counting = _counting(examination)
    if not page.output.verbose:
        return alike_on_nodes(counting)
    names = dict.fromkeys(diagnosis.node for diagnosis in counting)
    return [group for name in names for group in alike_on_nodes(d for d in counting if d.node == name)]


def _counting(examination: Examination) -> list[Diagnosis]:
    return [diagnosis for diagnosis in examination.diagnoses if diagnosis.accepted is None]


def _shown(examination: Examination) -> "terminal.Shown":
    notes = {note for node in examination.nodes for note in wording.notes(node)}
    return terminal.Shown({rule.name: rule for rule in examination.rules}, notes)
