"""Pods, DaemonSets, Jobs and the like whose containers run commands on their host's network.

Only a container on the host's network (`hostNetwork: true`) changes the host's addresses and settings, and only one
that is privileged, or may administrate the network, is let.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from lvsdoctor.model.coverage import Origin, Unread
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.config.embedded import Embedded, embedded, moved
from lvsdoctor.parse.config.yaml_text import Scalar, YamlNode, is_template
from lvsdoctor.parse.reader import Dump

__all__ = ["Container", "containers", "host_files", "pod_spec", "word", "workload_dump"]

_TEMPLATES = frozenset({"DaemonSet", "Deployment", "StatefulSet", "ReplicaSet", "ReplicationController", "Job"})
_REFERENCE = re.compile(r"\$\(([A-Za-z_][\w.-]*)\)", re.ASCII)
_SHELLS = frozenset({"sh", "bash", "dash", "ash"})
_HOST_FILE = re.compile(r"(?:^|[-.])keepalived[\w.-]*\.(?:conf|cfg|tmpl)$|^keepalived$|ldirectord[\w.-]*\.cf$")
_NAME = "a container's script"


def word(node: YamlNode, *path: str) -> str:
    """The text of the scalar there, "" without one."""
    value = node.at(*path)
    return value.text if isinstance(value, Scalar) else ""


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
    """`words` are those of `command` and `args`, each with its line; `nodes` are the same as they are in the file."""

    image: str
    words: tuple[tuple[str, Seen], ...]
    nodes: tuple[YamlNode, ...]
    privileged: bool
    environment: Mapping[str, str] = field(default_factory=dict)
    environment_seen: Mapping[str, Seen] = field(default_factory=dict)


def containers(pod: YamlNode) -> Iterator[Container]:
    """Those of a pod in the order in which they run."""
    for key in ("initContainers", "containers"):
        listing = pod.at(key)
        for node in listing.items if listing is not None else ():
            yield _container(node)


def _container(node: YamlNode) -> Container:
    values: dict[str, str] = {}
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
        word(node, "image"), words, tuple(parts), privileged or bool(added & {"NET_ADMIN", "ALL"}), values, lines
    )


def workload_dump(manifest: YamlNode, lines: Sequence[str]) -> Dump | None:
    """What the containers of a workload make of a host, by the workload's name; None where they do nothing to one."""
    pod = pod_spec(manifest)
    if pod is None or word(pod, "hostNetwork") != "true":
        return None
    running = [container for container in containers(pod) if container.privileged and container.words]
    return _run(running, word(manifest, "metadata", "name"), lines) if running else None


def host_files(manifest: YamlNode, lines: Sequence[str]) -> Iterator[Dump]:
    """What the files of a ConfigMap configure on the host that a container gives them to, by the ConfigMap's name."""
    data = manifest.at("data") if word(manifest, "kind") == "ConfigMap" else None
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
            if script is not None:
                variables = {key: value for key, value in container.environment.items() if f"${key}" not in value}
                commands.run_script(effects, script, variables)
            else:
                words = [text for text, _ in container.words]
                commands.run_words(effects, words, embedded(container.nodes[0], lines))
        except commands.MissingParser:
            if script is not None:
                missing.append(commands.unread_script("shell-script", _NAME, script))
    dump = effects.dump(Origin.CONFIGURED)
    name = "" if is_template(name) else name
    return replace(dump, host=name if dump.facts else "", unread_kinds=(*dump.unread_kinds, *missing))


def _script(container: Container, lines: Sequence[str]) -> Embedded | None:
    """The text that a shell is given with -c; None where another program is run."""
    words = [text for text, _ in container.words]
    if words[0].rpartition("/")[2] not in _SHELLS:
        return None
    at = next((number for number, text in enumerate(words) if re.fullmatch(r"-[a-z]*c", text)), None)
    if at is None or at + 1 >= len(words):
        return None
    return embedded(container.nodes[at + 1], lines).with_text(words[at + 1])
