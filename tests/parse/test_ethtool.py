"""`ethtool -k`: what joins received packets, of which link, and what of the list is not kept."""

import pytest

from lvsdoctor.parse.paste.stream import pieces
from lvsdoctor.parse.reader import Dump

FEATURES = """Features for eth0:
rx-checksumming: on
tx-checksumming: on
\ttx-checksum-ipv4: off [fixed]
\ttx-checksum-fcoe-crc: off [fixed]
generic-receive-offload: on
large-receive-offload: off [fixed]
rx-gro-hw: off [requested on]
"""


def rows(text: str) -> list[tuple[str, str, bool, bool]]:
    return [
        (row.link, row.feature, row.on, row.fixed)
        for piece in pieces(text, "x")
        for row in piece.dump.facts.get("offloads", ())
    ]


def only(text: str) -> Dump:
    (dump,) = (piece.dump for piece in pieces(text, "x") if piece.dump.facts)
    return dump


def test_what_joins_packets_is_kept_with_its_link_and_its_line() -> None:
    assert rows(FEATURES) == [
        ("eth0", "gro", True, False), ("eth0", "lro", False, True), ("eth0", "gro-hw", False, False),
    ]  # fmt: skip
    assert only(FEATURES).facts["offloads"][0].seen.line == 6
    assert only(FEATURES).partial is None


def test_two_answers_in_one_text_are_of_two_links() -> None:
    assert {link for link, *_ in rows(FEATURES + FEATURES.replace("eth0", "eth1"))} == {"eth0", "eth1"}


def test_an_old_ethtool_says_the_same_in_other_words() -> None:
    text = "Offload parameters for eth2:\nrx-checksumming: on\nlarge receive offload: on\n"
    assert rows(text) == [("eth2", "lro", True, False)]


def test_of_a_filtered_answer_the_command_tells_the_link() -> None:
    text = "[root@lb1 ~]# ethtool -k ens1f0 | grep large\nlarge-receive-offload: on\n"
    assert rows(text) == [("ens1f0", "lro", True, False)]
    assert only(text).partial is not None


@pytest.mark.parametrize("text", ["large-receive-offload: on\n", "Features for :\nlarge-receive-offload: on\n"])
def test_without_a_link_it_tells_nothing(text: str) -> None:
    assert rows(text) == []


def test_the_last_answer_about_a_link_counts() -> None:
    from lvsdoctor.collect.merging import merged

    before = only("Features for eth0:\nlarge-receive-offload: on\n").facts["offloads"]
    after = only("Features for eth0:\nlarge-receive-offload: off\n").facts["offloads"]
    assert [row.on for row in merged("offloads", [before, after])] == [False]
