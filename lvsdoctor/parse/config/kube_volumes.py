"""What the ConfigMaps of Kubernetes hold, and the files that they become where a container mounts them.

A ConfigMap may lie in another file than the workload that mounts it: each text remembers its lines. Two of one name
(of two namespaces) are not told apart, and neither counts.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from lvsdoctor.parse.config.embedded import Embedded, embedded
from lvsdoctor.parse.config.yaml_text import Scalar, YamlNode, is_template

__all__ = ["ConfigMaps", "config_maps", "maps_named_by", "mounted_files", "variables_of", "word"]

ConfigMaps = Mapping[str, Mapping[str, Embedded]]  # by the name of the ConfigMap, by the key of its data


def word(node: YamlNode, *path: str) -> str:
    """The text of the scalar there, "" without one."""
    value = node.at(*path)
    return value.text if isinstance(value, Scalar) else ""


def _items(node: YamlNode | None, *path: str) -> Sequence[YamlNode]:
    listing = node.at(*path) if node is not None else None
    return listing.items if listing is not None else ()


def config_maps(manifests: Iterable[YamlNode], lines: Sequence[str]) -> dict[str, dict[str, Embedded]]:
    """The ConfigMaps among these manifests of a file, of which `lines` are all lines."""
    found: dict[str, dict[str, Embedded]] = {}
    for manifest in manifests:
        name = word(manifest, "metadata", "name")
        if word(manifest, "kind") != "ConfigMap" or not name or is_template(name):
            continue
        data = manifest.at("data")
        texts = (
            {key.text: embedded(value, lines) for key, value in data.pairs if isinstance(value, Scalar)} if data else {}
        )
        found[name] = {} if name in found else texts
    return found


def maps_named_by(pod: YamlNode) -> set[str]:
    """The ConfigMaps that the volumes and the environments of a pod name."""
    names = {name for volume in _items(pod, "volumes") for name, _ in _sources(volume)}
    for container in (*_items(pod, "initContainers"), *_items(pod, "containers")):
        names |= {word(item, "configMapRef", "name") for item in _items(container, "envFrom")}
        names |= {word(item, "valueFrom", "configMapKeyRef", "name") for item in _items(container, "env")}
    return names - {""}


def _sources(volume: YamlNode) -> Iterator[tuple[str, Sequence[YamlNode]]]:
    """Each ConfigMap of a volume, and the keys that it takes; () for all."""
    nodes = [volume.at("configMap"), *(source.at("configMap") for source in _items(volume, "projected", "sources"))]
    for node in nodes:
        if node is not None:
            yield word(node, "name"), _items(node, "items")


def mounted_files(pod: YamlNode, container: YamlNode, maps: ConfigMaps) -> dict[str, Embedded]:
    """The files of ConfigMaps that a container sees, by their paths in there."""
    volumes: dict[str, dict[str, Embedded]] = {}
    for volume in _items(pod, "volumes"):
        for name, wanted in _sources(volume):
            known = maps.get(name, {})
            chosen = {word(item, "path"): word(item, "key") for item in wanted} or {key: key for key in known}
            files = {path: known[key] for path, key in chosen.items() if key in known}
            volumes.setdefault(word(volume, "name"), {}).update(files)
    found: dict[str, Embedded] = {}
    for mount in _items(container, "volumeMounts"):
        files, top, part = volumes.get(word(mount, "name"), {}), word(mount, "mountPath"), word(mount, "subPath")
        if part in files:
            found[top] = files[part]
        elif not part:
            found |= {f"{top.rstrip('/')}/{path}": text for path, text in files.items()}
    return found


def variables_of(container: YamlNode, maps: ConfigMaps) -> dict[str, str]:
    """The variables of the environment that a container takes from ConfigMaps."""
    found: dict[str, str] = {}
    for item in _items(container, "envFrom"):
        prefix = word(item, "prefix")
        known = maps.get(word(item, "configMapRef", "name"), {})
        found |= {f"{prefix}{key}": text.text for key, text in known.items()}
    for item in _items(container, "env"):
        known = maps.get(word(item, "valueFrom", "configMapKeyRef", "name"), {})
        if (text := known.get(word(item, "valueFrom", "configMapKeyRef", "key"))) is not None:
            found[word(item, "name")] = text.text
    return {name: value for name, value in found.items() if not is_template(value) and "\n" not in value}
