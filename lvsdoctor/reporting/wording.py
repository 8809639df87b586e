"""What several reports say in the same words: what was found, accepted, not checked, not understood."""

from collections import Counter
from collections.abc import Iterable, Mapping

from lvsdoctor.language import ENGLISH, spoken, template, translated
from lvsdoctor.model.examination import (
    Diagnosis,
    Examination,
    Examined,
    ExaminedRole,
    Outcome,
    Remark,
    Verdict,
)
from lvsdoctor.model.finding import Probed, Severity
from lvsdoctor.model.seen import ASSUMED as ASSUMED_PLACE
from lvsdoctor.model.seen import Seen
from lvsdoctor.reporting.listing import FEW as FEW
from lvsdoctor.reporting.listing import conjoined as conjoined
from lvsdoctor.reporting.listing import listed as listed
from lvsdoctor.reporting.listing import some as some
from lvsdoctor.reporting.openings import Unjudged as Unjudged
from lvsdoctor.reporting.openings import not_read as not_read
from lvsdoctor.reporting.openings import notes as notes
from lvsdoctor.reporting.openings import openings as openings
from lvsdoctor.reporting.openings import unjudged_nodes as unjudged_nodes
from lvsdoctor.reporting.openings import unread_kind as unread_kind
from lvsdoctor.reporting.summary import JUDGED, Wanted, counted, summary, unjudged

# One label for one thing, in every format; in this order the parts of a finding stand.
CLIENTS, EVIDENCE, ASSUMED = template("Clients"), template("Evidence"), template("Assumed")
CAREFUL, VERIFY, FINE_WHEN = template("Careful"), template("Verify"), template("Fine when")
MORE, ALSO = template("More"), template("Also")
FIX_NOW, FIX_FOR_GOOD = template("Fix now"), template("Fix for good")
COUNTED = ("error", "warning", "note")  # nouns by severity
_SEVERITIES = (template("ERROR"), template("WARNING"), template("NOTE"))
ROLES = (template("director"), template("real server"), template("client"))


def labelled(text: str, **fields: object) -> str:
    """The label of a line: the text, and a colon."""
    return translated("{label}:", label=translated(text, **fields))


def leading(text: str, **fields: object) -> str:
    """A label, and the blank after it; Chinese has none after its wide colon."""
    return labelled(text, **fields) + (" " if spoken() == ENGLISH else "")


def label(diagnosis: Diagnosis) -> str:
    """`ERROR ARP002`."""
    return f"{translated(diagnosis.severity.value.upper())} {diagnosis.code}"


def fix_now(diagnosis: Diagnosis) -> str:
    """The label of the commands that take effect at once."""
    return on_host(FIX_NOW, diagnosis.fix_node)


def fix_for_good(diagnosis: Diagnosis) -> str:
    """The label of what makes the fix last over a reboot."""
    return on_host(FIX_FOR_GOOD, diagnosis.fix_node)


def on_host(label: str, host: str) -> str:
    """`Fix now, on rs1`."""
    return translated("{label}, on {host}", label=translated(label), host=host)


def warning(diagnosis: Diagnosis) -> str:
    return translated(diagnosis.fix.warning)


def evidence_place(seen: Seen) -> str:
    """Where it was seen; a word where it was not."""
    return translated(template("assumed")) if seen.where == ASSUMED_PLACE else str(seen)


def evidence_text(seen: Seen) -> str:
    """The line as it stands; what was taken for it is our own sentence."""
    return translated(seen.text) if seen.where == ASSUMED_PLACE else seen.text


_BY_THE_WIRE = {
    Probed.CONFIRMED: template("confirmed by the wire"),
    Probed.CONTRADICTED: template("contradicted by the wire"),
}


def by_the_wire(verdict: Probed) -> str:
    """The label of what a probe saw."""
    return labelled(_BY_THE_WIRE[verdict])


def collect_anew() -> str:
    """What to do where the wire contradicts the scan."""
    return translated(
        "One of the two is wrong, and other findings may be too: collect the dumps anew before a fix is run."
    )


def clients(together: Iterable[Diagnosis]) -> list[str]:
    """What clients suffer from findings that are alike, each sentence once."""
    return list(dict.fromkeys(filter(None, (diagnosis.clients for diagnosis in together))))


def sentence(diagnosis: Diagnosis) -> str:
    """The sentence, and what the wire says of it if it was asked and could tell."""
    probed = diagnosis.confirmation
    if probed is None or probed.verdict is Probed.NOT_PROBED:
        return diagnosis.message
    return f"{diagnosis.message} [{translated(probed.verdict)}: {probed.says}]"


def summed_up(examination: Examination) -> str:
    """The numbers of a scan in one line."""
    counts = summary(examination)
    lead = _mostly_open(outcome.verdict for outcome in examination.outcomes)
    nodes = len(unjudged(examination))
    paths = counts["unjudged"] - nodes
    severities = listed(counted(counts[each], each) for each in Severity)
    parts = [
        *([lead] if lead else []),
        *([translated("{nodes} not judged", nodes=counted(nodes, "node"))] if nodes else []),
        *([translated("{paths} not read", paths=counted(paths, "PATH"))] if paths else []),
        translated("{nodes}: {severities}", nodes=counted(counts["nodes"], "node"), severities=severities),
        *([translated("{number} accepted", number=counts["accepted"])] if counts["accepted"] else []),
        *([] if lead else [translated("{rules} not checked", rules=counted(counts["not_checked"], "rule"))]),
        *([translated("{rules} crashed", rules=counted(counts["crashed"], "rule"))] if counts["crashed"] else []),
        translated("{lines} unread", lines=counted(counts["unread"], "line")),
    ]
    if any(diagnosis.confirmation for diagnosis in examination.diagnoses):
        parts.append(translated("{confirmed} confirmed, {contradicted} contradicted", **counts))
    return translated("; ").join(parts)


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
        return translated("{lead}; the other {number} found nothing", lead=lead, number=judged) if judged else lead
    if not judged:
        return translated("nothing was checked")
    left = Verdict.NOT_CHECKED in verdicts or Verdict.CRASHED in verdicts
    return translated("no known pitfall found in what could be checked" if left else "no known pitfall found")


def calm_node(node: str, outcomes: Iterable[Outcome]) -> str:
    """The same of one node, with how many rules were checked; the silent ones are counted."""
    outcomes = list(outcomes)
    parts = calm(outcomes).partition(translated(";"))
    told = translated("{fact} on {node}", fact=f"{parts[0][0].upper()}{parts[0][1:]}", node=node) + parts[1] + parts[2]
    if not _mostly_open(outcome.verdict for outcome in outcomes):
        told = translated("{fact}: {checked}", fact=told, checked=checked(outcomes))
    return translated("{sentence}.", sentence=told)


def _mostly_open(verdicts: Iterable[Verdict]) -> str:
    """`16 of 18 rules could not be checked` where that is more than could be, or that none could; "" elsewhere."""
    counts = Counter(verdicts)
    judged, open_ones = sum(counts[verdict] for verdict in JUDGED), counts[Verdict.NOT_CHECKED]
    every = judged + open_ones + counts[Verdict.CRASHED]
    if open_ones <= judged:
        return ""
    text = "{number} of {rules} could not be checked" if judged else "{number} of {rules} could be checked"
    return translated(text, number=open_ones if judged else 0, rules=counted(every, "rule"))


def checked(outcomes: Iterable[Outcome]) -> str:
    """`18 rules checked, 5 not checked`."""
    verdicts = [outcome.verdict for outcome in outcomes]
    judged = verdicts.count(Verdict.FIRES) + verdicts.count(Verdict.QUIET)
    numbers = [translated("{rules} checked", rules=counted(judged, "rule"))]
    numbers += [translated(text, number=verdicts.count(each)) for each, text in _OPEN.items() if each in verdicts]
    return listed(numbers)


_OPEN = {
    Verdict.NOT_CHECKED: template("{number} not checked"),
    Verdict.NOT_APPLICABLE: template("{number} not applicable"),
    Verdict.CRASHED: template("{number} crashed"),
}


def standing(role: ExaminedRole) -> str:
    """Why a node has this role, and the line that tells."""
    why = translated(role.why)
    return translated("{why}, {place}", why=why, place=role.seen) if role.seen else why


def no_role(node: Examined) -> str:
    """What the evidence shows of a node without a role, or does not show: a phrase to follow the node's name."""
    return translated(_NO_ROLE["ipvs" in node.facts, "addresses" in node.facts])


def no_role_label(node: Examined) -> str:
    """The label of the same."""
    known = "ipvs" in node.facts and "addresses" in node.facts
    return labelled("no role found" if known else "role not known")


_NO_ROLE = {
    (True, True): template("no IPVS services, no VIP"),
    (True, False): template("no IPVS services; the addresses are not in the evidence"),
    (False, True): template("no VIP; the IPVS table is not in the evidence"),
    (False, False): template("the IPVS table and the addresses are not in the evidence"),
}


def accepted(terms: Mapping[str, str]) -> str:
    """`old hardware (by lvsdoctor.toml:12, until 2027-01-01)`: why a finding does not count."""
    limits = listed(translated(text, value=terms[name]) for name, text in _LIMITS.items() if terms.get(name))
    return terms.get("reason", "") + (f" ({limits})" if limits else "")


_LIMITS = {"by": template("by {value}"), "until": template("until {value}")}


def lapsed(terms: Mapping[str, str]) -> str:
    """That a finding counts again."""
    until = terms.get("until") or translated("now")
    until += f" ({terms['by']})" if terms.get("by") else ""
    return translated("Was accepted until {until}: {reason}", until=until, reason=terms.get("reason", ""))


def remarked(remark: Remark) -> str:
    """A remark, and the line it is about."""
    return remark.says + (f" ({remark.seen})" if remark.seen else "")


def waiting(group: Wanted, node: str, *, all_of_them: bool = False) -> str:
    """`7 rules need sysctl of lb1: ...`: who waits for what a command on another node than `node` would tell."""
    if not group.facts:
        text = "{rules}: {names}" if group.node == node else "{rules} of {node}: {names}"
    elif group.node == node:
        text = "{rules} needs {facts}: {names}" if len(group.rules) == 1 else "{rules} need {facts}: {names}"
    else:
        text = "{rules} needs {facts} of {node}: {names}"
        text = text if len(group.rules) == 1 else "{rules} need {facts} of {node}: {names}"
    names = some(group.rules, all_of_them=all_of_them)
    rules = counted(len(group.rules), "rule")
    return translated(text, rules=rules, facts=listed(group.facts), node=group.node, names=names)


def crash(outcome: Outcome) -> str:
    """The rule, the node and the exception."""
    # The exception stands below the last stack, unindented; its message may have further lines.
    raised = outcome.traceback.rpartition("Traceback (most recent call last):\n")[2]
    error = next((line for line in raised.split("\n") if line and not line.startswith(" ")), "no traceback")
    text = "rule {rule} on {node}: {error}; this is our bug"
    return translated(text, rule=outcome.rule, node=outcome.node, error=error)


def not_understood(unread: Iterable[Seen]) -> str:
    """`2 of rs1/ip-addr.txt (1, 9), 1 of rs1/sysctl.txt (3)`: lines that no parser understood, by file."""
    files: dict[str, list[Seen]] = {}
    for seen in unread:
        files.setdefault(seen.where, []).append(seen)
    places = []
    for where, lines in files.items():
        numbers = some(str(seen.line) for seen in lines if seen.line is not None)
        place = translated("{number} of {file}", number=len(lines), file=where)
        places.append(place + (f" ({numbers})" if numbers else ""))
    return some(places)


def silent(outcomes: Iterable[Outcome], kept: Verdict) -> list[str]:
    """The rules of this verdict, each with those that speak instead."""
    return [
        outcome.rule + (f" ({explained(outcome)})" if outcome.explained_by else "")
        for outcome in outcomes
        if outcome.verdict is kept
    ]


def explained(outcome: Outcome) -> str:
    """That other rules speak instead."""
    return translated("explained by {rules}", rules=listed(outcome.explained_by))


def roles(node: Examined) -> str:
    """`director, real server`."""
    return listed(role_name(role.name) for role in node.roles)


def role_name(role: str) -> str:
    """`real server`."""
    return translated(role.replace("-", " "))
