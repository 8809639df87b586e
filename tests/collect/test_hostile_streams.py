"""Whatever strangers make of a stream, or of what an engine brought, is read without an exception and in bounds."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.collect.engine_names import named_apart
from lvsdoctor.parse.fleet.engines import answers_in, fleet_pieces
from lvsdoctor.parse.paste.stream import pieces
from tests.collect.packings import HOSTS, dumps
from tests.collect.test_fleet import PACKS, plain, stream

_SHORT = {host: "\n".join(plain(host).splitlines()[:25]) + "\n" for host in HOSTS}
_LINES = [
    *stream("rs1").splitlines()[:60],
    *(line for pack in PACKS.values() for line in pack(_SHORT).splitlines()[:12]),
    *(
        "==> rc 0 ok <==",
        "==> $  <==",
        "==> $ ' <==",
        "==> lvsdoctor 1 a b c <==",
        "==> lvsdoctor 9999 a - <==",
        "",
        "{",
        "}",
    ),
    *(
        "---------------",
        "rs[1-99999999,a-]",
        "rs[1-3][1-3] (9)",
        '{"a": "\\n"}',
        "ok: [a] => ",
        "  stdout: |-",
        "[pod/a/b]",
    ),
]


def read(text: str) -> None:
    answers = answers_in(text)
    brought = fleet_pieces(answers, "stdin") if answers else pieces(text, "stdin")
    nodes_of(named_apart([NodeDump(piece, "stdin", "standard input") for piece in brought]))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(_LINES), max_size=40))
def test_lines_in_any_order_are_read(lines: list[str]) -> None:
    read("\n".join(lines))


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(sorted(PACKS)), st.booleans(), st.randoms(use_true_random=False))
def test_a_text_that_was_damaged_is_read(name: str, streams: bool, chance: random.Random) -> None:
    texts = {
        host: f"==> lvsdoctor 1 {host} - <==\n==> $ ip addr <==\n{text}" if streams else text
        for host, text in _SHORT.items()
    }
    letters = list(PACKS[name](texts))
    for _ in range(chance.randrange(1, 12)):
        place = chance.randrange(len(letters))
        if chance.random() < 0.5:
            del letters[place : place + chance.randrange(1, 40)]
        else:
            letters[place] = chance.choice("\n\r\t :[]{}|=>-'\"\\\x00\u2028x")
        if not letters:
            return
    read("".join(letters))


def test_many_hosts_of_one_block_are_not_read_without_end() -> None:
    block = "---------------\nrs[1-4096]\n---------------\n" + dumps("rs1")["ip-addr"] * 2000
    assert answers_in(block) is None
