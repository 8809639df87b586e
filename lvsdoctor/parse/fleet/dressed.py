"""Lines in the dress of an engine that is neither clush nor pdsh: a host in brackets, behind a time, before a bar.

fabric, capistrano, GNU parallel, docker compose, docker service, knife, the journal of several hosts, stern, Rundeck,
pyinfra, Vagrant, consul exec, Terraform.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lvsdoctor.parse.fleet.answer import UNNAMED, FleetAnswer, joined
from lvsdoctor.parse.fleet.prefixed import is_dump
from lvsdoctor.parse.paste.host_words import is_host_name
from lvsdoctor.parse.paste.patterns import pattern

_H = r"(?P<host>[A-Za-z0-9][\w.-]{0,252})"
_LINE = r"(?: (?P<line>.*))?"
_TIME = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[^|\s]{0,16}"
_MOST_HOSTS = 40  # where other texts look so, too


@dataclass(frozen=True, slots=True)
class _Dress:
    """`sure`: nothing else looks so, and one host is enough. `own`: what the engine says itself."""

    form: re.Pattern[str]
    own: re.Pattern[str] | None = None
    sure: bool = False


def _dress(form: str, own: str = "", *, sure: bool = False) -> _Dress:
    return _Dress(pattern(form), pattern(own) if own else None, sure)


_DRESSES = (
    _dress(
        rf"\[(?:[\w.-]+@)?{_H}\] (?:out|err|stdout|stderr): ?(?P<line>.*)",
        r"\[[\w.@:-]{1,253}\] (?:Executing task '|run: |sudo: |Login password)|Done\.$|Disconnecting from |done\.$",
    ),
    _dress(rf" ?\*\* \[(?:out|err) :: (?:[\w.-]+@)?{_H}\] ?(?P<line>.*)"),
    _dress(
        rf"(?:{_TIME} |\d\d:\d\d:\d\d )?\[(?:[\w.-]+@)?{_H}(?: [^\]\s]{{1,80}})?\]"
        r"\[(?:NORMAL|VERBOSE|WARN|ERROR|DEBUG|OTHER)\] ?(?P<line>.*)",
        sure=True,
    ),
    _dress(
        rf"\^{_TIME}\|log\|[A-Z]{{3,9}}\|\{{[^}}]{{0,400}}?\bnode={_H}[^}}]{{0,400}}\}}\|(?P<line>.*?)\^",
        rf"\^(?:text/x-rundeck-log|END\^|{_TIME}\|(?!log\||\|)|{_TIME}\|(?:log)?\|[A-Z]{{3,9}}\|\{{(?![^}}]{{0,400}}node=))",
        sure=True,
    ),
    _dress(rf" {{0,8}}\[{_H}\] ?(?P<line>.*)", r"--> |\s+$"),
    _dress(rf"[\w-]{{1,80}}\.[\w-]{{1,80}}\[\"{_H}\"\] \((?:remote|local)-exec\): ?(?P<line>.*)", sure=True),
    _dress(rf"(?:[\w-]{{1,80}}\.){{1,3}}{_H} \((?:remote|local)-exec\): ?(?P<line>.*)", sure=True),
    _dress(r"(?P<host>[\w.-]{1,80}?)\.1\.[a-z0-9]{8,30}@[\w.-]{1,253} +\|(?: (?P<line>.*))?", sure=True),
    _dress(rf"{_H} *\|{_LINE}"),
    _dress(rf"(?:[A-Z][a-z]{{2}} [ \d]\d \d\d:\d\d:\d\d|{_TIME}) {_H} [\w./-]{{1,64}}(?:\[\d{{1,9}}\])?:{_LINE}"),
    _dress(rf" {{4}}{_H}:{_LINE}", r"==> \S{1,253}: |\d+ / \d+ node\(s\) "),
    _dress(rf"{_H}(?:\t| \u203a )(?P<line>.*)"),
    _dress(rf"{_H}{_LINE}"),
    _dress(rf"{_H} [a-z0-9][\w.-]{{0,62}}{_LINE}"),
)


def of_other_prefixes(lines: Sequence[str]) -> list[FleetAnswer] | None:
    """None if not all lines have the name of a host before them, in the same dress, or if no dump begins behind it."""
    first = next((line for line in lines if line.strip()), "").rstrip("\r")
    for dress in _DRESSES:
        if (dress.own is None or not dress.own.match(first)) and dress.form.fullmatch(first) is None:
            continue
        if hosts := _hosts(lines, dress):
            return hosts
    return None


def _hosts(lines: Sequence[str], dress: _Dress) -> list[FleetAnswer] | None:
    answers = []
    names: set[str] = set()
    for number, line in enumerate(lines, start=1):
        bare = line.rstrip("\r")
        if not bare.strip() or (dress.own is not None and dress.own.match(bare)):
            continue
        prefixed = dress.form.fullmatch(bare) or dress.form.fullmatch(bare.rstrip())
        if prefixed is None or (len(names) > _MOST_HOSTS and not dress.sure):
            return None
        names.add(prefixed["host"])
        answers.append(FleetAnswer(UNNAMED, prefixed["host"], [prefixed["line"] or ""], [number]))
    hosts = list(joined(answers))
    # One name before all lines is as well the first word of a text.
    enough = len(hosts) > 1 or (dress.sure and bool(hosts))
    return hosts if enough and all(map(_may_name, names)) and all(map(is_dump, hosts)) else None


def _may_name(word: str) -> bool:
    """Is it a host's name, or a word that may be one where a dump of each begins behind several of them?"""
    return is_host_name(word) or (word.islower() and word.replace("-", "").isalpha())
