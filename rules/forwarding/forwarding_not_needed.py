"""A director of DR or TUN alone forwards packets, which nothing here needs."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    Citation,
    Destination,
    Finding,
    Forwarding,
    Link,
    Node,
    NotCollected,
    Severity,
    cite,
    conf_key,
    default_gateways,
    rule,
    set_sysctls,
)

UNROUTED = frozenset({Forwarding.DR, Forwarding.TUN, Forwarding.LOCAL})
BRIDGES = ("br", "cni", "docker", "lxc", "virbr")  # where the dump tells no kinds


@rule(
    name="forwarding-not-needed",
    code="FWD003",
    severity=Severity.NOTE,
    role="director",
    needs={"ipvs", "sysctl | configured-sysctl", "addresses", "links", "routes"},
    only_ipv4=True,
)
def forwarding_not_needed(node: Node) -> Iterator[Finding]:
    destinations = {real.forwarding: real for service in node.services for real in service.destinations}
    marks = [service for service in node.services if service.fwmark is not None]
    setting = node.sysctl("net.ipv4.ip_forward")
    if not setting.value or marks or not destinations or not UNROUTED.issuperset(destinations):
        return
    link = _only_link(node)
    if link is None or {hop.link for _, hop in default_gateways(node)} != {link.name}:
        return
    if any(node.peers_with_gateway_at(node)):
        return
    closed = {conf_key(name, "accept_redirects"): 0 for name in ("all", link.name)}
    yield Finding(
        "{node} forwards packets (net.ipv4.ip_forward=1), which its services (DR, TUN) do not need",
        clients="Clients are served. {node} also forwards packets of other hosts that use it as gateway.",
        about={},
        evidence=[cite(setting, "packets of every host are forwarded"), *map(_handed_on, destinations.values())],
        fix=set_sysctls({"net.ipv4.ip_forward": 0} | closed),
    )


def _handed_on(real: Destination) -> Citation:
    how = real.forwarding.value if real.forwarding else ""
    return cite(real, "{how}: IPVS itself sends the request on, and the reply does not come back here", how=how)


def _only_link(node: Node) -> Link | None:
    """The one link with IPv4, if nothing is up beside it, as on a router or a host of guests or containers."""
    wires = [link for link in node.links_hearing_arp if any(a.ip.version == 4 for a in node.addresses_on(link.name))]
    if len(wires) != 1 or wires[0].kind == "bridge" or wires[0].name.startswith(BRIDGES):
        return None
    below = {wires[0].name, wires[0].parent}
    for link in node.links:
        own = link.loopback or link.name in below or link.master in below
        idle = link.type == "ipip" and not node.addresses_on(link.name)
        if link.up and not (own or idle or link.kind == "dummy" or link.name.startswith("dummy")):
            if not link.type:
                raise NotCollected("links", node.name)  # it could be the idle tunl0
            return None
    return wires[0]
