"""The timeouts of IPVS that run, against those that the files of a host set, and those of another director.

They are of the kernel (net/netfilter/ipvs/ip_vs_ctl.c: ip_vs_set_timeout()), where 0 keeps the value; ipvsadm-save does
not save them, and no director gives them to its peer.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lvsdoctor.model.ipvs import Timeouts
from lvsdoctor.model.node import Node

TIMEOUT_NAMES = ("tcp", "tcpfin", "udp")


@dataclass(frozen=True, slots=True)
class TimeoutDifference:
    """A timeout that is `value` seconds in `row` and `another` in `other`."""

    name: str
    value: int
    another: int
    row: Timeouts
    other: Timeouts


def timeout_drift(node: Node) -> Iterator[TimeoutDifference]:
    """The timeouts that run with another value than files set. Reads ipvs-timeouts and configured-timeouts where
    collected."""
    if node.has("ipvs-timeouts") and node.has("configured-timeouts"):
        running, files = node.seen_rows("ipvs-timeouts"), node.seen_rows("configured-timeouts")
        if running and files:
            yield from _between(running[-1], files[-1])


def _between(row: Timeouts, other: Timeouts) -> Iterator[TimeoutDifference]:
    for name in TIMEOUT_NAMES:
        value, another = getattr(row, name), getattr(other, name)
        if value and another and value != another:
            yield TimeoutDifference(name, value, another, row, other)
