"""What the packet filter of a scanned client does to its own requests, and to the replies that come to it."""

from dataclasses import replace

from lvsdoctor.analysis.filters.filter_paths import locality, passed
from lvsdoctor.analysis.walk.filters import idle, of_verdict
from lvsdoctor.kernel.answer import Answer, no
from lvsdoctor.kernel.packet_filter import DELIVERED, SENT
from lvsdoctor.kernel.packet_matching import Packet
from lvsdoctor.kernel.routing import route_lookup
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.node import Node

_ESTABLISHED = frozenset({"ESTABLISHED"})


def dropped_at_client(client: Node, request: Packet) -> Answer | None:
    """Why a client that the scan has loses its own connection; None where nothing is known that does.

    `request` is the first packet, whatever link it leaves by.
    """
    if request.src is None or request.dst is None:
        return None
    try:
        if idle(client, request.version) is not None:
            return None
        lookup = route_lookup(client, request.dst, src=request.src)
        link = lookup.links[0] if lookup.type == "unicast" and len(set(lookup.links)) == 1 else None
        known = locality(client, request.version)
        out = of_verdict(passed(client, replace(request, in_link=None, out_link=link), SENT, known))
        if out is not None and not out:
            return no("{host} drops its own request: {why}", *out.because, host=client.name, why=out.why)
        reply = Packet(
            request.dst, request.src, request.protocol, request.dport, request.sport, in_link=link, states=_ESTABLISHED
        )
        back = of_verdict(passed(client, reply, DELIVERED, known)) if out is not None else None
    except NotCollected:
        return None
    if back is None or back:
        return None
    return no("{host} drops the reply: {why}", *back.because, host=client.name, why=back.why)
