"""Kubernetes manifests: how kube-proxy runs, who announces service addresses, and what containers do to their host.

A manifest may hold others: a List, and a ConfigMap whose `data` is the configuration of kube-proxy, or of MetalLB
before its release 0.13. What else a manifest says is not about LVS, and no line of it is called unread.
"""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from lvsdoctor.model.coverage import Origin, Partial, Unread
from lvsdoctor.model.kube import Announcer, KubeNode, KubeProxy, KubeRow, KubeState, ServiceAddress, ServiceRange
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.config.embedded import embedded
from lvsdoctor.parse.config.kube_volumes import ConfigMaps, config_maps, word
from lvsdoctor.parse.config.kube_workloads import (
    Container,
    containers,
    host_files,
    maps_on_hosts,
    pod_spec,
    workload_dump,
)
from lvsdoctor.parse.config.yaml_text import PyYamlMissing, Scalar, YamlNode, documents, is_template
from lvsdoctor.parse.gaps import UNREAD
from lvsdoctor.parse.reader import Dump
from lvsdoctor.parse.words import read_ip

__all__ = ["dump_of", "dumps_of", "maps_and_mounts", "rows_of"]

KIND, NAME = "kubernetes", "a Kubernetes manifest"
# Others that bring service addresses to nodes, in ways that no rule knows.
_OTHERS = {
    "purelb.io": ("purelb", "a configuration of PureLB"),
    "network.kubesphere.io": ("openelb", "a configuration of OpenELB"),
    "loxilb.io": ("loxilb", "a configuration of LoxiLB"),
}
_MOST_DEPTH, _DEEPEST_VALUES = 4, 8
_NAMED = re.compile(r"\.(?:ya?ml|json)(?:\.\w+)?$")

_Outer = Callable[[Seen], Seen]


def dump_of(text: str, where: str) -> Dump | None:
    """The first of dumps_of()."""
    return next(dumps_of(text, where), None)


def dumps_of(
    text: str, where: str, maps: ConfigMaps = MappingProxyType({}), mounted: Collection[str] = ()
) -> Iterator[Dump]:
    """What the manifests tell of the cluster, and of each host that containers configure; nothing if these are none.

    `maps` are the ConfigMaps of other files, `mounted` the names of those that workloads of other files mount."""
    try:
        yaml = documents(text, where)
    except PyYamlMissing as missing:
        yield Dump(origin=Origin.CONFIGURED, unread_kinds=(missing.unread(KIND, NAME, text, where),))
        return
    manifests = [manifest for root in yaml.roots for manifest in _manifests(root)]
    if not manifests:  # values of a Helm chart
        manifests = [table for root in yaml.roots for table in _proxies_below(root)]
    # Another text may begin like a manifest: a paste, notes. Only what is YAML to its end is taken from it.
    if not manifests or (yaml.unread and not _NAMED.search(where)):
        return
    lines = [line.rstrip("\r") for line in text.split("\n")]
    found = _Cluster(lines, unread=list(yaml.unread))
    hosts: list[Dump] = []
    maps, mounted = {**maps, **config_maps(manifests, lines)}, {*mounted, *maps_on_hosts(manifests)}
    for manifest in manifests:
        found.read(manifest)
        if (dump := workload_dump(manifest, lines, maps)) is not None:
            hosts.append(dump)
        hosts += host_files(manifest, lines, mounted)
    kinds = (*found.kinds.values(), *(kind for dump in hosts for kind in dump.unread_kinds))
    hosts = [replace(dump, unread_kinds=()) for dump in hosts if dump.facts or dump.unread]
    if found.rows or found.state or found.unread or kinds or not hosts:
        partial = Partial(UNREAD, found.unread[0]) if found.unread else None
        # What addresses MetalLB may give decides nothing.
        tells = any(not isinstance(row, ServiceRange) for row in found.rows)
        facts: dict[str, tuple[KubeRow | KubeState, ...]] = {"kube": tuple(found.rows)} if tells else {}
        facts |= {"kube-state": tuple(found.state)} if found.state else {}
        # Only the API server gives an object a uid: that is what the cluster has, and nothing that will be.
        live = any(word(manifest, "metadata", "uid") for manifest in manifests)
        origin = Origin.RUNTIME if live else Origin.CONFIGURED
        yield Dump(facts, tuple(found.unread), origin=origin, partial=partial, unread_kinds=kinds)
    yield from hosts


def maps_and_mounts(text: str, where: str) -> tuple[ConfigMaps, set[str]]:
    """The ConfigMaps of a file, and the names of those that its workloads mount where these change their hosts."""
    try:
        manifests = [manifest for root in documents(text, where).roots for manifest in _manifests(root)]
    except PyYamlMissing:
        return {}, set()
    return config_maps(manifests, [line.rstrip("\r") for line in text.split("\n")]), maps_on_hosts(manifests)


def rows_of(root: YamlNode, outer: _Outer) -> list[KubeRow]:
    """What a manifest inside of another text tells of the cluster; `outer` gives the lines of the file."""
    found = _Cluster(())
    for manifest in _manifests(root):
        found.read(manifest, outer)
    return found.rows


def _manifests(root: YamlNode, depth: int = 0) -> Iterator[YamlNode]:
    kind = word(root, "kind")
    if not kind or not word(root, "apiVersion"):
        return
    items = root.at("items")
    if kind.endswith("List") and items is not None and depth < _MOST_DEPTH:
        for item in items.items:
            yield from _manifests(item, depth + 1)
    else:
        yield root


def _proxies_below(root: YamlNode, depth: int = 0) -> Iterator[YamlNode]:
    """The configurations of kube-proxy that are a part of other settings."""
    if word(root, "kind") == "KubeProxyConfiguration":
        yield root
    elif depth < _DEEPEST_VALUES:
        for _, value in root.pairs:
            yield from _proxies_below(value, depth + 1)


def _same(seen: Seen) -> Seen:
    return seen


@dataclass(slots=True)
class _Cluster:
    """What the manifests of a file, of which `lines` are all lines, tell of the cluster."""

    lines: Sequence[str]
    rows: list[KubeRow] = field(default_factory=list)
    state: list[KubeState] = field(default_factory=list)
    unread: list[Seen] = field(default_factory=list)
    kinds: dict[str, Unread] = field(default_factory=dict)

    def read(self, manifest: YamlNode, outer: _Outer = _same) -> None:
        kind, group = word(manifest, "kind"), word(manifest, "apiVersion").partition("/")[0]
        if kind == "KubeProxyConfiguration":
            self._kube_proxy(manifest, outer)
        elif kind == "ConfigMap" and outer is _same:
            self._config_map(manifest)
        elif kind == "L2Advertisement" and group == "metallb.io":
            self.rows.append(Announcer("MetalLB's L2Advertisement", outer(_seen_of(manifest, "kind"))))
        elif kind in ("IPAddressPool", "AddressPool") and group == "metallb.io":
            self._ranges(manifest.at("spec"), "protocol", outer)
        elif group in _OTHERS:
            other, name = _OTHERS[group]
            self.kinds.setdefault(other, Unread(other, name, outer(_seen_of(manifest, "kind"))))
        elif kind == "Service" and group == "v1":
            self._service(manifest)
        elif kind == "Node" and group == "v1":
            self._node(manifest)
        elif (pod := pod_spec(manifest)) is not None:
            for container in containers(pod):
                self._container(container)

    def _kube_proxy(self, root: YamlNode, outer: _Outer) -> None:
        mode, strict = root.at("mode"), root.at("ipvs", "strictARP")
        kind = outer(_seen_of(root, "kind"))
        if mode is not None and (not isinstance(mode, Scalar) or is_template(mode.text)):
            self.unread.append(outer(mode.seen))
            return
        value = strict.true() if isinstance(strict, Scalar) else None
        known = strict is None or value is not None or (isinstance(strict, Scalar) and strict.empty)
        if strict is not None and not known:
            self.unread.append(outer(strict.seen))
        excluded = root.at("ipvs", "excludeCIDRs")
        gate = root.at("featureGates", "KubeProxyIPVS")
        self.rows.append(
            KubeProxy(
                mode.text if mode is not None else "",
                kind,
                outer(mode.seen) if mode is not None else kind,
                value,
                outer(strict.seen) if strict is not None else None,
                known,
                word(root, "ipvs", "scheduler"),
                tuple(item.text for item in excluded.items) if excluded is not None else (),
                gate.true() if isinstance(gate, Scalar) else None,
            )
        )

    def _config_map(self, root: YamlNode) -> None:
        """The files of a ConfigMap, whose lines are lines of this file."""
        data = root.at("data")
        for _, value in data.pairs if data is not None else ():
            if not any(sign in value.text for sign in ("KubeProxyConfiguration", "address-pools", "metallb.io/")):
                continue
            inner = embedded(value, self.lines)
            yaml = documents(inner.text, value.seen.where)
            self.unread += [inner.outer(seen) for seen in yaml.unread]
            for document in yaml.roots:
                for manifest in _manifests(document):
                    self.read(manifest, inner.outer)
                tables = document.at("address-pools")
                for table in tables.items if tables is not None else ():
                    self._old_ranges(table, inner.outer)

    def _old_ranges(self, table: YamlNode, outer: _Outer) -> None:
        if word(table, "protocol") == "layer2":
            self.rows.append(Announcer("MetalLB's layer2 pool", outer(_seen_of(table, "protocol"))))
        self._ranges(table, "", outer)

    def _ranges(self, table: YamlNode | None, protocol: str, outer: _Outer) -> None:
        if table is None:
            return
        if protocol and word(table, protocol) == "layer2":  # an AddressPool of MetalLB 0.13
            self.rows.append(Announcer("MetalLB's layer2 pool", outer(_seen_of(table, protocol))))
        addresses = table.at("addresses")
        ranges = tuple(item.text for item in addresses.items) if addresses is not None else ()
        if addresses is not None and ranges:
            self.rows.append(ServiceRange(ranges, outer(addresses.items[0].seen)))

    def _service(self, root: YamlNode) -> None:
        ports = root.at("spec", "ports")
        numbers = tuple(
            f"{word(port, 'port')}/{(word(port, 'protocol') or 'TCP').lower()}"
            for port in (ports.items if ports is not None else ())
        )
        external, balanced = root.at("spec", "externalIPs"), root.at("spec", "loadBalancerIP")
        asked = [(item, True) for item in (external.items if external is not None else ())]
        if balanced is not None and balanced.text and word(root, "spec", "type") == "LoadBalancer":
            asked.append((balanced, False))
        live = bool(word(root, "metadata", "uid"))
        for node, outside in asked if not live else ():
            if (ip := read_ip(node.text)) is not None:
                self.rows.append(ServiceAddress(word(root, "metadata", "name"), ip, node.seen, outside, numbers))
            else:
                self.unread.append(node.seen)
        # Only the API server gives an object a number: this is what the cluster has, and no file that will be applied.
        if live:
            name = word(root, "metadata", "name")
            given = root.at("status", "loadBalancer", "ingress")
            asked += [(at, False) for item in (given.items if given is not None else ()) if (at := item.at("ip"))]
            self.state += [
                ServiceAddress(name, address, node.seen, outside, numbers)
                for node, outside in asked
                if (address := read_ip(node.text)) is not None
            ]

    def _node(self, root: YamlNode) -> None:
        """What the API server says of a node (v1.Node): its addresses, and whether it is ready."""
        known, conditions = root.at("status", "addresses"), root.at("status", "conditions")
        if known is None:
            return
        addresses = [
            ip
            for item in known.items
            if word(item, "type") in ("InternalIP", "ExternalIP") and (ip := read_ip(word(item, "address"))) is not None
        ]
        ready = next(
            (word(item, "status") == "True" for item in (conditions.items if conditions is not None else ())
             if word(item, "type") == "Ready"),
            None,
        )  # fmt: skip
        self.state.append(KubeNode(word(root, "metadata", "name"), known.seen, ready, tuple(addresses)))

    def _container(self, container: Container) -> None:
        """kube-proxy that is told by its options, and kube-vip."""
        announces = [
            name for name in ("vip_arp", "svc_enable") if container.environment.get(name, "").lower() == "true"
        ]
        if "kube-vip" in container.image and len(announces) == 2:
            self.rows.append(Announcer("kube-vip (vip_arp)", container.environment_seen["vip_arp"]))
        options = {option.partition("=")[0]: (option.partition("=")[2], node) for option, node in container.words[1:]}
        program = container.words[0][0].rpartition("/")[2] if container.words else ""
        if program != "kube-proxy" or "--config" in options or "--proxy-mode" not in options:
            return
        mode, node = options["--proxy-mode"]
        strict, line = options.get("--ipvs-strict-arp", ("false", None))
        self.rows.append(
            KubeProxy(
                mode,
                node,
                node,
                {"": True, "true": True, "false": False}.get(strict),
                line,
                strict in ("", "true", "false"),
                options.get("--ipvs-scheduler", ("", None))[0],
                tuple(filter(None, options.get("--ipvs-exclude-cidrs", ("", None))[0].split(","))),
            )
        )


def _seen_of(root: YamlNode, key: str) -> Seen:
    node = root.at(key)
    return root.seen if node is None else node.seen
