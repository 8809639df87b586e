"""keepalived.conf as what it configures: the table, addresses, routes and VRRP instances, each with its line.

Of addresses all are here that an instance may bring up; which instance is master, the election decides for all nodes
together (analysis/vrrp/election.py).
"""

import re
from collections.abc import Iterable, Iterator

from lvsdoctor.model.address import Address
from lvsdoctor.model.coverage import Origin, Partial
from lvsdoctor.model.link import Link
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.gaps import UNREAD
from lvsdoctor.parse.keepalived import KeepalivedConf, is_all_keepalived_conf, is_keepalived_conf, keepalived_conf
from lvsdoctor.parse.keepalived.lines import Opener
from lvsdoctor.parse.reader import Dump

NOT_CLOSED = "this block is never closed"
NOT_FOLLOWED = "the file that this line includes was not read"

# What holds an address is up while keepalived is at work: otherwise the instance is in FAULT.
_UP = frozenset({"BROADCAST", "MULTICAST", "UP", "LOWER_UP"})
_INCLUDE = re.compile(r"^[ \t]*include[rmwba]?[ \t]", re.MULTILINE)
_DIGITS = re.compile(r"\d+")
_CONDITION = re.compile(r"^[ \t]*@\^?([^ \t\n]+)[ \t]", re.MULTILINE)


def dump_of(text: str, where: str, opener: Opener | None = None) -> Dump | None:
    """The rows of such a file; None where it is none. What it includes is opened by `opener` alone."""
    named = where.endswith("keepalived.conf")
    if not (is_keepalived_conf(text) or _INCLUDE.search(text) if named else is_all_keepalived_conf(text)):
        return None
    return dump_from(keepalived_conf(text, where, config_id(text, where), opener))


def dump_for(text: str, where: str, host: str) -> Dump | None:
    """The same of a file that is this host's, whatever its path says: its name decides the @conditions."""
    if (dump := dump_of(text, where)) is None or _CONDITION.search(text) is None:
        return dump
    return dump_from(keepalived_conf(text, where, host))


def dump_from(conf: KeepalivedConf) -> Dump:
    """What was read of it as facts; a fact that the file says nothing of is not there."""
    addresses = (
        *conf.addresses,
        *(address for instance in conf.instances for address in instance.brings_up),
        *_sources(conf),
    )
    links = {instance.link: instance.line("interface") for instance in reversed(conf.instances)}
    links |= {address.link: address.seen for address in reversed(conf.addresses) if address.link != "lo"}
    facts = {
        "configured-ipvs": conf.services,
        "configured-addresses": addresses,
        "configured-routes": conf.routes,
        "configured-links": tuple(Link(name, seen, flags=_UP, type="ether") for name, seen in reversed(links.items())),
        "vrrp": conf.instances,
        "health-checks": conf.checks,
        "configured-timeouts": (conf.timeouts,) if conf.timeouts is not None else (),
    }
    return Dump(
        {fact: rows for fact, rows in facts.items() if rows},
        (*conf.unread, *conf.includes),
        origin=Origin.CONFIGURED,
        partial=partial_of(conf),
    )


def _sources(conf: KeepalivedConf) -> Iterator[Address]:
    """The host's own addresses that unicast_src_ip tells, with the prefix of a VIP of the same subnet.

    What is a VIP itself is no address of the host: unicast-source-unusable.
    """
    known = {address.ip for address in conf.addresses}
    for instance in conf.instances:
        source = instance.source
        if source is None or source in known or source in instance.vips:
            continue
        known.add(source)
        beside = [vip.prefixlen for vip in instance.brings_up if vip.link == instance.link and source in vip.network]
        yield Address(
            source, max(beside, default=source.max_prefixlen), instance.link, instance.lines["unicast_src_ip"]
        )


def partial_of(conf: KeepalivedConf) -> Partial | None:
    """Why its rows are not all that keepalived makes of it, if something shows that."""
    if conf.open:
        return Partial(NOT_CLOSED, conf.open[0])
    if conf.includes:
        return Partial(NOT_FOLLOWED, conf.includes[0])
    return Partial(UNREAD, conf.unread[0]) if conf.unread else None


def config_id(text: str | Iterable[Seen], where: str) -> str | None:
    """The configuration id that decides its @conditions: the host's name, where its path says it; None if it does not.

    keepalived.conf(5), CONDITIONAL CONFIGURATION.
    """
    ids = set(_CONDITION.findall(text if isinstance(text, str) else "\n".join(seen.text for seen in text)))
    parts = re.split(r"[/.]|keepalived[-_.]", where)
    if not ids:
        return ""
    named = [part for part in parts if part in ids]
    # lb2/etc/keepalived/keepalived.conf, of which every condition is for lb1 or for others than lb1.
    alike = [part for part in parts for known in ids if _DIGITS.search(part) and _bare(part) == _bare(known)]
    return next(iter((*named, *alike)), None)


def _bare(name: str) -> str:
    return _DIGITS.sub("0", name)
