"""A keepalived.conf deployed: keepalived was restarted with it, all its health checks pass, and it has come to rest."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from lvsdoctor.analysis.vrrp.election import Elected, on_wires
from lvsdoctor.fixes.whatif.node_edit import NodeEdit
from lvsdoctor.model.address import Address
from lvsdoctor.model.change import AddAddress, PutRoute, RemoveAddress
from lvsdoctor.model.coverage import Coverage, Origin
from lvsdoctor.model.ipvs import VirtualService
from lvsdoctor.model.link import Link
from lvsdoctor.model.node import Node
from lvsdoctor.model.route import Route
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.sysctl import Setting, conf_key
from lvsdoctor.model.vrrp import Vmac, VrrpInstance
from lvsdoctor.parse.config.keepalived_conf import partial_of
from lvsdoctor.parse.keepalived import KeepalivedConf
from lvsdoctor.reporting.summary import counted

_VMAC_FLAGS = frozenset({"UP", "LOWER_UP", "BROADCAST", "MULTICAST"})
# vrrp_if_config.c: vmac_sysctl, parent_sysctl.
_OF_VMAC = {"arp_ignore": 1, "accept_local": 1, "rp_filter": 0, "promote_secondaries": 1}
_OF_PARENT = {"arp_ignore": 1, "arp_filter": 1}
_SHOWN = 5
# Each address is held against all others of its link, so a stranger's file could take hours.
MOST_ADDRESSES = 500


def deployed_on(node: Node, file: str, conf: KeepalivedConf, election: Mapping[tuple[str, Seen], Elected]) -> Node:
    """The node with the virtual services, addresses and routes of the file."""
    edit = NodeEdit(node, file)
    services = counted(len(conf.services), "virtual service")
    edit.note("as it would be with {file} deployed ({services}, all real servers healthy)", services=services)
    _direct(edit, conf)
    for fact, rows in (("vrrp", conf.instances), ("health-checks", conf.checks)):
        if rows:
            edit.put(fact, rows, Coverage(Origin.CONFIGURED, partial_of(conf)))
    masters = [instance for instance in conf.instances if _is_master(edit, instance, election)]
    for instance in masters[:MOST_ADDRESSES]:
        if instance.vmac is not None and instance.brings_up:
            _add_vmac(edit, instance.vmac, instance.family)
    addresses = (*conf.addresses, *(address for instance in masters for address in instance.brings_up))
    routes = (*conf.routes, *(route for instance in masters for route in instance.routes))
    for address in addresses[:MOST_ADDRESSES]:
        _let_go_of_others(edit, address)
        hold_address(edit, address)
    for route in routes[:MOST_ADDRESSES]:
        put_route(edit, route)
    if max(len(addresses), len(routes)) > MOST_ADDRESSES:
        edit.note("{file}: only the first {most} addresses and routes are supposed", most=MOST_ADDRESSES)
    for why, lines_of in conf.left_out:
        lines = [str(seen.line) for seen in lines_of[:_SHOWN]] + ["..."] * (len(lines_of) > _SHOWN)
        edit.note("{file}, line {lines}: {why}", lines=", ".join(lines), why=why)
    return edit.finished(conf.unread)


def _is_master(edit: NodeEdit, instance: VrrpInstance, election: Mapping[tuple[str, Seen], Elected]) -> bool:
    """Says so where `state` does not; who has lost the election lets go of the VIPs."""
    outcome = election.get((edit.node.name, instance.seen))
    if outcome is None:  # it has no VIPs, and nobody knows
        return instance.starts_as_master
    fields = {"seen": instance.seen, "name": instance.name or "without a name", "other": outcome.other}
    if outcome.master:
        if outcome.unheard:
            edit.note("{seen}: instance {name} is master, and {other} is, too: {why}", why=outcome.unheard, **fields)
        elif not instance.starts_as_master:
            edit.note("{seen}: instance {name} is taken to be master, as no other node of this scan is", **fields)
        return True
    edit.note("{seen}: instance {name} is BACKUP here: {other} has its VIPs", **fields)
    for address in instance.brings_up:
        _let_go(edit, address)
    return False


# -- the IPVS table ---------------------------------------------------------------------------------------------------


def _direct(edit: NodeEdit, conf: KeepalivedConf) -> None:
    """The file's services stand for those of the same key; others are not keepalived's to remove (lvs_flush apart)."""
    node = edit.node
    if not conf.services and conf.flush is None:
        return
    own = {_key(service) for service in conf.services}
    before = node.services if node.has("ipvs") else ()
    others = tuple(service for service in before if _key(service) not in own) if conf.flush is None else ()
    if not node.has("ipvs"):
        edit.note("the IPVS table of {node} was not collected: what else is in it is not known")
    elif others:
        names = ", ".join(map(str, others[:_SHOWN])) + ", ..." * (len(others) > _SHOWN)
        edit.note("{file} does not name {services}, which stay unless keepalived itself had made them",
                      services=names)  # fmt: skip
    edit.put("ipvs", (*conf.services, *others))
    if node.has("ipvs-stats"):
        counts: Iterable[VirtualService] = node.evidence["ipvs-stats"]
        left = {_key(service) for service in others}
        edit.put("ipvs-stats", tuple(service for service in counts if _key(service) in left))


def _key(service: VirtualService) -> tuple[object, ...]:
    return service.key, service.family


# -- addresses, and the links and routes around them -------------------------------------------------------------------


def _let_go_of_others(edit: NodeEdit, address: Address) -> None:
    """The node without what keepalived had put there for the address, if it is not the same anyway."""
    node = edit.node
    if not node.has("addresses") or (node.has("links") and node.link(address.link) is None):
        return
    if not any((a.prefixlen, a.link) == (address.prefixlen, address.link) for a in node.holding(address.ip)):
        _let_go(edit, address)


def hold_address(edit: NodeEdit, address: Address) -> None:
    """The node with the address as the file says."""
    node = edit.node
    if not node.has("addresses"):
        edit.note("the addresses of {node} were not collected, so those of {file} are not supposed either")
        return
    if node.has("links") and node.link(address.link) is None:
        edit.note("{seen}: {node} has no interface {link} to hold it", seen=address.seen, link=address.link)
        return
    same = [a for a in node.holding(address.ip) if (a.prefixlen, a.link) == (address.prefixlen, address.link)]
    if same:
        kept = replace(same[0], seen=address.seen)
        edit.put("addresses", tuple(kept if a is same[0] else a for a in node.addresses))
        return
    change = AddAddress(
        address.ip, address.prefixlen, address.link, address.scope, address.label, address.peer, address.broadcast,
        address.flags, seen=address.seen,
    )  # fmt: skip
    if not edit.change(change):
        edit.note("{seen}: the kernel would refuse it beside the addresses of {link}",
                      seen=address.seen, link=address.link)  # fmt: skip


def _let_go(edit: NodeEdit, address: Address) -> None:
    """The node without what keepalived had put there for this address until now."""
    for old in on_wires(edit.node):
        if old.ip == address.ip:
            edit.change(RemoveAddress(old.ip, old.prefixlen, old.link, old.peer, seen=address.seen))


def put_route(edit: NodeEdit, route: Route) -> None:
    """The node with the route of the file."""
    if not edit.change(PutRoute(route, replaces=False, seen=route.seen)):
        edit.note("{seen}: {node} has this route, cannot have it, or its routes were not collected", seen=route.seen)


def _add_vmac(edit: NodeEdit, vmac: Vmac, family: int) -> None:
    """vrrp_vmac.c: netlink_link_add_vmac(); of IPv4, with the settings that make it answer in its parent's place."""
    node = edit.node
    parent = node.link(vmac.parent) if node.has("links") else None
    if parent is None or node.link(vmac.name) is not None:
        return
    link = Link(
        vmac.name, vmac.seen, flags=_VMAC_FLAGS, mtu=parent.mtu, state="UP", type="ether", mac=vmac.mac,
        parent=parent.name, kind="macvlan", detail={"mode": "private"},
    )  # fmt: skip
    edit.put("links", (*node.links, link))
    if family == 4 and node.has("sysctl"):
        for key, value in _vmac_settings(edit.node, vmac):
            edit.write(Setting(key, str(value), vmac.seen))


def _vmac_settings(node: Node, vmac: Vmac) -> Iterable[tuple[str, int]]:
    """clear_rp_filter(): what all.rp_filter did for every link, each link does for itself, for the vmac needs none."""
    every = node.sysctl(conf_key("all", "rp_filter"))
    if every.is_number and every.value:
        for scope in ("default", *(link.name for link in node.links if link.name != vmac.name)):
            own = node.sysctl(conf_key(scope, "rp_filter"))
            if own.is_number and own.value < every.value:
                yield own.key, every.value
        yield every.key, 0
    yield from ((conf_key(vmac.name, name), value) for name, value in _OF_VMAC.items())
    yield from ((conf_key(vmac.parent, name), value) for name, value in _OF_PARENT.items())
