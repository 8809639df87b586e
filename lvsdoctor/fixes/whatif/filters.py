"""What a file makes of a host's packet filter, of its policy rules and of its links, deployed."""

from collections.abc import Sequence
from dataclasses import replace

from lvsdoctor.collect.planned import as_made
from lvsdoctor.fixes.whatif.node_edit import ConfigFile, NodeEdit
from lvsdoctor.model.arptables import ArpTables
from lvsdoctor.model.change import AddPolicyRule
from lvsdoctor.model.coverage import Coverage, Partial
from lvsdoctor.model.link import Link
from lvsdoctor.model.packet_filter import FilterTable
from lvsdoctor.model.route import PolicyRule

_OTHERS = "only what {file} restores is known of this filter"
_NOT_KNOWN = "the policy rules of {node} were not collected: those of {file} are not supposed"


def is_restored(file: ConfigFile, configured: str) -> bool:
    """Does the file tell of all of the tables that it has? A script adds its rules to those that are there."""
    rows = file.dump.facts.get(configured)
    return bool(rows) and file.dump.partial is None and not any(map(_is_part, rows or ()))


def put_filter(edit: NodeEdit, file: ConfigFile, configured: str) -> None:
    """The tables that the file restores stand for those of the same name.

    iptables-restore(8) and nft(8) (after `flush`) first empty each table that they are given.
    """
    fact = configured.removeprefix("configured-")
    rows: Sequence[FilterTable | ArpTables] = file.dump.facts[configured]
    own = {_name(row) for row in rows}
    known = edit.node.evidence.get(fact)
    before: Sequence[FilterTable | ArpTables] = (known,) if isinstance(known, ArpTables) else known or ()
    after = (*(row for row in before if _name(row) not in own), *rows)
    coverage = Coverage(partial=Partial(_OTHERS, rows[0].seen[0] if isinstance(rows[0], ArpTables) and rows[0].seen
                        else None, {"file": file.file}))  # fmt: skip
    tables = next((row for row in after if isinstance(row, ArpTables)), None)
    edit.put(fact, after if tables is None else tables, None if known is not None else coverage)
    kinds = {kind.kind: kind for kind in (*edit.node.unread_kinds, *file.dump.unread_kinds)}
    edit.node = replace(edit.node, unread_kinds=tuple(kinds.values()))


def _is_part(row: FilterTable | ArpTables) -> bool:
    if isinstance(row, ArpTables):
        return False
    return row.partial is not None or any(chain.partial is not None for chain in row.chains)


def _name(row: FilterTable | ArpTables) -> tuple[str, str]:
    return ("arp", "filter") if isinstance(row, ArpTables) else (row.family, row.name)


def put_rules(edit: NodeEdit, rules: Sequence[PolicyRule]) -> None:
    if rules and not edit.node.has("policy-rules"):
        edit.note(_NOT_KNOWN)
        return
    for rule in rules:
        edit.change(AddPolicyRule(rule, seen=rule.seen))


def make_link(edit: NodeEdit, link: Link) -> None:
    """A link that is not there is made, and one that is learns whether it speaks ARP."""
    node = edit.node
    if not node.has("links"):
        return
    old = node.link(link.name)
    if old is None:
        edit.put("links", (*node.links, as_made(link)))
    elif "NOARP" in link.flags and "NOARP" not in old.flags:
        links = [replace(row, flags=row.flags | {"NOARP"}) if row is old else row for row in node.links]
        edit.put("links", tuple(links))
