"""Which table unlabelled routes belong to, and which tables a dump of routes has collected."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from lvsdoctor.model.route import Route
from lvsdoctor.parse.iproute.ip_command import IpCommand, table_name

# `ip route` prints rows of these types only for table local, unless somebody put one elsewhere by hand.
LOCAL_TABLE_TYPES = frozenset({"local", "broadcast", "anycast", "multicast"})
_ALL = frozenset({"all", "0", "unspec"})


def asked_table(command: IpCommand) -> str:
    """The table that an `ip route` command shows: main unless it says otherwise, or "all"."""
    if table := command.value("table"):
        return "all" if table in _ALL else table_name(table)
    # A VRF's table has a number that only `ip -d link` tells.
    return f"vrf {vrf}" if (vrf := command.value("vrf")) else "main"


def shows_whole_table(command: IpCommand) -> bool:
    """Did the command show all of the table, and not only what matched `dev eth0`, `default` or a grep behind it?"""
    return not command.piped and not command.selects


def sort_by_table(rows: Iterable[Route], command: IpCommand | None) -> dict[str, Sequence[Route]]:
    """Facts of routes whose `table` is "" where the dump did not say it.

    "routes" and "local-routes" are there only if table main or local was seen or asked for; rows of other tables alone
    do not mean that main was collected, so they are "other-routes" then. Where table local is named on its own rows all
    tables were asked for (iproute2 ip/iproute.c: print_route(), !filter.tb): then main without a row is empty, as
    where all interfaces are in a VRF.
    """
    rows = tuple(rows)
    if command is not None and command.object != "route":
        command = None
    asked = asked_table(command) if command else "all" if any(row.table == "local" for row in rows) else None
    local: list[Route] = []
    others: list[Route] = []
    for row in rows:
        table = row.table
        if not table and asked not in (None, "all"):
            table = asked or ""
        elif not table:
            table = "local" if asked is None and row.type in LOCAL_TABLE_TYPES else "main"
        (local if table == "local" else others).append(replace(row, table=table))
    whole = command is None or shows_whole_table(command)
    facts: dict[str, Sequence[Route]] = {}
    if local or (whole and asked in ("local", "all")):
        facts["local-routes"] = tuple(local)
    if whole and (asked in ("main", "all") or any(row.table == "main" for row in others)):
        facts["routes"] = tuple(others)
    elif others:
        facts["other-routes"] = tuple(others)
    return facts
