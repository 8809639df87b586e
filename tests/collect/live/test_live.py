"""What netlink says of a namespace is what the text of `ip` and `sysctl` says of it."""

import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lvsdoctor.collect.errors import CannotCollect
from lvsdoctor.collect.live import dumps, ipvs_live
from lvsdoctor.collect.live import node as live_module
from lvsdoctor.collect.live.filters_live import NOT_ROOT
from lvsdoctor.collect.live.node import collect_live
from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.sysctl import conf_key
from lvsdoctor.parse.iproute.ip_addr import IpAddr
from lvsdoctor.parse.iproute.ip_neigh import IpNeigh
from lvsdoctor.parse.iproute.ip_route import IpRoute
from lvsdoctor.parse.iproute.ip_rule import IpRule
from lvsdoctor.parse.reader import Reader
from lvsdoctor.parse.sysctl import Sysctl

NOWHERE = Seen("", None, "")

# Odd values, two of them negative, and a link whose name has a dot.
SYSCTLS = {
    "net.ipv4.conf.all.arp_ignore": "1",
    "net.ipv4.conf.default.rp_filter": "2",
    "net.ipv4.conf.eth0.arp_announce": "2",
    "net.ipv4.conf.eth0.medium_id": "-1",
    "net.ipv4.conf.eth0.drop_gratuitous_arp": "1",
    "net.ipv4.conf.mac/1.arp_ignore": "8",
    "net.ipv4.ip_nonlocal_bind": "1",
    "net.ipv6.conf.eth0.accept_ra": "2",
    "net.ipv6.conf.eth0.accept_dad": "-1",
    "net.ipv6.conf.eth0.proxy_ndp": "1",
    "net.ipv6.conf.all.forwarding": "1",
    "net.ipv6.conf.mac0.disable_ipv6": "1",
}


@pytest.fixture(scope="module")
def namespace(new_namespace: Callable[[], Any]) -> Any:
    made = new_namespace()
    everything = Path(__file__).with_name("everything.ip").read_text()
    for line in everything.replace("FAR", f"far{os.getpid() % 10**8}").splitlines():
        if line and not line.startswith("#"):
            made.ip(*line.split())
    for key, value in SYSCTLS.items():
        made.run("sysctl", "-q", "-w", f"{key}={value}")
    # The check for duplicates ends while we look otherwise. It takes a second; what is still checked then stays so.
    limit = time.monotonic() + 5
    while made.ip("-6", "addr", "show", "up", "tentative") and time.monotonic() < limit:
        time.sleep(0.05)
    return made


@pytest.fixture(scope="module")
def live(namespace: Any) -> Node:
    return collect_live(namespace.name)


def rows(reader: Reader, text: str, command: Sequence[str], fact: str) -> list[Any]:
    """The rows of a fact in this text, without the line they were on."""
    reader.set_command(command)
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            assert reader.feed(Seen("text", number, line)), line
    dump = reader.dump()
    assert dump.unread == ()
    return bare(dump.facts[fact])


def bare(rows: Sequence[Any]) -> list[Any]:
    return [replace(row, seen=NOWHERE) for row in rows]


def test_links_are_those_of_ip_link(namespace: Any, live: Node) -> None:
    text = rows(IpAddr(), namespace.ip("-d", "addr"), ["ip", "-d", "addr"], "links")
    assert bare(live.links) == text
    kinds = {link.name: link.kind for link in live.links}
    assert kinds["br0"] == "bridge"
    assert kinds["mac.1"] == "macvlan"


def test_addresses_are_those_of_ip_addr(namespace: Any, live: Node) -> None:
    text = rows(IpAddr(), namespace.ip("-d", "addr"), ["ip", "-d", "addr"], "addresses")
    assert bare(live.addresses) == text
    assert "secondary" in next(row.flags for row in live.addresses if str(row) == "192.0.2.11/24")
    assert "dynamic" in next(row.flags for row in live.addresses if str(row) == "203.0.113.5/24")


@pytest.mark.parametrize("fact", ["routes", "local-routes"])
@pytest.mark.parametrize("family", ["-4", "-6"])
def test_routes_are_those_of_ip_route(namespace: Any, live: Node, family: str, fact: str) -> None:
    command = ["ip", family, "route", "show", "table", "all"]
    text = rows(IpRoute(), namespace.ip(*command[1:]), command, fact)
    assert bare([row for row in live.evidence[fact] if row.dst.version == int(family[1])]) == text


def test_a_multipath_route_keeps_its_weights_and_flags(live: Node) -> None:
    several = next(route for route in live.routes if str(route.dst) == "198.51.100.0/24")
    assert [(hop.link, hop.weight) for hop in several.nexthops] == [("eth0", 3), ("br0", 1)]
    assert "onlink" in several.nexthops[1].flags
    assert several.protocol == "bird"


@pytest.mark.parametrize("family", ["-4", "-6"])
def test_policy_rules_are_those_of_ip_rule(namespace: Any, live: Node, family: str) -> None:
    command = ["ip", family, "rule", "show"]
    text = rows(IpRule(), namespace.ip(*command[1:]), command, "policy-rules")
    assert bare([rule for rule in live.policy_rules if rule.family == int(family[1])]) == text


def test_neighbours_are_those_of_ip_neigh(namespace: Any, live: Node) -> None:
    shown = namespace.ip("neigh", "show") + namespace.ip("neigh", "show", "proxy")
    text = rows(IpNeigh(), shown, ["ip", "neigh", "show"], "neighbours")

    def learned(rows: Sequence[Any]) -> set[Any]:
        # Stale entries come and go while we look; those that we made stay.
        return {row for row in rows if row.state == "PERMANENT" or row.flags}

    assert learned(bare(live.neighbours)) == learned(text)
    assert {str(row.ip) for row in live.neighbours if "proxy" in row.flags} == {"192.0.2.77", "2001:db8::77"}


def test_sysctls_are_those_of_sysctl(namespace: Any, live: Node) -> None:
    text = {row.key: row.raw for row in rows(Sysctl(), namespace.run("sysctl", "-a"), ["sysctl", "-a"], "sysctl")}
    settings = live.evidence["sysctl"]
    changing = ("nf_conntrack_count", "tcp_fastopen", "stable_secret")
    differing = {
        key: (setting.raw, text.get(key))
        for key, setting in settings.items()
        if setting.raw != text.get(key) and not key.endswith(changing)
    }
    assert differing == {}
    for key, value in SYSCTLS.items():
        assert settings[key].raw == value, key


def test_every_ipv4_setting_of_every_link_is_there(namespace: Any, live: Node) -> None:
    expected = namespace.run("find", "/proc/sys/net/ipv4/conf", "-type", "f").split()
    keys = {conf_key(*path.split("/")[-2:]) for path in expected}
    assert keys - set(live.evidence["sysctl"]) == set()


def test_a_setting_quotes_the_message_it_came_in(live: Node) -> None:
    assert live.sysctl("net.ipv4.conf.mac/1.arp_ignore").seen == Seen(
        "netlink RTM_NEWLINK mac.1", None, "mac.1 arp_ignore 8"
    )
    assert live.sysctl("net.ipv4.conf.all.arp_ignore").seen == Seen("/proc/sys/net/ipv4/conf/all/arp_ignore", None, "1")


def test_rows_quote_what_iproute2_would_print(live: Node) -> None:
    quoted = {(row.seen.where, row.seen.text) for fact in ("addresses", "routes", "policy-rules", "neighbours")
              for row in live.evidence[fact]}  # fmt: skip
    assert ("netlink RTM_NEWADDR lo", "inet 192.0.2.100/32 scope global lo:0") in quoted
    assert ("netlink RTM_NEWADDR br0", "inet 198.51.100.1 peer 198.51.100.2/32 scope global br0") in quoted
    assert ("netlink RTM_NEWROUTE table 100", "prohibit 10.7.0.0/16 table 100 proto boot scope global") in quoted
    assert ("netlink RTM_NEWRULE", "11: from all fwmark 0x10/0xff lookup 4000") in quoted
    assert ("netlink RTM_NEWNEIGH eth0", "192.0.2.21 dev eth0 lladdr 02:00:00:00:00:21 PERMANENT") in quoted


def test_a_namespace_without_ip_vs_has_an_empty_table(live: Node) -> None:
    if Path("/proc/net/ip_vs").exists():
        pytest.skip("ip_vs is in this kernel")
    assert live.services == ()


def test_the_node_is_named_after_its_namespace(namespace: Any, live: Node) -> None:
    assert live.name == namespace.name
    assert live.source == f"network namespace {namespace.name}, live"
    assert live.kernel == os.uname().release


def test_looking_into_a_namespace_leaves_this_process_where_it_was(namespace: Any) -> None:
    before = os.readlink("/proc/thread-self/ns/net")
    collect_live(namespace.name)
    assert os.readlink("/proc/thread-self/ns/net") == before


def test_this_node_is_read_without_a_namespace() -> None:
    node = collect_live()
    assert node.name == os.uname().nodename
    assert next(link for link in node.links if link.loopback).name == "lo"
    assert node.sysctl("net.ipv4.conf.lo.arp_ignore").seen.where == "netlink RTM_NEWLINK lo"


def test_an_unknown_namespace_is_named_with_those_there_are(namespace: Any) -> None:
    with pytest.raises(CannotCollect, match=f"unknown network namespace 'nosuch' \\(known: .*{namespace.name}"):
        collect_live("nosuch")


@pytest.mark.parametrize("name", ["", ".", "..", "../../etc/hostname"])
def test_a_path_is_not_a_namespace(name: str) -> None:
    with pytest.raises(CannotCollect, match="unknown network namespace"):
        collect_live(name)


def test_without_root_what_is_missing_is_absent_and_told() -> None:
    if os.geteuid() != 0:
        pytest.skip("dropping root needs root")
    collect_live()  # import everything while the files can be read
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        node = collect_live()
        os.write(writing, json.dumps([sorted(node.evidence), node.notes]).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        facts, notes = json.load(pipe)
    os.waitpid(child, 0)
    assert {"links", "addresses", "routes", "local-routes", "policy-rules", "neighbours", "sysctl"} <= set(facts)
    if Path("/proc/net/arp_tables_names").exists():
        assert "arptables" not in facts
        assert "ARP packet filters could not be read without root: run lvsdoctor as root." in notes
    if "iptables" not in facts:
        assert notes[-1] in (
            NOT_ROOT,
            "nf_tables may filter packets here, and nft is not installed: see nft list ruleset.",
        )
    assert len(notes) == len({"arptables", "iptables"} - set(facts))


def test_a_netlink_that_says_no_is_told_and_proc_still_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(live_module, "Netlink", refuse)
    node = collect_live()
    assert not node.has("links")
    assert node.sysctl("net.ipv4.conf.lo.arp_ignore").seen.where == "/proc/sys/net/ipv4/conf/lo/arp_ignore"
    assert node.notes[0] == (
        "Could not be read live: links, addresses, routes, local routes, policy rules, neighbours "
        "(Operation not permitted); run lvsdoctor as root."
    )


IP_VS = """\
IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port Forward Weight ActiveConn InActConn
TCP  C000020A:0050 rr
  -> C0000215:0050      Route   1      0          0
"""


@pytest.mark.parametrize("problem", [PermissionError(1, "Operation not permitted"), OSError("no family named IPVS")])
def test_where_netlink_does_not_tell_of_ipvs_proc_does(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, problem: OSError
) -> None:
    def refuse() -> None:
        raise problem

    (tmp_path / "ip_vs").write_text(IP_VS)
    monkeypatch.setattr(ipvs_live, "TABLE", str(tmp_path / "ip_vs"))
    monkeypatch.setattr(dumps, "ipvs", refuse)
    node = collect_live()
    (service,) = node.services
    assert not node.has("ipvs-stats")
    assert (str(service), [row.method for row in service.destinations]) == ("tcp 192.0.2.10:80", ["Route"])
    assert service.seen == Seen("/proc/net/ip_vs", 4, "TCP  C000020A:0050 rr")


def test_an_ipvs_table_that_nobody_shows_us_is_not_an_empty_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse() -> None:
        raise PermissionError(1, "Operation not permitted")

    (tmp_path / "ip_vs").mkdir()  # there, and not to be read
    monkeypatch.setattr(ipvs_live, "TABLE", str(tmp_path / "ip_vs"))
    monkeypatch.setattr(dumps, "ipvs", refuse)
    node = collect_live()
    assert not node.has("ipvs")
    assert any("The IPVS table could not be read" in note and "as root" in note for note in node.notes)
