"""What the laws are held against beside dumps: trees of files that configure hosts, alone and beside dumps."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import strategies as st

from lvsdoctor.collect.files import collect_paths
from lvsdoctor.engine.page_cases import cases_of
from lvsdoctor.model.node import Node
from lvsdoctor.reporting.rule_page import page_of
from tests.laws.worlds import ROOT, World, law, rules

# Each reads a tree of files from a disk.
golden_law = partial(law, examples=120)


@dataclass(frozen=True)
class Tree:
    """Files by their path, the first part of which is the host, and what the user said of the hosts."""

    name: str
    files: tuple[tuple[str, str], ...]
    options: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name

    @property
    def hosts(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(path.partition("/")[0] for path, _ in self.files))

    @property
    def world(self) -> World:
        """Where the rules, and what the user said, are the same."""
        return World(self.name, (), self.options)

    def without(self, path: str) -> "Tree":
        return replace(self, files=tuple(file for file in self.files if file[0] != path))

    def renamed(self, names: Mapping[str, str], below: str = "") -> "Tree":
        """The hosts under other names; of those that stand in the files themselves nothing is renamed."""
        files = [(path.partition("/"), text) for path, text in self.files]
        return replace(self, files=tuple((f"{below}{names[path[0]]}/{path[2]}", text) for path, text in files))


@cache
def nodes_of_tree(tree: Tree) -> tuple[Node, ...]:
    """As a scan reads them from a directory."""
    with TemporaryDirectory() as directory:
        top = Path(directory) / "golden"
        for path, text in tree.files:
            (top / path).parent.mkdir(parents=True, exist_ok=True)
            (top / path).write_text(text)
        return tuple(collect_paths([str(top)], []))


@cache
def trees() -> tuple[Tree, ...]:
    return (*_example(), *_cases())


def _example() -> Iterator[Tree]:
    top = ROOT / "examples/golden-cluster"
    files = sorted(path for path in top.rglob("*") if path.is_file())
    yield Tree(top.name, tuple((str(path.relative_to(top)), path.read_text()) for path in files))


def _cases() -> Iterator[Tree]:
    """Those with a file under its own path."""
    for rule in rules():
        page = page_of(rule)
        for case in cases_of(page):
            files: dict[str, str] = {}
            configures = False
            for host, where, text in case.dumps():
                kind = where.removeprefix(f"{host}/").removesuffix("-also")
                configures = configures or "/" in kind or kind == "keepalived-conf"
                path = "etc/keepalived/keepalived.conf" if kind == "keepalived-conf" else kind
                path = path if "/" in path else f"{path}.txt"
                files[f"{host}/{path}"] = files.get(f"{host}/{path}", "") + text
            if configures:
                tree = Tree(f"{page.name}:{case.line}", tuple(files.items()), case.options)
                if any(node.evidence for node in nodes_of_tree(tree)):
                    yield tree


def any_tree() -> st.SearchStrategy[Tree]:
    return st.sampled_from(trees())
