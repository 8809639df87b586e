"""Answers that the guest's own process gives in the words of a command, without starting it.

A process costs this kernel a tenth of a second: every page that it touches is a signal to the traced one.
"""

import os
from collections.abc import Callable, Iterator, Sequence

# What arptables(8) says of a namespace in which nobody has asked for its table; asking makes the table.
_NO_ARP_TABLE = "\n".join(
    f"Chain {name} (policy ACCEPT 0 packets, 0 bytes)\n" for name in ("INPUT", "OUTPUT", "FORWARD")
)
_NAMES = "/proc/thread-self/net/"


def answer(words: Sequence[str]) -> str | None:
    """What the command would print in the calling thread's network namespace; None where it has to run."""
    command = _ANSWERS.get(words[0])
    return command(words[1:]) if command else None


def _sysctl(keys: Sequence[str]) -> str | None:
    """As sysctl(8) of keys and of whole directories."""
    if any(key.startswith("-") for key in keys):
        return None
    return "".join(row for key in keys for row in _rows("/proc/sys/" + key.replace(".", "/")))


def _rows(path: str) -> Iterator[str]:
    if os.path.isdir(path):
        for name in sorted(os.listdir(path)):
            yield from _rows(f"{path}/{name}")
    elif os.path.exists(path):
        # A link's name may hold a dot, which sysctl(8) writes as a slash.
        key = path.removeprefix("/proc/sys/").translate(str.maketrans("/.", "./"))
        try:
            with open(path) as file:
                yield f"{key} = {file.read().strip()}\n"
        except PermissionError:
            yield f'sysctl: permission denied on key "{key}"\n'
        except OSError:
            # sysctl(8) passes over net.ipv6.conf.*.stable_secret, which is an error before somebody has set it.
            pass


def _tail(words: Sequence[str]) -> str | None:
    """`tail -n +1 FILE ...`, which shows whole files, each under its name."""
    if list(words[:2]) != ["-n", "+1"] or len(words) < 4:
        return None
    files = []
    for path in words[2:]:
        with open(path.replace("/proc/net/", _NAMES)) as file:
            files.append(f"==> {path} <==\n{file.read()}")
    return "\n".join(files)


def _arptables(words: Sequence[str]) -> str | None:
    return _NO_ARP_TABLE if list(words) == ["-nvL"] and not _tables("arp_tables_names") else None


def _iptables_save(words: Sequence[str]) -> str | None:
    """iptables-save shows the tables that are there, and makes none."""
    return "" if not words and not _tables("ip_tables_names") else None


def _tables(names: str) -> str:
    """The tables that there are; "?" where their module is not loaded, which the command itself would load."""
    try:
        with open(_NAMES + names) as file:
            return file.read()
    except FileNotFoundError:
        return "?"


_ANSWERS: dict[str, Callable[[Sequence[str]], str | None]] = {
    "sysctl": _sysctl,
    "tail": _tail,
    "arptables-legacy": _arptables,
    "iptables-legacy-save": _iptables_save,
}
