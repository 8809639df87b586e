"""`lvsdoctor probe --accepts` and `--listen` as a user sees them; hosts are namespaces on a bridge of their own."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from tests.probe.segment import (
    ROOT,
    VIP,
    Segment,
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

RS2 = "02:00:00:00:00:22"
# A packet from the VIP to somebody whose MAC is not known: with arp_announce=0 the VIP is the ARP request's sender too.
SPEAK = (
    f"import socket; s = socket.socket(type=socket.SOCK_DGRAM); s.bind(('{VIP}', 0)); s.sendto(b'', ('192.0.2.77', 9))"
)


@pytest.fixture(scope="module")
def four() -> Iterator[Segment]:
    """client, lb1, rs1 and rs2, which has not got the VIP and leaks no more than that."""
    rs2 = real_server(2, leaking=True)
    with segment(four_hosts() | {"rs2": replace(rs2, ip=rs2.ip[:1])}) as made:
        yield made


@pytest.fixture(scope="module")
def snapshot(four: Segment, tmp_path_factory: pytest.TempPathFactory) -> str:
    place = tmp_path_factory.mktemp("snapshot")
    return str(four.dumps(place, ("lb1", "rs1", "rs2"), lb1={"ipvsadm": table("192.0.2.21", "192.0.2.22")}))


@contextmanager
def listening(made: Segment, name: str, port: int) -> Iterator[None]:
    """Somebody listens on a port there."""
    code = f"import socket, sys; s = socket.create_server(('', {port})); print('up', flush=True); sys.stdin.read()"
    words = ("ip", "netns", "exec", made.netns(name), sys.executable, "-c", code)
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        assert server.stdout.readline() == "up\n"
        try:
            yield
        finally:
            server.stdin.close()


@pytest.mark.parametrize(
    ("host", "arguments"),
    [
        ("client", ()),
        ("client", ("--dry-run",)),
        ("client", ("--listen", "0.1")),
        ("client", ("--listen", "0.1", "--dry-run")),
        ("lb1", ("--accepts",)),
        ("lb1", ("--accepts", "--dry-run")),
    ],
)
def test_json_is_as_its_schema_says(four: Segment, snapshot: str, host: str, arguments: tuple[str, ...]) -> None:
    schema = json.loads((ROOT / "reports" / "lvsdoctor-probe-1.schema.json").read_text())
    said = four.json(host, "probe", "--against", snapshot, *arguments)
    jsonschema.validate(said, schema)
    assert set(said) <= set(schema["properties"])


# -- accepts ----------------------------------------------------------------------------------------------------------


def test_a_real_server_without_the_vip_is_named_and_the_others_accept(four: Segment, snapshot: str) -> None:
    with listening(four, "rs1", 80):
        done = four.lvsdoctor("lb1", "probe", "--accepts", "--against", snapshot)
    assert done.returncode == 1
    said = " ".join(done.stdout.split())
    assert f"PROBLEM: rs2 (192.0.2.22) does not accept {VIP}:80: " in said
    assert f"ok: rs1 (192.0.2.21) accepts {VIP}:80 " in said
    assert done.stdout.index("PROBLEM") < done.stdout.index("ok:")
    assert "lvsdoctor: trying 192.0.2.10 at 2 real servers on eth0: at most 6 frames in " in done.stderr


def test_a_vip_that_is_held_and_served_by_nobody_is_told_apart_from_a_missing_one(four: Segment, snapshot: str) -> None:
    said = {each["rip"]: each for each in four.json("lb1", "probe", "--accepts", "--against", snapshot)["accepts"]}
    assert (said["192.0.2.21"]["answer"], said["192.0.2.21"]["accepts"]) == ("rst", True)
    assert (said["192.0.2.22"]["answer"], said["192.0.2.22"]["accepts"]) == ("silence", False)
    assert "no program listens on its port 80" in said["192.0.2.21"]["verdict"]


def test_a_dry_run_tells_the_syns_and_sends_nothing(four: Segment, snapshot: str) -> None:
    accepts = ("probe", "--accepts", "--against", snapshot)
    with probes_sent(four, "lb1") as sent:
        done = four.lvsdoctor("lb1", *accepts, "--dry-run")
    assert sent == []
    said = " ".join(done.stdout.split())
    assert "eth0: who-has 192.0.2.21 tell 192.0.2.2 (2), 0.0.0.0 (1), from 02:00:00:00:00:02" in said
    assert "eth0: TCP SYN (TTL 1, 2 if it does not answer) and a RST from 192.0.2.2:" in said
    assert f"to {VIP}:80, to the MAC that answers for 192.0.2.22" in said
    with probes_sent(four, "lb1") as sent:
        four.lvsdoctor("lb1", *accepts)
    assert sent


def test_a_host_without_a_table_has_no_real_servers_to_try(four: Segment) -> None:
    done = four.lvsdoctor("lb1", "probe", "--accepts", VIP)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--accepts tries the real servers of a director: this host has no IPVS table" in done.stderr


def test_masqueraded_real_servers_are_not_tried_and_it_says_why(four: Segment, tmp_path: Path) -> None:
    place = four.dumps(tmp_path / "nat", ("lb1",), lb1={"ipvsadm": table("192.0.2.21", method="-m")})
    done = four.lvsdoctor("lb1", "probe", "--accepts", "--against", str(place))
    assert done.returncode == 2
    assert "192.0.2.21 gets packets for tcp 192.0.2.10:80 by masquerading" in done.stderr


# -- listen -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def leaking() -> Iterator[Segment]:
    """rs2 asks in the name of the VIP whenever it speaks in it; rs1 does not."""
    with segment(
        {"client": client(), "lb1": director(), "rs1": real_server(1), "rs2": real_server(2, leaking=True)}
    ) as made:
        yield made


def listened(made: Segment, speaker: str, *arguments: str) -> "tuple[int, str]":
    """What the client heard while a host spoke, again and again until the listening was over."""
    listener = made.start("client", sys.executable, "-m", "lvsdoctor", "probe", VIP, "--listen", "2", "-q", *arguments)
    while listener.poll() is None:
        made.run(speaker, sys.executable, "-c", SPEAK)
        made.run(speaker, "ip", "neigh", "flush", "all")
    output, problems = listener.communicate()
    assert problems == ""
    return listener.returncode, output


def test_a_real_server_that_asks_in_the_name_of_the_vip_is_heard_by_name(leaking: Segment, tmp_path: Path) -> None:
    rips = table("192.0.2.21", "192.0.2.22")
    place = leaking.dumps(tmp_path / "case", ("lb1", "rs1", "rs2"), lb1={"ipvsadm": rips})
    code, output = listened(leaking, "rs2", "--against", str(place), "-f", "json")
    (said,) = json.loads(output)["heard"]
    assert (code, said["kind"], said["mac"], said["address"], said["targets"]) == (
        1,
        "request",
        RS2,
        VIP,
        ["192.0.2.77"],
    )
    assert said["verdict"].startswith(f"rs2 sends ARP requests as VIP {VIP}, and is a real server")


def test_a_real_server_with_arp_announce_2_is_not_heard(leaking: Segment) -> None:
    code, output = listened(leaking, "rs1")
    assert code == 0
    assert f"no host used {VIP} as sender, and no redirect came" in output


def test_an_interrupted_listener_tells_what_it_has_heard(leaking: Segment) -> None:
    if shutil.which("tcpdump") is None:
        pytest.skip("tcpdump is not there (Debian: tcpdump)")
    listener = leaking.start(
        "client", sys.executable, "-m", "lvsdoctor", "probe", VIP, "--listen", "600", "--link", "eth0"
    )
    capture = leaking.start("client", "tcpdump", "-lni", "eth0", "--immediate-mode", "arp")
    assert listener.stderr is not None
    assert capture.stdout is not None
    assert "for 600 s" in listener.stderr.readline()
    while not sockets_of(listener.pid):
        pass
    leaking.run("rs2", sys.executable, "-c", SPEAK)
    while f"tell {VIP}" not in capture.stdout.readline():
        leaking.run("rs2", "ip", "neigh", "flush", "all")
        leaking.run("rs2", sys.executable, "-c", SPEAK)
    capture.terminate()
    capture.communicate()
    output, problems = interrupted(listener)
    assert "Traceback" not in problems
    assert f"{RS2} sends ARP requests as VIP {VIP}" in " ".join(output.split())
    assert "the listening was interrupted" in output


def sockets_of(pid: int) -> list[str]:
    """The process's packet sockets."""
    inodes = {line.split()[-1] for line in Path(f"/proc/{pid}/net/packet").read_text().splitlines()[1:]}
    opened = [os.readlink(file) for file in Path(f"/proc/{pid}/fd").iterdir()]
    return [name for name in opened if name.removeprefix("socket:[").removesuffix("]") in inodes]
