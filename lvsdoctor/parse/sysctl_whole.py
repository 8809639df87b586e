"""Are these settings all that the kernel has? And what sysctl(8) says to its user, which is no line of a dump."""

import re
from collections.abc import Sequence

from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.sysctl import SettingRows, canonical_key
from lvsdoctor.parse.gaps import FEW_KEYS, REFUSED, UNREAD, narrowed

# Of a key that it was not allowed to show: the key is there.
_DENIED = re.compile(
    r"(?:sysctl|error): (?:permission denied on key|(?:error )?reading key|unable to open directory) ['\"]?([^'\"\s,]+)"
)
# Of one that the kernel does not have, or that it did not set.
_NOT_THERE = re.compile(
    r"sysctl: cannot stat \S+: No such|(?:error:|sysctl: error:) ['\"]\S+['\"] is an unknown key|\S+ setting key ['\"]"
)
# The keys that questions are asked about. An ordinary user may read all of them but the secret.
_ASKED_FOR = ("net.ipv4.conf", "net.ipv4.ip_", "net.ipv4.vs", "net.ipv6.conf", "net.bridge")
_SECRET = ".stable_secret"
# The kernel's own, which no file sets: where they stand with other roots, nothing but `sysctl -a` printed them.
_OF_THE_KERNEL = frozenset({"kernel.osrelease", "kernel.ostype", "kernel.version", "fs.file-nr", "fs.inode-nr"})
_ROOTS_OF_ALL = frozenset({"kernel", "net", "vm"})
_ALL = frozenset("aAX")


def shows_all(command: Sequence[str]) -> bool:
    """Is this `sysctl -a`, without a key or a pattern?"""
    words = [word for word in command[1:] if word != "|" and ">" not in word]
    short = [word for word in words if word[:1] == "-" and word[1:2] != "-"]
    every = "--all" in words or any(not _ALL.isdisjoint(word) for word in short)
    narrowing = ("--pattern", "--load", "--write", "-r", "-p", "-w")
    return every and all(word[:1] == "-" and not word.startswith(narrowing) for word in words)


def part_asked_for(command: Sequence[str], echo: Seen | None) -> Partial | None:
    return None if command[0] != "sysctl" or shows_all(command) else narrowed(command, echo)


class Whole:
    """What speaks for and against a dump that shows every setting."""

    def __init__(self) -> None:
        self.about_keys: list[Seen] = []
        self._against: Partial | None = None

    def refuse(self, seen: Seen) -> None:
        """A line about a setting that was not understood."""
        self._against = self._against or Partial(UNREAD, seen)

    def takes_for_chatter(self, line: str, seen: Seen) -> bool:
        """Does sysctl(8) say here why it does not show a key? One that it was not allowed to read is not absent."""
        if denied := _DENIED.match(line):
            key = canonical_key(denied[1].removeprefix("/proc/sys/"))
            if key.startswith(_ASKED_FOR) and not key.endswith(_SECRET):
                self._against = self._against or Partial(REFUSED, seen, {"key": key})
        elif not _NOT_THERE.match(line):
            return False
        self.about_keys.append(seen)
        return True

    def partial(self, rows: SettingRows, command: Sequence[str]) -> Partial | None:
        if self._against is not None:
            return self._against
        if (command and command[-1] != "|" and command[0] == "sysctl" and shows_all(command)) or _of_everything(rows):
            return None
        return Partial(FEW_KEYS, rows[0].seen)


def _of_everything(rows: SettingRows) -> bool:
    """Do these rows look like all of /proc/sys, though no command is there that says so?

    A dump of one root is what a grep left, and a sysctl.conf sets keys of many, but never the kernel's own version. As
    `sysctl -a` sorts its keys, kernel before net and vm behind it say that all of net was shown.
    """
    keys = rows.keys
    return not _OF_THE_KERNEL.isdisjoint(keys) and {key.partition(".")[0] for key in keys} >= _ROOTS_OF_ALL
