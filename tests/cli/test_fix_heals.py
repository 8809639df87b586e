"""What `lvsdoctor fix` prints, run on a (network namespace of a) host that it was printed for."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.fix_cases import ANSIBLE, quietly

ROOT = Path(__file__).parents[2]
VIP = "192.0.2.10"
# `ip netns exec` has a mount namespace of its own: what is mounted there is nobody else's.
PRIVATE = "mount -t tmpfs tmpfs /etc/sysctl.d && "
Exec = Callable[..., "subprocess.CompletedProcess[str]"]
pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="making a network namespace needs root"),
    pytest.mark.skipif(not Path("/etc/sysctl.d").is_dir(), reason="there is no /etc/sysctl.d to mount over"),
]


@contextmanager
def real_server(setup: str) -> Iterator[Exec]:
    """Runs lines in a host with eth0 on a wire of its own."""
    names = [f"lvsdoctor-fix-{os.getpid()}-{os.urandom(2).hex()}-{end}" for end in ("rs", "wire")]
    for name in names:
        subprocess.run(["ip", "netns", "add", name], check=True)

    def sh(line: str, text: str = "", **environment: str) -> "subprocess.CompletedProcess[str]":
        env = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
        words = ["ip", "netns", "exec", names[0], "sh", "-c", line]
        return subprocess.run(words, input=text, capture_output=True, text=True, check=False, cwd="/", env=env)

    try:
        done = sh(f"""set -e
            ip link add eth0 type veth peer name wire netns {names[1]}
            ip link set lo up; ip link set eth0 up; ip -n {names[1]} link set wire up
            sysctl -qw net.ipv4.conf.all.arp_ignore=0 net.ipv4.conf.all.arp_announce=0
            {setup}""")
        assert done.returncode == 0, done.stderr
        yield sh
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "del", name], check=False)


LVSDOCTOR = f"{sys.executable} -m lvsdoctor"
ABOUT = f"--role real-server --vip {VIP}"
BROKEN = {
    "silenced on lo alone": f"ip addr add 192.0.2.21/24 dev eth0; ip addr add {VIP}/32 dev lo; "
    "ip route add default via 192.0.2.1; sysctl -qw net.ipv4.conf.lo.arp_ignore=1",
    "the VIP on eth0, before the address": f"ip addr add {VIP}/24 dev eth0; ip addr add 192.0.2.21/24 dev eth0; "
    "ip route add default via 192.0.2.1",
    "the VIP with the subnet's mask on lo": f"ip addr add 192.0.2.21/24 dev eth0; ip addr add {VIP}/24 dev lo; "
    "ip route add default via 192.0.2.1",
    "no VIP, no route home": "ip addr add 192.0.2.21/24 dev eth0; "
    "ip route add default via 192.0.2.1; sysctl -qw net.ipv4.conf.eth0.arp_ignore=8",
}


@pytest.mark.parametrize("setup", BROKEN.values(), ids=list(BROKEN))
def test_a_live_host_is_healed_by_its_script_which_may_be_run_again(setup: str) -> None:
    with real_server(setup) as sh:
        assert sh(f"{LVSDOCTOR} scan {ABOUT}").returncode == 1
        printed = sh(f"{LVSDOCTOR} fix {ABOUT} --network none")
        assert (printed.returncode, printed.stderr) == (0, ""), printed.stdout
        assert sh(f"{LVSDOCTOR} scan {ABOUT}").returncode == 1  # nothing was run so far
        for _ in range(2):
            done = sh(f"{PRIVATE} sh -s && cat /etc/sysctl.d/*", printed.stdout)
            assert (done.returncode, done.stderr) == (0, ""), printed.stdout
            assert "net.ipv4.conf.all.arp_ignore = 1\n" in done.stdout
        healed = sh(f"{LVSDOCTOR} scan {ABOUT} --fail-on note")
        assert healed.returncode == 0, healed.stdout
        again = sh(f"{LVSDOCTOR} fix {ABOUT}")
        assert (again.returncode, again.stdout, again.stderr) == (0, "", "lvsdoctor: nothing to fix\n")


@pytest.mark.skipif(not ANSIBLE.exists(), reason="ansible-core is not installed")
def test_a_live_host_is_healed_by_its_play(tmp_path: Path) -> None:
    with real_server(BROKEN["the VIP on eth0, before the address"]) as sh:
        printed = sh(f"{LVSDOCTOR} fix {ABOUT} --network none --as ansible")
        play = tmp_path / "play.yml"
        play.write_text(printed.stdout)
        here = f"-c local -e ansible_become=false -e ansible_python_interpreter={sys.executable}"
        run = f"{PRIVATE} {ANSIBLE} -i $(uname -n), {here} {play}"
        done = sh(f"{run} && cat /etc/sysctl.d/zz-lvs.conf", **quietly(tmp_path))
        assert done.returncode == 0, done.stdout + done.stderr
        assert "net.ipv4.conf.all.arp_ignore = 1\n" in done.stdout
        assert sh(f"{LVSDOCTOR} scan {ABOUT} --fail-on note").returncode == 0
        again = sh(run, **quietly(tmp_path))
        assert again.returncode == 0, again.stdout + again.stderr


def test_a_namespace_is_named_in_how_to_run_it() -> None:
    with real_server(BROKEN["silenced on lo alone"]) as sh:
        name = sh("ip netns identify").stdout.strip()
        done = subprocess.run(
            [sys.executable, "-m", "lvsdoctor", "fix", "--netns", name, *ABOUT.split()],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert f"#   ip netns exec {name} sh THIS_SCRIPT [NODE]" in done.stdout
        assert sh(f"sh -s -- --now {name}", done.stdout).returncode == 0
        assert sh(f"{LVSDOCTOR} scan {ABOUT}").returncode == 0
