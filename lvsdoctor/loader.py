"""Reads plug-ins: every `*.py` of a directory, in sorted order, is executed, and what it defines is kept.

Ours and the operator's are read by the same code. A file whose name starts with _ is nobody's rule.
"""

import sys
from collections.abc import Iterable, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import cast

from lvsdoctor.homes import home, report_formats
from lvsdoctor.reportkit import Render
from lvsdoctor.rulekit import Rule


class CannotLoad(Exception):
    """A plug-in directory or file that cannot be used; the message is one sentence for the operator."""


def load_rules(others: Iterable[Path] = ()) -> tuple[Rule, ...]:
    """Our rules and those of other directories, sorted by name. Raises CannotLoad."""
    homes = [home("rules")]
    for directory in others:
        if not directory.is_dir():
            raise CannotLoad(f"there is no rules directory {directory}")
        homes.append(directory)
    rules: dict[str, Rule] = {}
    codes: dict[str, Rule] = {}
    for directory in homes:
        for rule in _rules_in(directory):
            for same, word in ((rules.get(rule.name), rule.name), (codes.get(rule.code), rule.code)):
                if same is not None:
                    raise CannotLoad(f"{rule.file} and {same.file} are both rule {word}")
            rules[rule.name] = codes[rule.code] = rule
    return tuple(sorted(rules.values(), key=lambda rule: rule.name))


def _rules_in(directory: Path) -> Iterator[Rule]:
    # Python may keep its byte code beside our own files; in the operator's directory nothing is written.
    ours = directory == home("rules")
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, sys.dont_write_bytecode or not ours
    try:
        for file in sorted(directory.rglob("*.py")):
            if file.name.startswith("_") or "__pycache__" in file.parts:
                continue
            found = [value for value in vars(_execute(file)).values() if isinstance(value, Rule)]
            for rule in found:
                if rule.name != file.stem.replace("_", "-"):
                    raise CannotLoad(f"{file} holds rule {rule.name}: a rule's file is named after it")
            yield from found
    finally:
        sys.dont_write_bytecode = before


def _execute(file: Path) -> ModuleType:
    """Raises CannotLoad for a file that does not run to its end, naming the file and the reason."""
    spec = spec_from_file_location(f"lvsdoctor_plugin.{file.parent.name}.{file.stem}", file)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        line = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
        raise CannotLoad(f"cannot load {file}: {type(error).__name__}: {error}{line}") from error
    return module


def load_report(name: str) -> Render:
    """The renderer of one format. Raises KeyError for a format that is not one, CannotLoad for one that is broken."""
    return cast(Render, _execute(report_formats()[name]).render)
