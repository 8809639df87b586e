"""An offline scan runs anywhere: it needs no third-party module, and nothing that only Linux has."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = str(ROOT / "examples" / "leaking-real-server")

# Run in a process of its own, because this one has imported everything long ago. Arguments: where to write what was
# seen, the modules that are not to be had, and lvsdoctor's own.
RUN = """
import json, os, socket, sys

seen_file, absent, *arguments = sys.argv[1:]
absent = set(filter(None, absent.split(",")))

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in absent:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

if absent:
    sys.meta_path.insert(0, Absent())
    for name in absent & set(sys.modules):
        del sys.modules[name]
    for module, names in ((os, "geteuid getuid getegid getgid uname setns"), (socket, "AF_NETLINK AF_PACKET")):
        for name in names.split():
            if hasattr(module, name):
                delattr(module, name)

before = set(sys.modules)
from lvsdoctor.cli.main import run

sys.argv = ["lvsdoctor", *arguments]
try:
    code = run()
except SystemExit as stop:
    code = stop.code
origins = {name: getattr(module, "__file__", None) or "" for name, module in sys.modules.items() if name not in before}
with open(seen_file, "w") as file:
    json.dump({"code": code or 0, "origins": origins}, file)
"""

# What Windows and other systems lack, as far as the standard library goes.
NOT_EVERYWHERE = "fcntl,termios,tty,pty,pwd,grp,spwd,crypt,resource,syslog,readline,curses,_curses"
THIRD_PARTY = "pyroute2,scapy,rich,jinja2,yaml,backports"


def lvsdoctor(tmp_path: Path, *arguments: str, absent: str = "") -> dict[str, Any]:
    """Run it without the `absent` modules; its exit code, and the file of each module that it imported."""
    seen = tmp_path / "seen.json"
    ran = subprocess.run(
        [sys.executable, "-c", RUN, str(seen), absent, *arguments],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert seen.exists(), ran.stderr
    told: dict[str, Any] = json.loads(seen.read_text())
    assert told["code"] in (0, 1), ran.stderr
    assert ran.stdout
    return told


def a_rule() -> str:
    """Any rule's name."""
    return min(path.stem for path in (ROOT / "rules").glob("*/[!_]*.py")).replace("_", "-")


def test_an_offline_scan_to_json_imports_no_third_party_module(tmp_path: Path) -> None:
    origins = lvsdoctor(tmp_path, "scan", EXAMPLE, "-f", "json")["origins"]
    strangers = {
        name.partition(".")[0]
        for name, origin in origins.items()
        if name.partition(".")[0] not in sys.stdlib_module_names and not Path(origin).is_relative_to(ROOT / "lvsdoctor")
    }
    # Plug-ins are loaded from files, under whatever names the loader gives them.
    ours = {"lvsdoctor", "rules", "reports"}
    assert strangers - ours == set()


@pytest.mark.parametrize(
    "arguments",
    [
        ("scan", EXAMPLE, "-f", "json"),
        ("scan", EXAMPLE),
        ("rules", "list"),
        ("explain", "RULE"),
        ("--version",),
    ],
    ids=" ".join,
)
def test_offline_commands_run_without_any_third_party_module(arguments: tuple[str, ...], tmp_path: Path) -> None:
    lvsdoctor(tmp_path, *(a_rule() if word == "RULE" else word for word in arguments), absent=THIRD_PARTY)


@pytest.mark.parametrize(
    "arguments",
    [
        ("scan", EXAMPLE, "-f", "json"),
        ("scan", EXAMPLE),
        ("scan", EXAMPLE, "--color", "always"),
        ("rules", "list"),
        ("explain", "RULE"),
    ],
    ids=" ".join,
)
def test_offline_commands_run_where_linux_s_own_modules_are_absent(arguments: tuple[str, ...], tmp_path: Path) -> None:
    lvsdoctor(tmp_path, *(a_rule() if word == "RULE" else word for word in arguments), absent=NOT_EVERYWHERE)
