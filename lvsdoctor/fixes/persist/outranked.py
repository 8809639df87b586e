"""Settings that our own file writes and another file, applied after it, writes otherwise: that one has to change."""

from collections.abc import Iterable, Iterator

from lvsdoctor.fixes.persist.parts import ByHand, Part, Settings
from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.sysctl_d import SYSCTL_CONF, ConfiguredFile, ConfiguredLine, ConfiguredSysctl, conf_path

_SYSTEMD = "is applied after {path}: the line {line!r} decides, so it has to go"
_PROCPS = "is read last of all by `sysctl --system` of procps: the line {line!r} decides there, so it has to go"


def outranked(node: Node | None, parts: Iterable[Part]) -> Iterator[Part]:
    """What is left to do in other files, where the node's are known."""
    configured = node.evidence.get("configured-sysctl") if node is not None else None
    if not isinstance(configured, ConfiguredSysctl):
        return
    for part in parts:
        if isinstance(part, Settings) and conf_path(part.path) == part.path:
            yield from _in_other_files(configured, part)


def _in_other_files(configured: ConfiguredSysctl, part: Settings) -> Iterator[Part]:
    new = Seen(part.path, None, "")
    lines = tuple(ConfiguredLine(key, value, new, part.path) for key, value in part.pairs)
    others = (file for file in configured.given if file.path != part.path)
    after = ConfiguredSysctl((*others, ConfiguredFile(part.path, lines)), configured.scopes)
    for key, value in part.pairs:
        line = after.deciding(key)
        if line is not None and line.raw != value and line.seen is not new:
            yield _by_hand(line, _SYSTEMD, part.path)
            continue
        line = after.deciding_for_procps(key)
        if line is not None and line.raw != value and line.file == SYSCTL_CONF:
            yield _by_hand(line, _PROCPS, part.path)


def _by_hand(line: ConfiguredLine, why: str, path: str) -> ByHand:
    file = line.file or line.seen.where
    return ByHand(f"{file} ({line.seen})", (f"{file} {why.format(path=path, line=line.seen.text.strip())}",))
