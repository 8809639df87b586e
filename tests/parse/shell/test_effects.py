"""What each command does to a host, and what a later one takes away again."""

from ipaddress import ip_address, ip_network

import pytest

from lvsdoctor.model.ipvs import Forwarding
from lvsdoctor.parse.shell.net_tools import class_prefixlen, mask_length
from tests.parse.shell.scripts import addresses, dump, rows, settings, unread


@pytest.mark.parametrize(
    ("command", "address"),
    [
        ("ifconfig lo:0 192.0.2.10 netmask 255.255.255.255 broadcast 192.0.2.10 up", "192.0.2.10/32 lo:0"),
        ("/sbin/ifconfig lo:0 192.0.2.10 netmask 255.255.255.0 up", "192.0.2.10/24 lo:0"),
        ("ifconfig lo:0 inet 192.0.2.10/28 up", "192.0.2.10/28 lo:0"),
        ("ifconfig eth0:1 192.0.2.10", "192.0.2.10/24 eth0:1"),
        ("ifconfig lo:0 10.0.0.10", "10.0.0.10/8 lo:0"),
        ("ifconfig lo:0 172.16.0.10", "172.16.0.10/16 lo:0"),
        ("ifconfig tunl0 192.0.2.10 netmask 0xffffffff", "192.0.2.10/32 tunl0"),
        ("ifconfig eth0 inet6 add 2001:db8::10/64", "2001:db8::10/64 eth0"),
        ("ip addr add 192.0.2.10 dev lo", "192.0.2.10/32 lo"),
        ("ip a a 192.0.2.10/32 dev lo label lo:0", "192.0.2.10/32 lo:0"),
        ("ip address replace 192.0.2.10/24 brd + dev eth0", "192.0.2.10/24 eth0"),
        ("ip -4 addr add local 192.0.2.10/32 scope host dev lo", "192.0.2.10/32 lo"),
        ("ip addr add 192.0.2.10/32 dev lo:1", "192.0.2.10/32 lo"),
        ("ip -6 addr add 2001:db8::10/128 dev lo", "2001:db8::10/128 lo"),
        ("sudo -n env LC_ALL=C ip addr add 192.0.2.10/32 dev lo", "192.0.2.10/32 lo"),
    ],
)
def test_an_address_comes_with_the_prefix_and_the_label_that_the_kernel_gives_it(command: str, address: str) -> None:
    assert addresses(command) == [address]


def test_without_a_netmask_the_class_of_the_address_counts() -> None:
    lengths = [class_prefixlen(ip_address(text)) for text in ("10.0.0.1", "172.16.0.1", "192.0.2.1", "224.0.0.1")]  # type: ignore[arg-type]
    assert lengths == [8, 16, 24, None]


def test_a_mask_with_a_hole_is_none() -> None:
    assert [mask_length(text) for text in ("255.255.255.0", "0.0.0.255", "255.0.255.0", "x", "0.0.0.0")] == [
        24, None, None, None, 0,
    ]  # fmt: skip


def test_an_alias_takes_the_place_of_the_one_with_its_label() -> None:
    assert addresses("ifconfig lo:0 192.0.2.10\nifconfig lo:0 192.0.2.11 netmask 255.255.255.255") == [
        "192.0.2.11/32 lo:0"
    ]


def test_a_second_address_of_a_subnet_is_secondary() -> None:
    first, second = rows("ip addr add 192.0.2.21/24 dev eth0\nip addr add 192.0.2.22/24 dev eth0", "addresses")
    assert (first.secondary, second.secondary) == (False, True)


@pytest.mark.parametrize(
    "command",
    [
        "ifconfig lo:0 down",
        "ip addr del 192.0.2.10/32 dev lo",
        "ip addr del 192.0.2.10 dev lo",
        "ip addr flush dev lo label lo:0",
        "ip addr flush to 192.0.2.0/24 dev lo",
    ],
)
def test_what_is_taken_away_again_is_not_there(command: str) -> None:
    assert addresses(f"ifconfig lo:0 192.0.2.10 netmask 255.255.255.255 up\n{command}") == []


def test_an_address_with_another_prefix_stays() -> None:
    assert addresses("ip addr add 192.0.2.10/24 dev lo\nip addr del 192.0.2.10/32 dev lo") == ["192.0.2.10/24 lo"]


@pytest.mark.parametrize(
    "command", ["ifconfig lo:0 down", "ip addr del 192.0.2.10/32 dev lo", "ipvsadm -C", "ip link set eth1 down"]
)
def test_taking_away_what_was_never_made_is_no_fact(command: str) -> None:
    assert not dump(command).facts
    assert not dump(command).unread


def test_a_link_is_up_where_a_command_brings_it_up() -> None:
    links = rows(
        "ip link add dum0 type dummy\nip link set dum0 up\nifconfig lo:0 192.0.2.10 up\nip link set eth1 mtu 9000",
        "links",
    )
    assert [(link.name, link.up, link.kind, link.loopback) for link in links] == [
        ("dum0", True, "dummy", False),
        ("lo", True, None, True),
    ]


def test_a_vlan_knows_its_parent_and_a_port_its_bridge() -> None:
    links = rows(
        "ip link add link eth0 name eth0.100 type vlan id 100\nip link set eth0.100 master br0\nip link set br0 up\n"
        "ip link set eth0.100 up",
        "links",
    )
    assert [(link.name, link.parent, link.master, link.up) for link in links] == [
        ("eth0.100", "eth0", "br0", True),
        ("br0", None, None, True),
    ]


def test_a_host_route_over_an_alias_prefers_its_address() -> None:
    (route,) = rows(
        "ifconfig lo:0 192.0.2.10 netmask 255.255.255.255 up\nroute add -host 192.0.2.10 dev lo:0", "routes"
    )
    assert (str(route.dst), route.links, str(route.src), route.scope) == (
        "192.0.2.10/32",
        ("lo",),
        "192.0.2.10",
        "link",
    )


def test_routes_of_net_tools_and_iproute2_are_alike() -> None:
    routes = rows(
        "route add default gw 192.0.2.1 eth0\nroute add -net 198.51.100.0 netmask 255.255.255.0 gw 192.0.2.2\n"
        "ip route add 203.0.113.0/24 via 192.0.2.3 dev eth0 table 100\nip r a 10/8 dev eth1",
        "routes",
    )
    assert [(str(route.dst), [str(ip) for ip in route.gateways], route.table, route.scope) for route in routes] == [
        ("0.0.0.0/0", ["192.0.2.1"], "main", "global"),
        ("198.51.100.0/24", ["192.0.2.2"], "main", "global"),
        ("203.0.113.0/24", ["192.0.2.3"], "100", "global"),
        ("10.0.0.0/8", [], "main", "link"),
    ]


def test_a_replaced_default_route_is_the_only_one() -> None:
    routes = rows(
        "ip route add default via 192.0.2.1 dev eth0\nip route replace default via 192.0.2.2 dev eth0", "routes"
    )
    assert [str(route.gateways[0]) for route in routes] == ["192.0.2.2"]
    assert not rows("ip route add default via 192.0.2.1 dev eth0\nip route del default", "routes")


def test_routes_of_two_next_hops_are_one_route() -> None:
    (route,) = rows(
        "ip route add default nexthop via 192.0.2.1 dev eth0 nexthop via 198.51.100.1 dev eth1 weight 2", "routes"
    )
    assert [(hop.link, hop.weight) for hop in route.nexthops] == [("eth0", 1), ("eth1", 2)]


def test_policy_rules_count_down_from_that_of_table_main() -> None:
    text = (
        "ip rule add fwmark 1 table 100\nip rule add from 192.0.2.0/24 lookup 200\nip rule add pref 5 iif eth0 lookup 7"
    )
    assert [(rule.priority, rule.table) for rule in rows(text, "policy-rules")] == [
        (32765, "100"),
        (32764, "200"),
        (5, "7"),
    ]
    assert [
        rule.priority for rule in rows(f"{text}\nip rule del fwmark 1 table 100\nip rule del pref 5", "policy-rules")
    ] == [32764]


def test_the_table_of_ipvs_is_what_the_last_command_left() -> None:
    (service,) = rows(
        "ipvsadm -C\nipvsadm -A -t 192.0.2.10:80 -s rr\nipvsadm -a -t 192.0.2.10:80 -r 192.0.2.21 -g\n"
        "ipvsadm -a -t 192.0.2.10:80 -r 192.0.2.22:8080 -m -w 2\nipvsadm -E -t 192.0.2.10:80 -s wrr -p 50\n"
        "ipvsadm -e -t 192.0.2.10:80 -r 192.0.2.21:80 -m -w 3\nipvsadm -d -t 192.0.2.10:80 -r 192.0.2.22:8080\n"
        "ipvsadm -At 192.0.2.10:443\nipvsadm -D -t 192.0.2.10:443",
        "ipvs",
    )
    assert (service.scheduler, service.persistent) == ("wrr", 50)
    assert [(str(row.ip), row.port, row.weight, row.forwarding, row.seen.line) for row in service.destinations] == [
        ("192.0.2.21", 80, 3, Forwarding.NAT, 6)
    ]


def test_a_table_that_is_cleared_at_the_end_is_no_fact() -> None:
    assert not rows("ipvsadm -A -t 192.0.2.10:80\nipvsadm -C", "ipvs")


def test_a_real_server_of_a_service_that_nothing_makes_is_a_fragment() -> None:
    made = dump("ipvsadm -a -t 192.0.2.10:80 -r 192.0.2.21 -g")
    assert [str(row.ip) for row in made.facts["configured-ipvs"][0].destinations] == ["192.0.2.21"]
    assert made.partial is not None
    assert made.partial.seen == made.facts["configured-ipvs"][0].seen


def test_rules_of_arptables_stand_in_the_order_of_their_chain() -> None:
    (tables,) = rows(
        "arptables -F\narptables -A IN -d 192.0.2.10 -j DROP\narptables -I INPUT -s 192.0.2.1 -j ACCEPT\n"
        "arptables -A OUT -s 192.0.2.10 -j mangle --mangle-ip-s 192.0.2.21\narptables -A INPUT -j DROP\n"
        "arptables -D INPUT 3\narptables -P OUTPUT DROP",
        "arptables",
    )
    assert [(rule.chain, rule.target, rule.seen.line) for rule in tables.rules] == [
        ("INPUT", "ACCEPT", 3), ("INPUT", "DROP", 2), ("OUTPUT", "mangle", 4),
    ]  # fmt: skip
    assert tables.policies == {"OUTPUT": "DROP"}


def test_rules_of_iptables_stand_in_their_tables() -> None:
    (table, mangle) = rows(
        "iptables -F\niptables -P INPUT DROP\niptables -A INPUT -p tcp --dport 80 -j ACCEPT\n"
        "iptables -I INPUT -s 192.0.2.0/24 -m comment --comment 'two words' -j ACCEPT\n"
        "iptables -t mangle -A PREROUTING -d 192.0.2.10 -j MARK --set-mark 1\n"
        "iptables -A INPUT -j LOG\niptables -D INPUT -j LOG",
        "iptables",
    )
    (chain,) = table.chains
    assert (chain.policy, chain.partial, [rule.seen.line for rule in chain.rules]) == ("drop", None, [4, 3])
    assert chain.rules[0].comment == "two words"
    assert mangle.chains[0].partial is not None  # rules may be there from before


def test_ip6tables_has_tables_of_its_own() -> None:
    made = dump("ip6tables -A INPUT -d 2001:db8::10 -j DROP")
    assert list(made.facts) == ["configured-ip6tables"]


@pytest.mark.parametrize(
    "command",
    [
        "sysctl -w net.ipv4.conf.all.arp_ignore=1",
        "sysctl net.ipv4.conf.all.arp_ignore=1 > /dev/null",
        "sysctl -qw net/ipv4/conf/all/arp_ignore=1",
        "sysctl -w 'net.ipv4.conf.all.arp_ignore = 1'",
        "echo 1 > /proc/sys/net/ipv4/conf/all/arp_ignore",
        'echo "1" >/proc/sys/net/ipv4/conf/all/arp_ignore',
        "echo -n 1 >> /proc/sys/net/ipv4/conf/all/arp_ignore",
        "printf '%s\\n' 1 > /proc/sys/net/ipv4/conf/all/arp_ignore",
        "printf 1 > /proc/sys/net/ipv4/conf/all/arp_ignore",
        "echo 1 | sudo tee /proc/sys/net/ipv4/conf/all/arp_ignore > /dev/null",
        "sudo sh -c 'echo 1 > /proc/sys/net/ipv4/conf/all/arp_ignore'",
        'bash -c "sysctl -w net.ipv4.conf.all.arp_ignore=1"',
    ],
)
def test_a_setting_is_written_in_many_ways(command: str) -> None:
    assert settings(command) == {"net.ipv4.conf.all.arp_ignore": "1"}


def test_two_is_a_value_and_not_the_errors_of_a_command() -> None:
    assert settings("echo 2 > /proc/sys/net/ipv4/conf/all/arp_announce") == {"net.ipv4.conf.all.arp_announce": "2"}
    assert settings("echo 1 2> /proc/sys/net/ipv4/conf/all/arp_announce") == {}


def test_a_key_of_a_link_with_a_dot_is_spelled_as_sysctl_spells_it() -> None:
    assert settings("echo 1 > /proc/sys/net/ipv4/conf/eth0.100/arp_ignore") == {
        "net.ipv4.conf.eth0/100.arp_ignore": "1"
    }


@pytest.mark.parametrize(
    "command",
    [
        "echo x > /proc/sys/net/ipv4/conf/all/arp_ignore",
        "echo 1 > /proc/sys/net/ipv4/conf/*/arp_ignore",
        "cat value > /proc/sys/net/ipv4/conf/all/arp_ignore",
        "ip addr add 192.0.2.10/33 dev lo",
        "ip addr add 192.0.2.10/32",
        "ifconfig lo:0 vip.example.org up",
        "ifconfig lo:0 192.0.2.10 netmask 255.0.255.0",
        "route add -net 192.0.2.0 dev eth0 metric many",
        "ip route add 192.0.2.0/24",
        "ip rule add frm 192.0.2.0/24 table 1",
        "ipvsadm -A -t $VIP:80",
        "ipvsadm -A -t 192.0.2.10:80 -q",
        "ip netns exec ns1 ip addr add 192.0.2.10/32 dev lo",
        "ip -n ns1 addr add 192.0.2.10/32 dev lo",
        "iptables -A INPUT what -j DROP",
        "iptables-restore < /etc/rules.v4",
    ],
)
def test_what_is_not_understood_is_unread_and_makes_no_row(command: str) -> None:
    made = dump(command)
    assert [seen.line for seen in made.unread] == [1]
    assert not {*made.facts} - {"configured-iptables"}


@pytest.mark.parametrize(
    "command",
    ["ip addr show", "ipvsadm -Ln", "modprobe ip_vs", "arping -U -I eth0 192.0.2.10", "ifconfig", "route -n",
     "sysctl net.ipv4.ip_forward", "iptables -nvL", "echo done", "ip route flush cache", "service keepalived start"],
)  # fmt: skip
def test_a_command_that_changes_none_of_it_says_nothing(command: str) -> None:
    assert dump(command).facts == {}
    assert dump(command).unread == ()


def test_the_order_holds_addresses_and_arp_settings_as_they_come() -> None:
    order = rows(
        "ifconfig lo:0 192.0.2.10 netmask 255.255.255.255 up\necho 1 > /proc/sys/net/ipv4/conf/all/arp_ignore\n"
        "sysctl -w net.ipv4.ip_forward=1\nip addr add 192.0.2.11/32 dev lo\nip addr del 192.0.2.11/32 dev lo",
        "order",
    )
    assert [row.seen.line for row in order] == [1, 2]


def test_a_loop_over_all_links_is_a_glob() -> None:
    assert settings("for f in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 > $f; done") == {
        "net.ipv4.conf.*.rp_filter": "0"
    }


def test_a_glob_that_comes_later_undoes_a_key_before_it() -> None:
    text = "echo 1 > /proc/sys/net/ipv4/conf/eth0/rp_filter\n"
    text += "for f in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 > $f; done"
    assert settings(text)["net.ipv4.conf.eth0.rp_filter"] == "0"


def test_a_broadcast_address_comes_by_itself_where_the_link_has_one() -> None:
    (row,) = rows("ifconfig eth0 192.0.2.21 netmask 255.255.255.0", "addresses")
    assert row.broadcast == ip_network("192.0.2.0/24").broadcast_address


def test_unread_lines_are_named_with_their_numbers() -> None:
    assert unread("ip addr add 192.0.2.10/32 dev lo\n\nip addr add $VIP dev lo") == [3]


def test_a_timeout_of_0_keeps_the_one_that_was_set_before() -> None:
    (row,) = dump("ipvsadm --set 7200 120 300\nipvsadm --set 900 0 0").facts["configured-timeouts"]
    assert (row.tcp, row.tcpfin, row.udp, row.seen.line) == (900, 120, 300, 2)


def test_timeouts_that_are_no_numbers_are_unread() -> None:
    assert unread("ipvsadm --set $TCP 120 300")


CONF = """cat > /etc/keepalived/keepalived.conf <<EOF
virtual_server $VIP 80 {
    lvs_method DR
    real_server 192.0.2.21 80
}
EOF
"""
IFCFG = "cat <<'X' > /etc/sysconfig/network-scripts/ifcfg-lo:0\nDEVICE=lo:0\nIPADDR=192.0.2.10\nPREFIX=32\nX\n"


def test_a_here_document_of_a_whole_file_is_that_file_s_rows_with_the_lines_of_the_script() -> None:
    (service,) = rows(f"VIP=192.0.2.10\n{CONF}", "ipvs")
    assert (str(service), service.seen.line) == ("udp 192.0.2.10:80", 3)
    assert addresses(IFCFG) == ["192.0.2.10/32 lo:0"]
    assert [row.seen.line for row in rows(IFCFG, "addresses")] == [3]


def test_of_a_file_that_is_written_twice_the_last_text_counts() -> None:
    assert addresses(IFCFG + IFCFG.replace("192.0.2.10", "192.0.2.11")) == ["192.0.2.11/32 lo:0"]


def test_what_no_command_shows_is_not_known_of_such_a_file() -> None:
    script = CONF.replace("cat >", "sed s/a/b/ >")
    assert unread(f"VIP=192.0.2.10\n{script}")
    assert not rows(f"VIP=192.0.2.10\n{script}", "ipvs")


LINES = ("auto lo:0", "iface lo:0 inet static", "  address 192.0.2.10", "  netmask 255.255.255.0")
FILE = "/etc/network/interfaces"
TEXT = "\n".join(LINES)
ECHOES = "\n".join(f"echo '{line}'" for line in LINES)


@pytest.mark.parametrize(
    "script",
    [
        f"cat >> {FILE} <<EOF\n{TEXT}\nEOF",
        "\n".join(f"echo '{line}' >> {FILE}" for line in LINES),
        "\n".join(f"echo '{line}' | sudo tee -a {FILE}" for line in LINES),
        f"printf '{TEXT}\n' >> {FILE}".replace("\n", "\\n"),
        f"{{\n{ECHOES}\n}} >> {FILE}",
        f"(\n{ECHOES}\n) | tee -a {FILE}",
        f"vip() {{\n{ECHOES}\n}}\nvip >> {FILE}",
        "\n".join(f"sed -i '$a {line}' {FILE}" for line in LINES),
        f"cat > {FILE} <<E\n{TEXT.replace('.0', '.255')}\nE\nsed -i 's/255.255.255.255/255.255.255.0/' {FILE}".replace(
            "192.255", "192.0"
        ),
    ],
)
def test_a_file_may_be_written_piece_by_piece(script: str) -> None:
    assert addresses(script) == ["192.0.2.10/24 lo:0"]
    assert not unread(script)


def test_rows_of_a_file_written_line_by_line_quote_the_line_of_the_script() -> None:
    script = "\n".join(f"echo '{line}' >> {FILE}" for line in LINES)
    (address,) = rows(script, "addresses")
    assert (address.seen.line, address.seen.text) == (3, f"echo '  address 192.0.2.10' >> {FILE}")


def test_what_sed_makes_of_a_file_that_was_not_seen_is_not_known() -> None:
    assert unread("sed -i 's/#net.ipv4.ip_forward=1/net.ipv4.ip_forward=1/' /etc/sysctl.conf")
    assert not unread("sed -i '/arp_ignore/d' /etc/sysctl.conf")


def test_a_loop_over_the_lines_of_a_here_document() -> None:
    script = "while read vip mask; do\n ip addr add $vip/$mask dev lo\ndone <<E\n192.0.2.10 24\n192.0.2.11 32\nE\n"
    assert addresses(script) == ["192.0.2.10/24 lo", "192.0.2.11/32 lo"]
    piped = "echo 192.0.2.10:32 | while IFS=: read -r a b; do ip addr add $a/$b dev lo; done"
    assert addresses(piped) == ["192.0.2.10/32 lo"]


def test_a_function_s_output_is_a_value_where_the_script_tells_it() -> None:
    assert addresses("vip() { echo 192.0.2.$1; }\nip addr add $(vip 10)/32 dev lo") == ["192.0.2.10/32 lo"]
    script = "vip() { hostname -I; }\nip addr add $(vip)/32 dev lo\nip addr add 192.0.2.10/32 dev lo"
    assert addresses(script) == ["192.0.2.10/32 lo"]
    assert unread(script) == [2]


def test_what_a_group_writes_under_an_unknown_condition_is_not_known() -> None:
    script = f"if ping -c1 192.0.2.1; then\n{{\n{ECHOES}\n}} >> {FILE}\nfi"
    assert not addresses(script)
    assert unread(script)
