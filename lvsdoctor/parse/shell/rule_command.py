"""What a command line of iptables or arptables asks for: the verb, the table, the chain, and the words of the rule."""

from collections.abc import Sequence
from dataclasses import dataclass

_SHORT = {
    "--append": "-A", "--insert": "-I", "--delete": "-D", "--replace": "-R", "--flush": "-F", "--policy": "-P",
    "--new-chain": "-N", "--new": "-N", "--delete-chain": "-X",
}  # fmt: skip
_CHANGING = frozenset(_SHORT.values())
_TAKES_CHAIN = frozenset({"-A", "-I", "-D", "-R", "-P", "-N"})


@dataclass(frozen=True, slots=True)
class RuleCommand:
    """`verb` is "" where the command changes no rule (-L, -S, -Z); `number` is 0 where none is given."""

    verb: str
    table: str
    chain: str
    number: int
    words: tuple[str, ...]


def rule_command(words: Sequence[str]) -> RuleCommand | None:
    """None where the line is none that the program would take."""
    rest: list[str] = []
    verb = table = chain = ""
    queue = list(words[1:])[::-1]
    while queue:
        word = queue.pop()
        short = _SHORT.get(word, word)
        if word in ("-t", "--table"):
            table = queue.pop() if queue else ""
        elif word.startswith("--table="):
            table = word.partition("=")[2]
        elif word in ("-w", "--wait", "-W", "--wait-interval"):
            if queue and queue[-1].isdigit():
                queue.pop()
        elif word in ("-4", "-6", "-n", "-v", "--verbose", "--numeric") and not rest:
            continue
        elif short in _CHANGING and not verb:
            verb = short
            takes = short in _TAKES_CHAIN or bool(queue and not queue[-1].startswith("-"))
            if takes:
                if not queue or queue[-1].startswith("-"):
                    return None
                chain = queue.pop()
        else:
            rest.append(word)
    number = 0
    if verb in ("-I", "-D", "-R") and rest and rest[0].isascii() and rest[0].isdigit() and len(rest[0]) < 6:
        number = int(rest.pop(0))
    if verb == "-R" and not number:
        return None
    return RuleCommand(verb, table, chain, number, tuple(rest))
