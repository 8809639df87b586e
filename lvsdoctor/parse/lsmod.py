"""The kernel's modules: `lsmod`, and /proc/modules, which it reads."""

import re
from typing import ClassVar

from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.machine import KernelModule
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.gaps import NO_BEGINNING
from lvsdoctor.parse.reader import Dump, Reader

_HEADER = re.compile(r"Module +Size +Used by\b.*")
# kernel/module/procfs.c: m_show(); lsmod leaves out the state and the address.
_PROC = re.compile(r"(?P<name>[\w-]{1,64}) \d{1,12} -?\d{1,9} \S{1,4000} (?:Live|Loading|Unloading) 0x[0-9a-f]+.*")
_ROW = re.compile(r"(?P<name>[\w-]{1,64}) +\d{3,12} +-?\d{1,9}(?: +[\w,\[\]-]{1,4000}| +\[permanent\])?")
# Rows without the head, of `lsmod | grep ip_vs`: a line of another dump has no such first word.
_BARE = re.compile(
    r"(?:ip_vs|nf_conntrack|nf_nat|nf_defrag|libcrc32c|ip6?_tables|ip6?table_|ipip|xt_)\w* +\d{3,12} +\d"
)


class Lsmod(Reader):
    """A module on each line, its size, and what uses it, which is not kept."""

    name: ClassVar[str] = "lsmod"
    programs: ClassVar[tuple[str, ...]] = ("lsmod", "cat")

    def __init__(self) -> None:
        self._rows: list[KernelModule] = []
        self._bare = False
        self._first: Seen | None = None

    @classmethod
    def starts(cls, text: str) -> bool:
        line = text.strip()
        return any(form.match(line[:4400]) for form in (_HEADER, _PROC, _BARE))

    def feed(self, seen: Seen) -> bool:
        text = seen.text.strip()
        if _HEADER.fullmatch(text[:200]):
            first = self._first is None
            self._first = self._first or seen
            return first
        row = _PROC.fullmatch(text) or _ROW.fullmatch(text)
        if row is None:
            return False
        if self._first is None:
            self._first, self._bare = seen, _PROC.fullmatch(text) is None
        self._rows.append(KernelModule(row["name"].replace("-", "_"), seen))
        return True

    def dump(self) -> Dump:
        partial = Partial(NO_BEGINNING, self._first) if self._bare else None
        # A head alone is that of a list which could not be read, or of a kernel that has all built in.
        return Dump({"modules": tuple(self._rows)} if self._rows else {}, partial=partial)
