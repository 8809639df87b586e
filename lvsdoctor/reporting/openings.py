"""What a report says first: where no rule could look, "no finding" would read as "healthy"."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lvsdoctor.language import translated
from lvsdoctor.model.coverage import Unread
from lvsdoctor.model.examination import Examination, Examined, Outcome, UnreadPath, Verdict
from lvsdoctor.model.facts import COLLECTED_BY
from lvsdoctor.reporting.listing import FEW, some
from lvsdoctor.reporting.summary import counted, unjudged, unread_paths, wanted


@dataclass(frozen=True, slots=True)
class Unjudged:
    """Nodes on which none of so many rules could be checked, the command that most of these wait for, and what was read
    of the nodes: the commands that show it, "" where it is much."""

    nodes: tuple[str, ...]
    rules: int
    command: str
    given: str = ""

    @property
    def fact(self) -> str:
        """`0 of 34 rules could be checked on rs1`."""
        rules = counted(self.rules, "rule")
        return translated("0 of {rules} could be checked on {nodes}", rules=rules, nodes=some(self.nodes))

    @property
    def says(self) -> str:
        """The fact, and what is needed first."""
        said = translated("{sentence}.", sentence=self.fact)
        if self.given:
            said = translated("{fact}. Given: {given}.", fact=self.fact, given=self.given)
        if not self.command:
            return said
        return translated("{sentence} Needed first: {command}.", sentence=said, command=self.command)


def unjudged_nodes(examination: Examination) -> list[Unjudged]:
    """The nodes that could not be judged; those of which the same is to be said stand together."""
    outcomes: dict[str, list[Outcome]] = {node: [] for node in unjudged(examination)}
    for outcome in examination.outcomes:
        if outcome.node in outcomes and outcome.verdict is not Verdict.NOT_APPLICABLE:
            outcomes[outcome.node].append(outcome)
    # What contradicts itself was given: it is not asked for.
    contradictory = {node.name for node in examination.nodes if node.contradictions}
    facts = {node.name: node.facts for node in examination.nodes}
    alike: dict[tuple[int, str, str], list[str]] = {}
    for node, became in outcomes.items():
        needed = "" if node in contradictory else _needed_first(node, became)
        given = "" if node in contradictory else _given(facts.get(node, ()))
        alike.setdefault((len(became), needed, given), []).append(node)
    return [Unjudged(tuple(nodes), *same) for same, nodes in alike.items()]


def _given(facts: Iterable[str]) -> str:
    """What was read, by the commands that show it."""
    known = (fact for fact in facts if fact in COLLECTED_BY and fact not in ("memberships", "probes"))
    commands = dict.fromkeys(COLLECTED_BY[fact] for fact in known)
    return ", ".join(map(translated, commands)) if len(commands) <= FEW else ""


def _needed_first(node: str, outcomes: Iterable[Outcome]) -> str:
    for group in wanted(outcomes):
        if group.command:
            # What is no command is a comment: a real server is scanned together with its director.
            needed = translated(group.command.removeprefix("# "))
            other = group.node != node
            return translated("{command} of {node}", command=needed, node=group.node) if other else needed
    return ""


def openings(examination: Examination) -> tuple[str, ...]:
    """The first sentences of a report; none where every node was judged and has to do with IPVS."""
    return tuple(_openings(examination))


def _openings(examination: Examination) -> Iterator[str]:
    yield from (group.says for group in unjudged_nodes(examination))
    yield from map(not_read, unread_paths(examination))
    if idle := [node.name for node in examination.nodes if node.no_ipvs]:
        yield translated(_IDLE if len(idle) == 1 else _ALL_IDLE, nodes=some(idle))


_IDLE = "{nodes} has no IPVS service and no address that looks like a VIP."
_ALL_IDLE = "{nodes} have no IPVS service and no address that looks like a VIP."


def not_read(path: UnreadPath) -> str:
    """That a PATH holds no dump, and why; a file with a known face is called by its name."""
    if path.kinds:
        return " ".join(translated("{sentence}.", sentence=unread_kind(kind, path.path)) for kind in path.kinds)
    return translated("{path}: {why}. No line of it was read.", path=path.path, why=translated(path.why))


def unread_kind(kind: Unread, path: str = "") -> str:
    """`rs1/nat.txt is an nftables rule set, which is not read yet`; of standard input alone the PATH is the name."""
    place = path if kind.seen.where == "stdin" and path else kind.seen.where
    kind_name = translated(kind.name)
    return translated("{path} is {kind}, {why}", path=place, kind=kind_name, why=_unasked(kind))


def _unasked(kind: Unread) -> str:
    match kind.kind:
        case "log":
            return translated("and its lines do not name a fault of LVS that lvsdoctor knows")
        case "dpvs":
            return translated("which is another product than the kernel's IPVS")
        case "keepalived-part":
            return translated("which is read only beside the rest of it")
        case "keepalived-words":
            return translated("which are not read without the block that they belong to")
        case "ipvs-real-servers":
            return translated("which are not read without the lines of their virtual services")
        case "routes-cut":
            return translated("which are not read because their lines are cut off")
        case "ipvs-timeouts" | "ipvs-apps" | "sysctl-bsd" | "cloud-init-tables":
            return translated("which are not read yet")
        case _ if kind.needed:
            return translated("which is not read yet")
    return translated("which no rule asks for")


def notes(node: Examined) -> tuple[str, ...]:
    """What else is to be said of a node, and which dumps of it are known and not read yet."""
    kinds = dict.fromkeys(
        translated("{place} begins {kind}, {why}", place=kind.seen, kind=translated(kind.name), why=_unasked(kind))
        for kind in node.unread_kinds
        if not kind.read
    )
    rest = translated("{number} more dumps are of kinds that are not read yet", number=len(kinds) - FEW)
    more = (rest,) if len(kinds) > FEW + 1 else ()
    return (*map(translated, node.notes), *[*kinds][: FEW if more else FEW + 1], *more)
