"""A real server does not hold the VIP whose requests a director sends it unchanged, and drops the requests."""

from collections.abc import Iterator, Sequence

from lvsdoctor.rulekit import (
    IP,
    Decision,
    Finding,
    Fix,
    Forwarding,
    Membership,
    Node,
    Predicts,
    Severity,
    add_address,
    assume_without,
    captured_by_mark,
    cite,
    delivered,
    filters_seen,
    forwards,
    hide_vips,
    is_local,
    kept_by_persistence,
    left_out_by_files,
    no_transparent_proxy,
    passed_by,
    refuses_ipv6,
    rule,
    schedule_nothing_as_backup,
    takes_without_vip,
)

_DROPS = "{node} does not hold VIP {vip} and drops requests for this address"
_RETURNS = "{node} does not hold VIP {vip} and forwards requests that arrive on {link}"
_CANNOT_REPLY = "{node} does not hold VIP {vip}, so no reply can leave from this address"
_LOST = "Clients whose requests go to {node} get no reply."
_LOOPS = "Each request returns to the director, up to 32 times, and is lost. Clients get no reply."
_LATER = "At a weight above 0 clients whose requests go to {node} get no reply."
_KEPT = "Clients that persistence keeps on {node} get no reply. At a weight above 0 new clients get no reply either."


@rule(
    name="vip-missing-on-real-server", code="DR001", severity=Severity.ERROR, explains=Decision.LOCAL_DELIVERY,
    role="real-server", needs={"addresses"}, general=True, helps=["iptables", "ip6tables", "ipvs",
    "links", "local-routes", "memberships", "policy-rules", "routes", "sockets", "sysctl"],
)  # fmt: skip
def vip_missing_on_real_server(node: Node) -> Iterator[Finding]:
    for vip in node.vips:
        left_out = left_out_by_files(node, vip.ip)
        here = None if left_out else delivered(node, vip.ip)
        if captured_by_mark(node, vip.ip) or (here and is_local(node, vip.ip)):
            continue
        seen = filters_seen(node, vip.ip.version)
        if seen and takes_without_vip(node, vip.ip):
            continue
        told = _listed(node, vip.ip)
        idle = bool(told) and all(listed.destination.weight == 0 for listed in told)
        back = [] if idle or here else [link for link in _arrive_on(node, told) if forwards(node, link)]
        lines = [cite(m.service, "the VIP of {director}", director=m.director.name) for m in told]
        lines += [cite(m.destination, "sent here with {vip} as the destination still", vip=vip.ip) for m in told]
        held_here = () if left_out else node.holding(vip.ip)
        checking = [held for held in held_here if not held.usable and "dadfailed" not in held.flags]
        kept = idle and any(kept_by_persistence(listed) for listed in told)
        taken = assume_without("packets", "no NAT or TPROXY rule takes the requests in", "iptables-save")
        yield Finding(
            _DROPS if idle else _CANNOT_REPLY if here else _RETURNS if back else _DROPS,
            clients=(_KEPT if kept else _LATER) if idle else _LOOPS if back and not here else _LOST,
            about={"vip": vip.ip},
            explains=Decision.REPLY_ROUTE if here else None,
            link=", ".join(back),
            severity=Severity.WARNING if idle or checking else None,
            predicts=None if here else Predicts.REFUSES,
            evidence=[
                *(lines or [cite(vip, "this node is to hold the VIP")]),
                *(line for link in back for line in forwards(node, link).because),
                *(passed_by(node, vip.ip) if seen and not here else ()),
                *(here.because if here else left_out or refuses_ipv6(node, vip.ip, "lo")),
                *((no_transparent_proxy(node, vip.ip),) if here else () if seen else (taken,)),
            ],
            fix=_carry(node, vip.ip),
        )


def _listed(node: Node, vip: IP) -> list[Membership]:
    known = node.memberships if node.has("memberships") else ()
    found = [listed for listed in known if listed.service.serves(vip) and listed.director.name != node.name]
    return [listed for listed in found if listed.forwarding and listed.forwarding.keeps_destination]


def _arrive_on(node: Node, memberships: Sequence[Membership]) -> list[str]:
    """The links of the RIPs that direct routing sends to; none where it is not known what they forward."""
    rips = {listed.destination.ip for listed in memberships if listed.forwarding is Forwarding.DR}
    links = dict.fromkeys(
        address.link for address in node.known_rows("addresses") if address.ip in rips and address.ip.version == 4
    )
    return list(links) if node.has("sysctl") else []


def _carry(node: Node, vip: IP) -> Fix:
    """First hide, then hold: in between the real server would answer ARP for the VIP. One that directs the VIP as well
    would send requests back."""
    hidden = Fix() if vip.version == 6 else hide_vips(node if node.has("sysctl") and node.has("links") else None)
    pair = node.has("ipvs") and any(service.serves(vip) for service in node.services)
    hidden += schedule_nothing_as_backup() if pair else Fix()
    return hidden + add_address(f"{vip}/{vip.max_prefixlen}", "lo", node)
