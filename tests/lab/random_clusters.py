"""Clusters drawn by a seed: a base and up to three changes, harmful and harmless ones mixed.

The draw does not know which changes do harm. The guest decides; the scanner predicts from the dumps alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from lvsdoctor.engine.runner import examine
from lvsdoctor.model.examination import Diagnosis, Verdict
from lvsdoctor.model.finding import Severity
from tests.lab.changes import Change, draw_change
from tests.lab.cluster import BASES, Cluster
from tests.lab.guest import Guest
from tests.lab.judge import ALL_BASES, nodes_from, rules, running
from tests.lab.shapes import front_hosts
from tests.lab.strata import STRATA, Stratum
from tests.lab.strata.stratum import with_others_left
from tests.lab.walks import About, Comparison, comparisons, walk_table


@dataclass(frozen=True, slots=True)
class Drawn:
    """Cluster number `index` of a seed: a base, a shape of it if it is of a stratum, and changes."""

    index: int
    base: str
    changes: tuple[Change, ...]
    stratum: str = ""
    cluster: Cluster = field(default_factory=BASES["dr"], repr=False)

    def __str__(self) -> str:
        name = f"{self.base} ({self.stratum})" if self.stratum else self.base
        return f"cluster {self.index}: {name}" + "".join(f"\n    {change}" for change in self.changes)


def draw(seed: str, index: int) -> Drawn:
    """The same for the same seed and index, however many are drawn. Every second is of a stratum, one after another."""
    random = Random(f"{seed}/{index}")
    if index % 2:
        return _of_stratum(random, index, STRATA[index // 2 % len(STRATA)])
    base = random.choice(list(BASES))
    changes: list[Change] = []
    for _ in range(random.choice((0, 1, 1, 1, 2, 2, 3))):
        change = draw_change(random, base)
        if all((change.topic, change.host) != (other.topic, other.host) for other in changes):
            changes.append(change)
    return Drawn(index, base, tuple(changes), cluster=BASES[base]())


def _of_stratum(random: Random, index: int, stratum: Stratum) -> Drawn:
    base = random.choice(stratum.bases)
    cluster, some = stratum.draw(random, ALL_BASES[base](), base)
    changes = list(some)
    if stratum.ordinary and random.random() < (0.3 if changes else 0.6):
        ordinary = draw_change(random, base)
        if all((ordinary.topic, ordinary.host) != (other.topic, other.host) for other in changes):
            link = cluster.asks.get("client", ("eth0",))[0]
            shaped = link != "eth0" and ordinary.host in front_hosts(cluster)
            changes.append(with_others_left(stratum.adapted(ordinary, cluster.vip, link if shaped else ""), cluster))
    return Drawn(index, base, tuple(changes), stratum.name, cluster)


@dataclass(frozen=True, slots=True)
class Compared:
    """The guest's verdict on a cluster and the scanner's, most severe finding first."""

    drawn: Drawn
    failed: tuple[str, ...]
    symptoms: tuple[str, ...]
    # Severity, rule, the nodes it names (its own, its fix's, those whose lines it quotes), message.
    findings: tuple[tuple[Severity, str, frozenset[str], str], ...]
    crashes: tuple[str, ...]
    walks: tuple[Comparison, ...] = ()

    @property
    def broken(self) -> bool:
        return bool(self.symptoms)

    @property
    def worst(self) -> Severity | None:
        return self.findings[0][0] if self.findings else None

    @property
    def flagged(self) -> bool:
        return self.worst in (Severity.ERROR, Severity.WARNING)

    @property
    def agree(self) -> bool:
        return not self.crashes and (self.flagged if self.broken else self.worst is not Severity.ERROR)

    @property
    def single(self) -> bool:
        """Whether one change alone broke it."""
        return self.broken and len(self.drawn.changes) == 1

    @property
    def first_names_the_change(self) -> bool:
        (change,) = self.drawn.changes
        return bool(self.findings) and self.findings[0][1] in change.named_by and change.host in self.findings[0][2]

    @property
    def misses(self) -> list[str]:
        """What the scanner did not say as the guest does, in a few words each."""
        others = [row for row in self.walks if row.about is About.CLIENT and not row.right]
        wrong = [row for row in others if row.wrong]
        named = {
            "could not be made": bool(self.failed),
            "crashed": bool(self.crashes),
            "not flagged": self.broken and not self.flagged,
            "an error, and healthy": not self.broken and self.worst is Severity.ERROR,
            "not named first": self.single and not self.first_names_the_change,
            f"{len(others) - len(wrong)} walks unknown": len(others) > len(wrong),
            f"{len(wrong)} walks wrong": bool(wrong),
        }
        return [miss for miss, is_so in named.items() if is_so]

    def __str__(self) -> str:
        lines = [str(self.drawn), *(f"  could not be made: {wrong}" for wrong in self.failed)]
        lines += [f"  measured: {symptom}" for symptom in self.symptoms or ("healthy",)]
        lines += [f"  {severity}: {rule}: {message}" for severity, rule, _, message in self.findings]
        lines += [f"  walk: {one}" for one in self.walks if not one.right]
        return "\n".join(lines + [f"  {crash}" for crash in self.crashes])


def compare(guest: Guest, drawn: Drawn) -> Compared:
    """Build it, measure it, dump it, scan the dumps."""
    # A routed VIP is in no host's subnet: nobody asks for its MAC but the lab itself.
    cluster = replace(drawn.cluster, asks={}) if drawn.base == "dr-routed" else drawn.cluster
    with running(guest, cluster) as lab:
        failed = tuple(wrong for change in drawn.changes for wrong in lab.run(change.host, change.commands))
        measured = lab.measure()
        hosts = [name for name in lab.cluster.hosts if name != "far"]
        nodes = nodes_from(lab.dumps(hosts))
        examination = examine(nodes, rules())
    meant = {symptom for change in drawn.changes for symptom in change.meant}
    return Compared(
        drawn,
        failed,
        tuple(symptom for symptom in measured.symptoms if symptom not in meant),
        tuple(
            (found.severity, found.rule, _named_in(found), found.message)
            for found in examination.diagnoses
            if (drawn.base, found.rule) != _OF_THE_BASE
        ),
        tuple(
            f"{outcome.rule} crashed on {outcome.node}: {outcome.traceback.splitlines()[-1]}"
            for outcome in examination.outcomes
            if outcome.verdict is Verdict.CRASHED
        ),
        comparisons(nodes, measured),
    )


def _named_in(diagnosis: Diagnosis) -> frozenset[str]:
    quoted = {line.seen.where.partition("/")[0] for line in diagnosis.evidence}
    return frozenset({diagnosis.node, diagnosis.fix.node} | quoted)


# A warning that the base itself has (tests/lab/test_bases.py): about clients that do not ask there.
_OF_THE_BASE = ("nat-one-subnet", "nat-client-in-real-servers-subnet")


def table(compared: Sequence[Compared]) -> Iterator[str]:
    """What the guest says against what the scanner says."""
    yield f"{'':24}{'error':>8}{'warning':>9}{'nothing':>9}"
    for name, broken in (("truly broken", True), ("truly healthy", False)):
        some = [one for one in compared if one.broken is broken]
        errors = sum(one.worst is Severity.ERROR for one in some)
        warnings = sum(one.worst is Severity.WARNING for one in some)
        yield f"{name:24}{errors:>8}{warnings:>9}{len(some) - errors - warnings:>9}"
    single = [one for one in compared if one.single]
    right = sum(one.first_names_the_change for one in single)
    share = f" ({100 * right / len(single):.1f} %)" if single else ""
    yield f"broken by a single change: the first finding names it in {right} of {len(single)}{share}"
    yield from walk_table([row for one in compared for row in one.walks])
    yield from _kinds(compared)
    yield from (f"cluster {one.drawn.index}: {', '.join(one.misses)}" for one in compared if one.misses)


def _kinds(compared: Sequence[Compared]) -> Iterator[str]:
    """Each stratum, and each base as it is, with what was drawn of it."""
    yield f"{'kind':28}{'broken':>8}{'flagged':>9}{'healthy':>9}{'with an error':>15}"
    by_kind: dict[str, list[Compared]] = {}
    for one in compared:
        by_kind.setdefault(one.drawn.stratum or one.drawn.base, []).append(one)
    for kind, some in sorted(by_kind.items()):
        broken, healthy = [one for one in some if one.broken], [one for one in some if not one.broken]
        flagged, wrong = sum(one.flagged for one in broken), sum(one.worst is Severity.ERROR for one in healthy)
        yield f"{kind:28}{len(broken):>8}{flagged:>9}{len(healthy):>9}{wrong:>15}"
