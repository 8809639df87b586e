"""Probes show it: a host beside the directors sent both kinds of requests for the VIP, and no host answered."""

from collections.abc import Iterator, Sequence

from lvsdoctor.rulekit import (
    NOBODY,
    Address,
    ArpTarget,
    Decision,
    Finding,
    Fix,
    Node,
    Severity,
    add_address,
    announce_again,
    answers_arp_or_ndp,
    arp_responders,
    captured_by_mark,
    cite,
    directors_of,
    is_local,
    reached_by_route,
    rule,
    services_of,
    word,
)

_SILENT = "{node} gets no answer to {word} for VIP {vip} on {link}, but {director} has this VIP"
_GONE = "{node} gets no answer to {word} for VIP {vip} on {link}, and no scanned director has this VIP"
_SEEK = (
    "# on {director}: does the request come in (tcpdump -eni any arp and host {vip})? arptables -nvL; nft list ruleset",
    "# between the two: is it the same VLAN? do the ports of the switch isolate the hosts, or does it filter ARP?",
)
_SINGLE_HOLDER = (
    "Only one director may hold a VIP. First find out what happened to the active director. If keepalived or pacemaker "
    "moves the VIP, repair that instead. It removes only an address that it added itself."
)


@rule(
    name="vip-answered-by-nobody", code="ARP021", severity=Severity.ERROR, explains=Decision.ARP_REPLY,
    needs={"probes", "links", "addresses"},
    helps="ipvs ipvs-stats neighbours sysctl routes local-routes policy-rules arptables memberships".split(),
)  # fmt: skip
def vip_answered_by_nobody(node: Node) -> Iterator[Finding]:
    for said in arp_responders(node):
        vip, subnet = said.ip, _subnet(node, said)
        directors = directors_of(node, vip)
        if (
            any(probe.replies for probe in said.probes)
            or subnet is None
            or not _asked_well(said)
            or is_local(node, vip)
        ):
            continue
        if not directors or _routed(node, said, subnet, directors):
            continue
        having = next((one for one in directors if one is not node and answers_arp_or_ndp(one, vip)), None)
        # Of directors that are in the scan and do not have it, other rules tell.
        if having is None and (node not in directors or node.peers):
            continue
        service = services_of(node, vip)[0]
        asked = [cite(probe, "{count} requests and no answer", count=probe.asked) for probe in said.probes]
        yield Finding(
            _SILENT if having else _GONE,
            clients="Hosts on {link} cannot find {vip}. Clients on {link}, or behind its routers, get no reply.",
            about={"vip": vip, "link": said.link},
            evidence=[*asked, cite(subnet, "the VIP is in a subnet of {link}", link=said.link), cite(service)],
            fix=_search(having, said) if having else _take_over(said),
            word="ARP requests" if vip.version == 4 else "neighbour solicitations",
            decided_at=having.name if having else "",
            director=having.name if having else "",
        )


def _subnet(node: Node, target: ArpTarget) -> Address | None:
    """What tells that hosts of this link ask for the VIP at all."""
    held = (a for a in node.addresses_on(target.link) if not a.host_only and a.ip != target.ip)
    return next((address for address in held if target.ip in address.network), None)


def _asked_well(target: ArpTarget) -> bool:
    """With the address of a neighbour and, for IPv4, 0.0.0.0 as sender: a host may refuse one alone (rp_filter,
    arp_ignore=2)."""
    senders = {sender for probe in target.probes for sender in probe.senders} - {target.ip}
    return bool(senders - {NOBODY}) and (target.ip.version == 6 or NOBODY in senders)


def _routed(node: Node, target: ArpTarget, subnet: Address, directors: Sequence[Node]) -> bool:
    """Do requests come by a route or a mark, so that no host need answer?"""
    if any(reached_by_route(one, target.ip) or captured_by_mark(one, target.ip) for one in directors):
        return True
    ways = [route for one in (node, *node.peers) if one.has("routes") for route in one.routes]
    return any(w.dst.prefixlen > subnet.prefixlen and target.ip in w.dst and w.gateways for w in ways)


def _search(director: Node, target: ArpTarget) -> Fix:
    return Fix(now=tuple(line.format(director=word(director.name), vip=target.ip) for line in _SEEK))


def _take_over(target: ArpTarget) -> Fix:
    fix = add_address(f"{target.ip}/{target.ip.max_prefixlen}", target.link)
    announced = (announce_again(target.link, target.ip),) if target.ip.version == 4 else ()
    return fix + Fix(now=announced, warning=_SINGLE_HOLDER)
