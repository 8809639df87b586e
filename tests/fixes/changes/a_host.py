"""A host in a network namespace of its own, looked at through the dumps that a user would take."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.fixes.changes.kinds import applied, changes_of
from lvsdoctor.model.node import Node
from lvsdoctor.parse.paste.stream import pieces
from tests.kernel.wire import Wire, wire

_DUMPS = {
    "ip-addr": "ip -d addr show",
    "ip-route": "ip route show table all",
    "ip-rule": "ip rule show",
    "ip-neigh": "ip neigh show nud all; ip neigh show proxy",
    "iptables-save": "iptables-save",
    "sysctl": "sysctl -a -r '^net.ipv4.(conf|ip_forward$)'",
}


# The only table of nft that a test makes by itself.
TABLE = "table inet lvs"


class Host:
    """eth0 and eth1 are up and lead to somebody; neither has an address."""

    def __init__(self, on: Wire) -> None:
        self._on = on

    def run(self, line: str) -> bool:
        """A line as an administrator runs it; False where it fails."""
        return self._shell(line).returncode == 0

    def node(self) -> Node:
        """The node as its dumps show it."""
        # What iptables shows is not shown once more by nft.
        own = {"nft": f"nft -a list {TABLE}"} if self.run(f"nft list {TABLE}") else {}
        texts = [
            (name, f"$ {line}\n{self._shell(line).stdout}")
            for name, lines in {**_DUMPS, **own}.items()
            for line in lines.split("; ")
        ]
        found = [NodeDump(piece, "host", "host") for name, text in texts for piece in pieces(text, name)]
        (node,) = nodes_of(found)
        assert node.unread == ()
        return node

    def _shell(self, line: str) -> subprocess.CompletedProcess[str]:
        command = ("ip", "netns", "exec", self._on.here, "sh", "-c", line)
        return subprocess.run(command, check=False, capture_output=True, text=True)


@contextmanager
def a_host() -> Iterator[Host]:
    with wire() as on:
        yield Host(on)


def after(node: Node, *lines: str) -> Node:
    """The node as the model has it when the lines have been run."""
    for line in lines:
        for change in changes_of(line, node):
            node = applied(node, change)
    return node
