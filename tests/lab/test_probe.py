"""Probes by a director with real IPVS tables: a guest's kernel forwards, and lvsdoctor itself runs in its hosts."""

import json
import shlex
import sys
from collections.abc import Callable
from typing import Any, TypeVar

from tests.lab.cluster import BASES
from tests.lab.guest import Guest
from tests.lab.judge import Running, running
from tests.lab.pool import Pool

_Result = TypeVar("_Result")
LVSDOCTOR = f"PYTHONDONTWRITEBYTECODE=1 {shlex.quote(sys.executable)} -m lvsdoctor"
LEAKS = "sysctl -w net.ipv4.conf.all.arp_ignore=0"


class Lab:
    """A direct routing cluster in which lvsdoctor is run."""

    def __init__(self, lab: Running) -> None:
        self._lab = lab

    def change(self, host: str, *commands: str) -> None:
        assert not list(self._lab.run(host, commands))

    def prints(self, host: str, command: str) -> tuple[int, str]:
        """Exit status and output of a shell command."""
        ((status, output),) = self._lab.guest.ask("run", number=self._lab.number, host=host, commands=[command])
        return status, output

    def json(self, host: str, arguments: str) -> Any:
        """What lvsdoctor says there."""
        status, output = self.prints(host, f"{LVSDOCTOR} {arguments} -q -f json")
        assert status in (0, 1), output
        return json.loads(output)


def in_a_guest(pool: Pool, work: Callable[[Lab], _Result], *modules: str) -> _Result:
    def build(guest: Guest) -> _Result:
        if modules:
            guest.ask("modprobe", modules=list(modules))
        with running(guest, BASES["dr"]()) as lab:
            return work(Lab(lab))

    return pool.start(build).result()


def macs(answers: Any) -> set[str]:
    return {responder["mac"] for responder in answers["responders"]}


def test_a_director_asks_for_its_own_vips_and_names_the_leaking_real_server_by_its_rip(pool: Pool) -> None:
    def leaking(lab: Lab) -> Any:
        lab.change("rs2", LEAKS)
        return lab.json("lb1", "probe")

    (answers,) = in_a_guest(pool, leaking)["answers"]
    assert answers["target"] == "192.0.2.10"
    assert answers["verdict"] == (
        "this host and 1 other answer for 192.0.2.10: 192.0.2.22 is a real server, which should keep quiet"
    )


def test_a_director_of_silent_real_servers_hears_nobody_and_that_is_fine(pool: Pool) -> None:
    (answers,) = in_a_guest(pool, lambda lab: lab.json("lb1", "probe"))["answers"]
    assert (answers["meaning"], answers["responders"]) == ("unheard", [])


def test_everybody_is_heard_where_three_frames_of_ten_are_lost(pool: Pool) -> None:
    def lossy(lab: Lab) -> Any:
        for name in ("lb1", "rs2"):
            lab.change(name, LEAKS, "tc qdisc add dev eth0 root netem loss 30%")
        return lab.json("client", "probe 192.0.2.10 --requests 12")

    (answers,) = in_a_guest(pool, lossy, "sch_netem")["answers"]
    assert answers["meaning"] == "many"
    assert len(macs(answers)) == 2


def test_a_late_answer_is_waited_for(pool: Pool) -> None:
    def late(lab: Lab) -> Any:
        lab.change("lb1", "tc qdisc add dev eth0 root netem delay 300ms")
        return lab.json("client", "probe 192.0.2.10 --wait 0.8")

    (answers,) = in_a_guest(pool, late, "sch_netem")["answers"]
    (responder,) = answers["responders"]
    assert responder["seconds"] >= 0.3


def test_real_servers_of_a_director_are_tried_at_the_vip_and_left_without_a_half_open_connection(pool: Pool) -> None:
    def tried(lab: Lab) -> tuple[Any, str]:
        lab.change("rs2", "ip addr del 192.0.2.10/32 dev lo")
        said = lab.json("lb1", "probe --accepts")
        return said["accepts"], lab.prints("rs1", "cat /proc/net/tcp")[1]

    accepts, connections = in_a_guest(pool, tried)
    assert {each["rip"]: each["answer"] for each in accepts} == {"192.0.2.21": "syn-ack", "192.0.2.22": "silence"}
    # include/net/tcp_states.h: 03 is SYN_RECV, 01 ESTABLISHED.
    assert not [row for row in connections.splitlines()[1:] if row.split()[3] in ("01", "03")]


def test_a_live_scan_of_the_director_finds_the_leaking_real_server_on_the_wire(pool: Pool) -> None:
    def scanned(lab: Lab) -> Any:
        lab.change("rs2", LEAKS)
        return lab.json("lb1", "scan --probe=require")

    found = {each["rule"]: each for each in in_a_guest(pool, scanned)["findings"]}
    wire = found["vip-answered-by-another-host"]
    assert (wire["severity"], wire["certainty"]) == ("error", "confirmed")
    assert wire["message"].startswith("192.0.2.22 (")
    assert ", a real server, answers ARP requests for VIP 192.0.2.10 on " in wire["message"]
    assert wire["confirmation"]["text"].startswith("192.0.2.10 is-at ")


def test_a_live_scan_of_a_healthy_director_hears_nothing_wrong(pool: Pool) -> None:
    assert not in_a_guest(pool, lambda lab: lab.json("lb1", "scan --probe=require"))["findings"]
