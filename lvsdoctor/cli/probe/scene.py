"""Who asks, who is known besides, and which VIPs it is about."""

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.cli.errors import CliError
from lvsdoctor.cli.probing import plan_from, put_to_the_wire
from lvsdoctor.collect.files import collect_paths
from lvsdoctor.collect.live.node import collect_live
from lvsdoctor.model.address import IP
from lvsdoctor.model.node import Node
from lvsdoctor.model.probe import Probe
from lvsdoctor.probe.targets import ProbePlan, vips_known


@dataclass(frozen=True, slots=True)
class Scene:
    """The host that asks, the nodes that are known besides, the VIPs that it is about, and all that are known."""

    prober: Node
    known: tuple[Node, ...]
    about: tuple[IP, ...]
    vips: tuple[IP, ...]

    @property
    def nodes(self) -> tuple[Node, ...]:
        return self.prober, *self.known


def scene_of(options: Namespace) -> Scene:
    """Raises CliError where there is nothing to ask for, CannotCollect for --against and --netns."""
    known = tuple(with_standing(collect_paths(options.against))) if options.against else ()
    (prober,) = with_standing((collect_live(options.netns, filters=False),))
    told = vips_known((prober, *known))
    about = tuple(dict.fromkeys(options.vips)) or told
    if not about:
        raise CliError("no VIP is known here (no IPVS table tells one): name those to ask for, lvsdoctor probe VIP")
    return Scene(prober, known, about, tuple(dict.fromkeys((*about, *told))))


def planned(scene: Scene, targets: Sequence[IP], options: Namespace) -> ProbePlan:
    """What can be asked. Raises CannotProbe for a link that is not there."""
    return plan_from(scene.prober, targets, scene.vips, options.netns, link=options.link)


def asked(plan: ProbePlan, options: Namespace) -> tuple[Probe, ...]:
    """The answers, after saying what is sent. Raises CannotProbe."""
    how = {"requests": options.requests, "wait": options.wait, "quiet": options.quiet}
    return put_to_the_wire(plan, options.netns, **how)
