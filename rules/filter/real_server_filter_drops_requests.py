"""A real server's packet filter drops the requests that a director sends it, or its replies to the clients."""

from collections.abc import Iterable, Iterator

from lvsdoctor.rulekit import (
    Decision,
    FilteredPacket,
    Finding,
    Membership,
    Node,
    Severity,
    at_real_server_of_all,
    cite,
    may_be_checked,
    pass_filters,
    refuse_unknown,
    rule,
    sources_kept,
)

_REQUESTS = "{node} drops requests for {service} in chain {chain}"
_REPLIES = "{node} drops its replies of {service} in chain {chain}"
_CHECKS = "{node} drops health checks of {rip} in chain {chain}"
_TAKEN_OUT = "If {director} checks {rip}, the check fails. The clients of {service} then lose {node}."
_NO_ANSWER = "Connections that {director} sends to {node} get no answer."
_REFUSED = "Connections that {director} sends to {node} are refused."


@rule(
    name="real-server-filter-drops-requests", code="FW004", severity=Severity.ERROR,
    explains=Decision.INPUT_FILTER, role="real-server", needs={"memberships", "addresses"}, harmless_at_weight_0=True,
    helps={
        "health-checks", "iptables", "ip6tables", "ipvs", "links", "local-routes", "policy-rules", "routes", "sysctl",
    },
)  # fmt: skip
def real_server_filter_drops_requests(node: Node) -> Iterator[Finding]:
    listings, absent = at_real_server_of_all(node)
    known: dict[str, Membership] = {}
    for listing, items in listings:
        service, rip = listing.service, listing.destination.ip
        pick = _dropped if _dropped(items) else _checks_dropped
        dropped = pick(items)
        first = dropped[0] if dropped else None
        if first is None or (first.check and not may_be_checked(listing)):
            continue
        if known.setdefault(str(service), listing) is not listing:
            continue
        refused = first.verdict.rejected and not first.sent
        vip = service.vip or first.passage.packet.dst
        yield Finding(
            _CHECKS if first.check else _REPLIES if first.sent else _REQUESTS,
            about={"service": service, "rip": rip} if first.check else {"service": service, "vip": vip},
            # Whether the director checks the RIP at all, no dump tells.
            severity=Severity.WARNING if first.check else None,
            rip=rip,
            chain=first.chain,
            explains=first.decision,
            director=listing.director.name,
            clients=_TAKEN_OUT if first.check else _REFUSED if refused else _NO_ANSWER,
            evidence=[
                *(line for item in dropped for line in item.verdict.because),
                cite(listing.destination, "{director} sends requests here", director=listing.director.name),
                *(() if first.check else sources_kept(node, listing)),
            ],
            fix=pass_filters(node, pick, listing),
        )
    refuse_unknown(node, (item for _, items in listings for item in items if not item.tunnelled))
    if absent is not None:
        raise absent


def _dropped(items: Iterable[FilteredPacket]) -> list[FilteredPacket]:
    return [item for item in items if item.dropped and not item.tunnelled and not item.check]


def _checks_dropped(items: Iterable[FilteredPacket]) -> list[FilteredPacket]:
    return [item for item in items if item.dropped and item.check]
