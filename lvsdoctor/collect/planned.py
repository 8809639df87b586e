"""What files configure, or typed commands do, under the names of what runs, where nothing else tells of that.

A host of which files alone tell has nothing else. Such rows have the origin `configured` or `typed`, and are partial by
nature: what another file, a person or a daemon adds was not seen. So a row that is there proves what it
does, and nothing is concluded from what is not there, but for what decides alone: a setting, a table.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import product
from typing import Any

from lvsdoctor.collect.merging import merged
from lvsdoctor.model.address import Address, Network
from lvsdoctor.model.coverage import Coverage, Origin, Partial, coverage_of
from lvsdoctor.model.facts import CONFIGURED
from lvsdoctor.model.link import EVERY_INTERFACE, Link
from lvsdoctor.model.route import Route
from lvsdoctor.model.seen import ASSUMED, Seen
from lvsdoctor.model.sysctl import IPV4_CONF_DEFAULTS, Setting, conf_key
from lvsdoctor.model.sysctl_at_boot import SysctlAtBoot
from lvsdoctor.model.sysctl_d import link_scopes
from lvsdoctor.model.vrrp import VrrpInstance

# The same whether files configure a host or commands were typed: what else there is was not shown.
_MORE = "files and typed commands show a part of {what}, and others may add to it"
_UNSAID = "the files do not say which addresses this host has"
_WHAT = {"addresses": "the addresses", "routes": "the routes"}
_LOOPBACK = frozenset({"LOOPBACK", "UP", "LOWER_UP"})
_WIRE = frozenset({"BROADCAST", "MULTICAST", "UP", "LOWER_UP"})
# A change of conf.all or of ip_forward is copied to every interface (inet_forward_change()).
_OF_ALL = frozenset({"forwarding"})
# What is there beside configured facts without being a fact of what runs.
_NOT_RUNTIME = frozenset(
    {
        *CONFIGURED.values(),
        "vrrp",
        "health-checks",
        "inventory-addresses",
        "kube",
        "kube-state",
        "configured-order",
        "configured-timeouts",
        "kernel",
        "log",
        "probes",
    }
)


def with_plan(
    evidence: Mapping[str, Any], coverage: Mapping[str, Coverage]
) -> tuple[dict[str, Any], dict[str, Coverage]]:
    """The evidence of a host and how far it goes, with what files say under the names of what runs where nothing shows
    that."""
    alone = all(fact in _NOT_RUNTIME for fact in evidence)
    lacking = {fact: name for fact, name in CONFIGURED.items() if fact not in evidence and name in evidence}
    if not alone:
        lacking.pop("sysctl", None)  # engine/as_configured.py: it has defaults, of which a rule has to be warned
    planned = {fact: evidence[name] for fact, name in lacking.items()}
    if not planned:
        return dict(evidence), dict(coverage)
    if "addresses" in planned and "vrrp" in evidence:
        planned["addresses"] = tuple(_vrrp_last(planned["addresses"], evidence["vrrp"]))
    if "sysctl" in planned:
        planned["sysctl"] = SysctlAtBoot(planned["sysctl"])
    elif alone and "arptables" in planned:  # these hide a VIP in place of arp_ignore and arp_announce
        planned["sysctl"], lacking["sysctl"] = {}, "configured-arptables"
    if "arptables" in planned:
        planned["arptables"] = merged("arptables", [planned["arptables"]])
    addresses: tuple[Address, ...] = planned.get("addresses", ())
    if "links" not in evidence:
        planned["links"] = tuple(_links(planned, addresses))
    if "sysctl" in planned:
        decided = planned["sysctl"]
        early = dict(_there_before(planned["links"], decided))
        planned["sysctl"] = {**dict(_untouched(planned["links"], decided)), **decided, **early}
    covered = {}
    for runtime, fact in lacking.items():
        known = coverage_of(fact, coverage)
        partial = known.partial
        if runtime in _WHAT and runtime in planned:
            partial = partial or Partial(_MORE, _first(planned[runtime]), {"what": _WHAT[runtime]}, of_plan=True)
        covered[runtime] = Coverage(known.origin, partial)
    if alone and "addresses" not in planned:
        planned["addresses"], covered["addresses"] = (), Coverage(_weakest(covered), Partial(_UNSAID))
    elif alone and "routes" not in planned:  # those that the addresses make, and no other was seen
        partial = Partial(_MORE, _first(addresses), {"what": _WHAT["routes"]}, of_plan=True)
        planned["routes"], covered["routes"] = (), Coverage(_weakest(covered), partial)
    if "links" in planned:
        covered["links"] = Coverage(_weakest(covered))
    return {**evidence, **planned}, {**coverage, **{fact: covered[fact] for fact in planned}}


def _vrrp_last(addresses: Iterable[Address], instances: Iterable[VrrpInstance]) -> Iterator[Address]:
    """What VRRP adds comes after what is there at boot, whatever the files are called; net/ipv4/devinet.c:
    __inet_insert_ifa() makes it secondary in a subnet that its link has already."""
    by_vrrp = {row.seen for instance in instances for row in instance.brings_up}
    subnets: set[tuple[str, Network]] = set()
    for row in sorted(addresses, key=lambda row: row.seen in by_vrrp):
        subnet, secondary = (row.link, row.network), frozenset({"secondary"})
        again = row.seen in by_vrrp and subnet in subnets and row.ip.version == 4
        subnets.add(subnet)
        yield replace(row, flags=row.flags | secondary) if again else row


def _weakest(covered: Mapping[str, Coverage]) -> Origin:
    return Origin.TYPED if Origin.TYPED in {known.origin for known in covered.values()} else Origin.CONFIGURED


def _untouched(links: Iterable[Link], settings: Mapping[str, Setting]) -> Iterator[tuple[str, Setting]]:
    """An interface's own settings that no file makes: each starts as a copy of conf.default, which is the kernel's.

    net/ipv4/devinet.c: inetdev_init(). What a file says of conf.default is among `settings` for every link by name.
    """
    for link, (name, default) in product(links, IPV4_CONF_DEFAULTS.items()):
        if (own := _by_glob(settings, link, name)) is not None:
            yield own.key, own
            continue
        inherited = settings.get(conf_key("default", name))
        raw = inherited.raw if inherited is not None else str(default)
        seen = inherited.seen if inherited is not None else Seen(ASSUMED, None, f"no file sets {name} of {link.name}")
        if name not in _OF_ALL:
            yield conf_key(link.name, name), Setting(conf_key(link.name, name), raw, seen)


def _by_glob(settings: Mapping[str, Setting], link: Link, name: str) -> Setting | None:
    """What `net.ipv4.conf.eth*.arp_ignore` sets, which names no link."""
    if not isinstance(settings, SysctlAtBoot) or link.name == EVERY_INTERFACE:
        return None
    own = settings.files.setting(conf_key(link.name, name))
    return own if own is not None and own.is_number else None


def _there_before(links: Iterable[Link], settings: Mapping[str, Setting]) -> Iterator[tuple[str, Setting]]:
    """What lo and network cards have of a setting that files make for conf.default alone: the kernel's, for they are
    there before any file is read, and do not read conf.default again."""
    for link, name in product(links, ("arp_ignore", "arp_announce")):
        key, shared = conf_key(link.name, name), settings.get(conf_key("default", name))
        own = _by_glob(settings, link, name) or settings.get(key)
        if shared is None or not (link.loopback or (link.arp and not link.kind)):
            continue
        if own is None or own.seen == shared.seen:
            seen = Seen(ASSUMED, None, f"{link.name} exists before the files are applied")
            yield key, Setting(key, str(IPV4_CONF_DEFAULTS[name]), seen)


def _first(rows: Iterable[Any]) -> Seen | None:
    return next((row.seen for row in rows), None)


def _links(planned: Mapping[str, Any], addresses: Iterable[Address]) -> Iterator[Link]:
    """lo, which every host has, and those that the files name; where they name none, one that stands for all others."""
    known: dict[str, Link] = {}
    for link in planned.get("links", ()):
        known[link.name] = as_made(_joined(known[link.name], link) if link.name in known else link)
    named: dict[str, Seen] = {address.link: address.seen for address in addresses}
    route: Route
    for route in planned.get("routes", ()):
        named |= dict.fromkeys(route.links, route.seen)
    lo = Link("lo", Seen(ASSUMED, None, "every host has lo"), 1, _LOOPBACK, type="loopback")
    yield known.pop("lo", lo)
    named.pop("lo", None)
    yield from known.values()
    for scope in sorted(set(link_scopes(planned.get("sysctl", ()))) - {"all", "default", "lo"}):
        named.setdefault(scope, Seen(ASSUMED, None, f"a file sets something of {scope}"))
    others = [as_made(Link(name, seen, None, _WIRE, type="ether")) for name, seen in named.items() if name not in known]
    yield from others
    if not any(link.arp for link in (*known.values(), *others)):
        seen = Seen(ASSUMED, None, "the interfaces that no file names have no setting of their own")
        yield Link(EVERY_INTERFACE, seen, None, _WIRE, type="ether")


def _joined(first: Link, second: Link) -> Link:
    """What two files say of a link: one makes it (vip0.netdev), the other gives it addresses (vip0.network)."""
    maker, other = (second, first) if second.kind and not first.kind else (first, second)
    return replace(
        maker,
        master=maker.master or other.master,
        parent=maker.parent or other.parent,
        mac=maker.mac or other.mac,
        flags=maker.flags | (other.flags & {"UP", "LOWER_UP", "NOARP"}),
        detail={**other.detail, **maker.detail},
    )


def as_made(link: Link) -> Link:
    """The fallback devices of tunnels and dummy links, which their modules make under these names, know no ARP."""
    kind, type_ = next((known for name, known in _MADE.items() if link.name.startswith(name)), ("", ""))
    if not kind or link.kind:
        return link
    return replace(link, kind=kind, type=type_, flags=(link.flags | {"NOARP", "UP"}) - {"BROADCAST", "MULTICAST"})


_MADE = {
    "tunl": ("ipip", "ipip"), "ip6tnl": ("ip6tnl", "tunnel6"), "gre": ("gre", "gre"), "sit": ("sit", "sit"),
    "dummy": ("dummy", "ether"), "kube-ipvs": ("dummy", "ether"),
}  # fmt: skip
