"""What every report counts and groups: how many of what, which node first, which command would have told more."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from lvsdoctor.language import plural
from lvsdoctor.model.examination import Diagnosis, Examination, Examined, Outcome, UnreadPath, Verdict
from lvsdoctor.model.finding import Citation, Fix, Probed, Severity


def summary(examination: Examination) -> dict[str, int]:
    """The numbers that a report ends with.

    A rule counts once for every node that it could not be checked on. An accepted finding counts as nothing else. What
    was probed counts beside its severity: the wire may confirm or contradict an error, or leave it open. Nodes that
    could not be judged are counted with the PATHs that hold no dump.
    """
    open_ones = [diagnosis for diagnosis in examination.diagnoses if diagnosis.accepted is None]
    severities = [diagnosis.severity for diagnosis in open_ones]
    verdicts = [outcome.verdict for outcome in examination.outcomes]
    probed = [diagnosis.probed for diagnosis in open_ones]
    return {
        **{str(severity): severities.count(severity) for severity in Severity},
        "accepted": len(examination.diagnoses) - len(open_ones),
        "nodes": len(examination.nodes),
        "unread": len(examination.unread),
        "not_checked": verdicts.count(Verdict.NOT_CHECKED),
        "crashed": verdicts.count(Verdict.CRASHED),
        "unjudged": len(unjudged(examination)) + len(unread_paths(examination)),
        **{str(each).replace("-", "_"): probed.count(each) for each in Probed},
    }


# What a rule that could look at a node says of it.
JUDGED = frozenset({Verdict.FIRES, Verdict.QUIET})


def unjudged(examination: Examination) -> list[str]:
    """The nodes on which a rule was not checked and none could tell anything: silence there is no good news.

    Rules for another role do not count, and a crash is no judgement.
    """
    verdicts: dict[str, set[Verdict]] = {}
    for outcome in examination.outcomes:
        verdicts.setdefault(outcome.node, set()).add(outcome.verdict)
    diagnosed = {diagnosis.node for diagnosis in examination.diagnoses}
    return [
        node
        for node, seen in verdicts.items()
        if Verdict.NOT_CHECKED in seen and not seen & JUDGED and node not in diagnosed
    ]


def unread_paths(examination: Examination) -> list[UnreadPath]:
    """The PATHs that hold no dump, but for those that are a node of their own, which could not be judged."""
    if not examination.unread_paths:
        return []
    nodes = set(unjudged(examination))
    sources = {node.source for node in examination.nodes if node.name in nodes}
    return [path for path in examination.unread_paths if path.path not in sources]


def counted(number: int, noun: str) -> str:
    """`1 error`, `2 errors`. The noun is one that the catalogue's maker sees: a text here, or in a tuple COUNTED."""
    return plural(f"{{number}} {noun}", f"{{number}} {noun}s", number)


def natural(name: str) -> tuple[tuple[bool, str, int], ...]:
    """A key that sorts rs2 before rs11."""
    parts = (part for part in _DIGITS.split(name) if part)
    return tuple((False, "", int(part)) if part[0] in _DECIMALS else (True, part, 0) for part in parts)


_DECIMALS = frozenset("0123456789")
_DIGITS = re.compile(r"([0-9]{1,18})")


def worst_first(examination: Examination) -> list[Examined]:
    """The nodes: those that the wire contradicts first, then those with the worst findings, then those that could not
    be judged, otherwise in the order of the findings and of the scan.

    What is said of a node that the scan does not list is not lost: such a node stands here with its name alone.
    """
    nodes = {node.name: node for node in examination.nodes}
    last = (True, len(Severity) + 1, 0)
    worst = dict.fromkeys(unjudged(examination), (True, len(Severity), 0))
    for place, diagnosis in enumerate(examination.diagnoses):
        nodes.setdefault(diagnosis.node, Examined(diagnosis.node, ""))
        if diagnosis.accepted is None:
            rank = (diagnosis.probed is not Probed.CONTRADICTED, diagnosis.severity.rank, place)
            worst[diagnosis.node] = min(rank, worst.get(diagnosis.node, last))
    for outcome in examination.outcomes:
        nodes.setdefault(outcome.node, Examined(outcome.node, ""))
    return sorted(nodes.values(), key=lambda node: worst.get(node.name, last))


def alike(diagnoses: Iterable[Diagnosis]) -> list[tuple[Diagnosis, ...]]:
    """The same pitfall of one node about several VIPs or links, together: one cause, and as a rule one fix."""
    groups: dict[tuple[object, ...], list[Diagnosis]] = {}
    for diagnosis in diagnoses:
        same = (diagnosis.rule, diagnosis.severity, diagnosis.certainty, diagnosis.fix_node, diagnosis.fix.warning)
        key = (*same, diagnosis.probed) if diagnosis.accepted is None else (diagnosis.fingerprint,)
        groups.setdefault(key, []).append(diagnosis)
    return [tuple(group) for group in groups.values()]


def cited_once(cited: Iterable[Citation]) -> list[Citation]:
    """The lines that several findings quote, each once with each of its notes."""
    return list({(item.seen, item.says): item for item in cited}.values())


def fix_of_all(together: Sequence[Diagnosis]) -> Fix:
    """What repairs findings that are alike: the fixes of all, in order, no line twice."""
    return sum((other.fix for other in together[1:]), together[0].fix)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one command on one node would have told, and the rules that wait for it. No command: nobody knows."""

    command: str
    node: str
    facts: tuple[str, ...]
    rules: tuple[str, ...]


def wanted(outcomes: Iterable[Outcome]) -> list[Wanted]:
    """The commands that the rules not checked wait for, each once, the most awaited first."""
    facts: dict[tuple[str, str], dict[str, None]] = {}
    rules: dict[tuple[str, str], dict[str, None]] = {}
    for outcome in outcomes:
        if outcome.verdict is not Verdict.NOT_CHECKED:
            continue
        for missing in outcome.missing:
            key = (missing.command, missing.node)
            facts.setdefault(key, {})[missing.fact] = None
            rules.setdefault(key, {})[outcome.rule] = None
        if not outcome.missing:
            rules.setdefault(("", outcome.node), {})[outcome.rule] = None
    groups = [Wanted(*key, tuple(facts.get(key, ())), tuple(names)) for key, names in rules.items()]
    return sorted(groups, key=lambda group: -len(group.rules))


class MonitoringState(IntEnum):
    """What a monitoring system makes of a scan: its name, and the exit code of a check.

    Monitoring Plugins Development Guidelines, "Plugin Return Codes".
    """

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3


def state(examination: Examination, *, complete: bool = False) -> MonitoringState:
    """CRITICAL for an error and WARNING for a warning that count; UNKNOWN where a rule crashed, a node could not be
    judged, or no rule judged anything (`complete`: where anything was not checked)."""
    counts = summary(examination)
    if counts[Severity.ERROR]:
        return MonitoringState.CRITICAL
    if counts[Severity.WARNING]:
        return MonitoringState.WARNING
    missing = any(outcome.verdict is Verdict.NOT_CHECKED or outcome.missing for outcome in examination.outcomes)
    judged = any(outcome.verdict in JUDGED for outcome in examination.outcomes)
    contradictory = any(node.contradictions for node in examination.nodes)
    if not judged or contradictory or counts["unjudged"] or counts["crashed"] or (complete and missing):
        return MonitoringState.UNKNOWN
    return MonitoringState.OK
