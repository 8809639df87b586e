"""What `lvsdoctor diff` prints for people: the rows and findings that differ, each with the lines of both sides."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from lvsdoctor.language import template, translated
from lvsdoctor.model.difference import (
    Change,
    FactDifference,
    FindingDifference,
    NodeDifference,
    NotCompared,
    ScanDifference,
)
from lvsdoctor.model.examination import Remark
from lvsdoctor.model.seen import Seen
from lvsdoctor.reporting import wording
from lvsdoctor.reporting.console import STYLES, Output, Page
from lvsdoctor.reporting.summary import counted
from lvsdoctor.reporting.terminal.nodes import MANY

_FEW = 10  # rows of one fact, unless -v
_SIGNS = {"first": "-", "second": "+"}
_INCOMPLETE = template("({sign}) does not tell all of these; no difference is concluded.")
_LABELS = {
    Change.ONLY_FIRST: template("GONE"),
    Change.ONLY_SECOND: template("NEW"),
    Change.CHANGED: template("CHANGED"),
}


def counts(difference: ScanDifference) -> dict[str, int]:
    """The numbers that a comparison ends with."""
    findings = [item.change for node in difference.nodes for item in node.findings]
    return {
        "nodes": len(difference.nodes),
        "facts": sum(len(node.facts) for node in difference.nodes),
        "new": findings.count(Change.ONLY_SECOND),
        "gone": findings.count(Change.ONLY_FIRST),
        "changed": findings.count(Change.CHANGED),
        "not_compared": sum(len(node.not_compared) + len(node.not_known) for node in difference.nodes),
    }


def put_differences(
    output: Output, difference: ScanDifference, names: tuple[str, str], remarks: Iterable[Remark] = ()
) -> None:
    """Node by node, and the summary as the last line. `names` are the two sources as the user named them; of many nodes
    those that are the same, and what is not compared, stand once."""
    page = Page(output)
    if not output.quiet:
        for label, name in zip(("-", "+"), names, strict=True):
            page.say(source(name), label=label, indent=0)
    many = len(difference.nodes) > MANY and not output.verbose
    for node in difference.nodes:
        if not many:
            _put_node(page, node)
        elif not node.same:
            _put_node(page, replace(node, not_compared=(), not_shown=()))
    if many and not output.quiet:
        _put_of_all(page, difference.nodes)
    if not output.quiet:
        page.blank()
        for remark in remarks:
            page.say(wording.remarked(remark), label=wording.labelled("note"), indent=0)
        for nodes, name in ((difference.only_first, names[0]), (difference.only_second, names[1])):
            if nodes:
                own = {"name": source(name), "nodes": wording.some(nodes)}
                text = translated("only {name} has {nodes}: nothing to compare.", **own)
                page.say(text, label=wording.labelled("note"), indent=0)
    page.say(_summed_up(difference), "label", indent=0, wrap=False)
    page.write(STYLES)


def source(name: str) -> str:
    """A PATH in words."""
    return translated("standard input") if name == "-" else name


def _put_of_all(page: Page, nodes: Sequence[NodeDifference]) -> None:
    """What is the same on several nodes: those without a difference, and each command that would tell more."""
    page.heading(translated("all nodes"))
    if same := [_name(node) for node in nodes if node.same]:
        page.say(translated("nothing that both sides tell differs: {nodes}.", nodes=wording.listed(same)))
    groups: dict[tuple[str, str, str], list[tuple[str, NotCompared]]] = {}
    for node in nodes:
        for item in node.not_compared:
            groups.setdefault((item.side, item.command, item.fact), []).append((_name(node), item))
    _put_not_shown(page, nodes)
    for side, sign in _SIGNS.items():
        mine = {command: items for (whose, command, _), items in groups.items() if whose == side}
        if mine:
            page.say(translated(_INCOMPLETE, sign=sign), label=wording.labelled("Not compared"))
        for command, items in mine.items():
            page.commands([command])
            where = wording.some(dict.fromkeys(name for name, _ in items))
            page.say(translated("{reason}; on {nodes}", reason=_why(items[0][1]), nodes=where), indent=8)
    for node in nodes:
        if node.same:
            _put_not_known(page, node)


def _summed_up(difference: ScanDifference) -> str:
    number = counts(difference)
    nodes, rows = counted(number["nodes"], "node"), counted(number["facts"], "row")
    parts = (
        translated("{nodes} compared: {rows} of facts changed", nodes=nodes, rows=rows),
        translated("findings: {new} new, {gone} gone, {changed} of another severity", **number),
        translated("{not_compared} not compared", **number),
    )
    return translated("; ").join(parts)


def _name(node: NodeDifference) -> str:
    return wording.conjoined(list(dict.fromkeys((node.first, node.second))))


def _put_node(page: Page, node: NodeDifference) -> None:
    quiet, name = page.output.quiet, _name(node)
    if quiet and node.same:
        return
    if not quiet:
        page.heading(name)
        if node.same:
            page.say(translated("nothing that both sides tell differs."))
    for item in node.findings:
        _put_finding(page, item)
    by_fact: dict[str, list[FactDifference]] = {}
    for row in node.facts:
        by_fact.setdefault(row.fact, []).append(row)
    for fact, rows in by_fact.items():
        page.blank() if not quiet else None
        _put_fact(page, name, fact, rows)
    if not quiet and (node.not_compared or node.not_known or node.not_shown):
        page.blank()
        _put_not_shown(page, [node])
        _put_not_compared(page, node)
        _put_not_known(page, node)


def _put_finding(page: Page, item: FindingDifference) -> None:
    diagnosis = item.diagnosis
    label = f"{translated(_LABELS[item.change])} {wording.label(diagnosis)}"
    was = translated(" (was: {severity})", severity=translated(item.before.value)) if item.before is not None else ""
    style, quiet = diagnosis.severity.value, page.output.quiet
    text = f"{diagnosis.message}{was}"
    page.say(text, "message", label=label, label_style=style, indent=0 if quiet else 2, wrap=not quiet)


def _put_fact(page: Page, node: str, fact: str, rows: Sequence[FactDifference]) -> None:
    if page.output.quiet:
        for row in rows:
            page.say(f"{node} {fact} {_sentence(row)}", label=translated(_LABELS[row.change]), indent=0, wrap=False)
        return
    shown = rows if page.output.verbose else rows[:_FEW]
    for row in shown:
        page.say(_sentence(row), label=translated("{label}:", label=fact))
        page.quotes(_lines(row.first, row.second))
    if len(shown) < len(rows):
        more = translated("{number} more rows; -v lists them.", number=len(rows) - len(shown))
        page.say(more, label=translated("{label}:", label=fact))


def _sentence(row: FactDifference) -> str:
    match row.change:
        case Change.ONLY_FIRST:
            return translated("{row} is gone", row=row.row)
        case Change.ONLY_SECOND:
            return translated("{row} is new", row=row.row)
        case _:
            values = f": {row.before} -> {row.after}" if row.before or row.after else ""
            what = translated("{row}, {what}", row=row.row, what=translated(row.what))
            return f"{what}{values}" if values else translated("{row} differs", row=what)


def _lines(first: Seen | None, second: Seen | None) -> Iterable[tuple[str, str, str]]:
    for sign, seen in (("-", first), ("+", second)):
        if seen is not None:
            yield f"{sign} {seen}", seen.text, ""


def _put_not_compared(page: Page, node: NodeDifference) -> None:
    for side, sign in _SIGNS.items():
        facts = [item for item in node.not_compared if item.side == side]
        if facts:
            page.say(translated(_INCOMPLETE, sign=sign), label=wording.labelled("Not compared"))
        for command in dict.fromkeys(item.command for item in facts):
            page.commands([command])
            for item in facts:
                if item.command == command:
                    page.say(_why(item), indent=8)


def _put_not_shown(page: Page, nodes: Sequence[NodeDifference]) -> None:
    """A line for each fact of which one side's command shows less of a row."""
    groups: dict[tuple[str, str, tuple[str, ...]], list[tuple[str, NotCompared]]] = {}
    for node in nodes:
        for item in node.not_shown:
            groups.setdefault((item.side, item.fact, item.values), []).append((_name(node), item))
    for (side, fact, values), items in groups.items():
        fields = {
            "values": wording.listed(values),
            "rows": counted(sum(item.rows for _, item in items), "row"),
            "fact": fact,
            "nodes": wording.some(name for name, _ in items),
            "command": items[0][1].command,
        }
        text = "{values} of {rows} of {fact} on {nodes}; not compared ({command})"
        text = text if len(nodes) > 1 else "{values} of {rows} of {fact}; not compared ({command})"
        label = wording.labelled("Not shown by ({sign})", sign=_SIGNS[side])
        page.say(translated(text, **fields), label=label)


def _put_not_known(page: Page, node: NodeDifference) -> None:
    for item in node.not_known:
        label, style = wording.label(item.diagnosis), item.diagnosis.severity.value
        side_label = wording.labelled("Not known of ({sign})", sign=_SIGNS[item.side])
        page.say(f"{label} {item.diagnosis.message}", label=side_label, label_style=style)


def _why(item: NotCompared) -> str:
    rows = item.fact
    if item.rows:
        rows = translated("{rows} of {fact}", rows=counted(item.rows, "row"), fact=item.fact)
    why = translated("not seen" if item.rows else "not collected")
    if item.reason:
        why = translated(item.reason) + (f" ({item.seen})" if item.seen is not None else "")
    return translated("{label}: {why}", label=rows, why=why)
