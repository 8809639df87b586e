"""`sysctl -a`, what `sysctl -w` and `sysctl --system` echo: what the kernel runs with. And sysctl.conf and the files of
sysctl.d: what it gets at boot, which is a fact of its own."""

import re
from collections.abc import Sequence
from functools import lru_cache
from sys import intern
from typing import ClassVar

from lvsdoctor.model.coverage import Origin, Partial
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.sysctl import Setting, SettingRows, canonical_key
from lvsdoctor.model.sysctl_d import ConfiguredLine
from lvsdoctor.parse.paste.echo import echo_in
from lvsdoctor.parse.paste.patterns import pattern
from lvsdoctor.parse.reader import Dump, Reader
from lvsdoctor.parse.sysctl_file import Signs, heading_in, of_named_file
from lvsdoctor.parse.sysctl_whole import Whole, part_asked_for
from lvsdoctor.parse.words import read_link_name

# The directories of /proc/sys. Java properties like to begin with user., net., dev. and debug. as well, which is why
# a dump may start only where the second component is Linux's, too.
ROOTS = frozenset(["abi", "crypto", "debug", "dev", "fs", "kernel", "lnet", "net", "sunrpc", "user", "vm", "xen"])
STARTING = pattern(
    r"(?:abi|crypto|debug[./](?:exception-trace|kprobes-optimization)|fs|kernel|lnet|sunrpc|vm|xen|user[./]max_\w+_\w+|"
    r"dev[./](?:cdrom|hpet|i915|ipmi|mac_hid|parport|raid|scsi|tty|xpmem)|"
    r"net[./](?:bridge|can|core|dccp|fan|ieee80211|ipv[46]|llc|mpls|mptcp|netfilter|nf_conntrack_max|rds|rxrpc|sctp|"
    r"smc|tipc|unix|vrf|vsock|x25|iw_cm|ax25|rose|netrom|appletalk|decnet|ipx|phonet|iucv))(?:[./]|$)"
)
# A key has no colon: `kern.x: 1` is how BSD and macOS print theirs.
ASSIGNMENT = pattern(r"-?(?:/proc/sys/)?([a-z]+[./][^\s=:]+)\s*=(.*)", re.DOTALL)
OF_GREP = pattern(r"/proc/sys/([a-z]+/[^\s=:]+):(.*)", re.DOTALL)  # grep . /proc/sys/net/ipv4/conf/*/arp_ignore
KEY = pattern(r"-?([a-z]+[./][^\s=:]+)(?:\s|$)")
TOOL = pattern(r"sysctl: \S|error: (?:permission denied on|\"[^\"\s]+\" is an unknown|reading|setting) ?key")
APPLYING = pattern(r"\* Applying /\S+ \.\.\.$")


def _assignment(line: str) -> tuple[str, str] | None:
    found = ASSIGNMENT.match(line) or OF_GREP.match(line)
    return (found[1], found[2]) if found else None


@lru_cache(maxsize=4096)  # the same on every host of a scan
def is_key(key: str) -> bool:
    """May the kernel have it? A setting of a link has a link's name in it, with a slash for its dots."""
    of_link = OF_LINK.fullmatch(key)
    return key.isprintable() and (of_link is None or read_link_name(of_link[1].replace("/", ".")) is not None)


def _root(key: str) -> str:
    return key.replace("/", ".", 1).partition(".")[0]


OF_LINK = pattern(r"net\.ipv[46]\.(?:conf|neigh)\.(.+)\.\w+")
# Settings that are a number each, and that the kernel model reads.
_OF_IPVS = ("conntrack", "expire_", "backup_only", "conn_reuse_mode", "nat_icmp_send")
_NUMBERS = (
    "net.ipv4.conf.",
    "net.ipv6.conf.",
    "net.ipv4.ip_forward",
    "net.netfilter.nf_conntrack_tcp_loose",
    *(f"net.ipv4.vs.{name}" for name in _OF_IPVS),
)


def is_numeric(key: str) -> bool:
    """Does the kernel have a number there, and the model ask for it? (Of net.ipv6.conf one is an address.)"""
    return key.startswith(_NUMBERS) and not key.endswith(".stable_secret")


# As `sysctl -a` prints them: no blank at either end, and nothing that a terminal would take for more than text.
PLAIN = pattern(rf"((?:{'|'.join(sorted(ROOTS))})\.[^\s=:]+) = (?:(0|[1-9][0-9]*)|[^\s\x1b](?:[^\x1b]*[^\s\x1b])?)")


class Sysctl(Reader):
    """Keeps every line in order: of two about one key the last wins, but that is for the merging to say."""

    name: ClassVar[str] = "sysctl"
    programs: ClassVar[tuple[str, ...]] = ("sysctl",)
    unread_may_be_rows = False  # what sysctl(8) says to its user is none

    def __init__(self) -> None:
        self._rows = SettingRows()
        self._excludes: list[tuple[int, ConfiguredLine]] = []  # with their places among the rows
        self._unread: list[Seen] = []
        self._signs = Signs()
        self._whole = Whole()

    @classmethod
    def starts(cls, text: str) -> bool:
        line = text[:400].strip()
        if TOOL.match(line) or APPLYING.match(line) or heading_in(line):
            return True
        _, line = of_named_file(line)
        # A file may begin with settings that are commented out, or with a line that only excludes.
        found = _assignment(line.lstrip("#; \t"))
        key = found[0] if found is not None else line[1:].strip() if line.startswith("-") else ""
        return STARTING.match(key) is not None and (found is not None or KEY.fullmatch(line) is not None)

    def set_command(self, command: Sequence[str]) -> None:
        self._signs.command = tuple(command)

    def asked_for(self, command: Sequence[str], echo: Seen | None) -> Partial | None:
        return part_asked_for(command, echo)

    @property
    def _place(self) -> int:
        return len(self._rows) + len(self._excludes)

    def feed(self, seen: Seen) -> bool:
        self._signs.where = seen.where
        line = seen.text.strip()
        if path := heading_in(line):
            return self._signs.heading(line, path, self._place)
        path, line = of_named_file(line)
        if line.startswith(("#", ";")):
            text = line.lstrip("#; \t")
            if echo_in(line, comment=True) is not None:  # `# ip addr` is a root's prompt
                return False
            setting = _assignment(text)
            self._signs.comment(self._place, setting=setting is not None and STARTING.match(setting[0]) is not None)
            return True
        if APPLYING.match(line) or TOOL.match(line):
            self._signs.runtime = True
            if TOOL.match(line) and not self._whole.takes_for_chatter(line, seen):
                self._unread.append(seen)
            return True
        if assigned := _assignment(line):
            key, value = assigned
            if _root(key) not in ROOTS:
                return False
            self._signs.row(line, path, self._place)
            row = Setting(canonical_key(key), value.strip(), seen)
            # sysctl(8) would not take it, or a template has still to be filled in: it says nothing of the kernel.
            wrong = (is_numeric(row.key) and not row.is_number) or not is_key(row.key)
            if wrong:
                return self._refuse(seen)
            self._rows.by_key.append((row.key, row))
            return True
        # An exclude of sysctl.d (`-net.ipv4.conf.eth0.rp_filter`), or an assignment that lacks its sign.
        found = KEY.match(line)
        if found is None or _root(found[1]) not in ROOTS:
            return False
        key = canonical_key(found[1])
        if line.startswith("-") and line == found[0].strip() and is_key(key):
            self._signs.row(line, path, self._place)
            self._excludes.append((self._place, ConfiguredLine(key, None, seen)))
            return True
        return self._refuse(seen)

    def _refuse(self, seen: Seen) -> bool:
        self._unread.append(seen)
        self._whole.refuse(seen)
        return True

    def feed_run(self, lines: Sequence[str], at: int, where: str) -> int:
        """The lines that `sysctl -a` prints. Its keys, and most of its lines, are the same on every host: kept once."""
        plain, keep = PLAIN.fullmatch, self._rows.by_key.append
        number = at
        for number in range(at, len(lines)):
            line = lines[number]
            found = plain(line)
            if found is None or (found[2] is None and is_numeric(found[1])) or not is_key(found[1]):
                return number - at
            if number == at:
                self._signs.where = where
                self._signs.row(line, "", self._place)
            keep((intern(found[1]), (where, number + 1, intern(line))))
        return len(lines) - at

    def dump(self) -> Dump:
        if self._signs.configured(self._rows, bool(self._excludes)):
            files = self._signs.files(self._rows, self._excludes)
            facts = {"configured-sysctl": files} if files else {}
            return Dump(facts, tuple(self._unread), origin=Origin.CONFIGURED)
        excludes = [line.seen for _, line in self._excludes]
        unread = self._unread + excludes + ([] if self._rows else self._whole.about_keys)
        in_order = tuple(sorted(unread, key=lambda seen: seen.line or 0))
        if not self._rows:
            return Dump(unread=in_order)
        return Dump({"sysctl": self._rows}, in_order, partial=self._whole.partial(self._rows, self._signs.command))
