"""What the model says of a node, beside what the kernel did; and the addresses that both are asked about."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address


def ips_in(words: str) -> tuple[IPv4Address, ...]:
    return tuple(map(IPv4Address, words.split()))


DESTINATIONS = ips_in(
    "192.0.2.200 192.0.2.21 198.51.100.21 192.0.2.77 192.0.2.177 198.51.100.77 198.51.100.200 203.0.113.77 192.0.9.9"
)
SOURCES = ips_in(
    "192.0.2.1 192.0.2.129 198.51.100.1 203.0.113.1 203.0.113.5 192.0.2.200 192.0.2.21 192.0.9.8 192.0.2.255"
)


@dataclass(frozen=True)
class Claim:
    """What was done to the node, what the model says of it, and which events that bear on the question followed.

    `as_good` are others of which one may have come instead: of several next hops the kernel takes one by a hash.
    `at` is where the claim stands among all combinations: the value of each dimension."""

    about: str
    settings: str
    done: str
    says: str
    reason: str
    predicted: frozenset[object]
    question: object
    as_good: frozenset[object] = frozenset()
    happened: frozenset[object] = frozenset()
    at: Mapping[str, object] = field(default_factory=dict)

    @property
    def agrees(self) -> bool:
        return self.happened == self.predicted or (len(self.happened) == 1 and self.happened <= self.as_good)

    def __str__(self) -> str:
        happened = ", ".join(map(str, sorted(self.happened, key=str))) or "nothing"
        return f"[{self.settings}] {self.done}: the kernel did {happened}; the model says: {self.says}"
