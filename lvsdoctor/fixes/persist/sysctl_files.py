"""The settings that a fix writes into a file of sysctl.d: what the node's files make at boot then, and whether another
file, applied after it, still says otherwise."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from lvsdoctor.fixes.persist.leftovers import parts_of
from lvsdoctor.fixes.persist.parts import ByHand, Part, Settings
from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.sysctl_d import SYSCTL_CONF, ConfiguredFile, ConfiguredLine, ConfiguredSysctl, conf_path

_FACT = "configured-sysctl"
_SYSTEMD = "is applied after {path}: the line {line!r} decides, so it has to go"
_PROCPS = "is read last of all by `sysctl --system` of procps: the line {line!r} decides there, so it has to go"


def with_files(node: Node, persist: Iterable[str]) -> Node:
    """The node with what these lines of a fix append to its files, where its files are known."""
    configured = _configured(node)
    if configured is None:
        return node
    parts = [part for part in parts_of(persist, network=False, ipvs=False) if _is_ours(part)]
    for part in parts:
        assert isinstance(part, Settings)
        configured = _after(configured, part)
    return replace(node, evidence={**node.evidence, _FACT: configured}) if parts else node


def outranked(node: Node | None, parts: Iterable[Part]) -> Iterator[Part]:
    """What is left to do in other files, where the node's are known."""
    configured = _configured(node)
    for part in parts if configured is not None else ():
        if isinstance(part, Settings) and _is_ours(part):
            assert configured is not None
            yield from _in_other_files(_after(configured, part), part)


def _configured(node: Node | None) -> ConfiguredSysctl | None:
    rows = node.evidence.get(_FACT) if node is not None else None
    return rows if isinstance(rows, ConfiguredSysctl) else None


def _is_ours(part: Part) -> bool:
    return isinstance(part, Settings) and conf_path(part.path) == part.path


def _after(configured: ConfiguredSysctl, part: Settings) -> ConfiguredSysctl:
    """With the part's file: an earlier line of that file about one of its keys goes."""
    keys = {key for key, _ in part.pairs}
    new = [ConfiguredLine(key, raw, Seen("fix", None, f"{key} = {raw}"), part.path) for key, raw in part.pairs]
    old = (line for file in configured.given if file.path == part.path for line in file.lines if line.key not in keys)
    others = (file for file in configured.given if file.path != part.path)
    return ConfiguredSysctl((*others, ConfiguredFile(part.path, (*old, *new))), configured.scopes)


def _in_other_files(after: ConfiguredSysctl, part: Settings) -> Iterator[Part]:
    for key, value in part.pairs:
        line, last = after.deciding(key), after.deciding_for_procps(key)
        if line is not None and line.raw != value and line.file != part.path:
            yield _by_hand(line, _SYSTEMD, part.path)
        elif last is not None and last.raw != value and last.file == SYSCTL_CONF:
            yield _by_hand(last, _PROCPS, part.path)


def _by_hand(line: ConfiguredLine, why: str, path: str) -> ByHand:
    file = line.file or line.seen.where
    return ByHand(f"{file} ({line.seen})", (f"{file} {why.format(path=path, line=line.seen.text.strip())}",))
