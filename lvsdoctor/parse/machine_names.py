"""What the firmware and the distribution call a host: DMI (`dmidecode`, /sys/class/dmi/id), os-release(5).

Of dmidecode no more is kept than who made the machine and what it is called: it shows serial numbers, too.
"""

import re
from collections.abc import Sequence
from typing import ClassVar

from lvsdoctor.model.machine import MachineName, ReleaseName
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.reader import Dump, Reader

FIELDS = ("sys_vendor", "product_name", "board_vendor", "bios_vendor")
_ROOT = r"/sys/(?:class|devices/virtual)/dmi/id/"
_FILE = re.compile(rf"{_ROOT}(?P<field>\w{{1,40}}):(?P<value>.{{0,200}})")
_HANDLE = re.compile(
    r"# dmidecode \d|SMBIOS \d[\d.]* present|Getting SMBIOS data|Handle 0x[0-9A-Fa-f]{4}, DMI type \d+"
)
_WITHIN = re.compile(
    r"\s|[A-Z][\w /()-]{1,60}$|#|SMBIOS|Getting SMBIOS|Handle 0x|Table at 0x|\d+ structures|Invalid entry|End Of Table"
)
_SECTIONS = {"System Information": "sys", "Base Board Information": "board", "BIOS Information": "bios"}
_NAMES = {
    ("sys", "Manufacturer"): "sys_vendor", ("sys", "Product Name"): "product_name",
    ("board", "Manufacturer"): "board_vendor", ("bios", "Vendor"): "bios_vendor",
}  # fmt: skip
_SETTING = re.compile(r"(?P<name>[A-Z][A-Z_]{1,40})=(?P<quote>[\"']?)(?P<value>[^\"']{0,200})(?P=quote)")
_RELEASE = frozenset({"ID", "ID_LIKE", "VERSION_ID"})
_LONGEST = 200
# dmidecode(8), -s.
_KEYWORDS = {
    "system-manufacturer": "sys_vendor", "system-product-name": "product_name",
    "baseboard-manufacturer": "board_vendor", "bios-vendor": "bios_vendor",
}  # fmt: skip


class Dmidecode(Reader):
    """`dmidecode`, and `grep . /sys/class/dmi/id/*`."""

    name: ClassVar[str] = "dmidecode"
    programs: ClassVar[tuple[str, ...]] = ("dmidecode", "grep", "head", "tail")
    unread_may_be_rows = False

    def __init__(self) -> None:
        self._rows: list[MachineName] = []
        self._passed: list[Seen] = []
        self._section = ""

    @classmethod
    def starts(cls, text: str) -> bool:
        return _HANDLE.match(text.strip()) is not None or _FILE.fullmatch(text.strip()) is not None

    def feed(self, seen: Seen) -> bool:
        text = seen.text.strip()
        if file := _FILE.fullmatch(text):
            return self._take(file["field"] if file["field"] in FIELDS else "", file["value"], seen)
        if _WITHIN.match(seen.text) is None:
            return False
        if not seen.text[:1].isspace():
            self._section = _SECTIONS.get(text, "")
            if not (self._section or _HANDLE.match(text)):
                self._passed.append(seen)
            return True
        name, _, value = text.partition(":")
        return self._take(_NAMES.get((self._section, name), ""), value, seen)

    def _take(self, field: str, value: str, seen: Seen) -> bool:
        if field and value.strip():
            self._rows.append(MachineName(field, value.strip(), seen))
        else:
            self._passed.append(seen)
        return True

    def dump(self) -> Dump:
        return Dump({"machine": tuple(self._rows)} if self._rows else {}, passed=tuple(self._passed))


def name_shown(lines: Sequence[Seen], command: Sequence[str]) -> Dump | None:
    """The name that `dmidecode -s KEYWORD` printed; None for other lines."""
    field = next((_KEYWORDS[word] for word in command if word in _KEYWORDS), "")
    if command[:1] != ("dmidecode",) or not field or not {"-s", "--string"} & set(command):
        return None
    printed = [seen for seen in lines if not seen.text.startswith("#")]
    text = printed[0].text.strip() if len(printed) == 1 else ""
    failed = not text or text.startswith(("dmidecode", "/dev/mem", "/sys/", "Permission", "sh:", "bash:", "-bash:"))
    return None if failed else Dump({"machine": (MachineName(field, text[:_LONGEST], printed[0]),)})


def dump_of(text: str, where: str) -> Dump | None:
    """os-release, or one name under its path in /sys/class/dmi/id."""
    lines = [Seen(where, number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    field = where.rpartition("/")[2]
    if field in FIELDS:
        rows = tuple(MachineName(field, seen.text.strip()[:_LONGEST], seen) for seen in lines)
        return Dump({"machine": rows}) if len(rows) == 1 else None
    names, passed = [], []
    for seen in lines:
        setting = _SETTING.fullmatch(seen.text.strip()[:_LONGEST])
        if setting is not None and setting["name"] in _RELEASE:
            names.append(ReleaseName(setting["name"], setting["value"], seen))
        else:
            passed.append(seen)
    return Dump({"os-release": tuple(names)}, passed=tuple(passed)) if names else None
