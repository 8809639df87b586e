"""Reads the cases of a rule's page, which are small dumps that go through the real parsers.

Under `## Cases` stand `### Given` (dumps that every case starts from), then `### Fires: ...`, `### Quiet: ...` and
`### Not checked: ...`. A fence is named after its dump and the node: ```` ```sysctl rs1 ````. A case's own fence
replaces the given one of that name and node; a third word `also` adds to it, `absent` takes it away. A line that ends
in `<-- cited` must be quoted by the findings, and no other line may be. `> text` under Fires is the message. A fence
`options` holds command line options (`--vip`, `--role`), one `keepalived-conf` a file whose services are the table.
A fence named by a path (`etc/keepalived/keepalived.conf lb1`) is a file that configures the node.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lvsdoctor.reporting.rule_page import BadPage, RulePage

CITED = "<-- cited"
_FENCE = re.compile(r"^```(.*)$")
_CASE = re.compile(r"^### (Given|Fires|Quiet|Not checked)(?::\s*(.*))?$")


@dataclass(frozen=True, slots=True)
class Fence:
    """One dump of a case. `cited` are the numbers of its lines (from 1) that the evidence must quote."""

    dump: str
    node: str
    how: str
    lines: tuple[str, ...]
    cited: frozenset[int]

    @property
    def where(self) -> str:
        """What the evidence calls it."""
        return f"{self.node}/{self.dump}" + ("-also" if self.how == "also" else "")


@dataclass(frozen=True, slots=True)
class Case:
    """One case: `expects` is fires, quiet or not-checked."""

    expects: str
    title: str
    line: int
    fences: tuple[Fence, ...] = ()
    messages: tuple[str, ...] = ()
    options: tuple[str, ...] = ()

    @property
    def cited(self) -> frozenset[tuple[str, int]]:
        return frozenset((fence.where, line) for fence in self.fences for line in fence.cited)

    def dumps(self) -> Iterator[tuple[str, str, str]]:
        """(node, where, text) of every dump."""
        for fence in self.fences:
            yield fence.node, fence.where, "\n".join(fence.lines) + "\n"


def cases_of(page: RulePage) -> tuple[Case, ...]:
    """The cases of a rule's page. Raises BadPage for one that cannot be read."""
    return tuple(_cases(list(page.case_lines), page.cases_at, page.name))


def _cases(lines: list[str], offset: int, name: str) -> Iterator[Case]:
    given: tuple[Fence, ...] = ()
    at = 0
    while at < len(lines):
        heading = _CASE.match(lines[at])
        if heading is None:
            if lines[at].startswith("### "):
                raise BadPage(f"{name}: line {offset + at + 1}: a case is Given, Fires, Quiet or Not checked")
            at += 1
            continue
        end = next((i for i in range(at + 1, len(lines)) if lines[i].startswith("### ")), len(lines))
        fences, messages, options = _body(lines[at + 1 : end], offset + at + 1, name)
        if heading[1] == "Given":
            given = fences
        else:
            expects = heading[1].lower().replace(" ", "-")
            yield Case(expects, heading[2] or "", offset + at + 1, _over(given, fences), messages, options)
        at = end


def _over(given: tuple[Fence, ...], own: tuple[Fence, ...]) -> tuple[Fence, ...]:
    """The given dumps with the case's own in their places."""
    replaced = {(fence.dump, fence.node) for fence in own if fence.how != "also"}
    kept = tuple(fence for fence in given if (fence.dump, fence.node) not in replaced)
    return kept + tuple(fence for fence in own if fence.how != "absent")


def _body(lines: list[str], offset: int, name: str) -> tuple[tuple[Fence, ...], tuple[str, ...], tuple[str, ...]]:
    fences: list[Fence] = []
    messages: list[str] = []
    options: tuple[str, ...] = ()
    at = 0
    while at < len(lines):
        opened = _FENCE.match(lines[at])
        if opened:
            end = next((i for i in range(at + 1, len(lines)) if lines[i].startswith("```")), None)
            if end is None:
                raise BadPage(f"{name}: line {offset + at + 1}: this fence is never closed")
            words, body = opened[1].split(), lines[at + 1 : end]
            if words == ["options"]:
                options = tuple(word for line in body for word in line.split())
            else:
                fences.append(_fence(words, body, offset + at + 1, name))
            at = end
        elif lines[at].startswith("> "):
            messages.append(lines[at][2:].strip())
        at += 1
    return tuple(fences), tuple(messages), options


def _fence(words: list[str], body: list[str], line: int, name: str) -> Fence:
    if not 1 <= len(words) <= 3 or (words[2:] and words[2] not in ("also", "absent")):
        raise BadPage(f"{name}: line {line}: a fence is named DUMP NODE [also|absent]")
    dump, node, how = (*words, "node", "")[:3] if len(words) == 1 else (*words, "")[:3]
    cited = frozenset(number for number, text in enumerate(body, 1) if text.rstrip().endswith(CITED))
    plain = tuple(text.rstrip().removesuffix(CITED).rstrip() if CITED in text else text for text in body)
    return Fence(dump, node, how, plain, cited)
