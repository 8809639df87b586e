"""What kernel/packet_filter says of a packet in a rule set of nftables is what this machine's Linux does with it.

Rule sets are drawn, loaded in a network namespace, read back as text and as JSON, and packets of UDP are sent. Nothing
leaves the namespaces. (The lab's guest, which has IPVS, has no nftables.)
"""

import os
import random
import shutil
import subprocess
from ipaddress import IPv4Address, IPv6Address

import pytest

from lvsdoctor.kernel.packet_filter import DELIVERED, FilterOutcome, filtered
from lvsdoctor.kernel.packet_matching import NEW, UDP, Packet
from lvsdoctor.model.node import Node
from lvsdoctor.parse.iptables.table_filters import TableFilters
from lvsdoctor.parse.nft.nft import Nft
from lvsdoctor.parse.nft.nft_json import NftJson
from tests.kernel.test_packet_filter_against_this_kernel import (
    ETH0,
    ETH1,
    FAR,
    PACKETS,
    SEED,
    SETS,
    SOURCES,
    foretold,
    host,
    rule_set,
)
from tests.kernel.wire import PORT, Delivered, Wire
from tests.parse.driving_ipvs import drive, read

__all__ = ["host"]  # the fixture
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="making a network namespace needs root")

CONDITIONS = (
    "ip saddr 192.0.2.20", "ip saddr 192.0.2.128/25", "ip saddr != {{ 192.0.2.20, 192.0.2.21 }}",
    "ip saddr 192.0.2.21-192.0.2.200", "ip daddr {{ 192.0.2.1, 203.0.113.0/24 }}", "ip daddr != 198.51.100.1",
    "ip6 saddr 2001:db8::1", 'iifname "eth0"', 'iifname != "eth*"', 'iif "eth1"', "meta l4proto udp",
    "meta l4proto != {{ tcp, icmp }}", "ip protocol udp", "udp sport {low}-{high}", "udp sport {{ {low}, {high} }}",
    "udp sport >= {high}", "udp dport 53", "th dport != {{ 22, 80-90 }}", "meta mark & 0x1 == 0x1", "meta mark != 0x2",
    "meta mark {{ 0x1, 0x3-0x9 }}", "ct state new", "ct state != invalid", "ct state established,related",
    "ct state untracked", "fib daddr type local", "fib saddr type != local", "tcp dport 80", "meta nfproto ipv4",
    "meta pkttype != unicast", "ct original ip daddr 192.0.2.1", "ip saddr @blocked", "ip saddr != @blocked",
    "ip daddr . udp sport @pairs", "ip daddr . udp sport {{ 192.0.2.1 . {low}, 198.51.100.1 . {high} }}",
    "ct state vmap {{ new : continue, established : drop }}", "ip protocol vmap {{ udp : continue, tcp : drop }}",
    "udp sport . udp dport {{ {low} . 5353, {high} . 53 }}", "ip saddr @nobody",
    'iifname . meta l4proto {{ "eth0" . udp }}',
)  # fmt: skip
MARKS = ("meta mark set 0x1", "meta mark set meta mark | 0x2", "meta mark set meta mark ^ 0x3",
         "meta mark set meta mark & 0xfffffffd | 0x1")  # fmt: skip
VERDICTS = ("accept", "drop", "return", "jump a", "jump b", "goto b", "counter", "counter drop", "continue",
            "udp sport vmap {{ {low} : accept, {high} : drop }}", "udp sport vmap @verdicts", "reject",
            'log prefix "x" accept', "ip saddr vmap {{ 192.0.2.0/25 : jump b, * : return }}")  # fmt: skip


def ruleset(draw: random.Random, base: int) -> str:
    """A script for nft. Packets with the source ports from `base` on are meant."""
    low, high = base + 1, base + draw.randint(2, PACKETS)

    def conditions() -> str:
        return " ".join(draw.sample(CONDITIONS, draw.choice((0, 1, 1, 2)))).format(low=low, high=high)

    def rules(number: int, *verdicts: str) -> str:
        return "\n".join(
            f"{conditions()} {draw.choice(verdicts).format(low=low, high=high)}" for _ in range(draw.randint(0, number))
        )

    family = draw.choice(("inet", "ip"))
    calls = [text for text in VERDICTS if " a" not in text]
    body = f"""
flush ruleset
table {family} t {{
  set blocked {{ type ipv4_addr; flags interval; elements = {{ 192.0.2.20, 192.0.2.128/25 }} }}
  set nobody {{ type ipv4_addr; }}
  set pairs {{ type ipv4_addr . inet_service; elements = {{ 192.0.2.1 . {high} }} }}
  map verdicts {{ type inet_service : verdict; elements = {{ {low} : drop, {high} : accept }} }}
  chain c {{ {rules(2, "accept", "drop", "return")}
  }}
  chain b {{ {rules(3, "accept", "drop", "return", "jump c")}
  }}
  chain a {{ {rules(3, *calls)}
  }}
  chain raw {{ type filter hook prerouting priority raw; policy accept;
    {rules(1, "notrack")}
  }}
  chain marks {{ type filter hook prerouting priority mangle; policy accept;
    {rules(2, *MARKS)}
  }}
  chain nat {{ type nat hook prerouting priority dstnat; policy accept;
    {rules(1, "redirect", "accept")}
    {draw.choice(("", f"ip daddr {FAR} dnat to {ETH1}", f"ip daddr {FAR} meta l4proto udp dnat to {ETH1}:{PORT}"))}
  }}
  chain late {{ type nat hook prerouting priority dstnat + 10; policy accept;
    {rules(1, f"ip daddr {FAR} dnat to {ETH0}", "accept")}
  }}
  chain in {{ type filter hook input priority {draw.choice(("filter", "-5", "filter + 3", "-250"))};
    policy {draw.choice(("accept", "drop"))};
    {rules(4, *VERDICTS)}
  }}
}}
table {draw.choice(("inet", "ip"))} other {{
  chain in {{ type filter hook input priority {draw.choice(("-1", "1", "security", "-300"))}; policy accept;
    {rules(1, "accept", "drop")}
  }}
}}
"""
    if family == "ip":  # as nft prints it there
        body = "\n".join(line for line in body.splitlines() if "ip6" not in line)
    return body


def nft(host: Wire, *words: str, text: str = "") -> subprocess.CompletedProcess[str]:
    command = ("ip", "netns", "exec", host.here, "nft", *words)
    return subprocess.run(command, input=text, text=True, capture_output=True, check=False)


@pytest.fixture
def tool() -> None:
    if shutil.which("nft") is None:
        pytest.skip("nft is not there (Debian: nftables)")


def shown(host: Wire) -> dict[str, Node]:
    """The rule set as a node has it, from both forms of output."""
    text = read(Nft, nft(host, "-a", "list", "ruleset").stdout, "nft -a list ruleset")
    spelled = read(NftJson, nft(host, "-j", "list", "ruleset").stdout, "nft -j list ruleset")
    return {"text": Node("n", evidence=dict(text.facts)), "json": Node("n", evidence=dict(spelled.facts))}


def compared(host: Wire, draw: random.Random, base: int, nodes: dict[str, Node], rules: str) -> tuple[int, list[str]]:
    """How many packets were foretold, and what the kernel did otherwise."""
    packets = {base + at: (draw.choice(SOURCES), draw.choice((ETH0, ETH1, FAR))) for at in range(PACKETS)}
    expected: dict[int, dict[str, bool | None]] = {}
    for port, (src, dst) in packets.items():
        packet = Packet(src, dst, UDP, port, PORT, "eth0", states=NEW)
        expected[port] = {name: foretold(node, packet) for name, node in nodes.items()}
        host.send("eth0", src, dst, port)
    awaited = {Delivered(port) for port, answers in expected.items() if any(answers.values())}
    arrived = host.events(awaited, 0.05, 1.0)
    wrong, number = [], 0
    for port, answers in expected.items():
        real = Delivered(port) in arrived
        number += None not in answers.values()
        wrong += [f"{name}: {port} {packets[port]} is {answer}, the kernel says {real}\n{rules}"
                  for name, answer in answers.items() if answer != real]  # fmt: skip
    return number, wrong


def test_the_kernel_drops_and_delivers_what_the_model_says(host: Wire, tool: None) -> None:
    draw = random.Random(f"nft {SEED}")
    wrong: list[str] = []
    number = loaded = 0
    for at in range(2 * SETS):
        base = 22_000 + at * 10
        rules = ruleset(draw, base)
        if nft(host, "-f", "-", text=rules).returncode != 0:
            continue  # a combination that nft refuses, or what this kernel lacks
        loaded += 1
        many, otherwise = compared(host, draw, base, shown(host), rules)
        number, wrong = number + many, wrong + otherwise
    nft(host, "flush", "ruleset")
    if not loaded:
        pytest.skip("this kernel loads no rule of nftables")
    assert loaded > SETS // 2
    assert number > 3 * loaded
    assert "\n".join(wrong[:2]) == ""


def test_a_rule_set_and_its_translation_have_the_same_verdict(host: Wire, tool: None) -> None:
    for name in ("iptables-restore-translate", "iptables-nft-restore", "iptables-nft-save"):
        if shutil.which(name) is None:
            pytest.skip(f"{name} is not there (Debian: iptables)")
    draw = random.Random(f"twins {SEED}")
    wrong: list[str] = []
    number = 0
    for at in range(SETS):
        base = 24_000 + at * 10
        saved = "\n".join(line for line in rule_set(draw, base).splitlines() if "addrtype" not in line) + "\n"
        translated = subprocess.run(("iptables-restore-translate", "-f", "/dev/stdin"), input=saved, text=True,
                                    capture_output=True, check=False)  # fmt: skip
        script = f"flush ruleset\n{translated.stdout}"
        if translated.returncode != 0 or "# -" in script or nft(host, "-f", "-", text=script).returncode != 0:
            continue  # what iptables-translate has no words for
        twins = shown(host)
        nft(host, "flush", "ruleset")
        done = subprocess.run(("ip", "netns", "exec", host.here, "iptables-nft-restore"), input=saved, text=True,
                              capture_output=True, check=False)  # fmt: skip
        if done.returncode != 0:
            continue
        # iptables' own tables, as both programs show them.
        save = subprocess.run(("ip", "netns", "exec", host.here, "iptables-nft-save"), text=True, capture_output=True,
                              check=True).stdout  # fmt: skip
        own = Node("n", evidence={"iptables": drive(TableFilters, save, "iptables-save").rows("iptables")})
        many, otherwise = compared(host, draw, base, {**twins, "iptables-save": own}, f"{saved}\n{script}")
        number, wrong = number + many, wrong + otherwise
    nft(host, "flush", "ruleset")
    if not number:
        pytest.skip("nothing that was drawn could be translated and loaded")
    assert "\n".join(wrong[:2]) == ""


def test_a_rule_for_ipv6_in_a_table_of_both_families(host: Wire, tool: None) -> None:
    rule = "ip6 daddr 2001:db8::/32 udp dport 53 drop"
    script = f"table inet t {{\nchain in {{\ntype filter hook input priority 0;\n{rule}\n}}\n}}"
    assert nft(host, "-f", "-", text=script).returncode == 0
    for node in shown(host).values():
        packet = Packet(IPv6Address("2001:db8::9"), IPv6Address("2001:db8::1"), UDP, 1025, 53, "eth0", states=NEW)
        assert filtered(node, packet, DELIVERED).outcome is FilterOutcome.DROPPED
        other = Packet(IPv4Address("192.0.2.20"), ETH0, UDP, 1025, 53, "eth0", states=NEW)
        assert filtered(node, other, DELIVERED).outcome is FilterOutcome.ACCEPTED
