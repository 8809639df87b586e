"""All of one scan, as reports show it: diagnoses, the outcome of every rule on every node, the nodes, the rules."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from lvsdoctor.language import filled, joined
from lvsdoctor.model.contradiction import Contradiction
from lvsdoctor.model.coverage import Coverage, Unread
from lvsdoctor.model.finding import Certainty, Citation, Finding, Fix, Probed, Severity
from lvsdoctor.model.seen import Comment, Seen
from lvsdoctor.model.segment import NetworkSegment

if TYPE_CHECKING:
    from lvsdoctor.model.impact import Impact
    from lvsdoctor.model.service_outcome import ServiceOutcome
    from lvsdoctor.model.topology import Cluster
    from lvsdoctor.model.walk import Step, Walk


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What the wire says of a finding: `why` and `perhaps` are templates filled from `fields`.

    `seen` is the frame that shows it: an answer, or the request that got none. `perhaps` belongs to a contradiction
    and says what the scan may not know.
    """

    verdict: Probed
    why: str
    fields: Mapping[str, str] = field(default_factory=dict)
    seen: Seen | None = None
    perhaps: str = ""

    @property
    def says(self) -> str:
        return filled(self.why, self.fields)

    @property
    def suggests(self) -> str:
        return filled(self.perhaps, self.fields)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A finding on its node: what a report shows. No `confirmation`: the scan did not probe.

    `accepted`: somebody knows of it and it does not count: the `reason`, `by` (where that is written) and, if the
    acceptance ends, `until` (a date). `lapsed`: the same of an acceptance that has ended; the finding counts again.
    `guilty` is the quoted line that is to blame (fixes/guilty_lines.py works it out), None where all is assumed.
    `explains` is the step of a packet's way that it explains, None where it is about no such step. `impact` tells whose
    connections die there, None where no walk meets that step. `severity_before` is what the rule says where an operator
    has set another severity, in the line `severity_by`. `also` are the codes of other rules whose findings are about
    the same step, `clears` those of findings that are listed under this one, as its fix clears them too.
    """

    finding: Finding
    rule: str
    code: str
    node: str
    severity: Severity
    confirmation: Confirmation | None = None
    accepted: Mapping[str, str] | None = None
    lapsed: Mapping[str, str] | None = None
    guilty: Citation | None = None
    explains: "Step | None" = None
    impact: "Impact | None" = None
    severity_before: Severity | None = None
    severity_by: str = ""
    also: tuple[str, ...] = ()
    clears: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        return self._filled(self.finding.message)

    @property
    def clients(self) -> str:
        """What clients suffer, in sentences; "" where neither the rule nor a walk says."""
        own = self._filled(self.finding.clients)
        return own if self.impact is None else joined(filter(None, (own, self.impact.says)))

    def _filled(self, template: str) -> str:
        finding = self.finding
        return filled(template, {**finding.fields, **finding.about, "node": self.node})

    @property
    def about(self) -> Mapping[str, str]:
        return self.finding.about

    @property
    def evidence(self) -> tuple[Citation, ...]:
        return self.finding.evidence

    @property
    def fix(self) -> Fix:
        return self.finding.fix

    @property
    def fix_node(self) -> str:
        """The node on which the fix is run."""
        return self.fix.node or self.node

    @property
    def probed(self) -> Probed | None:
        """What a probe said of it."""
        return self.confirmation.verdict if self.confirmation else None

    @property
    def certainty(self) -> Certainty:
        if self.probed is Probed.CONFIRMED:
            return Certainty.CONFIRMED
        return Certainty.LIKELY if any(item.assumed for item in self.evidence) else Certainty.PROVED

    @property
    def fingerprint(self) -> str:
        """The same for the same pitfall in another scan: rule, node and `about`, never a line number or the message."""
        import hashlib  # costs more than the rest of this module, and few reports ask
        import json

        identity = json.dumps([self.rule, self.node, sorted(self.about.items())], ensure_ascii=True)
        return hashlib.sha256(identity.encode()).hexdigest()[:32]


class Verdict(StrEnum):
    """What became of one rule on one node."""

    FIRES = "fires"
    QUIET = "quiet"
    NOT_CHECKED = "not-checked"
    NOT_APPLICABLE = "not-applicable"
    CRASHED = "crashed"


@dataclass(frozen=True, slots=True)
class Missing:
    """A fact that was not collected (see model/facts.py), of which node, and the command that collects it.

    Where a part of it was seen, or a dump of another kind hides it, `reason` says why that is not enough, and `seen` is
    the line that shows it. `stood_in`: a default, or what files set, was taken for it, and with that
    the rule found nothing.
    """

    fact: str
    node: str
    command: str
    reason: str = ""
    seen: Seen | None = None
    stood_in: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """One rule on one node. `missing` belongs to not-checked, `traceback` to crashed; `explained_by` names the rules
    whose findings this rule's are listed under (it is then quiet)."""

    rule: str
    node: str
    verdict: Verdict
    missing: tuple[Missing, ...] = ()
    explained_by: tuple[str, ...] = ()
    traceback: str = ""

    def __reduce__(self) -> tuple[object, ...]:
        # Of a thousand hosts there are a hundred thousand: the dataclass's own ways cost a third more.
        return Outcome, (self.rule, self.node, self.verdict, self.missing, self.explained_by, self.traceback)


@dataclass(frozen=True, slots=True)
class ExaminedRole:
    """A node's role, and in plain words why."""

    name: str
    why: str
    seen: Seen | None = None


@dataclass(frozen=True, slots=True)
class Examined:
    """One node as a report names it: its roles with their reasons, its VIPs, and where its evidence came from.

    `files` tells the path of each file that the evidence names (`Seen.where`), as the user named it; a live node has
    none. `comments` are what its files say to lvsdoctor (lvsdoctor/engine/accept.py reads them). `facts` are what was
    collected, with its origin and why it is not whole; `unread_kinds` what was given and is not read. `no_ipvs`: its
    IPVS table was looked for and there is none, and none of its addresses looks like a VIP. Where there are
    `contradictions` in the evidence, no rule is checked.
    """

    name: str
    source: str
    roles: tuple[ExaminedRole, ...] = ()
    vips: tuple[str, ...] = ()
    unread: tuple[Seen, ...] = ()
    notes: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    comments: tuple[Comment, ...] = ()
    facts: Mapping[str, Coverage] = field(default_factory=dict)
    unread_kinds: tuple[Unread, ...] = ()
    no_ipvs: bool = False
    contradictions: tuple[Contradiction, ...] = ()


@dataclass(frozen=True, slots=True)
class AppliedRule:
    """A rule of this scan; `page` is the path of its page (reporting/rule_page.py reads it), `role` None for any."""

    name: str
    code: str
    severity: Severity
    role: str | None
    page: str


@dataclass(frozen=True, slots=True)
class Remark:
    """What is said of the scan itself, not of a node: an acceptance that matches nothing, a baseline's findings gone.

    `message` is a template filled from `fields`; `seen` is the line it is about, if it is about one.
    """

    message: str
    fields: Mapping[str, str] = field(default_factory=dict)
    seen: Seen | None = None

    @property
    def says(self) -> str:
        return filled(self.message, self.fields)


@dataclass(frozen=True, slots=True)
class UnreadPath:
    """A PATH of the command line that holds no dump, and why; `kinds` are the files that are known by their face."""

    path: str
    why: str
    kinds: tuple[Unread, ...] = ()


def _nothing_known() -> "Cluster":
    from lvsdoctor.model.topology import Cluster  # few reports show a picture

    return Cluster()


@dataclass(frozen=True, slots=True)
class Examination:
    """All of one scan: every report is made from this alone. Diagnoses stand worst first, before them those that the
    wire contradicts.

    `began` and `seconds` tell when it was and how long it took; `drawn` makes the picture of the cluster, which costs
    more than a scan and few reports show. `unread_paths` are the PATHs of the command line that hold no dump.
    `services` tell what becomes of the connections to each virtual service, those that suffer first, and `walks` how:
    by service, clients and real server; both are empty where packets could not be followed. `listed_under` are the
    findings that the fix of another clears (Diagnosis.clears): they count with it. `segments` are the network segments
    that the user names, and what is assumed of other interfaces.
    """

    nodes: tuple[Examined, ...]
    diagnoses: tuple[Diagnosis, ...]
    outcomes: tuple[Outcome, ...]
    version: str = ""
    rules: tuple[AppliedRule, ...] = ()
    remarks: tuple[Remark, ...] = ()
    began: datetime | None = None
    seconds: float | None = None
    drawn: Callable[[], "Cluster"] = _nothing_known
    unread_paths: tuple[UnreadPath, ...] = ()
    services: tuple["ServiceOutcome", ...] = ()
    walks: tuple["Walk", ...] = ()
    listed_under: tuple[Diagnosis, ...] = ()
    segments: tuple[NetworkSegment, ...] = ()

    def of(self, node: str) -> tuple[Diagnosis, ...]:
        return tuple(diagnosis for diagnosis in self.diagnoses if diagnosis.node == node)

    def rule(self, name: str) -> AppliedRule | None:
        return next((rule for rule in self.rules if rule.name == name), None)

    @property
    def unread(self) -> tuple[Seen, ...]:
        return tuple(seen for node in self.nodes for seen in node.unread)
