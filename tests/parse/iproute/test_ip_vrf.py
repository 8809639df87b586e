"""`ip vrf show`: VRFs and their tables, and nothing of other interfaces."""

from lvsdoctor.model.coverage import Partial
from lvsdoctor.parse.iproute.ip_vrf import VRFS_ALONE
from lvsdoctor.parse.paste.stream import pieces

SHOWN = "Name              Table\n-----------------------\nvrf-blue            10\nvrf-red             20\n"


def test_a_vrf_is_an_interface_with_a_table() -> None:
    (piece,) = pieces(SHOWN, "dump.txt")
    rows = piece.dump.facts["links"]
    assert [(link.name, link.kind, link.detail["table"]) for link in rows] == [
        ("vrf-blue", "vrf", "10"),
        ("vrf-red", "vrf", "20"),
    ]
    assert isinstance(piece.dump.partial, Partial)
    assert piece.dump.partial.reason == VRFS_ALONE


def test_a_head_without_a_row_tells_nothing() -> None:
    assert not any(piece.dump.facts for piece in pieces("Name Table\n----\n", "dump.txt"))
