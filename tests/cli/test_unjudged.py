"""Silence is not green: what no rule could look at is said first, and is an exit code of its own."""

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from shutil import copytree
from typing import IO

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples/leaking-real-server"
RULES = "0:\tfrom all lookup local\n"
FIRST = re.compile(
    r"(lvsdoctor: )?0 of [0-9]+ rules could be checked on rs9\. (?:Given: ip rule show\. )?"
    r"Needed\s+first:\s+ip\s+addr show\.\n"
)
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def cluster(tmp_path: Path) -> Path:
    """The example's healthy hosts, and one of which only its policy rules are known."""
    for name in ("lb1", "rs1"):
        copytree(EXAMPLE / name, tmp_path / "cluster" / name)
    (tmp_path / "cluster/rs9").mkdir()
    (tmp_path / "cluster/rs9/ip-rule.txt").write_text(RULES)
    return tmp_path / "cluster"


def program(*arguments: object, stdin: int | IO[bytes] = subprocess.DEVNULL) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "lvsdoctor", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(words, stdin=stdin, capture_output=True, text=True, check=False, env=environment)


@pytest.mark.parametrize("extra", [(), ("-q",), ("--fail-on", "never")])
def test_a_node_that_no_rule_could_look_at_is_the_first_sentence_and_code_3(
    run: Run, cluster: Path, extra: tuple[str, ...]
) -> None:
    code, out, _ = run("scan", cluster, *extra)
    assert (code, bool(FIRST.match(out))) == (3, True)
    assert "1 node not judged; 3 nodes: 0 errors" in out.splitlines()[-1]


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("Timeout (tcp tcpfin udp): 900 120 300\n", "ipvsadm -L --timeout"),
        ("master sync daemon (mcast=eth0, syncid=1)\n", "ipvsadm -L --daemon"),
        (RULES, "ip rule show"),
    ],
)
def test_what_was_given_alone_is_said_before_what_is_needed(run: Run, tmp_path: Path, text: str, given: str) -> None:
    (tmp_path / "paste.txt").write_text(text)
    code, out, _ = run("scan", tmp_path / "paste.txt", "-q")
    assert (code, f"Given: {given}. Needed first: " in " ".join(out.split())) == (3, True)


def test_findings_count_before_what_could_not_be_judged(run: Run, cluster: Path) -> None:
    copytree(EXAMPLE / "rs2", cluster / "rs2")
    code, out, _ = run("scan", cluster)
    first, _, rest = out.partition("\n")
    assert first == "tcp 192.0.2.10:80: 1 of 2 real servers (rs2) receives client traffic directly."
    assert (code, bool(FIRST.match(rest))) == (1, True)


def test_fix_says_and_exits_as_scan_does(run: Run, cluster: Path) -> None:
    code, out, err = run("fix", cluster)
    assert (code, out) == (3, "")
    assert FIRST.match(err)
    assert "nothing to fix" not in err
    copytree(EXAMPLE / "rs2", cluster / "rs2")
    code, out, _ = run("fix", cluster)
    assert code == 3
    assert re.search(f"# {FIRST.pattern}", out)


def test_the_result_names_the_nodes_that_could_not_be_judged(run: Run, cluster: Path) -> None:
    report = json.loads(run("scan", cluster, "-f", "json")[1])
    assert {node["name"]: node["unjudged"] for node in report["nodes"]} == {"lb1": False, "rs1": False, "rs9": True}
    assert report["summary"]["unjudged"] == 1


def test_a_rule_that_is_not_selected_makes_no_node_unjudged(run: Run, cluster: Path) -> None:
    assert run("scan", cluster / "rs9", "--select", "vip-missing-on-director", "--role", "real-server")[0] == 0


def test_a_path_without_a_dump_among_others_does_not_stop_the_scan(run: Run, tmp_path: Path) -> None:
    (tmp_path / "todo.txt").write_text("call the network team\n")
    (tmp_path / "empty.txt").write_text("")
    code, out, err = run("scan", EXAMPLE / "lb1", tmp_path / "todo.txt", tmp_path / "empty.txt", "-f", "json")
    assert (code, err) == (3, "")
    report = json.loads(out)
    assert report["summary"]["unjudged"] == 2
    said = {path["path"]: path["message"] for path in report["unread_paths"]}
    assert f"{tmp_path}/todo.txt: no dump in it (looked for ip addr, " in said[str(tmp_path / "todo.txt")]
    assert said[str(tmp_path / "empty.txt")] == f"{tmp_path}/empty.txt: is empty. No line of it was read."
    assert run("scan", EXAMPLE / "lb1", tmp_path / "todo.txt")[1].startswith(str(tmp_path))


def test_a_path_without_a_dump_alone_is_unreadable_input(run: Run, tmp_path: Path) -> None:
    (tmp_path / "todo.txt").write_text("call the network team\n")
    code, out, err = run("scan", tmp_path / "todo.txt")
    assert (code, out, "no dump in it" in err) == (2, "", True)


@pytest.mark.parametrize("verb", ["scan", "fix"])
def test_a_file_on_standard_input_without_the_dash_is_a_mistake(verb: str, tmp_path: Path) -> None:
    (tmp_path / "paste.txt").write_text(RULES)
    with (tmp_path / "paste.txt").open("rb") as paste:
        done = program(verb, stdin=paste)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"lvsdoctor {verb} - < FILE" in done.stderr


def test_a_file_on_standard_input_is_none_of_the_business_of_a_scan_with_a_path(tmp_path: Path) -> None:
    (tmp_path / "hosts").write_text("rs1\n")
    with (tmp_path / "hosts").open("rb") as hosts:
        assert program("scan", EXAMPLE / "rs1", stdin=hosts).returncode == 0


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a live scan needs Linux")
def test_a_pipe_an_empty_file_or_nothing_on_standard_input_is_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("")
    with (tmp_path / "empty").open("rb") as empty:
        for stdin in (subprocess.DEVNULL, empty):
            assert "standard input" not in program("scan", "--fail-on", "never", stdin=stdin).stderr
    words = [sys.executable, "-m", "lvsdoctor", "scan", "--fail-on", "never"]
    done = subprocess.run(words, input="rs1\n", capture_output=True, text=True, check=False, cwd=ROOT)
    assert "standard input" not in done.stderr


def test_standard_input_that_is_no_file_of_the_system_is_no_mistake(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("rs1\n"))
    monkeypatch.setattr("lvsdoctor.collect.live.netlink.installed", lambda: False)
    assert "standard input" not in run("scan")[2]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a live scan needs Linux")
@pytest.mark.parametrize("verb", ["scan", "fix"])
def test_a_live_scan_without_pyroute2_says_what_to_install(
    run: Run, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    monkeypatch.setattr("lvsdoctor.collect.live.netlink.installed", lambda: False)
    code, out, err = run(verb)
    assert (code, out) == (2, "")
    assert err == (
        "lvsdoctor: a live scan needs pyroute2, which is not installed: pip install pyroute2, or install "
        "python3-pyroute2\n"
    )


IDLE = "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536\n    inet 127.0.0.1/8 scope host lo\n"
IDLE += "2: eth0: <BROADCAST,UP,LOWER_UP> mtu 1500\n    link/ether 02:00:00:00:00:09 brd ff:ff:ff:ff:ff:ff\n"
IDLE += "    inet 192.0.2.9/24 scope global eth0\n"


EMPTY = "IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port Scheduler Flags\n"
EMPTY += "  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n"


@pytest.mark.parametrize("table", [EMPTY, "Can't initialize ipvs: Protocol not available\n"])
def test_a_host_without_ipvs_is_said_to_be_one(run: Run, tmp_path: Path, table: str) -> None:
    (tmp_path / "host9").mkdir()
    (tmp_path / "host9/addr").write_text(IDLE)
    (tmp_path / "host9/ipvs").write_text(table)
    first = run("scan", tmp_path / "host9")[1].splitlines()[0]
    assert first == "host9 has no IPVS service and no address that looks like a VIP."
    (tmp_path / "host9/addr").write_text(IDLE.replace("127.0.0.1/8 scope host lo", "192.0.2.10/32 scope global lo"))
    assert "has no IPVS service" not in run("scan", tmp_path / "host9")[1]


def test_files_that_set_nothing_that_matters_judge_no_host(run: Run, tmp_path: Path) -> None:
    (tmp_path / "rs9/etc/sysctl.d").mkdir(parents=True)
    (tmp_path / "rs9/etc/sysctl.d/10-net.conf").write_text("net.core.somaxconn = 4096\n")
    code, out, _ = run("scan", tmp_path)
    assert (code, bool(FIRST.match(out))) == (3, True)


HELPERS = """prot port    usecnt name
TCP  21      1      ftp
"""


def test_a_dump_that_is_known_and_not_read_is_called_by_its_name_in_the_node(run: Run, cluster: Path) -> None:
    (cluster / "lb1/helpers.txt").write_text(HELPERS)
    _, out, _ = run("scan", cluster)
    assert "note: lb1/helpers.txt:1 begins the application helpers of IPVS, which are not" in out
    for form in ("html", "markdown"):
        assert "begins the application helpers of IPVS" in run("scan", cluster, "-f", form)[1]


def test_many_dumps_that_are_not_read_are_counted(run: Run, cluster: Path) -> None:
    for number in range(9):
        (cluster / f"lb1/helpers-{number}.txt").write_text(HELPERS)
    _, out, _ = run("scan", cluster)
    assert "note: 6 more dumps are of kinds that are not read yet" in out
