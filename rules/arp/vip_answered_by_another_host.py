"""The wire shows it: a host that should keep silent answers for the VIP, or two hosts answer for one address."""

from collections.abc import Iterator, Sequence

from lvsdoctor.rulekit import (
    IP,
    Answerer,
    Destination,
    Finding,
    Fix,
    Heard,
    Node,
    Severity,
    announced_by,
    cite,
    directs,
    find_host,
    foretold,
    give_up,
    heard,
    listing,
    rule,
    serves_its_own,
    services_of,
    stop_answering,
)

_REAL = (
    "real server {responder} answers {word} for VIP {vip} on {where} too: clients that believe it pass the director by"
)
_ALONE = (
    "real server {responder} answers {word} for VIP {vip} on {where}, and nobody else does: "
    "clients there pass the directors by"
)
_OTHER = "{responder} answers {word} for VIP {vip} on {where}, and so does {beside}: each takes some of the clients"
_DUPLICATE = "{responder} answers {word} for {vip} on {where}, which is {beside}'s: two hosts have that address"
_TWICE = (
    "{responder} answers {word} for {vip} on {where}, and so does {beside}: "
    "two hosts have that address, unless both are links of one host"
)


@rule(
    name="vip-answered-by-another-host",
    code="ARP020",
    severity=Severity.ERROR,
    needs={"probes", "links", "addresses"},
    helps={"ipvs", "neighbours", "sysctl", "routes", "local-routes", "policy-rules", "arptables"},
    consequence=True,
)
def vip_answered_by_another_host(node: Node) -> Iterator[Finding]:
    for said in heard(node):
        # A real server that asks may have the VIP itself; that it should keep silent is another rule's.
        ours = () if _hidden_at(node, said.target) else said.own
        reals = {one.mac: listing(node, one, said.target) for one in said.answerers}
        ranked = sorted(said.answerers, key=lambda one: _rank(one, said.target, reals[one.mac]))
        rightly = None if ours else next(iter(ranked), None)
        for one in ranked:
            real = reals[one.mac]
            if foretold(node, one, said.target) or (one is rightly and real is None):
                continue
            other = rightly if rightly is not one else None
            if ours or other or not _may_direct(node, one, said.target):
                yield _finding(node, said, one, real, other)


def _rank(one: Answerer, ip: IP, real: Destination | None) -> tuple[bool, bool, bool, str]:
    """Who answers rightly, most likely: a director, a virtual router, somebody unknown; a real server never."""
    return real is not None, not (one.peer and directs(one.peer, ip)), not one.virtual, one.mac


def _hidden_at(node: Node, ip: IP) -> bool:
    return any(vip.ip == ip for vip in node.vips_to_hide)


def _may_direct(node: Node, one: Answerer, vip: IP) -> bool:
    """Could a real server of which there is no dump be a director that serves its own, like the others?"""
    directors: Sequence[Node] = [each for each in (node, *node.peers_directing(vip)) if directs(each, vip)]
    return one.peer is None and any(serves_its_own(each, vip, directors) for each in directors)


def _shown(one: Answerer) -> str:
    return one.mac if one.name == one.mac else f"{one.name} ({one.mac})"


def _finding(node: Node, said: Heard, one: Answerer, real: Destination | None, other: Answerer | None) -> Finding:
    vip, ours = said.target, bool(said.own) and not _hidden_at(node, said.target)
    beside = node.name if ours else _shown(other) if other else ""
    known = bool(services_of(node, vip)) or _hidden_at(node, vip)
    message = (_REAL if beside else _ALONE) if real else _OTHER if known else _DUPLICATE if ours else _TWICE
    heard_here = [cite(reply, "{name} answered", name=one.name) for reply in one.replies]
    heard_too = [cite(other.replies[0], "and so did {name}", name=other.name)] if other else []
    listed = [cite(real, "{name} is a real server", name=one.name)] if real else []
    held = [cite(address, "{node} has it too", node=node.name) for address in said.own if ours]
    return Finding(
        message,
        about={"vip": vip, "link": said.link, "mac": one.mac},
        evidence=[*heard_here, *heard_too, *one.because, *listed, *held],
        fix=_fix(one, vip, real) + (announced_by(node.name, [said.link or "LINK"], vip) if ours else Fix()),
        severity=Severity.WARNING if message is _TWICE else None,
        responder=_shown(one),
        word="ARP" if vip.version == 4 else "neighbour discovery",
        where=said.link or "the wire",
        beside=beside,
    )


def _fix(one: Answerer, vip: IP, real: Destination | None) -> Fix:
    """For the host that answered; where nobody knows which that is, it is only told how to find it."""
    host = Fix(node=one.name)
    if real is not None and real.forwarding and not real.forwarding.keeps_destination and one.peer:
        return host + give_up(one.peer, vip)
    if real is not None:
        return host + stop_answering(one.peer, vip)
    held = give_up(one.peer, vip) if one.peer and one.peer.has("addresses") else Fix()
    return host + held if held.now else find_host(one.mac, vip)
