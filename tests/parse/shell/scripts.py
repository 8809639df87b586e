"""What the tests of shell scripts share: a script's rows, by the fact that they are of."""

from collections.abc import Sequence
from typing import Any

from lvsdoctor.model.sysctl_d import ConfiguredFile
from lvsdoctor.parse.reader import Dump
from lvsdoctor.parse.shell.script import dump_of

WHERE = "rs1/lvs.sh"


def dump(text: str, where: str = WHERE) -> Dump:
    made = dump_of(text, where)
    assert made is not None
    return made


def rows(text: str, fact: str) -> Sequence[Any]:
    return dump(text).facts.get(f"configured-{fact}", ())


def addresses(text: str) -> list[str]:
    """Each with its label, or its link where it has none."""
    return [f"{address} {address.label or address.link}" for address in rows(text, "addresses")]


def settings(text: str) -> dict[str, str | None]:
    """What a script writes into /proc/sys, the last write to each key."""
    files: Sequence[ConfiguredFile] = rows(text, "sysctl")
    return {line.key: line.raw for file in files if file.after_boot for line in file.lines}


def unread(text: str) -> list[int | None]:
    return [seen.line for seen in dump(text).unread]
