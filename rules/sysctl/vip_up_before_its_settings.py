"""A script brings the VIP up, and sets arp_ignore and arp_announce afterwards."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    Citation,
    EarlyVip,
    Finding,
    Fix,
    Node,
    Severity,
    assume,
    cite,
    early_vips,
    rule,
    set_sysctls,
)

IN_SCRIPT = "{node} brings up VIP {vip} on {link}, and sets {settings} afterwards"
BY_NETWORK = "{node} brings up VIP {vip} on {link} with the network, and a script sets {settings} afterwards"
CLIENTS = "After a boot some send to {node} directly, until their neighbour cache entry for {vip} expires."
OF_PLAY = "Some send to {node} directly, until their neighbour cache entry for {vip} expires."
AFTER = "the script runs after the network is up"


@rule(
    name="vip-up-before-its-settings",
    code="SYS001",
    severity=Severity.WARNING,
    role="real-server",
    needs={"configured-order", "configured-sysctl"},
    helps={"configured-addresses", "links"},
    only_ipv4=True,
)
def vip_up_before_its_settings(node: Node) -> Iterator[Finding]:
    for early in early_vips(node):
        yield Finding(
            BY_NETWORK if early.by_network else IN_SCRIPT,
            clients=OF_PLAY if early.by_play else CLIENTS,
            about={"vip": early.address.ip},
            link=early.address.link,
            settings=" and ".join(line.key.rpartition(".")[2] for line in early.lines),
            evidence=[*_lines(early)],
            fix=Fix(persist=set_sysctls({line.key: line.value for line in early.lines}).persist),
        )
    if (absent := node.unseen("configured-sysctl")) is not None:
        raise absent


def _lines(early: EarlyVip) -> Iterator[Citation]:
    yield cite(early.address, "{node} can answer ARP requests for the VIP from here on", node="the host")
    for line in early.lines:
        yield cite(line, "the setting comes later")
    if early.by_network:
        yield assume("configured-order", AFTER, settle="systemd-analyze critical-chain")
