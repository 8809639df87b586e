"""lvsdoctor probe: ask the wire who has a VIP, who accepts it, who speaks in its name."""

from argparse import ArgumentTypeError, Namespace, RawDescriptionHelpFormatter, _SubParsersAction
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from lvsdoctor.cli.exits import FINDINGS, OK, Trouble

if TYPE_CHECKING:
    from lvsdoctor.model.address import IP
    from lvsdoctor.model.node import Node
    from lvsdoctor.model.probe import Probe
    from lvsdoctor.probe.targets import Plan

_DESCRIPTION = """Ask the wire who has a VIP, and name everybody who answers.

Three ARP requests for each address, in this host's own name and as address
probes (sender 0.0.0.0); for IPv6, neighbour solicitations. No request carries
a VIP as sender, and none changes what other hosts know of the VIP. Without
VIP: those of this host's IPVS table. Needs root, or CAP_NET_RAW alone.

--accepts, on a director, sends one TCP SYN to each real server's MAC with the
VIP as destination, and a RST after the answer: it tells which real servers
take the VIP at all, which a health check of the RIP cannot. --listen sends
nothing: it hears who speaks in the name of a VIP, and ICMP redirects.
"""
_EPILOG = """exit codes:
  0  one host answers for each VIP; every real server accepts it; nothing was heard
  1  several hosts answer for a VIP, or nobody; a real server does not accept it;
     somebody spoke in a VIP's name
  2  wrong usage, nothing could be asked
"""


def add_to(verbs: "_SubParsersAction[Any]") -> None:
    """Add `probe` and its options."""
    parser = verbs.add_parser(
        "probe",
        help="ask the wire who answers for a VIP",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    add = parser.add_argument
    add("vips", nargs="*", metavar="VIP", type=_address, help="addresses to ask for")
    add("--link", metavar="LINK", help="ask on this link (default: those whose subnet the VIP is in)")
    add("--netns", metavar="NAME", help="ask from this network namespace")
    add("--against", action="append", default=[], metavar="PATH", help="dumps that tell whose MAC it is (repeat)")
    add("--requests", type=_count, default=3, metavar="N", help="for each address, three a second (default 3)")
    add("--wait", type=_seconds, default=0.35, metavar="SECONDS", help="after the last request (default 0.35)")
    modes = parser.add_mutually_exclusive_group()
    modes.add_argument("--accepts", action="store_true", help="try whether the real servers take the VIP (TCP SYN)")
    modes.add_argument("--listen", type=_seconds, metavar="SECONDS", help="send nothing, listen")
    add("--dry-run", action="store_true", help="only say what would be sent")
    add("-f", "--format", choices=("terminal", "json"), default="terminal", metavar="NAME", help="terminal, json")
    add("--color", choices=("auto", "always", "never"), default="auto", metavar="WHEN", help="auto, always, never")
    add("-q", "--quiet", action="store_true", help="say nothing about the progress")
    add("-v", "--verbose", action="count", default=0, help="tracebacks")


def run(options: Namespace) -> int:
    """Ask, and tell by the exit code."""
    from lvsdoctor.collect.errors import CannotCollect
    from lvsdoctor.probe.wire import CannotProbe

    try:
        scene = _scene(options)
        if options.listen is not None:
            return _listen(scene, options)
        return (_accepts if options.accepts else _who_has)(scene, options)
    except (CannotProbe, CannotCollect) as error:
        raise Trouble(str(error)) from None


@dataclass(frozen=True, slots=True)
class Scene:
    """The host that asks, the nodes that are known besides, the VIPs that it is about, and all that are known."""

    prober: "Node"
    known: "Sequence[Node]"
    about: "tuple[IP, ...]"
    vips: "tuple[IP, ...]"

    @property
    def nodes(self) -> "tuple[Node, ...]":
        return self.prober, *self.known


def _scene(options: Namespace) -> Scene:
    import sys

    from lvsdoctor.roles import with_standing

    if not sys.platform.startswith("linux"):
        raise Trouble("probing needs Linux")
    from lvsdoctor.collect.files import collect_paths
    from lvsdoctor.collect.live.node import collect_live
    from lvsdoctor.probe.targets import vips_known

    known = tuple(with_standing(collect_paths(options.against))) if options.against else ()
    (prober,) = with_standing((collect_live(options.netns),))
    told = vips_known((prober, *known))
    about = tuple(dict.fromkeys(options.vips)) or told
    if not about:
        raise Trouble("no VIP is known here (no IPVS table tells one): name those to ask for, lvsdoctor probe VIP")
    return Scene(prober, known, about, tuple(dict.fromkeys((*about, *told))))


def _plan(scene: Scene, targets: "Sequence[IP]", options: Namespace) -> "Plan":
    from lvsdoctor.collect.live.wireless import wireless_links
    from lvsdoctor.probe.targets import plan

    wireless = wireless_links(own_namespace=options.netns is None)
    return plan(scene.prober, targets, link=options.link, vips=scene.vips, wireless=wireless)


def _asked(planned: "Plan", options: Namespace) -> "tuple[Probe, ...]":
    from lvsdoctor.cli.output import progress
    from lvsdoctor.probe.asking import ask, duration, summary

    questions, requests, wait = planned.questions, options.requests, options.wait
    if not questions:
        return ()
    with progress(summary(questions, requests, duration(questions, requests, wait)), quiet=options.quiet) as done:
        return ask(questions, netns=options.netns, requests=requests, wait=wait, progress=done)


# -- the three ways to ask --------------------------------------------------------------------------------------------


def _who_has(scene: Scene, options: Namespace) -> int:
    from lvsdoctor.cli import probe_page as page
    from lvsdoctor.probe.answers import answers
    from lvsdoctor.probe.naming import Names
    from lvsdoctor.probe.targets import rips_known

    # The real servers' own addresses are asked for besides: whoever answers for one is that real server.
    planned = _plan(scene, (*scene.about, *rips_known(scene.nodes)), options)
    unasked = [each for each in planned.unasked if each.target in scene.about]
    if all(each.target not in scene.about for each in planned.questions):
        raise Trouble("; ".join(dict.fromkeys(each.why for each in unasked)))
    if options.dry_run:
        page.put_plan(planned.questions, unasked, options)
        return OK
    probes = _asked(planned, options)
    names = Names(scene.prober, scene.known, probes, scene.vips)
    told = [a for a in answers(planned.questions, probes, names, scene.prober) if a.target in scene.about]
    page.put_answers(told, unasked, options)
    return OK if all(each.fine for each in told) else FINDINGS


def _accepts(scene: Scene, options: Namespace) -> int:
    raise Trouble("not yet")


def _listen(scene: Scene, options: Namespace) -> int:
    raise Trouble("not yet")


# -- words of the command line ----------------------------------------------------------------------------------------


def _address(text: str) -> "IP":
    try:
        return ip_address(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no IP address") from None


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1000:
        raise ArgumentTypeError(f"{text!r} is no number from 1 to 1000")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds <= 86400:
        raise ArgumentTypeError(f"{text!r} is no number of seconds up to a day")
    return seconds
