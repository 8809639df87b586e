"""keepalived.conf leaves out the forwarding method or the protocol of a virtual server, so a default counts."""

from collections.abc import Iterator

from lvsdoctor.rulekit import CheckedService, Finding, Fix, Node, Severity, cite, rule

NAT = "{node} sends requests for {service} by masquerading (NAT), the default of keepalived"
UDP = "{node} makes {service} a UDP service, the default of keepalived"


@rule(name="lvs-method-left-out", code="KA001", severity=Severity.WARNING, needs={"health-checks"}, cause=True)
def lvs_method_left_out(node: Node) -> Iterator[Finding]:
    for checked in node.checked_services:
        if checked.program != "keepalived":
            continue
        ignored = checked.ignored_method
        if checked.method is None:
            yield Finding(
                NAT,
                clients="If the real servers are set up for direct routing or tunnelling, clients get no reply.",
                about={"service": checked.services[0], "word": "lvs_method"},
                evidence=[
                    cite(checked, "without lvs_method (lb_kind), so the default counts: NAT"),
                    *([cite(ignored, "keepalived knows DR, TUN and NAT in these letters alone")] if ignored else []),
                ],
                decided_by=ignored or checked,
                fix=_fix("lvs_method DR, TUN or NAT, as the real servers are set up"),
            )
        if checked.protocol is None and _has_address(checked):
            yield Finding(
                UDP,
                clients="Clients that connect by TCP get no answer from IPVS.",
                about={"service": checked.services[0], "word": "protocol"},
                evidence=[cite(checked, "without protocol, so the default counts: UDP")],
                fix=_fix("protocol TCP, or protocol UDP if that is meant"),
            )


def _has_address(checked: CheckedService) -> bool:
    """A firewall mark is of any protocol."""
    return any(service.vip is not None for service in checked.services)


def _fix(line: str) -> Fix:
    return Fix(
        now=(
            f"# in keepalived.conf, in the virtual_server: {line}",
            "# then reload keepalived: systemctl reload keepalived",
        ),
        persist=("# the file is what lasts",),
    )
