"""Which real servers keepalived takes from real files, as its own log has it, is which ones we read in them.

`make lab` tries a handful of ../shared/corpus; LVSDOCTOR_LAB_KEEPALIVED=150 makes it so many. Only keepalived's checker
runs, in network and mount namespaces of its own, and with no script of the file: it opens nothing but the file.
"""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from lvsdoctor.parse.keepalived import keepalived_conf

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
NUMBER = int(os.environ.get("LVSDOCTOR_LAB_KEEPALIVED") or 10)
SECONDS = 5  # until keepalived is ended, where nothing ends it before
# What would run a program, look at the machine, or leave the namespaces.
SCRIPTS = re.compile(
    r"(?m)^(\s*(?:misc_path|notify\w*|quorum_up|quorum_down|script|vrrp_startup\w*|vrrp_shutdown\w*)\s+).*$"
)
OUTSIDE = re.compile(
    r"(?m)^\s*(?:@\S+\s+)?(?:net_namespace\w*|instance|script_user|use_pid_dir|include\w*|dbus\w*|snmp\w*|smtp_\w+)\b.*$"
)
# "Shutting down service [192.0.2.21]:tcp:80 from VS [192.0.2.10]:tcp:80"
TAKEN = re.compile(r"(?:Shutting down|Removing).*?service \[([^\]]+)\]:(?:\w+:)?(\d+) from VS (.+)$")
ADDRESS = re.compile(r"\[[0-9a-fA-F.:]+\]:\w+:\d+")

# Where we do not read what keepalived takes, and why not.
DIFFERENT: Mapping[str, str] = {
    "pqarmitage--2067b.conf.txt": "its address is none (192.168.1.300): keepalived adds the block to the one before",
}


def drawn() -> Sequence[Path]:
    """So many files, from all over the corpus."""
    folders = [CORPUS / name for name in ("keepalived", "keepalived-tree")]
    files = [file for folder in folders if folder.is_dir() for file in sorted(folder.iterdir()) if file.is_file()]
    files += sorted(CORPUS.glob("cases/*/*keepalived*.conf*"))
    return files[:: max(1, len(files) // NUMBER)] if len(files) > NUMBER else files


def harmless(text: str) -> str:
    return OUTSIDE.sub("", SCRIPTS.sub(r"\1/bin/true", text))


def logged(text: str, room: Path) -> str:
    """What keepalived says of a file; it is ended by its id."""
    file = room / "keepalived.conf"
    file.write_text(text)
    words = [
        "keepalived",
        "-C",
        "-n",
        "-l",
        "-D",
        "-i",
        "high",
        "-f",
        str(file),
        "-p",
        str(room / "p"),
        "-c",
        str(room / "c"),
    ]
    with subprocess.Popen(
        ["unshare", "-n", "-m", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    ) as running:
        try:
            said, _ = running.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            running.send_signal(signal.SIGTERM)
            try:
                said, _ = running.communicate(timeout=SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(running.pid, signal.SIGKILL)  # the group that this one made
                said, _ = running.communicate()
    return said.decode(errors="replace")


def of_keepalived(log: str) -> tuple[set[tuple[str, str]], set[tuple[str, str, str]]]:
    """All real servers with their ports, and those of services that are not of a group with the service."""
    found = [match for line in log.split("\n") if (match := TAKEN.search(line))]
    named = {(m[1], m[2], m[3].strip()) for m in found if ADDRESS.fullmatch(m[3].strip())}
    return {(m[1], m[2]) for m in found}, named


def ours(text: str) -> tuple[set[tuple[str, str]], set[tuple[str, str, str]]]:
    rows = [
        (str(real.ip), str(real.port), f"[{service.vip}]:{service.protocol}:{service.port}")
        for service in keepalived_conf(text, "keepalived.conf", "high").services
        for real in service.destinations
    ]
    return {(ip, port) for ip, port, _ in rows}, set(rows)


@pytest.mark.parametrize("file", drawn(), ids=lambda file: file.name)
def test_the_real_servers_are_those_of_keepalived_s_log(file: Path, tmp_path: Path) -> None:
    if os.geteuid() != 0 or not shutil.which("keepalived") or not shutil.which("unshare"):
        pytest.skip("needs root, keepalived and unshare(1)")
    text = harmless(file.read_bytes().decode("utf-8-sig", "backslashreplace"))
    theirs, theirs_named = of_keepalived(logged(text, tmp_path))
    if not theirs:
        pytest.skip("keepalived takes no real server from this file")
    if file.name in DIFFERENT:
        pytest.skip(DIFFERENT[file.name])
    read, named = ours(text)
    assert {(ip, port) for ip, port in theirs if port != "0"} <= read
    assert {ip for ip, _ in read} == {ip for ip, _ in theirs}
    assert theirs_named <= named


def test_the_corpus_is_there() -> None:
    if not drawn():
        pytest.skip("keepalived's log was compared with nothing: no files in ../shared/corpus")
    assert len(drawn()) >= min(NUMBER, 150)
