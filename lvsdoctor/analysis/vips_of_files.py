"""Where the files of a host put the VIPs of a real server, and what they leave out.

That a VIP is on lo is assumed where the files prepare a host for it and do not configure it (planned_servers.py). Such
an address clears nobody. Where the files give lo another VIP, the assumption is contradicted.
"""

from collections.abc import Collection, Iterable

from lvsdoctor.kernel.answer import assume
from lvsdoctor.kernel.routing import is_local
from lvsdoctor.model.address import IP, Address
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import ASSUMED

_SILENT = ("lo", "dummy")
_NEAR = {4: 24, 6: 64}  # VIPs that are used side by side are of one such block


def holding_seen(node: Node, ip: IP) -> tuple[Address, ...]:
    """The addresses of this host that are exactly `ip`, for who asks where they are.

    Raises NotCollected where that it has one on lo is assumed.
    """
    held = node.holding(ip)
    if any(row.seen.where == ASSUMED for row in held):
        raise NotCollected("addresses", node.name, str(ip), partial=node.partial("addresses"))
    return held


def left_out_by_files(node: Node, vip: IP) -> tuple[Citation, ...]:
    """Why this host will not have `vip`: its files give lo or a dummy link another VIP. Empty where it has it.

    Raises NotCollected where the files do not tell, or where it is only assumed to have it. Reads addresses, links,
    local-routes, policy-rules, routes, memberships.
    """
    try:
        if is_local(node, vip):
            holding_seen(node, vip)
        return ()
    except NotCollected:
        rips = {listed.destination.ip for listed in node.memberships} if node.has("memberships") else set()
        other = vip_beside(node, vip, rips) if rips and node.of_files("addresses") else None
        if other is None:
            raise
        none = assume("addresses", f"no other file, script or daemon adds {vip}")
        return cite(other, "the files give {link} this address, and not {vip}", link=other.link, vip=vip), none


def vip_beside(node: Node, vip: IP, rips: Collection[IP | None]) -> Address | None:
    """An address of a single host near `vip` that the files of this host, all understood, give lo or a dummy link."""
    if not node.has("addresses") or node.partial("configured-addresses") is not None:
        return None
    rows: Iterable[Address] = node.seen_rows("addresses")
    rows = [row for row in rows if row.ip.version == vip.version and row.seen.where != ASSUMED]
    if any(row.ip == vip for row in rows):
        return None
    silent = (row for row in rows if row.host_only and row.link.startswith(_SILENT) and row.ip not in rips)
    return next((row for row in silent if not row.ip.is_loopback and _near(row.ip, vip)), None)


def _near(address: IP, vip: IP) -> bool:
    bits = vip.max_prefixlen - _NEAR[vip.version]
    return int(address) >> bits == int(vip) >> bits
