"""A row of an IPVS table that a mail client wrapped, and the lines of tables that are another product's."""

import re
from typing import NamedTuple

from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.ipvs import Destination
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.ipvs.ipvs_rows import SCHEDULERS


class Above(NamedTuple):
    """The line above, which may go on in the next, and what the reader had before it."""

    seen: Seen
    line: str
    unread: int
    partial: Partial | None
    services: int
    current: list[Destination] | None
    reals: int


# What the end of a row may be, where its beginning stands in the line above; and the end of a header.
_TAIL = re.compile(
    r"(?:(?:Route|Tunnel|Masq|Local|Bypass)\s+)?(?:\d{1,20}[KMGT]?(?:\s+|$)){1,5}"
    rf"|(?:(?:{'|'.join(sorted(SCHEDULERS))})(?:\s+|$))?(?:persistent\s+)?(?:\d{{1,9}})?(?:\s*mask \S{{1,39}})?"
    r"|(?:(?:Scheduler|Flags|Forward|Weight|(?:In)?ActConn|ActiveConn|(?:In|Out)(?:Pkts|Bytes|PPS|BPS))\s*){1,5}"
)
# DPVS, and the kernel that Alibaba published: other products, whose tables look the same.
_ANOTHER = re.compile(
    r"-> +\S+ +FullNat\b|IP Virtual Server version \S+ \(size=0\)"
    r"|(?:TCP|UDP|SCTP|ICMP\S*) +\S+ +(?:conhash\b|[a-z]+ (?:.{0,80} )?(?:conn-timeout \d|synproxy\b))"
)


def is_tail(line: str) -> bool:
    """Could this line be the end of a row or of a header that was wrapped?"""
    return len(line) < 100 and _TAIL.fullmatch(line) is not None


def is_another(line: str) -> bool:
    """Does no kernel of Linux print this line, but a product whose ipvsadm is made after it?"""
    return _ANOTHER.match(line[:300]) is not None
