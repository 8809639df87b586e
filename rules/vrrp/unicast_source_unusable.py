"""An instance of VRRP uses one of its own VIPs as unicast_src_ip, or has itself among its unicast peers."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Finding, Fix, ForeignSource, Node, Severity, VrrpInstance, cite, foreign_source, rule

VIP_AS_SOURCE = "{node} stays in FAULT state, as unicast_src_ip is VIP {vip}"
FOREIGN = "{node} stays in FAULT state, as unicast_src_ip {ip} is no address of {node}"
OWN_PEER = "{node} sends its VRRP advertisements to itself: {ip} is unicast_src_ip and in unicast_peer"
FILE = ("# then reload keepalived: systemctl reload keepalived",)


@rule(
    name="unicast-source-unusable",
    code="VRRP005",
    severity=Severity.ERROR,
    needs={"vrrp"},
    helps={"addresses", "routes"},
    cause=True,
)
def unicast_source_unusable(node: Node) -> Iterator[Finding]:
    for instance in node.vrrp_instances:
        if instance.source is None:
            continue
        if instance.source in instance.vips:
            yield _vip_as_source(instance)
        if (other := foreign_source(node, instance)) is not None:
            yield _foreign(instance, other)
        if instance.source in (instance.peers or ()):
            yield Finding(
                OWN_PEER,
                clients="Clients see no difference. The log has one line for each advertisement.",
                about={"ip": instance.source},
                severity=Severity.WARNING,
                evidence=[
                    cite(instance.line("unicast_src_ip"), "the address of this host"),
                    cite(instance.line("unicast_peer"), "this list has the same address"),
                ],
                fix=Fix(now=("# in keepalived.conf: only the other directors in unicast_peer", *FILE)),
                decided_by=instance.line("unicast_peer"),
            )


def _vip_as_source(instance: VrrpInstance) -> Finding:
    held = next(address for address in instance.brings_up if address.ip == instance.source)
    return Finding(
        VIP_AS_SOURCE,
        clients="Clients get no answer for {vip}, unless another director has the VIP.",
        about={"vip": held.ip},
        evidence=[
            cite(instance.line("unicast_src_ip"), "this address is not on the host while keepalived starts"),
            cite(held, "a VIP of the same instance, which only a master has"),
        ],
        fix=Fix(now=("# in keepalived.conf: an address of this host, not a VIP, as unicast_src_ip", *FILE)),
    )


def _foreign(instance: VrrpInstance, other: ForeignSource) -> Finding:
    return Finding(
        FOREIGN,
        clients="Clients get no answer for {vip}, unless another director has the VIP.",
        about={"ip": instance.source},
        vip=instance.brings_up[0].ip if instance.brings_up else "the VIPs",
        severity=None if other.proved else Severity.WARNING,
        evidence=[cite(instance.line("unicast_src_ip"), "the address that keepalived binds to"), *other.because],
        fix=Fix(now=("# in keepalived.conf: an address of this host as unicast_src_ip", *FILE)),
    )
