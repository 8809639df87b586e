"""Another file that configures a host, deployed: a script has run, the network has read its files."""

from collections.abc import Sequence
from typing import Any

from lvsdoctor.fixes.whatif.filters import is_restored, make_link, put_filter, put_rules
from lvsdoctor.fixes.whatif.keepalived import MOST_ADDRESSES, hold_address, put_route
from lvsdoctor.fixes.whatif.node_edit import ConfigFile, NodeEdit
from lvsdoctor.fixes.whatif.settings import write_settings
from lvsdoctor.model.address import Address
from lvsdoctor.model.change import RemoveAddress
from lvsdoctor.model.coverage import Coverage
from lvsdoctor.model.ipvs import VirtualService
from lvsdoctor.model.node import Node
from lvsdoctor.reporting.summary import counted

# What of such a file can be supposed, and what is only kept beside it.
_FILTERS = frozenset({"configured-iptables", "configured-ip6tables", "configured-arptables"})
FOLLOWED = frozenset(
    {
        "configured-addresses", "configured-routes", "configured-ipvs", "configured-sysctl", "configured-policy-rules",
        "configured-links",
    }
    | _FILTERS
)  # fmt: skip
_KEPT = frozenset({"health-checks", "configured-timeouts", "configured-order", "configured-links"})


def deployed_on(node: Node, file: ConfigFile) -> Node:
    """The node with the settings, links, addresses, routes, filters and virtual services of the file."""
    edit = NodeEdit(node, file.file)
    filters = [fact for fact in sorted(_FILTERS) if is_restored(file, fact)]
    counts = (
        ("setting", len(_lines(file))),
        *((_NAMES[fact], len(_rows(file, fact))) for fact in _NAMES),
        ("filter rule", len({rule.seen for fact in filters for table in _rows(file, fact) for rule in table.rules})),
    )
    what = ", ".join(counted(count, name) for name, count in counts if count)
    edit.note("as it would be with {file} deployed ({what})", what=what)
    if _lines(file):
        write_settings(edit, list(_rows(file, "configured-sysctl")))
    for link in _rows(file, "configured-links"):
        make_link(edit, link)
    for address in _rows(file, "configured-addresses")[:MOST_ADDRESSES]:
        _hold(edit, address)
    for route in _rows(file, "configured-routes")[:MOST_ADDRESSES]:
        put_route(edit, route)
    put_rules(edit, _rows(file, "configured-policy-rules")[:MOST_ADDRESSES])
    for fact in filters:
        put_filter(edit, file, fact)
    if services := _rows(file, "configured-ipvs"):
        _direct(edit, services)
    for fact in sorted(_KEPT & file.dump.facts.keys()):
        edit.put(fact, file.dump.facts[fact], Coverage(file.dump.origin, file.dump.partial))
    if others := sorted(file.dump.facts.keys() - (FOLLOWED - _FILTERS) - _KEPT - set(filters)):
        names = ", ".join(fact.removeprefix("configured-") for fact in others)
        edit.note("{file}: what it does to {names} is not supposed", names=names)
    return edit.finished(file.dump.unread)


_NAMES = {
    "configured-addresses": "address", "configured-routes": "route", "configured-ipvs": "virtual service",
    "configured-policy-rules": "policy rule",
}  # fmt: skip


def _rows(file: ConfigFile, fact: str) -> Sequence[Any]:
    rows: Sequence[Any] = file.dump.facts.get(fact, ())
    return rows


def _lines(file: ConfigFile) -> list[Any]:
    return [line for part in _rows(file, "configured-sysctl") for line in part.lines]


def _hold(edit: NodeEdit, address: Address) -> None:
    """The address with the file's prefix, in place of the same on this link with another."""
    rows = edit.node.holding(address.ip) if edit.node.has("addresses") else ()
    for old in rows:
        if old.link == address.link and old.prefixlen != address.prefixlen:
            edit.change(RemoveAddress(old.ip, old.prefixlen, old.link, old.peer, seen=address.seen))
    hold_address(edit, address)


def _direct(edit: NodeEdit, services: Sequence[VirtualService]) -> None:
    """The file's services stand for those of the same key."""
    node = edit.node
    own = {(row.key, row.family) for row in services}
    before = node.services if node.has("ipvs") else ()
    others = tuple(row for row in before if (row.key, row.family) not in own)
    if not node.has("ipvs"):
        edit.note("the IPVS table of {node} was not collected: what else is in it is not known")
    edit.put("ipvs", (*services, *others))
