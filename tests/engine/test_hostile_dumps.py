"""Dumps come from strangers: however broken, no rule crashes and no report fails."""

import io
import os
import random
import re
from pathlib import Path

import pytest

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.engine.loader import load_report, load_rules
from lvsdoctor.engine.page_cases import cases_of
from lvsdoctor.engine.runner import examine
from lvsdoctor.parse.paste.stream import pieces
from lvsdoctor.reporting.rule_page import page_of
from lvsdoctor.reportkit import Output

RULES = load_rules()
REPORTS = [load_report(name) for name in ("json", "terminal")]
EXAMPLE = Path(__file__).parents[2] / "examples/leaking-real-server"
CLUSTERS = [
    [(file.parent.name, file.name, file.read_text()) for file in sorted(EXAMPLE.glob("*/*.txt"))],
    *([*case.dumps()] for rule in RULES for case in cases_of(page_of(rule)) if case.expects == "fires"),
]
WORDS = [
    "0",
    "-1",
    "4294967296",
    "99999999999999999999",
    "255.255.255.255",
    "0.0.0.0/0",
    "127.0.0.1",
    "::",
    "::/0",
    "[::]:0",
]
WORDS += [
    "eth0",
    "lo",
    "eth0;reboot",
    "$(reboot)",
    "\x1b[31mred",
    "[bold]",
    "",
    "x" * 300,
    "192.0.2.10",
    "192.0.2.10/33",
]
WORDS += ["UP", "NOARP", "dev", "via", "table", "local", "-g", "Route", "rr", "=", "all", "global", "secondary", "peer"]


def damaged(text: str, dice: random.Random) -> str:
    """A few lines of the text lost, doubled, swapped, or with a word that does not belong there."""
    lines = text.splitlines()
    for _ in range(dice.randint(1, 6)):
        if not lines:
            break
        at = dice.randrange(len(lines))
        words = lines[at].split(" ")
        words[dice.randrange(len(words))] = dice.choice(WORDS)
        match dice.randrange(6):
            case 0:
                del lines[at]
            case 1:
                lines.insert(dice.randrange(len(lines)), lines[at])
            case 2:
                lines[at] = lines[at][: dice.randrange(len(lines[at]) + 1)]
            case _:
                lines[at] = " ".join(words)
    return "\n".join(lines)


def test_an_instance_without_a_vip_takes_no_client_when_filters_drop_its_adverts() -> None:
    (rule,) = (rule for rule in RULES if rule.name == "vrrp-advertisements-dropped")
    case = next(case for case in cases_of(page_of(rule)) if case.expects == "fires")
    dumps = [(node, where, _without_vips(text)) for node, where, text in case.dumps()]
    found = [NodeDump(piece, node, node) for node, where, text in dumps for piece in pieces(text, f"{node}/{where}")]
    examination = examine(with_standing(nodes_of(found)), [rule])
    assert {outcome.traceback for outcome in examination.outcomes} == {""}
    assert not examination.diagnoses


def _without_vips(text: str) -> str:
    return re.sub(r"(virtual_ipaddress(?:_excluded)? *\{)[^}]*\}", r"\1\n}", text)


@pytest.mark.parametrize("seed", range(int(os.environ.get("LVSDOCTOR_TEST_DAMAGES", "120"))))
def test_no_rule_crashes_on_a_damaged_dump(seed: int) -> None:
    dice = random.Random(seed)
    dumps = [(node, where, damaged(text, dice)) for node, where, text in dice.choice(CLUSTERS)]
    found = [NodeDump(piece, node, node) for node, where, text in dumps for piece in pieces(text, f"{node}/{where}")]
    nodes = with_standing(nodes_of(found), role=dice.choice(["auto", "director", "real-server"]))
    examination = examine(nodes, RULES)
    assert [outcome.traceback for outcome in examination.outcomes if outcome.traceback] == []
    for render in REPORTS:
        stream = io.StringIO()
        render(examination, Output(stream, color=False, verbose=1))
        assert "\x1b" not in stream.getvalue()
