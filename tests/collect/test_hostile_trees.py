"""A directory that a stranger packed: no link leads out of it, nothing in it ends the scan, and all of it is told."""

import ctypes
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lvsdoctor.collect.errors import CannotCollect
from lvsdoctor.collect.files import collect_paths
from lvsdoctor.collect.tree import TOP, Tree
from lvsdoctor.fixes.persist.systems import Network, network_of
from lvsdoctor.model.node import Node

ROOT = Path(__file__).parents[2]
NOBODY = 65534
AS_ROOT = os.geteuid() == 0
RULES = "0:\tfrom all lookup local\n32766:\tfrom all lookup main\n"
SYSCTL = "net.ipv4.ip_forward = 0\n"
CANARY = "net.ipv4.conf.canary.arp_ignore = 1\n"
IP_VS = """\
IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port Forward Weight ActiveConn InActConn
TCP  C000020A:0050 wrr
  -> C0000215:0050      Route   1      0          0
"""
IN_OPEN, IN_ACCESS = 0x20, 0x01

# Runs the program and writes down whatever it opens or lists that lies in the directory $OUTSIDE.
WATCHED = """
import os, sys
opened = os.open(os.environ["OPENED"], os.O_WRONLY | os.O_APPEND)
outside = os.environ["OUTSIDE"]
def watch(event, arguments):
    if event not in ("open", "os.listdir", "os.scandir"):
        return
    path = arguments[0]
    if event == "open" and arguments[2] & os.O_NOFOLLOW and isinstance(path, str) and "/" not in path:
        return  # an entry, itself, of a directory that was opened before
    if isinstance(path, int):
        path = os.readlink(f"/proc/self/fd/{path}")
    if (os.path.realpath(os.fsdecode(path or ".")) + "/").startswith(outside + "/"):
        os.write(opened, f"{event} {path}\\n".encode())
sys.addaudithook(watch)
from lvsdoctor.cli.main import run
run()
"""


def put(top: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text)
    return top


def link(path: Path, target: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(str(target))


def nodes(top: Path) -> dict[str, Node]:
    return {node.name: node for node in collect_paths([str(top)])}


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """What is not the stranger's: files of every name that a scan looks for."""
    names = ["sysctl", "sysctl.conf", "ip_addr", "net/ip_vs", "networking/sysctl_-a", "etc/sysctl.conf"]
    put(tmp_path / "outside", dict.fromkeys(names, CANARY))
    return put(tmp_path / "outside", {"netplan/canary.yaml": "", "network/interfaces": "iface canary inet dhcp\n"})


def out_of(top: Path, outside: Path, directory: Path, descriptor: int) -> None:
    """Every kind of link out, in a directory of the tree."""
    up = "../" * len(directory.relative_to(top).parts)
    targets = {
        "file": f"{outside}/sysctl",
        "directory": f"{outside}",
        "relative-file": f"{up}../outside/sysctl",
        "relative-directory": f"{up}../outside",
        "parent": f"{up}..",
        "above-and-back": f"{up}../outside/../outside/sysctl",
        "chain": "sysctl_chain-2",
        "chain-2": f"{'./' * 20}sysctl_chain-3",
        "chain-3": f"{outside}/sysctl",
        "through-a-directory": "sysctl_relative-directory/sysctl",
        "proc-root": f"/proc/self/root{outside}/sysctl",
        "proc-cwd": "/proc/self/cwd/sysctl",
        "proc-fd": f"/proc/self/fd/{descriptor}",
        "proc-fd-file": f"/proc/self/fd/{descriptor}/sysctl",
    }
    for name, target in targets.items():
        link(directory / f"sysctl_{name}", target)


def shapes(top: Path, outside: Path, descriptor: int) -> dict[str, Path]:
    """A node, a sosreport and a cluster, each with links out wherever one may stand."""
    node = put(top / "node", {"rules": RULES, "etc/sysctl.conf": SYSCTL, "a/b/c/d/rules": RULES})
    for directory in (node, node / "etc", node / "a/b/c/d"):
        out_of(node, outside, directory, descriptor)
    link(node / "etc/netplan", outside / "netplan")
    link(node / "etc/network", outside / "network")
    link(node / "var", outside / "etc")

    sosreport = put(top / "sosreport", {"sos_commands/networking/ip_rule_show": RULES})
    for part in ("sos_commands", "sos_commands/networking"):
        out_of(sosreport, outside, sosreport / part, descriptor)
    link(sosreport / "proc/net", outside / "net")
    link(sosreport / "proc/1/net", outside / "net")
    link(sosreport / "etc", outside)
    link(top / "sosreport-2/sos_commands", outside)
    put(top / "sosreport-2", {"rules": RULES})

    cluster = put(top / "cluster", {"rs1/rules": RULES, "rs2/sos_commands/networking/ip_rule": RULES})
    for directory in (cluster, cluster / "rs1", cluster / "rs2/sos_commands/networking"):
        out_of(cluster, outside, directory, descriptor)
    link(cluster / "rs3", outside)
    link(cluster / "rs2/proc", outside)
    link(cluster / "rs4/sos_commands/networking", outside / "networking")
    return {directory.name: directory for directory in (node, sosreport, top / "sosreport-2", cluster)}


class Opened:
    """What the kernel says is opened or read in a directory and below (inotify(7)), whoever does it and however."""

    def __init__(self, directory: Path) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._descriptor = self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        for path in (directory, *directory.rglob("*")):
            self._libc.inotify_add_watch(self._descriptor, os.fsencode(path), IN_OPEN | IN_ACCESS)

    def anything(self) -> bool:
        try:
            return bool(os.read(self._descriptor, 65536))
        except BlockingIOError:
            return False


@dataclass(frozen=True, slots=True)
class Ran:
    code: int
    out: str
    err: str
    opened: str


def watched(outside: Path, *words: str, cwd: Path, descriptor: int | None = None) -> Ran:
    log = outside.parent / "opened"
    log.write_text("")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OUTSIDE": str(outside), "OPENED": str(log)}
    done = subprocess.run(
        [sys.executable, "-P", "-c", WATCHED, *words],
        capture_output=True,
        text=True,
        env=environment,
        cwd=cwd,
        pass_fds=[] if descriptor is None else [descriptor],
        check=False,
        timeout=120,
    )
    return Ran(done.returncode, done.stdout, done.stderr, log.read_text())


@pytest.fixture
def descriptor(outside: Path) -> Iterator[int]:
    """The directory outside, opened, as a shell may have left it."""
    opened = os.open(outside, os.O_RDONLY)
    yield opened
    os.close(opened)


# -- links that lead out ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", [("scan", "-f", "json"), ("fix", "--role=real-server", "--vip=192.0.2.10")])
@pytest.mark.parametrize("shape", ["node", "sosreport", "sosreport-2", "cluster"])
def test_a_link_that_leads_out_is_never_opened(
    shape: str, verb: tuple[str, ...], outside: Path, tmp_path: Path, descriptor: int
) -> None:
    top = shapes(tmp_path, outside, descriptor)[shape]
    kernel = Opened(outside)
    ran = watched(outside, *verb, str(top), cwd=outside, descriptor=descriptor)
    assert not kernel.anything()
    assert ran.opened == ""
    assert ran.code in (0, 1, 3), ran.err
    assert "canary" not in ran.out + ran.err
    (outside / "sysctl").read_text()
    assert kernel.anything(), "the kernel was asked"


def test_the_watch_sees_what_is_opened(outside: Path) -> None:
    assert f"open {outside}/sysctl" in watched(outside, "scan", str(outside / "sysctl"), cwd=outside).opened


def test_a_fix_tells_the_network_by_no_file_outside(outside: Path, tmp_path: Path) -> None:
    for name in ("netplan", "network"):
        top = tmp_path / name
        link(top / "etc" / name, outside / name)
        assert network_of(top) == (Network.UNKNOWN, "")
    link(tmp_path / "cluster/rs1/etc/network/interfaces", outside / "network/interfaces")
    assert network_of(tmp_path / "cluster/rs1", tmp_path / "cluster") == (Network.UNKNOWN, "")
    link(tmp_path / "cluster/rs2", outside)
    put(outside, {"etc/netplan/a.yaml": ""})
    assert network_of(tmp_path / "cluster/rs2", tmp_path / "cluster") == (Network.UNKNOWN, "")


def test_no_configuration_file_is_opened_behind_a_link_in_what_is_scanned(outside: Path, tmp_path: Path) -> None:
    top = put(tmp_path / "case", {"rules": RULES})
    put(outside, {"own.toml": '[tool.lvsdoctor]\nfail-on = "never"\n'})
    for name in ("lvsdoctor.toml", "pyproject.toml"):
        link(top / name, outside / "own.toml")
    ran = watched(outside, "scan", ".", cwd=top)
    assert ran.opened == ""
    for name in ("lvsdoctor.toml", "pyproject.toml"):
        assert f"{top / name} is not used, because it lies in what is scanned" in ran.err


@pytest.mark.parametrize("swapped", ["file", "directory", "fifo"])
def test_what_is_swapped_after_it_was_listed_is_not_followed(swapped: str, outside: Path, tmp_path: Path) -> None:
    top = put(tmp_path / "rs1", {"sub/sysctl": SYSCTL})
    with Tree(top) as tree:
        (file,) = tree.walk(TOP)
        shutil.rmtree(top / "sub")
        if swapped == "directory":
            link(top / "sub", outside)
        elif swapped == "file":
            link(top / "sub/sysctl", outside / "sysctl")
        else:
            (top / "sub").mkdir()
            os.mkfifo(top / "sub/sysctl")
        with Tree(top) as late, pytest.raises(OSError, match=r"symbolic links|Not a directory|is no file any more"):
            late.read(file, 100)


def test_a_sosreport_s_file_is_not_called_otherwise_by_a_link(tmp_path: Path) -> None:
    """`ip_netns_exec_*` tells of another network namespace, and a link would hide that."""
    net = "sos_commands/networking/"
    top = put(tmp_path / "sos", {f"{net}ip_netns_exec_x_sysctl": CANARY, f"{net}ip_rule": RULES})
    link(top / net / "sysctl_-a", "ip_netns_exec_x_sysctl")
    assert set(nodes(top)["sos"].evidence) == {"policy-rules"}


# -- links that stay inside -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", [".data/rules", "./sub/../.data//rules", "{top}/.data/rules", "../rs1/.data/rules"])
def test_a_link_that_stays_inside_is_followed(target: str, tmp_path: Path) -> None:
    top = put(tmp_path / "rs1", {".data/rules": RULES, "sysctl": SYSCTL, "sub/sysctl": SYSCTL})
    link(top / "rules", target.format(top=top))
    node = nodes(top)["rs1"]
    assert node.policy_rules[0].seen.where == "rs1/rules"
    assert node.notes == ()


def test_a_sosreport_s_table_is_read_through_proc_self(tmp_path: Path) -> None:
    top = put(tmp_path / "sos", {"sos_commands/networking/ip_rule": RULES, "proc/77/net/ip_vs": IP_VS})
    link(top / "proc/self", "77")
    link(top / "proc/net", "self/net")
    node = nodes(top)["sos"]
    assert node.services[0].seen.where == "sos/proc/net/ip_vs"
    assert node.notes == ()
    (top / "proc/self").unlink()
    assert nodes(top)["sos"].services[0].seen.where == "sos/proc/77/net/ip_vs"


def test_the_top_may_be_a_link_that_the_user_names(tmp_path: Path) -> None:
    put(tmp_path / "real/rs1", {"data/rules": RULES})
    link(tmp_path / "named", "real")
    link(tmp_path / "real/rs1/again", tmp_path / "named/rs1/data/rules")
    node = nodes(tmp_path / "named/rs1")["rs1"]
    assert (set(node.evidence), node.notes) == ({"policy-rules"}, ())


def test_what_is_there_is_read_once_whatever_links_to_it(tmp_path: Path) -> None:
    top = put(tmp_path / "case", {"rs1/rules": RULES, "rs1/sub/sysctl": SYSCTL, "rs2/rules": RULES})
    links = {"a": "rs1", "z": ".", "rs1/up": "..", "rs1/sub/up": "..", "rs2/peer": "../rs1", "rs1/copy": "rules"}
    for path, target in links.items():
        link(top / path, target)
    found = nodes(top)
    assert list(found) == ["rs1", "rs2"]
    assert set(found["rs2"].evidence) == {"policy-rules"}
    assert sorted(found["rs1"].files) == ["rs1/rules", "rs1/sub/sysctl"]


# -- everything else that is no file ----------------------------------------------------------------------------------


def full(top: Path) -> Path:
    """A node of which most cannot be read."""
    put(top, {"ip-rule": RULES, "sub/sysctl": SYSCTL, "secret": SYSCTL, "closed/sysctl": SYSCTL})
    link(top / "to-itself", "to-itself")
    link(top / "sub/to-nothing", "nothing")
    link(top / "out\x1b[31m\n", "/etc")
    link(top / "sub/out", "../../elsewhere")
    os.mkfifo(top / "fifo")
    os.mkfifo(top / "sub/fifo")
    link(top / "to-a-fifo", "fifo")
    with socket.socket(socket.AF_UNIX) as unix:
        # By a short path: sun_path has 108 bytes.
        here = os.getcwd()
        os.chdir(top)
        unix.bind("socket")
        os.chdir(here)
    if AS_ROOT:
        os.mknod(top / "device", 0o666 | 0o020000, os.makedev(1, 5))
        os.mknod(top / "sub/device", 0o666 | 0o060000, os.makedev(7, 0))
    (top / "secret").chmod(0)
    (top / "closed").chmod(0)
    (top / os.fsdecode(b"not-utf-8-\xff")).write_text(RULES)
    return top


OMITTED = [
    r"2 symbolic links lead out of rs1 and were not followed (first: out\x1b[31m\n)",
    "2 symbolic links of rs1 lead to themselves or nowhere (first: to-itself)",
    "2 entries of rs1 cannot be read (first: secret: Permission denied)",
    "3 FIFOs of rs1 were not opened (first: fifo)",
    "1 socket of rs1 was not opened (socket)",
    "2 devices of rs1 were not opened (first: device)",
]


@pytest.fixture
def shared() -> Iterator[Path]:
    """A directory that every user may reach."""
    directory = Path(tempfile.mkdtemp())
    directory.chmod(0o755)
    yield directory
    if (directory / "rs1/closed").exists():
        (directory / "rs1/closed").chmod(0o755)
    shutil.rmtree(directory)


def program(*words: str, user: int) -> "subprocess.CompletedProcess[str]":
    drop = [] if user == os.geteuid() else ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "300"}
    command = [*drop, sys.executable, "-P", "-m", "lvsdoctor", *words]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd="/", check=False, timeout=120)


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("user", sorted({os.geteuid(), NOBODY if AS_ROOT else os.geteuid()}))
def test_a_tree_full_of_them_is_scanned_to_the_end(user: int, shared: Path) -> None:
    if user != os.geteuid() and (shutil.which("setpriv") is None or program("--version", user=user).returncode):
        pytest.skip("an ordinary user cannot run this Python from this directory")
    top = full(shared / "rs1")
    expected = [says for says in OMITTED if (user or "cannot be read" not in says)]
    expected = [says for says in expected if AS_ROOT or "device" not in says]

    told = program("scan", "-f", "json", str(top), user=user)
    report = json.loads(told.stdout)
    assert (told.returncode, told.stderr) == (3, "")
    (node,) = report["nodes"]
    assert [note.replace("\x1b", r"\x1b").replace("\n", r"\n") for note in node["notes"]] == expected
    assert node["name"] == "rs1"

    told = program("scan", str(top), user=user)
    assert (told.returncode, told.stderr) == (3, "")
    for says in expected:
        assert flat(told.stdout).count(f"note: {says}") == 1
    assert "\x1b" not in told.stdout

    assert program("fix", str(top), user=user).returncode == 3


def test_what_lies_beside_the_nodes_makes_no_node(tmp_path: Path) -> None:
    top = put(tmp_path / "case", {"rs1/rules": RULES, "rs2/rules": RULES})
    link(top / "a", "/etc")
    link(top / "rs2/b", "/etc")
    os.mkfifo(top / "c")
    found = nodes(top)
    assert list(found) == ["rs1", "rs2"]
    assert found["rs1"].notes == (
        "2 symbolic links lead out of case and were not followed (first: a)",
        "1 FIFO of case was not opened (c)",
    )


def test_where_nothing_else_is_there_the_error_tells_it(tmp_path: Path) -> None:
    link(tmp_path / "rs1/sysctl", "/etc/sysctl.conf")
    with pytest.raises(CannotCollect) as error:
        nodes(tmp_path / "rs1")
    assert str(error.value).endswith("; 1 symbolic link leads out of rs1 and was not followed (sysctl)")


@pytest.mark.parametrize("shape", ["chain", "doubling"])
def test_links_to_links_end(shape: str, tmp_path: Path) -> None:
    """Thirty links, each twice through the next, are a path of a thousand million names."""
    top = put(tmp_path / "rs1", {"rules": RULES})
    for number in range(60 if shape == "chain" else 30):
        after = f"l{number + 1}"
        link(top / f"l{number}", after if shape == "chain" else f"{after}/../{after}")
    assert "to themselves or nowhere (first: l0)" in nodes(top)["rs1"].notes[0]


# -- too much of it ---------------------------------------------------------------------------------------------------


def test_of_too_many_files_the_rest_is_told_and_the_dumps_come_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Tree, "most", 20)
    files = {f"a{number:03}": "a note\n" for number in range(200)}
    top = put(tmp_path / "rs1", {**files, "ip-rule": RULES, "sub/sysctl": SYSCTL})
    node = nodes(top)["rs1"]
    assert set(node.evidence) == {"policy-rules", "sysctl"}
    assert node.notes == ("181 entries of rs1 were left out, since at most 20 are read (first: a019)",)


def test_of_too_many_files_and_directories_below_the_rest_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Tree, "most", 20)
    files = {f"rs1/d{number:02}/a": SYSCTL for number in range(30)}
    top = put(tmp_path / "case", {**files, "rs1/many/ip-rule": RULES, "rs2/ip-rule": RULES})
    with Tree(top) as tree:
        (rs1, _) = tree.entries(TOP)
        assert len(tree.walk(rs1)) == 19
        assert tree.omitted == ("12 entries of case were left out, since at most 20 are read (first: rs1/d19)",)
    assert list(nodes(top)) == ["rs1", "rs2"]


def test_the_names_of_a_large_directory_are_not_all_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    from lvsdoctor.collect.first_names import FirstNames

    names = FirstNames(10)
    for number in range(100_000):
        names.add(f"{99_999 - number:05}")
        assert len(names._names) <= 20
    assert names.names == [f"{number:05}" for number in range(10)]
    assert (names.dropped, names.first_dropped) == (99_990, "00010")


def test_what_lies_too_deep_is_told(tmp_path: Path) -> None:
    top = put(tmp_path / "rs1", {"rules": RULES})
    here = os.getcwd()
    try:
        os.chdir(top)
        for _ in range(300):  # deeper than any path may be long
            os.mkdir("d" * 50)
            os.chdir("d" * 50)
    finally:
        os.chdir(here)
    (note,) = nodes(top)["rs1"].notes
    assert note.startswith("1 directory of rs1 was left out, since it lies too deep (ddd")
    subprocess.run(["rm", "-rf", str(top)], check=True)
