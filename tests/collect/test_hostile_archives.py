"""An archive that a stranger packed: nothing is written, nothing outside is read, and its size is bounded."""

import gzip
import io
import lzma
import os
import struct
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lvsdoctor.collect.archives import limits
from lvsdoctor.collect.archives.limits import LIMITS
from lvsdoctor.collect.errors import CannotCollect
from lvsdoctor.collect.files import collect_paths
from lvsdoctor.model.node import Node
from tests.collect.archive_bytes import COMPRESSIONS, member, tar_of, tar_of_directory, zip_of, zip_of_directory

EXAMPLE = Path(__file__).parents[2] / "examples/leaking-real-server"
RULES = "0:\tfrom all lookup local\n32766:\tfrom all lookup main\n"
TOUCHED: list[str] = []
WATCHED = False
WRITES = (
    "os.mkdir",
    "os.rename",
    "os.remove",
    "os.symlink",
    "os.link",
    "os.truncate",
    "os.rmdir",
    "os.chmod",
    "shutil.",
)


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    """Notes what is written, and what is opened that is no archive of the test and no module."""
    if not WATCHED:
        return
    if event == "open" and isinstance(arguments[0], str | bytes):
        path = os.fsdecode(arguments[0])
        if (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) or not path.endswith((".py", ".pyc", "case")):
            TOUCHED.append(f"{event} {path}")
    elif event.startswith(WRITES):
        TOUCHED.append(f"{event} {arguments}")


sys.addaudithook(watch)


@pytest.fixture(autouse=True)
def nothing_is_touched() -> Iterator[None]:
    TOUCHED.clear()
    yield
    assert TOUCHED == []


def read(tmp_path: Path, data: bytes) -> tuple[Node, ...]:
    """The nodes of an archive; none where it holds no dump."""
    global WATCHED
    path = tmp_path / "case"
    path.write_bytes(data)
    WATCHED = True
    try:
        return collect_paths([str(path)])
    finally:
        WATCHED = False


def refusal(tmp_path: Path, data: bytes) -> str:
    with pytest.raises(CannotCollect) as error:
        read(tmp_path, data)
    return str(error.value)


def notes(nodes: tuple[Node, ...]) -> str:
    return "; ".join(note for node in nodes for note in node.notes)


HONEST = {"rs1/ip-rule": RULES}


@pytest.mark.parametrize("name", ["../rs1/ip-neigh", "rs1/../../ip-neigh", "/../etc/ip-neigh", "rs1/../../../ip"])
@pytest.mark.parametrize("pack", [tar_of, zip_of])
def test_a_member_whose_name_leads_out_is_not_read_and_told(tmp_path: Path, name: str, pack: Any) -> None:
    nodes = read(tmp_path, pack({**HONEST, name: RULES}))
    assert notes(nodes) == f"1 file of case has a name that leads out of it and was not read ({name})"
    assert [node.name for node in nodes] == ["rs1"]


def test_an_absolute_name_begins_at_the_archive(tmp_path: Path) -> None:
    (node,) = read(tmp_path, tar_of({"/tmp/rs1/ip-rule": RULES}))
    assert list(node.files) == ["case/ip-rule"]


def test_fifos_devices_and_what_is_of_no_known_kind_are_told(tmp_path: Path) -> None:
    kinds = {"ip-addr": tarfile.FIFOTYPE, "ip-link": tarfile.CHRTYPE, "ip-route": tarfile.BLKTYPE, "sysctl": b"Z"}
    nodes = read(tmp_path, tar_of(HONEST, others=[member(f"rs1/{name}", kind) for name, kind in kinds.items()]))
    for sentence in ("1 FIFO of case was", "2 devices of case were", "1 file of case is of an unknown kind"):
        assert sentence in notes(nodes)


def test_links_out_and_in_circles_are_told(tmp_path: Path) -> None:
    links = {
        "rs1/sysctl": "/etc/sysctl.conf",
        "rs1/ip-addr": "../../etc/passwd",
        "rs1/ip-link": "ip-neigh",
        "rs1/ip-neigh": "ip-link",
        "rs1/ip-route": "ip-route",
        "rs1/sysctl.txt": "./" * 300 + "ip-rule",
        "rs1/arptables": "x" * 100,
    }
    nodes = read(tmp_path, tar_of(HONEST, links))
    assert "2 symbolic links lead out of case and were not followed" in notes(nodes)
    assert "5 symbolic links of case lead to themselves or nowhere" in notes(nodes)


def test_a_hard_link_to_outside_is_told(tmp_path: Path) -> None:
    hard = [
        member("rs1/sysctl", tarfile.LNKTYPE, "../../etc/sysctl.conf"),
        member("rs1/ip", tarfile.LNKTYPE, "/ip"),
    ]
    assert "leads out of it" in notes(read(tmp_path, tar_of(HONEST, others=hard)))


def test_nothing_is_put_through_a_link_or_a_file(tmp_path: Path) -> None:
    data = tar_of({"rs1/sysctl.d": "x"}, {"rs2": "/etc"})[:1536] + tar_of({**HONEST, "rs1/sysctl.d/1.conf": RULES})
    assert "since another one stands in its way" in notes(read(tmp_path, data))


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that a test reaches soon."""
    monkeypatch.setattr(
        limits, "LIMITS", replace(LIMITS, ratio_from=1 << 20, member=1 << 20, kept=2 << 20, unlikely=1 << 16)
    )


BOMB = "unpacks to more than 250 times its size, and what stands behind that was not read"


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("ending", [".gz", ".bz2", ".xz"])
def test_a_bomb_stops_where_it_unpacks_to_many_times_its_size(tmp_path: Path, ending: str) -> None:
    bomb = COMPRESSIONS[ending](tar_of({**HONEST, "rs1/ip-addr": bytes(8 << 20)}))
    nodes = read(tmp_path, bomb)
    assert f"case {BOMB}" in notes(nodes)
    assert [node.name for node in nodes] == ["rs1"]


def test_a_bomb_of_one_file_is_too_large(tmp_path: Path) -> None:
    assert "is larger than 64 MiB" in refusal(tmp_path, gzip.compress(b"x" * (70 << 20), 1))
    assert "250 times" in refusal(tmp_path, lzma.compress(b"x" * (66 << 20), preset=0))


@pytest.mark.usefixtures("small")
def test_a_bomb_in_an_archive_in_an_archive_counts_with_all(tmp_path: Path) -> None:
    inner = gzip.compress(tar_of({"ip-addr": bytes(8 << 20)}))
    for outer in (tar_of({**HONEST, "rs1.tgz": inner}), zip_of({**HONEST, "rs1.tgz": inner})):
        assert BOMB in notes(read(tmp_path, outer))


@pytest.mark.usefixtures("small")
def test_a_zip_bomb_stops(tmp_path: Path) -> None:
    nodes = read(tmp_path, zip_of({**HONEST, **{f"rs1/ip-addr-{n}": bytes(1 << 20) for n in range(4)}}))
    assert BOMB in notes(nodes)


def test_more_members_than_any_honest_archive_has_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LIMITS", replace(LIMITS, members=2000, entries=1000))
    block = tar_of({"rs1/boot/x.bin": ""})[:512]
    assert "lists more than 2,000 files" in notes(read(tmp_path, tar_of(HONEST)[:1024] + block * 3000))
    block = tar_of({"rs1/ip-addr": ""})[:512]
    nodes = read(tmp_path, tar_of(HONEST)[:1024] + block * 3000)
    assert "has more than 1,000 names that may be those of dumps" in notes(nodes)


def test_members_that_are_no_dumps_cost_no_memory(tmp_path: Path) -> None:
    block = tar_of({"rs1/boot/x.bin": ""})[:512]
    data = gzip.compress(tar_of(HONEST)[:1024] + block * 50_000, 1)
    assert [node.name for node in read(tmp_path, data)] == ["rs1"]


@pytest.mark.usefixtures("small")
def test_files_that_may_be_dumps_are_kept_up_to_a_limit(tmp_path: Path) -> None:
    files = {f"rs1/ip-addr-{number}": "x" * (1 << 20) for number in range(4)}
    assert "holds more than 2 MiB of files that may be dumps" in notes(read(tmp_path, tar_of({**HONEST, **files})))
    nodes = read(tmp_path, tar_of({**HONEST, "rs1/ip-addr": "x\n" * (1 << 20), "rs1/notes": "x\n" * (1 << 20)}))
    assert notes(nodes) == (
        "1 file of case was left out, since it is too large (rs1/ip-addr); "
        "1 file of case was left out, since it is large and its name tells of no dump (rs1/notes)"
    )


@pytest.mark.parametrize("pack", [tar_of, zip_of])
def test_each_limit_of_files_whose_names_tell_of_no_dump_is_a_sentence(
    tmp_path: Path, pack: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "LIMITS", replace(LIMITS, unlikely=4096, all_unlikely=8000))
    nodes = read(tmp_path, pack({**HONEST, **{f"rs1/notes{number}": "x\n" * 1500 for number in range(4)}}))
    assert notes(nodes) == (
        "2 files of case were left out, since too much was read before them whose names tell of no dump "
        "(first: rs1/notes2)"
    )
    nodes = read(tmp_path, pack({**HONEST, "rs1/notes": "x\n" * 3000, "rs1/more.gz": gzip.compress(b"x" * 5000)}))
    assert "since it is large and its name tells of no dump (rs1/notes)" in notes(nodes)
    assert "since it is too large (rs1/more.gz)" in notes(nodes)
    nodes = read(tmp_path, pack({**HONEST, "rs1/image": bytes(3000), "rs1/core": bytes(9000)}))
    assert notes(nodes) == ""


def test_a_file_that_is_compressed_again_and_again_is_told(tmp_path: Path) -> None:
    data = RULES.encode()
    for _ in range(30):
        data = gzip.compress(data)
    assert "nested too deep (rs1/notes.gz)" in notes(read(tmp_path, tar_of({**HONEST, "rs1/notes.gz": data})))
    data = tar_of(HONEST)
    for _ in range(30):
        data = gzip.compress(tar_of({"notes": data}))
    assert "nested too deep" in refusal(tmp_path, data)


def test_archives_are_opened_eight_deep(tmp_path: Path) -> None:
    data = tar_of(HONEST)
    for _ in range(30):
        data = tar_of({"rs1/inner.tar": data})
    assert "1 archive in case was not opened, since it is nested too deep" in refusal(tmp_path, data)
    data = zip_of(HONEST)
    for _ in range(30):
        data = zip_of({"rs1/inner.zip": data})
    assert "nested too deep" in refusal(tmp_path, data)


def test_a_path_of_many_directories_is_left_out(tmp_path: Path) -> None:
    assert "lies too deep" in notes(read(tmp_path, tar_of({**HONEST, "a/" * 5000 + "ip-addr": RULES})))


@pytest.mark.parametrize("ending", ["", ".gz", ".bz2", ".xz"])
def test_of_an_archive_that_is_cut_short_the_whole_members_are_read(tmp_path: Path, ending: str) -> None:
    noise = Random(1).randbytes(1 << 19).hex()
    whole = COMPRESSIONS[ending](tar_of({**HONEST, "rs1/ip-addr": noise, "rs2/ip-rule": RULES}))
    nodes = read(tmp_path, whole[: len(whole) * 19 // 20])
    assert notes(nodes) == "case ends in the middle, and what stands behind that was not read"
    assert [(node.name, [*node.evidence]) for node in nodes] == [("rs1", ["policy-rules"])]


def test_a_zip_that_is_cut_short_says_so(tmp_path: Path) -> None:
    assert "case ends in the middle" in refusal(tmp_path, zip_of_directory(EXAMPLE)[:-100])


def test_headers_that_lie_are_damaged_ones(tmp_path: Path) -> None:
    data = bytearray(tar_of({"a": "x" * 512, **HONEST}))
    for at, lie in (
        (1148, b"\xff" * 12),
        (1148, b"99999999999\0"),
        (1148, b"\x80" + b"\xff" * 11),
        (1180, b"L"),
        (1180, b"x"),
    ):
        broken = bytearray(data)
        broken[at : at + len(lie)] = lie
        block = broken[1024:1536]
        total = sum(block) - sum(block[148:156]) + 8 * 32
        broken[1024 + 148 : 1024 + 156] = b"%06o\0 " % total
        assert "no dump in it" in refusal(tmp_path, bytes(broken))
    data[1030] ^= 1
    assert "it has a header that is wrong" in refusal(tmp_path, bytes(data))


def test_an_encrypted_member_and_a_damaged_one_are_told(tmp_path: Path) -> None:
    data = bytearray(zip_of({**HONEST, "rs1/ip-addr": RULES, "rs1/sysctl": "x" * 5000}))
    second = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 4)
    data[second + 8] |= 1
    third = data.index(b"PK\x03\x04", data.index(b"PK\x03\x04", 4) + 4)
    data[third + 45] ^= 0xFF
    said = notes(read(tmp_path, bytes(data)))
    assert "1 file of case is encrypted (rs1/ip-addr)" in said
    assert "1 file of case is damaged (rs1/sysctl)" in said


def test_a_zip_s_list_of_any_length_is_not_read(tmp_path: Path) -> None:
    data = zip_of(HONEST)
    end = data.index(b"PK\x05\x06")
    long = bytes(20 << 20)
    lying = data[:end] + long + data[end : end + 12] + struct.pack("<II", len(long), end) + b"\0\0"
    assert "at greater length than any archive does" in refusal(tmp_path, lying)


def test_a_sparse_file_is_no_text(tmp_path: Path) -> None:
    sparse = tarfile.TarInfo("rs1/ip-addr")
    sparse.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.name": "rs1/ip-addr"}
    assert "without its holes" in notes(read(tmp_path, tar_of(HONEST, others=[sparse])))


SEEDS = (
    tar_of_directory(EXAMPLE), tar_of_directory(EXAMPLE, "x", tarfile.GNU_FORMAT), zip_of_directory(EXAMPLE),
    gzip.compress(tar_of_directory(EXAMPLE)), lzma.compress(tar_of_directory(EXAMPLE)),
    tar_of({"rs1.tar": tar_of(HONEST), "a.zip": zip_of(HONEST), "b.gz": gzip.compress(RULES.encode())}, {"x": "b.gz"}),
)  # fmt: skip


@given(st.sampled_from(SEEDS), st.randoms(use_true_random=False), st.integers(1, 8))
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_a_damaged_archive_is_read_in_part_or_refused_and_writes_nothing(
    tmp_path: Path, seed: bytes, random: Random, number: int
) -> None:
    data = bytearray(seed)
    for _ in range(number):
        at = random.randrange(len(data))
        match random.randrange(4):
            case 0:
                data[at] = random.randrange(256)
            case 1:
                del data[at : at + random.randrange(1, 1024)]
            case 2:
                data[at:at] = data[at - at % 512 : at - at % 512 + 512]
            case _:
                field = at - at % 512 + random.choice((0, 100, 124, 148, 156, 157, 257, 345))
                data[field : field + 4] = random.choice(
                    (b"../", b"/", b"\xff\xff\xff\xff", b"77777", b"\0", b"S", b"x")
                )
        if not data:
            break
    with suppress(CannotCollect):
        read(tmp_path, bytes(data))


def test_a_zip_through_a_pipe_is_read_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *_: int) -> int:
            raise io.UnsupportedOperation

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(Pipe(zip_of(HONEST)))))
    assert [node.name for node in collect_paths(["-"])] == ["rs1"]


def test_names_of_zips_from_windows_are_paths(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = zipfile.ZipInfo("case\\rs1\\ip-rule.txt")
        info.filename = "case\\rs1\\ip-rule.txt"
        archive.writestr(info, RULES)
    assert [node.name for node in read(tmp_path, buffer.getvalue())] == ["rs1"]
