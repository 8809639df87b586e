"""keepalived's use_vmac: the interface below does not answer ARP requests for the host's own address."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Decision, Finding, Fix, Node, Severity, as_single_hosts, cite, rule, silent_below

SILENT = "{node} does not answer ARP requests for its own address {ip} on {link}, as its route back leads to {vmac}"
LOST = "Hosts on {link} lose {ip} when their neighbour entry ends. Replies to {ip}, and through it, are then lost."
IN_FILE = "# in keepalived.conf: {ip}/32 in the virtual_ipaddress block"
BY_HAND = "# remove the route to {network} by {vmac}, or set it behind that by {link}"


@rule(
    name="own-address-silent-below-vmac",
    code="VRRP009",
    severity=Severity.ERROR,
    explains=Decision.NEIGHBOUR,
    role="director",
    needs={"sysctl", "addresses", "links", "routes"},
    helps={"local-routes", "policy-rules", "arptables"},
    only_ipv4=True,
)
def own_address_silent_below_vmac(node: Node) -> Iterator[Finding]:
    for silent in silent_below(node):
        vmac, own = silent.vmac, silent.address
        wide = [a for a in node.addresses_on(vmac.name) if silent.asker in a.network]
        evidence = [
            *silent.because,
            cite(own, "an address of the host"),
            cite(vmac, "has a virtual router's MAC, above {link}", link=silent.link.name),
            *(cite(address, "makes a route to {network}", network=address.network) for address in wide),
        ]
        by_hand = BY_HAND.format(network=own.network, vmac=vmac.name, link=silent.link.name)
        fix = as_single_hosts(node, wide) if wide else Fix(now=(by_hand,))
        yield Finding(
            SILENT,
            clients=LOST,
            about={"ip": own.ip, "link": silent.link.name},
            vmac=vmac.name,
            evidence=evidence,
            fix=Fix(now=fix.now, persist=tuple(IN_FILE.format(ip=a.ip) for a in wide), warning=fix.warning),
        )
