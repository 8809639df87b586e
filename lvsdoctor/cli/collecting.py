"""Where the nodes of a scan come from: this host, or the PATHs; what verbs that scan have in common."""

import os
import re
import stat
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from typing import TYPE_CHECKING

from lvsdoctor.cli import segments, workers
from lvsdoctor.cli.errors import CliError

if TYPE_CHECKING:
    from lvsdoctor.engine.rule import Rule
    from lvsdoctor.model.address import IP
    from lvsdoctor.model.examination import UnreadPath
    from lvsdoctor.model.node import Node

_HOST_NAME = re.compile(r"[A-Za-z0-9_][\w.:-]*")
ROLES = ("auto", "director", "real-server", "none")


def add_options(parser: ArgumentParser, netns: str = "inspect this network namespace instead") -> None:
    """PATH, --role, --vip, --segment, --netns, -j and --no-commands."""
    add = parser.add_argument
    add("paths", nargs="*", default=[], metavar="PATH", help="dumps to read instead of this node")
    add("--role", choices=ROLES, default="auto", metavar="ROLE", help=f"{', '.join(ROLES)} (default auto)")
    add("--vip", action="append", default=[], metavar="ADDR", help="a VIP that the nodes must carry (repeat)")
    segments.add_option(parser)
    add("--netns", metavar="NAME", help=netns)
    workers.add_options(parser)
    add("--no-commands", action="store_true", help="leave out what iptables-save, ip6tables-save and nft show")


def add_node(parser: ArgumentParser) -> None:
    """--node."""
    what = "read this PATH, all of which is of node NAME, whatever its files are called (repeat)"
    parser.add_argument("--node", dest="of_node", action="append", default=[], metavar="NAME=PATH", help=what)


@dataclass(frozen=True, slots=True)
class Collected:
    """The nodes that were asked for, each with its standing, and the PATHs that hold no dump."""

    nodes: Sequence["Node"]
    unread: tuple["UnreadPath", ...]


def collected(options: Namespace, rules: Iterable["Rule"]) -> Collected:
    """What the options ask for; contradictions that change nothing of what the rules say are notes. Raises CliError."""
    from lvsdoctor.analysis.roles import with_standing
    from lvsdoctor.collect.errors import CannotCollect

    stand = partial(with_standing, role=options.role, vips=named_vips(options))
    unread: list[UnreadPath] = []
    try:
        nodes = _nodes(options, unread)
    except CannotCollect as error:
        raise CliError(str(error)) from None
    nodes = segments.named(nodes, options)
    if any(node.contradictions for node in nodes):
        from lvsdoctor.engine.contradictions import settled

        return Collected(settled(nodes, rules, stand), tuple(unread))
    return Collected(stand(nodes), tuple(unread))


def named_vips(options: Namespace) -> list["IP"]:
    """The addresses of --vip. Raises CliError."""
    return [_address(text) for text in options.vip]


def _nodes(options: Namespace, unread: list["UnreadPath"]) -> Sequence["Node"]:
    if paths := [*options.paths, *named_paths(options)]:
        if options.netns and not getattr(options, "probe", None):
            raise CliError("--netns is about a live scan and cannot be combined with a PATH (but with --probe)")
        from lvsdoctor.collect.files import collect_paths

        return collect_paths(paths, unread, workers.workers(options))
    if options.netns is None and _standard_input_is_a_file():
        words = " ".join(filter(None, (options.verb, getattr(options, "target", ""))))
        raise CliError(
            f"standard input is a file, but without a PATH {options.verb} reads this host. "
            f"To read the file: lvsdoctor {words} - < FILE"
        )
    if not sys.platform.startswith("linux"):
        raise CliError("a live scan needs Linux; name the dumps to read (lvsdoctor scan PATH)")
    from lvsdoctor.collect.live.node import collect_live

    return (collect_live(options.netns, commands=not options.no_commands),)


def named_paths(options: Namespace) -> list[tuple[str, str]]:
    """The names and paths of `scan --node`. Raises CliError."""
    return list(map(_named_path, getattr(options, "of_node", ())))


def _named_path(text: str) -> tuple[str, str]:
    name, _, path = text.partition("=")
    if not _HOST_NAME.fullmatch(name) or not path:
        raise CliError(f"--node {text!r} is not NAME=PATH")
    return name, path


def _standard_input_is_a_file() -> bool:
    """One that is not empty: who gives it means it. A pipe and /dev/null are what cron, ssh and CI leave there."""
    try:
        status = os.fstat(sys.stdin.fileno())
    except (AttributeError, OSError, ValueError):  # closed, or no stream of the operating system's
        return False
    return stat.S_ISREG(status.st_mode) and status.st_size > 0


def _address(text: str) -> "IP":
    try:
        return ip_address(text)
    except ValueError:
        raise CliError(f"--vip {text!r} is no IP address") from None
