"""VRFs: the routing table of what arrives on, or leaves by, their ports.

drivers/net/vrf.c; net/l3mdev/l3mdev.c: l3mdev_fib_table_rcu(), l3mdev_fib_rule_match(). A VRF is known by `ip -d link`
alone, which tells its table.
"""

from collections.abc import Mapping

from lvsdoctor.model.facts import Undeclared
from lvsdoctor.model.node import Node


def vrf_table(node: Node, *names: str | None) -> str:
    """The table of the VRF that one of these links is, or is a port of; "" where none is."""
    tables = _tables(node)
    return next((tables[name] for name in names if name is not None and name in tables), "")


def vrf_tables(node: Node) -> tuple[str, ...]:
    """The tables of all VRFs of this host."""
    return tuple(dict.fromkeys(_tables(node).values()))


def link_within(node: Node, table: str) -> str | None:
    """A link of the VRF that has this table; None where none has."""
    return next((name for name, number in _tables(node).items() if number == table), None)


def spellings(node: Node, table: str) -> tuple[str, ...]:
    """What dumps call a table: `ip route show vrf red` shows that of red without its number."""
    return (table, *(f"vrf {name}" for name, number in _tables(node).items() if number == table))


def _tables(node: Node) -> Mapping[str, str]:
    """None for a rule that does not declare the links: it asks of no interface."""
    try:
        return node.derived("VRF tables", _work_out) if node.has("links") else {}
    except Undeclared:
        return {}


def _work_out(node: Node) -> dict[str, str]:
    links = node.seen_rows("links")
    tables = {link.name: link.detail.get("table", "") for link in links if link.kind == "vrf"}
    tables |= {link.name: tables[link.master] for link in links if link.master in tables}
    return {name: table for name, table in tables.items() if table}
