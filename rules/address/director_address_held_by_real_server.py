"""A real server holds an address of its director: what the director sends from there is dropped."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Decision, Finding, Node, Severity, give_up, rule, shared_addresses

HOLDS = "{node} holds {ip}, an address of director {director}"
LOST = "{node} gets no requests from {director}: {node} drops packets from an own address."
MISLED = "Clients get no reply from {peer} if {node} is the first to answer ARP requests for {peer}'s gateway."
CHANCE = "Packets to {ip} arrive at {node} or at {director}."


@rule(
    name="director-address-held-by-real-server",
    code="ADDR009",
    severity=Severity.ERROR,
    explains=Decision.SOURCE_VALIDATION,
    role="real-server",
    needs={"memberships", "addresses | configured-addresses"},
    helps={"links", "routes", "local-routes", "policy-rules", "sysctl", "neighbours", "arptables"},
    harmless_at_weight_0=True,
)
def director_address_held_by_real_server(node: Node) -> Iterator[Finding]:
    for shared in shared_addresses(node):
        suffer = LOST if shared.lost else MISLED if shared.misled else CHANCE
        yield Finding(
            HOLDS,
            clients=suffer,
            about={"ip": shared.ours.ip, "director": shared.director.name},
            peer=shared.misled.name if shared.misled else "",
            severity=None if shared.lost or shared.misled else Severity.WARNING,
            evidence=shared.because,
            fix=give_up(node, shared.ours.ip),
            explains=None if shared.lost else Decision.NEIGHBOUR,
        )
