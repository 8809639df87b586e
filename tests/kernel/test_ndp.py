"""Whether a node answers an IPv6 neighbour solicitation, and why not."""

from ipaddress import ip_address

import pytest

from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.kernel.answer import Answer
from lvsdoctor.kernel.ndp import ndp_proxied, ndp_reply
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.parse.paste.stream import pieces

ADDRESSES = """1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN
    inet6 ::1/128 scope host
    inet6 2001:db8::10/128 scope global
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP
    link/ether 02:00:00:00:00:02 brd ff:ff:ff:ff:ff:ff
    inet6 2001:db8::2/64 scope global
    inet6 2001:db8::3/64 scope global dadfailed tentative
3: eth1: <BROADCAST,MULTICAST> mtu 1500 qdisc mq state DOWN
    link/ether 02:00:00:00:01:02 brd ff:ff:ff:ff:ff:ff
    inet6 2001:db8:1::2/64 scope global
"""


def answer(target: str, arrived_on: str = "eth0") -> Answer:
    (node,) = nodes_of(NodeDump(piece, "rs1", "rs1") for piece in pieces(ADDRESSES, "ip-addr"))
    link = node.link(arrived_on)
    assert link is not None
    return ndp_reply(node, ip_address(target), arrived_on=link)


def test_a_link_answers_for_its_own_address() -> None:
    told = answer("2001:db8::2")
    assert told
    assert "2001:db8::2/64" in told.because[0].seen.text


def test_what_is_kept_on_lo_is_not_answered_for_elsewhere() -> None:
    told = answer("2001:db8::10")
    assert not told
    assert told.why == "not configured on eth0"


def test_an_address_that_is_a_duplicate_is_not_answered_for() -> None:
    told = answer("2001:db8::3")
    assert not told
    assert "duplicate check" in told.why


def test_a_link_that_is_down_hears_nothing() -> None:
    assert answer("2001:db8:1::2", "eth1").why == "eth1 receives no neighbour solicitation"


def test_an_ipv4_address_is_not_solicited() -> None:
    assert not answer("192.0.2.10")


def proxied(*settings: str, entry: str = "2001:db8::99 dev eth0 proxy") -> Answer:
    dumps = {"ip-addr": ADDRESSES, "ip-neigh": entry, "sysctl": "\n".join(settings)}
    (node,) = nodes_of(NodeDump(piece, "rs1", "rs1") for where, text in dumps.items() for piece in pieces(text, where))
    link = node.link("eth0")
    assert link is not None
    return ndp_proxied(node, ip_address("2001:db8::99"), arrived_on=link)


FORWARDS, PROXIES = "net.ipv6.conf.eth0.forwarding = 1", "net.ipv6.conf.eth0.proxy_ndp = 1"


def test_a_proxy_entry_answers_where_the_link_forwards_and_is_a_proxy() -> None:
    for_all = "net.ipv6.conf.all.proxy_ndp = 1"
    assert proxied(FORWARDS, PROXIES, "net.ipv6.conf.all.proxy_ndp = 0")
    assert proxied(FORWARDS, "net.ipv6.conf.eth0.proxy_ndp = 0", for_all)
    assert not proxied("net.ipv6.conf.eth0.forwarding = 0", PROXIES, for_all)
    assert not proxied(FORWARDS, PROXIES, for_all, entry="2001:db8::98 dev eth0 proxy")


def test_without_the_settings_a_proxy_entry_is_not_judged() -> None:
    with pytest.raises(NotCollected):
        proxied(FORWARDS)
