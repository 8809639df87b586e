"""What arptables does to an ARP packet. net/ipv4/netfilter/arp_tables.c: arpt_do_table()"""

from ipaddress import IPv4Address

import pytest

from lvsdoctor.kernel.arp_filter import REPLY, REQUEST, arp_filtered
from tests.kernel.hosts import CLIENT, RIP, VIP, host, quoted

HEAD = ":INPUT ACCEPT\n:OUTPUT ACCEPT\n"
DROP = "-A INPUT -j DROP -d 192.0.2.200"


@pytest.mark.parametrize(
    ("rules", "dropped", "quotes"),
    [
        pytest.param(HEAD, False, "", id="no rule: the policy accepts"),
        pytest.param(":INPUT DROP\n", True, "", id="no rule: the policy drops"),
        pytest.param(HEAD + DROP, True, f"{DROP} (this rule decides)", id="a rule drops"),
        pytest.param(HEAD + "-A INPUT -j DROP -d 192.0.2.201", False, "", id="a rule for another address"),
        pytest.param(HEAD + "-A INPUT -j DROP -d 192.0.2.128/25", True, "/25", id="a rule for a prefix"),
        pytest.param(HEAD + "-A INPUT -j DROP ! -d 192.0.2.21", True, "!", id="a rule for all but the RIP"),
        pytest.param(HEAD + "-A INPUT -j DROP ! -d 192.0.2.200", False, "", id="a rule for all but the VIP"),
        pytest.param(HEAD + "-A INPUT -j DROP -s 192.0.2.1", True, "-s 192.0.2.1", id="a rule for the sender"),
        pytest.param(HEAD + "-A INPUT -j DROP -s 192.0.2.9", False, "", id="a rule for another sender"),
        pytest.param(HEAD + "-A INPUT -j DROP --opcode 1", True, "--opcode 1", id="a rule for requests"),
        pytest.param(HEAD + "-A INPUT -j DROP --opcode 2", False, "", id="a rule for replies"),
        pytest.param(HEAD + "-A INPUT -j DROP ! --opcode 2", True, "! --opcode", id="a rule for all but replies"),
        pytest.param(HEAD + "-A INPUT -j DROP -i eth0", True, "-i eth0", id="a rule for the link"),
        pytest.param(HEAD + "-A INPUT -j DROP -i eth1", False, "", id="a rule for another link"),
        pytest.param(HEAD + "-A INPUT -j DROP ! -i eth1", True, "! -i eth1", id="a rule for all but another link"),
        pytest.param(HEAD + "-A INPUT -j DROP -i eth+", True, "-i eth+", id="a rule for eth+"),
        pytest.param(HEAD + "-A INPUT -j DROP -i bond+", False, "", id="a rule for bond+"),
        pytest.param(HEAD + "-A INPUT -j DROP -o eth0", False, "", id="INPUT knows no link that it leaves by"),
        pytest.param(HEAD + "-A INPUT -j DROP --src-mac 02:00:00:00:00:09", False, "", id="a rule for one host's MAC"),
        pytest.param(HEAD + "-A INPUT -j ACCEPT -d 192.0.2.200\n" + DROP, False, "", id="the first rule decides"),
        pytest.param(HEAD + DROP + "\n-A INPUT -j ACCEPT", True, DROP, id="the first rule decides, and it drops"),
        pytest.param(":INPUT DROP\n-A INPUT -j ACCEPT -s 192.0.2.1", False, "", id="accepted against the policy"),
        pytest.param(HEAD + "-A INPUT -j RETURN -d 192.0.2.200\n" + DROP, False, "", id="RETURN leaves the chain"),
        pytest.param(HEAD + "-A INPUT -d 192.0.2.200\n" + DROP, True, DROP, id="a rule without a target only counts"),
        pytest.param(HEAD + "-A INPUT -j DROP --h-type 1 -d 192.0.2.200", False,
                     "assumed: -A INPUT -j DROP --h-type 1 -d 192.0.2.200 (has a match that is not modelled",
                     id="a match that nobody models is not counted on"),
    ],
)  # fmt: skip
def test_a_request_passes_input_or_not(rules: str, dropped: bool, quotes: str) -> None:
    node = host(arptables=rules)
    found = arp_filtered(node, "INPUT", sender=CLIENT, target=VIP, operation=REQUEST, link="eth0")
    assert (found.dropped, found.sender) == (dropped, CLIENT)
    assert quotes in quoted(found.because)


CHAIN = ":INPUT ACCEPT\n:OUTPUT ACCEPT\n:vip -\n"


@pytest.mark.parametrize(
    ("rules", "dropped"),
    [
        pytest.param("-A INPUT -j vip\n-A vip -j DROP", True, id="a chain of one's own drops"),
        pytest.param("-A INPUT -j vip\n-A vip -j RETURN\n-A vip -j DROP", False, id="RETURN goes back"),
        pytest.param("-A INPUT -j vip\n-A vip -j RETURN\n-A INPUT -j DROP", True, id="and the caller goes on"),
        pytest.param("-A INPUT -j vip\n-A INPUT -j DROP", True, id="an empty chain goes back, too"),
        pytest.param("-A INPUT -j vip\n-A vip -j ACCEPT\n-A INPUT -j DROP", False, id="ACCEPT is the last word"),
        pytest.param("-A INPUT -j vip -d 192.0.2.21\n-A vip -j DROP", False, id="nobody jumps"),
        pytest.param("-A INPUT -j vip\n-A vip -j DROP -o eth0", False, id="it is INPUT's packet there, too"),
        pytest.param("-A INPUT -j vip\n-A vip -j DROP -i eth0", True, id="with the link that it came by"),
        pytest.param("-A INPUT -j vip\n-A vip -j vip", False, id="a chain that jumps to itself ends"),
        pytest.param("-A INPUT -j elsewhere\n-A vip -j DROP", False, id="a target nobody knows decides nothing"),
    ],
)
def test_a_chain_of_one_s_own_is_walked(rules: str, dropped: bool) -> None:
    node = host(arptables=CHAIN + rules)
    assert arp_filtered(node, "INPUT", sender=CLIENT, target=VIP, operation=REQUEST, link="eth0").dropped is dropped


@pytest.mark.parametrize(
    ("rules", "dropped", "sender"),
    [
        pytest.param("-A OUTPUT -j mangle -s 192.0.2.200 --mangle-ip-s 192.0.2.21", False, RIP, id="rewritten"),
        pytest.param("-A OUTPUT -j mangle -s 192.0.2.9 --mangle-ip-s 192.0.2.21", False, VIP, id="not its sender"),
        pytest.param("-A OUTPUT -j mangle -s 192.0.2.200 -o eth0 --mangle-ip-s 192.0.2.21", False, RIP, id="its link"),
        pytest.param("-A OUTPUT -j mangle -s 192.0.2.200 -o eth1 --mangle-ip-s 192.0.2.21", False, VIP, id="another"),
        pytest.param("-A OUTPUT -j DROP -i eth0", False, VIP, id="OUTPUT knows no link that it came by"),
        pytest.param("-A OUTPUT -j DROP ! -i eth0", True, VIP, id="which is none but eth0"),
        pytest.param("-A OUTPUT -j mangle -s 192.0.2.200 --mangle-mac-s 02:00:00:00:00:09", False, VIP, id="the MAC"),
        pytest.param("-A OUTPUT -j mangle -s 192.0.2.200 --mangle-ip-s 192.0.2.21\n-A OUTPUT -j DROP", False, RIP,
                     id="mangle accepts"),
        pytest.param("-A OUTPUT -j DROP -s 192.0.2.200", True, VIP, id="dropped"),
    ],
)  # fmt: skip
def test_output_rewrites_the_sender(rules: str, dropped: bool, sender: IPv4Address) -> None:
    node = host(arptables=HEAD + rules)
    found = arp_filtered(node, "OUTPUT", sender=VIP, target=CLIENT, operation=REPLY, link="eth0")
    assert (found.dropped, found.sender) == (dropped, sender)


def test_where_arptables_was_not_collected_no_rule_is_assumed_and_said_so() -> None:
    found = arp_filtered(host(arptables=None), "INPUT", sender=CLIENT, target=VIP, operation=REQUEST, link="eth0")
    assert not found.dropped
    assert quoted(found.because) == "assumed: no arptables rules (not in the evidence)"
    assert [item.settle for item in found.because] == ["arptables -nvL"]


def test_where_it_was_collected_and_is_empty_nothing_is_assumed() -> None:
    found = arp_filtered(host(arptables=""), "INPUT", sender=CLIENT, target=VIP, operation=REQUEST, link="eth0")
    assert (found.dropped, found.because) == (False, ())
