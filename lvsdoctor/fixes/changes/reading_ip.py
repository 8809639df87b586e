"""What a line of `ip` changes (ip-address(8), ip-link(8), ip-neighbour(8), ip-route(8), ip-rule(8))."""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from lvsdoctor.fixes.changes.ip_line import Line, NotFollowed
from lvsdoctor.fixes.changes.reading_routes import add_rule, flush_routes, put_route, remove_route, remove_rule
from lvsdoctor.model.address import IP
from lvsdoctor.model.change import (
    AddAddress,
    Change,
    Nothing,
    PutNeighbour,
    RemoveAddress,
    RemoveNeighbour,
    SetLink,
)
from lvsdoctor.model.neighbour import Neighbour
from lvsdoctor.model.node import Node
from lvsdoctor.parse.ip_command import ip_command
from lvsdoctor.parse.words import (
    read_ip,
    read_link_name,
    read_mac,
    read_network,
    read_number,
    split_options,
    word_set,
)

_SCOPES = word_set("global site link host nowhere")
_ADDRESS_FLAGS = word_set("noprefixroute nodad home mngtmpaddr autojoin")
_READS = word_set("show list lst get save help")
_LEARNED_NOT = word_set("PERMANENT NOARP")


def ip_changes(command: str, words: list[str], node: Node) -> tuple[Change, ...]:
    """What it changes. Raises NotFollowed."""
    if {"-n", "-netns", "-b", "-batch", "netns"}.intersection(words[1:4]):
        raise NotFollowed("it runs in another network namespace, or in a batch")
    told = ip_command(words)
    if told is None:
        raise NotFollowed("this object of ip is not known here")
    verb, *rest = told.arguments or ("",)
    reader = next((read for (of, name), read in _READERS.items() if of == told.object and _means(name, verb)), None)
    if reader is not None:
        return reader(Line(command, tuple(rest), told.family, node))
    if not _READS.intersection(words) and len(words) > 2:
        raise NotFollowed("this use of ip is not known here")
    return (Nothing(command),)


def _means(verb: str, said: str) -> bool:
    """ip(8) takes the beginning of a verb for the verb; three letters part add from addrlabel, del from others."""
    return said == verb or (verb == "delete" and said in ("del", "d")) or (verb == "add" and said == "a")


def _link_name(text: str | None) -> str:
    name = read_link_name(text) if text else None
    if name is None:
        raise NotFollowed("it names no link")
    return name


def _only(bare: list[str], known: frozenset[str] = frozenset()) -> None:
    if not known.issuperset(bare):
        raise NotFollowed("one of its words is not known here")


# -- addresses and links ----------------------------------------------------------------------------------------------


def _address(line: Line) -> tuple[IP, int | None, dict[str, str], list[str]]:
    options, bare = split_options(line.words, {"dev", "peer", "brd", "broadcast", "scope", "label", "metric", "proto"})
    if "" in options.values() or not bare:
        raise NotFollowed("it names no address")
    text, slash, length = bare.pop(0).partition("/")
    ip = read_ip(text)
    prefixlen = read_number(length, most=ip.max_prefixlen) if ip and slash else None
    if ip is None or (slash and prefixlen is None):
        raise NotFollowed("it names no address")
    return ip, prefixlen, options, bare


def _add_address(line: Line) -> tuple[Change, ...]:
    ip, prefixlen, options, bare = _address(line)
    _only(bare, _ADDRESS_FLAGS)
    peer = read_network(options["peer"]) if "peer" in options else None
    said = options.get("brd", options.get("broadcast", ""))
    broadcast = read_ip(said)
    scope = options.get("scope", "")
    if ("peer" in options and peer is None) or (said and broadcast is None) or (scope and scope not in _SCOPES):
        raise NotFollowed("one of its words is not known here")
    length = peer.prefixlen if peer else ip.max_prefixlen if prefixlen is None else prefixlen
    link, label = _link_name(options.get("dev")), options.get("label", "")
    metric, flags = read_number(options.get("metric", "0")) or 0, frozenset(bare) - {"nodad"}
    return (AddAddress(line.command, ip, length, link, scope, label, peer, broadcast, flags, metric),)


def _remove_address(line: Line) -> tuple[Change, ...]:
    ip, prefixlen, options, bare = _address(line)
    _only(bare)
    link = _link_name(options.get("dev"))
    peer = read_network(options["peer"]) if "peer" in options else None
    if peer is not None:
        return (RemoveAddress(line.command, ip, peer.prefixlen, link, peer),)
    if prefixlen is None:  # "Executing wildcard deletion": the first that has this address
        held = line.node.holding(ip) if line.node.has("addresses") else ()
        prefixlen = next((address.prefixlen for address in held if address.link == link), ip.max_prefixlen)
    return (RemoveAddress(line.command, ip, prefixlen, link),)


def _set_link(line: Line) -> tuple[Change, ...]:
    words = [word for word in line.words if word != "dev"]
    if len(words) != 2 or words[1] not in ("up", "down"):
        raise NotFollowed("of ip link set only up and down are followed here")
    return (SetLink(line.command, _link_name(words[0]), words[1] == "up"),)


# -- neighbours -------------------------------------------------------------------------------------------------------


def _neighbour(line: Line) -> tuple[IP, str, dict[str, str], bool]:
    options, bare = split_options(line.words, {"dev", "lladdr", "nud", "proxy"})
    proxy = "proxy" in options
    text = options.get("proxy", bare[0] if bare else "")
    ip = read_ip(text)
    if ip is None or len(bare) != (not proxy):
        raise NotFollowed("it names no address")
    return ip, _link_name(options.get("dev")), options, proxy


def _remove_neighbour(line: Line) -> tuple[Change, ...]:
    ip, link, _, proxy = _neighbour(line)
    return (RemoveNeighbour(line.command, ip, link, proxy),)


def _put_neighbour(line: Line) -> tuple[Change, ...]:
    ip, link, options, proxy = _neighbour(line)
    if proxy:
        return (PutNeighbour(line.command, Neighbour(ip, line.seen, link, flags=frozenset({"proxy"}))),)
    mac, state = read_mac(options.get("lladdr", "")), options.get("nud", "permanent").upper()
    if mac is None:
        raise NotFollowed("it names no MAC")
    return (PutNeighbour(line.command, Neighbour(ip, line.seen, link, mac, state)),)


def _flush_neighbours(line: Line) -> tuple[Change, ...]:
    """Learned entries go; permanent ones stay unless asked for (iproute2 ip/ipneigh.c: do_show_or_flush())."""
    options, bare = split_options(line.words, {"to", "dev"})
    _only(bare)
    to = read_network(options["to"]) if "to" in options else None
    if not options or ("to" in options and to is None):
        raise NotFollowed("it names no neighbours")
    link = _link_name(options["dev"]) if "dev" in options else ""
    if not line.node.has("neighbours"):
        return (Nothing(line.command),)
    return tuple(
        RemoveNeighbour(line.command, entry.ip, entry.link, proxy=False)
        for entry in line.node.neighbours
        if "proxy" not in entry.flags and entry.state not in _LEARNED_NOT
        if link in ("", entry.link) and (to is None or entry.ip in to)
    )


_READERS: Mapping[tuple[str, str], Callable[[Line], tuple[Change, ...]]] = MappingProxyType(
    {
        ("address", "add"): _add_address,
        ("address", "delete"): _remove_address,
        ("link", "set"): _set_link,
        ("route", "add"): partial(put_route, replaces=False),
        ("route", "replace"): partial(put_route, replaces=True),
        ("route", "delete"): remove_route,
        ("route", "flush"): flush_routes,
        ("rule", "add"): add_rule,
        ("rule", "delete"): remove_rule,
        ("neighbour", "add"): _put_neighbour,
        ("neighbour", "replace"): _put_neighbour,
        ("neighbour", "delete"): _remove_neighbour,
        ("neighbour", "flush"): _flush_neighbours,
    }
)
