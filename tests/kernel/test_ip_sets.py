"""Whether a packet is in an IP set: what the model says, and what this machine's Linux does with packets of UDP."""

import random
import shutil
import subprocess
from ipaddress import ip_address

import pytest

from lvsdoctor.kernel.ip_sets import lookup
from lvsdoctor.kernel.packet_filter import DELIVERED, FilterOutcome, filtered
from lvsdoctor.kernel.packet_matching import NEW, TCP, UDP, Packet
from lvsdoctor.model.facts import Undeclared
from lvsdoctor.model.ipset import IpSet, IpSetEntry
from lvsdoctor.model.node import Node
from lvsdoctor.model.packet_filter import Range, single
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.iptables.ipset import Ipset
from lvsdoctor.parse.iptables.iptables_words import read_addresses
from lvsdoctor.parse.iptables.table_filters import TableFilters
from tests.kernel.test_packet_filter_against_this_kernel import ETH0, PACKETS, SEED, SOURCES, host
from tests.kernel.wire import PORT, Delivered, Wire
from tests.parse.driving_ipvs import drive, read

__all__ = ["host"]  # the fixture
NOWHERE = Seen("", None, "")
SETS = """\
create a hash:ip family inet
add a 192.0.2.20
create n hash:net family inet
add n 192.0.2.0/25
add n 192.0.2.20/31 nomatch
create ip hash:ip,port family inet
add ip 192.0.2.1,udp:{port}
add ip 192.0.2.20,tcp:{port}
create b bitmap:port range 0-65535
add b {low}
create six hash:ip family inet6
create e hash:net family inet
"""
RULES = (
    "a src",
    "a dst",
    "n src",
    "n src,dst",
    "ip dst,dst",
    "ip src,dst",
    "ip src",
    "b src",
    "b dst",
    "six src",
    "e src",
)


def packet(**more: object) -> Packet:
    fields: dict[str, object] = {"src": SOURCES[0], "dst": ETH0, "protocol": UDP, "sport": 1025, "dport": 53, **more}
    return Packet(**fields, in_link="eth0", states=NEW)  # type: ignore[arg-type]


def ip_set(kind: str, entries: tuple[IpSetEntry, ...] | None, version: int = 4) -> IpSet:
    return IpSet("s", kind, version, NOWHERE, entries)


def test_what_is_not_known_is_in_no_set_for_certain() -> None:
    whole, open_set = ip_set("hash:ip", (IpSetEntry(single("192.0.2.20")),)), ip_set("hash:ip", None)
    assert lookup([whole])("s", "src", packet()) is True
    assert lookup([open_set])("s", "src", packet()) is None
    assert lookup([whole, ip_set("hash:ip", ())])("s", "src", packet()) is None
    assert lookup([])("s", "src", packet()) is None
    assert lookup([whole])("s", "src", packet(src=None)) is None


def test_of_too_few_words_and_of_another_family_nothing_is_in_a_set() -> None:
    pairs = ip_set("hash:ip,port", None)
    assert lookup([pairs])("s", "src", packet()) is False
    assert lookup([ip_set("hash:ip", None)])("s", "src", packet(src=ip_address("2001:db8::1"), dst=None)) is False


def test_the_protocol_is_a_part_of_a_port_in_a_pair() -> None:
    pairs = lookup([ip_set("hash:ip,port", (IpSetEntry(single(ETH0), Range(53, 53), UDP),))])
    assert pairs("s", "dst,dst", packet()) is True
    assert pairs("s", "dst,dst", packet(protocol=TCP)) is False
    assert pairs("s", "dst,dst", packet(dport=None)) is None
    assert pairs("s", "dst,dst", packet(protocol=1)) is None


def test_the_smaller_net_decides() -> None:
    nets = (IpSetEntry(read_addresses("192.0.2.0/24")), IpSetEntry(read_addresses("192.0.2.0/26"), excluded=True))
    assert lookup([ip_set("hash:net", nets)])("s", "src", packet()) is False
    assert lookup([ip_set("hash:net", nets)])("s", "src", packet(src=SOURCES[2])) is True


def test_a_rule_that_declares_the_filters_has_the_sets_that_they_name() -> None:
    saved = "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m set --match-set s src -j DROP\nCOMMIT\n"
    tables = drive(TableFilters, saved, "iptables-save").rows("iptables")
    node = Node("n", evidence={"iptables": tables, "ipsets": (ip_set("hash:ip", (IpSetEntry(single("192.0.2.20")),)),)})
    declared = node.limited_to({"iptables"})
    assert filtered(declared, packet(), DELIVERED).outcome is FilterOutcome.DROPPED
    assert filtered(declared, packet(src=SOURCES[1]), DELIVERED).outcome is FilterOutcome.ACCEPTED
    with pytest.raises(Undeclared):
        node.limited_to({"links"}).has("ipsets")


def test_the_kernel_drops_what_the_model_says(host: Wire) -> None:
    for tool in ("ipset", "iptables-nft-restore", "iptables-nft-save"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not there (Debian: ipset, iptables)")

    def run(*command: str, text: str = "") -> subprocess.CompletedProcess[str]:
        words = ("ip", "netns", "exec", host.here, *command)
        return subprocess.run(words, input=text, text=True, capture_output=True, check=False)

    draw = random.Random(f"ipset {SEED}")
    base = 26_000
    if run("ipset", "restore", text=SETS.format(port=PORT, low=base + 1)).returncode != 0:
        pytest.skip("this kernel has no IP sets")
    sets = read(Ipset, run("ipset", "save").stdout, "ipset save").facts["ipsets"]
    wrong, number = [], 0
    for at, rule in enumerate(RULES):
        negated = draw.choice(("", "! "))
        rules = f"*filter\n:INPUT ACCEPT\n-A INPUT -p udp -m set {negated}--match-set {rule} -j DROP\nCOMMIT\n"
        if run("iptables-nft-restore", text=rules).returncode != 0:
            continue
        tables = drive(TableFilters, run("iptables-nft-save").stdout, "iptables-save").rows("iptables")
        node = Node("n", evidence={"iptables": tables, "ipsets": sets})
        expected = {}
        for port in range(base + at * PACKETS, base + (at + 1) * PACKETS):
            src = draw.choice(SOURCES)
            sent = Packet(src, ETH0, UDP, port, PORT, "eth0", states=NEW)
            expected[port] = filtered(node, sent, DELIVERED).outcome
            host.send("eth0", src, ETH0, port)
        awaited = {Delivered(port) for port, outcome in expected.items() if outcome is FilterOutcome.ACCEPTED}
        arrived = host.events(awaited, 0.05, 1.0)
        for port, outcome in expected.items():
            number += 1
            real = FilterOutcome.ACCEPTED if Delivered(port) in arrived else FilterOutcome.DROPPED
            wrong += [] if outcome is real else [f"{rule} {negated}: {outcome}, the kernel says {real}"]
    if not number:
        pytest.skip("this kernel has no match of IP sets")
    assert wrong == []
