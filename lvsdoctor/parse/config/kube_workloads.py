"""Pods, DaemonSets, Jobs and the like whose containers run commands on their host's network.

Only a container on the host's network (`hostNetwork: true`) changes the host's addresses and settings, and only one
that is privileged, or may administrate the network, is let.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lvsdoctor.model.coverage import Origin, Unread
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.config.embedded import Embedded, embedded, moved
from lvsdoctor.parse.config.kube_volumes import ConfigMaps, maps_named_by, mounted_files, variables_of, word
from lvsdoctor.parse.config.yaml_text import Scalar, YamlNode, is_template
from lvsdoctor.parse.reader import Dump

if TYPE_CHECKING:
    from lvsdoctor.parse.config import host_commands as commands

__all__ = ["Container", "containers", "host_files", "maps_on_hosts", "pod_spec", "workload_dump"]

_TEMPLATES = frozenset({"DaemonSet", "Deployment", "StatefulSet", "ReplicaSet", "ReplicationController", "Job"})
_REFERENCE = re.compile(r"\$\(([A-Za-z_][\w.-]*)\)", re.ASCII)
_SHELLS = frozenset({"sh", "bash", "dash", "ash"})
_HOST_FILE = re.compile(r"(?:^|[-.])keepalived[\w.-]*\.(?:conf|cfg|tmpl)$|^keepalived$|ldirectord[\w.-]*\.cf$")
_NAME = "a container's script"


def pod_spec(manifest: YamlNode) -> YamlNode | None:
    """The specification of the pods of a workload; None for a manifest of another kind."""
    kind = word(manifest, "kind")
    if kind == "Pod":
        return manifest.at("spec")
    if kind == "CronJob":
        return manifest.at("spec", "jobTemplate", "spec", "template", "spec")
    return manifest.at("spec", "template", "spec") if kind in _TEMPLATES else None


@dataclass(frozen=True, slots=True)
class Container:
    """`words` are those of `command` and `args`, each with its line; `nodes` are the same as they are in the file.
    `files` are those of ConfigMaps by their paths."""

    image: str
    words: tuple[tuple[str, Seen], ...]
    nodes: tuple[YamlNode, ...]
    privileged: bool
    environment: Mapping[str, str] = field(default_factory=dict)
    environment_seen: Mapping[str, Seen] = field(default_factory=dict)
    files: Mapping[str, Embedded] = field(default_factory=dict)


def containers(pod: YamlNode, maps: ConfigMaps | None = None) -> Iterator[Container]:
    """Those of a pod in the order in which they run."""
    for key in ("initContainers", "containers"):
        listing = pod.at(key)
        for node in listing.items if listing is not None else ():
            files = mounted_files(pod, node, maps) if maps else {}
            known = _container(node, variables_of(node, maps) if maps else {}, files)
            yield known
            if (started := node.at("lifecycle", "postStart", "exec", "command")) is not None and started.items:
                words = tuple((part.text, part.seen) for part in started.items)
                yield replace(known, image="", words=words, nodes=tuple(started.items))


def _container(node: YamlNode, values: dict[str, str], files: Mapping[str, Embedded]) -> Container:
    lines: dict[str, Seen] = {}
    variables = node.at("env")
    for variable in variables.items if variables is not None else ():
        value = variable.at("value")
        if isinstance(value, Scalar) and not is_template(value.text) and "\n" not in value.text:
            values[word(variable, "name")] = value.text
            lines[word(variable, "name")] = value.seen
    parts = [part for key in ("command", "args") if (list_ := node.at(key)) is not None for part in list_.items]
    words = tuple(
        (_REFERENCE.sub(lambda match: values.get(match[1], match[0]), part.text), part.seen) for part in parts
    )
    context = node.at("securityContext")
    capabilities = context.at("capabilities", "add") if context is not None else None
    added = {item.text for item in capabilities.items} if capabilities is not None else set()
    privileged = context is not None and word(context, "privileged") == "true"
    return Container(
        word(node, "image"),
        words,
        tuple(parts),
        privileged or bool(added & {"NET_ADMIN", "ALL"}),
        values,
        lines,
        files,
    )


def _on_hosts(manifest: YamlNode, maps: ConfigMaps | None = None) -> list[Container]:
    """The containers of a workload that are let change their host's network."""
    pod = pod_spec(manifest)
    if pod is None or word(pod, "hostNetwork") != "true":
        return []
    return [known for known in containers(pod, maps) if known.privileged]


def workload_dump(manifest: YamlNode, lines: Sequence[str], maps: ConfigMaps) -> Dump | None:
    """What the containers of a workload make of a host, by the workload's name; None where they do nothing to one."""
    running = _on_hosts(manifest, maps)
    running = [known for known in running if known.words or known.files]
    return _run(running, word(manifest, "metadata", "name"), lines) if running else None


def maps_on_hosts(manifests: Iterable[YamlNode]) -> set[str]:
    """The ConfigMaps whose files are of the workloads that change their hosts."""
    pods = [pod for manifest in manifests if _on_hosts(manifest) and (pod := pod_spec(manifest)) is not None]
    return {name for pod in pods for name in maps_named_by(pod)}


def host_files(manifest: YamlNode, lines: Sequence[str], mounted: Collection[str]) -> Iterator[Dump]:
    """What the files of a ConfigMap configure on the host that a container gives them to, by the ConfigMap's name;
    nothing of one among those `mounted`, which are read with what mounts them."""
    own = word(manifest, "kind") == "ConfigMap" and word(manifest, "metadata", "name") not in mounted
    data = manifest.at("data") if own else None
    for key, value in data.pairs if data is not None else ():
        if _HOST_FILE.search(key.text) and isinstance(value, Scalar):
            from lvsdoctor.parse.config import config_dumps

            inner, name = embedded(value, lines), word(manifest, "metadata", "name")
            dumps = config_dumps(inner.text, key.text)
            yield from (replace(moved(d, inner.outer), host="" if is_template(name) else name) for d in dumps[:1])


def _run(running: Sequence[Container], name: str, lines: Sequence[str]) -> Dump | None:
    # Most manifests run no command of ours, and what follows commands need not be imported for them.
    from lvsdoctor.parse.config import host_commands as commands

    effects = commands.Effects()
    missing: list[Unread] = []
    for container in running:
        script = _script(container, lines)
        try:
            _host_files_of(effects, container)
            if script is not None:
                variables = {key: value for key, value in container.environment.items() if f"${key}" not in value}
                commands.run_script(effects, script, variables, files=container.files)
            elif container.words:
                words = [text for text, _ in container.words]
                commands.run_words(effects, words, embedded(container.nodes[0], lines))
        except commands.MissingParser:
            if script is not None:
                missing.append(commands.unread_script("shell-script", _NAME, script))
    dump = effects.dump(Origin.CONFIGURED)
    name = "" if is_template(name) else name
    return replace(dump, host=name if dump.facts else "", unread_kinds=(*dump.unread_kinds, *missing))


def _host_files_of(effects: "commands.Effects", container: Container) -> None:
    """The files that a daemon in the container reads: keepalived.conf, ldirectord.cf."""
    from lvsdoctor.parse.config import config_dumps

    for path, text in container.files.items():
        if path.startswith("/etc/keepalived/") or _HOST_FILE.search(path):
            for dump in config_dumps(text.text, path)[:1]:
                effects.include(moved(dump, text.outer))


def _script(container: Container, lines: Sequence[str]) -> Embedded | None:
    """The text that a shell is given with -c, or a script of a ConfigMap; None where another program is run."""
    words = [text for text, _ in container.words]
    if not words:
        return None
    for called in words[:3]:
        if called in container.files:
            return container.files[called]
        if called.rpartition("/")[2] not in _SHELLS and not called.startswith("-"):
            break
    if words[0].rpartition("/")[2] not in _SHELLS:
        return None
    at = next((number for number, text in enumerate(words) if re.fullmatch(r"-[a-z]*c", text)), None)
    if at is None or at + 1 >= len(words):
        return None
    return embedded(container.nodes[at + 1], lines).with_text(words[at + 1])
