"""lvsdoctor probe: who answers for the VIPs?"""

from argparse import Namespace

from lvsdoctor.cli.errors import CliError
from lvsdoctor.cli.probe import page
from lvsdoctor.cli.probe.scene import Scene, asked, planned
from lvsdoctor.probe.naming import Names
from lvsdoctor.probe.responses import answers
from lvsdoctor.probe.targets import reasons, rips_known


def run(scene: Scene, options: Namespace) -> bool:
    """Whether one host answers for each."""
    # The real servers' own addresses are asked for besides: whoever answers for one is that real server.
    plan = planned(scene, (*scene.about, *rips_known(scene.nodes)), options)
    unasked = [each for each in plan.unasked if each.target in scene.about]
    if all(each.target not in scene.about for each in plan.questions):
        hint = "" if options.link else " (to ask all the same, name the interface with `--link`)"
        raise CliError(reasons(unasked) + hint)
    if options.dry_run:
        page.put_plan(plan.questions, unasked, (), options)
        return True
    probes = asked(plan, options)
    names = Names(scene.prober, scene.known, probes, scene.vips)
    told = [each for each in answers(plan.questions, probes, names, scene.prober) if each.target in scene.about]
    page.put_answers(told, unasked, options)
    return all(each.fine for each in told)
