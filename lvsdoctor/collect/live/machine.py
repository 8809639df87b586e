"""The kernel's modules, the machine's names and the distribution, of this host."""

from collections.abc import Iterator
from pathlib import Path

from lvsdoctor.collect.live.procfs import read
from lvsdoctor.model.machine import KernelModule, MachineName, Program, ReleaseName
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.machine_names import dump_of
from lvsdoctor.parse.processes import INIT, INTERPRETERS, KEEPERS, ROUTING, program_of

_DMI = ("/sys/class/dmi/id/sys_vendor", "/sys/class/dmi/id/product_name")


def modules(path: str = "/proc/modules") -> tuple[KernelModule, ...] | None:
    """What is loaded; None where the kernel knows no modules."""
    text = read(path)
    if text is None:
        return None
    lines = enumerate(text.splitlines(), 1)
    return tuple(KernelModule(line.split()[0], Seen(path, number, line)) for number, line in lines if line.strip())


def programs(proc: str = "/proc") -> tuple[Program, ...] | None:
    """What keeps tables of IPVS or routes, beside the first process; None where that is a container's."""
    rows = []
    for process in sorted(int(entry.name) for entry in Path(proc).iterdir() if entry.name.isdecimal()):
        where = f"{proc}/{process}/comm"
        name = (read(where) or "").strip()
        if INTERPRETERS.fullmatch(name):
            name = program_of((read(f"{proc}/{process}/cmdline") or "").replace("\0", " "))
        if process == 1 or name in KEEPERS or name in ROUTING:
            rows.append(Program(name, Seen(where, 1, name)))
    return tuple(rows) if rows and rows[0].name in INIT else None


def machine_names(paths: tuple[str, ...] = _DMI) -> tuple[MachineName, ...]:
    return tuple(row for path in paths for row in _rows("machine", path) if isinstance(row, MachineName))


def release_names(path: str = "/etc/os-release") -> tuple[ReleaseName, ...]:
    return tuple(row for row in _rows("os-release", path) if isinstance(row, ReleaseName))


def _rows(fact: str, path: str) -> Iterator[MachineName | ReleaseName]:
    if Path(path).is_file() and (dump := dump_of(read(path) or "", path)) is not None:
        yield from dump.facts[fact]
