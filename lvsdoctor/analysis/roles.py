"""Who is what: directors, real servers, VIPs, found from the evidence of all nodes together, each with its reason."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from lvsdoctor.analysis.directors import draws, ipvs_table
from lvsdoctor.analysis.marked_services import with_marked_vips
from lvsdoctor.analysis.named_roles import named_director
from lvsdoctor.analysis.planned_servers import hiding_setting, vips_on_wires, vips_to_hide, with_vips_on_lo
from lvsdoctor.analysis.vips_of_files import vip_beside
from lvsdoctor.analysis.vrrp.election import settled
from lvsdoctor.kernel.effective_sysctl import effective
from lvsdoctor.model.address import IP, Address, Network
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.ipvs import VirtualService
from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.standing import Membership, Role, RoleEvidence, Standing, Vip
from lvsdoctor.model.view import Peers, Scan

# Dummy links of container networks; what kube-proxy keeps on its own is a director's, not a real server's.
_NOT_A_REAL_SERVERS = ("kube-ipvs", "kube-dummy", "nodelocaldns")
_BY_USER = "the command line"


def with_standing(nodes: Sequence[Node], *, role: str = "auto", vips: Sequence[IP] = ()) -> tuple[Node, ...]:
    """The nodes of one scan, each with its roles, VIPs and peers.

    The directors' tables tell who is a real server of what: an address of the node is the address of a destination.
    A node that no table names is a real server if it carries an address where a real server keeps its VIP: one of the
    VIPs of the scan's directors, if there are any. `role` and `vips` are the user's word, which counts instead. The
    VIPs of a service by a firewall mark are what the rules of its director give that mark. Where nothing shows a role,
    the name of a file may say that the host is a director.
    """
    nodes = [with_marked_vips(node) for node in settled(nodes)]
    directors = [node for node in nodes if ipvs_table(node)]
    directed = _directed(directors)
    nodes = [_prepared(node, role, vips, directors) for node in nodes]
    standing, scan, listings = [], Scan(nodes), _listings(directors)
    for place, node in enumerate(nodes):
        listed = _memberships(node, listings) if directors or node.has("ipvs") else None
        found, carried = _roles(node, listed or (), role, vips, directed)
        standing.append(
            Standing(
                roles=found,
                vips=carried,
                needless_vips=_needless(node, listed or (), carried),
                memberships=listed if directors else None,
                peers=Peers(scan, place),
                unsettled=_unsettled(node, listed or ()) if found else frozenset(),
                nameless=bool(node.planned and not carried and any(r.role is Role.REAL_SERVER for r in found)),
                unmarked=frozenset() if carried else _unmarked(node, listed or ()),
                undecided=frozenset() if found or role != "auto" else _undecided(node),
            )
        )
    scan.standing = tuple(replace(node, standing=where) for node, where in zip(nodes, standing, strict=True))
    return scan.standing


def _undecided(node: Node) -> frozenset[str]:
    """The facts that would tell the roles of a node: an address that was not shown may be a VIP."""
    in_part = {"addresses"} if node.partial("addresses") else set()
    return frozenset({*in_part, *node.missing(("addresses", "ipvs"))})


def _listings(directors: Iterable[Node]) -> dict[IP, list[tuple[int, Membership]]]:
    """Every real server of the directors' tables by its address, with its place in them."""
    by_ip: dict[IP, list[tuple[int, Membership]]] = {}
    rows = ((d, s, real) for d in directors for s in ipvs_table(d) for real in s.destinations)
    for place, (director, service, real) in enumerate(rows):
        if real.ip is not None:
            by_ip.setdefault(real.ip, []).append((place, Membership(service, real, director)))
    return by_ip


def _memberships(node: Node, listings: Mapping[IP, Sequence[tuple[int, Membership]]]) -> tuple[Membership, ...]:
    if not node.has("addresses"):
        return ()
    own = {address.ip for address in node.addresses}
    if node.has("inventory-addresses"):
        own |= {row.ip for row in node.seen_rows("inventory-addresses")}
    placed = sorted((row for ip in own for row in listings.get(ip, ())), key=lambda row: row[0])
    return tuple(m for _, m in placed if m.director is node or not (m.destination.ip and m.destination.ip.is_loopback))


def _roles(
    node: Node, memberships: Sequence[Membership], role: str, vips: Sequence[IP], directed: frozenset[IP] | None
) -> tuple[tuple[RoleEvidence, ...], tuple[Vip, ...]]:
    named = tuple(Vip(ip, Seen(_BY_USER, None, f"--vip {ip}")) for ip in vips)
    services = ipvs_table(node)
    carried = _vips_of(node, memberships, named, () if role == Role.REAL_SERVER else services)
    found: list[RoleEvidence] = []
    if role == "none":
        return (), ()
    if role in set(Role):
        found.append(RoleEvidence(Role(role), "so says {option}", {"option": f"--role {role}"}))
        if role == Role.REAL_SERVER and not carried:
            carried = _kept_on_lo(node)
        return tuple(found), carried if role == Role.REAL_SERVER else ()
    if services:
        found.append(_as_director(services))
    # LocalNode, the director's own address as a real server of its own service, makes nobody a real server.
    others = [membership for membership in memberships if membership.director is not node]
    if others:
        membership = others[0]
        fields = {
            "director": membership.director.name,
            "rip": str(membership.destination.ip),
            "service": str(membership.service),
        }
        reason = "{director} lists {rip} as a real server of {service}"
        found.append(RoleEvidence(Role.REAL_SERVER, reason, fields, membership.destination.seen))
        if not carried and _unmarked(node, memberships):
            carried = _kept_on_lo(node, directed)  # as where no director tells
    elif not services and (named or (carried := _kept_on_lo(node, directed))):
        carried = carried or named
        if named:
            found.append(
                RoleEvidence(Role.REAL_SERVER, "{option} and no virtual service", {"option": named[0].seen.text})
            )
        else:
            held = node.holding(carried[0].ip)[0]
            reason = "carries {vip} on {link}, where a real server keeps its VIP"
            found.append(
                RoleEvidence(Role.REAL_SERVER, reason, {"vip": str(held.ip), "link": held.link}, held.seen)
            )  # fmt: skip
    elif not services and (setting := hiding_setting(node)):
        carried = vips_on_wires(node)
        reason = "sets {key}, as a real server does that hides its VIP"
        found.append(RoleEvidence(Role.REAL_SERVER, reason, {"key": setting.key}, setting.seen))
    elif not services and (called := named_director(node)):
        found.append(called)
    return tuple(found), carried if any(f.role is Role.REAL_SERVER for f in found) else ()


def _prepared(node: Node, role: str, vips: Sequence[IP], directors: Sequence[Node]) -> Node:
    """A host of which files alone tell, with the VIPs on lo that it is evidently meant to hold."""
    if not node.planned or ipvs_table(node) or role not in ("auto", Role.REAL_SERVER):
        return node
    named = [Vip(ip, Seen(_BY_USER, None, f"--vip {ip}")) for ip in vips]
    if not named and hiding_setting(node) and not _kept_on_lo(node, _directed(directors)):
        services = [service for director in directors for service in ipvs_table(director)]
        rips = {real.ip for service in services for real in service.destinations}
        named = [vip for vip in vips_to_hide(services) if vip_beside(node, vip.ip, rips) is None]
    return with_vips_on_lo(node, named)


def _as_director(services: Sequence[VirtualService]) -> RoleEvidence:
    reason = "{count} virtual services, {first} the first" if len(services) > 1 else "virtual service {first}"
    fields = {"count": str(len(services)), "first": str(services[0])}
    return RoleEvidence(Role.DIRECTOR, reason, fields, services[0].seen)


def _vips_of(
    node: Node, memberships: Iterable[Membership], named: tuple[Vip, ...], own: Sequence[VirtualService]
) -> tuple[Vip, ...]:
    """The VIPs that reach this node as destinations: DR and TUN do not rewrite them.

    Of those that it directs itself, only what another director draws, and sends here.
    """
    directed = {vip for service in own for vip, _ in service.vips}
    found: dict[IP, Vip] = {vip.ip: vip for vip in named if vip.ip not in directed}
    for membership in memberships:
        if not (membership.forwarding and membership.forwarding.keeps_destination):
            continue
        for vip, seen in membership.service.vips:
            if vip not in directed or (draws(membership.director, vip) and not draws(node, vip)):
                found.setdefault(vip, Vip(vip, seen))
    return tuple(found.values())


def _unsettled(node: Node, memberships: Iterable[Membership]) -> frozenset[str]:
    """The directors that send this node a VIP of its own if they are active, which their addresses would tell."""
    directed = {vip for service in ipvs_table(node) for vip, _ in service.vips}
    return frozenset(
        listed.director.name
        for listed in memberships
        if listed.director is not node and _partly_seen(listed.director)
        if listed.forwarding and listed.forwarding.keeps_destination
        if any(
            vip in directed and not draws(node, vip) and not draws(listed.director, vip)
            for vip, _ in listed.service.vips
        )
    )


def _partly_seen(node: Node) -> bool:
    return not node.has("addresses") or node.partial("addresses") is not None


def _unmarked(node: Node, memberships: Iterable[Membership]) -> frozenset[str]:
    """The directors that send this node packets of a mark by DR or TUN, to addresses that are not known."""
    return frozenset(
        listed.director.name
        for listed in memberships
        if listed.director is not node and listed.service.fwmark is not None and not listed.service.marked
        if listed.forwarding and listed.forwarding.keeps_destination
    )


def _needless(node: Node, memberships: Iterable[Membership], carried: Iterable[Vip]) -> tuple[Vip, ...]:
    """VIPs that the node holds though its directors rewrite the destination: it never gets a packet to them."""
    known = {vip for service in ipvs_table(node) for vip, _ in service.vips} | {vip.ip for vip in carried}
    found: dict[IP, Vip] = {}
    for membership in memberships:
        rewritten = membership.forwarding is not None and not membership.forwarding.keeps_destination
        for vip, seen in membership.service.vips if rewritten else ():
            if vip not in known and node.holding(vip):
                found.setdefault(vip, Vip(vip, seen))
    return tuple(found.values())


def _directed(directors: Iterable[Node]) -> frozenset[IP] | None:
    """All VIPs that there can be in this scan; None where that cannot be told: no director, or marks for VIPs."""
    services = [service for director in directors for service in ipvs_table(director)]
    vips = frozenset(vip for service in services for vip, _ in service.vips)
    return vips if services and all(service.vip is not None or service.marked for service in services) else None


def _kept_on_lo(node: Node, directed: frozenset[IP] | None = None) -> tuple[Vip, ...]:
    if not node.has("addresses"):
        return ()
    return tuple(
        Vip(address.ip, address.seen)
        for address in node.addresses
        if directed is None or address.ip in directed
        if not address.ip.is_loopback and not address.ip.is_link_local and _where_vips_live(node, address)
    )


def _where_vips_live(node: Node, address: Address) -> bool:
    """lo; a dummy link; a tunnel's own link, if somebody prepared the host for ARP or the subnet is the wire's own."""
    link = node.link(address.link) if node.has("links") else None
    if link is None or link.loopback:
        return address.link == "lo" or (link is not None and link.loopback)
    if link.name.startswith(_NOT_A_REAL_SERVERS):
        return False
    if link.kind == "dummy" or (link.kind is None and link.name.startswith("dummy")):
        return True
    if link.type == "ipip" and address.peer is None:
        hides, subnets = node.derived(
            "prepared for ARP", lambda host: (_hides_addresses(host), _subnets_of_wires(host))
        )
        return hides or any(address.ip in subnet for subnet in subnets)
    return False


def _subnets_of_wires(node: Node) -> frozenset[Network]:
    wires = {wire.name for wire in node.links_hearing_arp}
    return frozenset(address.network for address in node.addresses if address.link in wires)


def _hides_addresses(node: Node) -> bool:
    try:
        return any(effective(node, "arp_ignore", link.name) for link in node.links_hearing_arp)
    except NotCollected:
        return False
