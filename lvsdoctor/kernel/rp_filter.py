"""Would the kernel accept a packet (or an ARP request) with this source address from this link?

net/ipv4/fib_frontend.c: fib_validate_source(), __fib_validate_source(). rp_filter is one part of it.
"""

from collections.abc import Sequence

from lvsdoctor.kernel.answer import Answer, no, yes
from lvsdoctor.kernel.effective_sysctl import effective, is_known
from lvsdoctor.kernel.policy_rules import has_custom_rules
from lvsdoctor.kernel.routing import OWN, has_custom_local_routes, known_route, route_lookup
from lvsdoctor.model.address import IP, Address
from lvsdoctor.model.finding import cite
from lvsdoctor.model.node import Node


def source_ok(
    node: Node, src: IP, dst: IP, *, arrived_on: str, oif: str | None = None, mark: int = 0
) -> Answer:  # fmt: skip
    """Is `src` accepted as the source of a packet to `dst` that arrived on a link and will leave through `oif`?

    `oif` is None for a packet that is delivered here. The mark counts if src_valid_mark is set alone.
    The same check stands before an ARP request is answered.
    Reads sysctl, addresses, links, routes, local-routes, policy-rules.
    """
    mark = mark if mark and marks_count(node, arrived_on) else 0
    asked = ("rp_filter", "accept_local") if arrived_on != oif else ("rp_filter", "accept_local", "send_redirects")
    if not all(is_known(node, name, arrived_on) for name in asked):
        # Whatever these settings are, a source that this node would answer by the same link is accepted.
        back = known_route(node, src, src=dst, arrived_on=oif or OWN, within=arrived_on, mark=mark)
        if back is not None and back.type == "unicast" and arrived_on in back.links and not _own(node, src):
            return yes("the route back uses the same interface", *back.because)
    rp_filter = effective(node, "rp_filter", arrived_on)
    same_link = arrived_on == oif and bool(effective(node, "send_redirects", arrived_on))
    if not rp_filter and not same_link:
        custom = has_custom_local_routes(node) or has_custom_rules(node)
        held = _own(node, src)
        if custom is None and not held and not is_known(node, "accept_local", arrived_on):
            return yes("no reverse path filter", *rp_filter.because)  # whatever accept_local is
        accept_local = effective(node, "accept_local", arrived_on)
        if accept_local:
            return yes("accept_local lets any source in", *accept_local.because, *rp_filter.because)
        if custom is None:
            if held:
                own = cite(held[0], "{src} is an address of this very host", src=src)
                return no("the source is this host's own address", own, *accept_local.because)
            return yes("no reverse path filter", *rp_filter.because)
    return _full_check(node, src, dst, arrived_on, oif, mark)


def marks_count(node: Node, link: str) -> bool:
    """Is src_valid_mark known to be set, so that the mark of a packet may choose the route back to its source?"""
    return is_known(node, "src_valid_mark", link) and bool(effective(node, "src_valid_mark", link))


def _own(node: Node, src: IP) -> Sequence[Address]:
    """The addresses of this host that a packet names as its source. Files do not tell all of a planned host's, and a
    neighbour with one of them is not what is looked for."""
    if node.planned or node.nearly("addresses"):
        return [address for address in node.known_rows("addresses") if address.ip == src]
    return node.holding(src)


def _full_check(node: Node, src: IP, dst: IP, link: str, oif: str | None, mark: int) -> Answer:
    """__fib_validate_source(): how would this node itself send to the source?"""
    rp_filter = effective(node, "rp_filter", link)
    # The lookup is the reverse one: to the source, from the destination (fl4.daddr = src, fl4.saddr = dst).
    back = route_lookup(node, src, src=dst, arrived_on=oif or OWN, within=link, mark=mark)
    if back.type == "unreachable":
        if rp_filter:
            return no("rp_filter: no route back to the source", *back.because, *rp_filter.because)
        return yes("no route back, but no reverse-path filter needs a route", *back.because, *rp_filter.because)
    if back.type != "unicast":
        accept_local = effective(node, "accept_local", link)
        if back.type != "local" or not accept_local:
            return no("the source is {type} here (martian)", *back.because, *accept_local.because, type=back.type)
    if link in back.links or (back.type == "local" and link == OWN):
        return yes("the route back uses the same interface", *back.because)
    if not any(address.ip.version == 4 for address in node.addresses_on(link)):
        if rp_filter:
            return no(
                "rp_filter: {link} has no IPv4 address, so even the loose check fails",
                *rp_filter.decisive_first, *back.because, link=link,
            )  # fmt: skip
        return yes("{link} has no address and no reverse path filter", *rp_filter.because, link=link)
    if rp_filter.value == 1:
        return no(
            "rp_filter=1: the way back is {back}, not {link}",
            *rp_filter.decisive_first, *back.because, back=", ".join(back.links), link=link,
        )  # fmt: skip
    return yes("no strict reverse path filter", *rp_filter.because, *back.because)
