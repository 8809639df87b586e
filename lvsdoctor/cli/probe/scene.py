"""Who asks, who is known besides, and which VIPs it is about."""

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass

from lvsdoctor.cli.exits import Trouble
from lvsdoctor.cli.output import progress
from lvsdoctor.collect.files import collect_paths
from lvsdoctor.collect.live.node import collect_live
from lvsdoctor.collect.live.wireless import wireless_links
from lvsdoctor.model.address import IP
from lvsdoctor.model.node import Node
from lvsdoctor.model.probe import Probe
from lvsdoctor.probe.asking import ask, duration, summary
from lvsdoctor.probe.targets import Plan, plan, vips_known
from lvsdoctor.roles import with_standing


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
    """Raises Trouble where there is nothing to ask for, CannotCollect for --against and --netns."""
    known = tuple(with_standing(collect_paths(options.against))) if options.against else ()
    (prober,) = with_standing((collect_live(options.netns),))
    told = vips_known((prober, *known))
    about = tuple(dict.fromkeys(options.vips)) or told
    if not about:
        raise Trouble("no VIP is known here (no IPVS table tells one): name those to ask for, lvsdoctor probe VIP")
    return Scene(prober, known, about, tuple(dict.fromkeys((*about, *told))))


def planned(scene: Scene, targets: Sequence[IP], options: Namespace) -> Plan:
    """What can be asked. Raises CannotProbe for a link that is not there."""
    wireless = wireless_links(own_namespace=options.netns is None)
    return plan(scene.prober, targets, link=options.link, vips=scene.vips, wireless=wireless)


def asked(plan: Plan, options: Namespace) -> tuple[Probe, ...]:
    """The answers, after saying what is sent. Raises CannotProbe."""
    questions, requests, wait = plan.questions, options.requests, options.wait
    if not questions:
        return ()
    said = summary(questions, requests, duration(questions, requests, wait))
    with progress(said, quiet=options.quiet) as done:
        return ask(questions, netns=options.netns, requests=requests, wait=wait, progress=done)
