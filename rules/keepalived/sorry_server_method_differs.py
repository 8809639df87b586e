"""A sorry server gets its packets by another forwarding method than the real servers of its service."""

from collections.abc import Iterator

from lvsdoctor.rulekit import CheckedService, Decision, Finding, Fix, Node, Severity, cite, rule

DIFFERS = "{program} on {node} uses {method} for sorry server {sorry} of {service}, and {usual} for the real servers"
FIX = Fix(
    now=(
        "# in keepalived.conf, in the virtual_server: sorry_server_lvs_method as the sorry server is set up",
        "# then reload keepalived: systemctl reload keepalived",
    ),
    persist=("# the file is what lasts",),
)


@rule(
    name="sorry-server-method-differs",
    code="KA009",
    severity=Severity.WARNING,
    explains=Decision.REAL_SERVER,
    needs={"health-checks"},
    helps={"addresses"},
)
def sorry_server_method_differs(node: Node) -> Iterator[Finding]:
    for checked in node.checked_services:
        sorry, methods = checked.sorry, {server.forwarding for server in checked.servers}
        if sorry is None or sorry.forwarding is None or len(methods) != 1 or sorry.forwarding in methods:
            continue
        if sorry.ip.is_loopback or (usual := methods.pop()) is None or _is_own(node, checked):
            continue
        yield Finding(
            DIFFERS,
            clients="When all real servers are out, clients get no reply, unless the sorry server is set up for this.",
            about={"service": checked.services[0], "sorry": sorry.ip},
            method=sorry.forwarding.value,
            usual=usual.value,
            program=checked.program,
            evidence=[cite(sorry, "the sorry server"), cite(checked.servers[0], "a real server of the same service")],
            fix=FIX,
        )


def _is_own(node: Node, checked: CheckedService) -> bool:
    """IPVS delivers locally what is for an address of the director, whatever the method."""
    sorry = checked.sorry
    rows = node.seen_rows("addresses") if node.has("addresses") else ()
    return sorry is not None and any(row.ip == sorry.ip for row in rows)
