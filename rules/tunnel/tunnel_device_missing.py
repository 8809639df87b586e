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
    drops_ipv6,
    restore_ipv6,
    rp_filter_drops,
    rule,
    spell,
    takes,
    tun_memberships,
    tunnel_for,
    tunnel_kind,
    tunnels_of,
    word,
)  # fmt: skip

MODULES = {"ipip": "ipip", "gre": "ip_gre", "ip6tnl": "ip6_tunnel", "ip6gre": "ip6_gre"}
FALLBACKS = {"ipip": "tunl0", "gre": "gre0", "ip6tnl": "ip6tnl0", "ip6gre": "ip6gre0"}  # each made by its module
MISSING = "{node} cannot unpack what director {director} tunnels to {rip} (no {kind} interface)"
DOWN = "{node} cannot unpack what director {director} tunnels to {rip} ({link} is down)"
OFF = "{node} cannot unpack what director {director} tunnels to {rip} ({link} drops IPv6 packets)"
OTHERS = "{node} cannot unpack what director {director} tunnels to {rip} ({other} is for other tunnel ends)"


@rule(
    name="tunnel-device-missing", code="TUN001", severity=Severity.ERROR, explains=Decision.DECAPSULATION,
    role="real-server", needs={"memberships", "links", "addresses"},
    helps={"sysctl", "routes", "local-routes", "policy-rules"}, harmless_at_weight_0=True,
)  # fmt: skip
def tunnel_device_missing(node: Node) -> Iterator[Finding]:
    tunnelled = tun_memberships(node)
    for (rip, packed), listings in tunnelled.items():
        taking = [tunnel_for(node, listing) for listing in listings] if packed in UNPACKED_BY else []
        if not taking or any(link and not (rip.version == 6 and drops_ipv6(node, link.name)) for link in taking):
            continue
        silent = next((link for link in taking if link), None)
        tunnels = tunnels_of(node, kind := tunnel_kind(listings[0]))
        down = [link for link in tunnels if not link.up and any(takes(link, listing) for listing in listings)]
        listed, director = listings[0].destination, listings[0].director.name
        name = silent.name if silent else down[0].name if down else FALLBACKS[kind]
        yield Finding(
            OFF if silent else DOWN if down else OTHERS if tunnels else MISSING,
            clients="Clients whose requests go to {rip} get no reply.",
            about={"rip": rip, "link": name}, director=director, kind=kind, other=tunnels[0].name if tunnels else "",
            evidence=[
                cite(listed, "{director} tunnels to {rip} ({kind})", director=director, rip=rip, kind=kind),
                *(drops_ipv6(node, name).because if silent else ()),
                *(cite(link, "not up" if link in down else "for other ends") for link in tunnels if not silent),
            ],
            fix=restore_ipv6(node, [silent], rip) if silent else _fix(node, kind, name, tunnels, listings),
        )  # fmt: skip
    if any(kind == "gue" for _, kind in tunnelled):
        # GUE is unpacked by a UDP socket of the kernel, which no dump that is read here shows.
        raise NotCollected("links", node.name, "the GUE tunnels", "ip fou show")


def _fix(node: Node, kind: str, name: str, tunnels: Sequence[Link], listings: Sequence[Membership]) -> Fix:
    last = f"echo {MODULES[kind]} >> /etc/modules-load.d/lvs.conf"
    load = Fix(now=(spell(LoadModule(MODULES[kind])),), persist=(last,))
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
