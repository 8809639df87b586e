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

_Said = TypeVar("_Said")
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


def in_a_guest(pool: Pool, work: Callable[[Lab], _Said], *modules: str) -> _Said:
    def build(guest: Guest) -> _Said:
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
