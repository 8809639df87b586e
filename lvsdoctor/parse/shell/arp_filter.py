"""`arptables`: the rules that commands add, insert and delete."""

from dataclasses import dataclass, field, replace

from lvsdoctor.model.arptables import ArpRule, ArpTables
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.iptables.arptables import BUILT_IN
from lvsdoctor.parse.iptables.arptables_rule import rule_of
from lvsdoctor.parse.shell.command import ShellCommand
from lvsdoctor.parse.shell.rule_command import RuleCommand, rule_command

_NOWHERE = Seen("", None, "")


@dataclass(slots=True)
class ArpFilter:
    """Rules in the order of their chains; a policy only where a command sets it."""

    _rules: list[ArpRule] = field(default_factory=list)
    _policies: dict[str, str] = field(default_factory=dict)
    _declared: list[Seen] = field(default_factory=list)

    def tables(self) -> tuple[ArpTables, ...]:
        if not self._rules and not self._policies:
            return ()
        return (ArpTables(dict(self._policies), tuple(self._rules), tuple(self._declared)),)

    def apply(self, command: ShellCommand) -> bool:
        asked = rule_command(command.words)
        if asked is None or asked.table not in ("", "filter"):
            return False
        chain = BUILT_IN.get(asked.chain, asked.chain)
        if asked.verb == "-F":
            self._rules = [rule for rule in self._rules if chain and rule.chain != chain]
        elif asked.verb == "-P":
            self._policies[chain] = asked.words[0] if asked.words else "ACCEPT"
            self._declared.append(command.seen)
        elif asked.verb == "-N":
            self._policies[chain] = "-"
            self._declared.append(command.seen)
        elif asked.verb == "-X":
            self._policies = {name: policy for name, policy in self._policies.items() if policy != "-"}
        else:
            return self._change(asked, chain, command.seen)
        return True

    def _change(self, asked: RuleCommand, chain: str, seen: Seen) -> bool:
        own = [number for number, rule in enumerate(self._rules) if rule.chain == chain]
        if asked.verb == "-D" and not asked.words:
            place = asked.number - 1
            if 0 <= place < len(own):
                del self._rules[own[place]]
            return True
        rule = rule_of(chain, list(asked.words), seen)
        if rule is None:
            return False
        if asked.verb == "-D":
            bare = replace(rule, seen=_NOWHERE)
            same = next((at for at in own if replace(self._rules[at], seen=_NOWHERE) == bare), None)
            if same is not None:
                del self._rules[same]
        elif asked.verb == "-A":
            self._rules.append(rule)
        elif asked.verb == "-I":
            place = max(asked.number, 1) - 1
            self._rules.insert(own[place] if place < len(own) else len(self._rules), rule)
        elif 0 < asked.number <= len(own):
            self._rules[own[asked.number - 1]] = rule
        return True


def changes(command: ShellCommand) -> bool:
    asked = rule_command(command.words)
    return asked is None or asked.verb != ""
