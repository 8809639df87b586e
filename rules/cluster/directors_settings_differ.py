"""Two directors of one VIP have other timeouts or settings of IPVS: clients notice it after a failover."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Finding, Fix, Node, Severity, cite, rule, setting_differences

DIFFER = "{node} and {peer} direct the same VIP and differ: {what} is {value} and {another}"
FIX = Fix(
    now=("# decide which value is right, and set it on the other director: ipvsadm --set, or sysctl -w",),
    persist=("# one source for keepalived.conf (lvs_timeouts) and for /etc/sysctl.d of both directors",),
)


@rule(
    name="directors-settings-differ",
    code="KA006",
    severity=Severity.WARNING,
    role="director",
    needs={"ipvs"},
    helps={"ipvs-timeouts", "configured-timeouts", "sysctl"},
)
def directors_settings_differ(node: Node) -> Iterator[Finding]:
    for row in setting_differences(node):
        yield Finding(
            DIFFER,
            clients="When the other director becomes active, IPVS treats the connections of clients differently.",
            about={"peer": row.peer.name, "what": row.what},
            value=row.value,
            another=row.another,
            evidence=[
                cite(row.row, "the value of {host}", host=node.name),
                cite(row.other, "the value of {host}", host=row.peer.name),
            ],
            fix=FIX,
        )
