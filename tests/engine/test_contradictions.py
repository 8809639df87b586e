"""A contradiction that changes a finding is no verdict; one that changes none is a note."""

from collections.abc import Sequence

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.engine.contradictions import settled
from lvsdoctor.engine.loader import load_rules
from lvsdoctor.engine.runner import examine
from lvsdoctor.model.examination import Examination, Verdict
from lvsdoctor.model.node import Node
from lvsdoctor.parse.paste.stream import pieces

RULES = load_rules()
ADDR = """\
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
    inet 192.0.2.10/32 scope global lo
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP group default qlen 1000
    link/ether 02:00:00:00:00:{mac} brd ff:ff:ff:ff:ff:ff
    inet 192.0.2.{mac}/24 brd 192.0.2.255 scope global eth0
"""
FAULT = "net.ipv4.conf.all.arp_ignore = 0\nnet.ipv4.conf.lo.arp_ignore = 1\nnet.ipv4.conf.eth0.arp_ignore = 0\n"
FAULT += "net.ipv4.conf.all.arp_announce = 2\n"
HEALED = FAULT.replace("all.arp_ignore = 0", "all.arp_ignore = 1")


def stand(nodes: Sequence[Node]) -> Sequence[Node]:
    return with_standing(nodes)


def examined(**texts: tuple[str, ...]) -> Examination:
    found = [
        NodeDump(piece, name, name, f"{name}/{number}.txt")
        for name, mine in texts.items()
        for number, text in enumerate(mine, 1)
        for piece in pieces(text, f"{name}/{number}.txt")
    ]
    return examine(settled(nodes_of(found), RULES, stand), RULES)


def findings(examination: Examination, node: str) -> set[str]:
    return {diagnosis.code for diagnosis in examination.diagnoses if diagnosis.node == node}


def test_a_fault_that_another_text_denies_accuses_nobody_and_clears_nobody() -> None:
    assert "ARP002" in findings(examined(rs1=(ADDR.format(mac=21), FAULT)), "rs1")
    for texts in ((FAULT, HEALED), (HEALED, FAULT)):
        examination = examined(rs1=(ADDR.format(mac=21), *texts))
        verdicts = {outcome.verdict for outcome in examination.outcomes if outcome.node == "rs1"}
        assert not examination.diagnoses
        assert verdicts <= {Verdict.NOT_CHECKED, Verdict.NOT_APPLICABLE}


def test_what_is_not_checked_quotes_both_lines() -> None:
    examination = examined(rs1=(ADDR.format(mac=21), FAULT, HEALED))
    outcome = next(o for o in examination.outcomes if o.rule == "arp-ignore-only-on-lo")
    assert [missing.reason for missing in outcome.missing] == [
        "net.ipv4.conf.all.arp_ignore has two values, 0 and 1: rs1/2.txt:1 | net.ipv4.conf.all.arp_ignore = 0, "
        "and rs1/3.txt:1 | net.ipv4.conf.all.arp_ignore = 1"
    ]
    assert [remark.says for remark in examination.remarks] == [
        "the evidence of rs1 contradicts itself, so no rule is checked on rs1. net.ipv4.conf.all.arp_ignore has two "
        "values, 0 and 1: rs1/2.txt:1 | net.ipv4.conf.all.arp_ignore = 0 and rs1/3.txt:1 | "
        "net.ipv4.conf.all.arp_ignore = 1"
    ]


def test_the_other_nodes_are_judged() -> None:
    examination = examined(rs1=(ADDR.format(mac=21), FAULT, HEALED), rs2=(ADDR.format(mac=22), FAULT))
    assert findings(examination, "rs2") == findings(examined(rs2=(ADDR.format(mac=22), FAULT)), "rs2")


def test_a_difference_that_changes_no_finding_is_a_note_that_quotes_both() -> None:
    key = "net.ipv4.conf.all.log_martians"
    examination = examined(rs1=(ADDR.format(mac=21), f"{FAULT}{key} = 0\n", f"{FAULT}{key} = 1\n"))
    alone = examined(rs1=(ADDR.format(mac=21), FAULT))
    assert findings(examination, "rs1") == findings(alone, "rs1")
    (node,) = examination.nodes
    assert not node.contradictions
    assert node.notes == (
        f"{key} has two values, 0 and 1: rs1/2.txt:5 | {key} = 0 and rs1/3.txt:5 | {key} = 1. "
        "No finding depends on which of the two is right.",
    )
