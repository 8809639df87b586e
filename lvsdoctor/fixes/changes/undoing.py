"""The commands that take a change back, with the old values.

What the commands do is tried on the model: what they do not bring back is added, or said.
"""

from collections.abc import Iterable, Iterator, Mapping

from lvsdoctor.fixes.changes.applying import applied
from lvsdoctor.fixes.changes.differing import Difference, alike, difference, missing_routes, restored
from lvsdoctor.fixes.changes.reading import changes_of
from lvsdoctor.fixes.changes.spelling import (
    add_address,
    add_rule,
    ip_route,
    put_neighbour,
    real_server,
    remove_address,
    remove_rule,
)
from lvsdoctor.fixes.changes.telling import listed
from lvsdoctor.model.address import Address
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
from lvsdoctor.model.link import set_link
from lvsdoctor.model.node import Node
from lvsdoctor.model.sysctl import Setting
from lvsdoctor.sanitize import command, legible, word

_NOT_KNOWN = "# {key} was not in the evidence: look with `{look}` before, and write that back"
_LEARNED = "# nothing to undo: {ip} is asked for anew when something is sent there"
_NOT_LISTED = "# the old options of {rip} are not all known: look with `ipvsadm -Sn` before"
_NO_COMMAND = "# how to take this back is not known here: {command}"
_LEASED = "# {address} came by DHCP: its client puts it back (renew the lease)"
_IN_ORDER = "# the addresses of {link} stood in this order, which tells the source of packets: {addresses}"
_INCOMPLETE = "# then compare with the dumps of before: these commands do not bring back all of it"


def undo(change: Change, before: Node) -> tuple[str, ...]:
    """What to run, in order, so that the node is as it was before the change; nothing where it changes nothing."""
    found = difference(change, before)
    if isinstance(change, Unknown):
        return (_NO_COMMAND.format(command=legible(change.command)),)
    if isinstance(change, Nothing) or alike(found.after, before):
        return ()
    lines = tuple(_lines(change, found))
    after = _run(lines, found.after)
    # In the order in which the kernel takes them: gateways' subnets first.
    missing = sorted(missing_routes(before, after), key=lambda route: bool(route.gateways))
    lines += tuple(ip_route("add", route) for route in missing)
    complete = restored(_run(lines, found.after), before)
    return lines if complete or any(line.startswith("#") for line in lines) else (*lines, _INCOMPLETE)


def _lines(change: Change, found: Difference) -> Iterable[str]:
    before = found.before
    match change:
        case SetSysctl():
            return _old_settings(change, found)
        case AddAddress() | RemoveAddress():
            return _old_addresses(change, found)
        case SetLink():
            state = "down" if change.up else "up"
            lost = (add_address(address) for address in found.lost_addresses)
            return (set_link(change.link, state), *lost)
        case LoadModule():
            return (command("modprobe", *(["-r"] if change.loads else []), change.module),)
        case PutRoute():
            return [ip_route("replace", route) for route in found.lost_routes] or [
                ip_route("del", route) for route in found.new_routes
            ]
        case AddPolicyRule():
            return (remove_rule(change.rule),)
        case RemovePolicyRule():
            gone = [rule for rule in before.policy_rules if rule not in found.after.policy_rules]
            return map(add_rule, gone)
        case RemoveRoute():
            return ()  # it is missing, and comes back as such
        case PutRealServer() | RemoveRealServer():
            return (_old_real_server(change, before),)
        case PutNeighbour():
            return _old_neighbour(change, before)
        case RemoveNeighbour():
            kept = [n for n in before.neighbours if n not in found.after.neighbours]
            lasting = [put_neighbour(n) for n in kept if "proxy" in n.flags or n.state == "PERMANENT"]
            return lasting or (_LEARNED.format(ip=change.ip),)
        case Nothing() | Unknown():
            return ()


def _old_settings(change: SetSysctl, found: Difference) -> Iterator[str]:
    """The setting itself first, then what the kernel has changed along with it, once or twice."""
    before: Mapping[str, Setting] = found.before.evidence["sysctl"]
    node = found.after
    if change.key in before:
        line = command("sysctl", "-w", f"{change.key}={before[change.key].raw}")
        node = _run([line], node)
        yield line
    now: Mapping[str, Setting] = node.evidence["sysctl"]
    others = [f"{key}={old.raw}" for key, old in before.items() if key != change.key and now[key].raw != old.raw]
    if others:
        yield command("sysctl", "-w", *others)
    if change.key not in before:
        yield _NOT_KNOWN.format(key=word(change.key), look=command("sysctl", change.key))


def _old_addresses(change: AddAddress | RemoveAddress, found: Difference) -> Iterable[str]:
    if isinstance(change, AddAddress):
        peer = change.peer
        told = [f"{change.ip}/{change.prefixlen}"] if peer is None else [str(change.ip), "peer", str(peer)]
        return (command("ip", "addr", "del", *told, "dev", change.link),)
    had, lost = _on(found.before, change), found.lost_addresses
    back = [_again(address, found.before) for address in lost]
    if lost and _roles(_on(_run(back, found.after), change)) != _roles(had):
        # One that was promoted stands in front now: those behind the lost one go and come, in their old order.
        behind = [a for a in had[had.index(lost[0]) :] if a not in lost and a.network == lost[0].network]
        back += [line for a in behind for line in (remove_address(a), _again(a, found.before))]
    if [str(a) for a in _on(_run(back, found.after), change)] != [str(a) for a in had]:
        back.append(_IN_ORDER.format(link=word(change.link), addresses=", ".join(map(str, had))))
    return [*back, *(_LEASED.format(address=a) for a in lost if "dynamic" in a.flags)]


def _again(address: Address, before: Node) -> str:
    """The address with the metric that its subnet's route had (NetworkManager and systemd-networkd give it one)."""
    rows = before.routes if before.has("routes") else ()
    own = (row for row in rows if row.dst == address.network and row.links == (address.link,) and not row.gateways)
    metric = next((row.metric for row in own if row.protocol == "kernel"), 0)
    return add_address(address, metric=metric if address.ip.version == 4 else 0)


def _on(node: Node, change: RemoveAddress) -> list[Address]:
    rows = node.addresses_on(change.link) if node.has("addresses") else ()
    return [address for address in rows if address.ip.version == change.ip.version]


def _roles(addresses: Iterable[Address]) -> set[tuple[str, bool]]:
    return {(str(address), address.secondary) for address in addresses}


def _old_real_server(change: PutRealServer | RemoveRealServer, before: Node) -> str:
    old = listed(change, before)
    if old is None:
        line = real_server("-d", change.service, change.real_server)
    else:
        line = real_server("-e" if isinstance(change, PutRealServer) else "-a", change.service, old)
    return line or _NOT_LISTED.format(rip=change.real_server.ip)


def _old_neighbour(change: PutNeighbour, before: Node) -> Iterable[str]:
    new = change.entry
    proxy = "proxy" in new.flags
    old = [n for n in before.neighbours if (n.ip, n.link, "proxy" in n.flags) == (new.ip, new.link, proxy)]
    if old and (proxy or old[0].state == "PERMANENT"):
        return (put_neighbour(old[0]),)
    return (command("ip", "neigh", "del", *(["proxy"] if proxy else []), new.ip, "dev", new.link),)


def _run(lines: Iterable[str], node: Node) -> Node:
    for line in lines:
        for change in changes_of(line, node):
            node = applied(change, node)
    return node
