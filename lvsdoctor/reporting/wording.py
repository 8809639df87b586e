"""What several reports say in the same words: what was found, accepted, not checked, not understood."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from lvsdoctor.model.coverage import Unread
from lvsdoctor.model.examination import (
    Diagnosis,
    Examination,
    Examined,
    ExaminedRole,
    Outcome,
    Remark,
    UnreadPath,
    Verdict,
)
from lvsdoctor.model.finding import Probed, Severity
from lvsdoctor.model.seen import Seen
from lvsdoctor.reporting.summary import JUDGED, Wanted, counted, summary, unjudged, unread_paths, wanted

FEW = 3  # names listed of many
# One label for one thing, in every format; in this order the parts of a finding stand.
CLIENTS, EVIDENCE, ASSUMED, CAREFUL = "Clients", "Evidence", "Assumed", "Careful"
VERIFY, FINE_WHEN, MORE, ALSO = "Verify", "Fine when", "More", "Also"
FIX_NOW, FIX_FOR_GOOD = "Fix now", "Fix for good"


def listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def some(names: Iterable[str], *, all_of_them: bool = False) -> str:
    """The first few, and how many more there are."""
    every = list(names)
    # "and 1 more" would be no shorter than its name.
    if all_of_them or len(every) <= FEW + 1:
        return listed(every)
    return f"{listed(every[:FEW])} and {len(every) - FEW} more"


def label(diagnosis: Diagnosis) -> str:
    """`ERROR ARP002`."""
    return f"{diagnosis.severity.value.upper()} {diagnosis.code}"


def fix_now(diagnosis: Diagnosis) -> str:
    """The label of the commands that take effect at once."""
    return f"{FIX_NOW}, on {diagnosis.fix_node}"


def fix_for_good(diagnosis: Diagnosis) -> str:
    """The label of what makes the fix last over a reboot."""
    return f"{FIX_FOR_GOOD}, on {diagnosis.fix_node}"


def clients(together: Iterable[Diagnosis]) -> list[str]:
    """What clients suffer from findings that are alike, each sentence once."""
    return list(dict.fromkeys(filter(None, (diagnosis.clients for diagnosis in together))))


def sentence(diagnosis: Diagnosis) -> str:
    """The sentence, and what the wire says of it if it was asked and could tell."""
    probed = diagnosis.confirmation
    if probed is None or probed.verdict is Probed.NOT_PROBED:
        return diagnosis.message
    return f"{diagnosis.message} [{probed.verdict}: {probed.says}]"


def summed_up(examination: Examination) -> str:
    """The numbers of a scan in one line."""
    counts = summary(examination)
    lead = _mostly_open(outcome.verdict for outcome in examination.outcomes)
    parts = [
        *([lead] if lead else []),
        *([f"{counted(nodes, 'node')} not judged"] if (nodes := len(unjudged(examination))) else []),
        *([f"{counted(paths, 'PATH')} not read"] if (paths := counts["unjudged"] - nodes) else []),
        f"{counted(counts['nodes'], 'node')}: {listed(counted(counts[each], each) for each in Severity)}",
        *([f"{counts['accepted']} accepted"] if counts["accepted"] else []),
        *([] if lead else [f"{counted(counts['not_checked'], 'rule')} not checked"]),
        *([f"{counted(counts['crashed'], 'rule')} crashed"] if counts["crashed"] else []),
        f"{counted(counts['unread'], 'line')} unread",
    ]
    if any(diagnosis.confirmation for diagnosis in examination.diagnoses):
        parts.append(f"{counts['confirmed']} confirmed, {counts['contradicted']} contradicted")
    return "; ".join(parts)


# -- what a report says first: where no rule could look, "no finding" would read as "healthy" --------------------------


@dataclass(frozen=True, slots=True)
class Unjudged:
    """Nodes on which none of so many rules could be checked, and the command that most of these wait for."""

    nodes: tuple[str, ...]
    rules: int
    command: str

    @property
    def fact(self) -> str:
        """`0 of 34 rules could be checked on rs1`."""
        return f"0 of {counted(self.rules, 'rule')} could be checked on {some(self.nodes)}"

    @property
    def says(self) -> str:
        """The fact, and what is needed first."""
        return f"{self.fact}. Needed first: {self.command}." if self.command else f"{self.fact}."


def unjudged_nodes(examination: Examination) -> list[Unjudged]:
    """The nodes that could not be judged; those of which the same is to be said stand together."""
    outcomes: dict[str, list[Outcome]] = {node: [] for node in unjudged(examination)}
    for outcome in examination.outcomes:
        if outcome.node in outcomes and outcome.verdict is not Verdict.NOT_APPLICABLE:
            outcomes[outcome.node].append(outcome)
    # What contradicts itself was given: it is not asked for.
    contradictory = {node.name for node in examination.nodes if node.contradictions}
    alike: dict[tuple[int, str], list[str]] = {}
    for node, became in outcomes.items():
        needed = "" if node in contradictory else _needed_first(node, became)
        alike.setdefault((len(became), needed), []).append(node)
    return [Unjudged(tuple(nodes), *same) for same, nodes in alike.items()]


def _needed_first(node: str, outcomes: Iterable[Outcome]) -> str:
    for group in wanted(outcomes):
        if group.command:
            # What is no command is a comment: a real server is scanned together with its director.
            return group.command.removeprefix("# ") + (f" of {group.node}" if group.node != node else "")
    return ""


def openings(examination: Examination) -> tuple[str, ...]:
    """The first sentences of a report; none where every node was judged and has to do with IPVS."""
    return tuple(_openings(examination))


def _openings(examination: Examination) -> Iterator[str]:
    yield from (group.says for group in unjudged_nodes(examination))
    yield from map(not_read, unread_paths(examination))
    if idle := [node.name for node in examination.nodes if node.no_ipvs]:
        verb = "has" if len(idle) == 1 else "have"
        yield f"{some(idle)} {verb} no IPVS service and no address that looks like a VIP."


def not_read(path: UnreadPath) -> str:
    """That a PATH holds no dump, and why; a file with a known face is called by its name."""
    if path.kinds:
        return " ".join(f"{unread_kind(kind, path.path)}." for kind in path.kinds)
    return f"{path.path}: {path.why}. No line of it was read."


def unread_kind(kind: Unread, path: str = "") -> str:
    """`rs1/nat.txt is an nftables rule set, which is not read yet`; of standard input alone the PATH is the name."""
    return f"{path if kind.seen.where == 'stdin' and path else kind.seen.where} is {kind.name}, {_unasked(kind)}"


def _unasked(kind: Unread) -> str:
    if kind.kind == "log":
        return "and its lines do not name a fault of LVS that lvsdoctor knows"
    return "which is not read yet" if kind.needed else "which no rule asks for"


def notes(node: Examined) -> tuple[str, ...]:
    """What else is to be said of a node, and which dumps of it are known and not read yet."""
    kinds = dict.fromkeys(
        f"{kind.seen} begins {kind.name}, {_unasked(kind)}" for kind in node.unread_kinds if not kind.read
    )
    more = (f"{len(kinds) - FEW} more dumps are of kinds that are not read yet",) if len(kinds) > FEW + 1 else ()
    return (*node.notes, *[*kinds][: FEW if more else FEW + 1], *more)


def verdict(examination: Examination) -> str:
    """`2 errors, 1 warning`, or that nothing was found, and how far this reaches."""
    counts = summary(examination)
    if found := [counted(counts[each], each) for each in Severity if counts[each]]:
        return listed(found)
    blind = unjudged_nodes(examination)
    return blind[0].fact if blind else calm(examination.outcomes)


def calm(outcomes: Iterable[Outcome]) -> str:
    """That nothing was found: "no known pitfall" would calm somebody whose dumps could not be checked at all."""
    verdicts = [outcome.verdict for outcome in outcomes]
    judged = sum(verdict in JUDGED for verdict in verdicts)
    if lead := _mostly_open(verdicts):
        return f"{lead}; the other {judged} found nothing" if judged else lead
    if not judged:
        return "nothing was checked"
    left = Verdict.NOT_CHECKED in verdicts or Verdict.CRASHED in verdicts
    return "no known pitfall found" + (" in what could be checked" if left else "")


def calm_node(node: str, outcomes: Iterable[Outcome]) -> str:
    """The same of one node, with how many rules were checked; the silent ones are counted."""
    outcomes = list(outcomes)
    parts = calm(outcomes).partition(";")
    told = f"{parts[0]} on {node}{parts[1]}{parts[2]}"
    if not _mostly_open(outcome.verdict for outcome in outcomes):
        told += f": {checked(outcomes)}"
    return f"{told[0].upper()}{told[1:]}."


def _mostly_open(verdicts: Iterable[Verdict]) -> str:
    """`16 of 18 rules could not be checked` where that is more than could be, or that none could; "" elsewhere."""
    counts = Counter(verdicts)
    judged, open_ones = sum(counts[verdict] for verdict in JUDGED), counts[Verdict.NOT_CHECKED]
    every = judged + open_ones + counts[Verdict.CRASHED]
    if open_ones <= judged:
        return ""
    number, could = (open_ones, "could not") if judged else (0, "could")
    return f"{number} of {counted(every, 'rule')} {could} be checked"


def checked(outcomes: Iterable[Outcome]) -> str:
    """`18 rules checked, 5 not checked`."""
    verdicts = [outcome.verdict for outcome in outcomes]
    numbers = [f"{counted(verdicts.count(Verdict.FIRES) + verdicts.count(Verdict.QUIET), 'rule')} checked"]
    for each in (Verdict.NOT_CHECKED, Verdict.NOT_APPLICABLE, Verdict.CRASHED):
        if number := verdicts.count(each):
            numbers.append(f"{number} {each.replace('-', ' ')}")
    return listed(numbers)


def standing(role: ExaminedRole) -> str:
    """Why a node has this role, and the line that tells."""
    return role.why + (f", {role.seen}" if role.seen else "")


def no_role(node: Examined) -> str:
    """Why a node has no role: what the evidence shows of it, or that it does not show what would tell."""
    table, addresses = "ipvs" in node.facts, "addresses" in node.facts
    if table and addresses:
        return "the evidence shows no IPVS services (a director) and no VIP on this host (a real server)."
    if table:
        return "the evidence shows no IPVS services (a director). It does not show the addresses of this host."
    if addresses:
        return "the evidence shows no VIP on this host (a real server). It does not show the IPVS table of this host."
    return "the evidence does not show the IPVS table or the addresses of this host."


def accepted(terms: Mapping[str, str]) -> str:
    """`old hardware (by lvsdoctor.toml:12, until 2027-01-01)`: why a finding does not count."""
    limits = listed(f"{name} {terms[name]}" for name in ("by", "until") if terms.get(name))
    return terms.get("reason", "") + (f" ({limits})" if limits else "")


def lapsed(terms: Mapping[str, str]) -> str:
    """That a finding counts again."""
    place = f" ({terms['by']})" if terms.get("by") else ""
    return f"Was accepted until {terms.get('until', 'now')}{place}: {terms.get('reason', '')}"


def remarked(remark: Remark) -> str:
    """A remark, and the line it is about."""
    return remark.says + (f" ({remark.seen})" if remark.seen else "")


def waiting(group: Wanted, node: str, *, all_of_them: bool = False) -> str:
    """`7 rules need sysctl of lb1: ...`: who waits for what a command on another node than `node` would tell."""
    verb = "needs" if len(group.rules) == 1 else "need"
    need = f" {verb} {listed(group.facts)}" if group.facts else ""
    place = f" of {group.node}" if group.node != node else ""
    return f"{counted(len(group.rules), 'rule')}{need}{place}: {some(group.rules, all_of_them=all_of_them)}"


def crash(outcome: Outcome) -> str:
    """The rule, the node and the exception."""
    # The exception stands below the last stack, unindented; its message may have further lines.
    raised = outcome.traceback.rpartition("Traceback (most recent call last):\n")[2]
    error = next((line for line in raised.split("\n") if line and not line.startswith(" ")), "no traceback")
    return f"rule {outcome.rule} on {outcome.node}: {error}; this is our bug"


def not_understood(unread: Iterable[Seen]) -> str:
    """`2 of rs1/ip-addr.txt (1, 9), 1 of rs1/sysctl.txt (3)`: lines that no parser understood, by file."""
    files: dict[str, list[Seen]] = {}
    for seen in unread:
        files.setdefault(seen.where, []).append(seen)
    places = []
    for where, lines in files.items():
        numbers = some(str(seen.line) for seen in lines if seen.line is not None)
        places.append(f"{len(lines)} of {where}" + (f" ({numbers})" if numbers else ""))
    return some(places)


def silent(outcomes: Iterable[Outcome], kept: Verdict) -> list[str]:
    """The rules of this verdict, each with those that speak instead."""
    return [
        outcome.rule + (f" (explained by {listed(outcome.explained_by)})" if outcome.explained_by else "")
        for outcome in outcomes
        if outcome.verdict is kept
    ]


def roles(node: Examined) -> str:
    """`director, real server`."""
    return listed(role.name.replace("-", " ") for role in node.roles)
