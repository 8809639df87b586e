"""What a rule says: a finding, the lines it quotes, and what repairs it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from lvsdoctor.language import filled
from lvsdoctor.model.seen import ASSUMED, Seen

if TYPE_CHECKING:
    from lvsdoctor.model.walk import Decision


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


class StandIn(StrEnum):
    """What an assumption stands in for.

    machinery: something that is there only where somebody made it (an ARP filter, a NAT rule, a policy rule): it is
    taken for absent where the scan shows no sign of it, and the finding keeps its severity. value: what every host has
    (a setting, an address, a route). other-host: what another host would show. Either is enough for a warning only.
    """

    MACHINERY = "machinery"
    VALUE = "value"
    OTHER_HOST = "other-host"


@dataclass(frozen=True, slots=True)
class Citation:
    """A quoted line, and what it means here: `note` is a template filled from `fields`.

    A citation with `settle` is an assumption: the evidence lacks the fact, `seen` says what was taken for it, and
    `settle` is the command that would tell. `stand_in` is its kind. Machinery of `hides` ("packets", "arp", "sockets")
    on the host `of` (empty: the finding's own node) is not assumed to be absent beside a dump of it that is not read.
    """

    seen: Seen
    note: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    settle: str = ""
    stand_in: StandIn = StandIn.VALUE
    hides: str = ""
    of: str = ""

    @property
    def assumed(self) -> bool:
        return bool(self.settle)

    @property
    def says(self) -> str:
        return filled(self.note, self.fields)


def cite(row: HasSeen | Seen, note: str = "", **fields: object) -> Citation:
    """Quote the line a row came from. The note is a template with named fields, not an f-string."""
    seen = row if isinstance(row, Seen) else row.seen
    if seen.where == ASSUMED:
        return Citation(seen, "not in the evidence", {}, "ip addr show")
    return Citation(seen, note, {name: str(value) for name, value in fields.items()})


@dataclass(frozen=True, slots=True)
class Fix:
    """What repairs it: shell commands for `node` (the finding's own node unless it says another).

    `now` takes effect at once and is run in this order. `persist` makes it last over a reboot; where that is no one
    command (it depends on the distribution) a line is a shell comment. `warning` says what the fix itself may cut.
    `foreseen` are commands that nobody can run yet, as files alone tell of the host: they only show which line is to
    blame.
    """

    now: tuple[str, ...] = ()
    persist: tuple[str, ...] = ()
    node: str = ""
    warning: str = ""
    foreseen: tuple[str, ...] = ()

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

    `message` is a template, and so is `clients`, which says what clients suffer ("" where that is not written yet).
    `about` is the finding's identity (with the rule and the node), the other `fields` only fill the sentences; `{node}`
    is always known. `severity` overrides the rule's own. `predicts` is what a probe can
    confirm or contradict, None if nothing on the wire tells. `decided_by` is the quoted line that decided, where that
    is not the first of the host's own and the fix changes none of them. `explains` is the decision on a packet's way
    that it explains, where that is not the rule's, and `decided_at` the host that decides, by its name or an address.
    """

    message: str
    about: Mapping[str, str]
    fields: Mapping[str, str]
    evidence: tuple[Citation, ...]
    fix: Fix
    severity: Severity | None
    predicts: Predicts | None
    clients: str
    decided_by: Seen | None
    explains: "Decision | None"
    decided_at: str

    def __init__(
        self,
        message: str,
        *,
        about: Mapping[str, object],
        evidence: Iterable[Citation],
        fix: Fix,
        severity: Severity | None = None,
        predicts: Predicts | None = None,
        clients: str = "",
        decided_by: HasSeen | Seen | None = None,
        explains: "Decision | None" = None,
        decided_at: str = "",
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
        put("clients", clients)
        put("decided_by", decided_by if decided_by is None or isinstance(decided_by, Seen) else decided_by.seen)
        put("explains", explains)
        put("decided_at", decided_at)

    def foretold(self, says: str) -> "Finding":
        """The same of what is not yet: `says` is a template around the message's {sentence}; no command is run now."""
        return Finding(
            says.replace("{sentence}", self.message),
            about=self.about,
            evidence=self.evidence,
            fix=replace(self.fix, now=(), foreseen=self.fix.now),
            severity=self.severity,
            predicts=self.predicts,
            clients=self.clients,
            decided_by=self.decided_by,
            explains=self.explains,
            decided_at=self.decided_at,
            **self.fields,
        )

    def amended(self, *evidence: Citation, message: str = "", clients: str = "", warning: str = "") -> "Finding":
        """The same with more evidence at its end, with other sentences where they are given, and with one more warning
        of its fix."""
        return Finding(
            message or self.message,
            about=self.about,
            evidence=(*self.evidence, *evidence),
            fix=self.fix + Fix(warning=warning) if warning else self.fix,
            severity=self.severity,
            predicts=self.predicts,
            clients=clients or self.clients,
            decided_by=self.decided_by,
            explains=self.explains,
            decided_at=self.decided_at,
            **self.fields,
        )
