"""The classes of clients that a cluster may treat differently, and which of them the scan shows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from lvsdoctor.analysis.walk.attempt import ServicePlace
from lvsdoctor.analysis.walk.filtered_networks import filtered_networks, rest_of
from lvsdoctor.analysis.walk.subnets import links_by_name, own_addresses, subnets
from lvsdoctor.kernel.default_gateways import default_gateways
from lvsdoctor.kernel.far_away import far_away
from lvsdoctor.kernel.route_families import shows_routes
from lvsdoctor.kernel.routing import route_lookup
from lvsdoctor.model.address import IP, Network
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.link import CONTAINER_LINKS
from lvsdoctor.model.node import Node
from lvsdoctor.model.route import Route
from lvsdoctor.model.standing import Role
from lvsdoctor.model.walk import ClientClass, ClientPlace

_MOST_ROUTES = 12  # a routing protocol may bring thousands; they are alike
_CONNECTION = "a client's connection"
_ANSWERING = frozenset({"REACHABLE", "STALE", "DELAY", "PROBE", ""})


@dataclass(frozen=True, slots=True)
class Crowd:
    """All addresses of the scan that are no clients', and the clients that it shows, with their lines; by VIP those
    that are connected to it. `routed` are those in the networks that a scanned router leads to; `scanned` are they
    and the addresses of scanned hosts that are no part of the cluster."""

    taken: frozenset[IP]
    routed: tuple[tuple[IP, Citation, Node], ...]
    shown: tuple[tuple[IP, Citation], ...]
    connected: Mapping[IP, Mapping[IP, Citation]]
    scanned: frozenset[IP] = frozenset()


def crowd(nodes: Sequence[Node]) -> Crowd:
    """What is known of addresses before a service is looked at."""
    taken: set[IP] = set()
    strangers: list[Node] = []
    gateways: set[IP] = set()
    vips: set[IP] = set()
    for node in nodes:
        taken |= {row.ip for row in _seen(node, "addresses")}
        gateways |= {gateway for route in _seen(node, "routes") for gateway in route.gateways}
        for fact in ("ipvs", "ipvs-stats"):
            services = _seen(node, fact)
            taken |= {real.ip for row in services for real in row.destinations if real.ip is not None}
            vips |= {vip for row in services for vip, _ in row.vips}
        if set(node.roles) <= {Role.CLIENT}:
            strangers.append(node)
    taken |= gateways | vips
    # Whoever has a VIP may be a director of which the table was not collected.
    strangers = [node for node in strangers if vips.isdisjoint(own_addresses(node))]
    shown: dict[IP, Citation] = {}
    for ip, line in _shown(nodes, strangers, taken, gateways):
        shown.setdefault(ip, line)
    routed = tuple(_routed_by(strangers, taken, gateways))
    scanned = {ip for ip, _, _ in routed}.union(*map(own_addresses, strangers))
    return Crowd(frozenset(taken), routed, tuple(shown.items()), _connected_to(nodes), frozenset(scanned))


def _connected_to(nodes: Sequence[Node]) -> Mapping[IP, Mapping[IP, Citation]]:
    """By VIP the clients with a connection to it. What persistence keeps of a client is none."""
    by_vip: dict[IP, dict[IP, Citation]] = {}
    for node in nodes:
        for row in _seen(node, "connections"):
            if row.client.ip is not None and row.virtual.ip is not None and not row.is_template:
                by_vip.setdefault(row.virtual.ip, {}).setdefault(row.client.ip, cite(row, _CONNECTION))
    return by_vip


def _shown(
    nodes: Sequence[Node], strangers: Sequence[Node], taken: set[IP], gateways: set[IP]
) -> Iterator[tuple[IP, Citation]]:
    for node in nodes:
        for connection in _seen(node, "connections"):
            if connection.client.ip is not None:
                yield connection.client.ip, cite(connection, _CONNECTION)
    for client, line, _ in _routed_by(strangers, taken, gateways):
        yield client, line
    for node in strangers:
        router = not gateways.isdisjoint(own_addresses(node))
        for row in _seen(node, "addresses"):
            if not (router or row.ip.is_loopback or row.ip.is_link_local):
                yield row.ip, cite(row, "{node} may be a client", node=node.name)
    for node in nodes:
        for entry in _seen(node, "neighbours"):
            if not entry.mac or entry.state not in _ANSWERING or "proxy" in entry.flags:
                continue
            # RFC 6724, rule 2: nobody connects to an address of the world from one of the link.
            if entry.ip not in taken and not entry.ip.is_link_local:
                yield entry.ip, cite(entry, "a neighbour of {node}", node=node.name)


def _routed_by(
    strangers: Sequence[Node], taken: set[IP], gateways: set[IP]
) -> Iterator[tuple[IP, Citation, Node]]:  # fmt: skip
    for node in strangers:
        if gateways.isdisjoint(own_addresses(node)):
            continue
        for row in _seen(node, "addresses"):
            leads_on = row.ip not in gateways and not row.host_only and _of_clients(row.network)
            if leads_on and (client := _free(row.network, frozenset(taken))) is not None:
                line = cite(row, "router {node} leads to {network}", node=node.name, network=row.network)
                yield client, line, node


def _seen(node: Node, fact: str) -> Sequence[Any]:
    rows: Sequence[Any] = node.seen_rows(fact) if node.has(fact) else ()
    return rows


def client_classes(at: ServicePlace, known: Crowd, clients: Sequence[IP]) -> tuple[ClientClass, ...]:
    """The classes for a service: on the VIP's segment, in other connected prefixes, beyond routers, and those named."""
    classes: dict[object, ClientClass] = {}
    hosts = list({node.name: node for node in (*at.directors, *at.real_servers.values())}.values())
    for whole in _all_classes(at, hosts, known):
        for item in _parts(whole, hosts, known):
            classes.setdefault(item.prefix or item.place, item)
    wires = {network for host in hosts for network, wire in host.derived("walk: prefixes", _prefixes) if wire}
    for item in _by_scanned_router(at, known):
        known_as = _class_of(classes, item.address)
        if known_as is None and ClientPlace.BEYOND_ROUTER not in classes:
            classes[ClientPlace.BEYOND_ROUTER] = item
        elif (
            known_as is not None
            and classes[known_as].place is ClientPlace.IN_PREFIX
            and classes[known_as].prefix not in wires
        ):
            classes[known_as] = replace(item, prefix=classes[known_as].prefix)  # no client is on a link without a wire
    for ip, line in known.connected.get(at.vip, {}).items():
        _evidence(classes, ip, line, connects=True)
    for ip, line in known.shown:
        if ip.version == at.vip.version:
            _evidence(classes, ip, line, scanned=ip in known.scanned)
    named = tuple(_named(at, hosts, list(classes.values()), ip) for ip in clients if ip.version == at.vip.version)
    return (*classes.values(), *named)


def _parts(whole: ClientClass, hosts: Sequence[Node], known: Crowd) -> Iterator[ClientClass]:
    """The class, and those of its clients that a packet filter tells from the others: none stands for both."""
    parts = () if whole.prefix is None else filtered_networks(hosts, whole.prefix)
    for network in (whole.prefix, *parts):
        rest = rest_of(network, parts) if network is not None and parts else None
        client = _free(rest, known.taken) if rest is not None else None
        if client is None and network == whole.prefix:
            yield whole
        elif client is not None:
            yield replace(whole, address=client, prefix=network, part=network != whole.prefix)


def _by_scanned_router(at: ServicePlace, known: Crowd) -> Iterator[ClientClass]:
    """Clients beyond a scanned router on the VIP's segment, though no host of the cluster has a route by it."""
    for ip, line, router in known.routed:
        beside = [row.ip for row in _seen(router, "addresses") if at.vip in row.network and row.ip != at.vip]
        if ip.version == at.vip.version and beside:
            yield ClientClass(ClientPlace.BEYOND_ROUTER, ip, None, beside[0], True, (line,), scanned=True)


def _evidence(
    classes: dict[object, ClientClass], ip: IP, line: Citation, *, connects: bool = False, scanned: bool = False
) -> None:  # fmt: skip
    """The narrowest class that an address belongs to is one that the scan shows; it stands for that class then."""
    key = _class_of(classes, ip)
    if key is not None and not classes[key].evidenced:
        classes[key] = replace(
            classes[key], address=ip, evidenced=True, because=(line,), connects=connects, scanned=scanned
        )


def _class_of(classes: dict[object, ClientClass], ip: IP) -> object | None:
    holding = [(key, item.prefix) for key, item in classes.items() if item.prefix is not None and ip in item.prefix]
    if holding:
        return max(holding, key=lambda pair: pair[1].prefixlen)[0]
    return ClientPlace.BEYOND_ROUTER if ClientPlace.BEYOND_ROUTER in classes else None


def _all_classes(at: ServicePlace, hosts: Sequence[Node], known: Crowd) -> Iterator[ClientClass]:
    connected = list(_connected(at, hosts))
    for _, network in connected:
        if at.vip in network and (client := _free(network, known.taken)) is not None:
            yield ClientClass(ClientPlace.ON_SEGMENT, client, network)
            break
    yield from _beyond(at, hosts, {network for _, network in connected}, known)
    for _, network in connected:
        if (client := _free(network, known.taken)) is not None:
            yield ClientClass(ClientPlace.IN_PREFIX, client, network)


def _connected(at: ServicePlace, hosts: Sequence[Node]) -> Iterator[tuple[Node, Network]]:
    """The prefixes of the directors' links, then of the real servers'; and what is local in a real server as a whole.
    The links that receive ARP requests come first: a segment is theirs."""
    rows = [(host, row) for host in hosts for row in host.derived("walk: prefixes", _prefixes)]
    for on_wire in (True, False):
        for host, (network, wire) in rows:
            if wire is on_wire and network.version == at.vip.version:
                yield host, network


def _prefixes(host: Node) -> tuple[tuple[Network, bool], ...]:
    """Each prefix of a host that may have clients, and whether it is of a link that receives ARP requests."""
    links, known = links_by_name(host), dict[Network, bool]()
    for row in subnets(host):
        link = links.get(row.link)
        wire = row.link != "lo" if link is None else link.arp and link.up
        if _of_clients(row.network) and not row.link.startswith(CONTAINER_LINKS):
            known[row.network] = wire or known.get(row.network, False)
    for route in _seen(host, "local-routes"):
        if route.type == "local" and _of_clients(route.dst):
            known.setdefault(route.dst, False)
    return tuple(known.items())


def _of_clients(network: Network) -> bool:
    if not 0 < network.prefixlen < network.max_prefixlen - 1:
        return False
    return not (network.is_loopback or network.is_link_local or network.is_multicast)


def _beyond(at: ServicePlace, hosts: Sequence[Node], connected: set[Network], known: Crowd) -> Iterator[ClientClass]:
    """Clients far away, and those in each network that a route with a gateway leads to."""
    version, beyond = at.vip.version, ClientPlace.BEYOND_ROUTER
    own = frozenset[IP]().union(*map(own_addresses, at.directors))
    routers = [gateway for host in hosts for gateway in _default_routers(host, version) if gateway not in own]
    wanted = any(not shows_routes(host, version) for host in hosts) or not hosts
    if routers or wanted:
        yield ClientClass(beyond, far_away(version), router=next(iter(routers), None))
    networks: dict[Network, Route] = {}
    for host in hosts:
        for route in host.derived(("walk: routers", version), lambda node: _routed(node, version)):
            networks.setdefault(route.dst, route)
    for network, route in islice(networks.items(), _MOST_ROUTES):
        client = _free(network, known.taken)
        if network not in connected and client is not None and at.vip not in network:
            yield ClientClass(beyond, client, network, router=route.gateways[0])


def _routed(host: Node, version: int) -> tuple[Route, ...]:
    rows = (row for row in _seen(host, "routes") if row.gateways and row.table == "main" and row.dst.prefixlen)
    return tuple(islice((row for row in rows if row.dst.version == version), _MOST_ROUTES))


def _default_routers(host: Node, version: int) -> list[IP]:
    if not host.has("routes"):
        return []
    try:
        return [hop.gateway for _, hop in default_gateways(host, version) if hop.gateway is not None]
    except NotCollected:
        return []


def _free(network: Network, taken: frozenset[IP]) -> IP | None:
    """A host of the network that is none of the scan's, from its middle: gateways like to be at its ends."""
    first = int(network.network_address)
    middle = first + (network.num_addresses // 2 if network.num_addresses < 512 else 100)
    numbers = range(middle, min(middle + len(taken) + 2, first + network.num_addresses - 1))
    low = range(first + 1, middle)
    make = type(network.network_address)
    return next((ip for number in (*numbers, *islice(low, 64)) if (ip := make(number)) not in taken), None)


def _named(at: ServicePlace, hosts: Sequence[Node], classes: Sequence[ClientClass], ip: IP) -> ClientClass:
    """An address that the user named: a node's own, or of the class that has it."""
    holder = next((node for node in hosts if ip in own_addresses(node)), None)
    if holder is not None:
        place = ClientPlace.ON_DIRECTOR if holder in at.directors else ClientPlace.ON_REAL_SERVER
        return ClientClass(place, ip, evidenced=True)
    holding = [item for item in classes if item.prefix is not None and ip in item.prefix]
    if holding:
        item = max(holding, key=lambda known: known.prefix.prefixlen if known.prefix is not None else 0)
        return replace(item, address=ip, evidenced=True, because=())
    return ClientClass(ClientPlace.BEYOND_ROUTER, ip, router=_router_towards(at, ip), evidenced=True)


def _router_towards(at: ServicePlace, ip: IP) -> IP | None:
    for host in at.directors:
        try:
            return next(iter(route_lookup(host, ip).gateways), None)
        except NotCollected:
            continue
    return None
