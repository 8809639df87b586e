"""A director keeps requests for itself (LocalNode) and does not listen where they arrive."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    SAVE_TABLE,
    Decision,
    Finding,
    Fix,
    Forwarding,
    Node,
    Severity,
    Unserved,
    bind_in_advance,
    change_real_server,
    cite,
    listen_for,
    rule,
    unserved_here,
)

NONE = "{node} lists itself ({rip}) for {service}, and does not listen on {place}"
ALONE = "{node} lists itself ({rip}) for {service}, and listens on {alone} alone, not on {place}"
ELSEWHERE = "{node} lists itself ({rip}) for {service}, and replies to requests from {source}"

REFUSED = "{node} refuses its own share of {service}."
DROPPED = "Clients of {service} expect replies from another address and drop these."
LATER = "With a weight above 0 at {rip}, clients lose that share of {service}."
STANDBY = "Once {node} is the active director, clients lose that share of {service}."


@rule(
    name="local-node-not-listening",
    code="DR008",
    severity=Severity.ERROR,
    explains=Decision.LISTENER,
    role="director",
    needs={"addresses", "ipvs"},
    helps={"ip6tables", "iptables", "links", "local-routes", "policy-rules", "routes", "sockets", "sysctl"},
)
def local_node_not_listening(node: Node) -> Iterator[Finding]:
    for lack in unserved_here(node):
        place = lack.target
        later = lack.standby or place.idle
        served = DROPPED if lack.misreplied else REFUSED
        yield Finding(
            ELSEWHERE if lack.misreplied else ALONE if lack.others else NONE,
            clients=STANDBY if lack.standby else LATER if later else served,
            about={"rip": place.real.ip, "socket": place},
            rip=place.real.ip,
            service=place.service,
            place=place,
            alone=lack.alone,
            source=lack.source,
            severity=Severity.WARNING if later else None,
            evidence=[cite(place.real, "an address of {node} itself", node=node.name), *lack.because],
            fix=_fix(node, lack),
            decided_by=next(iter(lack.others), None),
        )


def _fix(node: Node, lack: Unserved) -> Fix:
    """What listens on the row's own address takes its requests if they are masqueraded to it."""
    place, real = lack.target, lack.target.real
    bound = real.ip in [socket.ip for socket in lack.others] and real.ip is not None and not real.ip.is_loopback
    if bound and not lack.misreplied and real.forwarding is not Forwarding.NAT:
        row = change_real_server("-e", place.service, real, how="-m")
        return Fix(now=(row,), persist=(f"{SAVE_TABLE} {real.ip} with -m (lvs_method NAT)",))
    fix = listen_for(place.protocol, place.ip, place.port, lack.process)
    moving = lack.misreplied and any(True for _ in node.peers_directing(place.ip))
    return fix + bind_in_advance(place.ip) if moving else fix
