"""lvsdoctor probe: ask the wire who has a VIP, who accepts it, who speaks in its name."""

from argparse import ArgumentTypeError, Namespace, RawDescriptionHelpFormatter, _SubParsersAction
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from lvsdoctor.cli.errors import FINDINGS, OK, CliError

if TYPE_CHECKING:
    from lvsdoctor.model.address import IP

_DESCRIPTION = """Send ARP requests for a VIP, and name every host that answers.

Three ARP requests for each address, in this host's own name and as address
probes (sender 0.0.0.0); for IPv6, neighbour solicitations. No request carries
a VIP as sender, and none changes what other hosts know of the VIP. Without
VIP: those of this host's IPVS table. Needs root, or CAP_NET_RAW alone.

--accepts, on a director, sends one TCP SYN to each real server's MAC with the
VIP as destination, and a RST after the answer: it tells which real servers
take the VIP at all, which a health check of the RIP cannot. --listen sends
nothing: it shows hosts that use a VIP as sender, and ICMP redirects.
"""
_EPILOG = """exit codes:
  0  one host answers for each VIP; every real server accepts it; nothing was received
  1  two or more hosts answer for a VIP, or none; a real server does not accept it;
     another host used a VIP as sender
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
    add("--link", metavar="LINK", help="ask on this interface (default: those whose subnet has the VIP)")
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
    add("-v", "--verbose", action="count", default=0, help="all that was not asked for; tracebacks")


def run(options: Namespace) -> int:
    """Ask, and tell by the exit code."""
    from importlib import import_module

    from lvsdoctor.cli.probe.scene import scene_of
    from lvsdoctor.collect.errors import CannotCollect
    from lvsdoctor.probe.wire import CannotProbe

    way = "listen" if options.listen is not None else "accepts" if options.accepts else "who_has"
    try:
        fine: bool = import_module(f"lvsdoctor.cli.probe.{way}").run(scene_of(options), options)
    except (CannotProbe, CannotCollect) as error:
        raise CliError(str(error)) from None
    return OK if fine else FINDINGS


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
