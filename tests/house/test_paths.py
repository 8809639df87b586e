"""No path that prose names is stale: what pages, docstrings and comments send a reader to is there."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("model", "parse", "collect", "kernel", "analysis", "probe", "engine", "fixes", "reporting", "cli")

# Whole paths from the top of the checkout, and files by their room.
_PATH = re.compile(
    r"(?<![\w/.~$-])(?:(?:lvsdoctor|tests|rules|reports|docs|tools|bench|examples)/[^\s`'\"()\[\],;:|]*"
    rf"|(?:{'|'.join(ROOMS)})/[\w/*{{}}<>-]+\.py\b)"
)
# What stands for many, or for what the reader is about to make.
_PLACEHOLDER = re.compile(r"[*?{}<>$…]|\.\.|\bNAME\b|_NAME\b|\bFAMILY\b|some_bad_state")
# What looks like a path and is none: the JSON formats' names, the configuration file, the kernel's own tools.
_NO_PATH = re.compile(r"lvsdoctor/\d+$|lvsdoctor/lvsdoctor\.toml$|tools/testing/selftests/")
_WITH_COMMENTS = ("Makefile", "pyproject.toml", "run", "test", ".ci/run", "tools/environment")
_INSTALLED = ("rules", "reports", "examples")


def paths_in(text: str) -> Iterator[tuple[int, str]]:
    """Each with the line on which it stands."""
    for number, line in enumerate(text.split("\n"), 1):
        for match in _PATH.finditer(line):
            path = match[0].rstrip(".!?*_")
            if not _PLACEHOLDER.search(match[0].rstrip(".")) and not _NO_PATH.match(path):
                yield number, path


def prose_of(source: str) -> Iterator[tuple[int, str]]:
    """The docstrings and comments of a Python file, each with its line."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                yield first.lineno, first.value.value
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def exists(path: str, root: Path = ROOT, beside: Path | None = None) -> bool:
    """In the checkout, in the package, as a module, as an installed part, or beside the page that names it."""
    places = [root / path, root / "lvsdoctor" / path, root / "tests" / path, *([beside / path] if beside else [])]
    if path.startswith("lvsdoctor/") and path.split("/")[1] in _INSTALLED:
        places.append(root / path.removeprefix("lvsdoctor/"))
    return any(place.exists() or place.with_name(f"{place.name}.py").exists() for place in places)


def stale(name: str, text: str, root: Path = ROOT) -> list[str]:
    """The paths of a file's prose that are not there."""
    if name.endswith(".py"):
        chunks = list(prose_of(text))
    elif name.endswith(".md"):
        chunks = [(1, text)]
    else:
        chunks = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.lstrip().startswith("#")]
    beside = (root / name).parent
    return [
        f"{name}:{start + number - 1}: {path}"
        for start, chunk in chunks
        for number, path in paths_in(chunk)
        if not exists(path, root, beside)
    ]


def pages() -> Iterator[Path]:
    """What a reader reads; the past that the changelog tells had other paths."""
    for top in sorted(ROOT.iterdir()):
        inside = sorted(top.rglob("*")) if top.is_dir() and not top.name.startswith(".") else []
        for path in [top, *inside]:
            if path.suffix in (".md", ".py") and path.name != "CHANGELOG.md" and path.is_file():
                yield path
    yield from (ROOT / name for name in _WITH_COMMENTS)


def test_no_path_that_is_named_in_prose_is_stale() -> None:
    found = [
        line for path in pages() for line in stale(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("name", "text", "path"),
    [
        ("README.md", "See `docs/HOUSES.md`.", "docs/HOUSES.md"),
        ("docs/HOUSE.md", "`kernel/heard.py` decides", "kernel/heard.py"),
        ("lvsdoctor/x.py", '"""As tests/kernel/probed.py does."""', "tests/kernel/probed.py"),
        ("lvsdoctor/x.py", "x = 1  # see lvsdoctor/kernel/heard.py: heard()", "lvsdoctor/kernel/heard.py"),
        ("lvsdoctor/x.py", 'def f():\n    """See (rules/arp/no_such_rule.md)."""', "rules/arp/no_such_rule.md"),
        ("Makefile", "x: y\n# As tests/house/test_nothing.py says.\n\tz", "tests/house/test_nothing.py"),
        ("tests/x.py", "class A:\n    # tools/nothing, say\n    x = 1", "tools/nothing"),
    ],
)
def test_a_stale_path_is_caught(name: str, text: str, path: str) -> None:
    assert [line.rpartition(": ")[2] for line in stale(name, text)] == [path]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("README.md", "`docs/HOUSE.md`, [the rules](rules/), tests/house/test_paths.py. lvsdoctor/kernel/arp"),
        ("docs/HOUSE.md", "`kernel/arp.py`, `lvsdoctor/kernel/arp.py:12`, `lvsdoctor/rules/arp`, HOUSE.md"),
        ("docs/HOUSE.md", "`rules/FAMILY/NAME.py`, `reports/as_*.py`, `tests/{a,b}/nothing.py`, fixes/<kind>.py"),
        ("README.md", 'the schema "lvsdoctor/1", https://example.net/docs/nothing, net/ipv4/arp.c, ~/rules/mine'),
        ("lvsdoctor/x.py", 'x = "tests/no/such.py"  # a value is no prose'),
    ],
)
def test_what_is_there_and_what_stands_for_many_is_fine(name: str, text: str) -> None:
    assert stale(name, text) == []
