"""crontab(5): what `@reboot` runs when the host comes up. Nothing is executed.

A script that it names is read where it lies in the tree. What runs at other times may not have run yet.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from lvsdoctor.model.coverage import Origin, Unread
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.config.embedded import Embedded
from lvsdoctor.parse.config.host_commands import Effects, MissingParser, run_script, unread_script
from lvsdoctor.parse.config.network import numbered, set_aside
from lvsdoctor.parse.reader import Dump

_SYSTEM = re.compile(r"(?:^|/)(?:crontab|cron\.d/[^/]+)$")  # these have a column for the user
_ASSIGNMENT = re.compile(r"\s*([A-Za-z_]\w*)\s*=\s*(.*?)\s*", re.ASCII)
_FIELD = r"[0-9*/,A-Za-z-]+"
_ENTRY = re.compile(rf"\s*(?:(?P<nick>@[a-z]+)|{_FIELD}(?:\s+{_FIELD}){{4}})\s+(?P<rest>\S.*)")
_END = re.compile(r"(?<!\\)%")  # what follows goes to the command's standard input
_MOST = 500


class _Entry(NamedTuple):
    command: str
    at_boot: bool
    seen: Seen


def dump_of(text: str, where: str) -> Dump | None:
    """What the entries of a crontab make of the host at boot; None for a text that has no entry."""
    if (copy := set_aside("crontab", "a crontab", text, where)) is not None:
        return copy
    variables: dict[str, str] = {}
    effects, missing, entries = Effects(), list[Unread](), 0
    for entry in _entries(text, where, variables):
        entries += 1
        script = Embedded(entry.command, entry.seen)
        try:
            run_script(effects, script, dict(variables), uncertain=not entry.at_boot)
        except MissingParser:
            missing.append(unread_script("crontab", "a crontab", script))
            break
    if not entries:
        return None
    dump = effects.dump(Origin.CONFIGURED)
    return Dump(dump.facts, dump.unread, origin=dump.origin, partial=dump.partial, unread_kinds=tuple(missing))


def _entries(text: str, where: str, variables: dict[str, str]) -> Iterator[_Entry]:
    """The entries in their order; `variables` holds what was set above each."""
    system = _SYSTEM.search(where) is not None
    for seen in numbered(text, where)[:_MOST]:
        if not seen.text.strip() or seen.text.lstrip().startswith("#"):
            continue
        if (found := _ENTRY.fullmatch(seen.text)) is None:
            if (setting := _ASSIGNMENT.fullmatch(seen.text)) is not None:
                variables[setting[1]] = setting[2].strip("\"'")
            continue
        command = found["rest"]
        if system:
            command = "".join(command.split(None, 1)[1:])
        command = _END.split(command, maxsplit=1)[0].replace("\\%", "%").strip()
        if command:
            yield _Entry(command, found["nick"] == "@reboot", seen)
