"""Settings that a host's files make, and that are not those of a network namespace of the same host.

Files of sysctl.d are applied in the host's own namespace. Another one starts with the kernel's defaults of
net.ipv4.vs (net/netfilter/ipvs/ip_vs_ctl.c: ip_vs_control_net_init_sysctl()), and has interfaces of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lvsdoctor.analysis.drift.boot_settings import configured
from lvsdoctor.model.facts import NotApplicable, NotCollected
from lvsdoctor.model.link import Link
from lvsdoctor.model.node import Node
from lvsdoctor.model.sysctl import Setting
from lvsdoctor.model.sysctl_d import ConfiguredLine
from lvsdoctor.sanitize import command

_VS, _CONF = "net.ipv4.vs.", "net.ipv4.conf."


@dataclass(frozen=True, slots=True)
class ElsewhereSet:
    """A line of `host`, which `node` runs without. `link`: the interface that it names, which only `node` has."""

    host: Node
    line: ConfiguredLine
    running: Setting
    link: Link | None = None


def elsewhere_set(node: Node) -> Iterator[ElsewhereSet]:
    """Reads sysctl, links and ipvs of both, as far as collected, and configured-sysctl of the host.

    Raises NotApplicable on a host's own namespace."""
    name, slash, _ = node.name.partition("/")
    host = next((peer for peer in node.peers_with("configured-sysctl") if peer.name == name), None) if slash else None
    if host is None:
        raise NotApplicable  # the host's own namespace, or one of which the host's files are not in the scan
    lacking: NotCollected | None = None
    for line in configured(host).lines:
        if line.is_glob or configured(host).deciding(line.key) is not line:
            continue
        link = _own_link(node, host, line.key)
        if link is None and not (line.key.startswith(_VS) and _directs_alone(node, host)):
            continue
        wanted = line.setting(line.key)
        if wanted is None or not wanted.is_number:
            continue
        if not node.knows_sysctl(line.key):
            lacking = NotCollected("sysctl", node.name, line.key, command("sysctl", line.key), node.partial("sysctl"))
            continue
        running = node.sysctl(line.key)
        if running.is_number and running.value != wanted.value:
            yield ElsewhereSet(host, line, running, link)
    if lacking is not None:
        raise lacking


def _own_link(node: Node, host: Node, key: str) -> Link | None:
    """The interface of this key, where the namespace has it and the host has not."""
    if not key.startswith(_CONF) or not (node.has("links") and host.has("links")):
        return None
    scope = key.removeprefix(_CONF).rpartition(".")[0].replace("/", ".")
    mine: Link | None = next((link for link in node.seen_rows("links") if link.name == scope), None)
    if mine is None or mine.loopback or any(link.name == scope for link in host.links):
        return None
    return mine


def _directs_alone(node: Node, host: Node) -> bool:
    """Are there virtual services in the namespace, and none in the host's own?"""
    if not (node.has("ipvs") and node.seen_rows("ipvs")):
        return False
    if not host.has("ipvs"):
        raise NotCollected("ipvs", host.name)
    return next(iter(host.services), None) is None
