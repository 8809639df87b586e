"""A real server's packet filter drops what a director tunnels to it, before it is unpacked."""

from collections.abc import Iterable, Iterator

from lvsdoctor.rulekit import (
    IP,
    Decision,
    FilteredPacket,
    Finding,
    Forwarding,
    Node,
    Severity,
    at_real_server_of_all,
    cite,
    pass_filters,
    refuse_unknown,
    rule,
)


@rule(
    name="filter-drops-tunnelled-requests",
    code="TUN003",
    severity=Severity.ERROR,
    explains=Decision.INPUT_FILTER,
    role="real-server",
    needs={"memberships", "addresses"},
    helps={"iptables", "ip6tables", "ipvs", "links", "local-routes", "policy-rules", "routes"},
    harmless_at_weight_0=True,
)
def filter_drops_tunnelled_requests(node: Node) -> Iterator[Finding]:
    listings, absent = at_real_server_of_all(node, Forwarding.TUN)
    known: set[IP] = set()
    for listing, items in listings:
        rip, dropped = listing.destination.ip, _dropped(items)
        if not dropped or rip is None or rip in known:
            continue
        known.add(rip)
        yield Finding(
            "{node} drops in chain {chain} what {director} tunnels to {rip}",
            about={"rip": rip},
            chain=dropped[0].chain,
            director=listing.director.name,
            clients="Connections that {director} sends to {node} get no answer.",
            evidence=[
                *(line for item in dropped for line in item.verdict.because),
                cite(listing.destination, "{director} tunnels to {rip}", director=listing.director.name, rip=rip),
            ],
            fix=pass_filters(node, _dropped, listing),
        )
    refuse_unknown(node, (item for _, items in listings for item in items if item.tunnelled))
    if absent is not None:
        raise absent


def _dropped(items: Iterable[FilteredPacket]) -> list[FilteredPacket]:
    return [item for item in items if item.dropped and item.tunnelled]
