"""scan --segment: which interfaces are on one network segment, where addresses do not tell it or tell it wrongly."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from lvsdoctor.cli.errors import CliError, nearest

if TYPE_CHECKING:
    from lvsdoctor.model.examination import Examination
    from lvsdoctor.model.link import Link
    from lvsdoctor.model.node import Node

_NAMED = "network segments named by the user: {segments}"
_MOST = 10  # names in an error
_FORM = "NAME=HOST[:INTERFACE],HOST[:INTERFACE],..."


def add_option(parser: ArgumentParser) -> None:
    """--segment."""
    what = "these interfaces are on one network segment, and on no other that is named; else addresses tell (repeat)"
    parser.add_argument("--segment", dest="segments", action="append", default=[], metavar=_FORM, help=what)


def named(nodes: Sequence["Node"], options: Namespace) -> Sequence["Node"]:
    """The nodes with the segments that --segment names. Raises CliError."""
    if not (texts := getattr(options, "segments", ())):
        return nodes
    from dataclasses import replace

    by_name = {node.name: node for node in nodes}
    known: dict[str, dict[str, str]] = {}
    for text in texts:
        name, sign, places = text.partition("=")
        if not sign or not name.strip() or not places.strip():
            raise CliError(f"--segment {text!r} is not {_FORM}")
        for place in filter(None, map(str.strip, places.split(","))):
            host, link = _interface(place, by_name)
            before = known.setdefault(host, {}).setdefault(link, name.strip())
            if before != name.strip():
                raise CliError(f"--segment: {host}:{link} is in two segments, {before} and {name.strip()}")
    return tuple(replace(node, segments=known[node.name]) if node.name in known else node for node in nodes)


def _interface(place: str, by_name: "dict[str, Node]") -> tuple[str, str]:
    """The host and the interface that `HOST:INTERFACE` or `HOST` means. A name may hold a colon."""
    hosts = [name for name in by_name if place == name or place.startswith(f"{name}:")]
    if not hosts:
        raise _none_such("host", place.partition(":")[0], by_name, "--segment: this scan has ")
    host = max(hosts, key=len)
    node, wanted = by_name[host], place[len(host) + 1 :]
    links = {row.name: row for row in node.seen_rows("links")} if node.has("links") else {}
    usable = _usable(node)
    if not links and wanted:
        return host, wanted  # its interfaces were not collected: the addresses may name it
    if not wanted:
        if len(usable) == 1:
            return host, usable[0]
        choice = " or ".join(f"{host}:{name}" for name in usable[:4])
        hint = f"write {choice}" if choice else f"write {host}:INTERFACE"
        raise CliError(f"--segment: {host} has {len(usable) or 'no known'} interfaces; {hint}")
    row = links.get(wanted) or links.get(wanted.partition(":")[0])  # eth0:1 is a label of eth0
    if row is None:
        raise _none_such("interface", wanted, usable or links, f"--segment: {host} has ")
    return host, _on_segment(node, row, links)


def _none_such(what: str, name: str, known: Iterable[str], place: str) -> CliError:
    names = list(known)
    near = nearest(name, names, 0.8)
    meant = f"; did you mean {near}?" if near else ""
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return CliError(f"{place}no {what} {name!r}{meant} ({what}s: {', '.join(names[:_MOST])}{more})")


def _usable(node: "Node") -> list[str]:
    from lvsdoctor.analysis.named_segments import links_of_segments

    return [row.name for row in links_of_segments(node)]


def _on_segment(node: "Node", row: "Link", links: "dict[str, Link]") -> str:
    """The interface itself. Raises CliError of one that is on no segment of its own."""
    if row.loopback:
        raise CliError(f"--segment: {row.name} of {node.name} is on no network segment")
    if node.enslaved(row) and row.master in links:
        raise CliError(
            f"--segment: {row.name} of {node.name} is a port of {row.master}; write {node.name}:{row.master}"
        )
    return row.name


def with_segments(examination: "Examination", nodes: Sequence["Node"]) -> "Examination":
    """The examination with its segments, and a remark on those that the user names."""
    from dataclasses import replace

    from lvsdoctor.analysis.named_segments import segments_of_scan
    from lvsdoctor.model.examination import Remark

    segments = segments_of_scan(nodes)
    rows = [f"{row.name} ({', '.join(map(':'.join, row.interfaces))})" for row in segments if row.named]
    remarks = (Remark(_NAMED, {"segments": ", ".join(rows)}),) if rows else ()
    return replace(examination, segments=segments, remarks=(*remarks, *examination.remarks))
