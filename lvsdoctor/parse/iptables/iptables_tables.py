"""A table of a dump of iptables, while its lines are read."""

from dataclasses import replace

from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.filter_hooks import hook_of, priority_of
from lvsdoctor.model.packet_filter import Action, Chain, Effect, FilterRule, FilterTable, Statement
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.gaps import NARROWED, NO_END, UNREAD


class OpenTable:
    """A table that is being read: the line and policy of each chain, and its rules."""

    def __init__(self, name: str, form: str, seen: Seen) -> None:
        self.name, self.form, self.seen = name, form, seen
        self.chains: dict[str, tuple[Seen, str]] = {}
        self.rules: dict[str, list[FilterRule]] = {}
        self.last = ""
        self.complete = False
        self.unread: Seen | None = None

    def shown(self, family: str, variant: str, only_chain: str) -> FilterTable:
        begun = self.seen.text.strip().startswith("*")
        partial = None
        if begun and not self.complete:
            partial = Partial(NO_END, self.seen)
        elif self.unread is not None:
            partial = Partial(UNREAD, self.unread)
        lacking = partial
        if " " in only_chain:
            partial = lacking = lacking or Partial(NARROWED, self.seen, {"command": f"iptables -L {only_chain}"})
        elif only_chain:
            lacking = lacking or Partial(NARROWED, self.seen, {"command": f"iptables -t {self.name} {only_chain}"})
        chains = tuple(self._chain(name, partial) for name in self.chains)
        return FilterTable(family, self.name, self.seen, chains, self.name == "nat", variant, self.form, lacking)

    def _chain(self, name: str, partial: Partial | None) -> Chain:
        seen, policy = self.chains[name]
        rules = tuple(self._resolved(rule) for rule in self.rules[name])
        hook = None if policy == "-" else hook_of(name)
        priority = 0 if hook is None else priority_of(self.name, hook)
        return Chain(name, seen, rules, hook, priority, "" if policy == "-" else policy.lower(), partial)

    def _resolved(self, rule: FilterRule) -> FilterRule:
        """A chain may be called as a target of the model that this iptables does not know."""
        if not any(isinstance(item, Action) and item.text.split()[-1:] for item in rule.statements):
            return rule
        return replace(rule, statements=tuple(map(self._target, rule.statements)))

    def _target(self, item: Statement) -> Statement:
        if not isinstance(item, Action) or item.effect in (Effect.JUMP, Effect.GOTO):
            return item
        name = item.text.removeprefix("-j ")
        return Action(Effect.JUMP, item.text, chain=name) if name in self.chains else item


def lacking(table: FilterTable, partial: Partial) -> FilterTable:
    """The table where lines are missing somewhere: none of its chains is whole."""
    chains = tuple(replace(chain, partial=chain.partial or partial) for chain in table.chains)
    return replace(table, chains=chains, partial=table.partial or partial)
