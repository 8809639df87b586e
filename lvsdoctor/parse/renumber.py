"""A dump that was read from a part of a text, with the lines as they are numbered in the whole."""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from lvsdoctor.model.seen import Seen
from lvsdoctor.model.sysctl import Line, Setting, SettingRows


def renumbered(value: Any, where: str, line_of: Callable[[int], int | None]) -> Any:
    """The same, each quoted line in the text `where`, under the number that `line_of` gives for its own."""
    if isinstance(value, Seen):
        return replace(value, where=where, line=None if value.line is None else line_of(value.line))
    if isinstance(value, SettingRows):
        return SettingRows((key, _setting(row, where, line_of)) for key, row in value.by_key)
    if is_dataclass(value) and not isinstance(value, type):
        parts = {field.name: getattr(value, field.name) for field in fields(value) if field.init}
        return replace(value, **{name: renumbered(part, where, line_of) for name, part in parts.items()})
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(renumbered(part, where, line_of) for part in value))
    if isinstance(value, (tuple, list)):
        return type(value)(renumbered(part, where, line_of) for part in value)
    if isinstance(value, Mapping):
        return {key: renumbered(part, where, line_of) for key, part in value.items()}
    return value


def _setting(row: Setting | Line, where: str, line_of: Callable[[int], int | None]) -> Setting | Line:
    if isinstance(row, Setting):
        changed: Setting = renumbered(row, where, line_of)
        return changed
    return where, line_of(row[1]) or row[1], row[2]
