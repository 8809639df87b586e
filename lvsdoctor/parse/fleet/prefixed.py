"""Answers line by line under a host's name, `rs1: line` (clush, pdsh, salt --out=txt) and `[pod/NAME/CONTAINER] line`
(kubectl logs --prefix), and answers between rules (clush -b, dshbak)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice, product

from lvsdoctor.parse.fleet.answer import FleetAnswer, joined
from lvsdoctor.parse.paste.margins import begins
from lvsdoctor.parse.paste.patterns import pattern

_KUBECTL = pattern(r"\[pod/(?P<pod>[a-z0-9][a-z0-9.-]{0,252})/[^\]\s]{1,253}\] ?(?P<line>.*)")
_HOST = pattern(r"(?P<host>[A-Za-z0-9][\w.-]{0,252}):(?:[ \t](?P<line>.*))?")
# What these say themselves, of a host or of their own.
_OWN = pattern(r"(?:pdsh@[\w.-]+|clush|dsh|salt|pssh): |\[\d+\] \d\d:\d\d:\d\d \[(?:SUCCESS|FAILURE)\] ")
_STAMP = pattern(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)(?: |$)")  # --timestamps
_RULE = pattern(r"-{8,}")
_NAMES = pattern(r"(?P<set>[\w.,\[\]-]{1,2000})(?: \((?P<number>\d{1,6})\))?")
_RANGE = pattern(r"(\d{1,6})-(\d{1,6})")
_MOST = 4096  # hosts
_MOST_LINES = 4_000_000  # of all hosts together, however often they stand there
_LOOKED_AT = 40


def of_kubectl(lines: Sequence[str]) -> list[FleetAnswer] | None:
    """None if a line has no such prefix."""
    answers = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        prefixed = _KUBECTL.fullmatch(line)
        if prefixed is None:
            return None
        answers.append(FleetAnswer("kubectl", prefixed["pod"], [prefixed["line"]], [number]))
    if all(_STAMP.match(answer.lines[0]) for answer in answers):
        answers = [replace(answer, lines=[_STAMP.sub("", answer.lines[0], count=1)]) for answer in answers]
    return list(joined(answers)) or None


def of_prefixes(lines: Sequence[str]) -> list[FleetAnswer] | None:
    """None if a line has no host before it, or if what stands behind the names are no dumps."""
    answers = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        if _OWN.match(line):
            answers.append(FleetAnswer("", "", [line], [number]))
            continue
        prefixed = _HOST.fullmatch(line.rstrip())
        # `1: lo: <...>` has an interface behind its number.
        if prefixed is None or not re.search(r"[A-Za-z]|\..*\..*\.", prefixed["host"]):
            return None
        answers.append(FleetAnswer("clush or pdsh", prefixed["host"], [prefixed["line"] or ""], [number]))
    hosts = list(joined(answers))
    return hosts if any(map(is_dump, hosts)) else None


def is_dump(answer: FleetAnswer) -> bool:
    """Does a dump begin in its first lines? The link of `eth0: flags=...` is no host."""
    lines = [line for line in islice(answer.lines, _LOOKED_AT) if line.strip()]
    return bool(answer.host) and any(line.startswith("==> lvsdoctor ") or begins(line) for line in lines)


def of_rules(lines: Sequence[str], *, streams: bool) -> list[FleetAnswer] | None:
    """Blocks under the name of a host, or of several that said the same, between two lines of dashes.

    Single hosts are read so only where they sent `streams`: their headings are as good as any.
    """
    heads = [
        (number, names)
        for number, line in enumerate(lines[:-2])
        if _RULE.fullmatch(line.rstrip())
        and _RULE.fullmatch(lines[number + 2].rstrip())
        and (names := _NAMES.fullmatch(lines[number + 1].strip()))
    ]
    several = any(names["number"] or "[" in names["set"] or "," in names["set"] for _, names in heads)
    if not heads or not (several or streams) or any(line.strip() for line in lines[: heads[0][0]]):
        return None
    ends = [number for number, _ in heads[1:]] + [len(lines)]
    answers = []
    budget = _MOST_LINES
    for (number, names), end in zip(heads, ends, strict=True):
        hosts, rows = _hosts_of(names["set"]), lines[number + 3 : end]
        budget -= len(hosts) * len(rows)
        if budget < 0:
            return None
        answers += [FleetAnswer("clush", host, rows, range(number + 4, end + 1)) for host in hosts]
    return answers if any(map(is_dump, answers)) else None


def _hosts_of(folded: str) -> list[str]:
    """`rs[1-3,7],lb1` are rs1, rs2, rs3, rs7 and lb1."""
    return list(
        islice((host for part in re.split(r",(?![^\[]*\])", folded) if part for host in _unfolded(part)), _MOST)
    )


def _unfolded(part: str) -> Iterator[str]:
    pieces = re.split(r"\[([\d,-]+)\]", part)[:7]
    choices = [
        [piece] if place % 2 == 0 else list(islice(_numbers(piece), _MOST)) for place, piece in enumerate(pieces)
    ]
    return ("".join(chosen) for chosen in product(*choices))


def _numbers(ranges: str) -> Iterator[str]:
    for part in ranges.split(","):
        if span := _RANGE.fullmatch(part):
            for number in range(int(span[1]), min(int(span[2]), int(span[1]) + _MOST) + 1):
                yield str(number).zfill(len(span[1]))
        else:
            yield part
