"""An entry of the neighbour table, or of those that a link answers for, that is put or removed (ip-neighbour(8))."""

from collections.abc import Iterator
from dataclasses import replace

from lvsdoctor.fixes.changes.kind import Phase, Readers, spelled
from lvsdoctor.fixes.changes.line import Line, NotFollowed, link_name, only
from lvsdoctor.fixes.changes.rows import same, with_rows
from lvsdoctor.model.address import IP
from lvsdoctor.model.change import Command, PutNeighbour, RemoveNeighbour, Unknown
from lvsdoctor.model.neighbour import Neighbour
from lvsdoctor.model.node import Node
from lvsdoctor.parse.words import read_ip, read_mac, read_network, split_options, word_set

NOUNS = (PutNeighbour, RemoveNeighbour)

_NOT_LEARNED = word_set("PERMANENT NOARP")


def _named(line: Line) -> tuple[IP, str, dict[str, str], bool]:
    options, bare = split_options(line.words, {"dev", "lladdr", "nud", "proxy"})
    proxy = "proxy" in options
    ip = read_ip(options.get("proxy", bare[0] if bare else ""))
    if ip is None or len(bare) != (not proxy):
        raise NotFollowed("it names no address")
    return ip, link_name(options.get("dev")), options, proxy


def _read_delete(line: Line) -> tuple[RemoveNeighbour]:
    ip, link, _, proxy = _named(line)
    return (RemoveNeighbour(ip, link, proxy),)


def _read_put(line: Line) -> tuple[PutNeighbour]:
    ip, link, options, proxy = _named(line)
    if proxy:
        return (PutNeighbour(Neighbour(ip, line.seen, link, flags=frozenset({"proxy"}))),)
    mac, state = read_mac(options.get("lladdr", "")), options.get("nud", "permanent").upper()
    if mac is None:
        raise NotFollowed("it names no MAC")
    return (PutNeighbour(Neighbour(ip, line.seen, link, mac, state)),)


def _read_flush(line: Line) -> tuple[RemoveNeighbour, ...]:
    options, bare = split_options(line.words, {"to", "dev"})
    only(bare)
    to = read_network(options["to"]) if "to" in options else None
    if not options or ("to" in options and to is None):
        raise NotFollowed("it names no neighbours")
    link = link_name(options["dev"]) if "dev" in options else ""
    rows = line.node.neighbours if line.node.has("neighbours") else ()
    near = [row for row in rows if link in ("", row.link) and (to is None or row.ip in to)]
    return tuple(RemoveNeighbour(row.ip, row.link, learned=True) for row in near if _is_learned(row))


def _is_learned(row: Neighbour) -> bool:
    """Permanent entries stay unless asked for (iproute2 ip/ipneigh.c: do_show_or_flush())."""
    return "proxy" not in row.flags and row.state not in _NOT_LEARNED


READERS: Readers = {
    ("ip", "neighbour", "add"): _read_put,
    ("ip", "neighbour", "replace"): _read_put,
    ("ip", "neighbour", "delete"): _read_delete,
    ("ip", "neighbour", "flush"): _read_flush,
}


def spell(change: PutNeighbour | RemoveNeighbour) -> Command:
    if isinstance(change, RemoveNeighbour):
        how = ["flush", "to"] if change.learned else ["del", "proxy"] if change.proxy else ["del"]
        link = ["dev", change.link] if change.link else []
        named = change if link or change.learned else Unknown("it names no interface")
        return spelled(named, "ip", "neigh", *how, change.ip, *link)
    entry = change.entry
    if "proxy" in entry.flags:
        return spelled(change, "ip", "neigh", "add", "proxy", entry.ip, "dev", entry.link)
    how = ["lladdr", entry.mac, "dev", entry.link, "nud", entry.state.lower()]
    return spelled(change, "ip", "neigh", "replace", entry.ip, *how)


def phase(change: PutNeighbour | RemoveNeighbour) -> Phase:
    return Phase.CACHE


def apply(node: Node, change: PutNeighbour | RemoveNeighbour) -> Node:
    rows = node.neighbours if node.has("neighbours") else ()
    gone = _meant(change, node)
    if isinstance(change, PutNeighbour):
        new = replace(change.entry, seen=change.seen)
        if gone is not None and same(new, gone):
            return node
        return with_rows(node, "neighbours", (*(row for row in rows if row is not gone), new))
    return with_rows(node, "neighbours", tuple(row for row in rows if row is not gone))


def _meant(change: PutNeighbour | RemoveNeighbour, node: Node) -> Neighbour | None:
    """The entry that goes."""
    if isinstance(change, PutNeighbour):
        change = RemoveNeighbour(change.entry.ip, change.entry.link, "proxy" in change.entry.flags)
    for row in node.neighbours if node.has("neighbours") else ():
        if (row.ip, row.link, "proxy" in row.flags) == (change.ip, change.link, change.proxy):
            return None if change.learned and not _is_learned(row) else row
    return None


def describe(change: PutNeighbour | RemoveNeighbour, before: Node, after: Node) -> str:
    if isinstance(change, PutNeighbour):
        return f"{change.entry.link} gets the neighbour entry of {change.entry.ip}"
    if change.proxy:
        return f"{change.link} no longer answers for {change.ip}"
    return f"the neighbour entry of {change.ip} on {change.link} goes"


def impact(change: PutNeighbour | RemoveNeighbour, before: Node, after: Node) -> str:
    if isinstance(change, RemoveNeighbour) and change.proxy:
        return f"Who was told by this host where {change.ip} is no longer reaches it"
    return ""


def undo(change: PutNeighbour | RemoveNeighbour, before: Node, after: Node) -> Iterator[str]:
    gone = _meant(change, before)
    if gone is not None and ("proxy" in gone.flags or gone.state == "PERMANENT"):
        yield spell(PutNeighbour(gone))
    elif isinstance(change, PutNeighbour):
        yield spell(RemoveNeighbour(change.entry.ip, change.entry.link, "proxy" in change.entry.flags))
    else:
        yield f"# nothing to undo: {change.ip} is asked for anew when something is sent there"
