"""Files of /proc/sys as a paste or a directory has them: a value under the command, or the heading, that names it."""

import re
from collections.abc import Sequence

from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.sysctl import Setting, SettingRows, canonical_key
from lvsdoctor.parse.gaps import FEW_KEYS
from lvsdoctor.parse.reader import Dump
from lvsdoctor.parse.sysctl import STARTING, is_key, is_numeric

_ROOT = "/proc/sys/"
_PROGRAMS = frozenset({"cat", "head", "tail", "more", "less"})
_BRACES = re.compile(r"([^{}]*)\{([^{}]{1,400})\}(.*)", re.DOTALL)
_MOST = 400
FAILED = re.compile(r"(?:cat|head|tail|more|less): (?:cannot open )?['\"\u2018]?(/proc/sys/[^\s'\":\u2019]+)")


def paths_of(command: Sequence[str]) -> list[str]:
    """The files of /proc/sys whose lines this command prints in order; [] where it prints others, or does not say."""
    if not command or command[0].rpartition("/")[2] not in _PROGRAMS:
        return []
    words = [word for word in command[1:] if not word.startswith("-") and not word.lstrip("+").isdigit()]
    paths = [path for word in words for path in _expanded(word)][: _MOST + 1]
    plain = all(path.startswith(_ROOT) and not set(path) & set("*?[]{}$<>|`") for path in paths)
    several = len(paths) > 1 and command[0].rpartition("/")[2] != "cat"  # these print headings between them
    return paths if plain and not several and len(paths) <= _MOST else []


def _expanded(word: str, most: int = 4) -> list[str]:
    """A word with braces as a shell takes it: conf/{all,lo}/arp_ignore are two."""
    found = _BRACES.fullmatch(word)
    if found is None or not most:
        return [word]
    parts = found[2].split(",")[:_MOST]
    return [path for part in parts for path in _expanded(f"{found[1]}{part}{found[3]}", most - 1)][: _MOST + 1]


def values_shown(lines: Sequence[Seen], command: Sequence[str]) -> Dump | None:
    """The settings whose values these lines are, one for each file; None where lines and files do not match."""
    paths = paths_of(command)
    if not paths or not lines:
        return None
    ordered = sorted(lines, key=lambda seen: seen.line or 0)
    failed = {found[1] for seen in ordered if (found := FAILED.match(seen.text.strip()))}
    values = [seen for seen in ordered if not FAILED.match(seen.text.strip())]
    paths = [path for path in paths if path not in failed]
    if len(values) != len(paths) or not values:
        return None
    rows = SettingRows()
    for path, seen in zip(paths, values, strict=True):
        key = path.removeprefix(_ROOT).strip("/")
        row = Setting(canonical_key(key), " ".join(seen.text.split()), seen)
        if not STARTING.match(key) or not is_key(row.key) or (is_numeric(row.key) and not row.is_number):
            return None
        rows.by_key.append((row.key, row))
    return Dump({"sysctl": rows}, partial=Partial(FEW_KEYS, values[0]))
