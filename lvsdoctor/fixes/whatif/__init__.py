"""Nodes as they would be, were a file deployed on them: a sysctl.d file, or a keepalived.conf.

Every row that the file makes quotes the file's own line, and a note on the node says that this is a supposition.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from lvsdoctor.analysis.election import elected
from lvsdoctor.fixes.whatif import keepalived, settings
from lvsdoctor.fixes.whatif.node_edit import CannotSuppose, Deployed, KeepalivedFile, SysctlFile
from lvsdoctor.model.node import Node
from lvsdoctor.model.sysctl_d import ConfiguredFile, ConfiguredLine
from lvsdoctor.parse.keepalived import is_keepalived_conf
from lvsdoctor.parse.paste.stream import pieces
from lvsdoctor.parse.reader import Dump

__all__ = ["CannotSuppose", "Deployed", "KeepalivedFile", "SysctlFile", "deployed", "supposing"]


def deployed(file: str, text: str, node: str = "") -> Deployed:
    """The file by what is in it, for `node`, or for every node. Raises CannotSuppose."""
    if is_keepalived_conf(text):
        return KeepalivedFile(file, node, text)
    found = [piece.dump for piece in pieces(text, file)]
    facts = {fact for dump in found for fact in dump.facts}
    if not facts or not facts <= {"sysctl", "configured-sysctl"}:
        raise CannotSuppose(
            f"{file}: is neither a sysctl.d file nor a keepalived.conf, so nothing can be supposed of it"
        )
    # All of it is one file's, whatever its parts are called where it lies.
    settings = ConfiguredFile("/etc/sysctl.d/deployed.conf", tuple(line for dump in found for line in _lines(dump)))
    return SysctlFile(file, node, settings, tuple(seen for dump in found for seen in dump.unread))


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
        evidence = {fact: rows for fact, rows in node.evidence.items() if fact != "probes"}
        supposed.append(replace(node, evidence=evidence))
    return tuple(supposed)
