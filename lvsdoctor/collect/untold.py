"""Commands that were asked in vain: not installed, refused, not ended in time, or narrowed to where nothing is."""

from collections.abc import Iterator, Mapping, MutableMapping, Sized
from typing import Any

from lvsdoctor.model.arptables import ArpTables
from lvsdoctor.model.coverage import RUNTIME, Coverage, Origin, Partial
from lvsdoctor.model.socket import SocketTable


def drop_untold(evidence: MutableMapping[str, Any], coverage: Mapping[str, Coverage]) -> Iterator[str]:
    """Takes the facts of which a command showed no row, and may have shown some, for not collected; says why.

    Their coverage stays, so that a rule which is not checked can tell the reason.
    """
    for fact, rows in list(evidence.items()):
        covered = coverage.get(fact, RUNTIME)
        if covered.partial is not None and covered.origin is Origin.RUNTIME and _is_empty(rows):
            del evidence[fact]
            yield _says(covered.partial)


def _is_empty(rows: Any) -> bool:
    match rows:
        case ArpTables():
            return not (rows.policies or rows.rules)
        case SocketTable():
            return not (rows.sockets or rows.shown)
    return isinstance(rows, Sized) and not rows


def _says(partial: Partial) -> str:
    return partial.says + (f" ({partial.seen})" if partial.seen else "")
