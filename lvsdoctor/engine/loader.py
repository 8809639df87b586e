"""Reads plug-ins: every `*.py` of a directory, in sorted order, is executed, and what it defines is kept.

Ours and the operator's are read by the same code; ours are executed when they first apply (rules_index.py). A file
whose name starts with _ is nobody's rule.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType
from typing import cast

from lvsdoctor.engine.paths import home, report_formats
from lvsdoctor.engine.rule import Rule
from lvsdoctor.engine.rules_index import indexed_rule, read_index
from lvsdoctor.reporting.console import Render


class CannotLoad(Exception):
    """A plug-in directory or file that cannot be used; the message is one sentence for the operator."""


def load_rules(others: Iterable[Path] = ()) -> tuple[Rule, ...]:
    """Our rules and those of other directories, sorted by name. Raises CannotLoad."""
    homes = [home("rules")]
    for directory in others:
        if not directory.is_dir():
            raise CannotLoad(f"no rules directory at {directory}")
        _check_owner(directory)
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


def _check_owner(directory: Path) -> None:
    """Raises CannotLoad where root would run what another user can write.

    Not asked of our own rules: whoever can write those can write the rest of lvsdoctor, too.
    """
    from lvsdoctor.engine.ownership import WritableByOthers, check_only_root_can_write

    try:
        check_only_root_can_write(str(directory))
    except WritableByOthers as error:
        raise CannotLoad(f"{error}, and root runs rules only from a place that only root can write") from None
    except OSError as error:
        raise CannotLoad(f"{error.filename or directory}: {error.strerror}") from None


def _rules_in(directory: Path) -> Iterator[Rule]:
    ours = directory == home("rules")
    index = read_index(directory) if ours else {}
    for file in sorted(directory.rglob("*.py")):
        if file.name.startswith("_") or "__pycache__" in file.parts:
            continue
        rule = indexed_rule(index.get(file.relative_to(directory).as_posix()), file, _own_rule)
        yield from [rule] if rule is not None else rules_of(file, None if ours else _FromSource)


@cache
def _own_rule(file: Path) -> Rule:
    (rule,) = rules_of(file)
    return rule


def rules_of(file: Path, loader: "type[SourceFileLoader] | None" = None) -> list[Rule]:
    """Execute one file, whatever an index says of it. Raises CannotLoad."""
    rules = [value for value in vars(_execute(file, loader)).values() if isinstance(value, Rule)]
    for rule in rules:
        if rule.name != file.stem.replace("_", "-"):
            raise CannotLoad(f"{file} holds rule {rule.name}: a rule's file is named after it")
    return rules


class _FromSource(SourceFileLoader):
    """Neither reads nor writes byte code: in the operator's directory what is read is what is run."""

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.get_data(self.path), self.path)


def _execute(file: Path, loader: type[SourceFileLoader] | None = None) -> ModuleType:
    """Raises CannotLoad for a file that does not run to its end, naming the file and the reason."""
    name = f"lvsdoctor_plugin.{file.parent.name}.{file.stem}"
    spec = spec_from_file_location(name, file, loader=loader(name, str(file)) if loader else None)
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
