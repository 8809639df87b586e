"""A director's interface joins the packets of clients (LRO) before IPVS sends them on to real servers."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Finding, Fix, Node, Severity, cite, command, large_receive, rule

JOINS = "{node} joins received packets on {link}, which does not forward (large receive offload is on)"
CLIENTS = "Large uploads through {link} may be slow or stop. Small requests do not change."
ON = "the kernel turns LRO off only on an interface that forwards"
ROUTED = "{method}: IPVS sends what was joined to the real server"


@rule(
    name="large-receive-offload-on-director",
    code="DR011",
    severity=Severity.NOTE,
    role="director",
    needs={"ipvs", "offloads", "sysctl"},
)
def large_receive_offload_on_director(node: Node) -> Iterator[Finding]:
    for joined in large_receive(node):
        link = joined.offload.link
        yield Finding(
            JOINS,
            clients=CLIENTS,
            about={"link": link},
            evidence=[
                cite(joined.offload, ON),
                *joined.forwarding.because,
                cite(joined.real, ROUTED, method=joined.method),
            ],
            fix=Fix(
                now=("# turn it off: " + command("ethtool", "-K", link, "lro", "off"),),
                persist=("# the same with NetworkManager: nmcli connection modify NAME ethtool.feature-lro off",),
            ),
        )
