"""What packet filters answer to the packets of a walk; nothing is asked of filters that have no rule to ask for."""

from collections.abc import Callable

from lvsdoctor.analysis.filters.director_filters import connection_at_director
from lvsdoctor.analysis.filters.filter_paths import FilteredPacket, filter_fact, filters_unread
from lvsdoctor.analysis.walk.attempt import Attempt
from lvsdoctor.analysis.walk.frames import request_at
from lvsdoctor.kernel.answer import Answer, no, yes
from lvsdoctor.kernel.far_away import far_away
from lvsdoctor.kernel.packet_filter import DELIVERED, FilterOutcome, FilterVerdict, filtered
from lvsdoctor.kernel.packet_matching import Packet
from lvsdoctor.model.ipvs import Destination, VirtualService
from lvsdoctor.model.node import Node

_PASSES = "the packet filter passes the packet"


def idle(node: Node, version: int) -> FilterVerdict | None:
    """The verdict over every packet where no rule drops or changes any; None where the rules have to be asked. Where
    none were collected none are assumed.

    Raises NotCollected beside a dump of rules that is not read.
    """
    if (absent := filters_unread(node, filter_fact(version))) is not None:
        raise absent
    return node.derived(("walk: idle filter", version), lambda host: _idle(host, version))


def _idle(node: Node, version: int) -> FilterVerdict | None:
    fact = filter_fact(version)
    if node.has(fact) and not all(table.changes_nothing for table in node.packet_filter(fact)):
        return None
    verdict = filtered(node, Packet(far_away(version), None), DELIVERED)
    return verdict if verdict.outcome is FilterOutcome.ACCEPTED else None


def of_connection(
    director: Node, service: VirtualService, real: Destination, attempt: Attempt,
    chosen: Callable[[FilteredPacket], bool],
) -> Answer:  # fmt: skip
    """Do the director's packet filters pass these of a connection's packets? Raises NotCollected where that is not
    known."""
    if (free := idle(director, attempt.at.vip.version)) is not None:
        return yes(_PASSES, *free.because)
    known = list(filter(chosen, connection_at_director(director, service, real, request_at(director, attempt))))
    for item in known:
        if item.dropped:
            return _drops(item.verdict, item.chain)
    lacking = next((item.verdict.lacking for item in known if item.verdict.lacking is not None), None)
    if lacking is not None:
        raise lacking
    return yes(_PASSES, *(line for item in known for line in item.verdict.because))


def of_verdict(verdict: FilterVerdict) -> Answer | None:
    """Do the packet filters pass it? None where another place gets it. Raises NotCollected where it is not known."""
    if verdict.lacking is not None:
        raise verdict.lacking
    if verdict.outcome is FilterOutcome.DROPPED:
        return _drops(verdict, verdict.hook.value.upper() if verdict.hook is not None else "a chain")
    if verdict.outcome is FilterOutcome.REWRITTEN:
        return None
    return yes(_PASSES, *verdict.because)


def _drops(verdict: FilterVerdict, chain: str) -> Answer:
    return no("{chain} drops the packet: {rule}", *verdict.because, chain=chain, rule=verdict.reason or "a rule")
