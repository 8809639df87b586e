"""`ipvsadm -L --timeout`: how long IPVS keeps an idle connection."""

from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.model.ipvs import Timeouts
from lvsdoctor.model.node import Node
from lvsdoctor.parse.paste.stream import pieces

SHOWN = "Timeout (tcp tcpfin udp): 900 120 300"


def _node(*texts: str) -> Node:
    dumps = [
        NodeDump(piece, "lb1", "", f"{at}.txt") for at, text in enumerate(texts) for piece in pieces(text, f"{at}")
    ]
    (node,) = nodes_of(dumps)
    return node


def test_the_line_is_a_fact() -> None:
    (row,) = _node(f"# ipvsadm -L --timeout\n{SHOWN}\n").evidence["ipvs-timeouts"]
    assert row == Timeouts(900, 120, 300, row.seen)
    assert (row.seen.line, row.seen.text) == (2, SHOWN)


def test_a_line_that_is_cut_is_known_for_its_kind_and_not_read() -> None:
    node = _node("Timeout (tcp tcpfin udp): 900 12\n" + SHOWN.replace("300", "3oo") + "\n")
    assert "ipvs-timeouts" not in node.evidence
    assert [unread.kind for unread in node.unread_kinds] == ["ipvs-timeouts"]


def test_in_one_text_the_later_answer_counts() -> None:
    (row,) = _node(f"{SHOWN}\n# ipvsadm -L --timeout\n{SHOWN.replace('900', '7800')}\n").evidence["ipvs-timeouts"]
    assert row.tcp == 7800


def test_two_texts_that_differ_contradict_each_other() -> None:
    (contradiction,) = _node(SHOWN, SHOWN.replace("900", "7800")).contradictions
    assert contradiction.claim == "the timeout tcp of IPVS has two values, 900 and 7800"
