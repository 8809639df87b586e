"""The director uses the VIP as source towards real servers that hold the VIP themselves: they never answer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lvsdoctor.rulekit import (
    IP,
    Citation,
    Decision,
    Destination,
    Finding,
    Forwarding,
    Node,
    Severity,
    SourceAddress,
    assume,
    cite,
    free_from_vip,
    is_local,
    real_server,
    rule,
    source_addresses,
    source_ok,
)

_ASKS = "{node} uses VIP {vip} as sender IP address in ARP requests for {rips} on {link}"
_ASKS_ALWAYS = "{node} uses VIP {vip}, the only address of {link}, as sender IP address in ARP requests for {rips}"
_TUNNELS = "{node} uses VIP {vip} as source address of tunnelled requests to {rips}"
_SENDS = "{node} uses VIP {vip} as source address of its own packets to {rips}"
_DROPPED = "Clients get no reply from {rips}. A real server that holds the VIP drops packets from its own address."
_CHECKS = "Health checks from {node} get no reply from {rips}. A failed health check takes {rips} out of service."
_WORST_FIRST = (_ASKS, _TUNNELS, _SENDS)


@rule(
    name="vip-is-directors-own-address", code="ADDR003", severity=Severity.ERROR, explains=Decision.NEIGHBOUR,
    role="director", needs={"ipvs", "addresses | configured-addresses", "links"},
    helps={"routes", "local-routes", "policy-rules", "sysctl", "arptables", "neighbours"}, only_ipv4=True,
)  # fmt: skip
def vip_is_directors_own_address(node: Node) -> Iterator[Finding]:
    found: dict[tuple[IP, str], list[_Unheard]] = {}
    heard: dict[IP, tuple[SourceAddress, ...]] = {}
    for service in node.services:
        for real in service.destinations:
            if real.ip is None or real.ip.version == 6 or real.forwarding not in (Forwarding.DR, Forwarding.TUN):
                continue
            if real.ip not in heard:
                heard[real.ip] = source_addresses(node, real.ip)
            named = [voice for voice in heard[real.ip] if service.serves(voice.ip)]
            if named and (unheard := _unheard(node, real, real.ip, named)):
                found.setdefault((named[0].ip, named[0].link), []).append(unheard)
    for (vip, link), all_rows in found.items():
        text = min((row.text for row in all_rows), key=_WORST_FIRST.index)
        rows = [row for row in all_rows if row.text == text]
        only = {address.ip for address in node.addresses_on(link) if address.ip.version == 4} == {vip}
        yield Finding(
            _ASKS_ALWAYS if only and text == _ASKS else text,
            clients=_CHECKS if text == _SENDS else _DROPPED,
            about={"vip": vip, "link": link},
            rips=", ".join(dict.fromkeys(str(row.real.ip) for row in rows)),
            severity=Severity.WARNING if text == _SENDS else None,
            evidence=[
                *(cite(row.real, "sent on with {vip} unchanged", vip=vip) for row in rows),
                *(line for row in rows for line in row.because),
                *_unresolved(node, [row.real.ip for row in rows]),
            ],
            fix=free_from_vip(node, link, vip),
            explains=None if text == _ASKS else Decision.SOURCE_VALIDATION,
            decided_at="" if text == _ASKS else str(rows[0].real.ip),
        )


@dataclass(frozen=True, slots=True)
class _Unheard:
    """A real server that does not answer the VIP; `text` is the message that says what does not work."""

    text: str
    real: Destination
    because: tuple[Citation, ...]


def _unheard(node: Node, real: Destination, rip: IP, named: Sequence[SourceAddress]) -> _Unheard | None:
    """What fails at a real server that gets packets whose source is the VIP; None where nothing does."""
    server, first = real_server(node, rip), named[0]
    why: tuple[Citation, ...]
    if server is None:
        text = "the real servers hold the VIP, and accept_local is 0 on each of these"
        why = (assume("addresses", text, settle="ip addr show; sysctl -a  # on each real server"),)
    elif (held := is_local(server, first.ip)) is None:
        return None
    elif not server.has("sysctl"):
        why = (*held.because, assume("sysctl", "accept_local = 0 on the real server"))
    elif accepted := source_ok(server, first.ip, rip, arrived_on=server.holding(rip)[0].link):
        # It takes what comes from the VIP, and what it answers to the VIP stays with itself.
        own = next((voice for voice in named if not voice.by_arp), None)
        return _Unheard(_SENDS, real, (*own.because, *held.because)) if own else None
    else:
        why = accepted.because
    fails = _ASKS if first.by_arp else _TUNNELS if real.forwarding is Forwarding.TUN else _SENDS
    return _Unheard(fails, real, (*first.because, *why))


def _unresolved(node: Node, rips: Sequence[IP | None]) -> list[Citation]:
    entries = node.neighbours if node.has("neighbours") else ()
    failed = [entry for entry in entries if entry.ip in rips and entry.unresolved]
    return [cite(entry, "{rip} does not answer", rip=entry.ip) for entry in failed]
