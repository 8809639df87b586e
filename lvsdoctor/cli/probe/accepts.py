"""lvsdoctor probe --accepts: which real servers take the VIP at all?"""

from argparse import Namespace
from collections.abc import Iterator
from dataclasses import replace

from lvsdoctor.cli.errors import CliError
from lvsdoctor.cli.output import progress
from lvsdoctor.cli.probe import page
from lvsdoctor.cli.probe.scene import Scene, asked, planned
from lvsdoctor.model.node import Node
from lvsdoctor.model.probe import Probe, Reply
from lvsdoctor.model.seen import Seen
from lvsdoctor.probe.accepting import TRIES, duration, send_syns, summary
from lvsdoctor.probe.naming import Names
from lvsdoctor.probe.targets import ProbePlan, reasons, rips_known
from lvsdoctor.probe.tcp_syn import syn_probes

_NOT_YET = Seen("not asked", None, "")


def run(scene: Scene, options: Namespace) -> bool:
    """Whether every real server that can be tried takes its VIPs."""
    director = _with_tables(scene)
    plan = planned(scene, rips_known([director]), options)
    probes = tuple(_unheard(plan)) if options.dry_run else asked(plan, options)
    tries, untried = syn_probes(director, probes, options.vips)
    if options.dry_run:
        page.put_plan(plan.questions, untried, tries, options)
        return True
    if not tries:
        raise CliError(reasons(untried) or "no service has a real server to try")
    with progress(summary(tries, TRIES, duration(tries)), quiet=options.quiet) as done:
        accepted = send_syns(tries, netns=options.netns, progress=done)
    page.put_accepted(accepted, untried, Names(scene.prober, scene.known, probes, scene.vips), options)
    return all(each.fine for each in accepted)


def _with_tables(scene: Scene) -> Node:
    """The host that asks, with its own IPVS table, or those of the dumps if it has none."""
    for nodes in ((scene.prober,), scene.known):
        services = tuple(service for node in nodes if node.has("ipvs") for service in node.services)
        if services:
            return replace(scene.prober, evidence={**scene.prober.evidence, "ipvs": services})
    raise CliError(
        "--accepts tries the real servers of a director: this host has no IPVS table (and --against has none)"
    )


def _unheard(plan: ProbePlan) -> Iterator[Probe]:
    """Answers as they might be, so that a dry run can tell what would follow."""
    for question in plan.questions:
        seen_later = Reply(f"the MAC that answers for {question.target}", _NOT_YET)
        yield Probe(question.target, question.link, _NOT_YET, (seen_later,), question.senders)
