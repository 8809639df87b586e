"""What a keepalived.conf says of the kernel's tables, once keepalived has done what it says."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from lvsdoctor.model.address import Address
from lvsdoctor.model.health import CheckedService
from lvsdoctor.model.ipvs import Timeouts, VirtualService
from lvsdoctor.model.route import Route
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.vrrp import VrrpInstance
from lvsdoctor.parse.keepalived.statements import Statement

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class KeepalivedConf:
    """All of a file. `flush`: where it says that virtual services of others go when keepalived starts. `left_out`
    are lines that were understood and are not followed, each group with a sentence that says why. `checks`: what it
    says of virtual services beside their rows. `timeouts` are those of lvs_timeouts, 0 for what it leaves as it is.
    `includes` name files that were not opened, `open` are the lines of
    blocks that nothing closes."""

    services: tuple[VirtualService, ...] = ()
    instances: tuple[VrrpInstance, ...] = ()
    addresses: tuple[Address, ...] = ()
    routes: tuple[Route, ...] = ()
    checks: tuple[CheckedService, ...] = ()
    flush: Seen | None = None
    timeouts: Timeouts | None = None
    unread: tuple[Seen, ...] = ()
    left_out: tuple[tuple[str, tuple[Seen, ...]], ...] = ()
    includes: tuple[Seen, ...] = ()
    open: tuple[Seen, ...] = ()


@dataclass(slots=True)
class Reading:
    """What the readers of blocks share: the lines that nobody understood, those left out, and a few global words."""

    default_link: str = "eth0"  # keepalived.conf(5): default_interface
    vmac_prefix: str = "vrrp"
    version_seen: Seen | None = None
    vrrp_version: int = 2  # vrrp.h: VRRP_VERSION_2; IPv6 is always of version 3
    strict: Seen | None = None  # vrrp_strict, which holds for the instances that say nothing of it
    ignores_vips: bool = False  # vrrp_skip_check_adv_addr
    checks: list[CheckedService] = field(default_factory=list)
    timeouts: Timeouts | None = None
    unread: list[Seen] = field(default_factory=list)
    unknown: list[Seen] = field(default_factory=list)  # lines in the place of which others stand that were not seen
    left_out: dict[str, list[Seen]] = field(default_factory=dict)

    def strange(self, statement: Statement) -> None:
        """It means nothing here, nor does its block."""
        self.unread.append(statement.seen)
        for each in _all_in(statement):
            self.unread.append(each.seen)

    def unknown_in(self, statement: Statement) -> Seen | None:
        """The first line of its block that may stand for others."""
        first, last = statement.seen, statement.end
        if first.line is None or last is None or last.line is None or first.where != last.where:
            return None
        inside = range(first.line, last.line + 1)
        return next((seen for seen in self.unknown if seen.where == first.where and seen.line in inside), None)

    def leave_out(self, why: str, statement: Statement) -> None:
        self.left_out.setdefault(why, []).append(statement.seen)

    def skip(self, statement: Statement) -> None:
        """It says nothing of the kernel's tables - unless a brace is missing, and the rest of the file is in it."""
        for each in _all_in(statement):
            if each.block is not None and each.name in STRUCTURE:
                self.strange(each)

    def rows(self, statements: Iterable[Statement], read: Callable[[Statement], Row | None]) -> tuple[Row, ...]:
        """What `read` makes of the statements; those of which it makes nothing are unread."""
        rows = []
        for statement in statements:
            row = read(statement)
            if row is None:
                self.strange(statement)
            else:
                rows.append(row)
        return tuple(rows)


# vrrp_strict, no_accept (RFC 9568, 6.1: Accept_Mode).
DROPS = "keepalived then has the firewall drop what is sent to its VIPs, which is not looked at here"

# Blocks that never stand in a block which is skipped.
STRUCTURE = frozenset(
    "virtual_server virtual_server_group real_server vrrp_instance virtual_ipaddress static_ipaddress".split()
)


def _all_in(statement: Statement) -> Iterator[Statement]:
    todo = list(reversed(statement.block or ()))
    while todo:
        each = todo.pop()
        yield each
        todo.extend(reversed(each.block or ()))
