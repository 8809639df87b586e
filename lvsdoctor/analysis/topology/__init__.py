"""What the picture of a cluster shows, found in its nodes: hosts, VIPs, who forwards to whom, and who answers ARP."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from lvsdoctor.analysis.directors import ipvs_table
from lvsdoctor.analysis.topology.answering import holders
from lvsdoctor.kernel.default_gateways import default_gateways
from lvsdoctor.model.address import IP
from lvsdoctor.model.ipvs import Destination
from lvsdoctor.model.node import Node
from lvsdoctor.model.standing import Role
from lvsdoctor.model.topology import Cluster, Forwards, Host, Part

__all__ = ["drawn"]

_MOST_VIPS = 64  # a kube-proxy has thousands, and nobody looks for one of them in a picture


def drawn(nodes: Sequence[Node]) -> Cluster:
    """The cluster that these nodes, each with its standing, are. Empty where they tell of no director and no VIP."""
    nodes = [node for node in nodes if node.roles != (Role.CLIENT,)]
    found = _vips(nodes)
    vips = found[:_MOST_VIPS]
    forwards = tuple(_forwards(nodes, set(vips)))
    if not vips and not forwards and not any(node.roles for node in nodes):
        return Cluster()
    hosts = tuple(_hosts(nodes, forwards, set(found)))
    return Cluster(hosts, tuple(map(str, vips)), tuple(holders(nodes, vips)), forwards, len(found) - len(vips))


def _vips(nodes: Iterable[Node]) -> list[IP]:
    """Those of services, those that real servers carry, and where a firewall mark stands for the VIP what its director
    holds as a single host's."""
    found: dict[IP, None] = {}
    for node in nodes:
        found |= {vip: None for service in ipvs_table(node) for vip, _ in service.vips}
    for node in nodes:
        found |= {vip.ip: None for vip in node.hidden_vips}
    for node in nodes:
        if any(row.fwmark is not None and not row.marked for row in ipvs_table(node)) and node.has("addresses"):
            held = (address for address in node.addresses if address.host_only)
            found |= {a.ip: None for a in held if not a.ip.is_loopback and not a.ip.is_link_local}
    return list(found)


# -- hosts and what is forwarded to them ------------------------------------------------------------------------------


def _forwards(nodes: Sequence[Node], vips: set[IP]) -> Iterator[Forwards]:
    owners = _owners(nodes)
    for director in nodes:
        own = {address.ip for address in director.addresses} if director.has("addresses") else set()
        for service in ipvs_table(director):
            if service.vip is not None and service.vip not in vips:
                continue
            for real in service.destinations:
                local = real.ip is not None and (real.ip in own or real.ip.is_loopback)
                yield Forwards(
                    director.name,
                    director.name if local else _name(real, owners),
                    str(service),
                    str(service.vip or ""),
                    "LOCAL" if local else real.forwarding.name if real.forwarding else real.method,
                    real.weight,
                )


def _owners(nodes: Iterable[Node]) -> Mapping[IP, str]:
    """Which node has an address. A real server's counts more: its RIP may stand on a director, too."""
    owners: dict[IP, str] = {}
    for node in sorted(nodes, key=lambda node: Role.REAL_SERVER not in node.roles):
        for address in node.addresses if node.has("addresses") else ():
            owners.setdefault(address.ip, node.name)
    return owners


def _name(real: Destination, owners: Mapping[IP, str]) -> str:
    return real.shown or "?" if real.ip is None else owners.get(real.ip, str(real.ip))


def _hosts(nodes: Sequence[Node], forwards: Sequence[Forwards], vips: set[IP]) -> Iterator[Host]:
    listed = dict.fromkeys(each.real_server for each in forwards)
    routers, rips = _routers(nodes), _rips(nodes)
    parts = {node.name: _part(node, node.name in listed, node.name in routers) for node in nodes}
    yield Host("clients", Part.CLIENTS)
    for name, behind in routers.items():
        if name not in parts and name not in listed:
            yield Host(name, Part.ROUTER, (name,), gateway_of=behind)
    for part in (Part.ROUTER, Part.DIRECTOR, Part.REAL_SERVER, Part.OTHER):
        for node in nodes:
            if parts[node.name] is part:
                yield Host(node.name, part, _addresses(node, vips, rips), True, routers.get(node.name, ()))
        if part is Part.REAL_SERVER:
            unscanned = (name for name in listed if name not in parts)
            yield from (Host(name, part, (name,), gateway_of=routers.get(name, ())) for name in unscanned)


def _part(node: Node, listed: bool, router: bool) -> Part:
    if ipvs_table(node) or node.is_a(Role.DIRECTOR):
        return Part.DIRECTOR
    if listed or node.is_a(Role.REAL_SERVER):
        return Part.REAL_SERVER
    return Part.ROUTER if router else Part.OTHER


def _routers(nodes: Sequence[Node]) -> Mapping[str, tuple[str, ...]]:
    """The default gateways of directors, then of real servers, and whose they are; a node of the scan by its name."""
    owners = _owners(nodes)
    behind: dict[str, dict[str, None]] = {}
    for node in sorted(nodes, key=lambda node: not ipvs_table(node)):
        if node.roles and node.has("routes"):
            for _, hop in (*default_gateways(node), *default_gateways(node, 6)):
                if hop.gateway is not None:
                    behind.setdefault(owners.get(hop.gateway, str(hop.gateway)), {})[node.name] = None
    return {router: tuple(names) for router, names in behind.items()}


def _rips(nodes: Iterable[Node]) -> set[IP]:
    return {
        real.ip
        for node in nodes
        for service in ipvs_table(node)
        for real in service.destinations
        if real.ip is not None
    }


def _addresses(node: Node, vips: set[IP], rips: set[IP]) -> tuple[str, ...]:
    """Its own, the RIPs among them first."""
    held = node.addresses if node.has("addresses") else ()
    own = (a.ip for a in held if not a.ip.is_loopback and not a.ip.is_link_local and a.ip not in vips)
    return tuple(dict.fromkeys(map(str, sorted(own, key=lambda ip: ip not in rips))))
