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
    first, second = _about(specific), _about(general)
    shared = first.keys() & second.keys()
    return bool(shared) and all(first[name] == second[name] for name in shared)


def _about(diagnosis: Diagnosis) -> Mapping[str, str]:
    """What a finding is about; of a service "tcp 192.0.2.10:80" the VIP as well."""
    about = diagnosis.about
    place = about.get("service", "").partition(" ")[2].rpartition(":")[0]
    return {"vip": place.strip("[]"), **about} if place else about


def spoken_for(
    outcomes: Iterable[Outcome], diagnoses: Sequence[Diagnosis], spoken: Sequence[Diagnosis], rules: Mapping[str, Rule]
) -> Iterator[Outcome]:
    """A rule all of whose findings another speaks for is quiet, and says whose they are."""
    speaking = {diagnosis.rule for diagnosis in spoken}
    for outcome in outcomes:
        if outcome.verdict is Verdict.FIRES and outcome.rule not in speaking:
            names: set[str] = set()
            unnamed = [diagnosis for diagnosis in diagnoses if diagnosis.rule == outcome.rule]
            met = set(map(id, unnamed))
            while unnamed:  # who speaks for it may be spoken for itself
                silent = unnamed.pop()
                more = [d for d in diagnoses if id(d) not in met and _explains(d, silent, rules)]
                met.update(map(id, more))
                names.update(d.rule for d in more if d.rule in speaking)
                unnamed += [d for d in more if d.rule not in speaking]
            explained = tuple(sorted(names))
            yield Outcome(outcome.rule, outcome.node, Verdict.QUIET, outcome.missing, explained_by=explained)
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
