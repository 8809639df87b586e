"""`sysctl -a`, sysctl.conf and sysctl.d files, what `sysctl -w` and `sysctl --system` echo."""

import re
from collections.abc import Sequence
from functools import lru_cache
from sys import intern
from typing import ClassVar

from lvsdoctor.model.seen import Seen
from lvsdoctor.model.sysctl import Setting, SettingRows, canonical_key
from lvsdoctor.parse.echo import echo_in
from lvsdoctor.parse.reader import Dump, Reader
from lvsdoctor.parse.words import read_link_name

# The directories of /proc/sys. Java properties like to begin with user., net., dev. and debug. as well, which is why
# a dump may start only where the second component is Linux's, too.
ROOTS = frozenset(["abi", "crypto", "debug", "dev", "fs", "kernel", "lnet", "net", "sunrpc", "user", "vm", "xen"])
STARTING = re.compile(
    r"(?:abi|crypto|debug[./](?:exception-trace|kprobes-optimization)|fs|kernel|lnet|sunrpc|vm|xen|user[./]max_\w+_\w+|"
    r"dev[./](?:cdrom|hpet|i915|ipmi|mac_hid|parport|raid|scsi|tty|xpmem)|"
    r"net[./](?:bridge|can|core|dccp|fan|ieee80211|ipv[46]|llc|mpls|mptcp|netfilter|nf_conntrack_max|rds|rxrpc|sctp|"
    r"smc|tipc|unix|vrf|vsock|x25|iw_cm|ax25|rose|netrom|appletalk|decnet|ipx|phonet|iucv))(?:[./]|$)"
)
# A key has no colon: `kern.x: 1` is how BSD and macOS print theirs.
ASSIGNMENT = re.compile(r"-?(?:/proc/sys/)?([a-z]+[./][^\s=:]+)\s*=(.*)", re.DOTALL)
OF_GREP = re.compile(r"/proc/sys/([a-z]+/[^\s=:]+):(.*)", re.DOTALL)  # grep . /proc/sys/net/ipv4/conf/*/arp_ignore
KEY = re.compile(r"-?([a-z]+[./][^\s=:]+)(?:\s|$)")
TOOL = re.compile(r"sysctl: \S|error: (?:permission denied on|\"[^\"\s]+\" is an unknown|reading|setting) ?key")
APPLYING = re.compile(r"\* Applying /\S+ \.\.\.$")


def _assignment(line: str) -> tuple[str, str] | None:
    found = ASSIGNMENT.match(line) or OF_GREP.match(line)
    return (found[1], found[2]) if found else None


@lru_cache(maxsize=4096)  # the same on every host of a scan
def _is_key(key: str) -> bool:
    """May the kernel have it? A setting of a link has a link's name in it, with a slash for its dots."""
    of_link = OF_LINK.fullmatch(key)
    return key.isprintable() and (of_link is None or read_link_name(of_link[1].replace("/", ".")) is not None)


def _root(key: str) -> str:
    return key.replace("/", ".", 1).partition(".")[0]


OF_LINK = re.compile(r"net\.ipv[46]\.(?:conf|neigh)\.(.+)\.\w+")
# Settings that are a number each, and that the kernel model reads.
NUMBERS = ("net.ipv4.conf.", "net.ipv4.ip_forward", "net.ipv4.vs.conntrack")


# As `sysctl -a` prints them: no blank at either end, and nothing that a terminal would take for more than text.
PLAIN = re.compile(rf"((?:{'|'.join(sorted(ROOTS))})\.[^\s=:]+) = (?:(0|[1-9][0-9]*)|[^\s\x1b](?:[^\x1b]*[^\s\x1b])?)")


class Sysctl(Reader):
    """Keeps every assignment in order: of two to one key the last wins, but that is for the merging to say."""

    name: ClassVar[str] = "sysctl"

    def __init__(self) -> None:
        self._rows = SettingRows()
        self._unread: list[Seen] = []

    @classmethod
    def starts(cls, text: str) -> bool:
        line = text[:400].lstrip()
        if TOOL.match(line) or APPLYING.match(line.rstrip()):
            return True
        # A file may begin with settings that are commented out.
        found = _assignment(line.lstrip("#; \t"))
        return found is not None and STARTING.match(found[0]) is not None

    def feed(self, seen: Seen) -> bool:
        line = seen.text.strip()
        if line.startswith(("#", ";")):
            return echo_in(line.lstrip("#; \t")) is None  # `# ip addr` is a root's prompt
        if APPLYING.match(line):
            return True
        if TOOL.match(line):
            self._unread.append(seen)
            return True
        if assigned := _assignment(line):
            key, value = assigned
            if _root(key) not in ROOTS:
                return False
            setting = Setting(canonical_key(key), value.strip(), seen)
            # sysctl(8) would not take it, or a template has still to be filled in: it says nothing of the kernel.
            wrong = (setting.key.startswith(NUMBERS) and not setting.is_number) or not _is_key(setting.key)
            (self._unread.append(seen) if wrong else self._rows.by_key.append((setting.key, setting)))
            return True
        # An exclude of sysctl.d (`-net.ipv4.conf.eth0.rp_filter`), or an assignment that lacks its sign.
        found = KEY.match(line)
        if found is None or _root(found[1]) not in ROOTS:
            return False
        self._unread.append(seen)
        return True

    def feed_run(self, lines: Sequence[str], at: int, where: str) -> int:
        """The lines that `sysctl -a` prints. Its keys, and most of its lines, are the same on every host: kept once."""
        plain, keep = PLAIN.fullmatch, self._rows.by_key.append
        number = at
        for number in range(at, len(lines)):
            line = lines[number]
            found = plain(line)
            if found is None or (found[2] is None and line.startswith(NUMBERS)) or not _is_key(found[1]):
                return number - at
            keep((intern(found[1]), (where, number + 1, intern(line))))
        return len(lines) - at

    def dump(self) -> Dump:
        return Dump({"sysctl": self._rows} if self._rows else {}, tuple(self._unread))
