"""The script that is carried to hosts: it runs in the shells there are, changes nothing, and its stream says what the
live scan of the same network namespace says."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

import pytest

from lvsdoctor.collect.files import collect_paths
from lvsdoctor.collect.live.node import collect_live
from lvsdoctor.collect.script import script
from lvsdoctor.model.node import Node
from lvsdoctor.parse.log_patterns import PATTERNS
from lvsdoctor.parse.processes import KEEPERS, ROUTING
from tests.lab.plain import plain

FACTS = ("links", "addresses", "routes", "local-routes", "policy-rules", "ipvs", "arptables", "iptables", "ip6tables")
COMMANDS = """
link add eth0 type veth peer name far0
link set lo up
link set eth0 addrgenmode none
link set far0 addrgenmode none
link set eth0 up
link set far0 up
addr add 192.0.2.21/24 dev eth0
addr add 192.0.2.10/32 dev lo
addr add 2001:db8::21/64 dev eth0 nodad
route add default via 192.0.2.1
route add 198.51.100.0/24 via 192.0.2.2 table 100
rule add fwmark 7 lookup 100
neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev eth0 nud permanent
"""
# What BusyBox's own ip(8) does not show.
UNTOLD = frozenset({"protocol", "kind", "kind_of_port", "detail", "state", "flags"})


def shell(name: str) -> Sequence[str]:
    path = shutil.which("busybox" if name == "busybox sh" else name)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return (path, "sh") if name == "busybox sh" else (path,)


def collected(prefix: Sequence[str], interpreter: Sequence[str], text: str = "", **settings: Any) -> str:
    """The stream, which must come without a word on standard error."""
    command = (*prefix, *interpreter, "-s")
    run = subprocess.run(command, input=text or script(), capture_output=True, text=True, check=True, **settings)
    assert run.stderr == ""
    return str(run.stdout)


@pytest.fixture(scope="module")
def namespace(new_namespace: Callable[[], Any]) -> Any:
    made = new_namespace()
    for line in COMMANDS.strip().splitlines():
        made.ip(*line.split())
    made.run("sysctl", "-q", "-w", "net.ipv4.conf.lo.arp_ignore=1")
    return made


@pytest.fixture(scope="module", params=["dash", "busybox sh"])
def interpreter(request: pytest.FixtureRequest) -> Sequence[str]:
    return shell(request.param)


@pytest.fixture(scope="module")
def stream(namespace: Any, interpreter: Sequence[str]) -> str:
    return collected(("ip", "netns", "exec", namespace.name), interpreter)


@pytest.fixture
def node(stream: str, tmp_path: Path) -> Node:
    (tmp_path / "host.snap").write_text(stream)
    (read,) = collect_paths([str(tmp_path / "host.snap")])
    return read


def test_the_heading_names_the_host_and_the_namespace(stream: str, namespace: Any) -> None:
    assert stream.splitlines()[0] == f"==> lvsdoctor 1 {os.uname().nodename} {namespace.name} <=="


@pytest.mark.parametrize("fact", FACTS)
def test_the_stream_says_what_the_live_scan_says(
    node: Node, namespace: Any, interpreter: Sequence[str], fact: str
) -> None:
    live = collect_live(namespace.name)
    if fact not in live.evidence:
        pytest.skip(f"{fact} cannot be seen live here: {'; '.join(live.notes)}")
    untold = UNTOLD if "busybox" in str(interpreter) else frozenset[str]()
    assert rows(node.evidence[fact], untold) == rows(live.evidence[fact], untold)


def rows(value: Any, untold: Collection[str]) -> Any:
    """The rows in no order, without the fields that are not told."""
    return sorted(repr(without(row, untold)) for row in (plain(value) if isinstance(value, tuple) else [plain(value)]))


def without(value: Any, untold: Collection[str]) -> Any:
    if isinstance(value, dict):
        return {name: without(part, untold) for name, part in value.items() if name not in untold}
    return [without(part, untold) for part in value] if isinstance(value, list) else value


def test_the_settings_are_those_of_the_live_scan(node: Node, namespace: Any) -> None:
    live, dumped = collect_live(namespace.name).evidence["sysctl"], node.evidence["sysctl"]
    different = {key for key in live if key not in dumped or dumped[key].raw.split() != live[key].raw.split()}
    assert different - {"net.netfilter.nf_conntrack_count"} == set()
    assert dumped["net.ipv4.conf.lo.arp_ignore"].value == 1


def test_everything_in_the_stream_is_understood(node: Node) -> None:
    assert [seen.text for seen in node.unread] == []


def test_secrets_are_left_out(stream: str) -> None:
    assert "tcp_fastopen_key" not in stream
    assert "stable_secret" not in stream


# -- hosts that lack something ----------------------------------------------------------------------------------------


@pytest.fixture
def few_programs(tmp_path: Path) -> Callable[..., str]:
    """The stream of a host that has these programs alone; some are made for the test."""

    def run(*names: str, systemd: str = "", **made: str) -> str:
        programs = tmp_path / "bin"
        programs.mkdir()
        for name in (*names, *"cat sed grep head uname find sleep readlink".split()):
            path = shutil.which(name)
            assert path is not None
            (programs / name).symlink_to(path)
        for name, text in made.items():
            (programs / name).write_text(f"#!/bin/sh\n{text}\n")
            (programs / name).chmod(0o755)
        text = script().replace("PATH=/usr/sbin:/sbin:/usr/bin:/bin${PATH:+:$PATH}", f"PATH={programs}")
        if systemd:  # as on a host that systemd booted
            text = text.replace("/run/systemd/system", systemd).replace("|| in_container || {", "|| {")
            text = text.replace("/proc/1/ns/net", "/proc/$$/ns/net")
        return collected((), shell("dash"), text.replace("limit=10 ", "limit=1 "))

    return run


def ending_of(stream: str, command: str) -> str:
    """The line that says how this command ended."""
    return next(line for line in stream.split(f"==> $ {command} <==\n")[1].splitlines() if line.startswith("==> rc "))


def test_without_iproute2_the_stream_says_what_is_missing(few_programs: Callable[..., str]) -> None:
    stream = few_programs()
    assert ending_of(stream, "ip addr show") == "==> rc 127 missing <=="
    assert ending_of(stream, "ifconfig -a") == "==> rc 127 missing <=="


def test_without_sysctl_the_keys_are_read_from_proc(few_programs: Callable[..., str]) -> None:
    settings = few_programs().split("==> $ sysctl -a <==\n")[1].split("==> rc ")[0]
    assert "net/ipv4/conf/lo/arp_ignore = 0\n" in settings or "net/ipv4/conf/lo/arp_ignore = 1\n" in settings


def test_a_command_that_hangs_is_ended_and_the_others_follow(few_programs: Callable[..., str]) -> None:
    stream = few_programs(ip="case $* in -V) echo ip utility, iproute2 ;; 'addr show') exec sleep 60 ;; esac")
    assert ending_of(stream, "ip addr show") == "==> rc 143 timeout <=="
    assert ending_of(stream, "ip rule show") == "==> rc 0 ok <=="


def test_what_needs_root_is_refused_and_not_empty(few_programs: Callable[..., str]) -> None:
    stream = few_programs(ip="echo 'RTNETLINK answers: Operation not permitted' >&2; exit 2")
    assert ending_of(stream, "ip addr show") == "==> rc 2 refused <=="


def test_of_services_those_that_fill_tables_are_shown(few_programs: Callable[..., str], tmp_path: Path) -> None:
    listed = """echo 'UNIT FILE                 STATE    PRESET'
        echo 'keepalived.service        disabled enabled'
        echo 'customer-billing.service  enabled  enabled'
        echo
        echo '2 unit files listed.'"""
    stream = few_programs(systemctl=listed, systemd=str(tmp_path))
    units = stream.split("==> $ systemctl list-unit-files --type=service --no-pager <==\n")[1].split("==> rc ")[0]
    assert units.split("\n")[1:] == ["keepalived.service        disabled enabled", ""]
    assert "customer" not in stream
    (tmp_path / "lb1.snap").write_text(stream)
    (node,) = collect_paths([str(tmp_path / "lb1.snap")])
    rows = [(row.name, row.file_state) for row in node.seen_rows("units")]
    assert rows == [("keepalived.service", "disabled")]
    assert node.partial("units") is not None


def test_where_systemd_does_not_run_nothing_asks_for_services(few_programs: Callable[..., str]) -> None:
    assert "systemctl" not in few_programs(systemctl="echo Failed to connect to bus", systemd="/nowhere")


def test_a_line_that_looks_like_a_heading_has_a_blank_before_it(few_programs: Callable[..., str]) -> None:
    stream = few_programs(ip="echo '==> rc 0 ok <=='; exit 3")
    assert "\n ==> rc 0 ok <==\n" in stream
    assert ending_of(stream, "ip addr show") == "==> rc 3 ok <=="


# -- the script itself ------------------------------------------------------------------------------------------------

SECRETS = """
global_defs { notification_email { ops@example.net } }
vrrp_instance VI_1 {
    authentication { auth_type PASS auth_pass 1a2b3c4d }
    authentication {
        auth_pass "1a2b 3c4d"
    }
    notify_master "/etc/keepalived/master.sh 1a2b3c4d"   # it was 1a2b3c4d
    notify_backup /etc/keepalived/backup.sh
    virtual_ipaddress {
        192.0.2.10/24
    }
}
vrrp_script check { script "/usr/bin/check 1a2b3c4d" }
$DB_PASS=1a2b3c4d
    passwd = "1a2b3c4d"
    login="1a2b3c4d"
"""


@pytest.mark.parametrize("name", ["dash", "busybox sh"])
def test_passwords_and_arguments_of_scripts_are_removed(name: str, tmp_path: Path) -> None:
    (tmp_path / "keepalived.conf").write_text(SECRETS)
    text = script().rpartition("\nmain\n")[0] + "\nwithout_secrets " + str(tmp_path / "keepalived.conf") + "\n"
    shown = collected((), shell(name), text)
    assert not [word for word in ("1a2b", "3c4d", "ops@", "backup.sh") if word in shown]
    assert "auth_type PASS auth_pass <removed>" in shown
    assert "        192.0.2.10/24\n" in shown


def test_the_script_is_clean() -> None:
    path = shutil.which("shellcheck")
    if path is None:
        pytest.skip("shellcheck is not installed")
    run = subprocess.run((path, "-s", "sh", "-"), input=script(), capture_output=True, text=True)
    assert run.stdout == ""


def test_half_a_script_does_nothing() -> None:
    text = script()
    assert collected((), shell("dash"), text[: text.rindex("\nmain")] + "\n") == ""


# -- network cards -----------------------------------------------------------------------------------------------------

OFFLOADS = """\
case $2 in lo) echo "Features for $2:"; echo "large-receive-offload: on"; echo "rx-gro-hw: off [fixed]" ;; esac
"""


@pytest.fixture
def host_with_cards(tmp_path: Path, interpreter: Sequence[str]) -> Callable[..., str]:
    """The stream of a host with these network cards, of which only lo is in the network namespace."""

    def run(*cards: str, ethtool: str = OFFLOADS) -> str:
        programs = tmp_path / "made"
        programs.mkdir()
        for card in cards:
            (tmp_path / "net" / card / "device").mkdir(parents=True)
        (programs / "ethtool").write_text(f"#!/bin/sh\n{ethtool}\n")
        (programs / "ethtool").chmod(0o755)
        text = (
            script()
            .replace("/sys/class/net/", f"{tmp_path}/net/")
            .replace("PATH=/usr/sbin", f"PATH={programs}:/usr/sbin")
        )
        return collected((), interpreter, text.replace("limit=10 ", "limit=1 "))

    return run


def test_network_cards_of_the_namespace_are_asked_what_they_join(
    host_with_cards: Callable[..., str], tmp_path: Path
) -> None:
    stream = host_with_cards("lo", "elsewhere0")
    assert "ethtool -k elsewhere0" not in stream
    (tmp_path / "host.snap").write_text(stream)
    (node,) = collect_paths([str(tmp_path / "host.snap")])
    shown = [(row.link, row.feature, row.on, row.fixed) for row in node.evidence["offloads"]]
    assert shown == [("lo", "lro", True, False), ("lo", "gro-hw", False, True)]


def test_a_host_without_network_cards_or_with_one_that_hangs_is_collected(host_with_cards: Callable[..., str]) -> None:
    stream = host_with_cards("lo", ethtool="exec sleep 60")
    assert ending_of(stream, "ethtool -k lo") == "==> rc 143 timeout <=="
    assert stream.endswith("<==\n")


# -- logs --------------------------------------------------------------------------------------------------------------

SYSLOG = """\
Nov 30 01:00:00 lb1 kernel: [   12.000000] IPVS: rr: TCP 192.0.2.10:80 - no destination available
Nov 30 01:00:01 lb1 sshd[3]: Accepted password for joe from 203.0.113.9
Nov 30 01:00:02 lb1 Keepalived_vrrp[12]: (VI_1) received an invalid passwd! auth_pass hunter2
Nov 30 01:00:03 lb1 Keepalived_vrrp[12]: Netlink: error: mail to joe@mail.example.net password=hunter2
rc=3
"""


@pytest.fixture
def logging_host(tmp_path: Path, interpreter: Sequence[str]) -> Callable[..., str]:
    """The stream of a host, no container, with these files for /var/log, and with these programs of its own."""

    def run(files: dict[str, str], *, journal: bool = False, **made: str) -> str:
        logs, programs = tmp_path / "log", tmp_path / "made"
        for directory in (logs, programs):
            directory.mkdir()
        if journal:
            (logs / "journal").mkdir()
        for name, content in files.items():
            (logs / name).parent.mkdir(exist_ok=True)
            (logs / name).write_text(content)
        for name, program in made.items():
            (programs / name).write_text(f"#!/bin/sh\n{program}\n")
            (programs / name).chmod(0o755)
        text = script().replace("/run/log/journal ", "").replace("/var/log/", f"{logs}/")
        text = text.replace("in_container || {", "false || {").replace('[ "$netns" != - ]', "false")
        text = text.replace("PATH=/usr/sbin", f"PATH={programs}:/usr/sbin")
        # BusyBox runs a dmesg of its own.
        text = text.replace("show dmesg", f"show_as dmesg {programs}/dmesg").replace("limit=10 ", "limit=2 ")
        return collected((), interpreter, text)

    return run


def test_of_the_files_of_logs_come_the_lines_that_name_a_fault(
    logging_host: Callable[..., str], tmp_path: Path
) -> None:
    stream = logging_host({"syslog": SYSLOG, "keepalived.log": "nothing\n"}, dmesg="echo '[  1.0] usb 1-1: new device'")
    (tmp_path / "lb1.snap").write_text(stream)
    (node,) = collect_paths([str(tmp_path / "lb1.snap")])
    assert {row.event for row in node.evidence["log"]} == {
        "LOG009.no-destination",
        "LOG001.auth-pass",
    }
    for word in ("hunter2", "joe", "usb 1-1", "sshd"):
        assert word not in stream
    assert "rc=" not in stream
    assert [seen.text for seen in node.unread] == []


def test_a_log_that_may_not_be_read_is_refused(logging_host: Callable[..., str]) -> None:
    refusal = "dmesg: read kernel buffer failed: Operation not permitted"
    assert f"{refusal}\n==> rc 1 refused <==" in logging_host({}, dmesg=f"echo '{refusal}' >&2; exit 1")


@pytest.mark.parametrize(
    ("journalctl", "ending"),
    [
        ("echo '-- No entries --'", "rc 0 ok"),
        ("echo 'Hint: You are currently not seeing messages from other users and the system.'; exit 1", "rc 1 refused"),
    ],
)
def test_a_journal_is_asked_before_the_files(logging_host: Callable[..., str], journalctl: str, ending: str) -> None:
    stream = logging_host({"syslog": SYSLOG}, journal=True, journalctl=journalctl)
    _, _, journal = stream.partition("==> $ journalctl ")
    assert f"==> {ending} <==" in journal
    assert "IPVS: rr" not in journal
    assert "==> $ dmesg" not in stream


def test_a_log_has_as_long_as_any_command(logging_host: Callable[..., str]) -> None:
    stream = logging_host({}, dmesg="echo '[ 1.0] IPVS: rr: FWM 7 - no destination available'; exec sleep 60")
    assert "no destination available\n==> rc 143 timeout <==" in stream


def test_of_containers_the_log_of_kube_proxy_is_taken(logging_host: Callable[..., str]) -> None:
    line = '2026-01-01T00:00:00.1Z stderr F E0101 00:00:00.000000 1 server.go:1] "Can\'t use the IPVS proxier"'
    assert line in logging_host({"containers/kube-proxy-x_kube-system_y.log": f"{line}\nother\n"}, dmesg="true")


def test_what_lvsdoctor_reads_of_logs_passes_the_filter_of_the_script() -> None:
    """Every word of the table of patterns, which stands in every line of its sentence."""
    _, _, rest = script().partition("faults='")
    words = rest.partition("'\n")[0].split("\n")
    assert [row.word for row in PATTERNS if not any(word in row.word for word in words)] == []


def test_the_script_lists_the_programs_that_the_reader_of_ps_knows() -> None:
    body = script().partition("\nprograms() {")[2].partition("\n}")[0]
    rows = re.findall(r"^ +([\w-]+(?: \| [\w-]+)+)\) ;;$", body, re.MULTILINE)
    listed = {name for row in rows for name in row.split(" | ")}
    assert listed == KEEPERS | ROUTING
