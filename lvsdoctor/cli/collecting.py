"""Where the nodes of a scan come from: this host, or the PATHs; what verbs that scan have in common."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from ipaddress import ip_address
from typing import TYPE_CHECKING

from lvsdoctor.cli.errors import CliError

if TYPE_CHECKING:
    from lvsdoctor.model.address import IP
    from lvsdoctor.model.node import Node

ROLES = ("auto", "director", "real-server", "none")


def add_options(parser: ArgumentParser, netns: str = "inspect this network namespace instead") -> None:
    """PATH, --role, --vip and --netns."""
    add = parser.add_argument
    add("paths", nargs="*", metavar="PATH", help="dumps to read instead of this node")
    add("--role", choices=ROLES, default="auto", metavar="ROLE", help=f"{', '.join(ROLES)} (default auto)")
    add("--vip", action="append", default=[], metavar="ADDR", help="a VIP that the nodes must carry (repeat)")
    add("--netns", metavar="NAME", help=netns)


def collected(options: Namespace) -> Sequence["Node"]:
    """The nodes that the options ask for, each with its standing. Raises CliError."""
    from lvsdoctor.analysis.roles import with_standing
    from lvsdoctor.collect.errors import CannotCollect

    vips = named_vips(options)
    try:
        return with_standing(_nodes(options), role=options.role, vips=vips)
    except CannotCollect as error:
        raise CliError(str(error)) from None


def named_vips(options: Namespace) -> list["IP"]:
    """The addresses of --vip. Raises CliError."""
    return [_address(text) for text in options.vip]


def _nodes(options: Namespace) -> Sequence["Node"]:
    if options.paths:
        if options.netns and not getattr(options, "probe", None):
            raise CliError("--netns is about a live scan and cannot be combined with a PATH (but with --probe)")
        from lvsdoctor.collect.files import collect_paths

        return collect_paths(options.paths)
    if not sys.platform.startswith("linux"):
        raise CliError("a live scan needs Linux; name the dumps to read (lvsdoctor scan PATH)")
    from lvsdoctor.collect.live.node import collect_live

    return (collect_live(options.netns),)


def _address(text: str) -> "IP":
    try:
        return ip_address(text)
    except ValueError:
        raise CliError(f"--vip {text!r} is no IP address") from None
