from lvsdoctor.parse.config import config_dump
from tests.parse.config.driving import addresses, links, read, routes, unread

FILE = "rs1/etc/network/interfaces"


def test_an_alias_with_a_dotted_netmask_and_an_address_with_its_length() -> None:
    text = (
        "auto lo lo:0\niface lo inet loopback\n\niface lo:0 inet static\n    address 192.0.2.10\n"
        "    netmask 255.255.255.255\n\nallow-hotplug eth0\niface eth0 inet static\n    address 192.0.2.21/24\n"
        "    gateway 192.0.2.1\n"
    )
    dump = read(text, FILE)
    assert addresses(dump) == ["192.0.2.10/32 lo:0 @5", "192.0.2.21/24 eth0 @10"]
    assert routes(dump) == ["0.0.0.0/0 via 192.0.2.1 dev eth0 table main @11"]
    assert list(links(dump)) == ["lo", "eth0"]
    assert links(dump)["lo"].loopback
    assert not dump.unread


def test_loopback_makes_no_address() -> None:
    dump = read("auto lo\niface lo inet loopback\n", FILE)
    assert addresses(dump) == []
    assert not dump.unread


def test_a_netmask_may_be_a_number() -> None:
    text = (
        "auto eth0\niface eth0 inet static\naddress 192.0.2.21\nnetmask 24\niface eth0 inet6 static\n"
        "address 2001:db8::1\nnetmask 64\n"
    )
    assert addresses(read(text, FILE)) == ["192.0.2.21/24 eth0 @3", "2001:db8::1/64 eth0 @6"]


def test_an_address_without_any_prefix_is_unread() -> None:
    dump = read("auto eth0\niface eth0 inet static\naddress 192.0.2.21\n", FILE)
    assert addresses(dump) == []
    assert unread(dump) == [3]


def test_dhcp_and_manual_have_no_address() -> None:
    dump = read("auto eth0 eth1\niface eth0 inet dhcp\niface eth1 inet manual\n", FILE)
    assert list(links(dump)) == ["eth0", "eth1"]
    assert set(dump.facts) == {"configured-links"}


def test_what_is_not_brought_up_at_boot_has_no_row_and_is_unread_where_another_file_may_bring_it_up() -> None:
    text = "iface lo:0 inet static\naddress 192.0.2.10/32\n"
    assert (addresses(read(text, FILE)), unread(read(text, FILE))) == ([], [])
    dump = read(text, f"{FILE}.d/vip")
    assert (addresses(dump), unread(dump)) == ([], [2])
    assert unread(read(f"source interfaces.d/*\n{text}", FILE)) == [3]


def test_commands_of_an_interface_are_read_in_their_order() -> None:
    text = (
        "auto lo lo:0\niface lo inet loopback\niface lo:0 inet static\n"
        " post-up sysctl -w net.ipv4.conf.all.arp_ignore=1\n"
        " pre-up echo 2 > /proc/sys/net/ipv4/conf/all/arp_announce\n address 192.0.2.10/32\n"
        " up ip addr add 192.0.2.11/32 dev $IFACE || true\n down ip addr del 192.0.2.11/32 dev lo\n"
    )
    dump = read(text.replace("$IFACE", "lo"), FILE)
    assert addresses(dump) == ["192.0.2.10/32 lo:0 @6", "192.0.2.11/32 lo @7"]
    assert [row.seen.line for row in dump.facts["configured-order"]] == [5, 6, 4, 7]
    assert [line.key for file in dump.facts["configured-sysctl"] for line in file.lines] == [
        "net.ipv4.conf.all.arp_announce", "net.ipv4.conf.all.arp_ignore",
    ]  # fmt: skip
    assert not dump.unread
    assert list(links(dump)) == ["lo"]


def test_without_settings_there_is_no_order_to_judge() -> None:
    text = "auto lo\niface lo inet loopback\n up ip addr add 192.0.2.10/32 dev $IFACE\n"
    dump = read(text, FILE)
    assert addresses(dump) == ["192.0.2.10/32 lo @3"]
    assert "configured-order" not in dump.facts


def test_commands_that_need_more_than_a_line_are_unread_if_they_matter() -> None:
    text = (
        "auto lo\niface lo inet loopback\n up true\n up /root/vip.sh\n"
        " up if x; then ip addr add 192.0.2.1/32 dev lo; fi\n"
    )
    assert unread(read(f"{text} up ethtool -K eth0 gro off\n # up x\n mtu 9000\n", FILE)) == [4, 5]


def test_bond_bridge_and_vlan_are_told() -> None:
    text = (
        "auto bond0 br0 eth0.10 tun9\niface bond0 inet manual\n bond-slaves eth0 eth1\niface br0 inet manual\n"
        " bridge_ports eth2\niface eth0.10 inet manual\niface tun9 inet tunnel\n mode ipip\n address 192.0.2.10\n"
        " netmask 255.255.255.255\n endpoint 192.0.2.1\n"
    )
    dump = read(text, FILE)
    known = {name: (link.kind, link.master, link.parent) for name, link in links(dump).items()}
    assert known == {
        "bond0": ("bond", None, None), "eth0": (None, "bond0", None), "eth1": (None, "bond0", None),
        "br0": ("bridge", None, None), "eth2": (None, "br0", None), "eth0.10": ("vlan", None, "eth0"),
        "tun9": ("ipip", None, None),
    }  # fmt: skip
    assert addresses(dump) == ["192.0.2.10/32 tun9 @9"]


def test_a_template_is_unread_and_nothing_else() -> None:
    text = (
        "auto lo:0 lo:1\niface lo:0 inet static\n address {{ vip }}/32\niface lo:1 inet static\n"
        " address 192.0.2.11/32\n"
    )
    dump = read(text, FILE)
    assert addresses(dump) == ["192.0.2.11/32 lo:1 @5"]
    assert unread(dump) == [3]


def test_a_line_that_goes_on_is_cited_where_it_begins() -> None:
    dump = read("auto lo:0\niface lo:0 inet static\n address \\\n 192.0.2.10/32\n", FILE)
    assert addresses(dump) == ["192.0.2.10/32 lo:0 @3"]


def test_text_around_it_makes_it_a_paste() -> None:
    assert config_dump("My file:\niface eth0 inet static\naddress 192.0.2.21/24\n", "mail.txt") is None
