import sys

import pytest

from lvsdoctor.parse.config import config_dump
from tests.parse.config.driving import addresses, links, read, routes, rules, unread

FILE = "rs1/etc/netplan/60-lo.yaml"


def netplan(devices: str) -> str:
    return "network:\n  version: 2\n" + devices


def test_addresses_have_their_lines_labels_and_lifetimes() -> None:
    text = netplan(
        "  ethernets:\n    lo:\n      addresses:\n        - 192.0.2.10/24\n        - 192.0.2.11/32:\n"
        "            label: 'lo:1'\n"
        "            lifetime: 0\n        - '2001:db8::1/128'\n"
    )
    assert addresses(read(text, FILE)) == [
        "192.0.2.10/24 lo @6",
        "192.0.2.11/32 lo:1 deprecated @7",
        "2001:db8::1/128 lo @10",
    ]


def test_a_template_or_an_address_without_length_is_unread() -> None:
    dump = read(
        netplan(
            "  ethernets:\n    lo:\n      addresses:\n      - {{ vip }}/32\n      - 192.0.2.11\n      - 192.0.2.12/32\n"
        ),
        FILE,
    )
    assert addresses(dump) == ["192.0.2.12/32 lo @8"]
    assert unread(dump) == [6, 7]


def test_dhcp_makes_a_link_alone() -> None:
    dump = read(netplan("  ethernets:\n    eth0: {dhcp4: true}\n"), FILE)
    assert set(dump.facts) == {"configured-links"}
    assert links(dump)["eth0"].up


def test_a_link_that_is_matched_by_something_else_has_no_name() -> None:
    text = netplan(
        "  ethernets:\n    id0:\n      match: {macaddress: '52:54:00:00:00:01'}\n      addresses: [192.0.2.10/32]\n"
    )
    dump = read(text, FILE)
    assert not dump.facts
    assert unread(dump) == [6]
    assert addresses(read(text + "      set-name: eth0\n", FILE)) == ["192.0.2.10/32 eth0 @6"]


def test_routes_and_rules_are_those_of_ip() -> None:
    text = netplan(
        "  ethernets:\n    eth0:\n      gateway4: 192.0.2.1\n      routes:\n"
        "      - {to: default, via: 192.0.2.2, table: 10}\n"
        "      - to: 198.51.100.0/24\n        via: 192.0.2.3\n      routing-policy:\n"
        "      - {from: 192.0.2.0/24, table: 10}\n"
        "      - {from: 192.0.2.0/24, table: 11, port: 1}\n"
    )
    dump = read(text, FILE)
    assert routes(dump) == [
        "0.0.0.0/0 via 192.0.2.1 dev eth0 table main @5", "0.0.0.0/0 via 192.0.2.2 dev eth0 table 10 @7",
        "198.51.100.0/24 via 192.0.2.3 dev eth0 table main @9",
    ]  # fmt: skip
    assert rules(dump) == ["32765 from 192.0.2.0/24 table 10 IPv4 @11"]
    assert unread(dump) == [12]


def test_kinds_ports_and_parents_are_told() -> None:
    text = netplan(
        "  bonds:\n    bond0: {interfaces: [eth0]}\n  vlans:\n    v10: {id: 10, link: bond0}\n"
        "  tunnels:\n    tunl9: {mode: ipip, local: 192.0.2.1, remote: 192.0.2.2}\n  dummy-devices:\n    d0: {}\n"
    )
    known = {name: (link.kind, link.master, link.parent, link.arp) for name, link in links(read(text, FILE)).items()}
    assert known == {
        "bond0": ("bond", None, None, True), "eth0": (None, "bond0", None, True), "v10": ("vlan", None, "bond0", True),
        "tunl9": ("ipip", None, None, False), "d0": ("dummy", None, None, False),
    }  # fmt: skip


def test_a_file_that_netplan_refuses_is_unread_where_it_is_wrong() -> None:
    dump = read("network:\n  ethernets:\n   lo: [\n", FILE)
    assert not dump.facts
    assert dump.unread


def test_another_program_s_network_is_none() -> None:
    assert config_dump("network:\n  name: x\n", "values.yaml") is None
    assert addresses(read(netplan("  ethernets:\n    lo:\n      addresses: [192.0.2.10/32]\n"), "lo.yaml")) == [
        "192.0.2.10/32 lo @5"
    ]


def test_without_pyyaml_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    dump = config_dump(netplan("  ethernets: {}\n"), FILE)
    assert dump is not None
    (kind,) = dump.unread_kinds
    assert (kind.kind, str(kind.seen)) == ("netplan", f"{FILE}:1")
    assert "lvsdoctor[golden]" in kind.name
