"""What scripts count, and the lists that they make element by element."""

import pytest

from lvsdoctor.parse.shell.arithmetic import assigned, number

pytest.importorskip("tree_sitter_bash")

from lvsdoctor.parse.shell.script import dump_of

KNOWN = {"i": "2", "x": "\0"}


@pytest.mark.parametrize(
    ("text", "total"),
    [
        ("1 + 2 * 3", 7), ("(1+2)*3", 9), ("$i + 1", 3), ("${i}-5", -3), ("10 / 3", 3), ("-7 / 2", -3), ("7 % 4", 3),
        ("7 / 0", None), ("x + 1", None), ("1 +", None), ("unset + 1", 1), ("1 << 4", None), ("9999999999", None),
    ],
)  # fmt: skip
def test_an_expression_is_what_a_shell_makes_of_it(text: str, total: int | None) -> None:
    assert number(text, lambda name: KNOWN.get(name, "")) == total


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("i++", {"i": "3"}), ("--i", {"i": "1"}), ("i+=4", {"i": "6"}), ("j = i * 2", {"j": "4"}), ("x++", {"x": "?"}),
        ("i++,j=i", {"i": "3", "j": "3"}), ("i = j ? 1 : 2", {"i": "?"}), ("i == 2", {}),
    ],
)  # fmt: skip
def test_a_count_sets_what_it_names(text: str, values: dict[str, str]) -> None:
    assert assigned(text, lambda name: KNOWN.get(name, ""), "?") == values


LOOP = """#!/bin/bash
VIPS[0]=192.0.2.10
VIPS[1]=192.0.2.11
i=0
for vip in ${VIPS[@]}; do
  ifconfig lo:$i $vip netmask 255.255.255.255
  COUNT
done
"""


@pytest.mark.parametrize(
    "count", ["let i++", "((i++))", "i=$((i+1))", "i=`expr $i + 1`", "i=$(expr $i + 1)", "let i+=1"]
)
def test_each_address_of_a_list_gets_a_label_of_its_own(count: str) -> None:
    dump = dump_of(LOOP.replace("COUNT", count), "rs.sh")
    assert dump is not None
    rows = [(str(row), row.label, row.seen.line) for row in dump.facts["configured-addresses"]]
    assert rows == [("192.0.2.10/32", "lo:0", 6), ("192.0.2.11/32", "lo:1", 6)]
    assert not dump.unread


@pytest.mark.parametrize("element", ["VIPS[7]=192.0.2.12", "VIPS[$1]=192.0.2.12"])
def test_an_element_at_an_unknown_place_makes_the_list_unknown(element: str) -> None:
    dump = dump_of(LOOP.replace("i=0\n", f"{element}\n"), "rs.sh")
    assert dump is not None
    assert "configured-addresses" not in dump.facts
    assert [seen.line for seen in dump.unread] == [6]


def test_a_text_with_its_own_line_breaks_has_a_line_of_the_script_for_each() -> None:
    text = (
        '#!/bin/sh\necho "\nnet.ipv4.conf.lo.arp_ignore = 1\nnet.ipv4.conf.lo.arp_announce = 2" >> /etc/sysctl.conf\n'
    )
    dump = dump_of(text, "rs.sh")
    assert dump is not None
    lines = [line for file in dump.facts["configured-sysctl"] for line in file.lines]
    assert {(line.key, line.seen.line) for line in lines} >= {
        ("net.ipv4.conf.lo.arp_ignore", 3), ("net.ipv4.conf.lo.arp_announce", 4),
    }  # fmt: skip
