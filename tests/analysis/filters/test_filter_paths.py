"""What packet filters do to the packets of a service, with the links, settings and addresses that the dumps tell."""

from dataclasses import replace

import pytest

from lvsdoctor.analysis.filters.director_filters import at_director
from lvsdoctor.analysis.filters.filter_paths import (
    any_client,
    arrival_links,
    filters_unread,
    marked_requests,
    refuse_unseen,
)
from lvsdoctor.analysis.filters.real_server_filters import (
    at_real_server,
    at_real_server_of_all,
    taken_in,
    takes_without_vip,
)
from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.kernel.packet_filter import DELIVERED, FilterOutcome, deciding
from lvsdoctor.model.coverage import Unread
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.paste.stream import pieces
from tests.kernel.test_packet_filter import _EST, MATRIX, VIP, saved

LB1 = """1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536
    inet 127.0.0.1/8 scope host lo
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500
    link/ether 02:00:00:00:00:02 brd ff:ff:ff:ff:ff:ff
    inet 192.0.2.2/24 brd 192.0.2.255 scope global eth0
    inet 192.0.2.10/32 scope global eth0
3: eth1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500
    link/ether 02:00:00:00:01:02 brd ff:ff:ff:ff:ff:ff
    inet 198.51.100.2/24 brd 198.51.100.255 scope global eth1
"""
RS1 = """1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536
    inet 127.0.0.1/8 scope host lo
    inet 192.0.2.10/32 scope global lo
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500
    link/ether 02:00:00:00:00:21 brd ff:ff:ff:ff:ff:ff
    inet 198.51.100.21/24 brd 198.51.100.255 scope global eth0
6: tunl0@NONE: <NOARP,UP,LOWER_UP> mtu 1480
    link/ipip 0.0.0.0 brd 0.0.0.0
"""
TABLE = "-A -t 192.0.2.10:80 -s rr\n-a -t 192.0.2.10:80 -r 198.51.100.21:{port} {how} -w 1\n"


def scanned(
    lb1: str = "", rs1: str = "", *, how: str = "-g", sysctl: str = "net.ipv4.vs.conntrack = 0", loose: str = "1",
    service: str = "", **dumps: str,
) -> dict[str, Node]:  # fmt: skip
    """A director and a real server; `lb1` and `rs1` are what iptables-save prints there, "" is not collected."""
    table = service or TABLE.format(port=8080 if how == "-m" else 80, how=how)
    settings = sysctl and f"{sysctl}\nnet.netfilter.nf_conntrack_tcp_loose = {loose}\n"
    texts = {
        "lb1/ip-addr": LB1, "lb1/ipvsadm-Sn": table, "lb1/sysctl": settings, "lb1/iptables-save": lb1,
        "rs1/ip-addr": RS1, "rs1/iptables-save": rs1,
    } | {name.replace("_", "/", 1).replace("_", "-"): text for name, text in dumps.items()}  # fmt: skip
    found = [
        NodeDump(piece, where.partition("/")[0], where.partition("/")[0])
        for where, text in texts.items()
        for piece in pieces(text, where)
    ]
    return {node.name: node for node in with_standing(nodes_of(found))}


def at_lb1(**given: str) -> dict[str, str]:
    """What becomes of each packet at the director, by its part and its last hook."""
    lb1 = scanned(**given)["lb1"]
    (service,) = lb1.services
    return {
        f"{item.passage.part} {item.passage.hooks[-1].value}": item.verdict.outcome.value
        + (", stateful" if item.stateful else "")
        for item in at_director(lb1, service)
    }


NFT = "table ip filter {\n\tchain input {\n\t\ttype filter hook input priority 0; policy drop;\n\t}\n}\n"
FILE = Unread(
    "nftables", "an nftables rule set", Seen("lb1/nftables.conf", 1, "table ip nat {"), frozenset({"packets"})
)


def test_a_file_of_rules_decides_nothing_beside_the_rules_of_its_kind_that_run() -> None:
    read = scanned(lb1_nft_list_ruleset=NFT)["lb1"]
    assert [kind.read for kind in read.unread_kinds] == [True]
    for node in (read, replace(read, unread_kinds=(*read.unread_kinds, FILE))):
        assert filters_unread(node, "iptables") is None
        refuse_unseen(node, 4)


def test_a_file_of_nftables_beside_iptables_alone_may_hold_rules() -> None:
    node = scanned(lb1=saved("filter -A INPUT -s 198.51.100.7 -j DROP"))["lb1"]
    refuse_unseen(node, 4)
    with pytest.raises(NotCollected) as absent:
        refuse_unseen(replace(node, unread_kinds=(FILE,)), 4)
    assert absent.value.partial is not None
    assert absent.value.partial.says == "lb1/nftables.conf holds an nftables rule set, which is not read yet"


def test_rules_for_ipv4_that_are_read_are_not_called_unread_where_those_for_ipv6_are_asked() -> None:
    node = scanned(lb1=saved("filter -A INPUT -s 198.51.100.7 -j DROP"))["lb1"]
    absent = filters_unread(node, "ip6tables")
    assert absent is not None
    assert (absent.fact, absent.partial) == ("ip6tables", None)


def test_a_filter_that_was_not_collected_is_asked_for() -> None:
    with pytest.raises(NotCollected, match="iptables-save"):
        at_lb1()


@pytest.mark.parametrize(("rules", "drops", "works"), MATRIX)
def test_a_service_passes_the_director_as_the_measured_matrix_says(rules: str, drops: str, works: str) -> None:
    answers = ""
    for how in ("-m", "-g"):
        for value in (0, 1):
            found = at_lb1(lb1=saved(rules, drops), how=how, sysctl=f"net.ipv4.vs.conntrack = {value}")
            answers += "1" if set(found.values()) == {"accepted"} else "0"
    assert answers == works


def test_a_setting_that_was_not_seen_is_asked_for_where_it_decides() -> None:
    rules = saved("filter -A INPUT -m conntrack --ctstate INVALID -j DROP")
    lb1 = scanned(rules, sysctl="net.ipv4.ip_forward = 0")["lb1"]
    found = list(at_director(lb1, lb1.services[0]))
    lacking = [item.verdict.lacking for item in found if item.verdict.lacking]
    assert [absent.wanted for absent in lacking] == ["net.ipv4.vs.conntrack"]
    assert set(at_lb1(lb1=saved(""), sysctl="").values()) == {"accepted"}


def test_what_an_ordinary_connection_would_pass_is_dropped_for_its_state() -> None:
    assert at_lb1(lb1=saved(f"filter -A FORWARD {_EST}", "FORWARD"), how="-m")["reply forward"] == "dropped, stateful"
    assert at_lb1(lb1=saved("", "FORWARD"), how="-m")["reply forward"] == "dropped"


def test_a_rule_for_a_link_counts_where_the_vip_s_packets_arrive() -> None:
    assert at_lb1(lb1=saved("filter -A INPUT -i eth1 -j DROP"))["first request input"] == "accepted"
    assert at_lb1(lb1=saved("filter -A INPUT -i eth0 -j DROP"))["first request input"] == "dropped"
    lb1 = scanned(saved(""))["lb1"]
    assert arrival_links(lb1, VIP) == ("eth0",)


def test_a_rule_for_some_clients_leaves_it_open_and_one_for_a_host_of_the_cluster_does_not() -> None:
    some = saved("filter -A INPUT -s 203.0.113.0/24 -j DROP")
    assert at_lb1(lb1=some)["first request input"] == "unknown"
    peer = saved("filter -A INPUT -s 198.51.100.21/32 -j ACCEPT", "INPUT")
    assert at_lb1(lb1=peer)["first request input"] == "dropped"
    assert any_client(scanned(some)["lb1"], 4) is None


def test_a_udp_reply_of_nat_without_conntrack_is_new_and_not_invalid() -> None:
    udp = TABLE.format(port=53, how="-m").replace("-t", "-u")
    invalid = saved("filter -A FORWARD -m conntrack --ctstate INVALID -j DROP")
    assert set(at_lb1(lb1=invalid, service=udp).values()) == {"accepted"}
    assert (
        at_lb1(lb1=saved(f"filter -A FORWARD {_EST}", "FORWARD"), service=udp)["reply forward"] == "dropped, stateful"
    )


def test_the_requests_of_a_mark_are_those_that_a_rule_marks() -> None:
    marked = "-A -f 1 -s rr\n-a -f 1 -r 198.51.100.21:0 -g -w 1\n"
    mark = "mangle -A PREROUTING -d 192.0.2.10/32 -p tcp -m tcp --dport 80 -j MARK --set-xmark 0x1/0xffffffff"
    rules = saved(f"{mark}\nfilter -A INPUT -d 192.0.2.10/32 -j DROP")
    assert at_lb1(lb1=rules, service=marked)["first request input"] == "dropped"
    (packet,) = marked_requests(scanned(rules, service=marked)["lb1"], 1, 4)
    assert (packet.dst, packet.dport) == (VIP, 80)
    with pytest.raises(NotCollected, match="the mark 1"):
        at_lb1(lb1=saved(""), service=marked)


def test_of_ipv6_the_rules_of_ip6tables_decide() -> None:
    six = (
        TABLE.format(port=80, how="-g")
        .replace("192.0.2.10", "[2001:db8::10]")
        .replace("198.51.100.21", "[2001:db8::21]")
    )
    drops = "*filter\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n"
    with pytest.raises(NotCollected, match="ip6tables-save"):
        at_lb1(lb1=saved("", "INPUT"), service=six)
    found = at_lb1(service=six, lb1_ip6tables_save=f"# Generated by ip6tables-save v1.8.9 on now\n{drops}")
    assert found["first request input"] == "dropped"


def at_rs1(rs1: str, **given: str) -> dict[str, tuple[str, str]]:
    """What becomes of each packet at the real server, and the line that decides."""
    node = scanned(rs1=rs1, **given)["rs1"]
    (listing,) = node.memberships
    return {
        item.passage.part: (item.verdict.outcome.value, getattr(deciding(item.verdict), "text", ""))
        for item in at_real_server(node, listing)
    }


def test_a_real_server_drops_what_is_sent_to_the_vip_or_to_its_own_address() -> None:
    rule = "-A INPUT -d 192.0.2.10/32 -p tcp -m tcp --dport 80 -j DROP"
    assert at_rs1(saved(f"filter {rule}")) == {"request": ("dropped", rule), "reply": ("accepted", "")}
    assert at_rs1(saved(f"filter {rule}"), how="-m")["request"] == ("accepted", "")
    nat = "-A INPUT -i eth0 -p tcp -m tcp --dport 8080 -j DROP"
    assert at_rs1(saved(f"filter {nat}"), how="-m")["request"] == ("dropped", nat)


def test_a_tunnelled_request_is_seen_twice() -> None:
    both = ("tunnelled request", "request", "reply")
    assert tuple(at_rs1(saved(""), how="-i"))[:3] == both
    outer = "-A INPUT -i eth0 -p 4 -j DROP"
    assert at_rs1(saved(f"filter {outer}"), how="-i")["tunnelled request"] == ("dropped", outer)
    inner = at_rs1(saved("filter -A INPUT -i tunl0 -j DROP"), how="-i")
    assert [inner[part][0] for part in both] == ["accepted", "dropped", "accepted"]


def test_a_director_may_list_a_real_server_in_a_line_that_was_left_out() -> None:
    facts = "memberships addresses iptables ipvs links local-routes policy-rules routes sysctl".split()
    whole = scanned(rs1=saved("filter -A INPUT -s 203.0.113.7 -j DROP"), service=TABLE.format(port=80, how="-g"))
    listings, absent = at_real_server_of_all(whole["rs1"].limited_to(facts))
    assert (len(listings), absent) == (1, None)
    service = TABLE.format(port=80, how="-g") + "...\n-a -t 192.0.2.10:80 -r 198.51.100.22:80 -g -w 1\n"
    cut = scanned(rs1=saved("filter -A INPUT -s 203.0.113.7 -j DROP"), service=service)
    listings, absent = at_real_server_of_all(cut["rs1"].limited_to(facts))
    assert absent is not None
    assert (len(listings), absent.fact, absent.node) == (1, "ipvs", "lb1")


def test_a_health_check_asks_the_rip_where_requests_pass_with_the_vip() -> None:
    rule = "-A INPUT -d 198.51.100.21/32 -p tcp -m tcp --dport 80 -j DROP"
    dropped = at_rs1(saved(f"filter {rule}"))
    assert (dropped["request"][0], dropped["health check"]) == ("accepted", ("dropped", rule))
    assert "health check" not in at_rs1(saved(f"filter {rule}"), how="-m")
    assert "health check" not in at_rs1(saved("filter -A INPUT -d 192.0.2.10/32 -j DROP"))


@pytest.mark.parametrize(
    ("rule", "takes"),
    [
        ("nat -A PREROUTING -d 192.0.2.10/32 -p tcp -m tcp --dport 80 -j REDIRECT", True),
        ("nat -A PREROUTING -d 192.0.2.10/32 -p tcp -j DNAT --to-destination 198.51.100.21", True),
        ("nat -A PREROUTING -d 192.0.2.10/32 -p tcp -j DNAT --to-destination 198.51.100.99", False),
        ("nat -A PREROUTING -d 192.0.2.10/32 -i eth7 -j REDIRECT", False),
        ("nat -A PREROUTING -d 192.0.2.10/32 -p udp -j REDIRECT", False),
        ("filter -A INPUT -d 192.0.2.10/32 -j DROP", False),
    ],
)
def test_a_rule_takes_requests_in_without_the_vip(rule: str, takes: bool) -> None:
    node = scanned(rs1=saved(rule))["rs1"]
    verdict = taken_in(node, VIP)
    assert verdict.outcome is not FilterOutcome.UNKNOWN
    if verdict.outcome is FilterOutcome.REWRITTEN:
        with pytest.raises(NotCollected):
            takes_without_vip(node, VIP)
    else:
        assert takes_without_vip(node, VIP) is takes


SETS = """create vips hash:ip,port family inet hashsize 1024 maxelem 65536
add vips 192.0.2.10,tcp:80
create banned hash:ip family inet hashsize 1024 maxelem 65536
add banned 203.0.113.9
"""


def of_service(lb1: str, **dumps: str) -> set[tuple[str, str]]:
    """What becomes of the first request, and what the verdict lacks, as a rule sees it that names the filters alone."""
    declared = {"iptables", "ipvs", "addresses", "links", "sysctl", "policy-rules", "routes", "local-routes"}
    node = scanned(lb1, **dumps)["lb1"].limited_to(declared)
    (service,) = node.services
    items = [item for item in at_director(node, service) if item.passage.part == "first request"]
    return {
        (item.verdict.outcome.value, item.verdict.lacking.fact if item.verdict.lacking else "")
        for item in items
        if item.passage.hooks == DELIVERED
    }


@pytest.mark.parametrize(
    ("rule", "sets", "expected"),
    [
        ("-m set --match-set vips dst,dst", SETS, ("dropped", "")),
        ("-m set ! --match-set vips dst,dst", SETS, ("accepted", "")),
        ("-m set --match-set banned dst", SETS, ("accepted", "")),
        ("-m set --match-set banned src", SETS, ("unknown", "iptables")),
        ("-m set --match-set other dst", SETS, ("unknown", "iptables")),
        ("-m set --match-set vips dst,dst", "", ("unknown", "ipsets")),
    ],
)
def test_whoever_reads_the_filters_reads_the_sets_that_they_name(
    rule: str, sets: str, expected: tuple[str, str]
) -> None:
    dumps = {"lb1_ipset-save": sets} if sets else {}
    assert of_service(saved(f"filter -A INPUT {rule} -j DROP"), **dumps) == {expected}


def test_beside_the_rules_a_dump_of_sets_is_no_sign_of_others() -> None:
    node = scanned(saved("filter -A INPUT -j ACCEPT"), **{"lb1_ipset-save": SETS})["lb1"]
    assert filters_unread(node, "iptables") is None
    alone = scanned(**{"lb1_ipset-save": SETS})["lb1"]
    assert filters_unread(alone, "iptables") is not None


def test_what_tproxy_gives_a_socket_may_never_come_to_ipvs() -> None:
    rule = "mangle -A PREROUTING -p tcp -m tcp --dport 80 -j TPROXY --on-port 5353 --tproxy-mark 0x1/0x1"
    node = scanned(saved(rule))["lb1"]
    (service,) = node.services
    known = [item.verdict for item in at_director(node, service) if item.passage.hooks == DELIVERED]
    assert {verdict.outcome for verdict in known} == {FilterOutcome.UNKNOWN}
    assert {seen.text for verdict in known if (seen := deciding(verdict))} == {rule.removeprefix("mangle ")}
