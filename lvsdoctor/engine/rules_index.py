"""What our own rules declare (rules/index.json), so that a rule is executed only where it applies.

`make catalogue` writes the file. A rule that is not as it was then (another CRC) is not in the index: it is executed,
as an operator's own rules always are.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any
from zlib import crc32

from lvsdoctor.engine.rule import Rule, RuleOption
from lvsdoctor.model.finding import Finding, Severity
from lvsdoctor.model.node import Node
from lvsdoctor.model.walk import Decision

FILE = "index.json"


def entries(rules: Iterable[Rule], directory: Path) -> dict[str, Any]:
    """The index of these rules: by their files, as seen from the directory that holds them."""
    return {Path(rule.file).relative_to(directory).as_posix(): _entry(rule) for rule in rules}


def _entry(rule: Rule) -> dict[str, Any]:
    return {
        "crc32": crc32(Path(rule.file).read_bytes()),
        "name": rule.name,
        "code": rule.code,
        "severity": rule.severity.value,
        "role": rule.role,
        "needs": sorted(rule.needs),
        "helps": sorted(rule.helps),
        "consequence": rule.consequence,
        "general": rule.general,
        "harmless_at_weight_0": rule.harmless_at_weight_0,
        "only_ipv4": rule.only_ipv4,
        "only_ipv6": rule.only_ipv6,
        "only_marks": rule.only_marks,
        "instead": dict(rule.instead),
        "cause": rule.cause,
        "suffice": sorted(rule.suffice),
        "explains": rule.explains,
        "unless_explained": rule.unless_explained,
        **({"options": [asdict(option) for option in rule.options]} if rule.options else {}),
    }


def read_index(directory: Path) -> Mapping[str, Any]:
    """The entries of a directory's index; none where there is no index."""
    try:
        index: dict[str, Any] = json.loads((directory / FILE).read_bytes())
    except FileNotFoundError:
        return {}
    return index


def indexed_rule(entry: Mapping[str, Any] | None, file: Path, execute: Callable[[Path], Rule]) -> Rule | None:
    """The rule as its entry has it, executed when it is first asked; None where the file is not what was indexed."""
    if entry is None or crc32(file.read_bytes()) != entry["crc32"]:
        return None

    def check(node: Node, **options: int) -> Iterator[Finding]:
        return execute(file).check(node, **options)

    return Rule(
        name=entry["name"],
        code=entry["code"],
        severity=Severity(entry["severity"]),
        role=entry["role"],
        needs=frozenset(entry["needs"]),
        helps=frozenset(entry["helps"]),
        check=check,
        file=str(file),
        consequence=entry["consequence"],
        general=entry["general"],
        harmless_at_weight_0=entry["harmless_at_weight_0"],
        only_ipv4=entry["only_ipv4"],
        only_ipv6=entry["only_ipv6"],
        only_marks=entry["only_marks"],
        instead=entry["instead"],
        cause=entry["cause"],
        suffice=frozenset(entry["suffice"]),
        explains=Decision(entry["explains"]) if entry["explains"] else None,
        unless_explained=entry["unless_explained"],
        options=tuple(RuleOption(**option) for option in entry.get("options", ())),
    )
