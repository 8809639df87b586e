"""`ip vrf show`: the VRFs of a host and their tables, and of the interfaces nothing else."""

from typing import ClassVar

from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.link import Link
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.paste.patterns import pattern
from lvsdoctor.parse.reader import Dump, Reader
from lvsdoctor.parse.words import read_link_name, read_number

VRFS_ALONE = "`ip vrf show` shows no other interfaces"
_HEAD = pattern(r"Name +Table\s*")
_ROW = pattern(r"(?P<name>\S{1,40}) +(?P<table>\d{1,10})\s*")


class IpVrf(Reader):
    """ip/ipvrf.c: ipvrf_print(). Which interfaces are ports of a VRF `ip -d link` tells."""

    name: ClassVar[str] = "ip-vrf"
    programs: ClassVar[tuple[str, ...]] = ("ip",)
    has_rules = True

    def __init__(self) -> None:
        self._links: list[Link] = []
        self._first: Seen | None = None

    @classmethod
    def starts(cls, text: str) -> bool:
        return _HEAD.fullmatch(text[:200]) is not None

    def feed(self, seen: Seen) -> bool:
        if self._first is None:
            self._first = seen
            return True
        if not seen.text.strip("- \t"):
            return True
        row = _ROW.fullmatch(seen.text.strip())
        name = read_link_name(row["name"]) if row else None
        if row is None or name is None or read_number(row["table"], most=2**32 - 1) is None:
            return False
        self._links.append(Link(name, seen, kind="vrf", type="ether", detail={"table": row["table"]}))
        return True

    def dump(self) -> Dump:
        rows = tuple(self._links)
        return Dump({"links": rows} if rows else {}, partial=Partial(VRFS_ALONE, self._first))
