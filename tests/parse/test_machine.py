"""The kernel's modules, the machine's names and the distribution, and what of them is private."""

import pytest

from lvsdoctor.model.coverage import Partial
from lvsdoctor.parse.config import config_dump
from lvsdoctor.parse.paste.stream import pieces
from lvsdoctor.parse.reader import Dump

LSMOD = (
    "Module                  Size  Used by\nip_vs_rr               16384  1\nip_vs                 176128  3 ip_vs_rr\n"
)
PROC = "ip_vs_rr 16384 1 - Live 0xffffffffc0a5d000\nip_vs 163840 7 ip_vs_rr, Live 0xffffffffc0a2f000 (E)\n"
DMIDECODE = """# dmidecode 3.3
Getting SMBIOS data from sysfs.
SMBIOS 2.8 present.

Handle 0x0000, DMI type 0, 24 bytes
BIOS Information
\tVendor: SeaBIOS
\tCharacteristics:
\t\tBIOS characteristics not supported

Handle 0x0100, DMI type 1, 27 bytes
System Information
\tManufacturer: QEMU
\tProduct Name: Standard PC
\tSerial Number: 12345
\tUUID: 00000000-0000-0000-0000-000000000001
"""


def read(text: str) -> Dump:
    (dump,) = (piece.dump for piece in pieces(text, "x") if piece.dump.facts)
    return dump


def names(dump: Dump) -> list[str]:
    return [row.name for row in dump.facts["modules"]]


@pytest.mark.parametrize("text", [LSMOD, PROC, f"# lsmod\n{LSMOD}", f"[root@lb1 ~]# cat /proc/modules\n{PROC}"])
def test_lsmod_and_the_file_that_it_reads_say_the_same_and_are_whole(text: str) -> None:
    dump = read(text)
    assert names(dump) == ["ip_vs_rr", "ip_vs"]
    assert dump.partial is None
    assert dump.unread == ()


@pytest.mark.parametrize(
    "text", [f"[root@lb1 ~]# lsmod | grep ip_vs\n{LSMOD.partition(chr(10))[2]}", LSMOD.partition("\n")[2]]
)
def test_a_filtered_list_of_modules_and_one_without_its_head_are_not_whole(text: str) -> None:
    dump = read(text)
    assert names(dump) == ["ip_vs_rr", "ip_vs"]
    assert isinstance(dump.partial, Partial)


def test_of_dmidecode_the_names_are_kept_and_serial_numbers_are_passed_over() -> None:
    dump = read(DMIDECODE)
    rows = {row.field: (row.value, row.seen.line) for row in dump.facts["machine"]}
    assert rows == {"bios_vendor": ("SeaBIOS", 7), "sys_vendor": ("QEMU", 13), "product_name": ("Standard PC", 14)}
    assert {seen.line for seen in dump.passed} >= {15, 16}
    assert dump.unread == ()


def test_each_file_of_dmi_has_one_name() -> None:
    dump = config_dump("VMware, Inc.\n", "/sys/class/dmi/id/sys_vendor")
    assert dump is not None
    assert [(row.field, row.value) for row in dump.facts["machine"]] == [("sys_vendor", "VMware, Inc.")]
    assert config_dump("VMware, Inc.\nmore\n", "/sys/class/dmi/id/sys_vendor") is None


def test_of_os_release_the_name_and_the_version_are_kept() -> None:
    text = 'PRETTY_NAME="Debian"\nID=debian\nVERSION_ID="12"\nHOME_URL="https://example.net/"\n'
    dump = config_dump(text, "etc/os-release")
    assert dump is not None
    assert [(row.field, row.value) for row in dump.facts["os-release"]] == [("ID", "debian"), ("VERSION_ID", "12")]
    assert [seen.line for seen in dump.passed] == [1, 4]


def test_other_lines_of_columns_are_no_modules() -> None:
    for text in ("tun0 1500 0\n", "ip_vs is a module\n", "Module     Size\n"):
        assert not [piece for piece in pieces(text, "x") if "modules" in piece.dump.facts]


@pytest.mark.parametrize("below", ["", "lsmod: /proc/modules: No such file or directory\n"])
def test_the_head_of_a_list_of_modules_says_of_none_that_it_is_not_there(below: str) -> None:
    text = f"[root@lb1 ~]# lsmod\nModule                  Size  Used by\n{below}"
    assert not [piece for piece in pieces(text, "lsmod.txt") if "modules" in piece.dump.facts]


@pytest.mark.parametrize(
    ("printed", "names"),
    [
        ("VMware, Inc.\n", [("sys_vendor", "VMware, Inc.")]),
        ("# SMBIOS implementations newer than version 3.2.0 are not\nQEMU\n", [("sys_vendor", "QEMU")]),
        ("/dev/mem: Permission denied\n", []),
        ("bash: dmidecode: command not found\n", []),
    ],
)
def test_a_name_that_dmidecode_was_asked_for(printed: str, names: list[tuple[str, str]]) -> None:
    text = f"[root@lb1 ~]# dmidecode -s system-manufacturer\n{printed}"
    rows = [row for piece in pieces(text, "dmi.txt") for row in piece.dump.facts.get("machine", ())]
    assert [(row.field, row.value) for row in rows] == names
