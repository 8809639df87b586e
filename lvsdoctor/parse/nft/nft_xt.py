"""Matches and targets of iptables-nft in a rule of nftables: nft knows their names, and not always what they ask."""

from lvsdoctor.model.packet_filter import Action, Effect
from lvsdoctor.parse.iptables.iptables_words import TARGETS
from lvsdoctor.parse.nft.nft_items import Item, anything, may_match


def xt_item(kind: str, name: str, text: str) -> Item | None:
    """`xt match "recent"`, `xt target "LOG"`: None for what asks and does nothing."""
    if kind == "match":
        return None if name == "comment" else may_match(text)
    effect = TARGETS.get(name)
    if effect in (Effect.LOG, Effect.QUEUE, Effect.REJECT):
        return Action(effect, text)
    # Of CONNMARK and CT it is their options that tell.
    return None if effect is Effect.CONTINUE and name not in ("CONNMARK", "CT") else anything(text)
