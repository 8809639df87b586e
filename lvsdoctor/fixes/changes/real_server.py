"""A real server of a virtual service that is added, edited or removed (ipvsadm(8)).

net/netfilter/ipvs/ip_vs_ctl.c: ip_vs_add_dest(), ip_vs_edit_dest(), ip_vs_del_dest().
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from lvsdoctor.fixes.changes.kind import Phase, Readers, spelled
from lvsdoctor.fixes.changes.line import Line, NotFollowed
from lvsdoctor.fixes.changes.rows import same, with_rows
from lvsdoctor.model.address import IP
from lvsdoctor.model.change import Change, Command, PutRealServer, RemoveRealServer
from lvsdoctor.model.ipvs import Destination, Forwarding, VirtualService
from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.ipvs.ipvsadm_save import IpvsadmSave

NOUNS = (PutRealServer, RemoveRealServer)

_METHODS: Mapping[Forwarding | None, str] = MappingProxyType(
    {Forwarding.DR: "-g", Forwarding.TUN: "-i", Forwarding.NAT: "-m"}
)
_SERVICE_OPTIONS = MappingProxyType({"tcp": "-t", "udp": "-u", "sctp": "--sctp-service"})
_VERBS = MappingProxyType({"-a": "-a", "--add-server": "-a", "-e": "-e", "--edit-server": "-e", "-d": "-d",
                           "--delete-server": "-d"})  # fmt: skip
_SHOWS = ("-l", "-L", "-S", "-Ln", "-Sn", "-ln", "--list", "--save")
_GETS = "{service} gets the real server {rip}:{port}, by {how}, weight {weight}"
_RESENT = "New connections go to {rip} by {how} at once; where it does not take them, they hang"
_CUT = "Connections of {service} to {rip} are cut, unless it stays there under another port"
_NOT_LISTED = "# the old options of {rip} are not all known: look with `ipvsadm -Sn` before"


def _read(line: Line) -> tuple[Change, ...]:
    if line.words[:1] and line.words[0] in _SHOWS:
        return ()
    verb = _VERBS.get(line.words[0]) if line.words else None
    if verb is None:
        raise NotFollowed("of ipvsadm only -a, -e and -d are followed here")
    service, real = _named(line)
    if verb != "-d" and service.fwmark is None and real.forwarding in (Forwarding.DR, Forwarding.TUN):
        real = replace(real, port=service.port)  # ipvsadm.c: "the destination port must be equal to the service port"
    known = line.node.services if line.node.has("ipvs") else ()
    service = next((row for row in known if row.key == service.key), service)
    if verb == "-d":
        # A real server is told by its address and port alone, whatever else the line says.
        change = RemoveRealServer(service, real)
        return (replace(change, real_server=_listed(change, line.node) or real),)
    return (PutRealServer(service, real, was=verb == "-e"),)


def _named(line: Line) -> tuple[VirtualService, Destination]:
    """The service and the real server that the words name, read as those of a saved table."""
    reader = IpvsadmSave()
    reader.feed(Seen("fix", None, " ".join(["ipvsadm", "-a", *line.words[1:]])))
    services: tuple[VirtualService, ...] = tuple(reader.dump().facts.get("ipvs", ()))
    if not services or (services[0].shown and services[0].fwmark is None):
        raise NotFollowed("its service or its real server cannot be read")
    (real,) = services[0].destinations
    if real.ip is None:
        raise NotFollowed("its service or its real server cannot be read")
    return replace(services[0], seen=line.seen, destinations=()), replace(real, seen=line.seen)


READERS: Readers = {("ipvsadm",): _read}


def can_spell(change: PutRealServer | RemoveRealServer) -> bool:
    """Does the evidence tell all options of the real server?"""
    service, real = change.service, change.real_server
    named = service.fwmark is not None or (service.vip is not None and service.protocol in _SERVICE_OPTIONS)
    known = isinstance(change, RemoveRealServer) or (real.forwarding in _METHODS and real.weight is not None)
    return named and known and real.ip is not None


def spell(change: PutRealServer | RemoveRealServer) -> Command:
    """Only where can_spell() is true. With all options: -a and -e set what they are not told to its default."""
    service, real = change.service, change.real_server
    if service.fwmark is not None:
        words = ["-f", str(service.fwmark), *(["-6"] if service.family == 6 else [])]
    else:
        words = [_SERVICE_OPTIONS[service.protocol], _endpoint(service.vip, service.port)]
    words += ["-r", _endpoint(real.ip, real.port)]
    if isinstance(change, RemoveRealServer):
        return spelled(change, "ipvsadm", "-d", *words)
    words += [_METHODS[real.forwarding], "-w", str(real.weight)]
    words += ["-x", str(real.upper_threshold)] if real.upper_threshold else []
    words += ["-y", str(real.lower_threshold)] if real.lower_threshold else []
    if real.forwarding is Forwarding.TUN and real.tunnel_type != "ipip":
        words += ["--tun-type", real.tunnel_type]
        words += ["--tun-port", str(real.tunnel_port)] if real.tunnel_port else []
    return spelled(change, "ipvsadm", "-e" if change.was else "-a", *words)


def _endpoint(ip: IP | None, port: int | None) -> str:
    return f"[{ip}]:{port}" if ip is not None and ip.version == 6 else f"{ip}:{port}"


def phase(change: PutRealServer | RemoveRealServer) -> Phase:
    return Phase.REAL_SERVER


def apply(node: Node, change: PutRealServer | RemoveRealServer) -> Node:
    services = node.services if node.has("ipvs") else ()
    rows = (_with(row, change) if row.key == change.service.key else row for row in services)
    return with_rows(node, "ipvs", tuple(rows))


def _with(service: VirtualService, change: PutRealServer | RemoveRealServer) -> VirtualService:
    old = _of(service, change.real_server)
    if isinstance(change, RemoveRealServer):
        return replace(service, destinations=tuple(row for row in service.destinations if row is not old))
    if change.was != (old is not None):
        return service  # ENOENT, EEXIST
    # __ip_vs_update_dest(): its connections and what was counted stay.
    counted = (old.active, old.inactive, old.counters) if old else (None, None, None)
    new = replace(change.real_server, seen=change.seen)
    new = replace(new, active=counted[0], inactive=counted[1], counters=counted[2])
    if old is None:
        return replace(service, destinations=(*service.destinations, new))
    rows = (new if row is old and not same(new, old) else row for row in service.destinations)
    return replace(service, destinations=tuple(rows))


def _of(service: VirtualService, real: Destination) -> Destination | None:
    return next((row for row in service.destinations if (row.ip, row.port) == (real.ip, real.port)), None)


def _listed(change: PutRealServer | RemoveRealServer, node: Node) -> Destination | None:
    """The real server as the node's table has it."""
    rows = [row for row in (node.services if node.has("ipvs") else ()) if row.key == change.service.key]
    return next((real for row in rows if (real := _of(row, change.real_server)) is not None), None)


def describe(change: PutRealServer | RemoveRealServer, before: Node, after: Node) -> str:
    new, old, service = change.real_server, _listed(change, before), change.service
    if isinstance(change, RemoveRealServer):
        return f"{service} loses its real server {new.ip}:{new.port}"
    if old is None:
        return _GETS.format(service=service, rip=new.ip, port=new.port, how=_how(new), weight=new.weight)
    values = (
        ("forwarding", _how(old), _how(new)),
        ("weight", old.weight, new.weight),
        ("the upper threshold", old.upper_threshold, new.upper_threshold),
        ("the lower threshold", old.lower_threshold, new.lower_threshold),
    )
    parts = [f"{what} from {was} to {now}" for what, was, now in values if was != now]
    return f"{service}, real server {new.ip}:{new.port}: {', '.join(parts) or 'nothing new'}"


def _how(real: Destination) -> str:
    return real.forwarding.value if real.forwarding is not None else real.method or "an unknown method"


def impact(change: PutRealServer | RemoveRealServer, before: Node, after: Node) -> str:
    new, old = change.real_server, _listed(change, before)
    if old is None:
        return ""
    if isinstance(change, RemoveRealServer):
        return _CUT.format(service=change.service, rip=new.ip)
    if old.forwarding is not new.forwarding:
        return _RESENT.format(rip=new.ip, how=_how(new))
    return f"{new.ip} gets no new connections of {change.service}" if old.weight and not new.weight else ""


def undo(change: PutRealServer | RemoveRealServer, before: Node, after: Node) -> Iterator[str]:
    old = _listed(change, before)
    back = (
        RemoveRealServer(change.service, change.real_server)
        if old is None
        else PutRealServer(change.service, old, was=isinstance(change, PutRealServer))
    )
    yield spell(back) if can_spell(back) else _NOT_LISTED.format(rip=change.real_server.ip)
