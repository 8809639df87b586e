"""`scan --probe`: asks the wire for what the scan is about, before the rules run, so that they see the answers."""

import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import replace

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.cli.errors import CliError
from lvsdoctor.cli.output import progress
from lvsdoctor.collect.errors import CannotCollect
from lvsdoctor.collect.live.wireless import wireless_links
from lvsdoctor.model.address import IP
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.node import Node
from lvsdoctor.model.probe import Probe
from lvsdoctor.model.standing import Role, RoleEvidence
from lvsdoctor.probe.asking import REQUESTS, WAIT, ask, duration, summary
from lvsdoctor.probe.session import ProbeRun, same_host
from lvsdoctor.probe.targets import ProbePlan, plan, reasons, rips_known, vips_known
from lvsdoctor.probe.wire import CannotProbe

_FEW = 3  # addresses that could not be asked for, by name


def ask_about(nodes: Sequence[Node], options: Namespace, vips: Sequence[IP]) -> tuple[Sequence[Node], ProbeRun]:
    """The nodes, one of them with what was answered, and all that was asked; CliError where it must and cannot be.

    The host that asks is this one or that of --netns: the scanned node itself, or beside a snapshot.
    """
    try:
        return _asked(nodes, options, vips)
    except CannotCollect as error:
        raise CliError(str(error)) from None  # --netns names it
    except CannotProbe as error:
        if options.probe == "require":
            raise CliError(str(error)) from None
        return _noted(nodes, 0, [f"Not probed: {error}."]), ProbeRun(why=str(error))


def _asked(nodes: Sequence[Node], options: Namespace, vips: Sequence[IP]) -> tuple[Sequence[Node], ProbeRun]:
    if not sys.platform.startswith("linux"):
        raise CannotProbe("probing needs Linux")
    about = tuple(dict.fromkeys((*vips, *vips_known(nodes))))
    if not about:
        raise CannotProbe("no VIP is known to ask for; name one with --vip ADDR")
    prober = prober_of(nodes, options)
    planned = plan_from(prober, (*about, *_own_addresses(nodes, prober, about)), about, options.netns)
    unasked = [each for each in planned.unasked if each.target in about]
    if all(each.target not in about for each in planned.questions):
        raise CannotProbe(reasons(unasked))
    quiet = options.quiet or not sys.stderr.isatty()  # a scan's stderr tells of trouble alone
    asked = ProbeRun(prober, put_to_the_wire(planned, options.netns, quiet=quiet), tuple(unasked))
    place = _place(nodes, asked, about)
    besides = place is None
    if place is None:
        nodes, place = (*nodes, _renamed(prober, nodes)), len(nodes)
    notes = [f"{each.target} was not asked for: {each.why}." for each in unasked[:_FEW]]
    if len(unasked) > _FEW:
        notes.append(f"{len(unasked) - _FEW} more VIPs were not asked for.")
    # Once more, for each node also knows the others, and so what they heard.
    placed = with_standing(_noted(_with_probes(nodes, place, asked), place, notes), role=options.role, vips=vips)
    return (*placed[:-1], _client(placed)) if besides else placed, asked


# -- who asks, and for what -------------------------------------------------------------------------------------------


def prober_of(nodes: Sequence[Node], options: Namespace) -> Node:
    """The host that asks, live. A live scan has collected it already. Raises CannotCollect."""
    if not (options.paths or getattr(options, "of_node", ())):
        return nodes[0]
    from lvsdoctor.collect.live.node import collect_live

    return collect_live(options.netns, filters=False)


def plan_from(
    prober: Node, targets: Sequence[IP], vips: Sequence[IP], netns: str | None, *, link: str | None = None
) -> ProbePlan:
    """What the prober can ask, on its wireless links too, never in a VIP's name. Raises CannotProbe."""
    try:
        return plan(prober, targets, link=link, vips=vips, wireless=wireless_links(own_namespace=netns is None))
    except NotCollected as lacking:
        raise CannotProbe(f"probing needs to know this host: {lacking}") from None


def put_to_the_wire(
    planned: ProbePlan, netns: str | None, *, quiet: bool, requests: int = REQUESTS, wait: float = WAIT
) -> tuple[Probe, ...]:
    """The answers; unless `quiet`, stderr is told beforehand how much is asked and how long it takes.

    Raises CannotProbe.
    """
    questions = planned.questions
    if not questions:
        return ()
    said = summary(questions, requests, duration(questions, requests, wait))
    with progress(said, quiet=quiet) as done:
        return ask(questions, netns=netns, requests=requests, wait=wait, progress=done)


def _own_addresses(nodes: Sequence[Node], prober: Node, vips: Sequence[IP]) -> Iterator[IP]:
    """RIPs, and the nodes' addresses that the prober is in a subnet with: who answers for one is that host, and up."""
    yield from rips_known(nodes)
    if not prober.has("addresses"):
        return
    near = [held for held in prober.addresses if not held.host_only and not held.ip.is_link_local]
    own = {held.ip for held in prober.addresses} | set(vips)
    for node in nodes:
        for held in node.addresses if node.has("addresses") else ():
            if held.ip not in own and not held.ip.is_loopback and any(held.ip in other.network for other in near):
                yield held.ip


# -- where the answers go ---------------------------------------------------------------------------------------------


def _place(nodes: "Sequence[Node]", asked: "ProbeRun", vips: "Sequence[IP]") -> int | None:
    """Which of the nodes is the host that asked; None if it is in no snapshot."""
    links = {probe.link for probe in asked.probes}
    return next(
        (n for n, node in enumerate(nodes) if asked.prober and same_host(asked.prober, node, links, vips)), None
    )


def _renamed(prober: Node, nodes: Sequence[Node]) -> Node:
    """The host that asked, as another node of the scan: what it heard is its own evidence, and nobody else's."""
    taken = any(node.name == prober.name for node in nodes)
    return replace(prober, name=f"{prober.name} (live)" if taken else prober.name)


def _client(nodes: Sequence[Node]) -> Node:
    """The last of the nodes, which asked and is in no snapshot: --role is about the others."""
    placed = with_standing(nodes)[-1]
    roles = placed.standing.roles or (RoleEvidence(Role.CLIENT, "it asked the wire, and is in no snapshot"),)
    return replace(placed, standing=replace(placed.standing, roles=roles))


def _with_probes(nodes: "Sequence[Node]", place: int, asked: "ProbeRun") -> "Sequence[Node]":
    """Beside the node's own arpings; a link's name is that of the snapshot, where it has the same MAC."""
    node, prober = nodes[place], asked.prober
    links = node.links if node.has("links") else ()

    def there(name: str) -> str:
        mac = next((link.mac for link in prober.links if link.name == name), "") if prober is not None else ""
        known = any(link.name == name for link in links) or not links
        return name if known else next((link.name for link in node.links_with_mac(mac)), "")

    probes = tuple(replace(probe, link=there(probe.link)) for probe in asked.probes)
    evidence = {**node.evidence, "probes": (*node.evidence.get("probes", ()), *probes)}
    return tuple(replace(each, evidence=evidence) if each is node else each for each in nodes)


def _noted(nodes: Sequence[Node], place: int, notes: Sequence[str]) -> Sequence[Node]:
    return tuple(
        replace(node, notes=(*node.notes, *notes)) if number == place else node for number, node in enumerate(nodes)
    )
