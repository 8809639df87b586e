"""What a rule is: a function that looks for one pitfall, and what it declares of itself."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePath

from lvsdoctor.engine.as_configured import AS_CONFIGURED
from lvsdoctor.model.facts import COLLECTED_BY
from lvsdoctor.model.finding import Finding, Severity
from lvsdoctor.model.standing import Role
from lvsdoctor.model.walk import Decision

Check = Callable[..., Iterator[Finding]]  # of a Node; of its options by their names, if it has some


@dataclass(frozen=True, slots=True)
class RuleOption:
    """A number of a rule that an operator may set in lvsdoctor.toml.

    `name` as it is written there; the function has an argument of that name (a hyphen is an underscore), whose default
    is the option's. `unit` is a plural ("connections"), `least` and `most` are the bounds.
    """

    name: str
    unit: str
    meaning: str
    default: int = 0
    least: int = 1
    most: int = 1_000_000

    @property
    def argument(self) -> str:
        return self.name.replace("-", "_")


@dataclass(frozen=True, slots=True)
class Rule:
    """One pitfall that is looked for on every node of `role` (on every node, if None).

    `needs` are the facts without which it cannot speak, `helps` those that could only exonerate or refine. `instead`
    maps a needed fact to the configured one that does where it is alone: for a warning, and never for being quiet.
    `general` tells that it says that a step fails, whatever the reason: where a rule that names one finds what the same
    fix clears, that one speaks (engine/grouping.py).
    `consequence` tells that others cause what this rule finds, so its findings are listed after theirs; `cause` that
    other rules name the symptoms of what this rule finds, so its findings are listed first among those as severe.
    `harmless_at_weight_0` tells that it harms a real server's clients alone: a warning for one that gets none.
    `only_ipv4` tells that it looks at IPv4 alone (ARP, rp_filter, redirects): it says nothing of a host whose VIPs are
    all of IPv6, and does not apply there. `only_ipv6` and `only_marks`: it looks at services of IPv6, or by a firewall
    mark, and does not apply where the tables of the scan have none. With one of the facts that `suffice` it is checked
    all the same, whatever the node's role and whatever else is lacking. `explains` is the decision on a packet's way
    that its findings explain, None for a rule of no packet's way. `unless_explained` tells that it speaks of
    connections that no other rule explains: its finding is left out where another rule's is about the same step, and it
    does not apply where the scan shows no client that connects.
    `options` are the numbers that may be set. What an operator has set: `severity_set` of all its findings, and
    `set_by`, the line that says so.
    """

    name: str
    code: str
    severity: Severity
    role: str | None
    needs: frozenset[str]
    helps: frozenset[str]
    check: Check
    file: str = ""
    consequence: bool = False
    general: bool = False
    harmless_at_weight_0: bool = False
    only_ipv4: bool = False
    instead: Mapping[str, str] = field(default_factory=dict)
    cause: bool = False
    only_ipv6: bool = False
    only_marks: bool = False
    suffice: frozenset[str] = frozenset()
    explains: Decision | None = None
    unless_explained: bool = False
    options: tuple[RuleOption, ...] = ()
    severity_set: Severity | None = None
    set_by: str = ""

    @property
    def page(self) -> str:
        """The operator's page, beside the rule's file."""
        return str(PurePath(self.file).with_suffix(".md"))

    @property
    def family(self) -> str:
        return PurePath(self.file).parent.name


def rule(
    *,
    name: str,
    code: str,
    severity: Severity,
    needs: Iterable[str],
    helps: Iterable[str] = (),
    role: str | None = None,
    general: bool = False,
    consequence: bool = False,
    harmless_at_weight_0: bool = False,
    only_ipv4: bool = False,
    cause: bool = False,
    only_ipv6: bool = False,
    only_marks: bool = False,
    suffice: Iterable[str] = (),
    explains: Decision | None = None,
    unless_explained: bool = False,
    options: Iterable[RuleOption] = (),
) -> Callable[[Check], Rule]:
    """Make a rule of a function that yields findings. Raises ValueError for a name, role or fact that is not one.

    Of `needs` "sysctl | configured-sysctl" names a runtime fact, and the configured one that does in its place.
    """
    alternatives = [need.split(" | ") for need in needs]
    suffice, options = frozenset(suffice), tuple(options)
    needs, helps = frozenset(facts[0] for facts in alternatives), frozenset(helps) | suffice
    instead = {runtime: configured for runtime, *others in alternatives for configured in others}
    if unknown := (needs | helps | frozenset(instead.values())) - COLLECTED_BY.keys():
        raise ValueError(f"rule {name}: no such fact: {', '.join(sorted(unknown))} (known: {', '.join(COLLECTED_BY)})")
    if none_such := [pair for pair in instead.items() if pair not in AS_CONFIGURED]:
        raise ValueError(f"rule {name}: no such alternative: {', '.join(map(' | '.join, none_such))}")
    if both := needs & helps:
        raise ValueError(f"rule {name}: {', '.join(sorted(both))} under both needs and helps")
    if role is not None and role not in set(Role):
        raise ValueError(f"rule {name}: no such role: {role} (known: {', '.join(Role)})")

    def made(check: Check) -> Rule:
        if check.__name__ != name.replace("-", "_"):
            raise ValueError(f"rule {name}: its function must be named {name.replace('-', '_')}")
        file = check.__code__.co_filename
        defaults = getattr(check, "__kwdefaults__", None) or {}
        if without := [option.name for option in options if option.argument not in defaults]:
            raise ValueError(f"rule {name}: its function has no argument with a default for {', '.join(without)}")
        known = tuple(replace(option, default=defaults[option.argument]) for option in options)
        return Rule(
            name, code, severity, role, needs, helps, check, file, consequence, general,
            harmless_at_weight_0, only_ipv4, instead, cause, only_ipv6, only_marks, suffice, explains,
            unless_explained,
            known,
        )  # fmt: skip

    return made
