"""Probes show it: a host that should not answer for the VIP answers, or two hosts answer for one address."""

from collections.abc import Iterator, Sequence

from lvsdoctor.rulekit import (
    IP,
    ArpResponder,
    ArpTarget,
    Decision,
    Destination,
    Finding,
    Fix,
    Node,
    Severity,
    announced_by,
    arp_responders,
    cite,
    directs,
    explained_by_dumps,
    find_host,
    give_up,
    listed_as,
    rule,
    serves_its_own,
    services_of,
    stop_answering,
)

_REAL = "{responder}, a real server, answers {word} for VIP {vip} on {where} too"
_ALONE = "{responder}, a real server, is the only host that answers {word} for VIP {vip} on {where}"
_OTHER = "{responder} answers {word} for VIP {vip} on {where}, and {beside} does too"
_DUPLICATE = "{responder} answers {word} for {vip} on {where}, an address of {beside}"
_TWICE = "{responder} answers {word} for {vip} on {where}, and {beside} does too"
_SOME = "Some clients send to {responder} directly, not through the director."
_ALL = "Clients on {where} send to {responder} directly, not through the director."
_SHARED = "Some clients send to {responder}, other clients to {beside}."
_LOST = "Some hosts send packets for {vip} to {responder} and not to {beside}."
_MAYBE = "If {responder} and {beside} are two hosts, each gets a part of the packets for {vip}."


@rule(
    name="vip-answered-by-another-host", code="ARP020", severity=Severity.ERROR, explains=Decision.ARP_REPLY,
    needs={"probes", "links", "addresses"},
    helps={"ipvs", "ipvs-stats", "neighbours", "sysctl", "routes", "local-routes", "policy-rules", "arptables"},
    consequence=True,
)  # fmt: skip
def vip_answered_by_another_host(node: Node) -> Iterator[Finding]:
    for said in arp_responders(node):
        # A real server that asks may have the VIP itself; that it should keep silent is another rule's.
        ours = () if _hidden_at(node, said.ip) else said.own
        reals = {one.mac: listed_as(node, one, said.ip) for one in said.responders}
        ranked = sorted(said.responders, key=lambda one: _rank(one, said.ip, reals[one.mac]))
        rightly = None if ours else next(iter(ranked), None)
        for one in ranked:
            real = reals[one.mac]
            if explained_by_dumps(node, one, said.ip) or (one is rightly and real is None):
                continue
            other = rightly if rightly is not one else None
            if ours or other or not _may_direct(node, one, said.ip):
                yield _finding(node, said, one, real, other)


def _rank(responder: ArpResponder, ip: IP, real: Destination | None) -> tuple[bool, bool, bool, str]:
    """Who answers rightly, most likely: a director, a virtual router, an unknown host; a real server never."""
    return real is not None, not (responder.peer and directs(responder.peer, ip)), not responder.virtual, responder.mac


def _hidden_at(node: Node, ip: IP) -> bool:
    return any(vip.ip == ip for vip in node.hidden_vips)


def _may_direct(node: Node, responder: ArpResponder, vip: IP) -> bool:
    """Could a real server of which there is no dump be a director that serves its own, like the others?"""
    directors: Sequence[Node] = [host for host in (node, *node.peers_directing(vip)) if directs(host, vip)]
    return responder.peer is None and any(serves_its_own(host, vip, directors) for host in directors)


def _shown(responder: ArpResponder) -> str:
    return responder.mac if responder.name == responder.mac else f"{responder.name} ({responder.mac})"


def _finding(
    node: Node, target: ArpTarget, responder: ArpResponder, real: Destination | None, other: ArpResponder | None
) -> Finding:
    vip, ours = target.ip, bool(target.own) and not _hidden_at(node, target.ip)
    beside = node.name if ours else _shown(other) if other else ""
    known = bool(services_of(node, vip)) or _hidden_at(node, vip)
    message = (_REAL if beside else _ALONE) if real else _OTHER if known else _DUPLICATE if ours else _TWICE
    heard_here = [cite(reply, "{name} answered", name=responder.name) for reply in responder.replies]
    heard_too = [cite(other.replies[0], "{name} answered too", name=other.name)] if other else []
    listed = [cite(real, "{name} is a real server", name=responder.name)] if real else []
    held = [cite(address, "{node} has {vip} too", node=node.name, vip=vip) for address in target.own if ours]
    return Finding(
        message,
        clients={_REAL: _SOME, _ALONE: _ALL, _OTHER: _SHARED, _DUPLICATE: _LOST, _TWICE: _MAYBE}[message],
        about={"vip": vip, "link": target.link, "mac": responder.mac},
        evidence=[*heard_here, *heard_too, *responder.because, *listed, *held],
        fix=_fix(responder, vip, real) + (announced_by(node.name, [target.link or "LINK"], vip) if ours else Fix()),
        severity=Severity.WARNING if message is _TWICE else None,
        decided_at=responder.name,
        responder=_shown(responder),
        word="ARP requests" if vip.version == 4 else "neighbour solicitations",
        where=target.link or "the segment",
        beside=beside,
    )


def _fix(responder: ArpResponder, vip: IP, real: Destination | None) -> Fix:
    """For the host that answered; where that host is not known, it is only told how to find it."""
    host = Fix(node=responder.name)
    if real is not None and real.forwarding and not real.forwarding.keeps_destination and responder.peer:
        return host + give_up(responder.peer, vip)
    if real is not None:
        return host + stop_answering(responder.peer, vip)
    held = give_up(responder.peer, vip) if responder.peer and responder.peer.has("addresses") else Fix()
    return host + held if held.now else find_host(responder.mac, vip)
