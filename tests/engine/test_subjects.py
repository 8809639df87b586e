"""Rules about services of IPv6, or by a firewall mark, do not apply where whole tables have none."""

import pytest

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.engine.loader import load_rules
from lvsdoctor.engine.runner import examine
from lvsdoctor.parse.paste.stream import pieces

PLAIN = "-A -t 192.0.2.10:80 -s rr\n-a -t 192.0.2.10:80 -r 192.0.2.21:80 -g -w 1\n"
SIX = "-A -t [2001:db8::10]:80 -s rr\n-a -t [2001:db8::10]:80 -r [2001:db8::21]:80 -g -w 1\n"
MARK = "-A -f 1 -s rr\n-a -f 1 -r 192.0.2.21:80 -g -w 1\n"


def applying(*tables: str) -> set[str]:
    """Of V6008, of the director, and FWM001 those that apply to the first director of a scan."""
    found = [NodeDump(p, f"lb{n}", f"lb{n}") for n, text in enumerate(tables, 1) for p in pieces(text, f"lb{n}/ipvs")]
    rules = {rule.name: rule.code for rule in load_rules() if rule.code in ("V6008", "FWM001")}
    made = examine(with_standing(nodes_of(found)), [rule for rule in load_rules() if rule.name in rules])
    return {rules[out.rule] for out in made.outcomes if out.node == "lb1" and out.verdict != "not-applicable"}


@pytest.mark.parametrize(
    ("tables", "apply"),
    [
        ([PLAIN], set()),
        ([PLAIN + SIX], {"V6008"}),
        ([PLAIN + MARK], {"FWM001"}),
        ([PLAIN, SIX + MARK], {"V6008", "FWM001"}),
        ([PLAIN + "...\n"], {"V6008", "FWM001"}),
    ],
    ids=["neither", "IPv6", "a mark", "another director has both", "a table with lines left out"],
)
def test_a_rule_applies_where_a_table_may_have_its_kind_of_service(tables: list[str], apply: set[str]) -> None:
    assert applying(*tables) == apply
