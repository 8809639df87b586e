"""vrrp_instance and static blocks: addresses, routes, and the link of use_vmac."""

import pytest

from lvsdoctor.model.vrrp import VrrpInstance
from lvsdoctor.parse.keepalived import KeepalivedConf, keepalived_conf


def conf(text: str) -> KeepalivedConf:
    return keepalived_conf(text, "keepalived.conf", "lb1")


def instance(words: str) -> VrrpInstance:
    found = conf(f"vrrp_instance VI_1 {{\ninterface eth1\n{words}\n}}\n")
    assert found.unread == ()
    return found.instances[0]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("192.0.2.10", "192.0.2.10/32 eth1 global - []"),
        ("192.0.2.10/24", "192.0.2.10/24 eth1 global - []"),
        ("192.0.2.10/24 dev eth2 label eth2:1 scope link", "192.0.2.10/24 eth2 link - []"),
        ("192.0.2.10/24 brd +", "192.0.2.10/24 eth1 global 192.0.2.255 []"),
        ("192.0.2.10/24 brd -", "192.0.2.10/24 eth1 global 192.0.2.0 []"),
        ("192.0.2.10/24 broadcast 192.0.2.99 no_track", "192.0.2.10/24 eth1 global 192.0.2.99 []"),
        ("192.0.2.10/24 noprefixroute", "192.0.2.10/24 eth1 global - [noprefixroute]"),
        ("2001:db8::10", "2001:db8::10/128 eth1 global - [deprecated, nodad]"),
        ("2001:db8::10/128 preferred_lft forever", "2001:db8::10/128 eth1 global - [nodad]"),
        ("fe80::10/64", "fe80::10/64 eth1 link - [nodad]"),
    ],
)  # fmt: skip
def test_a_vip_is_an_address_of_one_host_on_the_instance_s_link_unless_it_says_else(line: str, expected: str) -> None:
    address = instance(f"virtual_ipaddress {{\n{line}\n}}").addresses[0]
    said = f"{address} {address.link} {address.scope} {address.broadcast or '-'} [{', '.join(sorted(address.flags))}]"
    assert said == expected
    assert (address.seen.line, address.seen.text) == (4, line)


@pytest.mark.parametrize(
    "line",
    ["192.0.2.300", "172.xxx.xxx.xxx", "192.0.2.10/33", "192.0.2.10 scope odd", "192.0.2.10 label eth0:web-frontend"],
)
def test_what_is_no_address_is_unread(line: str) -> None:
    found = conf(f"vrrp_instance VI_1 {{\nvirtual_ipaddress {{\n{line}\n}}\n}}\n")
    assert found.instances[0].addresses == ()
    assert [seen.text for seen in found.unread] == [line]


def test_a_word_that_keepalived_leaves_out_costs_no_address_but_is_unread() -> None:
    found = conf("vrrp_instance VI_1 {\nvirtual_ipaddress {\n192.0.2.10 192.0.2.11\n}\n}\n")
    assert [str(address) for address in found.instances[0].addresses] == ["192.0.2.10/32"]
    assert [seen.line for seen in found.unread] == [3]


def test_a_malformed_unicast_peer_is_unread_and_no_peer() -> None:
    found = conf("vrrp_instance VI_1 {\nunicast_peer {\n192.0.2.999\n192.0.2.4\n}\n}\n")
    assert [str(peer) for peer in found.instances[0].peers or ()] == ["192.0.2.4"]
    assert [seen.line for seen in found.unread] == [3]


def test_the_state_is_backup_unless_it_says_master() -> None:
    assert [instance(words).starts_as_master for words in ("", "state BACKUP", "state MASTER")] == [False, False, True]
    assert [instance(words).priority for words in ("", "priority 150")] == [100, 150]


def test_excluded_addresses_are_held_too_and_of_any_family() -> None:
    found = conf(
        "vrrp_instance VI_1 {\nvirtual_ipaddress {\n192.0.2.10\n2001:db8::11\n}\n"
        "virtual_ipaddress_excluded {\n2001:db8::12\n}\n}\n"
    )
    own = found.instances[0]
    assert [str(address.ip) for address in own.brings_up] == ["192.0.2.10", "2001:db8::12"]
    assert {address.link for address in own.brings_up} == {"eth0"}  # default_interface
    assert [[seen.line for seen in rows] for _, rows in found.left_out] == [[4]]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("use_vmac", "vrrp.51 00:00:5e:00:01:33"),
        ("use_vmac vip0", "vip0 00:00:5e:00:01:33"),
        ("use_vmac name group 02:00:00:00:07 netlink_notify_msg", "group 02:00:00:00:07:33"),
        ("use_vmac vip0 02:00:00:00:07:01 group 5", "vip0 02:00:00:00:07:01"),
    ],
)
def test_use_vmac_puts_the_vips_on_a_macvlan(words: str, expected: str) -> None:
    own = instance(f"{words}\nvirtual_router_id 51\nvirtual_ipaddress {{ 192.0.2.10\n192.0.2.11 dev eth2 }}")
    assert own.vmac is not None
    assert (f"{own.vmac.name} {own.vmac.mac}", own.vmac.parent, own.vmac.seen.line) == (expected, "eth1", 3)
    assert [address.link for address in own.addresses] == [own.vmac.name, "eth2"]


def test_the_mac_of_an_ipv6_instance_is_another() -> None:
    own = instance("use_vmac\nvirtual_router_id 10\nvirtual_ipaddress { fe80::10/64 }")
    assert own.vmac is not None
    assert (own.vmac.name, own.vmac.mac) == ("vrrp6.10", "00:00:5e:00:02:0a")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("203.0.113.0/25 via 192.0.2.21", "unicast 203.0.113.0/25 main 192.0.2.21 None None 0 keepalived"),
        (
            "src 192.0.2.10 to 203.0.113.0/25 gw 192.0.2.21 dev eth0 priority 5 table 100 no_track",
            "unicast 203.0.113.0/25 100 192.0.2.21 eth0 192.0.2.10 5 keepalived",
        ),
        ("blackhole 198.51.100.64/26", "blackhole 198.51.100.64/26 main None None None 0 keepalived"),
        ("default via 192.0.2.1 track_group G", "unicast 0.0.0.0/0 main 192.0.2.1 None None 0 keepalived"),
    ],
)
def test_a_route_says_what_ip_route_would(line: str, expected: str) -> None:
    route = instance(f"virtual_routes {{\n{line}\n}}").routes[0]
    hop = route.nexthops[0] if route.nexthops else None
    said = (route.type, route.dst, route.table, hop and hop.gateway, hop and hop.link, route.src, route.metric)
    assert " ".join(map(str, (*said, route.protocol))) == expected
    assert route.seen.text == line


@pytest.mark.parametrize(
    "line",
    ["203.0.113.0/25 via 192.0.2.1 or 192.0.2.2", "203.0.113.0/25 nexthop via 192.0.2.1 nexthop via 192.0.2.2", "x y"],
)
def test_a_route_of_several_ways_is_unread(line: str) -> None:
    found = conf(f"static_routes {{\n{line}\n}}\n")
    assert found.routes == ()
    assert [seen.text for seen in found.unread] == [line]


def test_static_addresses_stand_on_the_default_interface() -> None:
    found = conf(
        "global_defs {\ndefault_interface bond0\nlvs_flush\n}\nstatic_ipaddress {\n192.0.2.3/24\n10.0.0.1 dev lo\n}\n"
    )
    assert [(str(address), address.link) for address in found.addresses] == [
        ("192.0.2.3/24", "bond0"),
        ("10.0.0.1/32", "lo"),
    ]
    assert found.flush is not None
    assert found.flush.line == 3


@pytest.mark.parametrize(
    "text", ["global_defs {\nvrrp_strict\n}\nvrrp_instance VI_1 {\n}", "vrrp_instance VI_1 {\nno_accept\n}"]
)
def test_a_firewall_that_keepalived_brings_is_told(text: str) -> None:
    why, rows = conf(text).left_out[0]
    assert "firewall" in why
    assert [seen.line for seen in rows] == [2]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("state MASTER", "255 True"),  # vrrp.c: vrrp_complete_instance(): it is the address owner then
        ("state MASTER\npriority 100", "100 True"),
        ("priority 255", "255 True"),
        ("strict_mode\nstate MASTER\npriority 100", "100 False"),
    ],
)
def test_state_and_priority_make_up_for_each_other_as_in_keepalived(words: str, expected: str) -> None:
    found = conf(f"vrrp_instance VI_1 {{\n{words}\n}}").instances[0]
    assert f"{found.priority} {found.starts_as_master}" == expected


@pytest.mark.parametrize(
    ("words", "accepts"),
    [
        ("", True),
        ("no_accept", False),
        ("strict_mode", False),
        ("strict_mode\naccept", False),  # of VRRPv2 it is reset
        ("strict_mode\naccept\nversion 3", True),
        ("strict_mode\npriority 255", True),
        ("strict_mode off", True),
    ],
)
def test_what_is_sent_to_the_vips_is_dropped_in_strict_mode(words: str, accepts: bool) -> None:
    assert conf(f"vrrp_instance VI_1 {{\n{words}\n}}").instances[0].accept == accepts


def test_only_what_keepalived_compares_is_kept_of_authentication() -> None:
    text = "vrrp_instance A {\nauthentication {\nauth_type PASS\nauth_pass 123456789\n}\n%s\n}"
    assert [conf(text % word).instances[0].auth for word in ("", "version 3", "strict_mode")] == [
        "PASS 12345678",
        "",
        "",
    ]


def test_every_word_of_an_instance_has_its_line() -> None:
    found = conf("vrrp_instance A {\nstate BACKUP\npriority 90\nauthentication {\nauth_pass 1\n}\n}").instances[0]
    assert {word: seen.line for word, seen in found.lines.items()} == {
        "state": 2, "priority": 3, "authentication": 4, "auth_pass": 5,
    }  # fmt: skip
