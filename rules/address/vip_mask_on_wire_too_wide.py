"""A VIP on a wire of another subnet has a prefix, and that prefix makes a route to a segment without its hosts."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Decision, Finding, Node, Severity, as_single_hosts, cite, prefix_astray, rule


@rule(
    name="vip-mask-on-wire-too-wide",
    code="ADDR010",
    severity=Severity.ERROR,
    explains=Decision.REPLY_ROUTE,
    role="real-server",
    needs={"addresses", "links"},
    helps={"routes", "local-routes", "policy-rules", "neighbours"},
)
def vip_mask_on_wire_too_wide(node: Node) -> Iterator[Finding]:
    for vip in node.vips:
        for astray in prefix_astray(node, vip.ip):
            held, own = astray.vip, astray.own
            yield Finding(
                "{node} sends packets for {prefix} to {link}, where {subnet} is ({address} is on {link})",
                clients="Clients in {prefix} get no reply from {node}.",
                about={"vip": vip.ip, "link": held.link},
                prefix=held.network,
                subnet=own.network,
                address=held,
                severity=None if astray.sure else Severity.WARNING,
                evidence=[
                    cite(held, "this prefix becomes a route over {link}", link=held.link),
                    *(line for line in astray.lookup.because if line.seen != held.seen),
                    cite(own, "the subnet of {link}", link=held.link),
                    *astray.because,
                ],
                fix=as_single_hosts(node, [held]),
            )
