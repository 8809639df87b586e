"""Who has a VIP, who answers ARP (or neighbour solicitations) for it by the kernel model, and who should."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from lvsdoctor.analysis.arp.owners import arp_owners, proxied_past, same_segment
from lvsdoctor.analysis.arp.unanswered import reached_by_route, serves_its_own
from lvsdoctor.analysis.directors import directs, ipvs_table
from lvsdoctor.analysis.kube.addresses import KUBE_LINK, kept_on_kube_link
from lvsdoctor.analysis.l2_segments import vip_on_segment
from lvsdoctor.analysis.named_segments import segment_named
from lvsdoctor.analysis.usable_servers import kept_by_kube_proxy
from lvsdoctor.kernel.answer import Answer
from lvsdoctor.kernel.arp import arp_reply
from lvsdoctor.kernel.ndp import ndp_reply
from lvsdoctor.kernel.routing import is_local, local_routes
from lvsdoctor.model.address import IP
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.link import Link
from lvsdoctor.model.node import Node
from lvsdoctor.model.topology import Answering, Holder

_CLAIMED = "configured on {link}, which answers for its own addresses at almost every setting"
_ROUTED = "no interface of this host is in a subnet with the VIP, so routers send the requests"
_KUBE = "kube-proxy keeps the VIP on every host, and something else answers for it"


def holders(nodes: Sequence[Node], vips: Sequence[IP]) -> Iterator[Holder]:
    """Every host that has a VIP, or answers for it by proxy, VIP by VIP."""
    asked = _Asked()
    touched = {node.name: _touched(node, vips) for node in nodes}
    for vip in vips:
        directors = [node for node in nodes if directs(node, vip)]
        found: list[tuple[Node, Holder]] = []
        for node in nodes:
            holder = _holder(node, vip, directors, asked) if vip in touched[node.name] else None
            if holder is not None:
                found.append((node, holder))
        yield from _sole_director(found, directors)


def _touched(node: Node, vips: Sequence[IP]) -> set[IP]:
    """The VIPs about which there is something to ask: a look at every host for every VIP would take minutes."""
    if not node.has("addresses"):
        known = {vip.ip for vip in node.hidden_vips}
        return {vip for vip in vips if vip in known or any(service.serves(vip) for service in ipvs_table(node))}
    if _proxies(node):
        return set(vips)
    ours = [route.dst for route in local_routes(node) if route.type == "local"]
    single = {dst.network_address for dst in ours if dst.prefixlen == dst.max_prefixlen}
    single |= {address.ip for address in node.addresses}
    wide = [dst for dst in ours if dst.prefixlen < dst.max_prefixlen]
    return {vip for vip in vips if vip in single or any(vip in dst for dst in wide)}


def _proxies(node: Node) -> bool:
    settings = node.evidence.get("sysctl", {})
    by_setting = (key for key in settings if key.rpartition(".")[2] in ("proxy_arp", "proxy_arp_pvlan"))
    return bool(node.proxy_entries) or any(settings[key].value for key in by_setting)


def _holder(node: Node, vip: IP, directors: Sequence[Node], asked: "_Asked") -> Holder | None:
    unknown = Holder(node.name, str(vip), "", Answering.UNKNOWN, node in directors)
    if not node.has("addresses"):
        return replace(unknown, why="its addresses were not collected")
    try:
        kept = [address.link for address in node.holding(vip)]
        if not kept:
            local = is_local(node, vip)
            if local is None:
                return _by_proxy(node, vip, directors)
            kept = list(local.links)
        unknown = replace(unknown, link=", ".join(dict.fromkeys(kept)))
        return _judged(node, vip, unknown, directors, asked)
    except NotCollected as absent:
        return _without(node, vip, absent, unknown)
    except Exception as bug:  # as with a rule that crashes: it is said, and the picture goes on
        return replace(unknown, why=f"lvsdoctor failed here: {type(bug).__name__}")


def _judged(node: Node, vip: IP, holder: Holder, directors: Sequence[Node], asked: "_Asked") -> Holder:
    """A director has to answer where it is asked; any other host is wrong to answer anywhere."""
    ask = arp_reply if vip.version == 4 else ndp_reply
    replies = {link.name: ask(node, vip, arrived_on=link) for link in node.links_hearing_arp}
    answering = [link for link in replies if replies[link]]
    where = [link for link in (replies if holder.should else answering) if asked(node, vip, link)]
    if where and holder.should:
        answering = [link for link in answering if link in where]
    if answering:
        why = _why(replies[next((link for link in answering if link in where), answering[0])])
        why = why if where or holder.should else f"{why}, if a host sends a request"
        # Every node has what kube-proxy keeps: none is to answer for it where hosts ask.
        should = holder.should and not (where and kept_on_kube_link(node, vip))
        return replace(holder, answering=Answering.ANSWERS, answers_on=tuple(answering), why=why, should=should)
    heard = where[:1] or list(replies)[:1]
    why = _why(replies[heard[0]]) if heard else "no interface receives such requests"
    return _silent(node, vip, replace(holder, answering=Answering.SILENT, why=why), directors)


def _why(answer: Answer) -> str:
    """In the same words for every VIP."""
    return answer.reason.format_map({**answer.fields, "target": "it"})


def _silent(node: Node, vip: IP, holder: Holder, directors: Sequence[Node]) -> Holder:
    """A director may be silent where nobody asks, and where it is the real server of another."""
    if not holder.should:
        return holder
    if kept_by_kube_proxy(node, vip):
        return replace(holder, should=False, why=_KUBE)
    if reached_by_route(node, vip):
        return replace(holder, should=False, why=_ROUTED)
    listing = [director for director in directors if director.has("ipvs")]
    return replace(holder, should=not (len(directors) > 1 and serves_its_own(node, vip, listing)))


def _without(node: Node, vip: IP, absent: NotCollected, unknown: Holder) -> Holder:
    """What can be told though a fact is missing: a link answers for its own address, by all usual settings."""
    owners = list(arp_owners(node, vip)) if node.has("links") and not node.has("sysctl") else []
    if not owners:
        return replace(unknown, why=f"{absent.fact} not collected")
    on = tuple(owner.link.name for owner in owners)
    return replace(unknown, answering=Answering.ANSWERS, answers_on=on, why=_CLAIMED.format(link=on[0]))


def _by_proxy(node: Node, vip: IP, directors: Sequence[Node]) -> Holder | None:
    for director in directors if node.has("links") and node.has("sysctl") else ():
        for proxied in proxied_past(node, vip, director):
            why = f"by proxy, beside {director.name}"
            return Holder(node.name, str(vip), "", Answering.ANSWERS, False, why, (proxied.link.name,))
    return None


def _sole_director(holders: Sequence[tuple[Node, Holder]], directors: Sequence[Node]) -> Iterator[Holder]:
    """Of directors that answer on one segment only one should: rather one that has the VIP on a wire, else the first
    by its name (as rule vip-answered-by-two-directors has it)."""
    rivals = [
        (node, holder) for node, holder in holders
        if node in directors and holder.answers_on and holder.should and KUBE_LINK not in holder.link
    ]  # fmt: skip
    rivals.sort(key=lambda one: (one[1].link not in one[1].answers_on, one[0].name))
    beaten: dict[str, str] = {}
    for place, (node, holder) in enumerate(rivals):
        for other, its in rivals[:place]:
            if other.name not in beaten and _meet(node, holder, other, its):
                beaten[node.name] = other.name
                break
    for node, holder in holders:
        winner = beaten.get(node.name)
        yield replace(holder, should=False, why=f"{winner} answers there, too") if winner else holder


def _meet(node: Node, holder: Holder, other: Node, its: Holder) -> bool:
    ours, theirs = _links(node, holder), _links(other, its)
    return any(same_segment(node, link, other, far) is not None for link in ours for far in theirs)


def _links(node: Node, holder: Holder) -> list[Link]:
    return [link for link in node.links if link.name in holder.answers_on]


class _Asked:
    """Is a VIP asked for on a link's segment? Worked out once for all links that are in the same subnets, because
    vip_on_segment() may look at the routes of every other host."""

    def __init__(self) -> None:
        self._places: dict[tuple[str, str], tuple[frozenset[IP], object]] = {}
        self._known: dict[object, bool] = {}

    def __call__(self, node: Node, vip: IP, name: str) -> bool:
        link = node.link(name)
        if link is None:
            return False
        own, place = self._places.setdefault((node.name, name), (frozenset(), None))
        if place is None:
            own, place = self._places[node.name, name] = _place(node, name)
        key = (vip, place, vip in own)
        if key not in self._known:
            self._known[key] = vip_on_segment(node, vip, link) is not None
        return self._known[key]


def _place(node: Node, link: str) -> tuple[frozenset[IP], object]:
    """The addresses of a link, and all else that vip_on_segment() goes by."""
    held = [address for address in node.addresses_on(link) if not address.host_only]
    routes = node.routes if node.has("routes") else ()
    hops = tuple(hop.gateway for route in routes for hop in route.nexthops if hop.link == link and hop.gateway)
    listed = node.memberships if node.has("memberships") else ()
    directors = frozenset(listing.director.name for listing in listed)
    networks = tuple(address.network for address in held)
    return frozenset(address.ip for address in held), (networks, hops, directors, segment_named(node, link))
