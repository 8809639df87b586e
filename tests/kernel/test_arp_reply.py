"""Who answers "who has the VIP", and why: the verified matrix of KERNEL.md 1.2 and its Appendix A.

The labels in brackets are those of Appendix A.
"""

from ipaddress import IPv4Address, IPv6Address
from typing import Any

import pytest

from lvsdoctor.kernel.arp import NOBODY, arp_ignored, arp_reply, neighbours_of
from lvsdoctor.model.neighbour import Neighbour
from lvsdoctor.model.seen import Seen
from tests.kernel.hosts import CLIENT, FAR, REAL_SERVER, RIP, VIP, expect, host, link_of, quoted

ANSWERS = "192.0.2.200 is local and nothing keeps eth0 from answering"
RIP_ANSWERS = "192.0.2.21 is local and nothing keeps eth0 from answering"
NOT_ON_ETH0 = "arp_ignore=1: not configured on eth0"
MARTIAN = "the source is local here (martian)"

LO_32, ON_ETH0 = "inet 192.0.2.200/32 scope global lo", "inet 192.0.2.200/32 scope global eth0"
ANYIP = """\
192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.21
local 127.0.0.0/8 dev lo table local proto kernel scope host src 127.0.0.1
local 192.0.2.21 dev eth0 table local proto kernel scope host src 192.0.2.21
local 192.0.2.200 dev lo table local proto static scope host
"""
CONNECTED = "192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.21"
TWO_LINKS = (*REAL_SERVER, "eth1 198.51.100.21/24")
DROP = "-A INPUT -j DROP -d 192.0.2.200"
MANGLE = "-A OUTPUT -j mangle -s 192.0.2.200 --mangle-ip-s 192.0.2.21"


def row(
    name: str,
    yes: bool,
    why: str,
    *cites: str,
    on: tuple[str, ...] = REAL_SERVER,
    ask: IPv4Address = VIP,
    sender: IPv4Address = CLIENT,
    link: str = "eth0",
    settings: dict[str, object] | None = None,
    **others: Any,
) -> Any:
    return pytest.param(on, ask, sender, link, settings, others, yes, why, cites, id=name)


def levels(of_all: int = 0, eth0: int = 0, lo: int = 0) -> dict[str, object]:
    return {"all.arp_ignore": of_all, "eth0.arp_ignore": eth0, "lo.arp_ignore": lo}


ARP_IGNORE = [
    row("[E1] level 0: the VIP on lo answers on eth0", True, ANSWERS, LO_32, settings=levels()),
    row("[E1] all=1 is silent", False, NOT_ON_ETH0, "net.ipv4.conf.all.arp_ignore = 1", settings=levels(of_all=1)),
    row("[E1] eth0=1 is silent", False, NOT_ON_ETH0, "net.ipv4.conf.eth0.arp_ignore = 1", settings=levels(eth0=1)),
    row("[E1] lo=1 alone answers", True, ANSWERS, "net.ipv4.conf.all.arp_ignore = 0", settings=levels(lo=1)),
    row("[E1] eth0=2 is silent", False, "arp_ignore=2: not configured on eth0", settings=levels(eth0=2)),
    row("[E1] eth0=3 answers, for the scope is global", True, ANSWERS, LO_32, settings=levels(eth0=3)),
    row("[E1] eth0=4 is reserved and answers", True, ANSWERS, settings=levels(eth0=4)),
    row("a level nobody knows answers", True, ANSWERS, settings=levels(eth0=9)),
    row("[E1] all=8 is silent for the VIP", False, "arp_ignore=8: answers for no address at all",
        "net.ipv4.conf.all.arp_ignore = 8", settings=levels(of_all=8, eth0=1)),
    row("[E1] all=8 is silent for the RIP too", False, "arp_ignore=8: answers for no address at all",
        ask=RIP, settings=levels(of_all=8, eth0=1)),
    row("[E1] eth0=8 is silent for the RIP too", False, "arp_ignore=8: answers for no address at all",
        ask=RIP, settings=levels(eth0=8)),
    row("level 1 answers for the RIP", True, RIP_ANSWERS, "inet 192.0.2.21/24",
        ask=RIP, settings=levels(of_all=1)),
    row("[E1] level 3 is silent for scope host", False, "arp_ignore=3: no address 192.0.2.200 wider than scope host",
        on=("lo 192.0.2.200/32 scope host", "eth0 192.0.2.21/24"), settings=levels(of_all=3)),
    row("level 3 answers for scope link", True, ANSWERS, "inet 192.0.2.200/32 scope link lo",
        on=("lo 192.0.2.200/32 scope link", "eth0 192.0.2.21/24"), settings=levels(of_all=3)),
    row("level 3: with route_localnet on lo, scope host counts as link", True, ANSWERS,
        on=("lo 192.0.2.200/32 scope host", "eth0 192.0.2.21/24"),
        settings=levels(of_all=3) | {"lo.route_localnet": 1}),
    row("[E1h] VIP on eth0, level 1 answers", True, ANSWERS, ON_ETH0,
        on=("eth0 192.0.2.21/24", "eth0 192.0.2.200/32"), settings=levels(of_all=1)),
    row("[E1h] VIP on eth0, level 2 answers a neighbour", True, ANSWERS, ON_ETH0,
        on=("eth0 192.0.2.21/24", "eth0 192.0.2.200/32"), settings=levels(of_all=2)),
    row("[E1h] VIP on eth0, level 2 is silent to others", False, "arp_ignore=2: the sender is in no subnet of eth0",
        on=("eth0 192.0.2.21/24", "eth0 192.0.2.200/32"), sender=FAR, settings=levels(of_all=2)),
    row("[E1h] VIP on eth0, level 3 answers", True, ANSWERS,
        on=("eth0 192.0.2.21/24", "eth0 192.0.2.200/32"), settings=levels(of_all=3)),
    row("[E1h] VIP on eth0, level 8 is silent", False, "arp_ignore=8: answers for no address at all",
        on=("eth0 192.0.2.21/24", "eth0 192.0.2.200/32"), settings=levels(of_all=8)),
    row("level 1: a point-to-point address in no subnet of its link is silent", False,
        "arp_ignore=1: 192.0.2.200 is in no subnet of eth0", "peer 203.0.113.5/32",
        on=("eth0 192.0.2.200 peer 203.0.113.5/32",), settings=levels(of_all=1)),
    row("level 3: a point-to-point address in no subnet of its link is silent", False,
        "arp_ignore=3: no address 192.0.2.200 wider than scope host",
        on=("eth0 192.0.2.200 peer 203.0.113.5/32",), settings=levels(of_all=3)),
    row("level 1: a point-to-point address in a subnet of its link answers", True, ANSWERS,
        on=("eth0 192.0.2.21/24", "eth0 192.0.2.200 peer 203.0.113.5/32"), settings=levels(of_all=1)),
]  # fmt: skip

LOCAL = [
    row("[E1c] AnyIP needs no address", True, ANSWERS, "local 192.0.2.200 dev lo table local proto static",
        on=("eth0 192.0.2.21/24",), routes=ANYIP, settings=levels()),
    row("[E1c] AnyIP, level 1 is silent", False, NOT_ON_ETH0,
        on=("eth0 192.0.2.21/24",), routes=ANYIP, settings=levels(of_all=1)),
    row("[E1c] AnyIP, level 3 is silent", False, "arp_ignore=3: no address 192.0.2.200 wider than scope host",
        on=("eth0 192.0.2.21/24",), routes=ANYIP, settings=levels(of_all=3)),
    row("[E1d] VIP/24 on lo answers for the VIP", True, ANSWERS, "inet 192.0.2.200/24 scope global lo",
        on=("lo 192.0.2.200/24", "eth0 192.0.2.21/24")),
    row("[E1d] VIP/24 on lo answers for the RIP", True, RIP_ANSWERS, ask=RIP,
        on=("lo 192.0.2.200/24", "eth0 192.0.2.21/24")),
    row("[E1d] VIP/24 on lo answers for everybody else", True,
        "192.0.2.77 is local and nothing keeps eth0 from answering", "inet 192.0.2.200/24 scope global lo",
        ask=IPv4Address("192.0.2.77"), on=("lo 192.0.2.200/24", "eth0 192.0.2.21/24")),
    row("[E1d] VIP/24 on lo, level 1: only the RIP answers", True, RIP_ANSWERS, ask=RIP,
        on=("lo 192.0.2.200/24", "eth0 192.0.2.21/24"), settings=levels(of_all=1)),
    row("[E1d] VIP/24 on lo, level 1: not the VIP", False, NOT_ON_ETH0,
        on=("lo 192.0.2.200/24", "eth0 192.0.2.21/24"), settings=levels(of_all=1)),
    row("[E1d] VIP/24 on lo, rp_filter=1: nobody answers", False, MARTIAN, "inet 192.0.2.200/24 scope global lo",
        ask=RIP, on=("lo 192.0.2.200/24", "eth0 192.0.2.21/24"), settings={"all.rp_filter": 1}),
    row("[E1d] VIP/24 on lo, rp_filter=2: nobody answers", False, MARTIAN,
        ask=RIP, on=("lo 192.0.2.200/24", "eth0 192.0.2.21/24"), settings={"all.rp_filter": 2}),
    row("[E1d] VIP/24 on lo and a local route by hand: as with rp_filter", False, MARTIAN,
        ask=RIP, on=("lo 192.0.2.200/24", "eth0 192.0.2.21/24"), routes=ANYIP.replace(
            "192.0.2.200 dev lo table local proto static", "192.0.2.0/24 dev lo table local proto static")),
    row("VIP/16 on lo does not answer for eth0's subnet, which is more specific", False,
        "192.0.2.77 is not local here", ask=IPv4Address("192.0.2.77"),
        on=("lo 192.0.2.200/16", "eth0 192.0.2.21/24")),
    row("VIP/16 on lo answers for what eth0's subnet lacks", True,
        "192.0.9.9 is local and nothing keeps eth0 from answering", ask=IPv4Address("192.0.9.9"),
        on=("lo 192.0.2.200/16", "eth0 192.0.2.21/24")),
    row("VIP/16 on lo and a policy rule: table local goes first", True,
        "192.0.2.77 is local and nothing keeps eth0 from answering", ask=IPv4Address("192.0.2.77"),
        on=("lo 192.0.2.200/16", "eth0 192.0.2.21/24"), settings={"eth0.accept_local": 1},
        rules="0: from all lookup local\n9: from all to 203.0.113.1 lookup main\n32766: from all lookup main\n"
              "32767: from all lookup default"),
    row("[E21] VIP/32 on a dummy that is down answers", True, ANSWERS, "inet 192.0.2.200/32 scope global dummy0",
        on=("dummy0 192.0.2.200/32", "eth0 192.0.2.21/24"), links=("dummy0 down",), settings=levels()),
    row("[E21] VIP/32 on a dummy that is down, level 1 is silent", False, NOT_ON_ETH0,
        on=("dummy0 192.0.2.200/32", "eth0 192.0.2.21/24"), links=("dummy0 down",), settings=levels(of_all=1)),
    row("[D1] a director with the VIP on lo answers at level 0", True, ANSWERS, LO_32, settings=levels()),
    row("[D1] a director with the VIP on lo is silent at level 1", False, NOT_ON_ETH0, settings=levels(of_all=1)),
    row("a node without the VIP is silent", False, "192.0.2.200 is not local here", on=("eth0 192.0.2.21/24",)),
    row("127/8 is nobody's", False, "no host answers for such an address", ask=IPv4Address("127.0.0.1")),
    row("127/8 answers with route_localnet", True, "127.0.0.1 is local and nothing keeps eth0 from answering",
        ask=IPv4Address("127.0.0.1"), settings={"eth0.route_localnet": 1}),
    row("multicast is nobody's", False, "no host answers for such an address", ask=IPv4Address("224.0.0.5")),
    row("255.255.255.255 is nobody's", False, "no host answers for such an address",
        ask=IPv4Address("255.255.255.255")),
    row("the subnet's broadcast address is nobody's", False, "192.0.2.255 is not local here",
        ask=IPv4Address("192.0.2.255")),
]  # fmt: skip

SENDERS = [
    row("[E1e] who holds the VIP does not answer the VIP", False, "the source is this host's own address", LO_32,
        sender=VIP),
    row("[E1e] unless accept_local", True, ANSWERS, sender=VIP, settings={"eth0.accept_local": 1}),
    row("drop_gratuitous_arp keeps quiet even then", False, "drop_gratuitous_arp",
        "net.ipv4.conf.all.drop_gratuitous_arp = 1",
        sender=VIP, settings={"eth0.accept_local": 1, "all.drop_gratuitous_arp": 1}),
    row("[E1f] an address probe is answered at level 0", True, ANSWERS, LO_32, sender=NOBODY, settings=levels()),
    row("[E1f] an address probe for the VIP, level 1: silent", False, NOT_ON_ETH0, sender=NOBODY,
        settings=levels(of_all=1)),
    row("[E1f] an address probe for the RIP, level 1: answered", True, RIP_ANSWERS, ask=RIP, sender=NOBODY,
        settings=levels(of_all=1)),
    row("[E1f] an address probe for the RIP, level 2: answered", True, RIP_ANSWERS, ask=RIP, sender=NOBODY,
        settings=levels(of_all=2)),
    row("[E1f] a stranger asks for the RIP, level 2: silent", False, "arp_ignore=2: the sender is in no subnet of eth0",
        ask=RIP, sender=IPv4Address("10.9.9.9"), settings=levels(of_all=2)),
    row("an address probe does not ask rp_filter", True, ANSWERS, sender=NOBODY, settings={"all.rp_filter": 1}),
    row("an address probe does not ask arp_filter", True, ANSWERS, sender=NOBODY, settings={"all.arp_filter": 1}),
    row("an address probe for a stranger", False, "192.0.2.77 is not local here",
        ask=IPv4Address("192.0.2.77"), sender=NOBODY),
    row("[E1i] no route to the sender, rp_filter 0: answered", True, ANSWERS, sender=FAR, routes=CONNECTED),
    row("[E1i] no route to the sender, rp_filter 1: silent", False, "rp_filter: no route back to the source",
        "net.ipv4.conf.all.rp_filter = 1", sender=FAR, routes=CONNECTED, settings={"all.rp_filter": 1}),
    row("[E1i] no route to the sender, rp_filter 2: silent", False, "rp_filter: no route back to the source",
        sender=FAR, routes=CONNECTED, settings={"all.rp_filter": 2}),
    row("[E1g] the sender is behind eth1, rp_filter 0: answered", True, ANSWERS,
        on=TWO_LINKS, sender=IPv4Address("198.51.100.1"), settings={"all.rp_filter": 0}),
    row("[E1g] the sender is behind eth1, rp_filter 1: silent", False,
        "rp_filter=1: the way back is eth1, not eth0", "inet 198.51.100.21/24 scope global eth1",
        on=TWO_LINKS, sender=IPv4Address("198.51.100.1"), settings={"all.rp_filter": 1}),
    row("[E1g] the sender is behind eth1, rp_filter 2: answered", True, ANSWERS,
        on=TWO_LINKS, sender=IPv4Address("198.51.100.1"), settings={"all.rp_filter": 2}),
    row("[E1g] the sender is behind eth1, arp_filter 1: silent", False,
        "arp_filter: the way back to 198.51.100.1 is not eth0", "net.ipv4.conf.all.arp_filter = 1",
        on=TWO_LINKS, sender=IPv4Address("198.51.100.1"), settings={"all.arp_filter": 1}),
    row("arp_filter answers where the way back is the link", True, ANSWERS,
        on=TWO_LINKS, settings={"all.arp_filter": 1}),
    row("a multicast sender", False, "such a sender is never answered", sender=IPv4Address("224.0.0.1")),
    row("a broadcast sender", False, "such a sender is never answered", sender=IPv4Address("255.255.255.255")),
    row("a sender of 127/8", False, "such a sender is never answered", sender=IPv4Address("127.0.0.5")),
    row("a rule that prohibits the sender", False, "192.0.2.200 is not local here", "from 203.0.113.0/24 prohibit",
        sender=FAR, rules="5: from 203.0.113.0/24 prohibit\n10: from all lookup local\n32766: from all lookup main"),
]  # fmt: skip

BRIDGE = ("lo 192.0.2.200/32", "br0 192.0.2.21/24")
HEARING = [
    row("[B1] arp_ignore on the port of a bridge counts for nothing", True,
        "192.0.2.200 is local and nothing keeps br0 from answering",
        on=BRIDGE, links=("eth0 master br0",), link="br0", settings={"all.arp_ignore": 0, "eth0.arp_ignore": 1}),
    row("[B2] on the bridge it counts", False, "arp_ignore=1: not configured on br0",
        "net.ipv4.conf.br0.arp_ignore = 1",
        on=BRIDGE, links=("eth0 master br0",), link="br0", settings={"all.arp_ignore": 0, "br0.arp_ignore": 1}),
    row("the port of a bridge hears nothing", False, "eth0 receives no ARP requests", "master br0",
        on=BRIDGE, links=("eth0 master br0",)),
    row("lo hears nothing", False, "lo receives no ARP requests", "LOOPBACK", link="lo"),
    row("a dummy hears nothing", False, "dummy0 receives no ARP requests", "NOARP",
        on=("dummy0 192.0.2.200/32", "eth0 192.0.2.21/24"), link="dummy0"),
    row("a tunnel hears nothing", False, "tunl0 receives no ARP requests", "NOARP", links=("tunl0",), link="tunl0"),
    row("a link that is down hears nothing", False, "eth0 receives no ARP requests", links=("eth0 down",)),
]  # fmt: skip

ARPTABLES = [
    row("[arptables] INPUT drops the request", False, "arptables drops the request", DROP,
        on=("eth0 192.0.2.21/24", "eth0 192.0.2.200/32"), arptables=f":INPUT ACCEPT\n{DROP}"),
    row("[arptables] and does so before an address probe is answered", False, "arptables drops the request", DROP,
        sender=NOBODY, arptables=f":INPUT ACCEPT\n{DROP}"),
    row("[arptables] the RIP still answers", True, RIP_ANSWERS, ask=RIP, arptables=f":INPUT ACCEPT\n{DROP}"),
    row("[arptables] OUTPUT alone rewrites the reply", False, "arptables keeps the reply from naming 192.0.2.200",
        MANGLE, arptables=f":OUTPUT ACCEPT\n{MANGLE}"),
    row("[arptables] OUTPUT drops the reply", False, "arptables keeps the reply from naming 192.0.2.200",
        arptables=":OUTPUT ACCEPT\n-A OUTPUT -j DROP -s 192.0.2.200 --opcode 2"),
    row("[arptables] a rule for requests alone lets the reply out", True, ANSWERS,
        arptables=":OUTPUT ACCEPT\n-A OUTPUT -j DROP -s 192.0.2.200 --opcode 1"),
    row("[arptables] the policy drops what no rule accepts", False, "arptables drops the request",
        arptables=":INPUT DROP\n-A INPUT -j ACCEPT -d 192.0.2.21"),
    row("[arptables] not collected: no rules are assumed", True, ANSWERS,
        "assumed: no arptables rules (not in the evidence)", arptables=None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("on", "ask", "sender", "link", "settings", "others", "yes", "why", "cites"),
    ARP_IGNORE + LOCAL + SENDERS + HEARING + ARPTABLES,
)
def test_a_node_answers_or_is_silent_for_this_reason(
    on: tuple[str, ...],
    ask: IPv4Address,
    sender: IPv4Address,
    link: str,
    settings: dict[str, object] | None,
    others: dict[str, Any],
    yes: bool,
    why: str,
    cites: tuple[str, ...],
) -> None:
    node = host(on, settings, **others)
    expect(arp_reply(node, ask, arrived_on=link_of(node, link), sender=sender), yes, why, cites)


def test_larger_arp_ignore_is_not_stricter() -> None:
    """3 answers where 1 and 2 are silent, 4 to 7 where 3 is."""
    nodes = [host(REAL_SERVER, levels(of_all=level)) for level in range(9)]
    answers = [bool(arp_reply(node, VIP, arrived_on=link_of(node), sender=CLIENT)) for node in nodes]
    assert answers == [True, False, False, True, True, True, True, True, False]


def test_the_larger_of_all_and_the_link_counts_even_where_the_smaller_is_stricter() -> None:
    node = host(REAL_SERVER, levels(of_all=3, eth0=1))
    expect(arp_reply(node, VIP, arrived_on=link_of(node), sender=CLIENT), True, ANSWERS,
           ["net.ipv4.conf.all.arp_ignore = 3 (effective value on eth0 = max(all 3, eth0 1) = 3)"])  # fmt: skip


def test_nobody_answers_arp_for_an_ipv6_address() -> None:
    node = host()
    expect(arp_reply(node, IPv6Address("2001:db8::1"), arrived_on=link_of(node)), False, "IPv6 knows no ARP")


def test_without_a_sender_a_neighbour_of_the_link_asks() -> None:
    """A host of the VIP's own subnet: neither this node nor the VIP itself."""
    node = host(("lo 192.0.2.1/32", *TWO_LINKS))
    assert neighbours_of(node, link_of(node), besides=VIP) == [IPv4Address("192.0.2.2")]
    assert arp_reply(node, VIP, arrived_on=link_of(node))


def test_a_link_without_a_subnet_has_no_neighbour_so_it_is_an_address_probe_that_asks() -> None:
    node = host(("lo 192.0.2.200/32", "eth0 192.0.2.21/32"), {"all.rp_filter": 1})
    assert neighbours_of(node, link_of(node), besides=VIP) == []
    assert arp_reply(node, VIP, arrived_on=link_of(node))


# -- proxies ----------------------------------------------------------------------------------------------------------

ROUTER: dict[str, object] = {"eth0.forwarding": 1, "eth0.proxy_arp": 1}
BEYOND = IPv4Address("198.51.100.77")
NOT_LOCAL = "198.51.100.77 is not local here"


@pytest.mark.parametrize(
    ("settings", "ask", "sender", "yes", "why"),
    [
        pytest.param(ROUTER, BEYOND, CLIENT, True, "proxy_arp answers for 198.51.100.77", id="proxy_arp"),
        pytest.param(ROUTER | {"eth0.forwarding": 0}, BEYOND, CLIENT, False, NOT_LOCAL, id="not without forwarding"),
        pytest.param(ROUTER | {"eth0.proxy_arp": 0, "all.proxy_arp": 1}, BEYOND, CLIENT, True,
                     "proxy_arp answers for 198.51.100.77", id="all or the link"),
        pytest.param(ROUTER, IPv4Address("192.0.2.77"), CLIENT, False, "192.0.2.77 is not local here",
                     id="not for the link's own hosts"),
        pytest.param({"eth0.forwarding": 1, "eth0.proxy_arp_pvlan": 1}, IPv4Address("192.0.2.77"), CLIENT, True,
                     "proxy_arp_pvlan answers for 192.0.2.77", id="for these with proxy_arp_pvlan"),
        pytest.param({"eth0.forwarding": 1, "eth0.proxy_arp_pvlan": 1}, CLIENT, CLIENT, False,
                     "192.0.2.1 is not local here", id="but to nobody for himself"),
        pytest.param(ROUTER | {"eth0.rp_filter": 1}, BEYOND, IPv4Address("198.51.100.1"), False,
                     "rp_filter=1: the way back is eth1, not eth0", id="rp_filter counts here too"),
        pytest.param(ROUTER | {"eth0.medium_id": -1}, BEYOND, CLIENT, False, NOT_LOCAL, id="medium_id -1"),
        pytest.param(ROUTER | {"eth0.medium_id": 1, "eth1.medium_id": 1}, BEYOND, CLIENT, False, NOT_LOCAL,
                     id="the same medium"),
        pytest.param(ROUTER | {"eth0.medium_id": 1, "eth1.medium_id": 2}, BEYOND, CLIENT, True,
                     "proxy_arp answers for 198.51.100.77", id="another medium"),
    ],
)  # fmt: skip
def test_a_router_answers_for_others(
    settings: dict[str, object], ask: IPv4Address, sender: IPv4Address, yes: bool, why: str
) -> None:
    node = host(TWO_LINKS, settings)
    expect(arp_reply(node, ask, arrived_on=link_of(node), sender=sender), yes, why)


def test_a_proxy_entry_answers_where_its_link_is_asked() -> None:
    entry = Neighbour(
        BEYOND, Seen("ip-neigh.txt", 1, "198.51.100.77 dev eth0 proxy"), "eth0", flags=frozenset({"proxy"})
    )
    node = host(TWO_LINKS, {"all.forwarding": 1})
    expect(arp_reply(node, BEYOND, arrived_on=link_of(node), sender=CLIENT, proxied=(entry,)), True,
           "a proxy entry answers for 198.51.100.77", ["198.51.100.77 dev eth0 proxy"])  # fmt: skip
    elsewhere = Neighbour(BEYOND, entry.seen, "eth1", flags=entry.flags)
    expect(arp_reply(node, BEYOND, arrived_on=link_of(node), sender=CLIENT, proxied=(elsewhere,)), False, NOT_LOCAL)


# -- arp_ignored on its own -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("level", "ignored", "why"),
    [
        (0, False, "arp_ignore=0 answers for every local address"),
        (1, True, "arp_ignore=1: not configured on eth0"),
        (2, True, "arp_ignore=2: not configured on eth0"),
        (3, False, "scope global"),
        (5, False, "arp_ignore=5 answers for every local address"),
        (8, True, "arp_ignore=8: answers for no address at all"),
    ],
)
def test_arp_ignored_tells_the_level_that_counts(level: int, ignored: bool, why: str) -> None:
    node = host(REAL_SERVER, levels(eth0=level))
    note = f"effective value on eth0 = max(all 0, eth0 {level}) = {level}"
    cites = [f"net.ipv4.conf.eth0.arp_ignore = {level} ({note})"]
    expect(arp_ignored(node, VIP, link_of(node), CLIENT), ignored, why, cites)


def test_what_arp_ignore_cannot_hide_is_quoted() -> None:
    on_eth0 = host(("eth0 192.0.2.21/24", "eth0 192.0.2.200/32"), levels(eth0=1))
    assert f"{ON_ETH0} (configured on eth0 itself: arp_ignore=1 does not hide this address)" in quoted(
        arp_ignored(on_eth0, VIP, link_of(on_eth0), CLIENT).because
    )
    on_lo = host(REAL_SERVER, levels(eth0=3))
    assert f"{LO_32} (scope global, and arp_ignore=3 keeps only scope host quiet)" in quoted(
        arp_ignored(on_lo, VIP, link_of(on_lo), CLIENT).because
    )
