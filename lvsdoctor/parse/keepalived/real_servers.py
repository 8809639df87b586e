"""real_server blocks, and the words of `lvs_method`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lvsdoctor.model.address import IP
from lvsdoctor.model.health import CheckInterval, HealthCheck
from lvsdoctor.model.ipvs import Forwarding
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.gaps import is_elision
from lvsdoctor.parse.keepalived.rows import Reading
from lvsdoctor.parse.keepalived.statements import Statement
from lvsdoctor.parse.words import read_ip, read_number, word_set

_FORWARDING = {"NAT": Forwarding.NAT, "DR": Forwarding.DR, "TUN": Forwarding.TUN}
_CHECKS = word_set(
    "HTTP_GET SSL_GET TCP_CHECK SMTP_CHECK DNS_CHECK MISC_CHECK BFD_CHECK UDP_CHECK PING_CHECK FILE_CHECK"
)
UNKNOWN_METHOD = "keepalived does not know this word, which it compares letter by letter, and ignores it"
NOTHING_TO_ASK = "keepalived ignores a check that does not say what to ask: a url with a path, a script, a file"
_ASKED = {"MISC_CHECK": "misc_path", "FILE_CHECK": "track_file", "BFD_CHECK": "name"}
_EVENTS = word_set("BFD_CHECK FILE_CHECK")  # they come in when something changes
_SECONDS = re.compile(r"\d{1,9}(?:\.\d{1,6})?", re.ASCII)
_SAYS_NOTHING = word_set(
    "notify_up notify_down alpha retry delay_before_retry warmup delay_loop smtp_alert virtualhost"
    " snmp_name connect_timeout"
)


@dataclass(frozen=True, slots=True)
class LvsMethod:
    """How packets are forwarded; a word that is none of keepalived's (a dialect's FNAT) has no `forwarding`."""

    word: str
    forwarding: Forwarding | None
    tunnel_type: str = "ipip"
    tunnel_port: int = 0


@dataclass(frozen=True, slots=True)
class RealServer:
    """`port` 0 and `method`, `weight` None: as the virtual server says."""

    statement: Statement
    ip: IP
    port: int = 0
    method: LvsMethod | None = None
    weight: int | None = None
    upper_threshold: int = 0
    lower_threshold: int = 0
    checks: tuple[HealthCheck, ...] = ()
    quiesces: Seen | None = None
    unread: Seen | None = None
    options: tuple[tuple[str, Seen], ...] = ()
    interval: CheckInterval | None = None
    ignored_check: Seen | None = None

    def checked_every(self, usual: CheckInterval | None) -> CheckInterval | None:
        """`usual` is what the virtual server says of all. A check that waits for an event has no interval."""
        if any(check.kind in _EVENTS for check in self.checks):
            return None
        intervals = [check.interval or self.interval or usual for check in self.checks]
        known = [interval for interval in intervals if interval is not None]
        return min(known, key=lambda interval: interval.seconds) if known and len(known) == len(intervals) else None


def check_interval(statement: Statement) -> CheckInterval:
    """`delay_loop SECONDS`, with a fraction or without (lib/parser.c: read_timer_strvec()); of another value 0."""
    number = statement.value if _SECONDS.fullmatch(statement.value) else "0"
    return CheckInterval(float(number), statement.seen)


def ignored_method(statement: Statement) -> bool:
    """Is it a forwarding method in other letters than keepalived's? It compares them all, and its default counts."""
    known = statement.value in _FORWARDING or statement.value.upper() not in _FORWARDING
    return statement.name in ("lb_kind", "lvs_method") and not known


def lvs_method(words: Sequence[str]) -> LvsMethod:
    """`NAT`, `DR` or `TUN [type ipip|gre|gue port NUMBER]`."""
    kind = words[words.index("type") + 1] if "type" in words[:-1] else "ipip"
    port = read_number(words[words.index("port") + 1], most=65535) if "port" in words[:-1] else 0
    return LvsMethod(words[0], _FORWARDING.get(words[0]), kind, port or 0)


def real_server(statement: Statement, reading: Reading) -> RealServer | None:
    """`real_server ADDRESS [PORT]` and its block; None if that is no address."""
    words = statement.values
    ip = read_ip(words[0]) if 1 <= len(words) <= 2 else None
    port = read_number(words[1], most=65535) if len(words) > 1 else 0
    if ip is None or port is None:
        reading.strange(statement)
        return None
    method: LvsMethod | None = None
    numbers: dict[str, int] = {}
    checks: list[HealthCheck] = []
    quiesces: Seen | None = None
    options: dict[str, Seen] = {}
    interval: CheckInterval | None = None
    ignored: Seen | None = None
    strange: Seen | None = None
    for each in statement.block or ():
        value = read_number(each.value, most=2**32 - 1)
        if each.name in ("weight", "uthreshold", "lthreshold") and value is not None:
            numbers[each.name] = value
            options[each.name] = each.seen
        elif ignored_method(each):
            reading.leave_out(UNKNOWN_METHOD, each)
        elif each.name == "lvs_method" and each.value:
            method, options["method"] = lvs_method(each.values), each.seen
            if method.forwarding is None:
                reading.strange(each)
        elif each.name in _CHECKS:
            reading.skip(each)
            if _asks_nothing(each) and reading.unknown_in(each) is None:
                reading.leave_out(NOTHING_TO_ASK, each)
                ignored = ignored or each.seen
            else:
                checks.append(_check(each))
        elif "{{" in each.name:  # of a template: maybe a check
            reading.strange(each)
            strange = strange or each.seen
        elif each.name == "inhibit_on_failure":
            quiesces = each.seen if each.value not in ("off", "false", "no") else None
        elif each.name in _SAYS_NOTHING:
            reading.skip(each)
            interval = check_interval(each) if each.name == "delay_loop" else interval
        else:
            reading.strange(each)
    return RealServer(
        statement,
        ip,
        port,
        method,
        numbers.get("weight"),
        numbers.get("uthreshold", 0),
        numbers.get("lthreshold", 0),
        tuple(checks),
        quiesces,
        (strange or reading.unknown_in(statement)) if not checks else None,
        tuple(options.items()),
        interval,
        ignored if not checks else None,
    )


def _asks_nothing(block: Statement) -> bool:
    """Does keepalived ignore the check for want of what it would ask? (check_http.c: http_get_check(), check_misc.c)

    Who shows `MISC_CHECK { ... }`, in one line or in three, left out what it asks.
    """
    if _shortened(block):
        return False
    words = {each.name: each for each in block.block or ()}
    if block.name in ("HTTP_GET", "SSL_GET"):
        urls = [each for each in block.block or () if each.name == "url"]
        return not any(line.name == "path" and line.value for url in urls for line in url.block or ())
    wanted = _ASKED.get(block.name)
    return wanted is not None and not (wanted in words and words[wanted].value)


def _shortened(block: Statement) -> bool:
    in_one_line = block.seen.text.partition("{")[2].strip()
    return bool(in_one_line) or is_elision(block.seen.text) or any(map(_shortened, block.block or ()))


def _check(block: Statement) -> HealthCheck:
    """check/check_api.c: install_connect_keywords()."""
    inner = [each for host in block.block or () if host.name == "host" for each in host.block or ()]  # of SMTP_CHECK
    every = (*inner, *(block.block or ()))
    words, lines = {each.name: each.value for each in every}, {each.name: each.seen for each in every}
    port = read_number(words.get("connect_port", ""), most=65535)
    return HealthCheck(
        block.name,
        block.seen,
        read_ip(words.get("connect_ip", "")),
        port,
        read_ip(words.get("bindto", "")),
        next((check_interval(each) for each in block.block or () if each.name == "delay_loop"), None),
        lines.get("connect_ip"),
        lines.get("bindto"),
    )
