"""What dumps of a packet filter claim: the policies of chains, and the targets of their rules in order.

All forms of dump show these, and hardly two rule sets have the same. What a rule asks another form may not show.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence

from lvsdoctor.model.packet_filter import Chain, FilterRule, FilterTable

CHAIN_DIFFERS = "chain {chain} of table {table} has two values of its {what}, {value} and {another}"


def chain_claims(tables: Sequence[FilterTable]) -> Iterator[tuple[FilterTable, Chain, Mapping[str, Hashable]]]:
    """Each chain of which all rules were seen, with what is claimed of it."""
    for table in tables:
        for chain in table.chains:
            if chain.partial is None:
                targets = " ".join(map(_target, chain.rules)) or "none"
                yield table, chain, {"targets": targets} | ({"policy": chain.policy} if chain.policy else {})


def filter_table_key(row: FilterTable) -> Hashable:
    """What makes two tables the same. (What nft shows of iptables-nft it spells otherwise, or has no words for.)"""
    return row.family, row.name, row.variant, row.form == "nft"


def _target(rule: FilterRule) -> str:
    return next((action.chain or action.effect.value for action in rule.actions), "-")
