"""A pitfall with all that belongs to it: the sentences, what clients suffer, the evidence, the fix."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from lvsdoctor.language import translated
from lvsdoctor.model.examination import AppliedRule, Diagnosis
from lvsdoctor.model.finding import Certainty, Citation, Fix, Probed
from lvsdoctor.reporting import asides, wording
from lvsdoctor.reporting.alike_nodes import AlikeFindings, Slot
from lvsdoctor.reporting.console import Page
from lvsdoctor.reporting.source_locations import guilty_lines
from lvsdoctor.reporting.summary import counted, natural
from lvsdoctor.reporting.terminal.explained import put_explained
from lvsdoctor.reporting.verifying import verification

ALIKE = 10  # sentences of one pitfall, unless -v
COMMANDS = 50  # lines of one fix, unless -v
_ROWS = 40  # quoted lines of one pitfall that are shown of every node


@dataclass(slots=True)
class Shown:
    """What stands in the report already, and is not put twice: notes, and the pages of rules."""

    rules: dict[str, AppliedRule]
    notes: set[str] = field(default_factory=set)
    explained: set[str] = field(default_factory=set)


def put_findings(page: Page, group: AlikeFindings, shown: Shown) -> None:
    """One pitfall of one node about several VIPs or links, or of several nodes: what they have in common once."""
    _put_sentences(page, group)
    for clients, _ in group.sentences(lambda diagnosis: diagnosis.clients):
        if clients.clients:
            page.say(clients.clients, label=wording.labelled(wording.CLIENTS))
    if others := asides.others_of(group.every):
        page.say(others, label=wording.labelled(wording.ALSO))
    rule = shown.rules.get(group.first[0].rule)
    if page.output.explain and rule is not None and rule.name not in shown.explained:
        shown.explained.add(rule.name)
        put_explained(page, rule)
    _put_probed(page, group, shown)
    _put_evidence(page, group)
    _put_fixes(page, group)
    if (check := verification(group.every, rule)) is not None:
        page.say(check.says, label=wording.labelled(wording.VERIFY))
        page.commands(filter(None, [check.command]))
    more = wording.labelled(wording.MORE)
    page.say(f"lvsdoctor explain {group.first[0].rule}", "faint", label=more, label_style="faint")


def _put_sentences(page: Page, group: AlikeFindings) -> None:
    every = group.sentences(lambda diagnosis: diagnosis.message)
    shown = every if page.output.verbose else every[:ALIKE]
    for diagnosis, nodes in shown:
        label, style = wording.label(diagnosis), diagnosis.severity.value
        page.say(diagnosis.message, "message", label=label, label_style=style)
        if others := [node for node in nodes if node != diagnosis.node]:
            all_others = len(nodes) == len(group.nodes) and len(others) > 1
            whose = translated("the others") if all_others else wording.listed(others)
            page.say(translated("The same is found on {hosts}.", hosts=whose), indent=4)
        for sentence in asides.severities_set([diagnosis]):
            page.say(sentence, indent=4)
        if diagnosis.accepted is not None:
            page.say(wording.accepted(diagnosis.accepted), label=wording.labelled("Accepted"), indent=4)
        if diagnosis.lapsed is not None:
            page.say(wording.lapsed(diagnosis.lapsed), "warning", indent=4)
    if len(shown) < len(every):
        first = group.first[0]
        about = wording.listed(every[-1][0].about)
        text = "{number} more of the same about another {about}; -v lists them."
        more = translated(text, number=len(every) - len(shown), about=about)
        page.say(more, label=wording.label(first), label_style=first.severity.value)


# -- what the wire says -----------------------------------------------------------------------------------------------


def _put_probed(page: Page, group: AlikeFindings, shown: Shown) -> None:
    """What the wire says of these; why nothing was probed is said once in a report."""
    several = len(group.nodes) > 1
    quoted = {line.seen for diagnosis in group.every for line in diagnosis.evidence}
    for diagnosis, _ in group.sentences(
        lambda diagnosis: diagnosis.confirmation.says if diagnosis.confirmation else ""
    ):
        probed = diagnosis.confirmation
        if probed is None:
            continue
        if probed.verdict is Probed.NOT_PROBED:
            known = diagnosis.finding.predicts is None or any(probed.says in note for note in shown.notes)
            if page.output.verbose or not known:
                page.say(probed.says, "faint", label=wording.labelled("Not probed"), label_style="faint")
            shown.notes.add(probed.says)
        elif probed.verdict is Probed.CONTRADICTED:
            label = wording.labelled("CONTRADICTED by the wire")
            page.say(translated("{why} (see the top)", why=probed.says), label=label, label_style="contradicted")
        else:
            page.say(probed.says, label=wording.labelled("Confirmed"))
            frames = [probed.seen] if not several else [d.confirmation.seen for d in group.every if d.confirmation]
            page.quotes((str(seen), seen.text, "") for seen in dict.fromkeys(frames) if seen and seen not in quoted)
            if several:
                return


# -- the evidence -----------------------------------------------------------------------------------------------------


def _put_evidence(page: Page, group: AlikeFindings) -> None:
    longest = 0 if page.output.verbose else 3 * page.width
    # What was assumed of a confirmed finding needs no settling any more.
    sure = group.first[0].probed is Probed.CONFIRMED
    slots = group.slots()
    proofs = [slot for slot in slots if sure or not slot.shown.assumed]
    assumptions = [slot for slot in slots if slot.shown.assumed]
    several = len(group.nodes) > 1
    if proofs:
        lines = translated("the lines of {node}; where others differ, the lines of all.", node=group.nodes[0])
        page.say(lines if several else "", label=wording.labelled(wording.EVIDENCE))
    guilty = guilty_lines(group.every)
    rows = list(_rows(proofs))
    marked = {number for number, (line, _) in enumerate(rows) if line.seen in guilty}
    page.quotes(
        _shown(rows),
        longest=longest,
        marked=marked,
    )
    if any(diagnosis.certainty is Certainty.LIKELY for diagnosis in group.every):
        text = translated("not in the evidence, so the finding is likely, not proved:")
        page.say(text, label=wording.labelled(wording.ASSUMED))
        rows = list(_rows(assumptions))
        page.quotes(
            _shown(rows),
            longest=longest,
        )
        _put_settling(page, group.nodes, assumptions)


def _shown(rows: Iterable[tuple[Citation, str]]) -> Iterable[tuple[str, str, str]]:
    return ((wording.evidence_place(line.seen), wording.evidence_text(line.seen), note) for line, note in rows)


def _rows(slots: Sequence[Slot]) -> Iterator[tuple[Citation, str]]:
    """A line that all nodes have alike once, with its note; one that differs of every node, with the last one's."""
    left = _ROWS
    for slot in slots:
        if slot.differs and len(slot.lines) <= left:
            left -= len(slot.lines)
            *more, (_, last) = slot.lines
            yield from ((line, "") for _, line in more)
            yield last, last.says
        else:
            others = f" ({len(slot.lines) - 1} others differ; -v quotes them)" if slot.differs else ""
            yield slot.shown, slot.shown.says + others


def _put_settling(page: Page, nodes: Sequence[str], assumptions: Sequence[Slot]) -> None:
    commands: dict[str, dict[str, None]] = {}
    for slot in assumptions:
        for node, line in slot.lines:
            commands.setdefault(node, {})[line.settle] = None
    alike: dict[tuple[str, ...], list[str]] = {}
    for node in nodes:
        alike.setdefault(tuple(commands.get(node, ())), []).append(node)
    for settle, hosts in alike.items():
        page.say("", label=wording.labelled("To settle it, on {hosts}", hosts=_hosts(hosts, nodes)))
        page.commands(settle)


# -- the fix ----------------------------------------------------------------------------------------------------------


def _put_fixes(page: Page, group: AlikeFindings) -> None:
    # Before the commands: who reads it below them has typed them.
    for warning in group.warnings:
        page.say(translated(warning), label=wording.labelled(wording.CAREFUL), label_style="warning")
    fixes = group.fixes()
    for label, persist in ((wording.FIX_NOW, False), (wording.FIX_FOR_GOOD, True)):
        for hosts, commands in _alike_commands(fixes, persist):
            page.say("", label=translated("{label}:", label=wording.on_host(label, _hosts(hosts, group.nodes))))
            page.commands(_first(page, commands))


def _alike_commands(
    fixes: Iterable[tuple[tuple[str, ...], Fix]], persist: bool
) -> list[tuple[list[str], tuple[str, ...]]]:
    """The hosts on which the same commands are to be run, each once."""
    hosts: dict[tuple[str, ...], list[str]] = {}
    for names, fix in fixes:
        if commands := fix.persist if persist else fix.now:
            hosts.setdefault(commands, []).extend(names)
    return [(sorted(names, key=natural), commands) for commands, names in hosts.items()]


def _hosts(hosts: Sequence[str], nodes: Sequence[str]) -> str:
    """`rs1, rs2`; all of many in a word."""
    if len(hosts) == len(nodes) > 3:
        return translated("each of these {nodes}", nodes=counted(len(nodes), "node"))
    return wording.listed(hosts)


def _first(page: Page, commands: tuple[str, ...]) -> Iterable[str]:
    """A fix of a hundred lines would push its reason off the screen."""
    if page.output.verbose or len(commands) <= COMMANDS:
        return commands
    rest = translated("and {number} more lines: -v shows them", number=len(commands) - COMMANDS)
    return (*commands[:COMMANDS], f"# {rest}")


def put_accepted(page: Page, diagnoses: Sequence[Diagnosis], shown: Shown) -> None:
    """A line each: accepted is not gone; with -v what it is, as of any finding."""
    if page.output.verbose:
        for diagnosis in diagnoses:
            put_findings(page, AlikeFindings(((diagnosis,),)), shown)
            page.blank()
        return
    for diagnosis in diagnoses[:ALIKE]:
        sentence = f"{wording.label(diagnosis)} {diagnosis.message}"
        terms = wording.accepted(diagnosis.accepted or {})
        page.say(translated("{sentence}; accepted: {terms}", sentence=sentence, terms=terms), "accepted")
    if len(diagnoses) > ALIKE:
        more = counted(len(diagnoses) - ALIKE, "more accepted finding")
        page.say(translated("{more}; -v lists them.", more=more), "accepted")
