"""A TUN director sends packets in packets, and no interface of the real server unpacks them."""

from collections.abc import Iterator, Sequence

from lvsdoctor.rulekit import (
    UNPACKED_BY,
    Decision,
    Finding,
    Fix,
    Link,
    LoadModule,
    Membership,
    Node,
    NotCollected,
    SetLink,
    Severity,
    check_loosely,
    cite,
    rp_filter_drops,
    rule,
    spell,
    takes,
    tun_memberships,
    tunnel_for,
    tunnel_kind,
    tunnels_of,
    word,
)

MODULES = {"ipip": "ipip", "gre": "ip_gre", "ip6tnl": "ip6_tunnel", "ip6gre": "ip6_gre"}
FALLBACKS = {"ipip": "tunl0", "gre": "gre0", "ip6tnl": "ip6tnl0", "ip6gre": "ip6gre0"}  # each made by its module
MISSING = "{node} cannot unpack what director {director} tunnels to {rip} (no {kind} interface)"
DOWN = "{node} cannot unpack what director {director} tunnels to {rip} ({link} is down)"
OTHERS = "{node} cannot unpack what director {director} tunnels to {rip} ({other} is for other tunnel ends)"


@rule(
    name="tunnel-device-missing", code="TUN001", severity=Severity.ERROR, explains=Decision.DECAPSULATION,
    role="real-server", needs={"memberships", "links", "addresses"},
    helps={"sysctl", "routes", "local-routes", "policy-rules"}, harmless_at_weight_0=True,
)  # fmt: skip
def tunnel_device_missing(node: Node) -> Iterator[Finding]:
    tunnelled = tun_memberships(node)
    for (rip, packed), listings in tunnelled.items():
        if packed not in UNPACKED_BY or any(tunnel_for(node, listing) for listing in listings):
            continue
        tunnels = tunnels_of(node, kind := tunnel_kind(listings[0]))
        down = [link for link in tunnels if not link.up and any(takes(link, listing) for listing in listings)]
        listed, director = listings[0].destination, listings[0].director.name
        name = down[0].name if down else FALLBACKS[kind]
        yield Finding(
            DOWN if down else OTHERS if tunnels else MISSING,
            clients="Clients whose requests go to {rip} get no reply.",
            about={"rip": rip, "link": name},
            director=director,
            kind=kind,
            other=tunnels[0].name if tunnels else "",
            evidence=[
                cite(listed, "{director} tunnels to {rip} ({kind})", director=director, rip=rip, kind=kind),
                *(cite(link, "not up" if link in down else "for other ends") for link in tunnels),
            ],
            fix=_fix(node, kind, name, tunnels, listings),
        )
    if any(kind == "gue" for _, kind in tunnelled):
        # GUE is unpacked by a UDP socket of the kernel, which no dump that is read here shows.
        raise NotCollected("links", node.name, "the GUE tunnels", "ip fou show")


def _fix(node: Node, kind: str, name: str, tunnels: Sequence[Link], listings: Sequence[Membership]) -> Fix:
    load = Fix(
        now=(spell(LoadModule(MODULES[kind])),),
        persist=(f"echo {MODULES[kind]} >> /etc/modules-load.d/lvs.conf",),
    )
    up = Fix(
        now=(spell(SetLink(name, up=True)),),
        persist=(f"# in the network configuration of the host: {word(name)} comes up at boot",),
    )
    fix = up if tunnels else load + up
    # A link that comes up starts with conf/default's rp_filter: the requests must not be dropped there instead.
    held = [address for address in node.addresses_on(name) if address.ip.version == 4]
    for vip in [vip for listing in listings for vip, _ in listing.service.vips if vip.version == 4]:
        known = node.has("sysctl") and node.has("routes")
        if not known or rp_filter_drops(node.aside(), vip, name):
            return fix + check_loosely(name, vip=None if held else vip)
    return fix
