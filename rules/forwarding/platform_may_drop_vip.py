"""A director runs in a cloud, whose network may drop what is for the VIP, or does not carry multicast."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Citation, Finding, Fix, Forwarding, Node, Severity, cite, platform, rule

MAY_DROP = "{node} runs on {platform}, whose network may drop packets and ARP announcements of VIPs"
CLIENTS = "Clients get no answer where the network drops them. No dump of {node} shows that."
NAMED = "the name that the firmware has for this machine"
ASK = "# ask the platform: {settle}"
UNICAST = "# better, name the peers in unicast_peer: a network of a cloud carries no multicast"
HANDED_ON = "{method}: the real server gets a packet for the VIP, an address that is not of its port"


@rule(
    name="platform-may-drop-vip",
    code="DR010",
    severity=Severity.NOTE,
    role="director",
    needs={"ipvs", "machine"},
    helps={"vrrp"},
)
def platform_may_drop_vip(node: Node) -> Iterator[Finding]:
    cloud = platform(node)
    if cloud is None or not cloud.cloud:
        return
    multicast = [*_multicast(node)]
    if reasons := [*_handed_on(node), *multicast]:
        yield Finding(
            MAY_DROP,
            clients=CLIENTS,
            about={"platform": cloud.name},
            evidence=[cite(cloud.seen, NAMED), *reasons],
            fix=Fix(now=(ASK.format(settle=cloud.settle),), persist=(UNICAST,) if multicast else ()),
        )


def _handed_on(node: Node) -> Iterator[Citation]:
    """The first real server of DR or TUN."""
    for service in node.services:
        for real in service.destinations:
            if real.forwarding in (Forwarding.DR, Forwarding.TUN):
                yield cite(real, HANDED_ON, method=real.forwarding.value)
                return


def _multicast(node: Node) -> Iterator[Citation]:
    """The first instance of VRRP without unicast_peer."""
    for instance in node.vrrp_instances if node.has("vrrp") else ():
        if instance.peers is None:
            yield cite(instance, "sends advertisements by multicast")
            return
