"""A network segment: interfaces of hosts that receive each other's broadcasts."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NetworkSegment:
    """`interfaces` are pairs of a host and its interface. `named`: the user names it (scan --segment); else it is
    assumed from the subnets of addresses, which are its `name` then."""

    name: str
    interfaces: tuple[tuple[str, str], ...]
    named: bool = False
