"""A real server does not listen where its requests arrive, or replies to them from another address."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Decision, Finding, Node, Severity, Unserved, cite, listen_for, rule, unserved

NONE = "{node} does not listen on {place}"
ALONE = "{node} listens on {alone} alone, not on {place}"
MOVED = "{node} redirects requests for {place} to {target}, where no program listens"
ELSEWHERE = "{node} replies to requests for {place} from {source}"

REFUSED = "{node} refuses its share of {services}."
DROPPED = "Clients of {services} expect replies from another address and drop these."
LATER = "The weight of {node} is 0. With a weight above 0, {node} refuses its share of {services}."
DROPPED_LATER = "The weight of {node} is 0. With a weight above 0, clients of {services} drop its replies."
FAILOVER = "After a failover, {node} refuses its share of {services}."
KEPT, CHANGED = "{director} does not change the destination {place}", "{director} makes {place} the destination"


@rule(
    name="service-not-listening",
    code="DR002",
    severity=Severity.ERROR,
    explains=Decision.LISTENER,
    role="real-server",
    needs={"addresses", "memberships", "sockets"},
    helps={"ip6tables", "iptables", "ipvs", "links", "local-routes", "policy-rules", "routes", "sysctl"},
)
def service_not_listening(node: Node) -> Iterator[Finding]:
    for lack in unserved(node):
        place, wanted = lack.target, lack.rewritten or lack.target
        rows = [
            cite(row.destination, KEPT if place.ip == row.service.vip else CHANGED, director=row.director.name,
                 place=place.place)
            for row in place.listings
        ]  # fmt: skip
        yield Finding(
            _message(lack),
            clients=_clients(lack),
            about={"socket": place},
            place=place,
            alone=lack.alone,
            source=lack.source,
            target=wanted,
            services=", ".join(dict.fromkeys(str(row.service) for row in place.listings)),
            severity=Severity.WARNING if place.idle or lack.standby else None,
            evidence=[*rows, *lack.because],
            fix=listen_for(wanted.protocol, wanted.ip, wanted.port, lack.process),
        )


def _clients(lack: Unserved) -> str:
    if lack.standby and not lack.target.idle:
        return FAILOVER
    if lack.misreplied:
        return DROPPED_LATER if lack.target.idle else DROPPED
    return LATER if lack.target.idle else REFUSED


def _message(lack: Unserved) -> str:
    if lack.rewritten:
        return MOVED
    return ELSEWHERE if lack.misreplied else ALONE if lack.others else NONE
