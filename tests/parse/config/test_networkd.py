from lvsdoctor.parse.config import config_dump
from tests.parse.config.driving import addresses, links, read, routes, rules, unread

FILE = "rs1/etc/systemd/network/10-lo.network"


def test_addresses_of_both_sections_labels_and_lifetimes() -> None:
    text = (
        "[Match]\nName=lo\n\n[Network]\nAddress=192.0.2.10/32\nAddress=2001:db8::1/128\n[Address]\nAddress=192.0.2.11/24\n"
        "Label=lo:1\nPreferredLifetime=0\n"
    )
    dump = read(text, FILE)
    assert addresses(dump) == ["192.0.2.10/32 lo @5", "2001:db8::1/128 lo @6", "192.0.2.11/24 lo:1 deprecated @8"]
    assert links(dump)["lo"].loopback


def test_an_empty_value_takes_back_those_above_it() -> None:
    text = "[Match]\nName=lo\n[Network]\nAddress=192.0.2.10/32\nAddress=\nAddress=192.0.2.11/32\n"
    assert addresses(read(text, FILE)) == ["192.0.2.11/32 lo @6"]


def test_a_pattern_names_no_link() -> None:
    for match in ("Name=en*", "Name=!lo", "MACAddress=52:54:00:00:00:01"):
        dump = read(f"[Match]\n{match}\n[Network]\nAddress=192.0.2.10/24\n", FILE)
        assert not dump.facts
        assert unread(dump) == [4]
    assert addresses(read("[Match]\nType=loopback\n[Network]\nAddress=192.0.2.10/24\n", FILE)) == [
        "192.0.2.10/24 lo @4"
    ]


def test_a_drop_in_is_for_the_link_that_its_file_is_called_after() -> None:
    text = "[Network]\nAddress=192.0.2.10/24\n"
    assert addresses(read(text, f"{FILE}.d/vip.conf")) == ["192.0.2.10/24 lo @2"]
    netplan = "rs1/etc/systemd/network/10-netplan-ens3.network.d/vip.conf"
    assert addresses(read(text, netplan)) == ["192.0.2.10/24 ens3 @2"]


def test_a_drop_in_of_a_file_with_another_name_does_not_say_for_which_link_it_is() -> None:
    assert unread(read("[Network]\nAddress=192.0.2.10/24\n", FILE.replace("10-lo", "10-uplink") + ".d/vip.conf")) == [2]


def test_a_file_that_only_matches_a_link_brings_it_up() -> None:
    assert list(links(read("[Match]\nName=lo\n", FILE))) == ["lo"]
    (kind,) = read("[Match]\nMACAddress=02:00:00:00:00:01\n[Link]\nName=lan\n", "etc/10-lan.link").unread_kinds
    assert kind.name == "a systemd.link file"


def test_an_address_without_length_or_of_a_template_is_unread() -> None:
    dump = read("[Match]\nName=lo\n[Network]\nAddress=192.0.2.10\nAddress={{ vip }}/32\nAddress=192.0.2.12/32\n", FILE)
    assert addresses(dump) == ["192.0.2.12/32 lo @6"]
    assert unread(dump) == [4, 5]


def test_routes_and_rules_are_those_of_ip() -> None:
    text = (
        "[Match]\nName=eth0\n[Network]\nGateway=192.0.2.1\n[Route]\nDestination=198.51.100.0/24\nGateway=192.0.2.2\nTable=10\n"
        "[RoutingPolicyRule]\nFrom=192.0.2.0/24\nTable=10\nPriority=7\n[RoutingPolicyRule]\nFrom=192.0.2.0/24\nSourcePort=1\n"
    )
    dump = read(text, FILE)
    assert routes(dump) == [
        "0.0.0.0/0 via 192.0.2.1 dev eth0 table main @4", "198.51.100.0/24 via 192.0.2.2 dev eth0 table 10 @7",
    ]  # fmt: skip
    assert rules(dump) == ["7 from 192.0.2.0/24 table 10 IPv4 @10"]
    assert unread(dump) == [14]


def test_settings_of_the_link_alone_are_settings() -> None:
    dump = read("[Match]\nName=eth0\n[Network]\nIPv4Forwarding=yes\nIPv4ReversePathFilter=loose\nIPForward=yes\n", FILE)
    (file,) = dump.facts["configured-sysctl"]
    assert file.after_boot
    assert [(line.key, line.raw, line.seen.line) for line in file.lines] == [
        ("net.ipv4.conf.eth0.forwarding", "1", 4), ("net.ipv4.conf.eth0.rp_filter", "2", 5),
    ]  # fmt: skip
    assert unread(dump) == [6]


def test_a_netdev_is_a_link_of_a_kind() -> None:
    dump = read("[NetDev]\nName=tunl9\nKind=ipip\n[Tunnel]\nLocal=192.0.2.1\n", "etc/systemd/network/t.netdev")
    link = links(dump)["tunl9"]
    assert (link.kind, link.type, link.arp, link.detail) == ("ipip", "ipip", False, {"local": "192.0.2.1"})


def test_what_stands_above_a_link_is_a_link_too() -> None:
    known = links(read("[Match]\nName=eth0\n[Network]\nVLAN=v10\nBridge=br0\nDHCP=yes\n", FILE))
    assert (known["eth0"].master, known["v10"].kind, known["v10"].parent) == ("br0", "vlan", "eth0")


def test_a_network_of_podman_is_none() -> None:
    assert config_dump("[Network]\nSubnet=192.0.2.0/24\n", "etc/containers/systemd/x.network") is None
