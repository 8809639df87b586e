"""Answers that the guest's own process gives in the words of a command, without starting it.

A process costs this kernel a tenth of a second: every page that it touches is a signal to the traced one.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

# What arptables(8) says of a namespace in which nobody has asked for its table; asking makes the table.
_NO_ARP_TABLE = "\n".join(
    f"Chain {name} (policy ACCEPT 0 packets, 0 bytes)\n" for name in ("INPUT", "OUTPUT", "FORWARD")
)
_NAMES = "/proc/thread-self/net/"


# Commands that one process of `ip -batch` answers in turn, by its options; and the lines that each command prints.
_OF_RULES, _OF_OTHERS = re.compile(r"\d+:\t"), re.compile(r"(?!\d+:\t)")
BATCHES: Mapping[tuple[str, ...], Mapping[str, re.Pattern[str]]] = {
    ("-d",): {"ip -d addr": re.compile(r"\s|\d+: "), "ip neigh": re.compile("")},
    (): {"ip route show table all": _OF_OTHERS, "ip rule": _OF_RULES},
    ("-6",): {
        "ip -6 route show table all": _OF_OTHERS, "ip -6 rule": _OF_RULES, "ip -6 neigh show proxy": re.compile("")
    },
}  # fmt: skip


# What ip(8) complains of in the midst of its links while the namespace of a peer is being taken down.
_OF_PEER = "Error: Peer netns reference is invalid."


def batched(commands: Sequence[str], ip: Callable[[list[str], str], tuple[int, str]]) -> dict[str, str]:
    """What these commands print, as far as a batch knows them; `ip` runs one with its input, in this namespace."""
    printed: dict[str, str] = {}
    for options, batch in BATCHES.items():
        if batch.keys() <= set(commands):
            words = [" ".join(word for word in command.split()[1:] if word not in options) for command in batch]
            status, output = ip(["ip", *options, "-batch", "-"], "\n".join([*words, ""]))
            printed |= parted(output, batch) if status == 0 else {}
    return printed


def parted(output: str, batch: Mapping[str, re.Pattern[str]]) -> dict[str, str]:
    """The output of each command of a batch; none where it cannot be told where one ends and the next begins."""
    parts: dict[str, list[str]] = {command: [] for command in batch}
    left = list(batch)
    for line in output.splitlines(keepends=True):
        if line.startswith(_OF_PEER):
            continue
        while len(left) > 1 and batch[left[0]].match(line) is None:
            del left[0]
        parts[left[0]].append(line)
    known = all(parts[command] for command in list(batch)[:-1])
    return {command: "".join(lines) for command, lines in parts.items()} if known else {}


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
