"""What two scans show differently: rows of facts, and findings."""

from dataclasses import dataclass
from enum import StrEnum

from lvsdoctor.model.examination import Diagnosis
from lvsdoctor.model.finding import Severity
from lvsdoctor.model.seen import Seen


class Change(StrEnum):
    """How a row or a finding differs. changed: both scans have it, with another value or severity."""

    CHANGED = "changed"
    ONLY_FIRST = "only-first"
    ONLY_SECOND = "only-second"


@dataclass(frozen=True, slots=True)
class FactDifference:
    """A row of a fact that differs: `row` names it ("net.ipv4.ip_forward", "192.0.2.10/32 on lo"), `what` the value
    that changed from `before` to `after` (both "" where the lines alone tell)."""

    fact: str
    row: str
    change: Change
    first: Seen | None
    second: Seen | None
    what: str = ""
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class NotCompared:
    """A fact, or rows of it, that one of the scans does not tell: no difference is concluded from it.

    `side` is "first" or "second", `rows` how many rows of the other side have no counterpart there, 0: the whole fact.
    With `values`: in so many rows that both have it does not show these.
    """

    fact: str
    side: str
    command: str
    reason: str = ""
    seen: Seen | None = None
    rows: int = 0
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FindingDifference:
    """A finding that one scan has alone, or with another severity (`before`, the first scan's)."""

    change: Change
    diagnosis: Diagnosis
    before: Severity | None = None


@dataclass(frozen=True, slots=True)
class NotKnown:
    """A finding of one scan alone, where what the other `side` ("first", "second") tells does not decide it."""

    side: str
    diagnosis: Diagnosis


@dataclass(frozen=True, slots=True)
class NodeDifference:
    """A node of the first scan held against one of the second. `not_shown` are values of rows that both have."""

    first: str
    second: str
    facts: tuple[FactDifference, ...] = ()
    findings: tuple[FindingDifference, ...] = ()
    not_compared: tuple[NotCompared, ...] = ()
    not_known: tuple[NotKnown, ...] = ()
    not_shown: tuple[NotCompared, ...] = ()

    @property
    def same(self) -> bool:
        """Nothing that both scans tell differs."""
        return not (self.facts or self.findings)


@dataclass(frozen=True, slots=True)
class ScanDifference:
    """Two scans. Nodes that one of them has alone were not collected in the other: that is no difference."""

    nodes: tuple[NodeDifference, ...]
    only_first: tuple[str, ...] = ()
    only_second: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        return all(node.same for node in self.nodes)
