"""Two directors list each other as a real server of one service, and each schedules what the other sends it."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    BACKUP_ONLY,
    IP,
    Citation,
    Decision,
    Finding,
    Node,
    NotCollected,
    Severity,
    assume,
    cite,
    mutual_listings,
    own_address,
    rule,
    schedule_nothing_as_backup,
)

DAEMONS = "ipvsadm -Ln --daemon"


@rule(
    name="directors-send-to-each-other",
    code="LOOP001",
    severity=Severity.ERROR,
    explains=Decision.IPVS,
    role="director",
    needs={"ipvs", "addresses"},
    helps={"links", "local-routes", "policy-rules", "routes", "sysctl"},
)
def directors_send_to_each_other(node: Node) -> Iterator[Finding]:
    doubt: NotCollected | None = None
    for pair in mutual_listings(node):
        vip, other = pair.service.vip, pair.peer
        if vip is None or not (here := _having(node, vip)):
            continue
        if not other.has("addresses"):
            doubt = NotCollected("addresses", other.name)
            continue
        if not _having(other, vip):
            continue
        known = node.has("sysctl") and node.knows_sysctl(BACKUP_ONLY)
        if known and node.sysctl(BACKUP_ONLY).value:
            doubt = NotCollected("ipvs", node.name, "sync daemon", DAEMONS)
            continue
        usual = assume("sysctl", f"{BACKUP_ONLY} is 0 on {node.name}", settle=f"sysctl {BACKUP_ONLY}")
        yield Finding(
            "{node} and {other} send requests for {service} to each other",
            clients="Connections fail or take long. A request passes between the two directors up to 64 times.",
            about={"service": pair.service, "other": other.name},
            severity=None if known else Severity.WARNING,
            evidence=[
                *(cite(real, "sent to {other}", other=other.name) for real in pair.ours),
                *(cite(real, "sent here by {other}", other=other.name) for real in pair.theirs),
                *here,
                cite(node.sysctl(BACKUP_ONLY), "a backup director schedules too") if known else usual,
            ],
            fix=schedule_nothing_as_backup(),
        )
    if doubt is not None:
        raise doubt


def _having(node: Node, vip: IP) -> tuple[Citation, ...]:
    """What shows that the host has the VIP. keepalived.conf does not give it to the one that stands by, and without the
    VIP that one is no use as a real server, so it is taken to be on its lo."""
    held = own_address(node, vip)
    if held is None and node.planned:
        return (assume("addresses", f"{vip} is on lo of {node.name}, as on other real servers"),)
    return held.because if held is not None else ()
