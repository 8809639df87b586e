"""Whose MAC is it? By a snapshot, by the addresses that the MAC answered for, by the neighbour table, by VRRP."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from lvsdoctor.model.address import IP
from lvsdoctor.model.link import VRRP_MACS
from lvsdoctor.model.node import Node
from lvsdoctor.model.probe import Probe


@dataclass(frozen=True, slots=True)
class Name:
    """What a host is called, and how that is known.

    `node` is its name in a snapshot, if it is in one. `silent`: a real server of DR or TUN, which must keep quiet about
    its VIPs.
    """

    text: str
    how: str
    node: str = ""
    silent: bool = False


class Names:
    """The names of MACs. `known` are a snapshot's nodes, `prober` is the host that asks; `vips` name nobody."""

    def __init__(self, prober: Node, known: Sequence[Node], probes: Iterable[Probe], vips: Iterable[IP]) -> None:
        never, self._rips = set(vips), _silent_rips((prober, *known))
        self._names: dict[str, dict[Name, None]] = {}
        for node in known:
            for link in node.links if node.has("links") else ():
                silent = node.is_a("real-server") and not node.is_a("director")
                self._add(link.mac, Name(node.name, f"{link.name} in the snapshot", node.name, silent))
        for link in prober.links:
            self._add(link.mac, Name("this host", link.name))
        for probe in probes:
            for mac in probe.macs if probe.target not in never else ():
                self._add(mac, Name(str(probe.target), "answers for it", silent=probe.target in self._rips))
        entries = prober.neighbours if prober.has("neighbours") else ()
        for entry in sorted(entries, key=lambda entry: entry.ip.is_link_local):
            if entry.ip not in never and "proxy" not in entry.flags:
                self._add(entry.mac, Name(str(entry.ip), "in the neighbour table", silent=entry.ip in self._rips))

    def _add(self, mac: str, name: Name) -> None:
        if mac.strip("0:"):
            self._names.setdefault(mac, {}).setdefault(name)

    def of(self, mac: str, *, answering_for: IP | None = None) -> tuple[Name, ...]:
        """The best first; none if nobody knows. A real server may answer for a RIP."""
        found = tuple(self._names.get(mac, ()))
        if answering_for in self._rips:
            found = tuple(replace(name, silent=False) for name in found)
        if nodes := tuple(name for name in found if name.node):
            return nodes
        unique = {name.text: name for name in reversed((*_virtual_router(mac), *found))}
        return tuple(reversed(unique.values()))

    def called(self, mac: str, ip: IP) -> str:
        """A host by its name in a snapshot, and its address."""
        node = next((name.node for name in self.of(mac) if name.node), "")
        return f"{node} ({ip})" if node else str(ip)

    def hosts(self, macs: Iterable[str]) -> int:
        """How many hosts these are: MACs of one node of the snapshot are one."""
        return len({next((name.node for name in self.of(mac) if name.node), mac) for mac in macs})


def _virtual_router(mac: str) -> Iterator[Name]:
    """RFC 9568, 7.3: the last byte is the virtual router's number."""
    if mac.startswith(VRRP_MACS):
        yield Name(f"virtual router {int(mac[-2:], 16)}", "VRRP's MAC")


def _silent_rips(nodes: Iterable[Node]) -> set[IP]:
    """Real servers to which a director forwards with the VIP as destination; not its own addresses (LOCAL)."""
    return {
        real.ip
        for node in nodes
        for service in (node.services if node.has("ipvs") else ())
        for real in service.destinations
        if real.ip and real.forwarding and real.forwarding.keeps_destination and not node.holding(real.ip)
    }
