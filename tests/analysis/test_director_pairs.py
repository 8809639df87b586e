"""Two directors of one VIP: what differs is said by one of them, and what was not seen clears neither."""

from dataclasses import replace

import pytest

from lvsdoctor.analysis.director_pairs import pair_differences
from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.model.coverage import Coverage, Partial
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.node import Node
from lvsdoctor.model.view import View
from lvsdoctor.parse.paste.stream import pieces

TABLE = "-A -t 192.0.2.10:80 -s wlc\n-a -t 192.0.2.10:80 -r 192.0.2.21:80 -g -w 1\n"
MORE = "-a -t 192.0.2.10:80 -r 192.0.2.22:80 -g -w 1\n"


def directors(first: str, second: str, partial: str = "") -> dict[str, Node]:
    """lb1 and lb2 with these tables, as a rule sees them; that of `partial` was not seen whole."""
    dumps = (("lb1", first), ("lb2", second))
    found = nodes_of(NodeDump(piece, at, at) for at, text in dumps for piece in pieces(text, f"{at}/ipvsadm.txt"))
    cut = {"ipvs": Coverage(partial=Partial("the table was cut short"))}
    nodes = with_standing([replace(node, coverage=cut) if node.name == partial else node for node in found])
    view = View(frozenset({"ipvs", "addresses", "links", "configured-ipvs"}))
    return {node.name: view.of(node) for node in nodes}


def test_what_differs_is_said_by_the_first_alone() -> None:
    nodes = directors(TABLE + MORE, TABLE)
    (pair,) = pair_differences(nodes["lb1"])
    assert pair.difference.real is not None
    assert (pair.lacking.name, str(pair.difference.real.ip)) == ("lb2", "192.0.2.22")
    assert list(pair_differences(nodes["lb2"])) == []


@pytest.mark.parametrize("partial", ["lb1", "lb2"])
@pytest.mark.parametrize("judged", ["lb1", "lb2"])
def test_a_table_that_was_not_seen_whole_clears_neither(partial: str, judged: str) -> None:
    with pytest.raises(NotCollected):
        list(pair_differences(directors(TABLE, TABLE, partial)[judged]))


@pytest.mark.parametrize("judged", ["lb1", "lb2"])
def test_a_vip_that_was_not_seen_may_be_the_other_director_s(judged: str) -> None:
    other = TABLE.replace("192.0.2.10", "192.0.2.11")
    with pytest.raises(NotCollected):
        list(pair_differences(directors(TABLE, other, "lb2")[judged]))
