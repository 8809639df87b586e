"""lvsdoctor collect: the script printed, run here, and carried to hosts by ssh, here one that the tests make."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lvsdoctor.collect.script import script
from tests.cli.conftest import Run

# Writes down its arguments, and then is what the host's name asks for.
SSH = """#!/bin/sh
printf '%s\\n' "$*" >> "$LOG"
case $* in
    *broken*) echo 'ssh: connect to host broken port 22: Connection refused' >&2; exit 255 ;;
    *chatty*) echo 'Welcome.' ; exec sh -s ;;
    *silent*) exit 0 ;;
    *cut*) echo '==> lvsdoctor 1 cut - <=='; echo '==> $ uname -a <==' ;;
    *user*) echo '==> lvsdoctor 1 user - <=='; echo '==> $ ipvsadm -Sn <=='; echo '==> rc 1 refused <==' ;;
    *) echo "==> lvsdoctor 1 $(echo "$*" | sed 's/.*-- //; s/ .*//; s/.*@//' | tr -cd 'a-z0-9.') - <=="; cat >/dev/null
       echo '==> $ ipvsadm -Sn <=='; echo '==> rc 0 ok <==' ;;
esac
"""


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "ssh").write_text(SSH)
    (programs / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("LOG", str(tmp_path / "log"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "log"


def test_the_script_is_printed_as_it_is(run: Run) -> None:
    assert run("collect", "--script") == (0, script(), "")


def test_a_pipe_from_the_script_to_the_report(run: Run, tmp_path: Path) -> None:
    """The line of the README: what sh prints is a scan's input."""
    stream = subprocess.run(("sh", "-s"), input=script(), capture_output=True, text=True, check=True).stdout
    (tmp_path / "here.snap").write_text(stream)
    code, output, _ = run("scan", tmp_path / "here.snap", "-f", "json")
    assert code in (0, 1)
    assert f'"name": "{os.uname().nodename}"' in output


def test_without_an_option_the_stream_of_this_host_is_printed(run: Run) -> None:
    code, output, _ = run("collect")
    assert code == 0
    assert output.startswith(f"==> lvsdoctor 1 {os.uname().nodename} ")
    assert output.endswith(" <==\n")


def test_a_namespace_that_is_not_there_is_a_sentence(run: Run) -> None:
    code, output, message = run("collect", "--netns", "no-such-namespace")
    assert (code, output) == (2, "")
    assert "unknown network namespace 'no-such-namespace'" in message


def test_each_host_gets_a_file(run: Run, log: Path, tmp_path: Path) -> None:
    code, output, message = run("collect", "--ssh", "lb1", "root@rs1", "-o", tmp_path)
    assert (code, output) == (0, "")
    assert (tmp_path / "lb1.snap").read_text().startswith("==> lvsdoctor 1 lb1 - <==\n")
    assert (tmp_path / "rs1.snap").read_text().startswith("==> lvsdoctor 1 rs1 - <==\n")
    assert "rs1.snap" in message
    assert sorted(line.split(" -- ")[1].split()[0] for line in log.read_text().splitlines()) == ["lb1", "root@rs1"]


def test_a_host_that_fails_costs_the_others_nothing(run: Run, log: Path, tmp_path: Path) -> None:
    code, _, message = run("collect", "--ssh", "lb1", "broken", "silent", "cut", "chatty", "--jobs", 2)
    assert code == 2
    assert sorted(path.name for path in tmp_path.glob("*.snap")) == ["chatty.snap", "lb1.snap"]
    assert "broken: ssh broken failed (ssh: connect to host broken port 22: Connection refused)" in message
    assert "silent: what it sent is no stream of lvsdoctor collect" in message
    assert "cut: what it sent ends in the middle of a command" in message
    assert "3 of 5 hosts could not be asked" in message


def test_what_needed_root_is_said(run: Run, log: Path) -> None:
    code, _, message = run("collect", "--ssh", "user")
    assert code == 0
    assert "user.snap: 1 command needed root on user" in message


def test_a_file_is_replaced_only_where_that_was_asked_for(run: Run, log: Path, tmp_path: Path) -> None:
    (tmp_path / "lb1.snap").write_text("kept")
    code, _, message = run("collect", "--ssh", "lb1", "rs1")
    assert code == 2
    assert "lb1.snap exists already; --force replaces the file" in message
    assert (tmp_path / "lb1.snap").read_text() == "kept"
    assert not log.exists()
    assert run("collect", "--ssh", "lb1", "rs1", "--force", "-q") == (0, "", "")
    assert "ipvsadm" in (tmp_path / "lb1.snap").read_text()


@pytest.mark.parametrize("host", ["-oProxyCommand=touch x", "", "a b", "lb1;reboot", "user@-x", "../x", "ssh://"])
def test_what_is_no_host_never_reaches_ssh(run: Run, log: Path, host: str) -> None:
    code, _, message = run("collect", f"--ssh={host}")
    assert code == 2
    assert "is no host" in message
    assert not log.exists()


def test_two_hosts_are_not_written_to_one_file(run: Run, log: Path) -> None:
    code, _, message = run("collect", "--ssh", "admin@lb1", "root@lb1")
    assert code == 2
    assert "two hosts of --ssh would be written to lb1.snap" in message


def test_an_address_and_a_port_make_a_file_name(run: Run, log: Path, tmp_path: Path) -> None:
    assert run("collect", "--ssh", "ssh://root@[2001:db8::1]:2222", "192.0.2.1", "-q")[0] == 0
    assert sorted(path.name for path in tmp_path.glob("*.snap")) == ["192.0.2.1.snap", "2001-db8-1-2222.snap"]


def test_a_scan_says_what_was_refused_and_by_which_line(run: Run, tmp_path: Path) -> None:
    lines = (
        "lvsdoctor 1 lb1 -",
        "$ sysctl -a",
        "rc 0 ok",
        "$ ipvsadm -Sn",
        "rc 1 refused",
        "$ ip addr show",
        "rc 127 missing",
    )
    (tmp_path / "lb1.snap").write_text("".join(f"==> {line} <==\n" for line in lines))
    code, output, _ = run("scan", tmp_path / "lb1.snap")
    assert code == 3
    shown = " ".join(output.split())
    assert "`ipvsadm -Sn` was refused: it needs root" in shown
    assert "`ip addr show` is not installed on this host" in shown


def test_the_directory_is_made_and_a_file_in_its_place_is_told(run: Run, log: Path, tmp_path: Path) -> None:
    assert run("collect", "--ssh", "rs1", "-o", tmp_path / "new/case")[0] == 0
    assert (tmp_path / "new/case/rs1.snap").is_file()
    (tmp_path / "file").write_text("")
    assert run("collect", "--ssh", "rs1", "-o", tmp_path / "file")[0::2] == (
        2,
        f"lvsdoctor: {tmp_path / 'file'}: is no directory\n",
    )


COMMANDS = {
    "ip-addr": "ip addr show", "ip-link": "ip -d link show", "ip-route": "ip route show table all",
    "ip-rule": "ip rule show", "ip-neigh": "ip neigh show", "sysctl": "sysctl -a", "ipvsadm": "ipvsadm -Ln",
    "arptables": "arptables -nvL",
}  # fmt: skip


def test_the_readme_s_first_block_leads_from_ssh_to_a_report(log: Path, tmp_path: Path) -> None:
    """As it is written there, but for the installation: the hosts answer with the dumps of the example."""
    root = Path(__file__).parents[2]
    for host in ("lb1", "rs1", "rs2"):
        stream = f"==> lvsdoctor 1 {host} - <==\n"
        for file in sorted((root / "examples/leaking-real-server" / host).glob("*.txt")):
            stream += f"==> $ {COMMANDS[file.stem]} <==\n{file.read_text()}==> rc 0 ok <==\n"
        (tmp_path / f"{host}.stream").write_text(stream)
    cases = "".join(f"*{host}*) cat {tmp_path / host}.stream ;;\n" for host in ("lb1", "rs1", "rs2"))
    ssh = f"#!/bin/sh\ncat >/dev/null\ncase $* in\n{cases}esac\n"
    (tmp_path / "bin/ssh").write_text(ssh)
    program = tmp_path / "bin/lvsdoctor"
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{root}" exec "{sys.executable}" -m lvsdoctor "$@"\n')
    program.chmod(0o755)
    block = (root / "README.md").read_text().split("```sh\n")[1].split("```")[0].splitlines()
    assert block[0].startswith("pipx install .")
    done = [subprocess.run(("sh", "-c", line), cwd=tmp_path, capture_output=True, text=True) for line in block[1:]]
    assert [each.returncode for each in done] == [0, 1], [each.stderr for each in done]
    assert done[1].stdout.startswith("tcp 192.0.2.10:80: 1 of 2 real servers (rs2) receives client traffic directly.")
    assert "<h1>1 error on rs2</h1>" in (tmp_path / "case.html").read_text()
