"""`nmcli connection` and `nmcli device`: what they make of a host."""

from tests.parse.shell.scripts import addresses, rows, unread


def test_a_new_connection_brings_its_link_and_its_addresses() -> None:
    text = "nmcli con add type dummy ifname vip0 ipv4.method manual ipv4.addresses 192.0.2.10/32,192.0.2.11/32"
    assert addresses(text) == ["192.0.2.10/32 vip0", "192.0.2.11/32 vip0"]
    assert [(link.name, link.kind, link.arp) for link in rows(text, "links")] == [("vip0", "dummy", False)]


def test_a_sign_adds_and_takes_away_and_no_sign_replaces() -> None:
    start = "nmcli c add type loopback con-name lo ifname lo ip4 192.0.2.9/32\n"
    assert addresses(start + "nmcli c m lo +ipv4.addresses 192.0.2.10/24") == ["192.0.2.9/32 lo", "192.0.2.10/24 lo"]
    assert addresses(start + "nmcli c modify lo ipv4.addr 192.0.2.10") == ["192.0.2.10/32 lo"]
    assert addresses(start + "nmcli c modify lo -ipv4.addresses 192.0.2.9/32") == []


def test_a_profile_is_for_the_link_that_it_was_made_for_or_called_after() -> None:
    assert addresses("nmcli con add type ethernet con-name prod ifname eth3\nnmcli con mod prod ip4 192.0.2.5/24") == [
        "192.0.2.5/24 eth3"
    ]
    assert addresses("nmcli connection modify 'System eth0' +ipv4.addresses 192.0.2.5/24") == ["192.0.2.5/24 eth0"]
    assert addresses("nmcli device modify ens192 +ipv6.addresses 2001:db8::5/128") == ["2001:db8::5/128 ens192"]
    assert addresses("nmcli connection modify 'Wired connection 1' +ipv4.addresses 192.0.2.5/24") == []
    assert unread("nmcli connection modify 'Wired connection 1' +ipv4.addresses 192.0.2.5/24") == [1]


def test_what_is_changed_in_a_profile_comes_up_with_it() -> None:
    text = "nmcli con mod lo +ipv4.addresses 192.0.2.10/32\nsysctl -w net.ipv4.conf.all.arp_ignore=1\n"
    assert [row.seen.line for row in rows(f"{text}nmcli con up lo", "order")] == [2, 1]
    assert [row.seen.line for row in rows(text, "order")] == [2]


def test_gateways_and_routes_of_a_connection_are_routes() -> None:
    text = (
        "nmcli con add type ethernet ifname eth0 con-name eth0 ip4 192.0.2.5/24 gw4 192.0.2.1\n"
        "nmcli con mod eth0 +ipv4.routes '198.51.100.0/24 192.0.2.2 50 table=7'\n"
    )
    found = [(str(r.dst), [str(g) for g in r.gateways], r.table, r.seen.line) for r in rows(text, "routes")]
    assert found == [("0.0.0.0/0", ["192.0.2.1"], "main", 1), ("198.51.100.0/24", ["192.0.2.2"], "7", 2)]


def test_what_touches_no_address_is_neither_read_nor_unread() -> None:
    text = "ip link set eth0 up\nnmcli con mod $CON ipv4.dns 192.0.2.53\nnmcli -t con show\nnmcli con up $CON\n"
    assert unread(text) == []


def test_a_connection_that_does_not_come_up_by_itself_is_unread() -> None:
    text = "nmcli con add type dummy ifname d0 con-name d0 autoconnect no ip4 192.0.2.10/24"
    assert (addresses(text), unread(text)) == ([], [1])
