"""One word for one thing: the names we give do not say backend, pool, member, frontend, nic or iface."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

INSTEAD = {
    "backend": "real server",
    "pool": "virtual service",
    "member": "real server",
    "frontend": "virtual service",
    "nic": "link",
    "iface": "link",
}

# An archive has members, and tarfile calls them so.
FINE_IN = {"member": ("lvsdoctor/collect/",)}


def names_given(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Names this file gives, not names it only uses: other people's libraries have their own words."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.lineno, node.name
            case ast.arg():
                yield node.lineno, node.arg
            case ast.Name(ctx=ast.Store()):
                yield node.lineno, node.id
            case ast.Attribute(ctx=ast.Store()):
                yield node.lineno, node.attr
            case ast.alias(asname=str(name)):
                yield 0, name


def words(name: str) -> list[str]:
    """`RealServerPool`, `real_server_pools`: real, server, pool."""
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)
    return [part.lower() for part in parts] + [part.lower().removesuffix("s") for part in parts]


def strangers(source: str, where: str) -> list[str]:
    return [
        f"{where}:{line}: {name}: say {INSTEAD[word]!r}"
        for line, name in names_given(ast.parse(source))
        for word in dict.fromkeys(words(name))
        if word in INSTEAD and not where.startswith(FINE_IN.get(word, ()))
    ]


def test_names_use_the_house_s_words() -> None:
    files = [path for folder in ("lvsdoctor", "rules", "reports") for path in sorted((ROOT / folder).rglob("*.py"))]
    found = [
        stranger
        for path in files
        for stranger in strangers(path.read_text(encoding="utf-8"), path.relative_to(ROOT).as_posix())
    ]
    assert found == []


@pytest.mark.parametrize(
    "source", ["backends = ()", "class ServerPool: ...", "def f(iface): ...", "for nic in x: ...", "self.frontend = 1"]
)
def test_a_stranger_is_caught(source: str) -> None:
    assert len(strangers(source, "lvsdoctor/x.py")) == 1


@pytest.mark.parametrize(
    "source", ["memberships = ()", "technical = unicode_name = 1", "from x import y", "x.members()"]
)
def test_words_that_only_look_alike_are_fine(source: str) -> None:
    assert strangers(source, "lvsdoctor/x.py") == []
