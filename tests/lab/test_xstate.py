"""What is preloaded into linux.uml: a short area of a CPU's state becomes a whole one, and nothing else changes."""

import ctypes
import json
import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.lab import xstate
from tests.lab.cluster import dr
from tests.lab.guest import Guest, HostRefuses
from tests.lab.judge import running
from tests.lab.pool import Pool

TRACER = Path(__file__).with_name("tracer.py")
pytestmark = [
    pytest.mark.skipif(not xstate.NEEDED, reason="nothing is preloaded here: only x86-64 has this state"),
    pytest.mark.skipif(shutil.which("cc") is None, reason="cc is not there (Debian: gcc, libc6-dev)"),
]
XSTATE_BV, AFTER_HEADER = 512, 576
# Component: where its state lies, and how long it is. Measured on a CPU with AMX; without it the last two are missing.
AVX, OPMASK, ZMM_HIGH, ZMM_MORE, PKRU, TILE_CONFIG, TILE_DATA = 2, 5, 6, 7, 9, 17, 18
WITHOUT_AMX = {AVX: (576, 256), OPMASK: (1088, 64), ZMM_HIGH: (1152, 512), ZMM_MORE: (1664, 1024), PKRU: (2688, 8)}
WITH_AMX = {**WITHOUT_AMX, TILE_CONFIG: (2752, 64), TILE_DATA: (2816, 8192)}
USER_MODE_LINUX, WITH_TILES = 2696, 11008


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return xstate.compiled(tmp_path_factory.mktemp("library"))


def area(size: int, filling: int, present: tuple[int, ...]) -> bytes:
    """An area whose every byte but XSTATE_BV is `filling`."""
    made = bytearray([filling]) * size
    struct.pack_into("=Q", made, XSTATE_BV, sum(1 << component for component in present))
    return bytes(made)


def laid_over(library: Path, whole: bytes, short: bytes, components: Mapping[int, tuple[int, int]]) -> bytes:
    table = ((ctypes.c_uint32 * 2) * 64)()
    for number, (offset, size) in components.items():
        table[number][0], table[number][1] = offset, size
    memory = ctypes.create_string_buffer(whole, len(whole))
    ctypes.CDLL(str(library)).xstate_lay_over(memory, short, ctypes.c_size_t(len(short)), table)
    return memory.raw


def present_in(whole: bytes) -> set[int]:
    (mask,) = struct.unpack_from("=Q", whole, XSTATE_BV)
    return {number for number in range(64) if mask >> number & 1}


def test_on_a_cpu_with_amx_the_short_area_is_laid_over_the_whole_one_and_the_tiles_are_cleared(library: Path) -> None:
    whole = area(WITH_TILES, 0xAA, (0, 1, AVX, PKRU, TILE_CONFIG, TILE_DATA))
    short = area(USER_MODE_LINUX, 0x55, (0, 1, AVX, ZMM_MORE, PKRU, TILE_CONFIG, TILE_DATA))
    made = laid_over(library, whole, short, WITH_AMX)
    assert present_in(made) == {0, 1, AVX, ZMM_MORE, PKRU}
    assert made[:XSTATE_BV] == short[:XSTATE_BV]
    assert made[XSTATE_BV + 8 : USER_MODE_LINUX] == short[XSTATE_BV + 8 :]
    assert made[USER_MODE_LINUX:] == whole[USER_MODE_LINUX:]


def test_on_a_cpu_without_amx_the_area_stays_as_it_was(library: Path) -> None:
    whole = area(USER_MODE_LINUX, 0xAA, (0, 1))
    short = area(USER_MODE_LINUX, 0x55, (0, 1, *WITHOUT_AMX))
    assert laid_over(library, whole, short, WITHOUT_AMX) == short


def test_a_component_that_is_cut_in_two_is_cleared(library: Path) -> None:
    short = area(USER_MODE_LINUX - 1, 0x55, (0, 1, AVX, PKRU))
    made = laid_over(library, area(USER_MODE_LINUX, 0xAA, ()), short, WITHOUT_AMX)
    assert present_in(made) == {0, 1, AVX}


def test_the_components_of_this_cpu_lie_one_behind_the_other_after_the_header(library: Path) -> None:
    places = sorted(components_here(library).values())
    ends = [AFTER_HEADER, *(offset + size for offset, size in places)]
    assert all(offset >= end for end, (offset, _) in zip(ends, places, strict=False))


def components_here(library: Path) -> dict[int, tuple[int, int]]:
    table = ((ctypes.c_uint32 * 2) * 64)()
    ctypes.CDLL(str(library)).xstate_components(table)
    return {number: (row[0], row[1]) for number, row in enumerate(table) if row[1]}


# -- with this machine's kernel ---------------------------------------------------------------------------------------

EFAULT, EIO = 14, 5


@pytest.fixture(scope="module")
def last(library: Path) -> tuple[int, int]:
    """The component that lies behind all others of this CPU, and where it begins."""
    components = components_here(library)
    if not components:
        pytest.skip("this CPU has no state but the legacy one: no area is too short")
    offset, number = max((offset, number) for number, (offset, _) in components.items())
    return number, offset


def traced(cut: int, environment: Mapping[str, str]) -> dict[str, object]:
    words = [sys.executable, str(TRACER), str(cut)]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode == 3:
        pytest.skip("this host lets nobody trace a child of its own")
    assert (done.returncode, done.stderr) == (0, "")
    answers: dict[str, object] = json.loads(done.stdout)
    return answers


def test_this_kernel_refuses_a_short_area_and_the_preloaded_library_sets_it(
    library: Path, last: tuple[int, int]
) -> None:
    component, cut = last
    alone = traced(cut, os.environ)
    assert (alone["whole"], alone["short"]) == ([0, 0, alone["size"]], [-1, EFAULT, cut])
    assert alone["xmm0"] == "w" * 16
    helped = traced(cut, xstate.preloading(library, os.environ))
    assert (helped["whole"], helped["short"]) == ([0, 0, alone["size"]], [0, 0, cut])
    assert helped["xmm0"] == "s" * 16
    assert not int(str(helped["present"])) >> component & 1
    assert helped["exit"] == 7


def test_all_other_requests_are_answered_as_without_the_library(library: Path, last: tuple[int, int]) -> None:
    alone, helped = (traced(last[1], environ) for environ in (os.environ, xstate.preloading(library, os.environ)))
    for request in ("whole", "tiny", "peek", "peek at nothing", "exit"):
        assert helped[request] == alone[request], request
    # A word of -1 is no error: errno says so.
    assert helped["peek"] == [-1, 0]
    assert helped["peek at nothing"] in ([-1, EIO], [-1, EFAULT])


def test_what_else_is_preloaded_stays_so(tmp_path: Path) -> None:
    assert xstate.preloading(tmp_path / "x.so", {"LD_PRELOAD": "other.so"}) == {
        "LD_PRELOAD": f"{tmp_path}/x.so other.so"
    }


# -- in the guest -----------------------------------------------------------------------------------------------------


def test_it_is_loaded_into_the_guest_s_kernel_and_nothing_in_the_guest_inherits_it(pool: Pool) -> None:
    def looked(guest: Guest) -> tuple[str, list[str]]:
        with running(guest, dr()) as lab:
            wrong = list(lab.run("rs1", ['test -z "$LD_PRELOAD"', "! grep xstate /proc/self/maps"]))
        return Path(f"/proc/{guest.pid}/maps").read_text(), wrong

    maps, wrong = pool.start(looked).result()
    assert "/xstate.so" in maps
    assert wrong == []


@pytest.fixture
def with_amx(lab: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This host, as if its CPU had AMX (tests/lab/amx.c): what is preloaded comes before it."""
    monkeypatch.setenv("LD_PRELOAD", str(xstate.compiled(tmp_path, Path(__file__).with_name("amx.c"))))


@pytest.mark.usefixtures("with_amx")
def test_a_guest_boots_and_works_where_the_cpu_has_amx() -> None:
    with Guest() as guest, running(guest, dr()) as lab:
        assert lab.measure().symptoms == ()


@pytest.mark.usefixtures("with_amx")
def test_without_what_is_preloaded_a_guest_does_not_boot_there_and_that_is_the_host_s_refusal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(xstate, "NEEDED", False)
    with pytest.raises(HostRefuses, match="ptrace set fp regs failed, errno = 14"), Guest():
        pass
