"""A real server's packet filter drops the requests that a director sends it, or its replies to the clients."""

from collections.abc import Iterable, Iterator

from lvsdoctor.rulekit import (
    FilteredPacket,
    Finding,
    Membership,
    Node,
    Severity,
    at_real_server_of_all,
    cite,
    pass_filters,
    refuse_unknown,
    rule,
)

_REQUESTS = "{node} drops requests for {service} in chain {chain}"
_REPLIES = "{node} drops its replies of {service} in chain {chain}"
_NO_ANSWER = "Connections that {director} sends to {node} get no answer."
_REFUSED = "Connections that {director} sends to {node} are refused."


@rule(
    name="real-server-filter-drops-requests",
    code="FW004",
    severity=Severity.ERROR,
    role="real-server",
    needs={"memberships", "addresses"},
    helps={"iptables", "ip6tables", "ipvs", "links", "local-routes", "policy-rules", "routes"},
    harmless_at_weight_0=True,
)
def real_server_filter_drops_requests(node: Node) -> Iterator[Finding]:
    listings, absent = at_real_server_of_all(node)
    known: dict[str, Membership] = {}
    for listing, items in listings:
        service = listing.service
        dropped = _dropped(items)
        if not dropped or known.setdefault(str(service), listing) is not listing:
            continue
        first = dropped[0]
        refused = first.verdict.rejected and not first.sent
        yield Finding(
            _REPLIES if first.sent else _REQUESTS,
            about={"service": service, "vip": service.vip or first.passage.packet.dst},
            chain=first.chain,
            director=listing.director.name,
            clients=_REFUSED if refused else _NO_ANSWER,
            evidence=[
                *(line for item in dropped for line in item.verdict.because),
                cite(listing.destination, "{director} sends requests here", director=listing.director.name),
            ],
            fix=pass_filters(node, _dropped, listing),
        )
    refuse_unknown(node, (item for _, items in listings for item in items if not item.tunnelled))
    if absent is not None:
        raise absent


def _dropped(items: Iterable[FilteredPacket]) -> list[FilteredPacket]:
    return [item for item in items if item.dropped and not item.tunnelled]
