"""ldirectord.cf as the table that ldirectord makes of it, all real servers taken for healthy.

ldirectord(8), of resource-agents: words that are not indented are for all services, those below one are its own.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lvsdoctor.model.address import IP
from lvsdoctor.model.coverage import Origin, Partial
from lvsdoctor.model.health import CheckedServer, CheckedService, CheckInterval, HealthCheck
from lvsdoctor.model.ipvs import Destination, VirtualService
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.endpoint import endpoint
from lvsdoctor.parse.gaps import NO_ADDRESS, UNREAD
from lvsdoctor.parse.ipvs.ipvs_rows import FORWARDING, Services, fwmark_shown, read_fwmark, without_host_mask
from lvsdoctor.parse.reader import Dump
from lvsdoctor.parse.words import read_ip, read_number, word_set

_LINE = re.compile(r"([ \t]*)([A-Za-z]\w*)[ \t]*=[ \t]*(.*)")
_METHODS = {"gate": "Route", "masq": "Masq", "ipip": "Tunnel"}
_SCHEDULER = "wrr"  # ldirectord(8): scheduler
# ldirectord(8): what of them says nothing of the table.
_GLOBAL = word_set(
    "checktimeout negotiatetimeout checkinterval checkcount failurecount autoreload callback logfile supervised fork"
    " emailalert emailalertfrom emailalertfreq emailalertstatus smtp execute readdquiescent cleanstop maintenancedir"
    " fallbackcommand fallback fallback6 quiescent checktype readyquiescent"
)
_OPTIONS = {"scheduler": "scheduler", "persistence": "persistent", "flags": "ops"}
_OWN = _GLOBAL | word_set(
    "service checkcommand checkport request receive httpmethod virtualhost login passwd database secret load"
    " monitorfile scheduler persistent netmask protocol ops real real6"
)
_LARGEST_RANGE = 1024
_NAME = re.compile(r"(?=[\w.-]*[A-Za-z])[A-Za-z0-9](?:[\w.-]{0,251}[A-Za-z0-9])?", re.ASCII)


@dataclass(slots=True)
class _Block:
    """A `virtual` and its words; of a word that is there twice the last counts."""

    name: str
    value: str
    seen: Seen
    words: dict[str, tuple[str, Seen]] = field(default_factory=dict)
    reals: list[tuple[str, Seen]] = field(default_factory=list)

    def word(self, name: str, usual: str = "") -> str:
        return self.words[name][0] if name in self.words else usual


def dump_of(text: str, where: str) -> Dump | None:
    """The rows of such a file; None where it has no `virtual`."""
    reading = _Reading(text, where)
    if not reading.blocks and not reading.virtuals:
        return None
    for block in reading.blocks:
        reading.add(block)
    services = reading.table.frozen()
    facts = {"configured-ipvs": services, "health-checks": tuple(reading.checks)}
    unread = tuple(sorted(reading.unread, key=lambda seen: seen.line or 0))
    named = next((row.seen for row in services if row.vip is None and row.fwmark is None), None)
    damage = Partial(UNREAD, unread[0]) if unread else Partial(NO_ADDRESS, named) if named else None
    return Dump(
        {fact: rows for fact, rows in facts.items() if rows},
        unread,
        origin=Origin.CONFIGURED,
        partial=damage,
    )


class _Reading:
    """The blocks of a file, the words for all of them, and what they come to."""

    def __init__(self, text: str, where: str) -> None:
        self.unread: list[Seen] = []
        self.blocks: list[_Block] = []
        self.checks: list[CheckedService] = []
        self.table = Services()
        self.virtuals = 0
        self._all: dict[str, tuple[str, Seen]] = {}
        for seen, indented, word, value in _lines(text, where, self.unread):
            self._take(seen, word, value, indented=indented)

    def _take(self, seen: Seen, word: str, value: str, *, indented: bool) -> None:
        if word in ("virtual", "virtual6"):
            self.virtuals += 1
            self.blocks.append(_Block(word, value, seen))
        elif indented and self.blocks and word in ("real", "real6"):
            self.blocks[-1].reals.append((value, seen))
        elif indented and self.blocks and word in _OWN:
            self.blocks[-1].words[word] = value, seen
        elif not indented and word in _GLOBAL:
            self._all[word] = value, seen
        else:
            self.unread.append(seen)

    def add(self, block: _Block) -> None:
        service = self._service(block)
        if service is None:
            self.unread += [block.seen, *(seen for _, seen in block.reals)]
            return
        rows = self.table.add(service)
        if self._kind(block)[0] == "off":  # ldirectord(8), checktype: no real server is activated
            return
        real_servers = [row for value, seen in block.reals for row in self._real_servers(value, seen, service)]
        rows += real_servers
        self.checks.append(self._checked(block, service, real_servers))

    def _service(self, block: _Block) -> VirtualService | None:
        timeout = read_number(block.word("persistent", "0"), most=2**31 - 1)
        netmask = block.word("netmask")
        if timeout is None or (netmask and read_ip(netmask) is None and read_number(netmask, most=128) is None):
            self.unread += [block.words[name][1] for name in ("persistent", "netmask") if name in block.words]
            timeout, netmask = timeout or 0, ""
        scheduler = block.word("scheduler", _SCHEDULER)
        flags = ("ops",) if block.word("ops") == "yes" else ()
        options = tuple((option, block.words[word][1]) for option, word in _OPTIONS.items() if word in block.words)
        mark = read_fwmark(block.value)
        if mark is not None:
            family = 6 if block.name == "virtual6" else 4
            return VirtualService(
                "", None, None, block.seen, shown=fwmark_shown(mark, family), fwmark=mark, family=family,
                scheduler=scheduler, persistent=timeout, netmask=without_host_mask(netmask), flags=flags,
                options=options,
            )  # fmt: skip
        at = endpoint(block.value)
        protocol = block.word("protocol", "tcp")
        if at is None or at.port is None or protocol not in ("tcp", "udp"):
            return None
        # ldirectord asks the resolver for a name (ldirectord.in: ld_gethostbyname()), which here nobody can.
        if at.ip is None and _NAME.fullmatch(block.value.rpartition(":")[0]) is None:
            return None
        family = at.ip.version if at.ip is not None else 6 if block.name == "virtual6" else 4
        return VirtualService(
            protocol, at.ip, at.port, block.seen, shown=at.shown, family=family,
            scheduler=scheduler, persistent=timeout, netmask=without_host_mask(netmask), flags=flags,
            options=options,
        )  # fmt: skip

    def _real_servers(self, value: str, seen: Seen, service: VirtualService) -> Iterator[Destination]:
        """`ADDRESS[->ADDRESS][:PORT] gate|masq|ipip [WEIGHT] ["REQUEST", "RECEIVE"]`; nothing of names."""
        words = [*value.split(), "", "", ""]
        method = _METHODS.get(words[1])
        weight = read_number(words[2], most=65535) if words[2][:1].isdigit() else 1
        addresses, port = _range(words[0], service.port or 0)
        if not addresses or method is None or weight is None:
            self.unread.append(seen)
            return
        for ip in addresses:
            yield Destination(ip, port, seen, forwarding=FORWARDING[method], method=method, weight=weight)

    def _kind(self, block: _Block) -> tuple[str, Seen]:
        return block.words.get("checktype") or self._all.get("checktype") or ("negotiate", block.seen)

    def _checked(self, block: _Block, service: VirtualService, rows: list[Destination]) -> CheckedService:
        quiescent = block.words.get("quiescent") or self._all.get("quiescent")
        kind = self._kind(block)
        checks = () if kind[0] == "on" else (HealthCheck(kind[0], kind[1]),)
        interval = self._interval(block) if checks else None
        fallback = block.words.get("fallback") or self._all.get("fallback")
        return CheckedService(
            "ldirectord",
            block.seen,
            (service,),
            tuple(
                CheckedServer(row.ip, row.port or 0, row.seen, row.forwarding, checks, interval=interval)
                for row in rows
                if row.ip
            ),
            _sorry(fallback, service),
            method=block.seen,
            protocol=block.seen,
            quiesces=quiescent[1] if quiescent and quiescent[0] == "yes" else None,
            unchecked=kind[1] if kind[0] == "on" else None,
        )

    def _interval(self, block: _Block) -> CheckInterval | None:
        word = block.words.get("checkinterval") or self._all.get("checkinterval")
        return CheckInterval(float(read_number(word[0], most=2**31 - 1) or 0), word[1]) if word else None


def _range(text: str, port: int) -> tuple[list[IP], int | None]:
    """The addresses of `ADDRESS[->ADDRESS][:PORT]` and the port; no address where there is a name, or too many."""
    begin, _, last = text.partition("->")
    end = endpoint(last or begin, port=port)
    if end is None or end.ip is None or end.port is None:
        return [], None
    first = read_ip(begin.strip("[]")) if last else end.ip
    if first is None or first.version != end.ip.version or not 0 <= int(end.ip) - int(first) < _LARGEST_RANGE:
        return [], None
    return [type(end.ip)(number) for number in range(int(first), int(end.ip) + 1)], end.port


def _sorry(fallback: tuple[str, Seen] | None, service: VirtualService) -> CheckedServer | None:
    words = fallback[0].split() if fallback else []
    at = endpoint(words[0], port=service.port or 0) if words else None
    if fallback is None or at is None or at.ip is None:
        return None
    method = _METHODS.get(words[1] if len(words) > 1 else "gate", "")
    return CheckedServer(at.ip, at.port or 0, fallback[1], FORWARDING.get(method))


def _lines(text: str, where: str, unread: list[Seen]) -> Iterator[tuple[Seen, bool, str, str]]:
    """Each line with a word, whether it is indented, the word and its value."""
    for number, raw in enumerate(text.split("\n"), 1):
        bare = raw.partition("#")[0].rstrip() if '"' not in raw else raw.rstrip()
        if not bare.strip() or bare.lstrip().startswith("#"):
            continue
        seen = Seen(where, number, raw.rstrip())
        if found := _LINE.fullmatch(bare):
            yield seen, bool(found[1]), found[2].lower(), found[3].strip().strip('"')
        else:
            unread.append(seen)
