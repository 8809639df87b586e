"""Who may import whom, where import-linter cannot look: rules/ and reports/ are plug-ins, not packages.

The floors inside lvsdoctor/ are import-linter's, in pyproject.toml.
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# The only third-party modules, and the only files of lvsdoctor/ that may import them: how their paths begin.
DOORS = {
    "pyroute2": ("collect/live/netlink",),
    "scapy": ("probe/", "probe.py"),
    "rich": ("reporting/console.py",),
    "yaml": ("parse/config/yaml_text.py",),
    "jinja2": (),
    "tree_sitter": ("parse/shell/syntax.py",),
    "tree_sitter_bash": ("parse/shell/syntax.py",),
}


@dataclass(frozen=True)
class Import:
    """`module` as written, absolute; `lazy`: inside a function, so that loading the file does not import it."""

    where: str
    module: str
    lazy: bool

    @property
    def top(self) -> str:
        return self.module.partition(".")[0]

    @property
    def standard(self) -> bool:
        return self.top in sys.stdlib_module_names


def imports(path: Path, root: Path = ROOT) -> Iterator[Import]:
    """Every import of a file, those for type checkers alone too: a plug-in has no business with those either."""

    def walk(tree: ast.AST, lazy: bool) -> Iterator[Import]:
        for node in ast.iter_child_nodes(tree):
            where = f"{path.relative_to(root)}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Import):
                yield from (Import(where, alias.name, lazy) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                # A relative import would tie a plug-in to a place; loaded from a file it has none.
                yield Import(where, "." * node.level + (node.module or ""), lazy)
            elif isinstance(node, ast.Constant) and str(node.value).partition(".")[0] in DOORS:
                # import_module("pyroute2.netlink") and its like
                yield Import(where, str(node.value), lazy)
            else:
                yield from walk(node, lazy or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda))

    yield from walk(ast.parse(path.read_text(encoding="utf-8"), str(path)), lazy=False)


def python_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


def strays_in_rules(path: Path, root: Path = ROOT) -> list[Import]:
    return [found for found in imports(path, root) if not found.standard and found.module != "lvsdoctor.rulekit"]


def strays_in_reports(path: Path, root: Path = ROOT) -> list[Import]:
    def allowed(line: Import) -> bool:
        if line.top in ("rich", "jinja2"):
            return line.lazy
        return line.standard or line.module == "lvsdoctor.reportkit"

    return [found for found in imports(path, root) if not allowed(found)]


def strays_in_the_package(path: Path) -> list[Import]:
    inside = path.relative_to(ROOT / "lvsdoctor").as_posix()

    def allowed(line: Import) -> bool:
        return line.standard or line.top == "lvsdoctor" or inside.startswith(DOORS.get(line.top, ()))

    return [found for found in imports(path) if not allowed(found)]


def test_a_rule_imports_only_the_rulekit_and_the_standard_library() -> None:
    assert [found for path in python_files(ROOT / "rules") for found in strays_in_rules(path)] == []


def test_a_report_imports_only_the_reportkit_and_the_standard_library_and_the_rest_when_it_is_asked_for() -> None:
    assert [found for path in python_files(ROOT / "reports") for found in strays_in_reports(path)] == []


def test_third_party_modules_enter_the_package_only_through_their_doors() -> None:
    assert [found for path in python_files(ROOT / "lvsdoctor") for found in strays_in_the_package(path)] == []


@pytest.mark.parametrize(
    "line",
    [
        "from lvsdoctor.kernel.arp import arp_reply",
        "import lvsdoctor.model.node",
        "from lvsdoctor import rulekit",
        "from ._shared import helper",
        "import requests",
        "def check():\n    import scapy.all",
        "def check():\n    import_module('scapy.all')",
    ],
)
def test_a_rule_that_reaches_past_the_rulekit_is_caught(line: str, tmp_path: Path) -> None:
    (tmp_path / "x.py").write_text(line)
    assert len(strays_in_rules(tmp_path / "x.py", tmp_path)) == 1


@pytest.mark.parametrize(
    "line",
    ["import rich.console", "from lvsdoctor.model.node import Node", "if True:\n    from jinja2 import Template"],
)
def test_a_report_that_imports_too_much_or_too_early_is_caught(line: str, tmp_path: Path) -> None:
    (tmp_path / "x.py").write_text(line)
    assert len(strays_in_reports(tmp_path / "x.py", tmp_path)) == 1


@pytest.mark.parametrize(
    "line", ["import json", "from lvsdoctor.reportkit import Examination", "def render():\n    import rich.console"]
)
def test_what_a_report_needs_is_not_caught(line: str, tmp_path: Path) -> None:
    (tmp_path / "x.py").write_text(line)
    assert strays_in_reports(tmp_path / "x.py", tmp_path) == []
