from lvsdoctor.parse.config import config_dump
from tests.parse.config.driving import addresses, links, read, routes, rules, unread

SCRIPTS = "rs1/etc/sysconfig/network-scripts"


def ifcfg(text: str, name: str = "ifcfg-eth0") -> list[str]:
    return addresses(read(text, f"{SCRIPTS}/{name}"))


def test_an_alias_is_a_label_and_its_prefix_comes_from_the_netmask() -> None:
    dump = read("DEVICE=lo:0\nIPADDR=192.0.2.10\nNETMASK=255.255.255.0\nONBOOT=yes\n", f"{SCRIPTS}/ifcfg-lo:0")
    (row,) = dump.facts["configured-addresses"]
    assert (str(row), row.link, row.label, str(row.seen)) == ("192.0.2.10/24", "lo", "lo:0", f"{SCRIPTS}/ifcfg-lo:0:2")
    assert row.seen.text == "IPADDR=192.0.2.10"
    assert not links(dump)


def test_numbered_addresses_have_their_own_prefix() -> None:
    text = "DEVICE=eth0\nIPADDR0='192.0.2.10'\nPREFIX0=32\nIPADDR1=192.0.2.11\nNETMASK1=255.255.255.0\n"
    assert ifcfg(text) == ["192.0.2.10/32 eth0 @2", "192.0.2.11/24 eth0 @4"]


def test_the_prefix_counts_before_the_netmask() -> None:
    assert ifcfg("DEVICE=eth0\nIPADDR=192.0.2.10\nNETMASK=255.255.255.0\nPREFIX=32\n") == ["192.0.2.10/32 eth0 @2"]


def test_without_either_the_class_of_the_address_tells_it() -> None:
    assert ifcfg("DEVICE=eth0\nIPADDR=192.0.2.10\n") == ["192.0.2.10/24 eth0 @2"]


def test_a_netmask_with_a_hole_or_a_prefix_that_is_too_long_is_unread() -> None:
    for line in ("NETMASK=255.0.255.0", "PREFIX=33", "NETMASK=x", "PREFIX={{ length }}"):
        dump = read(f"DEVICE=eth0\nIPADDR=192.0.2.10\n{line}\n", f"{SCRIPTS}/ifcfg-eth0")
        assert addresses(dump) == []
        assert 2 in unread(dump)


def test_a_length_behind_the_address_is_suses_alone() -> None:
    assert ifcfg("STARTMODE='auto'\nIPADDR='192.0.2.10/32'\nLABEL='0'\nIPADDR_1=192.0.2.11/24\n"
    "LABEL_1=1\n", "ifcfg-lo") == [
        "192.0.2.10/32 lo:0 @2", "192.0.2.11/24 lo:1 @4",
    ]  # fmt: skip
    assert unread(read("DEVICE=lo\nIPADDR=192.0.2.10/32\n", f"{SCRIPTS}/ifcfg-lo")) == [2]


def test_what_is_not_brought_up_at_boot_has_no_row() -> None:
    for line in ("ONBOOT=no", 'ONBOOT="No"', "ONPARENT=no", "STARTMODE=manual"):
        dump = read(f"DEVICE=eth0\nIPADDR=192.0.2.10\n{line}\n", f"{SCRIPTS}/ifcfg-eth0")
        assert not dump.facts
        assert not dump.unread


def test_an_interface_of_dhcp_has_a_link_and_no_address() -> None:
    dump = read("DEVICE=eth0\nBOOTPROTO=dhcp\nONBOOT=yes\nTYPE=Ethernet\n", f"{SCRIPTS}/ifcfg-eth0")
    assert list(links(dump)) == ["eth0"]
    assert (links(dump)["eth0"].up, links(dump)["eth0"].kind) == (True, "")
    assert set(dump.facts) == {"configured-links"}
    assert unread(read("DEVICE=eth0\nBOOTPROTO=dhcp\nIPADDR=192.0.2.10\n", f"{SCRIPTS}/ifcfg-eth0")) == [3]


def test_a_value_that_is_not_known_leaves_out_its_row_alone() -> None:
    text = (
        "DEVICE=eth0\nIPADDR0={{ vip }}\nPREFIX0=32\nIPADDR1=$VIP\nIPADDR2=`cat vip`\nIPADDR3=192.0.2.13\nPREFIX3=32\n"
    )
    dump = read(text, f"{SCRIPTS}/ifcfg-eth0")
    assert addresses(dump) == ["192.0.2.13/32 eth0 @6"]
    assert unread(dump) == [2, 4, 5]


def test_a_variable_of_the_same_file_is_known() -> None:
    assert ifcfg("VIP=192.0.2.10\nDEVICE=lo\nIPADDR=${VIP}\nPREFIX=32 # the VIP\n", "ifcfg-lo") == [
        "192.0.2.10/32 lo @3"
    ]


def test_ipv6_addresses_come_with_their_length() -> None:
    text = 'DEVICE=eth0\nIPV6ADDR=2001:db8::1/64\nIPV6ADDR_SECONDARIES="2001:db8::2/128 2001:db8::3/64"\n'
    assert ifcfg(text) == ["2001:db8::1/64 eth0 @2", "2001:db8::2/128 eth0 @3", "2001:db8::3/64 eth0 @3"]
    assert ifcfg(text + "IPV6INIT=no\n") == []


def test_a_range_makes_an_address_of_each_number() -> None:
    text = "IPADDR_START=192.0.2.10\nIPADDR_END=192.0.2.12\nNETMASK=255.255.255.255\nCLONENUM_START=3\n"
    assert ifcfg(text, "ifcfg-lo-range0") == ["192.0.2.10/32 lo:3 @1", "192.0.2.11/32 lo:4 @1", "192.0.2.12/32 lo:5 @1"]
    dump = read(text.replace("192.0.2.12", "198.51.100.1"), f"{SCRIPTS}/ifcfg-lo-range0")
    assert unread(dump) == [1]


def test_vlan_master_and_kind_are_told() -> None:
    assert links(read("DEVICE=eth0.10\nVLAN=yes\n", f"{SCRIPTS}/ifcfg-eth0.10"))["eth0.10"].parent == "eth0"
    assert links(read("DEVICE=eth1\nMASTER=bond0\nSLAVE=yes\n", f"{SCRIPTS}/ifcfg-eth1"))["eth1"].master == "bond0"
    assert links(read("DEVICE=bond0\nTYPE=Bond\n", f"{SCRIPTS}/ifcfg-bond0"))["bond0"].kind == "bond"
    assert not links(read("DEVICE=eth0\nARP=no\n", f"{SCRIPTS}/ifcfg-eth0"))["eth0"].arp


def test_the_gateway_is_a_default_route() -> None:
    dump = read("DEVICE=eth0\nIPADDR=192.0.2.21\nPREFIX=24\nGATEWAY=192.0.2.1\n", f"{SCRIPTS}/ifcfg-eth0")
    assert routes(dump) == ["0.0.0.0/0 via 192.0.2.1 dev eth0 table main @4"]


def test_without_a_device_the_files_name_tells_it_unless_another_thing_does() -> None:
    assert ifcfg("IPADDR=192.0.2.10\nPREFIX=32\n", "ifcfg-lo:0") == ["192.0.2.10/32 lo:0 @1"]
    dump = read("HWADDR=52:54:00:00:00:01\nIPADDR=192.0.2.10\nPREFIX=32\n", f"{SCRIPTS}/ifcfg-eth0")
    assert addresses(dump) == []
    assert unread(dump) == [2]


def test_a_copy_that_no_program_reads_configures_nothing() -> None:
    for name in ("ifcfg-lo:0.bak", "ifcfg-lo:0~", "ifcfg-lo:0.rpmsave"):
        dump = read("DEVICE=lo:0\nIPADDR=192.0.2.10\nNETMASK=255.255.255.0\n", f"{SCRIPTS}/{name}")
        assert not dump.facts
        assert [kind.kind for kind in dump.unread_kinds] == ["ifcfg"]


def test_routes_stand_beside_in_both_forms() -> None:
    text = "# routes\n198.51.100.0/24 via 192.0.2.1\ndefault via 192.0.2.1 dev eth1 table 10\nnonsense\n"
    dump = read(text, f"{SCRIPTS}/route-eth0")
    assert routes(dump) == [
        "198.51.100.0/24 via 192.0.2.1 dev eth0 table main @2", "0.0.0.0/0 via 192.0.2.1 dev eth1 table 10 @3",
    ]  # fmt: skip
    assert unread(dump) == [4]
    dump = read("ADDRESS0=198.51.100.0\nNETMASK0=255.255.255.0\nGATEWAY0=192.0.2.1\n", f"{SCRIPTS}/route-eth0")
    assert routes(dump) == ["198.51.100.0/24 via 192.0.2.1 dev eth0 table main @1"]
    dump = read("default via 2001:db8::1\n", f"{SCRIPTS}/route6-eth0")
    assert routes(dump) == ["::/0 via 2001:db8::1 dev eth0 table main @1"]


def test_rules_without_a_priority_go_in_front_of_those_before() -> None:
    text = "from 192.0.2.0/24 table 10\nfrom 198.51.100.0/24 lookup 11\nfrom 203.0.113.0/24 table 12 priority 5\n"
    assert rules(read(text, f"{SCRIPTS}/rule-eth0")) == [
        "32765 from 192.0.2.0/24 table 10 IPv4 @1", "32764 from 198.51.100.0/24 table 11 IPv4 @2",
        "5 from 203.0.113.0/24 table 12 IPv4 @3",
    ]  # fmt: skip


def test_a_dump_called_after_its_command_is_no_file_of_routes() -> None:
    assert config_dump("Kernel IP routing table\n", "rs1/route-n.txt") is None


def test_a_file_under_any_name_is_known_by_its_lines_if_all_are_its_own() -> None:
    text = "DEVICE=lo:0\nIPADDR=192.0.2.10\nPREFIX=32\nONBOOT=yes\n"
    assert addresses(read(text, "rs1/vip.txt")) == ["192.0.2.10/32 lo:0 @2"]
    assert config_dump(f"I wrote:\n{text}", "mail.txt") is None


def test_the_file_of_the_whole_host_has_the_gateway() -> None:
    dump = config_dump("NETWORKING=yes\nHOSTNAME=rs1\nGATEWAY=192.0.2.5\n", "rs1/etc/sysconfig/network")
    assert dump is not None
    (route,) = dump.facts["configured-routes"]
    assert (str(route.gateways[0]), route.seen.line) == ("192.0.2.5", 3)
