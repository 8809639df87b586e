"""All kinds of changes, and what is asked of any change: a new kind is a noun, a module, and its place in this list."""

from collections.abc import Mapping
from types import MappingProxyType

from lvsdoctor.fixes.changes import (
    address,
    filter_rule,
    lifetime,
    link,
    module,
    neighbour,
    nft_rule,
    policy_rule,
    real_server,
    route,
    sysctl,
)
from lvsdoctor.fixes.changes.difference import alike, missing_routes, restored
from lvsdoctor.fixes.changes.kind import Kind, Phase, Readers, run
from lvsdoctor.fixes.changes.line import Line, NotFollowed, line_of
from lvsdoctor.model.change import Change, Command, Nothing, PutRoute, Unknown
from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import Seen
from lvsdoctor.sanitize import legible

KINDS: tuple[Kind, ...] = (
    module,
    sysctl,
    link,
    address,
    lifetime,
    route,
    policy_rule,
    filter_rule,
    nft_rule,
    real_server,
    neighbour,
)
_KIND: Mapping[type[Change], Kind] = MappingProxyType({noun: kind for kind in KINDS for noun in kind.NOUNS})
_READERS: Readers = MappingProxyType(
    {("arping",): lambda line: (), **{key: reader for kind in KINDS for key, reader in kind.READERS.items()}}
)

# Remarks that ask for nothing before the commands have been run: what is to be done afterwards, and elsewhere, and what
# would be better. Every other comment asks for a hand.
_REMARKS = ("then ", "better, ")
_NO_COMMAND = "# how to take this back is not known here: {command}"
_INCOMPLETE = "# then compare with the dumps of before: these commands do not bring back all of it"


def changes_of(line: str, node: Node) -> tuple[Change, ...]:
    """What the line does to `node`, which is the node as it is when the line is run; never empty."""
    if isinstance(line, Command):
        return line.changes
    seen = Seen("fix", None, line)
    if line.lstrip().startswith("#"):
        return (Nothing(not line.lstrip("# ").startswith(_REMARKS), seen=seen),)
    try:
        return Command(line, _parsed(line_of(line, node))).changes or (Nothing(seen=seen),)
    except NotFollowed as why:
        return (Unknown(str(why), seen=seen),)


def _parsed(line: Line) -> tuple[Change, ...]:
    if line.key in _READERS:
        return _READERS[line.key](line)
    if line.key[0] != "ip":
        raise NotFollowed("what this command does is not known here")
    if not line.looks:
        raise NotFollowed("this use of ip is not known here")
    return ()


def spell(change: Change) -> Command:
    """The command that makes the change."""
    return _KIND[type(change)].spell(change)


def phase(change: Change) -> Phase:
    """When it is made, among others."""
    kind = _KIND.get(type(change))
    return Phase.OTHER if kind is None else kind.phase(change)


def applied(node: Node, change: Change) -> Node:
    """The node as the kernel has it when the change is made; itself where nothing changes that is known of it."""
    kind = _KIND.get(type(change))
    return node if kind is None else kind.apply(node, change)


def describe(change: Change, before: Node) -> str:
    """One sentence of what it changes, the old and the new value; "" for what changes nothing."""
    kind = _KIND.get(type(change))
    return "" if kind is None else kind.describe(change, before, kind.apply(before, change))


def impact(change: Change, before: Node) -> str:
    """One sentence of how it can cut traffic; "" where it cannot."""
    kind = _KIND.get(type(change))
    return "" if kind is None else kind.impact(change, before, kind.apply(before, change))


def undo(change: Change, before: Node) -> tuple[str, ...]:
    """What to run, in order, so that the node is as it was before the change; nothing where it changes nothing.

    The commands are tried on the model: what they do not bring back is added, or said.
    """
    if isinstance(change, Unknown):
        return (_NO_COMMAND.format(command=legible(change.command)),)
    after = applied(before, change)
    if alike(after, before):
        return ()
    lines = tuple(_KIND[type(change)].undo(change, before, after))
    # In the order in which the kernel takes them: gateways' subnets first.
    missing = sorted(missing_routes(before, run(lines, after, applied)), key=lambda row: bool(row.gateways))
    lines += tuple(spell(PutRoute(row, replaces=False)) for row in missing)
    complete = restored(run(lines, after, applied), before)
    return lines if complete or any(line.startswith("#") for line in lines) else (*lines, _INCOMPLETE)
