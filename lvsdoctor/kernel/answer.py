"""What a kernel function answers: yes or no, the reason in a word, and the lines it follows from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lvsdoctor.model.facts import COLLECTED_BY, NotCollected
from lvsdoctor.model.finding import Citation, StandIn
from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import ASSUMED, Seen


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


# Rows of these are there only where somebody made them; rows of the others every host has, or another host shows them.
_MACHINERY = frozenset({"policy-rules", "local-routes", "arptables", "neighbours", "iptables", "ip6tables"})
_OF_OTHERS = frozenset({"ipvs", "memberships"})


def assume(fact: str, text: str, note: str = "", settle: str = "", *, others: bool = False) -> Citation:
    """The evidence lacks `fact`, so `text` is taken for it. `settle` is the command that would tell.

    `others`: it is another host that would show it.
    """
    if others or fact in _OF_OTHERS:
        kind = StandIn.OTHER_HOST
    else:
        kind = StandIn.MACHINERY if fact in _MACHINERY else StandIn.VALUE
    hides = _HIDES.get(fact, "")
    return Citation(_assumed(text), note or _ABSENT, {}, settle or COLLECTED_BY[fact], kind, hides)


def assume_no_more(absent: NotCollected) -> Citation:
    """What a fact that was nearly seen whole does not show, somebody would have had to add."""
    text = f"no {absent.fact} but those that were seen"
    return Citation(_assumed(text), _ABSENT, {}, absent.command, StandIn.MACHINERY)


def assume_without(hides: str, text: str, settle: str, *, of: Node | None = None, note: str = "") -> Citation:
    """Taken for granted: no machinery that a dump of the kind `hides` would show, on the host `of`."""
    name = "" if of is None else of.name
    return Citation(_assumed(text), note or _ABSENT, {"node": name}, settle, StandIn.MACHINERY, hides, name)


_HIDES = {"arptables": "arp", "iptables": "packets", "ip6tables": "packets"}
_ABSENT = "not in the evidence"


def _assumed(text: str) -> Seen:
    return Seen(ASSUMED, None, text)
