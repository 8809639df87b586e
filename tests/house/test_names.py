"""Names are the thing's own noun: no private English, and no class name twice where two rooms would mean two things."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("lvsdoctor", "rules", "reports", "tools", "bench", "tests")

# A participle or a pronoun tells nothing of the thing. As a whole part of a name, in the singular or the plural.
INSTEAD = {
    "told": "what it is: command, notes, row, expected",
    "said": "what it is: comment, request, sentence, with_remark",
    "found": "what was looked for: finding, diagnoses, lookup, rows",
    "heard": "what came in: frame, packet, row; arrived_on for the link",
    "one": "the thing: address, responder; single or only for the number",
    "each": "the thing",
    "way": "route, path, lookup or method",
    "held": "addresses, holders, kept",
}
# Names of today that are still to be changed, by file. Whoever changes one takes it off.
STILL: dict[str, frozenset[str]] = {}


def parts(name: str) -> list[str]:
    """`RoleFound`, `role_found`, `ROLE_FOUND`: role, found."""
    return [part.lower() for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]


def names_given(tree: ast.AST, *, inside: ast.AST | None = None) -> Iterator[tuple[int, str]]:
    """Functions, parameters, classes, attributes, what a module holds; not the variables of a function."""
    for node in ast.iter_child_nodes(tree):
        within: ast.AST | None = inside
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield node.lineno, node.name
                everything = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
                yield from ((arg.lineno, arg.arg) for arg in (*everything, node.args.vararg, node.args.kwarg) if arg)
                within = node
            case ast.ClassDef():
                yield node.lineno, node.name
                within = None
            case ast.Name(ctx=ast.Store()) if inside is None:
                yield node.lineno, node.id
            case ast.Attribute(ctx=ast.Store()):
                yield node.lineno, node.attr
            case ast.Lambda() | ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                within = node
        yield from names_given(node, inside=within)


def strangers(source: str, where: str) -> list[tuple[str, str]]:
    """Where and what to say instead, with the name. A test's name is a sentence, and a rule's function has its name."""
    stem = Path(where).stem
    return [
        (name, f"{where}:{line}: {name}: say {INSTEAD[word]}")
        for line, name in names_given(ast.parse(source))
        if not name.startswith("test_") and not (where.startswith("rules/") and name == stem)
        for word in dict.fromkeys(part if part in INSTEAD else part.removesuffix("s") for part in parts(name))
        if word in INSTEAD
    ]


def unexpected(sources: Mapping[str, str], still: Mapping[str, frozenset[str]]) -> list[str]:
    """Strangers that are not on the list, and what is on the list without need."""
    strange = {where: strangers(source, where) for where, source in sources.items()}
    new = [line for where, named in strange.items() for name, line in named if name not in still.get(where, ())]
    gone = [
        f"{where}: {name} is no longer there: take it off the list"
        for where, names in still.items()
        for name in sorted(names - {name for name, _ in strange.get(where, [])})
    ]
    return new + gone


def sources(*folders: str) -> dict[str, str]:
    files = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in files}


def rooms_of_classes(sources: Mapping[str, str]) -> dict[str, set[str]]:
    """Each public class of lvsdoctor/ and its rooms: the first folder below, or the module that stands there itself."""
    rooms: dict[str, set[str]] = {}
    for where, source in sources.items():
        for node in ast.parse(source).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                rooms.setdefault(node.name, set()).add(where.split("/")[1])
    return rooms


def ambiguous(sources: Mapping[str, str]) -> list[str]:
    return [
        f"{name} is in {', '.join(sorted(rooms))}"
        for name, rooms in rooms_of_classes(sources).items()
        if len(rooms) > 1
    ]


def test_names_are_nouns_of_the_thing() -> None:
    assert unexpected(sources(*FOLDERS), STILL) == []


def test_a_public_class_name_is_of_one_room_only() -> None:
    assert ambiguous(sources("lvsdoctor")) == []


@pytest.mark.parametrize(
    "source",
    [
        "def told(): ...",
        "async def what_was_said(): ...",
        "def f(found): ...",
        "def f(*, heard_on): ...",
        "def f(*each): ...",
        "class RoleFound: ...",
        "class Heard: ...",
        "class A:\n    way: int = 0",
        "class A:\n    def f(self):\n        self._held = 1",
        "_ONE_LINE = 1",
        "if x:\n    ways = 1",
        "def f():\n    def one(): ...",
    ],
)
def test_a_stranger_is_caught(source: str) -> None:
    assert len(strangers(source, "lvsdoctor/x.py")) == 1


@pytest.mark.parametrize(
    ("source", "where"),
    [
        ("def f():\n    found = 1\n    return [one for one in found if (way := one)]", "lvsdoctor/x.py"),
        ("withheld = foundation = oneline = gateway = always = teach = 1", "lvsdoctor/x.py"),
        ("key = sorted(rows, key=lambda one: one)", "lvsdoctor/x.py"),
        ("def test_what_was_found_is_told(): ...", "tests/test_x.py"),
        ("def rip_held_by_director(node): ...", "rules/address/rip_held_by_director.py"),
        ("x.found(told=1)", "lvsdoctor/x.py"),
    ],
)
def test_words_that_only_look_alike_and_names_of_others_are_fine(source: str, where: str) -> None:
    assert strangers(source, where) == []


def test_the_list_of_strangers_may_only_shrink() -> None:
    code = {"lvsdoctor/x.py": "found = told = 1"}
    assert unexpected(code, {"lvsdoctor/x.py": frozenset({"found", "told"})}) == []
    assert [line.split(": ")[1] for line in unexpected(code, {"lvsdoctor/x.py": frozenset({"found"})})] == ["told"]
    assert unexpected({"lvsdoctor/x.py": "rows = 1"}, {"lvsdoctor/x.py": frozenset({"found"})}) == [
        "lvsdoctor/x.py: found is no longer there: take it off the list"
    ]


def test_a_class_name_of_two_rooms_is_caught() -> None:
    two = {"lvsdoctor/kernel/a.py": "class Answer: ...", "lvsdoctor/probe/b.py": "class Answer: ...\nclass _Row: ..."}
    assert ambiguous(two) == ["Answer is in kernel, probe"]
    assert ambiguous({"lvsdoctor/kernel/a.py": "class _Row: ...", "lvsdoctor/kernel/b.py": "class Answer: ..."}) == []
