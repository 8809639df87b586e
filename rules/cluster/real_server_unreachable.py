"""A director has no route to a real server, or the link to it is down: its share of the connections is lost."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    IP,
    Decision,
    Destination,
    Finding,
    Forwarding,
    Node,
    Severity,
    Stray,
    VirtualService,
    assume,
    cite,
    find_stray,
    reach_again,
    reachability,
    rule,
    stray,
    unlisted_rip,
)

CUT = "{node} does not reach real server {rip}: {why}"
LOST = "The share of {services} for {rip} gets no reply."
LATER = "At a weight above 0 the share of {services} for {rip} gets no reply."
ASK = {4: "arping -c 3", 6: "ping -6 -c 3"}
CHANCE = "The host that answers first gets the share of {services} for {rip}."
UNLISTED = "{node} lists real server {rip}, an address that the scanned hosts do not have"


@rule(
    name="real-server-unreachable", code="CL003", severity=Severity.ERROR, explains=Decision.ROUTE, role="director",
    needs={"ipvs", "addresses", "routes"}, helps={"links", "local-routes", "neighbours", "policy-rules"},
)  # fmt: skip
def real_server_unreachable(node: Node) -> Iterator[Finding]:
    listed: dict[IP, list[tuple[VirtualService, Destination]]] = {}
    for service in node.services:
        for real in service.destinations:
            if real.ip is not None and not real.ip.is_loopback:
                listed.setdefault(real.ip, []).append((service, real))
    spoken: set[IP] = set()
    for rip, places in listed.items():
        how = {real.forwarding for _, real in places}
        path = reachability(node, rip, how)
        lost = None if path.cut else stray(node, rip)
        if not path.cut and lost is None:
            continue
        idle = all(real.weight == 0 for _, real in places)
        yield Finding(
            CUT,
            clients=LATER if idle else CHANCE if lost and lost.aside else LOST,
            about={"rip": rip},
            why=lost.why if lost else path.cut.why,
            services=", ".join(str(service) for service, _ in places),
            severity=Severity.WARNING if idle or path.unsure or (lost and lost.of_a_moment) else None,
            evidence=[*(cite(real, "listed as a real server") for _, real in places), *(lost or path.cut).because],
            fix=find_stray(rip, lost) if lost else reach_again(node, rip, path, direct=Forwarding.DR in how),
            decided_by=(lost.cut or lost.entry) if lost else path.decided_by,
            explains=Decision.NEIGHBOUR if lost else None,
        )
        spoken.add(rip)
    for rip in unlisted_rip(node, [ip for ip, places in listed.items() if any(real.weight for _, real in places)]):
        if rip not in spoken:
            yield _unlisted(rip, listed[rip])


def _unlisted(rip: IP, places: list[tuple[VirtualService, Destination]]) -> Finding:
    return Finding(
        UNLISTED,
        clients="If no host has {rip}, its share of {services} gets no answer.",
        about={"rip": rip}, services=", ".join(str(service) for service, _ in places), severity=Severity.WARNING,
        evidence=[
            *(cite(real, "all other real servers are scanned hosts") for _, real in places),
            assume("addresses", "no other host has that address", settle=f"{ASK[rip.version]} {rip}", others=True),
        ],
        fix=find_stray(rip, Stray("", (), unlisted=True)),
    )  # fmt: skip
