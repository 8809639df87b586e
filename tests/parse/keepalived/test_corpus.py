"""Real configurations: all are read, what stays unread is known, and tables are what their kernels showed."""

from pathlib import Path

import pytest

from lvsdoctor.parse.ipvs.ipvsadm_list import IpvsadmList
from lvsdoctor.parse.keepalived import KeepalivedConf, keepalived_conf
from tests.parse.driving_ipvs import CORPUS, drive

FOLDERS = ("keepalived", "keepalived-tree")


def read(path: Path) -> KeepalivedConf:
    text = path.read_bytes().decode("utf-8-sig", "backslashreplace")
    return keepalived_conf(text, path.name, "high")


@pytest.fixture(scope="module")
def files() -> list[Path]:
    if not CORPUS.is_dir():
        pytest.skip(f"no corpus of real configurations beside the checkout ({CORPUS})")
    found = [path for folder in FOLDERS for path in sorted((CORPUS / folder).iterdir())]
    return [*found, *sorted(CORPUS.glob("cases/*/*keepalived*.conf*"))]


def test_nearly_all_of_what_people_write_is_understood(files: list[Path]) -> None:
    lines = unread = services = real_servers = addresses = 0
    for path in files:
        found = read(path)
        lines += sum(1 for line in path.read_bytes().split(b"\n") if line.strip())
        unread += len(found.unread)
        services += len(found.services)
        real_servers += sum(len(service.destinations) for service in found.services)
        addresses += sum(len(each.addresses) for each in found.instances)
    assert lines > 20_000
    # Placeholders for addresses, words of DPVS, sequences; and words that keepalived itself does not know.
    assert unread / lines < 0.04
    assert (services > 500, real_servers > 1000, addresses > 150) == (True, True, True)


def test_every_virtual_server_is_a_row_or_is_told(files: list[Path]) -> None:
    lost = []
    for path in files:
        found = read(path)
        told = {seen.line for seen in found.unread} | {seen.line for _, rows in found.left_out for seen in rows}
        directed = {(str(service.vip), service.port) for service in found.services}
        for number, line in enumerate(path.read_text("utf-8-sig", "backslashreplace").split("\n"), 1):
            words = line.replace("{", " ").split()
            # What stands in a definition is told where that is used.
            if words[:1] != ["virtual_server"] or number in told or "$" in line or not words[1][0].isdigit():
                continue
            if (words[1], int("".join(words[2:3]) or 0)) not in directed:
                lost.append(f"{path.name}:{number}: {line}")
    assert lost == []


@pytest.mark.parametrize(
    ("case", "conf", "dump"),
    [
        # The kernel had weight 1 for the file's 0: that was the bug which the case is about.
        ("keepalived-1757-weight-0-becomes-1", "keepalived.conf", "director.ipvsadm-Ln.txt"),
        ("keepalived-795-aws-udp-elastic-ip", "keepalived.conf.maintainer-copy.txt", "director.ipvsadm-ln.txt"),
    ],
)
def test_the_table_is_the_one_that_the_kernel_showed(files: list[Path], case: str, conf: str, dump: str) -> None:
    supposed = read(CORPUS / "cases" / case / conf).services
    real = drive(IpvsadmList, (CORPUS / "cases" / case / dump).read_text()).rows("ipvs")
    assert [(row.key, row.scheduler, row.flags) for row in supposed] == [
        (row.key, row.scheduler, row.flags) for row in real
    ]
    assert {(d.method, d.port) for row in supposed for d in row.destinations} == {
        (d.method, d.port) for row in real for d in row.destinations
    }
