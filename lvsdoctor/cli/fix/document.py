"""What is to be done on each node, with everything that a script or a play says about it."""

from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lvsdoctor import __version__
from lvsdoctor.fixes.persist.build import about_network, lasting
from lvsdoctor.fixes.persist.parts import Part
from lvsdoctor.fixes.persist.sysctl_files import outranked
from lvsdoctor.fixes.persist.systems import Network, network_of
from lvsdoctor.fixes.plan import Plan, PlanStep
from lvsdoctor.model.change import Change, PutRoute
from lvsdoctor.model.examination import Diagnosis
from lvsdoctor.model.node import Node
from lvsdoctor.reporting.walks import clients
from lvsdoctor.sanitize import command


@dataclass(frozen=True, slots=True)
class NodeFixes:
    """For one node: the findings that go, the steps, and the parts that make them last.

    `network` says which system configures the host's network and how that is known, "" where it does not matter.
    """

    node: str
    network: str
    cleared: tuple[Diagnosis, ...]
    steps: tuple[PlanStep, ...]
    lasts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Left:
    """A finding whose fix is not offered, in one sentence, and what its fix says, where a person has to do it. A
    `remark` is no finding: nothing is left of it."""

    says: str
    lines: tuple[str, ...] = ()
    remark: bool = False


@dataclass(frozen=True, slots=True)
class FixDocument:
    """All of it: `made` says what made it and from what, `inside` how the network namespace is entered, if it is for
    one of this host. `unjudged` are sentences about what could not be judged."""

    made: str
    inside: str
    fixes: tuple[NodeFixes, ...]
    left: tuple[Left, ...]
    unjudged: tuple[str, ...] = ()


def fix_document(plan: Plan, nodes: Sequence[Node], options: Namespace, unjudged: tuple[str, ...] = ()) -> FixDocument:
    """What the plan says, for every node, or for that of --node alone."""
    inside = command("ip", "netns", "exec", options.netns) + " " if options.netns and not options.paths else ""
    source = ", ".join(options.paths) or nodes[0].source
    made = f"Made by lvsdoctor {__version__} from {source}. Nothing of it has been run."
    return FixDocument(made, inside, tuple(_fixes(plan, nodes, options)), tuple(_left(plan, options.node)), unjudged)


def _fixes(plan: Plan, nodes: Sequence[Node], options: Namespace) -> Iterator[NodeFixes]:
    by_name = {node.name: node for node in nodes}
    for name in plan.nodes:
        if options.node not in (None, name):
            continue
        node = by_name.get(name)
        network, known_by = _network(node, options)
        steps = plan.of(name)
        after = next((node for node in plan.nodes_after if node.name == name), None)
        changes = [_with_link(change, after) for step in steps for change in step.changes]
        services = node.evidence.get("ipvs", ()) if node is not None else ()
        directed = {vip for service in services for vip, _ in service.vips}
        lasts = lasting(changes, plan.persist(name), network, directed)
        lasts += tuple(outranked(node, lasts))
        about = f"the network's configuration: {network} ({known_by})" if about_network(changes) else ""
        yield NodeFixes(name, about, tuple(_cleared(plan, steps)), steps, lasts)


def _with_link(change: Change, after: Node | None) -> Change:
    """A route's change with the link that the kernel has found for its gateway."""
    if not isinstance(change, PutRoute) or change.route.links or after is None or not after.has("routes"):
        return change
    wanted = change.route
    for route in after.routes:
        if (route.dst, route.table, route.gateways) == (wanted.dst, wanted.table, wanted.gateways):
            return replace(change, route=replace(wanted, nexthops=route.nexthops))
    return change


def _left(plan: Plan, node: str | None) -> Iterator[Left]:
    """The findings whose fixes are not offered."""
    for rejected in plan.rejected:
        if node in (None, rejected.diagnosis.fix_node):
            yield Left(f"not offered: {_named(rejected.diagnosis)}: {rejected.why}")
    for left in plan.by_hand:
        if node in (None, left.node):
            yield Left(f"by hand on {left.node}: {_named(left.diagnosis)}: {left.why}", left.what)

    listed = {d.fingerprint for d in (*(r.diagnosis for r in plan.rejected), *(b.diagnosis for b in plan.by_hand))}
    for lost in plan.still_lost if plan.steps else ():
        verdict = lost.walk.deciding
        if verdict is None or any(cause.fingerprint in listed for cause in lost.explained_by):
            continue
        if node in (None, verdict.step.node):
            whose, where = clients(lost.walk.client), f"{verdict.step.node} ({verdict.step.decision})"
            yield Left(f"still lost at {where}: connections to {lost.walk.service} from {whose}: {verdict.why}")
    yield from _shown_after(plan, node)


def _shown_after(plan: Plan, node: str | None) -> Iterator[Left]:
    """What another fault hid, and what the steps leave unknown: whoever runs them looks again for it."""
    walked = {lost.walk.deciding.step.node for lost in plan.still_lost if lost.walk.deciding is not None}
    for found in plan.laid_bare if plan.steps else ():
        if node in (None, found.fix_node) and not (found.rule == "path-broken" and found.node in walked):
            yield Left(f"after the steps: {_named(found)}", found.fix.now)
    for outcome in plan.unknown_after if plan.steps else ():
        if node in (None, outcome.node):
            facts = "; ".join(dict.fromkeys(missing.command for missing in outcome.missing))
            yield Left(f"not known after the steps: {outcome.rule} on {outcome.node}: {facts}", remark=True)


def _named(diagnosis: Diagnosis) -> str:
    return f"{diagnosis.code} {diagnosis.rule}: {diagnosis.message}"


def _cleared(plan: Plan, steps: Sequence[PlanStep]) -> Iterator[Diagnosis]:
    """The findings that these steps clear, alone or with those of other nodes."""
    fixing = {found.fingerprint for step in steps for found in step.cures}
    for cleared in plan.cleared:
        if any(found.fingerprint in fixing for found in cleared.by):
            yield cleared.diagnosis


def _network(node: Node | None, options: Namespace) -> tuple[Network, str]:
    """What configures the node's network, and how that is known."""
    if options.network != "auto":
        return Network(options.network), "so says --network"
    if options.netns and not options.paths:
        return Network.NONE, "a network namespace is not configured by this host's files"
    root = Path(node.source if options.paths and node is not None else "/")
    if not options.paths or (node is not None and node.source):
        network, file = network_of(root, _scanned(root, options.paths))
        if file:
            return network, f"{file} exists"
    return Network.UNKNOWN, "no file tells"


def _scanned(root: Path, paths: Sequence[str]) -> Path:
    """The PATH in which the node's directory lies."""
    return next((path for path in map(Path, paths) if root.is_relative_to(path)), root)
