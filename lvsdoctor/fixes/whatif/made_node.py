"""A node of which no dump is in the scan: what its files configure is all that is known of it."""

from collections.abc import Iterator, Sequence

from lvsdoctor.collect.assemble import nodes_of
from lvsdoctor.collect.documents import NodeDump
from lvsdoctor.fixes.whatif.node_edit import CannotSuppose, Deployed, KeepalivedFile, SysctlFile
from lvsdoctor.model.coverage import Origin
from lvsdoctor.model.node import Node
from lvsdoctor.parse.config import config_dumps
from lvsdoctor.parse.paste.stream import Piece
from lvsdoctor.parse.reader import Dump

__all__ = ["made_node"]


def made_node(name: str, files: Sequence[Deployed]) -> Node:
    """The host as a scan of these files has it, whatever they are called. Raises CannotSuppose."""
    place = f"node {name}"
    dumps = [
        NodeDump(Piece(name, dump), name, file.file, file.file, file.file, place=place, stays=True)
        for file in files
        for dump in _dumps(file)
    ]
    nodes = nodes_of(dumps)
    if len(nodes) != 1:
        raise CannotSuppose(f"{files[0].file}: nothing of it can be supposed of {name}")
    return nodes[0]


def _dumps(file: Deployed) -> Iterator[Dump]:
    if isinstance(file, SysctlFile):
        yield Dump({"configured-sysctl": (file.settings,)}, file.unread, origin=Origin.CONFIGURED)
    elif isinstance(file, KeepalivedFile):
        yield from config_dumps(file.text, file.file, file.node or "")
    else:
        yield file.dump
