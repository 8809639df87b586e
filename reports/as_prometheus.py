"""For Prometheus, through node_exporter's textfile collector: how much was found where, and when that was.

Prometheus text format 0.0.4, without timestamps: the textfile collector refuses them.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import product

from lvsdoctor.reportkit import Examination, Output, Probed, Severity, Verdict, legible, unjudged, unread_paths

Labels = tuple[tuple[str, str], ...]
Series = Mapping[Labels, float]
ESCAPED = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


def render(examination: Examination, output: Output) -> None:
    """Write every family, each with its help and type. What could be counted and was not there is a 0, not absent."""
    for name, meaning, series in (*_of_the_nodes(examination), *_of_the_scan(examination)):
        if series:
            output.stream.write(f"# HELP lvsdoctor_{name} {meaning}\n# TYPE lvsdoctor_{name} gauge\n")
        for labels, value in series.items():
            shown = ",".join(f'{label}="{output.legible(text).translate(ESCAPED)}"' for label, text in labels)
            output.stream.write(f"lvsdoctor_{name}{f'{{{shown}}}' if shown else ''} {value}\n")


def _of_the_nodes(examination: Examination) -> Iterator[tuple[str, str, Series]]:
    nodes = [node.name for node in examination.nodes]
    zeros = [_labels(node=node) for node in nodes]
    found = [diagnosis for diagnosis in examination.diagnoses if diagnosis.accepted is None]
    accepted = [diagnosis for diagnosis in examination.diagnoses if diagnosis.accepted is not None]

    none = [_labels(node=node, severity=severity) for node, severity in product(nodes, Severity)]
    series = _counts((_labels(node=d.node, severity=d.severity) for d in found), none)
    yield "findings", "Findings that count, by severity.", series

    # Without what it is about: a director with a thousand VIPs has few rules.
    series = _counts(_labels(node=d.node, rule=d.rule, code=d.code, severity=d.severity) for d in found)
    yield "finding", "How many VIPs or interfaces a rule finds something about; absent where it finds nothing.", series

    series = _counts((_labels(node=d.node) for d in accepted), zeros)
    yield "accepted_findings", "Findings that are accepted; they do not count.", series

    series = _counts((_labels(node=d.node) for d in found if d.lapsed), zeros)
    yield "lapsed_findings", "Findings that count again because their acceptance has ended.", series

    if any(diagnosis.confirmation for diagnosis in examination.diagnoses):
        none = [_labels(node=node, verdict=verdict) for node, verdict in product(nodes, Probed)]
        series = _counts((_labels(node=d.node, verdict=d.probed) for d in found if d.probed), none)
        yield "probed_findings", "What the wire says of the findings that count.", series

    none = [_labels(node=node, outcome=verdict) for node, verdict in product(nodes, Verdict)]
    series = _counts((_labels(node=each.node, outcome=each.verdict) for each in examination.outcomes), none)
    yield "rules", "What became of the rules.", series

    series = _counts((_labels(node=node) for node in unjudged(examination)), zeros)
    yield "unjudged", "1 where no rule could be checked on a node: no finding is no good news there.", series

    series = _counts((_labels(node=node.name) for node in examination.nodes for _ in node.unread), zeros)
    yield "unread_lines", "Lines that no parser understood.", series


def _of_the_scan(examination: Examination) -> Iterator[tuple[str, str, Series]]:
    yield "unread_paths", "PATHs that hold no dump.", {(): len(unread_paths(examination))}
    if examination.began is not None:
        yield "scan_timestamp_seconds", "When the scan began.", {(): examination.began.timestamp()}
    if examination.seconds is not None:
        yield "scan_duration_seconds", "How long it took.", {(): round(examination.seconds, 6)}
    yield "build_info", "Which lvsdoctor scanned.", {_labels(version=examination.version): 1}


def _labels(**texts: str) -> Labels:
    return tuple((name, legible(text)) for name, text in texts.items())


def _counts(labels: Iterable[Labels], zeros: Iterable[Labels] = ()) -> Series:
    """How often each was found. Two names that read alike are one series: a second would spoil the whole file."""
    counts = Counter(dict.fromkeys(zeros, 0))
    counts.update(labels)
    return counts
