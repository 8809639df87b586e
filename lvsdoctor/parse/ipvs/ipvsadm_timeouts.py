"""`ipvsadm -L --timeout`: one line, the same since ipvsadm 1.24 (ipvsadm.c: list_timeout())."""

import re
from typing import ClassVar

from lvsdoctor.model.ipvs import Timeouts
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.reader import Dump, Reader

_LINE = re.compile(r"Timeout \(tcp tcpfin udp\): (\d{1,9}) (\d{1,9}) (\d{1,9})")


class IpvsadmTimeouts(Reader):
    """The line; the next such line is the next dump."""

    name: ClassVar[str] = "ipvsadm-timeouts"
    programs: ClassVar[tuple[str, ...]] = ("ipvsadm",)

    def __init__(self) -> None:
        self._row: Timeouts | None = None

    @classmethod
    def starts(cls, text: str) -> bool:
        return _LINE.fullmatch(text.strip()) is not None

    def feed(self, seen: Seen) -> bool:
        found = _LINE.fullmatch(seen.text.strip())
        if found is None or self._row is not None:
            return False
        self._row = Timeouts(int(found[1]), int(found[2]), int(found[3]), seen)
        return True

    def dump(self) -> Dump:
        return Dump({"ipvs-timeouts": (self._row,)} if self._row is not None else {})
