"""`ethtool -k`: what the network card and its driver do with packets before the kernel sees them (ethtool(8))."""

import re
from collections.abc import Sequence
from typing import ClassVar

from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.machine import Offload
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.gaps import NO_BEGINNING
from lvsdoctor.parse.reader import Dump, Reader
from lvsdoctor.parse.words import read_link_name

# ethtool 2.6 and before says "Offload parameters".
_HEAD = re.compile(r"(?:Features|Offload parameters) for (\S{1,32}):\s*")
_ROW = re.compile(
    r"\s{0,8}(?P<name>[\w-]{2,60}(?: [\w-]{2,30}){0,4}): (?P<value>on|off)(?P<fixed> \[fixed\])?(?: \[.{1,60}\])?\s*"
)
_OTHER = re.compile(r"Cannot get device .{1,60} settings: .{1,100}|no feature info available\s*")
# `ethtool -k eth0 | grep large` shows no link: the command does.
_BARE = ("large-receive-offload:", "generic-receive-offload:")
KEPT = {
    "large-receive-offload": "lro", "large receive offload": "lro", "generic-receive-offload": "gro",
    "generic receive offload": "gro", "rx-gro-hw": "gro-hw",
}  # fmt: skip


class Ethtool(Reader):
    """The features of one link, of which those are kept that join received packets: LRO and GRO."""

    name: ClassVar[str] = "ethtool"
    programs: ClassVar[tuple[str, ...]] = ("ethtool",)

    def __init__(self) -> None:
        self._link = ""
        self._bare: Seen | None = None
        self._rows: list[Offload] = []
        self._passed: list[Seen] = []

    @classmethod
    def starts(cls, text: str) -> bool:
        return _HEAD.fullmatch(text[:100]) is not None or (
            text.lstrip().startswith(_BARE) and _ROW.fullmatch(text[:200]) is not None
        )

    def set_command(self, command: Sequence[str]) -> None:
        named = [word for word in command[1:] if not word.startswith("-") and word != "|"]
        if command[0] == "ethtool" and len(named) == 1 and read_link_name(named[0]):
            self._link = named[0]

    def feed(self, seen: Seen) -> bool:
        text = seen.text[:200]
        if head := _HEAD.fullmatch(text):
            if self._rows or self._passed:
                return False  # of another link
            self._link = head[1]
            self._passed.append(seen)
            return True
        if (row := _ROW.fullmatch(text)) is None:
            return _OTHER.fullmatch(text) is not None and bool(self._passed)
        if not self._passed:
            self._bare = self._bare or seen
        if (feature := KEPT.get(row["name"])) and self._link:
            self._rows.append(Offload(self._link, feature, row["value"] == "on", bool(row["fixed"]), seen))
        return bool(self._link)

    def dump(self) -> Dump:
        partial = Partial(NO_BEGINNING, self._bare) if self._bare else None
        return Dump({"offloads": tuple(self._rows)} if self._rows or self._passed else {}, partial=partial)
