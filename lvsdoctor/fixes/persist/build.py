"""What makes the changes of one node last: the findings' own lines, and the network's configuration in its own way."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

from lvsdoctor.fixes.persist import ifcfg, ifupdown, ipvs, netplan, networkd, networkmanager
from lvsdoctor.fixes.persist.leftovers import parts_of
from lvsdoctor.fixes.persist.parts import ByHand, OwnFile, OwnLine, Part, Run, Settings
from lvsdoctor.fixes.persist.systems import Network
from lvsdoctor.model.address import IP
from lvsdoctor.model.change import (
    AddAddress,
    Change,
    PutRealServer,
    PutRoute,
    RemoveAddress,
    RemovePolicyRule,
    RemoveRealServer,
    RemoveRoute,
    SetLink,
)
from lvsdoctor.model.route import Route
from lvsdoctor.sanitize import command, word


class _System(Protocol):
    HOMES: str

    def keep(self, change: AddAddress) -> Iterator[Part]: ...
    def recipe(self, change: Change) -> tuple[str, ...]: ...


_SYSTEMS: Mapping[Network, _System] = MappingProxyType(
    {
        Network.NETPLAN: netplan,
        Network.NETWORKD: networkd,
        Network.NETWORKMANAGER: networkmanager,
        Network.IFCFG: ifcfg,
        Network.IFUPDOWN: ifupdown,
    }
)
_OF_IPVS = (PutRealServer, RemoveRealServer)
_ORDER = (Settings, OwnLine, OwnFile, Run, ByHand)
# What the files of every system take for a name, whatever else they know: globs, quotes, comments, variables, braces.
_PLAIN = re.compile(r"[A-Za-z0-9][\w.@+-]*", re.ASCII)
_NO_NAME = "{name} has a character that a file may give another meaning, so it needs a plain name before"
_NAMES = ", ".join(system for system in Network if system is not Network.UNKNOWN)


def about_network(changes: Iterable[Change]) -> bool:
    """Is there a change that the host's network configuration must know of?"""
    return any(change.of_network for change in changes)


def lasting(
    changes: Sequence[Change], lines: Iterable[str], network: Network, directed: Collection[IP] = ()
) -> tuple[Part, ...]:
    """The parts, in the order in which they are written. `lines` are what the findings say of it, `directed` the VIPs
    of the node's own virtual services, which somebody else may have to bring along."""
    of_network = [change for change in changes if change.of_network]
    known = network not in (Network.NONE, Network.UNKNOWN)
    parts = list(
        parts_of(lines, network=known and bool(of_network), ipvs=any(isinstance(c, _OF_IPVS) for c in changes))
    )
    parts += ipvs.kept(changes)
    if known:
        brought = {c.link for c in of_network if isinstance(c, AddAddress) and any(_SYSTEMS[network].keep(c))}
        for change in of_network:
            if not (isinstance(change, SetLink) and change.link in brought):  # its address's file brings it up
                parts += _of_network(change, network, directed)
    elif of_network and network is Network.NONE:
        commands = tuple(dict.fromkeys(change.command for change in of_network))
        parts.append(ByHand("in what configures this host's network at boot, the same commands", commands))
    elif of_network:
        named = f"lvsdoctor fix --network NAME ({_NAMES})"
        parts.append(ByHand("addresses, interfaces and routes", (f"{named} prints them in this host's own way",)))
    return tuple(sorted(dict.fromkeys(parts), key=lambda part: _ORDER.index(type(part))))


def _of_network(change: Change, network: Network, directed: Collection[IP]) -> Iterator[Part]:
    system = _SYSTEMS[network]
    if odd := next((name for name in _named(change) if not _PLAIN.fullmatch(name)), ""):
        yield ByHand(f"`{change.command}`, with {network}", (_NO_NAME.format(name=word(odd)),))
    elif isinstance(change, AddAddress):
        address = f"{change.ip}/{change.prefixlen} on {change.link}"
        if change.ip in directed:
            alone = ("where it is this director's alone:", *system.recipe(change))
            yield ByHand(f"VIP {address} of this director", (*ipvs.moved(change), *alone))
            return
        parts = list(system.keep(change))
        yield from parts or [ByHand(f"{address}, with {network}", system.recipe(change))]
    elif isinstance(change, RemoveAddress):
        gone = f"{change.ip}/{change.prefixlen} on {change.link} goes"
        yield ByHand(f"{gone}, with {network}", (*_search(system, change.ip), *system.recipe(change)))
    elif isinstance(change, PutRoute):
        where = _search(system, change.route)
        says = f"the route of `{change.command}`, with {network}, in place of the route that the file has"
        yield ByHand(says, (*where, *system.recipe(change)))
    elif isinstance(change, RemoveRoute):
        yield ByHand(f"`{change.command}`: not set again", _search(system, change.route))
    elif isinstance(change, RemovePolicyRule):
        yield ByHand(f"`{change.command}`: not set again", _search(system, "rule"))
    elif lines := system.recipe(change):
        yield ByHand(f"`{change.command}`, with {network}", lines)


def _named(change: Change) -> tuple[str, ...]:
    """The links and tables that would have to stand in a file."""
    if isinstance(change, PutRoute):
        return (*change.route.links, change.route.table)
    return (change.link,) if isinstance(change, AddAddress | RemoveAddress | SetLink) else ()


def _search(system: _System, what: IP | Route | str) -> tuple[str, ...]:
    """Where it may stand; a default route has a name of its own everywhere."""
    text = str(what.dst) if isinstance(what, Route) else str(what)
    if isinstance(what, Route) and not what.dst.prefixlen:
        return (f"{command('grep', '-rniE', f'default|gateway|{re.escape(text)}')} {system.HOMES}",)
    return (f"{command('grep', '-rniF', text)} {system.HOMES}",)
