"""Where to ask for an address and in whose name, and what keeps it from being asked."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Address

from lvsdoctor.kernel.routing import is_local, route_lookup
from lvsdoctor.model.address import IP
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.link import Link, set_link
from lvsdoctor.model.node import Node
from lvsdoctor.probe.wire import CannotProbe

NOBODY = IPv4Address("0.0.0.0")
_FEW = 3  # reasons in a sentence


@dataclass(frozen=True, slots=True)
class Question:
    """Who has `target`, asked on `link` from its MAC in the name of `senders` in turn; `notes` are for the reader.

    `own`: this host has the address itself, and nobody hears their own answer.
    """

    target: IP
    link: str
    mac: str
    senders: tuple[IP, ...]
    own: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unasked:
    """An address that cannot be asked for from here, and why."""

    target: IP
    why: str


@dataclass(frozen=True, slots=True)
class ProbePlan:
    questions: tuple[Question, ...]
    unasked: tuple[Unasked, ...]


def plan(
    node: Node,
    targets: Iterable[IP],
    *,
    link: str | None = None,
    vips: Iterable[IP] = (),
    wireless: Collection[str] = (),
) -> ProbePlan:
    """What can be asked from this node: on the links whose subnet an address is in, or on the one that is named.

    In the name of `vips` nothing is asked (the targets are among them). Raises CannotProbe if there is no such link.
    Reads links, addresses, routes, local-routes, policy-rules.
    """
    wanted = list(dict.fromkeys(targets))
    never = {*wanted, *vips}
    named = [_named(node, link)] if link is not None else []
    found: list[Question | Unasked] = []
    for target in wanted:
        links = named or _links_for(node, target)
        found += [_question(node, target, each, never) for each in links] or [Unasked(target, _nowhere(node, target))]
    questions = [
        replace(each, notes=(f"{each.link} is wireless: an access point may answer for others", *each.notes))
        if each.link in wireless
        else each
        for each in found
        if isinstance(each, Question)
    ]
    return ProbePlan(tuple(questions), tuple(each for each in found if isinstance(each, Unasked)))


def _named(node: Node, name: str) -> Link:
    found = node.link(name)
    if found is None:
        raise CannotProbe(f"unknown interface {name!r} (known: {', '.join(each.name for each in node.links)})")
    return found


def _links_for(node: Node, target: IP) -> list[Link]:
    """The links with a subnet that the address is in; those that can be asked, if any can."""
    names = {a.link for a in node.addresses if target in a.network and a.network.num_addresses > 1}
    found = [each for each in node.links if each.name in names and not each.loopback]
    return [each for each in found if not _hindrance(node, each)] or found


def _hindrance(node: Node, link: Link) -> str:
    """What keeps a link from being asked at all."""
    if link.loopback:
        return f"{link.name} is the loopback interface, which has no other host"
    if not link.arp:
        return f"{link.name} uses no ARP ({link.type}{', NOARP' if 'NOARP' in link.flags else ''})"
    if link.type == "infiniband":
        return f"{link.name} is InfiniBand, whose frames this version cannot make"
    if not link.up:
        return f"{link.name} is down: {set_link(link.name, 'up')}"
    if "NO-CARRIER" in link.flags or link.state in ("LOWERLAYERDOWN", "DOWN"):
        return f"{link.name} is up, but has no carrier: is its cable in?"
    if node.enslaved(link):
        return f"{link.name} is a port of {link.master}, where its ARP is: probe on {link.master}"
    return ""


def _question(node: Node, target: IP, link: Link, never: set[IP]) -> Question | Unasked:
    if hindered := _hindrance(node, link):
        return Unasked(target, hindered)
    own, notes = is_local(node, target) is not None, list(_notes(link))
    if target.version == 6:
        ours = _own6(node, link, never)
        if ours is None:
            return Unasked(target, f"{link.name} has no usable IPv6 address to ask from")
        return Question(target, link.name, link.mac, (ours,), own, tuple(notes))
    sender = _own4(node, target, link, never)
    if sender is None:
        held = any(address.ip.version == 4 for address in node.addresses_on(link.name))
        why = "no IPv4 address but VIPs" if held else "no IPv4 address"
        notes.append(f"{link.name} has {why}, so only address probes (sender 0.0.0.0) are sent")
        return Question(target, link.name, link.mac, (NOBODY,), own, tuple(notes))
    if not any(target in a.network and a.ip == sender for a in node.addresses_on(link.name)):
        notes.append(
            f"{sender} is in another subnet: a host with arp_filter, arp_ignore=2 or rp_filter may not answer it"
        )
    return Question(target, link.name, link.mac, (sender, NOBODY), own, tuple(notes))


def _own4(node: Node, target: IP, link: Link, never: set[IP]) -> IP | None:
    """An address of the link, and no VIP: one of the target's subnet first, and a primary one."""
    ours = [a for a in node.addresses_on(link.name) if a.ip.version == 4 and a.ip not in never]
    best = min(ours, key=lambda a: (target not in a.network, a.host_only, a.secondary), default=None)
    return None if best is None else best.ip


def _own6(node: Node, link: Link, never: set[IP]) -> IP | None:
    usable = [
        a.ip for a in node.addresses_on(link.name)
        if a.ip.version == 6 and a.ip not in never and a.usable
    ]  # fmt: skip
    return min(usable, key=lambda ip: not ip.is_link_local, default=None)


def _notes(link: Link) -> Iterator[str]:
    if link.kind == "vlan":
        parent = f" on {link.parent}" if link.parent else ""
        yield f"{link.name} is a VLAN{parent}: only hosts of that VLAN receive this"
    elif link.kind in ("bond", "team"):
        yield f"{link.name} is a {link.kind}: its active port sends and receives"
    elif link.kind == "macvlan":
        yield f"{link.name} is a macvlan: unless it is in bridge mode, this host's other interfaces do not receive this"


def _nowhere(node: Node, target: IP) -> str:
    """The way to an address that no link has a subnet for."""
    beyond = f"{target} is in no subnet of this host"
    try:
        way = route_lookup(node, target)
    except NotCollected:
        return beyond
    if way.type != "unicast" or not way.gateways:
        return beyond
    on = f" on {way.links[0]}" if way.links else ""
    return f"{beyond} but behind {way.gateways[0]}{on}: probe from a host beside it"


def reasons(unasked: Iterable[Unasked]) -> str:
    """Why, in one sentence: a Kubernetes node has thousands of VIPs that are in no subnet."""
    every = list(dict.fromkeys(each.why for each in unasked))
    return "; ".join(every[:_FEW]) + (f"; and {len(every) - _FEW} more like these" if len(every) > _FEW else "")


def vips_known(nodes: Sequence[Node]) -> tuple[IP, ...]:
    """The VIPs that the nodes' tables and standings tell."""
    found: dict[IP, None] = {}
    for node in nodes:
        services = node.services if node.has("ipvs") else ()
        found |= {vip: None for service in services for vip, _ in service.vips}
        found |= {vip.ip: None for vip in node.vips}
    return tuple(found)


def rips_known(nodes: Sequence[Node]) -> tuple[IP, ...]:
    """The real servers' addresses in the nodes' IPVS tables."""
    tables = (node.services for node in nodes if node.has("ipvs"))
    return tuple(
        dict.fromkeys(real.ip for table in tables for service in table for real in service.destinations if real.ip)
    )
