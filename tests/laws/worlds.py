"""What the laws of evidence are held against: the cases of every rule's page, the stories and the example, as dumps.

LVSDOCTOR_LAWS=N draws N examples for each law, and others in each run (`make laws N=5000`); without it they are always
the same.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.engine.loader import load_rules
from lvsdoctor.engine.page_cases import cases_of
from lvsdoctor.engine.rule import Rule
from lvsdoctor.engine.runner import examine
from lvsdoctor.model.examination import Diagnosis, Examination
from lvsdoctor.model.finding import Severity, StandIn
from lvsdoctor.model.node import Node
from lvsdoctor.parse.paste.stream import pieces
from lvsdoctor.reporting.rule_page import page_of

ROOT = Path(__file__).parents[2]
T = TypeVar("T", bound=Callable[..., None])
_ASKED = os.environ.get("LVSDOCTOR_LAWS", "")


def law(test: T, examples: int = 500) -> T:
    """500 examples, always the same, or as many as were asked for; slow is not wrong."""
    made: T = settings(
        max_examples=int(_ASKED or examples),
        derandomize=not _ASKED,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )(test)
    return made


@dataclass(frozen=True)
class World:
    """A scan's dumps: (host, where, text) of each, and what the user said of the hosts."""

    name: str
    dumps: tuple[tuple[str, str, str], ...]
    options: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name

    def nodes(self) -> list[Node]:
        """As a scan reads them, without their standing."""
        return nodes_in(self.dumps)

    def examined(self, nodes: Iterable[Node]) -> Examination:
        """What all rules make of these nodes."""
        words = list(zip(self.options[::2], self.options[1::2], strict=True))
        role = next((value for option, value in words if option == "--role"), "auto")
        vips = [ip_address(value) for option, value in words if option == "--vip"]
        return examine(with_standing([replace(node) for node in nodes], role=role, vips=vips), rules())


def nodes_in(dumps: Iterable[tuple[str, str, str]]) -> list[Node]:
    return list(nodes_of([NodeDump(piece, host, host) for host, where, text in dumps for piece in pieces(text, where)]))


@cache
def rules() -> tuple[Rule, ...]:
    return tuple(load_rules([]))


@cache
def worlds() -> tuple[World, ...]:
    return (*_cases(), *_stories())


def _cases() -> Iterator[World]:
    for rule in rules():
        page = page_of(rule)
        for case in cases_of(page):
            # A file that configures a host is no dump: its path stands in the fence, or its kind.
            texts: dict[tuple[str, str], str] = {}
            for host, where, text in case.dumps():
                is_path = "/" in where.removeprefix(f"{host}/")
                if not is_path and not where.endswith(("/keepalived-conf", "/kubernetes")):
                    whole = host, where.removesuffix("-also")  # more of the dump that it adds to
                    texts[whole] = texts.get(whole, "") + text
            dumps = tuple((host, where, text) for (host, where), text in texts.items())
            if any(node.evidence for node in nodes_in(dumps)):
                yield World(f"{page.name}:{case.line}", dumps, case.options)


def _stories() -> Iterator[World]:
    directories = [ROOT / "examples/leaking-real-server", *sorted((ROOT / "tests/fixtures/stories").iterdir())]
    for directory in (path for path in directories if path.is_dir()):
        files = sorted(path for path in directory.glob("*/*") if path.is_file())
        yield World(directory.name, tuple((f.parent.name, f"{f.parent.name}/{f.name}", f.read_text()) for f in files))


def any_world() -> st.SearchStrategy[World]:
    return st.sampled_from(worlds())


def verdicts(examination: Examination) -> dict[tuple[str, str], str]:
    """What became of each rule on each node; a rule for which another speaks has found something, too."""
    return {
        (outcome.node, outcome.rule): "fires" if outcome.explained_by else outcome.verdict.value
        for outcome in examination.outcomes
    }


def errors(examination: Examination) -> Sequence[Diagnosis]:
    return [diagnosis for diagnosis in examination.diagnoses if diagnosis.severity is Severity.ERROR]


def rests_on_machinery_alone(diagnosis: Diagnosis) -> bool:
    """Does it assume something, and nothing but that machinery is absent of which the scan shows no sign?"""
    kinds = {item.stand_in for item in diagnosis.evidence if item.assumed}
    return kinds == {StandIn.MACHINERY}


def subjects(diagnoses: Iterable[Diagnosis]) -> set[tuple[str, str]]:
    """The nodes and what the findings are about: (rs1, 192.0.2.10)."""
    return {(diagnosis.node, value) for diagnosis in diagnoses for value in diagnosis.about.values()}


def new_errors(before: Examination, after: Examination) -> list[Diagnosis]:
    """Errors about what had none before, and that rest on more than that machinery is absent."""
    known = subjects(errors(before))
    return [error for error in errors(after) if not (subjects([error]) & known or rests_on_machinery_alone(error))]
