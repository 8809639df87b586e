"""An address on lo has a prefix shorter than /32, and the host treats the whole prefix as local."""

from collections.abc import Iterator, Sequence

from lvsdoctor.rulekit import (
    LOOPBACK_NETWORK,
    Address,
    Decision,
    Finding,
    Fix,
    NextHop,
    Node,
    RemoveRoute,
    Route,
    Severity,
    Shadowed,
    as_single_hosts,
    cite,
    command,
    local_routes,
    makers_of,
    rule,
    shadowed,
    spell,
)

TAKES = "{node} treats every address of {prefix} as local ({address} is on {link})"
MISSED = "{lost} gets no packets from {node}. Clients in {prefix} get no reply from {node}."
PARTLY = "If a client has an address in {prefix}, this client gets no reply from {node}."
ELSEWHERE = "Hosts in {prefix} get no reply from {node}, unless a more specific route leads to them."


@rule(
    name="vip-mask-on-lo-too-wide", code="ADDR001", severity=Severity.ERROR, explains=Decision.REPLY_ROUTE,
    needs={"addresses"}, helps={"links", "local-routes", "policy-rules", "routes"}, only_ipv4=True,
)  # fmt: skip
def vip_mask_on_lo_too_wide(node: Node) -> Iterator[Finding]:
    for route in local_routes(node):
        prefix, link = route.dst, next(iter(route.links), "lo")
        if route.type != "local" or prefix.version != 4 or prefix.prefixlen == 32 or prefix.overlaps(LOOPBACK_NETWORK):
            continue
        held = makers_of(node, route)
        lost = list(shadowed(node, prefix, on=link))
        if held:
            yield _made_by_address(node, route, held, lost[:1])
        elif known := [loss for loss in lost if not loss.partly]:
            yield _made_by_hand(node, route, known[0])


def _made_by_address(node: Node, route: Route, addresses: Sequence[Address], lost: list[Shadowed]) -> Finding:
    first = next((address for address in addresses if address.ip == route.src), addresses[0])
    wide = [cite(first, "on {link} its whole prefix becomes local, not the one address", link=first.link)]
    if route.seen != first.seen:
        wide.append(cite(route, "every address of {prefix} is this host", prefix=route.dst))
    missed = [loss for loss in lost if not loss.partly]
    return Finding(
        TAKES,
        clients=MISSED if missed else PARTLY if lost else ELSEWHERE,
        about={"vip": first.ip, "link": first.link},
        prefix=route.dst,
        address=first,
        lost=lost[0].what if lost else "",
        severity=None if missed else Severity.WARNING,
        evidence=[*wide, *(loss.because for loss in lost)],
        fix=as_single_hosts(node, addresses),
    )


def _made_by_hand(node: Node, route: Route, lost: Shadowed) -> Finding:
    """`ip route add local PREFIX dev lo` gives a host a whole range; wrong where others live in it."""
    prefix, link = route.dst, next(iter(route.links), "lo")
    gone = spell(RemoveRoute(Route(prefix, route.seen, "local", "local", (NextHop(link),), scope="")))
    served = [vip.ip for vip in node.vips if vip.ip in prefix and not node.holding(vip.ip)]
    return Finding(
        "{node} treats every address of {prefix} as local (by a local route on {link})",
        clients=MISSED,
        about={"prefix": prefix, "link": link},
        lost=lost.what,
        evidence=[cite(route, "every address of {prefix} is this host", prefix=prefix), lost.because],
        fix=Fix(
            now=(*(command("ip", "route", "add", "local", f"{vip}/32", "dev", link) for vip in served), gone),
            persist=("# take the local route out of the script that adds it, and add one for each VIP, as /32",),
        ),
    )
