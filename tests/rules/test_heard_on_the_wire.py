"""What the wire said against what dumps say: the cases that no page can show, for their probes are IPv6 or their errors
are another rule's."""

from dataclasses import replace
from ipaddress import ip_address

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.engine.loader import load_rules
from lvsdoctor.engine.runner import examine
from lvsdoctor.model.examination import Diagnosis
from lvsdoctor.model.node import Node
from lvsdoctor.model.probe import Probe, Reply
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.paste.stream import pieces

NAME = "vip-answered-by-another-host"
LO = "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000\n"
ETH0 = "2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP group default qlen 1000\n"


def addresses(mac: str, *wire: str, lo: str = "") -> str:
    lines = [LO, "    inet 127.0.0.1/8 scope host lo\n", *([f"    {lo} scope global lo\n"] if lo else []), ETH0]
    lines.append(f"    link/ether {mac} brd ff:ff:ff:ff:ff:ff\n")
    return "".join([*lines, *(f"    {address} scope global\n" for address in wire)])


def table(vip: str, *rips: str) -> str:
    return f"-A -t {vip}:80 -s rr\n" + "".join(f"-a -t {vip}:80 -r {rip}:80 -g -w 1\n" for rip in rips)


def scanned(dumps: dict[str, str], target: str, *macs: str, by: str = "lb1") -> tuple[Node, ...]:
    """The nodes of the dumps, one of which has asked for an address on eth0 and was answered by these MACs."""
    found = [NodeDump(piece, name, name) for name, text in dumps.items() for piece in pieces(text, name)]
    replies = tuple(Reply(mac, Seen("probe", None, f"{target} is-at {mac}")) for mac in macs)
    probe = Probe(ip_address(target), "eth0", Seen("probe", None, f"who-has {target}"), replies)
    nodes = [replace(n, evidence={**n.evidence, "probes": (probe,)}) if n.name == by else n for n in nodes_of(found)]
    return with_standing(nodes)


def findings(nodes: tuple[Node, ...]) -> list[Diagnosis]:
    examination = examine(nodes, load_rules())
    assert [outcome.traceback for outcome in examination.outcomes if outcome.traceback] == []
    return [diagnosis for diagnosis in examination.diagnoses if diagnosis.rule == NAME]


LOUD = """\
net.ipv4.conf.all.arp_ignore = 0
net.ipv4.conf.all.arp_announce = 2
net.ipv4.conf.all.rp_filter = 0
net.ipv4.conf.eth0.arp_ignore = 0
net.ipv4.conf.eth0.arp_announce = 0
net.ipv4.conf.eth0.rp_filter = 0
"""
FOUR = {
    "lb1": table("192.0.2.10", "192.0.2.22")
    + addresses("02:00:00:00:00:02", "inet 192.0.2.2/24", "inet 192.0.2.10/32"),
    "rs2": addresses("02:00:00:00:00:22", "inet 192.0.2.22/24", lo="inet 192.0.2.10/32") + LOUD,
}
VIP6 = "2001:db8::10"
DIRECTOR6 = table(f"[{VIP6}]", "[2001:db8::22]") + addresses("02:00:00:00:00:02", "inet6 2001:db8::2/64")
SIX = {
    "lb1": DIRECTOR6 + f"    inet6 {VIP6}/128 scope global\n",
    "rs2": addresses("02:00:00:00:00:22", "inet6 2001:db8::22/64", f"inet6 {VIP6}/128 ") + LOUD,
}


def test_a_real_server_whose_dumps_tell_it_is_told_once() -> None:
    nodes = scanned(FOUR, "192.0.2.10", "02:00:00:00:00:22")
    assert findings(nodes) == []
    assert "real-server-answers-arp" in {d.rule for d in examine(nodes, load_rules()).diagnoses}


def test_the_same_is_told_where_its_settings_are_not_in_the_scan() -> None:
    dumps = {**FOUR, "rs2": FOUR["rs2"].replace(LOUD, "")}
    (diagnosis,) = findings(scanned(dumps, "192.0.2.10", "02:00:00:00:00:22"))
    assert diagnosis.message.startswith(
        "rs2 (02:00:00:00:00:22), a real server, answers ARP requests for VIP 192.0.2.10 on eth0"
    )
    assert (diagnosis.fix_node, diagnosis.fix.now) == (
        "rs2",
        (
            "sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2",
            "# then on lb1, for all other caches: arping -U -I eth0 -c 3 192.0.2.10",
        ),
    )


def test_two_directors_that_both_have_it_are_told_once() -> None:
    other = table("192.0.2.10", "192.0.2.22")
    other += addresses("02:00:00:00:00:03", "inet 192.0.2.3/24", "inet 192.0.2.10/32")
    nodes = scanned({**FOUR, "lb2": other}, "192.0.2.10", "02:00:00:00:00:03")
    assert findings(nodes) == []
    assert "vip-answered-by-two-directors" in {d.rule for d in examine(nodes, load_rules()).diagnoses}


def test_a_real_server_that_answers_for_an_ipv6_vip_moves_it_to_lo() -> None:
    (diagnosis,) = findings(scanned(SIX, VIP6, "02:00:00:00:00:22"))
    assert diagnosis.message.startswith(
        f"rs2 (02:00:00:00:00:22), a real server, answers neighbour solicitations for VIP {VIP6}"
    )
    assert diagnosis.fix.now == (f"ip addr del {VIP6}/128 dev eth0", f"ip addr add {VIP6}/128 dev lo")
    assert "/proc/sys/net/ipv6" not in " ".join(diagnosis.fix.persist)


def test_the_standby_hears_one_director_for_an_ipv6_vip() -> None:
    dumps = {**SIX, "lb2": DIRECTOR6.replace("02:00:00:00:00:02", "02:00:00:00:00:03").replace("db8::2/", "db8::3/")}
    assert findings(scanned(dumps, VIP6, "02:00:00:00:00:02", by="lb2")) == []
    assert findings(scanned(dumps, VIP6, "00:00:5e:00:02:33", by="lb2")) == []


def test_who_asks_does_not_hear_himself() -> None:
    assert findings(scanned(FOUR, "192.0.2.10", "02:00:00:00:00:02")) == []


def test_the_finding_is_the_same_whoever_answers_first() -> None:
    lone = {"lb2": table("192.0.2.10", "192.0.2.22") + addresses("02:00:00:00:00:03", "inet 192.0.2.3/24")}
    macs = ["02:00:00:00:00:98", "02:00:00:00:00:99"]
    first, second = (findings(scanned(lone, "192.0.2.10", *order, by="lb2")) for order in (macs, macs[::-1]))
    assert [d.fingerprint for d in first] == [d.fingerprint for d in second]
    assert [d.about["mac"] for d in first] == ["02:00:00:00:00:99"]
