"""What a scan says: findings with citations, the outcome of every rule on every node, and the whole examination."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from lvsdoctor.model.seen import Seen


class Severity(StrEnum):
    """error: traffic is or will be broken; warning: it breaks under a condition that is named; note: worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Severity).index(self)


class Certainty(StrEnum):
    """confirmed by a probe, proved by the evidence, or likely (it rests on an assumption that is named)."""

    CONFIRMED = "confirmed"
    PROVED = "proved"
    LIKELY = "likely"


class Predicts(StrEnum):
    """What a finding says of its `about["vip"]` that the wire can show, or another host.

    answers, silent: the node answers ARP for the VIP on `about["link"]`, or does not. unanswered: nobody who directs
    it answers. sender: the node names the VIP as the sender of its own ARP requests. refuses: it does not take the VIP.
    """

    ANSWERS = "answers"
    SILENT = "silent"
    UNANSWERED = "unanswered"
    SENDER = "sender"
    REFUSES = "refuses"


class Probed(StrEnum):
    """Whether the wire shows what a finding says."""

    CONFIRMED = "confirmed"
    CONTRADICTED = "contradicted"
    NOT_PROBED = "not-probed"


class HasSeen(Protocol):
    """Any row of the model."""

    @property
    def seen(self) -> Seen: ...


@dataclass(frozen=True, slots=True)
class Citation:
    """A quoted line, and what it means here: `note` is a template filled from `fields`.

    A citation with `settle` is an assumption: the evidence lacks the fact, `seen` says what was taken for it, and
    `settle` is the command that would tell.
    """

    seen: Seen
    note: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    settle: str = ""

    @property
    def assumed(self) -> bool:
        return bool(self.settle)

    @property
    def says(self) -> str:
        return self.note.format_map(self.fields)


def cite(row: HasSeen | Seen, note: str = "", **fields: object) -> Citation:
    """Quote the line a row came from. The note is a template with named fields, not an f-string."""
    seen = row if isinstance(row, Seen) else row.seen
    return Citation(seen, note, {name: str(value) for name, value in fields.items()})


@dataclass(frozen=True, slots=True)
class Fix:
    """What repairs it: shell commands for `node` (the finding's own node unless it says another).

    `now` takes effect at once and is run in this order. `persist` makes it last over a reboot; where that is no one
    command (it depends on the distribution) a line is a shell comment. `warning` says what the fix itself may cut.
    """

    now: tuple[str, ...] = ()
    persist: tuple[str, ...] = ()
    node: str = ""
    warning: str = ""

    def __add__(self, other: "Fix") -> "Fix":
        """Both, in order, no line twice."""
        return Fix(
            now=tuple(dict.fromkeys(self.now + other.now)),
            persist=tuple(dict.fromkeys(self.persist + other.persist)),
            node=self.node or other.node,
            warning=" ".join(dict.fromkeys(filter(None, (self.warning, other.warning)))),
        )


@dataclass(frozen=True, slots=True, init=False)
class Finding:
    """One pitfall as a rule sees it.

    `message` is a template. `about` is the finding's identity (with the rule and the node), the other `fields` only
    fill the sentence; `{node}` is always known. `severity` overrides the rule's own. `predicts` is what a probe can
    confirm or contradict, None if nothing on the wire tells.
    """

    message: str
    about: Mapping[str, str]
    fields: Mapping[str, str]
    evidence: tuple[Citation, ...]
    fix: Fix
    severity: Severity | None
    predicts: Predicts | None

    def __init__(
        self,
        message: str,
        *,
        about: Mapping[str, object],
        evidence: Iterable[Citation],
        fix: Fix,
        severity: Severity | None = None,
        predicts: Predicts | None = None,
        **fields: object,
    ) -> None:
        def put(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        put("message", message)
        put("about", {name: str(value) for name, value in about.items()})
        put("fields", {name: str(value) for name, value in fields.items()})
        put("evidence", tuple({(item.seen, item.says): item for item in evidence}.values()))
        put("fix", fix)
        put("severity", severity)
        put("predicts", predicts)


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
        return self.why.format_map(self.fields)

    @property
    def suggests(self) -> str:
        return self.perhaps.format_map(self.fields)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A finding on its node: what a report shows. No `confirmation`: the scan did not probe."""

    finding: Finding
    rule: str
    code: str
    node: str
    severity: Severity
    confirmation: Confirmation | None = None
    accepted: Mapping[str, str] | None = None

    @property
    def message(self) -> str:
        finding = self.finding
        return finding.message.format_map({**finding.fields, **finding.about, "node": self.node})

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
    """A fact that was not collected (see model/facts.py), of which node, and the command that collects it."""

    fact: str
    node: str
    command: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """One rule on one node. `missing` belongs to not-checked, `traceback` to crashed; `explained_by` names the more
    specific rules whose findings speak instead of this rule's (it is then quiet)."""

    rule: str
    node: str
    verdict: Verdict
    missing: tuple[Missing, ...] = ()
    explained_by: tuple[str, ...] = ()
    traceback: str = ""


@dataclass(frozen=True, slots=True)
class Role:
    """A node's role, and in plain words why."""

    name: str
    why: str
    seen: Seen | None = None


@dataclass(frozen=True, slots=True)
class Examined:
    """One node as a report names it: its roles with their reasons, its VIPs, and where its evidence came from."""

    name: str
    source: str
    roles: tuple[Role, ...] = ()
    vips: tuple[str, ...] = ()
    unread: tuple[Seen, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Examination:
    """All of one scan: every report is made from this alone. Diagnoses stand worst first, before them those that the
    wire contradicts."""

    nodes: tuple[Examined, ...]
    diagnoses: tuple[Diagnosis, ...]
    outcomes: tuple[Outcome, ...]
    version: str = ""

    def of(self, node: str) -> tuple[Diagnosis, ...]:
        return tuple(diagnosis for diagnosis in self.diagnoses if diagnosis.node == node)

    @property
    def unread(self) -> tuple[Seen, ...]:
        return tuple(seen for node in self.nodes for seen in node.unread)
