"""Why a rule is not checked on a node: what was not collected, or not read, and which command would tell."""

from collections.abc import Iterable, Iterator

from lvsdoctor.model.contradiction import quoted
from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.examination import Missing
from lvsdoctor.model.facts import COLLECTED_BY, NotCollected
from lvsdoctor.model.node import Node


def lacked(absent: NotCollected) -> Missing:
    """The fact that a rule asked for in vain."""
    partial = absent.partial
    return Missing(
        absent.fact, absent.node, absent.command, partial.says if partial else "", partial.seen if partial else None
    )


def excluding(node: Node) -> Iterator[Missing]:
    """The answers that exclude each other: nothing is checked on a node whose evidence is of two times or two hosts."""
    for contradiction in node.contradictions:
        reason = f"{contradiction.claim}: {quoted(contradiction.first)}, and {quoted(contradiction.second)}"
        command = COLLECTED_BY[contradiction.fact]
        yield Missing(contradiction.fact, node.name, command, reason, contradiction.second)


def undecided(node: Node) -> tuple[Missing, ...]:
    """The facts that would tell the node's roles, and why a command that ran did not."""
    facts = sorted(node.standing.undecided)
    return tuple(lacked(NotCollected(fact, node.name, partial=node.partial(fact))) for fact in facts)


def missing_of(facts: Iterable[str], node: Node) -> tuple[Missing, ...]:
    """Where a command was asked in vain, with the reason."""
    untold = {fact: None if fact in node.evidence else node.partial(fact) for fact in facts}
    return tuple(lacked(NotCollected(fact, node.name, partial=untold[fact])) for fact in sorted(facts))


def without_ipv4(node: Node) -> tuple[Missing, ...]:
    """What a rule about IPv4 lacks on a host of which the routes of IPv6 alone were shown."""
    seen = next((route.seen for route in node.seen_rows("routes")), None)
    return (lacked(NotCollected("routes", node.name, partial=Partial("the routes are of IPv6 alone", seen))),)
