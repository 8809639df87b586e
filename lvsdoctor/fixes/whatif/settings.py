"""A sysctl.d file deployed: `sysctl --system` has read it."""

from lvsdoctor.collect.assemble import without_globs
from lvsdoctor.fixes.whatif.node_edit import Becoming, SysctlFile, command_for
from lvsdoctor.model.change import SetSysctl
from lvsdoctor.model.node import Node
from lvsdoctor.reporting.summary import counted


def deployed_on(node: Node, file: SysctlFile) -> Node:
    """The node with the file's settings; of two to one key the last wins."""
    becoming = Becoming(node, file.file)
    wanted = without_globs({row.key: row for row in file.settings}, node.links if node.has("links") else ())
    becoming.note("as it would be with {file} deployed ({count})", count=counted(len(wanted), "setting"))
    if not node.has("sysctl"):
        becoming.put("sysctl", {})
        becoming.note(
            "the settings of {node} were not collected: what {file} leaves open is taken for the kernel's default"
        )
    for row in wanted.values():
        if ".conf.*." in row.key:
            continue
        command = command_for(row.seen, row.key)
        if not becoming.change(SetSysctl(command, row.key, row.raw), row.seen):
            becoming.note("{seen}: {node} has no {key}, so this changes nothing", seen=row.seen, key=row.key)
    return becoming.finished(file.unread)
