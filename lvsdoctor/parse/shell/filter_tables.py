"""`iptables` and `ip6tables`: the rules that commands add, insert, replace and delete."""

from dataclasses import dataclass, field, replace

from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.filter_hooks import hook_of, priority_of
from lvsdoctor.model.packet_filter import Action, Chain, Effect, FilterRule, FilterTable, Statement
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.gaps import UNREAD
from lvsdoctor.parse.iptables.iptables_family import TABLES
from lvsdoctor.parse.iptables.iptables_rule import rule_of
from lvsdoctor.parse.shell.command import ShellCommand
from lvsdoctor.parse.shell.rule_command import RuleCommand, rule_command

# Unless the commands flush a chain first, it may have rules that they do not name.
BESIDE = "rules may be there from before this command"
_NOWHERE = Seen("", None, "")


@dataclass(slots=True)
class _Chain:
    seen: Seen
    rules: list[FilterRule] = field(default_factory=list)
    policy: str = ""
    partial: Partial | None = None


@dataclass(slots=True)
class _Table:
    """Its chains; `flushed` says that all rules from before are gone."""

    seen: Seen
    chains: dict[str, _Chain] = field(default_factory=dict)
    flushed: bool = False

    def chain(self, name: str, seen: Seen) -> _Chain:
        if name not in self.chains:
            partial = None if self.flushed or hook_of(name) is None else Partial(BESIDE, seen)
            self.chains[name] = _Chain(seen, partial=partial)
        return self.chains[name]


@dataclass(slots=True)
class FilterTables:
    _tables: dict[tuple[str, str], _Table] = field(default_factory=dict)

    def tables(self, family: str) -> tuple[FilterTable, ...]:
        known = ((name, table) for (of, name), table in self._tables.items() if of == family and table.chains)
        return tuple(_shown(family, name, table) for name, table in known)

    def apply(self, command: ShellCommand) -> bool:
        asked = rule_command(command.words)
        family = "ip6" if command.program.startswith("ip6") or "-6" in command.words[1:3] else "ip"
        name = (asked.table if asked else "") or "filter"
        if name not in TABLES:
            return False
        table = self._tables.setdefault((family, name), _Table(command.seen))
        if asked is None:
            return self._damaged(table, command.seen)
        if asked.verb == "-F":
            _flush(table, asked.chain, command.seen)
        elif asked.verb == "-P" and asked.words:
            table.chain(asked.chain, command.seen).policy = asked.words[0].lower()
        elif asked.verb == "-N":
            table.chains.setdefault(asked.chain, _Chain(command.seen))
        elif asked.verb == "-X":
            own = [known for known in table.chains if hook_of(known) is None and asked.chain in ("", known)]
            for known in own:
                if not table.chains[known].rules:
                    del table.chains[known]
        else:
            return _change(table, asked, command.seen) or self._damaged(table, command.seen, asked.chain)
        return True

    def _damaged(self, table: _Table, seen: Seen, name: str = "") -> bool:
        """Of the chain, or of all of them, a rule is not known."""
        for chain in [table.chain(name, seen)] if name else table.chains.values():
            chain.partial = chain.partial or Partial(UNREAD, seen)
        return False


def _flush(table: _Table, name: str, seen: Seen) -> None:
    if not name:
        table.flushed = True
        for known, chain in list(table.chains.items()):
            chain.rules.clear()
            chain.partial = None
            if hook_of(known) is not None and not chain.policy:
                del table.chains[known]
        return
    chain = table.chain(name, seen)
    chain.rules.clear()
    chain.partial = None


def _change(table: _Table, asked: RuleCommand, seen: Seen) -> bool:
    chain = table.chain(asked.chain, seen)
    rules, place = chain.rules, asked.number - 1
    if asked.verb == "-D" and not asked.words:
        if 0 <= place < len(rules):
            del rules[place]
        return True
    rule = rule_of("".join(f" {_quoted(word)}" for word in asked.words), seen)
    if rule is None:
        return False
    if asked.verb == "-D":
        bare = replace(rule, seen=_NOWHERE)
        same = next((at for at, known in enumerate(rules) if replace(known, seen=_NOWHERE) == bare), None)
        if same is not None:
            del rules[same]
    elif asked.verb == "-A":
        rules.append(rule)
    elif asked.verb == "-I":
        rules.insert(max(place, 0), rule)
    elif 0 <= place < len(rules):
        rules[place] = rule
    else:
        return False
    return True


def _quoted(word: str) -> str:
    """As iptables-save writes it (libxtables/xtables.c: xtables_save_string())."""
    if word and not any(letter.isspace() or letter in "\"'\\" for letter in word):
        return word
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _shown(family: str, name: str, table: _Table) -> FilterTable:
    chains = tuple(_chain(name, known, chain, table) for known, chain in table.chains.items())
    partial = next((chain.partial for chain in chains if chain.partial is not None), None)
    return FilterTable(family, name, table.seen, chains, name == "nat", partial=partial)


def _chain(table: str, name: str, chain: _Chain, of: _Table) -> Chain:
    hook = hook_of(name)
    rules = tuple(
        replace(rule, statements=tuple(_target(item, of) for item in rule.statements)) for rule in chain.rules
    )
    policy = "" if hook is None else chain.policy or "accept"
    return Chain(name, chain.seen, rules, hook, 0 if hook is None else priority_of(table, hook), policy, chain.partial)


def _target(item: Statement, table: _Table) -> Statement:
    """A chain may be called as a target that this iptables does not know."""
    if not isinstance(item, Action) or item.effect in (Effect.JUMP, Effect.GOTO):
        return item
    name = item.text.removeprefix("-j ")
    return Action(Effect.JUMP, item.text, chain=name) if name in table.chains else item


def changes(command: ShellCommand) -> bool:
    asked = rule_command(command.words)
    return asked is None or asked.verb != ""
