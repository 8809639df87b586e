"""The VIPs of a host as badges: those that are alike share one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lvsdoctor.language import template, translated
from lvsdoctor.model.topology import Answering, Holder
from lvsdoctor.reporting.diagram.words import asks, mute, safe, tersely, wrong

_MOST = 4
_VIP, _LINK = 22, 12  # columns that there is room for

# What a badge says in each state, the worst first.
_VERDICTS: Mapping[str, tuple[str, ...]] = {
    "wrong": (template("answers {asked} on {on}"), template("and should not")),
    "mute": (template("on {link}, silent"), template("and should answer")),
    "unknown": (template("on {link}"), template("answers {asked}? Not known")),
    "lacking": (template("not held"),),
    "right": ("answers {asked} on {on}",),
    "silent": ("on {link}, silent",),
}


@dataclass(frozen=True, slots=True)
class Badge:
    """Some VIPs of a host that are alike. `state` is wrong, mute (silent and should not be), unknown, lacking, right,
    silent, or more (those that are not shown)."""

    state: str
    vips: str
    verdict: tuple[str, ...] = ()


def badges_of(holders: Iterable[Holder], lacking: Sequence[str]) -> tuple[Badge, ...]:
    """The worst first."""
    alike: dict[tuple[str, bool, str, tuple[str, ...]], list[str]] = {}
    for holder in holders:
        key = (_state(holder), ":" in holder.vip, holder.link, holder.answers_on)
        alike.setdefault(key, []).append(holder.vip)
    if lacking:
        alike["lacking", False, "", ()] = list(lacking)
    order = list(_VERDICTS)
    groups = sorted(alike.items(), key=lambda one: order.index(one[0][0]))
    shown = [
        Badge(state, tersely(vips, _VIP), _verdict(state, vips, link, on))
        for (state, _, link, on), vips in groups[:_MOST]
    ]
    rest = sum(len(vips) for _, vips in groups[_MOST:])
    return (*shown, Badge("more", translated("and {number} more VIPs", number=rest))) if rest else tuple(shown)


def _verdict(state: str, vips: Sequence[str], link: str, on: Sequence[str]) -> tuple[str, ...]:
    asked = "ARP" if asks(vips) == "ARP" else "ND"
    lines = _VERDICTS[state] if link or state != "unknown" else _VERDICTS[state][1:]
    fields = {"asked": asked, "link": safe(link, _LINK), "on": tersely(on, _LINK)}
    return tuple(translated(line, **fields) for line in lines)


def _state(holder: Holder) -> str:
    if holder.answering is Answering.UNKNOWN:
        return "unknown"
    if holder.answering is Answering.ANSWERS:
        return "wrong" if wrong(holder) else "right"
    return "mute" if mute(holder) else "silent"
