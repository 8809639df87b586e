"""A real (network namespace of a) host set up as a leaking real server: found live, found in its dumps, healed by the
printed fix."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
VIP = "192.0.2.10"
DUMPS = {
    "ip-addr": "ip addr show",
    "ip-link": "ip -d link show",
    "routes": "ip route show table all",
    "rules": "ip rule show",
    "neighbours": "ip neigh show",
    "sysctls": "sysctl -a",
    "arp": "arptables -nvL",
}
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="making a network namespace needs root")


class Host:
    """A network namespace with eth0 on a wire of its own, and commands run in it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def sh(self, command: str, **how: Any) -> "subprocess.CompletedProcess[str]":
        words = ["ip", "netns", "exec", self.name, "sh", "-c", command]
        return subprocess.run(words, capture_output=True, text=True, check=False, **how)

    def scan(self, *arguments: str, user: int = 0, stdin: str = "") -> tuple[int, dict[str, Any]]:
        """`lvsdoctor scan -f json` in the namespace, as root or another user."""
        drop = [] if user == 0 else ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
        words = ["ip", "netns", "exec", self.name, *drop, sys.executable, "-m", "lvsdoctor", "scan", "-f", "json"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            [*words, *arguments], capture_output=True, text=True, env=environment, input=stdin, cwd="/", check=False
        )
        assert done.stderr == ""
        return done.returncode, json.loads(done.stdout)


@pytest.fixture
def leaking() -> Iterator[Host]:
    """A real server with the VIP on lo and arp_ignore set on lo alone."""
    names = [f"lvsdoctor-cli-{os.getpid()}-{os.urandom(2).hex()}-{end}" for end in ("rs", "wire")]
    for name in names:
        subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        host = Host(names[0])
        steps = f"""set -e
            ip link add eth0 type veth peer name wire netns {names[1]}
            ip link set lo up; ip link set eth0 up; ip -n {names[1]} link set wire up
            ip addr add 192.0.2.21/24 dev eth0; ip addr add {VIP}/32 dev lo
            ip route add default via 192.0.2.1
            sysctl -qw net.ipv4.conf.all.arp_ignore=0 net.ipv4.conf.lo.arp_ignore=1 net.ipv4.conf.eth0.arp_ignore=0
            sysctl -qw net.ipv4.conf.all.arp_announce=0 net.ipv4.conf.eth0.arp_announce=0"""
        done = host.sh(steps)
        assert done.returncode == 0, done.stderr
        yield host
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "del", name], check=False)


def rules(report: dict[str, Any]) -> list[tuple[str, str]]:
    return [(found["rule"], json.dumps(found["about"], sort_keys=True)) for found in report["findings"]]


def test_a_leaking_real_server_is_found_live_and_healed_by_the_printed_fix(leaking: Host) -> None:
    code, report = leaking.scan()
    (found,) = [finding for finding in report["findings"] if finding["severity"] == "error"]
    assert (code, found["rule"], found["about"]) == (1, "arp-ignore-only-on-lo", {"vip": VIP, "link": "eth0"})
    where = {item["where"] for item in found["evidence"]}
    assert {"netlink RTM_NEWLINK lo", "/proc/sys/net/ipv4/conf/all/arp_ignore"} <= where

    for command in found["fix"]["now"]:
        done = leaking.sh(command)
        assert done.returncode == 0, done.stderr
    code, report = leaking.scan()
    assert (code, report["findings"]) == (0, [])


def test_an_ordinary_user_sees_the_same_and_is_told_what_he_could_not_see(leaking: Host) -> None:
    usable = ["setpriv", "--reuid=65534", sys.executable, "-c", "import lvsdoctor"]
    if subprocess.run(usable, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, check=False).returncode:
        pytest.skip("an ordinary user cannot run this Python from this directory")
    code, report = leaking.scan(user=65534)
    assert code == 1
    assert [found["rule"] for found in report["findings"]] == ["arp-ignore-only-on-lo"]
    assert any("root" in note for note in report["nodes"][0]["notes"])


def test_its_dumps_say_the_same_as_files_as_one_paste_and_as_a_directory(leaking: Host, tmp_path: Path) -> None:
    directory = tmp_path / "rs1"
    directory.mkdir()
    paste = ""
    for name, command in DUMPS.items():
        if shutil.which(command.split()[0]) is None:
            continue
        text = leaking.sh(command).stdout
        paste += f"[root@rs1 ~]# {command}\n{text}"
        if text:
            (directory / f"{name}.txt").write_text(text)
    live = rules(leaking.scan()[1])
    assert live
    assert rules(leaking.scan(*map(str, directory.iterdir()))[1]) == live
    assert rules(leaking.scan("-", stdin=paste)[1]) == live
    code, report = leaking.scan(str(directory))
    assert (code, rules(report), report["nodes"][0]["name"]) == (1, live, "rs1")
    assert report["unread"] == [] or all("sysctl:" in seen["text"] for seen in report["unread"])


def test_a_scan_changes_nothing_and_loads_no_module(leaking: Host) -> None:
    def state() -> list[str]:
        # Not IPv6, whose duplicate address detection takes its time.
        commands = ["ip -d link", "ip -4 addr", "ip -4 route show table all", "ip rule"]
        commands += [r"sysctl -a -r ^net\\.ipv4\\.conf", "cat /proc/modules"]
        return [leaking.sh(command).stdout for command in commands]

    before = state()
    leaking.scan()
    assert state() == before


def test_an_unknown_namespace_is_one_sentence(leaking: Host) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-m", "lvsdoctor", "scan", "--netns", "no-such-namespace"]
    done = subprocess.run(words, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 2
    assert "unknown network namespace 'no-such-namespace'" in done.stderr
    assert leaking.name in done.stderr


def test_a_namespace_is_scanned_by_its_name(leaking: Host) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-m", "lvsdoctor", "scan", "--netns", leaking.name, "-f", "json"]
    done = subprocess.run(words, capture_output=True, text=True, env=environment, check=False)
    report = json.loads(done.stdout)
    assert (done.returncode, report["nodes"][0]["name"]) == (1, leaking.name)
