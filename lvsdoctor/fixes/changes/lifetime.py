"""An IPv6 address that becomes deprecated, or preferred again (ip-address(8): `change`, `preferred_lft`).

net/ipv6/addrconf.c: inet6_addr_modify() keeps the prefix length and the place among the addresses, and takes the flag
nodad away unless the command repeats it.
"""

from collections.abc import Iterator
from dataclasses import replace

from lvsdoctor.fixes.changes.kind import Phase, Readers, spelled
from lvsdoctor.fixes.changes.line import Line, NotFollowed, link_name, only
from lvsdoctor.fixes.changes.rows import with_rows
from lvsdoctor.model.address import Address
from lvsdoctor.model.change import Command, SetPreferred
from lvsdoctor.model.node import Node
from lvsdoctor.parse.words import read_ip, read_number, split_options, word_set

NOUNS = (SetPreferred,)
_OPTIONS = word_set("dev preferred_lft")
_FLAGS = word_set("nodad")
_LIFETIMES = {"0": False, "forever": True}
_DEPRECATED = "{address} on {link} is deprecated: the kernel takes another address as source"
_PREFERRED = "{address} on {link} is not deprecated any more"


def _read(line: Line) -> tuple[SetPreferred]:
    options, bare = split_options(line.words, _OPTIONS)
    text, slash, length = (bare.pop(0) if bare else "").partition("/")
    only(bare, _FLAGS)
    ip, prefixlen = read_ip(text), read_number(length, most=128) if slash else 128
    lifetime = options.get("preferred_lft", "")
    if ip is None or ip.version != 6 or prefixlen is None or lifetime not in _LIFETIMES:
        raise NotFollowed("one of its words is not known here")
    return (SetPreferred(ip, prefixlen, link_name(options.get("dev")), _LIFETIMES[lifetime], nodad="nodad" in bare),)


READERS: Readers = {("ip", "address", "change"): _read}


def setting(row: Address, *, preferred: bool) -> SetPreferred:
    """The change that leaves all else of the address as it is."""
    return SetPreferred(row.ip, row.prefixlen, row.link, preferred, nodad="nodad" in row.flags)


def spell(change: SetPreferred) -> Command:
    flags = ["nodad"] if change.nodad else []
    lifetime = "forever" if change.preferred else "0"
    words = (f"{change.ip}/{change.prefixlen}", "dev", change.link, *flags, "preferred_lft", lifetime)
    return spelled(change, "ip", "addr", "change", *words)


def phase(change: SetPreferred) -> Phase:
    return Phase.ADDRESS


def apply(node: Node, change: SetPreferred) -> Node:
    """`change` of an address that the link does not have is refused."""
    if not node.has("addresses"):
        return node
    rows = tuple(
        _changed(row, change) if (row.ip, row.link) == (change.ip, change.link) else row for row in node.addresses
    )
    return with_rows(node, "addresses", rows)


def _changed(row: Address, change: SetPreferred) -> Address:
    flags = row.flags - {"deprecated", "nodad"}
    flags |= (set() if change.preferred else {"deprecated"}) | ({"nodad"} if change.nodad else set())
    return row if flags == row.flags else replace(row, flags=flags, seen=change.seen)


def describe(change: SetPreferred, before: Node, after: Node) -> str:
    text = _PREFERRED if change.preferred else _DEPRECATED
    return text.format(address=change.ip, link=change.link)


def impact(change: SetPreferred, before: Node, after: Node) -> str:
    return ""


def undo(change: SetPreferred, before: Node, after: Node) -> Iterator[Command]:
    for row in before.holding(change.ip) if before.has("addresses") else ():
        if row.link == change.link:
            yield spell(setting(row, preferred="deprecated" not in row.flags))
