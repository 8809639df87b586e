"""Who sends ICMP redirects, and who believes them: KERNEL.md 1.4 and the rows N4 of its Appendix A."""

from ipaddress import IPv4Address
from typing import Any

import pytest

from lvsdoctor.kernel.redirects import believes_redirects, sends_redirect
from tests.kernel.hosts import CLIENT, FAR, RIP, VIP, expect, host, link_of, quoted

# A director with one link: what its real servers reply to clients of the same subnet leaves by the link it came from.
SINGLE_LINK = ("eth0 192.0.2.10/24", "eth0 192.0.2.200/32")
CONNECTED = "192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.10"
BY_ROUTER = f"{CONNECTED}\ndefault via 192.0.2.254 dev eth0"
BOTH_LINKS = f"{CONNECTED}\n198.51.100.0/24 dev eth1 proto kernel scope link src 198.51.100.10"
FORWARDS: dict[str, object] = {"eth0.forwarding": 1, "all.send_redirects": 1, "eth0.send_redirects": 1}
OFF = "send_redirects is off"


def row(
    name: str,
    yes: bool,
    why: str,
    *cites: str,
    on: tuple[str, ...] = SINGLE_LINK,
    src: IPv4Address = RIP,
    dst: IPv4Address = CLIENT,
    routes: str = BY_ROUTER,
    settings: dict[str, object] | None = None,
    **others: Any,
) -> Any:
    return pytest.param(on, src, dst, routes, FORWARDS | (settings or {}), others, yes, why, cites, id=name)


def sending(of_all: int, eth0: int) -> dict[str, object]:
    return {"all.send_redirects": of_all, "eth0.send_redirects": eth0}


SENDS = "192.0.2.21 is told to go to 192.0.2.1 itself"
ROWS = [
    row("[N4] a reply to a client of the same subnet", True, SENDS, CONNECTED, "net.ipv4.conf.eth0.send_redirects = 1"),
    row("[N4] a reply to a client behind the router", True, "192.0.2.21 is told to go to 192.0.2.254 itself",
        "default via 192.0.2.254", dst=FAR),
    row("[N4] all 0, eth0 1 still sends", True, SENDS, "net.ipv4.conf.eth0.send_redirects = 1", settings=sending(0, 1)),
    row("[N4] all 1, eth0 0 still sends", True, SENDS, "net.ipv4.conf.all.send_redirects = 1", settings=sending(1, 0)),
    row("[N4] both 0 are silent", False, OFF, "net.ipv4.conf.all.send_redirects = 0",
        "net.ipv4.conf.eth0.send_redirects = 0", settings=sending(0, 0)),
    row("who does not forward does not redirect", False, "eth0 does not forward", "net.ipv4.conf.eth0.forwarding = 0",
        settings={"eth0.forwarding": 0}),
    row("what leaves by another link is not redirected", False, "no route onward through the same interface",
        on=(*SINGLE_LINK, "eth1 198.51.100.10/24"),
        routes=f"{CONNECTED}\ndefault via 198.51.100.1 dev eth1", dst=FAR),
    row("what has nowhere to go is not redirected", False, "no route onward through the same interface",
        routes=CONNECTED, dst=FAR),
    row("what is for the node itself is not redirected", False, "no route onward through the same interface", dst=VIP),
    row("a sender behind a gateway is not told", False, "the sender is not a neighbour", "default via 192.0.2.254",
        src=FAR),
    row("a sender that is reached by another link is not told", False, "the sender is not a neighbour",
        "198.51.100.0/24 dev eth1",
        on=(*SINGLE_LINK, "eth1 198.51.100.10/24"), src=IPv4Address("198.51.100.7"), routes=BOTH_LINKS),
    row("a sender that is reached by both links is told", True, "198.51.100.7 is told to go to 192.0.2.1 itself",
        on=(*SINGLE_LINK, "eth1 198.51.100.10/24"), src=IPv4Address("198.51.100.7"),
        routes=f"{BY_ROUTER}\n198.51.100.0/24 dev eth1\n198.51.100.0/24 dev eth0 metric 50"),
    row("without an address on the link nobody is told who is reached by another", False,
        "the sender is not a neighbour",
        on=("eth1 198.51.100.10/24",), links=("eth0",), src=IPv4Address("198.51.100.7"),
        routes="192.0.2.0/24 dev eth0\n198.51.100.0/24 dev eth1\n198.51.100.0/24 dev eth0 metric 50"),
    row("a martian is dropped, not told", False, "the packet is dropped: the source is local here (martian)",
        "inet 192.0.2.200/32", src=VIP),
    row("what rp_filter drops is not told", False,
        "the packet is dropped: rp_filter=1: the way back is eth1, not eth0",
        on=(*SINGLE_LINK, "eth1 198.51.100.10/24"), src=IPv4Address("198.51.100.7"), routes=BOTH_LINKS,
        settings={"eth0.rp_filter": 1}),
    row("shared_media off: a subnet that holds both will do", True, "192.0.2.21 is told to go to 192.0.2.254 itself",
        dst=FAR, settings={"all.shared_media": 0, "eth0.shared_media": 0}),
    row("shared_media off: no subnet holds both", False, "shared_media is off and no subnet holds both",
        "net.ipv4.conf.eth0.shared_media = 0", dst=FAR,
        routes=f"{CONNECTED}\ndefault via 198.51.100.254 dev eth0 onlink",
        settings={"all.shared_media": 0, "eth0.shared_media": 0}),
    row("shared_media off: without a gateway the sender's subnet will do", True,
        "192.0.2.21 is told to go to 203.0.113.9 itself", dst=FAR, routes=f"{CONNECTED}\n203.0.113.0/24 dev eth0",
        settings={"all.shared_media": 0, "eth0.shared_media": 0}),
    row("shared_media on either: no subnet is asked for", True, "192.0.2.21 is told to go to 198.51.100.254 itself",
        dst=FAR, routes=f"{CONNECTED}\ndefault via 198.51.100.254 dev eth0 onlink",
        settings={"all.shared_media": 0, "eth0.shared_media": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("on", "src", "dst", "routes", "settings", "others", "yes", "why", "cites"), ROWS)
def test_a_sender_is_redirected_or_not_for_this_reason(
    on: tuple[str, ...],
    src: IPv4Address,
    dst: IPv4Address,
    routes: str,
    settings: dict[str, object],
    others: dict[str, Any],
    yes: bool,
    why: str,
    cites: tuple[str, ...],
) -> None:
    node = host(on, settings, routes=routes, **others)
    expect(sends_redirect(node, src=src, dst=dst, arrived_on=link_of(node)), yes, why, cites)


@pytest.mark.parametrize(
    ("forwarding", "of_all", "eth0", "believes"),
    [
        pytest.param(0, 1, 1, True, id="[N4] a real server as it comes"),
        pytest.param(0, 0, 1, True, id="[N4] all 0, eth0 1 still believes"),
        pytest.param(0, 1, 0, True, id="all 1, eth0 0 still believes"),
        pytest.param(0, 0, 0, False, id="[N4] both 0 do not"),
        pytest.param(1, 0, 1, False, id="[N4] a forwarding one with all 0 does not"),
        pytest.param(1, 1, 0, False, id="a forwarding one with eth0 0 does not"),
        pytest.param(1, 1, 1, True, id="a forwarding one with both does"),
    ],
)
def test_a_real_server_believes_a_redirect_or_not(forwarding: int, of_all: int, eth0: int, believes: bool) -> None:
    node = host(sysctl={
        "all.accept_redirects": of_all, "eth0.accept_redirects": eth0, "eth0.forwarding": forwarding,
    })  # fmt: skip
    why = "eth0 accepts redirects" if believes else "eth0 accepts no redirects"
    cites = [f"net.ipv4.conf.eth0.accept_redirects = {eth0}", f"net.ipv4.conf.eth0.forwarding = {forwarding}"]
    expect(believes_redirects(node, link_of(node)), believes, why, cites)


def test_which_of_all_and_the_link_is_enough_stands_with_the_line() -> None:
    host_like = host(sysctl={"all.accept_redirects": 0, "eth0.accept_redirects": 1, "eth0.forwarding": 0})
    assert "eth0.accept_redirects = 1 (effective value on eth0 = all or eth0)" in quoted(
        believes_redirects(host_like, link_of(host_like)).because
    )
    router = host(sysctl={"all.accept_redirects": 0, "eth0.accept_redirects": 1, "eth0.forwarding": 1})
    assert "eth0.accept_redirects = 1 (effective value on eth0 = all and eth0)" in quoted(
        believes_redirects(router, link_of(router)).because
    )
