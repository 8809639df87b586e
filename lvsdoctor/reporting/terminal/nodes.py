"""The nodes of a scan: one by one where they are few, in a table and in lines for all where they are many."""

from collections.abc import Iterable, Sequence

from lvsdoctor.language import joined, template, translated
from lvsdoctor.model.examination import Examination, Examined, Outcome, Verdict
from lvsdoctor.model.seen import Seen
from lvsdoctor.reporting import wording
from lvsdoctor.reporting.asides import MOST_COMMANDS
from lvsdoctor.reporting.console import Page
from lvsdoctor.reporting.node_counts import NodeCounts, calm_nodes, node_counts, wanted_on_nodes
from lvsdoctor.reporting.summary import counted, natural, wanted

MANY = 3  # more nodes than these are not told one by one
_ROWS = 40  # of the table; nodes with the same numbers share a row where there would be more
_HEADS = tuple(map(template, ("node", "errors", "warnings", "notes", "not checked")))
_SHORT_HEADS = (template("node"), "E", "W", "N", "?")
_LEGEND = template("E errors, W warnings, N notes, ? not checked")
_NARROW = 60  # columns


# Not every reader has met the word.
_ROLES = {"director": template("director (load balancer)")}


def _role(name: str) -> str:
    return translated(_ROLES[name]) if name in _ROLES else wording.role_name(name)


# -- one by one -------------------------------------------------------------------------------------------------------


def put_standing(page: Page, node: Examined) -> None:
    """What the node is, why, and where its evidence came from."""
    for role in node.roles:
        page.say(wording.standing(role), label=wording.labelled(_role(role.name)))
    if not node.roles:
        says = joined((translated("{sentence}.", sentence=wording.no_role(node)), translated(_NAME_IT)))
        page.say(says, label=wording.no_role_label(node))
    if node.vips:
        page.say(
            wording.some(node.vips, all_of_them=bool(page.output.verbose)),
            label=wording.labelled("VIP" if len(node.vips) == 1 else "VIPs"),
        )
    if node.source:
        page.say(node.source, label=wording.labelled("evidence"))
    for note in wording.notes(node):
        page.say(note, label=wording.labelled("note"))


_LACKING = "the evidence lacks what these commands would tell."
_NAME_IT = "Most rules need the role. To name it: --role director, or --role real-server --vip ADDRESS."


def put_not_checked(page: Page, node: Examined, outcomes: Iterable[Outcome]) -> None:
    """The commands that would tell more, each with the rules that wait for it."""
    if node.contradictions:
        text = translated("the evidence contradicts itself; the note at the end quotes both lines.")
        page.say(text, label=wording.labelled("Not checked"))
        return
    groups = wanted(outcomes)
    if groups:
        page.say(translated(_LACKING), label=wording.labelled("Not checked"))
    for group in groups:
        page.commands(filter(None, [group.command]))
        page.say(wording.waiting(group, node.name, all_of_them=bool(page.output.verbose)), indent=8)


def put_crashed(page: Page, outcomes: Iterable[Outcome], indent: int = 2) -> None:
    """Our own bugs; with -v where."""
    for outcome in outcomes:
        if outcome.verdict is not Verdict.CRASHED:
            continue
        hint = "" if page.output.verbose else translated("; -v shows the traceback")
        page.say(
            f"{wording.crash(outcome)}{hint}",
            label=translated("CRASHED"),
            label_style="error",
            indent=indent,
            wrap=not page.output.quiet,
        )
        if page.output.verbose:
            page.verbatim(outcome.traceback.strip().split("\n"))


def put_unread(page: Page, unread: Sequence[Seen]) -> None:
    """The lines that no parser understood: how many of which file, with -v themselves."""
    if not unread:
        return
    label = wording.labelled("{lines} not understood", lines=counted(len(unread), "line"))
    if page.output.verbose:
        page.say("", label=label)
        page.quotes((str(seen), seen.text, "") for seen in unread)
        return
    page.say(translated("{more}; -v lists them.", more=wording.not_understood(unread)), label=label)


# -- all together -----------------------------------------------------------------------------------------------------


def put_table(page: Page, examination: Examination) -> None:
    """The nodes with findings, a row each, in natural order; then those without, in lines."""
    counts = node_counts(examination)
    roles = {row.name: wording.listed(row.roles) for row in counts}
    rows = [row for row in counts if not row.calm]
    if rows:
        page.blank()
        numbers = [((row.name,), _numbers(row)) for row in rows]
        heads = _HEADS if page.width >= _NARROW else _SHORT_HEADS
        if heads is _SHORT_HEADS:
            page.say(translated(_LEGEND), "faint")
        page.table(tuple(map(translated, heads)), [(wording.listed(names), *row) for names, row in _shared(numbers)])
    page.blank()
    for sentence, nodes in calm_nodes(counts, examination.outcomes):
        names = wording.listed(row.name for row in nodes)
        label = translated("{label}:", label=f"{sentence[0].upper()}{sentence[1:]}")
        page.say(translated("{sentence}.", sentence=names), label=label)
    for role in dict.fromkeys(filter(None, roles.values())):
        of_role = [name for name, own in roles.items() if own == role]
        text = translated("{sentence}.", sentence=wording.some(of_role))
        page.say(text, "faint", label=wording.labelled(_role(role)), label_style="faint")


def _numbers(row: NodeCounts) -> tuple[str, ...]:
    return tuple(str(number or "-") for number in (row.errors, row.warnings, row.notes, row.not_checked))


def _shared(
    rows: Sequence[tuple[tuple[str, ...], tuple[str, ...]]],
) -> Sequence[tuple[tuple[str, ...], tuple[str, ...]]]:
    if len(rows) <= _ROWS:
        return rows
    names: dict[tuple[str, ...], list[str]] = {}
    for own, numbers in rows:
        names.setdefault(numbers, []).extend(own)
    return [(tuple(own), numbers) for numbers, own in names.items()]


def put_notes_of_all(page: Page, nodes: Iterable[Examined]) -> None:
    """What is to be said of nodes besides: each note once, and of whom."""
    names: dict[tuple[str, str], list[str]] = {}
    for node in nodes:
        if not node.roles:
            names.setdefault((wording.no_role_label(node), wording.no_role(node)), []).append(node.name)
        for note in wording.notes(node):
            names.setdefault((wording.labelled("note"), note), []).append(node.name)
    for (label, note), own in names.items():
        hosts = wording.listed(sorted(own, key=natural))
        text = "{hosts}: {note}" if label == wording.labelled("note") else "{hosts} ({note})."
        page.say(translated(text, hosts=hosts, note=note), label=label)
    if any(label != wording.labelled("note") for label, _ in names):
        page.say(translated(_NAME_IT))


def put_not_checked_of_all(page: Page, examination: Examination) -> None:
    """The commands that would tell more, each once, with the nodes to run it on."""
    contradictory = [node.name for node in examination.nodes if node.contradictions]
    if contradictory:
        names = wording.listed(sorted(contradictory, key=natural))
        text = "{hosts}: the evidence contradicts itself; the notes at the end quote the lines."
        page.say(translated(text, hosts=names), label=wording.labelled("Not checked"))
    groups = wanted_on_nodes(outcome for outcome in examination.outcomes if outcome.node not in contradictory)
    if not groups:
        return
    page.say(translated(_LACKING), label=wording.labelled("Not checked"))
    for group in groups[:MOST_COMMANDS]:
        page.commands(filter(None, [group.command]))
        rules, names = counted(len(group.rules), "rule"), wording.some(group.rules)
        text = "on {nodes}, for {rules}: {names}"
        page.say(translated(text, nodes=wording.some(group.nodes), rules=rules, names=names), indent=8)
    if len(groups) > MOST_COMMANDS:
        more = counted(len(groups) - MOST_COMMANDS, "more command")
        page.say(translated("{more}; -v lists them.", more=more), indent=4)
