"""What the boxes of the picture say, and which of many are shown."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from lvsdoctor.language import template, translated
from lvsdoctor.model.finding import Severity
from lvsdoctor.model.topology import Cluster, Forwards, Holder, Host, Part
from lvsdoctor.reporting.diagram import FindingMark
from lvsdoctor.reporting.diagram.badges import Badge, badges_of
from lvsdoctor.reporting.diagram.words import lacking, listed, mark_label, part_of, ports, safe, tersely
from lvsdoctor.reporting.summary import natural

_MOST = {Part.ROUTER: 2, Part.DIRECTOR: 6, Part.REAL_SERVER: 12, Part.OTHER: 4}
_MOST_PATHS = 3
_MOST_KINDS = 3


@dataclass(frozen=True, slots=True)
class Box:
    """One host; `role` is what it is in words, `fed` how directors forward to it, by what `method` if it is one.

    `full` is what may not fit; `forwards`: it is a director of others; `marks` are its findings, each code once.
    """

    name: str
    part: Part
    role: str
    lines: tuple[str, ...] = ()
    badges: tuple[Badge, ...] = ()
    fed: tuple[str, ...] = ()
    full: str = ""
    known: bool = True
    method: str = ""
    forwards: bool = False
    marks: tuple[FindingMark, ...] = ()

    @property
    def worst(self) -> Severity | None:
        return min((mark.severity for mark in self.marks), key=lambda severity: severity.rank, default=None)

    def has(self, state: str) -> bool:
        return any(badge.state == state for badge in self.badges)

    @property
    def like(self) -> Hashable:
        """Equal for boxes that say the same of different hosts."""
        return self.known, self.badges, self.fed, tuple(map(mark_label, self.marks))


@dataclass(frozen=True)
class Boxes:
    """The boxes of a cluster, floor by floor, and of each floor what is left out, in lines."""

    cluster: Cluster
    marks: Mapping[str, Sequence[FindingMark]]

    def of(self, part: Part) -> tuple[list[Box], tuple[str, ...]]:
        """Those to show, what is wrong first if there are too many, and what is to be said of the others."""
        found = [self._box(host) for host in self.cluster.hosts if host.part is part and self._in_path(host)]
        most = _MOST.get(part, 1)
        if part is Part.REAL_SERVER:
            found.sort(key=lambda box: natural(box.name))
        if len(found) <= most:
            return found, ()
        found.sort(key=self._rank)
        return found[:most], _rest(found[most:], part)

    def _in_path(self, host: Host) -> bool:
        """Of routers only those of directors are, and those of which something was found: another is told in the boxes
        of those whose gateway it is."""
        return host.part is not Part.ROUTER or host not in self._beside or host.name in self.marks

    def _rank(self, box: Box) -> tuple[int, bool, bool]:
        doubtful = box.has("mute") or box.has("unknown") or box.has("lacking")
        return box.worst.rank if box.worst else len(Severity), not box.has("wrong"), not doubtful

    def _box(self, host: Host) -> Box:
        forwards = self._forwards.get(host.name, [])
        own = [forward for forward in forwards if forward.director == host.name]
        incoming = [forward for forward in forwards if forward.director != host.name]
        known = host.scanned or host.part in (Part.CLIENTS, Part.ROUTER)
        fed = self._fed(incoming)
        lines = _addresses(host)
        lines += [f"LOCAL {ports(own)}"] if own else []
        if host.part is not Part.REAL_SERVER:
            lines += fed
        elif host.name in self._gateways:
            lines.append(translated("gateway {router}", router=self._gateways[host.name]))
        methods = {forward.method for forward in incoming}
        role = part_of(host.part, 1)
        marks = self.marks.get(host.name, ())
        return Box(
            safe(host.name),
            host.part,
            role if known else translated("{role}, not scanned", role=role),
            tuple(lines),
            badges_of(self._holders.get(host.name, ()), self._lacking.get(host.name, ())),
            tuple(fed) if host.part is Part.REAL_SERVER else (),
            _full(host),
            known,
            method=methods.pop() if len(methods) == 1 else "",
            forwards=host.name in self._forwarding,
            marks=tuple({(mark.code, mark.severity): mark for mark in reversed(marks)}.values())[::-1],
        )

    @cached_property
    def _forwards(self) -> Mapping[str, list[Forwards]]:
        found: dict[str, list[Forwards]] = {}
        for forward in self.cluster.forwards:
            found.setdefault(forward.real_server, []).append(forward)
        return found

    @cached_property
    def _directors(self) -> int:
        return len({forward.director for forward in self.cluster.forwards})

    @cached_property
    def _forwarding(self) -> set[str]:
        return {forward.director for forward in self.cluster.forwards if forward.real_server != forward.director}

    @cached_property
    def _beside(self) -> Sequence[Host]:
        """Gateways of real servers, and of no director."""
        directors = {host.name for host in self.cluster.hosts if host.part is Part.DIRECTOR}
        gateways = [host for host in self.cluster.hosts if host.gateway_of]
        return [host for host in gateways if directors and not directors.intersection(host.gateway_of)]

    @cached_property
    def _gateways(self) -> Mapping[str, str]:
        return {name: safe(host.name) for host in self._beside for name in host.gateway_of}

    def _fed(self, forwards: Iterable[Forwards]) -> list[str]:
        by_director: dict[str, dict[tuple[str, int | None], list[Forwards]]] = {}
        for forward in forwards:
            alike = by_director.setdefault(forward.director, {})
            alike.setdefault((forward.method, forward.weight), []).append(forward)
        said: dict[str, list[str]] = {}
        for director, groups in by_director.items():
            for (method, weight), group in groups.items():
                words = (method, ports(group), "" if weight is None else translated("weight {weight}", weight=weight))
                said.setdefault(" · ".join(filter(None, words)), []).append(director)
        lines: list[str] = []
        for label, who in list(said.items())[:_MOST_PATHS]:
            lines += (
                [label]
                if len(who) == self._directors
                else [translated("from {director}", director=tersely(who, 21)), label]
            )
        return (
            lines
            if len(said) <= _MOST_PATHS
            else [*lines, translated("and {number} more ways", number=len(said) - _MOST_PATHS)]
        )

    @cached_property
    def _holders(self) -> Mapping[str, list[Holder]]:
        found: dict[str, list[Holder]] = {}
        for holder in self.cluster.holders:
            found.setdefault(holder.host, []).append(holder)
        return found

    @cached_property
    def _lacking(self) -> Mapping[str, tuple[str, ...]]:
        return {host.name: vips for host, vips in lacking(self.cluster)}


def _addresses(host: Host) -> list[str]:
    if host.addresses == (host.name,):
        return []
    rest = len(host.addresses) - 2
    return [*host.addresses[:2], *([translated("and {number} more", number=rest)] if rest > 0 else [])]


def _full(host: Host) -> str:
    return f"{safe(host.name, 400)}: {listed(host.addresses)}" if host.addresses else safe(host.name, 400)


def _rest(boxes: Sequence[Box], part: Part) -> tuple[str, ...]:
    """`and 488 more real servers, all alike`, and what they are like."""
    kinds: dict[Hashable, list[Box]] = {}
    for box in boxes:
        kinds.setdefault(box.like, []).append(box)
    said = translated("and {number} more {hosts}", number=len(boxes), hosts=part_of(part, len(boxes)))
    if len(kinds) == 1:
        alike = translated("{hosts}, all alike", hosts=said) if len(boxes) > 1 else said
        return (alike, *filter(None, [_like(boxes[0])]))
    if len(kinds) <= _MOST_KINDS:
        likes = ((len(group), _like(group[0]) or translated("no VIP")) for group in kinds.values())
        return (said, *(translated("{number}: {what}", number=number, what=what) for number, what in likes))
    states = {
        template("{number} have an error"): sum(box.worst is Severity.ERROR for box in boxes),
        template("{number} answer and should not"): sum(box.has("wrong") for box in boxes),
        template("{number} are silent and should answer"): sum(box.has("mute") for box in boxes),
        template("{number} are not known to be silent"): sum(box.has("unknown") for box in boxes),
        template("{number} lack a VIP"): sum(box.has("lacking") for box in boxes),
        template("{number} are not scanned"): sum(not box.known for box in boxes),
    }
    head = translated("{hosts}, of {number} kinds", hosts=said, number=len(kinds))
    return (head, *(translated(state, number=count) for state, count in states.items() if count))


def _like(box: Box) -> str:
    told = [*map(mark_label, box.marks), *([] if box.known else [translated("not scanned")])]
    badges = (f"{badge.vips} {' '.join(badge.verdict)}".strip() for badge in box.badges)
    return translated("; ").join((*told, *badges, *box.fed))
