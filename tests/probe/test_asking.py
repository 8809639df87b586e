"""Who answers for a VIP, asked of real hosts: this machine's kernel in namespaces on one bridge."""

import os
import select
import shutil
import socket
import struct
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from lvsdoctor.collect.live.netns import inside
from lvsdoctor.probe.asking import _due, duration
from lvsdoctor.probe.targets import NOBODY, Question
from tests.probe.segment import (
    VIP,
    VIP6,
    Host,
    Segment,
    captured,
    client,
    director,
    four_hosts,
    interrupted,
    probes_sent,
    real_server,
    segment,
    table,
)

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="making a network namespace needs root")

LB1, RS1, RS2 = (f"02:00:00:00:00:{last}" for last in ("02", "21", "22"))
UNPRIVILEGED = ("--reuid=65534", "--regid=65534", "--clear-groups")


@pytest.fixture(scope="module")
def four() -> Iterator[Segment]:
    """client, lb1, rs1 and the leaking rs2. Tests leave it as it was."""
    with segment() as made:
        yield made


@pytest.fixture(scope="module")
def snapshot(four: Segment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    rips = table("192.0.2.21", "192.0.2.22")
    return four.dumps(tmp_path_factory.mktemp("snapshot"), ("lb1", "rs1", "rs2"), lb1={"ipvsadm": rips})


def asked(made: Segment, name: str, *arguments: str) -> dict[str, Any]:
    """The first address's answers."""
    first: dict[str, Any] = made.json(name, "probe", *(arguments or (VIP,)))["answers"][0]
    return first


def macs(answer: dict[str, Any]) -> set[str]:
    return {responder["mac"] for responder in answer["responders"]}


def names(answer: dict[str, Any]) -> list[str]:
    return sorted(responder["names"][0]["name"] for responder in answer["responders"])


def test_the_director_and_the_leaking_real_server_are_listed_by_name(four: Segment, snapshot: Path) -> None:
    said = asked(four, "client", VIP, "--against", str(snapshot))
    assert (said["meaning"], names(said)) == ("many", ["lb1", "rs2"])
    assert said["verdict"] == "2 hosts answer for 192.0.2.10: rs2 is a real server, which should keep quiet"


def test_a_director_hears_the_leaking_real_server_and_not_itself(four: Segment, snapshot: Path) -> None:
    said = asked(four, "lb1", VIP, "--against", str(snapshot))
    assert (said["meaning"], names(said)) == ("many", ["rs2"])
    assert said["senders"] == ["192.0.2.2", "0.0.0.0"]
    assert "by its settings this host answers for it too, and cannot receive its own answer" in said["notes"]


def test_without_a_vip_those_of_the_known_tables_are_asked_for(four: Segment, snapshot: Path) -> None:
    done = four.lvsdoctor("client", "probe", "--against", str(snapshot))
    assert done.returncode == 1
    assert "rs2 (eth0 in the snapshot)" in done.stdout
    assert done.stderr == "lvsdoctor: asking for 3 addresses on eth0: 9 frames in 0.9 s\n"


def test_the_neighbour_table_names_who_was_spoken_to(four: Segment) -> None:
    four.run("client", f"ip neigh replace 192.0.2.22 lladdr {RS2} dev eth0 nud stale")
    try:
        said = asked(four, "client")
    finally:
        four.run("client", "ip neigh del 192.0.2.22 dev eth0")
    assert [r["names"] for r in said["responders"] if r["mac"] == RS2] == [
        [{"name": "192.0.2.22", "how": "in the neighbour table"}]
    ]


def test_two_leaking_real_servers_are_both_seen() -> None:
    hosts = four_hosts() | {"rs1": real_server(1, leaking=True)}
    with segment(hosts) as made:
        assert macs(asked(made, "client")) == {LB1, RS1, RS2}


def test_an_arptables_rule_keeps_a_real_server_quiet() -> None:
    if shutil.which("arptables-legacy") is None:
        pytest.skip("arptables-legacy is not there (Debian: arptables)")
    with segment() as made:
        made.run("rs2", f"arptables-legacy -A INPUT -d {VIP} -j DROP")
        assert macs(asked(made, "client")) == {LB1}


def test_a_router_with_proxy_arp_is_seen_answering_for_a_vip_that_is_elsewhere() -> None:
    router = Host(
        "02:00:00:00:00:01",
        (
            "addr add 192.0.2.1/24 dev eth0",
            "link add beyond type veth peer name far",
            "link set beyond up",
            "link set far up",
            f"route add {VIP} dev beyond",
        ),
        ("sysctl -w net.ipv4.ip_forward=1 net.ipv4.conf.eth0.proxy_arp=1 net.ipv4.neigh.eth0.proxy_delay=0",),
    )
    with segment({"client": client(), "lb1": director(), "router": router}) as made:
        assert macs(asked(made, "client")) == {LB1, "02:00:00:00:00:01"}


def test_a_vip_that_nobody_answers_for_is_a_problem() -> None:
    with segment({"client": client(), "rs1": real_server(1)}) as made:
        done = made.lvsdoctor("client", "probe", VIP)
    assert done.returncode == 1
    assert "PROBLEM: no host answers for 192.0.2.10" in done.stdout


def test_two_hosts_with_one_mac_are_told_by_the_number_of_their_answers() -> None:
    twin = replace(real_server(2, leaking=True), mac=LB1)
    with segment({"client": client(), "lb1": director(), "rs2": twin}) as made:
        said = asked(made, "client")
    assert macs(said) == {LB1}
    assert [note for note in said["notes"] if note.startswith(f"{LB1} answered 6 times to 3 requests: two hosts")]


def test_a_host_that_answers_late_is_waited_for(four: Segment) -> None:
    """Nobody is faster than 0.4 s after each request there; the kernel itself does not know the address."""
    with answering_late(four, "rs1", "192.0.2.66", 0.4):
        said = asked(four, "client", "192.0.2.66", "--wait", "0.6")
    (responder,) = said["responders"]
    assert (responder["mac"], responder["answers"]) == (RS1, 3)
    assert 0.4 <= responder["seconds"] < 0.6


@contextmanager
def answering_late(made: Segment, name: str, address: str, seconds: float) -> Iterator[None]:
    """A host that answers each ARP request for an address so much later."""

    def opened() -> socket.socket:
        raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806))
        raw.bind(("eth0", 0x0806))
        return raw

    mac, wanted = bytes.fromhex(made.hosts[name].mac.replace(":", "")), ip_address(address).packed
    raw = inside(made.netns(name), opened)
    over, end = socket.socketpair()
    timers: list[threading.Timer] = []

    def answer(to: bytes, asker: bytes) -> None:
        head = struct.pack("!6s6sHHHBBH", to, mac, 0x0806, 1, 0x0800, 6, 4, 2)
        raw.send(head + mac + wanted + to + asker)

    def hear() -> None:
        while raw in select.select([raw, over], [], [])[0]:
            frame = raw.recv(1500)
            if frame[20:22] == b"\x00\x01" and frame[38:42] == wanted:
                timers.append(threading.Timer(seconds, answer, (frame[22:28], frame[28:32])))
                timers[-1].start()

    thread = threading.Thread(target=hear)
    thread.start()
    try:
        yield
    finally:
        end.close()
        for one in (thread, *timers):
            one.join()
        for opened_one in (raw, over):
            opened_one.close()


def test_a_host_that_ignores_address_probes_is_told_apart(four: Segment) -> None:
    """A proxying router answers no address probe; here, a host whose arptables drops them."""
    if shutil.which("arptables-legacy") is None:
        pytest.skip("arptables-legacy is not there (Debian: arptables)")
    with segment({"client": client(), "lb1": director()}) as made:
        made.run("lb1", "arptables-legacy -A INPUT -s 192.0.2.100 -j DROP")
        said = asked(made, "client")
    (responder,) = said["responders"]
    assert responder["answered"] == ["0.0.0.0"]
    assert any(note.startswith(f"{LB1} did not answer requests from 192.0.2.100") for note in said["notes"])


def test_a_director_whose_vip_is_on_a_virtual_routers_macvlan_is_not_told_that_nobody_answers() -> None:
    """As keepalived does with use_vmac: the link below is made to keep quiet, and the macvlan answers."""
    vmac = (
        "link add vrrp.51 link eth0 address 00:00:5e:00:01:33 type macvlan mode private",
        "link set vrrp.51 up",
        f"addr add {VIP}/32 dev vrrp.51",
    )
    quiet = ("sysctl -w net.ipv4.conf.eth0.arp_ignore=1 net.ipv4.conf.eth0.arp_filter=1 net.ipv4.conf.all.rp_filter=0",)
    lb1 = Host(LB1, ("addr add 192.0.2.2/24 dev eth0", *vmac), (*quiet, "sysctl -w net.ipv4.conf.vrrp/51.rp_filter=0"))
    with segment({"client": client(), "lb1": lb1}) as made:
        from_outside = asked(made, "client")
        said = asked(made, "lb1")
    assert [(r["mac"], r["names"][0]["name"]) for r in from_outside["responders"]] == [
        ("00:00:5e:00:01:33", "virtual router 51")
    ]
    assert (said["meaning"], said["responders"]) == ("unheard", [])


# -- IPv6 -------------------------------------------------------------------------------------------------------------


def six(host: Host, own: str, vip_on: str = "") -> Host:
    held = (f"addr add {VIP6}/128 dev {vip_on} nodad",) if vip_on else ()
    return replace(host, ip=(*host.ip, f"addr add 2001:db8::{own}/64 dev eth0 nodad", *held))


def test_duplicate_ipv6_vips_are_both_seen_and_a_vip_on_lo_is_silent() -> None:
    hosts = {
        "client": six(client(), "64"),
        "lb1": six(director(), "2", "eth0"),
        "rs1": six(real_server(1), "21", "lo"),
        "rs2": six(real_server(2), "22", "eth0"),
    }
    with segment(hosts) as made:
        assert macs(asked(made, "client", VIP6)) == {LB1, RS2}
        from_rs1 = asked(made, "rs1", VIP6)
        assert macs(from_rs1) == {LB1, RS2}
        assert "this host has it too, and does not answer for it on this interface" in from_rs1["notes"]
        assert "this host answers for it too, and cannot receive its own answer" in asked(made, "lb1", VIP6)["notes"]


def test_a_real_server_whose_ipv6_vip_was_found_a_duplicate_is_told_so() -> None:
    hosts = {"lb1": six(director(), "2", "eth0"), "rs2": six(real_server(2), "22")}
    with segment(hosts) as made:
        made.run("rs2", f"sysctl -w net.ipv6.conf.eth0.accept_dad=1; ip addr add {VIP6}/128 dev eth0")
        changes = made.start("rs2", "ip", "monitor", "address")
        assert changes.stdout is not None
        while "dadfailed" not in made.run("rs2", f"ip addr show to {VIP6}"):
            changes.stdout.readline()
        changes.terminate()
        changes.communicate()
        said = asked(made, "rs2", VIP6)
    assert macs(said) == {LB1}
    assert f"this host's own {VIP6} on eth0 is a duplicate (dadfailed): it is not used here" in said["notes"]


# -- what is sent -----------------------------------------------------------------------------------------------------


def test_no_request_is_in_the_name_of_a_vip_and_no_more_than_three_go_out(four: Segment) -> None:
    """Counted by tcpdump, which knows nothing of our frames."""
    lines: list[str] = []
    with captured(four, "rs1", lines, "arp or icmp6"):
        four.json("lb1", "probe", VIP, "192.0.2.77")
    sent = [line for line in lines if f" {LB1} > " in line and "ARP" in line]
    for target in (VIP, "192.0.2.77"):
        asked_for = [line for line in sent if f"who-has {target} " in line]
        assert len(asked_for) == 3
        assert {line.rsplit(" tell ")[1].split(",")[0] for line in asked_for} == {"192.0.2.2", "0.0.0.0"}
    assert all("> ff:ff:ff:ff:ff:ff" in line for line in sent)
    assert not [line for line in sent if f"tell {VIP}," in line or "reply" in line.lower()]


def test_solicitations_come_from_the_link_local_address_and_never_from_nobody(four: Segment) -> None:
    """An answer to one from `::` would go to all nodes, and move the VIP in their tables."""
    lines: list[str] = []
    with captured(four, "rs1", lines, "arp or icmp6"):
        four.json("client", "probe", VIP6, "--link", "eth0")
    asked_for = [line for line in lines if f"who has {VIP6}" in line]
    assert len(asked_for) == 3
    assert all("02:00:00:00:00:64 > 33:33:ff:00:00:10" in line for line in asked_for)
    wanted = "fe80::ff:fe00:64 > ff02::1:ff00:10: [icmp6 sum ok] ICMP6, neighbor solicitation"
    assert all(wanted in line for line in asked_for)


def test_other_hosts_keep_what_they_know_of_the_vip(four: Segment) -> None:
    four.run("rs1", f"ip neigh replace {VIP} lladdr {LB1} dev eth0 nud reachable")
    before = four.run("rs1", f"ip neigh show {VIP}")
    four.json("client", "probe", VIP)
    four.json("lb1", "probe", VIP)
    after = four.run("rs1", f"ip neigh show {VIP}")
    assert (before.split()[4], after.split()[4]) == (LB1, LB1)


def test_fifty_addresses_take_hardly_longer_than_one() -> None:
    mac, me = RS1, ip_address("192.0.2.100")
    fifty = [Question(ip_address(f"192.0.2.{n}"), "eth0", mac, (me, NOBODY)) for n in range(101, 151)]
    assert duration(fifty) <= 1.2 * duration(fifty[:1])


def test_twelve_requests_are_never_more_than_three_a_second() -> None:
    times = [_due(number) for number in range(12)]
    assert all(later - earlier >= 1 for earlier, later in zip(times, times[3:], strict=False))


def test_a_dry_run_says_what_would_be_sent_and_sends_nothing(four: Segment) -> None:
    with probes_sent(four, "client") as sent:
        done = four.lvsdoctor("client", "probe", VIP, VIP6, "--dry-run", "--link", "eth0")
    assert sent == []
    assert "eth0: who-has 192.0.2.10 tell 192.0.2.100 (2), 0.0.0.0 (1), from 02:00:00:00:00:64" in " ".join(
        done.stdout.split()
    )
    with probes_sent(four, "client") as sent:
        four.lvsdoctor("client", "probe", VIP, VIP6, "--link", "eth0")
    assert {frame[12:14] for frame in sent} == {b"\x08\x06", b"\x86\xdd"}


# -- the user ---------------------------------------------------------------------------------------------------------


def test_the_capability_to_send_raw_frames_is_enough(four: Segment) -> None:
    lent = (*UNPRIVILEGED, "--inh-caps=+net_raw", "--ambient-caps=+net_raw")
    done = four.lvsdoctor("client", "probe", VIP, "-q", setpriv=lent)
    assert (done.returncode, done.stderr) == (1, "")
    assert LB1 in done.stdout


def test_without_the_capability_one_sentence_says_how_to_lend_it(four: Segment) -> None:
    done = four.lvsdoctor("client", "probe", VIP, "-q", setpriv=UNPRIVILEGED)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("lvsdoctor: probing needs the capability CAP_NET_RAW: run it with sudo, or lend it")
    assert "setpriv --reuid 65534" in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_interrupt_ends_it_without_a_traceback(four: Segment) -> None:
    probe = four.start("client", sys.executable, "-m", "lvsdoctor", "probe", VIP, "--wait", "600")
    assert probe.stderr is not None
    assert "3 frames in 600.5 s" in probe.stderr.readline()
    _, rest = interrupted(probe)
    assert probe.returncode == 130
    assert "Traceback" not in rest


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("192.0.2",), "argument VIP: '192.0.2' is no IP address (see lvsdoctor probe --help)"),
        ((VIP, "--link", "eht0"), "unknown interface 'eht0' (known: eth0, lo)"),
        (
            ("203.0.113.9",),
            "203.0.113.9 is in no subnet of this host (to ask all the same, name the interface with `--link`)",
        ),
        ((), "no VIP is known here (no IPVS table tells one): name those to ask for, lvsdoctor probe VIP"),
        ((VIP, "--requests", "0"), "argument --requests: '0' is no number from 1 to 1000 (see lvsdoctor probe --help)"),
        ((VIP, "--accepts", "--listen", "5"), "not allowed with argument"),
    ],
)
def test_what_cannot_be_asked_is_said_in_one_sentence(four: Segment, arguments: tuple[str, ...], says: str) -> None:
    done = four.lvsdoctor("client", "probe", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert says.replace("eth0, lo", "lo, eth0") in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_link_that_goes_down_while_it_is_asked_is_named(four: Segment) -> None:
    probe = four.start("rs1", sys.executable, "-m", "lvsdoctor", "probe", "192.0.2.2", "--wait", "600")
    assert probe.stderr is not None
    assert "600.5 s" in probe.stderr.readline()
    four.run("rs1", "ip link set eth0 down")
    try:
        _, said = probe.communicate()
    finally:
        four.run("rs1", "ip link set eth0 up")
    assert probe.returncode == 2
    assert said.startswith("lvsdoctor: eth0 ")
    assert "own" in said
