"""`lvsdoctor fix` as a user meets it: what it prints, what it refuses, and the exit code."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from shlex import join

import pytest

from tests.cli.fix_cases import ANSIBLE, pretenders, quietly

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples/leaking-real-server"
VIP = "192.0.2.10"
Run = Callable[..., tuple[int, str, str]]


def node(home: Path, name: str, **dumps: str) -> Path:
    """A directory of dumps."""
    (home / name).mkdir(parents=True)
    for file, text in dumps.items():
        (home / name / f"{file}.txt").write_text(text)
    return home / name


ON_LO = "    inet 192.0.2.10/32 scope global lo\n"
LEAKING = {
    "ip_addr": (
        "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536\n    inet 127.0.0.1/8 scope host lo\n"
        f"{ON_LO}"
        "2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500\n    link/ether 02:00:00:00:00:22\n"
        "    inet {rip}/24 scope global eth0\n"
    ),
    "sysctl": (
        "net.ipv4.conf.all.arp_ignore = 0\nnet.ipv4.conf.lo.arp_ignore = 1\nnet.ipv4.conf.eth0.arp_ignore = 0\n"
        "net.ipv4.conf.all.arp_announce = 0\nnet.ipv4.conf.lo.arp_announce = 2\n"
        "net.ipv4.conf.eth0.arp_announce = 0\n"
    ),
}


def leaking(home: Path, name: str, rip: str) -> Path:
    return node(home, name, **{file: text.replace("{rip}", rip) for file, text in LEAKING.items()})


def bare(home: Path, name: str) -> Path:
    """A real server that lacks the VIP as well."""
    texts = {file: text.replace(ON_LO, "").replace("{rip}", "192.0.2.21") for file, text in LEAKING.items()}
    return node(home, name, **texts)


def test_the_example_gets_a_script_with_its_own_values_and_old_ones(run: Run) -> None:
    code, out, err = run("fix", EXAMPLE)
    assert (code, err) == (0, "")
    assert out.startswith("#!/bin/sh\n")
    assert "# rs2: ERROR ARP002 arp-ignore-only-on-lo: rs2 answers ARP requests for VIP 192.0.2.10 on eth0" in out
    assert "Nothing of it has been run." in out
    assert "    sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2\n" in out
    assert "net.ipv4.conf.all.arp_ignore=0" in re.findall("# Undo: (.*)", out)[0]
    assert "    setting /etc/sysctl.d/zz-lvs.conf net.ipv4.conf.all.arp_ignore 1\n" in out


def test_a_healthy_host_has_nothing_to_fix(run: Run) -> None:
    assert run("fix", EXAMPLE / "rs1") == (0, "", "lvsdoctor: nothing to fix\n")


def test_a_fix_that_cannot_be_tried_is_said_at_the_end_and_on_stderr(run: Run, tmp_path: Path) -> None:
    lone = node(tmp_path, "lb1", ipvsadm="-A -t 192.0.2.10:80 -s rr\n")
    code, out, err = run("fix", lone)
    assert code == 1
    assert err.startswith("lvsdoctor: by hand on lb1: SCH001 service-without-usable-real-server: ")
    assert err.count("\n") == 1
    assert all(line.startswith("#") for line in out.splitlines())
    assert "# This script runs no command.\n" in out
    assert "ipvsadm -a for each real server of tcp 192.0.2.10:80" in out


def test_several_nodes_have_one_script_that_does_its_hosts_part_alone(run: Run, tmp_path: Path) -> None:
    leaking(tmp_path, "rs1", "192.0.2.21")
    leaking(tmp_path, "rs2", "192.0.2.22")
    _, out, _ = run("fix", tmp_path)
    assert "# rs1: now\nnow_1() {" in out
    assert "# rs2: now\nnow_2() {" in out
    assert "rs2)\n    now_2\n" in out


def test_a_script_refuses_to_run_on_another_host(run: Run) -> None:
    _, out, _ = run("fix", EXAMPLE)
    for arguments in (["nobody"], ["--now", "nobody"]):
        done = subprocess.run(["sh", "-s", "--", *arguments], input=out, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == "Nothing here is for a host named nobody. It is for:\nrs2\n"


def test_one_node_alone_can_be_asked_for(run: Run, tmp_path: Path) -> None:
    leaking(tmp_path, "rs1", "192.0.2.21")
    leaking(tmp_path, "rs2", "192.0.2.22")
    _, out, _ = run("fix", tmp_path, "--node", "rs2")
    assert "rs2: now" in out
    assert "rs1" not in out.partition("set -eu")[2]


def test_an_unknown_node_is_one_sentence(run: Run) -> None:
    code, out, err = run("fix", EXAMPLE, "--node", "rs22")
    assert (code, out, err) == (2, "", "lvsdoctor: unknown node 'rs22'; did you mean rs2?\n")


def test_a_rule_that_is_ignored_is_not_fixed(run: Run) -> None:
    assert run("fix", EXAMPLE, "--ignore", "arp-ignore-only-on-lo,real-server-answers-arp,vip-leaks-as-arp-sender") == (
        0,
        "",
        "lvsdoctor: nothing to fix\n",
    )


@pytest.mark.parametrize(
    ("network", "written"),
    [
        ("netplan", "/etc/netplan/90-lvs-192.0.2.10.yaml"),
        ("networkd", "/etc/systemd/network/90-lvs-lo.network.d/192.0.2.10.conf"),
        ("networkmanager", "nmcli connection modify lvs-lo +ipv4.addresses 192.0.2.10/32"),
        ("ifcfg", "/etc/sysconfig/network-scripts/ifcfg-lo:522"),
        ("ifupdown", "/etc/network/interfaces.d/lvs-lo-192-0-2-10"),
        ("none", "# ip addr add 192.0.2.10/32 dev lo"),
        ("auto", "# lvsdoctor fix --network NAME (netplan, "),
    ],
)
def test_an_address_lasts_in_the_hosts_own_way(network: str, written: str, run: Run, tmp_path: Path) -> None:
    lacking = bare(tmp_path, "rs1")
    _, out, _ = run("fix", lacking, "--role", "real-server", "--vip", VIP, "--network", network)
    assert "    once ip addr add 192.0.2.10/32 dev lo\n" in out
    assert written in out


def test_the_files_of_a_sosreport_tell_the_network(run: Run, tmp_path: Path) -> None:
    lacking = bare(tmp_path, "rs1")
    (lacking / "etc/netplan").mkdir(parents=True)
    (lacking / "etc/netplan/50-cloud-init.yaml").write_text("network: {version: 2}\n")
    _, out, _ = run("fix", lacking, "--role", "real-server", "--vip", VIP)
    assert "the network's configuration: netplan (etc/netplan/50-cloud-init.yaml exists)" in out


LINK = "'`id`$(id){{x}}"


@pytest.mark.parametrize("name", ["rs1", "x'; touch OWNED; '", "$(touch OWNED)", "a\nb", "{{ lookup('pipe', 'x') }}"])
def test_names_from_dumps_stay_names(name: str, run: Run, tmp_path: Path) -> None:
    """A node is called as it is shown: what cannot be seen in a name of the file system is an escape."""
    own = {file: text.replace("{rip}", "192.0.2.21").replace("eth0", LINK) for file, text in LEAKING.items()}
    own["ip_addr"] = own["ip_addr"].replace(ON_LO, "") + f"    inet 192.0.2.10/24 scope global secondary {LINK}\n"
    where = node(tmp_path, name, **own)
    asked = ("fix", where, "--role", "real-server", "--vip", VIP, "--network", "networkmanager")
    code, out, _ = run(*asked)
    assert code == 0
    assert f"    once {join(['ip', 'addr', 'del', '192.0.2.10/24', 'dev', LINK])}\n" in out
    assert subprocess.run(["sh", "-n"], input=out, text=True, check=False).returncode == 0
    if shutil.which("shellcheck"):
        done = subprocess.run(["shellcheck", "-"], input=out, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (0, "")
    words = ["sh", "-s", "--", name.replace("\n", r"\n")]
    environment = {**os.environ, "LOG": str(tmp_path / "log"), "PATH": str(pretenders(tmp_path / "bin"))}
    # "now" alone: the pretenders note every word that they are given.
    words.insert(3, "--now")
    done = subprocess.run(words, input=out, cwd=tmp_path, text=True, env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"ip addr del 192.0.2.10/24 dev {LINK}\n" in (tmp_path / "log").read_text()
    assert not (tmp_path / "OWNED").exists()


def test_braces_are_no_templates_for_ansible(run: Run, tmp_path: Path) -> None:
    own = {file: text.replace("{rip}", "192.0.2.21").replace("eth0", LINK) for file, text in LEAKING.items()}
    own["ip_addr"] = own["ip_addr"].replace(ON_LO, "") + f"    inet 192.0.2.10/24 scope global secondary {LINK}\n"
    where = node(tmp_path, "{{ lookup('pipe', 'x') }}", **own)
    _, out, _ = run("fix", where, "--role", "real-server", "--vip", VIP, "--as", "ansible")
    marked = [line for line in out.splitlines() if "{{" in line and not line.lstrip().startswith("#")]
    assert marked
    assert all(line.count("{{") == line.count("!unsafe") for line in marked)
    assert '  hosts: "___lookup__pipe____x_____"\n' in out


HOSTS = [("all", "all_"), ("ungrouped", "ungrouped_"), ("a:!b", "a__b"), ("rs1", "rs1")]


@pytest.mark.parametrize(("name", "host"), HOSTS)
def test_a_play_is_for_one_host_whatever_its_name_is(name: str, host: str, run: Run, tmp_path: Path) -> None:
    where = leaking(tmp_path, name, "192.0.2.21")
    _, out, _ = run("fix", where, "--as", "ansible", "--role", "real-server", "--vip", VIP)
    assert f'  hosts: "{host}"\n' in out


@pytest.mark.skipif(not ANSIBLE.exists(), reason="ansible-core is not installed")
def test_ansible_gives_a_command_its_words_as_they_are(run: Run, tmp_path: Path) -> None:
    """Neither as a template nor with the values of variables ($HOME) or the homes of users (~root) in their place."""
    for number, name in enumerate(("{{7*7}}$HOME", "${HOME}~", "$(reboot)", "{%x%}'`id`")):
        own = {file: text.replace("{rip}", "192.0.2.21").replace("eth0", name) for file, text in LEAKING.items()}
        own["ip_addr"] = own["ip_addr"].replace(ON_LO, "") + f"    inet 192.0.2.10/24 scope global secondary {name}\n"
        where = node(tmp_path, f"rs{number}", **own)
        _, out, _ = run("fix", where, "--role", "real-server", "--vip", VIP, "--as", "ansible")
        file = tmp_path / f"{number}.yml"
        file.write_text(out.replace("become: true", "connection: local"))
        log, bin_ = tmp_path / f"log{number}", pretenders(tmp_path / f"bin{number}")
        environment = {**quietly(tmp_path), "LOG": str(log), "PATH": f"{bin_}:/bin:/usr/bin"}
        words = [str(ANSIBLE), "-i", f"rs{number},", "--skip-tags", "last", str(file)]
        done = subprocess.run(words, capture_output=True, text=True, check=False, env=environment)
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"ip addr del 192.0.2.10/24 dev {name}\n" in log.read_text()


def test_what_is_accepted_is_left_alone(run: Run, tmp_path: Path) -> None:
    where = leaking(tmp_path, "rs1", "192.0.2.21")
    config = tmp_path / "lvsdoctor.toml"
    config.write_text('[[accept]]\nrule = "arp"\nreason = "the lab has no ARP"\n')
    arguments = ("fix", where, "--role", "real-server", "--vip", VIP, "--config", config)
    assert run(*arguments) == (0, "", "lvsdoctor: nothing to fix\n")
    code, out, _ = run(*arguments, "--no-accept")
    assert (code, "sysctl -w net.ipv4.conf.all.arp_ignore=1" in out) == (0, True)
