"""scan --with: the nodes as they would be with a file deployed."""

import re
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lvsdoctor.cli.errors import CliError, unknown

if TYPE_CHECKING:
    from lvsdoctor.fixes.whatif import Deployed
    from lvsdoctor.model.examination import Examination
    from lvsdoctor.model.node import Node

_HOST_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_NO_DUMP = "no dump of {node} is in this scan: {file} alone tells of it"
_SUPPOSED = "this is not what is, but what would be with {files} deployed"


def add_options(parser: ArgumentParser) -> None:
    """--with."""
    what = (
        "as it would be with this file deployed (of sysctl.d or the network, keepalived.conf, a script); "
        "without a dump NODE is made (repeat)"
    )
    parser.add_argument("--with", dest="supposed", action="append", default=[], metavar="[NODE=]FILE", help=what)


def supposed(nodes: Sequence["Node"], options: Namespace) -> Sequence["Node"]:
    """The nodes with the files of --with deployed, their standing told anew. Raises CliError."""
    if not options.supposed:
        return nodes
    if options.probe:
        raise CliError("--with cannot be combined with --probe: the wire shows what is, not what would be")
    from lvsdoctor.analysis.roles import with_standing
    from lvsdoctor.cli.collecting import named_vips
    from lvsdoctor.fixes.whatif import supposing

    names = [node.name for node in nodes]
    files = [_file(text, names) for text in options.supposed]
    fresh = dict.fromkeys(file.node for file in files if file.node not in ("", *names))
    made = [_made(name, [file for file in files if file.node in ("", name)]) for name in fresh]
    return with_standing((*supposing(nodes, files), *made), role=options.role, vips=named_vips(options))


def with_remark(examination: "Examination", options: Namespace) -> "Examination":
    """The examination, with a remark that it is of what would be."""
    from dataclasses import replace

    from lvsdoctor.model.examination import Remark

    if not options.supposed:
        return examination
    remark = Remark(_SUPPOSED, {"files": ", ".join(options.supposed)})
    return replace(examination, remarks=(remark, *examination.remarks))


def _made(name: str, files: Sequence["Deployed"]) -> "Node":
    """A node of which no dump is there: what the files make of it is all that is known. Raises CliError."""
    from dataclasses import replace

    from lvsdoctor.fixes.whatif import CannotSuppose
    from lvsdoctor.fixes.whatif.made_node import made_node

    try:
        node = made_node(name, files)
    except CannotSuppose as error:
        raise CliError(str(error)) from None
    alone = _NO_DUMP.format(node=name, file=" and ".join(file.file for file in files))
    return replace(node, notes=(alone, *node.notes))


def _file(text: str, nodes: list[str]) -> "Deployed":
    from lvsdoctor.collect.errors import CannotCollect
    from lvsdoctor.collect.texts import text_of
    from lvsdoctor.fixes.whatif import CannotSuppose, SysctlFile, deployed

    name, sign, path = text.partition("=")
    if not sign or (name not in nodes and Path(text).exists()):  # a file's name may hold an equals sign
        name, path = "", text
    elif name not in nodes and not _HOST_NAME.fullmatch(name):
        raise unknown("node", name, nodes)
    try:
        file = deployed(path, text_of(Path(path)), name)
    except (CannotCollect, CannotSuppose) as error:
        raise CliError(str(error)) from None
    if not isinstance(file, SysctlFile) and not name and len(nodes) > 1:
        raise CliError(f"{path} is one node's: say whose with --with NODE={path} (nodes: {', '.join(nodes[:10])})")
    return file
