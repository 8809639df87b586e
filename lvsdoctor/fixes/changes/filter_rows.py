"""The rules of a packet filter, without where they were seen and how they are spelled."""

from collections.abc import Hashable
from typing import Any

from lvsdoctor.model.packet_filter import Action, Condition, Effect, FilterRule, FilterTable, Match

FILTER_FACTS = {"iptables": 4, "ip6tables": 6}


def meaning(row: FilterTable | FilterRule | Condition | Action) -> Any:
    """What makes two of them say the same; what the model has no noun for says the same in the same words."""
    match row:
        case FilterTable():
            chains = tuple((c.name, c.hook, c.policy, tuple(map(meaning, c.rules))) for c in row.chains)
            return row.family, row.name, row.variant, chains
        case FilterRule():
            return row.comment, tuple(sorted((meaning(item) for item in row.conditions), key=repr)), tuple(
                meaning(item) for item in row.actions
            )  # fmt: skip
        case Condition():
            words: Hashable = row.text if row.match in (Match.UNKNOWN, Match.UNSHOWN) else ""
            return row.match, row.values, row.negated, words
        case Action():
            words = row.text if row.effect in (Effect.UNKNOWN, Effect.CONTINUE, Effect.LOG, Effect.QUEUE) else ""
            return row.effect, row.chain, row.addresses, row.ports, row.mark, words
