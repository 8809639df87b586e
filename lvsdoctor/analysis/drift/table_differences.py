"""What two IPVS tables have otherwise: of two directors, or of one that runs and the files that it is made from.

Weights are left out but where they are asked for: a health check sets them, and so do programs that measure the load.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lvsdoctor.analysis.usable_servers import flags_shown
from lvsdoctor.model.address import IP
from lvsdoctor.model.ipvs import Destination, Forwarding, VirtualService
from lvsdoctor.model.seen import Seen


@dataclass(frozen=True, slots=True)
class TableDifference:
    """`what` the first table has otherwise for a service ("" where the second does not have it at all), or for its real
    server `real`. `other` and `other_real` are the second table's rows, as far as it has them."""

    service: VirtualService
    other: VirtualService | None = None
    real: Destination | None = None
    other_real: Destination | None = None
    what: str = ""
    value: str = ""
    another: str = ""

    @property
    def line(self) -> Seen:
        """Where the first table has it."""
        return _line(self.real or self.service, self.what)

    @property
    def other_line(self) -> Seen | None:
        """Where the second has it otherwise, or the row that lacks it."""
        row = self.other_real or self.other
        return None if row is None else _line(row, self.what)


def _line(row: VirtualService | Destination, what: str) -> Seen:
    """The line that says it, be it one of its own, or the row."""
    return next((seen for option, seen in row.options if option == what), row.seen)


def table_differences(
    first: Sequence[VirtualService], second: Sequence[VirtualService], *, weights: bool = False
) -> Iterator[TableDifference]:
    """What the first table has, and the second lacks or has otherwise.

    What the second lacks is not known where it was not seen whole: then NotCollected is raised, as its rows do.
    """
    for service in first:
        other = next((row for row in second if row.key == service.key), None)
        if other is None:
            yield TableDifference(service)
            continue
        for what, value, another in _options(service, other):
            yield TableDifference(service, other, what=what, value=value, another=another)
        for real in service.destinations:
            yield from _of_real_server(service, other, real, weights=weights)


def _options(service: VirtualService, other: VirtualService) -> Iterator[tuple[str, str, str]]:
    if service.scheduler and other.scheduler and service.scheduler != other.scheduler:
        yield "scheduler", service.scheduler, other.scheduler
    if service.scheduler and other.scheduler and service.persistent != other.persistent:
        yield "persistence", _persistence(service), _persistence(other)
    if flags_shown(service) and flags_shown(other) and set(service.flags) != set(other.flags):
        yield "flags", ", ".join(service.flags) or "none", ", ".join(other.flags) or "none"


def _persistence(service: VirtualService) -> str:
    return f"{service.persistent} seconds" if service.persistent else "none"


def _of_real_server(
    service: VirtualService, other: VirtualService, real: Destination, *, weights: bool
) -> Iterator[TableDifference]:
    if real.ip is None:  # a name stands in its place
        return
    same = next((row for row in other.destinations if (row.ip, row.port) == (real.ip, real.port)), None)
    if same is None:
        yield TableDifference(service, other, real)
        return
    methods = (real.forwarding, same.forwarding)
    # `ipvsadm -S` prints -g for a real server that is the director itself.
    if None not in methods and Forwarding.LOCAL not in methods and methods[0] is not methods[1]:
        yield TableDifference(service, other, real, same, "method", _method(real), _method(same))
    if weights and real.weight and same.weight is not None and real.weight != same.weight:
        yield TableDifference(service, other, real, same, "weight", str(real.weight), str(same.weight))


def _method(real: Destination) -> str:
    return real.forwarding.value if real.forwarding is not None else ""


def shared_vips(first: Sequence[VirtualService], second: Sequence[VirtualService]) -> frozenset[IP]:
    """The VIPs of which both tables have a service."""
    return frozenset(row.vip for row in first if row.vip is not None) & frozenset(row.vip for row in second if row.vip)
