"""A sysctl.d file deployed: `sysctl --system` has read it."""

from collections.abc import Sequence

from lvsdoctor.fixes.whatif.node_edit import NodeEdit, SysctlFile
from lvsdoctor.model.node import Node
from lvsdoctor.model.sysctl_d import ConfiguredFile, ConfiguredSysctl, configured_sysctl
from lvsdoctor.reporting.summary import counted


def deployed_on(node: Node, file: SysctlFile) -> Node:
    """The node with the file's settings; of two to one key the last wins."""
    edit = NodeEdit(node, file.file)
    count = len(_wanted(edit, [file.settings]))
    edit.note("as it would be with {file} deployed ({count})", count=counted(count, "setting"))
    write_settings(edit, [file.settings])
    return edit.finished(file.unread)


def _wanted(edit: NodeEdit, files: Sequence[ConfiguredFile]) -> ConfiguredSysctl:
    node = edit.node
    return configured_sysctl([list(files)], [link.name for link in node.links] if node.has("links") else ())


def write_settings(edit: NodeEdit, files: Sequence[ConfiguredFile]) -> None:
    """What the files set, on the node."""
    node, wanted = edit.node, _wanted(edit, files)
    if not node.has("sysctl"):
        edit.put("sysctl", {})
        edit.note(
            "the settings of {node} were not collected: what {file} leaves open is taken for the kernel's default"
        )
    for row in wanted.values():
        if not edit.write(row):
            edit.note("{seen}: {node} has no {key}, so this changes nothing", seen=row.seen, key=row.key)
