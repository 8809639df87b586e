"""Nodes as they would be, were a file deployed on them: a sysctl.d file, a keepalived.conf, a script, or another file
that configures a host (parse/config).

Every row that the file makes quotes the file's own line, and a note on the node says that this is a supposition.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from lvsdoctor.analysis.vrrp.election import elected
from lvsdoctor.fixes.whatif import config_file, keepalived, settings
from lvsdoctor.fixes.whatif.config_file import FOLLOWED
from lvsdoctor.fixes.whatif.node_edit import CannotSuppose, ConfigFile, Deployed, KeepalivedFile, SysctlFile
from lvsdoctor.model.node import Node
from lvsdoctor.model.sysctl_d import ConfiguredFile, ConfiguredLine
from lvsdoctor.parse.config import config_dumps
from lvsdoctor.parse.keepalived import is_keepalived_conf
from lvsdoctor.parse.paste.stream import pieces
from lvsdoctor.parse.reader import Dump

__all__ = ["CannotSuppose", "ConfigFile", "Deployed", "KeepalivedFile", "SysctlFile", "deployed", "supposing"]


def deployed(file: str, text: str, node: str = "") -> Deployed:
    """The file by what is in it, for `node`, or for every node. Raises CannotSuppose."""
    if is_keepalived_conf(text):
        return KeepalivedFile(file, node, text)
    found = [piece.dump for piece in pieces(text, file)]
    facts = {fact for dump in found for fact in dump.facts}
    if not facts or not facts <= {"sysctl", "configured-sysctl"}:
        return ConfigFile(file, node, _configured(file, text))
    # All of it is one file's, whatever its parts are called where it lies.
    settings = ConfiguredFile("/etc/sysctl.d/deployed.conf", tuple(line for dump in found for line in _lines(dump)))
    return SysctlFile(file, node, settings, tuple(seen for dump in found for seen in dump.unread))


def _configured(file: str, text: str) -> Dump:
    """What another file configures. Raises CannotSuppose."""
    dumps = config_dumps(text, file)
    if len(dumps) > 1:
        raise CannotSuppose(f"{file}: is for several hosts, and --with takes a file of one")
    if not dumps or FOLLOWED.isdisjoint(dumps[0].facts):
        raise CannotSuppose(
            f"{file}: sets no address, route, setting or virtual service, so nothing can be supposed of it"
        )
    return dumps[0]


def _lines(dump: Dump) -> Iterator[ConfiguredLine]:
    for part in dump.facts.get("configured-sysctl", ()):
        yield from part.lines
    for row in dump.facts.get("sysctl", ()):
        yield ConfiguredLine(row.key, row.raw, row.seen)


def supposing(nodes: Sequence[Node], files: Sequence[Deployed]) -> tuple[Node, ...]:
    """The nodes after all files were deployed, in their order. Their standing is still that of before.

    What the wire said before (an `arping` among the dumps) says nothing of afterwards.
    """
    confs = {
        (node.name, file): file.conf_for(node)
        for node in nodes
        for file in files
        if isinstance(file, KeepalivedFile) and file.node in ("", node.name)
    }
    election = elected(nodes, [(name, conf.instances) for (name, _), conf in confs.items()])
    supposed = []
    for node in nodes:
        for file in files:
            if isinstance(file, KeepalivedFile) and (conf := confs.get((node.name, file))):
                node = keepalived.deployed_on(node, file.file, conf, election)
            elif isinstance(file, SysctlFile) and file.node in ("", node.name):
                node = settings.deployed_on(node, file)
            elif isinstance(file, ConfigFile) and file.node in ("", node.name):
                node = config_file.deployed_on(node, file)
        evidence = {fact: rows for fact, rows in node.evidence.items() if fact != "probes"}
        supposed.append(replace(node, evidence=evidence))
    return tuple(supposed)
