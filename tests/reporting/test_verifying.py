"""How a fix is verified: by a command with the finding's own addresses, or by what the page says, and never by an
example's."""

from dataclasses import replace
from pathlib import Path

import pytest

from lvsdoctor.model.examination import AppliedRule, Diagnosis
from lvsdoctor.model.finding import Finding, Fix, Severity
from lvsdoctor.model.impact import ClientSees, Impact
from lvsdoctor.model.walk import Decision, Step
from lvsdoctor.reporting.verifying import Verification, verification


def diagnosis(decision: Decision | None, fix: Fix | None = None, **about: str) -> Diagnosis:
    finding = Finding("x", about=about, evidence=(), fix=fix or Fix(now=("true",)))
    step = Step("rs1", decision, "") if decision is not None else None
    return Diagnosis(finding, "a-rule", "XX001", "rs1", Severity.ERROR, explains=step)


def suffering(of: Diagnosis, share: float, *services: str) -> Diagnosis:
    return replace(of, impact=Impact(services, ("clients",), share, ClientSees.HANG, True))


def of_page(folder: Path, verify: str) -> AppliedRule:
    page = folder / "a_rule.md"
    sections = f"## Fix\n\n### Now\n\nx\n\n### Verify\n\n{verify}\n\n## When it is fine\n\nx\n"
    page.write_text(
        f"# a-rule\n\nx\n\n## What you see\n\nx\n\n## Why\n\nx\n\n{sections}\n## Cases\n\nx\n\n## References\n"
    )
    return AppliedRule("a-rule", "XX001", Severity.ERROR, None, str(page))


@pytest.mark.parametrize(
    ("of", "command"),
    [
        (diagnosis(Decision.ARP_REPLY, vip="10.9.8.7", link="bond0"), "arping -I bond0 -c 3 10.9.8.7"),
        (diagnosis(Decision.ARP_REPLY, vip="fd00::7", link="bond0"), "ndisc6 fd00::7 bond0"),
        (
            diagnosis(Decision.ARP_SENDER, vip="10.9.8.7", link="$(reboot)"),
            "tcpdump -eni '$(reboot)' arp src host 10.9.8.7",
        ),
        (diagnosis(Decision.NEIGHBOUR, rip="10.9.8.1"), "ping -c 1 10.9.8.1; ip neigh show 10.9.8.1"),
        (
            diagnosis(Decision.LISTENER, service="tcp [fd00::7]:443"),
            "for i in $(seq 12); do nc -zw 3 fd00::7 443 || echo lost; done",
        ),
    ],
)  # fmt: skip
def test_a_fix_is_verified_by_a_command_with_the_addresses_of_the_finding(of: Diagnosis, command: str) -> None:
    shown = verification([of], None)
    assert shown is not None
    assert shown.command == command


@pytest.mark.parametrize(("share", "times"), [(1.0, 6), (0.25, 8), (0.0909, 23), (0.001, 100)])
def test_so_many_connections_are_opened_that_each_real_server_gets_some(share: float, times: int) -> None:
    shown = verification(
        [suffering(diagnosis(Decision.REPLY_ROUTE), share, "UDP 10.9.8.7:53", "TCP 10.9.8.7:80")], None
    )
    assert shown is not None
    assert f"$(seq {times})" in shown.command
    assert "10.9.8.7 80" in shown.command


@pytest.mark.parametrize(
    "of",
    [
        diagnosis(Decision.LISTENER, fix=Fix(), service="tcp 10.9.8.7:80"),
        diagnosis(Decision.LISTENER, service="udp 10.9.8.7:53"),
        diagnosis(Decision.LISTENER, service="FWM 1"),
        diagnosis(Decision.IPVS, service="tcp 127.0.0.1:80"),
        diagnosis(None, service="tcp 10.9.8.7:80"),
    ],
)
def test_without_a_fix_or_a_port_of_tcp_nothing_is_opened(of: Diagnosis) -> None:
    assert verification([of], None) is None


def test_the_page_says_it_where_no_command_is_known(tmp_path: Path) -> None:
    rule = of_page(tmp_path, "On the director:\n`ipvsadm -Ln` → a weight\nabove 0.")
    assert verification([diagnosis(None)], rule) == Verification("On the director: `ipvsadm -Ln` → a weight above 0.")


def test_the_page_is_told_with_the_addresses_of_the_finding(tmp_path: Path) -> None:
    rule = of_page(tmp_path, "On the director: `ip neigh show 192.0.2.21` → dev eth0, and no VIP.")
    shown = verification([diagnosis(None, rip="10.9.8.1", link="bond0")], rule)
    assert shown == Verification("On the director: `ip neigh show 10.9.8.1` → dev bond0, and no VIP.")


@pytest.mark.parametrize(
    "text",
    [
        "`ip neigh show 192.0.2.99` → REACHABLE.",
        "`ip neigh show RIP` → REACHABLE.",
        "`curl http://192.0.2.10/` → 200.",
        "`nc -zv VIP 80` → open.",
        "On eth0 it is seen.",
        "`systemctl stop keepalived` → it is gone.",
    ],
)
def test_an_example_whose_value_the_finding_does_not_have_is_not_told(tmp_path: Path, text: str) -> None:
    assert verification([diagnosis(None, vip="10.9.8.7")], of_page(tmp_path, text)) is None


def test_no_value_of_a_dump_becomes_more_than_a_word_of_the_page(tmp_path: Path) -> None:
    rule = of_page(tmp_path, "`ip link show eth0` → UP.")
    assert verification([diagnosis(None, link="`reboot`")], rule) is None
