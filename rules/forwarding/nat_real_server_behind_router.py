"""A director masquerades to a real server behind a router, which sends the replies to the clients itself."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Decision, Finding, Node, Severity, assume, behind_routers, cite, hide_clients, rule

BEHIND = "{node} masquerades to real server {rip} behind router {gateway}"
MAY = "If {gateway} does not send the replies of {rip} to {node}, clients of {service} get no reply from {rip}."
ELSEWHERE = "the router does not send the replies through the director"
LOST = "Clients of {service} get no reply from {rip}: {packets} packets in, 0 packets out."


@rule(
    name="nat-real-server-behind-router",
    code="NAT010",
    severity=Severity.WARNING,
    explains=Decision.RETURN_PATH,
    role="director",
    needs={"ipvs", "addresses", "routes"},
    helps={"links", "local-routes", "policy-rules", "sysctl", "ipvs-stats", "iptables", "memberships"},
    only_ipv4=True,
)
def nat_real_server_behind_router(node: Node) -> Iterator[Finding]:
    for behind in behind_routers(node):
        row = behind.counted
        counts = row.counters if row is not None else None
        evidence = [cite(behind.real, "by masquerading"), *behind.because]
        if row is not None and counts is not None:
            evidence.append(cite(row, "{packets} packets in, 0 packets out", packets=counts.packets_in))
        else:
            settle = f"ip route get CLIENT from {behind.rip} iif LINK  # on the router"
            text = "the real server sends its replies to that router" if behind.scanned else ELSEWHERE
            evidence.append(assume("routes", text, settle=settle, others=True))
        yield Finding(
            BEHIND,
            clients=LOST if counts is not None else MAY,
            about={"rip": behind.rip, "service": behind.service},
            gateway=behind.gateway,
            packets=counts.packets_in if counts is not None else 0,
            severity=Severity.ERROR if counts is not None else None,
            evidence=evidence,
            fix=hide_clients("0.0.0.0/0", behind.rip),
            decided_at=str(behind.rip),
            decided_by=next(iter(behind.because), None),
        )
