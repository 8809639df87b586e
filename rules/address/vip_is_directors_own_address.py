"""The director speaks to its real servers in the name of the VIP, which they hold themselves: they never answer."""

from collections.abc import Iterator, Sequence

from lvsdoctor.rulekit import (
    IP,
    Citation,
    Destination,
    Finding,
    Forwarding,
    Node,
    Severity,
    Voice,
    assume,
    cite,
    free_from_vip,
    is_local,
    real_server,
    rule,
    source_ok,
    voices,
)

_ASKS = "{node} asks for {rips} on {link} in the name of VIP {vip}: a real server that holds the VIP never answers"
_ASKS_ALWAYS = (
    "{node} asks for {rips} on {link} in the name of VIP {vip}, its only address there: "
    "a real server that holds the VIP never answers"
)
_TUNNELS = "{node} tunnels to {rips} with VIP {vip} as the source: a real server that holds the VIP drops that"
_SENDS = (
    "{node} sends packets of its own to {rips} with VIP {vip} as the source: a real server that holds the VIP "
    "drops them, so health checks fail"
)


@rule(
    name="vip-is-directors-own-address",
    code="ADDR003",
    severity=Severity.ERROR,
    role="director",
    needs={"ipvs", "addresses", "links"},
    helps={"routes", "local-routes", "policy-rules", "sysctl", "arptables", "neighbours"},
)
def vip_is_directors_own_address(node: Node) -> Iterator[Finding]:
    found: dict[tuple[IP, str], list[tuple[Destination, Voice, tuple[Citation, ...]]]] = {}
    heard: dict[IP, tuple[Voice, ...]] = {}
    for service in node.services:
        for real in service.destinations:
            if real.ip is None or real.ip.version == 6 or real.forwarding not in (Forwarding.DR, Forwarding.TUN):
                continue
            if real.ip not in heard:
                heard[real.ip] = voices(node, real.ip)
            voice = next((voice for voice in heard[real.ip] if voice.ip == service.vip), None)
            if voice and (refused := _refused(node, voice.ip, real.ip)):
                found.setdefault((voice.ip, voice.link), []).append((real, voice, refused))
    for (vip, link), rows in found.items():
        only = {address.ip for address in node.addresses_on(link) if address.ip.version == 4} == {vip}
        by_arp = any(voice.by_arp for _, voice, _ in rows)
        tunnelled = any(real.forwarding is Forwarding.TUN for real, _, _ in rows)
        yield Finding(
            (_ASKS_ALWAYS if only else _ASKS) if by_arp else _TUNNELS if tunnelled else _SENDS,
            about={"vip": vip, "link": link},
            rips=", ".join(dict.fromkeys(str(real.ip) for real, _, _ in rows)),
            severity=None if by_arp or tunnelled else Severity.WARNING,
            evidence=[
                *(cite(real, "sent on with {vip} unchanged", vip=vip) for real, _, _ in rows),
                *(line for _, voice, refused in rows for line in (*voice.because, *refused)),
                *_unresolved(node, [real.ip for real, _, _ in rows]),
            ],
            fix=free_from_vip(node, link, vip),
        )


def _refused(node: Node, vip: IP, rip: IP) -> tuple[Citation, ...]:
    """Why the real server does not take what comes from the VIP; nothing if it does."""
    server = real_server(node, rip)
    if server is None:
        text = "the real servers hold the VIP, as they must, and accept_local is 0 there"
        return (assume("addresses", text, settle="ip addr show; sysctl -a  # on each real server"),)
    held = is_local(server, vip)
    if held is None or not server.has("sysctl"):
        unknown = assume("sysctl", "accept_local = 0 on the real server")
        return (*held.because, unknown) if held else ()
    accepted = source_ok(server, vip, rip, arrived_on=server.holding(rip)[0].link)
    return () if accepted else accepted.because


def _unresolved(node: Node, rips: Sequence[IP | None]) -> list[Citation]:
    entries = node.neighbours if node.has("neighbours") else ()
    return [
        cite(n, "and indeed it does not answer")
        for n in entries
        if n.ip in rips and n.state in ("INCOMPLETE", "FAILED")
    ]
