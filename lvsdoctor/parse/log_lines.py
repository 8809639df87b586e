"""Lines of logs: journalctl, syslog, dmesg, klog and what keepalived writes to its standard output.

A log is searched for the sentences of `log_patterns.py` alone, and what repeats itself is one row with a count: the
memory that a log takes does not grow with it. Which lines are there is known, which are not proves nothing.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache, lru_cache
from ipaddress import ip_address

from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.log import LogLine
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.log_forms import as_syslog
from lvsdoctor.parse.log_patterns import PATTERNS, SUBJECT, Pattern
from lvsdoctor.parse.paste.patterns import pattern
from lvsdoctor.parse.reader import Dump

NOT_WHOLE = "a log shows what was logged, and other lines may be in other files"
LONGEST = 2000  # of a line, as far as it is looked at
_ADDRESSES = ("peer", "vip", "address", "destination", "source")
MOST = 500  # rows of one event; what a scan of the Internet leaves behind tells no more

_AROUND = " \t`"  # of a line that is quoted within prose

_DAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) "
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) "
_TIME = r"\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
_STAMP = (
    rf"(?:\[ {{0,8}}\d{{1,10}}\.\d{{3,6}}(?: < {{0,8}}[+\d.]{{1,18}} ?>)?\] ?"  # dmesg, short-monotonic, and with -d
    rf"|\[(?:{_MONTH.rstrip()} ?\d{{1,2}} \d\d:\d\d| {{0,8}}\+\d{{1,6}}\.\d{{3,6}})\] ?"  # dmesg -H
    rf"|\d{{10}}\.\d{{6}} |\d{{1,3}},\d{{1,12}},\d{{1,18}},[-c+](?:,[^;]{{0,80}})?;"  # short-unix, /dev/kmsg
    r"|MESSAGE="  # journalctl -o verbose
    rf"|\[{_DAY}{_MONTH}[ \d]\d {_TIME} \d{{4}}\] ?"  # dmesg -T
    rf"|{_DAY}{_MONTH}[ \d]\d {_TIME} \d{{4}}: "  # keepalived --log-console
    rf"|(?:{_DAY}(?=\d{{4}}-))?\d{{4}}[-/]\d\d[-/]\d\d[T ]{_TIME}(?:Z|[+-]\d\d:?\d\d| [A-Z]{{3,4}})? "  # short-iso
    rf"|(?:{_DAY})?{_MONTH}[ \d]?\d (?:\d{{4}} )?{_TIME} )"  # syslog
)
_KLOG = rf"[IWEF]\d{{4}} {_TIME} +\d{{1,8}} (?P<source>[\w.-]{{1,60}}\.go):\d{{1,6}}\] "
_PROGRAM = r"(?:kernel|[Kk]eepalived(?:_\w{1,20})?|ldirectord|kube-proxy|arpwatch)"
# Another program's name counts with its process alone: `IPVS: ` begins a sentence of the kernel.
_TAG = (
    rf"(?P<tag>{_PROGRAM}(?=[\[(:])|[\w./-]{{1,40}}(?=(?:\([^()]{{1,60}}\))?\[\d))"
    r"(?:\([^()]{1,60}\))?(?:\[\d{1,10}\])?: +"
)
_LEVEL = r"(?:[a-z0-9]{2,8}\.[a-z]{3,7} )?"  # syslogd of BusyBox
_PREFIX = pattern(
    r"(?:<\d{1,3}>|[a-z0-9]{2,8} {0,8}:[a-z]{3,7} {0,8}: )?"  # the second is dmesg -x
    rf"(?P<stamp>{_STAMP})?(?:std(?:out|err) [FP] )?(?:{_STAMP})?"
    rf"(?:{_KLOG}|(?:(?P<host>(?!\[)[\w.:-]{{1,253}}) (?={_LEVEL}{_TAG.replace('?P<tag>', '?:')}))?"
    rf"(?:{_LEVEL}{_TAG})?)(?:\[ {{0,8}}\d{{1,10}}\.\d{{3,6}}\] ?)?"
    rf"(?P<logrus>time=\"[\dT:.Z+-]{{19,40}}\" level=\w{{3,8}} msg=\"?)?"  # dockerd, and kube-proxy up to 1.10
)
# ip_handle_martian_source() prints it below its sentence.
_HEADER = pattern(r"^.{0,120}\bll header: ")


@cache
def _by_word() -> Mapping[str, list[tuple[Pattern, re.Pattern[str]]]]:
    rows: dict[str, list[tuple[Pattern, re.Pattern[str]]]] = {}
    for row in PATTERNS:
        rows.setdefault(row.word, []).append((row, pattern(row.regex)))
    return rows


@cache
def any_word() -> tuple[bytes, ...]:
    """Every line that a pattern matches holds one of these."""
    return tuple(word.encode() for word in _by_word())


def is_log_line(text: str) -> bool:
    """Does it say when it was written, or by which program, as lines of a log do?"""
    found = _PREFIX.match(as_syslog(text)[:LONGEST].strip(_AROUND))
    return found is not None and any(found[name] is not None for name in ("stamp", "source", "tag", "logrus"))


def log_line(seen: Seen) -> LogLine | None:
    """The row of a line that a pattern matches."""
    text = as_syslog(seen.text)[:LONGEST].strip(_AROUND)
    rows = [row for word, rows in _by_word().items() if word in text for row in rows]
    if not rows:
        return None
    prefix = _PREFIX.match(text)
    assert prefix is not None  # it may match nothing
    tag = prefix["tag"] or ""
    message = text[prefix.end() :]
    program = "kube-proxy" if prefix["source"] else tag.lower()
    for row, regex in rows:
        # docker/keepalived and Keepalived_vrrp are keepalived; scripts of an init system log under other names.
        if program and row.program != "ifup" and row.program.lower() not in program:
            continue
        if row.tagged and not tag and prefix["stamp"] is None:
            continue
        if (match := regex.match(message)) is not None:
            fields = {name: value.strip() for name, value in match.groupdict().items() if value}
            if not _has_addresses(fields):
                continue
            subject = " ".join(value for name, value in fields.items() if name in SUBJECT)
            event = f"{row.code}.{row.event}" if row.code else row.event
            host = prefix["host"] or ""
            return LogLine(row.program, message, event, subject, seen, seen, fields=fields, host=host)
    return None


def _has_addresses(fields: Mapping[str, str]) -> bool:
    """Are the addresses addresses? A pattern knows only which signs they are made of."""
    return all(name not in fields or _is_address(fields[name]) for name in _ADDRESSES)


@lru_cache(4096)
def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


class LogRows:
    """The rows of a log, as its lines are added: a fault that repeats itself is one row."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str, str], LogLine] = {}
        self._events: dict[str, int] = {}

    def add(self, seen: Seen) -> bool:
        """Take a line; False for one that no pattern matches."""
        if (line := log_line(seen)) is None:
            return False
        key = (line.host, line.event, line.subject)
        if (known := self._rows.get(key)) is not None:
            self._rows[key] = replace(line, first=known.first, count=known.count + 1)
        elif (number := self._events.get(line.event, 0)) < MOST:
            self._events[line.event] = number + 1
            self._rows[key] = line
        return True

    def by_host(self) -> Iterator[tuple[str, tuple[LogLine, ...]]]:
        """The rows of each host that the log names. Where it names a single host, all are of that host."""
        names = list(dict.fromkeys(row.host for row in self._rows.values() if row.host))
        if len(names) < 2:
            rows = tuple(self._rows.values())
            if rows:
                yield next(iter(names), ""), rows
            return
        for name in dict.fromkeys(row.host for row in self._rows.values()):
            yield name, tuple(row for row in self._rows.values() if row.host == name)

    def dumps(self) -> tuple[Dump, ...]:
        """The rows as dumps, each of its host as the log names it. No log is whole."""
        return tuple(
            Dump({"log": rows}, host=host, partial=Partial(NOT_WHOLE, rows[0].first)) for host, rows in self.by_host()
        )


def holds_log(text: str) -> bool:
    """May a line of this text be one that a pattern matches? It costs little."""
    return any(word in text for word in _by_word())


def log_dumps(lines: Iterable[Seen]) -> tuple[tuple[Dump, ...], list[Seen]]:
    """What a log tells among these lines, and the lines that are no log's. Where it tells nothing, all are left."""
    lines, rows = list(lines), LogRows()
    rest = [seen for seen in lines if not rows.add(seen)]
    if len(rest) == len(lines):
        return (), lines
    return rows.dumps(), [seen for seen in rest if not (is_log_line(seen.text) or _HEADER.search(seen.text))]
