"""Which sources are accepted: KERNEL.md 1.2 (source_ok), RP1 to RP3, the T rows and the E6 rows of its Appendix A."""

from ipaddress import IPv4Address
from typing import Any

import pytest

from lvsdoctor.kernel.rp_filter import source_ok
from tests.kernel.hosts import FAR, REAL_SERVER, RIP, THREE_RULES, VIP, expect, host

OWN = "the source is this host's own address"
MARTIAN = "the source is local here (martian)"
NO_REPLY_ROUTE = "rp_filter: no route back to the source"
TWO_LINKS = ("lo 192.0.2.200/32", "eth0 192.0.2.21/24", "eth1 198.51.100.21/24")
BEHIND_ETH1 = IPv4Address("198.51.100.1")
CONNECTED = "192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.21\n"
BY_ETH1 = (
    CONNECTED + "198.51.100.0/24 dev eth1 proto kernel scope link src 198.51.100.21\ndefault via 198.51.100.1 dev eth1"
)
BY_ETH0 = CONNECTED + "default via 192.0.2.254 dev eth0"
A_RULE = THREE_RULES.replace("\n32766", "\n9: from all to 203.0.113.77 lookup main\n32766")
# A tunnel's end without an address: what it unpacks arrives on it, from clients behind eth0.
TUNNEL = (*REAL_SERVER,)
DIRECTOR = ("eth0 10.0.0.10/24", "eth0 10.0.0.200/32", "eth1 192.0.2.10/24")
OWN_VIP = IPv4Address("10.0.0.200")


def row(
    name: str,
    yes: bool,
    why: str,
    *cites: str,
    on: tuple[str, ...] = TWO_LINKS,
    src: IPv4Address = FAR,
    dst: IPv4Address = VIP,
    link: str = "eth0",
    oif: str | None = None,
    settings: dict[str, object] | None = None,
    **others: Any,
) -> Any:
    given: dict[str, object] = {"all.rp_filter": 0, "eth0.send_redirects": 0, "all.send_redirects": 0}
    return pytest.param(on, src, dst, link, oif, given | (settings or {}), others, yes, why, cites, id=name)


def rp(of_all: int = 0, **links: int) -> dict[str, object]:
    return {"all.rp_filter": of_all, **{f"{link}.rp_filter": value for link, value in links.items()}}


ROWS = [
    row("[RP1] 0 takes what it would answer by another link", True, "no reverse path filter", routes=BY_ETH1),
    row("[RP1] 1 does not", False, "rp_filter=1: the way back is eth1, not eth0",
        "net.ipv4.conf.eth0.rp_filter = 1", "default via 198.51.100.1 dev eth1", routes=BY_ETH1, settings=rp(eth0=1)),
    row("[RP1] 2 does", True, "no strict reverse path filter", routes=BY_ETH1, settings=rp(eth0=2)),
    row("[RP2] eth0 0, all 1: the larger counts", False, "rp_filter=1: the way back is eth1, not eth0",
        "net.ipv4.conf.all.rp_filter = 1", routes=BY_ETH1, settings=rp(1, eth0=0)),
    row("[RP3] eth0 2, all 1: the larger counts", True, "no strict reverse path filter",
        routes=BY_ETH1, settings=rp(1, eth0=2)),
    row("1 takes what it would answer by the same link", True, "the route back uses the same interface",
        "default via 192.0.2.254", routes=BY_ETH0, settings=rp(eth0=1)),
    row("1 takes what one of several next hops leads to", True, "the route back uses the same interface",
        routes=CONNECTED + "default \n\tnexthop via 198.51.100.1 dev eth1 weight 1"
                           " \n\tnexthop via 192.0.2.254 dev eth0 weight 1",
        settings=rp(eth0=1)),
    row("1 without a route back", False, NO_REPLY_ROUTE, routes=CONNECTED, settings=rp(eth0=1)),
    row("2 without a route back", False, NO_REPLY_ROUTE, routes=CONNECTED, settings=rp(eth0=2)),
    row("0 without a route back", True, "no reverse path filter", routes=CONNECTED),
    row("a blackhole is no route back", False, NO_REPLY_ROUTE, "blackhole 203.0.113.0/24",
        routes=BY_ETH0 + "\nblackhole 203.0.113.0/24", settings=rp(eth0=2)),
    row("0 and policy rules: no route back is fine", True, "no route back, but no reverse-path filter needs a route",
        routes=CONNECTED, rules=A_RULE),
    row("3 is not strict", True, "no strict reverse path filter", routes=BY_ETH1, settings=rp(eth0=3)),
    row("[T] tunl0 without an address, 0", True, "no reverse path filter",
        on=TUNNEL, link="tunl0", links=("tunl0",), routes=BY_ETH0),
    row("[T] tunl0 without an address, 1", False,
        "rp_filter: tunl0 has no IPv4 address, so even the loose check fails", "net.ipv4.conf.tunl0.rp_filter = 1",
        on=TUNNEL, link="tunl0", links=("tunl0",), routes=BY_ETH0, settings=rp(tunl0=1)),
    row("[T] tunl0 without an address, 2", False,
        "rp_filter: tunl0 has no IPv4 address, so even the loose check fails",
        on=TUNNEL, link="tunl0", links=("tunl0",), routes=BY_ETH0, settings=rp(tunl0=2)),
    row("[T] tunl0 without an address, 0 but policy rules", True,
        "tunl0 has no address and no reverse path filter",
        on=TUNNEL, link="tunl0", links=("tunl0",), routes=BY_ETH0, rules=A_RULE),
    row("[T] VIP on tunl0, 1", False, "rp_filter=1: the way back is eth0, not tunl0",
        on=("tunl0 192.0.2.200/32", "eth0 192.0.2.21/24"), link="tunl0", routes=BY_ETH0, settings=rp(tunl0=1)),
    row("[T] VIP on tunl0, 2", True, "no strict reverse path filter",
        on=("tunl0 192.0.2.200/32", "eth0 192.0.2.21/24"), link="tunl0", routes=BY_ETH0, settings=rp(tunl0=2)),
    row("[T] tunl0 0, all 1", False, "rp_filter: tunl0 has no IPv4 address, so even the loose check fails",
        "net.ipv4.conf.all.rp_filter = 1",
        on=TUNNEL, link="tunl0", links=("tunl0",), routes=BY_ETH0, settings=rp(1, tunl0=0)),
    row("[E6] the director's own VIP comes from a real server", False, OWN, "inet 10.0.0.200/32 scope global eth0",
        on=DIRECTOR, src=OWN_VIP, dst=FAR, link="eth1", oif="eth0", routes=BY_ETH0),
    row("[E6] accept_local lets it in", True, "accept_local lets any source in", "net.ipv4.conf.eth1.accept_local = 1",
        on=DIRECTOR, src=OWN_VIP, dst=FAR, link="eth1", oif="eth0", settings={"eth1.accept_local": 1}),
    row("[E6] on all as well", True, "accept_local lets any source in", "net.ipv4.conf.all.accept_local = 1",
        on=DIRECTOR, src=OWN_VIP, dst=FAR, link="eth1", oif="eth0", settings={"all.accept_local": 1}),
    row("[E6] accept_local and rp_filter 2", True, "no strict reverse path filter",
        on=DIRECTOR, src=OWN_VIP, dst=FAR, link="eth1", oif="eth0", settings={"eth1.accept_local": 1} | rp(2)),
    row("[E6] accept_local and rp_filter 1", False, "rp_filter=1: the way back is eth0, not eth1",
        on=DIRECTOR, src=OWN_VIP, dst=FAR, link="eth1", oif="eth0", settings={"eth1.accept_local": 1} | rp(1)),
    row("[E6] a director without the VIP", True, "no reverse path filter",
        on=("eth0 10.0.0.10/24", "eth1 192.0.2.10/24"), src=OWN_VIP, dst=FAR, link="eth1", oif="eth0"),
    row("[E1d] VIP/24 on lo, no filter: only exact addresses count", True, "no reverse path filter",
        on=("lo 192.0.2.200/24", "eth0 192.0.2.21/24"), src=IPv4Address("192.0.2.1"), dst=RIP),
    row("[E1d] VIP/24 on lo with a filter: the neighbours are martians", False, MARTIAN, "inet 192.0.2.200/24",
        on=("lo 192.0.2.200/24", "eth0 192.0.2.21/24"), src=IPv4Address("192.0.2.1"), dst=RIP, settings=rp(2)),
    row("[E1d] VIP/24 on lo and policy rules: the same", False, MARTIAN,
        on=("lo 192.0.2.200/24", "eth0 192.0.2.21/24"), src=IPv4Address("192.0.2.1"), dst=RIP, rules=A_RULE),
    row("a local route by hand in another table: martians are looked for by route", False, MARTIAN,
        on=("lo 192.0.2.200/24", "eth0 192.0.2.21/24"), src=IPv4Address("192.0.2.1"), dst=RIP,
        routes=CONNECTED + "local default dev lo table 100 proto static scope host"),
    row("a broadcast address is a martian even with accept_local", False, "the source is broadcast here (martian)",
        src=IPv4Address("192.0.2.255"), settings={"all.accept_local": 1} | rp(2)),
    row("to be sent back by the same link, with send_redirects: a full check", False, MARTIAN,
        src=VIP, dst=IPv4Address("192.0.2.77"), oif="eth0", settings={"eth0.send_redirects": 1}),
    row("to be sent back by the same link, without: only exact addresses", False, OWN,
        src=VIP, dst=IPv4Address("192.0.2.77"), oif="eth0"),
    row("a rule for the reply decides about the way back", True, "the route back uses the same interface",
        "9: from 192.0.2.200 lookup 100",
        routes=BY_ETH1 + "\ndefault via 192.0.2.254 dev eth0 table 100", settings=rp(1),
        rules=THREE_RULES.replace("\n32766", "\n9: from 192.0.2.200 lookup 100\n32766")),
    row("routes were not collected: what the addresses make is assumed", False,
        "rp_filter=1: the way back is eth1, not eth0", "assumed: no route but those that the addresses make",
        src=BEHIND_ETH1, settings=rp(1)),
    row("rules were not collected: the default three are assumed", False,
        "rp_filter=1: the way back is eth1, not eth0", "assumed: no policy rule besides the default three",
        routes=BY_ETH1, rules=None, settings=rp(1)),
]  # fmt: skip


@pytest.mark.parametrize(("on", "src", "dst", "link", "oif", "settings", "others", "yes", "why", "cites"), ROWS)
def test_a_source_is_accepted_or_not_for_this_reason(
    on: tuple[str, ...],
    src: IPv4Address,
    dst: IPv4Address,
    link: str,
    oif: str | None,
    settings: dict[str, object],
    others: dict[str, Any],
    yes: bool,
    why: str,
    cites: tuple[str, ...],
) -> None:
    expect(source_ok(host(on, settings, **others), src, dst, arrived_on=link, oif=oif), yes, why, cites)
