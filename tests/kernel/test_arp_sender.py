"""In whose name a node asks by ARP: KERNEL.md 1.3 and the rows E2 of its Appendix A."""

from ipaddress import IPv4Address
from typing import Any

import pytest

from lvsdoctor.kernel.arp import NOBODY
from lvsdoctor.kernel.arp_source import arp_sender, select_source
from tests.kernel.hosts import CLIENT, FAR, REAL_SERVER, RIP, VIP, host, link_of, quoted

KEPT, KEPT_NEAR, SELECTED = (
    "the packet's own source",
    "the packet's own source, of the target's subnet",
    "selected",
)
LO_32, RIP_24 = "inet 192.0.2.200/32 scope global lo", "inet 192.0.2.21/24 scope global eth0"
FOREIGN = IPv4Address("10.50.0.9")  # a VIP of another network than eth0's
OFF_SUBNET = IPv4Address("203.0.113.1")  # a gateway that no prefix of eth0 holds
ANYIP = """\
192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.21
local 192.0.2.21 dev eth0 table local proto kernel scope host src 192.0.2.21
local 192.0.2.200 dev lo table local proto static scope host
"""


def levels(of_all: int = 0, eth0: int = 0, lo: int = 0) -> dict[str, object]:
    return {"all.arp_announce": of_all, "eth0.arp_announce": eth0, "lo.arp_announce": lo}


def row(
    name: str,
    sender: IPv4Address | None,
    reason: str,
    *cites: str,
    on: tuple[str, ...] = REAL_SERVER,
    of: IPv4Address | None = VIP,
    to: IPv4Address = CLIENT,
    settings: dict[str, object] | None = None,
    **others: Any,
) -> Any:
    return pytest.param(on, of, to, settings or levels(), others, sender, reason, cites, id=name)


ROWS = [
    row("[E2] level 0 keeps the VIP", VIP, KEPT, LO_32, "net.ipv4.conf.all.arp_announce = 0"),
    row("[E2] level 1 keeps a VIP of the target's subnet", VIP, KEPT_NEAR, RIP_24, settings=levels(eth0=1)),
    row("[E2] level 1 drops a VIP of another network", RIP, SELECTED, RIP_24,
        on=("lo 10.50.0.9/32", "eth0 192.0.2.21/24"), of=FOREIGN, settings=levels(eth0=1)),
    row("level 1 drops a VIP where the gateway is in no subnet of the link", RIP, SELECTED,
        to=OFF_SUBNET, settings=levels(eth0=1)),
    row("[E2] level 2 never keeps it", RIP, SELECTED, "net.ipv4.conf.eth0.arp_announce = 2", RIP_24,
        settings=levels(eth0=2)),
    row("[E2] level 2 on lo alone changes nothing", VIP, KEPT, settings=levels(lo=2)),
    row("[E2] level 2 on all counts", RIP, SELECTED, "net.ipv4.conf.all.arp_announce = 2", settings=levels(of_all=2)),
    row("the larger counts: all 1, eth0 2", RIP, SELECTED, settings=levels(of_all=1, eth0=2)),
    row("level 3 is level 0", VIP, KEPT, settings=levels(eth0=3)),
    row("[E2e] VIP/24 is the primary address: level 2 sends the VIP", VIP, SELECTED,
        "inet 192.0.2.200/24 scope global eth0",
        on=("eth0 192.0.2.200/24", "eth0 192.0.2.21/24 scope global secondary"), settings=levels(of_all=2)),
    row("[E2e] and even for packets of the RIP", VIP, SELECTED,
        on=("eth0 192.0.2.200/24", "eth0 192.0.2.21/24 scope global secondary"), of=RIP, settings=levels(of_all=2)),
    row("VIP/24 is a secondary address: level 2 sends the RIP", RIP, SELECTED,
        on=("eth0 192.0.2.21/24", "eth0 192.0.2.200/24 scope global secondary"), settings=levels(of_all=2)),
    row("[E2g] VIP/32 first and a gateway in no subnet: level 2 sends the VIP", VIP, SELECTED,
        on=("eth0 192.0.2.200/32", "eth0 192.0.2.21/24"), to=OFF_SUBNET, settings=levels(of_all=2)),
    row("[E2g] and so does level 1", VIP, SELECTED,
        on=("eth0 192.0.2.200/32", "eth0 192.0.2.21/24"), to=OFF_SUBNET, settings=levels(of_all=1)),
    row("VIP/32 first and a gateway in the subnet: level 2 sends the RIP", RIP, SELECTED,
        on=("eth0 192.0.2.200/32", "eth0 192.0.2.21/24"), settings=levels(of_all=2)),
    row("[E2h] a link without an address borrows the VIP of lo", VIP, SELECTED, LO_32,
        on=("lo 192.0.2.200/32", "eth1 198.51.100.21/24"), links=("eth0",), settings=levels(of_all=2)),
    row("[E2h] but not 127.0.0.1, nor what has scope host", IPv4Address("198.51.100.21"), SELECTED,
        on=("lo 192.0.2.200/32 scope host", "eth1 198.51.100.21/24"), links=("eth0",), settings=levels(of_all=2)),
    row("with no address at all it asks as nobody", NOBODY, "no address to use as sender", on=(), links=("eth0",)),
    row("a source that is not local is not kept", RIP, SELECTED, of=FAR),
    row("and then arp_announce is not asked for", RIP, SELECTED, of=FAR, settings={"all.rp_filter": 0}),
    row("a re-probe has no packet to take a source from", RIP, SELECTED, of=None),
    row("AnyIP is a local source", VIP, KEPT, "local 192.0.2.200 dev lo table local proto static",
        on=("eth0 192.0.2.21/24",), routes=ANYIP),
    row("[arptables] OUTPUT rewrites it", RIP, KEPT, "--mangle-ip-s 192.0.2.21",
        arptables=":OUTPUT ACCEPT\n-A OUTPUT -j mangle -s 192.0.2.200 --mangle-ip-s 192.0.2.21"),
    row("[arptables] INPUT alone does not", VIP, KEPT, arptables=":INPUT ACCEPT\n-A INPUT -j DROP -d 192.0.2.200"),
    row("[arptables] OUTPUT drops it", None, "arptables drops the request",
        arptables=":OUTPUT ACCEPT\n-A OUTPUT -j DROP -s 192.0.2.200"),
    row("[arptables] not collected: no rule is assumed", VIP, KEPT, "assumed: no arptables rules", arptables=None),
]  # fmt: skip


@pytest.mark.parametrize(("on", "of", "to", "settings", "others", "sender", "reason", "cites"), ROWS)
def test_a_node_asks_in_this_name(
    on: tuple[str, ...],
    of: IPv4Address | None,
    to: IPv4Address,
    settings: dict[str, object],
    others: dict[str, Any],
    sender: IPv4Address | None,
    reason: str,
    cites: tuple[str, ...],
) -> None:
    node = host(on, settings, **others)
    found = arp_sender(node, link_of(node), asking_for=to, packet_source=of)
    assert (found.ip, found.reason) == (sender, reason)
    assert [line for line in cites if line not in quoted(found.because)] == []


def test_a_link_that_knows_no_arp_asks_nobody() -> None:
    node = host(("tunl0 192.0.2.200/32", "eth0 192.0.2.21/24"))
    found = arp_sender(node, link_of(node, "tunl0"), asking_for=CLIENT, packet_source=VIP)
    assert (found.ip, found.reason) == (None, "no ARP on this interface")
    assert "NOARP" in quoted(found.because)


@pytest.mark.parametrize(
    ("on", "towards", "speaks"),
    [
        pytest.param(("eth0 192.0.2.21/24", "eth0 198.51.100.21/24"), FAR, RIP, id="the first, towards a stranger"),
        pytest.param(("eth0 192.0.2.21/24", "eth0 198.51.100.21/24"), IPv4Address("198.51.100.1"),
                     IPv4Address("198.51.100.21"), id="the one whose subnet holds the neighbour"),
        pytest.param(("eth0 192.0.2.200/24 scope host", "eth0 192.0.2.21/24"), CLIENT, RIP, id="not scope host"),
        pytest.param(("eth0 192.0.2.200/24 scope link", "eth0 192.0.2.21/24"), CLIENT, VIP, id="but scope link"),
        pytest.param(("eth0 192.0.2.200/24 scope global secondary", "eth0 192.0.2.21/24"), CLIENT, RIP,
                     id="not a secondary one"),
        pytest.param(("eth0 192.0.2.200 peer 203.0.113.1/32", "eth0 192.0.2.21/24"), OFF_SUBNET, VIP,
                     id="a point-to-point one, towards its far end"),
        pytest.param(("eth0 192.0.2.200 peer 203.0.113.1/32", "eth0 192.0.2.21/24"), CLIENT, RIP,
                     id="not a point-to-point one, towards another"),
        pytest.param(("eth1 198.51.100.21/24 scope link", "eth2 203.0.113.21/24"), CLIENT,
                     IPv4Address("203.0.113.21"), id="borrowed is only scope global or site"),
    ],
)  # fmt: skip
def test_this_address_speaks_for_the_link(on: tuple[str, ...], towards: IPv4Address, speaks: IPv4Address) -> None:
    node = host(on, links=("eth0",))
    found = select_source(node, link_of(node), towards)
    assert found is not None
    assert found.ip == speaks


def test_route_localnet_lets_an_address_of_scope_host_speak() -> None:
    """net/ipv4/devinet.c: inet_select_addr(): localnet_scope."""
    node = host(("eth0 192.0.2.200/24 scope host", "eth0 192.0.2.21/24"), {"eth0.route_localnet": 1})
    found = select_source(node, link_of(node), CLIENT)
    assert found is not None
    assert found.ip == VIP
