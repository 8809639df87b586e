"""A line of a fix is read as the shell and the tool would read it, or it is said why not."""

import pytest

from lvsdoctor.fixes.changes.kinds import changes_of
from lvsdoctor.model.change import (
    AddAddress,
    Change,
    LoadModule,
    Nothing,
    PutRealServer,
    RemoveAddress,
    RemoveRealServer,
    RemoveRoute,
    SetLink,
    SetSysctl,
    Unknown,
)
from lvsdoctor.model.ipvs import Forwarding
from lvsdoctor.model.node import Node

NOBODY = Node("host")


def read(line: str) -> Change:
    (change,) = changes_of(line, NOBODY)
    return change


def test_one_command_may_write_several_settings() -> None:
    changes = changes_of("sysctl -w net.ipv4.ip_forward=1 net/ipv4/conf/eth0.7/rp_filter=2", NOBODY)
    assert [(change.key, change.value) for change in changes if isinstance(change, SetSysctl)] == [
        ("net.ipv4.ip_forward", "1"),
        ("net.ipv4.conf.eth0/7.rp_filter", "2"),
    ]


@pytest.mark.parametrize("verb", ["address", "addr", "a"])
def test_ip_may_be_abbreviated(verb: str) -> None:
    assert isinstance(read(f"/sbin/ip {verb} add 192.0.2.10/32 dev lo"), AddAddress)
    assert isinstance(read(f"sudo ip {verb} del 192.0.2.10/32 dev lo"), RemoveAddress)


def test_a_quoted_link_may_hold_what_a_shell_would_take_for_its_own() -> None:
    change = read("ip link set 'eth0;reboot' up")
    assert isinstance(change, SetLink)
    assert change.link == "eth0;reboot"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("ip link set eth0 up; reboot", "it is more than one plain command"),
        ("sysctl -w a.b=1 && sysctl -w c.d=1", "it is more than one plain command"),
        ("ip addr add $VIP/32 dev lo", "it is more than one plain command"),
        ('ip addr add "$(cat vip)/32" dev lo', "it is more than one plain command"),
        ("echo 1 > /proc/sys/net/ipv4/ip_forward", "it is more than one plain command"),
        ("ip link set 'eth0 up", "it is more than one plain command"),
        ("systemctl restart keepalived", "what this command does is not known here"),
        ("ebtables -F", "changes of this packet filter are not in the model"),
        ("nft flush ruleset", "of nft only the adding, inserting and deleting of a rule is followed here"),
        ("nft insert rule inet lvs input accept", "the rules of chain input of table inet lvs were not collected"),
        ("iptables -t nat -F", "of iptables only -A, -I and -D are followed here"),
        ("iptables -A INPUT -j DROP", "the rules of iptables were not collected"),
        ("iptables -D INPUT 3", "it names a rule by its number"),
        ("ip route replace default via ROUTER", "the route cannot be read"),
        ("ip addr add DIP/PREFIX dev LINK", "it names no address"),
        ("ip addr add 192.0.2.10/32", "it names no interface"),
        ("ip -n blue addr add 192.0.2.10/32 dev lo", "it runs in another network namespace, or in a batch"),
        ("ip link set eth0 mtu 9000", "of ip link set only up and down are followed here"),
        ("ip rule del from 192.0.2.10", "it does not name one rule by its priority"),
        ("ipvsadm -C", "of ipvsadm only -a, -e and -d are followed here"),
        ("ipvsadm -a -t vip:http -r rs1", "its service or its real server cannot be read"),
        ("modprobe bonding", "what comes with this module is not known here"),
        ("sysctl --system", "it reads its settings from files, or these options of sysctl are not known here"),
    ],
)
def test_what_is_not_followed_says_why(line: str, why: str) -> None:
    assert read(line) == Unknown(why)


@pytest.mark.parametrize(
    "line",
    [
        "arping -U -I eth0 -c 3 192.0.2.10",
        "ip route flush cache",
        "ip addr show",
        "ipvsadm -Ln",
        "sysctl net.ipv4.ip_forward",
        "# then on lb1, for all other caches: arping -U -I eth0 192.0.2.10",
        "# better, where there is another router: take that; where there is none:",
    ],
)
def test_what_changes_nothing_needs_no_hand(line: str) -> None:
    assert read(line) == Nothing()


@pytest.mark.parametrize("line", ["# first give it an address: ip addr add DIP dev eth0", "# see to its cable"])
def test_any_other_comment_asks_for_a_hand(line: str) -> None:
    assert read(line) == Nothing(manual=True)


def test_a_real_server_is_read_with_all_its_options() -> None:
    change = read("ipvsadm -e -t 192.0.2.10:80 -r 192.0.2.21 -i -w 3 -x 9 --tun-type gre")
    assert isinstance(change, PutRealServer)
    real = change.real_server
    assert (change.was, real.forwarding, real.port, real.weight) == (True, Forwarding.TUN, 80, 3)
    assert (real.upper_threshold, real.tunnel_type) == (9, "gre")


def test_direct_routing_keeps_the_services_port_as_ipvsadm_does_but_a_deletion_names_its_own() -> None:
    added = read("ipvsadm -a -t 192.0.2.10:80 -r 192.0.2.21:8080 -g -w 1")
    deleted = read("ipvsadm -d -t 192.0.2.10:80 -r 192.0.2.21:8080")
    assert isinstance(added, PutRealServer)
    assert isinstance(deleted, RemoveRealServer)
    assert (added.real_server.port, deleted.real_server.port) == (80, 8080)


def test_a_deleted_route_leaves_open_what_it_does_not_name() -> None:
    change = read("ip route del 198.51.100.0/24")
    assert isinstance(change, RemoveRoute)
    assert (change.route.type, change.route.protocol, change.route.scope, change.route.metric) == ("", "", "", 0)


def test_a_tunnels_module_is_known() -> None:
    assert read("modprobe ipip") == LoadModule("ipip")
