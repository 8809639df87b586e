"""What a kernel function answers: yes or no, the reason in a word, and the lines it follows from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lvsdoctor.model.facts import COLLECTED_BY
from lvsdoctor.model.finding import Citation
from lvsdoctor.model.seen import Seen


@dataclass(frozen=True, slots=True)
class Answer:
    """True or false, with the reason.

    `reason` is a template of plain words, filled from `fields`; `because` are the lines it follows from, assumptions
    among them.
    """

    yes: bool
    reason: str
    because: tuple[Citation, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return self.yes

    @property
    def why(self) -> str:
        return self.reason.format_map(self.fields)


def yes(reason: str, *because: Citation, **fields: object) -> Answer:
    return Answer(True, reason, because, {name: str(value) for name, value in fields.items()})


def no(reason: str, *because: Citation, **fields: object) -> Answer:
    return Answer(False, reason, because, {name: str(value) for name, value in fields.items()})


def assume(fact: str, text: str, note: str = "", settle: str = "") -> Citation:
    """The evidence lacks `fact`, so `text` is taken for it. `settle` is the command that would tell."""
    return Citation(Seen("assumed", None, text), note or "not in the evidence", settle=settle or COLLECTED_BY[fact])
