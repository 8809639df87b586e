"""Which rows of two hosts differ, and what nothing is concluded from."""

from dataclasses import replace
from ipaddress import ip_address, ip_network
from typing import Any

from lvsdoctor.analysis.drift.fact_differences import fact_differences
from lvsdoctor.model.address import Address
from lvsdoctor.model.coverage import Coverage, Origin, Partial
from lvsdoctor.model.difference import Change
from lvsdoctor.model.ipvs import Counters, Destination, Forwarding, VirtualService
from lvsdoctor.model.neighbour import Neighbour
from lvsdoctor.model.node import Node
from lvsdoctor.model.packet_filter import Action, Chain, Effect, FilterRule, FilterTable
from lvsdoctor.model.route import NextHop, Route
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.socket import Socket, SocketTable
from lvsdoctor.model.sysctl import Setting, SysctlTable
from lvsdoctor.model.vrrp import VrrpInstance

VIP, RIP = ip_address("192.0.2.10"), ip_address("192.0.2.21")


def seen(text: str, line: int = 1, where: str = "rs1/dump.txt") -> Seen:
    return Seen(where, line, text)


def node(*, coverage: dict[str, Coverage] | None = None, files: dict[str, str] | None = None, **facts: Any) -> Node:
    evidence = {name.replace("_", "-"): rows for name, rows in facts.items()}
    return Node("rs1", evidence=evidence, coverage=coverage or {}, files=files or {})


def settings(**values: str) -> SysctlTable:
    keys = {name.replace("__", "."): value for name, value in values.items()}
    return SysctlTable([[Setting(f"net.ipv4.conf.{key}", raw, seen(f"{key} = {raw}")) for key, raw in keys.items()]])


def address(ip: str = "192.0.2.10", where: str = "rs1/dump.txt") -> Address:
    return Address(ip_address(ip), 32, "lo", seen(f"inet {ip}/32 scope global lo", where=where))


def service(*reals: Destination, scheduler: str = "rr") -> VirtualService:
    return VirtualService("tcp", VIP, 80, seen("TCP 192.0.2.10:80"), scheduler=scheduler, destinations=reals)


def real(weight: int = 1, **more: Any) -> Destination:
    return Destination(RIP, 80, seen(f"-> {RIP}:80 Route {weight}"), forwarding=Forwarding.DR, weight=weight, **more)


def compared(first: Node, second: Node) -> list[tuple[str, str, str, str, str]]:
    rows, _ = fact_differences(first, second)
    return [(row.row, row.change.value, row.what, row.before, row.after) for row in rows]


def test_a_setting_with_another_value_differs_and_both_lines_are_quoted() -> None:
    (row,), untold = fact_differences(
        node(sysctl=settings(all__arp_ignore="0")), node(sysctl=settings(all__arp_ignore="1"))
    )
    assert (row.row, row.change, row.before, row.after) == ("net.ipv4.conf.all.arp_ignore", Change.CHANGED, "0", "1")
    assert (row.first, row.second) == (seen("all.arp_ignore = 0"), seen("all.arp_ignore = 1"))
    assert untold == ()


def test_a_setting_that_no_rule_reads_is_not_compared() -> None:
    assert compared(node(sysctl=settings(all__tag="0")), node(sysctl=settings(all__tag="1"))) == []


def test_the_settings_of_a_link_that_one_side_does_not_have_are_no_differences() -> None:
    first = node(sysctl=settings(all__arp_ignore="0", eth1__arp_ignore="0"))
    assert compared(first, node(sysctl=settings(all__arp_ignore="0"))) == []


def test_an_address_is_gone_where_the_other_side_shows_all_of_them() -> None:
    assert compared(node(addresses=(address(),)), node(addresses=())) == [
        ("192.0.2.10/32 on lo", "only-first", "", "", "")
    ]
    assert compared(node(addresses=()), node(addresses=(address(),)))[0][1] == "only-second"


def test_from_a_part_of_a_fact_no_absence_is_concluded() -> None:
    part = Partial("the dump was filtered", seen("$ ip addr | grep eth0"))
    second = node(addresses=(), coverage={"addresses": Coverage(partial=part)})
    rows, (untold,) = fact_differences(node(addresses=(address(),)), second)
    assert rows == ()
    assert (untold.side, untold.fact, untold.rows, untold.reason) == ("second", "addresses", 1, "the dump was filtered")
    assert untold.seen == part.seen


def test_what_was_not_collected_is_named_with_its_command_and_differs_in_nothing() -> None:
    rows, (untold,) = fact_differences(node(addresses=(address(),)), node(sysctl=settings()))
    assert rows == ()
    assert (untold.fact, untold.side, untold.command, untold.rows) == ("addresses", "second", "ip addr show", 0)


def test_files_tell_of_absence_only_where_the_same_file_is_there() -> None:
    configured = {"addresses": Coverage(Origin.CONFIGURED)}
    first = node(addresses=(address(where="rs1/etc/netplan/60.yaml"),), coverage=configured)
    assert compared(first, node(addresses=(), coverage=configured)) == []
    same_file = node(addresses=(), coverage=configured, files={"rs1/etc/netplan/60.yaml": "golden/60.yaml"})
    assert [row[1] for row in compared(first, same_file)] == ["only-first"]


def test_what_files_do_not_configure_may_run_all_the_same() -> None:
    golden = node(addresses=(), coverage={"addresses": Coverage(Origin.CONFIGURED)})
    assert compared(golden, node(addresses=(address(),))) == []


def test_counters_and_connections_are_no_differences() -> None:
    quiet, busy = real(active=0, inactive=0), real(active=9, inactive=7, counters=Counters(1, 2, 3, 4, 5))
    assert compared(node(ipvs=(service(quiet),)), node(ipvs=(service(busy),))) == []


def test_weight_and_scheduler_are() -> None:
    first, second = node(ipvs=(service(real()),)), node(ipvs=(service(real(0), scheduler="wrr"),))
    assert compared(first, second) == [
        ("virtual service tcp 192.0.2.10:80", "changed", "scheduler", "rr", "wrr"),
        ("real server 192.0.2.21:80 of tcp 192.0.2.10:80", "changed", "weight", "1", "0"),
    ]


def test_a_table_with_names_in_it_shows_no_absence() -> None:
    named = VirtualService("tcp", None, None, seen("TCP www:http rr"), shown="www:http")
    assert compared(node(ipvs=(service(real()),)), node(ipvs=(named,))) == []


def test_neighbour_states_come_and_go_and_another_mac_is_a_difference() -> None:
    first = Neighbour(RIP, seen("REACHABLE"), "eth0", "02:00:00:00:00:21", "REACHABLE")
    stale = replace(first, state="STALE")
    other = replace(first, mac="02:00:00:00:00:99")
    assert compared(node(neighbours=(first,)), node(neighbours=(stale,))) == []
    assert compared(node(neighbours=(first,)), node(neighbours=())) == []
    (row,) = compared(node(neighbours=(first,)), node(neighbours=(other,)))
    assert row[2:] == ("MAC", "02:00:00:00:00:21", "02:00:00:00:00:99")


def test_routes_that_the_kernel_makes_of_addresses_are_left_to_these() -> None:
    route = Route(
        ip_network("0.0.0.0/0"), seen("default via 192.0.2.1"), nexthops=(NextHop("eth0", ip_address("192.0.2.1")),)
    )
    connected = Route(ip_network("192.0.2.0/24"), seen("192.0.2.0/24 dev eth0"), protocol="kernel")
    assert compared(node(routes=(route, connected)), node(routes=(route,))) == []
    assert [row[:2] for row in compared(node(routes=(route,)), node(routes=()))] == [
        ("route 0.0.0.0/0 in table main", "only-first")
    ]


def chain(*effects: Effect) -> FilterTable:
    rules = tuple(
        FilterRule((Action(effect, effect.value),), seen(effect.value, n)) for n, effect in enumerate(effects)
    )
    return FilterTable(
        "ip", "filter", seen("*filter"), (Chain("INPUT", seen(":INPUT ACCEPT"), rules, policy="accept"),)
    )


def test_of_a_chain_the_first_rules_that_part_are_quoted() -> None:
    first, second = node(iptables=(chain(Effect.ACCEPT, Effect.DROP),)), node(iptables=(chain(Effect.ACCEPT),))
    (row,), _ = fact_differences(first, second)
    assert (row.row, row.what) == ("chain INPUT of table filter", "rules")
    assert (row.first, row.second) == (seen(Effect.DROP.value, 1), seen(":INPUT ACCEPT"))


def test_a_list_of_tcp_sockets_says_nothing_of_udp() -> None:
    row = Socket("udp", RIP, 53, seen("UNCONN"), family=4)
    first = node(sockets=SocketTable((row,), frozenset({("udp", 4)})))
    assert compared(first, node(sockets=SocketTable((), frozenset({("tcp", 4)})))) == []
    assert len(compared(first, node(sockets=SocketTable((), frozenset({("udp", 4)}))))) == 1


def test_a_vrrp_instance_differs_by_its_words_and_no_password_is_shown() -> None:
    mine = VrrpInstance("VI_1", seen("vrrp_instance VI_1 {"), "eth0", 51, auth="PASS:one")
    theirs = replace(mine, priority=150, auth="PASS:two")
    (priority, auth) = compared(node(vrrp=(mine,)), node(vrrp=(theirs,)))
    assert priority == ("vrrp_instance VI_1", "changed", "priority", "100", "150")
    assert auth[2:] == ("auth", "", "")
