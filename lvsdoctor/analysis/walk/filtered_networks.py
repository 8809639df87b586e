"""The parts of a network whose clients a packet filter tells from the others, by their source addresses."""

from collections.abc import Iterable
from functools import partial
from ipaddress import summarize_address_range
from itertools import islice

from lvsdoctor.analysis.filters.filter_paths import filter_fact
from lvsdoctor.model.address import Network
from lvsdoctor.model.node import Node
from lvsdoctor.model.packet_filter import AddressRange, Match

_MOST = 6  # a list of blocked networks may have thousands
_FEWEST = 4  # addresses: an exception for a host or two is about a router or a peer, and clients are told by evidence


def filtered_networks(hosts: Iterable[Node], network: Network) -> tuple[Network, ...]:
    """The networks inside this one that rules of the hosts name as sources, whatever the rules do with them; the first
    few of them. Reads the filters, where collected."""
    key = ("walk: filtered networks", network.version)
    asked = dict.fromkeys(part for host in hosts for part in host.derived(key, partial(_asked, network.version)))
    return tuple(islice((part for part in asked if part != network and _inside(part, network)), _MOST))


def rest_of(network: Network, parts: Iterable[Network]) -> Network | None:
    """The largest network inside this one that shares no address with those of the parts that are inside it."""
    rest = [network]
    for part in parts:
        if part != network and _inside(part, network):
            rest = [left for piece in rest for left in _without(piece, part)]
    return min(rest, key=lambda left: left.prefixlen, default=None)


def _asked(version: int, host: Node) -> tuple[Network, ...]:
    fact = filter_fact(version)
    tables = host.packet_filter(fact) if host.has(fact) else ()
    asked = (item for table in tables for rule in table.rules for item in rule.conditions if item.match is Match.SOURCE)
    ranges = dict.fromkeys(value for item in asked for value in item.values if isinstance(value, AddressRange))
    networks = (part for row in ranges for part in summarize_address_range(row.low, row.high))
    return tuple(part for part in networks if part.num_addresses >= _FEWEST)


def _inside(part: Network, network: Network) -> bool:
    return part.network_address in network and part.prefixlen >= network.prefixlen


def _without(piece: Network, part: Network) -> Iterable[Network]:
    if _inside(piece, part):
        return ()
    return piece.address_exclude(part) if _inside(part, piece) else (piece,)  # type: ignore[arg-type]
