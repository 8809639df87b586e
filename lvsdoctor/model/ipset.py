"""IP sets: what a rule of a packet filter asks for by a name."""

from dataclasses import dataclass

from lvsdoctor.model.packet_filter import AddressRange, Range
from lvsdoctor.model.seen import Seen


@dataclass(frozen=True, slots=True)
class IpSetEntry:
    """One entry: what it has of an address, a port and that port's protocol. `excluded`: the entry is an exception
    (nomatch)."""

    addresses: AddressRange | None = None
    ports: Range | None = None
    protocol: int | None = None
    excluded: bool = False


@dataclass(frozen=True, slots=True)
class IpSet:
    """A set: its type as `ipset` spells it (hash:ip,port), the IP version of its addresses (0: it has none), and its
    entries. `entries` is None where not all of them are known, or the type is none that the model looks up."""

    name: str
    kind: str
    version: int
    seen: Seen
    entries: tuple[IpSetEntry, ...] | None = None

    @property
    def dimensions(self) -> tuple[str, ...]:
        """`ip`, `port`: what of a packet is looked up, in their order."""
        return tuple(self.kind.partition(":")[2].split(","))
