"""The kernel makes routes of every address: a dump that lacks one was cut, and what is missing proves nothing."""

import pytest

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.engine.loader import load_rules
from lvsdoctor.engine.runner import examine
from lvsdoctor.model.node import Node
from lvsdoctor.parse.paste.stream import pieces
from tests.collect.packings import COMMANDS, dumps

RULES = load_rules()


def cluster(host: str, lost: str) -> tuple[Node, ...]:
    """The example, whose route dump of one host lacks the lines that hold these words."""
    text = ""
    for name in ("lb1", "rs1", "rs2"):
        for dump, lines in dumps(name).items():
            if (name, dump) == (host, "ip-route"):
                kept = "".join(line for line in lines.splitlines(keepends=True) if lost not in line)
            else:
                kept = lines
            text += f"[root@{name} ~]# {COMMANDS[dump]}\n{kept}"
    return with_standing(nodes_of([NodeDump(piece, "stdin", "standard input") for piece in pieces(text, "stdin")]))


@pytest.mark.parametrize("lost", ["local 192.0.2.10 ", "192.0.2.0/24 dev eth0 proto kernel", "local 192.0.2.22 "])
def test_lines_lost_from_a_route_dump_make_no_error(lost: str) -> None:
    found = examine(cluster("rs2", lost), RULES).diagnoses
    assert {(d.code, d.node) for d in found if d.severity.value == "error"} <= {("ARP002", "rs2")}


def test_the_address_whose_route_is_lacking_says_why_the_routes_are_partial() -> None:
    node = next(node for node in cluster("rs2", "local 192.0.2.10 ") if node.name == "rs2")
    partial = node.partial("local-routes")
    assert partial is not None
    assert partial.says == "it lacks a route that the kernel makes of 192.0.2.10/32 on lo"


def test_routes_that_lack_nothing_are_whole() -> None:
    assert [node.partial("routes") for node in cluster("rs2", "no such line")] == [None, None, None]
