"""What kernel/packet_filter says of a packet is what this machine's Linux does with it: iptables-legacy and -nft.

Rule sets are drawn, loaded in a network namespace, read back from iptables-save and from `iptables -nvL`, and packets
of UDP are sent. Nothing leaves the namespaces. What needs IPVS is judged in the lab's guest.
"""

import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from ipaddress import IPv4Address

import pytest

from lvsdoctor.kernel.packet_filter import DELIVERED, FilterOutcome, filtered
from lvsdoctor.kernel.packet_matching import NEW, UDP, Locality, Packet
from lvsdoctor.model.node import Node
from lvsdoctor.parse.iptables.table_filters import TableFilters
from tests.kernel.wire import PORT, Delivered, Wire, wire
from tests.parse.driving_ipvs import drive

SEED = os.environ.get("LVSDOCTOR_TEST_SEED", "")
ETH0, ETH1, FAR = (IPv4Address(text) for text in ("192.0.2.1", "198.51.100.1", "203.0.113.9"))
SOURCES = tuple(IPv4Address(f"192.0.2.{last}") for last in (20, 21, 130))
SETS, PACKETS = 14, 6

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="making a network namespace needs root")

CONDITIONS = (
    "-s 192.0.2.20/32", "-s 192.0.2.128/25", "! -s 192.0.2.20/31", "-d 192.0.2.1/32", "! -d 198.51.100.1/32", "-i eth0",
    "! -i eth+", "-i eth1", "-p udp", "! -p tcp", "-p udp -m udp --sport {low}:{high}", "-p udp -m udp --dport 5353",
    "-p udp -m multiport --sports {low},{high}", "-m mark --mark 0x1/0x1", "-m mark ! --mark 0x2",
    "-m conntrack --ctstate NEW", "-m conntrack ! --ctstate NEW,INVALID", "-m conntrack --ctstate ESTABLISHED",
    "-m addrtype --dst-type LOCAL", "-p tcp -m tcp --dport 80", "-m conntrack --ctstate UNTRACKED",
    "-m conntrack --ctorigdst 192.0.2.1/32", "-d 203.0.113.0/24",
)  # fmt: skip
EMPTY = "*raw\nCOMMIT\n*mangle\nCOMMIT\n*nat\nCOMMIT\n*filter\n:INPUT ACCEPT\nCOMMIT\n"
MARKS = ("MARK --set-mark 0x1", "MARK --or-mark 0x2", "MARK --xor-mark 0x3", "MARK --set-xmark 0x2/0x3")


def conditions(draw: random.Random, base: int) -> str:
    chosen = draw.sample(CONDITIONS, draw.choice((0, 1, 1, 2)))
    # A protocol may be named once.
    kept = [
        text for number, text in enumerate(chosen) if "-p " not in text or not any("-p " in c for c in chosen[:number])
    ]
    return " ".join(kept).format(low=base + 1, high=base + draw.randint(2, PACKETS))


def rule_set(draw: random.Random, base: int) -> str:
    """What iptables-restore is given: packets that come with the source ports from `base` on are meant."""
    lines = ["*raw", ":PREROUTING ACCEPT", ":OUTPUT ACCEPT"]
    if draw.random() < 0.5:
        lines.append(f"-A PREROUTING {conditions(draw, base)} -j CT --notrack")
    lines += ["COMMIT", "*mangle", *(f":{name} ACCEPT" for name in
              ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"))]  # fmt: skip
    lines += [f"-A {draw.choice(('PREROUTING', 'INPUT'))} {conditions(draw, base)} -j {draw.choice(MARKS)}"
              for _ in range(draw.randint(0, 3))]  # fmt: skip
    lines += ["COMMIT", "*nat", *(f":{name} ACCEPT" for name in ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"))]
    if draw.random() < 0.6:
        lines.append(f"-A PREROUTING {conditions(draw, base)} -p udp -j REDIRECT".replace("! -p tcp", "")
                     if draw.random() < 0.5 else f"-A PREROUTING -d {FAR} -j DNAT --to-destination {ETH1}")  # fmt: skip
    lines += ["COMMIT", "*filter", f":INPUT {draw.choice(('ACCEPT', 'DROP'))}", ":FORWARD ACCEPT", ":OUTPUT ACCEPT",
              ":A - [0:0]", ":B - [0:0]", ":C - [0:0]"]  # fmt: skip
    targets = {"INPUT": ("ACCEPT", "DROP", "A", "B", "LOG", "RETURN"), "A": ("ACCEPT", "DROP", "B", "RETURN"),
               "B": ("ACCEPT", "DROP", "C", "RETURN"), "C": ("ACCEPT", "DROP", "RETURN")}  # fmt: skip
    for chain, names in targets.items():
        for _ in range(draw.randint(1, 4)):
            target = draw.choice(names)
            jump = "-g" if target in ("A", "B", "C") and draw.random() < 0.3 else "-j"
            lines.append(f"-A {chain} {conditions(draw, base)} {jump} {target}")
    lines.append("COMMIT")
    return "\n".join(lines) + "\n"


@pytest.fixture
def host() -> Iterator[Wire]:
    if (missing := shutil.which("ip")) is None:
        pytest.skip(f"needs ip, not {missing} (tests/system-packages.txt)")
    with wire() as made:
        made.ip(f"addr add {ETH0}/24 dev eth0\naddr add {ETH1}/24 dev eth1")
        made.write({"all.rp_filter": 0, "eth0.rp_filter": 0, "all.forwarding": 0})
        yield made


def loaded(host: Wire, program: str, rules: str) -> bool:
    done = subprocess.run(("ip", "netns", "exec", host.here, f"{program}-restore"), input=rules, text=True,
                          capture_output=True, check=False)  # fmt: skip
    return done.returncode == 0


def shown(host: Wire, program: str) -> dict[str, Node]:
    """The rules as a node has them, from iptables-save and from the listings of all tables."""

    def output(*command: str) -> str:
        done = subprocess.run(("ip", "netns", "exec", host.here, *command), text=True, capture_output=True, check=True)
        return done.stdout

    saved = drive(TableFilters, output(f"{program}-save"), "iptables-save").rows("iptables")
    listed = tuple(
        table
        for name in ("raw", "mangle", "nat", "filter")
        for table in drive(TableFilters, output(program, "-t", name, "-nvL"), f"iptables -t {name} -nvL").rows(
            "iptables"
        )
    )
    return {"save": Node("n", evidence={"iptables": saved}), "list": Node("n", evidence={"iptables": listed})}


OWN = Locality(lambda ip: ip in (ETH0, ETH1), lambda link: {"eth0": ETH0, "eth1": ETH1}.get(link))


def foretold(node: Node, packet: Packet) -> bool | None:
    """Does the packet reach a socket? None: the model does not know."""
    verdict = filtered(node, packet, DELIVERED, OWN)
    if verdict.outcome is FilterOutcome.REWRITTEN:
        local = verdict.packet.dst is not None and OWN.is_local(verdict.packet.dst)
        verdict = filtered(node, verdict.packet, DELIVERED[1:], OWN) if local else verdict
    if verdict.outcome is FilterOutcome.UNKNOWN or verdict.packet.dst is None:
        return None
    to_listener = verdict.packet.dport == PORT and OWN.is_local(verdict.packet.dst) is True
    return verdict.outcome is FilterOutcome.ACCEPTED and to_listener


@pytest.mark.parametrize("program", ["iptables-legacy", "iptables-nft"])
def test_the_kernel_drops_and_delivers_what_the_model_says(host: Wire, program: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not there (Debian: iptables)")
    draw = random.Random(f"{program} {SEED}")
    wrong, compared = [], 0
    for number in range(SETS):
        base = 20_000 + number * 10 + (1000 if program == "iptables-nft" else 0)
        rules = rule_set(draw, base)
        if not loaded(host, program, rules):
            continue  # a combination that iptables refuses, or a module that this kernel lacks
        nodes = shown(host, program)
        packets = {base + at: (draw.choice(SOURCES), draw.choice((ETH0, ETH1, FAR))) for at in range(PACKETS)}
        expected: dict[int, dict[str, bool | None]] = {}
        for port, (src, dst) in packets.items():
            packet = Packet(src, dst, UDP, port, PORT, "eth0", states=NEW)
            expected[port] = {name: foretold(node, packet) for name, node in nodes.items()}
            host.send("eth0", src, dst, port)
        awaited = {Delivered(port) for port, answers in expected.items() if answers["save"]}
        arrived = host.events(awaited, 0.05, 1.0)
        for port, answers in expected.items():
            compared += answers["save"] is not None
            real = Delivered(port) in arrived
            wrong += [f"{name}: {port} {packets[port]} is {answer}, the kernel says {real}\n{rules}"
                      for name, answer in answers.items() if answer is not None and answer != real]  # fmt: skip
            if answers["save"] is None:
                wrong.append(f"not known: {port} {packets[port]}\n{rules}")
        loaded(host, program, EMPTY)
    if not compared:
        pytest.skip(f"this kernel loads no rule of {program}")
    assert "\n".join(wrong[:2]) == ""
