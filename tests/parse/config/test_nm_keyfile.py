from lvsdoctor.parse.config import config_dump
from tests.parse.config.driving import addresses, links, read, routes, rules, unread

FILE = "rs1/etc/NetworkManager/system-connections/lo.nmconnection"
LO = "[connection]\nid=lo\ntype=loopback\ninterface-name=lo\n\n[ipv4]\nmethod=manual\n"


def test_addresses_have_their_lines() -> None:
    dump = read(
        f"{LO}address1=127.0.0.1/8\naddress2=192.0.2.10/24\n[ipv6]\nmethod=manual\naddress1=2001:db8::1/128\n", FILE
    )
    assert addresses(dump) == ["127.0.0.1/8 lo @8", "192.0.2.10/24 lo @9", "2001:db8::1/128 lo @12"]
    assert links(dump)["lo"].loopback


def test_a_gateway_behind_the_address_is_a_default_route() -> None:
    text = (
        "[connection]\nid=x\ntype=ethernet\ninterface-name=eth0\n[ipv4]\nmethod=manual\n"
        "address1=192.0.2.21/24,192.0.2.1\n"
    )
    dump = read(text, FILE)
    assert (addresses(dump), routes(dump)) == (
        ["192.0.2.21/24 eth0 @7"], ["0.0.0.0/0 via 192.0.2.1 dev eth0 table main @7"],
    )  # fmt: skip
    assert routes(read(f"{text}never-default=true\n", FILE)) == []


def test_several_addresses_may_stand_in_a_line() -> None:
    assert addresses(read(f"{LO}addresses=192.0.2.10/32;192.0.2.11/32;\n", FILE)) == [
        "192.0.2.10/32 lo @8",
        "192.0.2.11/32 lo @8",
    ]


def test_routes_with_their_options_and_rules() -> None:
    dump = read(
        f"{LO}route1=198.51.100.0/24,192.0.2.1,100\nroute1_options=table=10\n"
        "routing-rule1=priority 5 from 192.0.2.0/24 table 10\n",
        FILE,
    )
    assert routes(dump) == ["198.51.100.0/24 via 192.0.2.1 dev lo table 10 @8"]
    assert dump.facts["configured-routes"][0].metric == 100
    assert rules(dump) == ["5 from 192.0.2.0/24 table 10 IPv4 @10"]


def test_what_is_not_brought_up_has_no_row() -> None:
    text = LO.replace("type=loopback", "type=loopback\nautoconnect=false") + "address1=192.0.2.10/32\n"
    assert not read(text, FILE).facts
    assert addresses(read(f"{LO.replace('manual', 'disabled')}address1=192.0.2.10/32\n", FILE)) == []


def test_a_connection_without_an_interface_is_for_none_that_is_known() -> None:
    dump = read("[connection]\nid=x\ntype=ethernet\n[ipv4]\nmethod=manual\naddress1=192.0.2.10/32\n", FILE)
    assert not dump.facts
    assert unread(dump) == [6]


def test_a_template_or_an_address_without_length_is_unread() -> None:
    dump = read(f"{LO}address1={{{{ vip }}}}/32\naddress2=192.0.2.11\naddress3=192.0.2.12/32\n", FILE)
    assert addresses(dump) == ["192.0.2.12/32 lo @10"]
    assert unread(dump) == [8, 9]


def test_kind_master_and_parent_are_told() -> None:
    text = (
        "[connection]\nid=v\ntype=vlan\ninterface-name=v10\ncontroller=br0\n[vlan]\nid=10\n"
        "parent=eth0\n[ipv4]\nmethod=auto\n"
    )
    link = links(read(text, FILE))["v10"]
    assert (link.kind, link.master, link.parent) == ("vlan", "br0", "eth0")
    text = (
        "[connection]\nid=t\ntype=ip-tunnel\ninterface-name=t0\n[ip-tunnel]\nmode=1\n"
        "local=192.0.2.1\n[ipv4]\nmethod=manual\n"
    )
    assert links(read(text, FILE))["t0"].kind == "ipip"


def test_another_file_of_sections_is_none() -> None:
    assert config_dump("[connection]\nhost=x\n[ipv4]\na=b\n", "app.ini") is None
