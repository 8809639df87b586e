"""What a change does, in words: what becomes of what, and how that can cut traffic.

The words are for a terminal or a comment once they are legible: names in them come from dumps.
"""

from ipaddress import ip_network

from lvsdoctor.fixes.changes.differing import Difference, difference
from lvsdoctor.fixes.changes.spelling import route_words, way
from lvsdoctor.fixes.changes.tunnels import TUNNEL_LINKS
from lvsdoctor.model.change import (
    AddAddress,
    AddPolicyRule,
    Change,
    LoadModule,
    Nothing,
    PutNeighbour,
    PutRealServer,
    PutRoute,
    RemoveAddress,
    RemoveNeighbour,
    RemovePolicyRule,
    RemoveRealServer,
    RemoveRoute,
    SetLink,
    SetSysctl,
    Unknown,
)
from lvsdoctor.model.ipvs import Destination
from lvsdoctor.model.node import Node
from lvsdoctor.model.route import Route

_FROM_TO = "{what} from {old} to {new}"
_UNKNOWN_BEFORE = "{key} to {new}; what it was is not in the evidence"
_ALREADY = "{key} is {new} already"
_ALONG = "; the kernel changes with it: {others}"
_MORE = "{count} more"
_GETS_ADDRESS = "{link} gets the address {ip}/{length}"
_LOSES_ADDRESS = "{link} loses the address {ip}/{length}"
_SECONDARIES = ", and with it the secondary {others}"
_PROMOTED = ", and {promoted} takes its place"
_COMES_UP = "{link} comes up"
_GOES_DOWN = "{link} goes down"
_LOADED = "the module {module} is loaded, and brings the link {link}"
_UNLOADED = "the module {module} is unloaded, and takes the link {link} with it"
_ROUTE_COMES = "a route comes: {route}"
_ROUTE_GOES = "a route goes: {route}"
_ROUTE_TO = "the route to {dst}"
_ROUTE_TO_IN = "the route to {dst} in table {table}"
_RULE_COMES = "the policy rule {priority} comes"
_RULE_GOES = "the policy rule {priority} goes"
_RULE_GOES_SHOWN = "a policy rule goes: {line}"
_REAL_SERVER = "{service}, real server {rip}:{port}: {parts}"
_GETS_REAL = "{service} gets the real server {rip}:{port}, by {how}, weight {weight}"
_LOSES_REAL = "{service} loses its real server {rip}:{port}"
_GETS_NEIGHBOUR = "{link} gets the neighbour entry of {ip}"
_LOSES_NEIGHBOUR = "the neighbour entry of {ip} on {link} goes"
_STOPS_ANSWERING = "{link} no longer answers for {ip}"


def says(change: Change, before: Node) -> str:
    """One sentence of what it changes, the old and the new value; "" for what changes nothing."""
    match change:
        case SetSysctl():
            return _setting(change, before)
        case AddAddress():
            return _GETS_ADDRESS.format(link=change.link, ip=change.ip, length=change.prefixlen)
        case RemoveAddress():
            return _address_goes(change, difference(change, before))
        case SetLink():
            return (_COMES_UP if change.up else _GOES_DOWN).format(link=change.link)
        case LoadModule():
            link = TUNNEL_LINKS[change.module][0]
            return (_LOADED if change.loads else _UNLOADED).format(module=change.module, link=link)
        case PutRoute():
            return _route_comes(change, difference(change, before))
        case RemoveRoute():
            lost = difference(change, before).lost_routes
            return _ROUTE_GOES.format(route=route_words(lost[0] if lost else change.route))
        case AddPolicyRule():
            return _RULE_COMES.format(priority=change.rule.priority)
        case RemovePolicyRule():
            return _rule_goes(change, before)
        case PutRealServer():
            return _real_server(change, before)
        case RemoveRealServer():
            real = change.real_server
            return _LOSES_REAL.format(service=change.service, rip=real.ip, port=real.port)
        case PutNeighbour():
            return _GETS_NEIGHBOUR.format(link=change.entry.link, ip=change.entry.ip)
        case RemoveNeighbour():
            return (_STOPS_ANSWERING if change.proxy else _LOSES_NEIGHBOUR).format(ip=change.ip, link=change.link)
        case Nothing() | Unknown():
            return ""


def _setting(change: SetSysctl, before: Node) -> str:
    found = difference(change, before)
    old, new = found.settings.get(change.key, (None, None))
    known = before.evidence.get("sysctl", {}).get(change.key)
    others = [
        _FROM_TO.format(what=key, old=was.raw, new=now.raw)
        for key, (was, now) in found.settings.items()
        if key != change.key and was is not None and now is not None
    ]
    more = [*others[:2], *([_MORE.format(count=len(others) - 2)] if len(others) > 2 else [])]
    along = _ALONG.format(others=", ".join(more)) if more else ""
    if old is not None and new is not None:
        return _FROM_TO.format(what=change.key, old=old.raw, new=new.raw) + along
    return (_UNKNOWN_BEFORE if known is None else _ALREADY).format(key=change.key, new=change.value) + along


def _address_goes(change: RemoveAddress, found: Difference) -> str:
    text = _LOSES_ADDRESS.format(link=change.link, ip=change.ip, length=change.prefixlen)
    others = [str(address) for address in found.lost_addresses if address.ip != change.ip]
    text += _SECONDARIES.format(others=", ".join(others)) if others else ""
    return text + (_PROMOTED.format(promoted=found.promoted[0]) if found.promoted else "")


def _route_comes(change: PutRoute, found: Difference) -> str:
    if not found.lost_routes:
        return _ROUTE_COMES.format(route=route_words(change.route))
    old, new = found.lost_routes[0], next(iter(found.new_routes), change.route)
    what = (_ROUTE_TO if new.table == "main" else _ROUTE_TO_IN).format(dst=_to(new), table=new.table)
    return _FROM_TO.format(what=what, old=way(old), new=way(new))


def _rule_goes(change: RemovePolicyRule, before: Node) -> str:
    rules = before.policy_rules if before.has("policy-rules") else ()
    gone = next((r for r in rules if (r.priority, r.family) == (change.priority, change.family)), None)
    if gone is None or not gone.seen.text:
        return _RULE_GOES.format(priority=change.priority)
    return _RULE_GOES_SHOWN.format(line=" ".join(gone.seen.text.split()))


def _real_server(change: PutRealServer, before: Node) -> str:
    new = change.real_server
    old = listed(change, before)
    if old is None:
        return _GETS_REAL.format(service=change.service, rip=new.ip, port=new.port, how=_how(new), weight=new.weight)
    values = (
        ("forwarding", _how(old), _how(new)),
        ("weight", old.weight, new.weight),
        ("the upper threshold", old.upper_threshold, new.upper_threshold),
        ("the lower threshold", old.lower_threshold, new.lower_threshold),
    )
    parts = [_FROM_TO.format(what=what, old=was, new=now) for what, was, now in values if was != now]
    told = ", ".join(parts) or "nothing new"
    return _REAL_SERVER.format(service=change.service, rip=new.ip, port=new.port, parts=told)


def _how(real: Destination) -> str:
    return real.forwarding.value if real.forwarding is not None else real.method or "an unknown method"


def listed(change: PutRealServer | RemoveRealServer, node: Node) -> Destination | None:
    """The real server as the node's table has it."""
    told = change.real_server
    for service in node.services if node.has("ipvs") else ():
        for real in service.destinations if service.key == change.service.key else ():
            if (real.ip, real.port) == (told.ip, told.port):
                return real
    return None


# -- what it may cut --------------------------------------------------------------------------------------------------

# Of a setting's name: the value that cuts, and what it cuts.
_SETTINGS_THAT_CUT = {
    "forwarding": ("0", "What this host passes on for others stops"),
    "ip_forward": ("0", "What this host passes on for others stops"),
    "proxy_arp": ("0", "Who reaches other hosts through this one by proxy ARP no longer does"),
    "rp_filter": ("1", "Packets that come in by another link than their replies leave by are dropped"),
    "arp_ignore": ("8", "It answers no ARP request any more, not for its own addresses either"),
    "accept_local": ("0", "Packets from this host's own addresses are dropped where they come in"),
    "route_localnet": ("0", "Packets to 127.0.0.0/8 that come in by a wire are dropped"),
}
_LINK_STOPS = "Everything over {link} stops"
_TUNNELS_STOP = "Every tunnel of this kind stops"
_OTHER_TABLE = "What the rule is about takes the routes of another table at once"
_CONNECTIONS_CUT = "Connections of {service} to {rip} are cut, unless it stays there under another port"
_PROXY_STOPS = "Who was told by this host where {ip} is no longer reaches it"
_LAST_ADDRESS = "It is the only IPv{family} address of {link}, and every route over {link} goes with it"
_BREAK = "Connections to {ips} break until it is back"
_NO_ROUTE_LEFT = "; no route is left to {lost}"
_NOT_ITS_OWN = "Packets to {dst} are no longer this host's own"
_ANOTHER_ROUTE = "What goes to {dst} takes another route at once, or none"
_NEW_WAY = "What goes to {dst} takes the new way at once; connections through the old one may break"
_RESENT = "New connections go to {rip} by {how} at once; where it does not take them, they hang"
_NO_NEW_ONES = "{rip} gets no new connections of {service}"


def cuts(change: Change, before: Node) -> str:
    """One sentence of how it can cut traffic; "" where it cannot."""
    match change:
        case SetSysctl():
            value, text = _SETTINGS_THAT_CUT.get(change.key.rpartition(".")[2], ("", ""))
            return text if change.value == value and change.key in difference(change, before).settings else ""
        case RemoveAddress():
            return _without_address(change, difference(change, before))
        case SetLink():
            return "" if change.up else _LINK_STOPS.format(link=change.link)
        case LoadModule():
            return "" if change.loads else _TUNNELS_STOP
        case PutRoute() | RemoveRoute():
            return _rerouted(difference(change, before), removed=isinstance(change, RemoveRoute))
        case AddPolicyRule() | RemovePolicyRule():
            return _OTHER_TABLE
        case PutRealServer():
            return _resent(change, listed(change, before))
        case RemoveRealServer():
            known = listed(change, before) is not None
            return _CONNECTIONS_CUT.format(service=change.service, rip=change.real_server.ip) if known else ""
        case RemoveNeighbour():
            return _PROXY_STOPS.format(ip=change.ip) if change.proxy else ""
        case AddAddress() | PutNeighbour() | Nothing() | Unknown():
            return ""


def _without_address(change: RemoveAddress, found: Difference) -> str:
    if not found.lost_addresses:
        return ""
    ips = {address.ip for address in found.lost_addresses}
    left = [a for a in found.after.addresses_on(change.link) if a.ip.version == change.ip.version]
    if not left and change.link != "lo":
        told = _LAST_ADDRESS.format(family=change.ip.version, link=change.link)
    else:
        told = _BREAK.format(ips=", ".join(sorted(map(str, ips))))
    own = {ip_network(ip) for ip in ips}
    kept = {(route.dst, route.table) for route in _unicast(found.after)}
    gone = [route for route in found.lost_routes if route.type == "unicast" and route.dst not in own]
    lost = [_to(route) for route in gone if (route.dst, route.table) not in kept]
    return told + (_NO_ROUTE_LEFT.format(lost=", ".join(dict.fromkeys(lost))) if lost else "")


def _unicast(node: Node) -> tuple[Route, ...]:
    return tuple(route for route in node.routes if route.type == "unicast") if node.has("routes") else ()


def _rerouted(found: Difference, *, removed: bool) -> str:
    if not found.lost_routes:
        return ""
    route = found.lost_routes[0]
    if route.type != "unicast":
        return _NOT_ITS_OWN.format(dst=_to(route)) if route.type == "local" else ""
    return (_ANOTHER_ROUTE if removed else _NEW_WAY).format(dst=_to(route))


def _resent(change: PutRealServer, old: Destination | None) -> str:
    new = change.real_server
    if old is not None and old.forwarding is not new.forwarding:
        return _RESENT.format(rip=new.ip, how=_how(new))
    stopped = old is not None and old.weight and not new.weight
    return _NO_NEW_ONES.format(rip=new.ip, service=change.service) if stopped else ""


def _to(route: Route) -> str:
    return str(route.dst) if route.dst.prefixlen else "default"
