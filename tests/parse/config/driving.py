"""Reads a text as a file of the network, and shows its rows in a line each."""

from lvsdoctor.model.address import Address
from lvsdoctor.model.coverage import Origin
from lvsdoctor.model.link import Link
from lvsdoctor.model.route import PolicyRule, Route
from lvsdoctor.parse.config import config_dump
from lvsdoctor.parse.reader import Dump


def read(text: str, where: str) -> Dump:
    dump = config_dump(text, where)
    assert dump is not None
    assert dump.origin is Origin.CONFIGURED
    for fact, rows in dump.facts.items():
        assert rows, fact
    return dump


def addresses(dump: Dump) -> list[str]:
    """`192.0.2.10/32 lo:0 @3`: the address, its label (or link) and its line."""
    rows: list[Address] = list(dump.facts.get("configured-addresses", ()))
    return [
        " ".join([str(row), row.label or row.link, *sorted(row.flags), f"@{row.seen.line}"]) for row in rows
    ]  # fmt: skip


def routes(dump: Dump) -> list[str]:
    rows: list[Route] = list(dump.facts.get("configured-routes", ()))
    return [
        f"{row.dst} via {','.join(map(str, row.gateways))} dev {','.join(row.links)} table {row.table} @{row.seen.line}"
        for row in rows
    ]  # fmt: skip


def rules(dump: Dump) -> list[str]:
    rows: list[PolicyRule] = list(dump.facts.get("configured-policy-rules", ()))
    return [f"{row.priority} from {row.src} table {row.table} IPv{row.family} @{row.seen.line}" for row in rows]


def links(dump: Dump) -> dict[str, Link]:
    rows: list[Link] = list(dump.facts.get("configured-links", ()))
    return {row.name: row for row in rows}


def unread(dump: Dump) -> list[int | None]:
    return [seen.line for seen in dump.unread]
