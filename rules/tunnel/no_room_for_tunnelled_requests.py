"""Full packets of clients do not fit into a director's tunnel, and real servers offer clients no smaller ones."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    PMTU_DISC,
    Decision,
    Finding,
    Fix,
    Node,
    Severity,
    TooLarge,
    cite,
    rule,
    set_sysctls,
    too_large,
)

TOO_LARGE = "{node} has room for {room} bytes in its tunnel to {rip}, and clients send packets of {largest} bytes"
LOST = "Large requests that {node} sends to {rip} get no reply."
MAY = "If a filter on the way drops the ICMP messages of {node}, large requests to {rip} get no reply."
FRAGMENTS = "{node} then sends large requests in fragments. A filter between {node} and {rip} must accept fragments."


@rule(
    name="no-room-for-tunnelled-requests",
    code="TUN004",
    severity=Severity.ERROR,
    explains=Decision.MTU,
    role="director",
    needs={"ipvs", "addresses", "links", "routes"},
    helps={"sysctl", "iptables", "ip6tables", "local-routes", "policy-rules", "memberships"},
)
def no_room_for_tunnelled_requests(node: Node) -> Iterator[Finding]:
    for case in too_large(node):
        yield Finding(
            TOO_LARGE,
            clients=LOST if case.icmp_dropped else MAY,
            about={"rip": case.rip, "tunnel": case.real.tunnel_type},
            severity=None if case.icmp_dropped else Severity.NOTE,
            room=case.room.bytes,
            largest=case.largest.bytes,
            evidence=[
                *case.room.because,
                *case.icmp_dropped,
                cite(case.real, "the tunnel's headers leave {room} bytes", room=case.room.bytes),
                *case.largest.because,
            ],
            fix=_fix(node, case),
        )


def _fix(node: Node, case: TooLarge) -> Fix:
    six = case.service.family == 6
    mss = case.room.bytes - (60 if six else 40)
    change = f"ip{' -6' if six else ''} route change ROUTE advmss {mss}"
    line = f"# on {case.rip}: add `advmss {mss}` to the routes to the clients ({change})"
    if six:
        return Fix(now=(line,), persist=(line,))
    fix = set_sysctls({PMTU_DISC: 0})
    return Fix(fix.now, (*fix.persist, line), warning=FRAGMENTS.format(node=node.name, rip=case.rip))
