"""Connections go to a real server that the table no longer has: their packets are dropped until a timer ends."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Citation, Finding, Node, Severity, assume, cite, orphans, rule, set_sysctls

DROPS = "{node} drops the packets of {count} connections of {service} to {rip}, which is no longer in the table"
CLIENTS = "Their clients get no reply for up to {longest} seconds, and do not connect again."
KEY = "net.ipv4.vs.expire_nodest_conn"


@rule(
    name="connections-to-removed-server",
    code="CONN013",
    severity=Severity.ERROR,
    role="director",
    needs={"ipvs", "connections"},
    helps={"sysctl"},
)
def connections_to_removed_server(node: Node) -> Iterator[Finding]:
    setting = _setting(node)
    if setting is None:
        return
    for lost in orphans(node):
        yield Finding(
            DROPS,
            clients=CLIENTS,
            about={"service": lost.service, "rip": lost.rip},
            count=len(lost.connections),
            longest=lost.longest,
            severity=Severity.WARNING if setting.assumed else None,
            evidence=[
                cite(lost.service, "has no such real server"),
                *(cite(row, "goes to {rip}", rip=lost.rip) for row in lost.connections[:3]),
                setting,
            ],
            fix=set_sysctls({KEY: 1}),
        )


def _setting(node: Node) -> Citation | None:
    """What lets the entries live on; None where they are expired at once."""
    if node.has("sysctl") and node.knows_sysctl(KEY):
        setting = node.sysctl(KEY)
        return None if setting.value else cite(setting, "entries of removed real servers stay until their timer ends")
    return assume("sysctl", f"{KEY} = 0", settle=f"sysctl {KEY}")
