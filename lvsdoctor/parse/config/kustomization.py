"""kustomization.yaml: what it takes in, and what of the configuration of kube-proxy it changes.

https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/
"""

from collections.abc import Callable, Iterator
from posixpath import dirname, normpath

from lvsdoctor.model.coverage import Origin
from lvsdoctor.model.kube import KubeProxy, KubeRow, Kustomization
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.config.embedded import Embedded, embedded
from lvsdoctor.parse.config.kube_volumes import word
from lvsdoctor.parse.config.kubernetes import KIND, NAME, rows_of
from lvsdoctor.parse.config.yaml_text import PyYamlMissing, YamlNode, documents
from lvsdoctor.parse.reader import Dump

_TAKES_IN = ("resources", "bases", "components")
_PATCHES = ("patches", "patchesStrategicMerge", "patchesJson6902")
_PROXY, _OF_PROXY = "KubeProxyConfiguration", "kube-proxy"
_DEEPEST = 3


def dump_of(text: str, where: str) -> Dump | None:
    """The files of a kustomization, and each configuration of kube-proxy that its patches write."""
    try:
        yaml = documents(text, where)
    except PyYamlMissing as missing:
        return Dump(origin=Origin.CONFIGURED, unread_kinds=(missing.unread(KIND, NAME, text, where),))
    if not yaml.roots:
        return None
    root, lines = yaml.roots[0], [line.rstrip("\r") for line in text.split("\n")]
    base = dirname(where)
    resources = [_path(base, node.text) for key in _TAKES_IN for node in _items(root, key) if node.text]
    patches: list[str] = []
    rows: list[KubeRow] = []
    unread: Seen | None = None
    for node in (node for key in _PATCHES for node in _items(root, key)):
        inline = node.at("patch") or (node if "\n" in node.text else None)
        file = word(node, "path") or ("" if inline is not None else node.text)
        if file:
            patches.append(_path(base, file))
        inner = embedded(inline, lines) if inline is not None else None
        made = list(_rows(inner.text, where, inner.outer)) if inner is not None else []
        rows += made
        if not made and _of_kube_proxy(node, inner.text if inner is not None else ""):
            unread = unread or node.seen
    for node in _items(root, "configMapGenerator"):
        files = [item.text.rpartition("=")[2] for item in _items(node, "files")]
        if word(node, "name") == _OF_PROXY:
            patches += [_path(base, file) for file in files]
            unread = unread or (None if files else node.seen)
    told = Kustomization(Seen(where, 1, lines[0]), tuple(resources), tuple(patches), unread)
    return Dump({"kube": (told, *rows)}, tuple(yaml.unread), origin=Origin.CONFIGURED)


def _items(root: YamlNode, key: str) -> tuple[YamlNode, ...]:
    node = root.at(key)
    return node.items if node is not None else ()


def _path(base: str, name: str) -> str:
    return normpath(f"{base}/{name}" if base else name)


def _of_kube_proxy(node: YamlNode, text: str) -> bool:
    """Does a patch change the ConfigMap of kube-proxy, for all that its target, or its own name, tells?"""
    return word(node, "target", "name") == _OF_PROXY or "strictARP" in text or f"name: {_OF_PROXY}\n" in text


def _rows(text: str, where: str, outer: Callable[[Seen], Seen], depth: int = 0) -> Iterator[KubeRow]:
    """The configurations of kube-proxy in a text: of a manifest, of a ConfigMap's data, or of an operation's value."""
    if _PROXY not in text or depth > _DEEPEST:
        return
    lines = text.split("\n")
    for root in documents(text, where).roots:
        yield from (row for row in rows_of(root, outer) if isinstance(row, KubeProxy))
        data = root.at("data")
        values = [value for _, value in data.pairs] if data is not None else []
        values += [value for item in root.items if (value := item.at("value")) is not None]
        for value in values:
            inner = embedded(value, lines)
            yield from _rows(inner.text, where, _within(outer, inner), depth + 1)


def _within(outer: Callable[[Seen], Seen], inner: Embedded) -> Callable[[Seen], Seen]:
    return lambda seen: outer(inner.outer(seen))
