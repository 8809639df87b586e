"""What may be assumed, and for how much: machinery at full severity, a value or another host for a warning."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from lvsdoctor.engine.rule import Rule, rule
from lvsdoctor.engine.runner import try_rule
from lvsdoctor.kernel.answer import assume, assume_without
from lvsdoctor.kernel.effective_sysctl import effective
from lvsdoctor.model.coverage import Unread
from lvsdoctor.model.examination import Verdict
from lvsdoctor.model.finding import Citation, Finding, Fix, Severity
from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.sysctl import Setting

ALL, ETH0 = "net.ipv4.conf.all.rp_filter", "net.ipv4.conf.eth0.rp_filter"
NFT = Unread("nft", "an nftables rule set", Seen("nat.txt", 1, "table ip nat {"), frozenset({"packets"}))


def settings(**values: str) -> dict[str, dict[str, Setting]]:
    keys = {"all": ALL, "eth0": ETH0}
    rows = {
        keys[name]: Setting(keys[name], raw, Seen("sysctl.txt", 1, f"{keys[name]} = {raw}"))
        for name, raw in values.items()
    }
    return {"sysctl": rows}


def resting_on(*assumptions: Citation) -> Rule:
    def rests(node: Node) -> Iterator[Finding]:
        yield Finding("{node} drops", about={}, evidence=assumptions, fix=Fix())

    return rule(name="rests", code="X001", severity=Severity.ERROR, needs=())(rests)


ASSUMED = (
    (assume("policy-rules", "no policy rule besides the default three"), Severity.ERROR),
    (assume("arptables", "no arptables rules"), Severity.ERROR),
    (assume_without("packets", "no NAT rule", "iptables-save"), Severity.ERROR),
    (assume("sysctl", "arp_ignore is 0"), Severity.WARNING),
    (assume("routes", "no route but those that the addresses make"), Severity.WARNING),
    (assume("neighbours", "hosts ask for it", others=True), Severity.WARNING),
    (assume("memberships", "no director lists it"), Severity.WARNING),
)


@pytest.mark.parametrize(("assumption", "severity"), ASSUMED)
def test_only_machinery_is_assumed_for_an_error(assumption: Citation, severity: Severity) -> None:
    (diagnosis,), _ = try_rule(resting_on(assumption), Node("rs1"))
    assert diagnosis.severity is severity


def test_a_dump_that_is_not_read_hides_the_machinery_that_would_be_assumed_to_be_absent() -> None:
    given = resting_on(assume_without("packets", "no NAT rule", "iptables-save"))
    diagnoses, outcome = try_rule(given, Node("rs1", unread_kinds=(NFT,)))
    assert (diagnoses, outcome.verdict) == ([], Verdict.NOT_CHECKED)
    (missing,) = outcome.missing
    assert (missing.reason, missing.seen) == ("nat.txt holds an nftables rule set, which is not read yet", NFT.seen)
    diagnoses, _ = try_rule(resting_on(assume("arptables", "no arptables rules")), Node("rs1", unread_kinds=(NFT,)))
    assert diagnoses


def test_a_dump_that_is_read_and_not_asked_hides_the_machinery_too_and_is_not_called_unread() -> None:
    given = resting_on(assume_without("packets", "no NAT rule", "iptables-save"))
    _, outcome = try_rule(given, Node("rs1", unread_kinds=(replace(NFT, read=True),)))
    (missing,) = outcome.missing
    assert missing.reason == "nat.txt holds an nftables rule set, which this rule does not ask"


def _filters(node: Node) -> Iterator[Finding]:
    if effective(node, "rp_filter", "eth0").value == 1:
        yield Finding("{node} drops", about={}, evidence=effective(node, "rp_filter", "eth0").because, fix=Fix())


def verdict_of(**values: str) -> tuple[Verdict, list[str]]:
    _filters.__name__ = "filters"
    given = rule(name="filters", code="X001", severity=Severity.ERROR, needs={"sysctl"})(_filters)
    _, outcome = try_rule(given, Node("rs1", evidence=settings(**values)))
    return outcome.verdict, [missing.command for missing in outcome.missing]


def test_a_default_that_stands_in_clears_nobody() -> None:
    assert verdict_of(all="0", eth0="0") == (Verdict.QUIET, [])
    assert verdict_of(all="0") == (Verdict.NOT_CHECKED, [f"sysctl {ETH0}"])
    assert verdict_of(eth0="0") == (Verdict.NOT_CHECKED, [f"sysctl {ALL}"])


def test_what_one_setting_alone_decides_needs_no_other() -> None:
    # The larger of both counts, and 2 is the largest.
    assert verdict_of(all="2") == (Verdict.QUIET, [])
