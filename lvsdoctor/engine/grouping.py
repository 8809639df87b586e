"""One root cause is one finding: which of several findings about the same thing speaks."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from lvsdoctor.engine.rule import Rule
from lvsdoctor.model.examination import Diagnosis, Outcome, Verdict
from lvsdoctor.model.walk import Step


def most_specific(diagnoses: Sequence[Diagnosis], rules: Mapping[str, Rule]) -> list[Diagnosis]:
    """Without the findings of general rules about what a more specific rule has found too."""
    specific_ones: dict[str, list[Diagnosis]] = {}
    for diagnosis in diagnoses:
        for rule in rules[diagnosis.rule].instead_of:
            specific_ones.setdefault(rule, []).append(diagnosis)
    return [
        general
        for general in diagnoses
        if not any(_explains(specific, general, rules) for specific in specific_ones.get(general.rule, ()))
    ]


def _explains(specific: Diagnosis, general: Diagnosis, rules: Mapping[str, Rule]) -> bool:
    if general.rule not in rules[specific.rule].instead_of:
        return False
    shared = specific.about.keys() & general.about.keys()
    return bool(shared) and all(general.about[name] == specific.about[name] for name in shared)


def spoken_for(
    outcomes: Iterable[Outcome], diagnoses: Sequence[Diagnosis], spoken: Sequence[Diagnosis], rules: Mapping[str, Rule]
) -> Iterator[Outcome]:
    """A rule all of whose findings another speaks for is quiet, and says whose they are."""
    speaking = {diagnosis.rule for diagnosis in spoken}
    for outcome in outcomes:
        if outcome.verdict is Verdict.FIRES and outcome.rule not in speaking:
            silent = [d for d in diagnoses if d.rule == outcome.rule]
            names = sorted({s.rule for s in spoken for d in silent if _explains(s, d, rules)})
            yield Outcome(outcome.rule, outcome.node, Verdict.QUIET, outcome.missing, explained_by=tuple(names))
        else:
            yield outcome


def grouped(diagnoses: Sequence[Diagnosis]) -> list[Diagnosis]:
    """The findings, of which the first about a step names the others about it (Diagnosis.also): the worst, what causes
    others, and what is proved stand first."""
    groups: dict[Step, list[Diagnosis]] = {}
    for diagnosis in diagnoses:
        if diagnosis.explains is not None:
            groups.setdefault(diagnosis.explains, []).append(diagnosis)
    also = {
        id(group[0]): tuple(dict.fromkeys(other.code for other in group if other.rule != group[0].rule))
        for group in groups.values()
    }
    return [replace(d, also=codes) if (codes := also.get(id(d))) else d for d in diagnoses]
