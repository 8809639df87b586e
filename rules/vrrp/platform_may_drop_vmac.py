"""A virtual machine uses a virtual router's MAC, which the port of its hypervisor's switch may drop."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Finding, Fix, Node, Severity, cite, platform, rule, vmacs

MAY_DROP = "{node} uses the MAC {mac} on {link}, and {platform} may drop frames of another MAC than its port has"
CLIENTS = "Clients get no answer where the hypervisor drops them. No dump of {node} shows that."
NAMED = "the name that the firmware has for this machine"
ALLOW = "# allow it in the settings of the hypervisor: {settle}"
WITHOUT = "# better, leave out use_vmac: the VIP then has the MAC of the interface, and moves by gratuitous ARP"


@rule(
    name="platform-may-drop-vmac",
    code="VRRP008",
    severity=Severity.NOTE,
    role="director",
    needs={"links", "machine"},
)
def platform_may_drop_vmac(node: Node) -> Iterator[Finding]:
    found = platform(node)
    for link in vmacs(node) if found is not None and found.macs else ():
        assert found is not None
        yield Finding(
            MAY_DROP,
            clients=CLIENTS,
            about={"link": link.name},
            mac=link.mac,
            platform=found.name,
            evidence=[cite(link, "has the MAC of a virtual router"), cite(found.seen, NAMED)],
            fix=Fix(now=(ALLOW.format(settle=found.settle),), persist=(WITHOUT,)),
        )
