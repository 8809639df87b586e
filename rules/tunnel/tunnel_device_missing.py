"""A TUN director sends packets in packets, and no link of the real server unpacks them."""

from collections.abc import Iterator, Sequence

from lvsdoctor.rulekit import (
    IP,
    UNPACKED_BY,
    Finding,
    Fix,
    Forwarding,
    Link,
    Membership,
    Node,
    NotCollected,
    Severity,
    check_loosely,
    cite,
    command,
    rp_filter_drops,
    rule,
    takes,
    tunnel_for,
    tunnels_of,
)

MODULES = {"ipip": "ipip", "gre": "ip_gre"}
FALLBACKS = {"ipip": "tunl0", "gre": "gre0"}  # made by the module, takes what no other tunnel takes

MISSING = "{node} cannot unpack what director {director} tunnels to {rip}: it has no {kind} link"
DOWN = "{node} cannot unpack what director {director} tunnels to {rip}: {link} is down"
OTHERS = "{node} cannot unpack what director {director} tunnels to {rip}: {other} is for other tunnel ends"


@rule(
    name="tunnel-device-missing",
    code="TUN001",
    severity=Severity.ERROR,
    role="real-server",
    needs={"memberships", "links", "addresses"},
    helps={"sysctl", "routes", "local-routes", "policy-rules"},
)
def tunnel_device_missing(node: Node) -> Iterator[Finding]:
    tunnelled: dict[tuple[IP, str], list[Membership]] = {}
    for member in node.memberships:
        rip, vip = member.destination.ip, member.service.vip
        if member.forwarding is not Forwarding.TUN or rip is None or rip.version != 4 or (vip and vip.version != 4):
            continue
        if not member.director.holding(rip):
            tunnelled.setdefault((rip, member.destination.tunnel_type), []).append(member)
    for (rip, kind), members in tunnelled.items():
        if kind not in UNPACKED_BY or any(tunnel_for(node, member) for member in members):
            continue
        tunnels = tunnels_of(node, kind)
        down = [link for link in tunnels if not link.up and any(takes(link, member) for member in members)]
        listed, director = members[0].destination, members[0].director.name
        name = down[0].name if down else FALLBACKS[kind]
        yield Finding(
            DOWN if down else OTHERS if tunnels else MISSING,
            about={"rip": rip, "link": name},
            director=director,
            kind=kind,
            other=tunnels[0].name if tunnels else "",
            evidence=[
                cite(listed, "{director} tunnels to {rip} ({kind})", director=director, rip=rip, kind=kind),
                *(cite(link, "not up" if link in down else "for other ends") for link in tunnels),
            ],
            fix=_fix(node, kind, name, tunnels, members),
        )
    if any(kind == "gue" for _, kind in tunnelled):
        # GUE is unpacked by a UDP socket of the kernel, which no dump that is read here shows.
        raise NotCollected("links", node.name, "ip fou show")


def _fix(node: Node, kind: str, name: str, tunnels: Sequence[Link], members: Sequence[Membership]) -> Fix:
    load = Fix(
        now=(command("modprobe", MODULES[kind]),),
        persist=(f"echo {MODULES[kind]} >> /etc/modules-load.d/lvs.conf",),
    )
    up = Fix(
        now=(command("ip", "link", "set", name, "up"),),
        persist=(f"# and in the host's network configuration: {name} comes up at boot",),
    )
    fix = up if tunnels else load + up
    # A link that comes up starts with conf/default's rp_filter: the requests must not be dropped there instead.
    held = [address for address in node.addresses_on(name) if address.ip.version == 4]
    for vip in [member.service.vip for member in members if member.service.vip]:
        known = node.has("sysctl") and node.has("routes")
        if not known or rp_filter_drops(node, vip, name):
            return fix + check_loosely(name, vip=None if held else vip)
    return fix
