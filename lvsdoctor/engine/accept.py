"""Findings that somebody has accepted: in the configuration file, or by a comment above a line that they quote."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from fnmatch import fnmatchcase
from glob import escape

from lvsdoctor.model.examination import Diagnosis, Examination, Outcome, Remark, Verdict
from lvsdoctor.model.seen import Comment, Seen
from lvsdoctor.reporting.wording import some
from lvsdoctor.sanitize import shortened

UNUSED = "the acceptance of {rule} covers nothing here: it was checked on {nodes}, and no finding is like that"
NOTHING_QUOTED = "the acceptance of {rule} covers nothing: no finding of it on {nodes} quotes the line below"
NO_VERB = "lvsdoctor does not know what {verb} means in a comment: it knows `accept RULE REASON`"
NO_RULE = "the comment accepts nothing, because lvsdoctor has no rule {rule}{hint}"
NO_REASON = "the comment accepts nothing, because it gives no reason why {rule} is fine here"
NO_DATE = "the comment accepts nothing, because until={until} is no date such as 2030-12-31"
TOO_MANY = "{number} more comments to lvsdoctor were not read"
MOST = 1000  # comments of one scan: dumps come from strangers
LONGEST = 300  # characters of a word or a reason


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Findings of a rule on the nodes and about the VIPs that these globs match do not count, to the end of `until`.

    `seen` is where that is written. `rule` is the word that stands there and `rules` the names of all that it means.
    One with a `line` covers only what quotes this line of the same file.
    """

    rule: str
    reason: str
    seen: Seen
    rules: frozenset[str] = frozenset()
    node: str = "*"
    vip: str = "*"
    until: date | None = None
    line: int | None = None

    def covers(self, diagnosis: Diagnosis) -> bool:
        """Would it, before its last day has passed? A finding about no VIP is covered only for all VIPs."""
        return (
            diagnosis.rule in self.rules
            and fnmatchcase(diagnosis.node, self.node)
            and (self.vip == "*" or fnmatchcase(diagnosis.about.get("vip", ""), self.vip))
            and (self.line is None or any(self._is_about(item.seen) for item in diagnosis.evidence))
        )

    def _is_about(self, quoted: Seen) -> bool:
        return (quoted.where, quoted.line) == (self.seen.where, self.line)

    def ended(self, today: date) -> bool:
        return self.until is not None and self.until < today

    @property
    def terms(self) -> Mapping[str, str]:
        """As a report shows them."""
        end = {} if self.until is None else {"until": self.until.isoformat()}
        return {"reason": self.reason, "by": str(self.seen), **end}


def accepted(examination: Examination, acceptances: Iterable[Acceptance], today: date) -> Examination:
    """The examination with what is accepted, what has lapsed, and a remark about every acceptance that nothing needs.

    It does not complain of an acceptance for a node or a rule that this scan did not look at.
    """
    given = list(acceptances)
    diagnoses: list[Diagnosis] = []
    needed: set[int] = set()
    for diagnosis in examination.diagnoses:
        covering = [number for number, each in enumerate(given) if each.covers(diagnosis)]
        needed.update(covering)
        diagnoses.append(_judged(diagnosis, [given[number] for number in covering], today))
    unneeded = [each for number, each in enumerate(given) if number not in needed]
    unused = [remark for each in unneeded for remark in _unused(each, examination)]
    return replace(examination, diagnoses=tuple(diagnoses), remarks=(*examination.remarks, *unused))


def settled(outcome: Outcome) -> bool:
    """Has this rule said all that it can say of the node?

    Not where it is quiet because another speaks for it: what it would find is still there.
    """
    spoken = outcome.verdict in (Verdict.FIRES, Verdict.QUIET)
    return spoken and not outcome.explained_by and not outcome.missing


def commented(examination: Examination, rules: Mapping[str, str]) -> tuple[list[Acceptance], list[Remark]]:
    """What the comments in the nodes' files accept, and what is wrong with the others.

    `rules` tells the name of every rule that there is, by its name and by its code in small letters.
    """
    found = [(comment, node.name) for node in examination.nodes for comment in node.comments]
    read = [_read(comment, node, rules) for comment, node in found[:MOST]]
    remarks = [each for each in read if isinstance(each, Remark)]
    if len(found) > MOST:
        remarks.append(Remark(TOO_MANY, {"number": str(len(found) - MOST)}, found[MOST][0].seen))
    return [each for each in read if isinstance(each, Acceptance)], remarks


def _judged(diagnosis: Diagnosis, covering: list[Acceptance], today: date) -> Diagnosis:
    if not covering or diagnosis.accepted is not None:
        return diagnosis
    valid = next((each for each in covering if not each.ended(today)), None)
    if valid is not None:
        return replace(diagnosis, accepted=valid.terms, lapsed=None)
    return replace(diagnosis, lapsed=max(covering, key=lambda each: each.until or date.min).terms)


def _unused(acceptance: Acceptance, examination: Examination) -> Iterator[Remark]:
    """A remark, if the scan can tell: all its rules were run, and none of them left a node open that it is for."""
    about = [outcome for outcome in examination.outcomes if outcome.rule in acceptance.rules]
    here = [o for o in about if o.verdict is not Verdict.NOT_APPLICABLE and fnmatchcase(o.node, acceptance.node)]
    if here and all(map(settled, here)) and {outcome.rule for outcome in about} == acceptance.rules:
        nodes = some(dict.fromkeys(outcome.node for outcome in here))
        message = UNUSED if acceptance.line is None else NOTHING_QUOTED
        yield Remark(message, {"rule": acceptance.rule, "nodes": nodes}, acceptance.seen)


def _read(comment: Comment, node: str, rules: Mapping[str, str]) -> Acceptance | Remark:
    """`# lvsdoctor: accept RULE [until=DATE] REASON` covers, on this node, what quotes the line below."""
    text = comment.seen.text.partition("lvsdoctor:")[2].strip()
    words = text.removesuffix("#}").removesuffix("-").split()
    verb, rule, *others = (*words, "", "")
    ends = [word.removeprefix("until=") for word in others if word.startswith("until=")]
    reason = " ".join(word for word in others if not word.startswith("until=")).strip()
    end, name = _date(" ".join(ends)), rules.get(rule.lower())

    def wrong(message: str, **fields: str) -> Remark:
        return Remark(message, {key: shortened(word, LONGEST) for key, word in fields.items()}, comment.seen)

    if verb != "accept":
        return wrong(NO_VERB, verb=verb or "nothing")
    if name is None:
        return wrong(NO_RULE, rule=rule or "without a name", hint="".join(_meant(rule, rules)))
    if not reason:
        return wrong(NO_REASON, rule=rule)
    if ends and end is None:
        return wrong(NO_DATE, until=" ".join(ends))
    line = comment.about or 0  # no line has this number
    told = shortened(reason, LONGEST)
    return Acceptance(rule, told, comment.seen, frozenset([name]), escape(node), until=end, line=line)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _meant(word: str, rules: Mapping[str, str]) -> Iterator[str]:
    from difflib import get_close_matches  # only a mistake pays for it

    yield from (f"; did you mean {near}?" for near in get_close_matches(word.lower()[:LONGEST], rules, 1, 0.5))
