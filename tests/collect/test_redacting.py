"""Redacted dumps: nothing of the old names stays, and a scan finds the same."""

import json
from collections import Counter
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.collect.files import collect_paths
from lvsdoctor.collect.redacting.files import Source, holds_files, host_names, redact, sources
from lvsdoctor.collect.redacting.permutation import Permutation
from lvsdoctor.collect.redacting.words import OddAddress, Redactor
from lvsdoctor.engine.loader import load_rules
from lvsdoctor.engine.page_cases import Case, cases_of
from lvsdoctor.engine.runner import examine
from lvsdoctor.reporting.rule_page import page_of
from tests.collect.archive_bytes import COMPRESSIONS, tar_of, tar_of_directory
from tests.collect.packings import EXAMPLE, HOSTS
from tests.collect.test_fleet import PACKS, Pack, minimal, stream

KEY = b"sixteen bytes or more"
V4 = st.integers(0, 2**32 - 1).map(IPv4Address)
V6 = st.integers(0, 2**128 - 1).map(IPv6Address)


def shared(first: int, second: int, bits: int) -> int:
    """How many bits at their begin two numbers have in common."""
    return bits - (first ^ second).bit_length()


@given(V4, V4)
def test_two_addresses_share_as_many_bits_as_before(first: IPv4Address, second: IPv4Address) -> None:
    permutation = Permutation(KEY)
    new = permutation.ip(first), permutation.ip(second)
    assert shared(int(new[0]), int(new[1]), 32) == shared(int(first), int(second), 32)


@given(V6, st.integers(0, 127))
def test_so_do_two_of_ipv6(first: IPv6Address, bit: int) -> None:
    if first in ip_network("::/3") or first in ip_network("fe80::/9") or first in ip_network("ff00::/8"):
        return
    second = IPv6Address(int(first) ^ (1 << bit))
    permutation = Permutation(KEY)
    new = permutation.ip(first), permutation.ip(second)
    if int(first) >> 125 == int(second) >> 125 == 1:
        assert shared(int(new[0]), int(new[1]), 128) == shared(int(first), int(second), 128)


@pytest.mark.parametrize(
    "text",
    ["0.0.0.0", "127.0.0.1", "169.254.1.1", "224.0.0.18", "255.255.255.0", "255.255.255.255", "::", "::1", "ff02::12"],
)  # fmt: skip
def test_what_an_address_stands_for_stays(text: str) -> None:
    assert str(Permutation(KEY).ip(ip_address(text))) == text


@pytest.mark.parametrize("network", ["10.1.16.0/20", "192.0.2.0/24", "198.51.100.64/26", "172.16.0.0/12"])
def test_the_ends_of_a_network_stay_its_ends(network: str) -> None:
    known = ip_network(network)
    assert isinstance(known.network_address, IPv4Address)
    permutation = Permutation(KEY, [known])
    begin, end = int(permutation.ip(known.network_address)), int(permutation.ip(known.broadcast_address))
    hosts = known.num_addresses - 1
    assert (begin & hosts, end & hosts, begin | hosts) == (0, hosts, end)


def test_a_private_address_becomes_a_private_one_and_no_other_does() -> None:
    permutation = Permutation(KEY)
    assert permutation.ip(IPv4Address("10.20.30.40")) in ip_network("10.0.0.0/8")
    assert permutation.ip(IPv4Address("192.168.7.9")) in ip_network("192.168.0.0/16")
    assert permutation.ip(IPv4Address("8.8.8.8")) not in ip_network("10.0.0.0/8")


def test_a_mac_keeps_its_maker_and_that_of_a_virtual_router_stays() -> None:
    permutation = Permutation(KEY)
    assert permutation.mac("52:54:00:12:34:56")[:8] == "52:54:00"
    assert permutation.mac("52:54:00:12:34:56") != "52:54:00:12:34:56"
    for mac in ("00:00:5e:00:01:33", "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00", "01:00:5e:00:00:12"):
        assert permutation.mac(mac) == mac


def test_what_is_no_address_stays() -> None:
    redactor = Redactor(KEY)
    for line in (
        "IP Virtual Server version 1.2.1 (size=4096)",
        "net.ipv4.conf.all.arp_ignore = 1",
        "TCP 14:59 ESTABLISHED",
        "    inet 127.0.0.1/8 scope host lo",
        "FWM  00000001 rr",
        "2: eth0.100@eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500",
    ):
        assert redactor.line(line) == line


def test_proc_net_ip_vs_and_sockets_name_the_same_address() -> None:
    redactor = Redactor(KEY)
    new = redactor.line("192.0.2.10").strip()
    big = IPv4Address(new).packed
    assert redactor.line("TCP  C000020A:0050 rr") == f"TCP  {big.hex().upper()}:0050 rr"
    line = redactor.line("   0: 0A0200C0:0050 00000000:0000 0A 00000000:00000000")
    assert line == f"   0: {big[::-1].hex().upper()}:0050 00000000:0000 0A 00000000:00000000"


def test_a_port_of_netstat_is_no_part_of_the_address() -> None:
    line = Redactor(KEY).line(
        "tcp6       0      0 2001:db8::10:80         :::*                    LISTEN      4/alice-app"
    )
    assert ":80 " in line
    assert "alice" not in line
    assert "2001:db8::10" not in line


def test_a_range_of_addresses_is_not_kept() -> None:
    with pytest.raises(OddAddress):
        Redactor(KEY).line("-A INPUT -m iprange --src-range 192.0.2.1-192.0.2.9 -j DROP")


PASTE = """[alice@lb1-acme work]$ mysql -psecret-word acme
Welcome to the shop of ACME
[alice@lb1-acme work]$ sudo ipvsadm -Sn
-A -t 192.0.2.10:80 -s rr
-a -t 192.0.2.10:80 -r 192.0.2.21:80 -g -w 1
[alice@lb1-acme work]$ cat /etc/keepalived/keepalived.conf
! written by alice
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    authentication {
        auth_type PASS
        auth_pass s3cr3tpw
    }
    virtual_ipaddress {
        192.0.2.10/24
    }
    notify_master "/home/alice/acme.sh"
}
"""


def test_of_a_paste_nothing_private_stays() -> None:
    ((result,), left_out) = redact([Source("paste.txt", PASTE)], KEY)
    assert left_out == []
    for word in ("alice", "acme", "ACME", "secret", "s3cr3t", "192.0.2", "lb1", "work"):
        assert word not in result.text, word
    assert "ipvsadm -Sn" in result.text
    assert "virtual_router_id 51" in result.text
    assert result.dropped >= 2


def test_the_host_that_a_log_names_is_renamed_beside_dumps_too() -> None:
    text = "-A -t 192.0.2.10:80 -s rr\n\nJan 15 18:12:46 lbacme kernel: nf_conntrack: table full, dropping packet\n"
    ((result,), _) = redact([Source("paste.txt", text)], KEY)
    assert "lbacme" not in result.text
    assert "table full" in result.text


def test_of_a_log_only_the_lines_that_name_a_fault_stay() -> None:
    text = (
        "Jan 15 18:12:46 lb1 sshd[4]: Accepted password for alice\n"
        "Jan 15 18:12:46 lb1 kernel: IPVS: rr: TCP 192.0.2.10:80 - no destination available\n"
    )
    ((result,), _) = redact([Source("messages", text)], KEY)
    assert "alice" not in result.text
    assert "no destination available" in result.text
    assert "192.0.2.10" not in result.text


def test_a_definition_of_keepalived_goes_on_behind_what_is_left_out() -> None:
    redactor = Redactor(KEY)
    assert redactor.line('    misc_path "/home/anna/check ${PORT}" \\') == "    misc_path redacted \\"
    assert redactor.line("    auth_pass hunter2 \\").endswith(" \\")


def test_of_a_record_of_the_journal_only_its_sentence_stays() -> None:
    """Its other fields tell of the machine and of what it runs."""
    record = {
        "_HOSTNAME": "lb1", "_MACHINE_ID": "4f3a", "_CMDLINE": "keepalived -f /home/anna/k.conf", "_PID": "812",
        "SYSLOG_IDENTIFIER": "Keepalived_vrrp", "MESSAGE": "(VI_1) received an invalid passwd!",
    }  # fmt: skip
    ((result,), _) = redact([Source("journal.json", json.dumps(record) + "\n")], KEY)
    assert "received an invalid passwd!" in result.text
    assert all(word not in result.text for word in ("lb1", "4f3a", "anna", "_CMDLINE"))


def test_the_same_key_gives_the_same_and_another_another() -> None:
    def text(key: bytes) -> str:
        return redact([Source("paste.txt", PASTE)], key)[0][0].text

    assert text(KEY) == text(KEY)
    assert text(KEY) != text(b"another key of bytes")


@given(st.text(max_size=300))
def test_any_text_can_be_given(text: str) -> None:
    redact([Source("any.txt", text)], KEY)


def scanned(path: Path) -> tuple[list[tuple[str, str]], list[int]]:
    """The findings by code and severity, and how many of them each node has."""
    diagnoses = examine(with_standing(collect_paths([str(path)], [])), load_rules()).diagnoses
    found = sorted((diagnosis.code, str(diagnosis.severity)) for diagnosis in diagnoses)
    return found, sorted(Counter(diagnosis.node for diagnosis in diagnoses).values())


def written(case: Case, top: Path) -> None:
    for node, where, text in case.dumps():
        name = where.split("/", 1)[1]
        name = "etc/keepalived/keepalived.conf" if name == "keepalived-conf" else name
        file = top / node / (name if "/" in name or "." in name else f"{name}.txt")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


# One case of each rule.
CASES = [
    (rule.name, case)
    for rule in load_rules()
    if (cases := [case for case in cases_of(page_of(rule)) if case.expects == "fires"])
    for case in [cases[len(rule.name) % len(cases)]]
]


@pytest.mark.parametrize(("name", "case"), CASES, ids=[name for name, _ in CASES])
def test_a_scan_of_redacted_dumps_finds_the_same(name: str, case: Case, tmp_path: Path) -> None:
    written(case, tmp_path / "in")
    texts, left_out = sources(str(tmp_path / "in"))
    results, refused = redact(texts, KEY, host_names(str(tmp_path / "in")))
    if left_out or refused:
        pytest.skip(f"left out: {(*left_out, *refused)}")
    for result in results:
        file = tmp_path / "out" / result.path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(result.text, encoding="utf-8")
    assert scanned(tmp_path / "out") == scanned(tmp_path / "in")


def rewritten(path: Path, out: Path) -> str:
    """The redacted texts of a path, written below `out`; all of them."""
    texts, left_out = sources(str(path))
    results, refused = redact(texts, KEY, host_names(str(path)))
    assert (left_out, refused) == ([], [])
    for result in results:
        file = out / result.path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(result.text, encoding="utf-8")
    return "".join(f"{result.path}\n{result.text}" for result in results)


@pytest.mark.parametrize("ending", [".tar", ".tar.xz"])
def test_an_archive_becomes_a_directory_of_which_a_scan_finds_the_same(tmp_path: Path, ending: str) -> None:
    inner = {f"case/{host}.tar": tar_of_directory(EXAMPLE / host, host) for host in ("lb1", "rs1", "rs2")}
    path = tmp_path / f"case{ending}"
    path.write_bytes(COMPRESSIONS[ending.removeprefix(".tar")](tar_of(inner)))
    text = rewritten(path, tmp_path / "out")
    assert not any(name in text for name in ("rs1", "lb1", "192.0.2."))
    assert scanned(tmp_path / "out") == scanned(path)
    assert holds_files(str(path))
    assert not holds_files(__file__)


@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
def test_what_an_engine_brought_stays_what_each_host_answered(pack: Pack, tmp_path: Path) -> None:
    path = tmp_path / "in/out.txt"
    path.parent.mkdir()
    names = dict(zip(HOSTS, ("alpha", "beta", "gamma.example.net"), strict=True))
    path.write_text(pack({names[host]: stream(host, names[host]) for host in HOSTS}), encoding="utf-8")
    text = rewritten(path.parent, tmp_path / "out")
    assert not any(name in text for name in ("alpha", "beta", "gamma", "192.0.2."))
    assert scanned(tmp_path / "out") == scanned(path.parent)
    assert "ARP002" in str(scanned(path.parent))


def test_a_host_of_any_name_is_renamed_where_an_engine_names_it(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    path.write_text(minimal({"alpha": stream("alpha"), "192.0.2.77": stream("beta")}), encoding="utf-8")
    text = rewritten(path, tmp_path / "out")
    assert not any(name in text for name in ("alpha", "beta", "192.0.2.77"))


SCRIPT = """#!/bin/bash
# the VIP of our shop
VIP=192.0.2.10
DB_PASSWORD=hunter2
OWNER="shop"
. /etc/shop.conf
case "$1" in
start)
  echo 1 > /proc/sys/net/ipv4/conf/all/arp_ignore   # be quiet
  ifconfig lo:0 $VIP netmask 255.255.255.0 up
  logger "shop is up on $(hostname)"
  iptables -A INPUT -d $VIP -j ACCEPT || mail -s shop joe@mail.example.net
  ;;
stop)
  ifconfig lo:0 down
  SHOP=hunter2 ip addr flush dev lo
  ;;
esac
"""


def test_of_a_script_stays_what_is_read_of_it() -> None:
    pytest.importorskip("tree_sitter_bash")
    (result,), refused = redact([Source("rs1/lvs.sh", SCRIPT)], KEY)
    assert refused == []
    assert result.text.splitlines()[0] == "#!/bin/bash"
    assert "ifconfig lo:0 $VIP netmask 255.255.255.0 up" in result.text
    assert not [word for word in ("shop", "joe", "quiet", "hunter2", "192.0.2.10", "hostname") if word in result.text]


def test_a_script_that_tells_something_else_without_its_other_words_is_left_out() -> None:
    pytest.importorskip("tree_sitter_bash")
    text = "#!/bin/sh\ncat > /etc/sysctl.d/90-shop.conf <<END\nnet.ipv4.conf.all.arp_ignore = 1\nEND\n"
    results, refused = redact([Source("rs1/lvs.sh", text)], KEY)
    assert results == []
    assert [path for path, _ in refused] == ["rs1/lvs.sh"]


def test_a_branch_stays_one_without_the_words_of_its_condition() -> None:
    pytest.importorskip("tree_sitter_bash")
    text = "#!/bin/sh\nif [ -f /etc/shop ]; then\n  sysctl -w net.ipv4.conf.all.arp_ignore=1\nfi\n"
    (result,), _ = redact([Source("rs1/lvs.sh", text)], KEY)
    assert result.text.splitlines()[1:] == ["if redacted; then", "  sysctl -w net.ipv4.conf.all.arp_ignore=1", "fi"]
    assert result.path.endswith(".sh")
